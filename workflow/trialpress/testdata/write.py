"""Made-up tables as raw files: what the dictionary reads stands under its headers, as a hospital could have written it."""

from __future__ import annotations

import csv
import datetime
import io
import random
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..errors import Problem, raise_if
from ..study import Column, File, Part, Study, Table
from ..text import number_text
from .records import Tables

TEXTS = (".csv", ".tsv", ".txt", ".dat", ".tab")
BOOKS = (".xlsx", ".xlsm")


@dataclass
class Sheet:
    """A file or a sheet in the making. rows: header -> text; by: key of a row that several tables share -> its place."""

    file: File
    headers: dict[str, None] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    by: dict[tuple, int] = field(default_factory=dict)


def kind(file: File) -> str:
    """text, book, or nothing if a file of this format is not written."""
    suffix = Path(file.path).suffix.lower()
    return "" if file.member else "text" if suffix in TEXTS else "book" if suffix in BOOKS else ""


def sheets(study: Study, tables: Tables, seed: int) -> dict[str, Sheet]:
    """Short name of a file -> what stands in it."""
    found = {name: Sheet(file) for name, file in study.files.items()}
    raise_if(
        Problem(f"study.yaml, tables.{table.name}.columns.{column.name}.source", f"'{source}' is a place, not a header",
                "a made-up file has the columns that are declared, and no others between them", "write the header")
        for table in study.tables.values() for part in table.parts for column in part.columns.values()
        for source in column.source if re.fullmatch(r"\s*#\s*\d+\s*", source)
    )  # fmt: skip
    for table in study.tables.values():
        chance, frame = random.Random(f"{seed} {table.name} texts"), tables.done[table.name]
        for number, part in enumerate(table.parts):
            mine = frame
            if (
                not any(set(part.columns) - set(other.columns) for other in table.parts[:1])
                and len(table.parts) > 1
                and not part.blocks
            ):
                mine = frame.iloc[
                    number :: len(table.parts)
                ]  # the same columns in several files: each has a share of the rows
            lay(study, table, part, mine, found[part.file.name], chance)
    return found


def lay(study: Study, table: Table, part: Part, frame: pd.DataFrame, sheet: Sheet, chance: random.Random) -> None:
    """Put the rows of a table under the headers of its file; those of tables without a condition share their rows by key."""
    columns = [column for column in part.columns.values() if column.source]
    block = next((column.name for column in part.columns.values() if column.block), "")
    for text in part.blocks.values() or ("",):
        for column in columns:
            sheet.headers |= dict.fromkeys(
                header(source, text) for source in (column.source[0], column.unit_from) if source
            )
    texts = {column.name: cells(study, column, part.file, frame, chance) for column in columns}
    for at, row in enumerate(frame.to_dict("records")):
        if block and row[block] not in part.blocks:
            continue
        said = part.blocks[row[block]] if block else ""
        written = {header(column.source[0], said): texts[column.name][at] for column in columns}
        for column in columns:
            if column.unit_from and written[header(column.source[0], said)]:
                written[header(column.unit_from, said)] = unit(study, column, row)
        key = tuple((header(table.columns[name].source[0], ""), texts[name][at]) for name in table.key if name in texts)
        place = None if table.where else sheet.by.get(key)
        if place is None:
            sheet.by.setdefault(key, len(sheet.rows)) if not table.where else None
            sheet.rows.append({})
            place = len(sheet.rows) - 1
        sheet.rows[place] |= {name: text for name, text in written.items() if text or name not in sheet.rows[place]}


def header(source: str, block: str) -> str:
    return source.replace("{block}", block)


def unit(study: Study, column: Column, row: Mapping) -> str:
    if column.unit_by:
        return next(iter(study.units.get(str(row.get(column.unit_by)), {})), "")
    return column.unit


def cells(study: Study, column: Column, file: File, frame: pd.DataFrame, chance: random.Random) -> list[str]:
    """The raw texts of a column; of missing ones some are written as the words that the dictionary knows."""
    words = [text for text in (*study.missing, *column.missing) if text not in column.codes and fits(text, file)]
    found = []
    for value in frame[column.name].tolist():
        if value is None or value is pd.NA or value is pd.NaT or value != value:
            blank = column.name == study.participant or column.identifier or not words or chance.random() < 0.8
            found.append("" if blank else chance.choice(words))
        else:
            found.append(cell(column, file, value))
    return found


def fits(text: str, file: File) -> bool:
    """Whether the file's encoding has all of a text."""
    try:
        return bool(text.encode(file.encoding))
    except UnicodeEncodeError:
        return False


def cell(column: Column, file: File, value) -> str:
    if column.type == "code":
        return next((text for text in (*column.codes[value], value) if fits(text, file)), value)
    if column.type == "date":
        return value.date().isoformat()
    if column.type == "datetime":
        return value.strftime("%Y-%m-%d %H:%M")
    if column.type in ("number", "integer", "duration"):
        return number_text(value).replace(".", column.decimal or file.decimal or ".")
    return str(value)


# --- files --------------------------------------------------------------------------------------------------------------------


def paths(name: str, rows: int) -> list[str]:
    """The cells of a column's header, from the first header row to the last.

    >>> paths("Day 0 | CRP", 2), paths("CRP#2", 1)
    (['Day 0', 'CRP'], ['CRP'])
    """
    parts = (
        [part.strip() for part in re.sub(r"\s*#\s*\d+$", "", name).split("|")]
        if rows > 1
        else [re.sub(r"\s*#\s*\d+$", "", name)]
    )
    return [""] * (rows - len(parts)) + parts[-rows:]


def grid(sheet: Sheet) -> list[list[str]]:
    """All cells, with what is skipped above the header."""
    names = sorted(sheet.headers, key=lambda name: int(m[1]) if (m := re.search(r"#\s*(\d+)$", name)) else 0)
    head = [paths(name, sheet.file.header_rows) for name in names]
    above = [["made-up test data", *[""] * (len(names) - 1)] for _ in range(sheet.file.skip_rows)]
    return [*above, *map(list, zip(*head, strict=True)), *([row.get(name, "") for name in names] for row in sheet.rows)]


def write(found: Mapping[str, Sheet], raw: Path) -> dict[str, str]:
    """Write the raw files; short name -> other path, of files that are of a format that is not written."""
    books: dict[str, list[Sheet]] = {}
    moved = {}
    for name, sheet in found.items():
        if kind(sheet.file) == "book":
            books.setdefault(sheet.file.path, []).append(sheet)
        elif kind(sheet.file) == "text":
            text(sheet, raw / sheet.file.path, sheet.file)
        else:
            moved[name] = f"{name}.csv"
            text(
                sheet,
                raw / moved[name],
                File(name, moved[name], header_rows=sheet.file.header_rows, skip_rows=sheet.file.skip_rows),
            )
    for path, held in books.items():
        book(held, raw / path)
    return moved


def text(sheet: Sheet, to: Path, file: File) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=file.delimiter, quotechar=file.quote or '"', lineterminator="\n").writerows(
        grid(sheet)
    )
    to.parent.mkdir(parents=True, exist_ok=True)
    mark = b"\xff\xfe" if file.encoding.lower() in ("utf-16-le", "utf_16_le") else b""
    to.write_bytes(mark + written.getvalue().encode(file.encoding))


def book(held: list[Sheet], to: Path) -> None:
    import openpyxl

    made = openpyxl.Workbook(write_only=True)
    made.properties.title, made.properties.creator = "made-up test data", "trialpress"
    made.properties.created = made.properties.modified = STAMP
    for sheet in sorted(held, key=lambda one: one.file.sheet if isinstance(one.file.sheet, int) else 0):
        page = made.create_sheet(sheet.file.sheet if isinstance(sheet.file.sheet, str) else f"Sheet{sheet.file.sheet}")
        head = sheet.file.header_rows + sheet.file.skip_rows
        for at, row in enumerate(grid(sheet)):
            page.append([number(cell) if at >= head else cell or None for cell in row])
    to.parent.mkdir(parents=True, exist_ok=True)
    made.save(to)
    still(to)


def number(text: str):
    """A number as a workbook holds it; what has leading zeros, and all else, as its text."""
    return float(text) if re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?", text) else text or None


STAMP = datetime.datetime(2000, 1, 1)


def still(path: Path) -> None:
    """The same workbook without the time of its making, which its archive and its properties carry."""
    with zipfile.ZipFile(path) as held:
        parts = {name: held.read(name) for name in held.namelist()}
    stamp = STAMP.isoformat() + "Z"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in sorted(parts.items()):
            if name == "docProps/core.xml":
                content = re.sub(rb"(W3CDTF\">)[^<]+", rb"\g<1>" + stamp.encode(), content)
            made.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
