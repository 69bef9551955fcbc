"""Current leukaemia-free survival: being alive and in remission, the first or one after a relapse."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from .multistate import Stays, state_probabilities
from .result import Result, indicator, not_estimable, numbers, offending, probability, times
from .survival import limits


def current_survival(
    time,
    death,
    changes,
    *,
    entry=None,
    in_remission: bool = True,
    estimator: str = "kaplan-meier",
    level: float = 0.95,
    transform: str = "log-log",
) -> Result:
    """Probability of being alive and in remission by time, whichever remission it is (Klein, Szydlo, Craddock & Goldman 2000; Pavlik et
    al. 2011; R currentSurvival).

    estimator: "kaplan-meier": S_k(t) is the Kaplan-Meier estimate of not having died, nor made more than k of the changes; of two that
    follow one another the difference is the probability of the state between them (Pepe 1991), and those of all remissions are added
    up. In few patients a difference may be below 0, and is taken as 0. "aalen-johansen": the sum of the state probabilities of
    `multistate.state_probabilities`, which never is. The variance is that of the infinitesimal jackknife, the sum of the squared
    influences of the patients (Liu, Logan & Klein 2008).

    time, death: end of follow-up and 0/1, length n. changes: (n x m), on which day each patient goes from remission to relapse, from
    relapse to the next remission, and so on, rising, NaN from the first that never comes; a change after the end of follow-up does not
    count. entry: delayed entry, under observation in (entry, time] (0 or less: from the start); the curve k is then of those who had not
    made more than k changes when they came, which is right if the day of coming tells nothing of what happens (only for the
    Kaplan-Meier curves: the variance of the state probabilities is of all from the start). in_remission: whether patients start in remission; otherwise the first change is that into remission.

    values: n, deaths, changes:k (patients with the k-th change, from 1).
    curve: one row per distinct time of a change or an end of follow-up, from 0 to the last at which every state that is left is known
        (the note says if others are followed longer): time, estimate, std_error, ci_low, ci_high, n_at_risk (under observation: alive
        and followed just before), n_in_remission (of them), n_event (ends of a remission by relapse or death), n_censored (alive at
        the end of follow-up). Limits are NaN where their scale has no value.

    >>> relapse, again = [2, np.nan, 3, np.nan], [4, np.nan, np.nan, np.nan]
    >>> found = current_survival([6, 1, 5, 6], [0, 1, 1, 0], np.column_stack([relapse, again]))
    >>> print(found.curve["time"], found.curve["estimate"])
    [0. 1. 2. 3. 4. 5. 6.] [1.   0.75 0.5  0.25 0.5  0.5  0.5 ]
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator: must be one of {', '.join(ESTIMATORS)}, is {estimator!r}")
    time = times("time", time)
    death, n = indicator("death", death, length=len(time)), len(time)
    came_late = entry is not None
    if came_late and estimator != "kaplan-meier":
        raise ValueError("entry: state probabilities take all from the start; take the Kaplan-Meier curves")
    entry = np.full(n, -1.0) if entry is None else numbers("entry", entry, length=n)
    offending("entry", entry >= time if came_late else np.zeros(n, bool), "entry not before the end of follow-up")
    entry = np.where(entry > 0, entry, -1.0)
    changes = np.asarray(changes, dtype=float).reshape((n, -1) if n else (0, 0))
    with np.errstate(invalid="ignore"):
        offending("changes", (changes < 0).any(axis=1), "negative time")
        wrong = (np.diff(changes, axis=1) < 0) | (np.isnan(changes[:, :-1]) & ~np.isnan(changes[:, 1:]))
    offending("changes", wrong.any(axis=1), "change before the one that it follows")
    z, by = -ndtri((1 - probability("level", level)) / 2), ESTIMATORS[estimator]
    method = f"current leukaemia-free survival, {by}, {transform} {100 * level:g}% CI (infinitesimal jackknife)"
    came = changes <= time[:, None]
    known = {"n": n, "deaths": int(death.sum())}
    known |= {f"changes:{k}": int(column.sum()) for k, column in enumerate(came.T, start=1)}
    if not n:
        return not_estimable(method, ("estimate",), "no participants", **known)
    # A patient is in state k from the end of the one before it to its own: by a change, by death, or censored.
    ends = np.column_stack([np.where(came, changes, time[:, None]), time])
    begins = np.maximum(np.column_stack([np.full(n, -1.0), ends[:, :-1]]), entry[:, None])
    over = np.column_stack([came | death[:, None], death])
    states = np.arange(ends.shape[1])
    remission = states % 2 == (0 if in_remission else 1)
    at = np.unique(np.concatenate([ends.ravel(), [0.0], entry[entry > 0]]))
    sign = np.where(remission, 1.0, np.where(states < states[-1], -1.0, 0.0))
    if not (ends[:, sign != 0] > entry[:, None]).any(axis=0).all():
        return not_estimable(method, ("estimate",), "nobody is under observation in an early state", **known)
    value, variance, last = _sums(ends, over, entry, at, sign)
    if estimator == "aalen-johansen":
        value, variance = _states(ends, begins, over, at, remission)
    at, value, variance = (values[at <= last] for values in (at, value, variance))
    notes = [f"others are followed longer, but none of those in an earlier state longer than {last:g}"] * bool(
        last < time.max()
    )
    notes += [f"nobody is under observation before {entry.min():g}"] * bool(entry.min() > 0)
    notes += ["a difference of the curves below 0 is taken as 0"] * bool((value < -1e-9).any())
    value, error = np.clip(value, 0.0, 1.0), np.sqrt(np.maximum(variance, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = limits(value, np.where(value > 0, error / value, 0.0), z, transform)
    there = begins < ends
    inside = sum(
        (_before(begins[there[:, k], k], at) - _before(ends[there[:, k], k], at) for k in states[remission]),
        np.zeros(len(at), int),
    )
    curve = {
        "time": at, "estimate": value, "std_error": error, "ci_low": low, "ci_high": high, "n_at_risk": _before(entry, at) - _before(time, at),
        "n_in_remission": inside, "n_event": _on(ends[remission & over & there], at), "n_censored": _on(time[~death], at),
    }  # fmt: skip
    return Result(method, known, "; ".join(notes), curve)


ESTIMATORS = {"kaplan-meier": "differences of Kaplan-Meier curves", "aalen-johansen": "Aalen-Johansen"}


def _states(ends, begins, over, at, remission) -> tuple[np.ndarray, np.ndarray]:
    """(probability of the states of remission, its variance) at each time; a column of the rest for each state."""
    n, m = ends.shape
    who, state = (part.ravel() for part in np.indices((n, m)))
    end, entry, left = ends.ravel(), np.maximum(begins, 0.0).ravel(), over.ravel()
    later = (ends[:, None, :] <= ends[:, :, None]) & over[:, None, :]  # states that are left by the same day, too
    target = np.where(left, later.sum(axis=2).ravel(), -1)
    stay = entry < end
    if not stay.any():
        return np.full(len(at), remission[later[:, 0].sum(axis=1).clip(max=m - 1)].mean()), np.zeros(len(at))
    found = state_probabilities(
        Stays(*(part[stay] for part in (who, entry, end, state, target))), m + 1, together=np.append(remission, False)
    )
    place = np.searchsorted(found.curve["time"], at, side="right") - 1
    return found.curve["estimate"][place], found.curve["std_error"][place] ** 2


def _before(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.sort(values), at, side="left")


def _on(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    return np.bincount(np.searchsorted(at, values[values <= at[-1]]), minlength=len(at))


def _sums(
    ends: np.ndarray, over: np.ndarray, entry: np.ndarray, at: np.ndarray, sign: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """(sum of the Kaplan-Meier curves times their sign, its variance) at each time, and the last time at which all curves are known;
    a column of `ends` and `over` for each curve, which is of those who come under observation before its end.

    The influence of a patient on curve k is -S_k(t) times `own` from the end of the patient's stay on, before that, since the entry,
    -S_k(t) times start - path(t), where all who are there share the path: their products are summed from cumulative sums.
    """
    K = ends.shape[1]
    S, path = np.zeros((2, K, len(at)))
    own, start = np.zeros((2, *ends.shape))
    first, mine = np.searchsorted(at, entry, side="right"), ends > entry[:, None]

    def until(place: np.ndarray, weight=None) -> np.ndarray:
        return np.bincount(place, weight, minlength=len(at) + 1)[: len(at)].cumsum()

    for k in range(K):
        here, place = mine[:, k], np.searchsorted(at, ends[:, k])
        events = np.bincount(place, over[:, k] & here, minlength=len(at))
        at_risk = until(first[here]) - until(place[here] + 1)
        hazard = events / np.maximum(at_risk, 1)
        S[k] = np.cumprod(1 - hazard)
        weight = np.maximum(at_risk, 1) * np.where(hazard < 1, 1 - hazard, 1.0)  # where all leave, S is 0 from then on
        path[k] = np.cumsum(hazard / weight)
        start[:, k] = np.append(path[k], 0.0)[first - 1]
        own[:, k] = over[:, k] / weight[place] - path[k][place] + start[:, k]
    variance = np.zeros(len(at))
    for k in range(K):
        for m in range(k, K):  # curve m lasts as long as curve k, or longer; who is not of curve k adds nothing
            here = mine[:, k]
            begin, leave, end = first[here], *(np.searchsorted(at, ends[here, j]) for j in (k, m))
            a, b, u, v = start[here, k], start[here, m], own[here, k], own[here, m]
            both = until(end, u * v)
            gone, gone_from = (until(leave, weight) - until(end, weight) for weight in (u, u * b))
            n, from_k, from_m, from_both = (
                until(begin, weight) - until(leave, weight) for weight in (np.ones(len(a)), a, b, a * b)
            )
            product = both - gone * path[m] + gone_from
            product += n * path[k] * path[m] - from_m * path[k] - from_k * path[m] + from_both
            variance += (1 if k == m else 2) * sign[k] * sign[m] * S[k] * S[m] * product
    known = [ends[mine[:, k], k].max() for k in range(K) if sign[k] and S[k, -1] > 0]
    return sign @ S, variance, min(known, default=at[-1])
