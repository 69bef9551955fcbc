"""Two measurements in the same participants: paired t test and sign test."""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr, stdtr, stdtrit

from .ranks import side, sided
from .result import Result, not_estimable, numbers, probability, unit_of


def paired_t(differences, *, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """t test of the mean of differences (R t.test, paired). alternative: "greater" if the mean is above 0, or "less"; the
    interval has two sides. Returns n, estimate, std_error, ci_low, ci_high, statistic, df, p_value.

    >>> extra = np.array([1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4])
    >>> print(round(paired_t(extra)["p_value"], 6))  # R t.test, sleep
    0.002833
    """
    d = numbers("differences", differences)
    side(alternative)
    method = sided(f"paired t test, mean difference with {100 * probability('level', level):g}% CI", alternative)
    names, n = ("estimate", "std_error", "ci_low", "ci_high", "statistic", "df", "p_value"), len(d)
    if n < 2:
        return not_estimable(method, names, "fewer than two participants", n=n)
    unit = unit_of(d)
    mean, error = d.mean(), (d / unit).std(ddof=1) * unit / np.sqrt(n)
    if error <= 1e-14 * abs(mean):
        return not_estimable(method, names, "no variation of the differences", n=n)
    t = mean / error
    reach = stdtrit(n - 1, (1 + level) / 2) * error
    p = {"two-sided": 2 * stdtr(n - 1, -abs(t)), "greater": stdtr(n - 1, -t), "less": stdtr(n - 1, t)}[alternative]
    figures = (mean, error, mean - reach, mean + reach, t, n - 1, p)
    return Result(method, {"n": n, **dict(zip(names, map(float, figures), strict=True))})


def sign_test(differences, *, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """Exact sign test of differences, zeros left out (R binom.test), and the median of all differences with its exact interval
    from order statistics (Conover 1999, 3.2; R BSDA SIGN.test, without interpolation). alternative: "greater" if most are above
    0, or "less". Returns n, zeros, statistic (how many are above 0), p_value, estimate, ci_low, ci_high.

    >>> result = sign_test([1, 2, 3, 4, 5, 6, -7, 8, 0])
    >>> print(result["statistic"], round(result["p_value"], 4), result["estimate"], result["ci_low"], result["ci_high"])
    7.0 0.0703 3.0 0.0 6.0
    """
    d = np.sort(numbers("differences", differences))
    side(alternative)
    method = sided(f"exact sign test, median difference with {100 * probability('level', level):g}% CI", alternative)
    n, above, below = len(d), int((d > 0).sum()), int((d < 0).sum())
    known, names = {"n": n, "zeros": n - above - below}, ("statistic", "p_value", "estimate", "ci_low", "ci_high")
    if not n:
        return not_estimable(method, names, "no participants", **known)
    m, notes = above + below, []
    tails = {
        "two-sided": 2 * bdtr(min(above, below), m, 0.5),
        "greater": bdtr(below, m, 0.5),
        "less": bdtr(above, m, 0.5),
    }
    p = min(1.0, float(tails[alternative]))
    low = high = float("nan")
    k = int(
        np.searchsorted(bdtr(np.arange(n // 2 + 1), n, 0.5), (1 - level) / 2, side="right")
    )  # P(X < k) is at most the tail
    if k:
        low, high = d[k - 1], d[n - k]
    else:
        notes.append("interval not estimable: too few participants for an interval of this level")
    if not m:
        notes.append("all differences are 0")
    figures = (above, p, np.median(d), low, high)
    return Result(method, {**known, **dict(zip(names, map(float, figures), strict=True))}, "; ".join(notes))
