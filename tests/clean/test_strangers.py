"""Rows of participants whom no table with one row per participant has: asked where the dictionary has no reference, never lost."""

import pandas as pd
import pytest
from clean.small import cleaned, values
from clean.test_scatter import LABS, PEOPLE, files, in_one, in_parts, small

FREE = {name: value for name, value in LABS.items() if name != "references"}
TABLES = {"people": PEOPLE, "labs": FREE}
ROWS = "S1,2015-01-01,1\nS-2,2015-01-01,2\nS-2,2015-01-02,3\nS9,2015-01-01,4\nS3,2015-01-01,5\n"
RAW = {"people.csv": "ID\nS1\nS2\nS3\n", "labs.csv": "ID,Day,Value\n" + ROWS}


def asked(data) -> pd.DataFrame:
    return data.queries[data.queries["message"].str.contains("is in no table with one row per participant")]


def test_each_of_them_is_asked_about_once_and_the_rows_are_kept(tmp_path):
    data = cleaned(tmp_path, RAW, TABLES)
    found = asked(data)
    assert found[["severity", "table", "key", "field", "value", "file", "row", "column"]].to_numpy().tolist() == [
        ["error", "labs", "S-2/2015-01-01", "participant", "S-2", "labs.csv", 3, "ID"],
        ["error", "labs", "S9/2015-01-01", "participant", "S9", "labs.csv", 5, "ID"],
    ]
    first, second = found["message"]
    assert (
        "(people): in no count; 'S2' differs in its spelling alone: is it the same? (in 2 rows, of which this is the first)"
        in first
    )
    assert second.endswith("(people): in no count")
    assert values(data, "participant", "labs") == ["S-2", "S-2", "S1", "S3", "S9"] and data.rejected.empty


def test_the_order_of_the_tables_does_not_matter(tmp_path):
    assert len(asked(cleaned(tmp_path, RAW, {"labs": FREE, "people": PEOPLE}))) == 2


def test_a_reference_rejects_them_and_nothing_is_asked(tmp_path):
    data = cleaned(tmp_path, RAW, {"people": PEOPLE, "labs": LABS}, options={"labs": {"max_rejected": 0.9}})
    assert asked(data).empty and data.rejected["reason"].str.startswith("orphan").sum() == 3


def test_a_correction_answers(tmp_path):
    head = "table,key,field,old,new,reason,by,date\n"
    lines = "".join(f"labs,S-2/2015-01-0{day},participant,S-2,S2,misspelt,AB,2020-01-01\n" for day in (1, 2))
    data = cleaned(tmp_path, RAW, TABLES, head + lines)
    assert asked(data)["value"].tolist() == ["S9"] and values(data, "participant", "labs") == [
        "S1",
        "S2",
        "S2",
        "S3",
        "S9",
    ]


@pytest.mark.parametrize("parts", [2, 5])
def test_in_parts_the_same_is_asked(tmp_path, parts):
    dictionary, raw = small(
        tmp_path / "study",
        ROWS + "S8,2015-01-01,1\nS9,2015-03-01,150\nS7,2015-01-01,x\n",
        people="S1 S2 S3",
        tables=TABLES,
    )
    in_one(dictionary, raw, tmp_path / "one")
    in_parts(dictionary, raw, parts, tmp_path / "many")
    assert files(tmp_path / "one" / "clean") == files(tmp_path / "many" / "clean")
    assert len(pd.read_csv(tmp_path / "one" / "clean" / "queries.csv").query("field == 'participant'")) == 4


def test_a_table_with_one_row_per_participant_that_spells_an_id_otherwise(tmp_path):
    who = {"participant": {"source": "ID", "type": "id"}}
    people, deaths = ({"file": file, "key": ["participant"], "columns": who} for file in ("a", "b"))
    files = {"a.csv": "ID\nS-01\nS-02\nS-3\ns-3\n", "b.csv": "ID\nS-1\nS-02\ns-3\nS-9\n"}
    data = cleaned(tmp_path / "asked", files, {"people": people, "deaths": deaths})
    asked = data.queries[data.queries["table"] == "deaths"]
    assert asked[["severity", "key", "file", "row"]].to_numpy().tolist() == [["error", "S-1", "b.csv", 2]]
    assert (
        asked["message"].item()
        == "participant 'S-1' is in no table before; 'S-01' differs in its spelling alone: is it the same?"
    )
    refers = deaths | {"references": {"participant": "people.participant"}}
    data = cleaned(tmp_path / "refers", files, {"people": people, "deaths": refers}, options={"b": {"max_rejected": 1}})
    assert (
        data.queries[data.queries["table"] == "deaths"].empty
        and data.rejected["reason"].str.startswith("orphan").sum() == 2
    )
