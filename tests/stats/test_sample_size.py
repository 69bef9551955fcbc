"""Sizes of trials: the smallest that does it, and what has none. Values beside R's: cases_sample_size."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats import sample_size
from trialpress.stats.proportions import binomial_pmf
from trialpress.stats.sample_size import log_rank_events, single_arm, two_means, two_proportions


@settings(max_examples=25, deadline=None)
@given(st.floats(0.02, 0.6), st.floats(0.1, 0.35), st.sampled_from([0.025, 0.05, 0.1]), st.sampled_from([0.8, 0.9]))
def test_no_smaller_single_arm_does_it(p0, more, alpha, power):
    p1 = min(p0 + more, 0.97)
    found = single_arm(p0, p1, alpha, power)
    n, r = int(found["n"]), int(found["r"])
    assert found["alpha"] <= alpha and found["power"] >= power
    assert found["alpha"] == pytest.approx(binomial_pmf(n, p0)[r + 1 :].sum())
    for m in range(1, n):
        null, other = binomial_pmf(m, p0), binomial_pmf(m, p1)
        assert not any(
            null[k + 1 :].sum() <= alpha * (1 - 1e-9) and other[k + 1 :].sum() >= power * (1 + 1e-9) for k in range(m)
        )


def test_one_participant_less_has_too_little_power():
    assert two_means(1, 2)["power"] >= 0.8 and two_proportions(0.5, 0.75)["power"] >= 0.8
    assert two_means(100, 1)["n_per_group"] == 2  # the fewest that leave a standard deviation
    assert log_rank_events(0.5, event_share=0.5)["n"] == 132


@pytest.mark.parametrize(("call", "what"), [
    (lambda: single_arm(0.3, 0.1), "p1 must be the larger"),
    (lambda: single_arm(0, 0.1), "p0: must lie strictly between 0 and 1"),
    (lambda: two_proportions(0.3, 0.3), "must differ"),
    (lambda: two_means(0, 1), "difference, sd"),
    (lambda: log_rank_events(1), "hazard_ratio"),
])  # fmt: skip
def test_what_is_no_alternative_is_refused(call, what):
    with pytest.raises(ValueError, match=what):
        call()


def test_a_trial_that_is_too_large_says_so(monkeypatch):
    monkeypatch.setattr(sample_size, "LARGEST", 20)
    assert single_arm(0.1, 0.3).note == "not estimable: no design with up to 20 participants"
