"""Ranks: midranks and ties, exact null distributions, intervals that invert a rank test."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

SIDES = ("two-sided", "greater", "less")


def side(alternative: str) -> str:
    """A checked alternative. ValueError at any other word.

    >>> side("above")
    Traceback (most recent call last):
        ...
    ValueError: alternative: must be two-sided, greater or less, is 'above'
    """
    if alternative not in SIDES:
        raise ValueError(f"alternative: must be two-sided, greater or less, is {alternative!r}")
    return alternative


def sided(method: str, alternative: str) -> str:
    """The name of a method with the side of its p-value; its interval has two sides always.

    >>> sided("Welch's t test", "greater")
    "Welch's t test, one-sided p (greater)"
    """
    return method if side(alternative) == "two-sided" else f"{method}, one-sided p ({alternative})"


def midranks(x):
    """Ranks from 1, ties averaged.

    >>> print(midranks(np.array([7, 5, 7, 9])))
    [2.5 1.  2.5 4. ]
    """
    _, code, count = np.unique(x, return_inverse=True, return_counts=True)
    return (count.cumsum() - (count - 1) / 2)[code]


def tie_sum(ranks):
    """The sum of t**3 - t over groups of t tied values, by which ties lessen a variance.

    >>> print(tie_sum(np.array([1, 2.5, 2.5, 4])))
    6.0
    """
    count = np.unique(ranks, return_counts=True)[1].astype(float)
    return (count**3 - count).sum()


def inverted(z, jumps, level):
    """The shifts at which a decreasing step function z, which jumps at `jumps`, crosses the normal quantiles.

    Third: whether it crosses both; if not, the interval ends at the outermost jump.

    >>> low, high, attained = inverted(lambda shift: 3 - shift, np.arange(0.5, 7), 0.95)
    >>> print(low, high, attained)
    1.5 4.5 True
    """
    jumps = np.unique(jumps)
    step = max(1.0, abs(jumps).max())
    between = np.concatenate([[jumps[0] - step], (jumps[1:] + jumps[:-1]) / 2, [jumps[-1] + step]])

    def crossing(target):
        low, high = 0, len(jumps) - 1  # the jump after which z is below the target
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if z(between[middle + 1]) < target else (middle + 1, high)
        return jumps[low]

    quantile = -ndtri((1 - level) / 2)
    attained = z(between[0]) > quantile and z(between[-1]) < -quantile
    return crossing(quantile), crossing(-quantile), attained


def normal_p(centred: float, spread: float, alternative: str) -> float:
    """p-value of a rank statistic less its expectation, with continuity correction (R wilcox.test).

    >>> print(f"{normal_p(20.1, 10.0, 'two-sided'):.4f}")
    0.0500
    """
    if alternative == "two-sided":
        return min(1.0, 2 * ndtr(-abs((centred - np.sign(centred) * 0.5) / spread)))
    return ndtr(-(centred - 0.5) / spread) if alternative == "greater" else ndtr((centred + 0.5) / spread)


def exact_rank_test(ways, statistic, tail, alternative="two-sided"):
    """p-value of a symmetric integer statistic with `ways` (exact integers) per value; the rank of the
    ordered differences at which the interval with `tail` on either side ends (R qwilcox, qsignrank); and whether such
    an interval exists.

    >>> p, k, attained = exact_rank_test(rank_sum_counts(4, 4), 0, 0.025)
    >>> print(round(p, 4), k, attained)
    0.0286 1 True
    """
    below = np.cumsum(ways)
    total = below[-1]
    upper = len(ways) - 1 - statistic  # as many ways to be at least the statistic as to be at most this
    extreme = {"two-sided": min(statistic, upper), "less": statistic, "greater": upper}[alternative]
    sides = 2 if alternative == "two-sided" else 1
    k = int(np.searchsorted((below / total).astype(float), tail))
    return min(1.0, sides * below[extreme] / total), max(k, 1), k > 0


def _product(polynomial, i, sign):
    """polynomial * (1 + sign * x^i), truncated to its length; sign 0 divides by (1 - x^i)."""
    result = polynomial.copy()
    if sign:
        result[i:] += sign * polynomial[: len(polynomial) - i]
    else:
        for first in range(i):
            result[first::i] = np.cumsum(polynomial[first::i])
    return result


def _one(length):
    polynomial = np.zeros(length, dtype=object)
    polynomial[0] = 1
    return polynomial


def rank_sum_counts(m, n):
    """Ways to reach each value of W: the Gaussian binomial coefficients of m + n over m, as exact integers.

    >>> print(rank_sum_counts(2, 3))
    [1 1 2 2 2 1 1]
    """
    ways = _one(m * n + 1)
    for i in range(1, m + 1):
        ways = _product(_product(ways, min(n + i, len(ways)), -1), min(i, len(ways)), 0)
    return ways


def signed_rank_counts(n):
    """Ways to reach each value of V: subsets of 1, ..., n by their sum, as exact integers.

    >>> print(signed_rank_counts(3))
    [1 1 1 2 1 1 1]
    """
    ways = _one(n * (n + 1) // 2 + 1)
    for i in range(1, n + 1):
        ways = _product(ways, i, 1)
    return ways


def inversion_counts(n):
    """Permutations of n by their number of concordant pairs.

    >>> print(inversion_counts(3))
    [1 2 2 1]
    """
    ways = _one(n * (n - 1) // 2 + 1)
    for i in range(2, n + 1):
        ways = _product(_product(ways, i, -1) if i < len(ways) else ways, 1, 0)
    return ways


def spearman_tail(S, n):
    """P(sum of squared rank differences <= S) under independence.

    >>> print(f"{spearman_tail(0, 4):.4f}")
    0.0417
    """
    if n <= 9:
        # Permutations by their sum of squared differences, value after value over the sets of values already used.
        ways = {0: _one((n**3 - n) // 3 + 1)}
        for i in range(n):
            after = {}
            for used, now in ways.items():
                for j in range(n):
                    if not used >> j & 1:
                        moved = np.zeros_like(now)
                        moved[(i - j) ** 2 :] = now[: len(now) - (i - j) ** 2]
                        after[used | 1 << j] = after.get(used | 1 << j, 0) + moved
            ways = after
        (count,) = ways.values()
        return count[: S + 1].sum() / count.sum()
    b = 1 / n
    x = (6 * (S + 1) * b / (n * n - 1) - 1) * np.sqrt(n - 1)
    y = x * x
    tail = y * b * (0.0879 + 0.0151 * b - y * (0.0072 - 0.0831 * b + y * b * (0.0131 - 4.6e-4 * y)))
    series = x * b * (0.2274 + b * (0.2531 + 0.1745 * b) + y * (-0.0758 + b * (0.1033 + 0.3932 * b) - tail))
    return float(np.clip(-series / np.exp(y / 2) + ndtr(x), 0, 1))
