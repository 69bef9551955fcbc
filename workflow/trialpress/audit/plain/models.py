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
            after = likelihood(new)
            if after[0] >= value - 1e-12 * abs(value) or share < 1e-6:
                break
            share /= 2
        moved = max((abs(x - y) / (1 + abs(x)) for x, y in zip(new, b, strict=True)), default=0.0)
        b, (value, score, information) = new, after
        if moved < 1e-12:
            V = inverse(information)
            return None if V is None else Fit(b, V, value)
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


class Firth:
    """Logistic regression with Jeffreys' prior (Firth 1993): Newton's method on the modified score, profiles of what is penalised."""

    def __init__(self, X: Matrix, y: Sequence[float]):
        self.X, self.y, self.p = X, y, range(len(X[0]))

    def at(self, b: Vector) -> tuple[float, Vector, Matrix] | None:
        """Penalised log likelihood, modified score, information; None where that is singular."""
        mean = [expit(dot(x, b)) for x in self.X]
        weight = [m * (1 - m) for m in mean]
        information = [
            [math.fsum(w * x[j] * x[k] for x, w in zip(self.X, weight, strict=True)) for k in self.p] for j in self.p
        ]
        V, size = inverse(information), log_determinant(information)
        if V is None or size is None:
            return None
        pull = [one - m + w * form(x, V) * (0.5 - m) for x, one, m, w in zip(self.X, self.y, mean, weight, strict=True)]
        value = math.fsum(math.log(m if one else 1 - m) for one, m in zip(self.y, mean, strict=True)) + size / 2
        return value, [dot(pull, [x[j] for x in self.X]) for j in self.p], information

    def fit(self, b: Vector, held: int | None = None) -> tuple[float, Vector, Matrix] | None:
        """(penalised log likelihood, coefficients, information) from a start on, where one coefficient may stay as it is."""
        free = [j for j in self.p if j != held]
        for _ in range(300):
            found = self.at(b)
            if found is None:
                return None
            value, score, information = found
            step = solve([[information[j][k] for k in free] for j in free], [[score[j]] for j in free]) if free else []
            if step is None:
                return None
            largest = max((abs(one[0]) for one in step), default=0.0)
            if largest < 1e-11:
                return value, b, information
            b = list(b)
            for j, one in zip(free, step, strict=True):
                b[j] += one[0] / max(1.0, largest / 2)
        return None

    def profile(self, b: Vector, j: int, top: float, step: float, drop: float) -> Vector | None:
        """Where the profile is `drop` below the top, on both sides of a coefficient."""
        ends = []
        for side in (-1, 1):
            near, far, start = b[j], b[j] + 2 * side * step, b
            while (found := self.fit([*start[:j], far, *start[j + 1 :]], j)) and top - found[0] < drop:
                near, far, start = far, far + side * step, found[1]
                if abs(far - b[j]) > 60:
                    return None
            while found and abs(far - near) > 1e-10:
                middle = (near + far) / 2
                found = self.fit([*start[:j], middle, *start[j + 1 :]], j)
                if found:
                    near, far, start = (middle, far, found[1]) if top - found[0] < drop else (near, middle, found[1])
            if not found:
                return None
            ends.append((near + far) / 2)
        return ends


def log_determinant(A: Matrix) -> float | None:
    """Of a positive definite matrix, by Cholesky's method."""
    L, total = [], 0.0
    for i, row in enumerate(A):
        L.append([])
        for j in range(i + 1):
            left = row[j] - math.fsum(L[i][k] * L[j][k] for k in range(j))
            if i == j:
                if left <= 0:
                    return None
                L[i].append(math.sqrt(left))
                total += math.log(left)
            else:
                L[i].append(left / L[j][j])
    return total


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


def too_large(people: Sequence[Person]) -> bool:
    return len(people) * len({(one.stratum, one.time) for one in people if one.event}) > LARGE


def cox(people: Sequence[Person], ties: str = "efron", far: float = FAR) -> tuple[Fit, float] | None:
    """Cox regression and the log likelihood without covariates; None where there is no maximum or too much to sum."""
    if too_large(people) or not any(one.event for one in people):
        return None
    p = range(len(people[0].x))
    centre = [math.fsum(one.x[j] for one in people) / len(people) for j in p]
    sets = [
        [[[one.x[j] - centre[j] for j in p] for one in part] for part in pair] for pair in risk_sets(people)
    ]  # fmt: skip

    def at(b: Vector):
        value, score, information = 0.0, [0.0] * len(b), [[0.0] * len(b) for _ in b]
        for here, dying in sets:
            one, own, spread = _of_set(here, dying, b, ties)
            value += one
            for j in p:
                score[j] += own[j]
                for k in p:
                    information[j][k] += spread[j][k]
        return value, score, information

    null = at([0.0] * len(centre))[0]
    found = maximum(at, len(centre))
    spread = [math.sqrt(math.fsum((one.x[j] - centre[j]) ** 2 for one in people) / len(people)) for j in p]
    if found is None or any(abs(b) * s > far for b, s in zip(found.b, spread, strict=True)):
        return None
    return found, null


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
    centre = [math.fsum(one.x[j] for one in people) / len(people) for j in range(len(b))]
    fit = lambda part: [[x - c for x, c in zip(one.x, centre, strict=True)] for one in part]  # noqa: E731
    return [(dying[0].time, *_of_set(fit(here), fit(dying), b, "efron")[1:]) for here, dying in risk_sets(people)]


def _sums(part: Matrix, b: Vector) -> tuple[float, Vector, Matrix]:
    """Sums of w, w x and w x x' with w = exp(x b)."""
    p = range(len(b))
    weights = [math.exp(dot(x, b)) for x in part]
    first = [math.fsum(w * x[j] for w, x in zip(weights, part, strict=True)) for j in p]
    return math.fsum(weights), first, [[math.fsum(w * x[j] * x[k] for w, x in zip(weights, part, strict=True)) for k in p] for j in p]  # fmt: skip
