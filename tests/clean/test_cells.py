"""Cells of every kind in columns of every type, and rows and periods at the edge, each by itself."""

from __future__ import annotations

import io

import openpyxl
import pytest
from trialpress.clean.parse import Parser
from trialpress.clean.read import read
from trialpress.clean.read.raw import Cell
from trialpress.clean.read.statistics_dates import _stata
from trialpress.errors import InputError
from trialpress.study import Column, File
from trialpress.study.load import reasons

from .small import READ, cleaned, column, values

ID = {"source": "ID", "type": "id"}


def parsed(cell: Cell, type: str = "text", file: dict | None = None, missing=(), **keys):
    """(value, rules, problem, questions) of one cell."""
    reading = Parser(Column("x", type=type, **keys), File("f", "f.csv", **(file or {})), reasons(missing))(cell)
    return reading.value, reading.rules, reading.problem, [question.message for question in reading.questions]


@pytest.mark.parametrize(
    "type, keys, cell, expected",
    [
        # durations and times of a workbook
        ("duration", {"unit": "h"}, Cell("36000", "duration"), (10.0, ("duration in h",), "", [])),
        ("duration", {"unit": "h"}, Cell("10:30:00", "time"), (10.5, ("duration in h",), "", [])),
        ("duration", {"unit": "min"}, Cell("1:30"), (90.0, ("duration in min",), "", [])),
        ("time", {}, Cell("10:05:00", "time"), ("10:05:00", (), "", [])),
        ("time", {}, Cell("36000", "duration"), (None, (), "holds a duration (36000), not a time of day", [])),
        ("time", {}, Cell("2015-03-01", "date"), (None, (), "holds a date (2015-03-01), not a time of day", [])),
        ("time", {}, Cell("0.5", "number"), ("12:00:00", ("spreadsheet serial number",), "", [])),
        # texts: leading zeros as shown, dates are asked about
        ("text", {}, Cell("7", "number", "007"), ("007", ("leading zeros as shown",), "", [])), ("text", {}, Cell("7", "number"), ("7", (), "", [])),
        ("text", {}, Cell("7", "number", "7 mg"), ("7", (), "", [])), ("id", {}, Cell("7", "number", "7 mg"), ("7 mg", ("as shown",), "", [])),
        ("id", {}, Cell("1", "number", "A-001"), ("A-001", ("as shown",), "", [])), ("id", {}, Cell("123456789", "number", "123-45-6789"), ("123-45-6789", ("as shown",), "", [])),
        ("id", {}, Cell("1", "number", "A1001"), ("A1001", ("as shown",), "", [])), ("id", {}, Cell("1.5", "number", "A-1.5"), ("A-1.5", ("as shown",), "", [])),
        ("id", {"pattern": "A-\\d+"}, Cell("1", "number", "A-001"), ("A-001", ("as shown",), "", [])), ("id", {"rewrite": {"^A": "B"}}, Cell("1", "number", "A-001"), ("B-001", ("as shown", "canonical form of the id"), "", [])),
        ("id", {}, Cell("0.35", "number", "35%"), ("0.35", (), "", ["the cell shows 35% and holds 0.35; what it holds is read"])), ("id", {}, Cell("5", "number", "500%"), ("5", (), "", ["the cell shows 500% and holds 5; what it holds is read"])),
        ("id", {"missing": {"99": ""}}, Cell("99", "number", "099"), ("099", ("leading zeros as shown",), "", [])), ("id", {"missing": {"99": ""}}, Cell("99", "number"), (None, ("missing code",), "", [])),
        ("id", {"missing": {"99": ""}}, Cell("099"), ("099", (), "", [])), ("text", {"missing": {"99": ""}}, Cell("0099"), ("0099", (), "", [])), ("id", {"missing": {"99": ""}}, Cell("99.0"), (None, ("missing code",), "", [])), ("code", {"missing": {"99": ""}, "codes": {"a": ()}}, Cell("99.0"), (None, ("missing code",), "", [])),
        ("code", {"missing": {"1": ""}, "codes": {"a": ("1",)}}, Cell("1.0"), ("a", ("code list",), "", [])), ("code", {"missing": {"99": ""}, "codes": {"a": ("099",)}}, Cell("99"), (None, ("missing code",), "", [])),
        ("code", {"missing": {"99": ""}, "codes": {"a": ("099",)}}, Cell("099"), ("a", ("code list",), "", [])), ("number", {"missing": {"99": ""}}, Cell("099"), (None, ("missing code",), "", [])),
        ("text", {}, Cell("7", "text", "007"), ("7", (), "", [])), ("id", {}, Cell("0", "number", "00"), ("00", ("leading zeros as shown",), "", [])),
        ("text", {}, Cell("2015-03-01", "date"), ("2015-03-01", (), "", ["the workbook holds the date 2015-03-01 in a column of texts"])),
        # numbers
        ("number", {}, Cell("2015-03-01", "date"), (None, (), "holds a date (2015-03-01), not a number", [])),
        ("number", {}, Cell("10:00:00", "time"), (None, (), "holds a time (10:00:00), not a number", [])), ("number", {}, Cell("TRUE", "boolean"), (None, (), "holds TRUE, not a number", [])),
        ("number", {}, Cell("0.35", "number", "35%"), (0.35, (), "", ["the cell shows 35% and holds 0.35; with unit: '%' the first is read"])),
        ("number", {}, Cell("1.25", "number"), (1.25, (), "", [])), ("integer", {}, Cell("7", "number"), (7, (), "", [])), ("integer", {}, Cell("7.5", "number"), (None, (), "'7.5' is not a whole number", [])),
        ("number", {}, Cell("#N/A", "error"), (None, (), "holds the error #N/A", [])), ("number", {}, Cell("A1+1", "formula"), (None, (), "holds a formula without a stored value (A1+1)", [])),
        ("number", {}, Cell(".A", "missing", "refused"), (None, ("missing value .A (refused)",), "", [])), ("number", {}, Cell(".A", "missing"), (None, ("missing value .A",), "", [])),
        # dates
        ("date", {}, Cell("10:00:00", "time"), (None, (), "holds a time (10:00:00), not a date", [])), ("date", {}, Cell("TRUE", "boolean"), (None, (), "holds TRUE (TRUE), not a date", [])),
        ("date", {}, Cell("3600", "duration"), (None, (), "holds a duration (3600), not a date", [])),
        ("date", {}, Cell("2015-03-01", "date", "2015-03"), ("D", (), "", ["the cell shows 2015-03 and holds 2015-03-01: is the day known?"])),
        ("date", {}, Cell("2015-03-01", "text", "2015-03"), ("D", (), "", [])), ("date", {}, Cell("2015-03-01", "date", "1 Mar"), ("D", (), "", [])),
        ("datetime", {}, Cell("2015-03-01"), ("D", ("no time of day, taken as midnight",), "", ["'2015-03-01' has no time of day, midnight was put in"])),
        ("datetime", {}, Cell("42064", "number"), ("D", ("spreadsheet serial number", "no time of day, taken as midnight"), "", ["'42064' has no time of day, midnight was put in"])),
        ("datetime", {}, Cell("2015-03-01", "date"), ("D", ("no time of day, taken as midnight",), "", [])), ("datetime", {}, Cell("2015-03-01T10:00:00", "datetime"), ("D", (), "", [])),
        # codes
        ("code", {"codes": {"M": ("male", "1")}}, Cell("1", "number", "male"), ("M", ("code list",), "", [])), ("code", {"codes": {"M": ("male",)}}, Cell("1", "number", "male"), ("M", ("value label of 1",), "", [])),
        # blank and missing
        ("number", {}, Cell(""), (None, (), "", [])), ("number", {}, Cell("  "), (None, ("blank",), "", [])),
    ],
)  # fmt: skip
def test_a_cell_in_a_column(type, keys, cell, expected):
    value, *rest = parsed(cell, type, **keys)
    assert (
        value.isoformat()[:10].replace("2015-03-01", "D") if hasattr(value, "isoformat") else value,
        *rest,
    ) == expected


@pytest.mark.parametrize("type", ["number", "integer", "text"])
def test_a_missing_number_is_missing_however_it_is_written(type):
    for text in ("-999", "-999.0", "-999.00"):
        assert parsed(Cell(text), type, missing=["-999", "NA"])[:2] == (None, ("missing code",))
    assert parsed(Cell("NA"), type, missing=["-999", "NA"])[:2] == (None, ("missing code",))
    assert parsed(Cell("-99"), type, missing=["-999", "NA"])[0] in (-99, "-99")
    assert parsed(Cell("-999"), type, missing=["NA"])[0] in (-999, "-999")


def test_the_column_goes_before_the_file():
    assert parsed(Cell("1,250"), "number", {"decimal": ","})[0] == 1.25
    assert parsed(Cell("1,250"), "number", {"decimal": ",", "grouping": "."}, decimal=".", grouping=",")[0] == 1250
    assert parsed(Cell("1.250"), "number", {"decimal": ","}, decimal=".")[0] == 1.25
    assert parsed(Cell("1.250"), "number", {"grouping": "."})[0] == 1250
    assert parsed(Cell("3/4/2015"), "date", {"date_order": "mdy"})[0].month == 3
    assert parsed(Cell("3/4/2015"), "date", {"date_order": "mdy"}, date_order="dmy")[0].month == 4


def test_a_question_about_texts_is_asked_once(tmp_path):
    book = openpyxl.Workbook()
    for row in (["ID", "X"], ["S1", None], ["S2", None]):
        book.active.append(row)
    for cell in ("B2", "B3"):
        book.active[cell] = 42064
        book.active[cell].number_format = "yyyy-mm-dd"
    content = io.BytesIO()
    book.save(content)
    tables = {"t": {"file": "f", "key": ["participant"], "columns": {"participant": ID, "x": {"source": "X", **READ}}}}
    data = cleaned(tmp_path, {"f.xlsx": content.getvalue()}, tables)
    assert data.queries["message"].tolist() == [
        "the workbook holds the date 2015-03-01 in a column of texts (in 2 rows, of which this is the first)"
    ]


@pytest.mark.parametrize(
    "format, value, text",
    [
        ("%tm", 662, "2015-03"),
        ("%tm", -1, "1959-12"),
        ("%tq", 221, "2015q2"),
        ("%th", 110, "2015h1"),
        ("%th", 111, "2015h2"),
        ("%tw", 52, "1961w01"),
        ("%tw", 51, "1960w52"),
    ],
)
def test_periods_of_stata(format, value, text):
    assert _stata(format)(value).text == text


def put(tmp_path, text: str, **keys):
    (tmp_path / "f.csv").write_text(text, encoding="utf-8")
    return read(tmp_path / "f.csv", File("f", "f.csv", **keys))


@pytest.mark.parametrize(
    "row, numbers, refused",
    [
        ("1,2,3", [2], []), ("1,2,3,,", [2], []), ("1,2,", [2], []), ("1,2", [], ["has 2 cells, the header has 3"]), ("1", [], ["has 1 cell, the header has 3"]),
        ("1,2,3,4", [], ["has 4 cells, the header has 3"]), ("1,2,3,4,", [], ["has 4 cells, the header has 3"]), (",,,,", [], []), (",", [], []), ("1,,", [2], []),
    ],
)  # fmt: skip
def test_rows_of_another_width(tmp_path, row, numbers, refused):
    raw = put(tmp_path, f"a,b,c\n{row}\n7,8,9\n")
    assert raw.numbers.tolist() == [*numbers, 3] and [one.reason for one in raw.refused] == refused
    assert [[column.cells[code].text for code in column.codes][-1] for column in raw.columns] == ["7", "8", "9"]


def test_short_rows_below_a_header_that_ends_blank(tmp_path):
    raw = put(tmp_path, "a,b,\n1,2\n3\n")
    assert raw.numbers.tolist() == [2] and [one.reason for one in raw.refused] == ["has 1 cell, the header has 2"]
    assert put(tmp_path, "a,b,c\n1\n", short_rows="pad").texts(2) == [""]


def test_one_lost_character_is_one(tmp_path):
    (one,) = put(tmp_path, "id,name\n1,M\ufffdller\n2,ok\n").remarks
    assert one.message == "holds U+FFFD in this row: a character was lost before the file came here" and one.row == 2
    (two,) = put(tmp_path, "id,name\n1,M\ufffdller\n2,\ufffd\n").remarks
    assert (
        two.message
        == "holds U+FFFD in this row and 1 more of the column: a character was lost before the file came here"
    )


def test_a_nul_character_is_named_by_its_row(tmp_path):
    with pytest.raises(InputError) as error:
        put(tmp_path, "id,name\n1,a\n2,\0\n")
    assert error.value.problems[0].where.endswith("row 3")


def test_a_header_that_is_repeated_in_a_narrow_file_is_no_record(tmp_path):
    tables = {"t": {"file": "f", "key": ["participant"], "columns": {"participant": ID, "x": {"source": "X"}}}}
    data = cleaned(tmp_path, {"f.csv": "ID,X\nS1,a\nID,X\nS2,b\n"}, tables)
    assert data.tables["t"]["participant"].tolist() == ["S1", "S2"]
    assert data.rejected[["row", "reason"]].to_numpy().tolist() == [[3, "repeats the header"]]
    alone = cleaned(tmp_path / "b", {"f.csv": "ID,X\nS1,a\nID,\nS2,b\n"}, tables)
    assert alone.tables["t"]["participant"].tolist() == ["ID", "S1", "S2"]


def merged(tmp_path, rows, *areas: str, **keys):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for area in areas:
        book.active.merge_cells(area)
    book.save(tmp_path / "f.xlsx")
    return read(tmp_path / "f.xlsx", File("f", "f.xlsx", **keys))


def test_merged_cells_of_the_header_and_below_it(tmp_path):
    rows = [["Day 0", None, "Day 7"], ["id", "crp", "crp"], ["S1", 1, 2], [None, 3, 4], ["S3", 5, 6]]
    raw = merged(tmp_path, rows, "A1:B1", header_rows=2)
    assert raw.headers == (("Day 0", "id"), ("Day 0", "crp"), ("Day 7", "crp")) and not raw.remarks
    raw = merged(tmp_path, rows, "A3:A4", header_rows=2)
    assert raw.texts(0) == ["S1", "S1", "S3"]
    assert [(one.row, one.message) for one in raw.remarks] == [
        (3, "A3:A4 are merged; its value is taken for each of the rows 3 to 4")
    ]
    raw = merged(tmp_path, rows, "B3:C3", header_rows=2)
    assert raw.texts(1)[0] == "1" and [one.message for one in raw.remarks] == [
        "B3:C3 are merged; its value is taken for row 3, in column B only"
    ]
    raw = merged(tmp_path, [["id", "crp"], ["S1", 1], ["S2", 2]], "A1:A2")
    assert [one.message for one in raw.remarks if "across" in one.message] == [
        "A1:A2 are merged across header and body: is header_rows right?"
    ]
    raw = merged(tmp_path, [["id", "crp"], ["unit", "mg"], ["S2", 2]], "A1:A2", header_rows=2)
    assert raw.headers == (("id", "id"), ("crp", "mg")) and not [one for one in raw.remarks if "across" in one.message]


def test_keys_with_a_slash_stay_apart(tmp_path):
    table = {
        "file": "f",
        "key": ["participant", "visit"],
        "columns": {"participant": ID, "visit": {"source": "V", "type": "id"}, "x": {"source": "X", "type": "number"}},
    }
    people = {"file": "f", "key": ["participant"], "columns": {"participant": ID}}
    data = cleaned(tmp_path, {"f.csv": "ID,V,X\nA/B,C, 1\nA,B/C, 2\nA,D, 3\n"}, {"people": people, "t": table})
    assert sorted(data.changes["key"]) == ["A//B/C", "A/B//C", "A/D"]
    plain = column(tmp_path / "b", {"type": "number"}, " 1")
    assert plain.changes["key"].tolist() == ["S0"] and values(plain) == [1]


def test_what_is_meant_where_nothing_is_said():
    """Days count from 1900, a text is no number, a question is asked for every row, a sheet is seen."""
    from trialpress.clean.parse import Question, Reading
    from trialpress.clean.parse.dates import parse_time
    from trialpress.clean.read.raw import Raw
    from trialpress.clean.read.sheet import Sheet

    assert parsed(Cell("42064", "number"), "date")[0].isoformat() == "2015-03-01"
    assert parse_time("0.5").problem and not parse_time("0.5", True).problem
    assert Question("error", "m") == ("error", "m", "", False) and Reading().asking("error", "m").questions == (
        ("error", "m", "", False),
    )
    sheet, raw = Sheet(), Raw(File("f", "f.csv"), (), (), ())
    assert (sheet.filtered, sheet.hidden, sheet.date_1904, raw.date_1904) == (False, False, False, False)
