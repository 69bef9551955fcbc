"""A sheet of a workbook, whichever library read it: cells by row and column, and what a person should know of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ...errors import nearest
from ...study import File
from .problems import stop
from .raw import Cell


@dataclass
class Sheet:
    """Rows and columns count from 1; blank cells are not there."""

    rows: dict[int, dict[int, Cell]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(
        default_factory=list
    )  # first row, first column, last row, last column
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    filtered: bool = False
    hidden: bool = False
    date_1904: bool = False
    notes: list[tuple[str, str]] = field(default_factory=list)  # severity, message


def choose(names: Sequence[str], file: File, where: str) -> int:
    """The position of the sheet that study.yaml means."""
    if isinstance(file.sheet, int) and 1 <= file.sheet <= len(names):
        return file.sheet - 1
    if file.sheet in names:
        return list(names).index(file.sheet)
    raise stop(where, f"the workbook has no sheet {file.sheet!r}", nearest(str(file.sheet), names))


def letters(column: int) -> str:
    """The name of a column: 28 is AB."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def area(first_row: int, first_column: int, last_row: int, last_column: int) -> str:
    return f"{letters(first_column)}{first_row}:{letters(last_column)}{last_row}"


def ranges(numbers: Iterable[int], name=str) -> str:
    """Numbers in few words: 5 to 7, 9."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    said = [name(a) if a == b else f"{name(a)} to {name(b)}" for a, b in runs]
    return ", ".join(said[:20]) + (f" and {len(said) - 20} more" if len(said) > 20 else "")
