"""Logistic regression, by maximum likelihood and with Firth's penalty, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .arithmetic import numbers
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import Firth, Matrix, dot, expit, heavy, inverse
from .models import logistic as fitted
from .regression import NEWTON, ratio, wide
from .tails import chi2_above


def logistic(job: Job) -> Iterator[Found]:
    w = wide(job, [row for row in job.rows if row["set"] == job.named("set")[0]], {"x"}, centred=False)
    y, X = numbers(w.rows, "x"), [[1.0, *x] for x in w.X]
    yield "", "", COUNTED, CLOSED, {"n": len(y), "events": sum(y)}
    fit = fitted(X, y) if len(set(y)) == 2 and w.ids else None
    if (
        fit is None
        or any(abs(b) > 25 for b in fit.b)
        or max(abs(one - expit(dot(x, fit.b))) for x, one in zip(X, y, strict=True)) < 1e-6
    ):
        return
    for j, name in enumerate(w.ids, start=1):
        yield "", name, NEWTON, FITTED, ratio("odds_ratio", fit.b[j], math.sqrt(fit.V[j][j]), job.z)


def firth_logistic(job: Job) -> Iterator[Found]:
    w = wide(job, [row for row in job.rows if row["set"] == job.named("set")[0]], {"x"}, centred=False)
    y = numbers(w.rows, "x")
    yield "", "", COUNTED, CLOSED, {"n": len(w.rows), "events": sum(y)}
    if len(set(y)) < 2:
        return
    yield from penalised(job, [[1.0, *x] for x in w.X], y, w.ids)


def penalised(job: Job, X: Matrix, y: Sequence[float], ids: Sequence[str]) -> Iterator[Found]:
    """Firth's odds ratios with profile limits and likelihood-ratio tests."""
    if not X or heavy(X):
        return
    model = Firth(X, y)
    found = model.fit([0.0] * len(X[0]))
    V = inverse(found[2]) if found else None
    if V is None:
        return
    top, b, _ = found
    for j, name in enumerate(ids, start=1):
        ends = model.profile(b, j, top, math.sqrt(V[j][j]), job.z**2 / 2)
        none = model.fit([*b[:j], 0.0, *b[j + 1 :]], j)
        if ends and none:
            p = chi2_above(2 * (top - none[0]), 1)
            of = {"odds_ratio": math.exp(b[j]), "ci_low": math.exp(ends[0]), "ci_high": math.exp(ends[1]), "p_value": p}
            yield "", name, "Newton's method, profile by bisection", FITTED, of


def dose_response(job: Job) -> Iterator[Found]:
    known = [row for row in job.rows if not row["@"] & {"x", "y"} and float(row["x"]) > 0]
    y = numbers(known, "y")
    yield "", "", COUNTED, CLOSED, {"n": len(known), "events": sum(y)}
    if len(set(y)) < 2:
        return
    X = [[1.0, math.log10(float(row["x"]))] for row in known]
    if job["firth"] == "true":
        yield from penalised(job, X, y, ["per_tenfold_dose"])
        return
    fit = fitted(X, y)
    if fit and abs(fit.b[1]) < 25:
        yield "", "per_tenfold_dose", NEWTON, FITTED, ratio("odds_ratio", fit.b[1], math.sqrt(fit.V[1][1]), job.z)
