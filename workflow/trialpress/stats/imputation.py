"""Multiple imputation: chained equations for numbers and for true and false, and Rubin's rules."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import expit, fdtrc, stdtr, stdtrit

from .logistic import Jeffreys
from .result import Result, not_estimable, numbers, probability

DONORS = 5  # of predictive mean matching
RIDGE = 1e-5  # of the cross-products, relative to their diagonal: predictors may determine one another


def imputed(data, binary, *, imputations: int = 20, iterations: int = 10, seed) -> Iterator[np.ndarray]:
    """Completed copies of a matrix by chained equations (van Buuren & Groothuis-Oudshoorn 2011; R mice): each column with gaps is
    drawn in turn given all others, `iterations` times over, from where random known values stand at first.

    Numbers are imputed by predictive mean matching: a linear model is drawn from its posterior, and each gap takes the known
    value of one of 5 donors whose predictions are closest (Little 1988; mice pmm). binary: whether a column is 0 and 1; it is
    drawn from a logistic model with Firth's penalty, whose coefficients are drawn from their normal approximation (Rubin 1987; mice
    logreg). data: (n x k), NaN where missing; seed: of numpy's default_rng. ValueError if a column has no known value.

    >>> data = np.array([[1.0, 2], [2, 4], [3, np.nan], [4, 8], [5, 10], [6, 12]])
    >>> [float(one[2, 1]) in (2, 4, 8, 10, 12) for one in imputed(data, [False, False], imputations=2, seed=1)]
    [True, True]
    """
    data = np.asarray(data, dtype=float)
    gaps = np.isnan(data)
    if data.size and gaps.all(axis=0).any():
        raise ValueError(f"data: no known value in column {int(np.flatnonzero(gaps.all(axis=0))[0])}")
    rng = np.random.default_rng(seed)
    incomplete = sorted(np.flatnonzero(gaps.any(axis=0)), key=lambda j: gaps[:, j].sum())
    for _ in range(imputations):
        filled = data.copy()
        for j in incomplete:
            filled[gaps[:, j], j] = rng.choice(data[~gaps[:, j], j], gaps[:, j].sum())
        for _ in range(iterations if len(incomplete) else 0):
            for j in incomplete:
                X = _standardised(np.delete(filled, j, axis=1))
                draw = _draw_binary if binary[j] else _draw_matched
                filled[gaps[:, j], j] = draw(rng, data[~gaps[:, j], j], X[~gaps[:, j]], X[gaps[:, j]])
        yield filled


def _standardised(X: np.ndarray) -> np.ndarray:
    """With an intercept; columns that do not vary are left out."""
    centred = X - X.mean(axis=0)
    size = np.abs(centred).max(axis=0, initial=0)
    varies = size > 0
    centred = centred[:, varies] / size[varies]
    spread = centred.std(axis=0)
    return np.column_stack([np.ones(len(X)), centred / np.where(spread > 0, spread, 1.0)])


def _draw_matched(rng, y: np.ndarray, X: np.ndarray, at: np.ndarray) -> np.ndarray:
    unit = np.abs(y - y.mean()).max()
    if not unit:
        return np.full(len(at), y[0])
    z = (y - y.mean()) / unit
    A = X.T @ X
    V = np.linalg.inv(A + RIDGE * np.diag(np.diag(A)))
    b = V @ X.T @ z
    residuals = z - X @ b
    df = max(len(y) - X.shape[1], 1)
    sigma = np.sqrt(residuals @ residuals / rng.chisquare(df))
    drawn = b + sigma * np.linalg.cholesky((V + V.T) / 2) @ rng.standard_normal(len(b))
    far = np.abs(np.subtract.outer(at @ drawn, X @ b))
    k = min(DONORS, len(y))
    donors = np.argsort(far, axis=1, kind="stable")[:, :k]
    return y[donors[np.arange(len(at)), rng.integers(0, k, len(at))]]


def _draw_binary(rng, y: np.ndarray, X: np.ndarray, at: np.ndarray) -> np.ndarray:
    if y.min() == y.max():
        return np.full(len(at), y[0])
    keep = [0]  # columns that the known rows tell apart
    for j in range(1, X.shape[1]):
        if np.linalg.matrix_rank(X[:, [*keep, j]]) == len(keep) + 1 and len(keep) + 1 < len(y):
            keep.append(j)
    model = Jeffreys(y, X[:, keep])
    b = model.highest().beta
    b = b + np.linalg.cholesky(model.covariance(b)) @ rng.standard_normal(len(keep))
    return (rng.random(len(at)) < expit(at[:, keep] @ b)).astype(float)


def pooled(estimates, variances, df: float, *, level: float = 0.95) -> Result:
    """One estimate from those of several imputed data sets by Rubin's rules (Rubin 1987), with the degrees of freedom of Barnard and
    Rubin (1999; R mice pool).

    estimates, variances: of each data set; df: degrees of freedom that complete data would have (inf if there is no limit).
    Returns estimate, std_error, df, ci_low, ci_high, p_value and fmi, the fraction of missing information.

    >>> found = pooled([1, 1.2, 0.9, 1.1, 1.05], [0.1, 0.12, 0.11, 0.09, 0.1], 27)
    >>> print(round(found["df"], 5), round(found["fmi"], 7))  # R mice pool.scalar
    20.25187 0.2012228
    """
    Q, U = numbers("estimates", estimates), np.asarray(variances, dtype=float)
    m = len(Q)
    method = f"Rubin's rules, Barnard-Rubin degrees of freedom, {100 * probability('level', level):g}% CI"
    names = ("estimate", "std_error", "df", "ci_low", "ci_high", "p_value", "fmi")
    if m < 2:
        return not_estimable(method, names, "fewer than two imputations")
    if not np.isfinite(U).all():
        return not_estimable(method, names, "the values are too small or too large to have a variance")
    estimate, within, between = float(Q.mean()), float(U.mean()), (1 + 1 / m) * float(Q.var(ddof=1))
    total = within + between
    if not total > 0:
        return not_estimable(method, names, "no variation")
    share = between / total
    known = (df + 1) / (df + 3) * df * (1 - share) if np.isfinite(df) else np.inf
    old = (m - 1) / share**2 if share > 1e-12 else np.inf
    own = old if np.isinf(known) else known if np.isinf(old) else old * known / (old + known)
    error = np.sqrt(total)
    reach = stdtrit(own, (1 + level) / 2) * error
    ratio = between / within if within > 0 else np.inf
    fmi = (ratio + 2 / (own + 3)) / (ratio + 1) if np.isfinite(ratio) else 1.0
    found = (estimate, error, own, estimate - reach, estimate + reach, 2 * stdtr(own, -abs(estimate) / error), fmi)
    return Result(method, dict(zip(names, map(float, found), strict=True)))


def pooled_test(estimates, covariances, df: float) -> Result:
    """Test of several coefficients together from several imputed data sets: D1 of Li, Raghunathan & Rubin (1991) with the degrees of
    freedom of Reiter (2007; R mitml testModels and mice D1 with df.com).

    estimates: (data sets x k); covariances: (data sets x k x k); df: degrees of freedom that complete data would have. Returns
    statistic, df (k), df_residual, p_value; not estimable unless k times the data sets but one is more than 4.

    >>> found = pooled_test([[1, 2], [1.2, 1.9], [0.9, 2.2], [1.1, 2.1]], [0.3 * np.eye(2)] * 4, 40)
    >>> print(f"{found['statistic']:.3f} {found['df_residual']:.2f} {found['p_value']:.4f}")
    8.268 31.50 0.0013
    """
    Q, U = np.asarray(estimates, dtype=float), np.asarray(covariances, dtype=float)
    (m, k), names = Q.shape, ("statistic", "df", "df_residual", "p_value")
    method, free = "pooled F test (D1), Reiter degrees of freedom", k * (m - 1)
    if free <= 4:
        return not_estimable(method, names, f"too few imputations ({m}) for a test of {k} coefficient{'s' * (k > 1)}")
    within, mean = U.mean(axis=0), Q.mean(axis=0)
    if not np.isfinite(within).all() or not np.isfinite(np.linalg.cond(within)):
        return not_estimable(method, names, "the values are too small or too large to have a variance")
    r = (1 + 1 / m) * float(np.trace(np.linalg.solve(within, np.cov(Q, rowvar=False).reshape(k, k)))) / k
    statistic = max(float(mean @ np.linalg.solve(within, mean)) / (k * (1 + r)), 0.0)
    a, full = r * free / (free - 2), df * (df + 1) / (df + 3)
    c0, c1, c2 = 1 / (free - 4), full - 2 * (1 + a), full - 4 * (1 + a)
    if c2 <= 0:
        return not_estimable(method, names, "too much information is missing for the participants that there are")
    rest = a**2 * c1 / ((1 + a) ** 2 * c2) + 8 * a**2 * c1 / ((1 + a) * c2**2) + 4 * a**2 / ((1 + a) * c2)
    rest += 4 * a**2 / (c2 * c1) + 16 * a**2 * c1 / c2**3 + 8 * a**2 / c2**2
    residual = 4 + 1 / (1 / c2 + c0 * rest)
    return Result(method, dict(zip(names, (statistic, k, residual, float(fdtrc(k, residual, statistic))), strict=True)))
