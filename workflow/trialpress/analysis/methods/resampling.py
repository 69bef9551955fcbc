"""Bootstrap intervals and permutation tests, with the plan's seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from ...registry import Column, Condition, Count, Number
from .. import Data, Rows
from .common import METHODS, PERCENT, samples, two_samples

Statistic = Literal["mean", "median"]
BootstrapInterval = Literal["bca", "percentile"]


def _bootstrap(
    data: Data, rows: Rows, groups: Mapping[str, np.ndarray], statistic: str, n: str, kinds: Mapping, **options
):
    """An interval per group, whose size is called `n`, and with two groups one of their difference, second less first."""
    from ...stats.resampling import STATISTICS
    from ...stats.resampling import bootstrap as resample

    of, without = STATISTICS[statistic]
    options |= {"seed": data.plan.seed, "level": data.plan.level}
    shown = ("estimate", "standard_error", "ci_low", "ci_high")
    for group, values in groups.items():
        result = resample([values], of, left_out=lambda x: [without(x)], **options)
        rows.add(result, group=group, kind="significant", kinds=kinds, names={"n": n}, only=("n", *shown))
    pair = two_samples(rows, groups, f"bootstrap of the difference of {statistic}s", shown) if len(groups) > 1 else None
    if pair:
        result = resample(
            pair,
            lambda x, y: of(x) - of(y),
            left_out=lambda x, y: [without(x) - of(y), of(x) - without(y)],
            **options,
        )
        rows.add(result, kind="significant", kinds=kinds, only=shown)


@METHODS.add("bootstrap")
def bootstrap(data: Data, rows: Rows, *, variable: Number, statistic: Statistic = "median", by: Column = "",
              interval: BootstrapInterval = "bca", resamples: Count = 10_000):  # fmt: skip
    """Bootstrap interval of the mean or median of a continuous variable; with two groups also of their difference,
    second less first.

    Parameters
        variable: what is summarised
        statistic: mean or median
        by: column whose levels are reported apart
        interval: bias-corrected and accelerated, or percentile
        resamples: number of resamples
    """
    _bootstrap(data, rows, samples(data, variable, by), statistic, "n", {}, interval=interval, resamples=resamples)


@METHODS.add("bootstrap_proportion")
def bootstrap_proportion(data: Data, rows: Rows, *, event: Condition, by: Column = "", interval: BootstrapInterval = "bca",
                         resamples: Count = 10_000):  # fmt: skip
    """Bootstrap interval of the share for whom a condition holds, of those in whom it is known; with two groups also of
    the difference, second less first.

    Parameters
        event: what is counted
        by: column whose levels are reported apart
        interval: bias-corrected and accelerated, or percentile
        resamples: number of resamples
    """
    holds = data.outcome(event)
    groups = {group: holds[members].dropna().to_numpy(dtype=float) for group, members in data.groups(by).items()}
    _bootstrap(data, rows, groups, "mean", "N", PERCENT, interval=interval, resamples=resamples)


@METHODS.add("permutation_test")
def permutation_test(data: Data, rows: Rows, *, variable: Number, by: Column, statistic: Statistic = "mean",
                     resamples: Count = 10_000):  # fmt: skip
    """A continuous variable between two groups: permutation test of the difference of means or medians.

    Parameters
        variable: what is compared
        by: column with two levels
        statistic: mean or median
        resamples: number of random allocations
    """
    from ...stats.resampling import STATISTICS
    from ...stats.resampling import permutation_test as test

    groups, of = samples(data, variable, by), STATISTICS[statistic][0]
    for group, values in groups.items():
        rows.add({"n": values.size}, group=group, method="participants with a known value")
    pair = two_samples(rows, groups, "permutation test", ("estimate", "p_value"))
    if not pair:
        return
    second, first = pair

    def difference(x: np.ndarray, second: np.ndarray) -> np.ndarray:
        # Every allocation has the same group sizes: sorting by label puts the groups side by side.
        order = np.argsort(second, axis=1, kind="stable")
        ordered = x[order]
        k = int(second[0].sum())
        return of(ordered[:, len(x) - k :]) - of(ordered[:, : len(x) - k])

    x = np.concatenate([first, second])
    group = np.repeat([0, 1], [first.size, second.size])
    result = test(x, group, difference, seed=data.plan.seed, resamples=resamples)
    rows.add(
        result, kind="significant", names={"statistic": "estimate"}, only=("statistic", "p_value", "standard_error")
    )
