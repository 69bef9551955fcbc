"""Several means and ranks within strata: published tables, what they reduce to, invariance, gaps. Beside R: cases_multiple."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit
from trialpress.stats.continuous import t_test
from trialpress.stats.multiple import dunnett_cdf, pairwise_means
from trialpress.stats.stratified_ranks import van_elteren
from trialpress.stats.stratified_tables import cochran_mantel_haenszel


@pytest.mark.parametrize("adjust", ["tukey", "dunnett", "none"])
def test_two_groups_are_students_t_test(adjust):
    a, b = np.array([3.0, 5, 4, 9]), np.array([8.0, 9, 7])
    found = pairwise_means(np.r_[a, b], [0] * 4 + [1] * 3, adjust=adjust)
    t = t_test(b, a, equal_variance=True)
    for name in ("estimate", "ci_low", "ci_high", "p_value"):
        assert found.curve[name][0] == pytest.approx(t[name], rel=1e-8)


@pytest.mark.parametrize("df", [1, 2, 7, 60, 1e4, 1e7])
def test_independent_differences_have_the_product_distribution(df):
    """With correlation 0 of the first group known, P(max |T| <= t) lies between Sidak's product and one less Bonferroni's sum."""
    t = float(stdtrit(df, 0.99))
    one = 0.98
    found = dunnett_cdf(t, np.full(3, 1e-4), df)
    assert one**3 - 1e-9 <= found <= one and found >= 1 - 3 * (1 - one)
    assert dunnett_cdf(t, np.full(3, 0.999), df) == pytest.approx(one, abs=4e-3)  # all but the same difference


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-30, 1e8]))
def test_units_change_nothing_but_the_unit(seed, unit):
    rng = np.random.default_rng(seed)
    y, group = rng.normal(size=14), rng.permutation(np.tile([0, 1, 2], 5)[:14])
    one, other = pairwise_means(y, group, adjust="dunnett"), pairwise_means(y * unit, group, adjust="dunnett")
    np.testing.assert_allclose(other.curve["p_value"], one.curve["p_value"], rtol=1e-7)
    np.testing.assert_allclose(other.curve["ci_low"], one.curve["ci_low"] * unit, rtol=1e-7)


@pytest.mark.parametrize(("y", "group", "why"), [
    ([], [], "fewer than two groups with values"),
    ([1.0, 2], [0, 0], "fewer than two groups with values"),
    ([1.0, 2, 3], [0, 1, 2], "3 values in 3 groups leave no degrees of freedom"),
    ([1.0, 1, 2, 2], [0, 0, 1, 1], "no variation within the groups"),
])  # fmt: skip
def test_means_that_cannot_be_compared_say_why(y, group, why):
    assert pairwise_means(y, group).note == f"not estimable: {why}"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 2)), min_size=4, max_size=30))
def test_van_elteren_is_the_row_mean_score_test_with_modified_ridits(rows):
    y, second, stratum = (np.array(column) for column in zip(*rows, strict=True))
    found = van_elteren(y[second], y[~second], stratum[second], stratum[~second])
    tables = np.zeros((3, 2, 6), int)
    np.add.at(tables, (stratum, second.astype(int), y), 1)
    both = tables.sum(axis=2).all(axis=1)
    if np.isnan(found["p_value"]):
        assert found.note.startswith("not estimable: ")
        return
    cmh = cochran_mantel_haenszel(tables[both], "row_mean", scores="modridit")
    assert found["statistic"] ** 2 == pytest.approx(cmh["statistic"], rel=1e-9, abs=1e-12)
    assert found["ci_low"] <= found["estimate"] <= found["ci_high"]


def test_a_stratum_of_one_group_says_nothing():
    found = van_elteren([1.0, 2, 9], [3.0, 4], [1, 1, 2], [1, 1])
    assert (found["n1"], found["strata"]) == (2, 1) and "1 value in strata of one group only say nothing" in found.note
    assert van_elteren([1.0], [2.0], [1], [2]).note == "not estimable: no stratum has both groups"
    assert van_elteren([1.0, 1], [1.0], [1, 1], [1]).note == "not estimable: all values of each stratum are equal"
