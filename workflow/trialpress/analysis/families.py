"""Families of tests: every p-value that the plan puts in a family is adjusted with the others."""

from __future__ import annotations

import pandas as pd

from ..errors import InputError, Problem, nearest
from ..plan import Plan
from .display import display


def adjusted(ard: pd.DataFrame, plan: Plan, family: str) -> pd.DataFrame:
    """A row p_value_adjusted beside every p-value of a family.

    Of an analysis that is its overall p-value; where it has none, as a model, that of every level (a covariate, a level of
    one, a day); with `family_of` those of the levels that it names. A p-value that could not be estimated, and an analysis
    without any, is no test of the family; its row says so.
    """
    from ..stats.multiplicity import adjust

    rows = pd.concat([_tests(ard, name, spec) for name, spec in plan.analyses.items() if spec.get("family") == family] or [ard[:0]],
                     ignore_index=True)  # fmt: skip
    result = adjust(rows["value"], plan.families[family])
    values = result.curve.get("p_adjusted", rows["value"])
    tested = int(rows["value"].notna().sum())
    return rows.assign(
        statistic="p_value_adjusted",
        value=values,
        display=[display("p_value_adjusted", value) for value in values],
        method=f"{result.method}; family of {tested} tests",
        note=["" if known else "not estimable: no p-value to adjust" for known in rows["value"].notna()],
    )


def _tests(ard: pd.DataFrame, name: str, spec) -> pd.DataFrame:
    """The rows of an analysis that are tests of its family."""
    mine = ard[ard["analysis"] == name]
    found = mine[mine["statistic"] == "p_value"]
    if "family_of" in spec:
        named = []
        for level in spec["family_of"]:
            there = mine[mine["level"] == level]
            if there.empty:
                what = f"the analysis has no p-value of '{level}'"
                why, do = (
                    "it would be left out of the family in silence",
                    nearest(level, sorted(set(mine["level"]) - {""})),
                )
                raise InputError([Problem(f"plan.yaml, analyses.{name}.family_of", what, why, do)])
            tests = there[there["statistic"] == "p_value"]
            named.append(tests if len(tests) else there[:1].assign(value=float("nan")))
        return pd.concat(named)
    overall = found[found["group"].eq("") & found["level"].eq("")]
    if len(overall) or len(found):
        return overall if len(overall) else found
    return mine[:1].assign(group="", group_label="", level="", level_label="", value=float("nan"))
