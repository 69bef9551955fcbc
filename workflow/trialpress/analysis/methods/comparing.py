"""Comparing proportions: 2 x 2 and larger tables, strata, pairs, trends."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...ids import EVERYONE, Name, word
from ...registry import Column, Condition
from .. import Data, Rows
from .common import (
    METHODS,
    PERCENT,
    RATIO,
    Alternative,
    by_suffix,
    comparable,
    cross_table,
    event_counts,
    known_counts,
    reworded,
    two_by_two,
    two_proportions,
)

DifferenceInterval = Literal["newcombe", "miettinen-nurminen", "exact", "sato", "greenland-robins"]


def _difference(data: Data, rows: Rows, counts: dict, interval: str = "newcombe", level: Name = EVERYONE):
    from ...stats.contingency import risk_difference

    (n2, N2), (n1, N1) = counts.values()
    result = risk_difference(n2, N2, n1, N1, interval=interval, level=data.plan.level)
    rows.add(result, level=level, kinds=PERCENT, only=("estimate", "ci_low", "ci_high"))


def _in_strata(data: Data, event: str, stratum: str):
    """The outcome of those whose stratum is known."""
    return data.outcome(event).mask(data.frame[stratum].isna())


def strata_tables(data: Data, rows: Rows, event: str, by: str, stratum: str, method: str, statistics: tuple[str, ...]):
    """A 2 x 2 table for each stratum, the second group before the first; None, and rows that say why, unless two groups have
    participants. The counts become rows in any case."""
    holds = _in_strata(data, event, stratum)
    counts = event_counts(data, holds, by)
    known_counts(rows, counts)
    sizes = {group: N for group, (_, N) in counts.items()}
    if not comparable(rows, sizes, method, statistics):
        return None
    compared = [group for group, N in reversed(sizes.items()) if N]
    found = []
    for members in data.groups(stratum).values():
        inside = event_counts(data, holds.where(members), by)
        found.append(two_by_two({group: inside[group] for group in compared}))
    return np.array(found)


@METHODS.add("fisher", of_counts=True)
def fisher(data: Data, rows: Rows, *, event: Condition, by: Column, alternative: Alternative = "two-sided"):
    """A condition compared between two groups: Fisher's exact test with the conditional odds ratio and its interval (as
    R's fisher.test), and the risk difference with Newcombe's interval. The second group is compared with the first.

    Parameters
        event: what is compared
        by: column with two levels
        alternative: side of the p-value; greater: the share of the second group is
    """
    from ...stats.contingency import fisher_2x2

    counts = two_proportions(data, rows, event, by, "Fisher's exact test", ("odds_ratio", "p_value"))
    if counts:
        result = fisher_2x2(two_by_two(counts), level=data.plan.level, alternative=alternative)
        rows.add(result, kinds=RATIO, only=("odds_ratio", "ci_low", "ci_high", "p_value"))
        _difference(data, rows, counts, level=word("risk difference"))


@METHODS.add(
    "risk_difference", of_counts=True, with_stratum="sato greenland-robins", without_stratum="miettinen-nurminen exact"
)
def risk_difference(data: Data, rows: Rows, *, event: Condition, by: Column, stratum: Column = "", interval: DifferenceInterval = "newcombe"):  # fmt: skip
    """Difference of the proportions of two groups, second less first, with an interval; within strata that with Mantel-Haenszel
    weights, and Cochran's test.

    Parameters
        event: what is compared
        by: column with two levels
        stratum: column of the strata
        interval: kind of confidence interval; exact is Chan and Zhang's unconditional one; within strata newcombe is Yan and Su's, or one of sato and greenland-robins
    """
    from ...stats.stratified_risks import stratified_difference

    if stratum:
        tables = strata_tables(
            data, rows, event, by, stratum, "Mantel-Haenszel risk difference", ("estimate", "p_value")
        )
        if tables is not None:
            result = stratified_difference(tables, interval=interval, level=data.plan.level)
            only = ("estimate", "std_error", "ci_low", "ci_high", "statistic", "df", "p_value", "strata")
            rows.add(result, kinds={**PERCENT, "strata": "count"}, only=only)
        return
    counts = two_proportions(data, rows, event, by, "risk difference", ("estimate",))
    if counts:
        _difference(data, rows, counts, interval)


@METHODS.add("risk_ratio", of_counts=True)
def risk_ratio(data: Data, rows: Rows, *, event: Condition, by: Column, stratum: Column = ""):
    """Ratio of the proportions of two groups, second over first, with a log-normal interval; within strata that with
    Mantel-Haenszel weights, and Cochran's test.

    Parameters
        event: what is compared
        by: column with two levels
        stratum: column of the strata
    """
    from ...stats.contingency import risk_ratio as estimate
    from ...stats.stratified_risks import stratified_ratio

    if stratum:
        tables = strata_tables(data, rows, event, by, stratum, "Mantel-Haenszel risk ratio", ("risk_ratio", "p_value"))
        if tables is not None:
            names = [
                group.label for group, (_, N) in event_counts(data, _in_strata(data, event, stratum), by).items() if N
            ]
            words = {f"in group {at}": f"in group {name}" for at, name in enumerate(reversed(names), start=1)}
            result = reworded(stratified_ratio(tables, level=data.plan.level), words)
            only = ("risk_ratio", "ci_low", "ci_high", "statistic", "df", "p_value", "strata")
            rows.add(result, kinds={**RATIO, "strata": "count"}, only=only)
        return
    counts = two_proportions(data, rows, event, by, "risk ratio", ("risk_ratio",))
    if counts:
        (n2, N2), (n1, N1) = counts.values()
        words = {f"in group {at}": f"in group {group.label}" for at, group in enumerate(counts, start=1)}
        result = reworded(estimate(n2, N2, n1, N1, level=data.plan.level), words)
        rows.add(result, kinds=RATIO, only=("risk_ratio", "ci_low", "ci_high"))


@METHODS.add("barnard", of_counts=True)
def barnard(data: Data, rows: Rows, *, event: Condition, by: Column):
    """A condition compared between two groups: Barnard's exact unconditional test, and the risk difference with
    Newcombe's interval, second group less first.

    Parameters
        event: what is compared
        by: column with two levels
    """
    from ...stats.unconditional import barnard as test

    counts = two_proportions(data, rows, event, by, "Barnard's exact test", ("p_value",))
    if counts:
        rows.add(test(two_by_two(counts)), only=("statistic", "p_value"))
        _difference(data, rows, counts, level=word("risk difference"))


@METHODS.add("boschloo", of_counts=True)
def boschloo(data: Data, rows: Rows, *, event: Condition, by: Column):
    """A condition compared between two groups: Boschloo's exact unconditional test, and the risk difference with
    Newcombe's interval, second group less first.

    Parameters
        event: what is compared
        by: column with two levels
    """
    from ...stats.unconditional import boschloo as test

    counts = two_proportions(data, rows, event, by, "Boschloo's exact test", ("p_value",))
    if counts:
        rows.add(test(two_by_two(counts)), only=("statistic", "p_value"))
        _difference(data, rows, counts, level=word("risk difference"))


def _table(data: Data, rows: Rows, variable: str, by: str) -> np.ndarray:
    table, groups, levels = cross_table(data, variable, by)
    for group, column in zip(groups, table.T, strict=True):
        for level, n in zip(levels, column, strict=True):
            rows.add({"n": n}, group=group, level=level, method="counts")
    rows.add({"N": table.sum()}, method="participants with both known")
    return table


@METHODS.add("fisher_rxc", of_counts=True)
def fisher_rxc(data: Data, rows: Rows, *, variable: Column, by: Column):
    """Association of two categorical variables: Fisher's exact test for an r x c table, by exact enumeration. Where that
    would take more than half a minute or 1 GB (far more than 6 x 5 with 100 participants) the p-value is estimated from
    100,000 random tables (the plan's seed), has a standard error, and its note says so. The estimate is Cramér's V.

    Parameters
        variable: rows of the table
        by: columns of the table
    """
    from ...stats.contingency import cramers_v
    from ...stats.contingency import fisher_rxc as exact

    table = _table(data, rows, variable, by)
    result = exact(table, seed=data.plan.seed)
    rows.add(result, kind="decimal4", only=("p_value", "standard_error"))
    rows.add(cramers_v(table, level=data.plan.level), only=("estimate", "ci_low", "ci_high"))


@METHODS.add("chi_square", of_counts=True)
def chi_square(data: Data, rows: Rows, *, variable: Column, by: Column, correction: bool = False):
    """Association of two categorical variables: Pearson's chi-square test, and Cramér's V. The note says if an expected count is
    below 5.

    Parameters
        variable: rows of the table
        by: columns of the table
        correction: Yates' continuity correction, for 2 x 2 tables
    """
    from ...stats.contingency import chi_square as test
    from ...stats.contingency import cramers_v

    table = _table(data, rows, variable, by)
    result = test(table, correction=correction)
    rows.add(result, only=("statistic", "df", "p_value", "min_expected"))
    rows.add(cramers_v(table, level=data.plan.level), only=("estimate", "ci_low", "ci_high"))


@METHODS.add("mantel_haenszel", of_counts=True)
def mantel_haenszel(data: Data, rows: Rows, *, event: Condition, by: Column, stratum: Column, correction: bool = True):
    """A condition compared between two groups within strata: Mantel-Haenszel common odds ratio, second group against
    first, with its test; Breslow-Day test of a common odds ratio with Tarone's adjustment.

    Parameters
        event: what is compared
        by: column with two levels
        stratum: column of the strata
        correction: continuity correction of the test
    """
    from ...stats.contingency import mantel_haenszel as estimate

    tables = strata_tables(data, rows, event, by, stratum, "Mantel-Haenszel odds ratio", ("odds_ratio", "p_value"))
    if tables is None:
        return
    result = estimate(tables, level=data.plan.level, correction=correction)
    only = ("odds_ratio", "ci_low", "ci_high", "statistic", "df", "p_value", "strata")
    rows.add(result, kinds={**RATIO, "strata": "count"}, only=only)
    names = {"breslow_day": "statistic", "breslow_day_df": "df", "breslow_day_p_value": "p_value"}
    rows.add(result, level=word("homogeneity"), kinds={"breslow_day_p_value": "p"}, names=names, only=tuple(names))


@METHODS.add("mcnemar", of_counts=True)
def mcnemar(data: Data, rows: Rows, *, first: Condition, second: Condition, exact: bool = True):
    """Two conditions in the same participants: McNemar's test. Participants in whom one is not known are left out.

    Parameters
        first: a condition, for instance before
        second: another one, for instance after
        exact: binomial test of the discordant pairs instead of chi-square with continuity correction
    """
    from ...stats.contingency import mcnemar as test

    pair = [data.outcome(first), data.outcome(second)]
    known = pair[0].notna() & pair[1].notna()
    names = (word("first"), word("second"))
    counts = {name: (int(holds[known].sum()), int(known.sum())) for name, holds in zip(names, pair, strict=True)}
    known_counts(rows, counts)
    a, b = (holds[known].to_numpy(dtype=bool) for holds in pair)
    table = [[(a & b).sum(), (a & ~b).sum()], [(~a & b).sum(), (~a & ~b).sum()]]
    rows.add(test(table, exact=exact), names={"n": "pairs"}, kinds={"n": "count", "discordant": "count"})


@METHODS.add("trend", of_counts=True)
def trend(data: Data, rows: Rows, *, event: Condition, by: Column, variant: Literal["exact", "r", "n-1"] = "exact"):
    """Trend of a proportion over ordered groups (Cochran-Armitage), scores 1, 2, ... in the order of the levels, and the odds
    ratio from one group to the next: conditional and exact beside the exact test, else by maximum likelihood.

    Parameters
        event: what is counted
        by: column of the ordered groups
        variant: exact, or the asymptotic test with R's or the N-1 variance
    """
    from ...stats.dose import cochran_armitage
    from ...stats.logistic import exact_logistic, logistic
    from ...stats.proportions import proportion as estimate

    counts = event_counts(data, data.outcome(event), by)
    for group, (n, N) in counts.items():
        rows.add(estimate(n, N, level=data.plan.level), group=group, kinds=PERCENT)
    filled = [(n, N, score) for score, (n, N) in enumerate(counts.values(), start=1) if N]
    events, totals, scores = (np.array(values) for values in zip(*filled, strict=True)) if filled else ([], [], [])
    result = cochran_armitage(events, totals, scores, variant=variant)
    rows.add(result, only=("statistic", "p_value"))
    x = np.repeat(np.array(scores, dtype=float), np.array(totals, dtype=int))
    y = np.concatenate([*(np.arange(N) < n for n, N, _ in filled), np.empty(0, dtype=bool)])
    only = ("odds_ratio", "ci_low", "ci_high")
    if variant == "exact" and result.method.endswith("exact"):  # not of too many tables
        rows.add(exact_logistic(y, x, level=data.plan.level), kinds=RATIO, only=only)
    else:
        rows.add(by_suffix(logistic(y, x, ["step"], level=data.plan.level))["step"], kinds=RATIO, only=only)
