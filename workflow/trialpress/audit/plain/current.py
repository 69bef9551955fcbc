"""Current leukaemia-free survival: each Kaplan-Meier curve by fractions, and what each participant adds to the variance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from .arithmetic import Row
from .hazards import apart, limits
from .job import CLOSED, COUNTED, FITTED, FRACTIONS, Found, Job

MOST = 10**6  # participants times their times
TINY = 1e-20


def current_leukaemia_free_survival(job: Job) -> Iterator[Found]:
    """The differences of Kaplan-Meier curves, or products over the event times of the states (Aalen & Johansen 1978)."""
    base, names = [row for row in job.rows if "set" in row["@"]], job.named("change")
    sets = [[row for row in job.rows if row["set"] == name and "set" not in row["@"]] for name in names]
    people = [_person(job, row, [one[i] for one in sets]) for i, row in enumerate(base)]
    seen: dict[str, dict[str, tuple[float, float]]] = {}
    for group in job.named("group"):
        mine = [one for row, one in zip(base, people, strict=True) if row["group"] == group and one]
        yield group, "", COUNTED, CLOSED, {"n": len(mine), "deaths": sum(one.death for one in mine)}
        for k, name in enumerate(names):
            yield group, name, COUNTED, CLOSED, {"n": sum(one.days[k] <= one.time for one in mine)}
        for found in _at_times(job, group, mine) if mine else ():
            yield found
            if "std_error" in found[-1]:
                seen.setdefault(found[1], {})[group] = found[-1]["estimate"], found[-1]["std_error"]
    for level, of in seen.items() if len(job.named("group")) == 2 else ():
        if len(of) == 2 and all(error > 0 for _, error in of.values()):
            yield "", level, FRACTIONS, FITTED, apart(*of.values(), job)


class Course(NamedTuple):
    """Follow-up from `entry` to `time`, whether it ends with death, and the days of the changes."""

    time: float
    death: bool
    days: list[float]
    entry: float


def _person(job: Job, row: Row, changes: list[Row]) -> Course | None:
    """Nothing if the changes contradict their order."""
    days = [math.inf if "x" in change["@"] else float(change["x"]) for change in changes]
    late = job["delayed"] == "true"
    needed = {"time", "event", *(["entry"] if late else [])}
    if row["@"] & needed or any(b < math.inf and not a < b for a, b in zip(days, days[1:], strict=False)):
        return None
    time, entry = float(row["time"]), float(row["entry"]) if late else -1.0
    if entry >= time or (job["estimator"] != "kaplan-meier" and not time):
        return None
    return Course(time, float(row["event"]) == 1, [max(day, 0.0) for day in days], entry if entry > 0 else -1.0)


def _at_times(job: Job, group: str, people: list[Course]) -> Iterator[Found]:
    first, m = int(job["start"] == "disease"), len(people[0].days)
    ends = [[(min(day, one.time), day <= one.time or one.death) for day in [*one.days, math.inf]] for one in people]
    entry = [one.entry for one in people]
    signs = [1 if k % 2 == first else -1 if k < m else 0 for k in range(m + 1)]
    if any(
        sign and all(one[k][0] <= come for one, come in zip(ends, entry, strict=True)) for k, sign in enumerate(signs)
    ):
        return  # nobody is seen in an early state
    known = [max(one[k][0] for one, come in zip(ends, entry, strict=True) if one[k][0] > come)
             for k in range(m + 1) if signs[k] and _curve([one[k] for one in ends], entry, math.inf)[0]]  # fmt: skip
    last = min([max(one.time for one in people), *known])
    for at in job.times:
        t, level = float(at), f"{at}_{job['unit']}"
        under = [one for one in people if one.entry < t <= one.time or (one.entry < 0 and t <= one.time)]
        inside = sum((sum(day < t for day in one.days) + first) % 2 == 0 for one in under)
        yield group, level, COUNTED, CLOSED, {"n_at_risk": len(under), "n_in_remission": inside}
        if t > last or len(people) * len({e for one in ends for e, _ in one}) > MOST:
            continue
        if job["estimator"] != "kaplan-meier":
            yield group, level, "products over the event times", FITTED, _shown(job, *_states(ends, first, t))
            continue
        value, influence = Fraction(0), [0.0] * len(people)
        for k, sign in enumerate(signs):
            survival, own = _curve([one[k] for one in ends], entry, t) if sign else (Fraction(0), influence)
            value += sign * survival
            influence = [a + sign * b for a, b in zip(influence, own, strict=True)]
        p = float(min(max(value, Fraction(0)), Fraction(1)))
        yield group, level, FRACTIONS, FITTED, _shown(job, p, math.sqrt(sum(part**2 for part in influence)))


def _shown(job: Job, p: float, error: float) -> dict[str, float]:
    spread = (error / p) ** 2 if p > 1e-9 and (error > 1e-9 or job["transform"] == "plain") else None
    return {"estimate": p, "std_error": error if error > 1e-9 else 0.0, **limits(job["transform"], p, spread, job.z)}


def _states(ends: list[list[tuple[float, bool]]], first: int, t: float) -> tuple[float, float]:
    """(probability of the states of remission at t, its error: what each participant's weight does, by an imaginary step)."""
    dead, stays = len(ends[0]), []  # participant, from, until, state, where to (none: censored)
    for who, one in enumerate(ends):
        for k, (end, left) in enumerate(one):
            begin = one[k - 1][0] if k else 0.0
            later = sum(other <= end and gone for other, gone in one)  # states that are left by then
            stays += [(who, begin, end, k, later if left else None)] if begin < end else []
    people = sorted({who for who, *_ in stays})
    start = [min(stay for stay in stays if stay[0] == who)[3] for who in people]
    times = sorted({end for *_, end, _, to in stays if to is not None and end <= t})
    there = {time: [stay for stay in stays if stay[1] < time <= stay[2]] for time in times}

    def way(varied: int | None) -> complex:
        weigh = lambda who: 1 + TINY * 1j if who == varied else 1  # noqa: E731
        p: list[complex] = [start.count(k) / len(people) for k in range(dead)] + [0.0]
        for time in times:
            n = [sum(weigh(stay[0]) for stay in there[time] if stay[3] == k) for k in range(dead)]
            before = list(p)
            for who, _, end, k, to in there[time]:
                if end == time and to is not None:
                    step = before[k] * weigh(who) / n[k]
                    p[k] -= step
                    p[to] += step
        return sum(p[k] for k in range(first, dead, 2))

    return float(complex(way(None)).real), math.sqrt(sum((complex(way(who)).imag / TINY) ** 2 for who in people))


def _curve(ends: list[tuple[float, bool]], entry: list[float], t: float) -> tuple[Fraction, list[float]]:
    """Kaplan-Meier at t, and the derivative of it by the weight of each participant."""
    survival, influence = Fraction(1), [0.0] * len(ends)
    there = [(end, left, come) for (end, left), come in zip(ends, entry, strict=True)]
    for time in sorted({end for end, left, come in there if left and come < end <= t}):
        at_risk = sum(come < time <= end for end, _, come in there)
        hazard = Fraction(sum(left and end == time and come < end for end, left, come in there), at_risk)
        for i, (end, left, come) in enumerate(there):
            part = (left and end == time and come < end) - (float(hazard) if come < time <= end else 0.0)
            influence[i] = influence[i] * float(1 - hazard) - float(survival) * part / at_risk
        survival *= 1 - hazard
    return survival, influence
