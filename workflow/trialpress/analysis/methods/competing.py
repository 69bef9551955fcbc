"""Competing risks: an endpoint with `competing: true`; its events are the causes."""

from __future__ import annotations

from typing import Literal

from ...errors import nearest
from ...ids import Name
from ...ids import at as at_time
from ...registry import Column, Endpoint
from .. import Data, Rows
from .common import (
    METHODS,
    PERCENT,
    Unit,
    coefficients,
    comparable,
    entry_of,
    follow_up,
    group_codes,
    not_estimable,
    strata_of,
)
from .survival import Transform, against_first, model, ratios

COUNTS = {"competing_events": "count"}


def _cause(data: Data, endpoint: str, cause: str) -> tuple[int, Name]:
    """(code, name) of a cause of the endpoint; of the first if none is named."""
    events = list(data.plan.endpoints[endpoint].events)
    if not data.plan.endpoints[endpoint].competing:
        raise ValueError(f"endpoint: '{endpoint}' does not keep its causes apart; write competing: true there")
    if cause and cause not in events:
        raise ValueError(f"cause: '{cause}' is not an event of the endpoint '{endpoint}'; {nearest(cause, events)}")
    name = cause or events[0]
    return events.index(name) + 1, data.plan.endpoints[endpoint].event(name)


def _each_group(data: Data, rows: Rows, endpoint: str, by: str, unit: str, level: Name, method: str):
    """(group, time, cause, entry) of every group with participants; a row that says so for the others."""
    time, cause, known = follow_up(data, endpoint, unit, outcome="cause")
    entry = entry_of(data, endpoint, unit, known)
    for group, members in data.groups(by).items():
        here = members[known].to_numpy()
        if here.any():
            yield group, time[here], cause[here], None if entry is None else entry[here]
        else:
            not_estimable(rows, ("estimate",), "no participants", method, group=group, level=level)


@METHODS.add("cumulative_incidence", entry=True, entry_without="variance cmprsk")
def cumulative_incidence(data: Data, rows: Rows, *, endpoint: Endpoint, cause: str = "", by: Column = "",
                         at: list[float] = (), unit: Unit = "months", transform: Transform = "log-log",
                         variance: Literal["survival", "cmprsk"] = "survival"):  # fmt: skip
    """Cumulative incidence of one cause with the others competing (Aalen-Johansen): curve, and estimates at fixed times.

    Parameters
        endpoint: time-to-event endpoint with competing causes
        cause: name of the event of interest (default: the first of the endpoint)
        by: column whose levels are estimated apart
        at: fixed times, in `unit`
        unit: unit of all times
        transform: scale on which the interval is symmetric
        variance: infinitesimal jackknife, as R survival, or Gray's, as R cmprsk (not with delayed entry)
    """
    from ...stats.competing import cumulative_incidence as estimate
    from ...stats.competing import incidence_at
    from ...stats.survival import number_at_risk

    of, name = _cause(data, endpoint, cause)
    method = "Aalen-Johansen cumulative incidence"
    for group, time, causes, entry in _each_group(data, rows, endpoint, by, unit, name, method):
        options = {"variance": variance, "transform": transform, "level": data.plan.level}
        result = estimate(time, causes, of, entry=entry, **options)
        rows.add(result, group=group, level=name, kinds=COUNTS)
        rows.curve(result.curve, group=group, level=name)
        for t in at:
            there = incidence_at(result, t)
            # not from the curve: before its first step others may come under observation
            at_risk = {} if entry is None else {"n_at_risk": number_at_risk(time, [t], entry=entry)[0]}
            rows.add({**there.values, **at_risk}, group=group, level=at_time(t, unit), kinds=PERCENT | {"n_at_risk": "count"},
                     method=there.method, note=there.note, only=("estimate", "ci_low", "ci_high", "n_at_risk"))  # fmt: skip


@METHODS.add("conditional_probability", entry=True)
def conditional_probability(data: Data, rows: Rows, *, endpoint: Endpoint, time: float, cause: str = "", by: Column = "",
                            unit: Unit = "months"):  # fmt: skip
    """Probability of one cause by a time among those without a competing event by then (Pepe & Mori 1993).

    Parameters
        endpoint: time-to-event endpoint with competing causes
        time: the fixed time, in `unit`
        cause: name of the event of interest (default: the first of the endpoint)
        by: column whose levels are estimated apart
        unit: unit of all times
    """
    from ...stats.competing import conditional_probability as estimate

    of, name = _cause(data, endpoint, cause)
    for group, times, causes, entry in _each_group(data, rows, endpoint, by, unit, name, "conditional probability"):
        result = estimate(times, causes, time, of, entry=entry, level=data.plan.level)
        only = ("n", "events", "competing_events", "estimate", "std_error", "ci_low", "ci_high")
        rows.add(result, group=group, level=name, kinds=PERCENT | COUNTS, only=only)


@METHODS.add("gray")
def gray(
    data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, cause: str = "", rho: float = 0, stratum: Column = ""
):
    """Gray's test of equal cumulative incidence between groups (as R's cuminc), and the ratio of subdistribution hazards (Fine & Gray)
    of each group against the first, both within strata if there are any.

    Parameters
        endpoint: time-to-event endpoint with competing causes
        by: column of the groups
        cause: name of the event of interest (default: the first of the endpoint)
        rho: power of the weight (1 - incidence)^rho
        stratum: column of the strata
    """
    from ...stats.competing import gray as test
    from ...stats.competing_regression import fine_gray

    of, _ = _cause(data, endpoint, cause)
    time, causes, known = follow_up(data, endpoint, "days", [by, *([stratum] if stratum else [])], "cause")
    code, sizes = group_codes(data, by, known)
    if comparable(rows, sizes, "Gray's test", ("p_value",), two=False):
        strata = strata_of(data, stratum, known)
        rows.add(test(time, causes, code, of, rho=rho, stratum=strata), kinds=COUNTS)
        fitted = fine_gray(time, causes, against_first(code, sizes), of, stratum=strata, level=data.plan.level)
        ratios(data, rows, fitted, by, sizes)


@METHODS.add("fine_gray")
def fine_gray(
    data: Data, rows: Rows, *, endpoint: Endpoint, covariates: list[Column], cause: str = "", stratum: Column = ""
):
    """Regression on the subdistribution hazard of one cause (Fine & Gray 1999, as R's crr), robust intervals. Covariates
    as in cox.

    Parameters
        endpoint: time-to-event endpoint with competing causes
        covariates: columns of the model
        cause: name of the event of interest (default: the first of the endpoint)
        stratum: column of a few large strata, each with a baseline hazard and a distribution of censoring of its own
    """
    from ...stats.competing_regression import fine_gray as fit

    of, name = _cause(data, endpoint, cause)
    found = model(data, rows, endpoint, covariates, "Fine-Gray regression", stratum, outcome="cause")
    if found:
        design = found.design
        result = fit(
            found.time, found.outcomes, design.X, of, stratum=found.strata, level=data.plan.level, names=design.labels
        )
        rows.add(result, level=name, kinds=COUNTS, only=("events", "competing_events"))
        coefficients(rows, result, design.names, "hazard_ratio", design.note)


@METHODS.add("cause_specific_cox", entry=True)
def cause_specific_cox(data: Data, rows: Rows, *, endpoint: Endpoint, covariates: list[Column], cause: str = "",
                       stratum: Column = "", interval: Literal["wald", "profile"] = "wald"):  # fmt: skip
    """Cox regression on the hazard of one cause, competing events censored. Covariates as in cox.

    Parameters
        endpoint: time-to-event endpoint with competing causes
        covariates: columns of the model
        cause: name of the event of interest (default: the first of the endpoint)
        stratum: column of strata, each with a baseline hazard of its own
        interval: Wald, or profile likelihood
    """
    from ...stats.competing_regression import cause_specific_cox as fit

    of, name = _cause(data, endpoint, cause)
    found = model(data, rows, endpoint, covariates, "cause-specific Cox regression", stratum, outcome="cause")
    if found:
        design = found.design
        result = fit(found.time, found.outcomes, design.X, of, entry=found.entry, stratum=found.strata, interval=interval,
                     level=data.plan.level, names=design.labels)  # fmt: skip
        rows.add(result, level=name, kinds=COUNTS, only=("events", "competing_events"))
        coefficients(rows, result, design.names, "hazard_ratio", design.note)
