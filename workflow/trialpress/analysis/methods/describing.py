"""Describing: summaries, counts, baseline characteristics."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...ids import EVERYONE, Name
from ...registry import Column
from .. import Data, Rows
from .common import METHODS, is_categorical


@METHODS.add("summary")
def summary(data: Data, rows: Rows, *, variable: Column, by: Column = ""):
    """Number, missing, mean, standard deviation, median, quartiles (R type 7) and range of a continuous variable.

    Parameters
        variable: what is summarised
        by: column whose levels are reported apart
    """
    for group, members in data.groups(by).items():
        _summarise(data, rows, variable, members, group, EVERYONE)


def _summarise(data: Data, rows: Rows, variable: str, members: pd.Series, group: Name, of: Name):
    from ...stats.continuous import summary as summarise

    everyone = data.frame[variable].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    values, known = everyone[members], everyone[~np.isnan(everyone)]
    # as many decimals as the whole population needs, so that groups are printed alike
    span, largest = (np.ptp(known), np.abs(known).max()) if known.size else (0.0, 0.0)
    whole = known.size and np.all(known == np.round(known))
    kind = "decimal0" if whole and span > 10 else "significant" if span < 1 or largest >= 1000 else "decimal1"
    note = "not estimable: no known value" if np.isnan(values).all() else ""
    rows.add(summarise(values), group=group, level=of, kind=kind, note=note)


@METHODS.add("frequency")
def frequency(data: Data, rows: Rows, *, variable: Column, by: Column = ""):
    """Counts and percentages of the levels of a categorical variable, of those in whom it is known.

    Parameters
        variable: what is counted
        by: column whose levels are reported apart
    """
    for group, members in data.groups(by).items():
        _frequencies(data, rows, variable, members, group, EVERYONE)


def _frequencies(data: Data, rows: Rows, variable: str, members: pd.Series, group: Name, of: Name):
    levels = data.levels(variable) if of else data.groups(variable)
    known = int(data.frame.loc[members, variable].notna().sum())
    rows.add(
        {"N": known, "missing": int(members.sum()) - known}, group=group, level=of, method="counts of known values"
    )
    for level, holds in levels.items():
        n = int((holds & members).sum())
        values = {"n": n, "percent": n / known if known else float("nan")}
        rows.add(
            values,
            group=group,
            level=level,
            method="counts of known values",
            note="" if known else "not estimable: no known value",
        )


OVERALL = Name(EVERYONE.id, "Overall")


@METHODS.add("baseline")
def baseline(data: Data, rows: Rows, *, variables: list[Column], by: Column = ""):
    """Baseline characteristics: continuous variables summarised, categorical ones counted, overall and by group, with
    standardised differences between two groups. No tests: groups that were not randomised differ.

    Parameters
        variables: the characteristics, in the order of the table
        by: column whose levels are compared
    """
    levels = data.groups(by) if by else {}
    groups = {**levels, OVERALL: pd.Series(True, index=data.frame.index)}
    for group, members in groups.items():
        rows.add({"N": int(members.sum())}, group=group, method="participants")
        for variable in variables:
            describe = _frequencies if is_categorical(data, variable) else _summarise
            describe(data, rows, variable, members, group, data.column(variable))
    pair = list(levels.values())
    if len(pair) == 2:
        for variable in variables:
            rows.add(_difference(data, variable, pair), group=OVERALL, level=data.column(variable),
                     names={"estimate": "standardised_difference"}, only=("estimate",))  # fmt: skip


def _difference(data: Data, variable: str, pair: list[pd.Series]):
    from ...stats.continuous import standardised_difference, standardised_difference_categorical

    if is_categorical(data, variable):
        levels = data.groups(variable).values()
        return standardised_difference_categorical(
            *([int((level & members).sum()) for level in levels] for members in pair)
        )
    values = data.frame[variable].astype("Float64")
    return standardised_difference(*(values[members].dropna().to_numpy(dtype=float) for members in pair))
