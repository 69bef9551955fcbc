"""Logistic regression for small samples: maximum likelihood, Firth's penalty, exact inference, separation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, log_expit, ndtr, ndtri

from . import penalised
from .newton import maximum
from .penalised import Penalised, State
from .result import Result, indicator, not_estimable, numbers, probability

PART = 50_000  # rows times points
STATISTICS = ("estimate", "standard_error", "odds_ratio", "ci_low", "ci_high", "p_value")


def logistic(y, X, names, *, level: float = 0.95) -> Result:
    """Maximum likelihood logistic regression with Wald intervals (R glm, binomial).

    y: 0/1 outcomes (n); X: covariates (n x k), an intercept is added; names: k names. Returns n, events,
    log_likelihood and, per name, estimate:<name> (log odds ratio), standard_error:, odds_ratio:, ci_low:, ci_high: (of
    the odds ratio) and p_value:; for the intercept too. If the covariates separate the outcomes the estimates are
    infinite: not estimable, and the note names the kind of separation.

    >>> y, x = np.array([1, 1, 1, 0, 1, 0, 0, 0]), np.repeat([1, 0], 4)
    >>> print(f"{logistic(y, x, ['milk'])['odds_ratio:milk']:.3f}")
    9.000
    """
    y, X, names = _design(y, X, names)
    method = f"logistic regression, Wald {100 * probability('level', level):g}% CI"
    known = {"n": len(y), "events": int(y.sum())}
    if why := _refusal(y, X) or separation(y, X[:, 1:]):
        return not_estimable(method, _keys(names) + ("log_likelihood",), why, **known)
    fit = maximise(y, X)
    values = {**known, "log_likelihood": fit.log_likelihood}
    for j, name in enumerate(names):
        b, se = fit.beta[j], fit.standard_error[j]
        reach = -ndtri((1 - level) / 2) * se
        with np.errstate(over="ignore"):  # of a covariate of tiny numbers: per unit the ratio has no end
            figures = (b, se, np.exp(b), np.exp(b - reach), np.exp(b + reach), 2 * ndtr(-abs(b) / se))
        values |= _named(name, figures)
    return Result(method, values)


def firth(y, X, names, *, level: float = 0.95) -> Result:
    """Firth's penalised logistic regression with profile penalised likelihood intervals and tests (Firth 1993; Heinze &
    Schemper 2002; R logistf).

    Arguments and values as `logistic`; the estimates stay finite under separation, which the note reports.

    >>> y, x = np.array([1, 1, 1, 0, 1, 0, 0, 0]), np.repeat([1, 0], 4)
    >>> print(f"{firth(y, x, ['milk'])['odds_ratio:milk']:.3f}")  # (3.5 / 1.5)**2: half added to each cell
    5.444
    """
    y, X, names = _design(y, X, names)
    method = f"Firth logistic regression, profile penalised likelihood {100 * probability('level', level):g}% CI"
    known = {"n": len(y), "events": int(y.sum())}
    if why := _refusal(y, X):
        return not_estimable(method, _keys(names) + ("log_likelihood",), why, **known)
    separated = separation(y, X[:, 1:])
    fit = penalised.fit(lambda held: Jeffreys(y, X, held), level, wide=bool(separated))
    values = {**known, "log_likelihood": fit.value}
    with np.errstate(over="ignore"):  # of a covariate of tiny numbers: per unit the ratio has no end
        ratios = [np.exp(b) for b in (fit.beta, fit.low, fit.high)]
    for name, *figures in zip(names, fit.beta, fit.standard_error, *ratios, fit.p_value, strict=True):
        values |= _named(name, figures)
    return Result(method, values, separated)


def exact_logistic(y, x, strata=None, *, level: float = 0.95) -> Result:
    """Exact conditional logistic regression of y on one covariate (Cox 1970; Mehta & Patel 1995).

    The distribution of T = sum(x * y) given the number of events (in each stratum if `strata` are given).
    y: 0/1 (n); x: numbers (n), few distinct values. Returns n, events, estimate (conditional maximum likelihood, or
    the median unbiased estimate if T is at an end of its range), odds_ratio, ci_low, ci_high (of the odds ratio; exact,
    tails of equal probability) and p_value (all outcomes no more probable than the observed one).

    >>> y, x = np.array([1, 1, 1, 0, 1, 0, 0, 0]), np.repeat([1, 0], 4)
    >>> print(f"{exact_logistic(y, x)['odds_ratio']:.3f}")  # Fisher's odds ratio of the same table
    6.408
    """
    from scipy.optimize import brentq

    y = indicator("y", y)
    x = numbers("x", x, length=len(y))
    strata = np.zeros(len(y)) if strata is None else numbers("strata", strata, length=len(y))
    method = f"exact conditional logistic regression, exact {100 * probability('level', level):g}% CI"
    known = {"n": len(y), "events": int(y.sum())}
    t, log_ways = np.zeros(1), np.zeros(1)
    for stratum in np.unique(strata):
        here = strata == stratum
        t, log_ways = _convolve(t, log_ways, *permutation_distribution(x[here], int(y[here].sum())))
    names = ("estimate", "odds_ratio", "ci_low", "ci_high", "p_value")
    if len(t) == 1:
        return not_estimable(method, names, "the outcomes or the covariate do not vary within the strata", **known)
    observed = int(abs(t - x[y].sum()).argmin())
    scale = 1 / max(abs(t).max(), 1e-300)

    def pmf(beta):
        w = log_ways + beta * t
        w = np.exp(w - w.max())
        return w / w.sum()

    def solve(excess):
        reach = scale
        while excess(-reach) > 0 or excess(reach) < 0:
            reach *= 2
        return brentq(excess, -reach, reach, xtol=1e-13 * scale)

    def at_least(beta):
        return pmf(beta)[observed:].sum()

    def at_most(beta):
        return pmf(beta)[: observed + 1].sum()

    tail = (1 - level) / 2
    lowest, highest = observed == 0, observed == len(t) - 1
    low = -np.inf if lowest else solve(lambda b: at_least(b) - tail)
    high = np.inf if highest else solve(lambda b: tail - at_most(b))
    if lowest:
        estimate = solve(lambda b: 0.5 - at_most(b))
    elif highest:
        estimate = solve(lambda b: at_least(b) - 0.5)
    else:
        estimate = solve(lambda b: pmf(b) @ t - t[observed])
    null = pmf(0.0)
    p = min(1.0, null[null <= null[observed] * (1 + 1e-7)].sum())
    figures = (estimate, np.exp(estimate), np.exp(low), np.exp(high), p)
    note = "median unbiased estimate: the sufficient statistic is at the end of its range" if lowest or highest else ""
    return Result(method, {**known, **dict(zip(names, map(float, figures), strict=True))}, note)


def separation(y, X) -> str:
    """How the covariates X (n x k, without intercept) separate the 0/1 outcomes y: "complete separation ...",
    "quasi-complete separation ..." or "" (Albert & Anderson 1984; by the linear programme of Konis 2007).

    Separated data have no finite maximum likelihood estimate.

    >>> print(separation(np.array([0, 0, 1, 1]), np.array([1, 2, 3, 4]))[:19])
    complete separation
    """
    from scipy.optimize import linprog

    y = indicator("y", y)
    signed = np.where(y, 1.0, -1.0)[:, None] * np.column_stack([np.ones(len(y)), X])
    signed /= np.maximum(abs(signed).max(axis=0), 1e-300)  # columns of one size; directions are what matters
    # The direction within the unit cube that puts the outcomes furthest on their own sides, none on the other.
    best = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1), method="highs")
    if -best.fun < 1e-7:
        return ""
    # Complete: one direction has all outcomes strictly on their own side.
    margin = linprog(
        np.append(np.zeros(signed.shape[1]), -1.0),
        A_ub=np.column_stack([-signed, np.ones(len(y))]),
        b_ub=np.zeros(len(y)),
        bounds=[(-1, 1)] * signed.shape[1] + [(None, 1)],
        method="highs",
    )
    kind = "complete" if -margin.fun > 1e-9 else "quasi-complete"
    return f"{kind} separation: the covariates predict the outcome of some patients perfectly"


@dataclass(frozen=True)
class Fit:
    """The maximum of a log likelihood; covariance is the inverse information at it."""

    beta: np.ndarray
    covariance: np.ndarray
    log_likelihood: float

    @property
    def standard_error(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))


def maximise(y, X) -> Fit:
    """The maximum of the likelihood by Newton's method with step halving; X holds the intercept. ArithmeticError if there is none.

    >>> fit = maximise(np.array([1, 1, 1, 0], dtype=bool), np.ones((4, 1)))
    >>> print(fit.beta.round(4))
    [1.0986]
    """
    found = maximum(
        lambda beta: _likelihood(y, X, beta),
        np.zeros(X.shape[1]),
        size=lambda step: abs(X @ step).max(),  # on the logit scale
    )
    if found is None:
        raise ArithmeticError("logistic regression did not converge")
    beta, (value, _, information) = found
    return Fit(beta, np.linalg.inv(information), float(value))


def _likelihood(y, X, beta):
    eta = X @ beta
    p = expit(eta)
    return log_expit(np.where(y, eta, -eta)).sum(), X.T @ (y - p), (X.T * (p * (1 - p))) @ X


class Jeffreys(Penalised):
    """The penalised likelihood of outcomes y (n, 0/1) and X (n x k, with the intercept), coefficient `held` held (Firth 1993).

    >>> found = Jeffreys(np.array([1, 1, 1, 0]), np.ones((4, 1))).highest()
    >>> print(found.beta.round(4))  # log (3.5 / 1.5)
    [0.8473]
    """

    def __init__(self, y, X, held: int | None = None):
        super().__init__(X, held)
        self.y, self.sign = np.asarray(y, dtype=float), np.where(y, 1.0, -1.0)
        self.squares = (self.Q[:, :, None] * self.Q[:, None, :]).reshape(len(X), -1)

    def rows(self) -> np.ndarray:
        return self.sign[:, None] * self.Q

    def weights(self, g) -> np.ndarray:
        return expit(self.Q @ g) * expit(-self.Q @ g)

    def _parts(self, g) -> list[np.ndarray]:
        """The points, so many at a time that what is computed of them stays near the processor."""
        return np.array_split(g, max(1, len(g) * len(self.Q) // PART))

    def heights(self, g) -> np.ndarray:
        return np.concatenate([self._heights(some) for some in self._parts(g)])

    def at(self, g) -> State:
        return State(*map(np.concatenate, zip(*map(self._at, self._parts(g)), strict=True)))

    def _heights(self, g) -> np.ndarray:
        eta = g @ self.Q.T
        odds = np.exp(-abs(eta))  # of the less likely outcome
        information = (odds / (1 + odds) ** 2) @ self.squares
        value = (np.minimum(self.sign * eta, 0) - np.log(1 + odds)).sum(axis=1)
        return value + penalised.log_size(information.reshape(len(g), *self.R.shape))

    def _at(self, g) -> State:
        eta, f = g @ self.Q.T, self.Q[:, : self.free]
        likely = log_expit(abs(eta))
        one, none = np.minimum(eta, 0) + likely, np.minimum(-eta, 0) + likely
        p, q = np.exp(one), np.exp(none)
        U, root = np.linalg.qr(np.exp((one + none) / 2)[..., None] * self.Q)
        value = np.where(self.y > 0, one, none).sum(axis=1) + penalised.size(root)
        leverage, odd = (U**2).sum(axis=2), q - p
        slope = (self.y - p + leverage * odd / 2) @ self.Q
        pairs = (U[..., :, None] * U[..., None, :]).reshape(*U.shape[:2], U.shape[2] ** 2)
        third = (odd[:, None, :] * f.T) @ pairs
        own = p * q - leverage * (1 - 6 * p * q) / 2
        curvature = (own[:, None, :] * f.T) @ f + third @ third.transpose(0, 2, 1) / 2
        return State(value, slope, curvature, root)


def _design(y, X, names):
    y = indicator("y", y)
    X = np.asarray(X, dtype=float)
    X = X[:, None] if X.ndim == 1 else X
    names = [names] if isinstance(names, str) else list(names)
    if X.ndim != 2 or X.shape[1] != len(names):
        raise ValueError(f"X: must have one column per name ({len(names)}), has shape {X.shape}")
    for name, column in zip(names, X.T, strict=True):
        numbers(f"X ({name})", column, length=len(y))
    return y, np.column_stack([np.ones(len(y)), X]), ["intercept", *names]


def _refusal(y, X):
    if len(y) == 0:
        return "no patients"
    if y.all() or not y.any():
        return "all patients have the event" if y.all() else "no event"
    size = np.abs(X).max(axis=0)
    if np.linalg.matrix_rank(X / np.where(size > 0, size, 1.0)) < X.shape[1]:
        return "the covariates are linearly dependent"
    return ""


def _keys(names):
    return tuple(f"{statistic}:{name}" for name in names for statistic in STATISTICS)


def _named(name, figures):
    return {f"{statistic}:{name}": float(v) for statistic, v in zip(STATISTICS, figures, strict=True)}


def permutation_distribution(x, events, limit=np.inf):
    """Values of T = sum of x over `events` of the patients, and the log number of ways to reach each; None if more than
    `limit` partial sums would have to be listed, which grows with the square of the patients and faster.

    >>> values, log_ways = permutation_distribution(np.array([0, 1, 1]), 2)
    >>> print(values, np.exp(log_ways).round())
    [1. 2.] [2. 1.]
    """
    values, sizes = np.unique(x, return_counts=True)
    reached = {0: (np.zeros(1), np.zeros(1))}  # events so far: values of T, log ways
    left, listed = len(x), 0
    for value, size in zip(values, sizes, strict=True):
        after: dict[int, list] = {}
        left -= size
        of = np.arange(size + 1)
        choose = (gammaln(size + 1) - gammaln(of + 1) - gammaln(size - of + 1)).tolist()
        for used, (t, log_ways) in reached.items():
            need = range(max(0, events - used - left), min(size, events - used) + 1)  # what the others can complete
            listed += len(need) * len(t)
            if listed > limit:
                return None
            for k in need:
                after.setdefault(used + k, []).append((t + k * value, log_ways + choose[k]))
        reached = {used: _collected(*map(np.concatenate, zip(*parts, strict=True))) for used, parts in after.items()}
    return reached[events]


def _convolve(t, a, u, b):
    return _collected(np.add.outer(t, u).ravel(), np.add.outer(a, b).ravel())


def _collected(t, log_ways):
    """One entry per value of T; values that differ by rounding only (1e-9 of the largest) are one."""
    order = np.argsort(t, kind="stable")
    t, log_ways = t[order], log_ways[order]
    first = np.flatnonzero(np.diff(t, prepend=-np.inf) > 1e-9 * max(abs(t).max(), 1e-300))
    return t[first], np.logaddexp.reduceat(log_ways, first)
