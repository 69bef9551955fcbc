"""Effects that need not be straight lines: restricted cubic splines in linear, logistic and Cox models."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtri, stdtrit

from .result import Result, not_estimable, numbers, probability

# quantiles at which Harrell (Regression Modeling Strategies, table 2.3) puts 3, 4, 5 knots
KNOTS = {3: (0.10, 0.50, 0.90), 4: (0.05, 0.35, 0.65, 0.95), 5: (0.05, 0.275, 0.50, 0.725, 0.95)}
TESTS = ("statistic", "df", "p_value", "nonlinear_statistic", "nonlinear_df", "nonlinear_p_value")
POINTS = 101  # of a curve


def knots_of(x, k: int) -> np.ndarray:
    """Harrell's k knots, 3 to 5, of the values x (quantiles as R type 7).

    >>> print(knots_of(np.arange(101.0), 4))
    [ 5. 35. 65. 95.]
    """
    if k not in KNOTS:
        raise ValueError(f"knots: must be 3, 4 or 5, is {k}")
    return np.quantile(numbers("x", x), KNOTS[k])


def basis(x, at) -> np.ndarray:
    """Columns of a restricted cubic spline: x and k - 2 terms that are cubic between the knots `at` and straight beyond (Stone & Koo
    1985; Hmisc rcspline.eval), all as multiples of the range of the knots.

    >>> print(basis([0.0, 1, 2, 3], [0.0, 1, 2]).round(3)[:, 1])
    [0.    0.125 0.75  1.5  ]
    """
    at = np.asarray(at, dtype=float)
    z, t = (np.asarray(x, dtype=float) - at[0]) / (at[-1] - at[0]), (at - at[0]) / (at[-1] - at[0])

    inside, beyond = np.minimum(z, 1.0), np.maximum(z - 1.0, 0.0)  # beyond the last knot the cubes leave a line

    def cube(shift):
        return np.maximum(inside - shift, 0.0) ** 3

    last = 1.0 - t[-2]
    bent = [cube(one) - cube(t[-2]) * (1.0 - one) / last + 3 * (1.0 - one) * (t[-2] - one) * beyond for one in t[:-2]]
    return np.column_stack([z, *bent])


def spline(kind: str, x, X=None, *, y=None, time=None, event=None, entry=None, stratum=None, knots: int = 4, reference: float | None = None, values=(),
           level: float = 0.95) -> Result:  # fmt: skip
    """The effect of a number x on an outcome as a restricted cubic spline (Stone & Koo 1985), adjusted for covariates X (R rms; ns has the
    same models).

    kind: linear (y), logistic (y 0 or 1) or cox (time, event, entry, stratum: labels). reference: the value that all others are compared with
    (default: the median); values: those whose effect is given. Effects are differences, odds ratios and hazard ratios. values: n,
    and by Wald's test of all terms of x statistic, df, p_value and of the terms that are bent nonlinear_statistic, ...;
    (linear: F tests, chi-squared by its degrees of freedom). curve: time (x), estimate, ci_low, ci_high at POINTS values from the
    smallest to the largest x, then at the reference and `values`.

    >>> x = np.arange(12.0)
    >>> found = spline("linear", x, y=(x - 5) ** 2 + np.tile([0.0, 1], 6), knots=3)
    >>> print(round(found["nonlinear_p_value"], 4) < 0.001)
    True
    """
    x = numbers("x", x)
    X = np.empty((len(x), 0)) if X is None else np.asarray(X, dtype=float)
    what = {"linear": "linear", "logistic": "logistic", "cox": "Cox"}[kind]
    method = f"{what} regression, restricted cubic spline with {knots} knots, {100 * probability('level', level):g}% CI"
    known = {"n": len(x)}
    if not len(x):
        return not_estimable(method, TESTS, "no participants", **known)
    at = knots_of(x, knots)
    if (np.diff(at) <= 1e-9 * max(at[-1] - at[0], 1e-300)).any() or not at[-1] > at[0]:
        return not_estimable(method, TESTS, "the values are too few for so many knots", **known)
    method += f" at {', '.join(f'{one:.4g}' for one in at)}"
    centre = float(np.median(x)) if reference is None else float(reference)
    own, size = basis(x, at), np.abs(X - X.mean(axis=0)).max(axis=0, initial=0)
    scale = np.abs(own - own.mean(axis=0)).max(axis=0)
    M = np.column_stack([(own - own.mean(axis=0)) / scale, (X - X.mean(axis=0)) / np.where(size > 0, size, 1.0)])
    fit = {"linear": _linear, "logistic": _logistic, "cox": _cox}[kind]
    b, V, df, unit, why = fit(M, y=y, time=time, event=event, entry=entry, stratum=stratum)
    if why:
        return not_estimable(method, TESTS, why, **known)
    k = own.shape[1]
    b, V = b[:k], V[:k, :k]
    tests = {}
    for prefix, first in (("", 0), ("nonlinear_", 1)):
        statistic, terms = float(b[first:] @ np.linalg.solve(V[first:, first:], b[first:])), k - first
        p = fdtrc(terms, df, statistic / terms) if df else chdtrc(terms, statistic)
        statistic = statistic / terms if df else statistic
        tests |= {f"{prefix}statistic": statistic, f"{prefix}df": terms, f"{prefix}p_value": float(p)}
    grid = np.r_[np.linspace(x.min(), x.max(), POINTS), centre, np.asarray(values, dtype=float)]
    L = (basis(grid, at) - basis([centre], at)) / scale
    with np.errstate(over="ignore", invalid="ignore"):
        effect, error = L @ b * unit, np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", L, V, L), 0.0)) * unit
    reach = (stdtrit(df, (1 + level) / 2) if df else -ndtri((1 - level) / 2)) * error
    change = np.asarray if kind == "linear" else np.exp
    with np.errstate(over="ignore"):
        curve = {
            "time": grid,
            "estimate": change(effect),
            "ci_low": change(effect - reach),
            "ci_high": change(effect + reach),
        }
    return Result(method, {**known, **tests}, "", curve)


def _rank(M: np.ndarray, more: int) -> str:
    n, k = len(M), M.shape[1] + more
    if n <= k:
        return f"{n} participant{'s' * (n != 1)} for {k} coefficients"
    if np.linalg.matrix_rank(M) < M.shape[1]:
        return "the covariates and the spline determine one another or do not vary"
    return ""


NOTHING = np.zeros(0), np.zeros((0, 0)), 0, 1.0


def _linear(M, *, y, **_):
    y = numbers("y", y, length=len(M))
    if why := _rank(M, 1):
        return *NOTHING, why
    shift, unit = y.mean(), np.abs(y - y.mean()).max()
    D = np.column_stack([np.ones(len(y)), M])
    z = (y - shift) / (unit or 1.0)
    A = np.linalg.inv(D.T @ D)
    b = A @ D.T @ z
    left, df = z - D @ b, len(y) - D.shape[1]
    if unit <= 1e-14 * abs(shift) or np.abs(left).max() < 1e-11:
        return *NOTHING, "no variation around the model"
    return b[1:], A[1:, 1:] * (left @ left / df), df, unit, ""


def _logistic(M, *, y, **_):
    from .logistic import maximise, separation

    y = numbers("y", y, length=len(M)).astype(bool)
    why = _rank(M, 1) or ("all outcomes are the same" if y.all() or not y.any() else "") or separation(y, M)
    if why:
        return *NOTHING, why
    try:
        fit = maximise(y, np.column_stack([np.ones(len(y)), M]))
    except (ArithmeticError, np.linalg.LinAlgError):
        return *NOTHING, "the model did not converge"
    return fit.beta[1:], fit.covariance[1:, 1:], 0, 1.0, ""


def _cox(M, *, time, event, entry, stratum, **_):
    from .likelihood import PartialLikelihood, maximise
    from .risksets import RiskSets, sample

    time, event, entry = sample(time, event, entry)
    if not event.any():
        return *NOTHING, "no event"
    if why := _rank(np.column_stack([np.ones(len(M)), M]), 0):
        return *NOTHING, why
    model = PartialLikelihood(RiskSets.of(time, event, entry, stratum), M.T, "efron")
    names = [f"x{j}" for j in range(M.shape[1])]
    if model.degenerate(names):
        return *NOTHING, "a term does not vary where events are"
    b, (_, _, information), diverging = maximise(model.at, np.zeros(len(names)))
    if diverging.any():
        return *NOTHING, "the likelihood rises without end: all events are at one end of a covariate"
    try:
        V = np.linalg.inv(information) / np.outer(model.scale, model.scale)
    except np.linalg.LinAlgError:
        return *NOTHING, "the covariates and the spline determine one another where events are"
    return b / model.scale, V, 0, 1.0, ""
