"""The maximum of a likelihood whose score and information are known: Newton's method with step halving."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STEPS = 200
GAIN = 1e-12  # what a step may still gain, relative to the likelihood, for the next to be the last
LONGEST = 5.0  # of a step


def maximum(at: Callable, b: np.ndarray, *, size: Callable):
    """(b, at(b)) of the maximum that is reached from b, or None if none is.

    at: b to (value, score, information), minus the second derivative; size: how far a step leads, LONGEST at most. Only relative
    criteria: covariates may have any unit.

    >>> at = lambda b: (-((b[0] - 2e6) ** 2), -2 * (b - 2e6), np.array([[2.0]]))
    >>> print(maximum(at, np.zeros(1), size=lambda step: 0.0)[0])
    [2000000.]
    """
    now, gain = at(b), np.inf
    for _ in range(STEPS):
        if not np.isfinite(now[0]):
            return None
        try:
            root = np.linalg.inv(np.linalg.cholesky(now[2])).T
        except np.linalg.LinAlgError:
            return None
        slope = root.T @ now[1]  # the information is the unit matrix there
        gain = float(slope @ slope) / 2
        last = gain <= GAIN * (1 + abs(now[0]))  # the step that is left squares the error
        step = root @ slope
        step *= min(1.0, LONGEST / max(size(step), 1e-300))
        for _ in range(60):
            trial = b + step
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
    return (b, now) if np.isfinite(now[0]) and gain <= 1e-7 * (1 + abs(now[0])) else None
