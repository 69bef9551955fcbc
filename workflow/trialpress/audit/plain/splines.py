"""Restricted cubic splines: Harrell's truncated powers, whose curves are those of every other basis."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import mean, median

from .arithmetic import numbers, quantile
from .cox import fitted
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import Person, dot, form, logistic, quadratic
from .regression import Line, falls, people, spread, wide
from .tails import chi2_above, f_above, t_quantile

KNOTS = {3: (0.1, 0.5, 0.9), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.5, 0.725, 0.95)}
BY = "truncated powers"


def basis(x: float, knots: list[float]) -> list[float]:
    """In units of the range of the knots the value itself, then what bends: linear before the first and after the last knot (Harrell 2015, section 2.4.5)."""
    whole = knots[-1] - knots[0]
    x, *knots = ((value - knots[0]) / whole for value in (x, *knots))
    *_, before, last = knots
    cube = lambda t: max(x - t, 0.0) ** 3  # noqa: E731
    beyond, x = max(x - 1, 0.0), min(x, 1.0)  # where the cubes leave a line
    slope = lambda t: 3 * (1 - t) * (before - t)  # noqa: E731
    bent = [
        slope(t) * beyond + cube(t) - (cube(before) * (last - t) - cube(last) * (before - t)) / (last - before)
        for t in knots[:-2]
    ]
    return [x + beyond, *bent]


def _spline(job: Job, kind: str) -> Iterator[Found]:
    late, strata = job["delayed"] == "true" and kind == "cox", job["stratum"] == "true"
    needed = {
        "x",
        "y",
        *({"time"} if kind == "cox" else ()),
        *({"entry"} if late else ()),
        *({"level"} if strata else ()),
    }
    w = wide(job, people(job), needed)
    x, y = numbers(w.rows, "y"), numbers(w.rows, "x")
    yield "", "", COUNTED, CLOSED, {"n": len(x), **({} if kind == "linear" else {"events": sum(y)})}
    if not x:
        return
    k = int(float(job["knots"]))
    knots = [quantile(x, share) for share in KNOTS[k]]
    if any(b - a <= 1e-9 * (knots[-1] - knots[0]) for a, b in zip(knots, knots[1:], strict=False)):
        return
    size = [spread(column) or 1.0 for column in zip(*(basis(value, knots) for value in x), strict=True)]
    scaled = lambda value: [part / s for part, s in zip(basis(value, knots), size, strict=True)]  # noqa: E731
    rows = [scaled(value) for value in x]
    centre = [mean(column) for column in zip(*rows, strict=True)]
    M = [[a - c for a, c in zip(row, centre, strict=True)] + own for row, own in zip(rows, w.X, strict=True)]
    if len(M) <= len(M[0]) + (kind != "cox"):
        return
    df = 0
    if kind == "linear":
        line = Line.of([[1.0, *row] for row in M], y, "classical")
        if line is None or line.exact:
            return
        b, V, df = line.b, line.V, line.df
    elif kind == "logistic":
        fit = logistic([[1.0, *row] for row in M], y)
        if fit is None or not falls(fit, [[1.0, *row] for row in M], y):
            return
        b, V = fit.b, fit.V
    else:
        found = fitted([Person(float(row["entry"]) if late else -math.inf, float(row["time"]), happens == 1, own, row["level"] if strata else "")
                     for row, happens, own in zip(w.rows, y, M, strict=True)])  # fmt: skip
        if found is None:
            return
        b, V = found[0].b, found[0].V
    first = int(kind != "cox")
    own = range(first, first + k - 1)
    b, V = [b[i] for i in own], [[V[i][j] for j in own] for i in own]
    reference = median(x) if job["reference"] == "" else float(job["reference"])
    yield "", "", COUNTED, CLOSED, {"reference": reference}
    for level, at in (("", range(k - 1)), ("nonlinearity", range(1, k - 1))):
        u, m = quadratic([b[i] for i in at], [[V[i][j] for j in at] for i in at]), len(at)
        if u is not None and df:
            of = {"statistic": u / m, "df": m, "df_residual": df, "p_value": f_above(u / m, m, df)}
            yield "", level, BY, FITTED, of
        elif u is not None:
            yield "", level, BY, FITTED, {"statistic": u, "df": m, "p_value": chi2_above(u, m)}
    middle = scaled(reference)
    for at in job.times:
        L = [p - q for p, q in zip(scaled(float(at)), middle, strict=True)]
        value, reach = dot(L, b), (t_quantile(1 - job.tail, df) if df else job.z) * math.sqrt(form(L, V))
        of = dict(zip(({"linear": "estimate", "logistic": "odds_ratio"}.get(kind, "hazard_ratio"), "ci_low", "ci_high"),
                      (value, value - reach, value + reach), strict=True))  # fmt: skip
        yield (
            "",
            at,
            BY,
            FITTED,
            of if df else {key: math.exp(one) if one < 700 else math.inf for key, one in of.items()},
        )


def linear_spline(job: Job) -> Iterator[Found]:
    yield from _spline(job, "linear")


def logistic_spline(job: Job) -> Iterator[Found]:
    yield from _spline(job, "logistic")


def cox_spline(job: Job) -> Iterator[Found]:
    yield from _spline(job, "cox")
