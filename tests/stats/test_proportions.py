import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.proportions import beta_binomial, binomial_pmf, exact_test, proportion, simon_two_stage

INTERVALS = ("clopper-pearson", "wilson", "jeffreys", "mid-p", "blaker")
few = settings(max_examples=25, deadline=None)


@st.composite
def counts(draw):
    N = draw(st.integers(1, 60))
    return draw(st.integers(0, N)), N


@few
@given(counts(), st.sampled_from(INTERVALS))
def test_swapping_events_and_failures_mirrors_the_interval(count, interval):
    n, N = count
    a, b = proportion(n, N, interval=interval), proportion(N - n, N, interval=interval)
    assert a["ci_low"] == pytest.approx(1 - b["ci_high"], abs=1e-12)
    assert 0 <= a["ci_low"] <= a["estimate"] <= a["ci_high"] <= 1


@few
@given(counts())
def test_blaker_lies_within_clopper_pearson_and_mid_p_too(count):
    outer = proportion(*count)
    for interval in ("blaker", "mid-p"):
        inner = proportion(*count, interval=interval)
        assert outer["ci_low"] <= inner["ci_low"] + 1e-12
        assert inner["ci_high"] <= outer["ci_high"] + 1e-12


@pytest.mark.parametrize("N", [4, 9, 23])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_blaker_against_its_definition_on_a_grid(N, level):
    """Acceptability of p: the probability of all outcomes whose smaller tail is no larger than that of n."""
    grid = np.linspace(0, 1, 10_001)[1:-1]
    pmf = binomial_pmf(N, grid)
    smaller_tail = np.minimum(pmf.cumsum(axis=1), pmf[:, ::-1].cumsum(axis=1)[:, ::-1])
    for n in range(N + 1):
        acceptability = np.where(smaller_tail <= smaller_tail[:, [n]] * (1 + 1e-12), pmf, 0).sum(axis=1)
        accepted = grid[acceptability > 1 - level]
        result = proportion(n, N, interval="blaker", level=level)
        assert accepted[0] == pytest.approx(result["ci_low"], abs=1.01e-4)
        assert accepted[-1] == pytest.approx(result["ci_high"], abs=1.01e-4)


def test_published_intervals():
    """Pan et al. 2017: percentages of the abstract's counts, Clopper-Pearson."""
    published = {(36, 40): (76.3, 97.2), (36, 42): (71.5, 94.6), (9, 9): (66.4, 100), (8, 51): (7.0, 28.6)}
    for (n, N), (low, high) in published.items():
        result = proportion(n, N)
        assert 100 * result["ci_low"] == pytest.approx(low, abs=0.051)
        assert 100 * result["ci_high"] == pytest.approx(high, abs=0.051)
    assert proportion(36, 40).method == "Clopper-Pearson exact 95% CI"
    assert proportion(36, 40, level=0.975).method == "Clopper-Pearson exact 97.5% CI"


@few
@given(counts(), st.floats(0.05, 0.95))
def test_exact_test_against_enumeration(count, p0):
    n, N = count
    pmf = [math.comb(N, k) * p0**k * (1 - p0) ** (N - k) for k in range(N + 1)]
    assert exact_test(n, N, p0)["p_value"] == pytest.approx(sum(q for q in pmf if q <= pmf[n] * (1 + 1e-7)), rel=1e-9)
    assert exact_test(n, N, p0, alternative="greater")["p_value"] == pytest.approx(sum(pmf[n:]), rel=1e-9)
    assert exact_test(n, N, p0)["p_value"] == pytest.approx(exact_test(N - n, N, 1 - p0)["p_value"], rel=1e-6)


def test_posterior_with_no_patients_is_the_prior():
    result = beta_binomial(0, 0, 1, 3, 0.5)
    assert result["estimate"] == 0.25
    assert result["probability"] == pytest.approx(0.125)
    assert result["ci_low"] == pytest.approx(1 - 0.975 ** (1 / 3))


def test_simon_published_designs():
    """Simon 1989, Controlled Clinical Trials 10:1-10, for 10% against 30% and 5% against 25% (alpha 5%, power 80%)."""
    for design, (expected, early) in {
        (1, 10, 5, 29, 0.1, 0.3): (15.0, 0.74),
        (1, 15, 5, 25, 0.1, 0.3): (19.5, 0.55),
        (0, 9, 2, 17, 0.05, 0.25): (12.0, 0.63),
    }.items():
        result = simon_two_stage(*design)
        assert result["expected_n_p0"] == pytest.approx(expected, abs=0.05)
        assert result["early_stop_p0"] == pytest.approx(early, abs=0.005)
        assert result["alpha"] < 0.05 and result["power"] > 0.8


def test_no_patients_is_not_estimable():
    for result in (proportion(0, 0), exact_test(0, 0, 0.5)):
        assert math.isnan(result["estimate"])
        assert result.note == "not estimable: no patients"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: proportion(-1, 4), "n: negative count at position 0"),
        (lambda: proportion(5, 4), r"n: more events than patients \(N\) at position 0"),
        (lambda: proportion(1.5, 4), "n: count that is not a whole number at position 0"),
        (lambda: proportion(float("nan"), 4), "n: missing or infinite count at position 0"),
        (lambda: proportion(1, 4, level=1), "level: must lie strictly between 0 and 1"),
        (lambda: proportion(1, 4, interval="wald"), "interval: must be one of clopper-pearson"),
        (lambda: exact_test(1, 4, 0), "p0: must lie strictly between 0 and 1"),
        (lambda: beta_binomial(1, 4, 0, 1, 0.5), "a: must be positive"),
        (lambda: simon_two_stage(3, 2, 5, 9, 0.1, 0.3), "more events than patients"),
        (lambda: simon_two_stage(1, 9, 5, 9, 0.1, 0.3), "a design needs"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
