"""Comparing groups, trends and correlations."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...registry import Column, Condition
from .. import Data, Rows
from .common import (
    METHODS,
    PERCENT,
    cross_table,
    known_counts,
    two_groups,
)


@METHODS.add("fisher")
def fisher(data: Data, rows: Rows, *, event: Condition, by: Column):
    """A condition compared between two groups: Fisher's exact test with the conditional odds ratio and its interval (as
    R's fisher.test), and the risk difference with Newcombe's interval. The second group is compared with the first;
    participants in whom the condition is not known are left out and counted in the note.

    Parameters
        event: what is compared
        by: column with two levels
    """
    from ...stats.contingency import fisher_2x2, risk_difference

    holds, groups = data.holds(event), data.groups(by)
    if not two_groups(rows, groups, "Fisher's exact test", ("odds_ratio", "p_value")):
        return
    counts = {
        group: (int(holds[members].sum()), int(holds[members].notna().sum())) for group, members in groups.items()
    }
    known_counts(rows, counts, holds, method="counts of known outcomes")
    (n1, N1), (n2, N2) = counts.values()
    result = fisher_2x2(np.array([[n2, N2 - n2], [n1, N1 - n1]]), level=data.plan.level)
    rows.add(
        result, kinds=dict.fromkeys(("ci_low", "ci_high"), "ratio"), only=("odds_ratio", "ci_low", "ci_high", "p_value")
    )
    difference = risk_difference(n2, N2, n1, N1, level=data.plan.level)
    rows.add(difference, level="risk difference", kind="percent", only=("estimate", "ci_low", "ci_high"))


@METHODS.add("fisher_rxc")
def fisher_rxc(data: Data, rows: Rows, *, variable: Column, by: Column):
    """Association of two categorical variables: Fisher's exact test for an r x c table, by exact enumeration.

    Parameters
        variable: rows of the table
        by: columns of the table
    """
    from ...stats.contingency import fisher_rxc as exact

    table, groups, levels = cross_table(data, variable, by)
    for group, column in zip(groups, table.T, strict=True):
        for level, n in zip(levels, column, strict=True):
            rows.add({"n": n}, group=group, level=level, method="counts")
    rows.add({"N": table.sum()}, method="participants with both known")
    rows.add(exact(table), only=("p_value",))


def _samples(data: Data, variable: str, by: str) -> dict[str, np.ndarray]:
    values = data.frame[variable].astype("Float64")
    return {group: values[members].dropna().to_numpy(dtype=float) for group, members in data.groups(by).items()}


@METHODS.add("mann_whitney")
def mann_whitney(data: Data, rows: Rows, *, variable: Column, by: Column):
    """A continuous or ordinal variable between two groups: Mann-Whitney test (as R's wilcox.test: exact without ties,
    otherwise normal with continuity correction) and the Hodges-Lehmann shift, second group less first.

    Parameters
        variable: what is compared
        by: column with two levels
    """
    from ...stats.continuous import mann_whitney as test

    samples = _samples(data, variable, by)
    _medians(rows, samples)
    if two_groups(
        rows, {group: values.size * np.ones(1) for group, values in samples.items()}, "Mann-Whitney test", ("p_value",)
    ):
        first, second = samples.values()
        rows.add(test(second, first, level=data.plan.level))


def _medians(rows: Rows, samples: dict[str, np.ndarray]):
    for group, values in samples.items():
        median = float(np.median(values)) if values.size else float("nan")
        note = "" if values.size else "not estimable: no known value"
        rows.add(
            {"n": values.size, "median": median},
            group=group,
            method="median of known values",
            kind="significant",
            note=note,
        )


@METHODS.add("kruskal_wallis")
def kruskal_wallis(data: Data, rows: Rows, *, variable: Column, by: Column):
    """A continuous or ordinal variable between several groups: Kruskal-Wallis test with ties corrected.

    Parameters
        variable: what is compared
        by: column of the groups
    """
    from ...stats.continuous import kruskal_wallis as test

    samples = _samples(data, variable, by)
    _medians(rows, samples)
    groups = np.repeat(range(len(samples)), [values.size for values in samples.values()])
    rows.add(test(np.concatenate(list(samples.values())), groups))


@METHODS.add("spearman")
def spearman(data: Data, rows: Rows, *, x: Column, y: Column):
    """Rank correlation of two variables with its p-value (as R's cor.test).

    Parameters
        x: a column
        y: another column
    """
    from ...stats.continuous import spearman as correlate

    both = data.frame[[x, y]].astype("Float64").dropna()
    rows.add(correlate(both[x].to_numpy(dtype=float), both[y].to_numpy(dtype=float)))


@METHODS.add("trend")
def trend(data: Data, rows: Rows, *, event: Condition, by: Column, variant: Literal["exact", "r", "n-1"] = "exact"):
    """Trend of a proportion over ordered groups (Cochran-Armitage), scores 1, 2, ... in the order of the levels.

    Parameters
        event: what is counted
        by: column of the ordered groups
        variant: exact, or the asymptotic test with R's or the N-1 variance
    """
    from ...stats.dose import cochran_armitage
    from ...stats.proportions import proportion as estimate

    holds = data.holds(event)
    counts = {group: (int(holds[m].sum()), int(holds[m].notna().sum())) for group, m in data.groups(by).items()}
    for group, (n, N) in counts.items():
        rows.add(estimate(n, N, level=data.plan.level), group=group, kinds=PERCENT)
    filled = [(n, N, score) for score, (n, N) in enumerate(counts.values(), start=1) if N]
    events, totals, scores = (np.array(values) for values in zip(*filled, strict=True)) if filled else ([], [], [])
    rows.add(cochran_armitage(events, totals, scores, variant=variant), only=("statistic", "p_value"))
