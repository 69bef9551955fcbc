"""Dose and response: trend tests, logistic curve on log10 dose, isotonic estimate, Emax."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, ndtr, ndtri, stdtrit

from . import logistic
from .result import Result, events_of, indicator, not_estimable, numbers, offending, probability

EXACT = 200_000  # partial sums of an exact distribution that are listed: about a second


def cochran_armitage(events, totals, scores, *, variant: str = "r") -> Result:
    """Cochran-Armitage test (Armitage 1955) for a trend of proportions over scored groups, two-sided.

    events, totals: counts per group; scores: one number per group (dose, log dose or rank).
    variant: "r" (R prop.trend.test), "n-1" (the variance of the permutation distribution, N - 1 in place of N;
        statsmodels, Mantel) or "exact" (permutation distribution: outcomes at least as far from the expectation; beyond
        `EXACT` partial sums, at about 1,000 patients, its normal approximation with its own variance, as the method says).
    Returns n, N, p_value and, unless exact, z, statistic (z squared) and df.

    >>> smokers, patients = np.array([83, 90, 129, 70]), np.array([86, 93, 136, 82])
    >>> print(f"{cochran_armitage(smokers, patients, np.arange(1, 5))['statistic']:.4f}")  # R prop.trend.test
    8.2249
    """
    x, N = events_of("events", events, "totals", totals)
    scores = numbers("scores", scores, length=len(x))
    if variant not in ("r", "n-1", "exact"):
        raise ValueError(f"variant: must be r, n-1 or exact, is {variant!r}")
    n, total = int(x.sum()), int(N.sum())
    method = "Cochran-Armitage trend test" + {"r": "", "n-1": ", permutation variance", "exact": ", exact"}[variant]
    names = ("p_value",) if variant == "exact" else ("z", "statistic", "df", "p_value")
    known = {"n": n, "N": total}
    if n in (0, total):
        return not_estimable(method, names, "no event" if n == 0 else "all patients have the event", **known)
    if np.ptp(scores[N > 0]) == 0:
        return not_estimable(method, names, "all patients have the same score", **known)
    centred = scores - (N * scores).sum() / total
    T = (x * centred).sum()
    found = logistic.permutation_distribution(np.repeat(centred, N), n, EXACT) if variant == "exact" else None
    if found is not None:
        t, log_ways = found
        ways = np.exp(log_ways - log_ways.max())
        p = ways[abs(t) >= abs(T) - 1e-9 * abs(t).max()].sum() / ways.sum()
        return Result(method, {**known, "p_value": float(min(1.0, p))})
    spread = n * (total - n) * (N * centred**2).sum() / total**2
    z = float(T / np.sqrt(spread * (1 if variant == "r" else total / (total - 1))))
    if variant == "exact":
        method = method.replace("exact", "normal approximation of the permutation distribution")
        return Result(method, {**known, "p_value": float(2 * ndtr(-abs(z)))}, "too many patients for the exact p-value")
    return Result(method, {**known, "z": z, "statistic": z * z, "df": 1, "p_value": float(2 * ndtr(-abs(z)))})


def dose_response(dose, y, *, penalised: bool = False, level: float = 0.95) -> Result:
    """Logistic regression of a 0/1 response on log10 dose; `penalised` for Firth's.

    Returns n, events, estimate (log odds ratio per tenfold dose), standard_error, odds_ratio, ci_low, ci_high (of the
    odds ratio), p_value, as `logistic.logistic` and `logistic.firth`; curve: dose (101, evenly spaced in the
    logarithm), estimate, ci_low, ci_high (probability; pointwise Wald band on the logit scale).

    >>> dose, y = np.repeat([1, 10], 4), np.array([0, 0, 0, 1, 0, 1, 1, 1])
    >>> print(f"{dose_response(dose, y)['odds_ratio']:.2f}")
    9.00
    """
    log_dose, y = _log10(dose), indicator("y", y, length=len(np.asarray(dose)))
    fitted = (logistic.firth if penalised else logistic.logistic)(y, log_dose, ["dose"], level=level)
    values = {"n": fitted["n"], "events": fitted["events"]}
    values |= {name: fitted[f"{name}:dose"] for name in logistic.STATISTICS}
    method = f"{fitted.method}, on log10 dose"
    if np.isnan(fitted["estimate:dose"]):
        return Result(method, values, fitted.note)
    X = np.column_stack([np.ones(len(y)), log_dose])
    beta = np.array([fitted["estimate:intercept"], fitted["estimate:dose"]])
    p = expit(X @ beta)
    covariance = np.linalg.inv((X.T * (p * (1 - p))) @ X)
    at = np.linspace(log_dose.min(), log_dose.max(), 101)
    design = np.column_stack([np.ones(101), at])
    logit, half = design @ beta, np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design))
    half *= -ndtri((1 - level) / 2)
    curve = {"dose": 10**at, "estimate": expit(logit), "ci_low": expit(logit - half), "ci_high": expit(logit + half)}
    return Result(method, values, fitted.note, curve)


def isotonic(dose, events, totals) -> Result:
    """Event rates that do not fall with the dose, by pooling adjacent violators (Barlow et al. 1972), weighted by
    patients. Dose levels without patients are left out.

    Returns n, N and estimate:<dose> per level; curve: dose, n, N, estimate.

    >>> result = isotonic(np.array([1, 2, 3]), np.array([1, 3, 2]), np.array([10, 10, 10]))
    >>> print(result.curve["estimate"])
    [0.1  0.25 0.25]
    """
    dose = numbers("dose", dose)
    x, N = events_of("events", events, "totals", totals)
    if x.shape != dose.shape:
        raise ValueError(f"events: has {len(x)} values where {len(dose)} are needed")
    if len(np.unique(dose)) < len(dose):
        raise ValueError("dose: a level occurs twice")
    method = "isotonic rates (pooled adjacent violators)"
    order = np.argsort(dose)
    dose, x, N = (v[order][N[order] > 0] for v in (dose, x, N))
    if len(dose) == 0:
        return not_estimable(method, ("estimate",), "no patients", n=0, N=0)
    blocks: list[tuple[int, int, int]] = []  # events, patients, levels
    for one in zip(x, N, [1] * len(x), strict=True):
        while blocks and blocks[-1][0] * one[1] > one[0] * blocks[-1][1]:
            one = tuple(a + b for a, b in zip(blocks.pop(), one, strict=True))
        blocks.append(one)
    rate = np.repeat([e / m for e, m, _ in blocks], [levels for *_, levels in blocks])
    values = {"n": int(x.sum()), "N": int(N.sum())}
    values |= {f"estimate:{d:.10g}": float(r) for d, r in zip(dose, rate, strict=True)}
    return Result(method, values, curve={"dose": dose, "n": x, "N": N, "estimate": rate})


def emax(dose, y, *, level: float = 0.95) -> Result:
    """Emax model y = e0 + emax * dose / (ed50 + dose) of a continuous response by least squares (R nls), with t
    intervals.

    Returns n, residual_sd and, for e0, emax and ed50, <name>, standard_error:<name>, ci_low:<name>, ci_high:<name>;
    curve: dose, estimate. Refused (not estimable) with fewer than four dose levels or five values, and if the best ed50
    does not lie between the lowest and highest positive dose: then the data do not show where the curve levels off.

    >>> puromycin = np.repeat([0.02, 0.06, 0.11, 0.22, 0.56, 1.1], 2)
    >>> rate = np.array([76, 47, 97, 107, 123, 139, 159, 152, 191, 201, 207, 200])
    >>> print(f"{emax(puromycin, rate)['ed50']:.4f}")
    0.1047
    """
    from scipy.optimize import minimize_scalar

    dose = numbers("dose", dose)
    y = numbers("y", y, length=len(dose))
    method = f"Emax model, least squares, {100 * probability('level', level):g}% CI"
    parameters = ("e0", "emax", "ed50")
    names = tuple(f"{prefix}{p}" for p in parameters for prefix in ("", "standard_error:", "ci_low:", "ci_high:"))
    names += ("residual_sd",)
    n = len(dose)
    if (dose < 0).any():
        return not_estimable(method, names, f"negative doses: {int((dose < 0).sum())}", n=n)
    if len(np.unique(dose)) < 4 or n < 5:
        return not_estimable(method, names, "fewer than four dose levels or five values", n=n)

    def linear(log_ed50):  # given ed50 the rest is a straight line
        design = np.column_stack([np.ones(n), dose / (np.exp(log_ed50) + dose)])
        beta = np.linalg.lstsq(design, y, rcond=None)[0]
        return beta, ((y - design @ beta) ** 2).sum()

    positive = dose[dose > 0]
    low, high = np.log(positive.min()), np.log(positive.max())
    grid = np.linspace(low - 5, high + 5, 201)
    best = int(np.argmin([linear(g)[1] for g in grid]))
    if not low <= grid[best] <= high:
        return not_estimable(method, names, "the doses do not show where the response levels off", n=n)
    bracket = (grid[best - 1], grid[best], grid[best + 1])
    log_ed50 = minimize_scalar(lambda g: linear(g)[1], bracket=bracket, tol=1e-12).x
    (e0, top), _ = linear(log_ed50)
    beta = np.array([e0, top, np.exp(log_ed50)])
    for _ in range(50):  # Gauss-Newton: the minimum of a sum of squares is flat, its gradient is not
        share = dose / (beta[2] + dose)
        J = np.column_stack([np.ones(n), share, -beta[1] * dose / (beta[2] + dose) ** 2])
        residual = y - beta[0] - beta[1] * share
        if np.linalg.matrix_rank(J) < 3:
            return not_estimable(method, names, "the response does not change with the dose", n=n)
        step = np.linalg.lstsq(J, residual, rcond=None)[0]
        beta = beta + step
        if (abs(step) <= 1e-12 * abs(beta)).all():
            break
    if not np.exp(low) <= beta[2] <= np.exp(high):
        return not_estimable(method, names, "the doses do not show where the response levels off", n=n)
    sd = float(np.sqrt((residual**2).sum() / (n - 3)))
    errors = sd * np.sqrt(np.diag(np.linalg.inv(J.T @ J)))
    values: dict[str, float] = {"n": n, "residual_sd": sd}
    half = stdtrit(n - 3, (1 + level) / 2)
    for name, b, se in zip(parameters, beta.tolist(), errors.tolist(), strict=True):
        values |= {name: b, f"standard_error:{name}": se}
        values |= {f"ci_low:{name}": b - half * se, f"ci_high:{name}": b + half * se}
    at = np.linspace(dose.min(), dose.max(), 101)
    return Result(method, values, curve={"dose": at, "estimate": beta[0] + beta[1] * at / (beta[2] + at)})


def _log10(dose):
    dose = numbers("dose", dose)
    offending("dose", dose <= 0, "dose that is not positive (it has no logarithm)")
    return np.log10(dose)
