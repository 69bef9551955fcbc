"""Tests of two groups and of pairs: t tests, exact and Bayesian rates, McNemar, Mantel and Haenszel, unconditional exact tests."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from statistics import mean, stdev, variance

from .agreement import pairs
from .arithmetic import newcombe, numbers
from .counts import proportion, two_proportions
from .job import CLOSED, COUNTED, DESCRIBED, EXACT, FITTED, FRACTIONS, NEWCOMBE, TAILS, Found, Job
from .tails import beta, chi2_above, solved, t_above, t_quantile
from .values import medians

FEW, GRID = 4000, 1000  # tables of an unconditional test; rates at which it is tried


def _welch(first: Sequence[float], second: Sequence[float], equal: bool) -> tuple[float, float] | None:
    """(standard error of the difference, degrees of freedom)."""
    m, n = len(first), len(second)
    if min(m, n) < 2 or (stdev(first) == 0 and stdev(second) == 0):
        return None
    a, b = variance(first) / m, variance(second) / n
    if equal:
        pooled = ((m - 1) * variance(first) + (n - 1) * variance(second)) / (m + n - 2)
        return math.sqrt(pooled * (1 / m + 1 / n)), m + n - 2
    share = a / (a + b)
    return math.sqrt(a + b), 1 / (share**2 / (m - 1) + (1 - share) ** 2 / (n - 1))


def _p_of(t: float, df: float, alternative: str) -> float:
    return {"two-sided": 2 * t_above(abs(t), df), "greater": t_above(t, df), "less": t_above(-t, df)}[alternative]


def t_test(job: Job) -> Iterator[Found]:
    yield from medians(job)
    known = [y for _, rows in job.groups() if (y := numbers(rows, "y"))]
    if len(known) == 2 and min(map(len, known)) > 1:
        yield "", "", DESCRIBED, CLOSED, {"mean1": mean(known[0]), "mean2": mean(known[1])}
    found = _welch(*known, job["equal_variance"] == "true") if len(known) == 2 else None
    if found is None:
        return
    (first, second), (error, df) = known, found
    gap, reach = mean(second) - mean(first), t_quantile(1 - job.tail, df) * error
    of = {"estimate": gap, "ci_low": gap - reach, "ci_high": gap + reach, "statistic": gap / error, "df": df}
    p = _p_of(gap / error, df, job["alternative"])
    yield "", "", TAILS, EXACT, of | {"p_value": p}


def geometric_mean_ratio(job: Job) -> Iterator[Found]:
    known = []
    for group, rows in job.groups():
        y = [math.log(value) for value in numbers(rows, "y") if value > 0]
        yield group, "", COUNTED, CLOSED, {"n": len(y)}
        known += [y] if y else []
        if y:
            yield group, "", TAILS, EXACT, {"geometric_mean": math.exp(mean(y))}
        if len(y) > 1:
            half = t_quantile(1 - job.tail, len(y) - 1) * stdev(y) / math.sqrt(len(y))
            of = {
                "ci_low": math.exp(mean(y) - half),
                "ci_high": math.exp(mean(y) + half),
            }
            yield group, "", TAILS, EXACT, of
    found = _welch(*known, False) if len(known) == 2 else None
    if found:
        (first, second), (error, df) = known, found
        gap, reach = mean(second) - mean(first), t_quantile(1 - job.tail, df) * error
        of = {"ratio": math.exp(gap), "ci_low": math.exp(gap - reach), "ci_high": math.exp(gap + reach)}
        yield "", "", TAILS, EXACT, of | {"p_value": 2 * t_above(abs(gap / error), df)}


def exact_test(job: Job) -> Iterator[Found]:
    yield from proportion(job)
    rate = Fraction(job["rate"])
    for group, rows in job.groups():
        y = numbers(rows, "y")
        x, n = int(sum(y)), len(y)
        if not n:
            continue
        chances = [math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(n + 1)]
        far = {"two-sided": [p for p in chances if p <= chances[x]], "greater": chances[x:], "less": chances[: x + 1]}
        yield group, "", FRACTIONS, EXACT, {"p_value": float(sum(far[job["alternative"]]))}


def beta_binomial(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        y = numbers(rows, "y")
        x, n = int(sum(y)), len(y)
        a, b = float(job["a"]) + x, float(job["b"]) + n - x
        at = lambda share, a=a, b=b: solved(lambda p: beta(p, a, b), share, 0.0, 1.0)  # noqa: E731
        of = {
            "n": x,
            "N": n,
            "estimate": a / (a + b),
            "median": at(0.5),
            "ci_low": at(job.tail),
            "ci_high": at(1 - job.tail),
        }
        yield group, "", TAILS, FITTED, of | {"probability": beta(1 - float(job["rate"]), b, a)}


def mcnemar(job: Job) -> Iterator[Found]:
    known = [(int(x), int(y)) for x, y in pairs(job)]
    n = len(known)
    for at, group in enumerate(("first", "second")):
        x = sum(pair[at] for pair in known)
        yield group, "", COUNTED, CLOSED, {"n": x, "N": n, **({"percent": x / n} if n else {})}
    b, c = known.count((1, 0)), known.count((0, 1))
    yield "", "", COUNTED, CLOSED, {"pairs": n, "discordant": b + c}
    if b + c and job["exact"] == "true":
        tail = Fraction(sum(math.comb(b + c, k) for k in range(min(b, c) + 1)), 2 ** (b + c))
        yield "", "", FRACTIONS, EXACT, {"p_value": float(min(1, 2 * tail))}
    elif b + c:
        statistic = max(abs(b - c) - 1, 0) ** 2 / (b + c)
        yield "", "", TAILS, CLOSED, {"statistic": statistic, "df": 1, "p_value": chi2_above(statistic, 1)}


def mantel_haenszel(job: Job) -> Iterator[Found]:
    """Robins, Breslow & Greenland 1986; Breslow & Day's test of homogeneity with Tarone's adjustment (1985)."""
    rows = [row for row in job.rows if "x" not in row["@"]]
    found, two = two_proportions(Job(job.options, rows, job.named))
    yield from found
    if not two:
        return
    groups = [
        group for group in job.named("group") if any(row["group"] == group and "y" not in row["@"] for row in rows)
    ]
    strata: dict[str, list[list[int]]] = defaultdict(lambda: [[0, 0], [0, 0]])
    for row in rows:
        if "y" not in row["@"] and row["group"]:
            strata[row["x"]][groups[::-1].index(row["group"])][int(float(row["y"]) == 0)] += 1
    tables = [t for t in strata.values() if all(map(sum, t)) and all(map(sum, zip(*t, strict=True)))]
    yield "", "", COUNTED, CLOSED, {"strata": len(tables)}
    if not tables:
        return
    cells = [(a, b, c, d, a + b + c + d) for (a, b), (c, d) in tables]
    apart = abs(sum(Fraction(a) - Fraction((a + b) * (a + c), n) for a, b, c, d, n in cells))
    if job["correction"] == "true" and apart >= Fraction(1, 2):
        apart -= Fraction(1, 2)
    statistic = float(
        apart**2 / sum(Fraction((a + b) * (c + d) * (a + c) * (b + d), n * n * (n - 1)) for a, b, c, d, n in cells)
    )
    yield "", "", FRACTIONS, CLOSED, {"statistic": statistic, "df": 1, "p_value": chi2_above(statistic, 1)}
    R, S = [Fraction(a * d, n) for a, _, _, d, n in cells], [Fraction(b * c, n) for _, b, c, _, n in cells]
    if not sum(R) or not sum(S):
        return
    P, Q = [Fraction(a + d, n) for a, _, _, d, n in cells], [Fraction(b + c, n) for _, b, c, _, n in cells]
    each = lambda one, other: sum(x * y for x, y in zip(one, other, strict=True))  # noqa: E731
    v = (
        each(P, R) / (2 * sum(R) ** 2)
        + (each(P, S) + each(Q, R)) / (2 * sum(R) * sum(S))
        + each(Q, S) / (2 * sum(S) ** 2)
    )
    odds, reach = float(sum(R) / sum(S)), math.exp(job.z * math.sqrt(v))
    yield "", "", FRACTIONS, CLOSED, {"odds_ratio": odds, "ci_low": odds / reach, "ci_high": odds * reach}
    if len(tables) < 2:
        return
    gaps, spreads = [], []
    for a, b, c, d, _ in cells:
        r, s, q = a + b, a + c, c + d
        rises = lambda e, r=r, s=s, q=q: e * (q - s + e) - odds * (r - e) * (s - e)  # noqa: E731
        e = solved(rises, 0.0, max(0.0, s - q), float(min(r, s)))
        gaps.append(a - e)
        spreads.append(1 / (1 / e + 1 / (r - e) + 1 / (s - e) + 1 / (q - s + e)))
    statistic = math.fsum(g * g / v for g, v in zip(gaps, spreads, strict=True)) - math.fsum(gaps) ** 2 / math.fsum(
        spreads
    )
    df = len(tables) - 1
    yield (
        "",
        "homogeneity",
        "bisection",
        FITTED,
        {"statistic": statistic, "df": df, "p_value": chi2_above(statistic, df)},
    )


Order = Callable[[int, int, int, int], Fraction]


def _unconditional(
    job: Job, orders: Sequence[Order], statistic: Callable[[int, int, int, int], float]
) -> Iterator[Found]:
    """The largest probability, over the common rate, of the tables that are at least as far out as the one seen, from exact orders; of
    two orders twice the smaller."""
    found, two = two_proportions(job)
    yield from found
    if not two:
        return
    yield "", "risk_difference", NEWCOMBE, CLOSED, newcombe(*two, job.z)
    (x, n), (y, m) = two
    if x + y in (0, n + m):
        return
    yield "", "", FRACTIONS, EXACT, {"statistic": statistic(x, n, y, m)}
    if (n + 1) * (m + 1) > FEW:
        return
    largest = []
    for order in orders:
        seen, ways = order(x, n, y, m), [0] * (n + m + 1)
        for a in range(n + 1):
            for b in range(m + 1):
                if order(a, n, b, m) >= seen:
                    ways[a + b] += math.comb(n, a) * math.comb(m, b)
        some = [(k, way) for k, way in enumerate(ways) if way]
        chance = lambda p, some=some: math.fsum(way * p**k * (1 - p) ** (n + m - k) for k, way in some)  # noqa: E731
        heights = [chance(at / GRID) for at in range(GRID + 1)]
        tops = sorted(
            (at for at in range(GRID + 1) if heights[at] >= max(heights[max(at - 1, 0) : at + 2])),
            key=lambda at: -heights[at],
        )
        largest.append(max(_highest(chance, max(at - 1, 0) / GRID, min(at + 1, GRID) / GRID) for at in tops[:6]))
    yield "", "", "every table, golden sections", FITTED, {"p_value": min(1.0, len(orders) * min(largest))}


def _highest(value: Callable[[float], float], low: float, high: float) -> float:
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(60):
        a, b = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, b) if value(a) > value(b) else (a, high)
    return value((low + high) / 2)


def barnard(job: Job) -> Iterator[Found]:
    """By the score statistic with the pooled rate."""

    def score(a: int, n: int, b: int, m: int) -> Fraction:
        p = Fraction(a + b, n + m)
        return (Fraction(a, n) - Fraction(b, m)) ** 2 / (p * (1 - p)) if 0 < p < 1 else Fraction(0)

    def z(a: int, n: int, b: int, m: int) -> float:
        return math.copysign(math.sqrt(score(a, n, b, m) / (Fraction(1, n) + Fraction(1, m))), a * m - b * n)

    yield from _unconditional(job, [score], z)


def boschloo(job: Job) -> Iterator[Found]:
    """By Fisher's one-sided p-values, each side for itself."""

    def tail(a: int, n: int, b: int, m: int, above: bool) -> Fraction:
        whole = range(max(0, a + b - m), min(n, a + b) + 1)
        out = sum(math.comb(n, k) * math.comb(m, a + b - k) for k in whole if (k >= a if above else k <= a))
        return -Fraction(out, math.comb(n + m, a + b))

    both = [lambda *table: tail(*table, True), lambda *table: tail(*table, False)]
    yield from _unconditional(job, both, lambda *table: float(min(-order(*table) for order in both)))
