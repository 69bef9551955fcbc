import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.dose import cochran_armitage, dose_response, emax, isotonic

few = settings(max_examples=20, deadline=None)
VARIANTS = ("r", "n-1", "exact")


def test_exact_trend_against_enumeration_of_patients():
    totals, scores, events = (3, 2, 3), (1, 2, 4), (0, 1, 3)
    patients = np.repeat(scores, totals)
    T = np.array([sum(c) for c in itertools.combinations(patients, 4)])
    far = abs(T - 4 * patients.mean()) >= abs(np.dot(events, scores) - 4 * patients.mean()) - 1e-9
    assert cochran_armitage(events, totals, scores, variant="exact")["p_value"] == pytest.approx(far.mean(), rel=1e-10)


@few
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=5))
def test_the_trend_is_invariant(groups):
    """Under reversal of the scores, their scaling, and the exchange of events and non-events."""
    events, others = map(np.array, zip(*groups, strict=True))
    scores = np.arange(len(events))
    for variant in VARIANTS:
        p = cochran_armitage(events, events + others, scores, variant=variant)["p_value"]
        for changed in (
            cochran_armitage(events, events + others, -scores, variant=variant),
            cochran_armitage(events, events + others, 1 + 0.1 * scores, variant=variant),
            cochran_armitage(others, events + others, scores, variant=variant),
        ):
            assert changed["p_value"] == pytest.approx(p, rel=1e-9, nan_ok=True)


def test_the_three_variants_differ_as_they_should():
    """The z of the classical variant exceeds that of the permutation variance by sqrt(N / (N - 1))."""
    a, b, _ = (cochran_armitage([0, 2, 1, 5], [4, 7, 6, 6], [1, 2, 3, 4], variant=v) for v in VARIANTS)
    assert a["z"] / b["z"] == pytest.approx(math.sqrt(23 / 22))


def test_dose_response_curve_and_separation():
    dose, y = [0.5, 1, 1, 2, 5, 10, 10], [0, 0, 1, 0, 1, 1, 0]
    plain, penalised = dose_response(dose, y), dose_response(dose, y, penalised=True)
    assert 1 < penalised["odds_ratio"] < plain["odds_ratio"]
    for result in (plain, penalised):
        curve = result.curve
        assert curve["dose"][[0, -1]] == pytest.approx([0.5, 10])
        assert (curve["ci_low"] <= curve["estimate"]).all() and (curve["estimate"] <= curve["ci_high"]).all()
        assert (np.diff(curve["estimate"]) > 0).all()
    separated = [0, 0, 0, 0, 1, 1, 1]
    assert "complete separation" in dose_response(dose, separated).note
    assert math.isnan(dose_response(dose, separated)["odds_ratio"]) and not dose_response(dose, separated).curve
    assert dose_response(dose, separated, penalised=True)["ci_low"] > 1


def test_dose_is_measured_in_any_unit():
    dose, y = np.array([0.5, 1, 1, 2, 5, 10, 10]), [0, 0, 1, 0, 1, 1, 0]
    assert dose_response(dose, y)["odds_ratio"] == pytest.approx(dose_response(1e5 * dose, y)["odds_ratio"], rel=1e-7)


def test_doses_that_differ_in_their_seventh_digit_have_a_rate_each():
    result = isotonic(np.array([1234567, 1234568]), [1, 3], [4, 4])
    assert (result["estimate:1234567"], result["estimate:1234568"]) == (0.25, 0.75)


@few
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=6))
def test_isotonic_against_the_max_min_formula(groups):
    events, others = map(np.array, zip(*groups, strict=True))
    result = isotonic(np.arange(len(events)), events, events + others)
    if "no patients" in result.note:
        return
    x, N = result.curve["n"], result.curve["N"]
    k = len(x)
    expected = [
        max(min(x[s : t + 1].sum() / N[s : t + 1].sum() for t in range(i, k)) for s in range(i + 1)) for i in range(k)
    ]
    assert result.curve["estimate"] == pytest.approx(expected)


def test_emax_recovers_its_parameters():
    dose = np.array([0, 0.1, 0.3, 1, 3, 10, 30])
    result = emax(dose, 2 + 5 * dose / (0.8 + dose) + 1e-6 * np.array([1, -1, 1, -1, 1, -1, 1]))
    assert [result[k] for k in ("e0", "emax", "ed50")] == pytest.approx([2, 5, 0.8], rel=1e-4)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (lambda: cochran_armitage([0, 0], [4, 5], [1, 2]), "no event"),
        (lambda: cochran_armitage([1, 0], [4, 0], [1, 2], variant="exact"), "same score"),
        (lambda: dose_response([1, 1, 1], [0, 1, 1]), "linearly dependent"),
        (lambda: isotonic([1, 2], [0, 0], [0, 0]), "no patients"),
        (lambda: emax([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]), "levels off"),
        (lambda: emax([1, 1, 2, 2, 3], [1, 2, 3, 4, 5]), "fewer than four dose levels"),
    ],
)
def test_not_estimable(result, why):
    result = result()
    assert result.note.startswith("not estimable") and why in result.note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cochran_armitage([5], [4], [1]), r"events: more events than patients \(totals\) at position 0"),
        (lambda: cochran_armitage([1, 2], [4, 5], [1]), "scores: has 1 values where 2 are needed"),
        (lambda: dose_response([1, 0], [0, 1]), "dose: dose that is not positive .* at position 1"),
        (lambda: dose_response([1, 2], [0, 1, 1]), "y: has 3 values where 2 are needed"),
        (lambda: isotonic([1, 1], [0, 1], [2, 2]), "dose: a level occurs twice"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_negative_dose_is_said_and_does_not_stop_the_run():
    assert emax([1, -2, 3, 4, 5], [3, 4, 5, 6, 7]).note == "not estimable: negative doses: 1"
