"""Generalised estimating equations: what they reduce to, invariance, and what cannot be estimated. Beside R: cases_gee."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.gee import gee
from trialpress.stats.linear import slopes
from trialpress.stats.rates import poisson_regression

WHO, X = np.repeat(np.arange(12), 2), np.random.default_rng(1).normal(size=(24, 2))


def test_one_visit_each_is_regression_with_sandwich_errors():
    y = np.array([0, 3, 1, 4, 2, 2, 5, 0, 1, 6])
    x = np.random.default_rng(2).normal(size=(10, 1))
    one = gee(y, np.arange(10), x, ["x"], family="poisson", errors="robust", correlation="independence")
    other = poisson_regression(y, np.ones(10), x, ["x"], robust=True)
    for name in ("rate_ratio", "ci_low", "ci_high", "p_value"):
        assert one[f"{name}:x"] == pytest.approx(other[f"{name}:x"], rel=1e-7)


def test_bias_reduced_errors_of_one_visit_each_are_hc3():
    """With independent observations Mancl and DeRouen's correction is that of MacKinnon and White."""
    y = np.random.default_rng(3).normal(size=15)
    x = np.random.default_rng(4).normal(size=(15, 2))
    found = gee(y, np.arange(15), x, ["a", "b"], family="linear", correlation="independence")
    hc3 = slopes(y, np.zeros(15), x, hc3=True).curve
    assert [found["standard_error:a"], found["standard_error:b"]] == pytest.approx(hc3["std_error"], rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-20, 1.0, 1e20]), st.sampled_from([1e-20, 1e20]))
def test_units_and_order_change_nothing_but_the_unit(seed, unit, of_covariate):
    rng = np.random.default_rng(seed)
    y, shuffled = rng.normal(size=12)[WHO] + rng.normal(size=24), rng.permutation(24)
    one = gee(y, WHO, X, ["a", "b"], family="linear")
    other = gee(unit * y[shuffled], WHO[shuffled], of_covariate * X[shuffled], ["a", "b"], family="linear")
    assert other["estimate:a"] == pytest.approx(one["estimate:a"] * unit / of_covariate, rel=1e-6)
    assert other["p_value:b"] == pytest.approx(one["p_value:b"], rel=1e-6)
    assert other["correlation"] == pytest.approx(one["correlation"], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("y", "who", "x", "family", "why"), [
    ([], [], [], "logistic", "no participants"),
    ([0, 1], [0, 1], [[0], [1]], "logistic", "2 participants for 2 coefficients"),
    ([0, 1, 0, 1], [0, 1, 2, 3], [[1], [1], [1], [1]], "linear", "the covariates determine one another or do not vary"),
    ([0, 0, 1, 1], [0, 1, 2, 3], [[0], [0], [1], [1]], "logistic", "complete separation"),
    ([0, 2, 1, 1], [0, 1, 2, 3], [[0], [1], [1], [0]], "logistic", "outcomes other than 0 and 1"),
    ([0, 2.5, 1, 1], [0, 1, 2, 3], [[0], [1], [1], [0]], "poisson", "counts are whole numbers, none negative"),
    ([0, 0, 0, 0], [0, 1, 2, 3], [[0], [1], [1], [0]], "poisson", "no event"),
    ([2, 2, 2, 2], [0, 1, 2, 3], [[0], [1], [1], [0]], "linear", "no variation around the model"),
])  # fmt: skip
def test_what_cannot_be_estimated_says_why(y, who, x, family, why):
    found = gee(y, who, np.array(x).reshape(len(y), 1), ["x"], family=family)
    assert found.note.startswith(f"not estimable: {why}") and np.isnan(found["p_value:x"])


def test_sandwich_errors_of_few_are_said_to_be_too_small():
    y = np.random.default_rng(5).normal(size=24)
    note = gee(y, WHO, X, ["a", "b"], family="linear", errors="robust").note
    assert note == "12 participants: sandwich errors are too small with fewer than 40"
    assert gee(y, WHO, X, ["a", "b"], family="linear").note == ""


def test_who_alone_decides_an_estimate_leaves_no_bias_reduced_error():
    """Leverage 1: what is left of the residual is rounding, and the enlarged one anything."""
    y = np.array([1.0, 3, 2, 4, 6, 5, 4, 2, 7, 5])
    subject, visit = np.repeat(np.arange(5), 2), np.tile([0.0, 1.0], 5)
    alone = (subject == 4).astype(float)
    X = np.column_stack([alone, visit])
    found = gee(y, subject, X, ["alone", "visit"], family="linear")
    assert found.note == "not estimable: an estimate hangs on one participant alone, which leaves no bias-reduced error"
    robust = gee(y, subject, X, ["alone", "visit"], family="linear", errors="robust")
    assert robust["estimate:alone"] == pytest.approx(6 - 27 / 8)
    assert np.isfinite(gee(y, subject, X[:, 1:], ["visit"], family="linear")["standard_error:visit"])
