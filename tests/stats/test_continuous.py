import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats import continuous as c
from trialpress.stats import correlation, description

few = settings(max_examples=20, deadline=None)
whole = st.lists(st.integers(-8, 8), min_size=3, max_size=9)


@few
@given(whole, whole)
def test_swapping_the_groups_changes_the_sign(a, b):
    for test in (c.t_test, c.mann_whitney, description.standardised_difference):
        one, other = test(a, b), test(b, a)
        for left, right in (("estimate", "estimate"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
            assert one[left] == pytest.approx(-other[right], nan_ok=True)


@few
@given(whole, whole)
def test_rank_tests_are_invariant_under_monotone_transformation(a, b):
    a, b = np.array(a), np.array(b)
    assert c.mann_whitney(a, b)["p_value"] == pytest.approx(
        c.mann_whitney(np.exp(a), np.exp(b))["p_value"], nan_ok=True
    )
    x, group = np.concatenate([a, b]), np.repeat([1, 2], [len(a), len(b)])
    assert c.kruskal_wallis(x, group)["statistic"] == pytest.approx(
        c.kruskal_wallis(x**3, group)["statistic"], nan_ok=True
    )


@few
@given(st.permutations(range(7)))
def test_exact_rank_p_values_against_enumeration(order):
    order = np.array(order)
    first, second = order[:3], order[3:]
    W = [sum(x > y for x in s for y in set(range(7)) - set(s)) for s in itertools.combinations(range(7), 3)]
    result = c.mann_whitney(first, second)
    w = result["statistic"]
    assert result["p_value"] == pytest.approx(
        min(1, 2 * min(np.mean([v <= w for v in W]), np.mean([v >= w for v in W])))
    )
    x = (order + 1) * np.where(order % 2, 1, -1)
    V = [sum(s) for k in range(8) for s in itertools.combinations(range(1, 8), k)]
    v = c.signed_rank(x)["statistic"]
    both = np.mean([s <= v for s in V]), np.mean([s >= v for s in V])
    assert c.signed_rank(x)["p_value"] == pytest.approx(min(1, 2 * min(both)))


def test_exact_correlations_against_enumeration():
    y = np.array([2, 0, 1, 4, 3, 5])
    permutations = [np.array(p) for p in itertools.permutations(range(6))]
    rho = [np.corrcoef(range(6), p)[0, 1] for p in permutations]
    seen = np.corrcoef(range(6), y)[0, 1]
    assert correlation.spearman(range(6), y)["p_value"] == pytest.approx(2 * np.mean(np.array(rho) >= seen - 1e-9))
    tau = [sum(np.sign(p[j] - p[i]) for i in range(6) for j in range(i + 1, 6)) / 15 for p in permutations]
    result = correlation.kendall(range(6), y)
    assert result["p_value"] == pytest.approx(2 * np.mean(np.array(tau) >= result["estimate"] - 1e-9))


def test_jonckheere_terpstra_does_not_depend_on_the_order_of_rows():
    x, group = np.array([3, 1, 4, 1, 5, 9, 2, 6, 5]), np.array([1, 1, 1, 2, 2, 2, 3, 3, 3])
    shuffled = np.array([8, 2, 5, 0, 7, 3, 1, 6, 4])
    assert c.jonckheere_terpstra(x, group) == c.jonckheere_terpstra(x[shuffled], group[shuffled])


def test_a_level_that_one_group_lacks_is_neither_zero_nor_nan():
    assert description.standardised_difference_categorical([10, 10, 0], [10, 5, 5])["estimate"] > 0.5
    assert description.standardised_difference_categorical([10, 0], [5, 5])["estimate"] == pytest.approx(
        -0.5 / math.sqrt(0.125)
    )
    assert description.standardised_difference_categorical([10, 0, 0], [4, 0, 0])["estimate"] == 0
    apart = description.standardised_difference_categorical([10, 0, 3], [0, 7, 0])
    assert math.isnan(apart["estimate"]) and apart.note == "not estimable: the groups have no level in common"


@few
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=2, max_size=5), st.randoms())
def test_the_categorical_difference_does_not_depend_on_the_order_of_levels(levels, random):
    a, b = zip(*levels, strict=True)
    if sum(a) == 0:
        return
    d = description.standardised_difference_categorical(a, b)["estimate"]
    random.shuffle(levels)
    assert abs(
        description.standardised_difference_categorical(*zip(*levels, strict=True))["estimate"]
    ) == pytest.approx(abs(d))


def test_large_groups_have_a_shift():
    x = np.random.default_rng(1).normal(size=100_000)
    result = c.mann_whitney(x[:60_000], x[60_000:] + 0.01)
    assert 0 < result["p_value"] < 0.01 and result["ci_low"] < result["estimate"] < result["ci_high"] < 0
    assert result.note == ""


def test_summary_counts_missing_values():
    result = description.summary([1, float("nan"), 4, 2])
    assert (result["n"], result["missing"], result["median"], result["q1"]) == (3, 1, 2, 1.5)
    assert "one value" in description.summary([3]).note and math.isnan(description.summary([3])["sd"])


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (lambda: description.summary([float("nan")]), "no value"),
        (lambda: c.t_test([1], [2, 3]), "fewer than two values"),
        (lambda: c.t_test([1, 1], [2, 2]), "no variation"),
        (lambda: c.mann_whitney([], [1, 2]), "no values"),
        (lambda: c.mann_whitney([1, 1], [1, 1]), "all values are equal"),
        (lambda: c.signed_rank([0, 0]), "no difference other than 0"),
        (lambda: c.kruskal_wallis([1, 2], [1, 1]), "fewer than two groups"),
        (lambda: c.jonckheere_terpstra([2, 2], [1, 2]), "all values are equal"),
        (lambda: correlation.spearman([1, 2, 3], [4, 4, 4]), "constant"),
        (lambda: correlation.kendall([1, 2], [4, 3]), "fewer than three pairs"),
        (lambda: correlation.spearman([1, 2, 3, 4], [1, 2, 3, 4]), "perfect correlation"),
        (lambda: c.mann_whitney([1, 2], [3, 4]), "too few values"),
    ],
)
def test_what_cannot_be_estimated_is_said(result, why):
    assert why in result().note


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: c.t_test([1, float("nan")], [1, 2]), "a: missing or infinite value at position 1"),
        (lambda: correlation.kendall([1, 2, 3], [1, 2]), "y: has 2 values where 3 are needed"),
        (lambda: description.summary([1, float("inf")]), "x: missing or infinite value at position 1"),
        (lambda: description.standardised_difference_categorical([1, -2], [1, 2]), "a: negative count at position 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
