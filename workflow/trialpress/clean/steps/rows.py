"""Rows that cannot be used: not part of the table, shifted, without a key, orphans, duplicates."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...expression import Expression
from ...text import normalise, text_of
from ..fields import Coded
from ..part import ELSEWHERE, HIDDEN, SHIFTED, Records, combine_codes
from ..read.raw import BLANK


def where(records: Records) -> bool:
    """Leave out the rows that are not part of the table; False if the condition needs other parts and has to wait."""
    condition = Expression(records.table.where)
    records.derive(condition.names)
    if not set(condition.names) <= set(records.fields):
        return False
    columns = records.columns(condition.names) or {"": pd.Series(range(len(records.row)))}
    out = ~condition.condition(columns).to_numpy()
    records.reject(np.flatnonzero(records.alive & out), f"{ELSEWHERE}: {records.table.where}")
    return True


# --- shifted rows -----------------------------------------------------------------------------------------------------


def shifted(records: Records) -> None:
    """Reject rows in which several cells do not fit and all fit when the cells from some column on are moved."""
    raw = {name: field for name, field in records.fields.items() if field.raw}
    misfits = np.zeros(len(records.row), dtype=np.int32)
    for field in raw.values():
        misfits += field.where(lambda reading: bool(reading.problem))
    for record in np.flatnonzero(records.alive & (misfits >= records.table.misfit)).tolist():
        by = _shift(records, record)
        if by:
            bad = [name for name, field in raw.items() if field.readings[field.state[record]].problem]
            reason = f"{len(bad)} cells do not fit their columns and do when moved by {by}: {SHIFTED}"
            records.reject(np.array([record]), reason)
            field = raw[bad[0]]
            reading = field.readings[field.state[record]]
            message = f"the row looks shifted: {', '.join(bad)} do not fit and do when moved by {by}; it was rejected"
            field.change(np.array([record]), lambda r, m=message, p=reading: p.asking("error", m))


def _shift(records: Records, record: int) -> str:
    """'1 column to the left' if this makes every cell fit, else ''."""
    block, row = records.blocks[records.block[record]], records.row[record]
    at = sorted((position, name) for (name, of), position in records.positions.items()
                if of == block and name in records.fields)  # fmt: skip
    cells = [column.cells[column.codes[row]] for column in records.raw.columns]
    parse = {name: records.parsers[name] for _, name in at}
    strict = {name: bool(column.type != "text" or column.pattern) for name, column in records.part.columns.items()}
    for move in (1, -1, 2, -2):
        for start in range(len(at)):
            moved = [
                (position + move if index >= start else position, name) for index, (position, name) in enumerate(at)
            ]
            found = [cells[position] if 0 <= position < len(cells) else BLANK for position, _ in moved]
            readings = [parse[name](cell) for cell, (_, name) in zip(found, moved, strict=True)]
            landed = sum(
                bool(cell.text.strip()) and strict[name]
                for cell, (_, name) in zip(found[start:], moved[start:], strict=True)
            )
            if landed >= records.table.misfit and not any(reading.problem for reading in readings):
                return f"{abs(move)} column{'s' * (abs(move) > 1)} to the {'left' if move > 0 else 'right'}"
    return ""


# --- keys -------------------------------------------------------------------------------------------------------------


def keys(records: Records) -> None:
    """Reject records without a usable key."""
    for name in records.table.key:
        field = records.fields[name]
        may_be_blank = name in records.table.blank
        bad = records.alive & field.where(
            lambda r, blank=may_be_blank: r.value is None and (bool(r.problem) or not blank)
        )
        rows = np.flatnonzero(bad)
        hidden = field.column.identifier
        reasons = [f"no usable key: {name} " + ((HIDDEN if hidden else r.problem) if r.problem else "is missing")
                   for r in (field.readings[at] for at in field.state[rows].tolist())]  # fmt: skip
        records.reject(rows, reasons)


def look_alikes(records: Records) -> None:
    """A query where two ids of the key differ in their spelling alone: one participant or two?"""
    rows = records.living()
    for name in records.table.key:
        field = records.fields[name]
        if field.column.type != "id" or not len(rows):
            continue
        texts = field.texts
        first = pd.Series(texts.codes[rows]).drop_duplicates()
        seen: dict[str, str] = {}
        for at, code in zip(rows[first.index].tolist(), first.tolist(), strict=True):
            text = texts.values[code]
            other = seen.setdefault(_core(text), text)
            if other != text and not field.column.identifier:
                message = f"'{text}' differs from '{other}' in its spelling alone: is it the same?"
                field.change(np.array([at]), lambda r, message=message: r.asking("warning", message))


def _core(text: str) -> str:
    """An id without case, signs, leading zeros and the .0 that spreadsheets add."""
    text = re.sub(r"\.0+$", "", text.casefold())
    text = re.sub(r"[^\w.]|_", "", re.sub(r"(?<=\d)[\W_]+(?=\d)", ".", text))  # A-1-2 is not A-12
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


def references(records: Records, done: Mapping) -> None:
    """Reject records that refer to a row that does not exist."""
    for columns, (other, targets) in records.table.references.items():
        if not set(columns) <= set(records.fields):
            continue  # of another part
        frame, kinds = done[other].frame, done[other].table.columns
        known = set(zip(*(_texts(frame[target], kinds[target].type) for target in targets), strict=True))
        parts = [records.fields[name].texts for name in columns]
        rows = records.living()
        which, _ = combine_codes([Coded(part.codes[rows], part.values) for part in parts])
        first = pd.Series(which).drop_duplicates().index.to_numpy()
        missing = {}
        for at in first.tolist():
            found = tuple(part.values[part.codes[rows[at]]] for part in parts)
            if all(found) and found not in known:
                missing[which[at]] = (
                    f"orphan: {', '.join(columns)} '{', '.join(found)}' is not in {other}.{', '.join(targets)}"
                )
        if missing:
            lost = np.isin(which, list(missing))
            records.reject(rows[lost], [missing[number] for number in which[lost].tolist()])


def _texts(values: pd.Series, kind: str) -> list[str]:
    coded = Coded.of(values)
    texts = [text_of(value.date() if kind == "date" and value is not None else value, kind) for value in coded.values]
    return [texts[at] for at in coded.codes.tolist()]


def duplicates(records: Records) -> None:
    """Of several records with one key keep the first; one that says something else leaves queries on it."""
    rows = records.living()
    which, _ = combine_codes([records.fields[name].texts._replace(codes=records.fields[name].texts.codes[rows])
                              for name in records.table.key])  # fmt: skip
    again = pd.Series(which).duplicated().to_numpy()
    if not again.any():
        return
    twice = set(which[again].tolist())
    first: dict[int, int] = {}
    for at in np.flatnonzero(pd.Series(which).isin(twice).to_numpy()).tolist():
        record, kept = int(rows[at]), first.setdefault(which[at], int(rows[at]))
        if kept == record:
            continue
        differ = [name for name, field in records.fields.items() if _says(field, record) != _says(field, kept)]
        if not differ:
            records.reject(np.array([record]), f"duplicate of row {records.number(kept)}")
            continue
        row, other = records.number(kept), records.number(record)
        records.reject(np.array([record]), f"conflicts with row {row} (same key) in {', '.join(differ)}")
        for name in differ:
            field = records.fields[name]
            text = field.cells[field.cell[record]].text
            text = HIDDEN if field.column.identifier and text else text
            message = f"row {other} has the same key but '{text}'; row {row} was kept"
            field.change(np.array([kept]), lambda r, message=message: r.asking("error", message))


def _says(field, record: int):
    reading = field.readings[field.state[record]]
    return reading.value if reading.value is not None else normalise(field.cells[field.cell[record]].text)
