"""Regression on the subdistribution hazard, within strata if there are any, in plain Python: every weight by itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .arithmetic import Row
from .hazards import followed
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import Matrix, Vector, dot, maximum
from .regression import NEWTON, RUNAWAY, ratio, spread, wide

MOST = 2 * 10**5  # participants times event times


class Follow(NamedTuple):
    """Follow-up that ends with the event of interest (1), one that competes with it (2) or neither (0)."""

    time: float
    kind: int
    x: Vector
    stratum: str = ""


@dataclass(frozen=True)
class Stratum:
    """times: of events; weight: of each participant at each of them (Fine & Gray 1999)."""

    people: list[Follow]
    times: list[float]
    weight: Matrix

    @classmethod
    def of(cls, people: list[Follow]) -> Stratum:
        leaving = sorted({one.time for one in people if not one.kind})
        steps, left = [], 1.0
        for time in leaving:
            at_risk = sum(one.time >= time for one in people)
            left *= 1 - sum(one.time == time and not one.kind for one in people) / at_risk
            steps.append((time, left))

        def uncensored(time: float) -> float:
            """Before a time (Kaplan-Meier)."""
            past = [share for when, share in steps if when < time]
            return past[-1] if past else 1.0

        times = sorted({one.time for one in people if one.kind == 1})
        ahead, own = (
            [uncensored(time) for time in times],
            [uncensored(one.time) if one.kind == 2 else 0.0 for one in people],
        )
        weight = [
            [1.0 if one.time >= time else g / mine if mine else 0.0 for time, g in zip(times, ahead, strict=True)]
            for one, mine in zip(people, own, strict=True)
        ]
        return cls(people, times, weight)

    def sums(self, b: Vector, at: int) -> tuple[float, Vector, Matrix]:
        """Sums over who is at risk at an event time: of the relative risk, of it times x, and times x x'."""
        p, s0 = len(b), 0.0
        s1, s2 = [0.0] * p, [[0.0] * p for _ in b]
        for one, weight in zip(self.people, self.weight, strict=True):
            if weight[at]:
                r = weight[at] * math.exp(dot(b, one.x))
                s0 += r
                for i in range(p):
                    s1[i] += r * one.x[i]
                    for j in range(i + 1):
                        s2[i][j] += r * one.x[i] * one.x[j]
        return s0, s1, [[s2[max(i, j)][min(i, j)] for j in range(p)] for i in range(p)]

    def events(self, at: int) -> list[Follow]:
        return [one for one in self.people if one.kind == 1 and one.time == self.times[at]]

    def residuals(self, b: Vector) -> list[Vector]:
        """What each participant adds to the score, with what the estimate of the censoring adds."""
        p, means, hazards = range(len(b)), [], []
        for at in range(len(self.times)):
            s0, s1, _ = self.sums(b, at)
            means.append([value / s0 for value in s1])
            hazards.append(len(self.events(at)) / s0)
        found, risks = [], [math.exp(dot(b, one.x)) for one in self.people]
        for one, risk, weight in zip(self.people, risks, self.weight, strict=True):
            mine = [0.0 for _ in p]
            for time, mean, hazard, w in zip(self.times, means, hazards, weight, strict=True):
                share = (one.kind == 1 and one.time == time) - risk * w * hazard
                mine = [value + share * (one.x[i] - mean[i]) for i, value in enumerate(mine)]
            found.append(mine)
        for time in {one.time for one in self.people if not one.kind}:
            at_risk = sum(one.time >= time for one in self.people)
            gone = sum(one.time == time and not one.kind for one in self.people)
            owed = [0.0 for _ in p]
            for one, risk, weight in zip(self.people, risks, self.weight, strict=True):
                if one.time < time:
                    for at, when in enumerate(self.times):
                        if when >= time:
                            owed = [
                                o + risk * weight[at] * hazards[at] * (one.x[i] - means[at][i])
                                for i, o in enumerate(owed)
                            ]
            for i, one in enumerate(self.people):
                share = (one.time == time and not one.kind) - (one.time >= time) * gone / at_risk
                found[i] = [value + share * o / at_risk for value, o in zip(found[i], owed, strict=True)]
        return found


def subhazards(people: Sequence[Follow]) -> tuple[Vector, Vector] | None:
    """(coefficients, robust errors); None where there is no maximum, or too much to sum one by one."""
    strata = [
        Stratum.of([one for one in people if one.stratum == name])
        for name in dict.fromkeys(one.stratum for one in people)
    ]
    strata = [one for one in strata if one.times]
    if not strata or sum(len(one.people) * len(one.times) for one in strata) > MOST:
        return None
    p = len(people[0].x)

    def likelihood(b: Vector) -> tuple[float, Vector, Matrix]:
        value, score, information = 0.0, [0.0] * p, [[0.0] * p for _ in range(p)]
        for one in strata:
            for at in range(len(one.times)):
                dying, (s0, s1, s2) = one.events(at), one.sums(b, at)
                d, mean = len(dying), [v / s0 for v in s1]
                value += math.fsum(dot(b, who.x) for who in dying) - d * math.log(s0)
                for i in range(p):
                    score[i] += math.fsum(who.x[i] for who in dying) - d * mean[i]
                    for j in range(p):
                        information[i][j] += d * (s2[i][j] / s0 - mean[i] * mean[j])
        return value, score, information

    fit = maximum(likelihood, p)
    columns = list(zip(*(one.x for one in people), strict=True))
    if fit is None or any(abs(b) * spread(column) > RUNAWAY for b, column in zip(fit.b, columns, strict=True)):
        return None
    moved = [[dot(row, own) for row in fit.V] for one in strata for own in one.residuals(fit.b)]
    errors = [math.sqrt(math.fsum(own[i] ** 2 for own in moved)) for i in range(p)]
    return (fit.b, errors) if all(error > 0 for error in errors) else None


def _kind(row: Row, job: Job) -> int:
    return (
        0
        if float(row["event"]) == 0
        else 1
        if row["event"] == job["cause"] or float(row["event"]) == float(job["cause"])
        else 2
    )


def _counts(kinds: list[int]) -> dict[str, int]:
    return {"events": kinds.count(1), "competing_events": kinds.count(2)}


def fine_gray(job: Job) -> Iterator[Found]:
    """Zhou et al. 2011 within strata."""
    strata = job["stratum"] == "true"
    base = [row for row in job.rows if row["set"] == job.named("set")[0]]
    w = wide(job, base, {"time", "event", *({"x"} if strata else ())}, centred=False)
    kinds = [_kind(row, job) for row in w.rows]
    yield "", "", COUNTED, CLOSED, {"n": len(kinds)}
    if kinds and w.ids:
        yield "", job["cause_name"], COUNTED, CLOSED, _counts(kinds)
        centre = [math.fsum(column) / len(kinds) for column in zip(*w.X, strict=True)]
        people = [
            Follow(
                float(row["time"]), kind, [a - b for a, b in zip(x, centre, strict=True)], row["x"] if strata else ""
            )
            for row, kind, x in zip(w.rows, kinds, w.X, strict=True)
        ]
        found = subhazards(people)
        for j, name in enumerate(w.ids if found else ()):
            yield "", name, NEWTON, FITTED, ratio("hazard_ratio", found[0][j], found[1][j], job.z)


def gray(job: Job) -> Iterator[Found]:
    """How many have the event and its competitors, and the ratios of subdistribution hazards; the test needs R."""
    strata = job["stratum"] == "true"
    rows = followed(job, "group", *(["x"] if strata else []))
    kinds = [_kind(row, job) for row in rows]
    yield "", "", COUNTED, CLOSED, {"n": len(rows), **_counts(kinds)}
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    if len(groups) < 2:
        return
    people = [
        Follow(
            float(row["time"]), kind, [float(row["group"] == group) for group in groups[1:]], row["x"] if strata else ""
        )
        for row, kind in zip(rows, kinds, strict=True)
    ]
    found = subhazards(people)
    for j, group in enumerate(groups[1:] if found else ()):
        said = ratio("hazard_ratio", found[0][j], found[1][j], job.z)
        said.pop("p_value")
        yield "", f"{job['by']}={group}", NEWTON, FITTED, said
