"""Exact unconditional tests against enumeration in rational arithmetic; all tables up to 15 x 15: benchmarks/statistics_sweep.py."""

import numpy as np
import pytest
from stats import exact
from trialpress.stats.contingency import _score, risk_difference
from trialpress.stats.proportions import binomial_pmf
from trialpress.stats.unconditional import barnard, boschloo

SIZES = [(1, 1), (4, 8), (3, 6), (6, 6), (5, 7), (9, 3), (10, 8)]


@pytest.mark.parametrize("n1, n2", SIZES)
@pytest.mark.parametrize("test", [barnard, boschloo])
def test_every_table_of_a_size_against_enumeration(test, n1, n2):
    for (x1, x2), p in getattr(exact, test.__name__)(n1, n2).items():
        result = test([[x1, n1 - x1], [x2, n2 - x2]])
        assert result["p_value"] == pytest.approx(p, rel=1e-9), (x1, x2)


def test_barnard_keeps_ties_that_rounding_breaks():
    # the table: scipy 1.17 gives 0.0028
    assert barnard([[4, 0], [1, 7]])["p_value"] == pytest.approx(9 / 2048, rel=1e-12)


def test_orders_do_not_overflow_in_large_tables():
    small, large = barnard([[60, 40], [45, 55]]), barnard([[1200, 800], [1150, 850]])
    assert small["p_value"] == pytest.approx(0.0372635, abs=1e-7)  # scipy barnard_exact, which has no tie to break here
    assert large["p_value"] >= 0.1083  # that of the chi-square test, which is the value at one rate
    assert large["statistic"] == pytest.approx(1.60592, abs=1e-3)


def p_value(x, N, delta):
    """The one-sided p-value of a difference, its nuisance rate on a very fine grid."""
    x1, x2 = np.arange(N[0] + 1)[:, None], np.arange(N[1] + 1)[None, :]
    score = _score(x1, N[0], x2, N[1], delta)
    tail = score <= score[x] + 1e-9
    low, high = max(0, -delta), min(1, 1 - delta)
    rate = low + (high - low) * np.sin(np.linspace(0, np.pi / 2, 1001)) ** 2
    first, second = binomial_pmf(N[0], np.clip(rate + delta, 0, 1)), binomial_pmf(N[1], rate)
    return ((first @ tail) * second).sum(axis=-1).max()


@pytest.mark.parametrize(
    "x, N", [((7, 4), (11, 4)), ((2, 1), (5, 8)), ((0, 3), (4, 4)), ((3, 3), (3, 3)), ((1, 0), (2, 9))]
)
def test_the_exact_interval_of_a_difference_is_where_the_test_stops_to_reject(x, N):
    """From the limit outwards everything is rejected; just inside of it something is not, in a spike or for good."""
    result = risk_difference(x[0], N[0], x[1], N[1], interval="exact")
    limit = result["ci_high"]
    assert all(p_value(x, N, delta) <= 0.025 + 1e-6 for delta in np.linspace(limit + 1e-7, 1, 400) if delta <= 1)
    if limit < 1:
        assert max(p_value(x, N, limit - step) for step in (1e-7, 1e-6, 1e-5, 1e-4)) > 0.025 - 1e-6
    mirrored = risk_difference(x[1], N[1], x[0], N[0], interval="exact")
    assert mirrored["ci_low"] == pytest.approx(-limit, abs=1e-9)


def test_a_spike_of_the_p_value_belongs_to_the_interval():
    # 7/11 against 4/4: up to 0.2440 nothing is rejected, and again in a spike that ends at 0.2663
    assert risk_difference(7, 11, 4, 4, interval="exact")["ci_high"] == pytest.approx(0.266263, abs=1e-6)
