"""Whether an effect differs between subgroups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ...ids import Name
from ...registry import Column, Condition, Number
from ...stats.result import Result
from .. import Data, Rows
from ..participants import in_no_group
from .common import METHODS, RATIO, comparable, group_codes, not_estimable, number


def _grouped(data: Data, known: pd.Series, by: str, subgroup: str) -> pd.Series:
    """Those of whom group and subgroup are known too."""
    return known & ~in_no_group(data, by) & ~in_no_group(data, subgroup)


def _each(data: Data, rows: Rows, by: str, subgroup: str, known: pd.Series, effect: str, method: str,
          within: Callable[[np.ndarray, np.ndarray, Name], None], test: Callable[[np.ndarray, np.ndarray], Result]):  # fmt: skip
    """Participants by group and subgroup, the effect in each subgroup by `within`, the test of all by `test`."""
    code, sizes = group_codes(data, by, known)
    place, inside = group_codes(data, subgroup, known)
    rows.add({"n": int(known.sum())}, method="participants in the model")
    if not comparable(rows, sizes, method, ("p_value",)):
        return
    for at, (level, n) in enumerate(inside.items()):
        here = place == at
        rows.add({"n": n}, level=level, method="participants in the model")
        for g, group in enumerate(sizes):
            rows.add(
                {"n": int((here & (code == g)).sum())}, group=group, level=level, method="participants in the model"
            )
        if len(set(code[here])) < 2:
            not_estimable(rows, (effect,), "one group only", method, level=level)
        else:
            within(here, code[here], level)
    if comparable(rows, inside, method, ("p_value",), two=False):
        rows.add(test(code, place), only=("statistic", "df", "df_residual", "p_value"), kinds={"df_residual": "df"})


@METHODS.add("logistic_interaction")
def logistic_interaction(data: Data, rows: Rows, *, event: Condition, by: Column, subgroup: Column):
    """Whether the effect of `by` on a condition differs between subgroups: odds ratio of the second group against the first within
    each subgroup (logistic regression), and the likelihood-ratio test of their interaction.

    Parameters
        event: the outcome
        by: column of the two groups that are compared
        subgroup: column whose levels are the subgroups
    """
    from ...stats.logistic import logistic
    from ...stats.subgroups import logistic_interaction as test

    holds = data.outcome(event)
    known = _grouped(data, holds.notna(), by, subgroup)
    y = holds[known].to_numpy(dtype=bool)

    def within(here, code, level):
        result = logistic(y[here], code[:, None].astype(float), ["effect"], level=data.plan.level)
        names = {f"{name}:effect": name for name in ("odds_ratio", "ci_low", "ci_high")}
        rows.add(result, level=level, names=names, only=tuple(names), kinds=RATIO)

    method = "likelihood-ratio test of interaction in logistic regression"
    _each(data, rows, by, subgroup, known, "odds_ratio", method, within, lambda code, place: test(y, code, place))


@METHODS.add("linear_interaction")
def linear_interaction(data: Data, rows: Rows, *, variable: Number, by: Column, subgroup: Column):
    """Whether the effect of `by` on a continuous variable differs between subgroups: difference of the means of the second group
    and the first within each subgroup (with the variance of all), and the F test of their interaction.

    Parameters
        variable: the outcome
        by: column of the two groups that are compared
        subgroup: column whose levels are the subgroups
    """
    from ...stats.subgroups import linear_interaction as test
    from ...stats.subgroups import mean_differences

    known = _grouped(data, data.frame[variable].notna(), by, subgroup)
    y = number(data.frame.loc[known, variable])
    code, _ = group_codes(data, by, known)
    place, inside = group_codes(data, subgroup, known)
    found = mean_differences(y, code, place, level=data.plan.level) if len(set(code)) == 2 else None
    order = {level: at for at, level in enumerate(inside)}

    def within(here, code, level):
        names = ("estimate", "std_error", "ci_low", "ci_high")
        values = {name: found.curve[name][order[level]] if found.curve else float("nan") for name in names}
        rows.add(Result(found.method, values, found.note), level=level)

    method = "F test of interaction in a linear model"
    _each(data, rows, by, subgroup, known, "estimate", method, within, lambda code, place: test(y, code, place))
