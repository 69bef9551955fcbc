"""Measured values: described, ranked, compared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from statistics import mean, median, quantiles, stdev, variance

from .arithmetic import Row, numbers, ranks
from .counts import counted
from .job import CLOSED, COUNTED, DESCRIBED, EXACT, FITTED, FRACTIONS, PAIRS, TAILS, Found, Job
from .models import quadratic
from .tails import chi2_above, solved, t_above, t_quantile, z_above


def described(job: Job, group: str, level: str, rows: Iterable[Row]) -> Iterator[Found]:
    rows = list(rows)
    values = sorted(numbers(rows, "y"))
    yield group, level, COUNTED, CLOSED, {"n": len(values), "missing": len(rows) - len(values)}
    if values:
        q1, q2, q3 = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
        yield group, level, DESCRIBED, CLOSED, {
            "mean": mean(values), "sd": stdev(values) if len(values) > 1 else math.nan, "median": q2, "q1": q1, "q3": q3,
            "min": min(values), "max": max(values),
        }  # fmt: skip
    n = len(values)
    if job["intervals"] == "true" and n > 1:
        if stdev(values) > 0:
            half = t_quantile(1 - job.tail, n - 1) * stdev(values) / math.sqrt(n)
            of = {"mean_ci_low": mean(values) - half, "mean_ci_high": mean(values) + half}
            yield group, level, TAILS, CLOSED, of
        below, r = Fraction(0), 0  # the r-th value from each end leaves less than the tail outside
        while r < n and 2 * (below := below + Fraction(math.comb(n, r), 2**n)) <= 1 - Fraction(job["conf"]):
            r += 1
        if r:
            yield group, level, FRACTIONS, CLOSED, {"median_ci_low": values[r - 1], "median_ci_high": values[n - r]}


def summary(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        yield from described(job, group, "", rows)


def baseline(job: Job) -> Iterator[Found]:
    sets = job.named("set")
    for group in job.named("group"):
        here = [row for row in job.rows if not group or row["group"] == group]
        yield group, "", COUNTED, CLOSED, {"N": sum(row["set"] == sets[0] for row in here)}
        for name in sets:
            rows, levels = [row for row in here if row["set"] == name], job.named("level", name)
            yield from counted(job, group, name, rows, levels) if levels else described(job, group, name, rows)

    two = [group for group in job.named("group") if group]
    for name in sets if len(two) == 2 else ():
        parts = [[row for row in job.rows if row["set"] == name and row["group"] == group] for group in two]
        of = _distance(parts, job.named("level", name))
        if of is not None:
            yield "", name, DESCRIBED, CLOSED, {"standardised_difference": of}


def _distance(parts: list[list[Row]], levels: list[str]) -> float | None:
    """The standardised difference of means, or of shares (Yang & Dalton 2012)."""
    if not levels:
        y = [numbers(rows, "y") for rows in parts]
        unit = max(map(abs, sum(y, [])), default=0.0) or 1.0
        y = [[value / unit for value in one] for one in y]
        spread = sum(variance(one) for one in y) / 2 if min(map(len, y)) > 1 else 0.0
        return (mean(y[0]) - mean(y[1])) / math.sqrt(spread) if spread > 0 else None
    counts = [Counter(row["level"] for row in rows if "level" not in row["@"]) for rows in parts]
    seen = [level for level in levels if counts[0][level] + counts[1][level]]
    if len(seen) < 2 or not any(counts[0][level] * counts[1][level] for level in levels):
        return None
    p = [[Fraction(one[level], one.total()) for level in seen[1:]] for one in counts]
    k = range(len(seen) - 1)
    V = [[sum((one[i] if i == j else 0) - one[i] * one[j] for one in p) / 2 for j in k] for i in k]
    d = [a - b for a, b in zip(*p, strict=True)]
    found = quadratic(d, V)
    return None if found is None else math.copysign(math.sqrt(found), d[0] if len(d) == 1 else 1)


def medians(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        y = numbers(rows, "y")
        yield group, "", DESCRIBED, CLOSED, {"n": len(y), "median": median(y) if y else math.nan}


def mann_whitney(job: Job) -> Iterator[Found]:
    """The statistic counts the pairs in which the second group has more, of equal values the half."""
    yield from medians(job)
    both = [y for _, rows in job.groups() if (y := numbers(rows, "y"))]
    if len(both) != 2 or len(both[0]) * len(both[1]) > PAIRS:
        return
    gaps = sorted(b - a for a in both[0] for b in both[1])
    m, n = len(both[1]), len(both[0])
    statistic = sum(gap > 0 for gap in gaps) + Fraction(sum(gap == 0 for gap in gaps), 2)
    yield "", "", "all pairs", CLOSED, {"statistic": float(statistic), "n1": m, "n2": n}
    if len({*both[0], *both[1]}) == 1:
        return
    yield "", "", "all pairs", CLOSED, {"estimate": median(gaps)}
    yield "", "", "all orders, or bisection", FITTED, shift(job, both[1], both[0])
    ties = Counter(both[0] + both[1])
    if max(ties.values()) == 1 and max(m, n) < 50:
        ways = _orders(m, n)
        total = sum(ways)
        tails = {"less": sum(ways[: int(statistic) + 1]), "greater": sum(ways[int(statistic) :])}
        tails["two-sided"] = min(2 * min(tails.values()), total)
        yield "", "", "all orders", EXACT, {"p_value": float(Fraction(tails[job["alternative"]], total))}
        return
    N = m + n
    spread = math.sqrt(m * n / 12 * (N + 1 - sum(t**3 - t for t in ties.values()) / (N * (N - 1))))
    apart = float(statistic) - m * n / 2
    if spread:
        z = {"two-sided": (abs(apart) - 0.5 * (apart != 0)), "greater": apart - 0.5, "less": -apart - 0.5}
        p = z_above(z[job["alternative"]] / spread) * (2 if job["alternative"] == "two-sided" else 1)
        yield "", "", "normal tail, ties", EXACT, {"p_value": p}


def shift(job: Job, x: list[float], y: list[float]) -> dict[str, float]:
    """Limits of the shift of x against y: of all orders where no values are equal, else where the normal statistic with
    continuity correction crosses its quantiles (as wilcox.test has it)."""
    m, n = len(x), len(y)
    if max(Counter(x + y).values()) == 1 and max(m, n) < 50:
        gaps, ways, below, k = sorted(b - a for a in y for b in x), _orders(m, n), 0, 0
        while (below := below + ways[k]) < Fraction(job.tail) * sum(ways):
            k += 1
        return {"ci_low": gaps[max(k, 1) - 1], "ci_high": gaps[m * n - max(k, 1)]}

    def standing(d: float) -> float:
        """Falls with d."""
        moved = [value - d for value in x]
        of = ranks(moved + y)
        apart = float(sum(of[:m])) - m * (m + 1) / 2 - m * n / 2
        ties = sum(t**3 - t for t in Counter(moved + y).values()) / ((m + n) * (m + n - 1))
        return (apart - 0.5 * ((apart > 0) - (apart < 0))) / math.sqrt(m * n / 12 * (m + n + 1 - ties))

    low, high = min(x) - max(y), max(x) - min(y)
    if len({*x, *y}) == 1:
        return {}
    ends = {}
    for name, z in (("ci_low", job.z), ("ci_high", -job.z)):
        ends[name] = (
            low
            if standing(low) <= z
            else high
            if standing(high) >= z
            else solved(lambda d: -standing(d), -z, low, high)
        )
    return ends


def _orders(m: int, n: int) -> list[int]:
    """In how many orders of m and n different values each number of pairs is greater."""
    found = [1]
    for k in range(1, m + 1):  # the coefficients of the Gaussian binomial
        longer = found + [0] * (n + k)
        for at in range(len(longer) - 1, n + k - 1, -1):
            longer[at] -= longer[at - n - k]
        for at in range(k, len(longer)):
            longer[at] += longer[at - k]
        found = longer[: k * n + 1]
    return found


def kruskal_wallis(job: Job) -> Iterator[Found]:
    yield from medians(job)
    known = {group: y for group, rows in job.groups() if (y := numbers(rows, "y"))}
    yield "", "", COUNTED, CLOSED, {"n": sum(map(len, known.values())), "groups": len(known)}
    if len(known) < 2:
        return
    first, *others = known
    for group in others:
        if len(known[first]) * len(known[group]) <= PAIRS and len({*known[first], *known[group]}) > 1:
            gaps = [b - a for a in known[first] for b in known[group]]
            at = f"{job['by']}={group}"
            yield "", at, "all pairs", CLOSED, {"estimate": median(gaps)}
            yield "", at, "all orders, or bisection", FITTED, shift(job, known[group], known[first])
    everybody = [value for y in known.values() for value in y]
    n = len(everybody)
    of = dict(zip(everybody, ranks(everybody), strict=True))
    sums = sum(sum(of[value] for value in y) ** 2 / len(y) for y in known.values())
    ties = 1 - Fraction(sum(k**3 - k for k in Counter(everybody).values()), n**3 - n)
    if ties:
        statistic = (Fraction(12, n * (n + 1)) * sums - 3 * (n + 1)) / ties
        yield (
            "",
            "",
            FRACTIONS,
            CLOSED,
            {
                "df": len(known) - 1,
                "statistic": float(statistic),
                "p_value": chi2_above(float(statistic), len(known) - 1),
            },  # fmt: skip
        )


def kinetics_by_day(job: Job) -> Iterator[Found]:
    for group in job.named("group"):
        if not any(row["group"] == group and "y" not in row["@"] for row in job.rows):
            yield group, "", COUNTED, CLOSED, {"n": 0}
        for day in job.named("set"):
            rows = [row for row in job.rows if row["group"] == group and row["set"] == day and "y" not in row["@"]]
            y = [float(row["y"]) * (float(job["below"]) if row["x"] in ("1", "1.0") else 1) for row in rows]
            if y:
                yield group, day, COUNTED, CLOSED, {"n": len(y)}
            if y and min(y) > 0:
                logs = list(map(math.log, y))
                yield group, day, "mean of log", CLOSED, {"estimate": math.exp(mean(logs))}
                if len(y) > 1:
                    half = t_quantile(1 - job.tail, len(y) - 1) * stdev(logs) / math.sqrt(len(y))
                    of = {"ci_low": math.exp(mean(logs) - half), "ci_high": math.exp(mean(logs) + half)}
                    yield group, day, TAILS, CLOSED, of


def spearman(job: Job) -> Iterator[Found]:
    yield from correlated(job, "", job.rows)


def correlations(job: Job) -> Iterator[Found]:
    for name in job.named("set"):
        yield from correlated(job, name, [row for row in job.rows if row["set"] == name])


def correlated(job: Job, level: str, rows: Iterable[Row]) -> Iterator[Found]:
    """Spearman's rho from fractions, with the limits of Bonett & Wright 2000."""
    pairs = [(float(row["x"]), float(row["y"])) for row in rows if not row["@"] & {"x", "y"}]
    n = len(pairs)
    yield "", level, COUNTED, CLOSED, {"n": n}
    if n < 3:
        return
    middle = Fraction(n + 1, 2)
    a, b = ([rank - middle for rank in ranks(values)] for values in zip(*pairs, strict=True))
    spread = sum(x * x for x in a) * sum(y * y for y in b)
    if not spread:
        return
    r = float(sum(x * y for x, y in zip(a, b, strict=True))) / math.sqrt(spread)
    yield "", level, FRACTIONS, CLOSED, {"estimate": r}
    if n > 3 and abs(r) < 1 - 1e-12:
        half = job.z * math.sqrt((1 + r * r / 2) / (n - 3))
        of = {"ci_low": math.tanh(math.atanh(r) - half), "ci_high": math.tanh(math.atanh(r) + half)}
        yield "", level, FRACTIONS, CLOSED, of
    ties = any(max(Counter(values).values()) > 1 for values in zip(*pairs, strict=True))
    if ties and abs(r) < 1:  # then by the t distribution
        yield "", level, TAILS, EXACT, {"p_value": 2 * t_above(abs(r) * math.sqrt((n - 2) / (1 - r * r)), n - 2)}
