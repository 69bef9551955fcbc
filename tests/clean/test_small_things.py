"""Functions of the readers on their own: separators, formats of dates, moments."""

from __future__ import annotations

import datetime
import io
import zipfile

import pandas as pd
import pyreadstat
import pytest
from trialpress.clean.account import withheld
from trialpress.clean.read import read
from trialpress.clean.read.detect import open_content
from trialpress.clean.read.headers import separator
from trialpress.clean.read.numberformat import shows
from trialpress.clean.read.serial import stamp
from trialpress.clean.withheld import HIDDEN, message
from trialpress.errors import InputError
from trialpress.study import Column, File
from trialpress.study.dictionary import Limits

FILE = File("f", "f.csv")


@pytest.mark.parametrize(
    ("header", "rows", "sign"),
    [("a;b;c", [], ";"), ("a;b;c", ["1"], ";"), ("a;b", ["1;2", "3;4"], ";"), ("a;b", ["1;2", "3"], ""), ("a;b", [], ""), ("a", ["1;2"], ""),
     ("a b", ["1\t2", "3\t4"], "\t"), ("a,b,c", ["1,2,3"], ""), ("a|b|c", [], "|")],
)  # fmt: skip
def test_the_separator_of_a_header_that_was_read_as_one_cell(header, rows, sign):
    assert separator(header, rows, FILE) == sign


@pytest.mark.parametrize(
    ("code", "parts"),
    [("General", ""), ("0.00", ""), ("0%", ""), ("0.0E+00", ""), ("@", ""), ("yyyy-mm-dd", "year month day"), ("mm/yy", "month year"), ("h:mm", "hour minute"),
     ("mm:ss.00", "minute second"), ("yyyy mm:ss", "year minute second"), ("d/m/yy h:mm:ss", "day month year hour minute second"),
     ("[h]:mm", "elapsed hour minute"), ("[mm]:ss", "elapsed minute second"), ("mmm d", "month day"), ("dd.mm.yyyy hh:mm", "day month year hour minute")],
)  # fmt: skip
def test_the_parts_of_a_date_that_a_format_shows(code, parts):
    assert shows(code) == frozenset(parts.split())


@pytest.mark.parametrize(
    ("parts", "text", "shown"),
    [("hour minute", "2015-03-01T10:05:07", "10:05:07"), ("year month day", "2015-03-01T10:05:07", ""), ("year month", "2015-03-01T10:05:07", "2015-03"),
     ("year", "2015-03-01T10:05:07", "2015"), ("day month", "2015-03-01T10:05:07", "1 Mar"), ("month", "2015-03-01T10:05:07", "March")],
)  # fmt: skip
def test_what_a_format_leaves_of_a_moment(parts, text, shown):
    found = stamp(datetime.datetime(2015, 3, 1, 10, 5, 7), frozenset(parts.split()))
    assert (found.text, found.kind, found.shown) == (text, "datetime", shown)


@pytest.fixture
def read_file(tmp_path):
    """open_content of a file with these bytes."""

    def of(data: bytes):
        (tmp_path / "f.xlsx").write_bytes(data)
        return open_content(tmp_path / "f.xlsx", FILE)

    return of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_workbook_that_declares_a_document_type_is_refused_in_any_encoding(read_file, encoding):
    """One part of it is enough, whatever the others say."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/sheet.xml", '<!DOCTYPE l [<!ENTITY a "a">]><l/>'.encode(encoding))
    with pytest.raises(InputError, match="its part xl/sheet.xml declares a document type"):
        read_file(written.getvalue())


def test_a_text_is_withheld_whole_also_where_it_has_spaces_around_it():
    column = Column("x", identifier="name")
    assert message(column, " Ann ", "' Ann ' is no number") == f"'{HIDDEN}' is no number"


@pytest.fixture
def read_text(tmp_path):
    """A text file with these bytes, read with these options."""

    def of(content: str | bytes, **options):
        (tmp_path / "f.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(tmp_path / "f.csv", File("f", "f.csv", **options))

    return of


def test_headers_of_two_rows_of_which_each_column_has_one(read_text):
    raw = read_text("a,,c\n,b,\n1,2,3\n", header_rows=2)
    assert raw.headers == (("a", ""), ("", "b"), ("c", "")) and raw.texts(1) == ["2"]


def test_a_cell_that_goes_on_over_lines(read_text):
    """In a file of one column it is a note; in others it could be rows, and is asked about."""
    raw = read_text('note\n"one\ntwo"\nthree\n')
    assert raw.texts(0) == ["one\ntwo", "three"] and raw.remarks == ()
    assert read_text('a,b,c\n1,"x,y",3\n').remarks == ()  # a cell of one line is no row
    raw = read_text('a,b,c\n"1,2,3\nx,y\nz",2,3\n')
    assert raw.texts(1) == ["2"] and [remark.row for remark in raw.remarks] == [2]
    assert "could be rows as well" in raw.remarks[0].message
    assert read_text('a,b,c\n"one\ntwo, three",2,3\n').remarks == ()


def test_a_remark_on_a_whole_file_names_no_row(read_text):
    (remark,) = read_text(b"name\nM\x85ller\nJos\x85\n", encoding="latin-1").remarks
    assert remark.row == 0 and "is that what its sender sees" in remark.message


@pytest.mark.parametrize(
    ("cell", "rows"),
    [("1\n2,x\n3", True), ("1\n2,x\n3,y\n4", True), ("1\n2\n3", False), ("1\n2,x,y\n3,z\n4", False), ("1\n2,x\n3,y,z\n4", False),
     ("1\n2,x", False), ("1,x\n2,y\n3", False)],
)  # fmt: skip
def test_lines_of_a_cell_that_are_rows_of_a_narrow_file(read_text, cell, rows):
    """Of two columns: a sentence has a comma or two, so that every line between the first and the last must be a row."""
    content = f'a,b\n0,"{cell}"\n'
    if rows:
        with pytest.raises(InputError, match="its quotation mark is a stray one"):
            read_text(content)
    else:
        assert read_text(content).texts(1) == [cell]


@pytest.mark.parametrize(
    ("encoding", "names", "shown"),
    [("cp1252", "éåab", ""), ("cp1252", "éåa", "'éåa'"), ("cp1252", "éåa Müller José", ""), ("cp1252", "éåa Müller", "'éåa'"),
     ("shift_jis", "ｽｽｷ", "'ｽｽｷ'"), ("shift_jis", "ｽｽｷ 漢", ""), ("shift_jis", "ｽｽｷ あ", ""), ("shift_jis", "ｽ a", "")],
)  # fmt: skip
def test_texts_that_hardly_anybody_writes(read_text, encoding, names, shown):
    """Words of which more than half of the letters are beyond ASCII, in a third of the words; katakana of half width alone."""
    found = [one.message for one in read_text(f"name\n{names}\n".encode(encoding), encoding=encoding).remarks]
    assert [f"it says {shown}: " in one for one in found] == [True] * bool(shown)


def test_a_name_that_was_written_as_utf_8_twice_is_told_with_its_row(read_text):
    (remark,) = read_text("id,name\n1,Müller\n2,MÃ¼ller\n").remarks
    assert remark.row == 3 and "holds 'Ã¼', which may be 'ü'" in remark.message


def test_a_cell_that_is_too_long_is_no_open_quotation(read_text):
    long = "x" * 50
    for content, what in (
        (f"a,b\n1,{long}\n", "a cell has more than 20 characters"),
        (f'a,b\n1,"{long[:15]}\n{long[:15]}\n', "is never closed"),
    ):
        with pytest.raises(InputError, match=what):
            read_text(content, limits=Limits(cell=20))


def test_a_tag_of_the_last_of_four_variables_of_a_transport_file(tmp_path):
    """Descriptions of four variables fill their records to the last byte."""
    frame = pd.DataFrame({name: [1.0, float("nan")] for name in "abcd"})
    pyreadstat.write_xport(frame, tmp_path / "f.csv", file_format_version=5)
    data = (tmp_path / "f.csv").read_bytes()
    at = data.rindex(b"." + bytes(7))  # the missing value of the last one
    (tmp_path / "f.csv").write_bytes(data[:at] + b"C" + data[at + 1 :])
    raw = read(tmp_path / "f.csv", FILE)
    assert [raw.texts(column) for column in range(4)] == [["1", ""], ["1", ""], ["1", ""], ["1", ".C"]]


def test_cells_may_be_withheld_unless_all_columns_of_a_file_are_shown(read_text):
    raw = read_text("a,b\n1,2\n")
    assert [withheld(raw, dict.fromkeys(range(shown), 40)) for shown in (0, 1, 2)] == [True, True, False]
