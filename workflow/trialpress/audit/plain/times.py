"""Time to event: estimates at the times of the plan."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from .arithmetic import Curve, Row
from .hazards import CERTAIN, across, apart, limits
from .job import CLOSED, COUNTED, EXACT, FRACTIONS, PAIRS, Found, Job
from .tails import garwood, z_above

TIE = 1e-9


def happens(row: Row) -> bool:
    return float(row["event"]) == 1


def kaplan_meier(job: Job, happens: Callable[[Row], bool] = happens) -> Iterator[Found]:
    """Estimates with limits on the scale of log(-log), at the plan's times."""
    for group, rows in job.groups():
        curve = Curve(rows, happens)
        if not curve.people:
            yield group, "", COUNTED, CLOSED, {"n": 0}
            continue
        middle = next((time for time, survival, _ in curve.steps if survival <= Fraction(1, 2)), math.nan)
        on = next((later for (_, survival, _), (later, *_) in zip(curve.steps, curve.steps[1:], strict=False) if survival == Fraction(1, 2)), None)  # fmt: skip
        yield group, "", FRACTIONS, CLOSED, {"n": len(curve.people), "events": curve.events}
        yield group, "", FRACTIONS, CLOSED, {"median": (middle + on) / 2 if on is not None else middle}
        yield group, "", FRACTIONS, CLOSED, _ends(curve, job)
        for at in job.times:
            level, time = f"{at}_{job['unit']}", float(at)
            yield group, level, COUNTED, CLOSED, {"n_at_risk": curve.at_risk(time)}
            if time > curve.last:
                continue
            survival, spread = curve.at(time)
            ends = limits(job["transform"], survival, spread, job.z) if time >= curve.ends[0] else CERTAIN
            yield group, level, FRACTIONS, CLOSED, {"estimate": survival, **ends}


def crossing(curve: Sequence[tuple[float, float]], share: float) -> float:
    """Where a falling curve of (time, value) reaches a share: in the middle of where it stays at it."""
    reached = [time for time, value in curve if value <= share + TIE]
    below = [time for time, value in curve if value < share - TIE]
    if not reached:
        return math.nan
    return (reached[0] + below[0]) / 2 if below else reached[0]


def survival_quantiles(job: Job) -> Iterator[Found]:
    """Brookmeyer & Crowley 1982."""
    for group, rows in job.groups():
        curve = Curve(rows, happens)
        if not curve.people:
            yield group, "", COUNTED, CLOSED, {"n": 0}
            continue
        yield group, "", COUNTED, CLOSED, {"n": len(curve.people), "events": curve.events}
        ends = [(time, limits(job["transform"], float(value), None if spread is None else float(spread), job.z)) for time, value, spread in curve.steps]  # fmt: skip
        for text in job["quantiles"].split(";"):
            share = 1 - float(text)
            of = {"estimate": crossing([(time, float(value)) for time, value, _ in curve.steps], share)}
            of |= {
                key: crossing([(time, both[key]) for time, both in ends if both], share)
                for key in ("ci_low", "ci_high")
            }
            yield group, f"{100 * float(text):.15g}_percent", FRACTIONS, CLOSED, of


def _ends(curve: Curve, job: Job) -> dict[str, float]:
    """Limits of the median: where the limits of the curve come below one half (Brookmeyer & Crowley 1982)."""
    found = {"ci_low": math.nan, "ci_high": math.nan}
    for time, survival, spread in reversed(curve.steps):
        of = limits(job["transform"], float(survival), None if spread is None else float(spread), job.z)
        found |= {key: time for key in of if of[key] < 0.5}
    return found


def follow_up(job: Job) -> Iterator[Found]:
    """Censoring as the event."""
    yield from kaplan_meier(job, lambda row: float(row["event"]) == 0)


def survival_difference(job: Job) -> Iterator[Found]:
    """Greenwood's limits, without a transformation."""
    curves = []
    for group, rows in job.groups():
        curve = Curve(rows, happens)
        yield group, "", COUNTED, CLOSED, {"n": len(curve.people), "events": curve.events}
        curves += [curve] if curve.people else []
    for at in job.times if len(curves) == 2 else ():
        (a, va), (b, vb) = (curve.at(float(at)) for curve in curves)
        if float(at) <= min(curve.last for curve in curves) and va is not None and vb is not None:
            half = job.z * math.sqrt(a * a * va + b * b * vb)
            of = {"estimate": b - a, "ci_low": b - a - half, "ci_high": b - a + half}
            yield "", f"{at}_{job['unit']}", FRACTIONS, CLOSED, of


def compare_at(job: Job) -> Iterator[Found]:
    """Two groups at one time, or within strata."""
    time, strata, curves = float(job["time"]), job["stratum"] == "true", []

    def read(rows: Sequence[Row]) -> tuple[float, float] | None:
        """(estimate, error), where both are between 0 and 1."""
        curve = Curve(rows, happens)
        survival, spread = curve.at(time) if curve.people and time <= curve.last else (1.0, None)
        return (survival, survival * math.sqrt(spread)) if spread and 0 < survival < 1 else None

    for group, rows in job.groups():
        curve = Curve([row for row in rows if not (strata and "level" in row["@"])], happens)
        if not curve.people:
            yield group, "", COUNTED, CLOSED, {"n": 0}
            continue
        yield group, "", COUNTED, CLOSED, {"n": len(curve.people), "events": curve.events}
        if time <= curve.last:
            survival, spread = curve.at(time)
            own = limits("log-log", survival, spread, job.z) if time >= curve.ends[0] else CERTAIN
            yield group, "", FRACTIONS, CLOSED, {"estimate": survival, **own}
        curves.append(rows)
    if strata:
        yield from across(job, read)
        return
    found = [read(rows) for rows in curves]
    if len(found) != 2 or None in found:
        return
    yield "", "", FRACTIONS, CLOSED, apart(*found, job)


def one_sample_log_rank(job: Job) -> Iterator[Found]:
    """Finkelstein et al. 2003, with the exact limits of a Poisson count (Garwood 1936)."""
    late = job["delayed"] == "true"
    for group, rows in job.groups():
        mine = [row for row in rows if not row["@"] & {"time", "event", *(["entry"] if late else [])}]
        mine = [row for row in mine if not late or float(row["entry"]) < float(row["time"])]
        events = int(sum(float(row["event"]) for row in mine))
        yield group, "", COUNTED, CLOSED, {"n": len(mine), **({"events": events} if mine else {})}
        spent = math.fsum(float(row["time"]) - (max(float(row["entry"]), 0.0) if late else 0.0) for row in mine)
        expected = math.log(2) / float(job["median"]) * spent
        if expected > 0:
            z = (events - expected) / math.sqrt(expected)
            p = {"two-sided": 2 * z_above(abs(z)), "less": z_above(-z), "greater": z_above(z)}[job["alternative"]]
            of = {"expected": expected, "hazard_ratio": events / expected, "statistic": z, "p_value": p}
            low, high = garwood(events, job.tail)
            yield group, "", "sums", EXACT, of | {"ci_low": low / expected, "ci_high": high / expected}


def concordance_index(job: Job) -> Iterator[Found]:
    """Harrell et al. 1982, or Uno et al. 2011 with weights of remaining uncensored: every pair by itself; the error is what each
    participant's weight does, the weights of the pairs held."""
    needed = {"x", "time", "event", *(["level"] if job["stratum"] == "true" else [])}
    rows = [row for row in job.rows if not row["@"] & needed]
    yield "", "", COUNTED, CLOSED, {"n": len(rows), "events": sum(float(row["event"]) for row in rows)}
    if len(rows) ** 2 > PAIRS:
        return
    until = float(job["until"]) or math.inf
    people = [(float(row["time"]), float(row["event"]) == 1, float(row["x"]), row["level"]) for row in rows]
    weight: dict[tuple[str, float], float] = {}
    for level in {row["level"] for row in rows}:
        free, mine = 1.0, [one for one in people if one[3] == level]
        for time in sorted({one[0] for one in mine}):  # at one time the events are first
            weight[level, time] = 1.0 if job["weights"] == "harrell" else free**-2 if free else 0.0
            lost = sum(one[0] == time and not one[1] for one in mine)
            staying = sum(one[0] >= time and not (one[0] == time and one[1]) for one in mine)
            free *= 1 - lost / staying if staying else 1.0
    pairs, agree, all_of = 0, [0.0] * len(people), [0.0] * len(people)
    for i, a in enumerate(people):
        for j, b in enumerate(people) if a[1] and a[0] <= until else ():
            if a[3] == b[3] and (b[0] > a[0] or (b[0] == a[0] and not b[1])):
                pairs += 1
                w, share = weight[a[3], a[0]], (a[2] > b[2]) + (a[2] == b[2]) / 2
                for at in (i, j):
                    agree[at] += w * share
                    all_of[at] += w
    yield "", "", COUNTED, CLOSED, {"pairs": pairs}
    total = math.fsum(all_of)
    if not total:
        return
    estimate = math.fsum(agree) / total
    error = 2 * math.sqrt(math.fsum((a - estimate * w) ** 2 for a, w in zip(agree, all_of, strict=True))) / total
    yield "", "", "every pair", CLOSED, {"estimate": estimate}
    if error > 1e-10:
        ends = {"ci_low": max(0.0, estimate - job.z * error), "ci_high": min(1.0, estimate + job.z * error)}
        yield "", "", "every pair", CLOSED, {"std_error": error, **ends}
