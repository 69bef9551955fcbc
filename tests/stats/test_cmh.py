"""Cochran-Mantel-Haenszel tests: Agresti's published values, the 2 x 2 case, the order of things. Beside R's: cases_cmh."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stats.cases_cmh import read
from trialpress.stats.contingency import mantel_haenszel
from trialpress.stats.stratified_tables import cochran_mantel_haenszel as cmh
from trialpress.stats.subgroups import linear_interaction, logistic_interaction, mean_differences

# Agresti, Categorical Data Analysis (2002), table 7.12 (SAS), scores 3, 10, 20, 35 and 1, 3, 4, 5
AGRESTI = {"correlation": (6.1563, 1, 0.0131), "row_mean": (9.0342, 3, 0.0288), "general": (10.2001, 9, 0.3345)}


@pytest.mark.parametrize("kind", AGRESTI)
def test_job_satisfaction(kind):
    found = cmh(read("job satisfaction"), kind, row_scores=[3, 10, 20, 35], column_scores=[1, 3, 4, 5])
    assert (round(found["statistic"], 4), found["df"], round(found["p_value"], 4)) == AGRESTI[kind]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_two_by_two_tables_have_one_test_only_which_is_mantel_haenszel(seed):
    tables = np.random.default_rng(seed).integers(1, 9, (3, 2, 2))
    expected = mantel_haenszel(tables, correction=False)["statistic"]
    for kind in AGRESTI:
        assert cmh(tables, kind)["statistic"] == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_the_order_of_strata_and_levels_and_empty_ones_change_nothing(seed):
    rng = np.random.default_rng(seed)
    tables = rng.integers(0, 5, (4, 3, 4))
    for kind in AGRESTI:
        base = cmh(tables, kind)
        for other in (tables[::-1], tables[:, ::-1, ::-1], np.pad(tables, ((0, 1), (0, 1), (0, 1)))):
            found = cmh(other, kind)
            for name in ("statistic", "df", "p_value"):
                assert found[name] == pytest.approx(base[name], nan_ok=True)
    assert cmh(tables, "general")["statistic"] == pytest.approx(cmh(tables.transpose(0, 2, 1), "general")["statistic"])


@pytest.mark.parametrize(("tables", "why"), [
    (np.zeros((2, 2, 3)), "fewer than two rows or columns with participants"),
    (np.zeros((0, 2, 3)), "fewer than two rows or columns with participants"),
    ([[[3, 4], [0, 0]], [[0, 0], [2, 5]]], "a row or a column does not vary within the strata"),
])  # fmt: skip
def test_what_says_nothing_says_so(tables, why):
    for kind in AGRESTI:
        assert cmh(tables, kind).note == f"not estimable: {why}"


def test_subgroups_that_cannot_be_compared_say_why():
    y, group, subgroup = [1, 0, 1, 0, 1, 1], [0, 1, 0, 1, 0, 0], [0, 0, 0, 0, 1, 1]
    assert logistic_interaction(y, group, subgroup).note.startswith("not estimable: ")
    assert linear_interaction([1.0, 2, 3, 4, 5, 6], group, subgroup).note.startswith("not estimable: ")
    assert np.isnan(mean_differences([1.0, 2, 4, 4, 5, 6], group, subgroup).curve["estimate"][1])
