"""What is looked for, from the raw files and the dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from ...clean.read import Raw, read, resolve
from ...clean.read import identifiers as declared
from ...study import Study
from ...text import number_text
from .known import SEPARATOR, UNDECLARED, Sought, fold, words_of


def distinct(raw: Raw, index: int) -> set[str]:
    """The different texts of a column."""
    return {text.strip() for cell in raw.columns[index].cells for text in (cell.text, cell.shown)}


def undeclared(study: Study, raw: Raw) -> list[tuple[int, str]]:
    """(position, header) of every column of the file that no table of the study declares."""
    parts = [part for table in study.tables.values() for part in table.parts if part.file.name == raw.file.name]
    used = {index for part in parts for index in resolve(raw, part, "")[0].values()}
    used |= {index for index, _ in declared(study, raw)}
    return [(index, raw.header(index)) for index in range(len(raw.headers)) if index not in used]


def recorded(tables: Iterable[pd.DataFrame]) -> Iterator[str]:
    """The dates and numbers of clean tables, as text."""
    for frame in tables:
        for column in frame:
            values = frame[column].dropna()
            if pd.api.types.is_datetime64_any_dtype(values):
                yield SEPARATOR.join(values.dt.strftime("%Y-%m-%d").unique())
            elif pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
                yield SEPARATOR.join(map(number_text, values.astype(float).unique()))


def _taken(sought: Sought, values: set[str], missing: Iterable[str], kind: str, is_date: bool = False) -> None:
    nothing = {fold(text) for text in (*missing, "")}
    for value in sorted(values):
        if fold(value) not in nothing:
            sought.add(value, kind, is_date)


def sought(study: Study, folder: Path, innocent: Iterable[str]) -> Sought:
    """The raw values of every column that is declared an identifier and of every undeclared one, but for what `innocent`
    texts hold. What stands in a declared column is no sign of a participant in an undeclared one."""
    raws = {name: read(folder / file.path, file) for name, file in study.files.items()}
    told, untold, elsewhere = Sought(), Sought(), []
    for raw in raws.values():
        identifying, unknown = declared(study, raw), undeclared(study, raw)
        told.identifier_columns += len({index for index, _ in identifying})
        untold.undeclared_columns += len(unknown)
        for index, column in identifying:
            missing = (*study.missing, *column.missing)
            _taken(told, distinct(raw, index), missing, column.identifier, column.type == "date")
        for index, header in unknown:
            _taken(untold, distinct(raw, index), study.missing, f"{UNDECLARED} '{header}'")
        hidden = {index for index, _ in (*identifying, *unknown)}
        elsewhere += [(raw, index) for index in range(len(raw.headers)) if index not in hidden]
    if len(untold):
        untold.excuse(SEPARATOR.join(distinct(raw, index)) for raw, index in elsewhere)
    innocent = list(innocent)
    untold.excuse_words(set().union(*map(words_of, innocent)))
    found = told.over(untold)
    found.excuse(innocent)
    return found
