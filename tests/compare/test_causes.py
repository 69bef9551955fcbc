"""Seeded changes of the tiny study: each number that moves is attributed to its change and to nothing else."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
from compare.runs import replace, run, tiny
from trialpress.compare import compare
from trialpress.compare.causes import Causes
from trialpress.compare.sides import Side
from trialpress.contracts import QUERIES

RAW, PLAN, DICTIONARY = "data/tiny/raw/patients.csv", "config/tiny/plan.yaml", "config/tiny/study.yaml"
CORRECTIONS = "data/tiny/corrections.csv"


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    return Side("before", run(tiny(tmp_path_factory.mktemp("before"))))


def after(before, tmp_path, edit):
    return compare(before, Side("after", run(tiny(tmp_path / "after"), edit)))


def kinds(found, number, statistic):
    (one,) = [one for one in found.moved if (one.id, one.statistic) == (number, statistic)]
    return one, {(cause.kind, str(cause)) for cause in one.causes}


def test_nothing_moves_where_nothing_was_changed(before, tmp_path):
    found = after(before, tmp_path, None)
    assert found.moved == () and found.still == () and found.n > 20 and found.traced


def test_a_raw_cell(before, tmp_path):
    found = after(
        before, tmp_path, replace(RAW, "S-002,f,51,2021/3/15,0.8×10^6/kg,PR", "S-002,f,51,2021/3/15,0.8×10^6/kg,CR")
    )
    one, causes = kinds(found, "cr", "n")
    assert one.shown == ("3", "4") and math.isclose(one.size, 0.25)
    cell = "infusion.response of S-002 (patients.csv, row 3, column Best response): 'PR' -> 'CR'"
    assert causes == {("entered", "S-002: is counted now"), ("cell", cell)}
    _, causes = kinds(found, "cr", "estimate")
    assert ("cell", cell) in causes and {kind for kind, _ in causes} == {"cell", "entered"}
    assert {one.id for one in found.moved} == {"cr"} and found.still == ()


def test_a_date_moves_the_curve_and_not_the_response(before, tmp_path):
    found = after(before, tmp_path, replace(RAW, "SD,2021-06-30,2021-06-30", "SD,2021-12-30,2021-12-30"))
    assert {one.id.partition(".")[0] for one in found.moved} == {"os"}
    texts = {str(cause) for one in found.moved for cause in one.causes if cause.kind == "cell"}
    assert texts == {
        "infusion.death_date of S-004 (patients.csv, row 5, column Died): '2021-06-30' -> '2021-12-30'",
        "infusion.last_contact_date of S-004 (patients.csv, row 5, column Last seen): '2021-06-30' -> '2021-12-30'",
    }


def test_a_change_that_moves_no_number_is_named(before, tmp_path):
    found = after(before, tmp_path, replace(RAW, "S-001,M,34,2021-03-01,1.2e6,CR,", "S-001,M,34,2021-03-01,1.2e6,CRi,"))
    assert found.moved == ()
    ((label, causes),) = found.still
    assert label == "cr" and [str(cause).partition(":")[2] for cause in causes] == [" 'CR' -> 'CRi'"]


def test_a_signed_off_correction(before, tmp_path):
    def edit(project):
        (project / CORRECTIONS).write_text(
            "table,key,field,old,new,reason\ninfusion,S-004,response,SD,CR,marrow read again\n"
        )

    found = after(before, tmp_path, edit)
    _, causes = kinds(found, "cr", "n")
    assert {kind for kind, _ in causes} == {"entered", "correction"}
    (text,) = [text for kind, text in causes if kind == "correction"]
    assert "infusion.response of S-004" in text and "'CR' (correction: marrow read again)" in text
    assert {one.id for one in found.moved} == {"cr", "clean.changes", "clean.value_changes", "clean.corrections"}


def test_a_row_that_cannot_be_used_any_more(before, tmp_path):
    found = after(before, tmp_path, replace(RAW, "S-005,F,45,2021-05-02", "S-005,F,45,unknown"))
    one, causes = kinds(found, "cr", "N")
    assert one.shown == ("5", "4") and ("left", "S-005: is not counted any more") in causes
    cell = "infusion.infusion_date of S-005 (patients.csv, row 6, column Day 0): '2021-05-02' -> 'unknown'"
    assert causes == {("left", "S-005: is not counted any more"), ("cell", cell)}
    assert kinds(found, "os.6_months", "estimate")[1] == causes


def test_a_participant_more(before, tmp_path):
    found = after(before, tmp_path, replace(RAW, "S-005,F", "S-006,M,50,2021-06-01,1e6,PD,,2022-01-20\nS-005,F"))
    _, causes = kinds(found, "population.infused", "n")
    assert causes == {
        ("entered", "S-006: is counted now"),
        ("row", "patients.csv, row 6: infusion S-006 is new among the rows"),
    }


@pytest.mark.parametrize(
    ("old", "new", "moved", "text"),
    [
        ("response in ('CR', 'CRi')", "response == 'CR'", "cr", "analyses.cr.event: "),
        ("at: [6, 12]", "at: [6, 9]", "os", "analyses.os.at: [6, 12] -> [6, 9]"),
    ],
)
def test_an_entry_of_the_plan(before, tmp_path, old, new, moved, text):
    found = after(before, tmp_path, replace(PLAN, old, new))
    assert {one.id.partition(".")[0] for one in found.moved} == {moved}
    causes = {cause for one in found.moved for cause in one.causes if cause.kind not in ("left", "entered")}
    assert {cause.kind for cause in causes} == {"plan"} and all(str(cause).startswith(text) for cause in causes), causes


def test_the_level_of_all_intervals(before, tmp_path):
    found = after(before, tmp_path, replace(PLAN, "level: 0.95", "level: 0.9"))
    assert {one.statistic for one in found.moved if one.id != "plan.level"} == {"ci_low", "ci_high"}
    assert {str(cause) for one in found.moved for cause in one.causes} == {"plan.level: '95%' -> '90%'"}


def test_a_code_of_the_dictionary(before, tmp_path):
    found = after(before, tmp_path, replace(DICTIONARY, "CR: [], CRi: [], PR: []", "CR: [PR], CRi: []"))
    _, causes = kinds(found, "cr", "n")
    where = "infusion.response of S-002 (patients.csv, row 3, column Best response)"
    assert causes == {
        ("entered", "S-002: is counted now"),
        ("dictionary", f"{where}: read as 'PR' (as it stands) -> 'CR' (code list)"),
    }


def test_the_largest_change_comes_first(before, tmp_path):
    found = after(before, tmp_path, replace(RAW, "0.8×10^6/kg,PR", "0.8×10^6/kg,CR"))
    printed = [one.size for one in found.moved if one.printed]
    assert printed == sorted(printed, reverse=True) and len(printed) > 2


def test_the_key_of_a_row(before, tmp_path):
    found = after(before, tmp_path, replace(DICTIONARY, r"S-\d{3}", "S-00[1-4]"))
    _, causes = kinds(found, "cr", "N")
    (text,) = [text for kind, text in causes if kind == "row"]
    assert text.startswith(
        "patients.csv, row 6: infusion S-005 is not among the rows any more (rejected: no usable key"
    )


def test_how_many_numbers_there_are_has_the_causes_of_those_that_came(before, tmp_path):
    found = after(before, tmp_path, replace(PLAN, "at: [6, 12]", "at: [6, 9, 12]"))
    one, causes = kinds(found, "plan.statistics", "text")
    assert one.printed and causes == {("plan", "analyses.os.at: [6, 12] -> [6, 9, 12]")}


def test_a_query_that_came_and_one_that_went(tmp_path):
    """Of a cell that is not shown nothing but the query on it says that it changed."""
    sides = []
    for name, row, message in (("a", 3, "'x' is no number"), ("b", 7, "'[not shown]' does not fit the pattern")):
        folder = tmp_path / name
        line = dict.fromkeys(QUERIES.columns, "") | {"id": name, "table": "t", "key": "S-1", "field": "f", "file": "f.csv",
                                                     "row": row, "column": "F", "message": message}  # fmt: skip
        (folder / "clean").mkdir(parents=True)
        QUERIES.write(pd.DataFrame([line], columns=list(QUERIES.columns)), folder / "clean")
        sides.append(SimpleNamespace(folder=folder, content={}))
    assert {(cause.kind, str(cause)) for cause in Causes(*sides).asked} == {
        ("cell", "t.f of S-1 (f.csv, row 3, column F): a query is gone: 'x' is no number"),
        ("cell", "t.f of S-1 (f.csv, row 7, column F): a query is new: '[not shown]' does not fit the pattern"),
    }
