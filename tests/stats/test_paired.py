"""Paired measurements, agreement and number needed to treat: published examples, properties, gaps. Beside R: cases_paired."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.agreement import bland_altman, kappa
from trialpress.stats.contingency import risk_difference
from trialpress.stats.correlation import pearson
from trialpress.stats.number_needed import number_needed
from trialpress.stats.paired import paired_t, sign_test


def test_bland_and_altman_1986():
    """Peak flow by two meters (Lancet 1986, table 1): bias -2.1 L/min, SD 38.8, limits -80 and 76; in the text interval of the bias
    -22.0 to 17.8."""
    wright = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
    mini = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
    found = bland_altman(np.array(wright, float), np.array(mini, float))
    assert round(found["estimate"], 1) == -2.1 and round(found["sd"], 1) == 38.8
    assert (round(found["ci_low"], 0), round(found["ci_high"], 0)) == (-22, 18)
    assert (round(found["lower"], 0), round(found["upper"], 0)) == (-78, 74)  # with 1.96; the paper takes 2 SD


def test_altman_1998_goes_through_infinity():
    more, fewer = number_needed(15, 40, 10, 40)
    d = risk_difference(15, 40, 10, 40)
    assert more["number_needed"] == pytest.approx(8) and more["ci_high"] == fewer["ci_high"] == math.inf
    assert more["ci_low"] == 1 / d["ci_high"] and fewer["ci_low"] == pytest.approx(-1 / d["ci_low"])
    assert math.isnan(fewer["number_needed"]) and "infinity" in more.note


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(0, 20)] * 4))
def test_number_needed_inverts_the_difference_and_turns_with_the_groups(cells):
    a, b, c, d = cells
    two = number_needed(a, a + b, c, c + d)
    turned = number_needed(c, c + d, a, a + b)[::-1]
    for one, other in zip(two, turned, strict=True):
        for name, value in one.values.items():
            assert other[name] == pytest.approx(value, nan_ok=True)
        assert not math.isnan(one["ci_low"]) or one.note.startswith("not estimable: ")
        if not math.isnan(one["number_needed"]):
            assert 1 <= one["ci_low"] <= one["number_needed"] <= one["ci_high"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-5, 5), max_size=25))
def test_sides_of_the_sign_test(differences):
    up, down = (sign_test(differences, alternative=side) for side in ("greater", "less"))
    mirrored = sign_test(np.negative(differences), alternative="less")
    if differences:
        assert up["p_value"] == pytest.approx(mirrored["p_value"]) and up["p_value"] + down["p_value"] >= 1 - 1e-9
        assert math.isnan(up["ci_low"]) == (len(differences) < 6) and not up["ci_low"] > up["estimate"]
    else:
        assert up.note == "not estimable: no participants"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_kappa_of_turned_ratings(seed, k):
    table = np.random.default_rng(seed).integers(0, 6, (k, k))
    for weights in ("none", "linear", "quadratic"):
        one, other = kappa(table, weights=weights), kappa(table.T, weights=weights)
        assert one.note == other.note
        for name, value in one.values.items():
            assert other[name] == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(("result", "note"), [
    (kappa([[0, 0], [0, 5]]), "not estimable: all ratings are of one category"),
    (kappa([[5, 0], [0, 5]]), "interval not estimable: the large-sample error is 0"),
    (kappa([[0]]), "not estimable: no participants"),
    (paired_t([1.0]), "not estimable: fewer than two participants"),
    (paired_t([1.5, 1.5]), "not estimable: no variation of the differences"),
    (bland_altman([1.0], [2.0]), "not estimable: fewer than two participants"),
    (pearson([1, 1, 1], [1, 2, 3]), "not estimable: a variable does not vary"),
    (pearson([1, 2], [1, 2]), "not estimable: fewer than three participants"),
    (sign_test([0, 0]), "interval not estimable: too few participants for an interval of this level; all differences are 0"),
])  # fmt: skip
def test_what_is_not_estimable_says_why(result, note):
    assert result.note == note
