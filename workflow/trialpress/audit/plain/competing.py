"""Competing risks: cumulative incidence and conditional probability, with the infinitesimal jackknife by its definition."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from .arithmetic import Row
from .hazards import followed, limits
from .job import CLOSED, COUNTED, FITTED, FRACTIONS, Found, Job

TINY = 1e-20
PRODUCTS = "products over the event times, each participant's weight varied"
MOST = 2 * 10**6  # participants times event times


class One(NamedTuple):
    entry: float
    time: float
    cause: int


class Risks:
    """Who is at risk and has an event at each time. A participant's weight is varied by an imaginary number: what that adds to a result
    is its derivative, without rounding."""

    def __init__(self, people: Sequence[One]):
        self.people, self.last = people, max(one.time for one in people)
        self.when = Counter((one.time, one.cause) for one in people if one.cause)
        self.times = sorted({time for time, _ in self.when})
        entries, ends = sorted(one.entry for one in people), sorted(one.time for one in people)
        self.at_risk = {t: bisect_left(entries, t) - bisect_left(ends, t) for t in self.times}
        self.causes = sorted({cause for _, cause in self.when})

    def by(self, at: float, cause: int, varied: One | None = None) -> complex:
        """Aalen and Johansen 1978: the share with the cause by a time."""
        free, total = 1 + 0j, 0j
        for t in self.times:
            if t > at:
                break
            n: complex = self.at_risk[t]
            d = {c: self.when[t, c] + 0j for c in self.causes}
            if varied and varied.entry < t <= varied.time:
                n += TINY * 1j
                if varied.time == t and varied.cause:
                    d[varied.cause] += TINY * 1j
            total += free * d.get(cause, 0j) / n
            free *= 1 - sum(d.values()) / n
        return total

    def error(self, of: Callable[[One | None], complex]) -> float:
        """The root of the sum of squares of what each participant adds."""
        return math.sqrt(math.fsum((of(one).imag / TINY) ** 2 for one in self.people))

    def aalen(self, at: float, cause: int) -> float:
        """Its variance by Aalen 1978 with Gray's correction for ties; it changes at the times of the cause alone."""
        last = max((t for t in self.times if t <= at and self.when[t, cause]), default=-math.inf)
        free, share, total, end = 1.0, 0.0, 0.0, self.by(last, cause).real
        for t in self.times:
            if t > last:
                break
            n, d = self.at_risk[t], self.when[t, cause]
            e = sum(self.when[t, other] for other in self.causes if other != cause)
            before, free = free, free * (1 - (d + e) / n)
            share += before * d / n
            moves = (share - end) / free if free else 0.0
            for k, jump in ((d, 1 + moves), (e, moves)):
                total += (before / n * jump) ** 2 * k * (1 - max(k - 1, 0) / max(n - 1, 1))
        return total

    @property
    def few(self) -> bool:
        return len(self.people) * len(self.times) <= MOST


def risks(job: Job, rows: Sequence[Row]) -> Risks | None:
    inside = followed(Job(job.options, list(rows), job.named))
    late = job["delayed"] == "true"
    people = [
        One(float(row["entry"]) if late else -math.inf, float(row["time"]), int(float(row["event"]))) for row in inside
    ]
    return Risks(people) if people else None


def _counted(job: Job, found: Risks) -> dict[str, int]:
    own = sum(one.cause == int(float(job["cause"])) for one in found.people)
    return {"n": len(found.people), "events": own, "competing_events": sum(one.cause > 0 for one in found.people) - own}


def cumulative_incidence(job: Job) -> Iterator[Found]:
    cause = int(float(job["cause"]))
    for group, rows in job.groups():
        found = risks(job, rows)
        if found is None:
            continue
        yield group, job["cause_name"], COUNTED, CLOSED, _counted(job, found)
        entries, ends = sorted(one.entry for one in found.people), sorted(one.time for one in found.people)
        for at in job.times:
            level, time = f"{at}_{job['unit']}", float(at)
            yield group, level, COUNTED, CLOSED, {"n_at_risk": bisect_left(entries, time) - bisect_left(ends, time)}
            if time > found.last:
                continue
            share = found.by(time, cause).real
            yield group, level, FRACTIONS, CLOSED, {"estimate": share}
            if time < ends[0]:  # nobody's follow-up has ended
                yield group, level, FRACTIONS, CLOSED, {"ci_low": 0.0, "ci_high": 0.0}
            if job["variance"] == "cmprsk":
                error = math.sqrt(found.aalen(time, cause))
            elif found.few:
                error = found.error(lambda one, time=time, found=found: found.by(time, cause, one))
            else:
                continue
            if 0 < share < 1 and error:
                yield group, level, PRODUCTS, FITTED, limits(job["transform"], share, (error / share) ** 2, job.z)


def conditional_probability(job: Job) -> Iterator[Found]:
    """Pepe and Mori 1993."""
    cause, at = int(float(job["cause"])), float(job["time"])
    for group, rows in job.groups():
        found = risks(job, rows)
        if found is None:
            continue
        yield group, job["cause_name"], COUNTED, CLOSED, _counted(job, found)
        others = [other for other in found.causes if other != cause]

        def of(varied: One | None = None, found: Risks = found, others: Sequence[int] = others) -> complex:
            return found.by(at, cause, varied) / (1 - sum((found.by(at, other, varied) for other in others), 0j))

        lost = sum(found.by(at, other).real for other in others)
        if at > found.last or lost >= 1 - 1e-12:
            continue
        share = of().real
        yield group, job["cause_name"], PRODUCTS, CLOSED, {"estimate": share}
        if found.few:
            error = found.error(of)
            half = job.z * error
            ends = {"ci_low": max(share - half, 0.0), "ci_high": min(share + half, 1.0)}
            yield group, job["cause_name"], PRODUCTS, FITTED, {"std_error": error, **ends}
