"""Continuous and ordinal measurements: comparing groups, pairs, correlations."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from ...ids import Name
from ...registry import Column, Number, Ordinal
from .. import Data, Rows
from ..display import precision, recorded_decimals
from ..participants import in_no_group
from .common import METHODS, Alternative, both_known, differences, is_measured, samples, scores, two_samples


def _medians(data: Data, rows: Rows, variable: str, groups: dict[Name, np.ndarray]):
    """Size and median of each group; codes in an order have no median that could be printed as a number."""
    if not is_measured(data, variable):
        for group, values in groups.items():
            rows.add({"n": values.size}, group=group, method="participants with a known value")
        return
    recorded = recorded_decimals(np.concatenate([*groups.values(), []]))
    for group, values in groups.items():
        median = float(np.median(values)) if values.size else float("nan")
        note = "" if values.size else "not estimable: no known value"
        rows.add(
            {"n": values.size, "median": median},
            group=group,
            method="median of known values",
            kinds=precision(recorded, {"median": median}),
            note=note,
        )


def _pair(data: Data, rows: Rows, variable: str, by: str, method: str) -> tuple[np.ndarray, np.ndarray] | None:
    groups = samples(data, variable, by)
    _medians(data, rows, variable, groups)
    return two_samples(rows, groups, method, ("p_value",))


def _ordered(data: Data, rows: Rows, variable: str, by: str) -> tuple[np.ndarray, np.ndarray]:
    """All known values and the position of each one's group."""
    groups = samples(data, variable, by)
    _medians(data, rows, variable, groups)
    values = np.concatenate([*groups.values(), np.empty(0)])
    return values, np.repeat(np.arange(len(groups)), [values.size for values in groups.values()])


@METHODS.add("t_test")
def t_test(data: Data, rows: Rows, *, variable: Number, by: Column, equal_variance: bool = False,
           alternative: Alternative = "two-sided"):  # fmt: skip
    """A continuous variable between two groups: difference of means, second less first, with Welch's t test.

    Parameters
        variable: what is compared
        by: column with two levels
        equal_variance: Student's t test instead of Welch's
        alternative: side of the p-value; greater: the mean of the second group is
    """
    from ...stats.continuous import t_test as test

    pair = _pair(data, rows, variable, by, "t test")
    if pair:
        rows.add(
            test(*pair, equal_variance=equal_variance, alternative=alternative, level=data.plan.level),
            names={"mean1": "mean2", "mean2": "mean1"},  # the rows name the groups in their own order
            only=("mean1", "mean2", "estimate", "ci_low", "ci_high", "statistic", "df", "p_value"),
        )


@METHODS.add("mann_whitney")
def mann_whitney(
    data: Data,
    rows: Rows,
    *,
    variable: Ordinal,
    by: Column,
    stratum: Column = "",
    alternative: Alternative = "two-sided",
):
    """A continuous or ordinal variable between two groups: Mann-Whitney test (as R's wilcox.test: exact without ties,
    otherwise normal with continuity correction) and the Hodges-Lehmann shift, second group less first; within strata van
    Elteren's test and its shift. Codes are compared by their order, without a shift.

    Parameters
        variable: what is compared
        by: column with two levels
        stratum: column of the strata
        alternative: side of the p-value; greater: the values of the second group are
    """
    from ...stats.continuous import mann_whitney as test
    from ...stats.stratified_ranks import van_elteren

    if stratum:
        data = replace(data, frame=data.frame[~in_no_group(data, stratum)].reset_index(drop=True))
    pair = _pair(data, rows, variable, by, "van Elteren test" if stratum else "Mann-Whitney test")
    if pair and stratum:
        places = np.argmax([members.to_numpy() for members in data.groups(stratum).values()], axis=0)
        known, of = ~np.isnan(scores(data, variable)), [members.to_numpy() for members in data.groups(by).values()]
        first, second = (places[known & members] for members in of if (known & members).any())
        result = van_elteren(*pair, second, first, alternative=alternative, level=data.plan.level)
        names = ("strata", "statistic", "p_value", "estimate", "ci_low", "ci_high")
        rows.add(result, only=names if is_measured(data, variable) else names[:3], kinds={"strata": "count"})
    elif pair:
        result = test(*pair, alternative=alternative, level=data.plan.level)
        rows.add(result, only=() if is_measured(data, variable) else ("statistic", "p_value"))


@METHODS.add("signed_rank")
def signed_rank(data: Data, rows: Rows, *, after: Number, before: Number, alternative: Alternative = "two-sided"):
    """Two measurements in the same participants: Wilcoxon signed rank test of after less before, with the pseudomedian
    and its interval (as R's wilcox.test).

    Parameters
        after: the later measurement
        before: the earlier one
        alternative: side of the p-value; greater: the later measurement is
    """
    from ...stats.continuous import signed_rank as test

    result = test(differences(data, after, before), alternative=alternative, level=data.plan.level)
    rows.add(result, kinds={"zeros": "count"})


@METHODS.add("kruskal_wallis")
def kruskal_wallis(data: Data, rows: Rows, *, variable: Ordinal, by: Column):
    """A continuous or ordinal variable between several groups: Kruskal-Wallis test with ties corrected, and the Hodges-Lehmann
    shift of each group against the first that has participants. Codes are compared by their order, without a shift.

    Parameters
        variable: what is compared
        by: column of the groups
    """
    from ...stats.continuous import kruskal_wallis as test
    from ...stats.continuous import mann_whitney

    rows.add(test(*_ordered(data, rows, variable, by)))
    groups = {group: values for group, values in samples(data, variable, by).items() if values.size}
    first, *others = (groups if is_measured(data, variable) else {}) or (None,)
    levels = dict(zip(data.groups(by), data.levels(by), strict=True))
    for group in others:
        result = mann_whitney(groups[group], groups[first], level=data.plan.level)
        rows.add(result, level=levels[group], only=("estimate", "ci_low", "ci_high"))


@METHODS.add("jonckheere_terpstra")
def jonckheere_terpstra(data: Data, rows: Rows, *, variable: Ordinal, by: Column):
    """Trend of a continuous or ordinal variable over ordered groups: Jonckheere-Terpstra test, and Kendall's tau-b of the
    variable and the order of the group.

    Parameters
        variable: what is compared
        by: column of the groups, in the order of its levels
    """
    from ...stats.continuous import jonckheere_terpstra as test
    from ...stats.correlation import kendall

    ordered = _ordered(data, rows, variable, by)
    rows.add(test(*ordered))
    rows.add(kendall(*ordered, level=data.plan.level), only=("estimate", "ci_low", "ci_high"))


@METHODS.add("spearman")
def spearman(data: Data, rows: Rows, *, x: Ordinal, y: Ordinal):
    """Rank correlation of two variables with its interval and p-value (as R's cor.test).

    Parameters
        x: a column
        y: another column
    """
    from ...stats.correlation import spearman as correlate

    rows.add(correlate(*both_known(data, x, y), level=data.plan.level))


def pair_of(a: Name, b: Name) -> Name:
    """Two columns together."""
    return Name(f"{a.id}_with_{b.id}", f"{a.label} with {b.label}")


@METHODS.add("correlations")
def correlations(data: Data, rows: Rows, *, variables: list[Ordinal]):
    """Spearman's rank correlation of every two of several variables with its interval and p-value, among those in whom both are
    known (levels `x_with_y`).

    Parameters
        variables: the columns, two or more
    """
    from ...stats.correlation import spearman as correlate

    if len(variables) < 2:
        raise ValueError("variables: a correlation needs two or more")
    for x, y in combinations(variables, 2):
        result = correlate(*both_known(data, x, y), level=data.plan.level)
        rows.add(result, level=pair_of(data.column(x), data.column(y)))


@METHODS.add("kendall")
def kendall(data: Data, rows: Rows, *, x: Ordinal, y: Ordinal):
    """Kendall's tau-b of two variables with its interval and p-value (as R's cor.test).

    Parameters
        x: a column
        y: another column
    """
    from ...stats.correlation import kendall as correlate

    rows.add(correlate(*both_known(data, x, y), level=data.plan.level))
