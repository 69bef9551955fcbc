"""Number needed to treat."""

from __future__ import annotations

import math

from .contingency import risk_difference
from .result import Result, not_estimable
from .stratified_risks import INTERVALS, stratified_difference

STATISTICS = ("number_needed", "ci_low", "ci_high")


def number_needed(n2: int, N2: int, n1: int, N1: int, *, level: float = 0.95) -> tuple[Result, Result]:
    """How many must be treated as the second group for one more, and for one fewer, to have the outcome than in the first: the
    inverse of the difference of the proportions and of its Newcombe limits (Altman 1998). An interval of the difference that
    holds 0 goes through infinity: from ci_low of the one, over infinity, to ci_low of the other.

    Returns the result for one more (the second group has the outcome more often) and that for one fewer, each with
    number_needed, ci_low, ci_high; what lies on the other side is not estimable and the note says so.

    >>> more, fewer = number_needed(15, 40, 10, 40)
    >>> print(round(more["number_needed"], 1), round(more["ci_low"], 1), more["ci_high"], round(fewer["ci_low"], 1))
    8.0 3.2 inf 13.0
    """
    method = f"number needed to treat, from Newcombe's {100 * level:g}% CI of the risk difference (Altman 1998)"
    return _inverted(risk_difference(n2, N2, n1, N1, level=level), method)


def stratified_number_needed(tables, *, interval: str = "newcombe", level: float = 0.95) -> tuple[Result, Result]:
    """The same within strata: the inverse of the Mantel-Haenszel risk difference of K 2 x 2 tables (array K x 2 x 2, second group in
    the first row, events first) and of its limits (Altman 1998). interval, strata that count: as in
    `stratified_risks.stratified_difference`.

    >>> more, fewer = stratified_number_needed([[[8, 98], [5, 115]], [[22, 76], [16, 69]]], interval="sato")
    >>> print(round(more["number_needed"], 1), round(more["ci_low"], 1), more["ci_high"])
    28.7 10.3 inf
    """
    found = stratified_difference(tables, interval=interval, level=level)
    of = f"{INTERVALS[interval]} {100 * level:g}% CI of the Mantel-Haenszel risk difference"
    return _inverted(found, f"number needed to treat within strata, from the {of} (Altman 1998)")


def _inverted(d: Result, method: str) -> tuple[Result, Result]:
    """For one more and one fewer, of a risk difference with its limits."""
    estimate, low, high = (d.values.get(name, math.nan) for name in ("estimate", "ci_low", "ci_high"))
    if math.isnan(estimate) or math.isnan(low):
        why = d.note.removeprefix("not estimable: ") or "the risk difference has no interval"
        none = not_estimable(method, STATISTICS, why)
        return none, none
    estimate, low, high = (
        value if abs(value) > 1e-14 else 0.0 for value in (estimate, low, high)
    )  # rounding of weighted sums
    return tuple(_side(method, *limits) for limits in ((estimate, low, high), (-estimate, -high, -low)))


def _side(method: str, d: float, low: float, high: float) -> Result:
    """Of a difference in this direction."""
    if high <= 0:
        return not_estimable(method, STATISTICS, "the interval of the risk difference lies wholly on the other side")
    through = low <= 0
    values = (1 / d if d > 0 else math.inf if d == 0 else math.nan, 1 / high, math.inf if through else 1 / low)
    notes = ["the interval goes through infinity to the other side"] if through and low < 0 else []
    if d < 0:
        notes.insert(0, "estimate not estimable on this side: the difference is on the other")
    return Result(method, dict(zip(STATISTICS, values, strict=True)), "; ".join(notes))
