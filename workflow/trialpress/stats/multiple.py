"""Differences of several means: all pairs (Tukey), each against the first (Dunnett), or each for itself."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, ndtr, roots_hermitenorm, stdtr, stdtrit

from .result import Result, not_estimable, numbers, probability

SHOWN = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
KINDS = {"none": "not adjusted", "tukey": "Tukey-Kramer", "dunnett": "Dunnett"}
NODES = 120  # of the quadratures; both converge to 1e-9 long before


def pairwise_means(y, group, *, adjust: str = "tukey", level: float = 0.95) -> Result:
    """Differences of the means of groups with the pooled standard deviation and its degrees of freedom: of all pairs by the
    studentized range (Tukey 1953, Kramer 1956; R TukeyHSD), of each group from the first by the multivariate t distribution
    (Dunnett 1955; R multcomp), or of all pairs as they are (R pairwise.t.test, pool.sd). Intervals are simultaneous where p-values are.

    y: outcomes (n); group: labels (n). values: n, sd (pooled), df; curve, one entry for each pair (first, second as positions of
    the sorted labels): estimate (second less first), std_error, ci_low, ci_high, p_value.

    >>> y, arm = [4.2, 5.6, 5.2, 4.8, 4.2, 3.6, 5.5, 5.1, 5.3], [0, 0, 0, 1, 1, 1, 2, 2, 2]
    >>> print(pairwise_means(y, arm).curve["p_value"].round(4))
    [0.2573 0.792  0.1112]
    """
    y = numbers("y", y)
    labels, code = np.unique(np.asarray(group), return_inverse=True)
    if len(code) != len(y):
        raise ValueError(f"group: has {len(code)} values where {len(y)} are needed")
    code, k, n = code.reshape(-1), len(labels), len(y)
    simultaneous = "simultaneous " * (adjust != "none")
    method = (
        f"differences of means, pooled SD, {KINDS[adjust]}, {simultaneous}{100 * probability('level', level):g}% CI"
    )
    known = {"n": n}
    if k < 2:
        return not_estimable(method, ("sd", "df"), "fewer than two groups with values", **known)
    df = n - k
    if df < 1:
        return not_estimable(method, ("sd", "df"), f"{n} values in {k} groups leave no degrees of freedom", **known)
    sizes = np.bincount(code)
    centre = y.mean()
    means = np.bincount(code, y - centre) / sizes
    residuals = y - centre - means[code]
    sd = float(np.sqrt(residuals @ residuals / df))
    if sd <= 1e-12 * np.abs(y).max():
        return not_estimable(method, ("sd", "df"), "no variation within the groups", **known)
    pairs = [(i, j) for i in range(k) for j in range(i + 1, k) if adjust != "dunnett" or i == 0]
    first, second = np.array(pairs).T
    estimate, error = means[second] - means[first], sd * np.sqrt(1 / sizes[first] + 1 / sizes[second])
    t = np.abs(estimate) / error
    if adjust == "tukey":
        from scipy.stats import studentized_range

        p = studentized_range.sf(t * np.sqrt(2), k, df)
        reach = studentized_range.ppf(level, k, df) / np.sqrt(2)
    elif adjust == "dunnett":
        share = np.sqrt(sizes[1:] / (sizes[1:] + sizes[0]))
        p = np.array([1 - dunnett_cdf(x, share, df) for x in t])
        top = float(stdtrit(df, 1 - (1 - level) / (2 * (k - 1))))  # Bonferroni, from above
        low = float(stdtrit(df, (1 + level) / 2))
        reach = (
            low if k == 2 else brentq(lambda x: dunnett_cdf(x, share, df) - level, low, top * (1 + 1e-9), xtol=1e-12)
        )
    else:
        p, reach = 2 * stdtr(df, -t), float(stdtrit(df, (1 + level) / 2))
    curve = dict(
        zip(SHOWN, (estimate, error, estimate - reach * error, estimate + reach * error, np.clip(p, 0, 1)), strict=True)
    )
    return Result(method, {**known, "sd": sd, "df": df}, "", {"first": first, "second": second, **curve})


def dunnett_cdf(t: float, share: np.ndarray, df: float) -> float:
    """P(max |T_i| <= t) of the multivariate t distribution with df degrees of freedom and correlations share[i] * share[j]
    (Dunnett 1955, equation 4): an integral over the mean of the first group and one over the pooled standard deviation.

    >>> share = np.sqrt(np.array([0.5, 0.5]))
    >>> print(round(dunnett_cdf(2.4, share, 1e6), 4))  # normal, two groups of one size
    0.9692
    """
    if len(share) == 1:
        return float(1 - 2 * stdtr(df, -t))
    z, weight = _normal()
    s, density = _spread(float(df))
    rest = np.sqrt(1 - share**2)
    with np.errstate(under="ignore"):
        high = (share * z[:, None, None] + t * s[:, None]) / rest
        low = (share * z[:, None, None] - t * s[:, None]) / rest
        inside = np.prod(ndtr(high) - ndtr(low), axis=2)
    return float(weight @ inside @ density)


@cache
def _normal() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of an expectation over the standard normal distribution."""
    x, weight = roots_hermitenorm(NODES)
    return x, weight / weight.sum()


@cache
def _spread(df: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of an expectation over sqrt(chi-square / df)."""
    from numpy.polynomial.legendre import leggauss

    x, weight = leggauss(NODES)
    reach = 9 / np.sqrt(2 * df)
    low, high = max(0.0, 1 - reach), 1 + reach
    s = (high - low) / 2 * x + (high + low) / 2
    log = np.log(2) + df / 2 * np.log(df / 2) - gammaln(df / 2) + (df - 1) * np.log(s) - df * s**2 / 2
    density = np.exp(log) * weight
    return s, density / density.sum()
