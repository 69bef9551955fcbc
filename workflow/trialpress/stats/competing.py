"""Competing risks: cumulative incidence and Gray's test.

`cause` is 0 where follow-up ended without an event and 1, 2, ... by the cause of the event; `of` is the cause of interest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtri

from trialpress.stats.log_rank import quadratic
from trialpress.stats.result import Result, counts, not_estimable, probability, times
from trialpress.stats.risksets import RiskSets, groups, sample
from trialpress.stats.survival import limits, read_off

VARIANCES = {"survival": "infinitesimal jackknife variance, as R survival", "cmprsk": "Gray's variance, as R cmprsk"}


def patients(time, cause, of: int, entry=None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Checked (time, cause, entry); entry lies before time, since a patient is at risk in (entry, time].

    >>> print(patients(np.array([5, 8]), np.array([2, 0]), 1)[1])
    [2 0]
    """
    cause = counts("cause", cause)
    if of < 1:
        raise ValueError(f"of: must be a cause (1, 2, ...), is {of}")
    time, _, entry = sample(time, np.zeros(np.shape(time)), entry)
    if cause.shape != time.shape:
        raise ValueError(f"cause: has shape {cause.shape} where {len(time)} values are needed")
    return time, cause, entry


@dataclass(frozen=True)
class Table:
    """Counts and estimates by distinct time, length T.

    time: of an event, a censoring or an entry; position: row in which each patient leaves; start: rows before each
    patient comes under observation (0 without delayed entry); cause, of: as given.
    """

    time: np.ndarray
    position: np.ndarray
    start: np.ndarray
    cause: np.ndarray
    of: int
    at_risk: np.ndarray
    exits: np.ndarray
    events: np.ndarray
    of_cause: np.ndarray
    survival: np.ndarray
    before: np.ndarray
    incidence: np.ndarray

    @classmethod
    def of_patients(cls, time: np.ndarray, cause: np.ndarray, of: int, entry: np.ndarray | None = None) -> Table:
        """From checked arrays. At risk at t: entry < t <= time."""
        # Before the first exit an entry changes no row that anything can be read from.
        at = np.unique(time if entry is None else np.concatenate((time, entry[entry >= time.min()])))
        position = np.searchsorted(at, time)
        start = np.zeros(len(time), dtype=np.intp) if entry is None else np.searchsorted(at, entry, side="right")
        exits = np.bincount(position, minlength=len(at))
        events = np.bincount(position, cause > 0, minlength=len(at))
        of_cause = np.bincount(position, cause == of, minlength=len(at))
        not_yet = np.bincount(start, minlength=len(at) + 1)[:0:-1].cumsum()[::-1]
        at_risk = exits[::-1].cumsum()[::-1] - not_yet
        some = np.maximum(at_risk, 1)
        survival = np.cumprod(1 - events / some)
        before = np.concatenate(([1.0], survival[:-1]))
        incidence = np.cumsum(before * of_cause / some)
        return cls(at, position, start, cause, of, at_risk, exits, events, of_cause, survival, before, incidence)

    def influence_parts(self) -> tuple[np.ndarray, ...]:
        """(a, h, A, H): (a, h) of each patient, whose influence on the incidence F(t) from the patient's exit on is a + F(t) h.

        Under observation in (e, u] a patient has A(u) - A(e) + F(t) (H(u) - H(e)); an event of any cause at u adds
        jump(u) (F(u) - F(t)), and one of the cause of interest hit(u). Also the running (A, H), from before the first row.
        """
        some = np.maximum(self.at_risk, 1)
        share, of_share = self.events / some, self.of_cause / some
        hit = self.before / some
        jump = np.where(self.survival > 0, 1 / (some * np.where(share < 1, 1 - share, 1.0)), 0.0)
        A = np.append(0.0, -np.cumsum(hit * of_share + jump * share * self.incidence))
        H = np.append(0.0, np.cumsum(jump * share))
        u = self.position
        leaps = (self.cause > 0) * jump[u]
        a = A[u + 1] - A[self.start] + leaps * self.incidence[u] + (self.cause == self.of) * hit[u]
        return a, H[u + 1] - H[self.start] - leaps, A, H

    def jackknife(self) -> np.ndarray:
        """The sum of squared influences on the incidence at each time, in one sweep: sums of 1, F(t) and F(t)^2."""
        a, h, A, H = self.influence_parts()
        F, T = self.incidence, len(self.time)

        def left(part: np.ndarray) -> np.ndarray:
            return np.bincount(self.position, part, minlength=T).cumsum()

        def staying(part: np.ndarray) -> np.ndarray:
            return np.bincount(self.start, part, minlength=T + 1)[:T].cumsum() - left(part)

        gone = left(a * a) + 2 * F * left(a * h) + F * F * left(h * h)
        # Those still under observation: A(t) + F(t) H(t), less the same at their entry.
        now = A[1:] + F * H[1:]
        total = gone + (self.at_risk - self.exits) * now**2
        if not self.start.any():
            return total
        before, ratio = A[self.start], H[self.start]
        total -= 2 * now * (staying(before) + F * staying(ratio))
        return total + staying(before**2) + 2 * F * staying(before * ratio) + F * F * staying(ratio**2)

    def influence(self, at: float) -> tuple[float, np.ndarray]:
        """The incidence at a time and the influence of each patient on it."""
        last = np.searchsorted(self.time, at, side="right") - 1
        if last < 0:
            return 0.0, np.zeros(len(self.position))
        a, h, A, H = self.influence_parts()
        F = float(self.incidence[last])
        begun = np.minimum(self.start, last + 1)
        still = A[last + 1] - A[begun] + F * (H[last + 1] - H[begun])
        return F, np.where(self.position <= last, a + F * h, still)

    def gray(self) -> np.ndarray:
        """The variance of cmprsk::cuminc: Aalen's, with Gray's correction for ties."""
        after = np.where(self.survival > 0, 1 / np.where(self.survival > 0, self.survival, 1.0), 0.0)
        total = np.zeros((3, len(self.time)))
        other = (self.events - self.of_cause) * (self.survival > 0)
        for n_event, weight in ((other, self.incidence * after), (self.of_cause, 1 + self.incidence * after)):
            ties = 1 - np.maximum(n_event - 1, 0) / np.maximum(self.at_risk - 1, 1)
            spread = (self.before / self.at_risk) ** 2 * ties * n_event
            total += spread * np.stack((weight**2, weight * after, after**2))
        v1, v2, v3 = total.cumsum(axis=1)
        variance = v1 + self.incidence**2 * v3 - 2 * self.incidence * v2
        # Between two events of the cause nothing changes, but the last terms are undefined once survival is 0.
        last = np.maximum.accumulate(np.where(self.of_cause > 0, np.arange(len(self.time)), -1))
        return np.where(last >= 0, variance[last], 0.0)


def cumulative_incidence(
    time,
    cause,
    of: int = 1,
    *,
    entry=None,
    variance: str = "survival",
    level: float = 0.95,
    transform: str = "log-log",
) -> Result:
    """Aalen-Johansen estimate (Aalen & Johansen 1978) of the probability of an event of one cause by each time.

    entry: delayed entry; at risk in (entry, time].
    variance: "survival" (infinitesimal jackknife, R survival::survfit) or "cmprsk" (R cmprsk::cuminc; not with entry).
    transform: scale of the interval, as in `kaplan_meier`.
    values: n, events, competing_events. curve: one row per distinct time: time, estimate, std_error, ci_low, ci_high,
        n_at_risk, n_event, n_competing, n_censored; the limits are NaN where their scale has no value (at 0).

    >>> result = cumulative_incidence(np.array([1, 2, 3, 4, 5]), np.array([1, 2, 1, 0, 1]))
    >>> print(result.curve["estimate"].round(2))
    [0.2 0.2 0.4 0.4 0.8]
    """
    if variance not in VARIANCES:
        raise ValueError(f"variance: must be survival or cmprsk, is {variance!r}")
    time, cause, entry = patients(time, cause, of, entry)
    if entry is not None and variance == "cmprsk":
        raise ValueError("variance: Gray's variance (cmprsk) has no delayed entry; take survival")
    table = Table.of_patients(time, cause, of, entry)
    z = -ndtri((1 - probability("level", level)) / 2)
    square = table.jackknife() if variance == "survival" else table.gray()
    std_error = np.sqrt(np.maximum(square, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(table.incidence > 0, std_error / table.incidence, 0.0)
        ci_low, ci_high = limits(table.incidence, relative, z, transform)
    n_event, n_competing = table.of_cause.astype(int), (table.events - table.of_cause).astype(int)
    curve = {
        "time": table.time,
        "estimate": table.incidence,
        "std_error": std_error,
        "ci_low": ci_low,
        "ci_high": ci_high,
        "n_at_risk": table.at_risk,
        "n_event": n_event,
        "n_competing": n_competing,
        "n_censored": table.exits - n_event - n_competing,
    }
    method = f"Aalen-Johansen cumulative incidence, {transform} {100 * level:g}% CI ({VARIANCES[variance]})"
    return Result(method, counted(cause, of), "" if n_event.any() else f"no event of cause {of}", curve)


def counted(cause: np.ndarray, of: int) -> dict[str, float]:
    """Patients, events of the cause and competing events.

    >>> print(counted(np.array([1, 0, 2, 2]), 1))
    {'n': 4, 'events': 1, 'competing_events': 2}
    """
    events = int((cause == of).sum())
    return {"n": len(cause), "events": events, "competing_events": int((cause > 0).sum()) - events}


def incidence_at(incidence: Result, at: float) -> Result:
    """A `cumulative_incidence` at a fixed time: time, estimate, std_error, ci_low, ci_high, n_at_risk (time >= at).

    >>> incidence = cumulative_incidence(np.array([1, 2, 3, 4, 5]), np.array([1, 2, 1, 0, 1]))
    >>> print(f"{incidence_at(incidence, 3.5)['estimate']:.2f}")
    0.40
    """
    return read_off(incidence, at, before=0.0)


def conditional_probability(time, cause, at: float, of: int = 1, *, entry=None, level: float = 0.95) -> Result:
    """Probability of the cause by a time among those without a competing event by then (Pepe & Mori 1993).

    F_of / (1 - F_others), with the infinitesimal jackknife standard error and a normal interval within 0 and 1.
    entry: delayed entry; at risk in (entry, time].
    values: n, events, competing_events, time, estimate, std_error, ci_low, ci_high.

    >>> result = conditional_probability(np.array([1, 2, 3, 4, 5]), np.array([1, 2, 1, 0, 1]), 3)
    >>> print(f"{result['estimate']:.2f}")
    0.50
    """
    time, cause, entry = patients(time, cause, of, entry)
    (at,) = times("at", [at])
    method = f"conditional probability by {at:g}, {100 * probability('level', level):g}% CI (infinitesimal jackknife)"
    known = {**counted(cause, of), "time": at}
    names = ("estimate", "std_error", "ci_low", "ci_high")
    if at > time.max():
        return not_estimable(method, names, f"follow-up ends at {time.max():g}", **known)
    F, influence = Table.of_patients(time, cause, of, entry).influence(at)
    competing = np.where(cause == of, 2, (cause > 0).astype(int))
    others, of_others = Table.of_patients(time, competing, 1, entry).influence(at)
    if others >= 1 - 1e-12:
        return not_estimable(method, names, f"all have a competing event by {at:g}", **known)
    estimate = F / (1 - others)
    std_error = np.sqrt((((influence + estimate * of_others) / (1 - others)) ** 2).sum())
    half = -ndtri((1 - level) / 2) * std_error
    values = {"estimate": estimate, "std_error": std_error}
    return Result(
        method, {**known, **values, "ci_low": max(estimate - half, 0.0), "ci_high": min(estimate + half, 1.0)}
    )


def gray(time, cause, group, of: int = 1, *, rho: float = 0, stratum=None) -> Result:
    """Gray's test of equal cumulative incidence in two or more groups (Gray 1988; R cmprsk::cuminc).

    group, stratum: labels; rho: power of (1 - pooled incidence) in the weight.
    values: n, events, competing_events, statistic, df, p_value.

    >>> time, cause = np.array([1, 2, 3, 4, 5, 6, 7, 8]), np.array([1, 1, 2, 1, 2, 0, 1, 2])
    >>> print(f"{gray(time, cause, np.tile([0, 1], 4))['statistic']:.3f}")
    0.030
    """
    time, cause, _ = patients(time, cause, of)
    labels, code = groups("group", group, length=len(time))
    method = "stratified " * (stratum is not None) + f"Gray's test (rho {rho:g})"
    known = counted(cause, of)
    names = ("statistic", "df", "p_value")
    if not known["events"]:
        return not_estimable(method, names, f"no event of cause {of}", **known)
    if stratum is None:
        score, variance = _gray(time, cause, code, len(labels), of, rho)
    else:
        stratum = np.asarray(stratum)
        if stratum.shape != time.shape:
            raise ValueError(f"stratum: has shape {stratum.shape} where {len(time)} values are needed")
        parts = [stratum == label for label in np.unique(stratum)]
        pairs = [_gray(time[part], cause[part], code[part], len(labels), of, rho) for part in parts]
        score, variance = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    # Of k groups k - 1 are free; the last one in no stratum that says something would leave out more.
    apart = np.flatnonzero(np.diag(variance) > 1e-12 * np.abs(variance).max(initial=0))[:-1]
    df = len(apart)
    statistic = quadratic(score[apart], variance[np.ix_(apart, apart)], float(np.abs(variance).max(initial=0)))
    if np.isnan(statistic):
        return not_estimable(method, names, "the groups are not at risk together at any event time", **known)
    return Result(method, {**known, "statistic": statistic, "df": df, "p_value": chdtrc(df, statistic)})


def _gray(time, cause, code, k: int, of: int, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """Score (k,) and covariance (k, k) of one stratum; arrays below have the shape (event times, groups)."""
    event = cause > 0
    if not event.any():
        return np.zeros(k), np.zeros((k, k))
    sets = RiskSets.of(time, event)
    n, events = sets.by_group(code, k)
    cell = sets.dies_in * k + code[event]
    d1 = np.bincount(cell, cause[event] == of, minlength=len(sets) * k).reshape(-1, k)
    d2 = events - d1
    at_risk = n > 0
    safe = np.maximum(n, 1)
    survival = np.cumprod(1 - events / safe, axis=0)
    before = _lag(survival, 1.0)
    incidence = np.cumsum(before * d1 / safe, axis=0)
    # h_r of the paper, and R_r: patients at risk in the sense of the subdistribution.
    h = np.where(at_risk, n / np.where(before > 0, before, 1.0), 0.0)
    R = h * (1 - _lag(incidence, 0.0))
    nd1, total = d1.sum(axis=1), h.sum(axis=1)
    pooled = np.cumsum(nd1 / total)
    pooled_before = _lag(pooled, 0.0)
    weight = np.maximum(1 - pooled_before, 0.0) ** rho
    # Where all have had the event but for rounding, nobody is left for the weights of later times to matter to.
    left_free = np.where(1 - pooled_before > 1e-9, 1 - pooled_before, np.inf)
    together = R.sum(axis=1)
    score = weight @ (d1 - nd1[:, None] * R / np.where(together > 0, together, np.inf)[:, None])
    a = -h[:, :, None] * h[:, None, :] / total[:, None, None]
    a[:, np.arange(k), np.arange(k)] += h
    a *= weight[:, None, None]
    c = np.cumsum(a * (nd1 / (total * left_free))[:, None, None], axis=0)
    ratio = np.where(survival > 0, (1 - pooled)[:, None] / np.where(survival > 0, survival, 1.0), 0.0)
    # The variances of the two martingales, with the correction for ties.
    left = total[:, None] * before - 1
    ties1 = 1 - np.maximum(nd1 - 1, 0)[:, None] / np.where(np.abs(left) > 1e-9, left, np.inf)
    v1 = np.where(at_risk, ties1 * before * nd1[:, None] / (total[:, None] * safe), 0.0)
    ties2 = 1 - np.maximum(d2 - 1, 0) / np.maximum(n - 1, 1)
    v2 = np.where(survival > 0, ties2 * before**2 * d2 / safe**2, 0.0)
    # What a jump in group r at t moves score i by: now, and through the weights of later times. ratio is 0 in a group that
    # the jump empties.
    ahead = c[-1] - c
    from_cause = a + ahead * (1 - ratio)[:, None, :]
    from_competing = ahead * ratio[:, None, :]
    return score, _outer(from_cause, v1) + _outer(from_competing, v2)


def _lag(values: np.ndarray, start: float) -> np.ndarray:
    return np.concatenate((np.full_like(values[:1], start), values[:-1]))


def _outer(jump: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Sum over times and groups r of jump[:, i, r] jump[:, j, r] variance[:, r]."""
    k = jump.shape[1]
    flat = jump.transpose(1, 0, 2).reshape(k, -1)
    return (flat * variance.ravel()) @ flat.T
