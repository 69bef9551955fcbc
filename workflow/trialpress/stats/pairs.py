"""The differences of all pairs in order, none of them held: of n log n steps what would take n squared places
(Monahan 1984).

In each row the values do not fall from column to column, in floating point too, so that a binary search in all rows at once tells
how many are at most some number, and which are next to it: what is found is one of the differences, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri


@dataclass(frozen=True)
class Rows:
    """value: (rows, columns) -> numbers; first, end: the columns of each row; weight: of each of their values."""

    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    first: np.ndarray
    end: np.ndarray
    weight: float = 1.0


def differences(a: np.ndarray, b: np.ndarray, weight: float = 1.0) -> Rows:
    """Each of a minus each of b.

    >>> Pairs([differences(np.array([1.0, 2, 4]), np.array([0.0, 3]))]).median()  # -2, -1, 1, 1, 2, 4
    1.0
    """
    a, b = np.sort(a), np.sort(b)[::-1]
    return Rows(lambda i, j: a[i] - b[j], np.zeros(len(a), np.int64), np.full(len(a), len(b)), weight)


def walsh(x: np.ndarray) -> Rows:
    """The averages of each pair of x, of each with itself, too.

    >>> Pairs([walsh(np.array([1.0, 2, 4]))]).median()  # 1, 1.5, 2, 2.5, 3, 4
    2.25
    """
    x = np.sort(x)
    return Rows(lambda i, j: (x[i] + x[j]) / 2, np.arange(len(x)), np.full(len(x), len(x)))


class Pairs:
    """The values of some rows as one ordered sequence."""

    def __init__(self, parts: Sequence[Rows]):
        self.parts = parts
        self.total = sum(part.weight * float((part.end - part.first).sum()) for part in parts)
        self.least, self.most = self.around(-np.inf)[1], self.around(np.inf)[0]

    def around(self, t: float) -> tuple[float, float, float]:
        """(the largest value up to t, the least above it, the weight of those up to t)."""
        below, above, weight = -np.inf, np.inf, 0.0
        for part in self.parts:
            low, high, rows = part.first.copy(), part.end.copy(), np.arange(len(part.first))
            while len(rows):
                middle = (low[rows] + high[rows]) // 2
                within = part.value(rows, middle) <= t
                low[rows[within]], high[rows[~within]] = middle[within] + 1, middle[~within]
                rows = rows[low[rows] < high[rows]]
            some, rest = np.flatnonzero(low > part.first), np.flatnonzero(low < part.end)
            below = max(below, part.value(some, low[some] - 1).max(initial=-np.inf))
            above = min(above, part.value(rest, low[rest]).min(initial=np.inf))
            weight += part.weight * float((low - part.first).sum())
        return float(below), float(above), weight

    def first(self, holds: Callable[[float, float, float], bool]) -> float:
        """The least value for which `holds` of what `around` says of it; the largest if it holds for none. Once it holds it goes on."""
        low, high = self.least, self.most
        while low < high:
            middle = low / 2 + high / 2
            below, above, weight = self.around(middle if low <= middle < high else low)
            low, high = (low, below) if holds(below, above, weight) else (above, high)
        return high

    def median(self, slack: float = 0.0) -> float:
        """The middle value, or the mean of the two in the middle. slack: of the share of the weights that counts as a half."""
        half = self.first(lambda below, above, weight: weight / self.total >= 0.5 - slack)
        _, above, weight = self.around(half)
        return half if weight / self.total > 0.5 + slack or above == np.inf else (half + above) / 2


def shift(
    parts: Sequence[Rows], z: Callable[[float], float], level: float, slack: float = 0.0
) -> tuple[float, float, float, bool]:
    """(median of the values; where z, which jumps at them and falls, crosses the normal quantiles; whether it crosses both), as
    `ranks.inverted` has it of values that are held.

    >>> shift([differences(np.array([1.0, 2, 4]), np.array([0.0, 3]))], lambda shift: 3 - shift, 0.95)
    (1.0, 1.0, 4.0, True)
    """
    pairs, quantile = Pairs(parts), -ndtri((1 - level) / 2)
    step = max(1.0, abs(pairs.least), abs(pairs.most))

    def crossing(target: float) -> float:
        return pairs.first(lambda below, above, weight: z((below + above) / 2) < target)

    attained = z(pairs.least - step) > quantile and z(pairs.most + step) < -quantile
    return pairs.median(slack), crossing(quantile), crossing(-quantile), bool(attained)
