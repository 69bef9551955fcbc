"""The raw cells of clean values."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pandas as pd

from ...clean.part import HIDDEN
from ...cohort import Builder as Builder
from ...results import Results
from .texts import names_in, texts


class Cells:
    """The raw cells of clean values, each given a number when it is first asked for."""

    def __init__(self, results: Results, cells: pd.DataFrame, changes: pd.DataFrame):
        self.results, self.tables = results, results.study.tables
        names = ("key", "raw", "file", "row", "column")
        self.columns = {name: cells[name].to_numpy(dtype=object) for name in names}
        self.rows = cells.groupby(["table", "field"], sort=False).indices
        names = ("key", "source_file", "source_row", "source_column", "clean_value", "rule")
        self.logged = {name: changes[name].to_numpy(dtype=object) for name in names}
        self.changes = changes.groupby(["table", "field"], sort=False).indices
        self.list: list[list] = []
        self.places: dict[tuple, int] = {}
        self.rules: dict[str, int] = {}
        self.known: dict[tuple, list[int]] = {}

    @cache  # noqa: B019  lives as long as the run
    def raw(self, table: str, field: str) -> dict[str, list[tuple]]:
        """The raw cells of a field by key: (raw, file, row, column)."""
        found: dict[str, list[tuple]] = {}
        at = self.rows.get((table, field), [])
        for key, raw, file, row, column in zip(*(values[at] for values in self.columns.values()), strict=True):
            found.setdefault(key, []).append((raw, file, int(row), column))
        return found

    @cache  # noqa: B019
    def changed(self, table: str, field: str) -> dict[tuple, tuple[str, str]]:
        """What changes.csv says of a field: (key, file, row, column) -> (clean value, rule)."""
        at = self.changes.get((table, field), [])
        return {
            (key, file, int(row), column): (clean, rule)
            for key, file, row, column, clean, rule in zip(
                *(values[at] for values in self.logged.values()), strict=True
            )
        }

    @cache  # noqa: B019
    def keys(self, table: str) -> list[str]:
        """The key of each row of a clean table, as cells.parquet and changes.csv write it."""
        frame = self.results.tables[table]
        return ["/".join(parts) for parts in zip(*(texts(frame[name]) for name in self.tables[table].key), strict=True)]

    def span(self, table: str, keys: Iterable[str]) -> list[list]:
        """The raw rows of some keys as [file, first, last]."""
        raw = self.raw(table, self.tables[table].key[0])
        spans: list[list] = []
        for file, row in sorted({(file, row) for key in keys for _, file, row, _ in raw.get(key, [])}):
            if spans and spans[-1][0] == file and spans[-1][2] == row - 1:
                spans[-1][2] = row
            else:
                spans.append([file, row, row])
        return spans

    @cache  # noqa: B019
    def clean(self, table: str, field: str) -> dict[str, str]:
        """The clean value of a field by key."""
        frame = self.results.tables[table]
        return dict(zip(self.keys(table), texts(frame[field]), strict=True)) if field in frame else {}

    @cache  # noqa: B019
    def sources(self, table: str, field: str) -> tuple[tuple[str, str, str], ...]:
        """The read fields that a clean field is made of: (table, field, field whose raw cell it is)."""
        columns = self.tables[table].columns
        column = columns[field]
        owner = next((name for name, other in columns.items() if other.limit == field), field)
        if not column.derive:
            fields = [] if column.block else [(table, field, owner)]
            return (*fields, *([(table, column.unit_to, column.unit_to)] if column.unit_to else []))
        found: dict[tuple, None] = {}
        for name in names_in(column.derive):
            other, _, inner = name.rpartition(".")
            found |= dict.fromkeys(self.sources(other or table, inner))
        return tuple(found)

    def of(self, table: str, key: str, participant: str, field: str) -> list[int]:
        """The numbers of the raw cells of a field in the row `key` of a clean table."""
        at = (table, key, field)
        if at not in self.known:
            self.known[at] = [
                number
                for source, name, owner in self.sources(table, field)
                for number in self._cells(source, key if source == table else participant, name, owner)
            ]
        return self.known[at]

    def _cells(self, table: str, key: str, field: str, owner: str) -> list[int]:
        at = (table, key, field, "cell")
        if at not in self.known:
            column = self.tables[table].columns[field]
            clean = HIDDEN if column.identifier else self.clean(table, field).get(key, "")
            found = self.raw(table, owner).get(key, [])
            if column.identifier:  # the cell is not shown; the row in which it stands is
                names = self.tables[table].key
                rows = {(file, row) for name in names for _, file, row, _ in self.raw(table, name).get(key, [])}
                found = [(HIDDEN, file, row, " or ".join(column.source)) for file, row in sorted(rows)]
            self.known[at] = [self._number(table, field, key, cell, clean) for cell in found]
        return self.known[at]

    def _number(self, table: str, field: str, key: str, cell: tuple, clean: str) -> int:
        raw, file, row, column = cell
        changed, rule = self.changed(table, field).get((key, file, row, column), (clean, None))
        place = self.places.setdefault((table, field, file, column), len(self.places))
        number = -1 if rule is None else self.rules.setdefault(rule, len(self.rules))
        self.list.append([place, key, row, raw, changed, number])
        return len(self.list) - 1
