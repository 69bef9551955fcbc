"""What the clean stage leaves beside the tables: changed cells, raw cells, queries, rejected rows; one row each.

Logs are Arrow tables with dictionary columns, made whole columns at a time: a million changed cells cost no objects.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .. import contracts
from ..files import write_whole
from ..study import Column, Table
from ..text import normalise, plain, text_of
from .fields import Coded, Field, combine
from .parse import Reading
from .part import HIDDEN, SHIFTED, Records
from .read.raw import Raw

CHANGES = list(contracts.CHANGES.columns)
QUERIES = [name for name in contracts.QUERIES.columns if name != "id"]  # ids are given when all are known
REJECTED = list(contracts.REJECTED.columns)
CELLS = list(contracts.CELLS.columns)
INTEGERS = ("row", "source_row")
KINDS = ("value", "unit", "code", "spelling")  # of a change, by what matters most
CHUNK = 2**19  # rows that are written at once
WITHHELD = '{"": "withheld: cells may stand under other headers than their own"}'


def _dictionary(codes, values: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.asarray(codes, dtype=np.int32)), pa.array(values, type=pa.string())
    )


def batch(columns: Sequence[str], n: int, **values) -> pa.Table:
    """n rows of a log: one text stands for all of them; a Coded, an Arrow array, numbers or a list of texts for each."""
    arrays = []
    for name in columns:
        value = values[name]
        if name in INTEGERS:
            value = pa.array(np.broadcast_to(np.asarray(value, dtype=np.int64), n))
        elif isinstance(value, str):
            value = _dictionary(np.zeros(n, dtype=np.int32), [value])
        elif isinstance(value, Coded):
            value = _dictionary(value.codes, value.values)
        elif not isinstance(value, pa.Array):
            value = pa.array(value, type=pa.string())
        arrays.append(value)
    return pa.Table.from_arrays(arrays, names=list(columns))


def plain_texts(log: pa.Table) -> pa.Table:
    """A batch without dictionaries, as it is written."""
    fields = [(name, pa.int64() if name in INTEGERS else pa.string()) for name in log.column_names]
    return log.cast(pa.schema(fields))


def frame(columns: Sequence[str], log: Sequence[pa.Table]) -> pd.DataFrame:
    """A log for people: texts and whole numbers."""
    empty = pa.schema([(name, pa.int64() if name in INTEGERS else pa.string()) for name in columns]).empty_table()
    whole = pa.concat_tables([empty, *map(plain_texts, log)])
    return pd.DataFrame(
        {name: whole[name].to_numpy() if name in INTEGERS else whole[name].to_pandas() for name in columns}
    )


def write_csv_log(columns: Sequence[str], log: Sequence[pa.Table], path: Path) -> None:
    """The log as CSV, batch by batch; quoted where needed, as everywhere."""

    def write(to: Path) -> None:
        with open(to, "wb") as file:
            file.write((",".join(columns) + "\n").encode())
            for part in log:
                for start in range(0, part.num_rows, CHUNK):
                    lines = _lines(part.slice(start, CHUNK))
                    file.write("".join(f"{line}\n" for line in lines).encode())

    write_whole(path, write)


def _lines(part: pa.Table) -> list[str]:
    """The rows of a batch as lines of CSV; each distinct text is quoted once."""
    columns = []
    for column in part.combine_chunks().columns:
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        if isinstance(column, pa.DictionaryArray):
            columns.append(_quoted(column.dictionary).take(column.indices))
        else:
            columns.append(_quoted(column.cast(pa.string())))
    return pc.binary_join_element_wise(*columns, ",").to_pylist()


def _quoted(texts: pa.Array) -> pa.Array:
    special = pc.match_substring_regex(texts, '[",\\r\\n]')
    doubled = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
    return pc.if_else(special, doubled, texts)


def write_cells(log: Sequence[pa.Table], path: Path) -> None:
    """The raw cells as Parquet, batch by batch."""
    schema = pa.schema([(name, pa.int64() if name in INTEGERS else pa.string()) for name in CELLS])

    def write(to: Path) -> None:
        with pq.ParquetWriter(to, schema, compression="zstd") as file:
            for part in log:
                file.write_table(plain_texts(part), row_group_size=CHUNK)

    write_whole(path, write)


# --- cells and changes ------------------------------------------------------------------------------------------------


def kind_of(rules: Sequence[str], cleared: bool) -> str:
    """What matters in a change: its value, its unit, its code, or its spelling alone."""
    text = "; ".join(rules)
    if cleared or any(
        word in text
        for word in (
            "correction",
            "imputed",
            "cleared",
            "check ",
            "limit of",
            "as shown",
            "time of day",
            "taken as midnight",
        )
    ):
        return "value"
    if any(rule.startswith("unit ") and " to " in rule or rule.startswith("unit inferred") for rule in rules):
        return "unit"
    if any(rule == "code list" or rule.startswith("value label") for rule in rules):
        return "code"
    return "spelling"


def cells_and_changes(
    table: Table, records: Records, field: Field, keys: pa.Array, rows: np.ndarray, unit: Coded | None
) -> tuple[list, list]:
    """The raw cells of a field in the records kept, and those whose clean value is not what the cell says as it stands.

    keys: the key of each of the rows; unit: the canonical unit, for the column that states it.
    """
    column, file = field.column, records.part.file.path
    numbers, block = records.raw.numbers[records.row[rows]], records.block[rows]
    raw, header = Coded(field.cell[rows], [cell.text for cell in field.cells]), Coded(block, field.headers)
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
        if len(at):
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
        raw, header = Coded(apart.cell[rows], [cell.text for cell in apart.cells]), Coded(block, apart.headers)
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
    cleared = value is None and any("cleared" in rule for rule in rules)
    found: list = [None if same else (text_of(value, column.type), "; ".join(rules), kind_of(rules, cleared))]
    if column.limit:
        found.append((reading.limit, "limit sign kept", "spelling") if reading.limit and value is not None else None)
    if column.partial:
        found.append((reading.given, "what is known of the date", "spelling") if reading.given else None)
        found.append((reading.imputed, "what was imputed", "value") if reading.imputed else None)
    return found


# --- queries ----------------------------------------------------------------------------------------------------------


def queries(table: Table, records: Records, keys: pa.Array, rows: np.ndarray) -> list[tuple[int, int, dict]]:
    """(record, column's place, query) for every question on the records given; keys: their keys.

    A question that is asked once for a text names the first of its rows and counts them.
    """
    found, once = [], {}
    for place, (name, field) in enumerate(records.fields.items()):
        asking = [number for number, reading in enumerate(field.readings) if reading.questions]
        for i in np.flatnonzero(np.isin(field.state[rows], asking)).tolist() if asking else ():
            record = int(rows[i])
            for question in field.readings[field.state[record]].questions:
                same = (name, question.message, field.cells[field.cell[record]])
                if question.once and same in once:
                    once[same][1] += 1
                    continue
                entry = _query(table, records, name, record, question, keys[i].as_py())
                if question.once:
                    once[same] = [entry, 1]
                found.append((record, place, entry))
    for entry, n in once.values():
        entry["message"] += f" (in {n} rows, of which this is the first)" if n > 1 else ""
    return found


def queries_of_shifted(table: Table, records: Records) -> list[tuple[int, int, dict]]:
    """The queries of the rows that were rejected as shifted."""
    rows = np.flatnonzero(~records.alive)
    rows = rows[[SHIFTED in reason for reason in records.reason[rows].tolist()]] if len(rows) else rows
    return queries(table, records, records.key_texts(rows), rows)


def _query(table: Table, records: Records, name: str, record: int, question, key: str) -> dict:
    """One row of queries.csv. The value of an identifier is not shown."""
    column, owner = table.columns[name], records.fields[name]
    field = records.units[name] if question.at else owner
    value, message = field.cells[field.cell[record]].text, question.message
    if not field.raw:
        value = text_of(field.readings[field.state[record]].value, column.type)
    if column.identifier and value:
        for text in (value, normalise(value)):
            message = message.replace(text, HIDDEN)
        value = HIDDEN
    return {
        "severity": question.severity, "table": table.name, "key": key, "field": name, "value": value, "message": message,
        "file": records.part.file.path, "row": records.number(record), "column": field.headers[records.block[record]] if field.raw else "",
    }  # fmt: skip


# --- rejected rows ----------------------------------------------------------------------------------------------------


def content(raw: Raw, shown: set[int], rows: np.ndarray) -> list[str]:
    """The declared cells of raw rows as JSON, header -> text: nothing else leaves the clean stage."""
    parts = []
    for at in sorted(shown):
        column = raw.columns[at]
        texts = [f"{json.dumps(raw.header(at), ensure_ascii=False)}: {json.dumps(cell.text, ensure_ascii=False)}" if cell.text else ""
                 for cell in column.cells]  # fmt: skip
        parts.append([texts[code] for code in column.codes[rows].tolist()])
    return (
        ["{" + ", ".join(filter(None, row)) + "}" for row in zip(*parts, strict=True)] if parts else ["{}"] * len(rows)
    )


def withheld(raw: Raw, shown: set[int]) -> bool:
    """Whether cells that stand under a wrong column may be what must not leave the clean stage."""
    return len(shown) < len(raw.headers)


def refused_content(raw: Raw, shown: set[int], cells: Sequence[str]) -> str:
    """The cells of a row that fits no columns, if the whole file may be shown."""
    if withheld(raw, shown):
        return WITHHELD
    names = [raw.header(i) if i < len(raw.headers) else f"column {i + 1}" for i in range(len(cells))]
    return json.dumps({name: cell for name, cell in zip(names, cells, strict=True) if cell}, ensure_ascii=False)
