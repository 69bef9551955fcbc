"""Exact conditional logistic regression, tipping points and rates that do not fall: by fractions, from their definitions."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction

from .arithmetic import conditional, fisher, numbers
from .counts import two_proportions
from .job import CLOSED, COUNTED, EXACT, FITTED, FRACTIONS, TABLES, Found, Job

MANY = 50_000  # sums, by number of events, that are listed


def _ways(values: Counter[Fraction], events: int) -> dict[Fraction, int] | None:
    """In how many ways each sum is reached by so many of the participants; None of too many."""
    found: dict[tuple[int, Fraction], int] = {(0, Fraction(0)): 1}
    left = values.total()
    for value, size in values.items():
        left -= size
        more: dict[tuple[int, Fraction], int] = defaultdict(int)
        for (used, total), ways in found.items():
            for k in range(max(0, events - used - left), min(size, events - used) + 1):
                more[used + k, total + k * value] += ways * math.comb(size, k)
        if len(more) > MANY:
            return None
        found = more
    return {total: ways for (_, total), ways in found.items()}


def exact_logistic(job: Job) -> Iterator[Found]:
    """Cox 1970: the sum of the covariate over the events, given their number in each stratum."""
    known = [row for row in job.rows if not row["@"] & {"x", "y", *({"level"} if job["stratum"] == "true" else ())}]
    strata: dict[str, list[tuple[Fraction, int]]] = defaultdict(list)
    for row in known:
        strata[row["level"]].append((Fraction(row["x"]), int(float(row["y"]))))
    yield "", "", COUNTED, CLOSED, {"n": len(known), "events": sum(y for rows in strata.values() for _, y in rows)}
    seen, weights = Fraction(0), {Fraction(0): 1}
    for rows in strata.values():
        one = _ways(Counter(x for x, _ in rows), sum(y for _, y in rows))
        if one is None or len(one) * len(weights) > MANY * 10:
            return
        more: dict[Fraction, int] = defaultdict(int)
        for a, n in weights.items():
            for b, m in one.items():
                more[a + b] += n * m
        weights, seen = more, seen + sum(x * y for x, y in rows)
    if len(weights) < 2:
        return
    level, total = job.named("set")[0], sum(weights.values())
    far = sum(ways for ways in weights.values() if ways <= weights[seen])
    yield "", level, TABLES, EXACT, {"p_value": float(Fraction(far, total))}
    values = [x for rows in strata.values() for x, _ in rows]
    unit = max(values) - min(values)  # in units of it coefficients are of one size
    found = conditional({total / unit: ways for total, ways in weights.items()}, seen / unit, job.tail, median=True)
    of = {name: _power(value, unit) for name, value in found.items()}
    yield "", level, "all sums, bisection", FITTED, of


def _power(value: float, unit: Fraction) -> float:
    """The odds ratio per 1 from that per unit."""
    if value in (0, math.inf):
        return value
    log = Fraction(math.log(value)) / unit
    return math.exp(float(log)) if abs(log) < 700 else 0.0 if log < 0 else math.inf


def tipping_point(job: Job) -> Iterator[Found]:
    """From none on, how many of the unknown have to be failures."""
    y = numbers(job.rows, "y")
    n, N, gone = int(sum(y)), len(y), len(job.rows) - len(y)
    yield "", "", COUNTED, CLOSED, {"n": n, "N": N, "missing": gone}
    if not N + gone:
        return
    size, p, limit = N + gone, Fraction(job["rate"]), Fraction(job["plan_alpha"]) / 2
    tail = lambda x: sum(math.comb(size, k) * p**k * (1 - p) ** (size - k) for k in range(x, size + 1))  # noqa: E731
    tips = (failures for failures in range(gone + 1) if tail(n + gone - failures) > limit)
    yield "", "", FRACTIONS, CLOSED, {"tipping_point": next(tips, gone + 1)}


def tipping_point_groups(job: Job) -> Iterator[Found]:
    """Every split of the unknown of both groups."""
    found, two = two_proportions(job)
    yield from found
    if not two:
        return
    (x, n), (y, m) = two
    sizes = [(len(rows), len(numbers(rows, "y"))) for _, rows in job.groups()]
    first, second = (size - known for size, known in sizes if known)
    alpha = float(job["plan_alpha"])
    complete = fisher((x, n), (y, m), "two-sided")
    every = [fisher((x + i, n + second), (y + j, m + first), "two-sided") for i in range(second + 1) for j in range(first + 1)]  # fmt: skip
    same = sum((p <= alpha) is (complete <= alpha) for p in every)
    yield "", "", TABLES, EXACT, {"p_value": complete, "scenarios": len(every), "unchanged": same}


def isotonic(job: Job) -> Iterator[Found]:
    """Barlow et al. 1972, the max-min formula: of a dose the largest, over the doses up to it, of the smallest rate of all from there
    to one that is not below it."""
    known = [(float(row["x"]), int(float(row["y"]))) for row in job.rows if not row["@"] & {"x", "y"}]
    known = [(dose, y) for dose, y in known if dose > 0]
    yield "", "", COUNTED, CLOSED, {"n": sum(y for _, y in known), "N": len(known)}
    doses = sorted({dose for dose, _ in known})
    events, totals = (
        [sum(of(y) for other, y in known if other == dose) for dose in doses] for of in (int, lambda _: 1)
    )
    rate = lambda a, b: Fraction(sum(events[a : b + 1]), sum(totals[a : b + 1]))  # noqa: E731
    for at, dose in enumerate(doses):
        value = max(min(rate(a, b) for b in range(at, len(doses))) for a in range(at + 1))
        yield "", f"{dose:.10g}", FRACTIONS, CLOSED, {"estimate": float(value)}
