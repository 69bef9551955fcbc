"""The open queries as a workbook: what is asked is locked, what is to be answered has lists to choose from.

The same queries give the same bytes. The sheets are protected without a password, against slips and not against people: what
was changed all the same is found when the answers are taken.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from ..clean import CleanData
from ..clean.register import CONFIRMED, CORRECTED, NOT_KNOWN, OPEN, ids
from ..files import sha256, write_whole
from ..study import Study
from .sheet import ABOUT, ANSWERED, FILES, GIVEN, LISTS, QUERIES, answers, column, given

MOST = 20_000  # queries in one workbook
EPOCH = (1980, 1, 1, 0, 0, 0)
TEXT = "@"  # what is typed stays as it was typed
HOW = (
    f"{CORRECTED}: the value is wrong, the new one is under New value, written as in the file (with its unit if it has one).",
    f"{CONFIRMED}: the value is what the source says and stays. Not to be had where the value cannot be used.",
    f"{NOT_KNOWN}: the value is wrong or cannot be read, and no other is known; it becomes missing.",
    "Every answer needs a reason, your name from the list, and the date as 2026-01-31. Leave a row empty to answer it later.",
    "A query that asks about a file, a row or a computed value can only be confirmed; the cells behind it are corrected by theirs.",
    "Keep this workbook beside the raw records: a new value may be what must not leave them.",
)


def write(study: Study, data: CleanData, raw: Path, to: Path) -> tuple[int, int]:
    """Write the workbook; (queries in it, open queries). raw: the folder of the raw files."""
    rows = [row for row in zip(ids(data.asked), data.asked, strict=True)]
    states = dict(zip(data.queries["id"], data.queries["state"], strict=True))
    rows = [row for row in rows if states[row[0]] == OPEN]
    rows.sort(key=lambda row: (row[1]["table"], row[1].get("participant", "")))  # stable: then as they were asked
    book = Workbook()
    lists = Lists(book.create_sheet(LISTS))
    sheet = book.active
    sheet.title = QUERIES
    _queries(sheet, study, rows[:MOST], lists)
    _table(book.create_sheet(FILES, 1), ("File", "SHA-256"), (40, 70), _hashes(study, raw))
    about = [
        [study.title],
        *([[study.notice]] if study.notice else []),
        [f"Data cut-off {study.data_cutoff}"],
        *([line] for line in HOW),
    ]
    _table(book.create_sheet(ABOUT, 2), ("How to answer",), (110,), about)
    lists.sheet.sheet_state = "hidden"
    write_whole(to, lambda path: path.write_bytes(_packed(book)))
    return min(len(rows), MOST), len(rows)


class Lists:
    """What drop-downs offer, each list once, on a sheet of its own: a list in a cell's rule ends after 255 characters."""

    def __init__(self, sheet):
        self.sheet, self.made = sheet, {}

    def rule(self, choices: Sequence[str]) -> DataValidation:
        """The rule of cells that hold one of the choices."""
        if choices not in self.made:
            at = len(self.made) + 1
            for row, choice in enumerate(choices, start=1):
                _put(self.sheet, row, at, choice)
            letter = get_column_letter(at)
            where = f"{quote_sheetname(LISTS)}!${letter}$1:${letter}${len(choices)}"
            self.made[choices] = DataValidation(
                "list", where, showErrorMessage=True, error="Choose from the list.", allow_blank=True
            )
        return self.made[choices]


def _put(sheet, row: int, at: int, value):
    """A cell; a text stays text, also one that begins like a formula."""
    cell = sheet.cell(row, at, value)
    if isinstance(value, str):
        cell.value, cell.data_type = value, "s"
    return cell


def _queries(sheet, study: Study, rows: Sequence[tuple[str, Mapping]], lists: Lists) -> None:
    columns = GIVEN + ANSWERED
    asked, free = PatternFill("solid", fgColor="EEF1F4"), PatternFill("solid", fgColor="FFFBE6")
    wrap, open_cell = Alignment(wrap_text=True, vertical="top"), Protection(locked=False)
    _head(sheet, [name for name, _ in columns], [width for _, width in columns])
    at = {name: number for number, (name, _) in enumerate(columns, start=1)}
    used: dict[int, tuple[DataValidation, list[str]]] = {}

    def offer(row: int, name: str, choices: tuple[str, ...]) -> None:
        if choices:
            rule = lists.rule(choices)
            used.setdefault(id(rule), (rule, []))[1].append(f"{get_column_letter(at[name])}{row}")

    for number, (name, entry) in enumerate(rows, start=2):
        for place, value in enumerate(given(study, name, entry), start=1):
            cell = _put(sheet, number, place, value)
            cell.fill, cell.alignment = asked, wrap
        for header, _ in ANSWERED:
            cell = sheet.cell(number, at[header])
            cell.fill, cell.alignment, cell.protection, cell.number_format = free, wrap, open_cell, TEXT
        sheet.cell(number, at["Date"]).number_format = "yyyy-mm-dd"
        offer(number, "Answer", answers(entry))
        offer(number, "Name", study.data_managers)
        of = column(study, entry)
        offer(number, "New value", tuple(of.codes) if of and of.type == "code" and CORRECTED in answers(entry) else ())
    for rule, cells in used.values():
        for cell in cells:
            rule.add(cell)
        sheet.add_data_validation(rule)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
    sheet.freeze_panes = "B2"
    sheet.protection.sheet, sheet.protection.autoFilter, sheet.protection.formatColumns = True, False, False


def _head(sheet, names: Sequence[str], widths: Sequence[int]) -> None:
    for place, (name, width) in enumerate(zip(names, widths, strict=True), start=1):
        sheet.cell(1, place, name).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place)].width = width


def _table(sheet, names: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[str]]) -> None:
    _head(sheet, names, widths)
    for number, row in enumerate(rows, start=2):
        for place, text in enumerate(row, start=1):
            _put(sheet, number, place, text).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.protection.sheet = True


def _hashes(study: Study, raw: Path) -> list[tuple[str, str]]:
    return [(path, sha256(raw / path)) for path in sorted({file.path for file in study.files.values()})]


def _packed(book: Workbook) -> bytes:
    """The workbook without the time at which it was made."""
    held, out = io.BytesIO(), io.BytesIO()
    book.save(held)
    with zipfile.ZipFile(held) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            packed.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
