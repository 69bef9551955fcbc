"""Tables of counts: exact tests by counting tables, chi-squared tests, trends over ordered groups."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from functools import cache
from itertools import accumulate
from operator import add, itemgetter

from .arithmetic import FEW, conditional, numbers
from .counts import proportion
from .job import CLOSED, COUNTED, EXACT, FITTED, FRACTIONS, TABLES, Found, Job
from .models import FAR, logistic, quadratic
from .tails import chi2_above, shifted_chi2, solved

MANY = 4_000_000  # steps of a list of tables
Table = list[list[int]]


def known_cells(job: Job) -> Table:
    """Levels by groups, without those that nobody has."""
    here = Counter((row["level"], row["group"]) for row in job.rows if not row["@"] & {"level", "group"})
    full = [[here[level, group] for group in job.named("group")] for level in job.named("level")]
    rows = [row for row in full if sum(row)]
    keep = [j for j in range(len(job.named("group"))) if sum(row[j] for row in rows)]
    return [[row[j] for j in keep] for row in rows]


def cells(job: Job) -> Iterator[Found]:
    """The counts of a table of two columns."""
    here = Counter((row["group"], row["level"]) for row in job.rows if not row["@"] & {"level", "group"})
    groups, levels = job.named("group"), job.named("level")
    for group in groups:
        for level in levels:
            yield group, level, COUNTED, CLOSED, {"n": here[group, level]}
    yield "", "", COUNTED, CLOSED, {"N": sum(here[group, level] for group in groups for level in levels)}


def margins(table: Table) -> tuple[list[int], list[int], int]:
    rows = [sum(row) for row in table]
    return rows, [sum(column) for column in zip(*table, strict=True)], sum(rows)


def pearson_chi2(table: Table, correction: bool = False) -> tuple[float, int, float]:
    """(statistic, degrees of freedom, smallest expected count)."""
    rows, columns, n = margins(table)
    pairs = [(x, Fraction(r * c, n)) for row, r in zip(table, rows, strict=True) for x, c in zip(row, columns, strict=True)]  # fmt: skip
    yates = min(Fraction(1, 2), *(abs(x - e) for x, e in pairs)) if correction and len(rows) == len(columns) == 2 else 0
    statistic = sum((abs(x - e) - yates) ** 2 / e for x, e in pairs)
    return float(statistic), (len(rows) - 1) * (len(columns) - 1), float(min(e for _, e in pairs))


def cramer(job: Job, table: Table) -> Iterator[Found]:
    """Cramér's V with limits from those of the non-centrality (Smithson 2003)."""
    statistic, df, _ = pearson_chi2(table)
    most = sum(map(sum, table)) * (min(len(table), len(table[0])) - 1)
    at = lambda share: 0.0 if 1 - chi2_above(statistic, df) <= share else solved(  # noqa: E731
        lambda shift: -shifted_chi2(statistic, df, shift), -share, 0.0, 10 * statistic + 200)  # fmt: skip
    v = math.sqrt(statistic / most)
    low, high = (min(1.0, math.sqrt(at(share) / most)) for share in (1 - job.tail, job.tail))
    by = "Poisson mixture, bisection"
    yield "", "", by, 1e-4, {"estimate": v, "ci_low": min(low, v), "ci_high": max(high, v)}


def chi_square(job: Job) -> Iterator[Found]:
    yield from cells(job)
    table = known_cells(job)
    if min(len(table), len(table[0]) if table else 0) < 2:
        return
    statistic, df, least = pearson_chi2(table, job["correction"] == "true")
    of = {"statistic": statistic, "df": df, "p_value": chi2_above(statistic, df), "min_expected": least}
    yield "", "", FRACTIONS, CLOSED, of
    yield from cramer(job, table)


def share_as_likely(table: Table) -> Fraction:
    """Of all tables with these margins the share, by how many ways lead to each, of those to which no more ways lead.

    The lines of the longer side are divided in two halves; what one half takes of the other margin is what the other leaves.
    ValueError after `MANY` steps.
    """
    rows = table if len(table) >= len(table[0]) else [list(line) for line in zip(*table, strict=True)]
    margin, sizes = tuple(map(sum, zip(*rows, strict=True))), sorted(map(sum, rows))
    seen = math.prod(map(_orders, map(tuple, rows)))
    first, second = (_halves(sizes[half::2], margin) for half in (0, 1))
    some = total = 0
    for taken, counts in first.items():
        other = sorted(second.get(tuple(n - x for n, x in zip(margin, taken, strict=True)), Counter()).items())
        sums = [0, *accumulate(ways * tables for ways, tables in other)]
        for ways, tables in counts.items():
            total += ways * tables * sums[-1]
            some += ways * tables * sums[bisect_right(other, seen // ways, key=itemgetter(0))]
    return Fraction(some, total)


def _halves(sizes: Sequence[int], margin: tuple[int, ...]) -> dict[tuple[int, ...], Counter[int]]:
    """What lines of these sizes take of the margin -> how many ways lead to them -> how many tables have them."""
    found, steps = {(0,) * len(margin): Counter({1: 1})}, 0
    if sizes and 10 * _how_many(margin, sizes[0]) > MANY:
        raise ValueError("too many tables to list")
    for size in sizes:
        after: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for taken, counts in found.items():
            for line in _lines(tuple(n - x for n, x in zip(margin, taken, strict=True)), size):
                own, into = _orders(line), after[tuple(map(add, taken, line))]
                steps += len(counts) + 9  # a line costs as much as nine of them
                if steps > MANY:
                    raise ValueError("too many tables to list")
                for ways, tables in counts.items():
                    into[ways * own] += tables
        found = after
    return found


def _how_many(left: tuple[int, ...], size: int) -> int:
    """How many lines `_lines` gives."""
    counts = [1] + [0] * size
    for most in left:
        sums = [0, *accumulate(counts)]
        counts = [sums[at + 1] - sums[max(at - most, 0)] for at in range(size + 1)]
    return counts[size]


def _lines(left: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
    if len(left) == 1:
        if size <= left[0]:
            yield (size,)
        return
    for x in range(max(0, size - sum(left[1:])), min(left[0], size) + 1):
        yield from ((x, *rest) for rest in _lines(left[1:], size - x))


@cache
def _orders(line: tuple[int, ...]) -> int:
    """In how many orders its participants may stand."""
    return math.factorial(sum(line)) // math.prod(map(math.factorial, line))


def fisher_rxc(job: Job) -> Iterator[Found]:
    yield from cells(job)
    table = known_cells(job)
    if min(len(table), len(table[0]) if table else 0) < 2:
        return
    yield from cramer(job, table)
    with suppress(ValueError):
        yield "", "", TABLES, EXACT, {"p_value": float(share_as_likely(table))}


def trend(job: Job) -> Iterator[Found]:
    """Scores 1, 2, ...; exact: all tables by their sum of scores, built group by group; r: the chi-squared statistic."""
    job.options["interval"] = "clopper-pearson"
    yield from proportion(job)
    y = [numbers(rows, "y") for _, rows in job.groups()]
    known = [(score, int(sum(one)), len(one)) for score, one in enumerate(y, start=1) if one]
    total, size = sum(x for _, x, _ in known), sum(n for *_, n in known)
    if len(known) < 2 or total in (0, size):
        return
    seen = sum(score * x for score, x, _ in known)
    if job["variant"] == "exact" and size <= FEW:
        ways: dict[tuple[int, int], int] = {(0, 0): 1}
        for score, _, n in known:
            more: dict[tuple[int, int], int] = defaultdict(int)
            for (events, at), count in ways.items():
                for x in range(min(n, total - events) + 1):
                    more[events + x, at + score * x] += count * math.comb(n, x)
            ways = more
        weights = {at: count for (events, at), count in ways.items() if events == total}
        middle = Fraction(total * sum(score * n for score, _, n in known), size)
        far = sum(count for at, count in weights.items() if abs(at - middle) >= abs(seen - middle))
        yield "", "", TABLES, EXACT, {"p_value": float(Fraction(far, sum(weights.values())))}
        yield "", "", "all tables, bisection", FITTED, conditional(weights, seen, job.tail, median=True)
    elif job["variant"] != "exact":
        p, sums = Fraction(total, size), [sum(score**k * n for score, _, n in known) for k in (1, 2)]
        statistic = float((seen - p * sums[0]) ** 2 / (p * (1 - p) * (sums[1] - Fraction(sums[0] ** 2, size))))
        statistic *= 1 if job["variant"] == "r" else (size - 1) / size
        yield "", "", FRACTIONS, CLOSED, {"statistic": statistic, "p_value": chi2_above(statistic, 1)}
    if job["variant"] != "exact":
        outcomes = [(score, y) for score, x, n in known for y in [1.0] * x + [0.0] * (n - x)]
        fit = logistic([[1.0, float(score)] for score, _ in outcomes], [y for _, y in outcomes])
        if fit and abs(fit.b[1]) < FAR:
            reach = job.z * math.sqrt(fit.V[1][1])
            of = {"odds_ratio": fit.b[1], "ci_low": fit.b[1] - reach, "ci_high": fit.b[1] + reach}
            yield "", "", "Newton's method", FITTED, {name: math.exp(b) for name, b in of.items()}


def cochran_mantel_haenszel(job: Job) -> Iterator[Found]:
    """Landis, Heyman and Koch 1978, from the covariance of the cells of each stratum."""
    here = [row for row in job.rows if not row["@"] & {"level", "group", "set"}]
    levels, groups, strata = (job.named(kind) for kind in ("level", "group", "set"))
    n = Counter((row["set"], row["group"], row["level"]) for row in here)
    for group in groups:
        for level in levels:
            yield group, level, COUNTED, CLOSED, {"n": sum(n[stratum, group, level] for stratum in strata)}
    yield "", "", COUNTED, CLOSED, {"N": n.total()}
    size = {stratum: sum(n[stratum, g, k] for g in groups for k in levels) for stratum in strata}
    strata = [stratum for stratum in strata if size[stratum] > 1]
    rows = [g for g in groups if any(n[s, g, k] for s in strata for k in levels)]
    columns = [k for k in levels if any(n[s, g, k] for s in strata for g in groups)]
    yield "", "", COUNTED, CLOSED, {"strata": len(strata)}
    if len(rows) < 2 or len(columns) < 2 or not strata:
        return
    score = {"general": None, "row_mean": None, "correlation": groups}[job["test"]]
    p = len(rows) - 1 if score is None else 1
    q = len(columns) - 1 if job["test"] == "general" else 1
    apart, spread = [Fraction(0)] * (p * q), [[Fraction(0)] * (p * q) for _ in range(p * q)]
    for stratum in strata:
        a = [sum(n[stratum, g, k] for k in columns) for g in rows]
        b = [sum(n[stratum, g, k] for g in rows) for k in columns]
        N = size[stratum]
        up = _contrasts(job, a, rows, groups, N, score is None)
        over = _contrasts(job, b, columns, levels, N, job["test"] == "general")
        gap = [[n[stratum, g, k] - Fraction(a[i] * b[j], N) for j, k in enumerate(columns)] for i, g in enumerate(rows)]
        pairs = [(u, v) for u in up for v in over]
        for at, (u, v) in enumerate(pairs):
            apart[at] += sum(u[i] * v[j] * gap[i][j] for i in range(len(rows)) for j in range(len(columns)))
            for to, (w, x) in enumerate(pairs):
                spread[at][to] += _covariance(u, w, a, N) * _covariance(v, x, b, N) / (N - 1)
    statistic = quadratic(apart, spread)
    if statistic is not None:
        found = {"statistic": float(statistic), "df": p * q, "p_value": chi2_above(float(statistic), p * q)}
        yield "", "", FRACTIONS, FITTED, found


def _covariance(u: Sequence, w: Sequence, margin: Sequence[int], N: int) -> Fraction:
    """Sum over a margin of products less the product of sums, over the size."""
    sums = [sum(one * m for one, m in zip(by, margin, strict=True)) for by in (u, w)]
    return sum((x * y * m for x, y, m in zip(u, w, margin, strict=True)), Fraction(0)) - Fraction(sums[0] * sums[1], N)


def _contrasts(job: Job, margin: Sequence[int], here: Sequence[str], all_of: Sequence[str], N: int, each: bool) -> list:
    """Each level but the last for itself, or one row of scores: places, or modified ridits of a stratum."""
    if each:
        return [[int(i == j) for j in range(len(here))] for i in range(len(here) - 1)]
    if job["scores"] == "integer":
        return [[Fraction(all_of.index(name) + 1) for name in here]]
    before, found = 0, []
    for m in margin:
        found.append(Fraction(2 * before + m + 1, 2) / (N + 1))
        before += m
    return [found]
