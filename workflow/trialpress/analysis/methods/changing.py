"""Cox regression on covariates that change during follow-up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...cohort.endpoints import whole
from ...expression import Expression
from ...ids import Name, column
from ...registry import Column, Endpoint, Field, RowCondition, Table
from .. import Data, Rows
from ..source import rows_of
from .common import METHODS, Design, coefficients, follow_up, not_estimable, number, strata_of
from .delayed import States


def measurements(
    data: Data, endpoint: str, table: str, date: str, value: str, which: str, known: pd.Series
) -> tuple[np.ndarray, ...]:
    """(place among the followed, day from the origin, value) of each measurement of those who are followed."""
    of = data.plan.endpoints[endpoint]
    who, (rows, columns) = data.study.participant, rows_of(data, table)
    rows = rows[Expression(which)(columns).fillna(False).astype(bool)] if which else rows
    followed = data.frame.loc[known, who].to_numpy()
    place = dict(zip(followed, range(len(followed)), strict=True))
    rows = rows[rows[who].isin(place) & rows[date].notna() & rows[value].notna()]
    if of.from_durations:
        day = whole(rows[date]) / data.plan.per(endpoint, "days")
    else:
        since = dict(zip(data.frame[who], Expression(of.origin)(data.columns()), strict=True))
        # from the beginning of the day of the origin, as the times are; of two values of a day the later one stays the later one
        day = (rows[date] - pd.to_datetime(rows[who].map(since)).dt.normalize()) / pd.Timedelta(days=1)
    return rows[who].map(place).to_numpy(dtype=int), day.to_numpy(dtype=float), number(rows[value])


def intervals(
    data: Data,
    endpoint: str,
    begins: list[str],
    covariates: list[str],
    table: str,
    date: str,
    value: str,
    which: str,
    stratum: str = "",
):
    """(intervals of those in whom all is known, the covariates known at the origin, notes)."""
    from ...stats.counting_process import Rows as Intervals
    from ...stats.counting_process import counting_process

    time, event, known = follow_up(data, endpoint, "days", [stratum] if stratum else [])
    design = Design.of(data, covariates, known)
    states = [States.of(data, endpoint, name, stratum=stratum) for name in begins]
    note = "; ".join(filter(None, [*(one.note for one in states), design.note if covariates else ""]))
    inside = design.known[known].to_numpy(dtype=bool)
    if not inside.any():
        return Intervals(*np.zeros((4, 0), int), np.zeros((0, 0))), design, note
    measured = [measurements(data, endpoint, table, date, value, which, design.known)] if table else []
    found = counting_process(time[inside], event[inside], [one.begin[inside] for one in states], measured)
    return found, design, note


def in_time(data: Data, given: Mapping) -> pd.Series:
    """True for those of whom something is measured before the end of their follow-up."""
    endpoint, everyone = given["endpoint"], pd.Series(True, index=data.frame.index)
    of = (given[key] for key in ("table", "date", "value", "which"))
    place, day, _ = measurements(data, endpoint, *of, everyone)
    end = number(data.frame[f"{endpoint}_time"] / data.plan.per(endpoint, "days"))
    return pd.Series(np.isin(np.arange(len(end)), place[day < end[place]]), index=data.frame.index)


def _measured(data: Data, table: str, value: str) -> Name:
    label = getattr(data.study.tables[table].columns.get(value), "label", "")
    return column(value, label or value)


@METHODS.add("changing_cox", moments="begins date", intervals=True)
def changing_cox(data: Data, rows: Rows, *, endpoint: Endpoint, begins: list[Column] = (), covariates: list[Column] = (), stratum: Column = "",
                 table: Table = "", date: Field = "", value: Field = "", which: RowCondition = ""):  # fmt: skip
    """Cox regression on covariates that change during follow-up (counting process, Efron ties): conditions that begin on a day, as
    an allogeneic transplant, and the latest value of a quantity that is measured again and again; with those known at the
    origin. A participant is at risk from the first measurement on.

    Parameters
        endpoint: the time-to-event endpoint
        begins: columns of the dates on which conditions begin; of an endpoint from durations, of the times until they begin
        covariates: columns known at the origin
        stratum: column of strata, each with a baseline hazard of its own
        table: clean table of the measurements
        date: its column of the date, or of the time since the origin
        value: its column of the number, whose latest value is the covariate
        which: rows of the table that count, all without
    """
    from ...stats.cox import cox

    if bool(table) != bool(date and value) or not (begins or table):
        raise ValueError("begins, table: name dates on which something begins, or a table with its date and value")
    method = "Cox regression on changing covariates"
    found, design, note = intervals(data, endpoint, begins, covariates, table, date, value, which, stratum)
    names = (
        [column(name, data.plan.label(name)) for name in begins]
        + ([_measured(data, table, value)] if table else [])
        + design.names
    )
    at_risk = len(set(found.patient.tolist()))
    counts = {"n": at_risk, "events": int(found.event.sum())}
    rows.add(counts, kind="count", method="participants at risk in the model", note=note)
    if not at_risk:
        why = (
            "nobody has a measurement before the end of follow-up"
            if design.known.any() and table
            else "no participants"
        )
        for name in names:
            not_estimable(rows, ("hazard_ratio",), why, method, level=name)
        return
    X = np.column_stack([found.X, design.X[found.patient]]) if design.names else found.X
    labels = [name.label for name in names]
    strata = strata_of(data, stratum, design.known)
    inside = None if strata is None else strata[found.patient]
    result = cox(found.time, found.event, X, entry=found.entry, stratum=inside, level=data.plan.level, names=labels)
    coefficients(rows, result, names, "hazard_ratio", note)
    rows.add(result, only=("lr_statistic", "lr_p_value"), kinds={"lr_p_value": "p"})
