"""Observational comparisons by inverse probability weights."""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from dataclasses import dataclass
from statistics import mean, variance

from .arithmetic import numbers, quantile
from .hazards import limits
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import expit, logistic
from .regression import NEWTON, Wide, people, runs_away, wide
from .tails import z_above
from .times import CERTAIN, crossing

VARIED = "products over the event times, each participant's weight varied"
TINY = 1e-20
MOST = 2 * 10**6  # participants times event times


@dataclass(frozen=True)
class Weighed:
    """Who is known in all, in which of the two groups, and the weights (None where there are none), truncated and before."""

    wide: Wide
    second: list[bool]
    weights: list[float] | None
    whole: list[float]

    def of(self, values: list[float], second: bool) -> list[float]:
        return [value for value, here in zip(values, self.second, strict=True) if here is second]


def weighed(job: Job, needed: set[str]) -> Weighed | None:
    """Rosenbaum & Rubin 1983, by logistic regression of the group; None unless there are two groups."""
    w = wide(job, people(job), {"x", "group", *needed})
    if len(w.groups) != 2:
        return None
    second = [code == 1 for code in w.codes]
    sizes = [max(map(abs, column)) or 1.0 for column in zip(*w.X, strict=True)]
    X = [[1.0, *(value / size for value, size in zip(x, sizes, strict=True))] for x in w.X]
    fit = logistic(X, [float(here) for here in second]) if w.ids and len(X) > len(X[0]) else None
    if fit is None or runs_away(fit, X):
        return Weighed(w, second, None, [])
    p, stabilised, whole = sum(second) / len(second), job["stabilised"] == "true", []
    for x, here in zip(X, second, strict=True):
        e = expit(sum(a * b for a, b in zip(x, fit.b, strict=True)))
        if job["estimand"] == "ate":
            value = (p / e if here else (1 - p) / (1 - e)) if stabilised else (1 / e if here else 1 / (1 - e))
        else:
            value = 1.0 if here else e / (1 - e) * ((1 - p) / p if stabilised else 1.0)
        whole.append(value)
    top = quantile(whole, float(job["truncate"]))
    return Weighed(w, second, [min(value, top) for value in whole], whole)


def _average(values: list[float], weights: list[float]) -> float:
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)


def weighting(job: Job) -> Iterator[Found]:
    known = [row for row in wide(job, people(job), {"x", "group"}).rows]
    for group in job.named("group"):
        yield group, "", COUNTED, CLOSED, {"n": sum(row["group"] == group for row in known)}
    found = weighed(job, set())
    if found is None:
        return
    yield "", "", COUNTED, CLOSED, {"n": len(found.second)}
    if found.weights is None:
        return
    top = quantile(found.whole, float(job["truncate"]))
    yield "", "", NEWTON, CLOSED, {"truncated": sum(value > top for value in found.whole)}
    for here, group in zip((False, True), found.wide.groups, strict=True):
        w = found.of(found.weights, here)
        of = {
            "effective_n": math.fsum(w) ** 2 / math.fsum(v * v for v in w),
            "weight_min": min(w),
            "weight_max": max(w),
        }
        yield group, "", NEWTON, FITTED, of
    for name in found.wide.ids:
        raw = raw_column(job, found.wide, name)
        parts = {here: (found.of(raw, here), found.of(found.weights, here)) for here in (False, True)}
        for here, group in zip((False, True), found.wide.groups, strict=True):
            x, w = parts[here]
            yield group, name, NEWTON, FITTED, {"mean_before": mean(x), "mean_after": _average(x, w)}
        yes = set(raw) <= {0.0, 1.0}
        spread = [
            mean(x) * (1 - mean(x)) if yes else variance(x) if len(x) > 1 else math.nan for x, _ in parts.values()
        ]
        scale = math.sqrt(sum(spread) / 2)
        if scale > 0:
            gap = lambda of, parts=parts: of(*parts[True]) - of(*parts[False])  # noqa: E731
            yield "", name, NEWTON, FITTED, {
                "smd_before": gap(lambda x, _: mean(x)) / scale, "smd_after": gap(_average) / scale,
            }  # fmt: skip


def raw_column(job: Job, w: Wide, name: str) -> list[float]:
    """A covariate of `wide` without its centre."""
    centred = [x[w.ids.index(name)] for x in w.X]
    if w.sources[w.ids.index(name)] != name:
        return [float(value > 0) for value in centred]
    kept = {id(row) for row in w.rows}
    own = [row for row in job.rows if "set" not in row["@"] and row["set"] == name]
    return [float(mine["y"]) for mine, base in zip(own, people(job), strict=True) if id(base) in kept]


def _followed(job: Job, needed: Set[str] = frozenset()) -> Iterator[Found]:
    """How many of each group were followed, and how many had the event."""
    known = wide(job, people(job), {"x", "group", "time", *needed})
    for group in job.named("group"):
        mine = [float(row["x"]) for row in known.rows if row["group"] == group]
        yield group, "", COUNTED, CLOSED, {"n": len(mine), "events": sum(mine)}


def weighted_kaplan_meier(job: Job) -> Iterator[Found]:
    """Errors by the infinitesimal jackknife."""
    yield from _followed(job)
    found = weighed(job, {"time"})
    if found is None or found.weights is None or job["delayed"] == "true":
        return
    for here, group in zip((False, True), found.wide.groups, strict=True):
        w, time, event = (found.of(of, here) for of in (found.weights, numbers(found.wide.rows, "time"), numbers(found.wide.rows, "x")))  # fmt: skip
        steps = sorted({t for t, happens in zip(time, event, strict=True) if happens})
        if len(w) * len(steps) > MOST:
            continue
        at_risk = {s: math.fsum(v for v, t in zip(w, time, strict=True) if t >= s) for s in steps}
        dying = {
            s: math.fsum(v for v, t, happens in zip(w, time, event, strict=True) if t == s and happens) for s in steps
        }
        survival, value = {}, 1.0
        for s in steps:
            value *= max(0.0, 1 - dying[s] / at_risk[s]) if at_risk[s] - dying[s] > 1e-9 * at_risk[s] else 0.0
            survival[s] = value
        squares = dict.fromkeys(steps, 0.0)
        for v, t, happens in zip(w, time, event, strict=True):
            varied = 1 + 0j
            for s in steps:
                bump = v * TINY * 1j if t >= s else 0
                varied *= 1 - (dying[s] + (bump if t == s and happens else 0)) / (at_risk[s] + bump)
                squares[s] += (varied.imag / TINY) ** 2
        ends = {s: limits(job["transform"], survival[s], squares[s] / survival[s] ** 2, job.z) if survival[s] > 1e-12 else {} for s in steps}  # fmt: skip
        of = {"median": crossing([(s, survival[s]) for s in steps], 0.5)}
        of |= {
            key: crossing([(s, ends[s][key]) for s in steps if key in ends[s]], 0.5) for key in ("ci_low", "ci_high")
        }
        yield group, "", VARIED, FITTED, of
        for at in job.times:
            day, level = float(at), f"{at}_{job['unit']}"
            left = sum(t >= day for t in time)
            yield group, level, COUNTED, CLOSED, {"n_at_risk": left}
            past = [s for s in steps if s <= day]
            if left and past:
                yield group, level, VARIED, FITTED, {"estimate": survival[past[-1]], **ends[past[-1]]}
            elif left:
                yield (
                    group,
                    level,
                    COUNTED,
                    CLOSED,
                    {"estimate": 1.0, **(CERTAIN if min(time) > day else limits(job["transform"], 1.0, 0.0, job.z))},
                )


def weighted_cox(job: Job) -> Iterator[Found]:
    """Efron's ties; the error is what each participant's weight does to the coefficient."""
    within = {"level"} if job["stratum"] == "true" else set()
    yield from _followed(job, within)
    found = weighed(job, {"time", *within})
    if found is None or found.weights is None or job["delayed"] == "true":
        return
    rows = list(zip(numbers(found.wide.rows, "time"), numbers(found.wide.rows, "x"), map(float, found.second), found.weights, strict=True))  # fmt: skip
    if len({x for _, event, x, _ in rows if event}) < 2 or len(rows) ** 2 > MOST:
        return
    sets, strata = [], [row["level"] for row in found.wide.rows]
    for stratum, time in sorted({(s, t) for s, (t, event, *_) in zip(strata, rows, strict=True) if event}):
        here = [i for i, (t, *_) in enumerate(rows) if t >= time and strata[i] == stratum]
        sets.append((here, [i for i in here if rows[i][0] == time and rows[i][1]]))
    if not any(len({rows[i][2] for i in here}) > 1 for here, _ in sets):
        return

    def slope(b: float, own: list[float] | None = None) -> tuple[float, float]:
        """Score and information; own: what each participant adds to the score's slope in its weight."""
        score = information = 0.0
        for here, dying in sets:
            d, risk = len(dying), {i: math.exp(b * rows[i][2]) for i in here}
            average = math.fsum(rows[i][3] for i in dying) / d
            score += math.fsum(rows[i][3] * rows[i][2] for i in dying)
            for i in dying if own is not None else ():
                own[i] += rows[i][2]
            for nth in range(d):
                left = lambda i, nth=nth, dying=dying, d=d: 1 - nth / d if i in dying else 1.0  # noqa: E731
                s0 = math.fsum(left(i) * rows[i][3] * risk[i] for i in here)
                middle = math.fsum(left(i) * rows[i][3] * risk[i] * rows[i][2] for i in here) / s0
                score -= average * middle
                information += average * middle * (1 - middle)
                if own is not None:
                    for i in here:
                        own[i] -= average * left(i) * risk[i] * (rows[i][2] - middle) / s0
                    for i in dying:
                        own[i] -= middle / d
        return score, information

    b = 0.0
    for _ in range(100):
        score, information = slope(b)
        b += score / information
        if abs(score / information) < 1e-13:
            break
    own = [0.0] * len(rows)
    _, information = slope(b, own)
    error = math.sqrt(math.fsum((w * u) ** 2 for u, (*_, w) in zip(own, rows, strict=True))) / information
    if abs(b) < 15 and error > 0:
        of = {
            "hazard_ratio": math.exp(b),
            "ci_low": math.exp(b - job.z * error),
            "ci_high": math.exp(b + job.z * error),
        }
        yield "", f"{job['by']}={found.wide.groups[1]}", NEWTON, FITTED, of | {"p_value": 2 * z_above(abs(b / error))}


def weighted_risks(job: Job) -> Iterator[Found]:
    known = wide(job, people(job), {"x", "group"})
    for group in job.named("group"):
        y = [float(row["x"]) for row in known.rows if row["group"] == group]
        yield group, "", COUNTED, CLOSED, {"n": sum(y), "N": len(y), "percent": mean(y) if y else math.nan}
    found = weighed(job, set())
    if found is None or found.weights is None:
        return
    risks = []
    for here, group in zip((False, True), found.wide.groups, strict=True):
        y, w = found.of(numbers(found.wide.rows, "x"), here), found.of(found.weights, here)
        p = _average(y, w)
        error = math.sqrt(math.fsum((v * (one - p)) ** 2 for one, v in zip(y, w, strict=True))) / math.fsum(w)
        risks.append((p, error))
        yield group, "", NEWTON, FITTED, {"estimate": p, "std_error": error}
    (p, e), (q, f) = risks
    gap, error, z = q - p, math.hypot(e, f), job.z
    if not error:
        return
    of = {
        "estimate": gap,
        "std_error": error,
        "ci_low": max(-1.0, gap - z * error),
        "ci_high": min(1.0, gap + z * error),
    }
    yield "", "risk_difference", NEWTON, FITTED, of | {"p_value": 2 * z_above(abs(gap / error))}
    if p > 0 and q > 0:
        reach = math.exp(z * math.hypot(e / p, f / q))
        yield "", "", NEWTON, FITTED, {"risk_ratio": q / p, "ci_low": q / p / reach, "ci_high": q / p * reach}
