"""Time to event with weights: Kaplan-Meier curves and Cox regression, with errors that allow for the weights."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from .newton import maximum
from .result import Result, not_estimable, numbers, offending, probability
from .risksets import groups, sample
from .survival import QUANTILE, limits, quantile

RATIO = ("estimate", "std_error", "hazard_ratio", "ci_low", "ci_high", "p_value")


def weighted_kaplan_meier(time, event, weights, *, level: float = 0.95, transform: str = "log-log") -> Result:
    """Kaplan-Meier estimate with weights and the robust variance of the infinitesimal jackknife (R survfit, weights and robust).

    weights: above 0 (n), taken as known. values and curve as survival.kaplan_meier; n_at_risk, n_event and n_censored of the curve
    are sums of weights.

    >>> found = weighted_kaplan_meier([1, 2, 3, 4], [1, 0, 1, 1], [2.0, 1, 1, 1])
    >>> print(found.curve["estimate"].round(3))
    [0.6 0.6 0.3 0. ]
    """
    time, event, _ = sample(time, event, None)
    w = numbers("weights", weights, length=len(time))
    offending("weights", w <= 0, "weight that is not above 0")
    z = -ndtri((1 - probability("level", level)) / 2)
    method = f"weighted Kaplan-Meier, {transform} {100 * level:g}% CI (robust)"
    at, position = np.unique(time, return_inverse=True)
    d = np.bincount(position, w * event, minlength=len(at))
    gone = np.bincount(position, w, minlength=len(at))
    n = gone[::-1].cumsum()[::-1]
    died_out = (d > 0) & (np.abs(n - d) <= 1e-12 * n)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(died_out, 0.0, 1 - d / n)
        estimate = np.cumprod(factor)
        left = np.where(died_out, np.nan, n - d)
        hazard = np.cumsum(
            np.where(d > 0, d / (n * left), 0.0)
        )  # what a participant at risk adds to -log S by each time
        own = np.where(event, 1 / left[position], 0.0)
        fixed = hazard[position] - own  # of who has left
        until = np.bincount(position, w**2 * fixed**2, minlength=len(at)).cumsum()
        weight2 = np.bincount(position, w**2, minlength=len(at))
        after = weight2.sum() - weight2.cumsum()
        relative = np.sqrt(until + after * hazard**2)
        std_error = estimate * relative
        ci_low, ci_high = limits(estimate, relative, z, transform)
    curve = {"time": at, "estimate": estimate, "std_error": std_error, "ci_low": ci_low, "ci_high": ci_high, "n_at_risk": n,
             "n_event": d, "n_censored": gone - d}  # fmt: skip
    known = {"n": len(time), "events": int(event.sum())}
    middle = quantile(Result(method, known, curve=curve), 0.5)
    median = {f"median{suffix}": middle[name] for name, suffix in QUANTILE.items()}
    return Result(method, {**known, **median}, middle.note, curve)


def weighted_cox(time, event, X, weights, *, stratum=None, level: float = 0.95) -> Result:
    """Cox regression with weights and the sandwich variance of the score residuals (Lin & Wei 1989; Binder 1992; R coxph with
    weights and robust), Efron's method for ties.

    X: covariates (n x k); weights: above 0 (n), taken as known; stratum: labels (n), each with a baseline hazard of its own. values: n, events; curve, one entry per covariate: estimate,
    std_error, hazard_ratio, ci_low, ci_high (of the ratio), p_value.

    >>> found = weighted_cox([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 1, 1], [[0], [1], [0], [1], [0], [1]], [1, 1, 2, 1, 1, 1])
    >>> print(found.curve["hazard_ratio"].round(3))
    [0.906]
    """
    time, event, _ = sample(time, event, None)
    X = np.asarray(X, dtype=float)
    X = X[:, None] if X.ndim == 1 else X
    w = numbers("weights", weights, length=len(time))
    offending("weights", w <= 0, "weight that is not above 0")
    method = "stratified " * (stratum is not None)
    method += f"weighted Cox regression, robust {100 * probability('level', level):g}% CI"
    code = np.zeros(len(time), int) if stratum is None else groups("stratum", stratum, length=len(time))[1]
    known = {"n": len(time), "events": int(event.sum())}
    centre = X.mean(axis=0) if len(X) else 0.0
    size = np.abs(X - centre).max(axis=0, initial=0)
    if not event.any():
        return not_estimable(method, (), "no event", **known)
    if not (size > 0).all():
        return not_estimable(method, (), "a covariate does not vary", **known)
    Z = (X - centre) / size
    parts = [
        _Sets(time[here], event[here], Z[here], w[here] / w.mean()) for here in (code == k for k in np.unique(code))
    ]
    if not any(sets.vary() for sets in parts):
        return not_estimable(method, (), "no covariate varies within a stratum while there are events", **known)

    def likelihood(b):
        return [sum(terms) for terms in zip(*(sets.likelihood(b) for sets in parts), strict=True)]

    found = maximum(likelihood, np.zeros(Z.shape[1]), size=lambda step: abs(Z @ step).max())
    if found is None or np.abs(Z @ found[0]).max() > 10:
        return not_estimable(method, (), "no finite maximum: all events are at one end of a covariate", **known)
    b, (_, _, information) = found
    bread = np.linalg.inv(information)
    residuals = np.concatenate([sets.residuals(b) for sets in parts])
    V = bread @ (residuals.T @ residuals) @ bread
    estimate, se = b / size, np.sqrt(np.diag(V)) / size
    if not (se > 0).all():
        return not_estimable(method, (), "no variation", **known)
    reach = -ndtri((1 - level) / 2) * se
    with np.errstate(over="ignore"):
        columns = (
            estimate,
            se,
            np.exp(estimate),
            np.exp(estimate - reach),
            np.exp(estimate + reach),
            2 * ndtr(-np.abs(estimate / se)),
        )
    return Result(method, known, "", dict(zip(RATIO, columns, strict=True)))


class _Sets:
    """The risk sets of a weighted Cox model, by descending time."""

    def __init__(self, time, event, X, w):
        self.order = np.argsort(-time, kind="stable")
        self.time, self.event, self.X, self.w = time[self.order], event[self.order], X[self.order], w[self.order]
        times = np.unique(time[event])[::-1]
        # who is at risk at an event time are the first `last` of the order; dead: those of them who die then
        self.last = np.searchsorted(-self.time, -times, side="right")
        first = np.searchsorted(-self.time, -times, side="left")
        self.dead = [np.flatnonzero(self.event[a:b]) + a for a, b in zip(first, self.last, strict=True)]

    def vary(self) -> bool:
        """Whether any covariate differs between patients at risk together at an event."""
        last = max(self.last, default=0)
        return bool((self.X[:last] != self.X[:1]).any())

    def _sums(self, b):
        """(relative risk times weight of each, its sums over everyone at risk of 1, x and x x')."""
        r = self.w * np.exp(np.clip(self.X @ b, -200, 200))
        return (
            r,
            np.cumsum(r),
            np.cumsum(r[:, None] * self.X, axis=0),
            np.cumsum(r[:, None, None] * (self.X[:, :, None] * self.X[:, None]), axis=0),
        )

    def likelihood(self, b):
        """(log partial likelihood, score, information)."""
        r, S0, S1, S2 = self._sums(b)
        value, score, information = 0.0, np.zeros(len(b)), np.zeros((len(b), len(b)))
        for last, dead in zip(self.last, self.dead, strict=True):
            mean = self.w[dead].mean()
            value += self.w[dead] @ (self.X[dead] @ b)
            score += self.w[dead] @ self.X[dead]
            E0, E1, E2 = (
                r[dead].sum(),
                r[dead] @ self.X[dead],
                np.einsum("n,ni,nj->ij", r[dead], self.X[dead], self.X[dead]),
            )
            for k in np.arange(len(dead)) / len(dead):
                s0, s1, s2 = S0[last - 1] - k * E0, S1[last - 1] - k * E1, S2[last - 1] - k * E2
                if not s0 > 0:
                    return -np.inf, score, information
                value -= mean * np.log(s0)
                score = score - mean * s1 / s0
                information = information + mean * (s2 / s0 - np.outer(s1, s1) / s0**2)
        return float(value), score, information

    def residuals(self, b):
        """Score residuals times weights (n x k), in the order of the sets."""
        r, S0, S1, _ = self._sums(b)
        found, hazard, centre = np.zeros_like(self.X), np.zeros(len(r)), np.zeros_like(self.X)
        for last, dead in zip(self.last, self.dead, strict=True):
            mean, d = self.w[dead].mean(), len(dead)
            E0, E1 = r[dead].sum(), r[dead] @ self.X[dead]
            all_h, all_c, dead_h, dead_c, average = 0.0, 0.0, 0.0, 0.0, 0.0
            for k in np.arange(d) / d:
                s0, s1 = S0[last - 1] - k * E0, S1[last - 1] - k * E1
                h, x = mean / s0, s1 / s0
                all_h, all_c, average = all_h + h, all_c + h * x, average + x / d
                dead_h, dead_c = dead_h + h * (1 - k), dead_c + h * (1 - k) * x
            hazard[:last] += all_h
            centre[:last] += all_c
            hazard[dead] += dead_h - all_h
            centre[dead] += dead_c - all_c
            found[dead] += self.w[dead, None] * (self.X[dead] - average)
        return found - r[:, None] * (self.X * hazard[:, None] - centre)
