"""Rank correlation of two variables."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri, stdtr

from .ranks import exact_rank_test, inversion_counts, midranks, spearman_tail
from .result import Result, not_estimable, numbers, probability

PERFECT = 1e-12  # the rounding error of a correlation of ranks that are the same


def spearman(x, y, *, level: float = 0.95) -> Result:
    """Spearman's rank correlation (R cor.test): up to 9 pairs without ties the exact p-value, up to 1290 an Edgeworth
    series (Best & Roberts 1975, AS 89), else Student's t. The interval is Bonett & Wright's (2000) on Fisher's z.

    Returns n, estimate, ci_low, ci_high, p_value.

    >>> x = np.array([44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1])
    >>> y = np.array([2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8])
    >>> print(f"{spearman(x, y)['estimate']:.1f} {spearman(x, y)['p_value']:.4f}")  # R cor.test, Hunter L values
    0.6 0.0968
    """
    x, y = _paired(x, y)
    n = len(x)
    constant = n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0
    tied = len(np.unique(x)) < n or len(np.unique(y)) < n
    kind = "Student's t" if tied or n >= 1290 else "exact" if n <= 9 else "Edgeworth series"
    method = f"Spearman correlation with {100 * probability('level', level):g}% CI, p-value by {kind}"
    if constant:
        return not_estimable(method, ("estimate", "ci_low", "ci_high", "p_value"), _no_correlation(n), n=n)
    a, b = midranks(x) - (n + 1) / 2, midranks(y) - (n + 1) / 2
    rho = float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1))
    if tied or n >= 1290:
        with np.errstate(divide="ignore"):
            p = 2 * stdtr(n - 2, -abs(rho) / np.sqrt((1 - rho**2) / (n - 2)))
    else:
        S = round((n**3 - n) * (1 - rho) / 6)
        p = 2 * spearman_tail(min(S, (n**3 - n) // 3 - S), n)
    low, high, note = _fisher_z(rho, n - 3, 1 + rho**2 / 2, level)
    return Result(
        method, {"n": n, "estimate": rho, "ci_low": low, "ci_high": high, "p_value": min(1.0, float(p))}, note
    )


def kendall(x, y, *, level: float = 0.95) -> Result:
    """Kendall's tau-b (R cor.test): exact below 50 pairs without ties, else normal with ties. The interval is that of
    Fieller, Hartley & Pearson (1957) on Fisher's z.

    Returns n, estimate, ci_low, ci_high, p_value.

    >>> x = np.array([44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1])
    >>> y = np.array([2.6, 3.1, 2.5, 5.0, 3.6, 4.0, 5.2, 2.8, 3.8])
    >>> print(f"{kendall(x, y)['estimate']:.4f} {kendall(x, y)['p_value']:.4f}")  # R cor.test, Hunter L values
    0.4444 0.1194
    """
    x, y = _paired(x, y)
    n = len(x)
    exact = n < 50 and len(np.unique(x)) == n and len(np.unique(y)) == n
    kind = "exact" if exact else "normal approximation"
    method = f"Kendall's tau-b with {100 * probability('level', level):g}% CI, p-value by {kind}"
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return not_estimable(method, ("estimate", "ci_low", "ci_high", "p_value"), _no_correlation(n), n=n)
    from scipy.stats import kendalltau

    pairs = n * (n - 1)
    t, u = (np.unique(v, return_counts=True)[1].astype(float) for v in (x, y))
    # Concordant less discordant pairs, a whole number, over a root that is whole where the order is the same.
    root = np.sqrt((pairs - (t * (t - 1)).sum()) * (pairs - (u * (u - 1)).sum())) / 2
    S = round(float(kendalltau(x, y).statistic) * root)
    tau = float(np.clip(S / root, -1, 1))
    if exact:
        p, _, _ = exact_rank_test(inversion_counts(n), round((tau + 1) * pairs / 4), 0.5)
    else:
        variance = (pairs * (2 * n + 5) - sum((k * (k - 1) * (2 * k + 5)).sum() for k in (t, u))) / 18
        variance += (t * (t - 1)).sum() * (u * (u - 1)).sum() / (2 * pairs)
        variance += (t * (t - 1) * (t - 2)).sum() * (u * (u - 1) * (u - 2)).sum() / (9 * pairs * (n - 2))
        p = 2 * ndtr(-abs(S) / np.sqrt(variance))
    low, high, note = _fisher_z(tau, n - 4, 0.437, level)
    return Result(
        method, {"n": n, "estimate": tau, "ci_low": low, "ci_high": high, "p_value": min(1.0, float(p))}, note
    )


def _paired(x, y):
    x = numbers("x", x)
    return x, numbers("y", y, length=len(x))


def _no_correlation(n):
    return "fewer than three pairs" if n < 3 else "one of the variables is constant"


def _fisher_z(r, freedom, numerator, level):
    perfect = abs(r) > 1 - PERFECT
    if freedom < 1 or perfect:
        return np.nan, np.nan, "interval not estimable: " + ("perfect correlation" if perfect else "too few pairs")
    half = -ndtri((1 - level) / 2) * np.sqrt(numerator / freedom)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)), ""


def pearson(x, y, *, level: float = 0.95) -> Result:
    """Pearson's correlation with Fisher's interval and the t test of no correlation (R cor.test).

    x, y: numbers (n). Returns n, estimate, ci_low, ci_high, statistic (t), df, p_value; no interval below four participants.

    >>> result = pearson([1, 2, 3, 4, 5], [1, 3, 2, 5, 4])
    >>> print(round(result["estimate"], 3), round(result["p_value"], 4))
    0.8 0.1041
    """
    from scipy.special import ndtri, stdtr

    x = numbers("x", x)
    y = numbers("y", y, length=len(x))
    method = f"Pearson's correlation, Fisher's {100 * probability('level', level):g}% CI"
    names, n = ("estimate", "ci_low", "ci_high", "statistic", "df", "p_value"), len(x)
    if n < 3:
        return not_estimable(method, names, "fewer than three participants", n=n)
    parts = []
    for values in (x, y):
        away = values - values.mean()
        size = np.abs(away).max()
        if size <= 1e-14 * np.abs(values).max():
            return not_estimable(method, names, "a variable does not vary", n=n)
        parts.append(away / size / np.sqrt(((away / size) ** 2).sum()))
    r = float(np.clip(parts[0] @ parts[1], -1, 1))
    if 1 - abs(r) < 1e-15:
        r = float(np.sign(r))
    with np.errstate(divide="ignore"):
        t = float(r * np.sqrt(np.divide(n - 2, (1 - r) * (1 + r))))
    reach = -ndtri((1 - level) / 2) / np.sqrt(n - 3) if n > 3 else np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.tanh(np.arctanh(r) + np.array([-reach, reach]))
    figures = (r, low, high, t, n - 2, 2 * stdtr(n - 2, -abs(t)))
    note = "" if n > 3 else "interval not estimable: fewer than four participants"
    return Result(method, {"n": n, **dict(zip(names, map(float, figures), strict=True))}, note)
