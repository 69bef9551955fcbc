"""Linear models of groups and covariates: analysis of variance and of covariance, least-squares means, contrasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc, stdtr, stdtrit

from .result import Result, not_estimable, numbers, probability

SHOWN = ("estimate", "std_error", "ci_low", "ci_high")
TEST = ("statistic", "df", "df_residual", "p_value")
EXACT = 1e-11  # residuals of this size, relative to the outcome, are rounding errors


@dataclass(frozen=True)
class _Fit:
    """A fitted model. b: coefficients, first a mean of each group; V: their covariance; df: of the residuals; scale: of y."""

    b: np.ndarray
    V: np.ndarray
    df: int
    why: str = ""

    def linear(self, L: np.ndarray, level: float) -> dict[str, np.ndarray]:
        """Estimates L b with t intervals and p-values, as arrays."""
        # in units of the largest coefficient of each line and of the largest error: neither square is out of range
        size, spread = np.abs(L).max(axis=1, initial=0.0), np.sqrt(np.diag(self.V).max(initial=0.0)) or 1.0
        of = L / np.where(size > 0, size, 1.0)[:, None]
        error = size * spread * np.sqrt(np.einsum("ij,jk,ik->i", of, self.V / spread**2, of))
        estimate = L @ self.b
        reach = stdtrit(self.df, (1 + level) / 2) * error
        with np.errstate(divide="ignore", invalid="ignore"):
            p = 2 * stdtr(self.df, -np.abs(estimate / error))
        found = (estimate, error, estimate - reach, estimate + reach)
        return {**dict(zip(SHOWN, found, strict=True)), "p_value": p}

    def test(self, L: np.ndarray) -> dict[str, float]:
        """Wald F test of L b = 0."""
        d, k = L @ self.b, len(L)
        statistic = max(float(d @ np.linalg.solve(L @ self.V @ L.T, d)) / k, 0.0)
        return dict(zip(TEST, (statistic, k, self.df, fdtrc(k, self.df, statistic)), strict=True))


def _fit(y, group, X, at, hc3: bool, product: bool = False, of=None) -> tuple[_Fit, np.ndarray, np.ndarray]:
    """(fit, code of the group of each, scale of each covariate); product: also of every group but the first with the columns `of`."""
    from statsmodels.regression.linear_model import OLS

    y = numbers("y", y)
    labels, code = np.unique(np.asarray(group), return_inverse=True)
    X = np.empty((len(y), 0)) if X is None else np.asarray(X, dtype=float)
    if len(code) != len(y) or X.shape[:1] != y.shape or X.ndim != 2:
        raise ValueError(f"group, X: must have {len(y)} rows, have {len(code)} and {X.shape}")
    groups = np.eye(len(labels))[code].reshape(len(y), len(labels))
    centred = X - (X.mean(axis=0) if at is None and len(y) else 0 if at is None else np.asarray(at, dtype=float))
    size = np.abs(centred).max(axis=0, initial=0)
    size = np.where(size > 0, size, 1.0)
    columns = [groups, centred / size]
    if product:
        columns.append((groups[:, 1:, None] * (centred / size)[:, None, of]).reshape(len(y), -1))
    M, shift = np.column_stack(columns), y.mean() if len(y) else 0.0
    unit = np.abs(y - shift).max(initial=0)
    n, k = M.shape
    nothing = np.full(k, np.nan), np.full((k, k), np.nan), n - k

    def failed(why):
        return _Fit(*nothing, why), code, size

    if n == 0:
        return failed("no participants")
    if n <= k:
        return failed(f"{n} participant{'s' * (n != 1)} for {k} coefficients")
    if np.linalg.matrix_rank(M) < k:
        return failed("the covariates and the groups determine one another")
    fit = OLS((y - shift) / (unit or 1.0), M).fit()
    if unit <= 1e-14 * abs(shift) or np.abs(fit.resid).max() < EXACT:
        return failed("no variation around the model")
    if not 1e-140 < unit < 1e140:
        return failed("the values are too small or too large to have a variance")
    with np.errstate(over="ignore", under="ignore"):
        if not all(1e-300 < one < 1e300 for one in unit / size):
            return failed("the values are too far from those of a covariate to have a slope")
    V = fit.cov_params()
    if hc3:
        leverage = fit.get_influence().hat_matrix_diag
        if leverage.max() > 1 - 1e-9:
            return failed("HC3 errors need more than one participant for each estimate (leverage 1)")
        V = fit.cov_HC3
        own = np.sqrt(np.diag(V))
        if not (own > 0).all() or np.linalg.eigvalsh(V / np.outer(own, own))[0] < 1e-10:
            return failed("HC3 errors vanish where the model fits exactly")
    b = fit.params * unit
    b[: len(labels)] += shift  # the means of the groups; a sum of their indicators is 1
    return _Fit(b, V * unit**2, n - k), code, size


def _method(what: str, k: int, hc3: bool) -> str:
    return f"{what} from analysis of {'co' * bool(k)}variance{', HC3 standard errors' * hc3}"


def least_squares_means(y, group, X=None, *, at=None, hc3: bool = False, level: float = 0.95) -> Result:
    """Least-squares means of groups from a linear model with covariates and one slope each (Searle, Speed & Milliken 1980; R
    emmeans): what the model expects of each group where every covariate has the value `at`.

    y: outcomes (n); group: labels (n); X: covariates (n x k) or None; at: k values, the means without; hc3: standard errors
    that do not assume equal variances (MacKinnon & White 1985; R sandwich vcovHC), with t quantiles. values: n, df_residual;
    curve, one entry per group in sorted order: n, mean (of the outcomes as they are), estimate, std_error, ci_low, ci_high.

    >>> y, arm, before = [3.0, 5, 4, 8, 9, 7], [0, 0, 0, 1, 1, 1], [[1.0], [3], [2], [3], [4], [1]]
    >>> print(least_squares_means(y, arm, before).curve["estimate"].round(3))
    [4.25 7.75]
    """
    fit, code, _ = _fit(y, group, X, at, hc3)
    k = 0 if X is None else np.shape(X)[1]
    method = _method(f"least-squares means with {100 * probability('level', level):g}% CI", k, hc3)
    m = int(code.max(initial=-1)) + 1
    sizes = np.bincount(code, minlength=m)
    means = np.bincount(code, np.asarray(y, dtype=float), m) / np.maximum(sizes, 1)
    curve = {"n": sizes, "mean": means, **fit.linear(np.eye(m, len(fit.b)), level)}
    del curve["p_value"]
    note = f"not estimable: {fit.why}" if fit.why else ""
    return Result(method, {"n": len(code), "df_residual": fit.df if not fit.why else np.nan}, note, curve)


def group_contrasts(
    y, group, X=None, *, at=None, contrasts: str = "first", hc3: bool = False, level: float = 0.95
) -> Result:
    """F test of the groups (with covariates: adjusted for them), and differences of their least-squares means.

    contrasts: "first", of each group from the first, by t test without adjustment for their number (R lm; with hc3 lmtest waldtest and
    coeftest); "all", of all pairs in the same way; "tukey", of all pairs with Tukey and Kramer's adjustment of intervals and p-values (R
    emmeans). Other arguments as least_squares_means. values: n, statistic, df, df_residual, p_value; curve, one entry for each
    difference (second less first, positions of the sorted labels): first, second, estimate, std_error, ci_low, ci_high, p_value.

    >>> y, arm, before = [3.0, 5, 4, 8, 9, 7], [0, 0, 0, 1, 1, 1], [[1.0], [3], [2], [3], [4], [1]]
    >>> result = group_contrasts(y, arm, before)
    >>> print(result.curve["estimate"].round(3), round(result["p_value"], 4))
    [3.5] 0.0008
    """
    fit, code, _ = _fit(y, group, X, at, hc3)
    k = 0 if X is None else np.shape(X)[1]
    method = _method(
        f"F test and differences of least-squares means with {100 * probability('level', level):g}% CI", k, hc3
    )
    method += ", all pairs" * (contrasts != "first") + ", Tukey-Kramer" * (contrasts == "tukey")
    m = int(code.max(initial=-1)) + 1
    if fit.why or m < 2:
        return not_estimable(method, TEST, fit.why or "one group only", n=len(code))
    unit = np.eye(m, len(fit.b))
    pairs = [(i, j) for i in range(m) for j in range(i + 1, m) if contrasts != "first" or i == 0]
    first, second = np.array(pairs).T
    found = fit.linear(unit[second] - unit[first], level)
    if contrasts == "tukey":
        from scipy.stats import studentized_range

        reach = studentized_range.ppf(level, m, fit.df) / np.sqrt(2) * found["std_error"]
        t = np.abs(found["estimate"]) / found["std_error"]
        p = np.clip(studentized_range.sf(t * np.sqrt(2), m, fit.df), 0, 1)
        found |= {"ci_low": found["estimate"] - reach, "ci_high": found["estimate"] + reach, "p_value": p}
    values = {"n": len(code), **fit.test(unit[1:] - unit[0])}
    return Result(method, values, "", {"first": first, "second": second, **found})


def differences(y, group, X=None) -> tuple[np.ndarray, np.ndarray]:
    """(difference of the least-squares mean of each group from that of the first, their covariance); empty where the model cannot be fitted.

    >>> found, covariance = differences([3.0, 5, 4, 8, 9, 7], [0, 0, 0, 1, 1, 1], [[1.0], [3], [2], [3], [4], [1]])
    >>> print(found.round(3), np.sqrt(covariance).round(3))
    [3.5] [[0.247]]
    """
    fit, code, _ = _fit(y, group, X, None, False)
    m = int(code.max(initial=-1)) + 1
    if fit.why or m < 2:
        return np.empty(0), np.empty((0, 0))
    L = np.eye(m, len(fit.b))[1:]
    L[:, 0] = -1
    return L @ fit.b, L @ fit.V @ L.T


def slopes(y, group, X, *, hc3: bool = False, level: float = 0.95) -> Result:
    """The coefficient of each covariate in the same model (R lm). curve, one entry per covariate: estimate, std_error, ci_low,
    ci_high, p_value.

    >>> y, arm, before = [3.0, 5, 4, 8, 9, 7], [0, 0, 0, 1, 1, 1], [[1.0], [3], [2], [3], [4], [1]]
    >>> print(slopes(y, arm, before).curve["estimate"].round(3))
    [0.75]
    """
    fit, code, size = _fit(y, group, X, None, hc3)
    method = _method(f"coefficients with {100 * probability('level', level):g}% CI", 1, hc3)
    if fit.why:
        return not_estimable(method, (), fit.why, n=len(code))
    L = np.eye(len(fit.b))[int(code.max()) + 1 :] / size[:, None]
    return Result(method, {"n": len(code)}, "", fit.linear(L, level))


def interaction(y, group, X, of, *, hc3: bool = False) -> Result:
    """F test of whether the slopes of the covariates `of` (columns of X, a list) differ between the groups: of their products
    (R anova of lm with `+` and `*`; with hc3 lmtest waldtest). values: n, statistic, df, df_residual, p_value.

    >>> y, arm, before = [3.0, 5, 4, 8, 9, 7], [0, 0, 0, 1, 1, 1], [[1.0], [3], [2], [3], [4], [1]]
    >>> print(round(interaction(y, arm, before, [0])["p_value"], 3))
    0.155
    """
    fit, code, size = _fit(y, group, X, None, hc3, product=True, of=list(of))
    method = _method("F test of interaction", 1, hc3)
    first = int(code.max(initial=-1)) + 1 + len(size)
    if not fit.why and first == len(fit.b):
        return not_estimable(method, TEST, "one group only", n=len(code))
    if fit.why:
        return not_estimable(method, TEST, fit.why, n=len(code))
    return Result(method, {"n": len(code), **fit.test(np.eye(len(fit.b))[first:])})


def regression(y, X, *, hc3: bool = False, level: float = 0.95) -> Result:
    """Linear regression on covariates (R lm). values: n, r_squared, r_squared_adjusted, sd (of the residuals), and the F test of
    all covariates: statistic, df, df_residual, p_value; curve, one entry per covariate: as `slopes`.

    >>> y, x = [3.0, 5, 4, 8, 9, 7], [[1.0], [3], [2], [3], [4], [1]]
    >>> found = regression(y, x)
    >>> print(found.curve["estimate"].round(3), round(found["r_squared"], 3))
    [1.227] 0.394
    """
    y = numbers("y", y)
    group = np.zeros(len(y), dtype=int)
    fit, _, size = _fit(y, group, X, None, hc3)
    method = f"linear regression with {100 * probability('level', level):g}% CI{', HC3 standard errors' * hc3}"
    names = ("r_squared", "r_squared_adjusted", "sd", *TEST)
    if fit.why or not len(size):
        return not_estimable(method, names, fit.why.replace("and the groups ", "") or "no covariates", n=len(y))
    L = np.eye(len(fit.b))[1:]
    X = np.asarray(X, dtype=float)
    unit = np.abs(y - y.mean()).max()
    left = (y - y.mean()) / unit - ((X - X.mean(axis=0)) / size) @ (fit.b[1:] / unit)
    share = float(left @ left / (((y - y.mean()) / unit) ** 2).sum())
    spread = {"r_squared": 1 - share, "r_squared_adjusted": 1 - share * (len(y) - 1) / fit.df,
              "sd": float(unit * np.sqrt(left @ left / fit.df))}  # fmt: skip
    values = {"n": len(y), **spread, **fit.test(L)}
    return Result(method, values, "", fit.linear(L / size[:, None], level))
