"""data/<study>/corrections.csv: what was signed off about single values, read strictly.

A line that names a query answers it. One that leaves the value as it is confirms it; every other one changes a cell. A line
of an old file, or one written by hand, need not name who, when and which query.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..errors import InputError, Problem, nearest, raise_if
from ..study import Study
from ..text import normalise

NEEDED = ("table", "key", "field", "old", "new", "reason")
COLUMNS = (*NEEDED, "by", "date", "query", "question")
INCOMPLETE = "a correction must be complete to be signed off"
NOWHERE = "a correction that goes nowhere leaves the wrong value where it is"
UNSIGNED = "nobody could be asked about it"

Line = Mapping[str, str]


def confirms(line: Line) -> bool:
    """Whether a line answers a query by leaving the value as it is."""
    return bool(line["query"]) and normalise(line["old"]) == normalise(line["new"])


def read_corrections(path: Path, study: Study) -> list[dict[str, str]]:
    """The lines, each with all of `COLUMNS`; InputError with every line that cannot be what somebody has signed off."""
    if not path.exists():
        return []
    header, rows = _lines_of(path)
    problems, found, seen = [], [], {}
    for number, cells in rows:
        where = f"{path}, row {number}"
        if len(cells) != len(header):
            what = f"has {len(cells)} cells, the header has {len(header)}"
            problems.append(Problem(where, what, INCOMPLETE, "a cell with a comma stands in quotation marks"))
            continue
        line = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=True))
        # a query may be answered again when its value has changed, and one correction may answer several queries
        same = (line["table"], line["key"], line["field"], normalise(line["old"]))
        same += (line["query"],) if confirms(line) else ()
        before, new, queries = seen.setdefault(same, (number, normalise(line["new"]), []))
        if number != before and (new != normalise(line["new"]) or not line["query"] or line["query"] in queries):
            what = f"corrects what row {before} corrects, too"
            problems.append(Problem(where, what, "one of them would win by chance", "keep one of the two"))
            continue
        queries.append(line["query"])
        wrong = [*_goes_nowhere(where, line, study), *_unsigned(where, line, study)]
        problems += wrong
        if not wrong:
            found.append(line)
    raise_if(problems)
    return found


def _goes_nowhere(where: str, line: Line, study: Study) -> Iterator[Problem]:
    table = study.tables.get(line["table"])
    if confirms(line) and not line["table"]:
        pass  # of a file or one of its rows
    elif table is None:
        yield Problem(where, f"unknown table '{line['table']}'", NOWHERE, nearest(line["table"], study.tables))
    elif line["field"] not in table.columns:
        yield Problem(where, f"unknown field '{line['field']}'", NOWHERE, nearest(line["field"], table.columns))
    if not line["reason"].strip():
        why = "a correction must be signed off with one"
        yield Problem(where, "has no reason", why, "write why the value is wrong")


def _unsigned(where: str, line: Line, study: Study) -> Iterator[Problem]:
    """By whom and when: both or, in an old file and by hand, neither; an answer to a query has both."""
    by, date = line["by"].strip(), line["date"].strip()
    if bool(by) != bool(date) or (line["query"] and not by):
        lacking = " and ".join(name for name, text in (("by", by), ("date", date)) if not text)
        yield Problem(where, f"has nothing under {lacking}", UNSIGNED, "say who has signed it off and when")
    if by and study.data_managers and by not in study.data_managers:
        do = nearest(by, study.data_managers) + "; or add the name to data_managers in study.yaml"
        yield Problem(where, f"is by '{by}', who is not among the data managers", UNSIGNED, do)
    if date and not is_date(date):
        yield Problem(where, f"has the date '{date}'", UNSIGNED, "write it as 2026-01-31")


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar, as 2026-01-31."""
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _lines_of(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """(header, (line, cells) of the corrections); InputError if the file cannot be read, or has another header."""
    do = f"use {', '.join(NEEDED)} (and {', '.join(COLUMNS[len(NEEDED) :])}), as comma-separated UTF-8"
    try:
        text = path.read_text(encoding="utf-8-sig")
        if wrong := re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
            row = text[: wrong.start()].count("\n") + 1
            what = f"holds the character U+{ord(wrong[0]):04X}, which no text has"
            raise InputError([Problem(f"{path}, row {row}", what, INCOMPLETE, "take it out")])
        reader = csv.reader(text.splitlines(keepends=True), strict=True)
        rows, line = [], 1
        for cells in reader:
            rows.append((line, cells))
            line = reader.line_num + 1
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        what = f"is not UTF-8: byte 0x{error.object[error.start]:02x}"
        raise InputError([Problem(f"{path}, row {row}", what, INCOMPLETE, "save it as UTF-8")]) from None
    except (csv.Error, OSError) as error:
        what = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise InputError([Problem(str(path), what, INCOMPLETE, do)]) from None
    header = rows[0][1] if rows else []
    if len(header) < len(NEEDED) or tuple(header) != COLUMNS[: len(header)]:
        what = f"has the columns {', '.join(header)}" if rows else "is empty"
        raise InputError([Problem(str(path), what, INCOMPLETE, do + ("" if rows else "; or remove the file"))])
    return header, [(line, cells) for line, cells in rows[1:] if any(cell.strip() for cell in cells)]


def by_table(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines that change a cell, by table."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if not confirms(line):
            found.setdefault(line["table"], []).append(line)
    return found
