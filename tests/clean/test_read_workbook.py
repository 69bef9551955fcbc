"""Workbooks: what a cell stores and what it shows, formulas, merged and hidden cells, other formats than .xlsx."""

import datetime
import io
import re
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from trialpress.clean.read import Cell, read
from trialpress.clean.read.encode import number_text
from trialpress.clean.read.numberformat import shown, shows
from trialpress.clean.read.serial import dated
from trialpress.clean.read.workbook import _damaged
from trialpress.errors import InputError
from trialpress.study import File

FIXTURES = Path(__file__).parents[1] / "fixtures" / "workbooks"


@pytest.fixture
def sheet(tmp_path):
    """Read a workbook of openpyxl: rows of values or (value, number format), changed by `then`."""

    def sheet(rows, then=lambda book: None, rewrite=None, **keys):
        book = openpyxl.Workbook()
        for r, row in enumerate(rows, start=1):
            for c, value in enumerate(row, start=1):
                value, code = value if isinstance(value, tuple) else (value, None)
                cell = book.active.cell(r, c, value)
                cell.number_format = code or cell.number_format
        then(book)
        path = tmp_path / "f.xlsx"
        book.save(path)
        for member, change in (rewrite or {}).items():
            alter(path, member, change)
        return read(path, File("f", "f.xlsx", **keys))

    return sheet


def alter(path, member, change):
    """Change the text of a member of a zip archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[member] = change(parts[member].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def column(raw, index=0):
    return [tuple(raw.columns[index].cells[code]) for code in raw.columns[index].codes]


def messages(raw):
    assert {remark.severity for remark in raw.remarks} <= {"warning", "error"}
    return [remark.message for remark in raw.remarks]


SHOWN = [
    (0.35, "0%", "0.35", "35%"),
    (0.07, "0.0%", "0.07", "7%"),
    (0.285, "0%", "0.285", "28.5%"),
    (7, "000", "7", "007"),
    (1234, "000", "1234", ""),
    (12, "0000.0", "12", "0012"),
    (123456789, "000-00-0000", "123456789", "123-45-6789"),
    (7, '"S"000', "7", "S007"),
    (5.2, '0.0" mg/L"', "5.2", "5.2 mg/L"),
    (5.25, "0.0\\ \\m\\g", "5.25", "5.25 mg"),
    (-3, '0" d"', "-3", "-3 d"),
    (5, '[$€-407]0.00', "5", "€5"),
    (0.3, '[<1]"<LLOQ";0.0', "0.3", "<LLOQ"),
    (2, '[<1]"<LLOQ";0.0', "2", ""),
    (1, '"yes";;"no"', "1", "yes"),
    (0, '"yes";;"no"', "0", "no"),
    (1500000, '0.0,,"M"', "1500000", "1.5M"),
    (5.256, "0.0", "5.256", ""),
    (1234.5, "#,##0.00", "1234.5", ""),
    (-5, "#,##0;(#,##0)", "-5", ""),
    (0.5, "# ?/?", "0.5", ""),
    (12345, "0.00E+00", "12345", ""),
    (5, '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)', "5", ""),
    (10000000000000000, "0", "10000000000000000", ""),
    (1e16, "General", "10000000000000000", ""),
]  # fmt: skip


@pytest.mark.parametrize(("value", "code", "text", "shown"), SHOWN)
def test_a_number_is_kept_as_stored_and_as_shown(sheet, value, code, text, shown):
    assert column(sheet([["x"], [(value, code)]])) == [(text, "number", shown)]


DATES = [
    (42064, "yyyy-mm-dd", "2015-03-01", "date", ""),
    (42064, "dd/mm/yyyy hh:mm", "2015-03-01T00:00:00", "datetime", ""),
    (42064.5, "dd.mm.yyyy", "2015-03-01T12:00:00", "datetime", ""),
    (42064.4201388889, "dd.mm.yyyy hh:mm", "2015-03-01T10:05:00", "datetime", ""),
    (42064, "mmm-yy", "2015-03-01", "date", "2015-03"),
    (42064, "yyyy", "2015-03-01", "date", "2015"),
    (42064, "[$-411]ge.m.d", "2015-03-01", "date", ""),
    (42064, 'yyyy"年"m"月"d"日"', "2015-03-01", "date", ""),
    (42064, "d-mmm", "2015-03-01", "date", "1 Mar"),
    (1, "yyyy-mm-dd", "1900-01-01", "date", ""),
    (59, "yyyy-mm-dd", "1900-02-28", "date", ""),
    (60, "yyyy-mm-dd", "60", "error", "1900-02-29, a day that never was"),
    (61, "yyyy-mm-dd", "1900-03-01", "date", ""),
    (0, "yyyy-mm-dd", "0", "error", "a date that is none: serial number 0"),
    (-5, "yyyy-mm-dd", "-5", "error", "a date that is none: serial number -5"),
    (99999999, "yyyy-mm-dd", "99999999", "error", "a date that is none: serial number 99999999"),
    (0.420138888888889, "h:mm", "10:05:00", "time", ""),
    (0.999999999, "h:mm:ss", "86400", "error", ""),
    (1.0625, "h:mm", "1900-01-01T01:30:00", "datetime", "01:30:00"),
    (1.0625, "[h]:mm", "91800", "duration", ""),
    (0.0625, "[h]:mm", "5400", "duration", ""),
    (0.001, "mm:ss", "00:01:26", "time", ""),
]


@pytest.mark.parametrize(("value", "code", "text", "kind", "shown"), DATES)
def test_serial_numbers_are_dates_by_their_format(sheet, value, code, text, kind, shown):
    if (value, code) == (0.999999999, "h:mm:ss"):  # rounds to midnight, which is the time 24:00:00 of day 0
        text, kind, shown = "1900-01-01T00:00:00", "datetime", "00:00:00"
    assert column(sheet([["x"], [(value, code)]])) == [(text, kind, shown)]


@given(
    st.text('0#?.,%;@_*[]<>=$-+()/\\\\"mdyhseEgGb 1x', max_size=12), st.floats(-1e6, 1e6) | st.integers(-(10**6), 10**6)
)
def test_no_format_is_beyond_it(code, value):
    text = number_text(value)
    cell = dated(text, code, False) if shows(code) else Cell(text, "number", shown(text, code))
    assert cell.kind in ("number", "date", "datetime", "time", "duration", "error") and cell.text


def test_the_date_system_of_1904(sheet):
    def then(book):
        book.epoch = CALENDAR_MAC_1904

    raw = sheet([["x", "y"], [(0, "yyyy-mm-dd"), (40602.25, "yyyy-mm-dd h:mm")], [(0.25, "h:mm"), 5]], then)
    assert raw.date_1904 and column(raw) == [("1904-01-01", "date", ""), ("06:00:00", "time", "")]
    assert column(raw, 1)[0] == ("2015-03-01T06:00:00", "datetime", "")


def test_booleans_errors_and_texts_keep_their_kind(sheet):
    raw = sheet([["x"], [True], ["#N/A"], ["007"], ["0,7"], [("5", '@" mg"')], [("6", "@")], [("7", '@" "')]])
    assert column(raw) == [
        ("TRUE", "boolean", ""),
        ("#N/A", "error", ""),
        ("007", "text", ""),
        ("0,7", "text", ""),
        ("5", "text", "5 mg"),
        ("6", "text", ""),
        ("7", "text", ""),
    ]


def test_a_formula_without_a_value_is_not_a_blank_cell(sheet):
    raw = sheet([["id", "dose"], ["S1", "=B3*2"], ["S2", 120]])
    assert column(raw, 1) == [("=B3*2", "formula", ""), ("120", "number", "")] and not raw.remarks


def test_a_formula_that_says_an_empty_text_is_blank(sheet):
    def change(xml):
        return xml.replace('<c r="B2">', '<c r="B2" t="str">')

    assert column(sheet([["id", "x"], ["S1", '=""']], rewrite={"xl/worksheets/sheet1.xml": change}), 1)[0][0] == ""


def test_values_of_formulas_that_nobody_calculated_are_said(tmp_path):
    book = xlsxwriter.Workbook(tmp_path / "f.xlsx")
    page = book.add_worksheet()
    page.write_row(0, 0, ["id", "dose"])
    page.write(1, 0, "S1")
    page.write_formula(1, 1, "=1+1", None, 2)
    book.close()
    raw = read(tmp_path / "f.xlsx", File("f", "f.xlsx"))
    assert column(raw, 1) == [("2", "number", "")]
    (message,) = messages(raw)
    assert "did not calculate its formulas" in message


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e21, "1" + "0" * 21), (1e22, "1e+22"), (-1e22, "-1e+22"), (0.1, "0.1"), (-3.0, "-3"), (1.5e22, "1.5e+22")],
)
def test_the_shortest_exact_text_of_a_number(value, text):
    assert number_text(value) == text


def test_a_character_that_no_text_can_hold_stays_escaped(sheet):
    raw = sheet([["x"], ["_x0000_a"], ["_x0001_"], ["_xD800_"], ["_xDFFF_"], ["_xE000_"]])
    assert raw.texts(0) == ["_x0000_a", "\x01", "_xD800_", "_xDFFF_", "\ue000"]


def test_escaped_characters_inline_and_rich_texts(sheet, tmp_path):
    raw = sheet([["r", "note"], ["CR_x000D_", "first line_x000D_\nsecond line"], ["_x0041_x", "_xD800_"]])
    assert raw.texts(0) == ["CR\r", "Ax"] and raw.texts(1) == ["first line\r\nsecond line", "_xD800_"]
    book = xlsxwriter.Workbook(tmp_path / "rich.xlsx")
    page = book.add_worksheet()
    page.write(0, 0, "x")
    page.write_rich_string(1, 0, "10", book.add_format({"font_script": 1}), "9", "/L")
    book.close()
    assert read(tmp_path / "rich.xlsx", File("f", "rich.xlsx")).texts(0) == ["109/L"]


def test_merged_cells_count_for_their_rows_and_are_said(sheet):
    def then(book):
        for area in ("A1:B1", "A3:A5", "B6:C6"):
            book.active.merge_cells(area)

    raw = sheet(
        [["Day 0", None, "Day 7"], ["id", "CRP", "CRP"], ["S1", 1, 2], [None, 3, 4], [None, 5, 6], ["S2", 7, None]],
        then,
        header_rows=2,
    )
    assert raw.headers == (("Day 0", "id"), ("Day 0", "CRP"), ("Day 7", "CRP"))
    assert raw.texts(0) == ["S1", "S1", "S1", "S2"] and raw.texts(2) == ["2", "4", "6", ""]
    assert [(remark.row, remark.column, remark.value, remark.message) for remark in raw.remarks] == [
        (3, "Day 0 | id", "S1", "A3:A5 are merged; its value is taken for each of the rows 3 to 5"),
        (6, "Day 0 | CRP", "7", "B6:C6 are merged; its value is taken for row 6, in column B only"),
    ]


def test_what_is_hidden_is_read_and_said(sheet):
    def then(book):
        page = book.active
        for row in (3, 4, 6, 99):
            page.row_dimensions[row].hidden = True
        page.column_dimensions["B"].hidden = True
        book.create_sheet("other")
        book.active = 1
        page.sheet_state = "hidden"

    raw = sheet([["x", "y"], *([n, n] for n in range(5))], then)
    assert len(raw.numbers) == 5
    assert messages(raw) == [
        "the sheet is hidden; it is read",
        "hidden: rows 3 to 4, 6; read all the same",
        "hidden: column B; read all the same",
    ]


def test_a_filter_that_hides_rows_is_said(sheet):
    def then(book):
        book.active.auto_filter.ref = "A1:A4"
        book.active.auto_filter.add_filter_column(0, ["1"])
        book.active.row_dimensions[3].hidden = True

    assert messages(sheet([["x"], [1], [2], [1]], then)) == ["hidden by a filter: row 3; read all the same"]


def test_a_format_that_shows_nothing_is_said(sheet):
    raw = sheet([["x"], [(5, ";;;")], [(0, "0;-0;;@")], [(1, "0;-0;;@")]])
    assert column(raw) == [("5", "number", ""), ("0", "number", ""), ("1", "number", "")]
    assert messages(raw) == [
        "the number format of 2 cells (A2, A3) shows nothing although they hold a number; it is read"
    ]


def test_sheets_by_name_and_number(sheet):
    def then(book):
        book.create_sheet("Follow-up").append(["y"])
        book["Follow-up"].append([9])

    rows = [["x"], [1]]
    assert sheet(rows, then, sheet="Follow-up").texts(0) == sheet(rows, then, sheet=2).texts(0) == ["9"]
    with pytest.raises(InputError, match=r"no sheet 'Followup'(.|\n)*did you mean 'Follow-up'"):
        sheet(rows, then, sheet="Followup")


def test_rows_and_columns_before_and_between_are_counted(sheet):
    raw = sheet([[], [None, "Listing"], [], [None, "id", "x"], [None, "S1", 1], [], [None, "S2", 2]], skip_rows=3)
    assert raw.numbers.tolist() == [5, 7] and raw.header(0) == "column 1" and raw.find("x") == [2]


def test_a_sheet_that_is_formatted_far_beyond_its_data_takes_no_time(sheet):
    def bloat(xml):
        empty = "".join(
            f'<row r="{row}">' + "".join(f'<c r="{c}{row}" s="0"/>' for c in "ABCDEFGHIJ") + "</row>"
            for row in range(10, 20_000)
        )
        return xml.replace("</sheetData>", empty + '<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>')

    start = time.process_time()
    raw = sheet([["x"], [1]], rewrite={"xl/worksheets/sheet1.xml": bloat})
    assert raw.texts(0) == ["1"] and len(raw.headers) == 1 and time.process_time() - start < 10


def test_a_workbook_that_openpyxl_refuses_is_read_otherwise(sheet):
    def break_styles(xml):
        return re.sub(r"<cellXfs.*</cellXfs>", '<cellXfs count="1"><xf numFmtId="none"/></cellXfs>', xml, flags=re.S)

    raw = sheet([["x"], [1.5], ["a"]], rewrite={"xl/styles.xml": break_styles})
    assert column(raw) == [("1.5", "number", ""), ("a", "text", "")]
    (message,) = messages(raw)
    assert "departs from the standard" in message and "compare it with the sheet" in message


def test_a_hidden_column_without_a_text_is_not_spoken_of(sheet):
    def then(book):
        for letter in "BD":
            book.active.column_dimensions[letter].hidden = True

    raw = sheet([["a", "b", "c", "d"], [1, None, None, 4]], then)
    assert messages(raw) == ["hidden: column D; read all the same"]


def test_what_a_reader_says_of_a_password_is_told_as_such():
    said = [str(_damaged(SimpleNamespace(where="f"), ValueError(text))) for text in ("Password\nneeded", "cut off")]
    assert "is a workbook under a password" in said[0] and "cannot be read as a workbook: cut off" in said[1]


def test_damaged_and_protected_workbooks_are_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["x"])
    stream = io.BytesIO()
    book.save(stream)
    path = tmp_path / "f.xlsx"
    path.write_bytes(stream.getvalue()[:2000])
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        read(path, File("f", "f.xlsx"))
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(InputError, match=r"under a password(.|\n)*what to do"):
        read(path, File("f", "f.xlsx"))
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "Workbook".encode("utf-16-le"))
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        read(path, File("f", "f.xls"))


ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Data">{}</table:table>
</office:spreadsheet></office:body></office:document-content>"""
MANIFEST = """<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""


def of_ods(kind="", value="", text=""):
    """A cell of an OpenDocument spreadsheet."""
    of = {"float": "value", "percentage": "value", "date": "date-value", "boolean": "boolean-value"}.get(kind)
    attribute = f' office:{of}="{value}"' if of else ""
    said = f' office:value-type="{kind}"{attribute}><text:p>{text or value}</text:p>' if kind else ">"
    return f"<table:table-cell{said}</table:table-cell>"


@pytest.fixture
def ods(tmp_path):
    """Read an OpenDocument spreadsheet of such cells."""

    def read_ods(*rows):
        content = ODS.format("".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows))
        with zipfile.ZipFile(tmp_path / "f.ods", "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", content)
            archive.writestr("META-INF/manifest.xml", MANIFEST)
        return read(tmp_path / "f.ods", File("f", "f.ods", format="ods", sheet="Data"))

    return read_ods


def test_an_opendocument_spreadsheet(ods):
    raw = ods(
        [of_ods("string", text="id"), of_ods("string", text="x"), of_ods("string", text="day")],
        [of_ods("string", text="S1"), of_ods("percentage", "0.35", "35%"), of_ods("date", "2015-03-01")],
        [of_ods("string", text="007"), of_ods("boolean", "true"), of_ods("date", "2015-03-01T10:05:00")],
    )
    assert raw.format == "ods" and raw.texts(0) == ["S1", "007"]
    assert column(raw, 1) == [("0.35", "number", ""), ("TRUE", "boolean", "")]
    assert column(raw, 2) == [("2015-03-01", "date", ""), ("2015-03-01T10:05:00", "datetime", "")]
    (message,) = messages(raw)
    assert "per cent" in message and "not known of ods files, nor merged cells: compare it" in message


def test_a_sheet_begins_at_its_first_row_and_column_whatever_they_hold(ods):
    raw = ods([of_ods(), of_ods("string", text="x")], [of_ods(), of_ods("string", text="a")])
    assert raw.headers == (("",), ("x",)) and raw.texts(1) == ["a"] and raw.numbers.tolist() == [2]
    with pytest.raises(InputError, match="the raw file has no header: row 1 is blank"):
        ods([of_ods(), of_ods()], [of_ods("string", text="x"), of_ods("string", text="a")])
    with pytest.raises(InputError, match="the raw file has no rows"):
        ods([of_ods()])


@pytest.mark.parametrize("kind", ["xls", "xlsb"])
def test_older_and_binary_workbooks(kind):
    name = f"any_sheets.{kind}.gz"
    raw = read(FIXTURES / name, File("f", name, format=kind))
    assert raw.format == kind and raw.headers == (("1",), ("2",)) and raw.numbers.tolist() == [2, 3, 5]
    assert column(raw)[:2] == [("3", "number", ""), ("5", "number", "")]
    (message,) = messages(raw)
    assert "per cent" in message and f"of {kind} files{', nor merged cells' * (kind == 'xlsb')}: compare" in message


def test_rows_of_which_a_cell_says_something_are_rows(sheet):
    raw = sheet([["a", "b"], ["x", " "], [" ", "y"], [" ", None], [" ", " "], ["z", None]])
    assert raw.numbers.tolist() == [2, 3, 6] and raw.texts(1) == [" ", "y", ""]


def test_a_header_that_is_merged_into_the_body_names_its_column_and_no_row(sheet):
    raw = sheet(
        [["id", "x"], [None, "y"], [None, 1], ["S2", 2], ["S3", 3]],
        lambda book: book.active.merge_cells("A1:A3"),
        header_rows=2,
    )
    assert (
        raw.headers == (("id", "id"), ("x", "y"))
        and raw.texts(0) == ["", "S2", "S3"]
        and raw.texts(1) == ["1", "2", "3"]
    )
    assert [one.row for one in raw.remarks] == [3]
    assert [one.message for one in raw.remarks] == ["A1:A3 are merged across header and body: is header_rows right?"]


def test_merged_cells_of_an_older_workbook(monkeypatch):
    """As calamine tells them: from 0, (row, column) of the first and of the last cell."""
    import python_calamine as calamine

    rows = [["id", "day", "x"], ["S1", 1.0, "a"], ["", 2.0, "b"], ["S2", 3.0, "c"]]
    page = SimpleNamespace(
        to_python=lambda skip_empty_area: rows,
        merged_cell_ranges=[((1, 0), (2, 0)), ((3, 1), (3, 2))],
        total_height=4,
        total_width=3,
    )
    about = SimpleNamespace(name="S", visible=calamine.SheetVisibleEnum.Visible)
    book = SimpleNamespace(sheet_names=["S"], sheets_metadata=[about], get_sheet_by_name=lambda name: page)
    monkeypatch.setattr(calamine.CalamineWorkbook, "from_filelike", lambda data: book, raising=False)
    raw = read(FIXTURES / "any_sheets.xls.gz", File("f", "any_sheets.xls.gz", format="xls"))
    assert raw.texts(0) == ["S1", "S1", "S2"] and raw.texts(1) == ["1", "2", "3"]
    assert [(one.row, one.message) for one in raw.remarks if "merged;" in one.message] == [
        (2, "A2:A3 are merged; its value is taken for each of the rows 2 to 3"),
        (4, "B4:C4 are merged; its value is taken for row 4, in column B only"),
    ]
    assert [one.row for one in raw.remarks if "merged;" not in one.message] == [0]


def test_an_enciphered_workbook_of_excel_97():
    with pytest.raises(InputError, match="under a password"):
        read(FIXTURES / "password.xls.gz", File("f", "password.xls.gz"))


def test_python_dates_and_cells_are_plain_values(sheet):
    raw = sheet([["d", "t"], [datetime.date(2015, 3, 1), datetime.time(10, 5)]])
    assert column(raw) == [("2015-03-01", "date", "")] and column(raw, 1) == [("10:05:00", "time", "")]
    assert raw.columns[0].cells[0] == Cell("2015-03-01", "date")
