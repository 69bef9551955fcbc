"""The logs of the clean stage as the page has them. A log of millions of rows is read a block after the other, and never held."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...contracts import Blocks
from ..parts import write_part
from ..trace.changes import combined

PART = 20_000  # rows of a table in one piece
MOST = 1_000_000  # rows of a table on the page
FEW = 500  # different values of a column that can be chosen from
OF_A_RULE = ["kind", "table", "field", "rule"]
KINDS = {
    "changes": ["table", "field", "rule"],
    "queries": ["state", "table", "field", "message"],
    "rejected": ["table", "reason"],
}


def encoded(table: pd.DataFrame | pa.Table) -> dict:
    """A table by columns: {name: {values: the different texts, codes: which of them each row has}}."""
    columns = {}
    for name in table.columns if isinstance(table, pd.DataFrame) else table.column_names:
        if isinstance(table, pd.DataFrame):
            codes, values = pd.factorize(table[name])
        else:
            found = table[name].combine_chunks().dictionary_encode()
            codes, values = found.indices.to_numpy(), found.dictionary.to_pylist()
        columns[name] = {"values": [str(value) for value in values], "codes": codes.tolist()}
    return {"rows": len(table), "columns": columns}


class Log:
    """What is known of a log when it was read once. rows: how many; tally: how often each of few values of a column occurs; rules:
    how many changes are of each rule; corrected: the rows of corrections; shown: the rows that the page has, which are all, or of
    each kind the first ones."""

    def __init__(self, name: str, log: pd.DataFrame | Blocks):
        self.name, self.rows, self.tally, self.kinds, rules, corrected = name, 0, {}, Counter(), Counter(), []
        self._shown: list[tuple[pa.RecordBatch, np.ndarray]] = []
        self._last = np.inf  # row of its kind that may be shown
        for block in [_block(log)] if isinstance(log, pd.DataFrame) else log:
            self.names, self.rows = block.schema.names, self.rows + len(block)
            for column, values in zip(self.names, block.columns, strict=True):
                self.tally[column] = _added(self.tally.get(column, {}), values)
            nth = self._nth(block)
            here = nth <= self._last
            self._shown.append((_decoded(block.filter(pa.array(here))), nth[here]))
            if sum(len(nth) for _, nth in self._shown) > 2 * MOST:
                self._cut()
            if name == "changes":
                of, names = combined(*map(block.column, OF_A_RULE))
                rules.update(dict(zip(names, np.bincount(of).tolist(), strict=True)))
                is_one = pc.match_substring(block["rule"].dictionary, "correction:").take(block["rule"].indices)
                corrected.append(_decoded(block.filter(is_one)).to_pandas().astype(str))
        self._cut()
        self.shown = pa.Table.from_batches([block for block, _ in self._shown]).slice(0, MOST)
        self.rules = pd.DataFrame([(*rule, n) for rule, n in rules.items()], columns=[*OF_A_RULE, "cells"])
        self.corrected = pd.concat(corrected) if corrected else None

    def _nth(self, block: pa.RecordBatch) -> np.ndarray:
        """Which row of its kind each row is, counted from 0."""
        of, names = combined(*map(block.column, KINDS.get(self.name, self.names[:1])))
        sizes = np.bincount(of, minlength=len(names))
        nth = np.empty(len(block), np.int64)
        nth[np.argsort(of, kind="stable")] = np.arange(len(block)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        before = np.array([self.kinds[name] for name in names], np.int64)
        self.kinds.update(dict(zip(names, sizes.tolist(), strict=True)))
        return nth + before[of]

    def _cut(self) -> None:
        """Give up what is not among the first ones of its kind, if there are more than MOST rows."""
        if self.rows > MOST:
            self._last = _last(np.array([*self.kinds.values()]))
            kept = ((block, nth, nth <= self._last) for block, nth in self._shown)
            self._shown = [(block.filter(pa.array(here)), nth[here]) for block, nth, here in kept]

    def paged(self, folder: Path) -> dict:
        """It as the page has it: in one piece, or in parts in `folder`, with how often each of few values occurs."""
        if self.rows <= PART:
            return encoded(self.shown)
        starts = range(0, len(self.shown), PART)
        for number, start in enumerate(starts, start=1):
            write_part(encoded(self.shown.slice(start, PART)), folder / f"{self.name}-{number:04d}.js")
        n = len(self.shown)
        tally = {
            column: [[text, many] for text, many in of.items()] for column, of in self.tally.items() if of is not None
        }
        more = {"of": self.rows, "file": f"clean/{self.name}.csv"} if n < self.rows else {}
        return {"rows": n, "names": self.names, "size": PART, "parts": len(starts), "tally": tally, **more}


def _block(frame: pd.DataFrame) -> pa.RecordBatch:
    """A table as a log is read: each different text of a column once, in their order."""
    columns = []
    for name in frame:
        held = pd.Categorical(frame[name])
        texts = pa.array([str(value) for value in held.categories], pa.string())
        columns.append(pa.DictionaryArray.from_arrays(held.codes.astype(np.int32), texts))
    return pa.RecordBatch.from_arrays(columns, list(frame))


def _decoded(block: pa.RecordBatch) -> pa.RecordBatch:
    """The same without the dictionaries of the whole block, of which few rows may stay."""
    return pa.RecordBatch.from_arrays([column.dictionary_decode() for column in block.columns], block.schema.names)


def _last(sizes: np.ndarray) -> int:
    """Which row of its kind is the last to be shown, counted from 0, so that at least MOST are. sizes: rows of each kind."""
    low, high = 0, int(sizes.max()) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if np.minimum(sizes, middle + 1).sum() >= MOST else (middle + 1, high)
    return low


def _added(known: dict[str, int] | None, column: pa.DictionaryArray) -> dict[str, int] | None:
    """How often each text occurs, in their order; None if they are not few."""
    if known is None:
        return None
    n = np.bincount(column.indices.to_numpy(), minlength=len(column.dictionary))
    if (n > 0).sum() > FEW:
        return None
    for at in np.flatnonzero(n).tolist():
        text = column.dictionary[at].as_py()
        known[text] = known.get(text, 0) + int(n[at])
    return known if len(known) <= FEW else None
