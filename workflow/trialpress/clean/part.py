"""The records of one part of a table, and the steps that need nothing but the part: layout, reading, `where`, keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..calculation import LARGEST
from ..errors import InputError, Problem
from ..expression import Expression, ExpressionError, Fault
from ..study import DTYPES, Column, Part, Study, Table
from ..text import normalise
from .fields import Coded, Field, encode
from .parse import Parser, Reading
from .read import is_footnote
from .read.raw import Cell, Raw

SHIFTED = "the row is shifted"
ELSEWHERE = "not part of the table"
UNKNOWN = "not known whether it is part of the table"
NOTHING = "holds nothing for this table"
HARMLESS = ("footnote", "repeats the header", "duplicate of row", NOTHING, ELSEWHERE)


class Records:
    """The records of a part: `row` is the index of the raw row, `block` that of the block; `alive` those not rejected.

    A rejected record has its reason in `reason`; `unused` holds (index of the raw row, reason) of rows without a record.
    """

    def __init__(self, study: Study, table: Table, part: Part, raw: Raw, positions: Mapping):
        self.study, self.table, self.part, self.raw, self.positions = study, table, part, raw, positions
        self.blocks = list(part.blocks) or [None]
        self.unused: list[tuple[int, str]] = []
        self._lay_out()
        self.alive = np.ones(len(self.row), dtype=bool)
        self.reason = np.full(len(self.row), "", dtype=object)
        self.slashes = False  # whether a slash within a key decided how keys are written
        self.fields: dict[str, Field] = {}
        self.units: dict[str, Field] = {}
        self.parsers: dict[str, Parser] = {}
        self.told: dict[tuple[str, Cell], Reading] = {}  # what a cell says in a column, as far as it was asked
        self.settled: set[str] = set()  # the fields whose values are in their unit, and whose partial dates are imputed
        for column in part.columns.values():
            self._read(column)

    # --- rows ---

    def _lay_out(self) -> None:
        raw = self.raw
        free = np.ones(len(raw.numbers), dtype=bool)
        for reason, rows in (("footnote", self._footnotes()), ("repeats the header", self._headers())):
            self.unused += [(row, reason) for row in np.flatnonzero(rows & free).tolist()]
            free &= ~rows
        rows, blocks = [], []
        for number, block in enumerate(self.blocks):
            holds = free
            if block is not None:
                own = [at for (name, of), at in self.positions.items()
                       if of == block and name not in self.table.key and name in self.part.columns]  # fmt: skip
                holds = free & np.logical_or.reduce([self._filled(at) for at in own])
            found = np.flatnonzero(holds)
            rows.append(found)
            blocks.append(np.full(len(found), number, dtype=np.int32))
        self.by_block = rows
        self.row, self.block = np.concatenate(rows), np.concatenate(blocks)
        idle = free.copy()
        idle[self.row] = False
        self.unused += [(row, NOTHING) for row in np.flatnonzero(idle).tolist()]

    def _distinct(self, at: int, holds: Callable[[str], bool]) -> np.ndarray:
        column = self.raw.columns[at]
        return np.fromiter((holds(cell.text) for cell in column.cells), dtype=bool, count=len(column.cells))[
            column.codes
        ]

    def _filled(self, at: int) -> np.ndarray:
        return self._distinct(at, lambda text: bool(text.strip()))

    def _footnotes(self) -> np.ndarray:
        found, seen = (np.zeros(len(self.raw.numbers), dtype=bool) for _ in range(2))
        if self.raw.file.footer:
            for at in range(len(self.raw.columns)):
                found |= ~seen & self._distinct(at, lambda text: is_footnote(self.raw.file, text))
                seen |= self._filled(at)
        return found

    def _headers(self) -> np.ndarray:
        """Rows whose every filled cell, at least two, says what the header says: a page pasted below another."""
        same, filled = (np.zeros(len(self.raw.numbers), dtype=np.int32) for _ in range(2))
        for at, path in enumerate(self.raw.headers):
            same += self._distinct(at, lambda text, path=path: bool(text) and normalise(text) == path[-1])
            filled += self._filled(at)
        return (same == filled) & (filled >= 2)

    # --- cells ---

    def _read(self, column: Column) -> None:
        file, raw = self.part.file, self.raw
        if column.block:
            self.fields[column.name] = Field.given(column, Coded(self.block, self.blocks))
        elif column.row:
            numbers = raw.numbers[self.row]
            of = int if column.type in ("integer", "number") else str
            codes, values = pd.factorize(numbers)  # one row may give several records, one for each block
            self.fields[column.name] = Field.given(column, Coded(codes, [of(value) for value in values.tolist()]))
        elif column.source:
            at = [self.positions[column.name, block] for block in self.blocks]
            labels = {text: label for index in at for text, label in raw.labels.get(index, {}).items()}
            units = {column.unit, *column.units} - {""}
            if column.unit_by:
                units |= {unit for chosen in self.study.units.values() for unit in chosen}
            parse = self.parsers[column.name] = Parser(
                column, file, self.study.missing, units=units, date_1904=raw.date_1904, serials=raw.serials, labels=labels,
                commas=bool(raw.commas.intersection(at)),
            )  # fmt: skip
            self.fields[column.name] = Field.read(column, self._cells(at), parse.all, [raw.header(i) for i in at])
            if column.unit_from:
                at = [self.positions[f"{column.name} unit", block] for block in self.blocks]
                words = frozenset(map(normalise, self.study.missing))
                text = Column(f"{column.name} unit", "code")
                self.units[column.name] = Field.read(
                    text,
                    self._cells(at),
                    lambda cells, words=words: [Reading(_word(cell.text, words)) for cell in cells],
                    [raw.header(i) for i in at],
                )

    def _cells(self, at: Sequence[int]) -> Coded:
        return encode([self.raw.columns[i] for i in at], self.by_block)

    # --- what the steps use ---

    def living(self) -> np.ndarray:
        """The indices of the records that are not rejected."""
        return np.flatnonzero(self.alive)

    def reject(self, records: np.ndarray, reasons: str | Sequence[str]) -> None:
        """Reject records that are alive still."""
        self.reason[records] = reasons
        self.alive[records] = False

    def columns(self, names: Iterable[str], rows: np.ndarray | None = None) -> dict[str, pd.Series]:
        """Columns of the part by name, typed; what a column adds, too."""
        found = {}
        for name in names:
            if name in self.fields:
                found[name] = self.fields[name].values(rows)
        return found

    def derive(self, names: Iterable[str]) -> None:
        """Columns that `where`, key or references need before the parts are joined, and that this part alone decides."""
        waiting = [name for name in names if name in self.part.columns and self.part.columns[name].derive]
        for name in waiting:
            column = self.part.columns[name]
            expression = Expression(column.derive)
            if name in self.fields or any("." in other for other in expression.names):
                continue
            self.derive(expression.names)
            if set(expression.names) <= set(self.fields):
                columns = self.columns(expression.names) or {"": pd.Series(range(len(self.row)))}
                self.fields[name] = Field.given(column, Coded.of(evaluate(self.table, column, columns)))

    def sources(self, names: Iterable[str]) -> list[str]:
        """The fields that some columns are, or are derived from within this part."""
        found: dict[str, None] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self.part.columns and name not in found:
                found[name] = None
                waiting += Expression(self.part.columns[name].derive).names if self.part.columns[name].derive else ()
        return [name for name in self.fields if name in found and self.fields[name].raw]

    def number(self, record: int) -> int:
        """The physical row of a record."""
        return int(self.raw.numbers[self.row[record]])

    def key_texts(self, rows: np.ndarray) -> pa.Array:
        """The key of some records as one text: 'LD-001/2015-03-01/CRP'. A slash is doubled where keys would be alike."""
        parts = [self.fields[name].key(rows) for name in self.table.key]
        texts = _joined(parts)
        if len(parts) > 1 and any("/" in text for part in parts for text in part.values):
            distinct = pd.unique(combine_codes(parts)[0])
            self.slashes = True
            if len(texts.unique()) < len(distinct):
                parts = [Coded(part.codes, [text.replace("/", "//") for text in part.values]) for part in parts]
                texts = _joined(parts)
        return texts


def _joined(parts: Sequence[Coded]) -> pa.Array:
    columns = [pa.array(part.values, type=pa.string()).take(pa.array(part.codes)) for part in parts]
    return columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, "/")


def combine_codes(parts: Sequence[Coded]) -> tuple[np.ndarray, int]:
    """One number for each combination of codes, and how many numbers there could be."""
    mixed, size = parts[0].codes.astype(np.int64), len(parts[0].values)
    for part in parts[1:]:
        if size * len(part.values) >= 2**62:
            mixed, distinct = pd.factorize(mixed)
            size = len(distinct)
        mixed, size = mixed * len(part.values) + part.codes, size * len(part.values)
    return mixed, size


def evaluate(
    table: Table, column: Column, columns: Mapping[str, pd.Series], faults: list[Fault] | None = None
) -> pd.Series:
    """A derived column; an error names it. Where it has no result it is missing, and `faults` are told."""
    told: list[Fault] = [] if faults is None else faults
    try:
        found = Expression(column.derive)(columns, told)
        return _fitting(column, found, told).astype(DTYPES.get(column.type, "string"))
    except (ExpressionError, TypeError, ValueError) as error:
        raise InputError(
            [
                Problem(
                    f"study.yaml, tables.{table.name}.columns.{column.name}.derive",
                    str(error),
                    "the column cannot be computed",
                    "check the types of the columns that it names, and its own",
                )
            ]
        ) from None


def _fitting(column: Column, found: pd.Series, told: list[Fault]) -> pd.Series:
    """Derived values that their column can hold: 130.5 is no whole number, 'x' no code; the others are faults."""
    if column.type == "integer" and pd.api.types.is_float_dtype(found):
        number = found.astype("Float64")
        wrong = {"is not a whole number": number % 1 != 0, "is too large a whole number": number.abs() >= LARGEST}
    elif column.type == "code" and column.codes:
        wrong = {"is not among the codes": ~found.astype("string").isin(list(column.codes))}
    elif column.type == "date" and pd.api.types.is_datetime64_any_dtype(found):
        return found.dt.normalize()
    else:
        return found
    for what, rows in wrong.items():
        rows = (rows & found.notna()).fillna(False).astype(bool)
        if rows.any():
            told.append(Fault(what, column.derive, rows))
            found = found.mask(rows)
    return found


def _word(text: str, missing: frozenset[str]) -> str:
    text = normalise(text)
    return "" if text in missing else text
