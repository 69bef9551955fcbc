"""Delimited text: rows that do not fit, quotation marks that swallow rows, encodings, wrong delimiters."""

import csv
import gzip
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trialpress.clean.read import read, resolve
from trialpress.errors import InputError
from trialpress.study import Column, File, Part


@pytest.fixture
def put(tmp_path):
    """Write a file and read it: text or bytes, and keys of study.yaml."""

    def put(content, name="f.csv", **keys):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, File("f", name, **keys))

    return put


@pytest.fixture
def stopped(put):
    """The one problem of a file that is not read."""

    def stopped(*args, **keys):
        with pytest.raises(InputError) as caught:
            put(*args, **keys)
        (problem,) = caught.value.problems
        assert problem.where and problem.what and problem.why and problem.do
        return problem

    return stopped


def rows(raw):
    return list(zip(*(raw.texts(i) for i in range(len(raw.columns))), strict=True))


def said(raw):
    return [(remark.severity, remark.row, remark.column, remark.message) for remark in raw.remarks]


def test_a_column_holds_each_distinct_cell_once_and_rows_know_their_line(put):
    raw = put("id,arm\n1,a\n\n , \n2,b\n3,a\n")
    assert rows(raw) == [("1", "a"), ("2", "b"), ("3", "a")]
    assert raw.numbers.tolist() == [2, 5, 6] and raw.columns[1].codes.dtype == "int32"
    assert len(raw.columns[1].cells) == len(set(raw.columns[1].cells)) and raw.header(1) == "arm"
    assert not raw.refused and not raw.remarks


def test_rows_with_too_many_or_too_few_cells_are_refused_with_all_of_their_cells(put):
    raw = put("a,b,c\n1,2,3\n1,2,3,4\n1,2\n1,2,3,,\n")
    assert rows(raw) == [("1", "2", "3"), ("1", "2", "3")] and raw.numbers.tolist() == [2, 5]
    assert [(row.row, row.reason, row.cells) for row in raw.refused] == [
        (3, "has 4 cells, the header has 3", ("1", "2", "3", "4")),
        (4, "has 2 cells, the header has 3", ("1", "2")),
    ]


def test_short_rows_may_be_padded_and_headers_without_a_name_need_no_cells(put):
    assert rows(put("a,b,c\n1,2\n", short_rows="pad")) == [("1", "2", "")]
    raw = put("a,b,,\n1,2\n3,4,5\n")
    assert rows(raw) == [("1", "2", "", ""), ("3", "4", "5", "")] and not raw.refused


def test_a_file_of_which_no_row_fits_is_not_read(stopped):
    problem = stopped("a b c\n1 x y z\n", delimiter=" ")
    assert "none of its 1 rows fits the header: row 2 has 4 cells, the header has 3" in problem.what
    assert "set files.f.delimiter: ';'" in stopped("a;b\n1,5;2\n2,5;3\n").do


def test_line_breaks_within_a_cell_are_kept(put):
    raw = put('id,note,age\r\n1,"first\r\nsecond",3\r\n2,x,4\r\n')
    assert rows(raw) == [("1", "first\r\nsecond", "3"), ("2", "x", "4")] and raw.numbers.tolist() == [2, 4]
    assert not raw.remarks


def test_a_quotation_mark_that_is_never_closed_stops_the_run(stopped):
    problem = stopped('ID,Note,Age\nS1,ok,10\nS2,"5 inch scar,20\nS3,ok,30\nS4,ok,40\n')
    assert problem.where.endswith("f.csv, row 3") and "never closed; it goes on to row 5" in problem.what
    assert "files.f.quote: ''" in problem.do


def test_without_quotation_marks_a_mark_is_a_character(put):
    assert rows(put('id,note\n1,"5 inch\n2,ok\n', quote="")) == [("1", '"5 inch'), ("2", "ok")]
    assert rows(put("id,note\n1,'a,b'\n", quote="'")) == [("1", "a,b")]


def test_a_mark_that_is_closed_rows_later_stops_the_run(stopped):
    problem = stopped('ID,Note,Age\nS1,ok,10\nS2,"5 inch scar,20\nS3,ok,30\nS4,cut of 5",40\n')
    assert problem.where.endswith("row 3") and "a cell from here to row 5 holds whole rows" in problem.what


def test_text_after_a_closing_mark_stops_the_run(stopped):
    assert "row 2" in stopped('a,b\n"x" y,2\n').where
    problem = stopped('a,b\n1,"5 inch\n2,ok\n3,"quoted"\n')
    assert problem.where.endswith("row 2") and "in row 4; it was opened in row 2" in problem.what


@pytest.mark.parametrize(
    "text",
    ['a,b,c\n1,"5 inch,2\n3,6",4\n', 'a,b\n1,"fever\nnausea, chills"\n'],
    ids=["two halves of rows", "a sentence in a narrow file"],
)
def test_a_cell_with_two_readings_is_a_query_of_severity_error(put, text):
    raw = put(text)
    assert len(raw.numbers) == 1
    ((severity, row, column, message),) = said(raw)
    assert (severity, row, column) == ("error", 2, "b") and "could be rows as well" in message


def test_a_long_note_with_commas_is_no_row(put):
    note = "fever, chills\nnausea, vomiting\nno rash"
    assert rows(put(f'a,b,c,d,e,f\n1,2,"{note}",4,5,6\n'))[0][2] == note


def test_nul_characters_and_other_encodings_are_said_with_their_row(stopped):
    assert "NUL" in stopped(b"a,b\n1,\0\n").what
    problem = stopped("id,name\n1,ok\n2,Müller mußte für Größe büßen\n".encode("cp1252"))
    assert problem.where.endswith("row 3") and "is not utf-8: byte 0xfc" in problem.what
    assert "a guess" in problem.do and "files.f.encoding" in problem.do
    assert "encoding: utf-16" in stopped("a,b\n1,2\n".encode("utf-16")).do
    assert "encoding: utf-16-le" in stopped("a,b\n1,2\n".encode("utf-16-le")).do
    assert "unknown encoding 'latin-99'" in stopped("a\n1\n", encoding="latin-99").what
    assert "byte order mark of utf-8" in stopped("\ufeffa,b\n1,é\n", encoding="cp1252").what


def test_declared_encodings_are_read_and_a_second_reading_is_said(put):
    assert put("\ufeffa,b\n1,2\n").headers == (("a",), ("b",))
    assert put("\ufeffa,b\n1,2\n".encode("utf-16-le"), encoding="utf-16-le").headers[0] == ("a",)
    assert rows(put("a\né\n".encode("utf-16"), encoding="utf-16")) == [("é",)]
    assert not put("a\né\n".encode("cp1252"), encoding="cp1252").remarks
    ((severity, row, _, message),) = said(put("a\né\n", encoding="cp1252"))
    assert (severity, row) == ("warning", 0) and "'é', or 'Ã©'" in message


def test_lost_characters_are_said(put):
    ((severity, row, column, message),) = said(put("id,name\n1,M\ufffdller\n2,ok\n3,\ufffd\n"))
    assert (severity, row, column) == ("warning", 2, "name") and "and 1 more" in message


def test_blank_and_headless_files_are_not_read(stopped):
    assert "is empty" in stopped("").what
    assert "no rows below its header" in stopped("a,b\n").what
    assert "row 1 is blank" in stopped(",\n1,2\n").what
    assert "cannot be taken apart" in stopped("a\n1\n", delimiter='"').what


def test_a_wrong_delimiter_is_said_where_a_column_is_missing(put):
    part = Part(File("f", "f.csv"), {"age": Column("age", source=("Age",))})
    for text, sign in (("ID;Note;Age\n1;a;2\n", "';'"), ("ID\tAge\n1\t2\n", '"\\t"'), ("ID|Age\n1|2\n", "'|'")):
        _, (problem,) = resolve(put(text), part, "f.csv")
        assert problem.do.endswith(f"set files.f.delimiter: {sign}")
    _, (problem,) = resolve(put("ID; in full\n1\n"), part, "f.csv")
    assert "delimiter" not in problem.do


def test_skipped_rows_several_headers_and_footers(put):
    raw = put("Listing 5\n\nDay 0,,Day 7\nid,CRP,CRP\n1,2,3\n* local laboratory\n", skip_rows=2, header_rows=2)
    assert raw.headers == (("Day 0", "id"), ("", "CRP"), ("Day 7", "CRP")) and raw.numbers.tolist() == [5]
    assert raw.refused[0].cells == ("* local laboratory",)


def test_compressed_files_are_read_by_their_content(put, stopped, tmp_path):
    text = b"a,b\n1,2\n"
    assert rows(put(gzip.compress(text), "f.csv.gz")) == [("1", "2")]

    def archive(**files):
        with zipfile.ZipFile(tmp_path / "z", "w") as file:
            for name, data in files.items():
                file.writestr(name.replace("__", "/").replace("_", "."), data)
        return (tmp_path / "z").read_bytes()

    assert rows(put(archive(data_csv=text), "f.zip")) == [("1", "2")]
    two = archive(a_csv=text, b_csv=b"c\n9\n")
    problem = stopped(two, "f.zip")
    assert "holds 2 files: a.csv, b.csv" in problem.what and "files.f.member" in problem.do
    assert rows(put(two, "f.zip", member="b.csv")) == [("9",)]
    assert "has no file 'x.csv'" in stopped(two, "f.zip", member="x.csv").what
    assert "is no zip archive" in stopped(text, member="x.csv").what
    assert "cannot be read as a zip" in stopped(two[:60], "f.zip").what
    assert "cannot be unpacked" in stopped(gzip.compress(text)[:-9], "f.gz").what


CELL = st.text("ab1 ü漢'", max_size=4)


@given(st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=30))
def test_every_row_is_kept_refused_or_blank(tmp_path_factory, cells):
    path = tmp_path_factory.mktemp("f") / "f.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["x", "y", "z"], *cells, ["1", "2", "3"]])
    raw = read(path, File("f", "f.csv"))
    found = dict(zip(raw.numbers.tolist(), rows(raw), strict=True)) | {row.row: row.cells for row in raw.refused}
    for number, row in enumerate(cells, start=2):
        if any(cell.strip() for cell in row):
            kept, filled = found.pop(number), max(at for at, cell in enumerate(row, start=1) if cell.strip())
            assert list(kept[:filled]) == row[:filled] and not "".join(kept[filled:]).strip()
        else:
            assert number not in found
    assert list(found) == [len(cells) + 2]


def test_a_large_file_needs_little_memory(put, tmp_path):
    text = "id,visit,test,value\n" + "".join(f"S{i // 50},{i % 50},T{i % 7},{i % 1000}\n" for i in range(100_000))
    tracemalloc.start()
    raw = put(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(raw.numbers) == 100_000 and peak < 12 * len(text)
