"""Cox's partial likelihood, its maximum, and the limits of a profile."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import chdtri

from trialpress.stats.risksets import RiskSets

STEPS = 30
# Steps in units of a covariate's standard deviation: below CONVERGED the maximum is found; a step that is still longer
# than DIVERGING after STEPS means that the likelihood rises for ever.
CONVERGED = 1e-9
DIVERGING = 1e-4
LARGEST = 1e290  # sum of relative risks
FARTHEST = 680.0  # linear predictor: beyond it that sum is larger, but of a patient who is never at risk
FURTHER = 25  # times that a profile is followed further out, by half each, before its limit counts as infinite


class PartialLikelihood:
    """Cox's partial likelihood in standardised covariates; coefficient = b / scale."""

    def __init__(self, sets: RiskSets, X: np.ndarray, ties: str):
        ever = sets.last > (0 if sets.first is None else sets.first)  # who is at no event counts for nothing
        some = X[:, ever] if ever.any() else X
        centre, scale = some.mean(axis=1), some.std(axis=1)
        self.sets, self.raw, self.ties = sets, X, ties
        self.scale = np.where(scale > 1e-12 * np.maximum(abs(centre), 1e-300), scale, 1.0)
        self.X = (X - centre[:, None]) / self.scale[:, None]
        self.of_events = self.X[:, sets.event]
        # One row per event: f = 0, 1/d, ... (d-1)/d among the d tied events of a risk set.
        d = sets.n_event
        self.row_start = np.cumsum(d) - d
        place = np.arange(d.sum()) - np.repeat(self.row_start, d)
        self.f = place / np.repeat(d, d) if ties == "efron" and (d > 1).any() else None

    def at(self, b: np.ndarray, g: np.ndarray | None = None) -> tuple[float, np.ndarray, np.ndarray]:
        """Log-likelihood, score (p,) and information (p, p); `g` weights the score and information of each risk set.

        A risk set's information is a mean of squares less a square of means. The first part is summed over patients,
        each weighted by its expected number of events; only the second needs sums by risk set.
        """
        sets, X = self.sets, self.X
        eta = b @ X
        risk = np.exp(np.minimum(eta, FARTHEST))
        s0 = sets.sum(risk)
        if not ((s0 > 1 / LARGEST) & (s0 < LARGEST)).all():
            # Beyond what floating point can tell apart: further out than any maximum.
            return -np.inf, np.zeros(len(b)), np.zeros((len(b), len(b)))
        s1 = np.array([sets.sum(risk * x) for x in X])
        if self.f is None:
            log_sum = sets.n_event @ np.log(s0)
            times = sets.n_event if g is None else sets.n_event * g
            expected = risk * sets.over(times / s0)
            mean = s1 / s0
        else:
            risk_of_events = risk[sets.event]
            e0 = np.bincount(sets.dies_in, risk_of_events, minlength=len(sets))
            e1 = np.array([np.bincount(sets.dies_in, risk_of_events * x, minlength=len(sets)) for x in self.of_events])
            phi = np.repeat(s0, sets.n_event) - self.f * np.repeat(e0, sets.n_event)
            if not (phi > 1 / LARGEST).all():
                return -np.inf, np.zeros(len(b)), np.zeros((len(b), len(b)))
            log_sum = np.log(phi).sum()
            times = np.ones(len(phi)) if g is None else np.repeat(g, sets.n_event)
            mass, mass_of_events = (
                np.add.reduceat(term, self.row_start) for term in (times / phi, self.f * times / phi)
            )
            expected = risk * sets.over(mass)
            expected[sets.event] -= risk_of_events * mass_of_events[sets.dies_in]
            mean = (np.repeat(s1, sets.n_event, axis=1) - self.f * np.repeat(e1, sets.n_event, axis=1)) / phi
        spread = (mean * times) @ mean.T
        observed = self.of_events.sum(axis=1) if g is None else self.of_events @ g[sets.dies_in]
        information = (X * expected) @ X.T - spread
        return float(eta[sets.event].sum() - log_sum), observed - X @ expected, (information + information.T) / 2

    def score_residuals(self, b: np.ndarray) -> np.ndarray:
        """What each patient adds to the score at its maximum, shape (p, n) (Therneau, Grambsch & Fleming 1990)."""
        sets, X = self.sets, self.X
        risk = np.exp(np.minimum(b @ X, FARTHEST))
        s0, s1 = sets.sum(risk), np.array([sets.sum(risk * x) for x in X])
        d = sets.n_event
        f = np.zeros(d.sum()) if self.f is None else self.f
        of_events = [
            np.bincount(sets.dies_in, weight[sets.event], minlength=len(sets)) for weight in (risk, *(risk * X))
        ]
        phi = np.repeat(s0, d) - f * np.repeat(of_events[0], d)
        mean = (np.repeat(s1, d, axis=1) - f * np.repeat(of_events[1:], d, axis=1)) / phi

        def over(term: np.ndarray) -> np.ndarray:
            return np.add.reduceat(term, self.row_start)

        found = -risk * np.array(
            [x * sets.over(over(1 / phi)) - sets.over(over(m / phi)) for x, m in zip(X, mean, strict=True)]
        )
        at, own = sets.dies_in, risk[sets.event]
        for j, m in enumerate(mean):
            x = X[j, sets.event]
            late = own * (x * over(f / phi)[at] - over(f * m / phi)[at])
            found[j, sets.event] += x - (over(m) / d)[at] + late
        return found

    def degenerate(self, names: list[str]) -> str:
        """Why the model has no unique maximum whatever the events' covariates are, or nothing."""
        if not len(self.sets):
            return "no event"
        information = self.at(np.zeros(len(names)))[2]
        for j, name in enumerate(names):
            free = information[j, j]
            if free > 1e-10 * len(self.f if self.f is not None else self.sets):
                free -= information[j, :j] @ np.linalg.solve(information[:j, :j], information[:j, j]) if j else 0.0
                if free > 1e-9 * information[j, j]:
                    continue
                return f"{name} is a linear combination of the other covariates"
            return f"{name} does not vary among the patients at risk at the event times"
        return ""

    def monotone(self, names: list[str], diverging: np.ndarray) -> str:
        """The reason in words: the covariates whose coefficient grows without bound."""
        reasons = []
        for j in np.flatnonzero(diverging):
            levels = np.unique(self.raw[j])
            seen = np.unique(self.raw[j][self.sets.event])
            one = len(levels) == 2 and len(seen) == 1
            reasons.append(f"{names[j]}" + (f" (no event where it is {levels[levels != seen[0]][0]:g})" if one else ""))
        return f"monotone likelihood, no finite hazard ratio for {', '.join(reasons)}"


def maximise(at: Callable, b: np.ndarray, fixed: int | None = None):
    """Newton's method with step halving; returns b, at(b) and which coefficients diverge. `fixed` is held.

    >>> at = lambda b: (-((b[0] - 2) ** 2), -2 * (b - 2), np.array([[2.0]]))
    >>> print(maximise(at, np.zeros(1))[0])
    [2.]
    """
    free = np.arange(len(b)) != (-1 if fixed is None else fixed)
    now = at(b)
    curvature = np.diag(now[2])
    step = np.zeros(len(b))
    for _ in range(STEPS if free.any() and np.isfinite(now[0]) else 0):
        try:
            step[free] = np.linalg.solve(now[2][np.ix_(free, free)], now[1][free])
        except np.linalg.LinAlgError:
            return b, now, free
        step *= min(1.0, 5 / np.abs(step).max(initial=1.0))
        if np.abs(step).max() < CONVERGED:
            break
        shorter = step
        for _ in range(STEPS):
            after = at(b + shorter)
            if after[0] >= now[0] - 1e-12 * abs(now[0]):
                break
            shorter = shorter / 2
        else:
            break
        b, now = b + shorter, after
    # A likelihood that rises for ever is also known by its curvature, which vanishes.
    return b, now, free & ((np.abs(step) > DIVERGING) | (np.diag(now[2]) < 1e-10 * curvature))


def profile_limits(profile: Callable, b, likelihood: float, std_error, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Where twice the profile log-likelihood lies a chi-squared quantile below its maximum, for each coefficient.

    profile: (coefficient, value) to the highest log-likelihood with it held there.

    >>> low, high = profile_limits(lambda j, value: -((value - 2) ** 2), np.array([2.0]), 0.0, np.array([0.7]), 0.95)
    >>> print(low.round(3), high.round(3))
    [0.614] [3.386]
    """
    from scipy.optimize import brentq

    drop = chdtri(1, 1 - level)
    limits = np.empty((2, len(b)))
    for j in range(len(b)):

        @cache  # from another start the same point may lie higher, and an end would not be one
        def distance(value: float, j: int = j) -> float:
            return 2 * (likelihood - profile(j, value)) - drop

        for side, sign in enumerate((-1, 1)):
            reach = sign * np.sqrt(drop) * std_error[j]
            for _ in range(FURTHER):
                if distance(b[j] + reach) >= 0:
                    limits[side, j] = brentq(distance, b[j], b[j] + reach, xtol=1e-12, rtol=1e-12)
                    break
                reach *= 1.5
            else:
                limits[side, j] = sign * np.inf
    return limits[0], limits[1]
