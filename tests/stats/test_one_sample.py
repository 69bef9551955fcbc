"""Events against those that were expected: what follows from the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.one_sample import one_sample_log_rank
from trialpress.stats.rates import rate

LIMITS = ("ci_low", "ci_high")


@given(st.lists(st.tuples(st.booleans(), st.floats(0.01, 5)), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_only_the_sums_matter_and_the_two_sides_add_up(sample):
    event, expected = (np.array(column, float) for column in zip(*sample, strict=True))
    found = one_sample_log_rank(event, expected)
    spread = one_sample_log_rank(event, np.full(len(event), expected.mean()))
    assert spread.values == pytest.approx(found.values)
    less, greater = (one_sample_log_rank(event, expected, alternative=side) for side in ("less", "greater"))
    assert less["p_value"] + greater["p_value"] == pytest.approx(1)
    assert found["p_value"] == pytest.approx(2 * min(less["p_value"], greater["p_value"]))
    assert "one-sided p (less)" in less.method
    exact = rate(int(event.sum()), expected.sum())
    assert [found["hazard_ratio"], *(found[name] for name in LIMITS)] == [
        exact["estimate"],
        *(exact[name] for name in LIMITS),
    ]
    assert found["ci_low"] <= found["hazard_ratio"] <= found["ci_high"]


def test_as_many_as_expected_have_no_difference():
    found = one_sample_log_rank([1, 1, 0], [1.0, 0.5, 0.5])
    assert (found["statistic"], found["p_value"], found["hazard_ratio"]) == (0, 1, 1)


def test_what_cannot_be_compared_says_why():
    assert one_sample_log_rank([0, 1], [0.0, 0.0]).note == "not estimable: no follow-up"
    nobody = one_sample_log_rank([0, 0], [1.0, 2.0])
    assert nobody["hazard_ratio"] == nobody["ci_low"] == 0 and nobody["statistic"] == pytest.approx(-np.sqrt(3))
    with pytest.raises(ValueError, match="expected: negative hazard at position 1"):
        one_sample_log_rank([0, 1], [1.0, -1.0])
