"""The clean stage in parts by participant leaves the same bytes as in one; what cannot be cut is refused."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from trialpress import files as files_
from trialpress.chunks import chunks, refusals
from trialpress.clean import clean, log, merge, scatter, write
from trialpress.clean.deal import deal
from trialpress.errors import InputError
from trialpress.study import load_study

from .small import folder_of

ROOT = Path(__file__).resolve().parents[2]
ID = {"source": "ID", "type": "id"}
PEOPLE = {"file": "people", "key": ["participant"], "columns": {"participant": ID}}
DAY = {"source": "Day", "type": "date"}
LABS = {
    "file": "labs",
    "key": ["participant", "day"],
    "references": {"participant": "people.participant"},
    "columns": {"participant": ID, "day": DAY, "at": {"source": "Day", "type": "datetime"}, "value": {"source": "Value", "type": "number", "unit": "g", "possible": [0, 99]}},
}  # fmt: skip


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def in_parts(dictionary: Path, raw: Path, parts: int, to: Path) -> None:
    study, corrections = load_study(dictionary), raw.parent / "corrections.csv"
    folders = [to / f"part {part}" for part in range(parts)]
    deal(study, raw, parts, to / "dealt")
    for part, folder in enumerate(folders):
        scatter.clean_part(study, raw, corrections, to / "dealt", part, folder)
    write(scatter.gather(study, corrections, folders), to / "clean")


def in_one(dictionary: Path, raw: Path, to: Path) -> None:
    write(clean(load_study(dictionary), raw, raw.parent / "corrections.csv"), to / "clean")


def test_the_default_study_is_the_same_bytes(tmp_path):
    dictionary, raw = ROOT / "config/low-dose-cd19/study.yaml", ROOT / "data/low-dose-cd19/raw"
    in_one(dictionary, raw, tmp_path / "one")
    in_parts(dictionary, raw, 3, tmp_path / "many")
    assert files(tmp_path / "one" / "clean") == files(tmp_path / "many" / "clean")


def small(
    folder: Path, labs: str, corrections: str = "", people: str = "S1 S2 S3 S4 S-4 S5", **more
) -> tuple[Path, Path]:
    tables = more.pop("tables", {"people": PEOPLE, "labs": LABS})
    raw = {"people.csv": "ID\n" + "\n".join(people.split()) + "\n", "labs.csv": "ID,Day,Value\n" + labs}
    made = folder_of(folder, raw, tables, corrections, **more)
    return made / "study.yaml", made / "data" / "raw"


ROWS = "".join(f"S{1 + n % 5},2020-01-{1 + n // 5:02d},{n}\n" for n in range(60))
ODD = (
    ROWS
    + "S2,2020-01-02,7\nS2,2020-01-02,6\nS9,2020-02-01,3\n,2020-02-01,3\nS3,2020-02-02,much\nS1,2020-02-02,much\nS5,2020-02-03,1,2\nS4,2020-02-04,400\n"
)


@pytest.mark.parametrize("parts", [2, 20], ids=["2 parts", "more parts than participants"])
def test_duplicates_orphans_look_alikes_and_rows_that_fit_no_columns(tmp_path, parts):
    dictionary, raw = small(tmp_path / "s", ODD, options={"labs": {"max_rejected": 0.2}})
    in_one(dictionary, raw, tmp_path / "one")
    in_parts(dictionary, raw, parts, tmp_path / "many")
    whole = files(tmp_path / "one" / "clean")
    assert whole == files(tmp_path / "many" / "clean")
    said = (whole["queries.csv"] + whole["rejected.csv"]).decode()
    for one in (
        "same key",
        "orphan",
        "spelling alone",
        "cells, the header",
        "no usable key",
        "not a number",
        "in 5 rows, of which",
    ):
        assert one in said


@pytest.mark.parametrize("key", [["participant", "day"], ["day", "participant"]])
def test_what_is_put_together_some_rows_at_a_time_is_the_same_bytes(tmp_path, monkeypatch, key):
    """Whatever the key begins with, and wherever the rows that are held end."""
    tables = {"people": PEOPLE, "labs": {**LABS, "key": key}}
    dictionary, raw = small(tmp_path / "s", ODD, options={"labs": {"max_rejected": 0.2}}, tables=tables)
    for room in (files_, merge):
        monkeypatch.setattr(room, "ROW_GROUP", 10)
    monkeypatch.setattr(log, "CHUNK", 8)
    in_one(dictionary, raw, tmp_path / "one")
    for room in (scatter, merge):
        monkeypatch.setattr(room, "BATCH", 3)
    in_parts(dictionary, raw, 3, tmp_path / "many")
    assert files(tmp_path / "one" / "clean") == files(tmp_path / "many" / "clean")
    with pq.ParquetFile(tmp_path / "many" / "clean" / "labs.parquet") as made:
        assert made.num_row_groups > 3


def test_the_decimal_sign_of_a_file_is_that_of_all_its_rows(tmp_path):
    rows = "".join(f'S{n},2020-01-0{n},"{n},5"\n' for n in range(1, 5)) + "S5,2020-01-05,1.250\n"
    dictionary, raw = small(tmp_path / "s", rows)
    in_one(dictionary, raw, tmp_path / "one")
    in_parts(dictionary, raw, 20, tmp_path / "many")
    whole = files(tmp_path / "one" / "clean")
    assert whole == files(tmp_path / "many" / "clean") and "may be 1250 or 1.250" in whole["queries.csv"].decode()


def test_zones_that_differ_are_asked_about_once(tmp_path):
    at = {"from": {"source": "Day", "type": "datetime"}, "to": {"source": "Value", "type": "datetime"}}
    tables = {"people": PEOPLE, "labs": {**LABS, "columns": {"participant": ID, "day": DAY, **at}}}
    rows = "".join(f"S{n},2020-01-0{n}T10:00Z,2020-01-0{n}T12:00+02:00\n" for n in (3, 1, 5, 2, 4))
    dictionary, raw = small(tmp_path / "s", rows, tables=tables)
    in_one(dictionary, raw, tmp_path / "one")
    in_parts(dictionary, raw, 3, tmp_path / "many")
    whole = files(tmp_path / "one" / "clean")
    assert whole == files(tmp_path / "many" / "clean") and "in 5 rows, of which" in whole["queries.csv"].decode()


def test_answers_close_the_same_queries(tmp_path):
    """One confirmed, one confirmed that has changed since, one that nobody asks any more."""
    dictionary, raw = small(tmp_path / "s", ODD, options={"labs": {"max_rejected": 0.2}})
    queries = clean(load_study(dictionary), raw, raw.parent / "none.csv").queries
    asked = queries[queries["field"] == "value"].set_index("key")["id"]
    lines = [
        f"labs,S3/2020-02-02,value,much,much,seen,A,2026-01-31,{asked['S3/2020-02-02']},'much' is not a number",
        f"labs,S4/2020-02-04,value,401,401,seen,A,2026-01-31,{asked['S4/2020-02-04']},401 is impossible",
        "labs,S5/2020-01-01,value,4,4,seen,A,2026-01-31,QAAAAAAAAAA,4 is unusual",
    ]
    head = "table,key,field,old,new,reason,by,date,query,question"
    (raw.parent / "corrections.csv").write_text("\n".join([head, *lines]) + "\n")
    in_one(dictionary, raw, tmp_path / "one")
    in_parts(dictionary, raw, 3, tmp_path / "many")
    whole = files(tmp_path / "one" / "clean")
    assert whole == files(tmp_path / "many" / "clean")
    answered = [line for line in whole["queries.csv"].decode().splitlines() if ",A,2026-01-31" in line]
    assert [line.partition(",closed,")[1] != "" for line in answered] == [True, False, True]


def stopped(act, *given) -> str:
    with pytest.raises(InputError) as stop:
        act(*given)
    return str(stop.value)


@pytest.mark.parametrize(
    ("labs", "corrections"),
    [
        ("S8,2020-01-01,1\n" * 30 + ROWS, ""),
        (ROWS, "table,key,field,old,new,reason\nlabs,S1/2020-01-01,value,5,6,wrong\nlabs,S7/2020-01-01,value,5,6,wrong\n"),
        ("S8,2020-01-01,1\n", ""),
    ],
    ids=["rows lost in one part", "corrections that find nothing", "a table without rows"],
)  # fmt: skip
def test_what_stops_one_job_stops_the_parts_with_the_same_message(tmp_path, labs, corrections):
    dictionary, raw = small(tmp_path / "s", labs, corrections)
    told = stopped(in_one, dictionary, raw, tmp_path / "one")
    assert told == stopped(in_parts, dictionary, raw, 3, tmp_path / "many")


def refused(folder: Path, **tables) -> list[str]:
    dictionary, _ = small(folder, ROWS, tables={"people": PEOPLE} | tables)
    return [problem.what for problem in refusals(load_study(dictionary))]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"key": ["day"]}, "its key does not hold the column 'participant', read from its file"),
        ({"columns": {**LABS["columns"], "day": {"source": "Day", "type": "id"}}},
         "'day' of its key is an id, whose spellings are compared in all rows"),
        ({"columns": {**LABS["columns"], "participant": {**ID, "identifier": "a number"}}, "references": {}},
         "its key does not leave the clean stage"),
        ({"join": [{"file": "labs", "columns": LABS["columns"]}]}, "it joins a file with itself"),
        ({"references": {"day": "people.participant"}}, "it refers to rows of another table without 'participant'"),
    ],
)  # fmt: skip
def test_a_dictionary_that_compares_participants_is_not_cut(tmp_path, changed, what):
    assert refused(tmp_path / "as it is", labs=LABS) == []
    assert what in refused(tmp_path / "changed", labs={**LABS, **changed})


def test_the_number_of_parts_follows_the_setting_or_the_size(tmp_path):
    dictionary, raw = small(tmp_path / "s", ROWS)
    study = load_study(dictionary)
    assert [chunks(1, study, raw), chunks(7, study, raw), chunks("auto", study, raw)] == [1, 7, 1]
    with open(raw / "labs.csv", "a") as file:
        file.truncate(700_000_000)
    assert chunks("auto", study, raw) == 5
    dictionary, raw = small(tmp_path / "t", ROWS, tables={"people": PEOPLE, "labs": {**LABS, "key": ["day"]}})
    assert chunks("auto", load_study(dictionary), raw) == 1
    with pytest.raises(InputError, match="its key does not hold the column"):
        chunks(2, load_study(dictionary), raw)
