"""Firth's penalised likelihood: its maxima, which are several where data separate, its profiles and what they tell.

The likelihood is multiplied by the root of the determinant of the information (Firth 1993). By the formula of Cauchy and Binet
that determinant is a sum over all sets of as many rows (patients, or in Cox's model pairs of them) as there are coefficients;
where data separate, each of the terms may have a maximum of its own, at which the probabilities of the rows of its set stay
between 0 and 1. Such corners are where a maximum is looked for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from scipy.linalg import qr
from scipy.special import chdtrc, ndtri

STEPS = 60
TRIED = 300  # points of a profile
HALVINGS = 10
GAIN = 1e-12  # what a step may still gain, relative to the likelihood, for the next to be the last
LONGEST = 5.0  # of a step, on the scale of the linear predictor, and a fifth of where it starts
LENGTHS = (0.0, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 240.0)  # of starts along the line that fits the rows
CORNERS = 500  # that are looked at first, at most
WORK = 2_000_000  # corners looked at in one go times rows, at most: of more rows those count that hang in the balance
# the same of the corners that are looked at first, and of the starts that are followed
FIRST, HIGHEST = 5_000_000, 240_000
BEST = 3  # of them whose neighbours are looked at next, in so many
ROUNDS = 4
CLIMBED, LEAST = 24, 6  # starts that are followed to their maximum, the highest: at most, and of however many rows
SMALLEST = 1e-60  # root of the information in a coefficient: further out than any maximum
CLOSE = 0.1  # on the scale of the linear predictor: on their way to one maximum
LOGIT = np.log(3.0)  # of (1 + 1/2) / (1 + 1), where one set takes all of the penalty


class Point(NamedTuple):
    """A maximum: the penalised log likelihood, the coefficients, and the slope in the one that is held."""

    value: float
    beta: np.ndarray
    slope: float


class State(NamedTuple):
    """At s points: values (s), slopes (s x k), minus the second derivatives of the free coordinates (s x f x f) and upper
    triangular roots of the information (s x k x k)."""

    value: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray
    root: np.ndarray


class Penalised(ABC):
    """A penalised log likelihood of covariates X (n x k), coefficient `held` held.

    All is done in coordinates in which the columns of X are orthonormal: X = Q R with the held one last, so that the last
    coordinate is its coefficient times the last of R, and units do not matter. Of points: arrays (s x k) in these coordinates.
    """

    def __init__(self, X: np.ndarray, held: int | None):
        k = X.shape[1]
        self.order = np.array([j for j in range(k) if j != held] + ([] if held is None else [held]))
        self.free = k if held is None else k - 1
        self.Q, self.R = np.linalg.qr(X[:, self.order])
        self.unit = np.log(abs(np.diag(self.R))).sum()

    @abstractmethod
    def at(self, g: np.ndarray) -> State:
        """Of points. Where the determinant is no more than rounding the value is -inf."""

    @abstractmethod
    def heights(self, g: np.ndarray) -> np.ndarray:
        """Values alone, of many points."""

    @abstractmethod
    def rows(self) -> np.ndarray:
        """Rows (m x k) whose linear predictor is the larger, the better they are fitted."""

    @abstractmethod
    def weights(self, g: np.ndarray) -> np.ndarray:
        """How much each of the rows adds to the information at one point."""

    def covariance(self, beta) -> np.ndarray:
        """The inverse of the information at beta, shape (k, k)."""
        if self.free < len(beta):
            raise ValueError("held: the information is of all coefficients")
        root = np.linalg.inv(self.at((self.R @ beta[self.order])[None]).root[0] @ self.R)
        return (root @ root.T)[np.ix_(*[np.argsort(self.order)] * 2)]

    def highest(self, starts=(), value: float = 0.0, *, wide: bool = False) -> Point:
        """The highest maximum that is reached from `starts` (coefficients; default: 0) with the held one at `value`; wide: from
        corners too. ArithmeticError if none is."""
        g = np.array([self.R @ np.asarray(start)[self.order] for start in starts] or [np.zeros(len(self.R))])
        if self.free < len(self.R):
            g[:, -1] = self.R[-1, -1] * value
        wide = wide and self.free > 0
        if wide:
            g = np.vstack([g, self._prominent(g[0, self.free :])])
        now = self._climb(g)
        best = int(now.value.argmax())
        if wide and np.isfinite(now.value[best]):
            g = np.vstack([g[best], self._beside(g[best])])
            now = self._climb(g)
            best = int(now.value.argmax())
        if not np.isfinite(now.value[best]):
            raise ArithmeticError("the penalised likelihood has no maximum")
        beta = np.linalg.solve(self.R, g[best])[np.argsort(self.order)]
        if self.free < len(beta):
            beta[self.order[-1]] = value
        return Point(float(now.value[best] + self.unit), beta, float(now.slope[best, -1] * self.R[-1, -1]))

    def _climb(self, g) -> State:
        """Newton's method with halved steps from all rows of g at once, which become the maxima; -inf of those that reach none."""
        now, f = self.at(g), self.free
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
            longest = LONGEST + abs(g[left] @ self.Q.T).max(axis=1) / 5
            step *= np.minimum(1.0, longest / np.maximum(abs(step @ self.Q[:, :f].T).max(axis=1), 1e-300))[:, None]
            rising = np.arange(len(left))  # not yet higher
            moved = np.zeros(len(left), dtype=bool)
            for _ in range(HALVINGS):
                trial = g[left[rising]]
                trial[:, :f] += step[rising]
                after = self.at(trial)
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
        """The highest of many starts: along the line that fits the rows, and corners, from the best to their neighbours."""
        rows, f = self.rows(), self.free
        line = rows[:, :f].sum(axis=0)
        line = np.outer(LENGTHS, line / max(abs(rows[:, :f] @ line).max(initial=0.0), 1e-300))
        g, sets = self._corners(rows, held, _sets(len(rows), f))
        height = self.heights(g)
        for _ in range(ROUNDS if len(g) else 0):
            best = np.argsort(-height, kind="stable")[:BEST]
            found, beside = self._corners(rows, held, _exchanged(sets[best], self._open(g[best[0]], len(best))))
            new = self.heights(found)
            higher = new.max(initial=-np.inf) > height.max(initial=-np.inf)
            g, sets, height = np.vstack([g, found]), np.vstack([sets, beside]), np.concatenate([height, new])
            if not higher:
                break
        line = np.column_stack([line, np.tile(held, (len(line), 1))])
        return self._highest(np.vstack([line, g]), np.concatenate([self.heights(line), height]))

    def _beside(self, g) -> np.ndarray:
        """The corners beside a maximum: one of the rows that it hangs on exchanged for another."""
        rows, f = self.rows(), self.free
        most = qr((np.sqrt(self.weights(g))[:, None] * rows[:, :f]).T, mode="r", pivoting=True)[1][:f]
        near = self._corners(rows, g[f:], _exchanged(most[None], self._open(g, 1)))[0]
        return self._highest(near, self.heights(near))

    def _highest(self, g, height) -> np.ndarray:
        """The highest of points, each height once."""
        most = min(CLIMBED, max(LEAST, HIGHEST // len(self.Q)))
        return g[np.unique(-np.round(height, 9), return_index=True)[1][:most]]

    def _open(self, g, sets: int) -> np.ndarray:
        """The rows that are exchanged for one of each of so many sets: all, or of distinct ones as many as there is time for, of which
        it is the least certain at g what becomes of them."""
        rows = self.rows()
        most = max(self.free + 1, WORK // (len(rows) * max(1, self.free * sets)))
        if len(rows) <= most:
            return np.arange(len(rows))
        distinct = np.unique(rows.round(9), axis=0, return_index=True)[1]
        return np.sort(distinct[np.argsort(-self.weights(g)[distinct], kind="stable")[:most]])

    def _corners(self, rows, held, sets) -> tuple[np.ndarray, np.ndarray]:
        """Where each of the rows of a set is fitted with a probability of 3/4, of the sets that have one; and these."""
        A = rows[sets]
        free = A[..., : self.free]
        size = np.linalg.norm(free, axis=2).prod(axis=1)
        regular = abs(np.linalg.det(free)) > 1e-10 * size
        wanted = (LOGIT - A[..., self.free :] @ held)[regular]
        found = np.linalg.solve(free[regular], wanted[..., None])[..., 0]
        return np.column_stack([found, np.tile(held, (len(found), 1))]), sets[regular]


def _exchanged(sets, others) -> np.ndarray:
    """Sets (s x f) of rows with one exchanged for each of the others."""
    f, m = sets.shape[1], len(others)
    found = np.repeat(sets, f * m, axis=0)
    found[np.arange(len(found)), np.tile(np.repeat(np.arange(f), m), len(sets))] = np.tile(others, f * len(sets))
    return found


@cache
def _sets(m: int, size: int) -> np.ndarray:
    """All sets of so many of m rows, or CORNERS of them (of many rows fewer), with the same random numbers always."""
    if comb(m, size) <= CORNERS:
        return np.array(list(combinations(range(m), size)), dtype=int).reshape(-1, size)
    order = np.random.default_rng(m).random((min(CORNERS, FIRST // m + LEAST), m))
    return np.argpartition(order, size, axis=1)[:, :size]


def size(root: np.ndarray) -> np.ndarray:
    """Half the log determinant of the information from its upper triangular roots, shape (s, k, k); -inf where it is no more than
    rounding.

    >>> print(size(np.array([[[2.0, 1.0], [0.0, 3.0]]])).round(4))  # log 6
    [1.7918]
    """
    diagonal = abs(np.diagonal(root, axis1=1, axis2=2))
    definite = (diagonal > np.maximum(1e-12 * np.linalg.norm(root, axis=1), SMALLEST)).all(axis=1)
    return np.where(definite, np.log(np.where(definite[:, None], diagonal, 1.0)).sum(axis=1), -np.inf)


def log_size(information: np.ndarray) -> np.ndarray:
    """The same from matrices (s, k, k) of the information, which is less exact.

    >>> print(log_size(np.array([[[4.0, 2.0], [2.0, 10.0]], [[1.0, 1.0], [1.0, 1.0]]])).round(4))
    [1.7918   -inf]
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # singular: the sign says so
        sign, size = np.linalg.slogdet(information)
    return np.where(sign > 0, size / 2, -np.inf)


class _Higher(Exception):
    """A point of a profile above the maximum that was found."""

    def __init__(self, beta: np.ndarray):
        super().__init__()
        self.beta = beta


def _limit(model: Penalised, top: Point, j: int, side: int, step: float, drop: float, wide: bool) -> float:
    """Where the profile of coefficient j, which the model holds, has fallen by `drop` below the maximum `top`, below (side -1)
    or above (1) it; `step`: to try first. wide: where a limit is found, another branch of the profile is looked for, which may
    still be higher there.

    Newton's method for the root of the fall, which is nearly straight. _Higher if a point lies above the maximum.
    """
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
            raise _Higher(found.beta)
        known[distance] = found
        return found

    distance = step
    for _ in range(TRIED):
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
            if to >= outer and outer - inner < 1e-2 * outer:  # what fell there was a lower branch
                known = {one: point for one, point in known.items() if one < outer}
                outer = np.inf
            distance = to if inner < to < outer else (inner + outer) / 2
            continue
        if not wide:
            return value(to)
        found = profile(to, wide=True)
        if top.value - found.value >= drop - 1e-8:
            return value(to)
        known = {0.0: top, to: found}
        inner, outer, distance = to, np.inf, 1.5 * to
    raise ArithmeticError("a limit of the profile was not found")


@dataclass(frozen=True)
class Fit:
    """Coefficients, their standard errors, profile limits, and p-values of the penalised likelihood-ratio test; each (k)."""

    value: float
    beta: np.ndarray
    standard_error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray


def fit(model: Callable[[int | None], Penalised], level: float, starts=(), *, wide: bool) -> Fit:
    """The highest maximum, from `starts` (default: 0), and profiles; `model` makes one with a coefficient held.

    wide: data separate, so that every maximum is looked for. ArithmeticError if none is found.

    >>> from trialpress.stats.logistic import Jeffreys
    >>> found = fit(lambda held: Jeffreys(np.array([1, 1, 1, 0]), np.ones((4, 1)), held), 0.95, wide=False)
    >>> print(found.beta.round(4))  # log (3.5 / 1.5)
    [0.8473]
    """
    whole, z = model(None), -ndtri((1 - level) / 2)
    held = [model(j) for j in range(len(whole.R))]
    top = whole.highest(starts, wide=wide)
    while True:
        errors = np.sqrt(np.diag(whole.covariance(top.beta)))
        try:
            low, high = (
                np.array([_limit(one, top, j, side, z * errors[j], z**2 / 2, wide) for j, one in enumerate(held)])
                for side in (-1, 1)
            )
            break
        except _Higher as higher:  # what a profile finds above the maximum leads to a higher one
            top = whole.highest([higher.beta])
    without = [one.highest([top.beta, np.zeros(len(held))], wide=wide).value for one in held]
    p_value = chdtrc(1, np.maximum(2 * (top.value - np.array(without)), 0.0))
    return Fit(top.value, top.beta, errors, low, high, p_value)
