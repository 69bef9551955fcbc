"""What every statistic returns, and the checks that every statistic makes of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Result:
    """The outcome of one statistical method.

    values: statistic name (the field's own: n, N, estimate, ci_low, ci_high, p_value, odds_ratio, hazard_ratio,
        median, ...) to number. A value is NaN only where `note` says why.
    method: what a methods section prints, interval level included, e.g. "Clopper-Pearson exact 95% CI".
    note: why something is not estimable, or what was assumed; empty if there is nothing to say.
    curve: arrays of one length that a figure draws (time, estimate, ci_low, ci_high, n_at_risk, ...), or empty.
    """

    method: str
    values: Mapping[str, float]
    note: str = ""
    curve: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __getitem__(self, name: str) -> float:
        return self.values[name]


def not_estimable(method: str, names: tuple[str, ...], why: str, **known: float) -> Result:
    """A result whose `names` are NaN and whose note says why; `known` holds what is known all the same.

    >>> result = not_estimable("risk ratio", ("estimate",), "no event", n=9)
    >>> print(result["n"], result["estimate"], result.note)
    9 nan not estimable: no event
    """
    return Result(method, {**known, **dict.fromkeys(names, float("nan"))}, f"not estimable: {why}")


def offending(name: str, bad: np.ndarray, what: str) -> None:
    """Raise ValueError naming the argument and the first positions (0-based) where `bad` is true.

    >>> offending("dose", np.array([1, -2, -3]) < 0, "negative dose")
    Traceback (most recent call last):
        ...
    ValueError: dose: negative dose at position 1, 2
    """
    at = np.flatnonzero(bad)
    if at.size:
        shown = ", ".join(map(str, at[:5])) + (", ..." if at.size > 5 else "")
        raise ValueError(f"{name}: {what} at position {shown}")


def numbers(name: str, values, *, length: int | None = None) -> np.ndarray:
    """`values` as a 1-d float array without NaN; ValueError names the argument and the first offending positions.

    >>> print(numbers("crp", np.array([5, 12])))
    [ 5. 12.]
    """
    array = np.asarray(values, dtype=float)
    if array.ndim != 1:
        raise ValueError(f"{name}: must be one-dimensional, has shape {array.shape}")
    if length is not None and len(array) != length:
        raise ValueError(f"{name}: has {len(array)} values where {length} are needed")
    offending(name, ~np.isfinite(array), "missing or infinite value")
    return array


def times(name: str, values, *, length: int | None = None) -> np.ndarray:
    """Follow-up times: finite and not negative.

    >>> print(times("os", np.array([30, 61])))
    [30. 61.]
    """
    array = numbers(name, values, length=length)
    offending(name, array < 0, "negative time")
    return array


def indicator(name: str, values, *, length: int | None = None) -> np.ndarray:
    """0/1 values as booleans (an event, a response, a member of group B).

    >>> print(indicator("event", np.array([1, 0, 1])))
    [ True False  True]
    """
    array = numbers(name, values, length=length)
    offending(name, (array != 0) & (array != 1), "value other than 0 and 1")
    return array.astype(bool)


def probability(name: str, value: float) -> float:
    """A number strictly between 0 and 1 (an interval's level, a historical rate).

    >>> probability("level", 95)
    Traceback (most recent call last):
        ...
    ValueError: level: must lie strictly between 0 and 1, is 95
    """
    if not 0 < value < 1:
        raise ValueError(f"{name}: must lie strictly between 0 and 1, is {value}")
    return float(value)


def counts(name: str, values) -> np.ndarray:
    """Counts of any shape as int64: whole numbers, none negative; ValueError names the first offending positions.

    >>> print(counts("table", np.array([[3.0, 1.0], [1.0, 3.0]])).sum())
    8
    """
    array = np.asarray(values, dtype=float)
    flat = array.ravel()
    offending(name, ~np.isfinite(flat), "missing or infinite count")
    offending(name, flat < 0, "negative count")
    offending(name, flat != np.floor(flat), "count that is not a whole number")
    return array.astype(np.int64)


def events_of(n: str, events, N: str, totals) -> tuple[np.ndarray, np.ndarray]:
    """Events and the patients they occurred in, of one shape; ValueError where events outnumber patients.

    >>> x, total = events_of("n", np.array([36, 9]), "N", np.array([40, 9]))
    >>> print(x / total)
    [0.9 1. ]
    """
    x, total = counts(n, events), counts(N, totals)
    if x.shape != total.shape:
        raise ValueError(f"{n}: has shape {x.shape} where {N} has {total.shape}")
    offending(n, (x > total).ravel(), f"more events than patients ({N})")
    return x, total


def unit_of(*values: np.ndarray) -> float:
    """A power of two near the largest of values whose squares would vanish or overflow, else 1: in units of it no digit changes.

    >>> unit_of(np.array([3.0, -5.0])), bool(unit_of(np.array([1e200])) > 1e199)
    (1.0, True)
    """
    largest = max(float(np.abs(one).max(initial=0.0)) for one in values)
    return 1.0 if largest == 0 or 1e-60 < largest < 1e60 else 2.0 ** np.floor(np.log2(max(largest, 1e-300)))
