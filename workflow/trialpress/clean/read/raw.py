"""A raw file by columns: what every format is read into, and all that the rest of the clean stage knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ...study import File
from . import headers


class Cell(NamedTuple):
    """What one cell says: what is stored, of which kind, and what people see where that is something else.

    `text` is the shortest exact form of what is stored:

    | kind | text |
    |---|---|
    | text | as it is |
    | number | `0.35`, `1250`; never `1250.0` |
    | date | `2015-03-01`: a date without a time that its format would show |
    | datetime | `2015-03-01T10:00:00` |
    | time | `10:05:00` |
    | duration | its seconds, `5400` |
    | boolean | `TRUE` or `FALSE` |
    | error | `#N/A`; a serial number that is no date |
    | formula | the formula: no value is stored with it |
    | missing | the code of a missing value that SAS, SPSS or Stata tell from an empty one: `.A`, `-9` |

    `shown` is '' unless it says something else than `text`: `35%`, `007`, `5.2 mg/L`, `2015-03` (a date whose format
    has no day), a value label. A number that is only rounded by its format says the same.
    """

    text: str
    kind: str = "text"
    shown: str = ""


BLANK = Cell("")


@dataclass(frozen=True, eq=False)
class Encoded:
    """A column, each distinct cell once: `cells[codes[i]]` is the cell of the i-th row."""

    codes: np.ndarray  # int32, one per row
    cells: list[Cell]


@dataclass(frozen=True)
class Remark:
    """What a person must know about a file although it can be read; it becomes a query of that severity.

    `value` is a cell's text: whoever writes it out looks first whether `column` may be shown.
    """

    severity: str  # error | warning
    row: int  # the physical row; 0: the file
    column: str  # its header, or ''
    value: str
    message: str


@dataclass(frozen=True)
class Refused:
    """A row that cannot be put into the columns of the file."""

    row: int
    reason: str  # "has 7 cells, the header has 6"
    cells: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Raw:
    """A raw file. Blank rows are left out; a refused row is in `refused` only.

    `headers[i]` is the path of (normalised) headers of column i; `numbers` are the rows' physical numbers: lines of a
    text file, rows of a sheet, observations (from 1) of a data set. `labels` holds the value labels that the file
    itself gives: index of the column -> text of the value -> label. `format` is what the content was. `beside`: of a worksheet
    that can be read by rows, the physical rows without which others would be read otherwise.
    """

    file: File
    headers: tuple[tuple[str, ...], ...]
    numbers: np.ndarray  # int64
    columns: tuple[Encoded, ...]  # one per header
    refused: tuple[Refused, ...] = ()
    remarks: tuple[Remark, ...] = ()
    date_1904: bool = False  # serial numbers of dates count from 1904
    labels: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    format: str = "csv"
    padded: tuple[int, ...] = ()  # physical rows that had fewer cells than the header
    beside: frozenset[int] | None = None
    commas: frozenset[int] = (
        frozenset()
    )  # columns in which the file shows that the comma is the decimal sign: see `signs`

    @property
    def serials(self) -> bool:
        """Whether a number may be the day number of a spreadsheet: those of SAS, SPSS and Stata count from other days."""
        return self.format in ("csv", "xlsx", "xls", "xlsb", "ods")

    def header(self, column: int) -> str:
        """The header of a column as people write it: the path without its empty parts."""
        return " | ".join(part for part in self.headers[column] if part) or f"column {column + 1}"

    def find(self, source: str) -> list[int]:
        """The columns that a source in study.yaml names."""
        return headers.find(self.headers, source)

    def texts(self, column: int) -> list[str]:
        """What is stored in a column, one text per row."""
        texts = [cell.text for cell in self.columns[column].cells]
        return [texts[code] for code in self.columns[column].codes.tolist()]
