"""Several groups two at a time, and ranks within strata, in plain Python."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations, groupby
from statistics import mean

from .arithmetic import numbers, ranks
from .counts import fisher_test, proportion
from .hazards import followed, log_rank
from .job import CLOSED, COUNTED, EXACT, FITTED, PAIRS, Found, Job
from .models import crossing
from .ranges import dunnett, tukey
from .tails import t_above, t_quantile, z_above
from .values import mann_whitney


def pairs(job: Job, groups: list[str], first: bool) -> Iterator[tuple[str, str, str]]:
    """(first, second, level) of the groups, in their order."""
    for a, b in combinations(groups, 2):
        if not first or a == groups[0]:
            yield a, b, f"{b}_against_{a}"


def _each(job: Job, groups: list[str], method: Callable[[Job], Iterator[Found]], drop: set[str]) -> Iterator[Found]:
    """What a method of two groups finds of each pair, of what is said of the two together."""
    for a, b, level in pairs(job, groups, job["against"] == "first"):
        rows = [row for row in job.rows if row["group"] in (a, b)]
        two = Job(
            job.options,
            rows,
            lambda kind, within="", of=(a, b): list(of) if kind == "group" else job.named(kind, within),
        )
        for group, own, by, tolerance, statistics in method(two):
            if not group and own in ("", f"{job['by']}={b}"):
                yield "", level, by, tolerance, {name: value for name, value in statistics.items() if name not in drop}


def ranked(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        yield group, "", COUNTED, CLOSED, {"n": len(numbers(rows, "y"))}
    groups = [group for group, rows in job.groups() if numbers(rows, "y")]
    yield from _each(job, groups, mann_whitney, {"n1", "n2"})


def proportions(job: Job) -> Iterator[Found]:
    for group, level, by, tolerance, statistics in proportion(job):
        if "N" in statistics:
            n, N = statistics["n"], statistics["N"]
            yield group, level, by, tolerance, {"n": n, "N": N, "percent": n / N if N else math.nan}
    yield from _each(job, [group for group, rows in job.groups() if numbers(rows, "y")], fisher_test, set())


def times(job: Job) -> Iterator[Found]:
    rows = followed(job, "group", *(["x"] if job["stratum"] == "true" else []))
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    for group in groups:
        mine = [float(row["event"]) for row in rows if row["group"] == group]
        yield group, "", COUNTED, CLOSED, {"n": len(mine), "events": sum(mine)}
    yield from _each(job, groups, log_rank, set())


def means(job: Job) -> Iterator[Found]:
    """With Tukey's or Dunnett's distribution, or each for itself."""
    for group, rows in job.groups():
        y = numbers(rows, "y")
        yield group, "", COUNTED, CLOSED, {"n": len(y), "mean": mean(y) if y else math.nan}
    known = {group: y for group, rows in job.groups() if (y := numbers(rows, "y"))}
    k, df = len(known), sum(map(len, known.values())) - len(known)
    squares = math.fsum((value - mean(y)) ** 2 for y in known.values() for value in y)
    if k < 2 or df < 1 or squares <= 0:
        return
    sd, n = math.sqrt(squares / df), list(map(len, known.values()))
    yield "", "", COUNTED, CLOSED, {"sd": sd, "df": df}
    shares = [math.sqrt(size / (size + n[0])) for size in n[1:]]
    below: Callable[[float], float] = {
        "none": lambda t: 1 - 2 * t_above(t, df), "tukey": lambda t: tukey(t, k, df),
        "dunnett": lambda t: dunnett(t, shares, df) if k > 2 else 1 - 2 * t_above(t, df),
    }[job["adjust"]]  # fmt: skip
    one, level = t_quantile(1 - job.tail, df), 1 - 2 * job.tail
    reach = (
        one if job["adjust"] == "none" or k == 2 else crossing(lambda t: below(t) - level, one, below(one) - level, 0.5)
    )
    for a, b, name in pairs(job, list(known), job["adjust"] == "dunnett"):
        gap, error = mean(known[b]) - mean(known[a]), sd * math.sqrt(1 / len(known[a]) + 1 / len(known[b]))
        yield "", name, "pooled variance", EXACT, {"estimate": gap, "std_error": error}
        if reach is not None:
            yield "", name, "Simpson's rule", 1e-5, {"ci_low": gap - reach * error, "ci_high": gap + reach * error}
        p = 1 - below(abs(gap) / error)
        if p > 1e-6 or job["adjust"] == "none":  # what is left of 1 has its digits
            yield (
                "",
                name,
                "Simpson's rule",
                1e-5,
                {"p_value": p if job["adjust"] != "none" else 2 * t_above(abs(gap) / error, df)},
            )


def within_strata(job: Job, second: str) -> Iterator[Found]:
    """Van Elteren 1960: of the second group, each stratum weighted by its size + 1."""
    rows = [row for row in job.rows if not row["@"] & {"x", "y"} and row["group"]]
    parts = [list(part) for _, part in groupby(sorted(rows, key=lambda row: float(row["x"])), key=lambda row: row["x"])]
    two = [([float(row["y"]) for row in part if row["group"] == second], [float(row["y"]) for row in part if row["group"] != second])
           for part in parts]  # fmt: skip
    two = [(x, y) for x, y in two if x and y]
    yield "", "", COUNTED, CLOSED, {"strata": len(two)}

    def standing(shift: float) -> float | None:
        total, variance = 0.0, 0.0
        for x, y in two:
            m, N, values = len(x), len(x) + len(y), [value - shift for value in x] + y
            ties = sum(t**3 - t for t in Counter(values).values()) / (N * (N - 1))
            total += (float(sum(ranks(values)[:m])) - m * (N + 1) / 2) / (N + 1)
            variance += m * (N - m) / 12 * (N + 1 - ties) / (N + 1) ** 2
        return total / math.sqrt(variance) if variance > 0 else None

    z = standing(0.0) if two else None
    if z is None:
        return
    p = {"two-sided": 2 * z_above(abs(z)), "greater": z_above(z), "less": z_above(-z)}[job["alternative"]]
    yield "", "", "ranks within strata", EXACT, {"statistic": z, "p_value": p}
    if sum(len(x) * len(y) for x, y in two) > 10 * PAIRS:
        return
    gaps = sorted({a - b for x, y in two for a in x for b in y})
    if len(gaps) > PAIRS:
        return
    between = [gaps[0] - 1, *((a + b) / 2 for a, b in zip(gaps, gaps[1:], strict=False)), gaps[-1] + 1]

    def crossing(target: float) -> int:
        """The first gap beyond which the statistic, which falls, is below the target."""
        low, high = 0, len(gaps) - 1
        while low < high:
            middle = (low + high) // 2
            found = standing(between[middle + 1])
            low, high = (low, middle) if found is not None and found < target else (middle + 1, high)
        return low

    ends = standing(between[0]), standing(between[-1])
    if None in ends:
        return
    at = crossing(-1e-9)
    flat = at and abs(standing(between[at]) or 0.0) < 1e-9
    of = {"estimate": (gaps[at] + gaps[at - 1]) / 2 if flat else gaps[at]}
    yield (
        "",
        "",
        "inversion of the ranks",
        FITTED,
        of | {"ci_low": gaps[crossing(job.z)], "ci_high": gaps[crossing(-job.z)]},
    )


def two_groups(job: Job) -> Iterator[Found]:
    """Mann and Whitney's test, or van Elteren's within strata."""
    if job["stratum"] != "true":
        yield from mann_whitney(job)
        return
    inside = Job(job.options, [row for row in job.rows if "x" not in row["@"]], job.named)
    yield from (found for found in mann_whitney(inside) if found[0])
    groups = [group for group, rows in inside.groups() if numbers(rows, "y")]
    if len(groups) == 2:
        yield from within_strata(inside, groups[1])
