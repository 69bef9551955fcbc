"""Two measurements in the same participants: their difference, their correlation, whether they agree."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...registry import Column, Number
from .. import Data, Rows
from ..display import together
from .common import METHODS, PERCENT, Alternative, both_known, differences


@METHODS.add("paired_t")
def paired_t(data: Data, rows: Rows, *, after: Number, before: Number, alternative: Alternative = "two-sided"):
    """Two measurements in the same participants: mean of after less before with the paired t test.

    Parameters
        after: the later measurement
        before: the earlier one
        alternative: side of the p-value; greater: the later measurement is
    """
    from ...stats.paired import paired_t as test

    rows.add(test(differences(data, after, before), alternative=alternative, level=data.plan.level))


@METHODS.add("sign_test")
def sign_test(data: Data, rows: Rows, *, after: Number, before: Number, alternative: Alternative = "two-sided"):
    """Two measurements in the same participants: exact sign test of after less before, and the median difference with its exact
    interval. It asks only who rose and who fell.

    Parameters
        after: the later measurement
        before: the earlier one
        alternative: side of the p-value; greater: the later measurement is
    """
    from ...stats.paired import sign_test as test

    result = test(differences(data, after, before), alternative=alternative, level=data.plan.level)
    rows.add(result, kinds={"zeros": "count", "statistic": "count"})


@METHODS.add("pearson")
def pearson(data: Data, rows: Rows, *, x: Number, y: Number):
    """Linear correlation of two variables with its interval and p-value (as R's cor.test).

    Parameters
        x: a column
        y: another column
    """
    from ...stats.correlation import pearson as correlate

    rows.add(correlate(*both_known(data, x, y), level=data.plan.level))


@METHODS.add("kappa")
def kappa(
    data: Data, rows: Rows, *, first: Column, second: Column, weights: Literal["none", "linear", "quadratic"] = "none"
):
    """Agreement of two classifications of the same participants into the same categories, in their order: Cohen's kappa with its
    interval, share of equal ratings, and the table of the two.

    Parameters
        first: one classification
        second: the other
        weights: of categories that are not the same: none, or by their distance, linear or quadratic
    """
    from ...stats.agreement import kappa as agree

    one, other = data.groups(first), data.groups(second)
    levels = list(dict.fromkeys([*one, *other]))
    table = np.array(
        [[int((one[a] & other[b]).sum()) if a in one and b in other else 0 for b in levels] for a in levels]
    )
    for a, line in zip(levels, table, strict=True):
        for b, n in zip(levels, line, strict=True):
            rows.add({"n": n}, group=a, level=b, method="counts, one classification by the other")
    result = agree(table.reshape(len(levels), len(levels)), weights=weights, level=data.plan.level)
    rows.add(result, kinds={name: PERCENT["estimate"] for name in ("agreement", "expected")})


@METHODS.add("bland_altman")
def bland_altman(data: Data, rows: Rows, *, first: Number, second: Number):
    """Agreement of two measurements of the same quantity in the same participants: bias, first less second, and the limits of
    agreement, each with its interval.

    Parameters
        first: one measurement
        second: the other, in the same unit
    """
    from ...stats.agreement import bland_altman as agree

    result = agree(*both_known(data, first, second), level=data.plan.level)
    values = dict(result.values)
    for name in ("lower", "upper"):
        ends = {"estimate": values.get(name, np.nan), "ci_low": values.get(f"{name}_low", np.nan)}
        ends |= {"ci_high": values.get(f"{name}_high", np.nan)}
        own = together(ends)
        kinds = {name: own.get("estimate", "estimate")} | {
            f"{name}_{end}": own.get(f"ci_{end}", "estimate") for end in ("low", "high")
        }
        rows.add(result, only=tuple(kinds), kinds=kinds)
    rows.add(result, only=("n", "estimate", "std_error", "ci_low", "ci_high", "sd"))
