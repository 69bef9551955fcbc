"""Stopping rules: what follows from the definition, and a trial by every course."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.monitoring import stopping_rule
from trialpress.stats.proportions import beta_binomial


@given(st.floats(0.05, 0.6), st.floats(0.6, 0.99), st.integers(1, 9), st.integers(1, 4), st.floats(0.05, 0.95))
@settings(max_examples=40, deadline=None)
def test_every_course_of_a_small_trial(limit, threshold, n_max, every, p):
    rule, (found,) = stopping_rule(limit, threshold, n_max, every=every, rates=[p])
    least = dict(zip(rule.curve["n"].tolist(), rule.curve["needed"].tolist(), strict=True))
    for n, x in least.items():
        assert x == n + 1 or beta_binomial(x, n, 1, 1, limit)["probability"] > threshold - 1e-9
        assert x == 0 or beta_binomial(x - 1, n, 1, 1, limit)["probability"] <= threshold + 1e-9
    sums = np.zeros(3)
    for course in itertools.product((0, 1), repeat=n_max):
        end = next((n for n in least if sum(course[:n]) >= least[n]), n_max)
        chance = p ** sum(course) * (1 - p) ** (n_max - sum(course))
        sums += chance * np.array([sum(course[:end]) >= least[end], end, sum(course[:end])])
    assert [found["stopped"], found["expected_n"], found["expected_events"]] == pytest.approx(sums.tolist())


def test_a_higher_rate_stops_more_trials_sooner():
    _, found = stopping_rule(0.3, 0.9, 40, every=2, rates=[0.1, 0.3, 0.5, 0.7])
    stopped, n = ([one[name] for one in found] for name in ("stopped", "expected_n"))
    assert stopped == sorted(stopped) and n == sorted(n, reverse=True) and 0 < stopped[0] < stopped[-1] <= 1
    with pytest.raises(ValueError, match="n_max: must be from 1 to 5,000, is 5001"):
        stopping_rule(0.3, 0.9, 5001)
