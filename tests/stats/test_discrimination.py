"""ROC curves by hand, calibration as R has it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.concordance_index import concordance_index
from trialpress.stats.discrimination import calibration, roc

# with: 3 4 4 9; without: 1 2 3 4. Of the 16 pairs with above without: 3 > 1 2, = 3; 4 > 1 2 3, = 4 (twice); 9 > all.
OUTCOME, SCORE = [1, 1, 1, 1, 0, 0, 0, 0], [3, 4, 4, 9, 1, 2, 3, 4]


def test_area_and_interval_by_hand():
    result = roc(OUTCOME, SCORE)
    assert result["estimate"] == (2.5 + 3.5 + 3.5 + 4) / 16
    above, below = np.var([2.5, 3.5, 3.5, 4], ddof=1) / 16, np.var([4, 4, 3.5, 2], ddof=1) / 16
    error = math.sqrt(above / 4 + below / 4)
    assert result["std_error"] == pytest.approx(error, rel=1e-12)
    assert result["ci_low"] == pytest.approx(result["estimate"] - 1.959963984540054 * error) and result["ci_high"] == 1
    assert (result["n"], result["events"]) == (8, 4)


def test_the_curve_goes_through_every_threshold_once():
    curve = roc(OUTCOME, SCORE).curve
    assert curve["x"].tolist() == [0, 0, 0.25, 0.5, 0.75, 1]  # 9, 4, 3, 2, 1 and more
    assert curve["estimate"].tolist() == [0, 0.25, 0.75, 1, 1, 1]
    area = np.trapezoid(curve["estimate"], curve["x"])
    assert area == pytest.approx(roc(OUTCOME, SCORE)["estimate"])


def test_the_other_direction_is_the_complement():
    up, down = roc(OUTCOME, SCORE), roc(OUTCOME, np.negative(SCORE))
    assert down["estimate"] == pytest.approx(1 - up["estimate"]) and down["std_error"] == pytest.approx(up["std_error"])


@pytest.mark.parametrize(("outcome", "score", "note"), [
    ([0, 0, 1, 1], [1, 2, 3, 4], "interval not estimable: the values part those with the outcome from those without wholly"),
    ([0, 1, 1], [2, 1, 3], "interval not estimable: fewer than two without the outcome"),
    ([0, 0, 0], [2, 1, 3], "not estimable: none has the outcome"),
    ([], [], "not estimable: none has the outcome"),
])  # fmt: skip
def test_what_is_not_estimable_says_why(outcome, score, note):
    result = roc(outcome, score)
    assert result.note == note and math.isnan(result["ci_low"])


@pytest.mark.parametrize(("outcome", "score", "message"), [
    ([0, 2], [1, 2], "y: value other than 0 and 1 at position 1"),
    ([0, 1], [1, math.nan], "x: missing or infinite value at position 1"),
    ([0, 1], [1], "x: has 1 values where 2 are needed"),
])  # fmt: skip
def test_refused(outcome, score, message):
    with pytest.raises(ValueError, match=message):
        roc(outcome, score)


def test_calibration_is_that_of_r():
    """R 4.2: y <- c(0,0,1,0,1,1,0,1); l <- qlogis(c(.1,.3,.2,.4,.6,.7,.5,.9)); glm(y ~ offset(l)); glm(y ~ l), binomial."""
    p = np.array([0.1, 0.3, 0.2, 0.4, 0.6, 0.7, 0.5, 0.9])
    found = calibration([0, 0, 1, 0, 1, 1, 0, 1], p)
    assert found["ratio"]["estimate"] == pytest.approx(4 / p.sum())
    large, slope = (list(found[name].values.values()) for name in ("large", "slope"))
    assert large == pytest.approx([0.2003727793, -1.3988707569, 1.7996163156], rel=1e-6)
    assert slope == pytest.approx([1.1593128541, -0.5909013080, 2.9095270162], rel=1e-6)


def test_calibration_of_one_outcome_or_one_prediction_says_so():
    assert "none has the outcome" in calibration([0, 0], [0.2, 0.4])["large"].note
    assert "all predictions are the same" in calibration([0, 1], [0.2, 0.2])["slope"].note
    for found in calibration([0, 1, 1], [0.0, 0.5, 1.5]).values():
        assert found.note == "not estimable: 2 of the predictions are no probabilities between 0 and 1"
        assert np.isnan(list(found.values.values())).all()


# Concordance index


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_concordance_index_is_that_of_all_pairs(data):
    n = data.draw(st.integers(1, 12))
    time, event, score = (
        np.array(data.draw(st.lists(st.integers(0, top), min_size=n, max_size=n))) for top in (4, 1, 3)
    )
    found = concordance_index(time, event, score)
    pairs = [
        (i, j)
        for i in range(n)
        for j in range(n)
        if event[i] and (time[j] > time[i] or (time[j] == time[i] and not event[j]))
    ]
    assert found["pairs"] == len(pairs)
    agree = sum((score[i] > score[j]) + (score[i] == score[j]) / 2 for i, j in pairs)
    assert (
        (math.isnan(found["estimate"]) and "not estimable" in found.note)
        if not pairs
        else found["estimate"] == pytest.approx(agree / len(pairs))
    )
    if pairs and "interval" not in found.note:  # the other direction is the complement, and so is the error
        other = concordance_index(time, event, -score)
        assert other["estimate"] == pytest.approx(1 - found["estimate"]) and other["std_error"] == pytest.approx(
            found["std_error"]
        )


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_pairs_of_the_concordance_index_are_of_one_stratum(data):
    n = data.draw(st.integers(2, 12))
    time, event, score, stratum = (
        np.array(data.draw(st.lists(st.integers(0, top), min_size=n, max_size=n))) for top in (4, 1, 3, 2)
    )
    for weights in ("harrell", "uno"):
        found = concordance_index(time, event, score, stratum=stratum, weights=weights)
        moved = concordance_index(
            time + 10 * stratum, event, score - 7 * stratum, stratum=[f"s{s}" for s in stratum], weights=weights
        )
        assert moved.values == pytest.approx(found.values, nan_ok=True) and moved.note == found.note
        parts = [concordance_index(time[stratum == s], event[stratum == s], score[stratum == s]) for s in set(stratum)]
        assert found["pairs"] == sum(part["pairs"] for part in parts)
        if weights == "harrell" and found["pairs"]:
            mean = sum(part["pairs"] * part["estimate"] for part in parts if part["pairs"]) / found["pairs"]
            assert found["estimate"] == pytest.approx(mean)


def test_without_censoring_both_indices_are_one_and_a_perfect_score_has_no_interval():
    time, score = np.arange(1.0, 9), np.array([3, 1, 4, 1, 5, 9, 2, 6])
    both = [concordance_index(time, np.ones(8), score, weights=weights) for weights in ("harrell", "uno")]
    assert both[0]["estimate"] == both[1]["estimate"] and both[0]["std_error"] == pytest.approx(both[1]["std_error"])
    perfect = concordance_index(time, np.ones(8), -time)
    assert perfect["estimate"] == 1 and perfect.note == "interval not estimable: all pairs agree"
    late = concordance_index(time, np.ones(8), score, until=0.5)
    assert late.note == "not estimable: of no two participants it is known whose event was first"
