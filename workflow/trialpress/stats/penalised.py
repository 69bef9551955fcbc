"""Firth's penalised likelihood of logistic regression: its maxima, which are several where data separate, and its profiles.

The likelihood is multiplied by the root of the determinant of the information (Firth 1993). By the formula of Cauchy and Binet
that determinant is a sum over all sets of as many patients as there are coefficients; where data separate, each of the terms may
have a maximum of its own, at which the probabilities of the patients of its set stay between 0 and 1. Such corners are where a
maximum is looked for.
"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from scipy.linalg import qr
from scipy.special import expit, log_expit

STEPS = 200
GAIN = 1e-12  # what a step may still gain, relative to the likelihood, for the next to be the last
LONGEST = 5.0  # of a step, on the logit scale
LENGTHS = (0.0, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 240.0)  # of starts along the line of least squares
CORNERS = 1000  # that are looked at, at most
CLIMBED = 24  # starts that are followed to their maximum, the highest
CLOSE = 0.1  # on the logit scale: on their way to one maximum
LOGIT = np.log(3.0)  # of (1 + 1/2) / (1 + 1), where one set takes all of the penalty


class Point(NamedTuple):
    """A maximum: the penalised log likelihood, the coefficients, and the slope in the one that is held."""

    value: float
    beta: np.ndarray
    slope: float


class _State(NamedTuple):
    """At several points: values (s), slopes (s x k), minus the second derivatives and roots of the information, both of the
    free coordinates."""

    value: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray
    root: np.ndarray


class Penalised:
    """The penalised log likelihood of outcomes y (n, 0/1) and covariates X (n x k, with the intercept), coefficient `held` held.

    All is done in coordinates in which the columns of X are orthonormal: X = Q R with the held one last, so that the last
    coordinate is its coefficient times the last of R, and units do not matter.

    >>> found = Penalised(np.array([1, 1, 1, 0]), np.ones((4, 1))).highest()
    >>> print(found.beta.round(4))  # log (3.5 / 1.5)
    [0.8473]
    """

    def __init__(self, y, X, held: int | None = None):
        k = X.shape[1]
        self.order = np.array([j for j in range(k) if j != held] + ([] if held is None else [held]))
        self.free = k if held is None else k - 1
        self.y, self.sign = np.asarray(y, dtype=float), np.where(y, 1.0, -1.0)
        self.Q, self.R = np.linalg.qr(X[:, self.order])
        self.unit = np.log(abs(np.diag(self.R))).sum()
        self.squares = (self.Q[:, :, None] * self.Q[:, None, :]).reshape(len(X), -1)

    def covariance(self, beta) -> np.ndarray:
        """The inverse of the information at beta, shape (k, k)."""
        if self.free < len(beta):
            raise ValueError("held: the information is of all coefficients")
        root = np.linalg.inv(self._at((self.R @ beta[self.order])[None]).root[0] @ self.R)
        return (root @ root.T)[np.ix_(*[np.argsort(self.order)] * 2)]

    def highest(self, starts=(), value: float = 0.0, *, wide: bool = False) -> Point:
        """The highest maximum that is reached from `starts` (coefficients; default: 0) with the held one at `value`; wide: from
        corners too. ArithmeticError if none is."""
        g = np.array([self.R @ np.asarray(start)[self.order] for start in starts] or [np.zeros(len(self.R))])
        if self.free < len(self.R):
            g[:, -1] = self.R[-1, -1] * value
        if wide:
            g = np.vstack([g, self._prominent(g[0, self.free :])])
        now = self._climb(g)
        best = int(now.value.argmax())
        if wide and np.isfinite(now.value[best]):
            g = np.vstack([g[best], self._exchanged(g[best])])
            now = self._climb(g)
            best = int(now.value.argmax())
        if not np.isfinite(now.value[best]):
            raise ArithmeticError("logistic regression did not converge")
        beta = np.linalg.solve(self.R, g[best])[np.argsort(self.order)]
        if self.free < len(beta):
            beta[self.order[-1]] = value
        return Point(float(now.value[best] + self.unit), beta, float(now.slope[best, -1] * self.R[-1, -1]))

    def _heights(self, g) -> np.ndarray:
        """Values alone, of many points."""
        eta = g @ self.Q.T
        information = np.exp(log_expit(eta) + log_expit(-eta)) @ self.squares
        size = np.linalg.slogdet(information.reshape(len(g), *self.R.shape))
        return log_expit(self.sign * eta).sum(axis=1) + np.where(size[0] > 0, size[1] / 2, -np.inf)

    def _at(self, g) -> _State:
        """Of points g, shape (s, k). Where the determinant is no more than rounding the value is -inf."""
        eta = g @ self.Q.T
        one, none = log_expit(eta), log_expit(-eta)
        p, q = np.exp(one), np.exp(none)
        U, root = np.linalg.qr(np.exp((one + none) / 2)[..., None] * self.Q)
        size = abs(np.diagonal(root, axis1=1, axis2=2))
        definite = (size > 1e-12 * np.sqrt((root**2).sum(axis=1))).all(axis=1)
        value = np.where(self.y > 0, one, none).sum(axis=1) + np.log(np.where(definite[:, None], size, 1.0)).sum(axis=1)
        leverage, odd, f = (U**2).sum(axis=2), q - p, self.Q[:, : self.free]
        slope = (self.y - p + leverage * odd / 2) @ self.Q
        pairs = (U[..., :, None] * U[..., None, :]).reshape(*U.shape[:2], U.shape[2] ** 2)
        third = (odd[:, None, :] * f.T) @ pairs
        curvature = ((p * q - leverage * (1 - 6 * p * q) / 2)[:, None, :] * f.T) @ f + third @ third.transpose(
            0, 2, 1
        ) / 2
        return _State(np.where(definite, value, -np.inf), slope, curvature, root)

    def _climb(self, g) -> _State:
        """Newton's method with halved steps from all rows of g at once, which become the maxima; -inf of those that reach none."""
        now, f = self._at(g), self.free
        gain = np.where(np.isfinite(now.value), np.inf, np.nan)
        left = np.flatnonzero(np.isfinite(now.value)) if f else []
        for _ in range(STEPS):
            if not len(left):
                break
            to = np.linalg.inv(now.root[left, :f, :f])  # the information is the unit matrix there
            slope = (to.transpose(0, 2, 1) @ now.slope[left, :f, None])[..., 0]
            bend, turn = np.linalg.eigh(to.transpose(0, 2, 1) @ now.curvature[left] @ to)
            along = (turn.transpose(0, 2, 1) @ slope[..., None])[..., 0]
            move = along / np.maximum(abs(bend), 1e-3)
            gain[left] = (along * move).sum(axis=1) / 2
            last = gain[left] <= GAIN * (1 + abs(now.value[left]))  # the step that is left squares the error
            step = (to @ turn @ move[..., None])[..., 0]
            step *= np.minimum(1.0, LONGEST / np.maximum(abs(step @ self.Q[:, :f].T).max(axis=1), 1e-300))[:, None]
            rising = np.arange(len(left))  # not yet higher
            moved = np.zeros(len(left), dtype=bool)
            for _ in range(40):
                trial = g[left[rising]]
                trial[:, :f] += step[rising]
                after = self._at(trial)
                up = (after.value >= now.value[left[rising]]) | (last[rising] & np.isfinite(after.value))
                at = left[rising[up]]
                moved[rising[up]] = (trial[up] != g[at]).any(axis=1)
                g[at] = trial[up]
                for kept, new in zip(now, after, strict=True):
                    kept[at] = new[up]
                rising = rising[~up]
                if not len(rising):
                    break
                step[rising] /= 2
            left = left[moved & ~last]
            left = left[np.argsort(-now.value[left], kind="stable")]
            close = ((g[left, None] - g[left]) ** 2).sum(axis=2) < CLOSE**2
            met = np.tril(close, -1).any(axis=1)  # of those that have met the highest goes on
            now.value[left[met]] = -np.inf
            left = left[~met]
        if f:
            now.value[~(gain <= 1e-7 * (1 + abs(now.value)))] = -np.inf
        return now

    def _prominent(self, held) -> np.ndarray:
        """The highest of many starts: along the line of least squares, and corners."""
        n, f = len(self.y), self.free
        line = np.outer(LENGTHS, self.Q[:, :f].T @ self.sign)
        g = np.vstack([np.column_stack([line, np.tile(held, (len(line), 1))]), self._corners(held, self._sets(n, f))])
        return g[np.argsort(-self._heights(g), kind="stable")[:CLIMBED]]

    @staticmethod
    def _sets(n: int, size: int) -> np.ndarray:
        """All sets of so many of n patients, or CORNERS of them, with the same random numbers always."""
        if comb(n, size) <= CORNERS:
            return np.array(list(combinations(range(n), size)), dtype=int).reshape(-1, size)
        order = np.random.default_rng(n).random((CORNERS, n))
        return np.argpartition(order, size, axis=1)[:, :size]

    def _corners(self, held, sets) -> np.ndarray:
        """Where each of the patients of a set has probability 3/4 of what happened."""
        A = self.Q[sets]
        free = A[..., : self.free]
        size = np.linalg.norm(free, axis=2).prod(axis=1)
        regular = abs(np.linalg.det(free)) > 1e-10 * size if self.free else np.ones(len(sets), dtype=bool)
        wanted = (LOGIT * self.sign[sets] - A[..., self.free :] @ held)[regular]
        found = np.linalg.solve(free[regular], wanted[..., None])[..., 0]
        return np.column_stack([found, np.tile(held, (len(found), 1))])

    def _exchanged(self, g) -> np.ndarray:
        """The corners beside a maximum: one of the patients that it hangs on exchanged for another."""
        f, n = self.free, len(self.y)
        root = np.sqrt(expit(self.Q @ g) * expit(-self.Q @ g))
        most = qr((root[:, None] * self.Q[:, :f]).T, mode="r", pivoting=True)[1][:f]
        sets = np.tile(most, (f * n, 1))
        sets[np.arange(f * n), np.repeat(np.arange(f), n)] = np.tile(np.arange(n), f)
        near = self._corners(g[f:], sets)
        return near[np.argsort(-self._heights(near), kind="stable")[:CLIMBED]]


class Higher(Exception):
    """A point of a profile above the maximum that was found."""

    def __init__(self, beta: np.ndarray):
        super().__init__()
        self.beta = beta


def profile_limit(y, X, top: Point, j: int, side: int, step: float, drop: float, *, wide: bool) -> float:
    """Where the profile of coefficient j has fallen by `drop` below the maximum `top`, below (side -1) or above (1) it; `step`: to
    try first. wide: where a limit is found, another branch of the profile is looked for, which may still be higher there.

    Newton's method for the root of the fall, which is nearly straight. Higher if a point lies above the maximum."""
    model = Penalised(y, X, j)
    known = {0.0: top}  # distance -> the profile there, on the branch that is followed
    inner, outer, wanted = 0.0, np.inf, np.sqrt(2 * drop)

    def value(distance: float) -> float:
        return top.beta[j] + side * distance

    def profile(distance: float, wide: bool = False) -> Point:
        near, *others = sorted(known, key=lambda one: abs(one - distance))[:2]
        starts = [known[near].beta, known[max(one for one in known if one <= distance)].beta]
        starts += [
            known[near].beta + (distance - near) / (one - near) * (known[one].beta - known[near].beta) for one in others
        ]
        found = model.highest(starts, value(distance), wide=wide)
        if found.value > top.value + 1e-9 * (1 + abs(top.value)):
            raise Higher(found.beta)
        known[distance] = found
        return found

    distance = step
    while True:
        try:
            found = profile(distance)
        except ArithmeticError:  # no value so far out: a shorter step
            if distance - inner < 1e-6 * distance:
                raise
            outer, distance = distance, (inner + distance) / 2
            continue
        fall = np.sqrt(2 * max(top.value - found.value, 0.0))
        if fall < wanted:
            inner = max(inner, distance)
        else:
            outer = min(outer, distance)
        steepness = -side * found.slope / fall if fall > 0 else 0.0
        to = distance + (wanted - fall) / steepness if steepness > 0 else np.inf
        if abs(to - distance) > 1e-10 * distance and (outer == np.inf or outer - inner > 1e-11 * outer):
            to = min(to, 3 * distance)
            distance = to if inner < to < outer else (inner + outer) / 2
            continue
        if not wide:
            return value(to)
        found = profile(to, wide=True)
        if top.value - found.value >= drop - 1e-8:
            return value(to)
        known = {0.0: top, to: found}
        inner, outer, distance = to, np.inf, 1.5 * to
