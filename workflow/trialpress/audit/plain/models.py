"""Equations and likelihoods in plain Python: elimination, Newton's method, Cox's partial likelihood."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

Vector = list[float]
Matrix = list[list[float]]
FAR = 15.0  # a coefficient beyond it has run away
LARGE = 400_000  # rows of risk sets that are summed; of more R is needed


def solve(A: Sequence[Sequence], B: Sequence[Sequence]) -> list[list] | None:
    """X of A X = B for a symmetric A, by elimination with the largest pivot; exact for fractions. None where A is singular: a pivot
    is no more than rounding beside the diagonal, which is brought to one before."""
    n = len(A)
    exact = any(isinstance(value, Fraction) for row in A for value in row)
    if not exact and any(not A[i][i] > 0 for i in range(n)):
        return None
    scale = [1 if exact else 1 / math.sqrt(A[i][i]) for i in range(n)]
    rows = [
        [*(a * u * v for a, v in zip(A[i], scale, strict=True)), *(b * u for b in B[i])] for i, u in enumerate(scale)
    ]
    for at in range(n):
        best = max(range(at, n), key=lambda i: abs(rows[i][at]))
        pivot = rows[best][at]
        if abs(pivot) <= (0 if exact else 1e-11):
            return None
        rows[at], rows[best] = rows[best], rows[at]
        for i in range(n):
            if i != at and rows[i][at]:
                share = rows[i][at] / pivot
                rows[i] = [x - share * y for x, y in zip(rows[i], rows[at], strict=True)]
    return [[value / rows[i][i] * scale[i] for value in rows[i][n:]] for i in range(n)]


def inverse(A: Sequence[Sequence]) -> list[list] | None:
    return solve(A, [[float(i == j) for j in range(len(A))] for i in range(len(A))])


def quadratic(d: Sequence, V: Sequence[Sequence]):
    """d' V^-1 d; None where V is singular."""
    found = solve(V, [[value] for value in d]) if len(d) else None
    return None if found is None else sum(x * row[0] for x, row in zip(d, found, strict=True))


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def sandwich(V: Matrix, X: Matrix, weights: Sequence[float]) -> Matrix:
    """V (sum of w x x') V."""
    p = range(len(V))
    middle = [[math.fsum(w * x[i] * x[j] for x, w in zip(X, weights, strict=True)) for j in p] for i in p]
    left = [[dot(V[i], [middle[k][j] for k in p]) for j in p] for i in p]
    return [[dot(left[i], [V[k][j] for k in p]) for j in p] for i in p]


def form(L: Sequence[float], V: Matrix) -> float:
    """L V L'."""
    return math.fsum(a * b * V[i][j] for i, a in enumerate(L) for j, b in enumerate(L) if a and b)


class Fit(NamedTuple):
    """Coefficients, their covariance, and the log likelihood."""

    b: Vector
    V: Matrix
    likelihood: float


Likelihood = Callable[[Vector], tuple[float, Vector, Matrix]]  # value, score, information


def _tried(likelihood: Likelihood, b: Vector) -> tuple[float, Vector, Matrix]:
    """Of numbers that are out of range the likelihood is 0."""
    try:
        return likelihood(b)
    except (ArithmeticError, ValueError):
        return -math.inf, [], []


def maximum(likelihood: Likelihood, p: int) -> Fit | None:
    """Newton's method from zero with halved steps; None where there is no maximum or a coefficient runs away."""
    b = [0.0] * p
    value, score, information = likelihood(b)
    for _ in range(200):
        step = solve(information, [[u] for u in score])
        if step is None:
            return None
        share = 1.0
        while True:
            new = [x + share * s[0] for x, s in zip(b, step, strict=True)]
            if any(abs(x) > 1e4 for x in new):
                return None
            after = _tried(likelihood, new)
            if after[0] >= value - 1e-12 * abs(value) or share < 1e-6:
                break
            share /= 2
        if after[0] == -math.inf:
            return None
        moved = max((abs(x - y) / (1 + abs(x)) for x, y in zip(new, b, strict=True)), default=0.0)
        b, (value, score, information) = new, after
        if moved < 1e-12:
            V = inverse(information)
            return None if V is None else Fit(b, V, value)
    return None


def crossing(rises: Callable[[float], float | None], near: float, low: float, step: float) -> float | None:
    """Where a function that is `low` (below 0) at `near` crosses 0, in steps and then by false position (Illinois)."""
    far, high = near + 2 * step, None
    for _ in range(60):
        high = rises(far)
        if high is None or high >= 0:
            break
        near, low, far = far, high, far + step
    if high is None or high < 0:
        return None
    for _ in range(100):
        middle = (near * high - far * low) / (high - low)
        found = rises(middle)
        if found is None or abs(found) < 1e-11 or abs(far - near) < 1e-11:
            return None if found is None else middle
        if found * high < 0:
            near, low = far, high
        else:
            low /= 2
        far, high = middle, found
    return None


def _generalised(X: Matrix, mean: Callable[[int, float], tuple[float, float, float, float]]) -> Likelihood:
    """mean(i, linear predictor): (log likelihood, y - expected, weight, _) of a row."""
    p = range(len(X[0]) if X else 0)

    def at(b: Vector):
        rows = [mean(i, dot(x, b)) for i, x in enumerate(X)]
        score = [math.fsum(x[j] * r[1] for x, r in zip(X, rows, strict=True)) for j in p]
        information = [[math.fsum(x[j] * x[k] * r[2] for x, r in zip(X, rows, strict=True)) for k in p] for j in p]
        return math.fsum(r[0] for r in rows), score, information

    return at


def heavy(X: Matrix) -> bool:
    """Whether there is too much to sum in plain Python."""
    return len(X) * len(X[0]) ** 2 > 10 * LARGE


def expit(eta: float) -> float:
    return 1 / (1 + math.exp(-eta)) if eta >= 0 else math.exp(eta) / (1 + math.exp(eta))


def logistic(X: Matrix, y: Sequence[float], offset: Sequence[float] | None = None) -> Fit | None:
    """Logistic regression; X with its intercept."""

    def row(i: int, eta: float):
        eta += offset[i] if offset else 0.0
        p = expit(eta)
        return -math.log1p(math.exp(-abs(eta))) + (min(eta, 0.0) if y[i] else -max(eta, 0.0)), y[i] - p, p * (1 - p), p

    return maximum(_generalised(X, row), len(X[0])) if X and not heavy(X) else None


def poisson(X: Matrix, y: Sequence[float], exposure: Sequence[float]) -> Fit | None:
    """Poisson regression with log link, the log of the exposure as offset."""

    def row(i: int, eta: float):
        mu = exposure[i] * math.exp(min(eta, 300.0))
        return y[i] * eta - mu, y[i] - mu, mu, mu

    return maximum(_generalised(X, row), len(X[0])) if X and not heavy(X) else None


class Person(NamedTuple):
    """At risk in (entry, time] of a stratum."""

    entry: float
    time: float
    event: bool
    x: Vector
    stratum: str = ""


def risk_sets(people: Sequence[Person]) -> list[tuple[list[Person], list[Person]]]:
    """(all at risk, those with the event) of every time of an event in every stratum, in order."""
    found = []
    for stratum in dict.fromkeys(one.stratum for one in people):
        mine = [one for one in people if one.stratum == stratum]
        for time in sorted({one.time for one in mine if one.event}):
            here = [one for one in mine if one.entry < time <= one.time]
            found.append((here, [one for one in here if one.event and one.time == time]))
    return found


def too_large(people: Sequence[Person], times: int = 1) -> bool:
    return times * len(people) * len({(one.stratum, one.time) for one in people if one.event}) > LARGE


def partial_likelihood(people: Sequence[Person], ties: str) -> Likelihood:
    """Cox's, with Efron's or Breslow's ties; exact: of every choice of as many participants of a risk set as have the event."""
    centred = middle_of(people)
    sets = [(centred(here), centred(dying)) for here, dying in risk_sets(people)]
    part = _of_choices if ties == "exact" else lambda here, dying, b: _of_set(here, dying, b, ties)

    def at(b: Vector):
        p = range(len(b))
        value, score, information = 0.0, [0.0] * len(b), [[0.0] * len(b) for _ in b]
        for here, dying in sets:
            one, own, spread = part(here, dying, b)
            value += one
            for j in p:
                score[j] += own[j]
                for k in p:
                    information[j][k] += spread[j][k]
        return value, score, information

    return at


def middle_of(people: Sequence[Person]) -> Callable[[Sequence[Person]], Matrix]:
    """The covariates of some of the participants less the mean of all."""
    centre = [math.fsum(column) / len(people) for column in zip(*(one.x for one in people), strict=True)]
    return lambda part: [[x - c for x, c in zip(one.x, centre, strict=True)] for one in part]


def cox(people: Sequence[Person], ties: str = "efron", far: float = FAR) -> tuple[Fit, float] | None:
    """Cox regression and the log likelihood without covariates; None where there is no maximum or too much to sum."""
    most = (
        max((len(dying) for _, dying in risk_sets(people)), default=0)
        if ties == "exact" and not too_large(people)
        else 1
    )
    if too_large(people, most) or not any(one.event for one in people):
        return None
    columns = zip(*middle_of(people)(people), strict=True)
    spread = [math.sqrt(math.fsum(x * x for x in column) / len(people)) or 1.0 for column in columns]
    # covariates of spread one: what has converged does not hang on their units
    scaled = [one._replace(x=[x / s for x, s in zip(one.x, spread, strict=True)]) for one in people]
    at = partial_likelihood(scaled, ties)
    null, found = at([0.0] * len(spread))[0], maximum(at, len(spread))
    if found is None or any(abs(b) > far for b in found.b):
        return None
    V = [[value / s / t for value, t in zip(row, spread, strict=True)] for row, s in zip(found.V, spread, strict=True)]
    return Fit([b / s for b, s in zip(found.b, spread, strict=True)], V, found.likelihood), null


def _of_choices(here: Matrix, dying: Matrix, b: Vector) -> tuple[float, Vector, Matrix]:
    """Cox 1972, section 6: sums over all choices of as many as have the event, one participant after the other, with their slopes."""
    p, d = range(len(b)), len(dying)
    top = max(dot(x, b) for x in here)
    sums = [(1.0 if k == 0 else 0.0, [0.0] * len(b), [[0.0] * len(b) for _ in p]) for k in range(d + 1)]
    for x in here:
        w = math.exp(dot(x, b) - top)
        for k in range(d, 0, -1):
            (s, u, v), (t, f, g) = sums[k], sums[k - 1]
            u_new = [u[i] + w * (f[i] + x[i] * t) for i in p]
            v_new = [[v[i][j] + w * (g[i][j] + x[i] * f[j] + x[j] * f[i] + x[i] * x[j] * t) for j in p] for i in p]
            sums[k] = (s + w * t, u_new, v_new)
    s, u, v = sums[d]
    value = math.fsum(dot(x, b) for x in dying) - math.log(s) - d * top
    score = [math.fsum(x[i] for x in dying) - u[i] / s for i in p]
    return value, score, [[v[i][j] / s - u[i] * u[j] / s**2 for j in p] for i in p]


def _of_set(here: Matrix, dying: Matrix, b: Vector, ties: str) -> tuple[float, Vector, Matrix]:
    """What a risk set adds to the log likelihood, its slope and the information."""
    sums, p = [_sums(part, b) for part in (here, dying)], range(len(b))
    value = math.fsum(dot(x, b) for x in dying)
    score, information = [math.fsum(x[j] for x in dying) for j in p], [[0.0] * len(b) for _ in p]
    for nth in range(len(dying)):
        share = nth / len(dying) if ties == "efron" else 0.0
        s0 = sums[0][0] - share * sums[1][0]
        s1 = [u - share * v for u, v in zip(sums[0][1], sums[1][1], strict=True)]
        value -= math.log(s0)
        for j in p:
            score[j] -= s1[j] / s0
            for k in p:
                information[j][k] += (sums[0][2][j][k] - share * sums[1][2][j][k]) / s0 - s1[j] * s1[k] / s0**2
    return value, score, information


def cox_parts(people: Sequence[Person], b: Vector) -> list[tuple[float, Vector, Matrix]]:
    """(time, score, information) of every risk set, with Efron's ties."""
    centred = middle_of(people)
    return [
        (dying[0].time, *_of_set(centred(here), centred(dying), b, "efron")[1:]) for here, dying in risk_sets(people)
    ]


def score_residuals(people: Sequence[Person], b: Vector, ties: str) -> list[Vector]:
    """What each participant's weight does to the score: Lin and Wei 1989."""
    p, own = range(len(b)), {id(one): [0.0] * len(b) for one in people}
    for here, dying in risk_sets(people):
        risk, d, dead = {id(one): math.exp(dot(one.x, b)) for one in here}, len(dying), {id(one) for one in dying}
        for nth in range(d):
            share = nth / d if ties == "efron" else 0.0
            weight = {id(one): risk[id(one)] * (1 - share * (id(one) in dead)) for one in here}
            s0 = math.fsum(weight.values())
            mean = [math.fsum(weight[id(one)] * one.x[j] for one in here) / s0 for j in p]
            for one in here:
                for j in p:
                    own[id(one)][j] -= weight[id(one)] * (one.x[j] - mean[j]) / s0
            for one in dying:
                for j in p:
                    own[id(one)][j] += (one.x[j] - mean[j]) / d
    return [own[id(one)] for one in people]


def _sums(part: Matrix, b: Vector) -> tuple[float, Vector, Matrix]:
    """Sums of w, w x and w x x' with w = exp(x b)."""
    p = range(len(b))
    weights = [math.exp(dot(x, b)) for x in part]
    first = [math.fsum(w * x[j] for w, x in zip(weights, part, strict=True)) for j in p]
    return math.fsum(weights), first, [[math.fsum(w * x[j] * x[k] for w, x in zip(weights, part, strict=True)) for k in p] for j in p]  # fmt: skip
