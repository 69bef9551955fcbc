"""Linear and Poisson models and margins: by hand, invariance, and what cannot be estimated. Values beside R's: cases_linear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.contingency import risk_ratio
from trialpress.stats.continuous import t_test
from trialpress.stats.linear import group_contrasts, interaction, least_squares_means, regression, slopes
from trialpress.stats.margins import standardised_risks
from trialpress.stats.rates import poisson_regression, rate

Y, ARM, BEFORE = np.array([3.0, 5, 4, 8, 9, 7]), np.repeat([0, 1], 3), np.array([[1.0], [3], [2], [3], [4], [1]])


def test_two_groups_without_covariates_are_students_t_test():
    t, f = t_test(Y[3:], Y[:3], equal_variance=True), group_contrasts(Y, ARM)
    assert f["statistic"] == pytest.approx(t["statistic"] ** 2) and f["p_value"] == pytest.approx(t["p_value"])
    for name in ("estimate", "ci_low", "ci_high"):
        assert f.curve[name][0] == pytest.approx(t[name])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-30, 1e-3, 1.0, 1e8, 1e30]), st.sampled_from([1e-30, 1.0, 1e30]))
def test_units_change_nothing_but_the_unit(seed, unit, of_covariate):
    rng = np.random.default_rng(seed)
    y, group, X = rng.normal(3, 2, 12), np.tile([0, 1, 2], 4), rng.normal(5, 1, (12, 2))
    for hc3 in (False, True):
        one, other = (group_contrasts(y * u, group, X * v, hc3=hc3) for u, v in ((1, 1), (unit, of_covariate)))
        assert other["p_value"] == pytest.approx(one["p_value"], rel=1e-6)
        np.testing.assert_allclose(other.curve["estimate"], one.curve["estimate"] * unit, rtol=1e-6)
        b, c = (slopes(y * u, group, X * v, hc3=hc3).curve["ci_low"] for u, v in ((1, 1), (unit, of_covariate)))
        np.testing.assert_allclose(c, b * unit / of_covariate, rtol=1e-6)
        p = [interaction(y * u, group, X * v, [0], hc3=hc3)["p_value"] for u, v in ((1, 1), (unit, of_covariate))]
        assert p[1] == pytest.approx(p[0], rel=1e-6)


@pytest.mark.parametrize(("y", "group", "X", "why"), [
    ([1.0, 2], [0, 1], None, "2 participants for 2 coefficients"),
    ([], [], None, "no participants"),
    ([1.0, 1, 1, 1], [0, 0, 1, 1], None, "no variation around the model"),
    ([1.0, 1, 2, 2], [0, 0, 1, 1], None, "no variation around the model"),
    ([1.0, 2, 3, 5], [0, 0, 1, 1], [[0.0], [0], [1], [1]], "the covariates and the groups determine one another"),
    ([1.0, 2, 3, 5], [0, 0, 0, 0], None, "one group only"),
])  # fmt: skip
def test_what_cannot_be_fitted_says_why(y, group, X, why):
    assert group_contrasts(y, group, X).note == f"not estimable: {why}"
    if why != "one group only":
        assert least_squares_means(y, group, X).note == f"not estimable: {why}"


def test_hc3_needs_two_in_a_group():
    note = group_contrasts([1.0, 2, 4, 3], [0, 0, 0, 1], hc3=True).note
    assert note == "not estimable: HC3 errors need more than one participant for each estimate (leverage 1)"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0.1, 1e6)), min_size=2, max_size=2))
def test_one_count_of_each_group_gives_the_ratio_of_the_rates(both):
    (x, t), (y, u) = both
    result = poisson_regression([x, y], [t, u], [[0], [1]], ["g"])
    assert result["rate_ratio:g"] == pytest.approx(y / u / (x / t), rel=1e-9)
    assert result["standard_error:g"] == pytest.approx(np.sqrt(1 / x + 1 / y), rel=1e-6)


@pytest.mark.parametrize(("y", "X", "why"), [
    ([0, 0], [[0], [1]], "no event"),
    ([0, 0, 3], [[0], [0], [1]], "no event at one end of a covariate or of a combination of them"),
    ([1, 2], [[1], [1]], "the covariates determine one another or do not vary"),
])  # fmt: skip
def test_rates_that_cannot_be_compared_say_why(y, X, why):
    result = poisson_regression(y, np.ones(len(y)), X, ["g"])
    assert result.note == f"not estimable: {why}" and np.isnan(result["rate_ratio:g"])


def test_no_event_and_no_exposure():
    none = rate(0, 10)
    assert none["estimate"] == none["ci_low"] == 0 and none["ci_high"] == pytest.approx(-np.log(0.025) / 10)
    assert rate(0, 0).note == "not estimable: no time at risk"


@settings(max_examples=15, deadline=None)
@given(st.tuples(*[st.integers(1, 20)] * 4))
def test_crude_risks_are_the_proportions(cells):
    a, b, c, d = cells
    result = standardised_risks(
        np.repeat([1, 0, 1, 0], cells), np.repeat([0, 0, 1, 1], cells), np.empty((sum(cells), 0))
    )
    assert (result["risk0"], result["risk1"]) == pytest.approx((a / (a + b), c / (c + d)))
    ratio = risk_ratio(c, c + d, a, a + b)
    for name in ("risk_ratio", "ci_low", "ci_high"):
        assert result[name] == pytest.approx(ratio[name], rel=1e-6)
    assert result["difference_std_error"] ** 2 == pytest.approx(a * b / (a + b) ** 3 + c * d / (c + d) ** 3, rel=1e-6)


def test_separated_risks_say_so():
    assert standardised_risks([0, 0, 1, 1], [0, 0, 1, 1], np.empty((4, 0))).note.startswith(
        "not estimable: complete sep"
    )


def test_the_error_of_a_slope_does_not_hang_on_the_unit_of_its_covariate():
    y, group, x = np.array([3.0, 5, 4, 8, 9, 7]), np.repeat([0, 1], 3), np.array([1.0, 3, 2, 3, 4, 1])
    one, tiny = (slopes(y * unit, group, (x / unit)[:, None]).curve for unit in (1.0, 1e-100))
    for name in ("estimate", "std_error", "ci_low", "ci_high"):
        assert tiny[name] / 1e-200 == pytest.approx(one[name])
    assert tiny["p_value"] == pytest.approx(one["p_value"])


def test_a_slope_that_is_no_number_is_not_estimable():
    y, x = np.array([3.0, 5, 4, 8, 9, 7]), np.array([1.0, 3, 2, 3, 4, 1])
    for unit in (1e180, 1e-180):
        found = regression(y * 1e130 / (1 if unit < 1 else 1e260), x[:, None] * unit)
        assert found.note == "not estimable: the values are too far from those of a covariate to have a slope"
    assert np.isfinite(regression(y, x[:, None] * 1e-180).curve["std_error"]).all()
