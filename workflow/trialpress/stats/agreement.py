"""Whether two measurements of the same participants agree: kappa of categories, limits of agreement of numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from .result import Result, counts, not_estimable, numbers, probability

KAPPA = ("estimate", "std_error", "ci_low", "ci_high", "statistic", "p_value")
LIMITS = (
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "sd",
    "lower",
    "lower_low",
    "lower_high",
    "upper",
    "upper_low",
    "upper_high",
)
NOISE = 1e-6  # the root of what is left of a variance of 0


def kappa(table, *, weights: Literal["none", "linear", "quadratic"] = "none", level: float = 0.95) -> Result:
    """Cohen's kappa (Cohen 1960) of a square table of one rating (rows) by another of the same categories (columns), weighted by the distance
    of the categories or its square (Cohen 1968), with the large-sample error of Fleiss, Cohen & Everitt (1969) and the test of
    no agreement beyond chance (R psych cohen.kappa, vcd Kappa).

    Returns n, agreement (share of equal ratings), expected (that by chance), estimate, std_error, ci_low, ci_high (cut at -1 and
    1), statistic, p_value.

    >>> result = kappa([[88, 10, 2], [14, 40, 6], [18, 10, 12]])  # Fleiss, Cohen & Everitt 1969
    >>> print(round(result["estimate"], 3), round(result["std_error"] ** 2, 6))
    0.492 0.002601
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    table = counts("table", table)
    if table.ndim != 2 or table.shape[0] != table.shape[1]:
        raise ValueError(f"table: must be square, has shape {table.shape}")
    kind = {"none": "", "linear": "linearly weighted ", "quadratic": "quadratically weighted "}[weights]
    method = f"Cohen's {kind}kappa, large-sample {100 * probability('level', level):g}% CI"
    k, n = len(table), int(table.sum())
    if not n:
        return not_estimable(method, ("agreement", "expected", *KAPPA), "no participants", n=0)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / max(k - 1, 1)
    w = {"none": np.eye(k), "linear": 1 - apart, "quadratic": 1 - apart**2}[weights]
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance = np.outer(rows, columns)
    known = {"n": n, "agreement": float(np.trace(p)), "expected": float((chance * np.eye(k)).sum())}
    if (w * chance).sum() > 1 - 1e-12:
        return not_estimable(method, KAPPA, "all ratings are of one category", **known)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = cohens_kappa(table, wt=None if weights == "none" else weights)
    estimate, error, null = (float(value) for value in (found.kappa, found.std_kappa, found.std_kappa0))
    z = -ndtri((1 - level) / 2)
    statistic = estimate / null if null > NOISE else float("nan")
    limits = np.clip((estimate - z * error, estimate + z * error), -1, 1)
    figures = (estimate, error, *limits, statistic, 2 * ndtr(-abs(statistic)))
    note = "" if null > NOISE else "test not estimable: one of the ratings is the same in all"
    if not error > NOISE:  # of a perfect agreement the variance may be a negative rounding error
        figures = (estimate, *[float("nan")] * 3, *figures[4:])
        note = "; ".join(filter(None, ["interval not estimable: the large-sample error is 0", note]))
    return Result(method, {**known, **dict(zip(KAPPA, map(float, figures), strict=True))}, note)


def bland_altman(a, b, *, level: float = 0.95) -> Result:
    """Bias of one measurement against another in the same participants, a less b, and the limits between which 95% of the
    differences are expected, bias -/+ 1.96 SD, each with its interval (Bland & Altman 1999, section 2.1: the variance of a limit
    is SD^2 (1/n + 1.96^2 / (2 (n - 1))), t quantiles).

    Returns n, estimate (the bias), std_error, ci_low, ci_high, sd, lower and upper with lower_low, lower_high, upper_low,
    upper_high.

    >>> result = bland_altman([10.0, 12, 15, 20], [9, 13, 13, 18])
    >>> print(result["estimate"], round(result["lower"], 3), round(result["upper"], 3))
    1.0 -1.772 3.772
    """
    a, b = numbers("a", a), numbers("b", b, length=len(a))
    method = f"Bland-Altman limits of agreement (1.96 SD) with {100 * probability('level', level):g}% CI"
    n = len(a)
    if n < 2:
        return not_estimable(method, LIMITS, "fewer than two participants", n=n)
    d = a - b
    bias = d.mean()
    unit = np.abs(d - bias).max() or 1.0  # squares of very large and small numbers are out of range
    sd = np.sqrt((((d - bias) / unit) ** 2).sum() / (n - 1)) * unit
    wide = ndtri(0.975)
    t = stdtrit(n - 1, (1 + level) / 2)
    error, reach = sd / np.sqrt(n), t * sd * np.sqrt(1 / n + wide**2 / (2 * (n - 1)))
    low, high = bias - wide * sd, bias + wide * sd
    figures = (
        bias,
        error,
        bias - t * error,
        bias + t * error,
        sd,
        low,
        low - reach,
        low + reach,
        high,
        high - reach,
        high + reach,
    )
    return Result(method, {"n": n, **dict(zip(LIMITS, map(float, figures), strict=True))})
