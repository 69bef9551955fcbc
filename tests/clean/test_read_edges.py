"""Files at the edge of what is read: headers of several widths, archives, links, kinds of columns that hold no cells."""

from __future__ import annotations

import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from trialpress.clean.read import read, resolve
from trialpress.clean.read.checksums import path_problems
from trialpress.clean.read.foreign import foreign, office
from trialpress.clean.read.statistics_dates import _time
from trialpress.errors import InputError
from trialpress.study import Column, File, Part


@pytest.fixture
def open_(tmp_path):
    def open_(content, name="f", **keys):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(tmp_path / name, File("f", name, **keys))

    return open_


def parquet(**columns) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def archive(*names: str, **files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for name in names:
            zipped.writestr(name, "a,b\n1,2\n")
        for name, data in files.items():
            zipped.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return stream.getvalue()


def test_the_widest_header_row_counts(open_):
    assert open_("a\nb,c\n1,2\n", header_rows=2).headers == (("a", "b"), ("", "c"))
    assert open_("a,b\nc\n1,2\n", header_rows=2).headers == (("a", "c"), ("b", ""))
    assert open_(",b\n1,2\n").headers == (("",), ("b",))


def test_a_data_set_keeps_the_numbers_of_its_observations(open_):
    raw = open_(parquet(id=["a", "", "c"], x=[1, None, 3]))
    assert raw.numbers.tolist() == [1, 3] and raw.date_1904 is False and raw.labels == {} and raw.refused == ()
    assert raw.headers == (("id",), ("x",))


def test_a_data_set_without_columns_or_observations_is_not_read(open_):
    for content in (parquet(), parquet(id=pa.array([], pa.string()))):
        with pytest.raises(InputError, match="has no rows"):
            open_(content)


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.list_(pa.int64()), pa.struct([("a", pa.int64())])])
def test_columns_of_bytes_or_of_lists_are_refused(open_, kind):
    with pytest.raises(InputError, match="the column 'x' holds"):
        open_(parquet(x=pa.array([None], kind)))


def test_what_is_no_time_of_day_is_a_duration():
    assert [_time(seconds)[:2] for seconds in (0, 86399.4, 86399.6, 86400, -1)] == [
        ("00:00:00", "time"), ("23:59:59", "time"), ("86400", "duration"), ("86400", "duration"), ("-1", "duration"),
    ]  # fmt: skip


def test_paths_that_lead_out_of_the_folder(tmp_path):
    out = [
        "C:x.csv",
        "C:\\x.csv",
        "\\x.csv",
        "\\\\server\\x.csv",
        "/x.csv",
        "../x.csv",
        "a/../../x.csv",
        "a\\..\\x.csv",
    ]
    assert [one.what for one in path_problems(tmp_path, out)] == ["leads out of the raw folder"] * len(out)
    assert path_problems(tmp_path, ["x.csv", "a/x.csv", "a..b.csv", "a\\x.csv"]) == []


def test_an_archive_names_what_it_holds(open_):
    assert open_(archive("f.csv", "__MACOSX/f.csv", ".hidden", "sub/._f.csv")).texts(1) == ["2"]
    eight, nine = [f"{at}.csv" for at in range(8)], [f"{at}.csv" for at in range(9)]
    for names, shown in ((eight, ", ".join(eight)), (nine, ", ".join(eight) + ", ...")):
        with pytest.raises(InputError) as error:
            open_(archive(*names))
        assert error.value.problems[0].what == f"the archive holds {len(names)} files: {shown}"
    assert open_(archive(*nine), member="3.csv").texts(0) == ["1"]
    with pytest.raises(InputError, match="the archive has no file '9.csv'"):
        open_(archive(*nine), member="9.csv")


def test_the_kinds_of_documents_in_an_archive():
    def kind(**files):
        return office(zipfile.ZipFile(io.BytesIO(archive(**files))))

    types = "[Content_Types]_dot_xml"
    assert kind(xl__workbook_dot_xml=b"") == "xlsx" and kind(xl__workbook_dot_bin=b"") == "xlsb"
    assert kind(**{types: b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"}) == "xlsx"
    assert kind(**{types: b"spreadsheetml.sheet"}) == "xlsx" and kind(**{types: b"ms-excel.sheet.binary"}) == "xlsb"
    assert kind(**{types: b"presentationml"}) == "ppt" and kind(**{types: b"wordprocessingml"}) == "doc"
    sheet = b"application/vnd.oasis.opendocument.spreadsheet"
    assert kind(mimetype=sheet) == "ods" and kind(mimetype=b"application/vnd.oasis.opendocument.text") == "odt"
    assert kind(**{"mimetype": sheet, "META-INF__manifest_dot_xml": b"<encryption-data>"}) == "password"
    assert kind(**{"mimetype": sheet, "META-INF__manifest_dot_xml": b"<plain>"}) == "ods"
    assert kind(Index_dot_zip=b"") == kind(Document_dot_iwa=b"") == "numbers" and kind(a_dot_csv=b"") == ""


@pytest.mark.parametrize(
    "content, kind",
    [
        (b"<p>\n<html>", "html"), (b"<table>", "html"), (b"<!DOCTYPE HTML>", "html"), (b"a <html>", ""), (b"<5\n1\n", ""), (b"<?xml?><a/>", "xml"), (b"<odm>", "odm"),
        (b"<workbook>", "xml"), (b"BZh91AY&SY", "bz2"), (b"BZh1,1AY\n", ""), (bytes(257) + b"ustar", "tar"), (b"\xff\xfe<\0h\0t\0m\0l\0>\0", "html"), (b"id,age\n", ""),
    ],
)  # fmt: skip
def test_texts_that_are_another_kind_of_file(content, kind):
    assert foreign(content) == kind


def test_advice_for_several_columns_names_only_what_finds_one(open_):
    def advice(text, source, **keys):
        _, (problem,) = resolve(open_(text, **keys), Part(File("f", "f"), {"x": Column("x", source=source)}), "f.csv")
        return problem.do

    two = advice("CRP,CRP\n1,2\n", ("CRP",))
    assert two == "write 'CRP#1' or 'CRP#2', or by position '#1', '#2'"
    many = advice(",".join(["CRP"] * 7) + "\n" + ",".join("1234567") + "\n", ("CRP",))
    assert many == "write 'CRP#1' ... 'CRP#7', or by position '#1', '#2', '#3', '#4', '#5', '#6', ..."
    assert advice("A,B\n1,2\n", ("A", "B")) == "keep one of the synonyms only, or by position '#1', '#2'"
    deep = advice("Day 0,Day 7\nCRP,CRP\n1,2\n", ("CRP",), header_rows=2)
    assert deep.startswith("write 'CRP#1' or 'CRP#2', or by position '#1', '#2', or the path of its headers 'Day 0")
    same = advice("Day 0,Day 0\nCRP,CRP\n1,2\n", ("CRP",), header_rows=2)
    assert same == "write 'CRP#1' or 'CRP#2', or by position '#1', '#2'"


def test_columns_that_are_hidden_together_are_all_named(open_):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["id", "a", "b", "c"], ["S1", 1, 2, 3]):
        book.active.append(row)
    book.active.column_dimensions.group("B", "C", hidden=True)
    book.active.merge_cells("A2:A2")
    content = io.BytesIO()
    book.save(content)
    raw = open_(content.getvalue())
    assert [remark.message for remark in raw.remarks if "hidden" in remark.message][0].find("B to C") >= 0
    assert raw.texts(1) == ["1"] and raw.texts(3) == ["3"]
