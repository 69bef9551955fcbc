import itertools
import math
import tracemalloc

import numpy as np
import pytest
from scipy import stats
from trialpress.stats import resampling
from trialpress.stats.resampling import STATISTICS, bootstrap, permutation_test

X = np.array([3.1, 0.4, 7.7, 2.2, 5.9, 1.3, 12.4, 4.0, 0.9, 6.6])
Y = np.array([1.1, 0.2, 2.5, 3.3, 0.8, 1.9, 2.7])


def mean(x):
    return x.mean(axis=1)


def difference(x, labels):
    return (labels @ x) / labels.sum(axis=1) - (~labels @ x) / (~labels).sum(axis=1)


@pytest.mark.parametrize("interval", ["percentile", "bca"])
def test_bootstrap_against_scipy(interval):
    """The same interval from scipy's own resampling, up to the Monte Carlo error of both."""
    ours = bootstrap([X], mean, seed=1, resamples=40_000, interval=interval)
    method = {"bca": "BCa"}.get(interval, interval)
    other = stats.bootstrap((X,), np.mean, n_resamples=40_000, method=method, rng=np.random.default_rng(2), axis=-1)
    assert ours["ci_low"] == pytest.approx(other.confidence_interval.low, abs=0.06)
    assert ours["ci_high"] == pytest.approx(other.confidence_interval.high, abs=0.09)
    assert ours["standard_error"] == pytest.approx(X.std() / math.sqrt(len(X)), rel=0.02)


def test_bca_of_two_samples_against_scipy():
    ours = bootstrap([X, Y], lambda a, b: a.mean(axis=1) - b.mean(axis=1), seed=1, resamples=40_000)
    other = stats.bootstrap(
        (X, Y),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        n_resamples=40_000,
        rng=np.random.default_rng(2),
    )
    assert ours["ci_low"] == pytest.approx(other.confidence_interval.low, abs=0.06)
    assert ours["ci_high"] == pytest.approx(other.confidence_interval.high, abs=0.09)


def test_the_number_of_workers_changes_nothing():
    one = bootstrap([X], mean, seed=5, resamples=3500)
    assert one == bootstrap([X], mean, seed=5, resamples=3500, workers=3)
    assert one != bootstrap([X], mean, seed=6, resamples=3500)
    labels = np.arange(10) < 4
    assert permutation_test(X, labels, difference, seed=5) == permutation_test(X, labels, difference, seed=5, workers=2)


def test_permutation_test_against_all_permutations():
    pooled = np.concatenate([X[:5], Y[:4]])
    labels = np.arange(9) < 5
    every = np.array([np.isin(np.arange(9), c) for c in itertools.combinations(range(9), 5)])
    observed = difference(pooled, labels[None])[0]
    exact = (abs(difference(pooled, every)) >= abs(observed) - 1e-12).mean()
    result = permutation_test(pooled, labels, difference, seed=3, resamples=20_000)
    assert result["statistic"] == observed
    assert abs(result["p_value"] - exact) < 4 * result["standard_error"]


def test_bootstrap_follows_a_linear_transformation():
    one, other = bootstrap([X], mean, seed=1, resamples=2000), bootstrap([10 - 2 * X], mean, seed=1, resamples=2000)
    assert other["ci_low"] == pytest.approx(10 - 2 * one["ci_high"])
    assert other["ci_high"] == pytest.approx(10 - 2 * one["ci_low"])


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (lambda: bootstrap([[1.0]], mean, seed=1), "fewer than two patients"),
        (lambda: bootstrap([[2.0, 2.0, 2.0]], mean, seed=1), "does not vary"),
        (lambda: bootstrap([X], lambda x: x.mean(axis=1) * np.nan, seed=1), "not finite"),
        (lambda: permutation_test(X, np.ones(10), difference, seed=1), "one group only"),
    ],
)
def test_not_estimable(result, why):
    result = result()
    assert why in result.note and result.note.startswith("not estimable")


def test_bad_input():
    with pytest.raises(ValueError, match=r"samples\[0\]: missing or infinite value at position 1"):
        bootstrap([[1, float("nan")]], mean, seed=1)
    with pytest.raises(ValueError, match="group: has 2 values where 3 are needed"):
        permutation_test([1, 2, 3], [0, 1], difference, seed=1)
    with pytest.raises(ValueError, match="interval: must be percentile or bca"):
        bootstrap([X], mean, seed=1, interval="basic")


@pytest.mark.parametrize("unit", [0.1, 0.01, 0.003])
def test_resamples_that_equal_the_estimate_are_equal_in_any_unit(unit):
    """The mean of decimals is rounded: whole numbers say how many resamples are equal to the estimate, and so must decimals."""
    rng = np.random.default_rng(5)
    for _ in range(10):
        samples = [rng.integers(0, 12, n) for n in rng.integers(3, 9, 2)]
        two = lambda x, y: x.mean(axis=-1) - y.mean(axis=-1)  # noqa: E731
        whole = bootstrap(samples, two, seed=1, resamples=500)
        decimal = bootstrap([unit * np.asarray(x) for x in samples], two, seed=1, resamples=500)
        assert decimal["ci_low"] == pytest.approx(unit * whole["ci_low"], rel=1e-9, abs=1e-12)
        assert decimal["ci_high"] == pytest.approx(unit * whole["ci_high"], rel=1e-9, abs=1e-12)


def test_no_allocation_is_less_extreme_than_no_difference():
    x, second = np.array([0.8, 0.5, 0.2, 0.7, 0.6, 0.2]), np.repeat([0, 1], 3)  # both add up to 1.5, but for rounding
    difference = lambda x, of: np.where(of, x, 0.0).sum(axis=1) - np.where(of, 0.0, x).sum(axis=1)  # noqa: E731
    assert permutation_test(x, second, difference, seed=1, resamples=200)["p_value"] == 1.0


def test_the_error_of_huge_values_is_a_number():
    x = np.array([1.0, 5, 2, 8, 4])
    one, huge = (bootstrap([x * unit], lambda r: r.mean(axis=1), seed=1, resamples=200) for unit in (1.0, 2.0**700))
    assert huge["standard_error"] == one["standard_error"] * 2.0**700


@pytest.mark.parametrize("n", [2, 3, 10, 11])
@pytest.mark.parametrize("name", STATISTICS)
def test_a_statistic_without_each_value_is_that_of_the_others(name, n):
    of, without = STATISTICS[name]
    x = np.random.default_rng(n).integers(0, 5, n).astype(float)
    wanted = [getattr(np, name)(np.delete(x, at)) for at in range(n)]
    assert without(x) == pytest.approx(wanted, rel=1e-12) and of(x) == pytest.approx(getattr(np, name)(x), rel=1e-15)


def test_the_interval_of_what_is_held_at_a_time_and_of_given_jackknife_values_is_the_same(monkeypatch):
    of, without = STATISTICS["median"]
    x, y = np.random.default_rng(3).lognormal(size=(2, 25))
    whole = bootstrap([x], of, seed=1, resamples=1500), bootstrap([x, y], lambda a, b: of(a) - of(b), seed=1)
    monkeypatch.setattr(resampling, "HELD", 100)
    one = bootstrap([x], of, seed=1, resamples=1500, left_out=lambda a: [without(a)])
    two = bootstrap(
        [x, y],
        lambda a, b: of(a) - of(b),
        seed=1,
        left_out=lambda a, b: [without(a) - of(b), of(a) - without(b)],
    )
    assert (one.values, two.values) == tuple(result.values for result in whole)
    assert bootstrap([x], of, seed=1, resamples=1500).values == one.values


def test_of_many_patients_nothing_grows_with_their_square():
    """20,000 patients took 3.2 GB for each array of samples without one of them."""
    of, without = STATISTICS["median"]
    x = np.random.default_rng(4).normal(size=20_000)
    tracemalloc.start()
    found = bootstrap([x], of, seed=1, resamples=200, left_out=lambda a: [without(a)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6
    assert found["ci_low"] < found["estimate"] < found["ci_high"] < found["ci_low"] + 0.06
