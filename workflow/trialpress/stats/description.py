"""Describing a variable: its summary, and how far two groups are apart in it (balance).

Differences are the first group minus the second.
"""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr, ndtri, stdtrit

from .result import Result, counts, not_estimable, numbers, probability, unit_of


def summary(x) -> Result:
    """Description of one variable; NaN counts as missing, infinite values are refused.

    Returns n, missing, mean, sd, median, q1, q3 (R quantile type 7), min, max.

    >>> result = summary(np.array([1, 4, 2, np.nan]))
    >>> print(result["median"], result["q1"], result["missing"])
    2.0 1.5 1
    """
    values = np.asarray(x, dtype=float)
    known = numbers("x", values[~np.isnan(values)])
    count = {"n": len(known), "missing": int(len(values) - len(known))}
    method = "mean, SD, median and quartiles (R type 7)"
    names = ("mean", "sd", "median", "q1", "q3", "min", "max")
    if len(known) == 0:
        return not_estimable(method, names, "no value", **count)
    sd = _sd(known) if len(known) > 1 else np.nan
    figures = (known.mean(), sd, *np.quantile(known, [0.5, 0.25, 0.75]), known.min(), known.max())
    note = "SD not estimable: one value" if len(known) == 1 else ""
    return Result(method, {**count, **dict(zip(names, map(float, figures), strict=True))}, note)


def _sd(values: np.ndarray) -> float:
    unit = unit_of(values)
    return (values / unit).std(ddof=1) * unit


def intervals(x, *, level: float = 0.95) -> Result:
    """Confidence intervals of the mean (Student's t; R t.test) and, by order statistics, of the median (exact: at least the
    level, whatever the distribution). NaN counts as missing. Returns mean_ci_low, mean_ci_high, median_ci_low, median_ci_high.

    >>> result = intervals(np.arange(1.0, 11.0))
    >>> print(result["median_ci_low"], result["median_ci_high"], round(result["mean_ci_low"], 3))
    2.0 9.0 3.334
    """
    values = np.asarray(x, dtype=float)
    known = np.sort(numbers("x", values[~np.isnan(values)]))
    n, alpha, notes = len(known), 1 - probability("level", level), []
    mean, median = (np.nan, np.nan), (np.nan, np.nan)
    if n > 1:
        reach = stdtrit(n - 1, 1 - alpha / 2) * _sd(known) / np.sqrt(n)
        mean = (known.mean() - reach, known.mean() + reach)
    else:
        notes.append("interval of the mean not estimable: fewer than two values")
    below = np.flatnonzero(2 * bdtr(np.arange(n // 2 + 1), n, 0.5) <= alpha) if n else []
    if len(below):
        median = (known[below[-1]], known[n - 1 - below[-1]])
    else:
        notes.append("interval of the median not estimable: too few values")
    found = {f"{name}_ci_{end}": float(value) for name, pair in (("mean", mean), ("median", median))
             for end, value in zip(("low", "high"), pair, strict=True)}  # fmt: skip
    return Result(f"t and order-statistic {100 * level:g}% CI", found, "; ".join(notes))


def standardised_difference(a, b, *, level: float = 0.95) -> Result:
    """Standardised mean difference of a continuous variable: difference of means over the root of the mean variance
    (Austin 2009), with the interval of Hedges & Olkin 1985. Returns n1, n2, estimate, ci_low, ci_high.

    >>> print(f"{standardised_difference(np.array([1, 2, 3]), np.array([3, 4, 5]))['estimate']:.1f}")
    -2.0
    """
    a, b = numbers("a", a), numbers("b", b)
    method = f"standardised mean difference with {100 * probability('level', level):g}% CI"
    if min(len(a), len(b)) < 2:
        return _smd(method, np.nan, len(a), len(b), level, "a group has fewer than two values")
    unit = unit_of(a, b)
    a, b = a / unit, b / unit
    pooled = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    if pooled == 0:
        return _smd(method, np.nan, len(a), len(b), level, "no variation within the groups")
    return _smd(method, (a.mean() - b.mean()) / pooled, len(a), len(b), level, "")


def standardised_difference_categorical(a, b, *, level: float = 0.95) -> Result:
    """Standardised difference of a binary or categorical variable from its counts per level in the two groups
    (Austin 2009; Yang & Dalton 2012: the Mahalanobis distance of the proportions).

    A level that one group lacks counts like any other; one that both lack is left out. Groups without a common level
    are infinitely far apart: not estimable. For two levels the sign is that of the second level's difference.
    Returns n1, n2, estimate, ci_low, ci_high.

    >>> result = standardised_difference_categorical(np.array([50, 50]), np.array([40, 60]))
    >>> print(f"{result['estimate']:.4f}")
    -0.2020
    """
    a, b = counts("a", a), counts("b", b)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"a, b: need one count per level each, have shapes {a.shape} and {b.shape}")
    n1, n2 = int(a.sum()), int(b.sum())
    method = f"standardised difference of proportions with {100 * probability('level', level):g}% CI"
    if min(n1, n2) == 0:
        return _smd(method, np.nan, n1, n2, level, "a group has no patients")
    seen = a + b > 0
    p, q = (a / n1)[seen][1:], (b / n2)[seen][1:]
    if len(p) == 0:
        return _smd(method, 0.0, n1, n2, level, "")
    if not (a * b).any():
        return _smd(method, np.nan, n1, n2, level, "the groups have no level in common")
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    d = np.sqrt((p - q) @ np.linalg.solve(covariance, p - q))
    return _smd(method, np.copysign(d, p[0] - q[0]) if len(p) == 1 else d, n1, n2, level, "")


def _smd(method, d, n1, n2, level, why):
    known = {"n1": n1, "n2": n2}
    if why:
        return not_estimable(method, ("estimate", "ci_low", "ci_high"), why, **known)
    half = -ndtri((1 - level) / 2) * np.sqrt((n1 + n2) / (n1 * n2) + d**2 / (2 * (n1 + n2)))
    return Result(method, {**known, "estimate": float(d), "ci_low": float(d - half), "ci_high": float(d + half)})
