"""Whether an effect differs between subgroups, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import mean

from .arithmetic import Row, numbers
from .hazards import followed, hazard, person
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import cox, dot, logistic
from .regression import LEAST, NEWTON, Line, ratio
from .tails import chi2_above, f_above, t_quantile

DESCRIBED_BY = "means of cells"


def _split(job: Job) -> tuple[list[Row], list[str], list[str], list[Found]]:
    """Participants of groups and subgroups, both that have some, and how many there are."""
    rows = [row for row in job.rows if not row["@"] & {"x", "group", "level"}]
    groups, within = ([name for name in job.named(kind) if any(row[kind] == name for row in rows)] for kind in ("group", "level"))  # fmt: skip
    found: list[Found] = [("", "", COUNTED, CLOSED, {"n": len(rows)})]
    for level in within if len(groups) == 2 else ():
        mine = [row["group"] for row in rows if row["level"] == level]
        found += [("", level, COUNTED, CLOSED, {"n": len(mine)}), *((group, level, COUNTED, CLOSED, {"n": mine.count(group)}) for group in groups)]  # fmt: skip
    return rows, groups, within, found


def logistic_interaction(job: Job) -> Iterator[Found]:
    rows, groups, within, found = _split(job)
    yield from found
    if len(groups) != 2:
        return
    counts = {}
    for level in within:
        for group in groups:
            y = [float(row["x"]) for row in rows if row["level"] == level and row["group"] == group]
            counts[level, group] = (int(sum(y)), int(len(y) - sum(y)))
        (a, b), (c, d) = counts[level, groups[1]], counts[level, groups[0]]
        if min(a, b, c, d):
            error = math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
            of = ratio("odds_ratio", math.log(a * d / (b * c)), error, job.z)
            yield "", level, "Woolf", FITTED, {name: of[name] for name in ("odds_ratio", "ci_low", "ci_high")}
    if len(within) < 2 or not all(min(pair) for pair in counts.values()):
        return
    X = [
        [1.0, float(row["group"] == groups[1]), *(float(row["level"] == level) for level in within[1:])] for row in rows
    ]
    fit = logistic(X, numbers(rows, "x"))
    if fit:
        whole = math.fsum(x * math.log(x / (x + y)) + y * math.log(y / (x + y)) for x, y in counts.values())
        statistic, df = 2 * (whole - fit.likelihood), len(within) - 1
        yield "", "", NEWTON, FITTED, {"statistic": statistic, "df": df, "p_value": chi2_above(statistic, df)}


def linear_interaction(job: Job) -> Iterator[Found]:
    rows, groups, within, found = _split(job)
    yield from found
    if len(groups) != 2:
        return
    parts = {(level, group): numbers([row for row in rows if (row["level"], row["group"]) == (level, group)], "x")
             for level in within for group in groups}  # fmt: skip
    parts = {key: y for key, y in parts.items() if y}
    n, k = len(rows), len(parts)
    if n <= k:
        return
    if (
        not 1e-150 < max(abs(value) for y in parts.values() for value in y) < 1e150
    ):  # else the squares are nothing, or infinite
        return
    left = math.fsum((value - mean(y)) ** 2 for y in parts.values() for value in y)
    if max(abs(value - mean(y)) for y in parts.values() for value in y) < 1e-10 * max(abs(value) for y in parts.values() for value in y):  # fmt: skip
        return
    df, reach = n - k, t_quantile(1 - job.tail, n - k)
    for level in within:
        two = [parts.get((level, group)) for group in groups]
        if all(two):
            b, error = mean(two[1]) - mean(two[0]), math.sqrt(left / df * (1 / len(two[0]) + 1 / len(two[1])))
            yield "", level, DESCRIBED_BY, FITTED, {"estimate": b, "std_error": error, "ci_low": b - reach * error, "ci_high": b + reach * error}  # fmt: skip
    if len(within) < 2 or k < 2 * len(within):
        return
    X = [
        [1.0, float(row["group"] == groups[1]), *(float(row["level"] == level) for level in within[1:])] for row in rows
    ]
    y = numbers(rows, "x")
    if line := Line.of(X, y, "classical"):
        more = math.fsum((one - dot(x, line.b)) ** 2 for x, one in zip(X, y, strict=True))
        m = len(within) - 1
        f = (more - left) / m / (left / df)
        yield "", "", LEAST, FITTED, {"statistic": f, "df": m, "df_residual": df, "p_value": f_above(f, m, df)}


def cox_interaction(job: Job) -> Iterator[Found]:
    strata, late = job["stratum"] == "true", job["delayed"] == "true"
    rows = followed(job, "group", "level", *(["x"] if strata else []))
    inside = lambda row: row["x"] if strata else ""  # noqa: E731
    yield "", "", COUNTED, CLOSED, {"n": len(rows), "events": sum(float(row["event"]) for row in rows)}
    groups, within = ([name for name in job.named(kind) if any(row[kind] == name for row in rows)] for kind in ("group", "level"))  # fmt: skip
    if len(groups) != 2:
        return
    second, lacking = lambda row: float(row["group"] == groups[1]), False
    for level in within:
        mine = [row for row in rows if row["level"] == level]
        yield "", level, COUNTED, CLOSED, {"n": len(mine), "events": sum(float(row["event"]) for row in mine)}
        if any(not any(row["group"] == group and float(row["event"]) for row in mine) for group in groups):
            lacking = True
            continue
        of = hazard([person(row, [second(row)], late, inside(row)) for row in mine], job.z)
        yield "", level, NEWTON, FITTED, {key: value for key, value in of.items() if key != "p_value"}
    if len(within) < 2 or lacking:
        return
    apart = lambda row: [float(row["level"] == level) for level in within[1:]]  # noqa: E731
    small = cox([person(row, [second(row), *apart(row)], late, inside(row)) for row in rows])
    large = cox(
        [
            person(row, [second(row), *apart(row), *(second(row) * one for one in apart(row))], late, inside(row))
            for row in rows
        ]
    )
    if small and large:
        statistic, df = 2 * (large[0].likelihood - small[0].likelihood), len(within) - 1
        yield "", "", NEWTON, FITTED, {"statistic": statistic, "df": df, "p_value": chi2_above(statistic, df)}
