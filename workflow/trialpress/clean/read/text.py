"""Delimited text. Every row has its cells where the header says, or it is refused, or the file is."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

import numpy as np

from ...errors import InputError
from ...study import File
from ...text import normalise
from . import encoding
from .blocks import Block, Lines, blocks
from .detect import Content
from .encode import CHUNK, Encoder, without_blank
from .headers import advice, separator
from .problems import stop
from .raw import BLANK, Cell, Raw, Refused, Remark

SWALLOWS = "a stray quotation mark swallows the rows up to the next one, and their participants with them"


def read_text(content: Content, file: File) -> Raw:
    """Read a text file by its declared delimiter, quotation mark and encoding."""
    raw, head = take_apart(content, file)
    if raw.refused and not len(raw.numbers):
        first, names = raw.refused[0], "".join(head[-1][1])
        sign = (
            separator(names, [file.delimiter.join(row.cells) for row in raw.refused], file)
            if len(raw.headers) == 1
            else ""
        )
        do = advice(file, sign) or "check delimiter, quote, skip_rows and header_rows in study.yaml"
        what = f"none of its {len(raw.refused)} rows fits the header: row {first.row} {first.reason}"
        raise stop(content.where, what, do)
    return raw


def take_apart(content: Content, file: File) -> tuple[Raw, list[tuple[int, list[str]]]]:
    """(the columns, the rows of the header, each with its line) of a text file or some of its rows."""
    reader = Reader(content, file)
    above = list(islice(reader, file.skip_rows + file.header_rows))
    head = above[file.skip_rows :]
    width = max((len(cells) for _, cells in head), default=0)
    headers = tuple(tuple(normalise(cells[i]) if i < len(cells) else "" for _, cells in head) for i in range(width))
    body = Body(file, headers)
    reader.width = width
    if width and reader.plain:
        for block in blocks(reader):
            body.add_block(block)
        texts = [*chain.from_iterable(cells for _, cells in above), *body.texts()]
    else:
        while chunk := list(islice(reader, CHUNK)):
            body.add(chunk)
        texts = [reader.data.decode()]
    return body.done([*encoding.twice(reader.data, texts, file), *reader.remarks]), head


def _plain(data: bytes, file: File) -> bool:
    """Whether lines end as they do everywhere, and delimiter and quotation mark are single bytes."""
    return data.count(b"\r") == data.count(b"\r\n") and (file.delimiter + file.quote).isascii()


class Reader:
    """The rows of a text file with the line each begins in; InputError where a quotation mark swallows rows.

    As soon as `width` is known, cells with line breaks are looked at: do they hold rows? `data` is the text as UTF-8, `line` the
    line in which the next row begins. Of a `plain` file `at` is where the next row begins in it, and `seek` goes elsewhere.
    """

    def __init__(self, content: Content, file: File):
        self.where, self.file, self.width = content.where, file, 0
        self.data, self.remarks = encoding.check(content.data, content.where, file)
        self.line, self.offset = 1, 0
        csv.field_size_limit(file.limits.cell)
        if file.delimiter in (file.quote, "\r", "\n"):
            do = f"use two different characters for files.{file.name}.delimiter and quote"
            raise stop(content.where, "cannot be taken apart: the delimiter is the quotation mark or a line break", do)
        self.plain = _plain(self.data, file)
        self.lines = Lines(self.data) if self.plain else encoding.lines(self.data)
        self.rows = csv.reader(
            self.lines,
            delimiter=file.delimiter,
            quotechar=file.quote or '"',
            quoting=csv.QUOTE_MINIMAL if file.quote else csv.QUOTE_NONE,
            strict=True,
        )

    @property
    def at(self) -> int:
        return self.lines.at

    @property
    def last(self) -> int:
        """The last line that was read."""
        return self.offset + self.rows.line_num

    def seek(self, line: int, at: int) -> None:
        self.line, self.lines.at = line, at
        self.offset = line - 1 - self.rows.line_num

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        try:
            cells = next(self.rows)
        except csv.Error as error:
            raise self._broken(str(error)) from None
        if self.last > self.line:
            self._look_for_rows(cells)
        line, self.line = self.line, self.last + 1
        return line, cells

    def _broken(self, error: str) -> InputError:
        last, quote = self.last, self.file.quote
        where = f"{self.where}, row {self.line}"
        if "field limit" in error and last <= self.line:
            what = f"a cell has more than {self.file.limits.cell} characters"
            do = "ask for the file again; or raise limits.cell in study.yaml"
            return stop(where, what, do, "it is damaged, or no table")
        if "end of data" in error or "field limit" in error:
            what = f"a cell opens with a quotation mark ({quote}) that is never closed; it goes on to row {last}"
        elif "expected after" in error:
            what = f"text follows the quotation mark ({quote}) that closes a cell" + (
                f", in row {last}; it was opened in row {self.line} or below" if last > self.line else ""
            )
        else:
            what = f"cannot be taken apart: {error}"
        return stop(where, what, self._mend(), SWALLOWS)

    def _mend(self) -> str:
        return (
            "mend the file at its source (a mark inside a cell is written twice), "
            f"or set files.{self.file.name}.quote: '' if marks mean nothing in it"
        )

    def _look_for_rows(self, cells: list[str]) -> None:
        """A cell whose lines have as many delimiters as rows have is a row with a stray mark, and the rows after it."""
        width, last = self.width or len(cells), self.last
        for at, cell in enumerate(cells):
            counts = [line.count(self.file.delimiter) for line in re.split(r"\r\n|\r|\n", cell)]
            if width < 2 or len(counts) < 2:
                continue
            begins = counts[0] == width - 1 - at  # with what stands before the mark the first line is a whole row
            whole = any(count >= width - 1 for count in counts[1:])
            # a sentence has a comma or two; in a narrow file more must fit before it is taken for rows
            clear = begins if width > 2 else begins and len(counts) > 2 and all(count == 1 for count in counts[1:-1])
            if whole and (clear or width > 5):
                what = f"a cell from here to row {last} holds whole rows: its quotation mark is a stray one"
                do = self._mend() + "; if they belong into the cell, ask for the file with another delimiter"
                raise stop(f"{self.where}, row {self.line}", what, do, SWALLOWS)
            if whole or (begins and counts[-1] == at):
                message = (
                    f"the cell goes on to row {last} of the file and could be rows as well: "
                    "is its quotation mark a stray one?"
                )
                self.remarks.append(Remark("error", self.line, f"#{at + 1}", cell, message))


class Body:
    """The rows below the header on their way into columns."""

    def __init__(self, file: File, headers: tuple[tuple[str, ...], ...]):
        self.file, self.headers = file, headers
        self.width = len(headers)
        self.least = max(
            (i + 1 for i, path in enumerate(headers) if any(path)), default=0
        )  # headers that say something
        self.columns = [Encoder() for _ in headers]
        self.numbers: list[np.ndarray] = []
        self.refused: list[Refused] = []
        self.longer: list[int] = []  # rows with empty cells beyond the header
        self.padded: list[int] = []
        self.mixed = False  # whether rows were added in another order than they have

    def add(self, rows: list[tuple[int, list[str]]]) -> None:
        """Append rows, each with the line that it begins in."""
        if any(len(cells) != self.width for _, cells in rows):
            rows = [(number, fitted) for number, cells in rows if (fitted := self._fitted(number, cells))]
        if rows:
            numbers, cells = zip(*rows, strict=True)
            for column, values in zip(self.columns, zip(*cells, strict=True), strict=True):
                column.add(values)
            self.numbers.append(np.array(numbers, dtype=np.int64))

    def add_block(self, block: Block) -> None:
        """Append the rows of a block, in their order."""
        fitted = [(number, cells) for number, found in block.rows if (cells := self._fitted(number, found))]
        numbers = np.concatenate([block.numbers, np.array([number for number, _ in fitted], dtype=np.int64)])
        order = np.argsort(numbers, kind="stable") if fitted else slice(None)
        self.mixed |= bool(fitted)
        for at, (column, (codes, values)) in enumerate(zip(self.columns, block.columns, strict=True)):
            column.add_coded(codes, values, [cells[at] for _, cells in fitted], order)
        self.numbers.append(numbers[order])

    def texts(self) -> Iterator[str]:
        """What was read, each different cell of a column once."""
        yield from chain.from_iterable(column.values for column in self.columns)
        yield from chain.from_iterable(row.cells for row in self.refused)

    def _fitted(self, number: int, cells: list[str]) -> list[str]:
        """A row with as many cells as the header, if none is lost and none is missing; else it is refused."""
        if len(cells) == self.width:
            return cells
        full = len(cells)
        while full > self.width and not cells[full - 1].strip():
            full -= 1
        cells = cells[: max(full, self.width)]
        if not any(cell.strip() for cell in cells):
            return []
        if full > self.width or (full < self.least and self.file.short_rows != "pad"):
            wanted = self.width if full > self.width else self.least
            reason = f"has {full} cell{'s' * (full != 1)}, the header has {wanted}"
            self.refused.append(Refused(number, reason, tuple(cells)))
            return []
        if full < self.least:
            self.padded.append(number)
        elif len(cells) == self.width:
            self.longer.append(number)
        return cells + [""] * (self.width - len(cells))

    def done(self, remarks: list[Remark]) -> Raw:
        """The columns; `remarks` name a column by its position until its header is known."""
        numbers = np.concatenate(self.numbers) if self.numbers else np.zeros(0, dtype=np.int64)
        columns = [column.done(lambda text: Cell(text) if text else BLANK, self.mixed) for column in self.columns]
        filled, columns = without_blank(columns, len(numbers))
        raw = Raw(self.file, self.headers, numbers[filled], columns, tuple(self.refused), padded=tuple(self.padded))
        named = [replace(r, column=raw.header(int(r.column[1:]) - 1)) if r.column else r for r in remarks]
        if len(self.longer) < len(numbers) / 2:  # where most rows have them a program wrote them
            message = (
                "the row has empty cells beyond the header, as most have not: is one of its cells shifted to the right?"
            )
            named += [Remark("warning", number, "", "", message) for number in self.longer]
        return replace(raw, remarks=tuple(named))
