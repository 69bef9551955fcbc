"""Risks of two groups as if all had the same covariates, from a logistic model."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, ndtr, ndtri

from .logistic import logistic
from .result import Result, indicator, not_estimable, probability

DIFFERENCE = ("risk_difference", "difference_std_error", "difference_low", "difference_high", "difference_p_value")
RATIO = ("risk_ratio", "ci_low", "ci_high", "p_value")
RISKS = tuple(f"{key}{at}" for at in (0, 1) for key in ("risk", "std_error", "low", "high"))


def standardised_risks(y, group, X, *, level: float = 0.95) -> Result:
    """Risks of two groups standardised to the covariates of all participants, their difference and their ratio: the mean of what
    a logistic model expects of every participant in the one group and in the other (g-computation; Lane & Nelder 1982), with
    delta-method standard errors, of the ratio on its log (R marginaleffects avg_comparisons; Stata margins).

    y: 0/1 (n); group: 0/1 (n); X: covariates (n x k, k may be 0). Returns n, events, risk0, risk1 with std_error, low, high each
    (cut at 0 and 1), risk_difference (1 less 0) with its standard error, limits and Wald p-value, risk_ratio, ci_low, ci_high,
    p_value. Not estimable under separation.

    >>> y, arm = np.repeat([1, 0, 1, 0], [3, 7, 6, 4]), np.repeat([0, 1], 10)
    >>> result = standardised_risks(y, arm, np.empty((20, 0)))
    >>> print(round(result["risk_difference"], 6), round(result["risk_ratio"], 6))
    0.3 2.0
    """
    y, group = indicator("y", y), indicator("group", group, length=len(y))
    X = np.asarray(X, dtype=float).reshape(len(y), -1)
    method = f"risks standardised by a logistic model, delta-method {100 * probability('level', level):g}% CI"
    known, names = {"n": len(y), "events": int(y.sum())}, (*RISKS, *DIFFERENCE, *RATIO)
    centre = X.mean(axis=0) if len(y) else np.zeros(X.shape[1])
    size = np.abs(X - centre).max(axis=0, initial=0)
    design = np.column_stack([group, (X - centre) / np.where(size > 0, size, 1.0)])
    labels = [str(j) for j in range(design.shape[1])]
    fit = logistic(y, design, labels, level=level)
    if fit.note:
        return not_estimable(method, names, fit.note.removeprefix("not estimable: "), **known)
    M = np.column_stack([np.ones(len(y)), design])
    b = np.array([value for name, value in fit.values.items() if name.startswith("estimate:")])
    p = expit(M @ b)
    V = np.linalg.inv((M * (p * (1 - p))[:, None]).T @ M)
    z = -ndtri((1 - level) / 2)
    risks, slopes = [], []
    for at in (0.0, 1.0):
        there = M.copy()
        there[:, 1] = at
        q = expit(there @ b)
        risks.append(q.mean())
        slopes.append((q * (1 - q)) @ there / len(y))
    values = dict(known)
    for at, (risk, slope) in enumerate(zip(risks, slopes, strict=True)):
        error = np.sqrt(slope @ V @ slope)
        limits = np.clip((risk - z * error, risk + z * error), 0, 1)
        values |= {f"risk{at}": risk, f"std_error{at}": error, f"low{at}": limits[0], f"high{at}": limits[1]}
    d, slope = risks[1] - risks[0], slopes[1] - slopes[0]
    error = np.sqrt(slope @ V @ slope)
    values |= dict(
        zip(
            DIFFERENCE,
            (d, error, max(-1, d - z * error), min(1, d + z * error), 2 * ndtr(-abs(d / error))),
            strict=True,
        )
    )
    log, slope = np.log(risks[1] / risks[0]), slopes[1] / risks[1] - slopes[0] / risks[0]
    error = np.sqrt(slope @ V @ slope)
    figures = (np.exp(log), np.exp(log - z * error), np.exp(log + z * error), 2 * ndtr(-abs(log / error)))
    values |= dict(zip(RATIO, figures, strict=True))
    return Result(method, {name: float(value) for name, value in values.items()})
