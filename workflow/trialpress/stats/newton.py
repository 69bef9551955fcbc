"""The maximum of a likelihood whose score is known: Newton's method with step halving, for Firth's penalty too."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

STEPS = 200
GAIN = 1e-12  # what a step may still gain, relative to the likelihood, for the next to be the last
LONGEST = 5.0  # of a step


def maximum(
    at: Callable, starts: Iterable[np.ndarray], fixed: dict[int, float] | None = None, *, size: Callable, exact: bool
):
    """(b, at(b)) of the highest maximum that is reached from any start, or None if none is.

    at: b to (value, score, information); `fixed` holds coefficients at values. size: how far a step leads; LONGEST at most.
    exact: the information is minus the second derivative; if not, as of a penalised likelihood, that comes from central
    differences of the score. Only relative criteria, in coordinates in which the information is the unit matrix: covariates
    may have any unit.

    >>> at = lambda b: (-((b[0] - 2e6) ** 2), -2 * (b - 2e6), np.array([[2.0]]))
    >>> print(maximum(at, [np.zeros(1)], size=lambda step: 0.0, exact=True)[0])
    [2000000.]
    """
    fixed = fixed or {}
    best = None
    for start in starts:
        b = np.array(start, dtype=float)
        for j, value in fixed.items():
            b[j] = value
        free = np.array([j for j in range(len(b)) if j not in fixed], dtype=int)
        found = _ascend(at, b, free, size, exact)
        if found is not None and (best is None or found[1][0] > best[1][0]):
            best = found
    return best


def _ascend(at, b, free, size, exact):
    now = at(b)
    gain = np.inf
    for _ in range(STEPS if len(free) else 0):
        if not np.isfinite(now[0]):
            return None
        try:
            root = np.linalg.inv(np.linalg.cholesky(now[2][np.ix_(free, free)])).T
            slope = root.T @ now[1][free]
            move = slope if exact else np.linalg.solve(_curvature(at, b, free, root), slope)
        except np.linalg.LinAlgError:
            return None
        gain = float(slope @ move) / 2
        last = gain <= GAIN * (1 + abs(now[0]))  # the step that is left squares the error
        step = root @ move
        step *= min(1.0, LONGEST / max(size(step), 1e-300))
        for _ in range(60):
            trial = b.copy()
            trial[free] += step
            after = at(trial)
            if after[0] >= now[0] or (last and np.isfinite(after[0])):
                break
            step /= 2
        else:
            break  # nothing higher within rounding
        if (trial == b).all():
            break
        b, now = trial, after
        if last:
            break
    if not np.isfinite(now[0]) or (len(free) and not gain <= 1e-7 * (1 + abs(now[0]))):
        return None
    return b, now


def _curvature(at, b, free, root):
    """Minus the second derivatives in the coordinates of `root`; the unit matrix if they are not definite."""
    columns = []
    for direction in root.T:
        move = np.zeros(len(b))
        move[free] = 1e-4 * direction
        above, below = (at(b + sign * move)[1][free] for sign in (1, -1))
        columns.append(root.T @ (below - above) / 2e-4)
    curvature = (np.array(columns) + np.array(columns).T) / 2
    definite = np.isfinite(curvature).all() and np.linalg.eigvalsh(curvature)[0] > 1e-6
    return curvature if definite else np.eye(len(free))
