"""The data dictionary of one study as objects: files, tables, their parts and columns."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

SHOWN = 40  # no number, date or code of a list is longer
DTYPES = {  # type of a column -> that of its values in pandas; of every other "string"
    "number": "Float64",
    "duration": "Float64",
    "integer": "Int64",
    "date": "datetime64[s]",
    "datetime": "datetime64[s]",
}


@dataclass(frozen=True)
class Limits:
    """Bounds that keep a damaged or hostile file from taking the machine; `limits` of study.yaml raises them.

    cell, value: characters of a cell of texts and of any other; unpacked: MB of a file out of its archives; cells: of a
    sheet, from its first to its last; blocks: of a wide table; pattern_seconds: a regular expression on one cell.
    """

    cell: int = 1_000_000
    value: int = 1_000
    unpacked: int = 500
    cells: int = 50_000_000
    blocks: int = 10_000
    pattern_seconds: float = 2


@dataclass(frozen=True)
class File:
    """A raw file as study.yaml describes it. Its format is told by its content; `format`, if given, must agree."""

    name: str
    path: str
    format: str = ""
    member: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    sheet: str | int = 1
    catalog: str = ""
    header_rows: int = 1
    skip_rows: int = 0
    footer: str = ""
    short_rows: str = "reject"
    decimal: str = ""
    grouping: str = ""
    date_order: str = ""
    two_digit_years: int | None = None
    max_rejected: float | None = None
    not_identifying: Mapping[str, str] = field(default_factory=dict, hash=False)
    description: str = ""
    limits: Limits = Limits()


@dataclass(frozen=True)
class Partial:
    """What is done with a partial date: imputed to the first, middle or last day of its period, between other dates.

    `given` and `flag` name the added columns: the date as far as it is known (2013-05), and what was imputed (D, M, Y).
    """

    impute: str = ""
    not_before: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    given: str = ""
    flag: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a clean table."""

    name: str
    type: str = "text"
    source: tuple[str, ...] = ()
    block: bool = False
    row: bool = False
    derive: str = ""
    label: str = ""
    unit: str = ""
    units: Mapping[str, float | str] = field(default_factory=dict)
    unit_from: str = ""
    unit_by: str = ""
    unit_to: str = ""
    infer_unit: tuple[str, ...] = ()
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    codes_from_file: bool = False
    missing: Mapping[str, str] = field(default_factory=dict)  # text -> why the value is missing, '' if that is not said
    decimal: str = ""
    grouping: str = ""
    date_order: str = ""
    partial: Partial | None = None
    ignore: str = ""
    limit: str = ""
    limit_text: Mapping[str, float | str] = field(default_factory=dict)
    pattern: str = ""
    rewrite: Mapping[str, str] = field(default_factory=dict)
    possible: tuple = (None, None)
    plausible: tuple = (None, None)
    ranges_by: Mapping = field(default_factory=dict)
    required: bool = False
    identifier: str = ""
    free_text: Mapping[str, str] = field(default_factory=dict)
    held_back: bool = False  # free text that nobody has declared to be reviewed, or what is made of it

    @property
    def withheld(self) -> bool:
        """Whether the column ends in the clean stage."""
        return bool(self.identifier) or self.held_back

    @property
    def shown(self) -> int:
        """How many characters of a raw cell the logs show; a longer one is free text, whatever the column should hold."""
        if self.withheld:
            return 0
        if self.type in ("id", "text"):
            return sys.maxsize
        declared = (*chain.from_iterable(self.codes.values()), *self.limit_text, *self.missing)
        return max(SHOWN, *map(len, declared), 0)

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ")

    @property
    def added(self) -> tuple[Column, ...]:
        """The columns that follow it in the table: sign of a limit, unit, what is known and what is imputed of a date."""
        found = [(self.limit, "beyond limit"), (self.unit_to, "unit")]
        if self.partial:
            found += [(self.partial.given, "as given"), (self.partial.flag, "imputed")]
        return tuple(Column(name, "text", label=f"{self.title}: {what}") for name, what in found if name)


@dataclass(frozen=True)
class Part:
    """Columns of a table that come from one file, one row per raw row or per raw row and block."""

    file: File
    columns: Mapping[str, Column]
    blocks: Mapping[Any, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """A clean table: its key, its parts (more than one if blocks or files are joined), its checks.

    `blank`: the columns of the key that may be empty. `references`: its columns -> (table, its columns).
    """

    name: str
    key: tuple[str, ...]
    parts: tuple[Part, ...]
    blank: frozenset[str] = frozenset()
    label: str = ""
    references: Mapping[tuple[str, ...], tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    complete: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    may_be_empty: bool = False
    misfit: int = 3
    checks: tuple[Mapping, ...] = ()

    @cached_property
    def columns(self) -> dict[str, Column]:
        """All columns of the table by name, in order; what a column adds follows it."""
        columns: dict[str, Column] = {}
        for part in self.parts:
            for name, column in part.columns.items():
                columns.setdefault(name, column)
                columns |= {added.name: added for added in column.added}
        return columns

    @property
    def kept(self) -> list[str]:
        """The columns that leave the clean stage: all but direct identifiers and free text."""
        return [name for name, column in self.columns.items() if not column.withheld]


@dataclass(frozen=True)
class Study:
    """The data dictionary of one study."""

    id: str
    title: str
    data_cutoff: str
    reconstruction: str | bool
    short_title: str
    citation: str
    participant: str
    missing: Mapping[str, str]
    units: Mapping[str, Mapping[str, float | str]]
    files: Mapping[str, File]
    tables: Mapping[str, Table]
    fetch: tuple[Mapping, ...]
    statements: Mapping[str, str] = field(default_factory=dict)
    not_identifying: Mapping[str, str] = field(default_factory=dict)
    quasi_identifiers: tuple[tuple[str, str], ...] = ()  # (table, column)
    data_managers: tuple[str, ...] = ()

    @property
    def notice(self) -> str:
        """The sentence that every output carries if the patients are a reconstruction; empty for real records."""
        if self.reconstruction is True:
            return "Reconstruction: simulated patients, not the trial's records."
        return self.reconstruction or ""

    def once_per_participant(self) -> list[str]:
        """The tables with one row per participant; their columns can be named as table.column anywhere."""
        return [name for name, table in self.tables.items() if table.key == (self.participant,)]
