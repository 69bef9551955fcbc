"""The difference of two survival curves over time."""

from __future__ import annotations

from ...ids import at as at_time
from ...registry import Column, Endpoint
from .. import Data, Rows
from .common import METHODS, Unit, reworded
from .survival import each_group, two_groups


@METHODS.add("survival_difference")
def survival_difference(
    data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, at: list[float] = (), unit: Unit = "months"
):
    """Difference of the Kaplan-Meier estimates of two groups over time, second less first, with its pointwise interval, as
    far as both groups are followed; at fixed times as numbers.

    Parameters
        endpoint: the time-to-event endpoint
        by: column with two levels
        at: fixed times, in `unit`
        unit: unit of all times
    """
    from ...stats.survival import read_off
    from ...stats.survival_difference import difference_curve

    method = "difference of Kaplan-Meier estimates"
    for group, time, event, _ in each_group(data, rows, endpoint, by, unit, method):
        rows.add({"n": len(time), "events": int(event.sum())}, group=group, method="participants with follow-up")
    two = two_groups(data, rows, endpoint, by, unit, method, "estimate")
    if not two:
        return
    time, event, code, words = two
    found = reworded(difference_curve(time, event, code, level=data.plan.level), words)
    rows.curve(found.curve)
    for t in at:
        there = read_off(found, t, before=0.0)
        rows.add(there, level=at_time(t, unit), kind="percent", only=("estimate", "ci_low", "ci_high"))
