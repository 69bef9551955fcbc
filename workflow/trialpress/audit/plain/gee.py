"""Generalised estimating equations, a participant at a time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from statistics import fmean

from .arithmetic import numbers
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import Matrix, Vector, dot, expit, heavy, inverse, solve
from .regression import Line, at_visits, participants, spread
from .tails import z_above

BY = "estimating equations"
RUNAWAY = 8.0
RATIO = {"linear": "estimate", "logistic": "odds_ratio", "poisson": "rate_ratio"}
LINKS = {  # mean, its slope, the variance
    "linear": lambda eta: (eta, 1.0, 1.0),
    "logistic": lambda eta: (p := expit(eta), p * (1 - p), p * (1 - p)),
    "poisson": lambda eta: (m := math.exp(min(eta, 300.0)), m, m),
}


def _equations(X: Matrix, y: Vector, who: list[list[int]], kind: str, b: Vector, a: float):
    """Of each participant (D, D' W, residuals), and H = sum of D' W D, U = sum of D' W r; a: correlation of any two."""
    p = range(len(b))
    H, U, parts = [[0.0] * len(b) for _ in p], [0.0] * len(b), []
    for rows in who:
        n, link = len(rows), [LINKS[kind](dot(X[i], b)) for i in rows]
        D = [[slope * X[i][j] for j in p] for i, (_, slope, _) in zip(rows, link, strict=True)]
        r = [y[i] - mean for i, (mean, *_) in zip(rows, link, strict=True)]
        sd = [math.sqrt(v) for *_, v in link]
        shared = a / (1 + (n - 1) * a)  # of the inverse of an exchangeable correlation
        weigh = lambda column, sd=sd, shared=shared: _weighed(column, sd, shared, a)  # noqa: E731
        DW = [weigh([row[j] for row in D]) for j in p]
        for j in p:
            U[j] += dot(DW[j], r)
            for k in p:
                H[j][k] += dot(DW[j], [row[k] for row in D])
        parts.append((D, DW, r))
    return parts, H, U


def _weighed(column: Vector, sd: Vector, shared: float, a: float) -> Vector:
    u = [value / s for value, s in zip(column, sd, strict=True)]
    total = math.fsum(u)
    return [(value - shared * total) / s / (1 - a) for value, s in zip(u, sd, strict=True)]


def _correlation(X: Matrix, y: Vector, who: list[list[int]], kind: str, b: Vector) -> float:
    """By moments of all pairs."""
    total = pairs = 0.0
    squares = []
    for rows in who:
        z = [(y[i] - mean) / math.sqrt(v) for i in rows for mean, _, v in [LINKS[kind](dot(X[i], b))]]
        squares += [one * one for one in z]
        total += (math.fsum(z) ** 2 - math.fsum(one * one for one in z)) / 2
        pairs += len(z) * (len(z) - 1) / 2
    scale = fmean(squares)
    return total / pairs / scale if pairs and scale else 0.0


def gee(job: Job) -> Iterator[Found]:
    w = at_visits(job)
    yield from participants(job, w)
    if len(w.groups) < 2:
        return
    who: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(w.rows):
        who[row["entry"]].append(i)
    yield "", "", COUNTED, CLOSED, {"n": len(who), "observations": len(w.rows)}
    y, kind, places = numbers(w.rows, "x"), job["model"], sorted({float(row["time"]) for row in w.rows})
    X = [[1.0, *(float(code == g) for g in range(1, len(w.groups))), *(float(float(row["time"]) == at) for at in places[1:]), *own]
         for code, row, own in zip(w.codes, w.rows, w.X, strict=True)]  # fmt: skip
    visits = [f"{job['visit']}={job.named('level')[int(at) - 1]}" for at in places[1:]]
    ids = [*(f"{job['by']}={group}" for group in w.groups[1:]), *visits, *w.ids]
    line = Line.of(X, y, "classical")
    if (
        len(who) <= len(X[0])
        or line is None
        or line.exact
        or len(set(y)) < 2
        or heavy(X)
        or (kind != "linear" and min(y) < 0)
    ):
        return
    b, a, groups = [0.0] * len(X[0]), 0.0, list(who.values())
    for step in range(500):
        if step > 5 and job["correlation"] == "exchangeable":  # the first steps lead to where independence does
            a = _correlation(X, y, groups, kind, b)
        _, H, U = _equations(X, y, groups, kind, b, a)
        move = solve(H, [[u] for u in U])
        if move is None:
            return
        b = [value + one[0] for value, one in zip(b, move, strict=True)]
        if any(abs(value) > 1e3 for value in b) and kind != "linear":
            return
        if step > 8 and max(abs(one[0]) / (1 + abs(value)) for one, value in zip(move, b, strict=True)) < 1e-12:
            break
    else:
        return
    if kind != "linear" and any(
        abs(one) * spread(column) > RUNAWAY for one, column in list(zip(b, zip(*X, strict=True), strict=True))[1:]
    ):
        return
    parts, H, _ = _equations(X, y, groups, kind, b, a)
    V = inverse(H)
    if V is None:
        return
    p, middle = range(len(b)), [[0.0] * len(b) for _ in b]
    for D, DW, r in parts:
        if job["errors"] == "bias-reduced":  # Mancl & DeRouen 2001
            n, reach = range(len(r)), [[dot(row, V[j]) for j in p] for row in D]
            left = [[float(i == k) - math.fsum(reach[i][j] * DW[j][k] for j in p) for k in n] for i in n]
            found = solve(left, [[one] for one in r])
            if found is None:
                return
            r = [one[0] for one in found]
        u = [dot(DW[j], r) for j in p]
        middle = [[middle[i][j] + u[i] * u[j] for j in p] for i in p]
    yield "", "", BY, FITTED, {"correlation": a}
    for j, name in enumerate(ids, start=1):
        error = math.sqrt(math.fsum(V[j][i] * V[j][k] * middle[i][k] for i in p for k in p))
        of = {RATIO[kind]: b[j], "ci_low": b[j] - job.z * error, "ci_high": b[j] + job.z * error}
        of = of if kind == "linear" else {key: math.exp(value) for key, value in of.items()}
        yield "", name, BY, FITTED, of | {"p_value": 2 * z_above(abs(b[j] / error))}
