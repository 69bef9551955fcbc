"""One column of a table on its way from raw cells to clean values, held by distinct readings.

A record points to its raw cell and to its reading, both by number. So a step looks at each different reading once, however
many records share it, and a million rows cost little more than a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..study import DTYPES, Column
from ..text import normalise, text_of
from .parse import Reading
from .read.raw import BLANK, Cell, Encoded

DATES = ("date", "datetime")


def typed(values: Iterable, kind: str) -> pd.Series:
    """A column of nullable type from Python values."""
    values = list(values)
    if kind in DATES:
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object"))).astype("datetime64[s]")
    return pd.Series(values, dtype=DTYPES.get(kind, "string"))


class Coded(NamedTuple):
    """One value per record, each distinct value once: the value of record i is values[codes[i]]."""

    codes: np.ndarray
    values: Sequence

    @classmethod
    def of(cls, series: pd.Series) -> Coded:
        """From a column; missing is None."""
        codes, values = pd.factorize(series, use_na_sentinel=True)
        return cls(np.where(codes < 0, len(values), codes), [*values.tolist(), None])

    def map(self, function: Callable) -> np.ndarray:
        """function(value) for each record, called once for each distinct value."""
        return np.array([function(value) for value in self.values])[self.codes]


def combine(*columns: Coded, rows: np.ndarray) -> tuple[np.ndarray, list[tuple]]:
    """(number of its combination for each of the rows, the distinct combinations of values)."""
    mixed = np.zeros(len(rows), dtype=np.int64)
    for codes, values in columns:
        mixed = mixed * len(values) + codes[rows]
    which, distinct = pd.factorize(mixed)
    combinations = []
    for number in distinct.tolist():
        found = []
        for _, values in reversed(columns):
            number, at = divmod(number, len(values))
            found.append(values[at])
        combinations.append(tuple(reversed(found)))
    return which, combinations


class Field:
    """cells, cell: the distinct raw cells, and that of each record; readings, state: likewise what they say.

    headers: header of the raw column by block; a field without a raw column (block, row, derived) has none.
    """

    def __init__(self, column: Column, cells: Coded, readings: Coded, headers: Sequence[str] = ()):
        self.column, self.headers = column, headers
        self.cells, self.cell = cells.values, cells.codes
        self.readings, self.state = list(readings.values), readings.codes.astype(np.int64)  # its own: they change

    @classmethod
    def read(
        cls, column: Column, cells: Coded, parse: Callable[[Sequence[Cell]], list[Reading]], headers: Sequence[str]
    ) -> Field:
        """From raw cells, each distinct one parsed once."""
        return cls(column, cells, Coded(cells.codes, parse(cells.values)), headers)

    @classmethod
    def given(cls, column: Column, values: Coded) -> Field:
        """From values that no cell holds: the block, the row, a derivation."""
        none = Coded(np.zeros(len(values.codes), dtype=np.int8), [BLANK])
        return cls(column, none, Coded(values.codes, [Reading(value) for value in values.values]))

    @property
    def raw(self) -> bool:
        """Whether it comes from raw cells."""
        return bool(self.headers)

    @property
    def coded(self) -> Coded:
        """The readings."""
        return Coded(self.state, self.readings)

    @property
    def texts(self) -> Coded:
        """The canonical text of the values; '' where missing."""
        return self.told(lambda reading: text_of(reading.value, self.column.type))

    def told(self, tell: Callable[[Reading], object]) -> Coded:
        """Something that the readings tell, each different answer once."""
        numbers: dict[object, int] = {}
        codes = np.fromiter(
            (numbers.setdefault(tell(r), len(numbers)) for r in self.readings), dtype=np.int64, count=len(self.readings)
        )
        return Coded(codes[self.state], list(numbers))

    def where(self, holds: Callable[[Reading], bool]) -> np.ndarray:
        """The records (as a mask) whose reading is such."""
        return np.fromiter(map(holds, self.readings), dtype=bool, count=len(self.readings))[self.state]

    def values(self, rows: np.ndarray | None = None) -> pd.Series:
        """The values as a typed column, of all records or of some."""
        distinct = typed([reading.value for reading in self.readings], self.column.type)
        return distinct.take(self.state if rows is None else self.state[rows]).reset_index(drop=True)

    def key(self, rows: np.ndarray) -> Coded:
        """The texts by which records are named, of some rows: the value, or the raw text where there is none."""
        which, pairs = combine(self.coded, Coded(self.cell, self.cells), rows=rows)
        texts = [text_of(reading.value, self.column.type) or normalise(cell.text) for reading, cell in pairs]
        codes, values = pd.factorize(pd.Series(texts, dtype=object))
        return Coded(codes[which] if len(texts) else which, list(values))

    def change(self, rows: np.ndarray, function: Callable[..., Reading], *others: Coded) -> None:
        """Give records `function(reading, *others)`, called once for each combination of what they have."""
        if not len(rows):
            return
        which, combinations = combine(self.coded, *others, rows=rows)
        start = len(self.readings)
        self.readings += [function(*found) for found in combinations]
        self.state[rows] = start + which

    def copy(self) -> Field:
        """Its own readings, which may change; the same cells."""
        return Field(self.column, Coded(self.cell, self.cells), self.coded, self.headers)

    def compact(self) -> None:
        """Forget the readings that no record has any more."""
        used = np.bincount(self.state, minlength=len(self.readings)) > 0
        self.state = (np.cumsum(used) - 1)[self.state]
        self.readings = [*compress(self.readings, used.tolist())]


def encode(columns: Sequence[Encoded], rows: Sequence[np.ndarray]) -> Coded:
    """The cells of some rows of one or several raw columns (the blocks), one below the other."""
    numbers: dict[Cell, int] = {}
    parts = []
    for column, at in zip(columns, rows, strict=True):
        again = np.array([numbers.setdefault(cell, len(numbers)) for cell in column.cells], dtype=np.int32)
        parts.append(again[column.codes[at]] if len(again) else np.zeros(0, dtype=np.int32))
    return Coded(np.concatenate(parts), list(numbers))
