"""The largest of several weighted log-rank tests, for hazards that may not be proportional."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.special import ndtr

from .result import Result, not_estimable
from .risksets import RiskSets, groups, sample

WEIGHTS = ((0, 0), (0, 1), (1, 0), (1, 1))  # rho and gamma: proportional, late, early and middle differences
REACH, NODES = 12.0, 20  # standard deviations that are integrated over; nodes of each piece between two kinks


def max_combo(time, event, group, *, stratum=None, entry=None) -> Result:
    """Max-combo test of equal hazards in two groups: the largest |z| of the Fleming-Harrington tests with (rho, gamma) = (0, 0),
    (0, 1), (1, 0) and (1, 1), whose joint distribution under the null is normal (Lee 2007; Lin et al. 2020).

    time, event, group (labels, length n), stratum, entry: as `log_rank`. values: n, events, statistic (the largest |z|),
    p_value (two-sided), and z:rho_gamma of each test, above 0 where the second of the sorted labels has more events than
    expected.

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161, 5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45])
    >>> found = max_combo(abs(aml), aml > 0, np.arange(23) > 10)
    >>> print(f"{found['z:0_0']**2:.4f} {found['statistic']:.4f}")  # the first is R survdiff, 3.4
    3.3964 1.8429
    """
    time, event, entry = sample(time, event, entry)
    labels, code = groups("group", group, length=len(time))
    if len(labels) > 2:
        raise ValueError(f"group: {len(labels)} groups where two are compared")
    if stratum is not None and np.shape(stratum) != time.shape:
        raise ValueError(f"stratum: has shape {np.shape(stratum)} where {len(time)} values are needed")
    method = "stratified " * (stratum is not None) + "max-combo test (Fleming-Harrington, rho and gamma of 0 and 1)"
    known = {"n": len(time), "events": int(event.sum())}
    names = ("statistic", "p_value", *(f"z:{rho}_{gamma}" for rho, gamma in WEIGHTS))
    if not event.any():
        return not_estimable(method, names, "no event", **known)
    sets = RiskSets.of(time, event, entry, stratum)
    before = sets.survival_before()
    weights = np.array([before**rho * (1 - before) ** gamma for rho, gamma in WEIGHTS])
    at_risk, n_event = sets.by_group(code, 2)
    share, d, n = at_risk[:, 1] / sets.n, sets.n_event, sets.n
    excess, spread = n_event[:, 1] - d * share, d * (n - d) / np.maximum(n - 1, 1) * share * (1 - share)
    covariance = (weights * spread) @ weights.T
    some = np.diag(covariance) > 1e-12 * np.maximum(weights**2 @ d, 1e-300)
    if not some[0]:
        return not_estimable(method, names, "the groups are not at risk together at any event time", **known)
    z = (weights[some] @ excess) / np.sqrt(np.diag(covariance)[some])
    scale = np.sqrt(np.diag(covariance)[some])
    correlation = covariance[np.ix_(some, some)] / np.outer(scale, scale)
    largest = float(np.abs(z).max())
    shown = dict.fromkeys(names[2:], float("nan")) | {
        names[2:][i]: float(v) for i, v in zip(np.flatnonzero(some), z, strict=True)
    }
    note = "" if some.all() else "a weight is 0 at all event times"
    return Result(method, {**known, "statistic": largest, "p_value": outside(correlation, largest), **shown}, note)


def outside(correlation: np.ndarray, limit: float) -> float:
    """The probability that any of several standard normal variables with this correlation, of rank 3 at most, is beyond
    -limit, limit.

    >>> print(round(outside(np.eye(2), 1.959963984540054), 6), round(outside(np.ones((2, 2)), 1.959963984540054), 6))
    0.0975 0.05
    """
    values, vectors = np.linalg.eigh(correlation)
    kept = np.flatnonzero(values > 1e-13)  # the largest last: its coordinate is the one in closed form
    if len(kept) > 3:
        raise ValueError(f"correlation: has rank {len(kept)} where 3 at most is integrated over")
    A = vectors[:, kept] * np.sqrt(values[kept])
    found = float(_beyond(A, limit, np.zeros((1, len(A))))[0])
    return min(1.0, max(found, 2 * float(ndtr(-limit))))


def _beyond(A: np.ndarray, limit: float, fixed: np.ndarray) -> np.ndarray:
    """The same for variables fixed + A g, g independent standard normal, of each row of `fixed`: the last coordinate of g in
    closed form, the others by Gauss-Legendre quadrature between the corners of the region, where the integrand has kinks.
    """
    if A.shape[1] == 1:
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.stack([(sign * limit - fixed) / A[:, 0] for sign in (-1, 1)])
        inside = np.abs(fixed) <= limit
        flat = A[:, 0] == 0
        low = np.where(flat, np.where(inside, -np.inf, np.inf), ends.min(axis=0)).max(axis=1)
        high = np.where(flat, np.where(inside, np.inf, -np.inf), ends.max(axis=0)).min(axis=1)
        return np.where(low < high, ndtr(low) + ndtr(-high), 1.0)
    x, w = np.polynomial.legendre.leggauss(NODES)
    found = np.empty(len(fixed))
    for i, own in enumerate(fixed):
        cuts = np.concatenate([[-REACH, REACH], _corners(A, limit, own)])
        cuts = np.unique(cuts[np.abs(cuts) <= REACH])
        middle, half = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts) / 2
        g = (middle[:, None] + half[:, None] * x).ravel()
        weight = (half[:, None] * w).ravel() * np.exp(-g * g / 2) / np.sqrt(2 * np.pi)
        found[i] = weight @ _beyond(A[:, 1:], limit, own + g[:, None] * A[:, 0])
    return found


def _corners(A: np.ndarray, limit: float, fixed: np.ndarray) -> np.ndarray:
    """The first coordinates of the points in which as many of the planes fixed + A g = -limit, limit meet as there are
    coordinates."""
    size, found = A.shape[1], []
    signs = np.array(np.meshgrid(*[[-limit, limit]] * size)).reshape(size, -1)
    for rows in map(list, combinations(range(len(A)), size)):
        if abs(np.linalg.det(A[rows])) > 1e-12:
            found.append(np.linalg.solve(A[rows], signs - fixed[rows, None])[0])
    return np.concatenate(found) if found else np.empty(0)
