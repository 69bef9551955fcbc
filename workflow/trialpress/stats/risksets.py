"""Risk sets: who is under observation just before each event time. Every sweep over time is a sum over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trialpress.stats.result import indicator, numbers, offending, times


def sample(time, event, entry=None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Checked (time, event, entry); entry must lie before time, since a patient is at risk in (entry, time].

    >>> time, event, entry = sample(np.array([5, 8]), np.array([1, 0]))
    >>> print(time, event, entry)
    [5. 8.] [ True False] None
    """
    time = times("time", time)
    if not len(time):
        raise ValueError("time: no patient")
    event = indicator("event", event, length=len(time))
    if entry is not None:
        entry = numbers("entry", entry, length=len(time))
        offending("entry", entry >= time, "entry not before the end of follow-up")
    return time, event, entry


def groups(name: str, values, *, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Sorted labels and, per patient, the position of the label. ValueError if there are fewer than two.

    >>> labels, code = groups("arm", np.array(["B", "A", "B"]), length=3)
    >>> print(labels, code)
    ['A' 'B'] [1 0 1]
    """
    values = np.asarray(values)
    if values.shape != (length,):
        raise ValueError(f"{name}: has shape {values.shape} where {length} values are needed")
    if values.dtype.kind == "f":
        numbers(name, values)
    elif values.dtype.kind == "O":
        offending(name, np.array([value is None or value != value for value in values], dtype=bool), "missing value")
    labels, code = np.unique(values, return_inverse=True)
    if len(labels) < 2:
        raise ValueError(f"{name}: one group only ({labels[0]})")
    return labels, code


@dataclass(frozen=True)
class RiskSets:
    """The risk sets of a sample, one per distinct event time (within stratum), ascending.

    time, stratum, n_event: of each risk set.
    first, last: per patient; the patient is in the risk sets first <= k < last. `first` is None if it is 0 for all.
    dies_in: the risk set in which each patient with an event has it (length: number of events).
    event: per patient.
    """

    time: np.ndarray
    stratum: np.ndarray
    n_event: np.ndarray
    first: np.ndarray | None
    last: np.ndarray
    dies_in: np.ndarray
    event: np.ndarray

    @classmethod
    def of(cls, time, event, entry=None, stratum=None) -> RiskSets:
        """From checked arrays. At risk at t: entry < t <= time, in the stratum of the event."""
        if stratum is None:
            at, dies_in, n_event = np.unique(time[event], return_inverse=True, return_counts=True)
            first = None if entry is None else np.searchsorted(at, entry, side="right")
            last = np.searchsorted(at, time, side="right")
            return cls(at, np.zeros(len(at), dtype=np.intp), n_event, first, last, dies_in, event)
        stratum = np.unique(stratum, return_inverse=True)[1]
        at, rank = np.unique(time[event], return_inverse=True)
        keys, dies_in, n_event = np.unique(stratum[event] * len(at) + rank, return_inverse=True, return_counts=True)
        offset = stratum * len(at)
        last = np.searchsorted(keys, offset + np.searchsorted(at, time, side="right"))
        after_entry = 0 if entry is None else np.searchsorted(at, entry, side="right")
        first = np.searchsorted(keys, offset + after_entry)
        k = np.maximum(len(at), 1)
        return cls(at[keys % k], keys // k, n_event, first, last, dies_in, event)

    def __len__(self) -> int:
        return len(self.time)

    def _leaving_after(self, last: np.ndarray, weight) -> np.ndarray:
        return np.bincount(last, weight, minlength=len(self) + 1)[:0:-1].cumsum()[::-1]

    def sum(self, weight: np.ndarray | None = None) -> np.ndarray:
        """The sum of `weight` (default: the number of patients) over each risk set."""
        total = self._leaving_after(self.last, weight)
        return total if self.first is None else total - self._leaving_after(self.first, weight)

    def sum_events(self, weight: np.ndarray) -> np.ndarray:
        """The sum of `weight` over the patients who have the event at each risk set's time."""
        return np.bincount(self.dies_in, weight[self.event], minlength=len(self))

    def over(self, increment: np.ndarray) -> np.ndarray:
        """Per patient, the sum of `increment` (one per risk set) over the risk sets that the patient is in."""
        cumulative = np.concatenate(([0.0], np.cumsum(increment)))
        upto = cumulative[self.last]
        return upto if self.first is None else upto - cumulative[self.first]

    def by_group(self, code: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Patients at risk and events, as arrays of shape (risk sets, k groups)."""
        at_risk = np.empty((len(self), k))
        n_event = np.empty((len(self), k))
        for group in range(k):
            member = (code == group).astype(float)
            at_risk[:, group] = self.sum(member)
            n_event[:, group] = self.sum_events(member)
        return at_risk, n_event

    @cached_property
    def n(self) -> np.ndarray:
        """Patients at risk, per risk set."""
        return self.sum()

    def survival_before(self) -> np.ndarray:
        """The Kaplan-Meier estimate just before each risk set's time, within its stratum."""
        before = np.empty(len(self))
        for part in np.split(np.arange(len(self)), np.flatnonzero(np.diff(self.stratum)) + 1):
            after = np.cumprod(1 - self.n_event[part] / self.n[part])
            before[part] = np.concatenate(([1.0], after[:-1]))[: len(part)]
        return before
