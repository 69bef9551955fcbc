import collections
import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from trialpress.stats import contingency as c
from trialpress.stats import fisher, unconditional

few = settings(max_examples=20, deadline=None)
cells = st.integers(0, 12)
two_by_two = st.lists(st.lists(cells, min_size=2, max_size=2), min_size=2, max_size=2)


def tables_with(rows, columns):
    """Every table with these margins, by plain recursion."""
    if len(columns) == 1:
        yield [[r] for r in rows]
        return
    for first in itertools.product(*(range(r + 1) for r in rows)):
        if sum(first) == columns[0]:
            for rest in tables_with([r - x for r, x in zip(rows, first, strict=True)], columns[1:]):
                yield [[x, *row] for x, row in zip(first, rest, strict=True)]


def enumerated(table):
    """The two-sided Fisher p-value in exact integers: the weight of a table is N! / prod(cells!)."""
    table = [list(map(int, row)) for row in table]
    rows, columns = [sum(r) for r in table], [sum(k) for k in zip(*table, strict=True)]

    def weight(t):
        return math.factorial(sum(rows)) // math.prod(math.factorial(x) for row in t for x in row)

    weights = [weight(t) for t in tables_with(rows, columns)]
    observed = weight(table)
    return sum(w for w in weights if w <= observed) / sum(weights)


@few
@given(st.integers(0, 10_000), st.sampled_from([(2, 2), (2, 4), (5, 2), (3, 3), (3, 4), (4, 3)]), st.integers(3, 14))
def test_fisher_against_enumeration(seed, shape, n):
    table = np.random.default_rng(seed).multinomial(n, np.ones(shape).ravel() / np.prod(shape)).reshape(shape)
    p = c.fisher_rxc(table)["p_value"]
    if math.isnan(p):
        assert min((table.sum(axis=0) > 0).sum(), (table.sum(axis=1) > 0).sum()) < 2
    else:
        assert p == pytest.approx(enumerated(table), rel=1e-9)


@pytest.mark.parametrize(
    "table",
    [
        [[9, 0, 0], [0, 9, 0], [1, 0, 8]],
        [[11, 0, 1, 0], [0, 9, 0, 1], [1, 0, 0, 7]],
        [[14, 1, 0], [0, 2, 16], [3, 0, 1], [0, 5, 1]],
    ],
)
def test_tiny_p_values_keep_their_digits(table):
    p = c.fisher_rxc(table)["p_value"]
    assert p < 1e-7
    assert p == pytest.approx(enumerated(table), rel=1e-9)


@pytest.mark.parametrize(
    "table",
    [
        [[4, 1, 0, 2, 3], [0, 6, 2, 1, 1], [1, 2, 5, 3, 0], [2, 0, 1, 6, 4]],
        [[12, 9, 21, 7, 3], [25, 30, 28, 9, 14], [8, 22, 19, 12, 6]],
        [[9, 1, 0, 0], [1, 12, 2, 0], [0, 1, 7, 1], [0, 0, 2, 8], [5, 0, 0, 6]],
    ],
)
def test_fisher_does_not_depend_on_the_order_of_rows_and_columns(table):
    table = np.array(table)
    rng = np.random.default_rng(4)
    p = c.fisher_rxc(table)["p_value"]
    assert p == pytest.approx(c.fisher_rxc(table.T)["p_value"], rel=1e-9)
    for _ in range(3):
        shuffled = rng.permutation(rng.permutation(table, axis=0), axis=1)
        assert p == pytest.approx(c.fisher_rxc(shuffled)["p_value"], rel=1e-9)


def test_the_most_probable_table_has_p_value_1():
    assert c.fisher_rxc([[2, 2, 2], [2, 2, 2], [2, 2, 2]])["p_value"] == 1
    assert c.fisher_rxc(np.full((4, 5), 10))["p_value"] == 1


def test_the_tail_and_its_complement_add_up():
    """Both sums over the same 4 x 5 table, one of the more and one of the less probable tables."""
    table = np.array([[9, 2, 1, 4, 6], [2, 8, 5, 3, 1], [4, 3, 9, 2, 5], [3, 4, 2, 10, 3]])
    halves = [0, 1], [2, 3, 4]
    more, less = (fisher._Split(table, halves, tail, fisher._Work(1e9)).probability() for tail in (False, True))
    assert more + less == pytest.approx(1, abs=1e-9)


def test_costs_of_equal_products_are_equal():
    log = fisher._log_factorial(40, 2.0**40)
    x = np.arange(41)
    assert log / 2.0**40 == pytest.approx([math.lgamma(k + 1) for k in x], rel=1e-11, abs=1e-11)
    assert log[6] + log[7] == log[10]
    assert log[4] == log[3] + 2 * log[2]


def test_fillings_against_enumeration():
    """Every way to fill a column from the row totals below a budget, and no other; of equal totals one for all orders."""
    rows = np.array([[0, 3, 4, 5], [1, 2, 3, 6], [2, 2, 4, 4], [3, 3, 3, 3]])
    part = fisher._Part(fisher._log_factorial(13, 1000.0), np.array([5, 7]), np.array([1600, 1950]), 6, 1000.0)
    first, rest = part.cost[1], part.cost[0]
    for budget in (-12_000, -9_000, 10_000):
        slack = budget - part.best[1][rows].sum(axis=1)
        found = fisher._fillings(rows, 7, first, rest, part.best[1], slack, fisher._Work(1e9))
        ours = [
            (i, tuple(left), own, own + rest[left].sum(), orders)
            for i, left, own, orders in zip(*(a.tolist() for a in found[:4]), strict=True)
        ]
        assert [budget - cost for *_, cost, _ in ours] == found[4].tolist()
        every = collections.Counter()
        for i, m in enumerate(rows):
            for x in itertools.product(*(range(k + 1) for k in m)):
                own = int(first[list(x)].sum())
                cost = own + int(rest[m - x].sum())
                if sum(x) == 7 and cost < budget:
                    every[i, tuple(sorted(zip(m.tolist(), (m - x).tolist(), strict=True))), own, cost] += 1
        merged = collections.Counter()
        for i, left, own, cost, orders in ours:
            merged[i, tuple(sorted(zip(rows[i].tolist(), left, strict=True))), own, cost] += int(orders)
        assert merged == every


def test_fisher_of_6_by_5_is_exact_and_near_its_monte_carlo_estimate():
    table = [[4, 2, 1, 1, 2], [2, 3, 2, 1, 1], [1, 1, 4, 2, 1], [0, 2, 1, 3, 2], [1, 0, 2, 1, 4], [1, 2, 0, 2, 2]]
    exact = c.fisher_rxc(table)
    estimate = c.fisher_rxc(table, limit=0, seed=7, resamples=20_000)
    assert exact.note == ""
    assert abs(exact["p_value"] - estimate["p_value"]) < 4 * estimate["standard_error"]
    assert estimate == c.fisher_rxc(table, limit=0, seed=7, resamples=20_000)
    assert "seed 7" in estimate.note and "20000 tables" in estimate.method


@pytest.mark.parametrize(
    ("table", "p"),
    [
        # 6 x 5, n = 100, of dependent margins
        ([[1, 3, 0, 2, 3], [5, 6, 8, 2, 4], [1, 4, 3, 4, 13], [3, 4, 3, 6, 2], [3, 2, 5, 0, 1], [3, 4, 2, 2, 1]], 0.040183862120446313),
        ([[3, 5, 4, 4, 1], [7, 6, 4, 4, 1], [3, 6, 0, 6, 4], [3, 1, 3, 3, 4], [1, 1, 2, 6, 2], [1, 8, 3, 3, 1]], 0.167166880371897),
        ([[122, 124, 83], [121, 121, 129], [100, 87, 113]], 0.0094052319587220063),
    ],
)  # fmt: skip
def test_fisher_of_large_tables_against_r(table, p):
    """R 4.2, fisher.test(workspace = 2e8): 38, 47 and 1 s."""
    result = c.fisher_rxc(table)
    assert result.note == "" and result["p_value"] == pytest.approx(p, rel=1e-7)


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (5, 3)])
@pytest.mark.parametrize("evenness", [5.0, 0.5, 0.15])
def test_the_tail_keeps_its_digits_for_every_p_value(shape, evenness):
    """Also where 1 minus the more probable tables would do."""
    rng = np.random.default_rng(int(evenness * 100))
    for _ in range(3):
        table = rng.multinomial(13, rng.dirichlet(np.full(shape[0] * shape[1], evenness))).reshape(shape)
        table = table[table.any(axis=1)][:, table.any(axis=0)]
        if min(table.shape) > 1:
            p = fisher._best_split(table, True, 1e9).probability()
            assert p == pytest.approx(enumerated(table), rel=1e-9)


@pytest.mark.parametrize(("held", "most"), [("FILLINGS", 1000), ("ENTRIES", 100), ("SHIFTED", 1000)])
def test_what_would_hold_too_much_memory_is_refused(held, most, monkeypatch):
    table = np.array(
        [[4, 2, 1, 1, 2], [2, 3, 2, 1, 1], [1, 1, 4, 2, 1], [0, 2, 1, 3, 2], [1, 0, 2, 1, 4], [1, 2, 0, 2, 2]]
    )
    compute = fisher.exact.__wrapped__  # again, though it was computed
    assert compute(table, 1e9) is not None
    monkeypatch.setattr(fisher, held, most)
    assert compute(table, 1e9) is None


def test_a_long_test_says_so_once(monkeypatch, caplog):
    table = np.array(
        [[4, 2, 1, 1, 2], [2, 3, 2, 1, 1], [1, 1, 4, 2, 1], [0, 2, 1, 3, 2], [1, 0, 2, 1, 4], [1, 2, 0, 2, 2]]
    )
    compute = fisher.exact.__wrapped__
    compute(table, 1e9)
    assert not caplog.messages
    monkeypatch.setattr(fisher, "LONG", 1e6)
    compute(table, 1e9)
    assert caplog.messages == ["Fisher's exact test of a table of 6 x 5, n = 51, takes more than a few seconds"]


def test_too_much_work_is_known_beforehand():
    """A table of 8 x 8 is refused at once."""
    result = c.fisher_rxc(np.arange(64).reshape(8, 8) % 7 + 2)
    assert math.isnan(result["p_value"]) and "no seed" in result.note


def test_a_table_too_large_without_a_seed_is_not_estimable():
    result = c.fisher_rxc([[40, 30, 20], [10, 20, 30], [5, 6, 7]], limit=0)
    assert math.isnan(result["p_value"]) and "no seed" in result.note


@few
@given(two_by_two)
def test_fisher_2x2_is_symmetric(table):
    a, swapped = c.fisher_2x2(table), c.fisher_2x2(table[::-1])
    assert a["p_value"] == pytest.approx(swapped["p_value"], rel=1e-9)
    if not math.isnan(a["odds_ratio"]):
        assert a["ci_low"] <= a["odds_ratio"] <= a["ci_high"]
        inverse = [1 / v if v else math.inf for v in (swapped["odds_ratio"], swapped["ci_high"], swapped["ci_low"])]
        assert [a[k] for k in ("odds_ratio", "ci_low", "ci_high")] == pytest.approx(inverse, rel=1e-8)


@few
@given(two_by_two)
def test_risk_difference_changes_sign_with_the_labels(table):
    (n1, m1), (n2, m2) = table
    for interval in ("newcombe", "miettinen-nurminen"):
        a = c.risk_difference(n1, n1 + m1, n2, n2 + m2, interval=interval)
        b = c.risk_difference(n2, n2 + m2, n1, n1 + m1, interval=interval)
        for one, other in (("estimate", "estimate"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
            assert a[one] == pytest.approx(-b[other], abs=1e-9, nan_ok=True)


def test_newcombe_published():
    """Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10."""
    for counts, (low, high) in {
        (56, 70, 48, 80): (0.0524, 0.3339),
        (9, 10, 3, 10): (0.1705, 0.8090),
        (10, 10, 0, 10): (0.6075, 1.0),
        (0, 10, 0, 20): (-0.1611, 0.2775),
    }.items():
        result = c.risk_difference(*counts)
        assert (result["ci_low"], result["ci_high"]) == pytest.approx((low, high), abs=5.1e-5)


def binomial(N, p):
    return np.array([math.comb(N, k) * p**k * (1 - p) ** (N - k) for k in range(N + 1)])


def constrained_score(x1, N1, x2, N2, delta):
    """The Miettinen-Nurminen statistic with the constrained rates from a fine grid of the likelihood."""
    p2 = np.linspace(max(0, -delta), min(1, 1 - delta), 20_001)
    p1 = np.clip(p2 + delta, 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = [
            np.where(k == 0, 0, k * np.log(p)) for k, p in ((x1, p1), (N1 - x1, 1 - p1), (x2, p2), (N2 - x2, 1 - p2))
        ]
    at = np.sum(terms, axis=0).argmax()
    variance = (p1[at] * (1 - p1[at]) / N1 + p2[at] * (1 - p2[at]) / N2) * (N1 + N2) / (N1 + N2 - 1)
    apart = x1 / N1 - x2 / N2 - delta
    return 0.0 if abs(apart) < 1e-12 else apart / math.sqrt(variance) if variance > 1e-12 else math.copysign(1e9, apart)


@pytest.mark.parametrize("counts", [(5, 7, 2, 8), (6, 6, 1, 5)])
def test_exact_risk_difference_at_its_limits(counts):
    """At either limit the one-sided p-value, maximised over a grid of the nuisance rate, is 2.5%."""
    x1, N1, x2, N2 = counts
    result = c.risk_difference(*counts, interval="exact")
    for limit, sign in ((result["ci_low"], 1), (result["ci_high"], -1)):
        if limit in (-1, 1):
            continue
        scores = np.array([[constrained_score(i, N1, j, N2, limit) for j in range(N2 + 1)] for i in range(N1 + 1)])
        tail = sign * scores >= sign * scores[x1, x2] - 1e-6
        grid = np.linspace(max(0, -limit), min(1, 1 - limit), 2001)
        p = max(binomial(N1, q + limit) @ tail @ binomial(N2, q) for q in grid)
        assert p == pytest.approx(0.025, abs=2e-4)
    assert result["ci_low"] <= result["estimate"] <= result["ci_high"]


def test_exact_risk_difference_mirrors():
    a, b = c.risk_difference(8, 20, 3, 15, interval="exact"), c.risk_difference(3, 15, 8, 20, interval="exact")
    assert a["ci_low"] == pytest.approx(-b["ci_high"], abs=1e-8)


def test_many_levels_take_no_time_to_plan():
    """The ways to divide 19 columns in two are too many to look at; all of them took 38 s."""
    table = [
        [3, 2, 3, 0, 3, 0, 2, 3, 2, 3, 2, 1, 4, 1, 1, 0, 6, 3, 1],
        [3, 1, 0, 4, 4, 3, 3, 3, 2, 2, 3, 6, 5, 3, 0, 3, 1, 2, 5],
    ]
    started = time.perf_counter()
    assert c.fisher_rxc(table)["p_value"] == pytest.approx(0.1235571, abs=1e-7)  # R fisher.test
    # R 4.2 gives 0.2895 here, and 0.5509 when it simulates: its network algorithm overflows
    table = [
        [2, 0, 2, 0, 3, 1, 0, 0, 3, 1, 2, 0, 2, 3, 4, 1, 1, 0, 3, 2, 6, 1, 1, 0, 2, 0, 2, 0, 1, 1],
        [1, 1, 1, 1, 1, 4, 1, 1, 1, 2, 2, 1, 1, 2, 1, 2, 1, 1, 1, 2, 3, 2, 0, 1, 0, 4, 2, 1, 4, 4],
    ]
    p, error = fisher.estimate(np.array(table), 20_000, seed=1)
    assert abs(c.fisher_rxc(table)["p_value"] - p) < 4 * error
    assert time.perf_counter() - started < 20


def supremum(table, statistic):
    """P(statistic at least as extreme as observed), maximised over a grid of the common rate."""
    (a, b), (d, e) = table
    N1, N2 = a + b, d + e
    values = np.array([[statistic([[i, N1 - i], [j, N2 - j]]) for j in range(N2 + 1)] for i in range(N1 + 1)])
    extreme = values >= values[a, d] - 1e-9
    return max(binomial(N1, q) @ extreme @ binomial(N2, q) for q in np.linspace(0, 1, 2001))


def pooled_z(table):
    (a, b), (d, e) = table
    N1, N2 = a + b, d + e
    p = (a + d) / (N1 + N2)
    return abs(a / N1 - d / N2) / math.sqrt(p * (1 - p) * (1 / N1 + 1 / N2)) if 0 < p < 1 else 0.0


def fisher_one_sided(table):
    (a, b), (d, e) = table
    N1, N2, k = a + b, d + e, a + d
    return sum(math.comb(N1, i) * math.comb(N2, k - i) for i in range(a, min(N1, k) + 1)) / math.comb(N1 + N2, k)


def test_unconditional_tests_against_brute_force():
    """And the example of Mehta & Senchaudhuri (2003): 7/15 against 12/15, Barnard p = 0.0341 one-sided."""
    table = [[7, 8], [12, 3]]
    assert unconditional.barnard(table)["p_value"] == pytest.approx(supremum(table, pooled_z), abs=1e-4)
    one_sided = min(
        supremum(table, lambda t: -fisher_one_sided(t)),
        supremum([row[::-1] for row in table], lambda t: -fisher_one_sided(t)),
    )
    assert unconditional.boschloo(table)["p_value"] == pytest.approx(2 * one_sided, abs=1e-4)
    assert unconditional.barnard(table)["p_value"] < c.fisher_2x2(table)["p_value"]


def test_mcnemar_exact_is_a_binomial_test():
    assert c.mcnemar([[10, 1], [7, 3]])["p_value"] == pytest.approx(2 * (1 + 8) / 2**8)
    assert "no discordant pair" in c.mcnemar([[3, 0], [0, 4]]).note


def test_duplicating_the_data_doubles_chi_square():
    table = np.array([[3, 4, 5], [6, 1, 2]])
    assert c.chi_square(2 * table)["statistic"] == pytest.approx(2 * c.chi_square(table)["statistic"])


def test_mantel_haenszel_does_not_correct_below_half_an_event():
    balanced = [[[5, 5], [5, 5]], [[3, 7], [3, 7]]]
    assert c.mantel_haenszel(balanced)["p_value"] == 1 and c.mantel_haenszel(balanced)["statistic"] == 0
    less = [[[3, 2], [3, 3]], [[4, 6], [4, 5]]]
    apart = abs(3 - 30 / 11 + 4 - 80 / 19)
    assert apart < 0.5
    variance = 5 * 6 * 6 * 5 / (121 * 10) + 10 * 9 * 8 * 11 / (361 * 18)
    assert c.mantel_haenszel(less)["statistic"] == pytest.approx(apart**2 / variance)
    assert c.mantel_haenszel(less)["p_value"] == pytest.approx(0.9645861, abs=1e-7)  # R mantelhaen.test


def test_mantel_haenszel_of_one_stratum_is_the_cross_product():
    result = c.mantel_haenszel([[[3, 1], [1, 3]], [[0, 0], [2, 4]]])
    assert result["odds_ratio"] == pytest.approx(9)
    assert result.note == "1 strata with an empty margin left out; Breslow-Day test not estimable: one stratum"
    assert ndtr(-math.sqrt(result["statistic"])) * 2 == pytest.approx(result["p_value"])


def test_breslow_day_of_a_common_odds_ratio_of_one():
    """Strata whose odds ratios are 4 and 1/4: the expected counts are those of independence."""
    result = c.mantel_haenszel([[[4, 2], [2, 4]], [[2, 4], [4, 2]]])
    assert result["odds_ratio"] == 1
    assert result["breslow_day"] == pytest.approx(2 * 1 / 0.75)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (lambda: c.fisher_2x2([[0, 0], [2, 3]]), "a row or column of the table is empty"),
        (lambda: c.fisher_rxc([[1, 2, 3], [0, 0, 0]]), "fewer than two rows or columns"),
        (lambda: c.chi_square([[1, 0], [2, 0]]), "fewer than two rows or columns"),
        (lambda: c.risk_difference(0, 0, 1, 4), "a group has no patients"),
        (lambda: c.risk_ratio(0, 3, 1, 4), "no event in group 1"),
        (lambda: unconditional.barnard([[0, 3], [0, 4]]), "a row or column of the table is empty"),
        (lambda: c.mantel_haenszel([[[0, 3], [0, 4]]]), "no stratum has both"),
        (lambda: c.mantel_haenszel([[[2, 3], [0, 4]]]), "0 or infinite"),
    ],
)
def test_not_estimable(result, why):
    result = result()
    assert why in result.note and any(math.isnan(v) for v in result.values.values())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: c.fisher_2x2([[1, 2, 3], [4, 5, 6]]), r"table: must have shape \(2, 2\)"),
        (lambda: c.fisher_rxc([[1, -2], [4, 5]]), "table: negative count at position 1"),
        (lambda: c.risk_difference(5, 4, 1, 4), "n1, n2: more events than patients"),
        (lambda: c.risk_difference(1, 4, 1, 4, interval="wald"), "interval: must be one of"),
        (lambda: c.mantel_haenszel([[1, 2], [3, 4]]), "tables: must have shape"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
