"""What the clean stage tells of itself: corrections that are signed off, counts of the logs, losses, queries on files."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from trialpress import contracts
from trialpress.clean import LossError, read_logs, tally
from trialpress.clean.changes import kind_of
from trialpress.errors import InputError

from .small import READ, cleaned, column, folder_of, values

ID = {"source": "ID", "type": "id"}
HEAD = "table,key,field,old,new,reason\n"


@pytest.mark.parametrize(
    "rules, kind",
    [
        ([], "spelling"), (["spaces trimmed"], "spelling"), (["unit mg/L removed"], "spelling"), (["unit mg/dL to mg/L"], "unit"),
        (["unit mg/L removed", "unit mg/dL to mg/L"], "unit"), (["unit inferred % to 1"], "unit"), (["unit inferred removed"], "unit"), (["code list"], "code"),
        (["missing code"], "code"), (["spaces trimmed", "value label of 1"], "code"), (["missing value .A"], "code"), (["impossible value cleared"], "value"),
        (["unit mg/dL to mg/L", "impossible value cleared"], "value"), (["spaces trimmed", "imputed 2013-01-01"], "value"),
        (["code list", "unit mg/dL to mg/L"], "unit"), (["correction: typing error"], "value"), (["time zone Z removed"], "value"), (["thousands separator"], "spelling"),
    ],
)  # fmt: skip
def test_what_matters_most_in_a_change(rules, kind):
    assert kind_of(rules) == kind


def test_a_correction_is_complete_and_names_what_exists(tmp_path):
    for number, (text, message) in enumerate({
        "table,key,field,old,new\nt,S0,x,5,6\n": "has the columns table, key, field, old, new",
        HEAD + "u,S0,x,5,6,typing error\n": "row 2: unknown table 'u'",
        HEAD + "t,S0,x,5,6,typing error\nt,S0,y,5,6,typing error\n": "row 3: unknown field 'y'",
        HEAD + "t,S0,x,5,6, \n": "row 2: has no reason",
        HEAD + "t,S9,x,5,6,typing error\n": "no row has this key",
        HEAD + "t,S0,x,7,6,typing error\n": "7",
    }.items()):  # fmt: skip
        with pytest.raises(InputError) as error:
            column(tmp_path / str(number), {"type": "number"}, "5", corrections=text)
        assert message in str(error.value)
    data = column(tmp_path / "good", READ, "NA", "5", corrections=HEAD + "t,S0,x,NA,6,typing error\n")
    assert values(data) == ["6", "5"]  # 'NA' is a text of the file and not a missing value
    assert data.changes["rule"].tolist() == ["correction: typing error"]


def test_the_tally_counts_a_raw_row_once(tmp_path):
    text = "ID,Kind,X\nS1,a, 5\nS2,a,500\nS3,b,7\nS3,b,7\n,b,1\nS4,b,x\n"
    columns = {"participant": ID, "kind": {"source": "Kind", "type": "code", "codes": {"a": [], "bee": ["b"]}},
               "x": {"source": "X", "type": "number", "possible": [0, 100]}}  # fmt: skip
    tables = {kind: {"file": "f", "key": ["participant"], "columns": columns, "where": f"kind == '{kind}'"} for kind in ("a", "bee")}  # fmt: skip
    fixes = "table,key,field,old,new,reason\na,S1,x,5,6,typing error\n"
    cleaned(tmp_path, {"f.csv": text}, tables, fixes, options={"f": {"max_rejected": 0.9}})
    logs = read_logs(tmp_path / "clean")
    assert logs["rows"][["table", "rows_in", "rows_kept", "rows_rejected"]].to_numpy().tolist() == [
        ["a", 6, 2, 4],
        ["bee", 6, 2, 4],
    ]
    found = tally(logs)
    assert found == {
        "files": 1, "rows": 6, "rejected": 2, "changes": len(logs["changes"]), "value_changes": 3, "unit_changes": 0, "code_changes": 2,
        "spelling_changes": 0, "code_list": 2, "corrections": 1, "queries": len(logs["queries"]), "errors": len(logs["queries"]),
    }  # fmt: skip


def test_the_tally_of_logs_by_hand():
    rows = pd.DataFrame({"file": ["f", "f", "g"], "rows_in": [5, 7, 2]})
    changes = pd.DataFrame(
        {"kind": ["value", "code", "code"], "rule": ["correction: a", "spaces trimmed; code list", "missing code"]}
    )
    queries = pd.DataFrame({"severity": ["error", "warning", "warning", "error"], "state": ["open"] * 3 + ["closed"]})
    rejected = pd.DataFrame(
        {"file": ["f", "f", "f", "g", "g"], "row": [2, 2, 3, 2, 4],
         "reason": ["orphan", "no usable key", "not part of the table: x", "holds nothing for this table", "duplicate of row 3"]}
    )  # fmt: skip
    found = tally({"rows": rows, "changes": changes, "queries": queries, "rejected": rejected})
    assert found == {"files": 2, "rows": 9, "rejected": 2, "changes": 3, "value_changes": 1, "unit_changes": 0, "code_changes": 2,
                     "spelling_changes": 0, "code_list": 1, "corrections": 1, "queries": 3, "errors": 1}  # fmt: skip
    many = tally({"rows": rows, "changes": changes.assign(n=[1, 10, 100]), "queries": queries, "rejected": rejected})
    counts = {"changes": 111, "value_changes": 1, "code_changes": 110, "code_list": 10, "corrections": 1}
    assert many == found | counts, "one row may stand for many that have its rule and kind"


def ages(folder, text: str, **options):
    table = {
        "file": "f",
        "key": ["participant"],
        "columns": {"participant": ID, "age": {"source": "Age", "type": "integer"}},
    }
    return cleaned(folder, {"f.csv": "ID,Age\n" + text}, {"t": table}, options={"f": options} if options else {})


def test_how_many_rows_may_be_lost(tmp_path):
    good = "".join(f"S{i},{i}\n" for i in range(40))
    # one row, or one in twenty, where nothing is said
    assert len(ages(tmp_path / "one", "S1,1\n,2\n").tables["t"]) == 1
    with pytest.raises(LossError, match=r"2 of 3 rows would be rejected"):
        ages(tmp_path / "small", "S1,1\n,2\n,3\n")
    assert len(ages(tmp_path / "two", good + ",1\n,2\n").tables["t"]) == 40
    with pytest.raises(LossError, match=r"3 of 43 rows would be rejected \(7%, allowed 5%\)"):
        ages(tmp_path / "three", good + ",1\n,2\n,3\n")
    # what is stated holds, 0 too, and duplicates are no loss and no part of the whole
    with pytest.raises(LossError, match=r"1 of 41 rows would be rejected \(2%, allowed 0%\)"):
        ages(tmp_path / "none", good + ",1\n", max_rejected=0)
    with pytest.raises(LossError, match=r"1 of 3 rows would be rejected \(33%, allowed 30%\)"):
        ages(tmp_path / "share", "S1,1\nS2,2\nS1,1\nS1,1\nS1,1\n,9\n", max_rejected=0.3)
    assert len(ages(tmp_path / "half", "S1,1\nS2,2\n,3\n,4\n", max_rejected=0.5).tables["t"]) == 2


def test_a_loss_names_its_three_commonest_reasons(tmp_path):
    """Of each an example; the reasons are counted without what is particular to a row."""
    table = {
        "file": "f", "key": ["participant", "day"], "references": {"participant": "people.participant"},
        "columns": {"participant": ID, "day": {"source": "Day", "type": "integer"}, "x": {"source": "X", "required": True}},
        "checks": [{"id": "late", "assert": "day < 50", "field": "day", "message": "too late", "action": "reject"}],
    }  # fmt: skip
    text = "ID,Day,X\nS1,1,a\n" + "S8,1,a\nS9,1,a\nS7,2,a\n" + "S1,99,a\nS1,98,a\n" + "S1,,a\nS1,soon,a\n,3,a\n"
    people = {"file": "p", "key": ["participant"], "columns": {"participant": ID}}
    with pytest.raises(LossError) as error:
        cleaned(tmp_path, {"p.csv": "ID\nS1\n", "f.csv": text}, {"people": people, "t": table})
    message = str(error.value)
    assert message.startswith("The clean stage stops for 1 loss of records; no table was written.")
    assert "8 of 9 rows would be rejected (89%, allowed 5%): 3 x orphan" in message
    assert message.count(" x ") == 3 and "(row 3)" in message
    assert (tmp_path / "clean" / "rejected.csv").exists() and not (tmp_path / "clean" / "t.parquet").exists()
    rejected = contracts.REJECTED.texts(tmp_path / "clean")
    assert rejected["row"].tolist() == [str(row) for row in range(3, 11)]


def test_cells_of_undeclared_columns_are_not_shown_in_queries_on_a_file(tmp_path):
    """A remark shows the cell where its column is declared, and not where it is not."""
    table = {
        "file": "f",
        "key": ["participant"],
        "columns": {"participant": ID, "x": {"source": "X", "type": "number"}},
    }
    folder = folder_of(tmp_path, {"f.csv": 'ID,X,Name\nS1,"5,1","Li\ufffd"\nS2,\ufffd6,Wu\nS3,7\nS4,8,Xu\n'}, {"t": table},
                       options={"f": {"max_rejected": 0.5}})  # fmt: skip
    from trialpress.clean import clean, write
    from trialpress.study import load_study

    data = clean(load_study(folder / "study.yaml"), folder / "data" / "raw", folder / "data" / "corrections.csv")
    write(data, folder / "clean")
    about = data.queries[data.queries["table"] == ""]
    assert about["row"].tolist() == sorted(about["row"])
    shown = dict(zip(about["column"], about["value"], strict=True))
    assert shown.get("Name", "") == "" and "\ufffd6" in shown["X"]
    refused = about[about["column"] == ""]
    assert refused["row"].tolist() == [4] and refused["severity"].tolist() == ["error"]
    assert data.queries["id"].is_unique and data.queries["id"].str.fullmatch("Q[A-Z2-7]{10}").all()
    (content,) = data.rejected[data.rejected["row"] == 4]["content"]
    assert "Xu" not in content and json.loads(content)
