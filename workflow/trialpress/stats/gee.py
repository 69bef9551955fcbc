"""Generalised estimating equations: regression of outcomes of which a participant has several."""

from __future__ import annotations

import warnings

import numpy as np
from scipy.special import ndtr, ndtri

from .logistic import separation
from .rates import no_maximum
from .result import Result, not_estimable, numbers, probability

RATIO = {"linear": "", "logistic": "odds_ratio", "poisson": "rate_ratio"}
ERRORS = {"robust": "sandwich", "bias-reduced": "bias-reduced sandwich"}
FEW = 40  # participants below which sandwich errors are too small (Mancl & DeRouen 2001)


def gee(y, subject, X, names, *, family: str = "logistic", correlation: str = "exchangeable", errors: str = "bias-reduced",
        level: float = 0.95) -> Result:  # fmt: skip
    """Marginal regression by generalised estimating equations (Liang & Zeger 1986; R geepack) with sandwich errors, which hold
    whatever the correlation within a participant is, or bias-reduced ones for few participants (Mancl & DeRouen 2001).

    y: outcomes (n); subject: whose each is; X: covariates (n x k), an intercept is added; names: k names; family: linear,
    logistic (y 0 or 1) or poisson (y counts); correlation: independence or exchangeable, estimated from all pairs by moments
    without correction for the number of coefficients, as geepack does. Returns n (participants), observations, correlation,
    and per name estimate:<name>, standard_error:, ci_low:, ci_high:, p_value: by normal quantiles; for logistic and poisson
    odds_ratio: or rate_ratio:, with the limits of the ratio.

    >>> y, who, x = [1, 1, 0, 1, 0, 0, 1, 0], [0, 0, 1, 1, 2, 2, 3, 3], [[1], [1], [1], [1], [0], [0], [0], [0]]
    >>> print(round(gee(y, who, x, ["arm"], correlation="independence")["odds_ratio:arm"], 3))  # (3 / 1) / (1 / 3)
    9.0
    """
    from statsmodels.genmod import cov_struct, families
    from statsmodels.genmod.generalized_estimating_equations import GEE

    y = numbers("y", y)
    subject = np.unique(np.asarray(subject), return_inverse=True)[1].reshape(-1)
    X = np.asarray(X, dtype=float).reshape(len(y), len(names))
    method = f"{family} regression by generalised estimating equations, correlation {correlation}, {ERRORS[errors]} {100 * probability('level', level):g}% CI"
    ratio, m = RATIO[family], int(subject.max(initial=-1)) + 1
    shown = ("estimate", "standard_error", *([ratio] if ratio else []), "ci_low", "ci_high", "p_value")
    known, keys = {"n": m, "observations": len(y)}, [f"{key}:{name}" for name in names for key in shown]

    def failed(why):
        return not_estimable(method, (*keys, "correlation"), why, **known)

    centre = X.mean(axis=0) if len(y) else np.zeros(len(names))
    size = np.abs(X - centre).max(axis=0, initial=0)
    size = np.where(size > 0, size, 1.0)
    M = np.column_stack([np.ones(len(y)), (X - centre) / size])
    shift, unit = (y.mean(), np.abs(y - y.mean()).max()) if family == "linear" and len(y) else (0.0, 1.0)
    if why := _why(y, M, m, family):
        return failed(why)
    if errors == "bias-reduced" and (_without_each(M, subject, m) < 1e-10).any():
        return failed("an estimate hangs on one participant alone, which leaves no bias-reduced error")
    working = cov_struct.Exchangeable() if correlation == "exchangeable" else cov_struct.Independence()
    kind = {"linear": families.Gaussian, "logistic": families.Binomial, "poisson": families.Poisson}[family]()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = GEE((y - shift) / unit, M, subject, family=kind, cov_struct=working)
            fit = model.fit(ctol=1e-10, maxiter=500, ddof_scale=0, cov_type=errors.replace("-", "_"))
            converged, V = fit.converged, np.asarray(fit.cov_params())
    except (np.linalg.LinAlgError, ValueError, FloatingPointError):
        return failed("the equations have no solution")
    if not converged or not np.isfinite(fit.params).all():
        return failed("the equations did not converge")
    variance = np.diag(V)[1:]
    if not np.isfinite(V).all() or (variance <= 1e-20).any():
        return failed("no variation around the model")
    b, se = fit.params[1:] * unit / size, np.sqrt(variance) * unit / size
    reach = -ndtri((1 - level) / 2) * se
    change = np.exp if ratio else np.asarray
    with np.errstate(over="ignore"):
        columns = (
            b,
            se,
            *([np.exp(b)] if ratio else []),
            change(b - reach),
            change(b + reach),
            2 * ndtr(-np.abs(b / se)),
        )
    alpha = float(working.dep_params) if correlation == "exchangeable" else 0.0
    values = {**known, "correlation": alpha}
    for j, name in enumerate(names):
        values |= {f"{key}:{name}": float(column[j]) for key, column in zip(shown, columns, strict=True)}
    few = (
        f"{m} participants: sandwich errors are too small with fewer than {FEW}"
        if errors == "robust" and m < FEW
        else ""
    )
    return Result(method, values, few)


def _without_each(M: np.ndarray, subject: np.ndarray, m: int) -> np.ndarray:
    """How far the columns are from being dependent when each participant (m) is left out: where they are, the leverage is 1 and the
    residual that is to be enlarged is 0."""
    parts = np.zeros((m, M.shape[1], M.shape[1]))
    np.add.at(parts, subject, M[:, :, None] * M[:, None, :])
    whole = parts.sum(axis=0)
    return np.linalg.eigvalsh(whole - parts)[:, 0] / np.linalg.eigvalsh(whole)[-1]


def _why(y: np.ndarray, M: np.ndarray, m: int, family: str) -> str:
    """Why there is no estimate; empty if there is one."""
    if not len(y):
        return "no participants"
    if m <= M.shape[1]:
        return f"{m} participant{'s' * (m != 1)} for {M.shape[1]} coefficients"
    if np.linalg.matrix_rank(M) < M.shape[1]:
        return "the covariates determine one another or do not vary"
    if family == "logistic":
        if ((y != 0) & (y != 1)).any():
            return "outcomes other than 0 and 1"
        return separation(y.astype(bool), M[:, 1:]) or ("all outcomes are the same" if y.min() == y.max() else "")
    if family == "poisson":
        return "counts are whole numbers, none negative" if ((y < 0) | (y != np.floor(y))).any() else no_maximum(y, M)
    return "no variation around the model" if y.min() == y.max() else ""
