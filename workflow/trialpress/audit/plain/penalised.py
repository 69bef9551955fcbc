"""Likelihoods with Firth's penalty: their maximum, and where their profiles end."""

from __future__ import annotations

import math
from collections.abc import Callable

from .models import Matrix, Vector, crossing, solve

Penalty = Callable[
    [Vector], tuple[float, Vector, Matrix] | None
]  # as a likelihood, penalised; None where that has no value


def penalised_maximum(at: Penalty, b: Vector, held: int | None = None) -> tuple[float, Vector, Matrix] | None:
    """(value, coefficients, information) of the maximum from a start on, where one coefficient may stay as it is; covariates of
    spread one. Newton's method with the information, which is not the penalised likelihood's own curvature: steps to and fro, and
    those that lead down, grow shorter."""
    free = [j for j in range(len(b)) if j != held]
    pace, last, found = 1.0, [0.0] * len(free), at(b)
    for _ in range(300):
        if found is None:
            return None
        value, score, information = found
        step = solve([[information[j][k] for k in free] for j in free], [[score[j]] for j in free]) if free else []
        if step is None:
            return None
        largest = max((abs(one[0]) for one in step), default=0.0)
        if largest < 1e-10:
            return value, b, information
        pace = pace / 2 if math.fsum(u * one[0] for u, one in zip(last, step, strict=True)) < 0 else pace
        share, last = pace / max(1.0, largest / 2), [one[0] for one in step]
        while True:
            new = list(b)
            for j, one in zip(free, step, strict=True):
                new[j] += share * one[0]
            after = at(new)
            if (after and after[0] >= value - 1e-12 * abs(value)) or share < 1e-6:
                break
            share /= 2
        b, found = new, after
    return None


def profile_end(at: Penalty, best: tuple[float, Vector, Matrix], j: int, step: float, drop: float) -> float | None:
    """Where the profile of a coefficient is `drop` below the maximum, on the side of the step."""
    top, b, _ = best
    start = b

    def below(value: float) -> float | None:
        nonlocal start
        tried = [penalised_maximum(at, [*one[:j], value, *one[j + 1 :]], j) for one in (start, b)]
        found = max((one for one in tried if one), key=lambda one: one[0], default=None)
        if found is None:
            return None
        start = found[1]
        return top - found[0] - drop

    return crossing(below, b[j], -drop, step)


def exp(value: float) -> float:
    """Of a covariate of tiny numbers: per unit the ratio has no end."""
    return math.exp(value) if value < 709 else math.inf


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
