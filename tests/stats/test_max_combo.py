"""The max-combo test: its parts are Fleming-Harrington tests, its p-value that of a joint normal distribution."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import norm
from stats.test_survival import samples
from trialpress.stats.log_rank import log_rank
from trialpress.stats.max_combo import WEIGHTS, max_combo, outside


@given(sample=samples())
@settings(max_examples=25, deadline=None)
def test_each_part_is_a_fleming_harrington_test_and_the_groups_may_change_places(sample):
    time, event, group = sample
    found = max_combo(time, event, group)
    if math.isnan(found["p_value"]):
        assert found.note.startswith("not estimable: ")
        return
    for rho, gamma in WEIGHTS:
        z = found[f"z:{rho}_{gamma}"]
        if not math.isnan(z):
            assert z**2 == pytest.approx(log_rank(time, event, group, rho=rho, gamma=gamma)["statistic"], abs=1e-9)
    single = 2 * norm.sf(found["statistic"])
    assert single * (1 - 1e-9) <= found["p_value"] <= min(1, 4 * single) * (1 + 1e-9)
    other = max_combo(time, event, 1 - group)
    assert other["p_value"] == pytest.approx(found["p_value"]) and other["z:0_0"] == pytest.approx(
        -found["z:0_0"], abs=1e-9
    )


@pytest.mark.parametrize(("correlation", "expected"), [
    (np.eye(1), lambda p: p), (np.ones((4, 4)), lambda p: p), (np.eye(2), lambda p: 1 - (1 - p) ** 2), (np.eye(3), lambda p: 1 - (1 - p) ** 3),
])  # fmt: skip
def test_the_probability_of_independent_and_of_equal_tests(correlation, expected):
    for limit in (0.3, 1.959963984540054, 5.0):
        assert outside(correlation, limit) == pytest.approx(expected(2 * norm.sf(limit)), rel=1e-9)


def test_the_probability_is_that_of_simulated_tests():
    g = np.random.default_rng(3).normal(size=(400_000, 3))
    directions = np.array([[1, 0, 0], [0.8, 0.6, 0], [0.5, 0.1, 0.86], [0.9, -0.2, 0.38]])
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    for limit in (1.0, 2.2):
        seen = (np.abs(g @ directions.T) > limit).any(axis=1).mean()
        assert outside(directions @ directions.T, limit) == pytest.approx(seen, abs=4 * math.sqrt(0.25 / len(g)))


def test_more_than_two_groups_and_a_rank_above_three_are_refused():
    with pytest.raises(ValueError, match="group: 3 groups where two are compared"):
        max_combo([1, 2, 3], [1, 1, 1], [1, 2, 3])
    with pytest.raises(ValueError, match="correlation: has rank 4"):
        outside(np.eye(4), 1.0)
