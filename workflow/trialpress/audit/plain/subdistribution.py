"""Competing risks by group: Gray's test, and Fine and Gray's regression, each sum by its definition."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from operator import truediv

from .arithmetic import Curve, Row
from .hazards import followed
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import LARGE, Fit, Matrix, Vector, dot, inverse, maximum, quadratic, sandwich
from .regression import NEWTON, RUNAWAY, ratio, wide
from .tails import chi2_above

SUMS = "sums over the event times"
EXACT_TIMES = 40  # with more event times the fractions grow too long


def causes(job: Job, rows: Sequence[Row]) -> dict[str, int]:
    """How many there are, have the event, and have a competing one."""
    seen = [float(row["event"]) for row in rows]
    own = seen.count(float(job["cause"]))
    return {"n": len(seen), "events": own, "competing_events": sum(cause > 0 for cause in seen) - own}


def gray(job: Job) -> Iterator[Found]:
    """Gray 1988, and the subdistribution hazard of each group against the first, both within strata if there are any."""
    strata = job["stratum"] == "true"
    rows = followed(job, "group", *(["x"] if strata else []))
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    if len(groups) < 2:
        return
    yield "", "", COUNTED, CLOSED, causes(job, rows)
    of = float(job["cause"])
    if not any(float(row["event"]) == of for row in rows):
        return
    people = [(float(row["time"]), (float(row["event"]) == of) + 2 * (float(row["event"]) not in (0, of)), groups.index(row["group"]), row["x"] if strata else "") for row in rows]  # fmt: skip
    parts = [_score([one[:3] for one in people if one[3] == stratum], len(groups), float(job["rho"])) for stratum in dict.fromkeys(one[3] for one in people)]  # fmt: skip
    k = range(len(groups))
    score = [sum(part[0][i] for part in parts) for i in k]
    V = [[sum(part[1][i][j] for part in parts) for j in k] for i in k]
    apart = [i for i in k if V[i][i] > 1e-12 * max(V[j][j] for j in k)][:-1]
    statistic = quadratic([score[i] for i in apart], [[V[i][j] for j in apart] for i in apart])
    if statistic is not None:
        found = {"statistic": float(statistic), "df": len(apart), "p_value": chi2_above(float(statistic), len(apart))}
        yield "", "", SUMS, CLOSED, found
    X = [[float(row["group"] == group) for group in groups[1:]] for row in rows]
    for j, (b, error) in enumerate(_regression(rows, X, of, strata)):
        shown = {key: v for key, v in ratio("hazard_ratio", b, error, job.z).items() if key != "p_value"}
        yield "", f"{job['by']}={groups[j + 1]}", NEWTON, FITTED, shown


def _score(people: Sequence[tuple[float, int, int]], groups: int, rho: float) -> tuple[list, list[list]]:
    """(score, covariance) of one stratum; people: time, cause (1, or 2 of a competing event), group. In fractions where the weight
    has one and the times are few."""
    times = sorted({time for time, cause, _ in people if cause})
    k, exact = range(groups), rho == int(rho) and rho >= 0 and len(times) <= EXACT_TIMES
    share = Fraction if exact else truediv
    power = int(rho) if exact else rho
    one = share(1, 1)
    free, own, pooled = (
        [one] * groups,
        [0 * one] * groups,
        0 * one,
    )  # uncaught, of the cause, of the cause in all groups
    score, steps = [0 * one] * groups, []
    for time in times:
        n = [sum(end >= time and g == group for end, _, g in people) for group in k]
        d, e = ([people.count((time, cause, group)) for group in k] for cause in (1, 2))
        # the number at risk as if nobody of the cause or of a competing one had left
        h = [n[i] / free[i] if n[i] else 0 * one for i in k]
        R, total, weight = [h[i] * (1 - own[i]) for i in k], sum(h), max(1 - pooled, 0) ** power
        for i in k:
            if sum(R):
                score[i] += weight * (d[i] - sum(d) * R[i] / sum(R))
        jump = sum(d) / total
        a = [[weight * ((h[i] if i == r else 0) - h[i] * h[r] / total) for r in k] for i in k]
        slope = jump / (1 - pooled) if 1 - pooled > 1e-9 else 0 * one
        before, pooled = list(free), pooled + jump
        for i in k:
            if n[i]:
                own[i] += before[i] * d[i] / n[i]
                free[i] *= share(n[i] - d[i] - e[i], n[i])
        later = [(1 - pooled) / free[i] if free[i] > 1e-12 else 0 * one for i in k]
        # variance of a jump of the cause and of a competing one in each group, less for ties
        left = [total * before[i] - 1 for i in k]
        ties = [1 - max(sum(d) - 1, 0) / left[i] if abs(left[i]) > 1e-9 else one for i in k]
        v = [ties[i] * before[i] * jump / n[i] if n[i] else 0 * one for i in k]
        w = [(1 - share(max(e[i] - 1, 0), max(n[i] - 1, 1))) * before[i] ** 2 * e[i] / n[i] ** 2 if n[i] and free[i] > 1e-12 else 0 * one for i in k]  # fmt: skip
        steps.append((a, slope, later, v, w))
    V, ahead = [[0 * one] * groups for _ in k], [[0 * one] * groups for _ in k]
    for a, slope, later, v, w in reversed(steps):  # ahead: what a jump changes in the weights of later times
        moves = [[a[i][r] + ahead[i][r] * (1 - later[r]) for r in k] for i in k]
        for i in k:
            for j in k:
                V[i][j] += sum(moves[i][r] * moves[j][r] * v[r] + ahead[i][r] * ahead[j][r] * later[r] ** 2 * w[r] for r in k)  # fmt: skip
        ahead = [[ahead[i][r] + a[i][r] * slope for r in k] for i in k]
    return score, V


def fine_gray(job: Job) -> Iterator[Found]:
    """Zhou et al. 2011 within strata."""
    strata = job["stratum"] == "true"
    first = [row for row in job.rows if row["set"] == job.named("set")[0]]
    w = wide(job, first, {"time", "event", *(["x"] if strata else [])}, centred=False)
    seen = causes(job, w.rows)
    yield "", "", COUNTED, CLOSED, {"n": seen.pop("n")}
    yield "", job["cause_name"], COUNTED, CLOSED, seen
    for name, (b, error) in zip(w.ids, _regression(w.rows, w.X, float(job["cause"]), strata), strict=False):
        yield "", name, NEWTON, FITTED, ratio("hazard_ratio", b, error, job.z)


def _regression(rows: Sequence[Row], X: Matrix, of: float, strata: bool) -> list[tuple[float, float]]:
    """(coefficient, error) of each covariate by Fine and Gray 1999; nothing where there is no maximum or too much to sum. strata: x of
    a row is its stratum, which has risk sets and a censoring of its own."""
    ends, cause = [float(row["time"]) for row in rows], [float(row["event"]) for row in rows]
    within = [row["x"] if strata else "" for row in rows]
    times = sorted({end for end, one in zip(ends, cause, strict=True) if one == of})
    if not times or not X[0] or 2 * len(rows) * len(times) * len(X[0]) > LARGE:
        return []
    people, p = range(len(rows)), range(len(X[0]))
    middle = [math.fsum(x[j] for x in X) / len(X) for j in p]
    X = [[x[j] - middle[j] for j in p] for x in X]
    spread = [math.sqrt(math.fsum(x[j] ** 2 for x in X) / len(X)) for j in p]
    if not all(spread):
        return []
    X = [[x[j] / spread[j] for j in p] for x in X]
    parts = {stratum: [i for i in people if within[i] == stratum] for stratum in dict.fromkeys(within)}
    kept = {}  # uncensored just before a time
    for stratum, mine in parts.items():
        censored = Curve([rows[i] for i in mine], lambda row: float(row["event"]) == 0)
        kept |= {(stratum, time): _before(censored, time) for time in {*ends, *times}}

    def weight(i: int, time: float) -> float:
        """Of a participant at a time of an event: after a competing event as far as one is not censored since."""
        free = kept[within[i], time], kept[within[i], ends[i]]
        return 1.0 if ends[i] >= time else free[0] / free[1] if cause[i] not in (0, of) else 0.0

    sets = [(time, [(i, w) for i in mine if (w := weight(i, time))], dying) for mine in parts.values() for time in times
            if (dying := [i for i in mine if ends[i] == time and cause[i] == of])]  # fmt: skip

    def mean(here: Sequence[tuple[int, float]], b: Vector) -> tuple[float, Vector, list[float]]:
        risk = [w * math.exp(dot(X[i], b)) for i, w in here]
        total = math.fsum(risk)
        return total, [math.fsum(r * X[i][j] for r, (i, _) in zip(risk, here, strict=True)) / total for j in p], risk

    def likelihood(b: Vector):
        value, score, information = 0.0, [0.0] * len(b), [[0.0] * len(b) for _ in p]
        for _, here, dying in sets:
            total, m, risk = mean(here, b)
            value += math.fsum(dot(X[i], b) for i in dying) - len(dying) * math.log(total)
            for j in p:
                score[j] += math.fsum(X[i][j] - m[j] for i in dying)
                for k in p:
                    second = math.fsum(r * X[i][j] * X[i][k] for r, (i, _) in zip(risk, here, strict=True)) / total
                    information[j][k] += len(dying) * (second - m[j] * m[k])
        return value, score, information

    found = maximum(likelihood, len(X[0]))
    if found is None or any(abs(b) > RUNAWAY for b in found.b):
        return []
    V = _robust(found, X, sets, mean, ends, cause, within)
    if inverse(V) is None:
        return []
    return [(b / s, math.sqrt(V[j][j]) / s) for j, (b, s) in enumerate(zip(found.b, spread, strict=True))]


def _before(curve: Curve, time: float) -> float:
    return float(next((step[1] for step in reversed(curve.steps) if step[0] < time), 1))


def _robust(
    found: Fit, X: Matrix, sets, mean, ends: Sequence[float], cause: Sequence[float], within: Sequence[str]
) -> Matrix:
    """Their sandwich: what each participant adds to the score, and to it through the censoring that is estimated."""
    people, p = range(len(X)), range(len(X[0]))
    own = [[0.0] * len(p) for _ in people]
    lines = []  # of each participant who stays after a competing event, with the time: what a change of the weight does
    for time, here, dying in sets:
        total, m, risk = mean(here, found.b)
        for i in dying:
            own[i] = [own[i][j] + X[i][j] - m[j] for j in p]
        for (i, _), r in zip(here, risk, strict=True):
            gone = [r * len(dying) / total * (X[i][j] - m[j]) for j in p]
            own[i] = [own[i][j] - gone[j] for j in p]
            if ends[i] < time:
                lines.append((within[i], ends[i], time, gone))
    for stratum, u in sorted({(within[i], ends[i]) for i in people if cause[i] == 0}):
        there = [i for i in people if within[i] == stratum and ends[i] >= u]
        n, d = len(there), sum(ends[i] == u and cause[i] == 0 for i in there)
        q = [math.fsum(gone[j] for s, end, time, gone in lines if s == stratum and end < u <= time) for j in p]
        for i in there:
            jump = (ends[i] == u and cause[i] == 0) - d / n
            own[i] = [own[i][j] + q[j] * jump / n for j in p]
    return sandwich(found.V, own, [1.0] * len(own))
