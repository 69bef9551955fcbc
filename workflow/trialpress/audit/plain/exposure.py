"""Exposure of each participant to what was given: peak, time of the peak, area, half-life."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import mean, stdev, variance

from .job import CLOSED, DESCRIBED, TAILS, Found, Job
from .tails import t_above, t_quantile
from .values import described

NAMES = ("cmax", "tmax", "auc", "tlast", "half_life")
Points = list[tuple[float, float]]


def exposure(job: Job) -> Iterator[Found]:
    people = [row for row in job.rows if row["set"] == "people"]
    logs: dict[str, list[list[float]]] = {"cmax": [], "auc": []}
    values: dict[str, list[tuple[float, float]]] = {}
    for row in job.rows:
        if row["set"] == "values" and not row["@"] & {"y", "time"} and float(row["time"]) >= 0:
            values.setdefault(row["x"], []).append((float(row["time"]), float(row["y"])))
    values = {str(float(who)): points for who, points in values.items()}
    for group in job.named("group"):
        who = [str(float(row["x"])) for row in people if row["group"] == group]
        each = [profile(sorted(values.get(one, [])), job) for one in who]
        for name in NAMES:
            found = [one.get(name, math.nan) for one in each]
            rows = [{"y": repr(y), "@": frozenset({"y"}) if math.isnan(y) else frozenset()} for y in found]
            yield from described(job, group, name, rows)
            known = [y for y in found if not math.isnan(y)]
            if name not in logs or not known or min(known) <= 0:
                if name in logs:
                    logs[name].append([math.nan] if known else [])
                continue
            logs[name].append(list(map(math.log, known)))
            yield from geometric(job, group, name, logs[name][-1])
    for name, groups in logs.items():
        two = [one for one in groups if one]
        if len(two) == 2 and min(map(len, two)) > 1 and not any(map(math.isnan, [*two[0], *two[1]])):
            yield from welch(job, name, two)


def geometric(job: Job, group: str, name: str, logs: list[float]) -> Iterator[Found]:
    n, m = len(logs), mean(logs)
    yield group, name, DESCRIBED, CLOSED, {"geometric_mean": math.exp(m)}
    if n > 1 and stdev(logs) > 1e-12:
        half = t_quantile(1 - job.tail, n - 1) * stdev(logs) / math.sqrt(n)
        yield group, name, TAILS, CLOSED, {"ci_low": math.exp(m - half), "ci_high": math.exp(m + half)}


def welch(job: Job, name: str, two: list[list[float]]) -> Iterator[Found]:
    """The ratio of geometric means, second group over first, with unequal variances."""
    parts = [variance(one) / len(one) for one in two]
    if not sum(parts):
        return
    df = sum(parts) ** 2 / sum(part**2 / (len(one) - 1) for part, one in zip(parts, two, strict=True))
    gap, error = mean(two[1]) - mean(two[0]), math.sqrt(sum(parts))
    half = t_quantile(1 - job.tail, df) * error
    yield "", name, TAILS, CLOSED, {
        "ratio": math.exp(gap), "ci_low": math.exp(gap - half), "ci_high": math.exp(gap + half),
        "p_value": 2 * t_above(abs(gap / error), df),
    }  # fmt: skip


def profile(points: Points, job: Job) -> dict[str, float]:
    """What is known of one participant. Between two values the area is linear up and logarithmic down."""
    limit = float(job["limit"])
    seen = [at for at, (_, value) in enumerate(points) if value >= limit]
    if not seen:
        return {}
    peak = max(seen, key=lambda at: (points[at][1], -at))
    found = {"cmax": points[peak][1], "tmax": points[peak][0], "tlast": points[seen[-1]][0]}
    if area := _area(_filled(points, seen[0], limit, job), float(job["until"])):
        found["auc"] = area
    if half := _half_life([points[at] for at in seen if at > peak]):
        found["half_life"] = half
    return found


def _filled(points: Points, first: int, limit: float, job: Job) -> Points:
    """Values below the limit: zero before the first above it, later as the plan has it."""
    found = []
    for at, (time, value) in enumerate(points):
        if value >= limit:
            found.append((time, value))
        elif at < first or job["below"] not in ("half", "missing"):
            found.append((time, 0.0))
        elif job["below"] == "half":
            found.append((time, limit / 2))
    return [(0.0, 0.0), *found] if found[0][0] > 0 and job["start"] == "zero" else found


def _area(points: Points, until: float) -> float | None:
    if points[0][0] != 0 or len(points) < 2 or points[-1][0] < until:
        return None
    total = 0.0
    for (t, a), (u, b) in zip(points, points[1:], strict=False):
        if t >= until:
            break
        falls = a > b > 0
        if u > until:
            share = (until - t) / (u - t)
            u, b = until, a * (b / a) ** share if falls else a + share * (b - a)
        total += (u - t) * ((a - b) / math.log(a / b) if falls and a != b else (a + b) / 2)
    return total


def _half_life(after: Points) -> float | None:
    """From the last values after the peak, so many that the adjusted R squared is best, more of them where it is as good."""
    best, slope = -math.inf, None
    for k in range(3, len(after) + 1):
        last = [(t, math.log(value)) for t, value in after[-k:]]
        mt, my = (mean(column) for column in zip(*last, strict=True))
        stt, syy = (math.fsum((one[i] - (mt, my)[i]) ** 2 for one in last) for i in (0, 1))
        b = math.fsum((t - mt) * (y - my) for t, y in last) / stt
        left = math.fsum((y - my - b * (t - mt)) ** 2 for t, y in last)
        fit = 1 - left / syy * (k - 1) / (k - 2) if syy else -math.inf
        if k == 3 or fit > best - 1e-4:
            best, slope = (fit if k == 3 else max(best, fit)), b
    return math.log(2) / -slope if slope is not None and slope < 0 else None
