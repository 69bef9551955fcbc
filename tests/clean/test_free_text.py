"""Free text ends in the clean stage: no file that it writes holds a narrative, whatever column it stands in."""

from __future__ import annotations

import pandas as pd
import pytest
from trialpress.checks.plan import load_plan
from trialpress.errors import InputError
from trialpress.study import load_study

from .small import READ, cleaned, column, folder_of, values

ID = {"source": "ID", "type": "id"}
STORY = "Mrs Wetherby of 12 Elm Grove rang: her husband Ike took her to the ward on 12 March."
WORDS = ("Wetherby", "Elm", "Ike", "ward", "March")


def written(folder) -> str:
    """All that the clean stage has left, as text."""
    found = []
    for path in sorted((folder / "clean").iterdir()):
        found.append(pd.read_parquet(path).to_csv() if path.suffix == ".parquet" else path.read_text(encoding="utf-8"))
    return "\n".join(found)


def tables(columns, **more):
    return {"t": {"file": "f", "key": ["participant"], "columns": {"participant": ID, **columns}, **more}}


def test_a_text_column_is_in_no_file_and_its_checks_still_work(tmp_path):
    check = {"id": "fell", "assert": "missing(note) or grade > 1", "field": "note", "message": "a note without a grade"}
    columns = {"note": {"source": "Note", "required": True}, "grade": {"source": "G", "type": "integer"}}
    raw = f'ID,Note,G\nS1,"{STORY}",1\nS2,,2\nS1,oboe,3\nS3,"{STORY} Again.",2,9\n'
    data = cleaned(tmp_path, {"f.csv": raw}, tables(columns, checks=[check]), options={"f": {"max_rejected": 1}})
    assert data.tables["t"].columns.tolist() == ["participant", "grade"]
    said = data.queries.set_index("field")[["value", "message", "row", "column"]]
    assert said.loc["note"].to_numpy().tolist() == [
        ["[free text of 84 characters withheld]", "row 4 has the same key but [free text of 4 characters withheld]; row 2 was kept", 2, "Note"],
        ["[free text of 84 characters withheld]", "a note without a grade", 2, "Note"],
        ["", "note is missing", 3, "Note"],
    ]  # fmt: skip
    assert set(data.cells["field"]) == {"participant", "grade"}
    assert not [word for word in (*WORDS, "oboe") if word in written(tmp_path)]
    contents = dict(zip(data.rejected["row"], data.rejected["content"], strict=True))
    assert contents[4] == '{"ID": "S1", "G": "3"}' and "withheld" in contents[5]


def test_a_text_that_was_reviewed_stays(tmp_path):
    data = column(tmp_path, READ, STORY)
    assert values(data) == [STORY] and data.cells["raw"].tolist() == ["S0", STORY]


@pytest.mark.parametrize("kind", ["number", "integer", "date", "datetime", "time", "code"])
def test_a_narrative_in_a_column_of_another_type_is_not_quoted(tmp_path, kind):
    spec = {"type": kind} | ({"codes": {"yes": ["ja"]}} if kind == "code" else {})
    data = column(tmp_path, spec, STORY, "12 'of' " + STORY, f"<{STORY}", "ja ?")
    assert values(data)[:2] == [None, None]
    assert not [word for word in WORDS if word in written(tmp_path)]
    assert (
        data.queries["row"].tolist()[:2] == [2, 3]
        and data.queries["value"][0] == "[free text of 84 characters withheld]"
    )
    assert data.queries["value"].tolist()[-1] == "ja ?", "what is short is quoted: a data manager needs it"


def test_a_narrative_that_is_ignored_is_not_quoted(tmp_path):
    data = column(tmp_path, {"type": "number", "ignore": r"\(.*\)"}, f"5 ({STORY})")
    assert values(data) == [5] and data.changes["raw_value"].tolist() == ["[free text of 88 characters withheld]"]
    assert not [word for word in WORDS if word in written(tmp_path)]


def test_a_narrative_as_a_unit_is_not_quoted(tmp_path):
    columns = {"x": {"source": "X", "type": "number", "unit": "g/L", "units": {"mg/dL": 0.01}, "unit_from": "U"}}
    data = cleaned(tmp_path, {"f.csv": f'ID,X,U\nS1,5,"{STORY}"\nS2,6,g/L\n'}, tables(columns))
    assert values(data) == [None, 6] and data.queries["value"].tolist() == ["[free text of 84 characters withheld]"]
    assert not [word for word in WORDS if word in written(tmp_path)]


def test_a_long_text_that_the_dictionary_declares_is_quoted(tmp_path):
    term = "Disseminated intravascular coagulation of unknown origin"
    data = column(tmp_path, {"type": "code", "codes": {"DIC": [term]}}, term, term[:-1])
    assert data.cells["raw"].tolist()[-1] == term[:-1] and values(data) == ["DIC", None]


def test_a_text_made_of_free_text_or_of_an_identifier_is_held_back(tmp_path):
    columns = {
        "name": {"source": "N", "identifier": "name"}, "note": {"source": "T"},
        "who": {"derive": "name"}, "copy": {"derive": "coalesce(who, note)"},
        "has_note": {"derive": "when(present(note), 'yes', 'no')", "type": "code", "codes": {"yes": [], "no": []}},
        "noted": {"derive": "when(present(note), 'yes', 'no')", **READ},
    }  # fmt: skip
    data = cleaned(tmp_path, {"f.csv": "ID,N,T\nS1,Ann Wetherby,went to the ward\n"}, tables(columns))
    assert data.tables["t"].columns.tolist() == ["participant", "has_note", "noted"]
    assert values(data, "has_note") == values(data, "noted") == ["yes"]
    assert "Wetherby" not in written(tmp_path) and "ward" not in written(tmp_path)


def test_free_text_in_a_key_stops_and_an_id_by_its_place_does_not(tmp_path):
    spec = {"file": "f", "key": ["participant", "event"], "columns": {"participant": {"source": "ID"}, "event": {}}}
    people = {"file": "f", "key": ["participant"], "columns": {"participant": {"source": "ID"}}}
    with pytest.raises(InputError, match=r"tables.t.columns.event: is free text in a key") as error:
        cleaned(tmp_path, {"f.csv": "ID,event\nS1,fell\n"}, {"people": people, "t": spec})
    assert len(error.value.problems) == 1 and "free_text: {reviewed: NAME" in str(error.value)


@pytest.mark.parametrize("spec", [{"type": "number"}, {"identifier": "name"}])
def test_what_is_no_free_text_is_not_reviewed_as_such(tmp_path, spec):
    with pytest.raises(InputError, match="free_text says that a text was reviewed, and this is none"):
        column(tmp_path, {**READ, **spec}, "5")


@pytest.mark.parametrize("free_text", [{"reviewed": "A"}, {"date": "2020-01-31"}, {"reviewed": "", "date": "2020-01-31"}, "reviewed",
                                       {"reviewed": "A", "date": "31.01.2020"}])  # fmt: skip
def test_who_and_when_are_said(tmp_path, free_text):
    with pytest.raises(InputError, match="x.free_text"):
        column(tmp_path, {"free_text": free_text}, "5")


def test_a_plan_cannot_name_what_is_held_back(tmp_path):
    raw = {"f.csv": "ID,X\nS1,a\n"}
    folder = folder_of(tmp_path, raw, tables({"x": {"source": "X"}}))
    plan = """
plan: {level: 0.95, seed: 1}
cohort: {table: t, columns: {y: {expression: x == 'a'}, z: {expression: t.x == 'a'}}}
populations: {all: {label: All, condition: "true"}}
analyses: {n: {method: binomial, population: all, event: "true"}}
"""
    (folder / "plan.yaml").write_text(plan)
    with pytest.raises(InputError) as error:
        load_plan(folder / "plan.yaml", load_study(folder / "study.yaml"))
    said = [problem.what for problem in error.value.problems if "leave" in problem.what]
    assert said == [
        f"the column '{name}' does not leave the clean stage: free text or an identifier" for name in ("x", "t.x")
    ]
