"""Inverse probability weights: by hand, what equal weights give, invariance, and what cannot be weighted. Beside R: cases_weighting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.cox import cox
from trialpress.stats.description import standardised_difference
from trialpress.stats.survival import kaplan_meier
from trialpress.stats.weighted_survival import weighted_cox, weighted_kaplan_meier
from trialpress.stats.weighting import inverse_probability, standardised_differences, weighted_risks

ARM, X = np.repeat([0, 1], [6, 4]), np.array([0, 0, 0, 0, 1, 1, 0, 1, 1, 1.0])


def test_one_binary_covariate_is_weighted_by_hand():
    """In the stratum x = 0 one of 5 is in the second group, in x = 1 three of 5."""
    found = inverse_probability(ARM, X, stabilised=False)
    assert found.w == pytest.approx([5 / 4] * 4 + [5 / 2] * 2 + [5] + [5 / 3] * 3)
    assert standardised_differences(ARM, X, found.w) == pytest.approx(0, abs=1e-9)  # exactly balanced
    att = inverse_probability(ARM, X, estimand="att", stabilised=False)
    assert att.w == pytest.approx([1 / 4] * 4 + [3 / 2] * 2 + [1] * 4)
    assert att.w[:6].sum() == pytest.approx(4) and att.effective(ARM == 1) == pytest.approx(4)


def test_stabilised_weights_have_the_mean_1_and_change_no_comparison():
    plain, stable = (inverse_probability(ARM, X, stabilised=s).w for s in (False, True))
    assert stable.mean() == pytest.approx(1)
    y = [1, 0, 0, 1, 1, 0, 1, 1, 0, 1]
    one, other = weighted_risks(y, ARM, plain), weighted_risks(y, ARM, stable)
    for name in one.values:
        assert other[name] == pytest.approx(one[name])


def test_truncation_lowers_what_is_above_the_quantile():
    found = inverse_probability(ARM, X, stabilised=False, truncate=0.8)
    assert found.truncated == 1 and found.w.max() == pytest.approx(
        np.quantile([5 / 4] * 4 + [5 / 2] * 2 + [5] + [5 / 3] * 3, 0.8)
    )
    assert "truncated at the 80% quantile" in found.method


@pytest.mark.parametrize(("second", "x", "why"), [
    ([], np.empty((0, 1)), "no participants"),
    ([1, 1, 1], [[0], [1], [2]], "one group only"),
    ([0, 1], [[0], [1]], "2 participants for 2 coefficients"),
    ([0, 1, 1, 0], [[1], [1], [1], [1]], "the covariates determine one another or do not vary"),
    ([0, 0, 1, 1], [[0], [1], [2], [3]], "complete separation"),
])  # fmt: skip
def test_groups_that_cannot_be_weighted_say_why(second, x, why):
    found = inverse_probability(second, x)
    assert found.why.startswith(why) and np.isnan(found.w).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1e-12, 1.0, 1e12]))
def test_equal_weights_change_nothing_but_the_kind_of_error(seed, weight):
    rng = np.random.default_rng(seed)
    time, event, x = rng.integers(1, 9, 30), rng.random(30) < 0.7, rng.integers(0, 2, 30)
    w = np.full(30, weight)
    one, other = kaplan_meier(time, event), weighted_kaplan_meier(time, event, w)
    np.testing.assert_allclose(other.curve["estimate"], one.curve["estimate"], atol=1e-12)
    plain, weighted = cox(time, event, x), weighted_cox(time, event, x, w)
    if not weighted.note:
        assert weighted.curve["hazard_ratio"][0] == pytest.approx(plain["hazard_ratio"], rel=1e-6)
    p = weighted_risks(event, x, w)
    assert p["risk1"] == pytest.approx(event[x == 1].mean())


def test_a_whole_weight_counts_as_so_many_participants():
    time, event = np.array([1, 2, 2, 4, 5, 6]), np.array([1, 1, 0, 1, 1, 0])
    w = np.array([1, 2, 3, 1, 2, 1])
    many = np.repeat(np.arange(6), w)
    np.testing.assert_allclose(
        weighted_kaplan_meier(time, event, w).curve["estimate"], kaplan_meier(time[many], event[many]).curve["estimate"]
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_times_of_one_stratum_are_not_compared_with_those_of_another(seed):
    """Equal weights: the estimate of a stratified Cox model; times of a stratum may be on a clock of their own."""
    rng = np.random.default_rng(seed)
    time, event, x, stratum = (
        rng.integers(1, 9, 30),
        rng.random(30) < 0.7,
        rng.integers(0, 2, 30),
        rng.integers(0, 3, 30),
    )
    w = rng.uniform(0.5, 2, 30)
    plain, found = cox(time, event, x, stratum=stratum), weighted_cox(time, event, x, np.ones(30), stratum=stratum)
    if not found.note:
        assert found.curve["hazard_ratio"][0] == pytest.approx(plain["hazard_ratio"], rel=1e-6)
    one = weighted_cox(time, event, x, w, stratum=stratum)
    other = weighted_cox(time * 10**stratum, event, x, w, stratum=[f"s{s}" for s in stratum])
    assert one.note == other.note and one.method.startswith("stratified weighted Cox")
    for name in one.curve:
        assert other.curve[name] == pytest.approx(one.curve[name], rel=1e-9)


def test_groups_that_are_never_in_one_stratum_are_not_compared():
    found = weighted_cox([1, 2, 3, 4], [1, 1, 1, 0], [0, 0, 1, 1], np.ones(4), stratum=[1, 1, 2, 2])
    assert found.note == "not estimable: no covariate varies within a stratum while there are events"


@pytest.mark.parametrize(("event", "x", "why"), [
    ([0, 0, 0, 0], [0, 1, 0, 1], "no event"),
    ([1, 1, 1, 0], [1, 1, 1, 1], "a covariate does not vary"),
    ([1, 1, 0, 0], [1, 1, 0, 0], "no finite maximum"),
])  # fmt: skip
def test_hazards_that_cannot_be_compared_say_why(event, x, why):
    assert weighted_cox([1, 2, 3, 4], event, x, np.ones(4)).note.startswith(f"not estimable: {why}")


def test_balance_without_weights_is_the_usual_difference():
    rng = np.random.default_rng(1)
    x = rng.normal(size=10)
    assert standardised_differences(ARM, x)[0] == pytest.approx(
        standardised_difference(x[ARM == 1], x[ARM == 0])["estimate"]
    )


def test_risks_without_variation_or_events_say_so():
    assert (
        weighted_risks([0, 0, 0, 0], [0, 0, 1, 1], np.ones(4)).note
        == "not estimable: no variation of the outcome within the groups"
    )
    found = weighted_risks([0, 0, 1, 0], [0, 0, 1, 1], np.ones(4))
    assert (
        found["estimate"] == 0.5
        and np.isnan(found["risk_ratio"])
        and found.note == "not estimable: no event in a group"
    )
