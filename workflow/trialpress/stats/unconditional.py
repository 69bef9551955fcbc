"""Exact unconditional inference on two proportions: the p-value is the largest over the rate that both groups share.

Tables are compared with the observed one in integers or to a relative tolerance, never by equality of floats: a tie that
rounding breaks would leave a table out of the p-value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import gammaln

from .proportions import binomial_pmf
from .result import Result, counts, not_estimable

# One-sided Fisher p-values are compared to this: their sums of positive terms are right to 1e-13.
TIE = 1e-9
# A probability of outcomes is smooth on the scale of a binomial's standard deviation, which is 1 / (2 sqrt(N)) of the
# angle arcsin(sqrt(rate)): so many grid points lie within one.
DENSE = 4
PEAKS = 20  # of the grid that are refined; all that lie within a twentieth of the highest, as a rule
FEW = 8  # tables that pass the observed one in a bin of differences that is searched one by one


def barnard(table) -> Result:
    """Barnard's exact unconditional test (Barnard 1947), two-sided, ordered by the pooled score statistic (scipy barnard_exact, which
    loses ties to rounding).

    Returns statistic, p_value, n; not estimable if a margin is 0.

    >>> print(f"{barnard(np.array([[4, 0], [1, 7]]))['p_value']:.4f}")  # enumeration; scipy 1.17: 0.0028
    0.0044
    """
    method, cells = "Barnard's exact test", _table(table)
    N, x = cells.sum(axis=1), cells[:, 0]
    if why := _empty(cells):
        return not_estimable(method, ("statistic", "p_value"), why, n=int(N.sum()))
    n, n1, s = int(N.sum()), int(N[0]), int(x.sum())
    # With s events in all, x1 of them in the first group, the squared statistic is (x1 n - s n1)^2 / (s (n - s)) times a
    # constant: whole numbers, so that a tie is a tie.
    observed, spread = (int(x[0]) * n - s * n1) ** 2, s * (n - s)
    share = np.ones(n + 1)
    if observed:
        for e, low, weight in _given_events(N):
            apart = _ceil_root(observed * e * (n - e), spread)
            below, above = (e * n1 - apart) // n - low + 1, -((-e * n1 - apart) // n) - low
            share[e] = weight[: max(below, 0)].sum() + weight[max(above, 0) :].sum()
        share[[0, n]] = 0.0
    z = np.copysign(np.sqrt(observed / (spread * float(N[0]) * float(N[1]) / n)), x[0] / N[0] - x[1] / N[1])
    return Result(method, {"statistic": float(z), "p_value": _largest(share), "n": n})


def _ceil_root(numerator: int, denominator: int) -> int:
    """The smallest whole number whose square is at least a fraction."""
    root = math.isqrt(numerator // denominator)
    return root if root * root * denominator >= numerator else root + 1


def boschloo(table) -> Result:
    """Boschloo's exact unconditional test (Boschloo 1970): twice the smaller one-sided p-value, at most 1 (scipy boschloo_exact).

    Returns statistic (the smaller one-sided Fisher p-value), p_value, n; not estimable if a margin is 0.

    >>> print(f"{boschloo(np.array([[74, 43], [31, 32]]))['statistic']:.4f}")  # scipy boschloo_exact: 0.0483
    0.0483
    """
    method, cells = "Boschloo's exact test", _table(table)
    n = int(cells.sum())
    if why := _empty(cells):
        return not_estimable(method, ("statistic", "p_value"), why, n=n)
    p, tails = [], []
    for order in (cells, cells[::-1]):  # more events in the first group; in the second
        known = {e: (low, np.cumsum(weight[::-1])) for e, low, weight in _given_events(order.sum(axis=1))}
        low, tail = known[int(order[:, 0].sum())]
        tails.append(float(tail[low + len(tail) - 1 - order[0, 0]]))
        share = np.zeros(n + 1)
        for e, (_, tail) in known.items():
            extreme = np.searchsorted(tail, tails[-1] * (1 + TIE), side="right")
            share[e] = tail[extreme - 1] if extreme else 0.0
        p.append(_largest(share))
    return Result(method, {"statistic": min(tails), "p_value": min(1.0, 2 * min(p)), "n": n})


def difference_upper_limit(x, N, alpha: float, score) -> float:
    """The largest difference of rates, first less second, that is not rejected at `alpha` by the one-sided test "as small
    a difference as observed", the tables ordered by score(x1, N1, x2, N2, difference) (Chan & Zhang 1999).

    The p-value jumps where a table passes the observed one in that order, and can exceed alpha in a narrow spike above the
    rest; so it is searched between all such differences.

    >>> apart = lambda x1, N1, x2, N2, d: x1 / N1 - x2 / N2 - d
    >>> print(f"{difference_upper_limit(np.array([0, 2]), np.array([2, 2]), 0.05, apart):.3f}")
    0.054
    """
    from scipy.optimize import brentq

    x1, x2 = np.arange(N[0] + 1)[:, None], np.arange(N[1] + 1)[None, :]
    d = x[0] / N[0] - x[1] / N[1]

    def in_tail(x1, x2, delta) -> np.ndarray:
        observed, values = score(x[0], N[0], x[1], N[1], delta), score(x1, N[0], x2, N[1], delta)
        return values <= observed + np.where(np.isfinite(observed), TIE * np.maximum(1.0, abs(observed)), 0.0)

    def excess(delta: float, tables: np.ndarray) -> float:
        return _largest_at(tables, N, delta) - alpha

    edges = np.linspace(1.0, d, 33)
    ahead = [(high, low) for high, low in zip(edges, edges[1:], strict=False)][::-1]
    while ahead:
        high, low = ahead.pop()
        middle = (high + low) / 2
        above, below = in_tail(x1, x2, high), in_tail(x1, x2, low)
        # No set of tables between the two is larger than this one.
        either = above | below | in_tail(x1, x2, middle)
        if max(excess(t, either) for t in (high, middle, low)) < -0.05 * alpha:
            continue
        changed = np.argwhere(above ^ below)
        if len(changed) > FEW and high - low > 1e-5:
            ahead += [(middle, low), (high, middle)]
            continue
        ends = np.array([high, *_passings(in_tail, changed, high, low), low])
        for start, stop in zip(ends, ends[1:], strict=False):
            tables, inside = in_tail(x1, x2, (start + stop) / 2), 1e-3 * (start - stop)
            if excess(start - inside, tables) > 0:  # the limit is where this set of tables begins
                return float(start)
            if excess(stop + inside, tables) > 0:
                return brentq(excess, stop + inside, start - inside, args=(tables,), xtol=1e-10)
    return float(d)


def _passings(in_tail, changed: np.ndarray, high: float, low: float) -> list[float]:
    """The differences between high and low at which a table comes to or leaves the tail, descending."""
    i, j = changed.T
    top, bottom = np.full(len(changed), high), np.full(len(changed), low)
    at_high = in_tail(i, j, top)
    for _ in range(45):
        middle = (top + bottom) / 2
        same = in_tail(i, j, middle) == at_high
        top, bottom = np.where(same, middle, top), np.where(same, bottom, middle)
    return sorted(set(bottom.tolist()), reverse=True)


def _table(table) -> np.ndarray:
    cells = counts("table", table)
    if cells.shape != (2, 2):
        raise ValueError(f"table: must have shape (2, 2), has {cells.shape}")
    return cells


def _empty(cells: np.ndarray) -> str:
    margins = (*cells.sum(axis=0), *cells.sum(axis=1))
    return "a row or column of the table is empty" if min(margins) == 0 else ""


def _given_events(N: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """For 1, ..., n - 1 events in all: events, the least of the first group, and the hypergeometric probabilities."""
    n1, n2 = map(int, N)
    choose1, choose2 = (
        gammaln(m + 1) - gammaln(np.arange(m + 1) + 1) - gammaln(m - np.arange(m + 1) + 1) for m in (n1, n2)
    )
    for events in range(1, n1 + n2):
        low, high = max(0, events - n2), min(events, n1)
        log = choose1[low : high + 1] + choose2[events - high : events - low + 1][::-1]
        weight = np.exp(log - log.max())
        yield events, low, weight / weight.sum()


def _grid(N: float) -> np.ndarray:
    """Rates between 0 and 1 that miss nothing of a binomial of size N."""
    return np.sin(np.linspace(0, np.pi / 2, max(65, int(np.pi * DENSE * np.sqrt(N)) + 1))) ** 2


def _refined(p_value, rates: np.ndarray) -> float:
    """The maximum of a function of the rate: of its values on a grid, and between the neighbours of the best ones."""
    from scipy.optimize import minimize_scalar

    values = p_value(rates)
    best = float(values.max())
    padded = np.concatenate(([-1.0], values, [-1.0]))
    peaks = np.flatnonzero((values >= padded[:-2]) & (values >= padded[2:]) & (values > 0.95 * best))
    for i in peaks[np.argsort(-values[peaks])[:PEAKS]]:
        low, high = rates[max(i - 1, 0)], rates[min(i + 1, len(rates) - 1)]
        if high > low:
            found = minimize_scalar(lambda r: -float(p_value(np.array([r]))[0]), bounds=(low, high), method="bounded",
                                    options={"xatol": 1e-9 * (high - low)})  # fmt: skip
            best = max(best, -float(found.fun))
    return min(best, 1.0)


def _largest(share: np.ndarray) -> float:
    """The largest probability over the common rate of tables that are this share of those with 0, ..., n events."""
    n = len(share) - 1
    return _refined(lambda rate: binomial_pmf(n, rate) @ share, _grid(n))


def _largest_at(tail: np.ndarray, N: np.ndarray, delta: float) -> float:
    """The same where the rates differ by delta, over the second one."""
    low, high = max(0.0, -delta), min(1.0, 1 - delta)

    def p_value(rate: np.ndarray) -> np.ndarray:
        first, second = binomial_pmf(N[0], np.clip(rate + delta, 0, 1)), binomial_pmf(N[1], rate)
        return ((first @ tail) * second).sum(axis=-1)

    # Dense for either binomial, and towards the ends of the range.
    rates = np.concatenate((_grid(N[1]), _grid(N[0]) - delta, low + (high - low) * _grid(16)))
    return _refined(p_value, np.unique(rates[(rates >= low) & (rates <= high)]))
