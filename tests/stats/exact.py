"""Slow and plain references in rational arithmetic, for the exact tests of 2 x 2 tables."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np


def square(x1: int, n1: int, x2: int, n2: int) -> Fraction:
    """The squared pooled score statistic, up to the factor n / (n1 n2)."""
    s, n = x1 + x2, n1 + n2
    return Fraction((x1 * n2 - x2 * n1) ** 2, s * (n - s)) if 0 < s < n else Fraction(0)


def fisher_tail(x1: int, n1: int, x2: int, n2: int, sign: int) -> Fraction:
    """P(X1 >= x1 | x1 + x2), or <= with sign -1."""
    s = x1 + x2
    ways = {k: comb(n1, k) * comb(n2, s - k) for k in range(max(0, s - n2), min(n1, s) + 1)}
    return Fraction(sum(w for k, w in ways.items() if k * sign >= x1 * sign), sum(ways.values()))


def largest(tail: list[tuple[int, int]], n1: int, n2: int) -> float:
    """The largest probability of the tables (x1, x2) over the rate: a polynomial with whole coefficients in Bernstein
    form, on a grid and then by golden section around its three best points.
    """
    n = n1 + n2
    ways = np.zeros(n + 1)
    for x1, x2 in tail:
        ways[x1 + x2] += comb(n1, x1) * comb(n2, x2)
    s = np.arange(n + 1)

    def p(rate):
        rate = np.atleast_1d(rate)[:, None]
        return (ways * rate**s * (1 - rate) ** (n - s)).sum(axis=1)

    grid = np.linspace(0, 1, 2001)
    values = p(grid)
    best = values.max()
    for i in np.argsort(values)[-3:]:
        low, high = grid[max(i - 1, 0)], grid[min(i + 1, 2000)]
        for _ in range(40):
            a, b = low + 0.382 * (high - low), high - 0.382 * (high - low)
            low, high = (low, b) if p(a)[0] >= p(b)[0] else (a, high)
        best = max(best, p((low + high) / 2)[0])
    return float(best)


def barnard(n1: int, n2: int) -> dict[tuple[int, int], float]:
    """Barnard's p-value of every table with no empty margin."""
    order = {(i, j): square(i, n1, j, n2) for i in range(n1 + 1) for j in range(n2 + 1)}
    known: dict[Fraction, float] = {}
    for value in set(order.values()):
        known[value] = min(1.0, largest([table for table, other in order.items() if other >= value], n1, n2))
    return {table: known[value] for table, value in order.items() if 0 < sum(table) < n1 + n2}


def boschloo(n1: int, n2: int) -> dict[tuple[int, int], float]:
    """Boschloo's p-value of every table with no empty margin."""
    sides = []
    for sign in (1, -1):
        order = {(i, j): fisher_tail(i, n1, j, n2, sign) for i in range(n1 + 1) for j in range(n2 + 1)}
        known = {v: largest([t for t, w in order.items() if w <= v], n1, n2) for v in set(order.values())}
        sides.append({table: known[value] for table, value in order.items()})
    return {t: min(1.0, 2 * min(side[t] for side in sides)) for t in sides[0] if 0 < sum(t) < n1 + n2}
