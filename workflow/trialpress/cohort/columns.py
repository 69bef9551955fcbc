"""The columns that an expression may use: those of the subjects, of the rows of a table, and table.column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..expression import Columns
from ..kinds import Kind


class OfSubjects(Columns):
    """Columns of the subjects; `table.column` of a table with one row per participant, where one asks for it."""

    def __init__(self, subjects: pd.DataFrame, tables: Mapping[str, pd.DataFrame], who: str, kinds: Mapping[str, Kind]):
        super().__init__(subjects, kinds)
        self.tables, self.who = tables, who

    def elsewhere(self, name: str) -> pd.Series:
        table, _, column = name.partition(".")
        if table not in self.tables or column not in self.tables[table]:
            raise KeyError(name)
        values = self.tables[table].set_index(self.who, drop=False)[column].reindex(self[self.who])
        return values.set_axis(self[self.who].index)


class OfRows(Columns):
    """A table's columns; those of the subjects are aligned to its rows when an expression asks for them."""

    def __init__(self, frame: pd.DataFrame, subjects: OfSubjects, at: np.ndarray, kinds: Mapping[str, Kind]):
        super().__init__(frame, kinds)
        self.subjects, self.at = subjects, at

    def elsewhere(self, name: str) -> pd.Series:
        return self.subjects[name].take(self.at).reset_index(drop=True)


def placed(frame: pd.DataFrame, participants: pd.Series) -> tuple[pd.DataFrame, np.ndarray]:
    """(the rows of a table that belong to one of the participants, the place of whom each belongs to)."""
    at = pd.Index(participants).get_indexer(frame[participants.name])
    here = at >= 0
    if not here.all():
        frame, at = frame[here], at[here]
    return frame.reset_index(drop=True), at
