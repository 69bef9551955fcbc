"""A covariate that begins during follow-up, such as a transplant: comparisons without immortal-time bias.

The beginning is a date column; it is counted in days from the origin of the endpoint. Whoever begins on or after the day
on which follow-up for the endpoint ends never begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...ids import EVERYONE, Name, column
from ...ids import at as at_time
from ...ids import day as on_day
from ...registry import Column, Endpoint
from ...stats.result import Result
from .. import Data, Rows
from .common import METHODS, PERCENT, RATIO, Design, Unit, coefficients, follow_up, not_estimable, strata_of

KINDS = dict.fromkeys(
    ("n_begun", "excluded", "excluded_events", "excluded_censored", "begun_later"), "count"
) | RATIO  # fmt: skip


@dataclass(frozen=True)
class States:
    """Follow-up in days (event: or the cause), and the day on which what is studied begins (NaN: never)."""

    time: np.ndarray
    event: np.ndarray
    begin: np.ndarray
    name: Name
    note: str
    known: pd.Series
    strata: np.ndarray | None = None

    @classmethod
    def of(cls, data: Data, endpoint: str, begin: str, outcome: str = "event", stratum: str = "") -> States:
        time, event, known = follow_up(data, endpoint, "days", [stratum] if stratum else [], outcome)
        day = data.days_after_origin(endpoint, data.frame[begin]).to_numpy(dtype=float, na_value=np.nan)[known]
        early = int((day < 0).sum())
        note = f"{early} began before the time origin and count as begun from the start" if early else ""
        return cls(time, event, np.where(day < 0, 0.0, day), column(begin, data.plan.label(begin)), note, known,
                   strata_of(data, stratum, known))  # fmt: skip

    def refused(self, rows: Rows, method: str, *statistics: str) -> bool:
        """Whether nobody is followed; if so, rows that say so."""
        if not self.time.size:
            not_estimable(rows, statistics, "no participants", method)
        return not self.time.size

    def groups(self, not_begun: str, begun: str, by: str = "") -> tuple[Name, Name]:
        """The two states: not_begun and begun are their ids; `by` is printed with them."""
        names = (not_begun, begun)
        words = (f"not by {by}", f"by {by}") if by else (name.replace("_", " ") for name in names)
        first, second = (Name(name, f"{self.name.label}: {text}") for name, text in zip(names, words, strict=True))
        return first, second


def _curves(data: Data, rows: Rows, states: States, kept: np.ndarray, begun: np.ndarray, names: tuple[Name, Name], unit: str,
            day: Name = EVERYONE):  # fmt: skip
    """Kaplan-Meier curves of those kept, by whether it has begun."""
    from ...stats.survival import kaplan_meier

    for state, name in enumerate(names):
        here = kept & (begun == bool(state))
        if here.any():
            time = states.time[here] / data.plan.days(unit)
            curve = kaplan_meier(time, states.event[here], level=data.plan.level).curve
            rows.curve(curve, group=name, level=day)


@METHODS.add("landmark", moments="begin")
def landmark(
    data: Data,
    rows: Rows,
    *,
    endpoint: Endpoint,
    begin: Column,
    days: list[float],
    stratum: Column = "",
    unit: Unit = "months",
):
    """Landmark analysis: participants still followed beyond a day, compared by what has begun by then (log-rank test and
    Cox hazard ratio, begun against not). Who is excluded because follow-up ended before is counted. Curves: Kaplan-Meier
    of both groups, time from the origin of the endpoint.

    Parameters
        endpoint: the time-to-event endpoint
        begin: column of the date on which it begins; of an endpoint from durations, that of the time until it begins
        days: landmarks, in days from the origin of the endpoint
        stratum: column of strata, within which participants are compared
        unit: unit of the curves
    """
    from ...stats.delayed import landmark as analyse

    states = States.of(data, endpoint, begin, stratum=stratum)
    if states.refused(rows, "landmark analysis", "hazard_ratio", "p_value"):
        return
    for day in days:
        level = on_day(day)
        result = analyse(states.time, states.event, states.begin, day, stratum=states.strata, level=data.plan.level)
        rows.add(result, level=level, kinds=KINDS, note=states.note)
        names = states.groups("not_begun", "begun", level.label)
        _curves(data, rows, states, states.time > day, states.begin <= day, names, unit, level)


@METHODS.add("mantel_byar", moments="begin", intervals=True)
def mantel_byar(data: Data, rows: Rows, *, endpoint: Endpoint, begin: Column, stratum: Column = ""):
    """Mantel-Byar test: a log-rank test in which everyone counts as not begun until the day on which it begins.

    Parameters
        endpoint: the time-to-event endpoint
        begin: column of the date on which it begins; of an endpoint from durations, that of the time until it begins
        stratum: column of strata, within which participants are compared
    """
    from ...stats.delayed import mantel_byar as test

    states = States.of(data, endpoint, begin, stratum=stratum)
    if not states.refused(rows, "Mantel-Byar test", "p_value"):
        result = test(states.time, states.event, states.begin, stratum=states.strata)
        rows.add(result, kinds=KINDS, note=states.note)
        _observed(rows, result, states.groups("not_yet", "begun"))


def _observed(rows: Rows, result: Result, names: tuple[Name, Name]):
    """Observed and expected events of both states."""
    for name, observed, expected in zip(
        names, *(result.curve.get(key, ()) for key in ("observed", "expected")), strict=False
    ):
        rows.add({"observed": observed, "expected": expected}, group=name, kinds={"observed": "count"},
                 kind="decimal1", method=result.method)  # fmt: skip


@METHODS.add("simon_makuch", moments="begin", intervals=True)
def simon_makuch(data: Data, rows: Rows, *, endpoint: Endpoint, begin: Column, landmark: float = 0, at: list[float] = (),
                 unit: Unit = "months"):  # fmt: skip
    """Simon-Makuch curves: survival of those in whom it has begun and of those in whom it has not yet; a participant
    leaves the second and joins the first on the day on which it begins.

    Parameters
        endpoint: the time-to-event endpoint
        begin: column of the date on which it begins; of an endpoint from durations, that of the time until it begins
        landmark: day from which the curves start, among those still followed
        at: fixed times after the landmark, in `unit`
        unit: unit of curves and fixed times
    """
    from ...stats.delayed import simon_makuch as estimate
    from ...stats.delayed import start_stop
    from ...stats.survival import number_at_risk, survival_at

    early = [t for t in at if landmark and t * data.plan.days(unit) <= landmark]
    if early:
        raise ValueError(f"at: {early[0]:g} {unit} is not after the landmark, day {landmark:g}: the curves start there")
    states = States.of(data, endpoint, begin)
    if states.refused(rows, "Simon-Makuch estimate", "estimate"):
        return
    result = estimate(states.time, states.event, states.begin, landmark=landmark, level=data.plan.level)
    rows.add(result, kinds=KINDS, note=states.note)
    intervals = start_stop(states.time, states.event, states.begin)
    entry, followed = np.maximum(intervals.entry, landmark), intervals.time > landmark
    for state, name in enumerate(states.groups("not_yet", "begun") if result.curve else ()):
        here, mine = result.curve["group"] == bool(state), followed & (intervals.begun == bool(state))
        part = {key: values[here] for key, values in result.curve.items() if key != "group"}
        part["time"] = part["time"] / data.plan.days(unit)
        if not here.any():
            continue
        rows.curve(part, group=name)
        for t in at:
            there = survival_at(Result(result.method, {}, curve=part), t)
            # not from the curve: between two of its steps others may begin and join those at risk
            at_risk = number_at_risk(intervals.time[mine], [t * data.plan.days(unit)], entry=entry[mine])[0]
            rows.add({**there.values, "n_at_risk": at_risk}, group=name, level=at_time(t, unit), kinds=PERCENT, method=there.method,
                     note=there.note, only=("estimate", "ci_low", "ci_high", "n_at_risk"))  # fmt: skip


@METHODS.add("time_dependent_cox", moments="begin", intervals=True)
def time_dependent_cox(
    data: Data, rows: Rows, *, endpoint: Endpoint, begin: Column, covariates: list[Column] = (), stratum: Column = ""
):
    """Cox regression with having begun as a time-dependent covariate (start-stop intervals), adjusted if wanted.

    Parameters
        endpoint: the time-to-event endpoint
        begin: column of the date on which it begins; of an endpoint from durations, that of the time until it begins
        covariates: columns known at the origin that the hazard ratio is adjusted for
        stratum: column of strata, each with a baseline hazard of its own
    """
    from ...stats.delayed import time_dependent_cox as fit

    states = States.of(data, endpoint, begin, stratum=stratum)
    if states.refused(rows, "time-dependent Cox regression", "hazard_ratio"):
        return
    design = Design.of(data, covariates, states.known)
    note = "; ".join(filter(None, [states.note, design.note if covariates else ""]))
    kept = design.known[states.known].to_numpy()
    names = [states.name, *design.names]
    if not kept.any():
        not_estimable(rows, ("hazard_ratio",), "no participants", "time-dependent Cox regression", level=states.name)
        return
    X = design.X if design.names else None
    result = fit(states.time[kept], states.event[kept], states.begin[kept], X, stratum=None if states.strata is None else states.strata[kept], level=data.plan.level,
                 names=design.labels if design.names else None)  # fmt: skip
    rows.add(result, kinds=KINDS, only=("n", "n_begun", "events"), note=note)
    coefficients(rows, result, names, "hazard_ratio", note)


@METHODS.add("naive_comparison", moments="begin")
def naive_comparison(data: Data, rows: Rows, *, endpoint: Endpoint, begin: Column, unit: Unit = "months"):
    """Ever begun within follow-up against never, from day 0 (log-rank test and Cox hazard ratio): biased in favour of ever, since whoever begins has survived until then
    (immortal time). Only to be shown as a warning beside the right analysis. Curves: Kaplan-Meier of both groups.

    Parameters
        endpoint: the time-to-event endpoint
        begin: column of the date on which it begins; of an endpoint from durations, that of the time until it begins
        unit: unit of the curves
    """
    from ...stats.cox import cox
    from ...stats.delayed import naive_comparison as compare

    states = States.of(data, endpoint, begin)
    if states.refused(rows, "naive log-rank test of ever against never (biased)", "p_value"):
        return
    bias = "biased in favour of ever begun: immortal time"
    result = compare(states.time, states.event, states.begin)
    rows.add(result, kinds=KINDS, note="; ".join(filter(None, [bias, states.note])))
    fitted = cox(states.time, states.event, (states.begin < states.time).astype(float), level=data.plan.level)
    rows.add(fitted, kinds=KINDS, only=("hazard_ratio", "ci_low", "ci_high"), note=bias)
    names = states.groups("never", "ever")
    _observed(rows, result, names)
    everyone = np.ones(states.time.size, dtype=bool)
    _curves(data, rows, states, everyone, states.begin < states.time, names, unit)
