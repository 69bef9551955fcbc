"""Probabilities of the usual distributions in plain Python: series and continued fractions, quantiles by bisection."""

from __future__ import annotations

import math
from collections.abc import Callable

SMALL, STEPS = 1e-16, 10**6


def solved(rises: Callable[[float], float], target: float, low: float, high: float) -> float:
    """Where a function that rises from `low` to `high` reaches a target: bisected until floating numbers end."""
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if rises(middle) < target else (low, middle)
    return (low + high) / 2


def _fraction(first: float, terms: Callable[[int], tuple[float, ...]]) -> float:
    """1/(first + a1/(1 + a2/(1 + ...))) by Lentz's method; terms(m): the next coefficients a."""
    c, d = 1.0, 1 / first
    fraction = d
    for m in range(1, STEPS):
        for term in terms(m):
            d, c = 1 / (1 + term * d), 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return fraction


def beta(p: float, a: float, b: float) -> float:
    """P(X <= p) of a beta distribution: the incomplete beta integral (Abramowitz & Stegun 26.5.8)."""
    if p <= 0 or p >= 1:
        return float(p >= 1)
    if p > (a + 1) / (a + b + 2):
        return 1 - beta(1 - p, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(p) + b * math.log1p(-p)) / a
    return front * _fraction(
        1 - (a + b) * p / (a + 1),
        lambda m: (
            m * (b - m) * p / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * p / ((a + 2 * m) * (a + 2 * m + 1)),
        ),
    )


def chi2_above(x: float, df: float) -> float:
    """P(X > x) of a chi-squared distribution: the incomplete gamma integral (Abramowitz & Stegun 6.5.29, 6.5.31)."""
    a, x = df / 2, x / 2
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in range(1, STEPS):
            term *= x / (a + n)
            total += term
            if term < total * SMALL:
                break
        return 1 - front * total
    low, d = x + 1 - a, 1 / (x + 1 - a)
    c, fraction = 1 / 1e-300, d
    for n in range(1, STEPS):
        term, low = -n * (n - a), low + 2
        d, c = 1 / (low + term * d), low + term / c
        fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * fraction


def shifted_chi2(x: float, df: float, shift: float) -> float:
    """P(X <= x) of a chi-squared distribution with non-centrality `shift`: a Poisson mixture of central ones."""
    total, middle = 0.0, int(shift / 2)
    for step in (1, -1):
        j = middle if step > 0 else middle - 1
        while j >= 0:
            weight = math.exp(j * math.log(shift / 2) - shift / 2 - math.lgamma(j + 1)) if shift else float(j == 0)
            total += weight * (1 - chi2_above(x, df + 2 * j))
            if weight < SMALL:
                break
            j += step
    return total


def f_above(x: float, upper: float, lower: float) -> float:
    """P(X > x) of an F distribution."""
    return beta(lower / (lower + upper * x), lower / 2, upper / 2) if x > 0 else 1.0


def t_above(t: float, df: float) -> float:
    """P(X > t) of Student's t distribution."""
    tail = beta(df / (df + t * t), df / 2, 0.5) / 2
    return tail if t > 0 else 1 - tail


def t_quantile(share: float, df: float) -> float:
    """Where a t distribution has the share (above one half) below."""
    return solved(lambda t: -t_above(t, df), share - 1, 0.0, 1e9)


def z_above(z: float) -> float:
    """P(X > z) of a standard normal distribution."""
    return math.erfc(z / math.sqrt(2)) / 2


def garwood(x: int, tail: float) -> tuple[float, float]:
    """Exact limits of a Poisson count (Garwood 1936), by the chi-squared distribution."""

    def quantile(share: float, df: int) -> float:
        return solved(lambda q: -chi2_above(q, df), share - 1, 0.0, 10 * df + 200)

    return quantile(tail, 2 * x) / 2 if x else 0.0, quantile(1 - tail, 2 * x + 2) / 2
