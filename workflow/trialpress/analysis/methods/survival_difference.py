"""Two survival curves compared: over time, by their restricted means, at a fixed time; also within strata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from ...ids import Name
from ...ids import at as at_time
from ...registry import Column, Endpoint, Positive
from .. import Data, Rows
from .common import METHODS, PERCENT, Unit, comparable, entry_of, follow_up, group_codes, reworded
from .survival import against_first, each_group, ratios, two_groups


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


def _compared(
    data: Data, rows: Rows, found, compare, endpoint: str, by: str, stratum: str, kinds: Mapping[str, str]
) -> None:
    """The difference of two groups; with strata that within each, and their mean."""
    from ...stats.survival_difference import across_strata

    time, event, code, words = found
    shown = ("estimate", "std_error", "ci_low", "ci_high", "statistic", "p_value")
    if not stratum:
        rows.add(reworded(compare(time, event, code), words), kinds=kinds, only=shown)
        return
    known = follow_up(data, endpoint, "days", [by, stratum])[2]
    within, sizes = group_codes(data, stratum, known)
    levels = dict(zip(data.groups(stratum), data.levels(stratum), strict=True))
    each, mean = across_strata(compare, time, event, code, within, level=data.plan.level)
    for at, group in enumerate(sizes):
        rows.add(reworded(each[at], words), level=levels[group], kinds=kinds, only=shown)
    words = words | {f"stratum {at}:": f"{group.label}:" for at, group in enumerate(sizes)}
    rows.add(reworded(mean, words), kinds=kinds | {"strata": "count"}, only=("strata", *shown))


@METHODS.add("restricted_mean")
def restricted_mean(data: Data, rows: Rows, *, endpoint: Endpoint, until: Positive, by: Column = "", stratum: Column = "",
                    unit: Unit = "months"):  # fmt: skip
    """Restricted mean survival time with interval: the area under the Kaplan-Meier curve up to a time. With two groups
    also their difference, second less first, and its test; with strata the difference within each, and their mean with
    Cochran's weights.

    Parameters
        endpoint: the time-to-event endpoint
        until: the time to which the mean is restricted, in `unit`; follow-up must reach it
        by: column whose levels are estimated apart
        stratum: column of strata within which two groups are compared
        unit: unit of all times
    """
    from ...stats.survival_difference import restricted_mean as estimate
    from ...stats.survival_difference import restricted_mean_difference

    if stratum and not by:
        raise ValueError("stratum: within strata two groups are compared; name their column in `by`")
    needed, level = [stratum] if by and stratum else [], data.plan.level
    found = each_group(data, rows, endpoint, by, unit, "restricted mean survival time", "estimate", needed=needed)
    for group, time, event, _ in found:
        rows.add(estimate(time, event, until, level=level), group=group, kind="decimal1")
    method = "difference of restricted means"
    two = by and two_groups(data, rows, endpoint, by, unit, method, "estimate", "p_value", needed=needed)
    if two:
        kinds = dict.fromkeys(("estimate", "std_error", "ci_low", "ci_high"), "decimal1")
        compare = lambda *of: restricted_mean_difference(*of, until, level=level)  # noqa: E731
        _compared(data, rows, two, compare, endpoint, by, stratum, kinds)


@METHODS.add("compare_at")
def compare_at(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, time: float, stratum: Column = "", unit: Unit = "months",
               transform: Literal["log-log", "log", "plain"] = "log-log"):  # fmt: skip
    """Survival of two groups at a fixed time (milestone): Kaplan-Meier estimates, their difference, second less first, with
    interval, and the test on a transformed scale; with strata the difference within each, and their mean with Cochran's
    weights, which is tested as it is.

    Parameters
        endpoint: the time-to-event endpoint
        by: column with two levels
        time: the fixed time, in `unit`
        stratum: column of strata within which the groups are compared
        unit: unit of all times
        transform: scale of the test
    """
    from ...stats.survival import kaplan_meier as estimate
    from ...stats.survival import survival_at
    from ...stats.survival_difference import compare_at as compare

    shown = ("estimate", "ci_low", "ci_high")
    needed = [stratum] if stratum else []
    for group, times, event, _ in each_group(data, rows, endpoint, by, unit, "Kaplan-Meier", "estimate", needed=needed):
        km = estimate(times, event, level=data.plan.level)
        rows.add(km, group=group, only=("n", "events"))
        rows.add(survival_at(km, time), group=group, kinds=PERCENT, only=shown)
    method = "difference of Kaplan-Meier estimates"
    two = two_groups(data, rows, endpoint, by, unit, method, "estimate", "p_value", needed=needed)
    if two:
        within = lambda *of: compare(*of, time, transform=transform, level=data.plan.level)  # noqa: E731
        _compared(data, rows, two, within, endpoint, by, stratum, PERCENT)


@METHODS.add("max_combo", entry=True)
def max_combo(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, stratum: Column = ""):
    """Max-combo test of two groups, for hazards that may not be proportional: the largest of four Fleming-Harrington tests, for
    proportional, late, early and middle differences (rho and gamma of 0 and 1), with the p-value of their joint normal
    distribution; and the hazard ratio by Cox regression, which is an average over time.

    Parameters
        endpoint: the time-to-event endpoint
        by: column of the two groups
        stratum: column of the strata
    """
    from ...stats.cox import cox
    from ...stats.max_combo import WEIGHTS
    from ...stats.max_combo import max_combo as test

    time, event, known = follow_up(data, endpoint, "days", [by, *([stratum] if stratum else [])])
    code, sizes = group_codes(data, by, known)
    if comparable(rows, sizes, "max-combo test", ("p_value",)):
        strata = data.frame.loc[known, stratum].astype(str).to_numpy(dtype=object) if stratum else None
        entry = entry_of(data, endpoint, "days", known)
        result = test(time, event, code, stratum=strata, entry=entry)
        rows.add(result, only=("statistic", "p_value"))
        for rho, gamma in WEIGHTS:
            level, z = Name(f"rho_{rho}_gamma_{gamma}", f"rho {rho}, gamma {gamma}"), result[f"z:{rho}_{gamma}"]
            rows.add({"statistic": z}, level=level, method="z of a Fleming-Harrington test",
                     note=f"not estimable: {result.note.removeprefix('not estimable: ')}" if np.isnan(z) else "")  # fmt: skip
        fitted = cox(time, event, against_first(code, sizes), entry=entry, stratum=strata, level=data.plan.level)
        ratios(data, rows, fitted, by, sizes)
