"""Tests of equal hazards: the log-rank family, and its permutation test."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from trialpress.stats.result import Result, not_estimable, numbers
from trialpress.stats.risksets import RiskSets, groups, sample


def log_rank(
    time, event, group, *, rho: float = 0, gamma: float = 0, stratum=None, trend_scores=None, entry=None
) -> Result:
    """Test of equal hazards in two or more groups (R survival::survdiff; with gamma R nphRCT, survMisc comp).

    group: labels, length n. rho, gamma: Fleming-Harrington weight S(t-)**rho (1 - S(t-))**gamma of the pooled Kaplan-Meier
        estimate, in each stratum its own (1, 0 is Peto-Peto; 0, 1 weighs late differences); stratum: labels, length n; trend_scores: one number per sorted label, for the test for trend.
    values: n, events, statistic (chi-squared), df, p_value. curve: one row per group: group, n, observed, expected.

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161, 5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45])
    >>> print(f"{log_rank(abs(aml), aml > 0, np.arange(23) > 10)['statistic']:.4f}")  # R survdiff, 3.4
    3.3964
    """
    time, event, entry = sample(time, event, entry)
    labels, code = groups("group", group, length=len(time))
    k = len(labels)
    if stratum is not None and np.shape(stratum) != time.shape:
        raise ValueError(f"stratum: has shape {np.shape(stratum)} where {len(time)} values are needed")
    weights = f"rho {rho:g}" + (f", gamma {gamma:g}" if gamma else "")
    method = "log-rank test" if rho == gamma == 0 else f"Fleming-Harrington test ({weights})"
    method = "stratified " * (stratum is not None) + method + " for trend" * (trend_scores is not None)
    known = {"n": len(time), "events": int(event.sum())}
    names = ("statistic", "df", "p_value")
    if not event.any():
        return not_estimable(method, names, "no event", **known)
    sets = RiskSets.of(time, event, entry, stratum)
    weight = np.ones(len(sets))
    if rho or gamma:
        before = sets.survival_before()
        weight = before**rho * (1 - before) ** gamma
    if not weight.any():
        return not_estimable(method, names, "all events are at the first event time, which has no weight", **known)
    at_risk, n_event = sets.by_group(code, k)
    observed = weight @ n_event
    expected, variance = hypergeometric(at_risk, sets.n_event, weight)
    table = {"group": labels, "n": np.bincount(code), "observed": observed, "expected": expected}
    difference = observed - expected
    size = float(weight**2 @ sets.n_event)
    if trend_scores is not None:
        score = numbers("trend_scores", trend_scores, length=k)
        df, spread = 1, score @ variance @ score
        statistic = quadratic(np.array([score @ difference]), np.array([[spread]]), size * score @ score)
    else:
        known_groups = np.flatnonzero(expected > 0)[1:]
        df, statistic = (
            len(known_groups),
            quadratic(difference[known_groups], variance[np.ix_(known_groups, known_groups)], size),
        )
    if np.isnan(statistic):
        why = "the groups are not at risk together at any event time"
        return Result(method, not_estimable(method, names, why, **known).values, f"not estimable: {why}", table)
    return Result(method, {**known, "statistic": statistic, "df": df, "p_value": chdtrc(df, statistic)}, curve=table)


def hypergeometric(at_risk: np.ndarray, n_event: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected events per group and their covariance, given the margins at each time; at_risk: (times, groups).

    >>> expected, variance = hypergeometric(np.array([[2.0, 2.0], [1.0, 2.0]]), np.array([1, 1]), np.ones(2))
    >>> print(expected.round(4), variance[0, 0].round(4))
    [0.8333 1.1667] 0.4722
    """
    n = at_risk.sum(axis=1)
    share = at_risk / n[:, None]
    expected = (weight * n_event) @ share
    spread = weight**2 * n_event * (n - n_event) / np.maximum(n - 1, 1)
    return expected, np.diag(spread @ share) - share.T @ (spread[:, None] * share)


def quadratic(difference: np.ndarray, variance: np.ndarray, size: float) -> float:
    """difference' variance^-1 difference; NaN if the variance is singular: what is far below the `size` of the terms that it
    is made of is their rounding error.

    >>> print(quadratic(np.array([2.0]), np.array([[4.0]]), size=4.0))
    1.0
    """
    if not len(difference) or not np.isfinite(variance).all():
        return float("nan")
    if np.linalg.matrix_rank(variance, tol=1e-12 * size, hermitian=True) < len(difference):
        return float("nan")
    return max(float(difference @ np.linalg.solve(variance, difference)), 0.0)


def permutation_log_rank(time, event, group, *, stratum=None, replicates: int = 10_000, seed: int) -> Result:
    """Monte Carlo permutation test on log-rank scores (Peto & Peto 1972), within strata if there are any.

    The score of a patient is event - cumulative hazard at the end of follow-up, so the scores of a group add up to its observed -
    expected events. The statistic is the quadratic form of these sums in the inverse of their covariance over all allocations
    within the strata, in two groups the square of a standardised sum. The p-value counts the observed
    allocation among the replicates (Davison & Hinkley 1997, 4.25). stratum: labels, length n: scores are of the stratum, and
    patients are allotted within it.
    values: n, events, statistic, replicates, p_value, std_error (of the p-value, from the number of replicates).

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161, 5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45])
    >>> print(f"{permutation_log_rank(abs(aml), aml > 0, np.arange(23) > 10, seed=1)['p_value']:.1f}")
    0.1
    """
    time, event, _ = sample(time, event)
    labels, code = groups("group", group, length=len(time))
    if stratum is not None and np.shape(stratum) != time.shape:
        raise ValueError(f"stratum: has shape {np.shape(stratum)} where {len(time)} values are needed")
    method = "stratified " * (stratum is not None) + f"permutation log-rank test, {replicates} replicates"
    known, names = {"n": len(time), "events": int(event.sum())}, ("statistic", "p_value", "std_error")
    if not event.any():
        return not_estimable(method, names, "no event", **known)
    sets = RiskSets.of(time, event, stratum=stratum)
    score = event - sets.over(sets.n_event / sets.n)
    inside = np.zeros(len(time), int) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    parts = [np.flatnonzero(inside == s) for s in np.unique(inside)]
    size = np.array([np.bincount(code[part], minlength=len(labels)) for part in parts])
    covariance = np.zeros((len(labels), len(labels)))
    for part, n in zip(parts, size, strict=True):
        spread = float((score[part] ** 2).sum()) / max(len(part) - 1, 1)
        covariance += spread * (np.diag(n) - np.outer(n, n) / len(part))
    if covariance.max() <= 1e-12 * float((score**2).sum()):
        return not_estimable(
            method, names, "no allocation within the strata differs from another in its scores", **known
        )
    inverse = np.linalg.pinv(covariance, rcond=1e-10, hermitian=True)

    def statistic(sums: np.ndarray) -> np.ndarray:
        return np.einsum("ri,ij,rj->r", sums, inverse, sums)

    seen = float(statistic(np.bincount(code, score, minlength=len(labels))[None])[0])
    least = seen - 1e-9 * max(seen, 1.0)  # equal but for rounding
    rng = np.random.default_rng(seed)
    rows = max(1, 2_000_000 // len(time))
    extreme = 0
    for start in range(0, replicates, rows):
        sums = np.zeros((min(rows, replicates - start), len(labels)))
        for part, n in zip(parts, size, strict=True):
            drawn = rng.permuted(np.tile(score[part], (len(sums), 1)), axis=1)
            # The first are allotted to the first group of those that are there, and so on.
            here = np.flatnonzero(n)
            sums[:, here] += np.add.reduceat(drawn, np.cumsum(n[here]) - n[here], axis=1)
        extreme += int((statistic(sums) >= least).sum())
    p = (extreme + 1) / (replicates + 1)
    error = np.sqrt(p * (1 - p) / replicates)
    return Result(method, {**known, "statistic": seen, "replicates": replicates, "p_value": p, "std_error": error})
