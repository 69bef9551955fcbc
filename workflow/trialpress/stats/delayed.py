"""A covariate that begins during follow-up, such as a transplant: comparisons without immortal-time bias.

Whoever begins has survived until then; to compare "ever" with "never" credits that time to what began. Here a patient
counts as not begun until the day it begins. `begin` is that day, NaN for never; a day after the end of follow-up (a
transplant after the progression that ended it) counts as never.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from trialpress.stats.cox import COEFFICIENT, cox, design
from trialpress.stats.log_rank import log_rank
from trialpress.stats.result import Result, not_estimable, times
from trialpress.stats.risksets import sample
from trialpress.stats.survival import kaplan_meier

TEST = ("statistic", "df", "p_value")


class Intervals(NamedTuple):
    """Start-stop data: each row is at risk in (entry, time], `event` is at time, `begun` holds throughout the row."""

    patient: np.ndarray
    entry: np.ndarray
    time: np.ndarray
    event: np.ndarray
    begun: np.ndarray


def start_stop(time, event, begin) -> Intervals:
    """One row per patient and state, sorted by patient then time (R survival::tmerge with tdc()).

    Whoever begins at 0 has a begun row only; whoever begins on the last day of follow-up has no begun time. A patient
    without follow-up (time 0) has no row.

    >>> rows = start_stop(np.array([10, 6]), np.array([1, 0]), np.array([4, np.nan]))
    >>> print(rows.entry, rows.time, rows.begun)
    [0. 4. 0.] [ 4. 10.  6.] [False  True False]
    """
    time, event, begin = _patients(time, event, begin)
    start = np.minimum(np.where(np.isnan(begin), np.inf, begin), time)
    zero = np.zeros_like(time)
    rows = Intervals(
        np.repeat(np.arange(len(time)), 2),
        np.stack((zero, start), axis=1).ravel(),
        np.stack((start, time), axis=1).ravel(),
        np.stack((event & (start == time), event), axis=1).ravel(),
        np.tile([False, True], len(time)),
    )
    kept = rows.entry < rows.time
    return Intervals(*(column[kept] for column in rows))


def _patients(time, event, begin) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    time, event, _ = sample(time, event)
    begin = np.asarray(begin, dtype=float)
    if begin.shape != time.shape:
        raise ValueError(f"begin: has shape {begin.shape} where {len(time)} values are needed")
    times("begin", np.where(np.isnan(begin), 0.0, begin))
    return time, event, begin


def _known(time, event, begin, after: float = -1.0) -> dict[str, float]:
    """Counts of those whose follow-up goes on after a day."""
    time, event, begin = _patients(time, event, begin)
    here = time > after
    return {"n": int(here.sum()), "n_begun": int((begin < time)[here].sum()), "events": int(event[here].sum())}


def _one_sided(rows: Intervals) -> str:
    """Why there is nothing to compare, or nothing."""
    if not rows.begun.any():
        return "nobody begins before the end of follow-up"
    return "everybody has begun from the start" if rows.begun.all() else ""


def time_dependent_cox(
    time,
    event,
    begin,
    X=None,
    *,
    stratum=None,
    ties: str = "efron",
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> Result:
    """Cox regression on having begun, as a time-dependent covariate, adjusted for baseline covariates X (n, p).

    stratum: labels, length n, each with a baseline hazard of its own. values, curve: as `trialpress.stats.cox.cox`, with n_begun, of those
    with follow-up after day 0; the first covariate is `begun`, `names` are those of X.

    >>> time, begin = np.array([4, 9, 6, 8, 3, 7]), np.array([1, 2, 5, np.nan, np.nan, np.nan])
    >>> print(f"{time_dependent_cox(time, np.ones(6), begin).curve['hazard_ratio'][0]:.3f}")
    0.945
    """
    known = _known(time, event, begin, after=0)
    rows = start_stop(time, event, begin)
    columns, labels = [rows.begun.astype(float)], ["begun"]
    if X is not None:
        baseline, more = design(X, len(time), names)
        columns, labels = [*columns, *baseline[:, rows.patient]], labels + more
    if why := _one_sided(rows):
        return not_estimable(f"time-dependent Cox regression, {ties} ties", COEFFICIENT, why, **known)
    fit = cox(rows.time, rows.event, np.column_stack(columns), entry=rows.entry, stratum=_inside(stratum, rows.patient), ties=ties,
              level=level, names=labels)  # fmt: skip
    return Result(f"time-dependent {fit.method}", {**fit.values, **known}, fit.note, fit.curve)


def _inside(stratum, who) -> np.ndarray | None:
    return None if stratum is None else np.asarray(stratum)[who]


def mantel_byar(time, event, begin, *, stratum=None) -> Result:
    """Log-rank test of begun against not yet begun (Mantel & Byar 1974), each patient at risk in the state of the day.

    stratum: labels, length n, within which patients are compared. values: n, n_begun, events (of those with follow-up after day 0),
    statistic, df, p_value. curve: one row per state: group (False, True), n (intervals), observed, expected.

    >>> time, begin = np.array([4, 9, 6, 8, 3, 7]), np.array([1, 2, 5, np.nan, np.nan, np.nan])
    >>> print(mantel_byar(time, np.ones(6), begin).curve["expected"].round(4))
    [2.9333 3.0667]
    """
    known = _known(time, event, begin, after=0)
    rows = start_stop(time, event, begin)
    method = f"{'stratified ' * (stratum is not None)}Mantel-Byar test"
    if why := _one_sided(rows):
        return not_estimable(method, TEST, why, **known)
    test = log_rank(rows.time, rows.event, rows.begun, entry=rows.entry, stratum=_inside(stratum, rows.patient))
    return Result(method, {**test.values, **known}, test.note, test.curve)


def simon_makuch(
    time, event, begin, *, landmark: float = 0.0, level: float = 0.95, transform: str = "log-log"
) -> Result:
    """Survival curves of begun and not yet begun (Simon & Makuch 1984; R survfit on start-stop data).

    A patient leaves the curve "not begun" and joins "begun" on the day it begins. With a landmark the curves start
    there, among those still followed; from day 0, when few have begun, a first event can take a curve down to 0.
    values: n, n_begun, events of those still followed at the landmark, excluded (follow-up ended by it). curve: as
    `kaplan_meier`, the rows of both curves, with `group` (False, True).

    >>> time, begin = np.array([4, 9, 6, 8, 3, 7]), np.array([1, 2, 5, np.nan, np.nan, np.nan])
    >>> print(simon_makuch(time, np.ones(6), begin).curve["estimate"].round(4))
    [1.    1.    0.75  0.75  0.375 0.    0.5   0.5   0.25  0.   ]
    """
    (landmark,) = times("landmark", [landmark])
    known = _known(time, event, begin, after=landmark)
    known["excluded"] = len(time) - known["n"]
    rows = start_stop(time, event, begin)
    rows = Intervals(*(column[rows.time > landmark] for column in rows))
    method = f"Simon-Makuch estimate from day {landmark:g}"
    if why := _one_sided(rows) if len(rows.time) else f"follow-up ends by day {landmark:g}":
        return not_estimable(method, ("estimate",), why, **known)
    entry = np.maximum(rows.entry, landmark)
    curves = []
    for state in (False, True):
        part = rows.begun == state
        km = kaplan_meier(rows.time[part], rows.event[part], entry=entry[part], level=level, transform=transform)
        curves.append({"group": np.full(len(km.curve["time"]), state), **km.curve})
    curve = {name: np.concatenate([part[name] for part in curves]) for name in curves[0]}
    return Result(f"{method}, {transform} {100 * level:g}% CI", known, curve=curve)


def landmark(time, event, begin, day: float, *, stratum=None, level: float = 0.95) -> Result:
    """Comparison by whether it has begun by a day, among patients followed beyond it (Anderson, Cain & Gelber 1983).
    stratum: labels, length n, within which patients are compared.

    values: n (followed beyond the day), n_begun (by the day), events, excluded_events and excluded_censored (follow-up
    ended by the day), begun_later (within follow-up; counted as not begun), log-rank statistic, df, p_value, and the Cox hazard_ratio
    with ci_low, ci_high. curve: as the log-rank test's.

    >>> time, begin = np.array([4, 9, 6, 8, 3, 7]), np.array([1, 2, 5, np.nan, np.nan, np.nan])
    >>> result = landmark(time, np.ones(6), begin, 3)
    >>> print(result["n"], result["n_begun"], result["begun_later"])
    5 2 1
    """
    time, event, begin = _patients(time, event, begin)
    (day,) = times("day", [day])
    kept = time > day
    begun = begin[kept] <= day
    known = {
        "n": int(kept.sum()),
        "n_begun": int(begun.sum()),
        "events": int(event[kept].sum()),
        "excluded_events": int(event[~kept].sum()),
        "excluded_censored": int((~event[~kept]).sum()),
        "begun_later": int(((begin > day) & (begin < time))[kept].sum()),
    }
    method = f"{'stratified ' * (stratum is not None)}landmark analysis at day {day:g}: log-rank test, Cox regression"
    hazard = ("hazard_ratio", "ci_low", "ci_high")
    if begun.all() or not begun.any():
        why = "nobody has begun" if begun.size and not begun.any() else "all have begun"
        why = f"{why} by day {day:g}" if begun.size else f"follow-up ends by day {day:g}"
        return not_estimable(method, TEST + hazard, why, **known)
    inside = _inside(stratum, kept)
    test = log_rank(time[kept], event[kept], begun, stratum=inside)
    fit = cox(time[kept], event[kept], begun, stratum=inside, names=["begun"], level=level)
    known |= {name: test[name] for name in TEST} | {name: fit.values.get(name, np.nan) for name in hazard}
    return Result(method, known, test.note or fit.note, test.curve)


def naive_comparison(time, event, begin) -> Result:
    """Log-rank test of ever begun (before the end of follow-up) against never, from day 0. Biased; only to be shown beside
    the right analysis.

    values: as `mantel_byar`.

    >>> time, begin = np.array([4, 9, 6, 8, 3, 7]), np.array([1, 2, 5, np.nan, np.nan, np.nan])
    >>> print(naive_comparison(time, np.ones(6), begin).curve["expected"].round(4))
    [2.5667 3.4333]
    """
    method = "naive log-rank test of ever against never (biased in favour of ever: immortal time)"
    known = _known(time, event, begin)
    ever = np.asarray(begin, dtype=float) < np.asarray(time, dtype=float)
    if ever.all() or not ever.any():
        return not_estimable(
            method, TEST, "everybody begins" if ever.all() else "nobody begins before the end of follow-up", **known
        )
    test = log_rank(time, event, ever)
    return Result(method, {**test.values, **known}, test.note, test.curve)
