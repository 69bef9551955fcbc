"""The clean tables with one value otherwise: whole, or copies of single participants side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ..results import Results

AFTER = "\ue001"  # behind the id of a copy: as its variant makes it


@dataclass(frozen=True)
class Variant:
    """One query's value taken away or put in: `row` of the clean table, the participant, what is said of it."""

    query: str
    what: str
    table: str
    field: str
    row: int
    who: str
    value: float | None

    @property
    def copy(self) -> str:
        """The id of the participant's copy."""
        return f"{self.who}\ue000{self.query}"


class Copies:
    """The clean tables of some results, and the same with values otherwise."""

    def __init__(self, results: Results):
        self.study, self.tables, self.who = results.study, results.tables, results.study.participant

    def swapped(self, variant: Variant) -> dict[str, pd.DataFrame]:
        """The clean tables with the variant in its place."""
        tables = dict(self.tables)
        tables[variant.table] = self.applied(tables[variant.table], [variant], [variant.row])
        return tables

    def copies(self, variants: list[Variant], changed: bool = True) -> dict[str, pd.DataFrame]:
        """The clean tables of a copy of a participant for each variant, changed or as they are; those in which nobody is named as
        they are."""
        tables, asked = {}, pd.Index(sorted({variant.who for variant in variants}))
        for name, frame in self.tables.items():
            if self.who not in frame:
                tables[name] = frame
                continue
            of = asked.get_indexer(frame[self.who])
            order = np.argsort(of, kind="stable")
            ends = np.searchsorted(of[order], np.arange(len(asked) + 1))
            rows = [order[first:last] for first, last in pairwise(ends)]
            mine = [rows[at] for at in asked.get_indexer([variant.who for variant in variants])]
            starts = np.cumsum([0, *map(len, mine)])
            ids = np.repeat(np.array([variant.copy for variant in variants], dtype=object), np.diff(starts))
            copied = frame.take(np.concatenate(mine)).reset_index(drop=True)
            copied[self.who] = pd.Series(ids, dtype=frame[self.who].dtype)
            here = [at for at, variant in enumerate(variants) if changed and variant.table == name]
            places = [int(starts[at] + np.searchsorted(mine[at], variants[at].row)) for at in here]
            tables[name] = self.applied(copied, [variants[at] for at in here], places).astype(frame.dtypes.to_dict())
        return tables

    def applied(self, rows: pd.DataFrame, variants: list[Variant], places: list[int]) -> pd.DataFrame:
        """The rows of a table with variants at their places in it; without a part of the key a row is none."""
        rows, gone = rows.copy(), []
        for variant, at in zip(variants, places, strict=True):
            if variant.field in self.study.tables[variant.table].key:
                gone.append(at)
            else:
                rows.loc[at, variant.field] = pd.NA if variant.value is None else variant.value
        return rows.drop(index=gone).reset_index(drop=True)

    def together(self, variants: list[Variant], before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, dict]:
        """(subjects, tables) of the copies as they are and, with `AFTER` behind their ids, as the variants make them."""

        def renamed(frame: pd.DataFrame) -> pd.DataFrame:
            ids = (frame[self.who].astype(object) + AFTER).astype(frame[self.who].dtype)
            return frame.assign(**{self.who: ids})

        old, new = (self.copies(variants, changed) for changed in (False, True))
        tables = {
            name: pd.concat([frame, renamed(new[name])], ignore_index=True) if self.who in frame else frame
            for name, frame in old.items()
        }
        return pd.concat([before, renamed(after).set_axis(before.index + AFTER)]), tables
