"""Inverse probability weights of an observational comparison of two groups, and how alike they make them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr, ndtri

from .logistic import maximise, separation
from .result import Result, indicator, not_estimable, numbers, probability

ESTIMANDS = {"ate": "average effect in all", "att": "average effect in the second group"}
RISKS = ("risk0", "risk1", "std_error0", "std_error1", "estimate", "std_error", "ci_low", "ci_high", "p_value", "risk_ratio",
         "ratio_low", "ratio_high")  # fmt: skip


@dataclass(frozen=True)
class Weights:
    """w: weight of each participant; score: probability of the second group given the covariates; truncated: how many weights
    were lowered; why: what kept them from being estimated, or empty. method: as a sentence has it."""

    w: np.ndarray
    score: np.ndarray
    truncated: int
    method: str
    why: str = ""

    def effective(self, here) -> float:
        """Kish's effective sample size of those `here`: (sum w)^2 / sum w^2."""
        w = self.w[here]
        return float(w.sum() ** 2 / (w**2).sum()) if len(w) else 0.0


def inverse_probability(second, X, *, estimand: str = "ate", stabilised: bool = True, truncate: float = 1.0) -> Weights:
    """Weights by the inverse probability of a participant's own group, of a logistic model of the covariates (Robins, Hernán &
    Brumback 2000; Austin & Stuart 2015; R WeightIt).

    second: whether each is in the second group (n); X: covariates (n x k). ate: 1 / e in the second group and 1 / (1 - e) in the
    first, times the share of the own group if stabilised; att: 1 and e / (1 - e), times the odds of the first group if stabilised.
    truncate: weights above this quantile (R type 7) of all weights are lowered to it; 1: none. Not estimable where the covariates
    separate the groups: some then have no counterpart.

    >>> found = inverse_probability([0, 0, 0, 1, 1, 1], [[0], [0], [1], [0], [1], [1]], stabilised=False)
    >>> print(found.w.round(2))
    [1.5 1.5 3.  3.  1.5 1.5]
    """
    second = indicator("second", second)
    X = _columns(X)
    kind = f"{'stabilised ' * stabilised}inverse probability weights ({ESTIMANDS[estimand]})"
    if truncate < 1:
        kind += f", truncated at the {100 * probability('truncate', truncate):g}% quantile"
    nothing = np.full(len(second), np.nan)

    def failed(why):
        return Weights(nothing, nothing, 0, kind, why)

    if not second.any() or second.all():
        return failed("one group only" if len(second) else "no participants")
    centred = X - X.mean(axis=0)
    size = np.abs(centred).max(axis=0, initial=0)
    M = np.column_stack([np.ones(len(second)), centred / np.where(size > 0, size, 1.0)])
    if len(second) <= M.shape[1]:
        return failed(f"{len(second)} participants for {M.shape[1]} coefficients")
    if np.linalg.matrix_rank(M) < M.shape[1]:
        return failed("the covariates determine one another or do not vary")
    if why := separation(second, M[:, 1:]) if M.shape[1] > 1 else "":
        return failed(f"{why}: the groups have no counterparts in each other")
    try:
        e = expit(M @ maximise(second, M).beta)
    except (ArithmeticError, np.linalg.LinAlgError):
        return failed("the logistic model of the groups did not converge")
    share = second.mean()
    if estimand == "ate":
        w = np.where(second, 1 / e, 1 / (1 - e)) * (np.where(second, share, 1 - share) if stabilised else 1)
    else:
        w = np.where(second, 1.0, e / (1 - e) * ((1 - share) / share if stabilised else 1))
    if not np.isfinite(w).all():
        return failed("a probability of 0 or 1: the groups have no counterparts in each other")
    top = np.quantile(w, truncate)
    return Weights(np.minimum(w, top), e, int((w > top).sum()), kind)


def _columns(X) -> np.ndarray:
    X = np.asarray(X, dtype=float)
    return X[:, None] if X.ndim == 1 else X


def standardised_differences(second, X, w=None) -> np.ndarray:
    """Difference of the means of each covariate, second group less first, over the root of the mean of the unweighted variances of
    the two groups, also where means are weighted (Austin & Stuart 2015; R cobalt); variances of 0 and 1 are p (1 - p). NaN where
    a covariate does not vary.

    >>> print(standardised_differences([0, 0, 1, 1], [[1.0], [3], [2], [6]]).round(3))
    [0.894]
    """
    second = indicator("second", second)
    X = _columns(X)
    w = np.ones(len(second)) if w is None else numbers("w", w, length=len(second))
    groups = [second, ~second]
    binary = ((X == 0) | (X == 1)).all(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = [np.where(binary, X[g].mean(axis=0) * (1 - X[g].mean(axis=0)), X[g].var(axis=0, ddof=1) if g.sum() > 1 else np.nan)
                  for g in groups]  # fmt: skip
        means = [w[g] @ X[g] / w[g].sum() for g in groups]
        pooled = np.sqrt((spread[0] + spread[1]) / 2)
        return np.where(pooled > 0, (means[0] - means[1]) / np.where(pooled > 0, pooled, 1.0), np.nan)


def weighted_risks(event, second, w, *, level: float = 0.95) -> Result:
    """Weighted proportions of two groups, their difference and ratio with sandwich errors that take the weights as known, which is
    conservative for the average effect in all (Lunceford & Davidian 2004; R survey svyby). Returns risk0, risk1, std_error0,
    std_error1, estimate (difference), std_error, ci_low, ci_high, p_value, risk_ratio, ratio_low, ratio_high.

    >>> found = weighted_risks([1, 0, 1, 1, 0], [0, 0, 1, 1, 1], [1, 3, 1, 1, 2])
    >>> print(found["risk0"], found["risk1"], found["estimate"])
    0.25 0.5 0.25
    """
    event, second = indicator("event", event), indicator("second", second)
    w = numbers("w", w, length=len(event))
    method = f"weighted proportions, sandwich {100 * probability('level', level):g}% CI, weights taken as known"
    if not second.any() or second.all():
        return not_estimable(method, RISKS, "one group only")
    values, spread = {}, []
    for at, here in enumerate((~second, second)):
        risk = float(w[here] @ event[here] / w[here].sum())
        error = float(np.sqrt(w[here] ** 2 @ (event[here] - risk) ** 2) / w[here].sum())
        values |= {f"risk{at}": risk, f"std_error{at}": error}
        spread.append((risk, error))
    (p0, e0), (p1, e1) = spread
    error, z = float(np.hypot(e0, e1)), float(-ndtri((1 - level) / 2))
    d = p1 - p0
    note = "" if error > 0 else "not estimable: no variation of the outcome within the groups"
    reach = z * error if error > 0 else np.nan
    values |= {"estimate": d, "std_error": error if error > 0 else np.nan, "ci_low": max(-1.0, d - reach) if error > 0 else np.nan,
               "ci_high": min(1.0, d + reach) if error > 0 else np.nan, "p_value": float(2 * ndtr(-abs(d) / error)) if error > 0 else np.nan}  # fmt: skip
    if p0 > 0 and p1 > 0 and error > 0:
        log, spread_log = np.log(p1 / p0), np.hypot(e0 / p0, e1 / p1)
        ratio = np.exp(log), np.exp(log - z * spread_log), np.exp(log + z * spread_log)
    else:
        ratio = (np.nan,) * 3
        note = note or "not estimable: no event in a group"
    values |= dict(zip(RISKS[-3:], map(float, ratio), strict=True))
    return Result(method, values, note)
