"""Columns are collected as codes of their distinct values, so that no object per cell stays in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from decimal import Decimal
from itertools import chain

import numpy as np
import pandas as pd

from .raw import Cell, Encoded

CHUNK = 500  # rows that are held as objects at a time; more are slower: they leave the processor's cache


class Encoder:
    """One column in the making.

    >>> column = Encoder()
    >>> column.add(["a", "b", "a"])
    >>> column.done(Cell).codes.tolist()
    [0, 1, 0]
    """

    def __init__(self):
        self._code: defaultdict[Hashable, int] = defaultdict()
        self._code.default_factory = self._code.__len__  # a new value gets the next number
        self._chunks: list[np.ndarray] = []

    def add(self, values: Sequence[Hashable]) -> None:
        """Append rows."""
        self._chunks.append(np.fromiter(map(self._code.__getitem__, values), dtype=np.int32, count=len(values)))

    def add_coded(self, codes: np.ndarray, values: Sequence[Hashable], more: Sequence[Hashable], order) -> None:
        """Append rows of which the different values are known, and more of them, in this order."""
        each = np.fromiter(map(self._code.__getitem__, chain(values, more)), np.int32, len(values) + len(more))
        self._chunks.append(np.concatenate([each[: len(values)][codes], each[len(values) :]])[order])

    @property
    def values(self) -> Iterable[Hashable]:
        """The distinct values."""
        return self._code.keys()

    def done(self, cell: Callable[..., Cell] | None = None, mixed: bool = False) -> Encoded:
        """The column; `cell` makes the Cell of each distinct value (None: the values are Cells). mixed: values were added in another
        order than that of their rows, and are put into it."""
        codes = np.concatenate(self._chunks) if self._chunks else np.zeros(0, dtype=np.int32)
        values = list(self._code)
        if mixed:
            codes, order = pd.factorize(codes)
            codes, values = codes.astype(np.int32), [values[code] for code in order.tolist()]
        return Encoded(codes, [cell(value) for value in values] if cell else values)


def without_blank(columns: Sequence[Encoded], rows: int) -> tuple[np.ndarray, tuple[Encoded, ...]]:
    """(which rows are not blank throughout, the columns of these rows)."""
    filled = np.zeros(rows, dtype=bool)
    for column in columns:
        filled |= np.array([bool(cell.text.strip()) for cell in column.cells], dtype=bool)[column.codes]
    if filled.all():
        return filled, tuple(columns)
    return filled, tuple(Encoded(column.codes[filled], column.cells) for column in columns)


def number_text(value) -> str:
    """A number in its shortest exact form, whole numbers without a point or exponent: 1e+16 is 10000000000000000."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, np.float32):
        return str(int(value)) if value.is_integer() and abs(value) < 1e22 else str(value)  # 0.1, not 0.10000000149
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e22 else repr(value)
