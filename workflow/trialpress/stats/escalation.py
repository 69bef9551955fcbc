"""Dose escalation: what a design says after a cohort, and the maximum tolerated dose."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import betainc, betaincc

from .dose import isotonic
from .result import Result, events_of, not_estimable, numbers, offending, probability

NAMES = {"boin": "BOIN", "mtpi-2": "mTPI-2"}
ESCALATE, STAY, DEESCALATE = 1.0, 0.0, -1.0


def three_plus_three(events: int, total: int) -> Result:
    """What 3+3 says of a dose at which `events` of `total` participants had a dose-limiting toxicity (Storer 1989).

    Of three: none, escalate; one, three more at the same dose; two or more, de-escalate. Of six: at most one, escalate;
    two or more, de-escalate. Two or more de-escalate at any number. values: decision (1, 0, -1).

    >>> [three_plus_three(x, n)["decision"] for x, n in ((0, 3), (1, 3), (1, 6), (2, 3), (2, 6))]
    [1.0, 0.0, 1.0, -1.0, -1.0]
    """
    x, n = (int(v[0]) for v in events_of("events", [events], "total", [total]))
    method = "3+3 design"
    if x >= 2:
        return Result(method, {"decision": DEESCALATE})
    if n in (3, 6):
        return Result(method, {"decision": STAY if (x, n) == (1, 3) else ESCALATE})
    return not_estimable(method, ("decision",), f"3+3 decides after 3 or 6 participants at a dose, not {n}")


def boin_boundaries(target: float, safe: float | None = None, toxic: float | None = None) -> Result:
    """Boundaries of the Bayesian optimal interval design (Liu & Yuan 2015, eq. 1): escalate at a rate of at most
    escalate_at, de-escalate at one of at least deescalate_at.

    safe, toxic: the rates that are too low and too high, 0.6 and 1.4 of the target without.

    >>> found = boin_boundaries(0.3)
    >>> print(round(found["escalate_at"], 3), round(found["deescalate_at"], 3))
    0.236 0.359
    """
    target = probability("target", target)
    low, high = (0.6 * target if safe is None else safe), (1.4 * target if toxic is None else toxic)
    if not 0 < low < target < high < 1:
        raise ValueError(f"safe, target, toxic: must rise between 0 and 1, are {low:g}, {target:g}, {high:g}")
    up = math.log((1 - low) / (1 - target)) / math.log(target * (1 - low) / (low * (1 - target)))
    down = math.log((1 - target) / (1 - high)) / math.log(high * (1 - target) / (target * (1 - high)))
    return Result(f"BOIN design, target {target:g}", {"escalate_at": up, "deescalate_at": down})


def boin(events: int, total: int, target: float, closes: float = 0.95) -> Result:
    """What BOIN says of a dose. values: decision (1, 0, -1); exceeds, the probability that its rate is above the target, with a
    uniform prior; closed (1, 0), whether the dose and those above it are closed for good: exceeds is above `closes` in three
    participants or more (Liu & Yuan 2015, section 2.3).

    >>> [boin(x, 3, 0.3)["decision"] for x in (0, 1, 2)], [boin(x, 6, 0.3)["closed"] for x in (3, 4)]
    ([1.0, 0.0, -1.0], [0.0, 1.0])
    """
    x, n = (int(v[0]) for v in events_of("events", [events], "total", [total]))
    bounds, closes = boin_boundaries(target), probability("closes", closes)
    if not n:
        return not_estimable(bounds.method, ("decision", "exceeds", "closed"), "no participants")
    rate, exceeds = x / n, float(betaincc(1 + x, 1 + n - x, target))
    decision = ESCALATE if rate <= bounds["escalate_at"] else DEESCALATE if rate >= bounds["deescalate_at"] else STAY
    return Result(
        bounds.method, {"decision": decision, "exceeds": exceeds, "closed": float(n >= 3 and exceeds > closes)}
    )


def mtpi2(events: int, total: int, target: float, width: float = 0.05, closes: float = 0.95) -> Result:
    """What mTPI-2 says of a dose (Guo, Wang, Yang, Lynn & Ji 2017): the rates are divided in intervals as long as the one of those
    that are equivalent to the target, target - width to target + width, the last at 0 and at 1 what is left; the decision is that of
    the interval in which the posterior with a uniform prior has the most mass per length. values: as `boin`.

    >>> [mtpi2(x, 6, 0.3)["decision"] for x in range(4)], [mtpi2(x, 3, 0.3)["closed"] for x in (2, 3)]
    ([1.0, 1.0, 0.0, -1.0], [0.0, 1.0])
    """
    x, n = (int(v[0]) for v in events_of("events", [events], "total", [total]))
    target, closes = probability("target", target), probability("closes", closes)
    if not 0 < width < min(target, 1 - target):
        raise ValueError(f"width: must lie between 0 and the target, and 1 less the target, is {width:g}")
    method = f"mTPI-2 design, target {target:g}, equivalent {target - width:g} to {target + width:g}"
    if not n:
        return not_estimable(method, ("decision", "exceeds", "closed"), "no participants")
    below = np.concatenate([np.arange(target - width, 1e-9, -2 * width), [0.0]])[::-1]
    above = np.concatenate([np.arange(target + width, 1 - 1e-9, 2 * width), [1.0]])
    edges = np.concatenate([below, above])
    mass = np.diff(betainc(1 + x, 1 + n - x, edges)) / np.diff(edges)
    most, here = int(np.argmax(mass)), len(below) - 1
    exceeds = float(betaincc(1 + x, 1 + n - x, target))
    decision = ESCALATE if most < here else DEESCALATE if most > here else STAY
    return Result(method, {"decision": decision, "exceeds": exceeds, "closed": float(n >= 3 and exceeds > closes)})


def crm(events, totals, skeleton, target: float, variance: float = 1.34) -> Result:
    """The continual reassessment method with the power model, rate = skeleton ** exp(b), b normal with mean 0 (O'Quigley, Pepe &
    Fisher 1990; Bayesian as R dfcrm).

    events, totals: of each dose from the lowest; skeleton: rising rates that are expected. values: b, its posterior mean, and
    recommended, the place, from 1, of the dose whose rate at b is closest to the target. curve: estimate, the rate of each dose
    at b.

    >>> found = crm([0, 0, 0, 2], [0, 3, 4, 3], [0.05, 0.1, 0.2, 0.35], 0.2)
    >>> print(found["recommended"])
    3.0
    """
    x, n = events_of("events", events, "totals", totals)
    skeleton = numbers("skeleton", skeleton, length=len(x))
    offending(
        "skeleton", (skeleton <= 0) | (skeleton >= 1) | (np.diff(skeleton, prepend=0.0) <= 0), "rate that does not rise"
    )
    target = probability("target", target)
    b = crm_estimate(x[None], n[None], skeleton, variance)
    rates = skeleton ** np.exp(b[0])
    recommended = int(np.argmin(np.abs(rates - target))) + 1
    curve = {"estimate": rates}
    method = f"CRM, power model, target {target:g}, prior variance {variance:g}"
    return Result(method, {"b": float(b[0]), "recommended": float(recommended)}, curve=curve)


def crm_estimate(
    events: np.ndarray, totals: np.ndarray, skeleton: np.ndarray, variance: float = 1.34, nodes: int = 2001
) -> np.ndarray:
    """The posterior mean of b of `crm` for each of several trials; events, totals: (trials, doses).

    >>> print(crm_estimate(np.array([[0, 0]]), np.array([[0, 0]]), np.array([0.1, 0.3])).round(6) + 0)
    [0.]
    """
    grid = np.linspace(-9 * math.sqrt(variance), 9 * math.sqrt(variance), nodes)
    log_rate = np.log(skeleton)[:, None] * np.exp(grid)
    with np.errstate(divide="ignore"):
        log_other = np.log(-np.expm1(np.maximum(log_rate, -700.0)))
    height = (
        events @ np.maximum(log_rate, -1e6) + (totals - events) @ np.maximum(log_other, -1e6) - grid**2 / (2 * variance)
    )
    weight = np.exp(height - height.max(axis=1, keepdims=True))
    return (weight @ grid) / weight.sum(axis=1)


def tolerated(events, totals, design: str, target: float, closed: int | None = None) -> Result:
    """The maximum tolerated dose as the place, from 1, among doses from the lowest.

    3+3: the highest dose with at most one toxicity in at least six participants, below which no dose has more. BOIN, mTPI-2: the
    tried dose whose isotonic rate is closest to the target; of two that are as close the higher if they are below it,
    else the lower. closed: place, from 0, of the lowest dose that the design has closed, which with those above it is none. values: mtd.

    >>> print(tolerated([0, 1, 2], [3, 6, 3], "3+3", 0.3)["mtd"])
    2.0
    """
    x, n = events_of("events", events, "totals", totals)
    if design == "3+3":
        method, found = "3+3 design", 0
        for place, (some, of) in enumerate(zip(x, n, strict=True), start=1):
            if some >= 2:
                break
            found = place if of >= 6 else found
        why = "no dose with at most one toxicity in six participants"
        return Result(method, {"mtd": float(found)}) if found else not_estimable(method, ("mtd",), why)
    method, tried = f"{NAMES[design]} design, target {target:g}, isotonic rates", np.flatnonzero(n > 0)
    tried = tried if closed is None else tried[tried < closed]
    if not tried.size:
        return not_estimable(method, ("mtd",), "every dose is closed" if n.any() else "no participants")
    rates = np.asarray(isotonic(tried + 1.0, x[tried], n[tried]).curve["estimate"], dtype=float)
    gap = np.abs(rates - target)
    near = np.flatnonzero(np.isclose(gap, gap.min()))
    below = near[rates[near] < target]
    at = below[-1] if below.size else near[0]
    return Result(method, {"mtd": float(tried[at] + 1)})
