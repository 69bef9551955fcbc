"""Probabilities of being in each of several states, as of an illness-death model with a transplant between remission and relapse."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from .delayed import start_stop
from .result import Result, counts, not_estimable, offending, probability, times
from .survival import limits


class Stays(NamedTuple):
    """A row for each stay of a patient in a state: under observation in (entry, time], at the end of which the patient goes to
    the state `target`, or is censored (-1)."""

    patient: np.ndarray
    entry: np.ndarray
    time: np.ndarray
    state: np.ndarray
    target: np.ndarray


def illness_death(time, cause, begin) -> Stays:
    """The stays of patients in whom something may begin before an event of one of several causes: state 0 until it begins, 1
    from then on, 2, 3, ... after an event of cause 1, 2, ... (which nobody leaves).

    time, cause: end of follow-up, and 0 (censored) or the number of the cause; begin: when it begins, NaN for never; whoever
    begins on the last day of follow-up goes from 0 to the cause. A patient without follow-up (time 0) has no stay.

    >>> stays = illness_death(np.array([10, 6]), np.array([2, 0]), np.array([4, np.nan]))
    >>> print(stays.state, stays.target, stays.time)
    [0 1 0] [ 1  3 -1] [ 4. 10.  6.]
    """
    time, cause = times("time", time), counts("cause", cause)
    if cause.shape != time.shape:
        raise ValueError(f"cause: has shape {cause.shape} where {len(time)} values are needed")
    rows = start_stop(time, cause > 0, begin)
    last = rows.time == time[rows.patient]
    target = np.where(last, np.where(cause[rows.patient] > 0, 1 + cause[rows.patient], -1), 1)
    return Stays(rows.patient, rows.entry, rows.time, rows.begun.astype(int), target)


def state_probabilities(
    stays: Stays, states: int, *, together=None, level: float = 0.95, transform: str = "log-log"
) -> Result:
    """Aalen-Johansen estimate of the probability of being in each state by time (Aalen & Johansen 1978; R survival::survfit with a
    multi-state Surv), with the infinitesimal jackknife variance. Patients start in the state of their first stay, at one time; how many start in
    which is taken as given, as R takes it.

    values: n, and state:k of the transitions into state k. curve: one row per state and distinct time, from the start on: state, time,
    estimate, std_error, ci_low, ci_high, n_at_risk (in the state just before), n_event (transitions into it), n_censored (from
    it). The limits are NaN where their scale has no value (at 0 and 1). together: whether each state counts among those of which
    only the sum is wanted; the curve is then that of the sum, as state 0, and its transitions are those into any of them.

    >>> found = state_probabilities(illness_death(np.array([4, 5, 6]), np.array([1, 1, 0]), np.array([2, np.nan, 3])), 3)
    >>> here = found.curve["time"] == 4
    >>> print(found.curve["estimate"][here].round(4))
    [0.3333 0.3333 0.3333]
    """
    method = f"Aalen-Johansen state probabilities, {transform} {100 * probability('level', level):g}% CI"
    if not len(stays.patient):
        return not_estimable(method, ("estimate",), "no follow-up", n=0)
    offending("stays", stays.entry >= stays.time, "entry not before the end of the stay")
    people, of = np.unique(stays.patient, return_inverse=True)
    start = stays.entry.min()
    first = np.full(len(people), -1)
    first[of[stays.entry == start]] = stays.state[stays.entry == start]
    offending("stays", first < 0, "a patient who does not start with the others")
    p = np.bincount(first, minlength=states) / len(people)
    influence = np.zeros((len(people), states))
    at = np.unique(stays.time)
    by_end = np.argsort(stays.time, kind="stable")
    ends = np.searchsorted(stays.time[by_end], at, side="right")
    sums = np.eye(states) if together is None else np.asarray(together, dtype=float)[:, None]
    estimate, square = [p @ sums], [((influence @ sums) ** 2).sum(axis=0)]
    n_at_risk, n_event, n_censored = np.zeros((3, states, len(at) + 1), int)
    before = 0
    for k, (t, end) in enumerate(zip(at, ends, strict=True), start=1):
        leaving, before = by_end[before:end], end
        here = (stays.entry < t) & (stays.time >= t)
        at_risk = np.bincount(stays.state[here], minlength=states)
        moving = leaving[stays.target[leaving] >= 0]
        gone = leaving[stays.target[leaving] < 0]
        n_at_risk[:, k] = at_risk
        n_censored[:, k] = np.bincount(stays.state[gone], minlength=states)
        if len(moving):
            source, target = stays.state[moving], stays.target[moving]
            n_event[:, k] = np.bincount(target, minlength=states)
            hazard = np.zeros((states, states))
            np.add.at(hazard, (source, target), 1.0)
            np.add.at(hazard, (source, source), -1.0)
            hazard /= np.maximum(at_risk, 1)[:, None]
            # What each patient at risk adds to the hazards: the own move less the mean one.
            weight = p / np.maximum(at_risk, 1)
            influence = influence + influence @ hazard
            np.subtract.at(influence, of[here], weight[stays.state[here], None] * hazard[stays.state[here]])
            np.add.at(influence, (of[moving], target), weight[source])
            np.subtract.at(influence, (of[moving], source), weight[source])
            p = p + p @ hazard
        estimate.append(p @ sums)
        square.append(((influence @ sums) ** 2).sum(axis=0))
    value, error = np.clip(np.array(estimate).T, 0.0, 1.0), np.sqrt(np.array(square).T)
    z = -ndtri((1 - level) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(value > 0, error / value, 0.0)
        low, high = limits(value, relative, z, transform)
    time = np.concatenate(([start], at))
    curve = {"state": np.repeat(np.arange(len(value)), len(time)), "time": np.tile(time, len(value))}
    n_at_risk, n_event, n_censored = (sums.T.astype(int) @ counted for counted in (n_at_risk, n_event, n_censored))
    columns = {"estimate": value, "std_error": error, "ci_low": low, "ci_high": high, "n_at_risk": n_at_risk,
               "n_event": n_event, "n_censored": n_censored}  # fmt: skip
    curve |= {name: np.asarray(column).ravel() for name, column in columns.items()}
    moved = np.bincount(stays.target[stays.target >= 0], minlength=states)
    return Result(method, {"n": len(people)} | {f"state:{k}": int(moved[k]) for k in range(states)}, "", curve)
