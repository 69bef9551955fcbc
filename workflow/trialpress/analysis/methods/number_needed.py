"""Number needed to treat."""

from __future__ import annotations

from ...ids import word
from ...registry import Column, Condition
from .. import Data, Rows
from .common import METHODS, PERCENT, two_proportions

KINDS = dict.fromkeys(("number_needed", "ci_low", "ci_high"), "decimal1")


@METHODS.add("number_needed", of_counts=True)
def number_needed(data: Data, rows: Rows, *, event: Condition, by: Column):
    """How many must be treated as the second group for one more, and for one fewer, to have a condition than in the first, with the
    interval of Altman, which goes through infinity where the groups may not differ; and the risk difference that it inverts.

    Parameters
        event: what is compared: where it is good, one more is a benefit
        by: column with two levels
    """
    from ...stats.contingency import risk_difference
    from ...stats.number_needed import number_needed as invert

    counts = two_proportions(data, rows, event, by, "number needed to treat", ("number_needed",))
    if counts:
        (n2, N2), (n1, N1) = counts.values()
        for side, result in zip(("one more", "one fewer"), invert(n2, N2, n1, N1, level=data.plan.level), strict=True):
            rows.add(result, level=word(side), kinds=KINDS)
        found = risk_difference(n2, N2, n1, N1, interval="newcombe", level=data.plan.level)
        rows.add(found, level=word("risk difference"), kinds=PERCENT, only=("estimate", "ci_low", "ci_high"))
