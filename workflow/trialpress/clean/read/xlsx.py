"""Sheets of .xlsx and .xlsm by openpyxl: one pass over one sheet, with formulas, formats, merged and hidden cells.

openpyxl's parser of a sheet is used below its workbook: that keeps the formula beside its value, skips cells that are
only formatted, and leaves the other sheets unread.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
from typing import TYPE_CHECKING

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet._reader import FORMULA_TAG, INLINE_STRING, VALUE_TAG, WorkSheetParser, _cast_number
from openpyxl.xml.constants import SHEET_MAIN_NS

from ...study import File
from .encode import number_text
from .numberformat import HIDES, sections, shown, shows
from .problems import stop
from .raw import BLANK, Cell
from .serial import dated, python_cell
from .sheet import Sheet, choose, letters

if TYPE_CHECKING:
    from .places import Places

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TEXT = f"{{{SHEET_MAIN_NS}}}t"
_STALE = re.compile(rb"<(?:\w+:)?calcPr[^>]*fullCalcOnLoad=[\"'](?:1|true)[\"']")


def unescape(text: str) -> str:
    """Characters that XML cannot hold stand in a workbook as _xHHHH_: _x000D_ is the first half of a line break.

    >>> unescape("CR_x000D_"), unescape("_x005F_x000D_")
    ('CR\\r', '_x000D_')
    """

    def character(match: re.Match) -> str:
        code = int(match[1], 16)
        return match[0] if code == 0 or 0xD800 <= code < 0xE000 else chr(code)  # no text can hold these two

    return _ESCAPE.sub(character, text) if "_x" in text else text


class _Parser(WorkSheetParser):
    """Cells as (column, what is stored, its type, number of its style, the formula beside it); None for one that is only formatted."""

    def __init__(self, *args, **keys):
        super().__init__(*args, **keys)
        self.columns: dict[str, int] = {}  # number of a column by its letters

    def parse_cell(self, element):
        if not len(element):
            self.col_counter += 1
            return None
        return self._usual(element) or self._other(element)

    def _usual(self, element) -> tuple | None:
        """A cell with nothing but a number or a text, as most are, as openpyxl has it and three times as fast."""
        place, kind, only = element.get("r", ""), element.get("t", "n"), element[0]
        name = place.rstrip("0123456789")
        if len(element) > 1 or not name.isalpha() or name == place:
            return None
        if only.tag == VALUE_TAG and only.text and kind in ("n", "s"):
            value = _cast_number(only.text) if kind == "n" else self.shared_strings[int(only.text)]
        elif only.tag == INLINE_STRING and kind == "inlineStr" and [part.tag for part in only] == [_TEXT]:
            value, kind = only[0].text or "", "s"
        else:
            return None
        if name not in self.columns:
            self.columns[name] = column_index_from_string(name)
        self.col_counter = self.columns[name]
        return self.col_counter, value, kind, int(element.get("s", 0)), ""

    def _other(self, element) -> tuple:
        cell = super().parse_cell(element)
        formula = element.find(FORMULA_TAG)
        said = ""
        if formula is not None:
            empty_text = element.get("t") == "str" and element.find(VALUE_TAG) is not None  # a formula that says ""
            stored = cell["value"] is not None or empty_text
            said = "stored" if stored else f"={formula.text or ' (shared with other cells)'}"
        return cell["column"], cell["value"], cell["data_type"], cell["style_id"], said

    def parse_row(self, row):
        number, cells = super().parse_row(row)
        if self.row_dimensions and not set(self.row_dimensions.get(str(number), ())) & {"hidden"}:
            self.row_dimensions.pop(str(number), None)  # a sheet may be formatted to its last row
        return number, cells

    def parse_extensions(self, element):
        """Sparklines, slicers and the like say nothing of the cells."""


def xml_of(data: bytes, where: str, file: File) -> bytes:
    """The XML of the sheet that study.yaml means."""
    reader = ExcelReader(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    return reader.archive.read(_chosen(reader, where, file)[1].target)


def _chosen(reader: ExcelReader, where: str, file: File) -> tuple:
    """(what the workbook says of the sheet that study.yaml means, where it lies)."""
    found = list(reader.parser.find_sheets())
    if not found:
        raise ValueError("no sheets")
    return found[choose([entry.name for entry, _ in found], file, where)]


def read_xlsx(data: bytes, where: str, file: File, some: Places | None = None) -> Sheet:
    """The sheet that study.yaml means, or some of its rows; any exception of openpyxl if the workbook is beyond it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = ExcelReader(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        entry, target = _chosen(reader, where, file)
        if "chartsheet" in target.Type:
            raise stop(where, f"the sheet {entry.name!r} is a chart without cells", "name another sheet in study.yaml")
        sheet = Sheet(hidden=entry.state != "visible", date_1904=reader.wb.epoch == CALENDAR_MAC_1904)
        with reader.archive.open(target.target) as source:
            source = source if some is None else io.BytesIO(some.cut(source.read()))
            parser = _Parser(source, reader.shared_strings, data_only=True, epoch=reader.wb.epoch)
            _fill(sheet, parser, _Formats(reader.wb, sheet.date_1904))
        if any(message == "formulas" for _, message in sheet.notes):
            sheet.notes = [note for note in sheet.notes if note[1] != "formulas"]
            if _STALE.search(reader.archive.read(reader.parser.workbook_part_name)):
                sheet.notes.append(("warning", STALE))
    _describe(sheet, parser)
    return sheet


STALE = (
    "the program that wrote the workbook did not calculate its formulas (it asks to be calculated on opening); "
    "their stored values may be wrong: open it in a spreadsheet program, save it, and compare"
)


def _fill(sheet: Sheet, parser: _Parser, formats: _Formats) -> None:
    hides: list[str] = []
    formulas = False
    for number, cells in parser.parse():
        row = {}
        for found in cells:
            if found is None:
                continue
            column, value, kind, style, formula = found
            formulas |= formula == "stored"
            cell = Cell(formula, "formula") if formula not in ("", "stored") else formats.cell(value, kind, style)
            if cell.shown == HIDES:
                hides.append(f"{letters(column)}{number}")
                cell = cell._replace(shown="")
            if cell != BLANK:
                row[column] = cell
        if row:
            sheet.rows[number] = row
    if hides:
        some = ", ".join(hides[:5]) + (", ..." if len(hides) > 5 else "")
        message = (
            f"the number format of {len(hides)} cells ({some}) shows nothing although they hold a number; it is read"
        )
        sheet.notes.append(("warning", message))
    if formulas:
        sheet.notes.append(("", "formulas"))


class _Formats:
    """Turns what a cell stores, its type and its style into a Cell; equal ones once."""

    def __init__(self, book, date_1904: bool):
        self.book, self.date_1904 = book, date_1904
        self.codes: dict[int, str] = {}
        self.cells: dict[tuple, Cell] = {}

    def cell(self, value, kind: str, style: int) -> Cell:
        if value is None or value == "":
            return BLANK
        key = (type(value), value, kind, style)
        if key not in self.cells:
            self.cells[key] = self._cell(value, kind, self.code(style))
        return self.cells[key]

    def code(self, style: int) -> str:
        """The format code of a style."""
        if style not in self.codes:
            number = self.book._cell_styles[style].numFmtId
            own = number >= 164
            self.codes[style] = (
                self.book._number_formats[number - 164] if own else BUILTIN_FORMATS.get(number, "General")
            )
        return self.codes[style]

    def _cell(self, value, kind: str, code: str) -> Cell:
        if kind == "b":
            return Cell("TRUE" if value else "FALSE", "boolean")
        if kind == "e":
            return Cell(str(value), "error")
        if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
            return python_cell(value)
        if not isinstance(value, (int, float)):
            text = unescape(str(value))
            return Cell(text, "text", _text_shown(text, code))
        text = number_text(value)
        return dated(text, code, self.date_1904) if shows(code) else Cell(text, "number", shown(text, code))


def _text_shown(text: str, code: str) -> str:
    """A text under a format with a part for texts: @" mg" shows 5 as 5 mg."""
    part = next((section for section in sections(code) if section.has("text")), None)
    if part is None or not any(kind == "literal" and said.strip() for kind, said in part.tokens):
        return ""
    return "".join(text if kind == "text" else said for kind, said in part.tokens).strip()


def _describe(sheet: Sheet, parser: _Parser) -> None:
    """Merged and hidden cells, filters."""
    for found in parser.merged_cells.mergeCell if parser.merged_cells else []:
        sheet.merged.append((found.min_row, found.min_col, found.max_row, found.max_col))
    hidden = ("1", "true")
    sheet.hidden_rows = [int(row) for row, at in parser.row_dimensions.items() if at.get("hidden") in hidden]
    for column in parser.column_dimensions.values():
        if column.get("hidden") in hidden:
            sheet.hidden_columns += range(int(column["min"]), int(column["max"]) + 1)
    chosen = getattr(parser, "auto_filter", None)
    sheet.filtered = bool(chosen is not None and chosen.filterColumn)
