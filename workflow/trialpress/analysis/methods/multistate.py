"""States between which participants move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from ...ids import Name, word
from ...ids import at as at_time
from ...registry import Column, Endpoint
from ...stats.result import Result
from .. import Data, Rows
from .common import METHODS, PERCENT, Unit, comparable, entry_of, followed, not_estimable, number
from .delayed import States
from .survival import Transform


def states_of(data: Data, endpoint: str, begin: str) -> list[Name]:
    """The states by number: not begun, begun, and one of each cause."""
    label, of = data.plan.label(begin), data.plan.endpoints[endpoint]
    named = [Name(one.id, f"{label}: {one.label}") for one in (word("not begun"), word("begun"))]
    return named + [of.event(name) for name in of.events]


@METHODS.add("state_probabilities", moments="begin", intervals=True)
def state_probabilities(
    data: Data, rows: Rows, *, endpoint: Endpoint, begin: Column, at: list[float] = (), unit: Unit = "months"
):
    """Probabilities of an illness-death model over time (Aalen-Johansen): of being under follow-up without what may begin, as an
    allogeneic transplant, of being under follow-up after it, and of each cause of the endpoint; together they are 1.

    Parameters
        endpoint: an endpoint with competing causes
        begin: column of the date on which it begins; of an endpoint from durations, that of the time until it begins
        at: fixed times, in `unit`
        unit: unit of the curves and of fixed times
    """
    from ...stats.multistate import illness_death
    from ...stats.multistate import state_probabilities as estimate
    from ...stats.survival import read_off

    if not data.plan.endpoints[endpoint].competing:
        raise ValueError(f"endpoint: '{endpoint}' has no competing causes, which are the states at the end")
    found, names = States.of(data, endpoint, begin, outcome="cause"), states_of(data, endpoint, begin)
    method = "Aalen-Johansen state probabilities"
    rows.add({"n": int((found.time > 0).sum())}, method="participants with follow-up after day 0", note=found.note)
    stays = illness_death(found.time, found.event.astype(int), found.begin) if found.time.size else None
    if stays is None or not len(stays.patient):
        return not_estimable(rows, ("estimate",), "no follow-up" if found.time.size else "no participants", method)
    result = estimate(stays, len(names), level=data.plan.level)
    for k, name in enumerate(names):
        part = {key: values[result.curve["state"] == k] for key, values in result.curve.items() if key != "state"}
        part["time"] = part["time"] / data.plan.days(unit)
        rows.add({"transitions": result[f"state:{k}"]}, group=name, kind="count", method="transitions into the state")
        rows.curve(part, group=name)
        for t in at:
            there = read_off(Result(result.method, {}, curve=part), t, before=0.0)
            rows.add(there, group=name, level=at_time(t, unit), kinds=PERCENT, only=("estimate", "ci_low", "ci_high"))


def in_order(data: Data, changes: list[str]) -> pd.Series:
    """True for those whose dates follow one another, none missing before a later one; the time of day does not count."""
    dates = data.frame[changes].apply(lambda of: of.dt.normalize() if pd.api.types.is_datetime64_any_dtype(of) else of)
    order = pd.Series(True, index=dates.index)
    for earlier, later in pairwise(changes):
        order &= dates[later].isna() | (dates[earlier] < dates[later]).fillna(False)
    return order


def changes_of(data: Data, endpoint: str, changes: list[str], estimator: str) -> tuple[np.ndarray, pd.Series, str]:
    """(day of each change from the origin, a column each, of those who are followed and whose changes are in order; who they are; notes).

    A change before the origin counts as one on its day; one after the end of follow-up does not count.
    """
    if len(set(changes)) < len(changes):
        raise ValueError("changes: a column is named twice")
    known = followed(data, endpoint) & in_order(data, changes)
    if estimator == "aalen-johansen":  # of stays, and there is none without follow-up after day 0
        known &= (data.frame[f"{endpoint}_time"] > 0).fillna(False).astype(bool)
    days = [number(data.days_after_origin(endpoint, data.frame[name]))[known] for name in changes]
    found = np.column_stack([*days, np.empty((int(known.sum()), 0))])
    end = number(data.frame.loc[known, f"{endpoint}_time"])[:, None] / data.plan.per(endpoint, "days")
    early, late = int((found < 0).sum()), int((found > end).sum())
    notes = [f"{early} changes before the time origin count as on its day"] * bool(early)
    notes += [f"{late} changes after the end of follow-up do not count"] * bool(late)
    return np.maximum(found, 0.0), known, "; ".join(notes)


@METHODS.add(
    "current_leukaemia_free_survival",
    moments="changes",
    ordered="changes",
    entry=True,
    entry_without="estimator aalen-johansen",
    intervals="estimator aalen-johansen",
)
def current_leukaemia_free_survival(data: Data, rows: Rows, *, endpoint: Endpoint, changes: list[Column], start: Literal["remission", "disease"] = "remission",
                                    by: Column = "", at: list[float] = (), unit: Unit = "months", transform: Transform = "log-log",
                                    estimator: Literal["kaplan-meier", "aalen-johansen"] = "kaplan-meier"):  # fmt: skip
    """Current leukaemia-free survival: the probability of being alive and in remission, the first or one that was reached again after a
    relapse (Klein et al. 2000): curve, and estimates at fixed times with the numbers under observation and of them in remission. Who has
    dates that contradict their order is left out.

    Parameters
        endpoint: overall survival, from the day on which participants are in the state of `start`
        changes: columns of the dates of the changes (of an endpoint from durations, of the times until them) in their order; from remission: relapse, next remission, next relapse, ...
        start: whether participants start in remission, or with the disease; then the first change is that into remission
        by: column whose levels are estimated apart
        at: fixed times, in `unit`
        unit: unit of the curves and of fixed times
        transform: scale on which the interval is symmetric
        estimator: sums and differences of Kaplan-Meier curves, or state probabilities, which are never below 0
    """
    from ...stats.current_survival import current_survival as estimate
    from ...stats.survival import read_off

    days, known, note = changes_of(data, endpoint, changes, estimator)
    per, estimates = data.plan.days(unit), {}
    time, death = (number(data.frame.loc[known, f"{endpoint}_{name}"]) for name in ("time", "event"))
    entry = entry_of(data, endpoint, "days", known)
    for group, members in data.groups(by).items():
        here = members[known].to_numpy(dtype=bool)
        from_ = None if entry is None else entry[here]
        late = None if entry is None else from_ / per
        result = estimate(time[here] / per, death[here], days[here] / per, entry=late, in_remission=start == "remission", estimator=estimator,
                          level=data.plan.level, transform=transform)  # fmt: skip
        rows.add(result, group=group, only=("n", "deaths"), kind="count", note=note)
        for k, name in enumerate(changes, start=1):
            moved = {"n": result.values.get(f"changes:{k}", 0)}
            rows.add(
                moved,
                group=group,
                level=data.column(name),
                method="participants with the change by the end of their follow-up",
            )
        if not result.curve:
            why = result.note.removeprefix("not estimable: ")
            not_estimable(rows, ("estimate",), why, result.method, group=group)
            continue
        drawn = {key: values for key, values in result.curve.items() if key != "n_in_remission"}
        rows.curve(drawn, group=group)
        for t in at:
            there = read_off(result, t, before=np.nan)
            counts = under(time[here], days[here], t * per, start, from_)
            now = {name: int(mask.sum()) for name, mask in zip(("n_at_risk", "n_in_remission"), counts, strict=True)}
            why = result.note if np.isnan(there["estimate"]) else ""
            found = Result(result.method, {**there.values, **now}, "; ".join(filter(None, [there.note, why])))
            only = ("estimate", "std_error", "ci_low", "ci_high", "n_at_risk", "n_in_remission")
            rows.add(found, group=group, level=at_time(t, unit), kinds=PERCENT | {"n_in_remission": "count"}, only=only)
            estimates.setdefault(t, {})[group] = found
    if by and at:
        _differences(data, rows, estimates, by, unit, transform)


def _differences(data: Data, rows: Rows, estimates: Mapping, by: str, unit: str, transform: str) -> None:
    """Of two groups at each time (time -> group -> estimate)."""
    from ...stats.survival_difference import DIFFERENCE, difference_at

    groups = data.groups(by)
    if len(groups) > 2:
        return
    method = "difference of current leukaemia-free survival"
    for t, found in estimates.items():
        sizes = {group: int(group in found) for group in groups}
        if not comparable(rows, sizes, method, ("estimate", "p_value"), level=at_time(t, unit)):
            continue
        (one, first), (other, second) = found.items()
        result = difference_at(first, second, [one.label, other.label], transform=transform, level=data.plan.level)
        said = f"{method}, {other.label} minus {one.label}, {100 * data.plan.level:g}% CI, {transform} test"
        rows.add(replace(result, method=said), level=at_time(t, unit), kinds=PERCENT, only=DIFFERENCE)


def under(
    time: np.ndarray, days: np.ndarray, t: float, start: str, entry: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Who is under observation at t, and of them who is in remission just before."""
    moved = (days < t).sum(axis=1) + (start == "disease")
    here = (time >= t) & (True if entry is None else (entry < t) | (entry <= 0))
    return here, here & (moved % 2 == 0)
