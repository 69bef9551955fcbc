"""Cellular kinetics."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ...ids import Name
from ...ids import day as on_day
from ...registry import Column, Field, Number, Positive, Table
from .. import Data, Rows
from .common import METHODS, samples, two_samples


@METHODS.add("kinetics_by_day", once="day")
def kinetics_by_day(
    data: Data,
    rows: Rows,
    *,
    table: Table,
    day: Field,
    value: Field,
    by: Column = "",
    below: Positive = 0.5,
    zero: float = 0,
):
    """Geometric mean with interval of a measurement on each day. A value below the quantification limit (a `<` in the
    column's limit column) enters as a fraction of the limit; one above it (`>`) as the limit, and a note says how many. Where a value is 0 the mean is not estimable, unless the plan
    says what stands for it.

    Parameters
        table: clean table with one row per participant and day
        day: its column of the day
        value: its column of the measurement
        by: column whose levels are reported apart
        below: fraction of the limit that stands for a value below it
        zero: what stands for a value of 0 (0: nothing, and the mean is not estimable)
    """
    from ...stats.kinetics import geometric_mean

    source, limited, above = _measured(data, table, value)
    measured = source[value].astype("Float64").where(~limited, source[value].astype("Float64") * below)
    for group, members in data.groups(by).items():
        inside = source[data.study.participant].isin(data.frame.loc[members, data.study.participant]) & measured.notna()
        points = []
        for at, values in measured[inside].groupby(source.loc[inside, day]):
            most = _above(int(above[values.index].sum()))
            values, note = _instead_of_zero(values.to_numpy(dtype=float), zero)
            result = geometric_mean(values, level=data.plan.level)
            rows.add(
                result,
                group=group,
                level=on_day(at),
                kind="significant",
                names={"geometric_mean": "estimate"},
                only=("n", "geometric_mean", "ci_low", "ci_high"),
                note="; ".join(filter(None, [note, most])),
            )
            points.append((at, result["geometric_mean"], result["ci_low"], result["ci_high"], result["n"]))
        if points:
            names = ("x", "estimate", "ci_low", "ci_high", "n_at_risk")
            rows.curve(dict(zip(names, np.array(points, dtype=float).T, strict=True)), group=group)
        else:
            rows.add({"n": 0}, group=group, method="geometric mean", note="not estimable: no measurement")


def _instead_of_zero(values: np.ndarray, zero: float) -> tuple[np.ndarray, str]:
    """(values with what the plan puts in the place of 0, the note that says so)."""
    n = int((values == 0).sum()) if zero > 0 else 0
    return np.where(values == 0, zero, values) if n else values, f"{n} of 0 counted as {zero:g}" if n else ""


def _measured(data: Data, table: str, value: str) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """The table, and where its value is below and where above the quantification limit."""
    source, limit = data.tables[table], data.study.tables[table].columns[value].limit
    signs = source[limit].fillna("") if limit else pd.Series("", index=source.index)
    return source, (signs == "<").astype(bool), (signs == ">").astype(bool)


def _above(n: int, what: str = "") -> str:
    """How many values are known to be higher than they are counted."""
    return f"{n} {what}above the quantification limit counted as the limit" if n else ""


def _late(begins: pd.Series, start: str) -> str:
    """Whose area cannot begin on day 0, or has a value put in there."""
    late = begins[(begins > 0).fillna(False)]
    if late.empty:
        return ""
    days = " to ".join(f"{day:g}" for day in dict.fromkeys((late.min(), late.max())))
    return f"{len(late)} with a first value of day {days}" + (": C(0) = 0 put in" if start == "zero" else "")


@METHODS.add("exposure", once="day", since="0")
def exposure(data: Data, rows: Rows, *, table: Table, day: Field, value: Field, limit: Positive, by: Column = "", until: Positive = 28,
             below: Literal["half", "zero", "missing"] = "half",
             start: Literal["measured", "zero"] = "measured"):  # fmt: skip
    """Exposure of each participant, summarised: Cmax, Tmax, AUC (linear up, log down) from day 0 to a day, Tlast,
    terminal half-life. Median and quartiles of each, geometric means with interval of Cmax and AUC, and between two
    groups their ratio, second over first. A value below the quantification limit counts as 0 before the first
    quantifiable one and by the rule after it; one above it (`>`) as the limit, and a note says in how many participants. The area is not estimable for whoever has no value of day 0, unless the plan
    says `start: zero`.

    Parameters
        table: clean table with one row per participant and day
        day: its column of the day
        value: its column of the measurement
        limit: quantification limit, in the unit of the measurement
        by: column whose levels are reported apart
        until: last day of the area under the curve
        below: what stands for a later value below the limit: half of the limit, zero, or nothing
        start: measured: the area needs a value of day 0; zero: where there is none C(0) = 0 is put in
    """
    from ...stats.description import summary
    from ...stats.kinetics import exposure as measure
    from ...stats.kinetics import geometric_mean, geometric_mean_ratio

    who = data.study.participant
    source, limited, above = _measured(data, table, value)
    source = source.assign(value=source[value].astype("Float64").mask(limited, 0.0), above=above)
    source = source[source["value"].notna() & (source[day] >= 0).fillna(False)].sort_values([who, day])
    labels = {"cmax": "Cmax", "tmax": "Tmax", "auc": f"AUC 0-{until:g}", "tlast": "Tlast", "half_life": "Half-life"}
    mine = source[source[who].isin(data.frame[who])]
    names, first = np.unique(mine[who].to_numpy(dtype=str), return_index=True)
    days, values = (np.split(mine[name].to_numpy(dtype=float), first[1:]) for name in (day, "value"))
    found = {
        participant: measure(*of, until=until, limit=limit, blq=below, start=start)
        for participant, *of in zip(names.tolist(), days, values, strict=False)
    }
    begins = source.groupby(who)[day].min().astype("Float64")
    method = next((result.method for result in found.values()), "noncompartmental")
    for name, label in labels.items():
        level, known = Name(name, label), {}
        used = mine["above"] & (name != "tlast") & ((name != "auc") | (mine[day] <= until))
        high = set(mine.loc[used, who])
        for group, members in data.groups(by).items():
            each = np.array(
                [found[p][name] if p in found else np.nan for p in data.frame.loc[members, who]], dtype=float
            )
            known[group] = each[~np.isnan(each)]
            note = f"{np.isnan(each).sum()} of {each.size} not estimable" if np.isnan(each).any() else ""
            if name == "auc":
                note = "; ".join(filter(None, [note, _late(begins.reindex(data.frame.loc[members, who]), start)]))
            most = _above(int(data.frame.loc[members, who].isin(high).sum()), "with a value ")
            note = "; ".join(filter(None, [note, most]))
            only = ("n", "missing", "median", "q1", "q3", "min", "max")
            rows.add(summary(each), group=group, level=level, kind="significant", method=method, note=note, only=only)
            if name in ("cmax", "auc"):
                only = ("geometric_mean", "ci_low", "ci_high")
                result = geometric_mean(known[group], level=data.plan.level)
                rows.add(result, group=group, level=level, kind="significant", only=only, note=note)
        filled = [values for values in known.values() if values.size]
        if name in ("cmax", "auc") and len(filled) == 2:
            result = geometric_mean_ratio(filled[1], filled[0], level=data.plan.level)
            only = ("ratio", "ci_low", "ci_high", "p_value")
            rows.add(result, level=level, kind="ratio", only=only, note=_above(len(high), "with a value "))


@METHODS.add("geometric_mean_ratio", positive="variable")
def geometric_mean_ratio(data: Data, rows: Rows, *, variable: Number, by: Column):
    """A positive variable between two groups: geometric means with interval, and their ratio, second over first, with
    Welch's t test of the logarithms.

    Parameters
        variable: what is compared; values that are not positive are left out
        by: column with two levels
    """
    from ...stats.kinetics import geometric_mean
    from ...stats.kinetics import geometric_mean_ratio as compare

    groups = samples(data, variable, by)
    groups = {group: values[values > 0] for group, values in groups.items()}
    for group, values in groups.items():
        only = ("n", "geometric_mean", "ci_low", "ci_high")
        rows.add(geometric_mean(values, level=data.plan.level), group=group, kind="significant", only=only)
    pair = two_samples(rows, groups, "geometric mean ratio", ("ratio", "p_value"))
    if pair:
        only = ("ratio", "ci_low", "ci_high", "p_value")
        rows.add(compare(*pair, level=data.plan.level), kind="ratio", only=only)
