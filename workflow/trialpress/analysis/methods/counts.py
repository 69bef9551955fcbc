"""Counts of participants: one classification against others. Who is in each count is said once, here."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ... import ids
from ...ids import EVERYONE, Name
from ...registry import Column
from .. import Data, Rows
from ..participants import none_of
from .common import METHODS

Counted = Iterator[tuple[Name, Name, str, pd.Series]]


def crossed(data: Data, variable: str, columns: list[str]) -> Counted:
    """(level of one of the columns, level of the variable, statistic, who is counted)."""
    everyone, lines = pd.Series(True, index=data.frame.index), data.groups(variable)
    unknown, across = none_of(lines, data.frame), {EVERYONE: everyone}
    for column in columns:
        levels = data.levels(column)
        rest = none_of(levels, data.frame)
        across |= levels | ({ids.column(column, f"{data.plan.label(column)}: not known"): rest} if rest.any() else {})
    for group, members in across.items():
        yield group, EVERYONE, "N", members
        if unknown.any():
            yield group, EVERYONE, "missing", members & unknown
        for level, holds in lines.items():
            yield group, level, "n", members & holds


@METHODS.add("crosstab", missing_apart=True)
def crosstab(data: Data, rows: Rows, *, variable: Column, columns: list[Column]):
    """Counts of participants by the levels of one classification and of each of several others. Those in whom a classification
    is not known are counted too: `missing` is of the variable, and the id of a column stands for those without a level of it.

    Parameters
        variable: classification whose levels are counted
        columns: classifications whose levels are the groups
    """
    for group, level, statistic, members in crossed(data, variable, columns):
        rows.add({statistic: int(members.sum())}, group=group, level=level, method="counts of participants")
