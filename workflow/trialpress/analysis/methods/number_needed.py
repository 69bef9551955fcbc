"""Number needed to treat."""

from __future__ import annotations

from typing import Literal

from ...ids import word
from ...registry import Column, Condition
from .. import Data, Rows
from .common import METHODS, PERCENT, two_proportions
from .comparing import strata_tables

KINDS = dict.fromkeys(("number_needed", "ci_low", "ci_high"), "decimal1")
WHAT = "number needed to treat"


@METHODS.add("number_needed", of_counts=True, with_stratum="sato greenland-robins")
def number_needed(data: Data, rows: Rows, *, event: Condition, by: Column, stratum: Column = "",
                  interval: Literal["newcombe", "sato", "greenland-robins"] = "newcombe"):  # fmt: skip
    """How many must be treated as the second group for one more, and for one fewer, to have a condition than in the first, with the
    interval of Altman, which goes through infinity where the groups may not differ; and the risk difference that it inverts, within
    strata that with Mantel-Haenszel weights.

    Parameters
        event: what is compared: where it is good, one more is a benefit
        by: column with two levels
        stratum: column of the strata
        interval: kind of confidence interval of the risk difference; within strata newcombe is Yan and Su's, or one of sato and greenland-robins
    """
    from ...stats.contingency import risk_difference
    from ...stats.number_needed import number_needed as invert
    from ...stats.number_needed import stratified_number_needed
    from ...stats.stratified_risks import stratified_difference

    level = data.plan.level
    if stratum:
        tables = strata_tables(data, rows, event, by, stratum, WHAT, ("number_needed",))
        if tables is None:
            return
        sides = stratified_number_needed(tables, interval=interval, level=level)
        found = stratified_difference(tables, interval=interval, level=level)
        rows.add(found, kind="count", only=("strata",))
    else:
        counts = two_proportions(data, rows, event, by, WHAT, ("number_needed",))
        if not counts:
            return
        (n2, N2), (n1, N1) = counts.values()
        sides, found = invert(n2, N2, n1, N1, level=level), risk_difference(n2, N2, n1, N1, level=level)
    for side, result in zip(("one more", "one fewer"), sides, strict=True):
        rows.add(result, level=word(side), kinds=KINDS)
    rows.add(found, level=word("risk difference"), kinds=PERCENT, only=("estimate", "ci_low", "ci_high"))
