"""An event of which the day is not known counts as none, and a note says so."""

from __future__ import annotations

import pandas as pd
import pytest
from cases.conftest import HEAD, POPULATION
from clean.small import seal
from trialpress import stages

DYING = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      start: {source: Start, type: date}
      last: {source: Last, type: date}
      status: {source: Status, type: code, codes: {dead: [], alive: []}}
  d: {file: d, key: [participant], references: {participant: t.participant}, columns: {participant: {source: ID, type: id}, death: {source: Death, type: date}}}
  v:
    file: v
    key: [participant, day]
    references: {participant: t.participant}
    columns:
      participant: {source: ID, type: id}
      day: {source: Day, type: date}
      seen: {source: Seen, type: date}
      response: {source: Response, type: code, codes: {PD: [], SD: []}}
"""
PEOPLE = """ID,Start,Last,Status
1,2015-01-01,2015-03-01,dead
2,2015-01-01,2015-02-01,dead
3,2015-01-01,2015-05-01,alive
4,2015-01-01,2015-06-01,alive
5,2015-01-01,2015-06-01,
6,2015-01-01,2015-06-01,
7,2015-01-01,2015-06-01,dead
"""
DEATHS = "ID,Death\n1,UNK-MAR-2015\n2,2015-02-01\n4,\n5,2015-07-01\n7,2015-05-05\n"
SEEN_ON = "ID,Day,Seen,Response\n1,2015-01-09,2015-01-09,SD\n2,2015-01-09,2015-01-09,PD\n3,2015-01-09,2015-01-09,\n4,2015-01-09,,\n5,2015-01-09,xx,PD\n"
OF_DEATH = """
cohort:
  table: t
  columns:
    dead_on: {expression: d.death}
    progressed: {from: v, value: seen, where: response == 'PD', take: first, by: day}
endpoints:
  os: {label: OS, origin: start, events: {death: dead_on}, censor: last}
  held: {label: OS, origin: start, events: {death: "when(status == 'dead', d.death)"}, censor: last}
  pfs: {label: PFS, origin: start, events: {progression: progressed, death: "min(dead_on, d.death)"}, censor: last}
  late: {label: Late, origin: start, events: {death: "when(d.death > date('2015-04-01'), d.death)"}, censor: last}
analyses:
  os: {method: kaplan_meier, population: all, endpoint: os, unit: days}
  held: {method: log_rank, population: all, endpoint: held, by: status}
  pfs: {method: kaplan_meier, population: all, endpoint: pfs, unit: days}
  late: {method: kaplan_meier, population: all, endpoint: late, unit: days}
"""


def staged(tmp_path, tables: str, plan: str, parts: int = 1, **raw: str):
    """The stages clean, cohort and analysis, of files; the folder that they leave."""
    folder = tmp_path / f"in {parts}"
    (folder / "raw").mkdir(parents=True)
    for name, text in raw.items():
        (folder / "raw" / f"{name}.csv").write_text(text)
    seal(folder / "raw")
    named = ", ".join(f"{name}: {{path: {name}.csv}}" for name in raw)
    (folder / "study.yaml").write_text(f"{HEAD}files: {{{named}}}\ntables:\n{tables}")
    (folder / "plan.yaml").write_text(POPULATION.replace("HEAD", "") + plan)
    two = folder / "study.yaml", folder / "plan.yaml"
    stages.clean(two[0], folder / "raw", folder)
    taken = [folder / f"part {part}" for part in range(1, parts + 1)] if parts > 1 else []
    for part, to in enumerate(taken, start=1):
        stages.cohort_part(*two, folder / "clean", f"{part}-of-{parts}", to)
    stages.cohort(*two, folder, taken)
    stages.analysis(*two, None, folder)
    return folder


@pytest.mark.parametrize("parts", [1, 3])
def test_an_event_without_a_day_counts_as_none_and_is_said(tmp_path, parts):
    folder = staged(tmp_path, DYING, OF_DEATH, parts, f=PEOPLE, d=DEATHS, v=SEEN_ON)
    subjects = pd.read_parquet(folder / "cohort" / "subjects.parquet").set_index("participant")
    undated = {name: subjects.index[subjects[f"{name}_undated"]].tolist() for name in ("os", "held", "pfs")}
    # 1: the date cannot be read; 5: a date, and not known whether it counts, or a date that cannot be read; 3: a row that may count
    assert undated == {"os": ["1"], "held": ["1", "5"], "pfs": ["1", "3"]}
    assert "late_undated" in subjects and subjects.index[subjects["late_undated"]].tolist() == ["1"]
    participants = pd.read_csv(folder / "analysis" / "participants.csv", dtype=str, keep_default_na=False)
    said = "counted without an event: it is not known when, or whether, one happened (events of {})"
    notes = participants[participants["reason"].str.endswith("_undated")].set_index("analysis")["note"].to_dict()
    assert notes == {
        "os": f"1 {said.format('OS')}",
        "held": f"2 {said.format('OS')}",
        "pfs": f"2 {said.format('PFS')}",
        "late": f"1 {said.format('Late')}",
    }
    ard = pd.read_csv(folder / "analysis" / "ard.csv", dtype=str, keep_default_na=False).query("statistic == 'events'")
    assert all(notes[row.analysis] in row.note for row in ard.itertuples())


def test_nothing_is_said_where_all_is_known(tmp_path):
    folder = staged(
        tmp_path,
        DYING,
        OF_DEATH,
        f=PEOPLE.replace(",\n", ",alive\n"),
        d=DEATHS.replace("UNK-MAR-2015", ""),
        v=SEEN_ON.replace("xx", "").replace("09,\n", "09,SD\n").replace(",,\n", ",,SD\n"),
    )
    assert not any(name.endswith("_undated") for name in pd.read_parquet(folder / "cohort" / "subjects.parquet"))
