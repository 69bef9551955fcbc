"""Workbooks: the grid of one sheet as columns, with remarks on what is merged, hidden or not known of it."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...study import File
from ...text import normalise
from .detect import Content
from .encode import Encoder, number_text
from .problems import stop
from .raw import BLANK, Cell, Raw, Remark
from .serial import python_cell
from .sheet import Sheet, area, choose, letters, ranges

if TYPE_CHECKING:
    from .places import Places

_ERRORS = re.compile(r"#(N/A|DIV/0!|REF!|NAME\?|NULL!|NUM!|VALUE!|GETTING_DATA|SPILL!|CALC!)")
_PLAIN = "number formats (per cent, leading zeros, units), formulas without a value and hidden rows are not known of "


def read_workbook(content: Content, file: File, some: Places | None = None) -> Raw:
    """Read one sheet of a workbook of any kind; some: where the rows are that are read of it, if not all are (see `places`)."""
    if content.format != "xlsx":
        try:
            return _raw(_calamine(content, file), content, file)
        except InputError:
            raise
        except Exception as error:  # calamine has one class per format
            raise _damaged(content, error) from None
    from .xlsx import read_xlsx  # here, because openpyxl takes its time to load

    try:
        sheet = read_xlsx(content.data, content.where, file, some)
    except InputError:
        raise
    except Exception as error:  # openpyxl raises a dozen kinds for what it does not know
        try:
            sheet = _calamine(content, file)
        except InputError:
            raise
        except Exception:
            raise _damaged(content, error) from None
        sheet.notes = [("warning", f"the workbook departs from the standard; {_PLAIN}it: compare it with the sheet")]
        return _raw(sheet, content, file)
    return replace(_raw(sheet, content, file), beside=_beside(sheet, top_of(file)))


def _beside(sheet: Sheet, first: int) -> frozenset[int]:
    """The rows that others are read with: a merged cell holds for rows below, to the last row; one is as wide as the sheet."""
    rows = {top for top, *_ in sheet.merged}
    if sheet.rows:
        rows |= {max(sheet.rows), max(sheet.rows, key=lambda number: max(sheet.rows[number]))}
    return frozenset(row for row in rows if row >= first)


def _damaged(content: Content, error: Exception) -> InputError:
    said = " ".join(str(error).split()) or type(error).__name__
    if "password" in said.lower():
        return stop(content.where, "is a workbook under a password", "ask for it without one")
    do = "ask for the file again; it may be cut off or no workbook"
    return stop(content.where, f"cannot be read as a workbook: {said}", do)


def _calamine(content: Content, file: File) -> Sheet:
    """The sheet that study.yaml means, by calamine: values and their types, of formats only what makes a date."""
    import python_calamine as calamine

    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content.data))
    about = book.sheets_metadata[choose(book.sheet_names, file, content.where)]
    if content.format == "xlsx":
        _far(content, file)
    found = book.get_sheet_by_name(about.name)
    sheet = Sheet(hidden=about.visible != calamine.SheetVisibleEnum.Visible)
    if found.total_height * found.total_width > file.limits.cells:
        raise _too_far(content, file)
    numbers = False
    for number, values in enumerate(found.to_python(skip_empty_area=False), start=1):
        row = {column: _value_cell(value) for column, value in enumerate(values, start=1) if value not in ("", None)}
        numbers |= any(cell.kind == "number" for cell in row.values())
        if row:
            sheet.rows[number] = row
    for (top, left), (bottom, right) in found.merged_cell_ranges or ():
        sheet.merged.append((top + 1, left + 1, bottom + 1, right + 1))
    if numbers:
        also = ", nor merged cells" if found.merged_cell_ranges is None else ""
        sheet.notes.append(
            ("warning", f"{_PLAIN}{content.format} files{also}: compare it with the sheet, or use .xlsx")
        )
    return sheet


def _far(content: Content, file: File) -> None:
    """InputError if a cell lies so far out that the sheet would not fit into memory; calamine has a place for each."""
    with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
        for name in (name for name in archive.namelist() if re.search(r"worksheets/[^/]*\.xml$", name)):
            places = re.findall(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,3})(\d{1,7})"', archive.read(name))
            column = max(
                (sum((c - 64) * 26**i for i, c in enumerate(reversed(letters))) for letters, _ in places), default=0
            )
            if column * max((int(row) for _, row in places), default=0) > file.limits.cells:
                raise _too_far(content, file)


def _too_far(content: Content, file: File) -> InputError:
    what = f"the sheet reaches over more than {file.limits.cells} cells"
    do = "delete what lies far out, or save it as .xlsx from a spreadsheet program; or raise limits.cells in study.yaml"
    return stop(content.where, what, do, "it would not fit into memory")


def _value_cell(value) -> Cell:
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", "boolean")
    if isinstance(value, (int, float, Decimal)):
        return Cell(number_text(value), "number")
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return python_cell(value)
    return Cell(str(value), "error" if _ERRORS.fullmatch(str(value)) else "text")


def top_of(file: File) -> int:
    """The first row below the header."""
    return file.skip_rows + file.header_rows + 1


def _raw(sheet: Sheet, content: Content, file: File) -> Raw:
    """A sheet as columns: a merged cell counts for all rows that it spans, in the header for all columns too."""
    first = top_of(file)
    spans = _spread(sheet, first)
    width = max((column for row in sheet.rows.values() for column in row), default=0)
    head = [sheet.rows.get(row, {}) for row in range(file.skip_rows + 1, first)]
    headers = tuple(tuple(normalise(row.get(c, BLANK).text) for row in head) for c in range(1, width + 1))
    numbers = [
        number
        for number, row in sorted(sheet.rows.items())
        if number >= first and any(cell.text.strip() for cell in row.values())
    ]
    columns = []
    for column in range(1, width + 1):
        encoder = Encoder()
        encoder.add([sheet.rows[number].get(column, BLANK) for number in numbers])
        columns.append(encoder.done())
    raw = Raw(file, headers, np.array(numbers, dtype=np.int64), tuple(columns))
    remarks = [Remark(severity, 0, "", "", message) for severity, message in sheet.notes]
    remarks += _hidden(sheet, set(numbers), width, raw)
    remarks += [Remark("warning", row, raw.header(c - 1), text, message) for row, c, text, message in spans]
    return Raw(file, headers, raw.numbers, raw.columns, (), tuple(remarks), sheet.date_1904, {}, content.format)


def _spread(sheet: Sheet, first: int) -> list[tuple[int, int, str, str]]:
    """Write the value of merged cells into the cells that they span; what was done in the body, by row and column."""
    done = []
    last, widest = max(sheet.rows, default=0), max((column for row in sheet.rows.values() for column in row), default=0)
    for top, left, bottom, right in sorted(sheet.merged):
        bottom, right = min(bottom, last), min(right, widest)  # some are merged to the end of the sheet
        cell = sheet.rows.get(top, {}).get(left, BLANK)
        if not cell.text.strip():
            continue
        if top < first:
            for row in range(top, min(bottom, first - 1) + 1):
                sheet.rows.setdefault(row, {}).update(dict.fromkeys(range(left, right + 1), cell))
            if bottom >= first:
                message = f"{area(top, left, bottom, right)} are merged across header and body: is header_rows right?"
                done.append((first, left, cell.text, message))
            continue
        for row in range(top, bottom + 1):
            sheet.rows.setdefault(row, {})[left] = cell
        whom = f"each of the rows {top} to {bottom}" if bottom > top else f"row {top}"
        only = f", in column {letters(left)} only" if right > left else ""
        done.append(
            (top, left, cell.text, f"{area(top, left, bottom, right)} are merged; its value is taken for {whom}{only}")
        )
    return done


def _hidden(sheet: Sheet, numbers: set[int], width: int, raw: Raw) -> list[Remark]:
    """What the sheet holds and does not show; all of it is read."""
    found = []
    if sheet.hidden:
        found.append((0, "the sheet is hidden; it is read"))
    if rows := sorted(numbers.intersection(sheet.hidden_rows)):
        by = "hidden by a filter" if sheet.filtered else "hidden"
        found.append((rows[0], f"{by}: row{'s' * (len(rows) > 1)} {ranges(rows)}; read all the same"))
    columns = [c for c in sheet.hidden_columns if c <= width and any(cell.text for cell in raw.columns[c - 1].cells)]
    if columns:
        found.append((0, f"hidden: column{'s' * (len(columns) > 1)} {ranges(columns, letters)}; read all the same"))
    return [Remark("warning", row, "", "", message) for row, message in found]
