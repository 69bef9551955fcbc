"""Distributions of the largest of several differences of means, by Simpson's rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from .models import crossing
from .tails import t_quantile, z_above


def _averaged(inside: Callable[[float], float], df: int) -> float:
    """Of a probability given the standard deviation, over its distribution, by Simpson's rule."""
    low, high = max(-14.0, -1 - 30 / df), math.log(1 + 8 / math.sqrt(2 * df))  # of its logarithm: s^df is nothing below
    front = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2)
    each = lambda u: math.exp(front + df * u - df * math.exp(2 * u) / 2) * inside(math.exp(u))  # noqa: E731
    return _simpson(each, low, high, 160 if df < 20 else 100)


def _simpson(value: Callable[[float], float], low: float, high: float, steps: int) -> float:
    width = (high - low) / steps
    weight = lambda at: 1 if at in (0, steps) else 4 if at % 2 else 2  # noqa: E731
    return math.fsum(weight(at) * value(low + at * width) for at in range(steps + 1)) * width / 3


def _normal(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def tukey(t: float, k: int, df: int) -> float:
    """P(the largest of all differences of k means is below t standard errors of a difference)."""
    q = t * math.sqrt(2)

    def inside(s: float) -> float:
        return k * _simpson(lambda z: _normal(z) * (z_above(z - q * s) - z_above(z)) ** (k - 1), -8.0, 8.0 + q * s, 120)

    return _averaged(inside, df)


def dunnett(t: float, shares: list[float], df: int) -> float:
    """P(every difference from the first group is below t standard errors); shares: root of the share of a group in its size and that
    of the first."""

    def inside(s: float) -> float:
        def given(z: float) -> float:
            value = _normal(z)
            for share in shares:
                rest = math.sqrt(1 - share * share)
                value *= z_above((share * z - t * s) / rest) - z_above((share * z + t * s) / rest)
            return value

        return _simpson(given, -8.0, 8.0, 120)

    return _averaged(inside, df)


@cache
def tukey_quantile(share: float, k: int, df: int) -> float | None:
    """The number of standard errors of a difference below which all differences of k means are with this probability."""
    one = t_quantile((1 + share) / 2, df)
    return one if k == 2 else crossing(lambda t: tukey(t, k, df) - share, one, tukey(one, k, df) - share, 0.5)
