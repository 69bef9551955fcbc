"""Resampling and permutation, drawn again with the plan's seed: blocks of a thousand, each with a child of the seed of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from statistics import NormalDist, stdev

from .arithmetic import Row
from .generator import MOST, Generator
from .hazards import followed, ratios
from .job import CLOSED, COUNTED, EXACT, FRACTIONS, Found, Job
from .models import Person

BLOCK = 1000
DRAWN = "the same numbers at random by a generator of its own"
NORMAL = NormalDist()


def statistic(sample: Sequence, mean: bool) -> Fraction:
    """Mean or median."""
    if mean:
        return Fraction(sum(sample), len(sample))
    ordered, half = sorted(sample), len(sample) // 2
    return Fraction(ordered[half] + ordered[-half - 1], 2)


class Whole:
    """The mean or median of a sample, or of two its difference, second less first; in whole numbers of one unit, so that what is
    equal is equal."""

    def __init__(self, samples: list[list[Fraction]], mean: bool):
        unit = math.lcm(*(value.denominator for sample in samples for value in sample))
        self.samples, self.mean = [[int(value * unit) for value in sample] for sample in samples], mean
        sizes = [len(sample) if mean else 2 for sample in samples]
        self.weights, self.unit = [math.prod(sizes) // size for size in sizes], unit * math.prod(sizes)

    def of(self, *samples: list[int]) -> int:
        """In units."""
        parts = []
        for weight, sample in zip(self.weights, samples, strict=True):
            if self.mean:
                parts.append(weight * sum(sample))
            else:
                ordered, half = sorted(sample), len(sample) // 2
                parts.append(weight * (ordered[half] + ordered[-half - 1]))
        return parts[0] if len(parts) == 1 else parts[1] - parts[0]

    def value(self, units: int) -> float:
        return float(Fraction(units, self.unit))


def exact(rows: Sequence[Row]) -> list[Fraction]:
    return [Fraction(row["y"]) for row in rows if "y" not in row["@"]]


def blocks(job: Job) -> Iterator[tuple[Generator, int]]:
    """(generator, size) of each block."""
    many = int(float(job["resamples"]))
    for at, first in enumerate(range(0, many, BLOCK)):
        yield Generator(int(job["seed"]), at), min(BLOCK, many - first)


def too_many(job: Job, n: int, times: str = "resamples") -> bool:
    return int(float(job[times])) * n > MOST


def _resampled(job: Job, whole: Whole) -> list[int]:
    """Every resample's statistic: in each block those of the second sample are drawn first."""
    found = []
    for generator, size in blocks(job):
        drawn = []
        for sample in reversed(whole.samples):
            n = len(sample)
            drawn.append([[sample[generator.below(n)] for _ in range(n)] for _ in range(size)])
        found += [whole.of(*samples) for samples in zip(*reversed(drawn), strict=True)]
    return found


def _interval(job: Job, samples: list[list[Fraction]], mean: bool) -> dict[str, float]:
    """Efron and Tibshirani 1993: percentiles of the resamples, for BCa corrected for bias and acceleration."""
    whole = Whole(samples, mean)
    seen = whole.of(*whole.samples)
    said = {"estimate": whole.value(seen)}
    if too_many(job, sum(map(len, samples))):
        return said
    found = sorted(_resampled(job, whole))
    below = Fraction(sum(one < seen for one in found) + sum(one <= seen for one in found), 2 * len(found))
    if found[0] == found[-1] or (job["interval"] == "bca" and below in (0, 1)):
        return said
    shares = [job.tail, 1 - job.tail]
    if job["interval"] == "bca":
        bias, a = NORMAL.inv_cdf(float(below)), _acceleration(samples, mean)
        shares = [NORMAL.cdf(bias + z / (1 - a * z)) for z in (bias - job.z, bias + job.z)]
    ends = []
    for share in shares:
        place = share * (len(found) - 1)
        at = min(int(place), len(found) - 2)
        ends.append(whole.value(found[at]) + (place - at) * whole.value(found[at + 1] - found[at]))
    return said | {"standard_error": stdev(map(whole.value, found)), "ci_low": ends[0], "ci_high": ends[1]}


def _acceleration(samples: list[list[Fraction]], mean: bool) -> float:
    """From what leaving out each participant does, of several samples as DiCiccio and Efron 1996 (its sign is that of the last)."""
    pulls = []
    for at, sample in enumerate(samples):
        n, sign = len(sample), 1 if at == len(samples) - 1 else -1
        without = [sign * statistic(sample[:i] + sample[i + 1 :], mean) for i in range(n)]
        middle = sum(without) / n
        pulls += [(middle - one) * (n - 1) / n for one in without]
    squares = sum(one * one for one in pulls)
    return float(sum(one**3 for one in pulls)) / (6 * float(squares) ** 1.5) if squares else 0.0


def _bootstrapped(job: Job, mean: bool, name: str) -> Iterator[Found]:
    known = []
    for group, rows in job.groups():
        y = exact(rows)
        yield group, "", COUNTED, CLOSED, {name: len(y)}
        known += [y] if y else []
        if len(y) > 1:
            yield group, "", DRAWN, EXACT, _interval(job, [y], mean)
    if len(job.named("group")) > 1 and len(known) == 2 and min(map(len, known)) > 1:
        yield "", "", DRAWN, EXACT, _interval(job, known, mean)


def bootstrap(job: Job) -> Iterator[Found]:
    yield from _bootstrapped(job, job["statistic"] == "mean", "n")


def bootstrap_proportion(job: Job) -> Iterator[Found]:
    yield from _bootstrapped(job, True, "N")


def _p_value(extreme: int, times: int) -> tuple[float, float]:
    """With the allocation that was seen among them (Phipson and Smyth 2010), and the standard error of the drawing."""
    p = (extreme + 1) / (times + 1)
    return p, math.sqrt(p * (1 - p) / times)


def permutation_test(job: Job) -> Iterator[Found]:
    known = []
    for group, rows in job.groups():
        y = exact(rows)
        yield group, "", COUNTED, CLOSED, {"n": len(y)}
        known += [y] if y else []
    if len(known) != 2:
        return
    whole = Whole(known, job["statistic"] == "mean")
    seen, (first, second) = whole.of(*whole.samples), whole.samples
    yield "", "", FRACTIONS, CLOSED, {"estimate": whole.value(seen)}
    if too_many(job, len(first) + len(second)):
        return
    values, extreme = first + second, 0
    for generator, size in blocks(job):
        for _ in range(size):
            label = [False] * len(first) + [True] * len(second)
            generator.order(label)
            parts = [
                [x for x, is_second in zip(values, label, strict=True) if is_second is side] for side in (False, True)
            ]
            extreme += abs(whole.of(*parts)) >= abs(seen)
    p, error = _p_value(extreme, int(float(job["resamples"])))
    yield "", "", DRAWN, EXACT, {"p_value": p, "standard_error": error}


def permutation_log_rank(job: Job) -> Iterator[Found]:
    """The scores are events less the cumulative hazard (Nelson and Aalen) at the end; all replicates are of one generator."""
    rows = followed(job, "group")
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    times = [(float(row["time"]), float(row["event"]) == 1) for row in rows]
    if len(groups) < 2 or not any(event for _, event in times):
        return
    hazard, at = {}, 0.0
    for time in sorted({time for time, _ in times}):
        at += sum(event for when, event in times if when == time) / sum(when >= time for when, _ in times)
        hazard[time] = at
    score = [event - hazard[time] for time, event in times]
    sizes = [sum(row["group"] == group for row in rows) for group in groups]
    ends = [0]
    for size in sizes:
        ends.append(ends[-1] + size)

    def squares(scores: list[float]) -> float:
        return sum(sum(scores[a:b]) ** 2 / (b - a) for a, b in zip(ends, ends[1:], strict=False))

    seen = squares([one for group in groups for one, row in zip(score, rows, strict=True) if row["group"] == group])
    yield "", "", "sums of scores", CLOSED, {"statistic": seen}
    yield from ratios(job, groups, [Person(-math.inf, time, event, [float(groups.index(row["group"]))])
                                    for (time, event), row in zip(times, rows, strict=True)])  # fmt: skip
    if too_many(job, len(score), "replicates"):
        return
    least = seen - 1e-9 * sum(one * one for one in score) / len(score)  # equal but for rounding
    many, extreme, generator = int(float(job["replicates"])), 0, Generator(int(job["seed"]))
    for _ in range(many):
        allotted = list(score)
        generator.order(allotted)
        extreme += squares(allotted) >= least
    p, error = _p_value(extreme, many)
    yield "", "", DRAWN, EXACT, {"p_value": p, "std_error": error}
