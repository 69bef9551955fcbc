"""Tables within strata."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...registry import Column
from .. import Data, Rows
from .common import METHODS


@METHODS.add("cochran_mantel_haenszel", of_counts=True)
def cochran_mantel_haenszel(data: Data, rows: Rows, *, variable: Column, by: Column, stratum: Column,
                            test: Literal["general", "row_mean", "correlation"] = "general",
                            scores: Literal["integer", "modridit"] = "integer"):  # fmt: skip
    """Association of a variable with groups of any number within strata (Cochran-Mantel-Haenszel): of any kind, of its mean score
    between groups where its levels are ordered (with modified ridits van Elteren's test), or of correlation where both are.

    Parameters
        variable: the outcome, its levels in their order
        by: column of the groups
        stratum: column of the strata
        test: general association, row_mean (mean scores of the groups), or correlation
        scores: of the levels: integer (1, 2, ...), or modridit (midranks within a stratum by its size + 1)
    """
    from ...stats.stratified_tables import cochran_mantel_haenszel as compute

    groups, levels, strata = (data.groups(column) for column in (by, variable, stratum))
    inside = np.logical_or.reduce([np.zeros(len(data.frame), bool), *(here.to_numpy() for here in strata.values())])
    for group, members in groups.items():
        for level, here in levels.items():
            rows.add(
                {"n": int((members & here & inside).sum())},
                group=group,
                level=level,
                method="counts within known strata",
            )
    tables = [[[int((a & b & c).sum()) for b in levels.values()] for a in groups.values()] for c in strata.values()]
    shaped = np.array(tables, dtype=int).reshape(len(strata), len(groups), len(levels))
    rows.add({"N": int(shaped.sum())}, method="participants with all known")
    rows.add(
        compute(shaped, test, scores=scores), kinds={"strata": "count"}, only=("strata", "statistic", "df", "p_value")
    )
