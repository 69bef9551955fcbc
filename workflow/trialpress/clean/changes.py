"""The raw cells behind a clean field, and those whose clean value is not what the cell says as it stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ..study import Column, Table
from ..text import plain, text_of
from .fields import Coded, Field, combine
from .log import CELLS, CHANGES, batch
from .parse import Reading
from .part import Records
from .withheld import shown

# what a rule begins with that changes more than the spelling; the rest of the rules is spelling
VALUE = ("correction: ", "imputed ", "check ", "limit of quantification", "as shown, ", "time of day ", "time zone ",
         "fraction of a second", "no time of day", "impossible value cleared", "does not fit, cleared", "partial date, not")  # fmt: skip
UNIT = ("unit inferred ",)
CODE = ("code list", "value label", "missing code", "missing value ")


def kind_of(rules: Sequence[str]) -> str:
    """What matters in a change: its value, its unit, its code, or its spelling alone."""
    if any(rule.startswith(VALUE) for rule in rules):
        return "value"
    if any(rule.startswith(UNIT) or (rule.startswith("unit ") and not rule.endswith(" removed")) for rule in rules):
        return "unit"
    return "code" if any(rule.startswith(CODE) for rule in rules) else "spelling"


def cells_and_changes(
    table: Table, records: Records, field: Field, keys: pa.Array, rows: np.ndarray, unit: Coded | None
) -> tuple[list, list]:
    """The raw cells of a field in the records kept, and those whose clean value is not what the cell says as it stands.

    keys: the key of each of the rows; unit: the canonical unit, for the column that states it. There is a batch for each field
    that a column fills, empty or not, and the codes of its raw headers are the blocks: parts of a table can be joined by them.
    """
    column, file = field.column, records.part.file.path
    numbers, block = records.raw.numbers[records.row[rows]], records.block[rows]
    raw, header = (
        Coded(field.cell[rows], [shown(column, cell.text) for cell in field.cells]),
        Coded(block, field.headers),
    )
    cells = [
        batch(
            CELLS,
            len(rows),
            table=table.name,
            key=keys,
            field=column.name,
            raw=raw,
            file=file,
            row=numbers,
            column=header,
        )
    ]
    changes = []

    def log(name: str, at: np.ndarray, source: Coded, clean, rule, kind, of: Coded) -> None:
        changes.append(batch(
            CHANGES, len(at), table=table.name, key=keys.take(pa.array(at)), field=name, raw_value=_take(source, at), clean_value=clean,
            rule=rule, source_file=file, source_row=numbers[at], source_column=_take(of, at), kind=kind,
        ))  # fmt: skip

    which, pairs = combine(field.coded, Coded(field.cell, field.cells), rows=rows)
    said = [_change(reading, cell.text, column) for reading, cell in pairs]
    for number, (name, _) in enumerate(_fields(column)):
        texts = [parts[number] for parts in said]
        changed = np.array([text is not None for text in texts], dtype=bool)[which]
        at = np.flatnonzero(changed)
        clean, rule, kind = ([text[i] if text else "" for text in texts] for i in range(3))
        log(name, at, raw, Coded(which[at], clean), Coded(which[at], rule), Coded(which[at], kind), header)
    if column.unit_to:
        apart = records.units[column.name]
        raw = Coded(apart.cell[rows], [shown(apart.column, cell.text) for cell in apart.cells])
        header = Coded(block, apart.headers)
        cells.append(
            batch(
                CELLS,
                len(rows),
                table=table.name,
                key=keys,
                field=column.unit_to,
                raw=raw,
                file=file,
                row=numbers,
                column=header,
            )
        )
        which, pairs = combine(raw, unit, rows=np.arange(len(rows)))
        at = np.flatnonzero(np.array([written != stated for written, stated in pairs], dtype=bool)[which])
        log(
            column.unit_to,
            at,
            raw,
            Coded(which[at], [stated for _, stated in pairs]),
            "canonical unit",
            "spelling",
            header,
        )
    return cells, changes


def _take(coded: Coded, at: np.ndarray) -> Coded:
    return Coded(coded.codes[at], coded.values)


def _fields(column: Column) -> list[tuple[str, str]]:
    """The fields that a reading fills: (name, attribute of the reading)."""
    found = [(column.name, "value"), (column.limit, "limit")]
    if column.partial:
        found += [(column.partial.given, "given"), (column.partial.flag, "imputed")]
    return [(name, what) for name, what in found if name]


def _change(reading: Reading, raw: str, column: Column) -> list[tuple[str, str, str] | None]:
    """For each of `_fields`: (clean text, rule, kind), or None where the cell says it already."""
    value = reading.value
    same = value is None and not raw or value is not None and plain(raw, column.type) == value
    rules = [*dict.fromkeys(reading.rules)]
    if not rules and not same:
        rules = [f"{column.type} written otherwise"]
    found: list = [None if same else (text_of(value, column.type), "; ".join(rules), kind_of(rules))]
    if column.limit:
        found.append((reading.limit, "limit sign kept", "spelling") if reading.limit and value is not None else None)
    if column.partial:
        found.append((reading.given, "what is known of the date", "spelling") if reading.given else None)
        found.append((reading.imputed, "what was imputed", "value") if reading.imputed else None)
    return found
