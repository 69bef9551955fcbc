"""Describing: summaries, counts, baseline characteristics."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ...ids import EVERYONE, Name
from ...registry import Column, Number
from .. import Data, Rows
from ..display import precision, recorded_decimals
from .common import METHODS, PERCENT, cross_table, is_categorical, not_estimable, number, samples

Percent = Literal["known", "all"]
Test = Literal["rank", "t_test", "fisher", "chi_square"]


@METHODS.add("summary", rows=True)
def summary(data: Data, rows: Rows, *, variable: Number, by: Column = ""):
    """Number, missing, mean, standard deviation, median, quartiles (R type 7) and range of a continuous variable.

    Parameters
        variable: what is summarised
        by: column whose levels are reported apart
    """
    recorded = recorded_decimals(number(data.frame[variable]))
    for group, members in data.groups(by).items():
        _summarise(data, rows, variable, members, group, EVERYONE, recorded)


def _summarise(data: Data, rows: Rows, variable: str, members: pd.Series, group: Name, of: Name, recorded: int | None,
               intervals: bool = False):  # fmt: skip
    from ...stats import description

    values = number(data.frame[variable])[members.to_numpy()]
    result = description.summary(values)
    note = "not estimable: no known value" if np.isnan(values).all() else ""
    rows.add(result, group=group, level=of, kinds=precision(recorded, result.values), note=note)
    if intervals:
        found = description.intervals(values, level=data.plan.level)
        kinds = {name: precision(recorded, {name.partition("_")[0]: value}) for name, value in found.values.items()}
        rows.add(found, group=group, level=of, kinds={name: next(iter(kind.values())) for name, kind in kinds.items()})


@METHODS.add("frequency", rows=True, of_counts="percent")
def frequency(data: Data, rows: Rows, *, variable: Column, by: Column = ""):
    """Counts and percentages of the levels of a categorical variable, of those in whom it is known.

    Parameters
        variable: what is counted
        by: column whose levels are reported apart
    """
    for group, members in data.groups(by).items():
        _frequencies(data, rows, variable, members, group, EVERYONE)


def _frequencies(
    data: Data, rows: Rows, variable: str, members: pd.Series, group: Name, of: Name, percent_of: str = "known",
    intervals: bool = False,
):  # fmt: skip
    from ...stats.proportions import proportion

    levels = data.levels(variable) if of else data.groups(variable)
    known = int(data.frame.loc[members, variable].notna().sum())
    whole, method = (
        (known, "counts of known values")
        if percent_of == "known"
        else (int(members.sum()), "counts, percentages of all")
    )
    rows.add(
        {"N": known, "missing": int(members.sum()) - known}, group=group, level=of, method="counts of known values"
    )
    for level, holds in levels.items():
        n = int((holds & members).sum())
        values = {"n": n, "percent": n / whole if whole else float("nan")}
        rows.add(
            values,
            group=group,
            level=level,
            method=method,
            note="" if whole else "not estimable: no known value",
        )
        if intervals and whole:
            rows.add(
                proportion(n, whole, level=data.plan.level),
                group=group,
                level=level,
                kinds=PERCENT,
                only=("ci_low", "ci_high"),
            )


OVERALL = Name(EVERYONE.id, "Overall")


@METHODS.add("baseline", missing_apart=True, overall=True, of_counts="percent")
def baseline(data: Data, rows: Rows, *, variables: list[Column], by: Column = "", digits: int = -1,
             digits_of: dict[Column, int] = None, percent_of: Percent = "known", percent_of_each: dict[Column, Percent] = None,
             missing: Literal["count", "percent"] = "count", intervals: bool = False, p_values: bool = False,
             tests: dict[Column, Test] = None):  # fmt: skip
    """Baseline characteristics: continuous variables summarised, categorical ones counted, overall and by group, with
    standardised differences between two groups. Values are printed as precisely as they were recorded (mean and SD with
    one decimal more). No tests unless the plan asks for them: groups that were not randomised differ.

    Parameters
        variables: the characteristics, in the order of the table
        by: column whose levels are compared
        digits: decimals of the recorded values in print (-1: found from the values)
        digits_of: variable -> the same for it alone
        percent_of: percentages are of those in whom the value is known, or of all of the group
        percent_of_each: variable -> the same for it alone
        missing: the missing are counted, or counted with their percentage of all
        intervals: whether confidence intervals are given: exact ones of percentages and medians, Student's of means
        p_values: whether the groups are tested: exact Fisher test, Mann-Whitney or Kruskal-Wallis test
        tests: variable -> the test that is taken instead
    """
    levels = data.groups(by) if by else {}
    groups = {**levels, OVERALL: pd.Series(True, index=data.frame.index)}
    counted = {variable: is_categorical(data, variable) for variable in variables}
    chosen = {variable: (digits_of or {}).get(variable, digits) for variable in variables}
    recorded = {
        variable: chosen[variable] if chosen[variable] >= 0 else recorded_decimals(number(data.frame[variable]))
        for variable in variables
        if not counted[variable]
    }
    for group, members in groups.items():
        rows.add({"N": int(members.sum())}, group=group, method="participants")
        for variable in variables:
            name = data.column(variable)
            if counted[variable]:
                of = (percent_of_each or {}).get(variable, percent_of)
                _frequencies(data, rows, variable, members, group, name, of, intervals)
            else:
                _summarise(data, rows, variable, members, group, name, recorded[variable], intervals)
            if missing == "percent":
                unknown = int(data.frame.loc[members, variable].isna().sum())
                share = unknown / int(members.sum()) if members.any() else float("nan")
                rows.add({"missing_percent": share}, group=group, level=name, method="percentage of all")
    pair = list(levels.values())
    if len(pair) == 2:
        for variable in variables:
            rows.add(_difference(data, variable, pair), group=OVERALL, level=data.column(variable),
                     names={"estimate": "standardised_difference"}, only=("estimate",))  # fmt: skip
    tests = tests or {}
    for variable in variables if by and (p_values or tests) else ():
        if p_values or variable in tests:
            _tested(data, rows, variable, by, tests.get(variable, ""), data.column(variable))


def _tested(data: Data, rows: Rows, variable: str, by: str, test: str, level: Name):
    """The p-value of a characteristic between the groups that have a known value."""
    from ...stats import contingency, continuous

    counted = is_categorical(data, variable)
    if counted != (test in ("fisher", "chi_square")) and test:
        raise ValueError(f"tests: {test} is not for {variable}, which is {'counted' if counted else 'a number'}")
    if counted:
        table, _, _ = cross_table(data, variable, by)
        exact = test != "chi_square"
        result = contingency.fisher_rxc(table, seed=data.plan.seed) if exact else contingency.chi_square(table)
        rows.add(result, level=level, only=("p_value",))
        return
    values = [part for part in samples(data, variable, by).values() if part.size]
    method = {"t_test": "t test"}.get(test, "rank test")
    if len(values) < 2 or (test == "t_test" and len(values) > 2):
        why = f"{len(values)} group{'s' if len(values) != 1 else ''} with known values"
        not_estimable(rows, ("p_value",), why, method, level=level)
    elif test == "t_test":
        rows.add(continuous.t_test(values[1], values[0]), level=level, only=("p_value",))
    elif len(values) == 2:
        rows.add(continuous.mann_whitney(values[1], values[0]), level=level, only=("p_value",))
    else:
        code = np.repeat(np.arange(len(values)), [part.size for part in values])
        rows.add(continuous.kruskal_wallis(np.concatenate(values), code), level=level, only=("p_value",))


def _difference(data: Data, variable: str, pair: list[pd.Series]):
    from ...stats.description import standardised_difference, standardised_difference_categorical

    if is_categorical(data, variable):
        levels = data.groups(variable).values()
        return standardised_difference_categorical(
            *([int((level & members).sum()) for level in levels] for members in pair)
        )
    values = data.frame[variable].astype("Float64")
    return standardised_difference(*(values[members].dropna().to_numpy(dtype=float) for members in pair))
