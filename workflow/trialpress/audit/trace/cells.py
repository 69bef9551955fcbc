"""The raw cells of clean values, a field of a table at a time: joined by key, held as arrays, without an object per cell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...clean.withheld import HIDDEN, NOT_SHOWN
from ...cohort import Builder as Builder
from ...results import Results
from .changes import Changes, combined, encoded, integers
from .columns_json import strings
from .texts import keys, names_in, same, texts

MOST = 2**31  # numbers of cells have 32 bits
CELL = ("place", "key", "row", "raw", "clean", "rule")  # as trace.json has one
_NO_CELLS = tuple(
    pa.array([], pa.string()) if name in ("key", "raw", "clean") else np.empty(0, np.int32) for name in CELL
)


@dataclass(frozen=True)
class Block:
    """The raw cells of one field, in the order of the clean rows that they belong to.

    start: clean row i has the cells start[i] to start[i + 1]; place, row, raw, clean, rule: as trace.json has them; offset: number
    of the first cell.
    """

    table: str
    offset: int
    start: np.ndarray
    place: np.ndarray
    row: np.ndarray
    raw: pa.DictionaryArray
    clean: pa.DictionaryArray
    rule: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    @property
    def at(self) -> np.ndarray:
        """The clean row of each cell."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), np.diff(self.start))


class Cells:
    """The raw cells of clean values. A cell's number is its place among all blocks, in the order in which they were asked for."""

    def __init__(self, results: Results, cells: Path, changes: Iterable[pd.DataFrame | pa.RecordBatch]):
        """cells: cells.parquet; changes: changes.csv in blocks, each text of a column once."""
        self.results, self.tables = results, results.study.tables
        self.file = pq.ParquetFile(cells, read_dictionary=["raw", "file", "column"])
        self.groups = _row_groups(self.file)
        self.changes = Changes(changes, lambda table, keys: integers(pc.index_in(keys, value_set=self.keys(table))))
        self.seen: dict[str, list[tuple]] = {}
        self.blocks: list[Block] = []
        self.places: dict[tuple, int] = {}  # (table, field, file, column) -> number
        self.rules: dict[str, int] = {}

    @cache  # noqa: B019  lives as long as the run
    def keys(self, table: str) -> pa.Array:
        """The key of each row of a clean table."""
        return keys(self.results.tables[table], self.tables[table].key)

    def rows(self, table: str, keys: pa.Array | pa.ChunkedArray) -> np.ndarray:
        """The clean row of each key, -1 for none. The fields of a table have the same keys one after the other."""
        keys = keys if isinstance(keys, pa.ChunkedArray) else pa.chunked_array([keys], pa.string())
        seen = self.seen.setdefault(table, [])
        for known, rows in seen:
            if len(known) == len(keys) and known.equals(keys):
                return rows
        seen.append((keys, integers(pc.index_in(keys, value_set=self.keys(table)))))
        del seen[:-4]
        return seen[-1][1]

    def read(self, table: str, field: str) -> pa.Table:
        """The raw cells of a field that have a clean row, by that row: at, raw, file, row, column."""
        names = ["key", "raw", "file", "row", "column"]
        found = self.file.read_row_groups(self.groups.get((table, field), []), columns=names, use_threads=False)
        at = self.rows(table, found["key"])
        order = np.argsort(at, kind="stable")
        order = order[at[order] >= 0]
        return found.drop_columns("key").take(pa.array(order)).append_column("at", pa.array(at[order]))

    @cache  # noqa: B019
    def sources(self, table: str, field: str) -> tuple[tuple[str, str, str], ...]:
        """The read fields that a clean field is made of: (table, field, field whose raw cell it is)."""
        columns = self.tables[table].columns
        column = columns[field]
        owner = next((name for name, other in columns.items() if other.limit == field), field)
        if not column.derive:
            fields = [] if column.block else [(table, field, owner)]
            return (*fields, *([(table, column.unit_to, column.unit_to)] if column.unit_to else []))
        found: dict[tuple, None] = {}
        for name in names_in(column.derive):
            other, _, inner = name.rpartition(".")
            found |= dict.fromkeys(self.sources(other or table, inner))
        return tuple(found)

    def of(self, table: str, rows: np.ndarray, participants: pa.Array, fields: Iterable[str]) -> tuple:
        """(index into `rows`, number of the cell) of the raw cells of fields in rows of a clean table, by row and field.

        participants: whose each of the rows is; a field derived from another table is looked up by them.
        """
        which, numbers = [], []
        for field in fields:
            for source, name, owner in self.sources(table, field):
                block = self.block(source, name, owner)
                at = rows if source == table else self.rows(source, participants)
                index, number = _gathered(block.start, at)
                which.append(index)
                numbers.append((number + block.offset).astype(np.int32))
        if not which:
            return np.empty(0, np.int64), np.empty(0, np.int32)
        which, numbers = np.concatenate(which), np.concatenate(numbers)
        order = np.argsort(which, kind="stable")
        return which[order], numbers[order]

    @cache  # noqa: B019
    def block(self, table: str, field: str, owner: str) -> Block:
        """The cells of a read field; owner: the field whose raw cell it is."""
        column, frame = self.tables[table].columns[field], self.results.tables[table]
        found = self.standing(table) if column.withheld else self.read(table, owner)
        if column.withheld:  # the cell is not shown; the row in which it stands is
            n = len(found)
            headers = same(" or ".join(column.source), n)
            raw = clean = same(HIDDEN if column.identifier else NOT_SHOWN, n)
        else:
            headers, raw = found["column"].combine_chunks(), encoded(found["raw"])
            of_rows = texts(frame[field]) if field in frame else same("", len(frame))
            clean = of_rows.take(found["at"].combine_chunks())
        at, row = found["at"].to_numpy(), found["row"].to_numpy()
        local, known = combined(found["file"].combine_chunks(), headers)
        clean, rule = self.changed(table, field, at, row, local, known, clean)
        place = np.array(
            [self.places.setdefault((table, field, *one), len(self.places)) for one in known], dtype=np.int64
        )
        offset = self.blocks[-1].offset + len(self.blocks[-1]) if self.blocks else 0
        start = np.searchsorted(at, np.arange(len(frame) + 1))
        if offset + len(at) >= MOST:
            raise OverflowError(f"{MOST:,} raw cells cannot be told apart")
        place, row, rule = (array.astype(np.int32) for array in (place[local], row, rule))  # of millions of cells
        self.blocks.append(Block(table, offset, start, place, row, raw, clean, rule))
        return self.blocks[-1]

    def standing(self, table: str) -> pa.Table:
        """The raw rows in which the key of each clean row stands: at, file, row; each once, in their order."""
        form = pa.schema([("at", pa.int64()), ("file", pa.string()), ("row", pa.int64())])
        every = [self.read(table, name).select(form.names).cast(form) for name in self.tables[table].key]
        found = pa.concat_tables(every).group_by(["at", "file", "row"], use_threads=False).aggregate([])
        return found.sort_by([("at", "ascending"), ("file", "ascending"), ("row", "ascending")])

    def changed(
        self, table: str, field: str, at, row, local, known, clean: pa.DictionaryArray
    ) -> tuple[pa.DictionaryArray, np.ndarray]:
        """(clean text, number of the rule or -1) of each cell: what changes.csv says of it, or the clean value."""
        rule = np.full(len(at), -1, dtype=np.int64)
        lines = self.changes.of(table, field)
        if lines is None:
            return clean, rule
        numbered = {one: index for index, one in enumerate(known)}
        theirs = np.array([numbered.get(one, -1) for one in self.changes.places], dtype=np.int64)[lines.place]
        found = _last((lines.at, theirs, lines.row), (at, local, row))
        cells = np.flatnonzero(found >= 0)
        said, names = lines.rule[found[cells]], list(self.changes.rules)
        numbers = np.full(len(names), -1, dtype=np.int64)
        for code in pd.unique(said).tolist():
            numbers[code] = self.rules.setdefault(names[code], len(self.rules))
        rule[cells] = numbers[said]
        codes = integers(clean.indices)
        codes[cells] = len(clean.dictionary) + integers(lines.clean.indices)[found[cells]]
        every = pa.concat_arrays([clean.dictionary, lines.clean.dictionary])
        return pa.DictionaryArray.from_arrays(codes.astype(np.int32), every), rule

    def standing_at(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(place, row) of cells."""
        place, row = np.empty(len(numbers), np.int64), np.empty(len(numbers), np.int64)
        of = np.searchsorted([block.offset for block in self.blocks], numbers, side="right") - 1
        for at in np.unique(of).tolist():
            here = of == at
            local = numbers[here] - self.blocks[at].offset
            place[here], row[here] = self.blocks[at].place[local], self.blocks[at].row[local]
        return place, row

    def used(self, every: Iterable[np.ndarray]) -> int:
        """How many different cells some lists of their numbers hold."""
        here = np.zeros(sum(map(len, self.blocks)), dtype=bool)
        for numbers in every:
            here[numbers] = True
        return int(here.sum())

    @property
    def named(self) -> list[tuple]:
        """The places by number."""
        return list(self.places)

    def columns(self, numbers: np.ndarray) -> dict[str, np.ndarray | pa.Array]:
        """place, key, row, raw, clean and rule of cells, texts as JSON strings; numbers: sorted, each once."""
        found: list[tuple] = [_NO_CELLS]
        ends = np.searchsorted(numbers, [block.offset for block in self.blocks] + [np.iinfo(np.int64).max])
        for number, (first, last) in enumerate(pairwise(ends)):
            if first == last:
                continue
            block, at = self.blocks[number], numbers[first:last] - self.blocks[number].offset
            take = pa.array(at)
            rows = pa.array(np.searchsorted(block.start, at, side="right") - 1)
            key = strings(self.keys(block.table).take(rows))
            raw, clean = (column.take(take).dictionary_decode() for column in self.quoted(number))
            found.append((block.place[at], key, block.row[at], raw, clean, block.rule[at]))
        together = (
            pa.concat_arrays(values) if isinstance(values[0], pa.Array) else np.concatenate(values)
            for values in zip(*found, strict=True)
        )
        return dict(zip(CELL, together, strict=True))

    @cache  # noqa: B019
    def quoted(self, number: int) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
        """raw and clean of a block as JSON strings."""
        return strings(self.blocks[number].raw), strings(self.blocks[number].clean)


def _row_groups(file: pq.ParquetFile) -> dict[tuple[str, str], list[int]]:
    """(table, field) -> the row groups that hold its cells; the clean stage puts no two fields into one."""
    found: dict[tuple[str, str], list[int]] = {}
    at = [file.schema_arrow.names.index(name) for name in ("table", "field")]
    filled = (group for group in range(file.num_row_groups) if file.metadata.row_group(group).num_rows)
    for group in filled:
        known = [file.metadata.row_group(group).column(column).statistics for column in at]
        if any(one.min != one.max for one in known):
            raise ValueError("cells.parquet: a row group holds several fields")
        found.setdefault((known[0].min, known[1].min), []).append(group)
    return found


def _last(lines: Sequence[np.ndarray], cells: Sequence[np.ndarray]) -> np.ndarray:
    """The last of the lines that is of each cell, -1 for none; both by clean row, place and raw row."""
    kept = np.flatnonzero((lines[0] >= 0) & (lines[1] >= 0))
    lines = [numbers[kept] for numbers in lines]
    most = [1 + max(int(numbers.max(initial=0)) for numbers in both) for both in zip(lines, cells, strict=True)]
    if math.prod(most) >= 2**63:
        raise OverflowError("the log of changes is of more cells than can be told apart")
    said, asked = ((at.astype(np.int64) * most[1] + place) * most[2] + row for at, place, row in (lines, cells))
    order = np.argsort(said, kind="stable")
    found = np.searchsorted(said[order], asked, side="right") - 1
    there = found >= 0
    there[there] = said[order[found[there]]] == asked[there]
    return np.where(there, kept[order[found]] if len(kept) else -1, -1)


def different(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers in order, each once: by sorting, since numpy's hash table takes ten times as long for millions.

    >>> different(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    return np.unique(numbers, return_counts=True)[0]  # counted, it sorts


def _gathered(start: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(index into rows, cell) of the cells of some rows; a row of -1 has none."""
    here = np.where(rows >= 0, rows, 0)
    first = start[here]
    sizes = np.where(rows >= 0, start[here + 1] - first, 0)
    index = np.repeat(np.arange(len(rows)), sizes)
    within = np.arange(len(index)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return index, first[index] + within
