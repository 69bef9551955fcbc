"""What nobody knows is no answer: rows of which it is not known whether they are part of a table; values in their unit before they are
compared."""

from __future__ import annotations

import pytest
from trialpress.clean import LossError

from .small import cleaned

LOSE = {"a": {"max_rejected": 1}, "b": {"max_rejected": 1}}
WHO_TABLE = {"p": {"file": "p", "key": ["participant"], "columns": {"participant": {"source": "ID", "type": "id"}}}}
PEOPLE_CSV = {"p.csv": "ID\nS1\nS2\nS3\nS4\n"}
YES = {"type": "code", "source": "Consent", "codes": {"yes": [], "no": []}}


@pytest.mark.parametrize("required", [True, False])
def test_where_nobody_knows_whether_a_row_is_part_of_the_table(tmp_path, required):
    """A cell that cannot be read, or is missing though it is required, is no answer; an optional blank is one."""
    columns = {"participant": {"source": "ID", "type": "id"}, "consent": YES | {"required": required}}
    table = {"file": "a", "key": ["participant"], "where": "consent == 'yes'", "columns": columns}
    files = {"a.csv": "ID,Consent\n1,yes\n2,Y\n3,yess\n4,\n5,no\n6,yes\n"}
    with pytest.raises(LossError, match="not known whether it is part of the table"):
        cleaned(tmp_path / "stops", files, {"t": table})
    data = cleaned(tmp_path / "goes", files, {"t": table}, options=LOSE)
    assert data.tables["t"]["participant"].tolist() == ["1", "6"]
    said = dict(zip(data.rejected["row"], data.rejected["reason"], strict=True))
    unknown = {3, 4, 5} if required else {3, 4}
    assert {
        row for row, why in said.items() if why.startswith("not known whether it is part of the table: ")
    } == unknown
    assert set(said) == {3, 4, 5, 6} and said[6] == "not part of the table: consent == 'yes'"
    assert set(data.queries["row"]) == unknown and set(data.queries["severity"]) == {"error"}
    assert data.queries["message"].str.contains("the row was left out").all()


def test_a_condition_of_two_files_that_nobody_knows(tmp_path):
    identity = {"participant": {"source": "ID", "type": "id"}}
    risk = {"source": "Risk", "type": "code", "codes": {"high": [], "low": []}}
    table = {"file": "a", "key": ["participant"], "where": "consent == 'yes' and risk == 'high'", "columns": identity | {"consent": YES},
             "join": [{"file": "b", "columns": identity | {"risk": risk}}]}  # fmt: skip
    files = {
        "a.csv": "ID,Consent\nS1,yes\nS2,yes\nS3,Y\nS4,no\nS05,yes\n",
        "b.csv": "ID,Risk\nS1,high\nS2,hgih\nS3,high\nS4,hgih\nS5,high\n",
    }
    data = cleaned(tmp_path, files, {"t": table}, options=LOSE)
    assert data.tables["t"]["participant"].tolist() == ["S1"]
    unknown = data.rejected[data.rejected["reason"].str.startswith("not known whether")]
    assert unknown[["file", "row"]].to_numpy().tolist() == [
        ["a.csv", 3],
        ["a.csv", 4],
        ["b.csv", 3],
        ["b.csv", 4],
        ["b.csv", 6],
    ]
    assert set(data.queries["key"]) == {"S2", "S3", "S5"}, "of S4 it is known that it is none"


UNITS = {"type": "number", "unit": "mg/L", "units": {"mg/dL": 10}, "unit_from": "Unit"}


def lab(folder, rows: str, **more):
    columns = {"participant": {"source": "ID", "type": "id"}, "day": {"source": "Day", "type": "number", "unit": "h", "units": {"d": 24}},
               "crp": {"source": "CRP", "limit": "sign"} | UNITS}  # fmt: skip
    table = {"file": "a", "key": ["participant", "day"], "columns": columns} | more
    return cleaned(folder, PEOPLE_CSV | {"a.csv": f"ID,Day,CRP,Unit\n{rows}"}, WHO_TABLE | {"t": table}, options=LOSE)


@pytest.mark.parametrize(
    ("first", "again", "differ"),
    [
        ("5,mg/L", "5,mg/dL", "crp"),
        ("5,mg/L", "0.5,mg/dL", ""),
        ("<5,mg/L", "5,mg/L", "crp"),
        ("5,mg/L", "5 mg/dL,mg/L", "crp"),
        ("5,foo", "5,bar", "crp"),
        ("5,foo", "5,foo", ""),
        ("5,mg/L", "5,mg/L", ""),
    ],
)
def test_rows_with_one_key_are_the_same_if_they_say_the_same_in_one_unit(tmp_path, first, again, differ):
    data = lab(tmp_path, f"S1,24 h,{first}\nS1,1 d,{again}\n")
    (reason,) = data.rejected["reason"]
    assert reason == (f"conflicts with row 2 (same key) in {differ}" if differ else "duplicate of row 2")
    conflicts = data.queries["message"].str.contains("has the same key but")
    assert conflicts.sum() == bool(differ)


def test_conditions_and_keys_are_of_values_in_their_unit(tmp_path):
    data = lab(
        tmp_path, "S1,1 h,5,mg/dL\nS2,1 h,11,mg/L\nS3,1 h,5,mg/L\nS4,24 d,60,mg/L\nS4,24 h,70,mg/L\n", where="crp > 10"
    )
    assert data.tables["t"][["participant", "day", "crp"]].to_numpy().tolist() == [
        ["S1", 1, 50],
        ["S2", 1, 11],
        ["S4", 24, 70],
        ["S4", 576, 60],
    ]
    assert data.rejected["row"].tolist() == [4] and data.queries.empty


def test_a_partial_date_may_be_part_of_a_key(tmp_path):
    columns = {"participant": {"source": "ID", "type": "id"}, "grade": {"source": "Grade", "type": "integer"},
               "onset": {"source": "Onset", "type": "date", "partial": {"impute": "first"}}}  # fmt: skip
    rows = "ID,Onset,Grade\nS1,UNK-MAR-2015,4\nS1,2015-04-01,3\nS2,2015-03-01,1\nS2,MAR-2015,4\nS3,2015-03-01,2\n"
    table = {"file": "a", "key": ["participant", "onset"], "columns": columns}
    data = cleaned(tmp_path / "a", PEOPLE_CSV | {"a.csv": rows}, WHO_TABLE | {"t": table}, options=LOSE)
    assert data.tables["t"]["onset_imputed"].tolist()[0] == "D" and len(data.tables["t"]) == 4
    assert data.rejected[["row", "reason"]].to_numpy().tolist() == [
        [5, "conflicts with row 4 (same key) in grade, onset"]
    ]
    signed = "table,key,field,old,new,reason\nt,S1/2015-03-01,grade,4,3,Source\n"
    corrected = cleaned(
        tmp_path / "b", PEOPLE_CSV | {"a.csv": rows}, WHO_TABLE | {"t": table}, corrections=signed, options=LOSE
    )
    assert corrected.tables["t"]["grade"].tolist()[0] == 3, "a row has the key by which its queries name it"
    columns["onset"]["partial"] = {}
    data = cleaned(tmp_path / "c", PEOPLE_CSV | {"a.csv": rows}, WHO_TABLE | {"t": table}, options=LOSE)
    assert data.rejected["reason"].tolist()[0] == "no usable key: onset 'UNK-MAR-2015' is no whole date"
