"""Rows that cannot be used: not part of the table, shifted, without a key, orphans, duplicates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from ...expression import Expression
from ...study import Column
from ...text import normalise, text_of
from ..fields import Coded
from ..parse import MISFIT, Reading
from ..part import ELSEWHERE, SHIFTED, UNKNOWN, Records, combine_codes
from ..read.raw import BLANK, Cell
from ..withheld import HIDDEN, message, shown


def where(records: Records, names: Sequence[str]) -> None:
    """Leave out the rows that are not part of the table; names: those of the condition. Where a cell that decides it cannot be read, or
    is missing though it is required, nobody knows: the row is left out with a query and counts as lost."""
    columns = records.columns(names) or {"": pd.Series(range(len(records.row)))}
    holds = Expression(records.table.where)(columns, []).astype("boolean")
    out = records.alive & ~holds.fillna(False).to_numpy(dtype=bool)
    doubt = out & holds.isna().to_numpy()
    asked = records.sources(names) if doubt.any() else []
    said = f"so it is {UNKNOWN} ({records.table.where}); the row was left out"
    for name in asked:
        field = records.fields[name]
        unread = doubt & field.where(lambda r, of=field.column: _unread(of, r))
        field.change(np.flatnonzero(unread), lambda r, of=field.column: _left_out(of, r, said))
    decides = [doubt & records.fields[name].where(lambda r: bool(r.questions)) for name in asked]
    unknown = np.logical_or.reduce([np.zeros(len(out), dtype=bool), *decides])
    records.reject(np.flatnonzero(unknown), f"{UNKNOWN}: {records.table.where}")
    records.reject(np.flatnonzero(out & ~unknown), f"{ELSEWHERE}: {records.table.where}")


def _unread(column: Column, reading: Reading) -> bool:
    return bool(reading.problem) or (column.required and reading.value is None)


def _left_out(column: Column, reading: Reading, said: str) -> Reading:
    if MISFIT in reading.rules:  # asked about
        *others, last = reading.questions
        return reading._replace(questions=(*others, last._replace(message=f"{last.message}, {said}")))
    return reading.asking("error", f"{reading.problem or f'{column.title} is missing'}, {said}")


# --- shifted rows -----------------------------------------------------------------------------------------------------


def shifted(records: Records) -> None:
    """Reject rows in which several cells do not fit and all fit when the cells from some column on are moved, and rows that were
    read with fewer cells than the header of which this is so with one cell; ask about other rows that fit when moved."""
    raw = {name: field for name, field in records.fields.items() if field.raw}
    misfits = np.zeros(len(records.row), dtype=np.int32)
    for field in raw.values():
        misfits += field.where(lambda reading, of=field.column: _misfit(of, reading))
    padded = np.isin(records.raw.numbers[records.row], records.raw.padded)
    for record in np.flatnonzero(records.alive & (misfits > 0)).tolist():
        cells = [column.cells[column.codes[records.row[record]]] for column in records.raw.columns]
        least, moves = (1, RIGHT) if padded[record] else (records.table.misfit, MOVES)
        by = moved(records, cells, records.block[record], least, moves)
        if not by:
            continue
        bad = [name for name, field in raw.items() if _misfit(field.column, field.readings[field.state[record]])]
        several = len(bad) > 1
        fate = "it was kept: cells beside these may be another column's, too"
        if len(bad) >= least:
            fit = "cells do not fit their columns and do" if several else "cell does not fit its column and does"
            records.reject(np.array([record]), f"{len(bad)} {fit} when moved by {by}: {SHIFTED}")
            fate = "it was rejected"
        fit = "do not fit and do" if several else "does not fit and does"
        message = f"the row looks shifted: {', '.join(bad)} {fit} when moved by {by}; {fate}"
        field = raw[bad[0]]
        reading = field.readings[field.state[record]]
        field.change(np.array([record]), lambda r, m=message, p=reading: p.asking("error", m))


def _misfit(column: Column, reading: Reading) -> bool:
    """Whether a cell does not fit its column: text behind a number is no unit where there are none."""
    return bool(reading.problem) or bool(reading.unit) and not (column.unit or column.unit_by)


LEFT, RIGHT = (1, 2), (-1, -2)  # columns: of a row with cells too many, and of one that lacks some
MOVES = (1, -1, 2, -2)


def moved(records: Records, cells: Sequence[Cell], block: int, least: int, moves: Iterable[int]) -> str:
    """'1 column to the left' if not all cells of a row fit and this makes them, `least` of them values in columns that not everything
    fits; else ''. The columns of the cells that are lacking are empty."""
    at = sorted((position, name) for (name, of), position in records.positions.items()
                if of == records.blocks[block] and name in records.fields)  # fmt: skip
    strict = {name for name, column in records.part.columns.items() if column.type != "text" or column.pattern}

    def there(position: int) -> Cell:
        return cells[position] if 0 <= position < len(cells) else BLANK

    def reading(name: str, position: int) -> Reading:
        known = name, there(position)
        if known not in records.told:
            records.told[known] = records.parsers[name](known[1])
        return records.told[known]

    def fits(name: str, position: int) -> bool:
        return not _misfit(records.part.columns[name], reading(name, position))

    def holds(name: str, position: int) -> bool:
        """Whether a value would come of it: an empty cell or a missing word fits any column, and shows nothing."""
        found = reading(name, position)
        return found.value is not None or bool(found.given)

    if all(fits(name, position) for position, name in at):
        return ""
    for move in moves:
        for start, (first, own) in enumerate(at):
            stay = {position for position, _ in at[:start]}  # a cell is read once
            to = [(-1 if position + move in stay else position + move, name) for position, name in at[start:]]
            landed = sum(name in strict and holds(name, position) for position, name in to)
            if landed >= least and all(fits(name, position) for position, name in to):
                return f"{abs(move)} column{'s' * (abs(move) > 1)} to the {'left' if move > 0 else 'right'}"
            if not fits(own, first):
                break
    return ""


def refused(records: Records) -> dict[int, str]:
    """Physical rows of cells too many or too few, that fit their columns when they are moved and not as they stand -> by how
    much."""
    found, width = {}, len(records.raw.columns)
    for row in records.raw.refused:
        cells, moves = [Cell(text) for text in row.cells], LEFT if len(row.cells) > width else RIGHT
        for block in range(len(records.blocks)):
            if by := moved(records, cells, block, 1, moves):
                found[row.row] = by
    return found


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
        texts = [field.cells[at].text for at in field.cell[rows].tolist()]
        problems = [reading.problem or (f"'{normalise(text)}' is no whole date" if reading.given else "")
                    for text, reading in zip(texts, map(field.readings.__getitem__, field.state[rows].tolist()), strict=True)]  # fmt: skip
        said = [problem and (HIDDEN if field.column.identifier else message(field.column, text, problem))
                for text, problem in zip(texts, problems, strict=True)]  # fmt: skip
        reasons = [f"no usable key: {name} {problem or 'is missing'}" for problem in said]
        records.reject(rows, reasons)


def look_alikes(every: Sequence[Records]) -> None:
    """A query where two ids of the key differ in their spelling alone, in one part or in two: one participant or two?"""
    for name in every[0].table.key:
        seen: dict[str, str] = {}
        for records in every:
            rows, field = records.living(), records.fields[name]
            if field.column.type != "id" or not len(rows):
                continue
            texts = field.texts
            first = pd.Series(texts.codes[rows]).drop_duplicates()
            for at, code in zip(rows[first.index].tolist(), first.tolist(), strict=True):
                text = texts.values[code]
                other = seen.setdefault(core(text), text)
                if other != text and not field.column.identifier:
                    said = f"'{text}' differs from '{other}' in its spelling alone: is it the same?"
                    field.change(np.array([at]), lambda r, said=said: r.asking("warning", said))


def core(text: str) -> str:
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
    parts = [records.fields[name].texts for name in records.table.key]
    which, _ = combine_codes([Coded(part.codes[rows], part.values) for part in parts])
    again = pd.Series(which).duplicated().to_numpy()
    if not again.any():
        return
    twice = set(which[again].tolist())
    first: dict[int, int] = {}
    for at in np.flatnonzero(pd.Series(which).isin(twice).to_numpy()).tolist():
        record, kept = int(rows[at]), first.setdefault(which[at], int(rows[at]))
        if kept == record:
            continue
        differ = [name for name in records.fields if _says(records, name, record) != _says(records, name, kept)]
        if not differ:
            records.reject(np.array([record]), f"duplicate of row {records.number(kept)}")
            continue
        row, other = records.number(kept), records.number(record)
        records.reject(np.array([record]), f"conflicts with row {row} (same key) in {', '.join(differ)}")
        for name in differ:
            field = records.fields[name]
            text = field.cells[field.cell[record]].text
            unit = _unit(records, name, record)
            unit = "" if unit == _unit(records, name, kept) or field.readings[field.state[record]].unit else unit
            seen = f"'{text}{unit and f' {unit}'}'" if shown(field.column, text) == text else shown(field.column, text)
            said = f"row {other} has the same key but {seen}; row {row} was kept"
            field.change(np.array([kept]), lambda r, said=said: r.asking("error", said))


def _says(records: Records, name: str, record: int) -> tuple:
    """What a cell says, by which two rows with one key are the same: a value in its unit, its limit, how much of a date is known."""
    field = records.fields[name]
    reading = field.readings[field.state[record]]
    if reading.value is not None:
        return reading.value, reading.limit, reading.given
    return normalise(field.cells[field.cell[record]].text), _unit(records, name, record)


def _unit(records: Records, name: str, record: int) -> str:
    """The unit that stands in a column of its own."""
    unit = records.units.get(name)
    return normalise(unit.cells[unit.cell[record]].text) if unit else ""
