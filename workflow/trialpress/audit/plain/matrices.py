"""Small matrices in plain Python, also of complex numbers."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence

Matrix = list[list]


def product(A: Matrix, B: Matrix) -> Matrix:
    columns = list(zip(*B, strict=True))
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in A]


def inverse_and_size(A: Matrix) -> tuple[Matrix, complex] | None:
    """(inverse, log of the determinant) of a positive definite matrix of complex numbers; None if it is not."""
    n, size = len(A), 0j
    rows = [[*row, *(1.0 if i == j else 0.0 for j in range(n))] for i, row in enumerate(A)]
    for at in range(n):
        pivot = rows[at][at]
        if not pivot.real > 1e-12 * abs(A[at][at]):
            return None
        size += cmath.log(pivot)
        rows[at] = [value / pivot for value in rows[at]]
        for i in range(n):
            if i != at and rows[i][at]:
                share = rows[i][at]
                rows[i] = [x - share * y for x, y in zip(rows[i], rows[at], strict=True)]
    return [row[n:] for row in rows], size


def eigen(A: Sequence[Sequence[float]]) -> list[tuple[float, list[float]]]:
    """(eigenvalue, eigenvector of length one) of a symmetric matrix, the largest first, by Jacobi's rotations.

    >>> [(round(value, 12), [round(abs(x), 3) for x in vector]) for value, vector in eigen([[2.0, 1.0], [1.0, 2.0]])]
    [(3.0, [0.707, 0.707]), (1.0, [0.707, 0.707])]
    """
    n, A = len(A), [list(map(float, row)) for row in A]
    V = [[float(i == j) for j in range(n)] for i in range(n)]
    size = max(abs(value) for row in A for value in row)
    for _ in range(100):
        apart = [(abs(A[i][j]), i, j) for i in range(n) for j in range(i)]
        if max(apart, default=(0.0,))[0] <= 1e-16 * size:
            break
        for _, i, j in apart:
            if A[i][j]:
                turn = (A[j][j] - A[i][i]) / (2 * A[i][j])
                t = math.copysign(1, turn) / (abs(turn) + math.hypot(1, turn))
                c = 1 / math.hypot(1, t)
                s = t * c
                for row in A:
                    row[i], row[j] = c * row[i] - s * row[j], s * row[i] + c * row[j]
                A[i], A[j] = ([c * x - s * y for x, y in zip(A[i], A[j], strict=True)],
                              [s * x + c * y for x, y in zip(A[i], A[j], strict=True)])  # fmt: skip
                for row in V:
                    row[i], row[j] = c * row[i] - s * row[j], s * row[i] + c * row[j]
    return sorted(((A[i][i], [row[i] for row in V]) for i in range(n)), reverse=True)
