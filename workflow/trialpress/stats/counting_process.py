"""Covariates that change during follow-up: the intervals of a counting process, for Cox regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .result import numbers, offending
from .risksets import sample


class Rows(NamedTuple):
    """Intervals of patients: at risk in (entry, time], `event` at time, and the covariates (rows, columns) that hold throughout."""

    patient: np.ndarray
    entry: np.ndarray
    time: np.ndarray
    event: np.ndarray
    X: np.ndarray


def counting_process(time, event, begins: Sequence = (), measured: Sequence[tuple] = ()) -> Rows:
    """The intervals in which nothing changes (Andersen & Gill 1982; R survival::tmerge with tdc).

    time, event: end of follow-up and 0/1, length n; begins: for each condition that may begin when it does (NaN: never), a
    column of 0 before and 1 from then on; measured: for each quantity (patient, when, value) of its measurements, patient
    0, ..., n - 1: a column of the latest value. What begins or is measured at t holds after t; before 0 it holds from 0. A
    patient is at risk from when all quantities have been measured. Of several values of one time the mean is taken.

    >>> rows = counting_process(np.array([9.0, 5]), np.array([1, 0]), [np.array([4, np.nan])], [([0, 1, 0], [0, 2, 6], [1.0, 7, 3])])
    >>> print(rows.patient, rows.entry, rows.time, rows.X.tolist())
    [0 0 0 1] [0. 4. 6. 2.] [4. 6. 9. 5.] [[0.0, 1.0], [1.0, 1.0], [1.0, 3.0], [0.0, 7.0]]
    """
    time, event, _ = sample(time, event)
    n = len(time)
    everyone = np.arange(n)
    whose, cuts = [everyone], [np.zeros(n)]
    begins = [np.asarray(begin, dtype=float) for begin in begins]
    for begin in begins:
        if begin.shape != time.shape:
            raise ValueError(f"begins: has shape {begin.shape} where {n} values are needed")
        known = ~np.isnan(begin)
        whose.append(everyone[known])
        cuts.append(np.maximum(begin[known], 0.0))
    series = [_series(n, *one) for one in measured]
    for patient, when, _ in series:
        whose.append(patient)
        cuts.append(when)
    patient, start = np.concatenate(whose), np.concatenate(cuts)
    kept = start < time[patient]
    patient, start = np.unique(np.column_stack((patient[kept], start[kept])), axis=0).T
    patient = patient.astype(int)
    last = np.append(patient[1:] != patient[:-1], True) if len(patient) else np.zeros(0, bool)
    stop = np.where(last, time[patient], np.append(start[1:], 0.0)) if len(patient) else start
    columns = [(begin[patient] <= start).astype(float) for begin in begins]
    columns += [_latest(one, patient, start) for one in series]
    X = np.column_stack(columns) if columns else np.empty((len(patient), 0))
    whole = ~np.isnan(X).any(axis=1)
    found = Rows(patient, start, stop, event[patient] & last, X)
    return Rows(*(column[whole] for column in found))


def _series(n: int, patient, when, value) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorted by patient and time, one value of each."""
    patient, when = np.asarray(patient, dtype=int), numbers("measured", when, length=len(patient))
    value = numbers("measured", value, length=len(patient))
    offending("measured", (patient < 0) | (patient >= n), "patient who is not followed")
    order = np.lexsort((when, patient))
    patient, when, value = patient[order], when[order], value[order]
    if not len(patient):
        return patient, when, value
    at = np.flatnonzero(np.append(True, (patient[1:] != patient[:-1]) | (when[1:] != when[:-1])))
    value = np.add.reduceat(value, at) / np.diff(np.append(at, len(patient)))
    patient, when = patient[at], when[at]
    # of what was measured up to 0 the latest holds from 0
    kept = ~np.append((patient[1:] == patient[:-1]) & (when[1:] <= 0), False)
    return patient[kept], np.maximum(when[kept], 0.0), value[kept]


def _latest(series, patient: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The latest value of each patient at a time; NaN before the first."""
    whose, when, value = series
    if not len(whose):
        return np.full(len(patient), np.nan)
    moments = np.unique(np.concatenate((when, start)))
    key = whose * len(moments) + np.searchsorted(moments, when)
    at = np.searchsorted(key, patient * len(moments) + np.searchsorted(moments, start), side="right") - 1
    return np.where((at >= 0) & (whose[np.maximum(at, 0)] == patient), value[np.maximum(at, 0)], np.nan)
