"""Counts, proportions and their exact tests."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from .arithmetic import FEW, Row, conditional, exact_limits, fisher, newcombe, numbers, ways
from .job import CLOSED, COUNTED, EXACT, FITTED, NEWCOMBE, TABLES, TAILS, Found, Job
from .strata import within_strata
from .tails import solved


def counted(job: Job, group: str, prefix: str, rows: Iterable[Row], levels: Iterable[str]) -> Iterator[Found]:
    rows = list(rows)
    known = Counter(row["level"] for row in rows if "level" not in row["@"])
    total = known.total()
    yield group, prefix, COUNTED, CLOSED, {"N": total, "missing": len(rows) - total}
    for level in levels:
        of = {"n": known[level], "percent": known[level] / total if total else math.nan}
        at = f"{prefix}={level}" if prefix else level
        yield group, at, COUNTED, CLOSED, of
        if job["intervals"] == "true" and total:
            low, high = exact_limits(known[level], total, job.tail)
            yield group, at, TAILS, CLOSED, {"ci_low": low, "ci_high": high}


def proportion(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        y = numbers(rows, "y")
        x, n = int(sum(y)), len(y)
        yield group, "", COUNTED, CLOSED, {"n": x, "N": n, "estimate": x / n if n else math.nan}
        by, limits = job.limits(x, n)
        yield group, "", by, CLOSED, limits


def missing_response(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        y = numbers(rows, "y")
        n, known, gone = int(sum(y)), len(y), len(rows) - len(y)
        yield group, "", COUNTED, CLOSED, {"n": n, "N": known, "missing": gone}
        for case, x, of in (("complete", n, known), ("worst", n, known + gone), ("best", n + gone, known + gone)):
            by, limits = job.limits(x, of)
            if limits:
                yield group, case, by, CLOSED, {"estimate": x / of, **limits}


def frequency(job: Job) -> Iterator[Found]:
    for group, rows in job.groups():
        yield from counted(job, group, "", rows, job.named("level"))


def two_proportions(job: Job) -> tuple[list[Found], list[tuple[int, int]]]:
    """The counts of the groups, and (events, participants) of the second group and the first if there are two."""
    found, sizes = [], []
    for group, rows in job.groups():
        y = numbers(rows, "y")
        x, n = int(sum(y)), len(y)
        found.append((group, "", COUNTED, CLOSED, {"n": x, "N": n, "percent": x / n if n else math.nan}))
        sizes += [(x, n)] if n else []
    return found, sizes[::-1] if len(sizes) == 2 else []


def fisher_test(job: Job) -> Iterator[Found]:
    found, two = two_proportions(job)
    yield from found
    if two:
        yield "", "", TABLES, EXACT, {"p_value": fisher(*two, job["alternative"])}
        yield "", "risk_difference", NEWCOMBE, CLOSED, newcombe(*two, job.z)
        (x, n), (y, m) = two
        odds = ways(n, m, x + y)
        if 1 < len(odds) <= FEW:
            yield "", "", "all tables, bisection", FITTED, conditional(odds, x, job.tail)


def risk_difference(job: Job) -> Iterator[Found]:
    if job["stratum"] == "true":
        yield from within_strata(job, ratio=False)
        return
    found, two = two_proportions(job)
    yield from found
    if two and job["interval"] == "newcombe":
        yield "", "", NEWCOMBE, CLOSED, newcombe(*two, job.z)
    if two and job["interval"] == "miettinen-nurminen":
        yield "", "", "bisection of score and interval", FITTED, miettinen_nurminen(*two, job.z)


def miettinen_nurminen(first: tuple[int, int], second: tuple[int, int], z: float) -> dict[str, float]:
    """Miettinen & Nurminen 1985: the differences whose score statistic is z, the rates under each where the likelihood's slope is 0."""
    (x, n), (y, m) = first, second
    seen = x / n - y / m

    def apart(d: float) -> float:
        low, high = max(0.0, -d), min(1.0, 1 - d)  # of the second rate
        q = solved(lambda q: -_slope(x, n, q + d) - _slope(y, m, q), 0.0, low, high)
        p = min(max(q + d, 0.0), 1.0)
        variance = (p * (1 - p) / n + q * (1 - q) / m) * (n + m) / (n + m - 1)
        return (d - seen) / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, d - seen)

    low = solved(apart, -z, -1.0, seen) if seen > -1 else -1.0
    high = solved(apart, z, seen, 1.0) if seen < 1 else 1.0
    return {"estimate": seen, "ci_low": low, "ci_high": high}


def _slope(x: int, n: int, p: float) -> float:
    """Of the log likelihood of x of n at a rate p."""
    up = (x / p if p > 0 else math.inf) if x else 0.0
    return up - ((n - x) / (1 - p) if p < 1 else math.inf) if n > x else up


def risk_ratio(job: Job) -> Iterator[Found]:
    if job["stratum"] == "true":
        yield from within_strata(job, ratio=True)
        return
    found, two = two_proportions(job)
    yield from found
    if two and all(x for x, _ in two):
        (x, n), (y, m) = two
        ratio, reach = (x * m) / (n * y), math.exp(job.z * math.sqrt(1 / x - 1 / n + 1 / y - 1 / m))
        yield "", "", COUNTED, CLOSED, {"risk_ratio": ratio, "ci_low": ratio / reach, "ci_high": ratio * reach}


def toxicity(job: Job) -> Iterator[Found]:
    people, events = ([row for row in job.rows if ("set" in row["@"]) is whole] for whole in (True, False))
    groups, named = job.named("group"), list(dict.fromkeys(["any_event", *(row["set"] for row in events)]))
    two: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for group in [*groups, ""]:
        size = sum(not group or row["group"] == group for row in people)
        yield group, "", COUNTED, CLOSED, {"N": size}
        for name in named:
            mine = [row for row in events if row["set"] == name and (not group or row["group"] == group)]
            grades: dict[str, list[float]] = {row["x"]: [] for row in mine}
            for row in mine:
                grades[row["x"]] += numbers([row], "y")
            worst = [max(all_of_one) for all_of_one in grades.values() if all_of_one]
            severe = sum(grade >= float(job["severe"]) for grade in worst)
            yield group, name, COUNTED, CLOSED, {
                "n": len(grades), "occurrences": len(mine), "severe": severe, "ungraded": len(grades) - len(worst),
                **{f"grade_{grade}": worst.count(grade) for grade in range(1, 6)},
            }  # fmt: skip
            if size:
                yield group, name, COUNTED, CLOSED, {"percent": len(grades) / size, "severe_percent": severe / size}
            if job["related"] == "true":
                yield group, name, COUNTED, CLOSED, {"related": len({row["x"] for row in mine if row["level"] == "1"})}
            two[name] += [(len(grades), size)] if group else []
    for name, pair in two.items():
        if len(pair) == 2 and all(n for _, n in pair):
            yield "", name, NEWCOMBE, CLOSED, newcombe(*pair[::-1], job.z)
            if job["p_values"] == "true":
                yield "", name, TABLES, EXACT, {"p_value": fisher(*pair[::-1], "two-sided")}


def combinations(job: Job) -> Iterator[Found]:
    known = [row["level"] for row in job.rows if "level" not in row["@"]]
    yield "", "", COUNTED, CLOSED, {"N": len(known), "missing": len(job.rows) - len(known)}
    for level, n in Counter(known).items():
        yield "", level, COUNTED, CLOSED, {"n": n, "percent": n / len(known)}
    for name in job.named("set"):
        n = sum(name in level.split("+") for level in known)
        yield "", f"set={name}", COUNTED, CLOSED, {"n": n, **({"percent": n / len(known)} if known else {})}


def crosstab(job: Job) -> Iterator[Found]:
    sets, levels = job.named("set"), job.named("level")
    unknown = any("level" in row["@"] for row in job.rows if row["set"] == sets[0])

    def line(group: str, rows: Sequence[Row]) -> Iterator[Found]:
        counts = Counter(row["level"] for row in rows if "level" not in row["@"])
        gone = {"missing": len(rows) - counts.total()} if unknown else {}
        yield group, "", COUNTED, CLOSED, {"N": len(rows), **gone}
        for level in levels:
            yield group, level, COUNTED, CLOSED, {"n": counts[level]}

    yield from line("", [row for row in job.rows if row["set"] == sets[0]])
    for name in sets:
        rows = [row for row in job.rows if row["set"] == name]
        for group in job.named("group", name):
            yield from line(f"{name}={group}", [row for row in rows if row["group"] == group])
        if without := [row for row in rows if not row["group"]]:
            yield from line(name, without)


def number_needed(job: Job) -> Iterator[Found]:
    """Altman 1998: the reciprocal of the difference and of its limits, for each direction that they leave open."""
    rows = list(_two_risks(job))
    yield from rows
    found = {name: value for _, level, _, _, of in rows if level for name, value in of.items()}
    if "ci_low" not in found:
        return
    d, low, high = found["estimate"], found["ci_low"], found["ci_high"]
    for level, (value, less, more) in (("one_more", (d, low, high)), ("one_fewer", (-d, -high, -low))):
        if more > 0:
            yield "", level, NEWCOMBE, CLOSED, {
                "number_needed": 1 / value if value > 0 else math.inf if value == 0 else math.nan,
                "ci_low": 1 / more, "ci_high": 1 / less if less > 0 else math.inf,
            }  # fmt: skip


def _two_risks(job: Job) -> Iterator[Found]:
    """The counts of two groups, and the difference of their risks, within strata if there are any."""
    if job["stratum"] == "true":
        yield from within_strata(job, ratio=False, level="risk_difference")
        return
    found, two = two_proportions(job)
    yield from found
    if two:
        yield "", "risk_difference", NEWCOMBE, CLOSED, newcombe(*two, job.z)
