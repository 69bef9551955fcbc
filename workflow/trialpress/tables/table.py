"""What a kind of table returns, how it is written, and where the kinds are registered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from ..ids import EVERYONE, Name
from ..registry import Registry
from ..results import MARK, MARKER, Results
from ..text import escape, record_link
from ..wording import Wording

KINDS = Registry("table kind", "kind", ("caption", "precision"))

Align = Literal["left", "right", "center"]
NBSP = "\u00a0"
NO_VALUE = "\u2013"
N_IS = f"n{NBSP}={NBSP}"
INDENT = 3 * NBSP
WIDEST = 44  # characters of a column beyond which its text wraps
LONGEST = 300  # rows of a table that a manuscript prints; its CSV has them all


class Cell(str):
    """The text of a cell, of parts: plain text, or a text that holds numbers with the id of their record.

    >>> cell = Cell(("12 (23.5%)", "cr.low"), "; of them ", ("3", "cr.high"))
    >>> cell, cell.parts[1]
    ('12 (23.5%); of them 3', ('; of them ', ''))
    """

    parts: tuple[tuple[str, str], ...]

    def __new__(cls, *parts: str | tuple[str, str]) -> Cell:
        """A part that is a cell is taken for its parts."""
        found: list[tuple[str, str]] = []
        for part in parts:
            found += part.parts if isinstance(part, Cell) else [(part, "") if isinstance(part, str) else part]
        marked = any(
            MARKER in text for text, _ in found
        )  # a cell of which a number is simulated, with one mark at its end
        found = [(text.replace(MARKER, ""), record) for text, record in found]
        cell = super().__new__(cls, "".join(text for text, _ in found) + (MARK if marked else ""))
        cell.parts = (*found, *([(MARK, "")] if marked else []))
        return cell

    def translated(self, say: Wording) -> Cell:
        parts = [(say(text), record) for text, record in self.parts]
        whole = say(self)  # where no link stands within, the cell is translated as a whole
        return Cell(whole) if whole != self and not any(record for _, record in parts) else Cell(*parts)

    def markdown(self) -> str:
        """Its numbers as links to their records; texts as they are."""
        return "".join(
            record_link(escape(text), record) if record and text else escape(text) for text, record in self.parts
        )


class Head(Cell):
    """The head of a column below a name that it shares with its neighbours, which stands once over them (a spanning header).
    The writers of the report make two rows of it; in plain text it is 'over: name'.

    >>> Head("R/R (n = 42)", "any grade")
    'R/R (n = 42): any grade'
    """

    over: Cell
    name: Cell

    def __new__(cls, over: str, name: str) -> Head:
        cell = super().__new__(cls, over, ": ", name)
        cell.over, cell.name = Cell(over), Cell(name)
        return cell

    def translated(self, say: Wording) -> Head:
        return Head(self.over.translated(say), self.name.translated(say))

    def markdown(self) -> str:
        return f"[{self.over.markdown()}]{{.spanner}} {self.name.markdown()}"


@dataclass(frozen=True)
class Row:
    """cells: one per column. indent: levels of the first cell. section: a heading over the rows that follow."""

    cells: tuple[Cell, ...]
    indent: int = 0
    section: bool = False


@dataclass
class Table:
    """header: a cell per column. align: likewise. footnotes: paragraphs below the table."""

    header: list[str]
    align: list[Align]
    rows: list[Row] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.header = [text if isinstance(text, Cell) else Cell(text) for text in self.header]
        self.rows = [Row(tuple(map(Cell, row.cells)), row.indent, row.section) for row in self.rows]

    def add(self, *cells: str, indent: int = 0) -> None:
        self.rows.append(Row(tuple(map(Cell, cells)), indent))

    @property
    def marked(self) -> bool:
        """Whether any of its numbers is simulated."""
        return any(text.endswith(MARK) for text in (*self.header, *(cell for row in self.rows for cell in row.cells)))

    def section(self, text: str) -> None:
        self.rows.append(Row((Cell(text), *[Cell()] * (len(self.header) - 1)), section=True))

    def note(self, *texts: str) -> None:
        """Footnotes, each once, without empty ones."""
        self.footnotes += [text for text in dict.fromkeys(texts) if text and text not in self.footnotes]

    def translated(self, say: Wording) -> Table:
        """With the program's words in the language of the labels."""
        cell = lambda one: one.translated(say)  # noqa: E731
        rows = [Row(tuple(map(cell, row.cells)), row.indent, row.section) for row in self.rows]
        return Table(list(map(cell, self.header)), self.align, rows, list(map(say, self.footnotes)))

    def frame(self) -> pd.DataFrame:
        """The table as printed, one row per row; a row below a section names it in the first column."""
        records, section = [], ""
        for row in self.rows:
            if row.section:
                section = row.cells[0]
                continue
            records.append([section, *row.cells])
        names = ["section", *(text.replace("\n", " ") or "characteristic" for text in self.header)]
        frame = pd.DataFrame(records, columns=names)
        return frame if any(row.section for row in self.rows) else frame.drop(columns="section")

    def markdown(self, name: str, caption: str) -> str:
        """A pipe table with its caption and label, footnotes in a div below.

        The dashes tell Pandoc the relative widths; texts are escaped, an indent is made of no-break spaces.
        """
        lines = [[cell.markdown() for cell in self.header]]
        if len(self.rows) > LONGEST:
            self.note(f"The first {LONGEST} of {len(self.rows):,} rows; {name}.csv has all of them.")
        for row in self.rows[:LONGEST]:
            first = row.cells[0].markdown()
            first = f"**{first}**" if row.section and first else first
            lines.append([INDENT * row.indent + first, *(cell.markdown() for cell in row.cells[1:])])
        widths = [min(max(self._width(column), 3 if column else 12), WIDEST) for column in range(len(self.header))]
        rules = [
            {"left": ":" + "-" * width, "right": "-" * width + ":", "center": ":" + "-" * (width - 1) + ":"}[align]
            for width, align in zip(widths, self.align, strict=True)
        ]
        body = [f"| {' | '.join(cells)} |" for cells in lines]
        text = [body[0], f"|{'|'.join(rules)}|", *body[1:], "", f": {escape_caption(caption)} {{#tbl-{name}}}", ""]
        if self.footnotes:
            text += ["::: {.table-note}", " ".join(escape(note) for note in self.footnotes), ":::", ""]
        return "\n".join(text)

    def _width(self, column: int) -> int:
        """Characters that a column asks for: those of its cells, half of its header, the header's longest word."""
        cells = [
            len(row.cells[column]) + row.indent * len(INDENT) * (column == 0) for row in self.rows if not row.section
        ]
        header = getattr(self.header[column], "name", self.header[column])
        return max([*cells, -(-len(header) // 2), *map(len, header.split(" "))])


def escape_caption(caption: str) -> str:
    """A caption is Markdown by the plan's author; only a brace at its end would be read as attributes."""
    return re.sub(r"\s+", " ", caption.strip())


def aligned(first: Align, others: Iterable) -> list[Align]:
    """A column of names and one of numbers for each of `others`."""
    return [first, *["right" for _ in others]]


def linked(results: Results, analysis: str, text: str, group: Name = EVERYONE, level: Name = EVERYONE) -> Cell:
    """A text whose numbers stand in the record of a group and level of an analysis."""
    return Cell((text, results.record(analysis, group, level) if re.search(r"\d|NE", text) else ""))
