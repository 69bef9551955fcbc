"""Where the rows of a raw file are, in bytes: what lets a part of the clean stage read its own rows and no others.

A text is cut where its rows begin, the XML of a worksheet before its elements `row`. What stands before the first row and behind
the last one belongs to every part. Of other formats, and of what cannot be cut safely, a part reads the whole and keeps its rows.
"""

from __future__ import annotations

import mmap
import re
import zipfile
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...study import File
from . import encoding
from .detect import Content, open_content
from .foreign import office
from .raw import Encoded, Raw
from .text import take_apart
from .workbook import read_workbook, top_of

PIECE = 2**26  # bytes that are looked at together
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06")
ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])(?:[^>]*?\sr=[\"'](\d+)[\"'])?")
LAST = re.compile(rb"</(?:\w+:)?sheetData\s*>")
ASIDE = (b"<!--", b"<![CDATA[", b"<?xml-")  # in which a tag is none


class Places(NamedTuple):
    """Rows in the order of the file: physical number, first byte, and the byte behind the last one, each int64; `first` and `last`:
    where the first row of the whole file begins and the last one ends."""

    number: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    first: int
    last: int

    def cut(self, data: bytes | mmap.mmap) -> bytes:
        """These rows of a file, with what stands before the first and behind the last row of the whole."""
        apart = np.flatnonzero(self.begin[1:] != self.end[:-1]) + 1
        starts, stops = np.append(0, apart), np.append(apart, len(self.begin)) - 1
        runs = zip(self.begin[starts].tolist(), self.end[stops].tolist(), strict=True) if len(self.begin) else ()
        return b"".join([data[: self.first], *(data[a:b] for a, b in runs), data[self.last :]])


def places(path: Path, raw: Raw, numbers: np.ndarray) -> Places | None:
    """Where the rows of these physical numbers are (all that the file has, ascending); None if the file is not cut.

    Blank lines behind a row go with it: they are left out again.
    """
    if raw.format == "csv":
        return _of_lines(_text(path, raw.file), numbers)
    if raw.format == "xlsx" and raw.beside is not None and _workbook(path):
        from .xlsx import xml_of

        return _of_elements(xml_of(path.read_bytes(), str(path), raw.file), numbers, top_of(raw.file))
    return None


def read_some(path: Path, file: File, format: str, some: Places | None, numbers: np.ndarray) -> Raw:
    """Some rows of a file that was read before, as they were read then; remarks are not made again.

    some: where these rows are, and those that are read with them (see `Raw.beside`); None: the file is not cut. numbers: the
    physical numbers of the rows. A row that was refused is refused again.
    """
    if some is None:
        from . import read

        raw = read(path, file)
    elif format == "csv":
        raw = _rows_of_text(path, file, some)
    else:
        raw = read_workbook(Content(path.read_bytes(), format, str(path)), file, some)
    here = np.isin(raw.numbers, numbers, assume_unique=True)
    those = set(numbers.tolist()) if raw.refused or raw.padded else set()
    return replace(
        raw,
        numbers=raw.numbers[here],
        columns=tuple(_those(column, here) for column in raw.columns),
        refused=tuple(row for row in raw.refused if row.row in those),
        padded=tuple(row for row in raw.padded if row in those),
        remarks=(),
    )


def _those(column: Encoded, here: np.ndarray) -> Encoded:
    codes = column.codes[here]
    used = np.bincount(codes, minlength=len(column.cells)) > 0
    return Encoded((np.cumsum(used, dtype=np.int32) - 1)[codes], [*compress(column.cells, used.tolist())])


# --- texts ------------------------------------------------------------------------------------------------------------


def _text(path: Path, file: File) -> bytes | mmap.mmap:
    """A text as UTF-8: the file itself, of which only what is asked for is read, or what it is turned into."""
    with open(path, "rb") as opened:
        if not opened.read(4).startswith(PACKED) and encoding.is_utf_8(file):
            return mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    content = open_content(path, file)
    return encoding.check(content.data, content.where, file)[0]


def _of_lines(data: bytes | mmap.mmap, numbers: np.ndarray) -> Places | None:
    """Numbers are those of lines; None if some line ends in nothing but a carriage return."""
    begin, before, lines = np.zeros(len(numbers), dtype=np.int64), 0, numbers - 1  # line breaks before each row
    for start in range(0, len(data), PIECE):
        signs = np.frombuffer(data, np.uint8, min(PIECE, len(data) - start), start)
        alone = np.flatnonzero(signs == ord("\r")) + start + 1
        if any(data[at : at + 1] != b"\n" for at in alone.tolist()):
            return None
        ends = np.flatnonzero(signs == ord("\n"))
        these = slice(*np.searchsorted(lines, [before + 1, before + len(ends) + 1]))
        begin[these] = ends[lines[these] - before - 1] + (start + 1)
        before += len(ends)
        del signs  # else the file could not be closed
    return Places(numbers, begin, np.append(begin[1:], len(data)), int(begin[0]), len(data))


def _rows_of_text(path: Path, file: File, some: Places) -> Raw:
    data = some.cut(_text(path, file))
    raw = take_apart(Content(data, "csv", str(path)), replace(file, encoding="utf-8"))[0]
    begins = some.first + np.cumsum(some.end - some.begin) - (some.end - some.begin)
    breaks = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
    lines = np.searchsorted(breaks, begins) + 1  # in what was cut

    def number(line):
        return some.number[np.searchsorted(lines, line)]

    return replace(
        raw,
        file=file,
        numbers=number(raw.numbers),
        refused=tuple(replace(row, row=int(number(row.row))) for row in raw.refused),
        padded=tuple(int(number(row)) for row in raw.padded),
    )


# --- worksheets -------------------------------------------------------------------------------------------------------


def _workbook(path: Path) -> bool:
    """Whether the file itself is a workbook, and not in an archive."""
    return zipfile.is_zipfile(path) and office(zipfile.ZipFile(path)) == "xlsx"


def _of_elements(xml: bytes, numbers: np.ndarray, top: int) -> Places | None:
    """Numbers are those that the rows have in the XML, of which those from `top` are no header; one without a row there is of
    merged cells, and has no bytes."""
    last = LAST.search(xml)
    found = [(match[1], match.start()) for match in ROW.finditer(xml)]
    if not found or last is None or any(number is None for number, _ in found) or any(sign in xml for sign in ASIDE):
        return None
    known, starts = np.array([int(number) for number, _ in found]), np.array([at for _, at in found] + [last.start()])
    if (np.diff(known) <= 0).any() or starts[-1] < starts[-2]:
        return None
    at = np.searchsorted(known, numbers)
    there = known[np.minimum(at, len(known) - 1)] == numbers
    begin = np.where(there, starts[np.minimum(at, len(known) - 1)], last.start())
    end = np.where(there, starts[np.minimum(at + 1, len(known))], last.start())
    return Places(numbers, begin, end, int(starts[np.searchsorted(known, top)]), last.start())
