"""Rank tests of two groups within strata."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from . import pairs
from .continuous import PAIRS, UNATTAINABLE
from .ranks import inverted, midranks, side, sided, tie_sum
from .result import Result, not_estimable, numbers, probability


def van_elteren(a, b, stratum_a, stratum_b, *, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """Stratified Wilcoxon test (van Elteren 1960; the row mean score test of Cochran, Mantel and Haenszel with modified ridits,
    SAS PROC FREQ CMH2) and the shift, a less b, that it finds: the median of the differences within strata, each weighted as its
    stratum, with the interval that inverts the test. Ties are corrected; no continuity correction.

    a, b: values; stratum_a, stratum_b: the stratum of each. Strata in which a group has no value say nothing and are left out.
    Returns n1, n2 (in the strata that are used), strata, statistic (z), p_value, estimate, ci_low, ci_high.

    >>> a, b = np.array([5.0, 7, 9, 2, 4]), np.array([3.0, 4, 1, 2])
    >>> result = van_elteren(a, b, [1, 1, 1, 2, 2], [1, 1, 2, 2])
    >>> print(round(result["p_value"], 4), result["estimate"])
    0.0346 2.0
    """
    a, b = numbers("a", a), numbers("b", b)
    of_a, of_b = np.asarray(stratum_a), np.asarray(stratum_b)
    if of_a.shape != a.shape or of_b.shape != b.shape:
        raise ValueError("stratum_a, stratum_b: one is needed for each value")
    side(alternative)
    method = f"van Elteren test, stratified Hodges-Lehmann shift with {100 * probability('level', level):g}% CI"
    names = ("statistic", "p_value", "estimate", "ci_low", "ci_high")
    both = [stratum for stratum in np.unique(of_a) if (of_b == stratum).any()]
    parts = [(a[of_a == stratum], b[of_b == stratum]) for stratum in both]
    m, n = (sum(len(part[at]) for part in parts) for at in (0, 1))
    known = {"n1": m, "n2": n, "strata": len(parts)}
    left = len(a) + len(b) - m - n
    note = f"{left} value{'s' * (left != 1)} in strata of one group only say nothing" if left else ""
    method = sided(method, alternative)
    if not parts:
        return not_estimable(method, names, "no stratum has both groups", **known)

    def z(shift: float) -> float:
        total, variance = 0.0, 0.0
        for x, y in parts:
            k, j, N = len(x), len(y), len(x) + len(y)
            ranks = midranks(np.concatenate([x - shift, y]))
            total += (ranks[:k].sum() - k * (N + 1) / 2) / (N + 1)
            variance += k * j / 12 * (N + 1 - tie_sum(ranks) / (N * (N - 1))) / (N + 1) ** 2
        return total / np.sqrt(variance) if variance > 0 else np.nan

    statistic = z(0.0)
    if np.isnan(statistic):
        return not_estimable(method, names, "all values of each stratum are equal", **known)
    p = {"two-sided": 2 * ndtr(-abs(statistic)), "greater": ndtr(-statistic), "less": ndtr(statistic)}[alternative]
    tested = {**known, "statistic": float(statistic), "p_value": float(p)}
    if sum(len(x) * len(y) for x, y in parts) > PAIRS:
        of = [pairs.differences(x, y, 1 / (len(x) + len(y) + 1)) for x, y in parts]
        estimate, low, high, attained = pairs.shift(of, z, level, slack=1e-12)
    else:
        apart = [np.subtract.outer(x, y).ravel() for x, y in parts]
        differences, weights = (
            np.concatenate(apart),
            np.repeat([1 / (len(x) + len(y) + 1) for x, y in parts], list(map(len, apart))),
        )
        order = np.argsort(differences, kind="stable")
        differences, share = differences[order], np.cumsum(weights[order]) / weights.sum()
        half = int(np.searchsorted(share, 0.5 - 1e-12))
        # where the weights halve exactly, the middle of the two differences around
        estimate = differences[half] if share[half] > 0.5 + 1e-12 else (differences[half] + differences[half + 1]) / 2
        low, high, attained = inverted(z, differences, level)
    note = "; ".join(filter(None, [note, "" if attained else UNATTAINABLE]))
    return Result(method, {**tested, "estimate": float(estimate), "ci_low": float(low), "ci_high": float(high)}, note)
