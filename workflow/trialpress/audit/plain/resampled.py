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
from .models import Person, inverse

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
        without = [sign * one for one in _without_each(sample, mean)]
        middle = sum(without) / n
        pulls += [(middle - one) * (n - 1) / n for one in without]
    squares = sum(one * one for one in pulls)
    return float(sum(one**3 for one in pulls)) / (6 * float(squares) ** 1.5) if squares else 0.0


def _without_each(sample: list[Fraction], mean: bool) -> list[Fraction]:
    """Mean or median of a sample without each of its values."""
    if mean:
        whole = sum(sample)
        return [(whole - one) / Fraction(len(sample) - 1) for one in sample]
    order, known = sorted(range(len(sample)), key=sample.__getitem__), {}
    ordered, half, without = sorted(sample), len(sample) // 2, [Fraction(0)] * len(sample)
    for place, at in enumerate(order):
        left = place < half, place == half  # the middle is the same for all with the same answers
        if left not in known:
            known[left] = statistic(ordered[:place] + ordered[place + 1 :], False)
        without[at] = known[left]
    return without


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
    """The scores are events less the cumulative hazard (Nelson and Aalen) at the end, in each stratum its own; all replicates are of
    one generator, which draws those of a block in one stratum after the other."""
    rows = [row for row in followed(job, "group") if "x" not in row["@"] or job["stratum"] != "true"]
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    if len(groups) < 2 or not any(float(row["event"]) == 1 for row in rows):
        return
    places = sorted({row["x"] for row in rows}, key=float) if job["stratum"] == "true" else [""]
    strata = [[row for row in rows if row["x"] == place or not place] for place in places]
    people = [Person(-math.inf, float(row["time"]), float(row["event"]) == 1, [float(groups.index(row["group"]))], str(at))
              for at, part in enumerate(strata) for row in part]  # fmt: skip
    yield from ratios(job, groups, people)
    scores, sizes = (
        [_scores(part) for part in strata],
        [[sum(row["group"] == g for row in part) for g in groups] for part in strata],
    )
    k = len(groups)
    V = [[0.0] * k for _ in groups]
    for score, n in zip(scores, sizes, strict=True):
        spread = math.fsum(one * one for one in score) / max(1, len(score) - 1)
        for a in range(k):
            for b in range(k):
                V[a][b] += spread * ((n[a] if a == b else 0) - n[a] * n[b] / len(score))
    if max(map(max, V)) <= 1e-12 * math.fsum(one * one for score in scores for one in score):
        return
    root = generalised(V)
    form = lambda sums: math.fsum(sums[a] * root[a][b] * sums[b] for a in range(k) for b in range(k))  # noqa: E731
    own = [math.fsum(one for score, part in zip(scores, strata, strict=True) for one, row in zip(score, part, strict=True) if row["group"] == g)
           for g in groups]  # fmt: skip
    seen = form(own)
    yield "", "", "sums of scores", CLOSED, {"statistic": seen}
    if too_many(job, len(rows), "replicates"):
        return
    many, extreme, generator = int(float(job["replicates"])), 0, Generator(int(job["seed"]))
    block = max(1, 2_000_000 // len(rows))
    for first in range(0, many, block):
        sums = [[0.0] * k for _ in range(min(block, many - first))]
        for score, n in zip(scores, sizes, strict=True):
            for one in sums:
                allotted, at = list(score), 0
                generator.order(allotted)
                for group, size in enumerate(n):
                    one[group] += sum(allotted[at : at + size])
                    at += size
        extreme += sum(form(one) >= seen - 1e-9 * max(seen, 1.0) for one in sums)  # equal but for rounding
    p, error = _p_value(extreme, many)
    yield "", "", DRAWN, EXACT, {"p_value": p, "std_error": error}


def _scores(rows: Sequence[Row]) -> list[float]:
    times = [(float(row["time"]), float(row["event"]) == 1) for row in rows]
    hazard, at = {}, 0.0
    for time in sorted({time for time, _ in times}):
        at += sum(event for when, event in times if when == time) / sum(when >= time for when, _ in times)
        hazard[time] = at
    return [event - hazard[time] for time, event in times]


def generalised(V: list[list[float]]) -> list[list[float]]:
    """An inverse of the largest part that has one, by elimination; 0 elsewhere. Whatever the part, the quadratic form is the same."""
    k, kept = len(V), []
    size = max(map(max, V))
    for at in range(k):
        trial = [*kept, at]
        if _pivot([[V[a][b] / size for b in trial] for a in trial]) > 1e-9:
            kept = trial
    found, part = [[0.0] * k for _ in V], inverse([[V[a][b] for b in kept] for a in kept])
    for i, a in enumerate(kept):
        for j, b in enumerate(kept):
            found[a][b] = part[i][j]
    return found


def _pivot(A: list[list[float]]) -> float:
    """The last pivot of elimination."""
    A = [list(row) for row in A]
    for at in range(len(A) - 1):
        for below in range(at + 1, len(A)):
            factor = A[below][at] / A[at][at]
            A[below] = [x - factor * y for x, y in zip(A[below], A[at], strict=True)]
    return A[-1][-1]
