"""Several groups, two at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Literal

import numpy as np

from ...ids import Name
from ...registry import Column, Condition, Endpoint, Number, Ordinal
from .. import Data, Rows
from .common import (
    METHODS,
    RATIO,
    comparable,
    entry_of,
    event_counts,
    follow_up,
    group_codes,
    is_measured,
    known_counts,
    samples,
    two_by_two,
)

Against = Literal["all", "first"]


def pair(second: Name, first: Name) -> Name:
    """A group against another."""
    return Name(f"{second.id}_against_{first.id}", f"{second.label} against {first.label}")


def pairs(groups: list[Name], against: str) -> Iterator[tuple[Name, Name]]:
    """(first, second) of the groups that have participants, in their order."""
    return ((a, b) for a, b in combinations(groups, 2) if against == "all" or a == groups[0])


@METHODS.add("pairwise_means")
def pairwise_means(
    data: Data, rows: Rows, *, variable: Number, by: Column, adjust: Literal["tukey", "dunnett", "none"] = "tukey"
):
    """Differences of the means of several groups, two at a time (levels `b_against_a`), with the standard deviation of all groups
    pooled: of all pairs with Tukey's adjustment, of each group against the first with Dunnett's, intervals and p-values alike;
    or unadjusted, for a family of the plan to adjust.

    Parameters
        variable: what is compared
        by: column of the groups
        adjust: tukey, dunnett or none
    """
    from ...stats.multiple import SHOWN
    from ...stats.multiple import pairwise_means as compare

    groups = samples(data, variable, by)
    for group, values in groups.items():
        note = "" if values.size else "not estimable: no known value"
        mean = float(values.mean()) if values.size else float("nan")
        rows.add({"n": values.size, "mean": mean}, group=group, method="mean of known values", note=note)
    if not comparable(
        rows, {group: v.size for group, v in groups.items()}, "differences of means", ("p_value",), two=False
    ):
        return
    filled = {group: values for group, values in groups.items() if values.size}
    code = np.repeat(np.arange(len(filled)), [values.size for values in filled.values()])
    result = compare(np.concatenate(list(filled.values())), code, adjust=adjust, level=data.plan.level)
    rows.add(result, only=("sd", "df"))
    for at, (first, second) in enumerate(pairs(list(filled), "first" if adjust == "dunnett" else "all")):
        values = {name: result.curve[name][at] if result.curve else float("nan") for name in SHOWN}
        rows.add(type(result)(result.method, values, result.note), level=pair(second, first))


@METHODS.add("pairwise_ranks")
def pairwise_ranks(data: Data, rows: Rows, *, variable: Ordinal, by: Column, against: Against = "all"):
    """A continuous or ordinal variable between several groups, two at a time (levels `b_against_a`): Mann-Whitney tests and
    Hodges-Lehmann shifts. A `family` of the plan adjusts the p-values.

    Parameters
        variable: what is compared
        by: column of the groups
        against: all pairs, or each group against the first
    """
    from ...stats.continuous import mann_whitney as test

    groups = samples(data, variable, by)
    for group, values in groups.items():
        rows.add({"n": values.size}, group=group, method="participants with a known value")
    if not comparable(
        rows, {group: v.size for group, v in groups.items()}, "Mann-Whitney test", ("p_value",), two=False
    ):
        return
    shown = ("statistic", "p_value", *(("estimate", "ci_low", "ci_high") if is_measured(data, variable) else ()))
    for first, second in pairs([group for group, values in groups.items() if values.size], against):
        result = test(groups[second], groups[first], level=data.plan.level)
        rows.add(result, level=pair(second, first), only=shown)


@METHODS.add("pairwise_proportions", of_counts=True)
def pairwise_proportions(data: Data, rows: Rows, *, event: Condition, by: Column, against: Against = "all"):
    """A condition between several groups, two at a time (levels `b_against_a`): Fisher's exact tests with conditional odds
    ratios. A `family` of the plan adjusts the p-values.

    Parameters
        event: what is compared
        by: column of the groups
        against: all pairs, or each group against the first
    """
    from ...stats.contingency import fisher_2x2

    counts = event_counts(data, data.outcome(event), by)
    known_counts(rows, counts)
    if not comparable(
        rows, {group: N for group, (_, N) in counts.items()}, "Fisher's exact test", ("p_value",), two=False
    ):
        return
    for first, second in pairs([group for group, (_, N) in counts.items() if N], against):
        result = fisher_2x2(two_by_two({at: counts[at] for at in (second, first)}), level=data.plan.level)
        rows.add(result, level=pair(second, first), kinds=RATIO, only=("odds_ratio", "ci_low", "ci_high", "p_value"))


@METHODS.add("pairwise_log_rank")
def pairwise_log_rank(
    data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, against: Against = "all", stratum: Column = ""
):
    """A time to event between several groups, two at a time (levels `b_against_a`): log-rank tests and hazard ratios by Cox
    regression of the two groups alone. A `family` of the plan adjusts the p-values.

    Parameters
        endpoint: the time-to-event endpoint
        by: column of the groups
        against: all pairs, or each group against the first
        stratum: column of the strata
    """
    from ...stats.cox import cox
    from ...stats.log_rank import log_rank as test

    time, event, known = follow_up(data, endpoint, "days", [by, *([stratum] if stratum else [])])
    code, sizes = group_codes(data, by, known)
    for at, group in enumerate(sizes):
        rows.add(
            {"n": sizes[group], "events": event[code == at].sum()}, group=group, method="participants with follow-up"
        )
    if not comparable(rows, sizes, "log-rank test", ("p_value",), two=False):
        return
    entry = entry_of(data, endpoint, "days", known)
    strata = data.frame.loc[known, stratum].astype(str).to_numpy(dtype=object) if stratum else None
    groups = list(sizes)
    for first, second in pairs(groups, against):
        here = np.isin(code, [groups.index(first), groups.index(second)])
        own = (code[here] == groups.index(second)).astype(float)
        given = {"entry": None if entry is None else entry[here], "stratum": None if strata is None else strata[here]}
        tested = test(time[here], event[here], own, **given)
        rows.add(tested, level=pair(second, first), only=("statistic", "df", "p_value"))
        fitted = cox(time[here], event[here], own[:, None], **given, level=data.plan.level)
        rows.add(fitted, level=pair(second, first), kinds=RATIO, only=("hazard_ratio", "ci_low", "ci_high"))
