"""Events by time at risk: exposure-adjusted incidence rates and their ratios."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.special import chdtri, ndtr, ndtri

from .result import Result, counts, not_estimable, numbers, offending, probability

RATIOS = ("estimate", "standard_error", "rate_ratio", "ci_low", "ci_high", "p_value")


def rate(events: int, exposure: float, *, per: float = 1.0, level: float = 0.95) -> Result:
    """Events per unit of exposure with the exact Poisson interval (Garwood 1936; R poisson.test).

    exposure: time at risk of all together; per: the rate is of so many units of it. values: events, exposure, estimate,
    ci_low, ci_high.

    >>> result = rate(11, 800, per=100)
    >>> print(*(round(result[name], 3) for name in ("estimate", "ci_low", "ci_high")))
    1.375 0.686 2.46
    """
    x = int(counts("events", [events])[0])
    method = f"incidence rate, exact Poisson {100 * probability('level', level):g}% CI"
    known = {"events": x, "exposure": float(exposure)}
    if not exposure > 0:
        return not_estimable(method, ("estimate", "ci_low", "ci_high"), "no time at risk", **known)
    tail = (1 - level) / 2
    low = chdtri(2 * x, 1 - tail) / 2 if x else 0.0
    limits = np.array([x, low, chdtri(2 * x + 2, tail) / 2]) / exposure * per
    return Result(method, {**known, **dict(zip(("estimate", "ci_low", "ci_high"), map(float, limits), strict=True))})


def poisson_regression(y, exposure, X, names, *, robust: bool = False, level: float = 0.95) -> Result:
    """Poisson regression of counts with log exposure as offset (McCullagh & Nelder 1989; R glm, poisson), Wald intervals.

    y: counts (n); exposure: time at risk, above 0 (n); X: covariates (n x k), an intercept is added; names: k names; robust:
    sandwich standard errors that allow for more variation than Poisson's (White 1982; R sandwich vcovHC type HC0). Returns n,
    events, dispersion (Pearson's chi-square by its degrees of freedom, 1 where the counts vary as Poisson's) and per name
    estimate:<name> (log rate ratio), standard_error:, rate_ratio:, ci_low:, ci_high: (of the ratio), p_value:. Not estimable
    where a combination of covariates parts those with no event from all others (Santos Silva & Tenreyro 2010).

    >>> result = poisson_regression([4, 6, 2, 8], [10, 20, 10, 5], [[0], [0], [1], [1]], ["arm"])
    >>> print(round(result["rate_ratio:arm"], 6))  # (10 / 15) / (10 / 30)
    2.0
    """
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    y = counts("y", y)
    exposure = numbers("exposure", exposure, length=len(y))
    offending("exposure", exposure <= 0, "time at risk that is not above 0")
    X = np.asarray(X, dtype=float).reshape(len(y), len(names))
    kind = "sandwich" if robust else "Wald"
    method = f"Poisson regression with log exposure as offset, {kind} {100 * probability('level', level):g}% CI"
    known, keys = {"n": len(y), "events": int(y.sum())}, [f"{key}:{name}" for name in names for key in RATIOS]
    centre = X.mean(axis=0) if len(y) else np.zeros(len(names))
    size = np.abs(X - centre).max(axis=0, initial=0)
    size = np.where(size > 0, size, 1.0)
    M = np.column_stack([np.ones(len(y)), (X - centre) / size])
    if why := no_maximum(y, M):
        return not_estimable(method, (*keys, "dispersion"), why, **known)
    with warnings.catch_warnings():  # counts that the model meets exactly are no separation
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        fit = GLM(y, M, family=Poisson(), offset=np.log(exposure)).fit(tol=1e-14, maxiter=200)
    V = fit.cov_params()
    if robust:
        score = M * (y - fit.mu)[:, None]
        V = V @ (score.T @ score) @ V
    b, se = fit.params[1:] / size, np.sqrt(np.diag(V))[1:] / size
    values = {**known, "dispersion": float(fit.pearson_chi2 / fit.df_resid) if fit.df_resid else float("nan")}
    reach = -ndtri((1 - level) / 2) * se
    with np.errstate(over="ignore"):
        columns = (b, se, np.exp(b), np.exp(b - reach), np.exp(b + reach), 2 * ndtr(-np.abs(b / se)))
    for j, name in enumerate(names):
        values |= {f"{key}:{name}": float(column[j]) for key, column in zip(RATIOS, columns, strict=True)}
    spread = "not estimable: no degrees of freedom are left for the dispersion" if not fit.df_resid else ""
    return Result(method, values, spread)


def no_maximum(y, M) -> str:
    """Why counts y have no finite maximum of a Poisson likelihood with the columns M; empty if there is one.

    >>> no_maximum(np.array([0, 0]), np.ones((2, 1)))
    'no event'
    """
    from scipy.optimize import linprog

    n, k = M.shape
    if not n:
        return "no participants"
    if not y.sum():
        return "no event"
    if np.linalg.matrix_rank(M) < k:
        return "the covariates determine one another or do not vary"
    none = y == 0
    if not none.any():
        return ""
    best = linprog(M[none].sum(axis=0), A_ub=M[none], b_ub=np.zeros(none.sum()), A_eq=M[~none], b_eq=np.zeros((~none).sum()),
                   bounds=(-1, 1), method="highs")  # fmt: skip
    if best.status == 0 and best.fun < -1e-7:
        return "no event at one end of a covariate or of a combination of them"
    return ""
