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


@pytest.mark.parametrize(("method", "options"), [
    ("crosstab", {"variable": "grade", "columns": ["arm"]}),
])  # fmt: skip
def test_the_participants_named_are_those_counted(method, options):
    whole, rows = population(), found(method, **options)
    named = {
        key: members.sum()
        for *key, members in counted(whole, {"method": method, "population": "all", **options})
        for key in [tuple(key)]
    }
    assert named == {key: value for key, value in rows.items() if key[2] != "percent"}
