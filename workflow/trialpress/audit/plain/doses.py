"""Designs of dose escalation by their rules: what is decided after each cohort, what is selected, and courses of trials."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from .counts import proportion
from .courses import every_course
from .generator import MOST, Generator
from .job import CLOSED, COUNTED, EXACT, FITTED, FRACTIONS, TAILS, Found, Job
from .resampled import DRAWN
from .tails import beta

VARIANCE, WIDTH = 1.34, Fraction(1, 20)  # of CRM's prior; of what mTPI-2 takes for equivalent
NODES = 320


class Said(NamedTuple):
    """1, 0 or -1; the probability of a rate above the target; whether that closes the dose."""

    step: int
    exceeds: float
    closes: bool


def boin_limits(target: float) -> tuple[float, float]:
    """Liu and Yuan 2015: with 0.6 and 1.4 of the target as too low and too high."""
    low, high = 0.6 * target, 1.4 * target
    up = math.log((1 - low) / (1 - target)) / math.log(target * (1 - low) / (low * (1 - target)))
    return up, math.log((1 - target) / (1 - high)) / math.log(high * (1 - target) / (target * (1 - high)))


def said(design: str, x: int, n: int, target: Fraction, limit: float) -> Said:
    """What BOIN or mTPI-2 (Guo et al. 2017) says of x toxicities of n."""
    exceeds = beta(1 - float(target), 1 + n - x, 1 + x)
    if design == "boin":
        up, down = boin_limits(float(target))
        step = 1 if x / n <= up else -1 if x / n >= down else 0
    else:
        below, above = [target - WIDTH], [target + WIDTH]
        while below[-1] > 0:
            below.append(max(below[-1] - 2 * WIDTH, Fraction(0)))
        while above[-1] < 1:
            above.append(min(above[-1] + 2 * WIDTH, Fraction(1)))
        edges = [*below[::-1], *above]
        mass = lambda a, b: (beta(float(b), 1 + x, 1 + n - x) - beta(float(a), 1 + x, 1 + n - x)) / float(b - a)  # noqa: E731
        most = max(range(len(edges) - 1), key=lambda i: mass(edges[i], edges[i + 1]))
        here = len(below) - 1
        step = 1 if most < here else -1 if most > here else 0
    return Said(step, exceeds, n >= 3 and exceeds > limit)


def crm(x: Sequence[int], n: Sequence[int], skeleton: Sequence[float]) -> float:
    """The posterior mean of b, the rates being skeleton^exp(b), by the midpoint rule."""
    deviation, total, first, top = math.sqrt(VARIANCE), 0.0, 0.0, -math.inf
    points = [(2 * (at + 0.5) / NODES - 1) * 9 * deviation for at in range(NODES)]
    heights = []
    for b in points:
        value = -b * b / (2 * VARIANCE)
        for events, size, share in zip(x, n, skeleton, strict=True):
            if size:
                log = max(math.log(share) * math.exp(b), -700.0)
                value += events * log + (size - events) * math.log(-math.expm1(log))
        heights.append(value)
    top = max(heights)
    for b, value in zip(points, heights, strict=True):
        weight = math.exp(value - top)
        total, first = total + weight, first + weight * b
    return first / total


def nearest(b: float, skeleton: Sequence[float], target: float) -> int:
    gaps = [abs(share ** math.exp(b) - target) for share in skeleton]
    return gaps.index(min(gaps))


def selected(x: Sequence[int], n: Sequence[int], target: Fraction, shut: int) -> int | None:
    """The place of the tried dose below the closed ones whose rate, pooled so that none falls, is nearest to the target."""
    tried = [dose for dose in range(len(n)) if n[dose] and dose < shut]
    if not tried:
        return None
    rate = lambda a, b: Fraction(sum(x[i] for i in tried[a : b + 1]), sum(n[i] for i in tried[a : b + 1]))  # noqa: E731
    k = len(tried)
    pooled = [max(min(rate(a, b) for b in range(i, k)) for a in range(i + 1)) for i in range(k)]
    least = min(abs(p - target) for p in pooled)
    near = [i for i in range(k) if abs(pooled[i] - target) == least]
    under = [i for i in near if pooled[i] < target]
    return tried[under[-1] if under else near[0]]


def dose_escalation(job: Job) -> Iterator[Found]:
    yield from proportion(job)
    levels, design, target, limit = job.named("group"), job["design"], Fraction(job["target"]), float(job["closes"])
    skeleton = [float(text) for text in job["skeleton"].split(";")] if job["skeleton"] else []
    known = [row for row in job.rows if "y" not in row["@"]]
    x, n, shut = [0] * len(levels), [0] * len(levels), len(levels)
    for cohort in job.named("level"):
        rows = [row for row in known if row["level"] == cohort and "level" not in row["@"] and row["group"]]
        if not rows:
            continue
        at, events = levels.index(rows[0]["group"]), sum(int(float(row["y"])) for row in rows)
        x[at], n[at] = x[at] + events, n[at] + len(rows)
        yield "", cohort, COUNTED, CLOSED, {"n": events, "N": len(rows), "dose_level": at + 1}
        yield "", f"{cohort}=until_then", COUNTED, CLOSED, {"n": x[at], "N": n[at]}
        if design == "3+3":
            if x[at] >= 2 or n[at] in (3, 6):
                step = -1 if x[at] >= 2 else 0 if n[at] == 3 and x[at] == 1 else 1
                yield "", cohort, "rules", CLOSED, {"decision": step}
        elif design == "crm":
            best = nearest(crm(x, n, skeleton), skeleton, float(target))
            yield "", cohort, "midpoint rule", CLOSED, {"decision": (best > at) - (best < at), "recommended": best + 1}
        else:
            step, exceeds, closes = said(design, x[at], n[at], target, limit)
            shut = min(shut, at) if closes else shut
            step = -1 if at >= shut else 0 if at + step >= shut else step
            yield "", cohort, TAILS, CLOSED, {"decision": step, "exceeds": exceeds, "closed": float(closes)}
    if not any(n):
        yield "", "design", COUNTED, CLOSED, {"n": 0}
    if design == "boin":
        ends = dict(zip(("escalate_at", "deescalate_at"), boin_limits(float(target)), strict=True))
        yield "", "design", TAILS, CLOSED, ends
    x, n = ([sum(of(row) for row in known if row["group"] == level) for level in levels] for of in (lambda row: int(float(row["y"])), lambda _: 1))  # fmt: skip
    if not any(n):
        return
    tried = max(at for at, size in enumerate(n) if size)
    if design == "crm":
        b = crm(x, n, skeleton)
        for level, share in zip(levels, skeleton, strict=True):
            yield level, "", "midpoint rule", FITTED, {"model": share ** math.exp(b)}
        mtd: int | None = min(nearest(b, skeleton, float(target)), tried)
    elif design == "3+3":
        low = [at for at in range(len(levels)) if all(events < 2 for events in x[: at + 1]) and n[at] >= 6]
        mtd = low[-1] if low else None
    else:
        mtd = selected(x, n, target, shut)
    if mtd is not None:
        yield "", "design", FRACTIONS, CLOSED, {"mtd": mtd + 1}


def escalation_characteristics(job: Job) -> Iterator[Found]:
    """3+3 by every course of a trial; the others by the same trials, drawn again: a cohort of every trial that goes on, in turn."""
    if job["design"] == "3+3":
        yield from every_course(job)
        return
    rates, design, target = [float(text) for text in job["rates"].split(";")], job["design"], Fraction(job["target"])
    trials, most, size = (int(float(job[name])) for name in ("trials", "n_max", "cohort"))
    if trials * most > MOST or min(size, most) * max(min(p, 1 - p) for p in rates) > 30:
        return
    skeleton = [float(text) for text in job["skeleton"].split(";")] if job["skeleton"] else []
    k, generator, limit = len(rates), Generator(int(job["seed"])), float(job["closes"])
    rule = cache(lambda x, n: said(design, x, n, target, limit))
    best = cache(lambda x, n: nearest(crm(x, n, skeleton), skeleton, float(target)))
    x, n = [[0] * k for _ in range(trials)], [[0] * k for _ in range(trials)]
    at, shut = [0] * trials, [k] * trials
    for treated in range(0, most, size):
        members = min(size, most - treated)
        going = [trial for trial in range(trials) if shut[trial]]
        for trial in going:
            x[trial][at[trial]] += generator.binomial(members, rates[at[trial]])
            n[trial][at[trial]] += members
        for trial in going:
            here = at[trial]
            if design == "crm":
                tried = max(dose for dose in range(k) if n[trial][dose])
                at[trial] = min(best(tuple(x[trial]), tuple(n[trial])), tried + 1)
                continue
            step, _, closes = rule(x[trial][here], n[trial][here])
            shut[trial] = min(shut[trial], here) if closes else shut[trial]
            step = -1 if here >= shut[trial] else 0 if here + step >= shut[trial] else step
            at[trial] = min(max(here + step, 0), k - 1)
    chosen: list[int | None] = []
    choose: Callable = cache(lambda x, n, shut: selected(x, n, target, shut))
    for events, sizes, closed in zip(x, n, shut, strict=True):
        if design == "crm":
            tried = max(dose for dose in range(k) if sizes[dose])
            chosen.append(min(best(tuple(events), tuple(sizes)), tried))
        else:
            chosen.append(choose(tuple(events), tuple(sizes), closed) if closed else None)
    mean = lambda table, dose: sum(row[dose] for row in table) / trials  # noqa: E731
    total = {name: sum(map(sum, table)) / trials for name, table in (("expected_n", n), ("expected_dlt", x))}
    yield "", "", DRAWN, EXACT, {"none": chosen.count(None) / trials, **total}
    for dose, rate in enumerate(rates):
        of = {
            "rate": rate,
            "selected": chosen.count(dose) / trials,
            "expected_n": mean(n, dose),
            "expected_dlt": mean(x, dose),
        }
        yield "", f"dose_{dose + 1}", DRAWN, EXACT, of
