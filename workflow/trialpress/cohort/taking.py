"""One value per participant from the rows of another table.

A row of which it is not known whether it counts (its condition is not known) could count: where it could change the
answer, the answer is not known. A row without a value does not count.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd


class Ambiguous(ValueError):
    """Several rows between which only chance would decide; `who` are the participants."""

    def __init__(self, what: str, who: pd.Series):
        self.what, self.who = what, list(dict.fromkeys(who))
        super().__init__(what)


def take(how: str, rows: pd.DataFrame, participants: pd.Series) -> pd.Series:
    """The value of each participant, in their order.

    rows: who, value, by (its place), counts (true, false, missing: not known).
    """
    index = pd.Index(participants)
    counts = rows["counts"].astype("boolean")
    count, open_ = counts.to_numpy(dtype=bool, na_value=True), counts.isna().to_numpy()
    if how != "any":
        count = count & rows["value"].notna().to_numpy()
    rows = rows.assign(open=open_) if count.all() else rows.assign(open=open_)[count]
    some = bool((open_ & count).any())  # rows of which it is not known whether they count
    sure = rows[~rows["open"]] if some else rows
    doubtful = index.isin(rows["who"][rows["open"]]) if some else np.zeros(len(index), dtype=bool)
    if how == "any":
        found = pd.Series(index.isin(sure["who"]), index=index, dtype="boolean")
        return found.mask(doubtful & ~found.to_numpy(dtype=bool))
    if how == "count":
        return sure.groupby("who")["value"].count().reindex(index, fill_value=0).astype("Int64").mask(doubtful)
    if how == "only":
        twice = sure["who"][sure["who"].duplicated()]
        if len(twice):
            raise Ambiguous("several rows", twice)
    if how in ("first", "last"):
        return _ordered(how, rows, index)
    found = sure.groupby("who")["value"].agg("first" if how == "only" else how).reindex(index)
    if how in ("min", "max") and some:
        with_open = rows.groupby("who")["value"].agg(how).reindex(index)
        doubtful &= ~with_open.eq(found).fillna(False).to_numpy(dtype=bool)
    return found.mask(doubtful)


def _ordered(how: str, rows: pd.DataFrame, index: pd.Index) -> pd.Series:
    rows = rows.sort_values(["who", "by"], kind="stable", ascending=[True, how == "first"], na_position="last")
    sure = rows[~rows["open"]]
    if sure.empty:
        return pd.Series(None, index=index, dtype=rows["value"].dtype)
    found = sure.drop_duplicates("who").set_index("who")["value"].reindex(index)
    best = rows["who"].map(sure.drop_duplicates("who").set_index("who")["by"])
    ahead = _ahead(how)(rows["by"], best)
    ties = rows["by"].eq(best).fillna(False)
    known = rows["who"].map(found)
    other = (rows["value"] != known).fillna(True).astype(bool)
    tied = other & ties & ~rows["open"]
    if tied.any():
        raise Ambiguous("several values at the same place of the order", rows["who"][tied])
    could = other & (rows["by"].isna() | (rows["open"] & (ahead | ties)))
    unplaced = sure[sure["by"].isna()]["who"]  # the chosen row itself may have no place, with others beside it
    lost = rows["who"].isin(rows["who"][could]) | (rows["who"].isin(unplaced) & other)
    return found.mask(index.isin(rows["who"][lost]))


def _ahead(how: str) -> Callable[[pd.Series, pd.Series], pd.Series]:
    return lambda by, best: ((by < best) if how == "first" else (by > best)).fillna(False).astype(bool)
