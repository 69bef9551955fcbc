import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom, norm
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


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("N", [1, 14, 24, 42])
def test_none_and_all_have_a_limit_of_exactly_0_and_1(interval, N):
    assert proportion(0, N, interval=interval)["ci_low"] == 0 and proportion(N, N, interval=interval)["ci_high"] == 1


@few
@given(counts())
def test_blaker_lies_within_clopper_pearson_and_mid_p_too(count):
    outer = proportion(*count)
    for interval in ("blaker", "mid-p"):
        inner = proportion(*count, interval=interval)
        assert outer["ci_low"] <= inner["ci_low"] + 1e-12
        assert inner["ci_high"] <= outer["ci_high"] + 1e-12


def acceptability(n: int, N: int, p) -> np.ndarray:
    """Of n under each p: the probability of all outcomes whose smaller tail is no larger than that of n."""
    pmf = binomial_pmf(N, p)
    smaller = np.minimum(pmf.cumsum(axis=1), pmf[:, ::-1].cumsum(axis=1)[:, ::-1])
    return np.where(smaller <= smaller[:, [n]] * (1 + 1e-12), pmf, 0).sum(axis=1)


@pytest.mark.parametrize("N", [4, 9, 23, 41])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_blaker_against_its_definition(N, level):
    """No rate outside is accepted, and the limits are, to within a billionth: what is accepted can be narrower than a grid."""
    grid = np.linspace(0, 1, 4_001)[1:-1]
    for n in range(N + 1):
        result = proportion(n, N, interval="blaker", level=level)
        accepted = grid[acceptability(n, N, grid) > 1 - level]
        assert result["ci_low"] - 1e-9 <= accepted[0] and accepted[-1] <= result["ci_high"] + 1e-9
        at = [limit for limit in (result["ci_low"] + 1e-9, result["ci_high"] - 1e-9) if 1e-8 < limit < 1 - 1e-8]
        assert (acceptability(n, N, np.array(at)) > 1 - level - 1e-6).all()


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


@pytest.mark.parametrize(("n", "N", "p0"), [(0, 4, 0.1), (1, 4, 0.25), (3, 6, 0.5), (1, 6, 0.25), (5, 10, 0.5)])
def test_the_most_probable_outcome_has_a_p_value_of_1(n, N, p0):
    """Never 1 + 2e-16, whatever the rounding of the sum."""
    assert exact_test(n, N, p0)["p_value"] == 1 == pytest.approx(binomial_pmf(N, p0).sum())


@few
@given(counts(), st.floats(0.02, 0.98))
def test_the_tails_are_those_of_the_distribution(count, p0):
    n, N = count
    tails = [exact_test(n, N, p0, alternative=side)["p_value"] for side in ("greater", "less")]
    assert exact_test(n, N, p0)["estimate"] == n / N
    assert tails == pytest.approx([binom.sf(n - 1, N, p0), binom.cdf(n, N, p0)], rel=1e-9)


@few
@given(
    counts(), st.sampled_from([0.8, 0.95, 0.99]), st.floats(0.05, 0.95), st.sampled_from([(0.5, 0.5), (1, 1), (2, 5)])
)
def test_intervals_and_posterior_against_their_definitions(count, level, p0, prior):
    n, N = count
    tail, (a, b) = (1 - level) / 2, prior
    outer = proportion(n, N, level=level)
    assert n == 0 or binom.sf(n - 1, N, outer["ci_low"]) == pytest.approx(tail)
    assert n == N or binom.cdf(n, N, outer["ci_high"]) == pytest.approx(tail)
    middle = proportion(n, N, level=level, interval="mid-p")["ci_low"]
    assert n == 0 or binom.sf(n - 1, N, middle) - binom.pmf(n, N, middle) / 2 == pytest.approx(tail)
    score = proportion(n, N, level=level, interval="wilson")
    for limit, open_ in ((score["ci_low"], n > 0), (score["ci_high"], n < N)):
        z = (n / N - limit) / math.sqrt(limit * (1 - limit) / N) if open_ else norm.isf(tail)
        assert abs(z) == pytest.approx(norm.isf(tail))
    exact = beta(n + 0.5, N - n + 0.5)
    equal = proportion(n, N, level=level, interval="jeffreys")
    assert (equal["ci_low"], equal["ci_high"]) == pytest.approx(
        (exact.ppf(tail) if n else 0, exact.isf(tail) if n < N else 1)
    )
    found, posterior = beta_binomial(n, N, a, b, p0, level=level), beta(a + n, b + N - n)
    expected = (posterior.mean(), posterior.median(), posterior.ppf(tail), posterior.isf(tail), posterior.sf(p0))
    assert [found[name] for name in ("estimate", "median", "ci_low", "ci_high", "probability")] == pytest.approx(
        expected
    )
    assert (found["n"], found["N"]) == (n, N)


@few
@given(st.integers(1, 8), st.integers(1, 9), st.data())
def test_a_two_stage_design_against_enumeration(n1, more, draw):
    r1 = draw.draw(st.integers(0, n1))
    r = draw.draw(st.integers(r1, n1 + more))
    result = simon_two_stage(r1, n1, r, n1 + more, 0.15, 0.4)
    for p, power, which in ((0.15, "alpha", "p0"), (0.4, "power", "p1")):
        joint = np.outer(binom.pmf(range(n1 + 1), n1, p), binom.pmf(range(more + 1), more, p))
        goes_on = np.arange(n1 + 1) > r1
        promising = np.add.outer(np.arange(n1 + 1), np.arange(more + 1)) > r
        assert result[power] == pytest.approx(joint[goes_on][promising[goes_on]].sum(), abs=1e-12)
        assert result[f"early_stop_{which}"] == pytest.approx(joint[~goes_on].sum())
        assert result[f"expected_n_{which}"] == pytest.approx(n1 + more * joint[goes_on].sum())
    assert result["n"] == n1 + more


def test_counts_of_no_patients():
    for result in (proportion(0, 0), exact_test(0, 0, 0.5)):
        assert (result["n"], result["N"]) == (0, 0)


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
        (lambda: proportion(1, 4, level=0), "level: must lie strictly between 0 and 1"),
        (lambda: exact_test(1, 4, 0.5, alternative="two"), "alternative: must be two-sided, greater or less, is 'two'"),
        (lambda: beta_binomial(1, 4, 1, -1, 0.5), "b: must be positive"),
        (lambda: beta_binomial(1, 4, math.inf, 1, 0.5), "a: must be positive"),
        (lambda: simon_two_stage(3, 9, 2, 12, 0.1, 0.3), "a design needs"),
        (lambda: simon_two_stage(0, 0, 2, 12, 0.1, 0.3), "a design needs"),
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
