"""Large text files a block of lines at a time: Arrow takes apart what is plain, `csv` rows with quotation marks.

Arrow is strict about nothing, and so it is given only lines that can be read in one way: without quotation marks, and with as
many delimiters as the header has. All others come to the reader of `text`, which refuses what it should.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import csv

from ...errors import InputError

if TYPE_CHECKING:
    from .text import Reader

BLOCK = 2**24  # bytes
KIND = pa.dictionary(pa.int32(), pa.string())


class Lines:
    """The lines of a UTF-8 text, which end in a line feed, from a place that may be changed."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        start = self.at
        if start >= len(self.data):
            raise StopIteration
        self.at = self.data.find(b"\n", start) + 1 or len(self.data)
        return self.data[start : self.at].decode()


class Block(NamedTuple):
    """Rows with as many cells as the header, by columns, and all others but blank lines; rows are named by their line."""

    numbers: np.ndarray  # int64
    columns: Sequence[tuple[np.ndarray, list[str]]]  # codes of the different texts; these
    rows: list[tuple[int, list[str]]]


def blocks(reader: Reader) -> Iterator[Block]:
    """What is left of a reader; InputError as from the reader itself."""
    while reader.at < len(reader.data):
        line, at = reader.line, reader.at
        try:
            block = _block(reader)
        except InputError:
            block = None
        if block is None:  # the first fault of the block is said
            reader.seek(line, at)
            for _ in reader:
                pass
        yield block


def _block(reader: Reader) -> Block | None:
    """The next block; None, or InputError, if a row of it cannot be read."""
    data, quote, first, start = reader.data, reader.file.quote.encode(), reader.line, reader.at
    stop = data.rfind(b"\n", start, start + BLOCK) + 1 or data.find(b"\n", start) + 1 or len(data)
    signs = np.frombuffer(data, np.uint8, stop - start, start)
    ends = np.flatnonzero(signs == ord("\n")) + 1
    if not len(ends) or ends[-1] < len(signs):
        ends = np.append(ends, len(signs))
    begins = np.concatenate([[0], ends[:-1]])
    left = ~np.isin(signs[begins], (ord("\r"), ord("\n")))  # all but blank lines
    rows = []
    if quote and data.find(quote, start, stop) >= 0:
        for line in np.unique(np.searchsorted(ends, np.flatnonzero(signs == quote[0]), side="right")).tolist():
            if left[line]:  # else it belongs to a row above
                reader.seek(first + line, start + int(begins[line]))
                rows.append(next(reader))
                left[line : reader.line - first] = False
    end = (reader.line, reader.at) if reader.at > stop else (first + len(ends), stop)
    plain = np.flatnonzero(left)
    columns, misfits = _columns(_joined(data, start, begins, ends, left), reader)
    for line in plain[misfits].tolist():
        text = data[start + begins[line] : start + ends[line]].decode().rstrip("\r\n")
        rows.append((first + line, text.split(reader.file.delimiter)))
    texts = chain(*(texts for _, texts in columns), *(cells for _, cells in rows))
    if any(len(text) > reader.file.limits.cell for text in texts):
        return None
    reader.seek(*end)
    return Block(first + np.delete(plain, misfits), columns, sorted(rows))


def _joined(data: bytes, start: int, begins: np.ndarray, ends: np.ndarray, left: np.ndarray) -> pa.Buffer:
    """The lines that are left."""
    if left.all():
        return pa.py_buffer(data).slice(start, int(ends[-1]))
    edges = np.flatnonzero(np.diff(left, prepend=False, append=False)).reshape(-1, 2)  # of runs of them
    return pa.py_buffer(b"".join(data[start + begins[a] : start + ends[b - 1]] for a, b in edges.tolist()))


def _columns(lines: pa.Buffer, reader: Reader) -> tuple[list[tuple[np.ndarray, list[str]]], list[int]]:
    """(columns of the lines that fit the header, the numbers of those that do not)."""
    misfits: list[int] = []

    def skip(row: csv.InvalidRow) -> str:
        misfits.append(row.number - 1)
        return "skip"

    names = [str(number) for number in range(reader.width)]
    if not lines.size:
        return [(np.zeros(0, dtype=np.int32), []) for _ in names], []
    table = csv.read_csv(
        pa.BufferReader(lines),
        csv.ReadOptions(use_threads=False, block_size=lines.size, column_names=names),
        csv.ParseOptions(
            delimiter=reader.file.delimiter, quote_char=False, invalid_row_handler=skip, ignore_empty_lines=False
        ),
        csv.ConvertOptions(column_types=dict.fromkeys(names, KIND), strings_can_be_null=False, check_utf8=False),
    )
    found = [column.combine_chunks() for column in table.unify_dictionaries().columns]
    return [(column.indices.to_numpy(), column.dictionary.to_pylist()) for column in found], misfits
