"""Measured values: described, ranked, compared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from statistics import mean, median, quantiles, stdev

from .arithmetic import Row, numbers, ranks
from .counts import counted
from .job import CLOSED, COUNTED, DESCRIBED, FRACTIONS, PAIRS, Found, Job


def described(group: str, level: str, rows: Iterable[Row]) -> Iterator[Found]:
    rows = list(rows)
    values = numbers(rows, "y")
    yield group, level, COUNTED, CLOSED, {"n": len(values), "missing": len(rows) - len(values)}
    if values:
        q1, q2, q3 = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
        yield group, level, DESCRIBED, CLOSED, {
            "mean": mean(values), "sd": stdev(values) if len(values) > 1 else math.nan, "median": q2, "q1": q1, "q3": q3,
            "min": min(values), "max": max(values),
        }  # fmt: skip


def summary(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        yield from described(group, "", rows)


def baseline(job: Job) -> Iterator[Found]:
    sets = job.named("set")
    for group in job.named("group"):
        here = [row for row in job.rows if not group or row["group"] == group]
        yield group, "", COUNTED, CLOSED, {"N": sum(row["set"] == sets[0] for row in here)}
        for name in sets:
            rows, levels = [row for row in here if row["set"] == name], job.named("level", name)
            yield from counted(group, name, rows, levels) if levels else described(group, name, rows)


def medians(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        y = numbers(rows, "y")
        yield group, "", DESCRIBED, CLOSED, {"n": len(y), "median": median(y) if y else math.nan}


def mann_whitney(job: Job) -> Iterator[Found]:
    """The statistic counts the pairs in which the second group has more, of equal values the half."""
    yield from medians(job)
    both = [y for _, rows in job.groups() if (y := numbers(rows, "y"))]
    if len(both) == 2 and len(both[0]) * len(both[1]) <= PAIRS:
        gaps = [b - a for a in both[0] for b in both[1]]
        yield "", "", "all pairs", CLOSED, {
            "statistic": sum(gap > 0 for gap in gaps) + sum(gap == 0 for gap in gaps) / 2,
            "n1": len(both[1]), "n2": len(both[0]), "estimate": median(gaps),
        }  # fmt: skip


def kruskal_wallis(job: Job) -> Iterator[Found]:
    yield from medians(job)
    known = {group: y for group, rows in job.groups() if (y := numbers(rows, "y"))}
    if len(known) < 2:
        return
    first, *others = known
    for group in others:
        if len(known[first]) * len(known[group]) <= PAIRS:
            gaps = [b - a for a in known[first] for b in known[group]]
            yield "", f"{job['by']}={group}", "all pairs", CLOSED, {"estimate": median(gaps)}
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
            {"n": n, "groups": len(known), "df": len(known) - 1, "statistic": float(statistic)},
        )


def kinetics_by_day(job: Job) -> Iterator[Found]:
    for group in job.named("group"):
        for day in job.named("set"):
            rows = [row for row in job.rows if row["group"] == group and row["set"] == day and "y" not in row["@"]]
            y = [float(row["y"]) * (float(job["below"]) if row["x"] in ("1", "1.0") else 1) for row in rows]
            if y:
                yield group, day, COUNTED, CLOSED, {"n": len(y)}
            if y and min(y) > 0:
                yield group, day, "mean of log", CLOSED, {"estimate": math.exp(mean(map(math.log, y)))}


def spearman(job: Job) -> Iterator[Found]:
    pairs = [(float(row["x"]), float(row["y"])) for row in job.rows if not row["@"] & {"x", "y"}]
    if len(pairs) < 3:
        return
    middle = Fraction(len(pairs) + 1, 2)
    a, b = ([rank - middle for rank in ranks(values)] for values in zip(*pairs, strict=True))
    spread = sum(x * x for x in a) * sum(y * y for y in b)
    if spread:
        yield "", "", FRACTIONS, CLOSED, {"n": len(pairs), "estimate": float(sum(x * y for x, y in zip(a, b, strict=True))) / math.sqrt(spread)}  # fmt: skip
