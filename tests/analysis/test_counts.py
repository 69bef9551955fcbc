"""Counts of tables, by hand: one classification against others, adverse events."""

from __future__ import annotations

import pandas as pd
import pytest
from analysis.cohort import compute, data
from trialpress.analysis.counting import counted

FRAME = pd.DataFrame(
    {
        "who": pd.Series(["P1", "P2", "P3", "P4", "P5"], dtype="string"),
        "arm": pd.Series(["a", "a", "b", "b", None], dtype="string"),
        "grade": pd.Series([1, 2, 2, None, 1], dtype="Int64"),
    }
)
EVENTS = pd.DataFrame(
    {
        "who": pd.Series(["P1", "P1", "P1", "P2", "P3", "P5", "P9"], dtype="string"),
        "term": pd.Series(["Fever", "Fever", "Rash", "Fever", None, "Rash", "Fever"], dtype="string"),
        "grade": pd.Series([1, 3, 2, None, 4, 3, 5], dtype="Int64"),
    }
)


def population():
    return data(FRAME, {"arm": {"a": "Arm A", "b": "Arm B"}, "grade": {"1": "1", "2": "2"}}, {"events": EVENTS})


def found(method, **options):
    rows, _ = compute(method, population(), **options)
    return {(row.group, row.level, row.statistic): row.value for row in rows.itertuples()}


def test_a_crosstab_counts_those_without_a_value_too():
    assert found("crosstab", variable="grade", columns=["arm"]) == {
        ("", "", "N"): 5, ("", "", "missing"): 1, ("", "1", "n"): 2, ("", "2", "n"): 2,
        ("arm=a", "", "N"): 2, ("arm=a", "", "missing"): 0, ("arm=a", "1", "n"): 1, ("arm=a", "2", "n"): 1,
        ("arm=b", "", "N"): 2, ("arm=b", "", "missing"): 1, ("arm=b", "1", "n"): 0, ("arm=b", "2", "n"): 1,
        ("arm", "", "N"): 1, ("arm", "", "missing"): 0, ("arm", "1", "n"): 1, ("arm", "2", "n"): 0,
    }  # fmt: skip


def test_adverse_events_count_each_participant_once():
    rows = found("toxicity", table="events", grade="grade", term="term", by="arm")
    assert {group: rows[group, "", "N"] for group in ("a", "b", "")} == {"a": 2, "b": 2, "": 5}
    everyone = {key[1:]: value for key, value in rows.items() if not key[0] and key[2] in ("n", "severe")}
    assert everyone == {
        ("any_event", "n"): 4, ("term=Fever", "n"): 2, ("term=Rash", "n"): 2,
        ("any_event", "severe"): 3, ("term=Fever", "severe"): 1, ("term=Rash", "severe"): 1,
    }  # fmt: skip
    assert (rows["a", "term=Fever", "n"], rows["a", "term=Fever", "severe"], rows["b", "term=Fever", "n"]) == (2, 1, 0)
    assert rows["a", "term=Fever", "severe_percent"] == 0.5 and rows["", "any_event", "percent"] == 0.8


def test_what_has_no_term_or_no_grade_is_said():
    rows, _ = compute("toxicity", population(), table="events", grade="grade", term="term")
    notes = dict(zip(rows["level"], rows["note"], strict=True))
    assert notes["any_event"] == "1 without a term count here only; 1 without a recorded grade"
    assert notes["term=Fever"] == ""


@pytest.mark.parametrize(("method", "options"), [
    ("crosstab", {"variable": "grade", "columns": ["arm"]}),
    ("toxicity", {"table": "events", "grade": "grade", "term": "term", "by": "arm", "severe": 2, "related": "grade > 1"}),
])  # fmt: skip
def test_the_participants_named_are_those_counted(method, options):
    whole, rows = population(), found(method, **options)
    named = {
        key: members.sum()
        for *key, members in counted(whole, {"method": method, "population": "all", **options})
        for key in [tuple(key)]
    }
    others = ("percent", "severe_percent", "occurrences", "estimate", "ci_low", "ci_high")  # no counts of participants
    assert named == {key: value for key, value in rows.items() if key[2] not in others}
