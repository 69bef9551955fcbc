"""Risks within strata: one stratum is no strata, and neither order nor names of groups and strata matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.contingency import risk_difference, risk_ratio
from trialpress.stats.number_needed import number_needed, stratified_number_needed
from trialpress.stats.stratified_risks import INTERVALS, stratified_difference, stratified_ratio

LIMITS = ("ci_low", "ci_high")


@st.composite
def tables(draw, least=0, most=5):
    cell = st.integers(0, 9)
    k = draw(st.integers(least, most))
    return np.array([draw(cell) for _ in range(4 * k)], dtype=int).reshape(k, 2, 2)


def values(result, *names):
    return pytest.approx([result[name] for name in names], nan_ok=True, abs=1e-9)


@given(tables(1, 1).filter(lambda t: t.sum(axis=2).min() > 0))
@settings(max_examples=60, deadline=None)
def test_one_stratum_is_the_plain_estimate(table):
    (a, b), (c, d) = table[0]
    plain = risk_difference(a, a + b, c, c + d)
    found = stratified_difference(table)
    assert [found["estimate"], found["ci_low"], found["ci_high"]] == values(plain, "estimate", *LIMITS)
    ratio, plain_ratio = stratified_ratio(table), risk_ratio(a, a + b, c, c + d)
    assert [ratio[name] for name in ("risk_ratio", *LIMITS)] == values(plain_ratio, "risk_ratio", *LIMITS)


@given(tables(), st.sampled_from([*INTERVALS]))
@settings(max_examples=100, deadline=None)
def test_exchanging_groups_or_strata_exchanges_the_result(sample, interval):
    found = stratified_difference(sample, interval=interval)
    other = stratified_difference(sample[::-1, ::-1], interval=interval)
    assert [-other["estimate"], -other["ci_high"], -other["ci_low"], other["p_value"]] == values(
        found, "estimate", *LIMITS, "p_value"
    )
    if np.isfinite(found["estimate"]):
        assert -1 <= found["ci_low"] <= found["estimate"] + 1e-12 and found["estimate"] - 1e-12 <= found["ci_high"] <= 1
        same = stratified_difference(np.append(sample, [[[0, 0], [3, 4]]], axis=0), interval=interval)
        assert [same["estimate"], same["ci_low"]] == values(found, "estimate", "ci_low") and "left out" in same.note
    else:
        assert found.note == "not estimable: no stratum has both groups"
    ratio, inverse = stratified_ratio(sample), stratified_ratio(sample[:, ::-1])
    assert [1 / inverse["risk_ratio"], 1 / inverse["ci_high"], 1 / inverse["ci_low"]] == values(
        ratio, "risk_ratio", *LIMITS
    )


@given(tables(1, 4), st.sampled_from([*INTERVALS]))
@settings(max_examples=100, deadline=None)
def test_the_number_needed_inverts_the_difference_and_turns_round_with_the_groups(sample, interval):
    found, apart = stratified_number_needed(sample, interval=interval), stratified_difference(sample, interval=interval)
    names = ("number_needed", *LIMITS)

    def inverse(result):
        """On the scale of the difference: of one beside 0 the last digit moves the number by much."""
        return [1 / result[name] for name in names]

    other = stratified_number_needed(sample[:, ::-1], interval=interval)
    for side, same in zip(found, other[::-1], strict=True):
        assert [side[name] for name in names] == values(same, *names)
    more = found[0]
    if np.isnan(apart["estimate"]):
        assert more.note == found[1].note == "not estimable: no stratum has both groups"
    elif apart["ci_high"] > 1e-14:
        assert 1 / more["ci_low"] == pytest.approx(apart["ci_high"]) and 1 / more["ci_high"] == pytest.approx(
            max(0, apart["ci_low"]), abs=1e-13
        )
    if len(sample) == 1 and sample.sum(axis=2).min() > 0 and interval == "newcombe":
        (a, b), (c, d) = sample[0]
        plain = number_needed(a, a + b, c, c + d)
        assert inverse(more) == pytest.approx(inverse(plain[0]), nan_ok=True, abs=1e-13)


def test_what_cannot_be_estimated_says_why():
    nobody = stratified_difference([[[0, 5], [0, 4]], [[0, 2], [0, 3]]], interval="sato")
    assert (nobody["estimate"], nobody["std_error"]) == (0, 0)
    assert nobody.note == "Cochran's test not estimable: all or none have the event" and np.isnan(nobody["p_value"])
    assert stratified_ratio([[[3, 5], [0, 4]]]).note == "not estimable: no event in group 2"
    with pytest.raises(ValueError, match="interval: must be one of newcombe, sato, greenland-robins"):
        stratified_difference([[[3, 5], [0, 4]]], interval="exact")
    with pytest.raises(ValueError, match=r"must have shape \(K, 2, 2\)"):
        stratified_ratio([[3, 5], [0, 4]])
