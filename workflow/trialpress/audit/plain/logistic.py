"""Logistic regression, by maximum likelihood and with Firth's penalty, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .arithmetic import numbers
from .job import CLOSED, COUNTED, FITTED, PROFILE, Found, Job
from .models import Matrix, Vector, dot, expit, form, heavy, inverse
from .models import logistic as fitted
from .penalised import exp, log_determinant, penalised_maximum, profile_end
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


class Firth:
    """Logistic regression with Jeffreys' prior (Firth 1993)."""

    def __init__(self, X: Matrix, y: Sequence[float]):
        self.X, self.y, self.p = X, y, range(len(X[0]))

    def at(self, b: Vector) -> tuple[float, Vector, Matrix] | None:
        """Penalised log likelihood, modified score, information; None where that is singular."""
        eta = [dot(x, b) for x in self.X]
        mean = [expit(one) for one in eta]
        weight = [m * (1 - m) for m in mean]
        information = [
            [math.fsum(w * x[j] * x[k] for x, w in zip(self.X, weight, strict=True)) for k in self.p] for j in self.p
        ]
        V, size = inverse(information), log_determinant(information)
        if V is None or size is None:
            return None
        pull = [one - m + w * form(x, V) * (0.5 - m) for x, one, m, w in zip(self.X, self.y, mean, weight, strict=True)]
        signed = [e if one else -e for one, e in zip(self.y, eta, strict=True)]
        value = math.fsum(min(e, 0.0) - math.log1p(math.exp(-abs(e))) for e in signed) + size / 2
        return value, [dot(pull, [x[j] for x in self.X]) for j in self.p], information


def penalised(job: Job, X: Matrix, y: Sequence[float], ids: Sequence[str]) -> Iterator[Found]:
    """Firth's odds ratios with profile limits and likelihood-ratio tests."""
    if not X or heavy(X):
        return
    centre = [math.fsum(column) / len(X) for column in zip(*X, strict=True)]
    scale = [
        math.sqrt(math.fsum((x - c) ** 2 for x in column) / len(X)) or 1.0
        for c, column in zip(centre, zip(*X, strict=True), strict=True)
    ]
    spread = [[1.0, *((x - c) / u for x, c, u in zip(row[1:], centre[1:], scale[1:], strict=True))] for row in X]
    at = Firth(spread, y).at
    best = penalised_maximum(at, [0.0] * len(X[0]))
    V = inverse(best[2]) if best else None
    if best is None or V is None:
        return
    for j, name in enumerate(ids, start=1):
        ends = [profile_end(at, best, j, side * math.sqrt(V[j][j]), job.z**2 / 2) for side in (-1, 1)]
        none = penalised_maximum(at, [*best[1][:j], 0.0, *best[1][j + 1 :]], j)
        if None not in ends and none:
            low, odds, high = (exp(value / scale[j]) for value in (ends[0], best[1][j], ends[1]))
            p = chi2_above(max(0.0, 2 * (best[0] - none[0])), 1)
            yield "", name, PROFILE, FITTED, {"odds_ratio": odds, "ci_low": low, "ci_high": high, "p_value": p}


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
