"""One value per participant from the rows of another table.

A row of which it is not known whether it counts (its condition is not known) could count: where it could change the
answer, the answer is not known. A row without a value does not count.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np
import pandas as pd


class Ambiguous(ValueError):
    """Several rows between which only chance would decide; `who` are the participants."""

    def __init__(self, what: str, who: pd.Series):
        self.what, self.who = what, list(dict.fromkeys(who))
        super().__init__(what)


def places(who: np.ndarray, key: Sequence[pd.Series]) -> pd.Series:
    """The place of each row of a participant by columns that sort as they should, the first one first; missing where the first
    is. Rows between which a later one does not decide, because it is missing in one of them, share a place.

    >>> visit, number = pd.Series([0, 1, 1, 2, 2], dtype="Int64"), pd.Series([5, 2, 1, None, 1], dtype="Int64")
    >>> places(np.zeros(5), [visit, number]).tolist()
    [0, 2, 1, 3, 3]
    """
    place, known = np.zeros(len(who), dtype=np.int64), np.ones(len(who), dtype=bool)
    for at, values in enumerate(key):
        codes, distinct = pd.factorize(values, sort=True)
        if at == 0:
            known = codes >= 0
        elif (codes < 0).any():
            beside = pd.DataFrame({"who": who, "place": place, "lacks": codes < 0}).groupby(["who", "place"])["lacks"]
            codes = np.where(beside.transform("any"), 0, codes)
        place, _ = pd.factorize(place * (len(distinct) + 1) + codes, sort=True)
    return pd.Series(place, dtype="Int64").where(known)


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
    at = index.get_indexer(rows["who"])
    rows, at = rows[at >= 0].reset_index(drop=True), at[at >= 0]
    order = rows["by"].sort_values(kind="stable", ascending=how == "first", na_position="last").index.to_numpy()
    order = order[np.argsort(at[order], kind="stable")]
    rows, at = rows.take(order).reset_index(drop=True), at[order]
    by, value, sure = rows["by"], rows["value"], ~rows["open"].to_numpy()
    if not sure.any():
        return pd.Series(None, index=index, dtype=value.dtype)
    who, first = np.unique(at[sure], return_index=True)
    chosen = np.full(len(index), -1)  # the row of each participant
    chosen[who] = np.flatnonzero(sure)[first]
    found, (best, known) = value.reindex(chosen), (one.reindex(chosen[at]).set_axis(one.index) for one in (by, value))
    ahead, ties = (_true(of(by, best)) for of in (operator.lt if how == "first" else operator.gt, operator.eq))
    other = (value != known).fillna(True).to_numpy(dtype=bool)
    tied = other & ties & sure
    if tied.any():
        raise Ambiguous("several values at the same place of the order", rows["who"][tied])
    could = other & (by.isna().to_numpy() | (~sure & (ahead | ties)))
    unplaced, lost = np.zeros((2, len(index)), dtype=bool)
    unplaced[at[sure & by.isna()]] = True  # the chosen row itself may have no place, with others beside it
    lost[at[could | (unplaced[at] & other)]] = True
    return found.set_axis(index).mask(lost)


def _true(holds: pd.Series) -> np.ndarray:
    return holds.fillna(False).to_numpy(dtype=bool)
