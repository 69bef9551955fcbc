"""Plain Python's statistics are those of scipy and statsmodels, also where these are large, empty or whole."""

import doctest
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from trialpress.audit import plain
from trialpress.audit.plain import generator, models, tails
from trialpress.audit.plain.arithmetic import FEW, Curve, exact_limits, fisher, newcombe, ranks, wilson

Z = stats.norm.ppf(0.975)


@given(
    st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0.025, 0.05, 0.005]),
)
@settings(max_examples=60, deadline=None)
def test_exact_limits(counts, tail):
    x, n = counts
    low, high = exact_limits(x, n, tail)
    assert low == pytest.approx(stats.beta.ppf(tail, x, n - x + 1) if x else 0, rel=1e-10)
    assert high == pytest.approx(stats.beta.isf(tail, x + 1, n - x) if x < n else 1, rel=1e-10)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=40, deadline=None)
def test_wilson(counts):
    assert wilson(*counts, Z) == pytest.approx(proportion_confint(*counts, method="wilson"), abs=1e-12)


@given(*[st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))] * 2)
@settings(max_examples=60, deadline=None)
def test_two_proportions(one, other):
    (x, n), (y, m) = one, other
    theirs = confint_proportions_2indep(x, n, y, m, method="newcomb", compare="diff")
    mine = newcombe(one, other, Z)
    assert (mine["ci_low"], mine["ci_high"]) == pytest.approx(theirs, abs=1e-12)
    table = [[x, n - x], [y, m - y]]
    for alternative in ("two-sided", "less", "greater"):
        assert fisher(one, other, alternative) == pytest.approx(stats.fisher_exact(table, alternative).pvalue, rel=1e-9)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_ranks(values):
    assert [float(rank) for rank in ranks(values)] == stats.rankdata(values).tolist()


def people(times, events, entries=None):
    return [
        {
            "time": repr(float(time)),
            "event": str(int(event)),
            "entry": repr(float(entry)) if entries else "",
            "@": frozenset(),
        }
        for time, event, entry in zip(times, events, entries or [0] * len(times), strict=True)
    ]


@pytest.mark.parametrize("n", [1, 30, FEW + 200])
def test_curve(n):
    random = np.random.default_rng(n)
    times, events = random.integers(1, 40, n).tolist(), random.integers(0, 2, n).tolist()
    curve, theirs = Curve(people(times, events), lambda row: row["event"] == "1"), SurvfuncRight(times, events)
    assert [time for time, *_ in curve.steps] == theirs.surv_times.tolist() and curve.last == max(times)
    for (time, survival, spread), other, error, at_risk in zip(
        curve.steps, theirs.surv_prob, theirs.surv_prob_se, theirs.n_risk, strict=True
    ):
        assert float(survival) == pytest.approx(other, rel=1e-12, abs=1e-15) and curve.at_risk(time) == at_risk
        if spread is not None:
            assert float(survival) * math.sqrt(spread) == pytest.approx(error, rel=1e-10)


def test_who_has_not_entered_is_not_at_risk():
    curve = Curve(people([2, 3, 5], [1, 1, 0], [0, 2, 2]), lambda row: row["event"] == "1")
    assert [(time, str(survival)) for time, survival, _ in curve.steps] == [(2.0, "0"), (3.0, "0")]
    assert (curve.at_risk(2), curve.at_risk(3), curve.at(1), curve.at(2)) == (1, 2, (1.0, 0.0), (0.0, None))


@pytest.mark.parametrize("module", [plain, generator])
def test_examples(module):
    assert doctest.testmod(module).attempted and doctest.testmod(module).failed == 0


@pytest.mark.parametrize("method", ["holm", "hochberg", "benjamini-hochberg"])
def test_families(method):
    p = np.random.default_rng(1).uniform(0, 0.2, 9).tolist()
    theirs = multipletests(p, method={"holm": "holm", "hochberg": "simes-hochberg"}.get(method, "fdr_bh"))[1]
    assert plain.adjusted(p, method) == pytest.approx(theirs, rel=1e-12)


@given(st.floats(0.001, 0.999), st.floats(0.1, 90), st.floats(0.1, 90))
@settings(max_examples=60, deadline=None)
def test_tails(p, a, b):
    assert tails.beta(p, a, b) == pytest.approx(stats.beta.cdf(p, a, b), rel=1e-9, abs=1e-15)
    x, df = 2 * a, b / 2
    assert tails.chi2_above(x, df) == pytest.approx(stats.chi2.sf(x, df), rel=1e-9)
    assert tails.shifted_chi2(x, df, b) == pytest.approx(stats.ncx2.cdf(x, df, b), rel=1e-7, abs=1e-12)
    assert tails.f_above(a / 9, df, b) == pytest.approx(stats.f.sf(a / 9, df, b), rel=1e-9, abs=1e-15)
    assert tails.t_above(3 * p, df) == pytest.approx(stats.t.sf(3 * p, df), rel=1e-9)
    assert tails.t_quantile(0.5 + p / 2, df + 1) == pytest.approx(stats.t.ppf(0.5 + p / 2, df + 1), rel=1e-8)


def test_equations_are_solved_or_refused():
    A, b = [[4.0, 2e6, 0], [2e6, 5e12, 1e3], [0, 1e3, 9e-6]], [[1.0], [2.0], [3.0]]
    assert models.solve(A, b) == [pytest.approx(row, rel=1e-9) for row in np.linalg.solve(A, b).tolist()]
    assert models.solve([[1.0, 2.0], [2.0, 4.0]], [[1.0], [1.0]]) is None
    assert models.solve([[Fraction(1), Fraction(1, 3)], [Fraction(1, 3), Fraction(1, 9)]], [[1], [1]]) is None


def test_without_a_maximum_nothing_is_said():
    parted = [[1.0, float(x)] for x in range(10)]
    assert models.logistic(parted, [0.0] * 5 + [1.0] * 5) is None
    people = [models.Person(0.0, 1.0 + i, i < 3, [float(i < 3)]) for i in range(6)]
    assert models.cox(people) is None and models.cox([one._replace(event=False) for one in people]) is None


@given(st.integers(0, 2**70), st.sampled_from([(), (0,), (9,)]), st.integers(1, 3000))
@settings(max_examples=30, deadline=None)
def test_random_numbers_are_those_of_numpy(seed, spawned, n):
    sequence = np.random.SeedSequence(seed)
    theirs = np.random.default_rng(sequence.spawn(10)[spawned[0]] if spawned else sequence)
    mine = generator.Generator(seed, *spawned)
    assert [mine.below(n) for _ in range(20)] == theirs.integers(0, n, 20).tolist()
    for shuffled in theirs.permuted(np.tile(np.arange(11.0), (3, 1)), axis=1):
        order = list(range(11))
        mine.order(order)
        assert order == shuffled.tolist()
    rates = np.linspace(0, 1, 9)
    assert [mine.binomial(n % 31, rate) for rate in rates.tolist()] == theirs.binomial(n % 31, rates).tolist()
