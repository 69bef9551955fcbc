"""Who has no follow-up after the day on which intervals begin is in no count of them, and named."""

from __future__ import annotations

import pytest
from audit.twice import NEEDS_R, second
from trialpress.analysis.counting import counted
from trialpress.audit import computing

SOON = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      start: {source: Start, type: date}
      begun: {source: Begun, type: date}
      died: {source: Died, type: date}
      last: {source: Last, type: date}
      age: {source: Age, type: integer}
      site: {source: Site, type: code, codes: {A: [], B: []}}
  m:
    file: m
    key: [participant, taken]
    references: {participant: t.participant}
    columns: {participant: {source: ID, type: id}, taken: {source: Taken, type: date}, level: {source: Level, type: number}}
"""
AT_ONCE = """ID,Start,Begun,Died,Last,Age,Site
1,2015-01-01,,2015-01-01,2015-01-01,40,A
2,2015-01-01,2015-01-01,2015-01-01,2015-01-01,55,B
3,2015-01-01,,,2015-01-01,61,A
4,2015-01-01,2015-01-05,2015-02-01,2015-02-01,52,A
5,2015-01-01,2015-01-09,,2015-05-01,47,B
6,2015-01-01,,2015-01-20,2015-01-20,66,B
7,2015-01-01,,2015-03-20,2015-03-20,35,A
8,2015-01-01,2015-01-07,2015-03-01,2015-03-01,58,B
9,2015-01-01,,,2015-03-30,49,A
"""
LEVELS = """ID,Taken,Level
1,2015-01-01,5
4,2015-01-01,4
4,2015-01-20,9
5,2015-01-02,2
6,2015-01-20,7
7,2015-01-03,3
8,2015-01-01,8
"""
BEGINS = """
cohort: {table: t, columns: {}}
endpoints:
  os: {label: Survival, origin: start, events: {death: died}, censor: last}
  cr: {label: Death, origin: start, events: {death: died}, censor: last, competing: true}
analyses:
  tdc: {method: time_dependent_cox, population: all, endpoint: os, begin: begun}
  adjusted: {method: time_dependent_cox, population: all, endpoint: os, begin: begun, covariates: [age], stratum: site}
  test: {method: mantel_byar, population: all, endpoint: os, begin: begun}
  strata: {method: mantel_byar, population: all, endpoint: os, begin: begun, stratum: site}
  changing: {method: changing_cox, population: all, endpoint: os, begins: [begun]}
  measured: {method: changing_cox, population: all, endpoint: os, table: m, date: taken, value: level}
  curves: {method: simon_makuch, population: all, endpoint: os, begin: begun, unit: days, at: [20]}
  later: {method: simon_makuch, population: all, endpoint: os, begin: begun, landmark: 31, unit: days}
  states: {method: state_probabilities, population: all, endpoint: cr, begin: begun, unit: days, at: [20]}
  current: {method: current_leukaemia_free_survival, population: all, endpoint: os, changes: [begun], estimator: aalen-johansen, unit: days, at: [20]}
  km_of_states: {method: current_leukaemia_free_survival, population: all, endpoint: os, changes: [begun], unit: days, at: [20]}
  naive: {method: naive_comparison, population: all, endpoint: os, begin: begun}
"""
DAY_0 = "3 left out: follow-up for {} ended by day 0"
IN_ESTIMATE = {
    **{name: (6, 4, [DAY_0.format("Survival")]) for name in ("tdc", "adjusted", "test", "strata", "changing", "curves")},
    "measured": (4, 3, [DAY_0.format("Survival"), "1 left out: nothing measured in m", "1 left out: nothing measured in m before follow-up for Survival ended"]),
    "later": (4, 2, ["5 left out: follow-up for Survival ended by day 31"]),
    "states": (6, None, [DAY_0.format("Death")]), "current": (6, 4, [DAY_0.format("Survival")]),
    "km_of_states": (9, 6, []), "naive": (9, 6, []),
}  # fmt: skip


def test_who_has_no_interval_is_in_no_count_and_named(build):
    run = build(SOON, BEGINS, f=AT_ONCE, m=LEVELS)
    participants = run.read("analysis/participants.csv")
    for name, (n, events, notes) in IN_ESTIMATE.items():
        said = participants[participants["analysis"] == name]
        assert said["note"].tolist() == ["", *notes], name
        assert said["n"].tolist() == [str(n), *(note.split()[0] for note in notes)], name
        assert run.values(name, "n")[""] == str(n), name
        happened = {**run.values(name, "events"), **run.values(name, "deaths")}.get("")
        assert happened == (None if events is None else str(events)), name
        assert all(any(note in one for one in run.notes(name)) for note in notes), name
        of = {
            (*where, what): who.sum()
            for *where, what, who in counted(run.results.analysed(name), run.results.plan.analyses[name])
        }
        rows = run.results.ard.query("analysis == @name and statistic in ['n', 'events', 'n_at_risk']")
        for row in rows.itertuples():
            assert of[row.group, row.level, row.statistic] == row.value, row


@pytest.mark.parametrize("by_r", [False, pytest.param(True, marks=NEEDS_R)])
def test_the_second_computation_counts_whom_the_first_one_counts(build, monkeypatch, by_r):
    if not by_r:
        monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    run = build(SOON, BEGINS, f=AT_ONCE, m=LEVELS)
    found, answer = second(run.results)
    assert not answer.failed and found[found["verdict"] == "differs"].empty, found[
        found["verdict"] == "differs"
    ].to_string()
    counts = found[found["statistic"].isin(["n", "events"])]
    assert set(counts["analysis"]) == set(IN_ESTIMATE)


def test_the_end_of_follow_up_by_a_landmark_is_in_the_unit_of_the_durations(build):
    tables = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      months: {source: Months, type: number, unit: months}
      dead: {source: Dead, type: code, codes: {"no": [], "yes": []}}
      from: {source: From, type: number, unit: months}
"""
    plan = """
cohort: {table: t, columns: {}}
endpoints: {os: {label: Survival, time: months, event: dead == 'yes', unit: months}}
analyses: {sm: {method: simon_makuch, population: all, endpoint: os, begin: from, landmark: 31, unit: months}}
"""
    run = build(tables, plan, f="ID,Months,Dead,From\n1,1,yes,\n2,5,no,0.5\n3,40,yes,\n4,8,yes,1.5\n")
    assert run.values("sm", "n")[""] == "3" and run.read("analysis/participants.csv")["n"].tolist() == ["3", "1"]


def test_measurements_that_may_not_count_are_named(build):
    """The column of the condition is empty in a row of participant 5."""
    tables = SOON.replace(
        "level: {source: Level, type: number}}",
        "level: {source: Level, type: number}, kind: {source: Kind, type: code, codes: {a: [], b: []}}}",
    )
    levels = LEVELS.replace("Level\n", "Level,Kind\n").replace(
        "5,2015-01-02,2\n", "5,2015-01-02,2,\n5,2015-01-03,2,a\n"
    )
    levels = "".join(
        line if line.count(",") == 3 else line.strip() + ",a\n" for line in levels.splitlines(keepends=True)
    )
    plan = BEGINS[: BEGINS.index("  tdc:")]
    plan += "  m: {method: changing_cox, population: all, endpoint: os, table: m, date: taken, value: level, which: kind == 'a'}\n"
    run = build(tables, plan, f=AT_ONCE, m=levels)
    assert (
        run.read("analysis/participants.csv")["note"].tolist()[-1]
        == "1 row of m left out: not known whether kind == 'a'"
    )
