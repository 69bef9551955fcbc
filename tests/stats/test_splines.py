"""Restricted cubic splines: straight outside the knots, what straight effects give, units, and what cannot be fitted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.linear import regression
from trialpress.stats.splines import KNOTS, POINTS, basis, knots_of, spline

AT = np.array([1.0, 2.0, 4.0, 7.0])


def test_the_basis_is_straight_beyond_the_knots_and_smooth_at_them():
    outside = basis([-9.0, -5, -1, 8, 12, 16], AT)
    for part in (outside[:3], outside[3:]):
        np.testing.assert_allclose(part[2] - part[1], part[1] - part[0], atol=1e-12)
    h = 1e-4
    for knot in AT:
        left, here, right = (basis([knot + shift], AT) for shift in (-h, 0, h))
        np.testing.assert_allclose(right - here, here - left, atol=3 * h**2)


@pytest.mark.parametrize("k", KNOTS)
def test_a_straight_effect_is_found_straight(k):
    x = np.random.default_rng(1).normal(size=60)
    noise = np.random.default_rng(2).normal(size=60)
    M = np.column_stack([np.ones(60), basis(x, knots_of(x, k))])
    noise -= M @ np.linalg.lstsq(M, noise, rcond=None)[0]
    found = spline("linear", x, y=3 * x + noise, knots=k, reference=0.0, values=[1.0])
    assert found["nonlinear_statistic"] == pytest.approx(0, abs=1e-12) and found["nonlinear_p_value"] == pytest.approx(
        1
    )
    np.testing.assert_allclose(found.curve["estimate"], 3 * found.curve["time"], atol=1e-9)
    assert found.curve["estimate"][POINTS] == 0.0 and found.curve["ci_low"][POINTS] == 0.0  # the reference itself


def test_the_test_of_all_terms_is_that_of_the_model():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=40), rng.normal(size=40)
    found, model = spline("linear", x, y=y, knots=4), regression(y, basis(x, knots_of(x, 4)))
    assert found["p_value"] == pytest.approx(model["p_value"]) and found["statistic"] == pytest.approx(
        model["statistic"]
    )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-30, 1e30]), st.sampled_from(["linear", "logistic", "cox"]))
def test_units_change_nothing(seed, unit, kind):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=50), rng.random(50) < 0.5
    outcome = {"time": rng.integers(1, 30, 50), "event": y} if kind == "cox" else {"y": y.astype(float)}
    one, other = (spline(kind, x * u, knots=3, **outcome) for u in (1, unit))
    assert other["p_value"] == pytest.approx(one["p_value"], rel=1e-6)
    np.testing.assert_allclose(other.curve["ci_low"], one.curve["ci_low"], rtol=1e-5)


@pytest.mark.parametrize(("kind", "x", "outcome", "why"), [
    ("linear", [], {"y": []}, "no participants"),
    ("linear", [1.0, 1, 1, 1, 1], {"y": [1, 2, 3, 4, 5]}, "the values are too few for so many knots"),
    ("linear", [1.0, 2, 3, 4], {"y": [1, 2, 3, 4]}, "4 participants for 4 coefficients"),
    ("linear", [1.0, 2, 3, 4, 5, 6], {"y": [2, 4, 6, 8, 10, 12]}, "no variation around the model"),
    ("logistic", [1.0, 2, 3, 4, 5, 6], {"y": [1, 1, 1, 1, 1, 1]}, "all outcomes are the same"),
    ("logistic", [1.0, 2, 3, 4, 5, 6], {"y": [0, 0, 0, 1, 1, 1]}, "complete separation"),
    ("cox", [1.0, 2, 3, 4, 5, 6], {"time": [1, 2, 3, 4, 5, 6], "event": [0] * 6}, "no event"),
])  # fmt: skip
def test_effects_that_cannot_be_described_say_why(kind, x, outcome, why):
    knots = 3 if len(x) > 4 else 4
    assert spline(kind, x, knots=knots, **outcome).note.startswith(f"not estimable: {why}")


def test_two_knots_are_refused():
    with pytest.raises(ValueError, match="knots: must be 3, 4 or 5, is 2"):
        knots_of([1.0, 2], 2)
