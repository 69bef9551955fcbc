"""Time to event: estimates at the times of the plan."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction

from .arithmetic import Curve, Row
from .job import CLOSED, COUNTED, FRACTIONS, PAIRS, Found, Job


def kaplan_meier(job: Job, happens: Callable[[Row], bool] = lambda row: float(row["event"]) == 1) -> Iterator[Found]:
    """Estimates with limits on the scale of log(-log), at the plan's times."""
    for group, rows in job.groups():
        curve = Curve(rows, happens)
        if not curve.people:
            continue
        middle = next((time for time, survival, _ in curve.steps if survival <= Fraction(1, 2)), math.nan)
        on = next((later for (_, survival, _), (later, *_) in zip(curve.steps, curve.steps[1:], strict=False) if survival == Fraction(1, 2)), None)  # fmt: skip
        yield group, "", FRACTIONS, CLOSED, {"n": len(curve.people), "events": curve.events}
        if not any(survival == Fraction(1, 2) for _, survival, _ in curve.steps) or on is not None:
            yield group, "", FRACTIONS, CLOSED, {"median": (middle + on) / 2 if on is not None else middle}
        for at in job.times:
            level, time = f"{at}_{job['unit']}", float(at)
            yield group, level, COUNTED, CLOSED, {"n_at_risk": curve.at_risk(time)}
            if time > curve.last:
                continue
            survival, spread = curve.at(time)
            yield group, level, FRACTIONS, CLOSED, {"estimate": survival}
            if job["transform"] == "log-log" and spread and 0 < survival < 1:
                reach = math.exp(job.z * math.sqrt(spread) / -math.log(survival))
                yield group, level, FRACTIONS, CLOSED, {"ci_low": survival**reach, "ci_high": survival ** (1 / reach)}


def follow_up(job: Job) -> Iterator[Found]:
    """Censoring as the event."""
    yield from kaplan_meier(job, lambda row: float(row["event"]) == 0)


def survival_difference(job: Job) -> Iterator[Found]:
    """Greenwood's limits, without a transformation."""
    curves = []
    for group, rows in job.groups():
        curve = Curve(rows, lambda row: float(row["event"]) == 1)
        yield group, "", COUNTED, CLOSED, {"n": len(curve.people), "events": curve.events}
        curves += [curve] if curve.people else []
    for at in job.times if len(curves) == 2 else ():
        (a, va), (b, vb) = (curve.at(float(at)) for curve in curves)
        if float(at) <= min(curve.last for curve in curves) and va is not None and vb is not None:
            half = job.z * math.sqrt(a * a * va + b * b * vb)
            of = {"estimate": b - a, "ci_low": b - a - half, "ci_high": b - a + half}
            yield "", f"{at}_{job['unit']}", FRACTIONS, CLOSED, of


def concordance_index(job: Job) -> Iterator[Found]:
    """Every pair by itself; Harrell's index alone."""
    rows = [row for row in job.rows if not row["@"] & {"x", "time", "event"}]
    yield "", "", COUNTED, CLOSED, {"n": len(rows), "events": sum(float(row["event"]) for row in rows)}
    if job["weights"] != "harrell" or len(rows) ** 2 > PAIRS:
        return
    until = float(job["until"]) or math.inf
    people = [(float(row["time"]), float(row["event"]) == 1, float(row["x"])) for row in rows]
    firsts = [one for one in people if one[1] and one[0] <= until]
    pairs = [(a, b) for a in firsts for b in people if b[0] > a[0] or (b[0] == a[0] and not b[1])]
    if pairs:
        agree = sum(Fraction(a[2] > b[2]) + Fraction(a[2] == b[2], 2) for a, b in pairs)
        yield "", "", COUNTED, CLOSED, {"pairs": len(pairs), "estimate": float(agree / len(pairs))}


def cumulative_incidence(job: Job) -> Iterator[Found]:
    """Aalen and Johansen 1978: of each time the share of those still free of any event who have this one."""
    cause = float(job["cause"])
    for group, rows in job.groups():
        curve = Curve(rows, lambda row: float(row["event"]) > 0)
        whole = [row for row in rows if not row["@"] & {"time", "event"}]
        when = Counter(float(row["time"]) for row in whole if float(row["event"]) == cause)
        if not curve.people or len(whole) != len(curve.people):
            continue
        of = {"n": len(curve.people), "events": when.total(), "competing_events": curve.events - when.total()}
        yield group, job["cause_name"], COUNTED, CLOSED, of
        for at in job.times if when else ():
            if float(at) > curve.last:
                continue
            free, total = Fraction(1), Fraction(0)
            for time, after, _ in curve.steps:
                if time <= float(at):
                    total, free = total + free * Fraction(when[time], curve.at_risk(time)), after
            yield (
                group,
                f"{at}_{job['unit']}",
                FRACTIONS,
                CLOSED,
                {"estimate": float(total), "n_at_risk": curve.at_risk(float(at))},
            )
