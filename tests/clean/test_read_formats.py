"""The content decides: SAS, SPSS, Stata and Parquet; and one message each for what is not read."""

import bz2
import datetime
import io
import json
import lzma
import zipfile
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pyreadstat
import pytest
from trialpress.clean.read import read
from trialpress.clean.read.foreign import FOREIGN
from trialpress.errors import InputError
from trialpress.study import File

SAS = Path(__file__).parents[1] / "fixtures" / "sas"
NAN = float("nan")


@pytest.fixture
def open_(tmp_path):
    def open_(content, name="f", **keys):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        return read(tmp_path / name, File("f", name, **keys))

    return open_


@pytest.fixture
def stopped(open_):
    def stopped(*args, **keys):
        with pytest.raises(InputError) as caught:
            open_(*args, **keys)
        (problem,) = caught.value.problems
        assert problem.where and problem.what and problem.why and problem.do
        return problem

    return stopped


def column(raw, name):
    (index,) = raw.find(name)
    return [tuple(raw.columns[index].cells[code]) for code in raw.columns[index].codes]


def frame():
    return pd.DataFrame(
        {
            "id": ["S1", "", "S3"],
            "x": [0.1, NAN, 1e16],
            "sex": [1.0, NAN, 2.0],
            "day": [datetime.date(2015, 3, 1), None, datetime.date(1950, 1, 2)],
            "at": [datetime.datetime(2015, 3, 1, 10, 5, 7), None, datetime.datetime(2000, 1, 1)],
            "hour": [datetime.time(10, 5), None, datetime.time(0)],
        }
    )


WRITERS = {
    "v5.xpt": lambda data, path: pyreadstat.write_xport(data, path, file_format_version=5),
    "v8.xpt": lambda data, path: pyreadstat.write_xport(data, path, file_format_version=8),
    "f.sav": lambda data, path: pyreadstat.write_sav(data, path),
    "f.zsav": lambda data, path: pyreadstat.write_sav(data, path, compress=True),
    "f.por": lambda data, path: pyreadstat.write_por(data, path),
    "f.dta": lambda data, path: pyreadstat.write_dta(data, path),
    "f.parquet": lambda data, path: data.to_parquet(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_values_dates_and_times_of_data_sets(open_, tmp_path, name):
    WRITERS[name](frame(), tmp_path / name)
    (tmp_path / name).rename(tmp_path / "renamed.csv")  # the name does not matter
    raw = open_(None, "renamed.csv")
    of = {path[0].lower(): path[0] for path in raw.headers}
    assert list(of) == ["id", "x", "sex", "day", "at", "hour"]
    assert raw.numbers.tolist() == [1, 3], "an observation without a value is a blank row"
    assert column(raw, of["id"]) == [("S1", "text", ""), ("S3", "text", "")]
    assert column(raw, of["x"]) == [("0.1", "number", ""), ("10000000000000000", "number", "")]
    assert column(raw, of["day"]) == [("2015-03-01", "date", ""), ("1950-01-02", "date", "")]
    assert column(raw, of["at"]) == [("2015-03-01T10:05:07", "datetime", ""), ("2000-01-01T00:00:00", "datetime", "")]
    assert column(raw, of["hour"]) == [("10:05:00", "time", ""), ("00:00:00", "time", "")]


def test_labels_and_declared_missing_values_of_spss(open_, tmp_path):
    data = pd.DataFrame({"sex": [1.0, 2.0, 9.0], "age": [30.0, -9.0, 95.0], "site": ["A", "XX", "B"]})
    pyreadstat.write_sav(
        data,
        tmp_path / "f",
        variable_value_labels={"sex": {1: "male", 2: "female"}, "age": {-9: "not asked"}},
        missing_ranges={"age": [-9, {"lo": 90, "hi": 99}], "site": ["XX"]},
    )
    raw = open_(None, format="sav")
    assert column(raw, "sex") == [("1", "number", "male"), ("2", "number", "female"), ("9", "number", "")]
    assert column(raw, "age") == [("30", "number", ""), ("-9", "missing", "not asked"), ("95", "missing", "")]
    assert [cell[1] for cell in column(raw, "site")] == ["text", "missing", "text"]
    assert raw.labels == {0: {"1": "male", "2": "female"}, 1: {"-9": "not asked"}}


def test_tagged_missing_values_labels_and_periods_of_stata(open_, tmp_path):
    data = pd.DataFrame({"k": [1.0, "a", "b"], "m": [662.0, 663.0, 0.0], "c": [0.0, 1.0, 2.0]})
    pyreadstat.write_dta(
        data,
        tmp_path / "f",
        variable_value_labels={"k": {1: "yes", "a": "refused"}},
        missing_user_values={"k": ["a", "b"]},
        variable_format={"m": "%tm", "c": "%tC"},
    )
    raw = open_(None, format="dta")
    assert column(raw, "k") == [("1", "number", "yes"), (".a", "missing", "refused"), (".b", "missing", "")]
    assert raw.labels == {0: {"1": "yes", ".a": "refused"}}
    assert [cell[0] for cell in column(raw, "m")] == ["2015-03", "2015-04", "1960-01"]
    assert [remark.column for remark in raw.remarks] == ["c"] and "leap seconds" in raw.remarks[0].message


def test_short_floats_of_stata_keep_their_digits(open_, tmp_path):
    pd.DataFrame({"f": np.array([0.1, 12345.0], dtype="float32")}).to_stata(tmp_path / "f", write_index=False)
    assert [cell[0] for cell in column(open_(None), "f")] == ["0.1", "12345"]


def test_the_encoding_of_a_data_set_is_its_own_unless_one_is_declared(open_, tmp_path):
    pd.DataFrame({"name": ["Müller"]}).to_stata(tmp_path / "f", write_index=False, version=114)  # in latin-1
    assert [open_(None, **keys).texts(0) for keys in ({}, {"encoding": "cp1250"})] == [["Müller"], ["Müller"]]
    assert open_(None, encoding="cp1251").texts(0) == ["Mьller"]
    pyreadstat.write_por(pd.DataFrame({"name": ["a"]}), tmp_path / "f")
    assert open_(None, encoding="cp1251").texts(0) == ["a"]  # of a portable file there is nothing to declare


def test_tagged_missing_values_and_several_data_sets_of_xport(open_, stopped, tmp_path):
    pyreadstat.write_xport(pd.DataFrame({"id": ["a", "b"], "x": [1.0, NAN]}), tmp_path / "f", file_format_version=5)
    data = (tmp_path / "f").read_bytes()
    assert column(open_(data), "x") == [("1", "number", ""), ("", "text", "")]
    tagged = data.replace(b"b" + b"." + bytes(7), b"bC" + bytes(7))
    assert tagged != data and column(open_(tagged), "x")[1] == (".C", "missing", "")
    member = data.index(b"HEADER RECORD*******MEMBER")
    assert "holds 2 data sets; only the first could be read" in stopped(data + data[member:]).what


def test_sas_data_sets_with_catalogue_and_tags(tmp_path):
    raw = read(SAS / "sex.sas7bdat.gz", File("f", "sex.sas7bdat.gz", catalog="sex.sas7bcat.gz"))
    assert raw.format == "sas7bdat" and column(raw, "SEXA")[:2] == [("1", "text", "Male"), ("2", "text", "Female")]
    assert raw.labels[1] == {"1": "Male", "2": "Female"}
    raw = read(SAS / "missing.sas7bdat.gz", File("f", "missing.sas7bdat.gz"))
    assert [column(raw, f"var{n}")[0][:2] for n in (1, 6, 7, 8, 9)] == [
        (".A", "missing"),
        (".Z", "missing"),
        ("._", "missing"),
        ("", "text"),
        ("1", "number"),
    ]
    for catalog, what in (("gone.sas7bcat", "does not exist"), ("sex.sas7bdat.gz", "is no SAS format catalogue")):
        with pytest.raises(InputError, match=what):
            read(SAS / "sex.sas7bdat.gz", File("f", "sex.sas7bdat.gz", catalog=catalog))
    with pytest.raises(InputError, match=r"is a SAS format catalogue(.|\n)*as catalog"):
        read(SAS / "sex.sas7bcat.gz", File("f", "sex.sas7bcat.gz"))


@pytest.mark.parametrize(
    ("name", "shown_as", "seen"),
    [("v8.xpt", "MONYY7", "2015-03"), ("v8.xpt", "YEAR4", "2015"), ("f.sav", "MOYR8", "2015-03"), ("f.sav", "QYR8", "2015 Q1")],
)  # fmt: skip
def test_a_date_whose_format_has_no_day_says_so(open_, tmp_path, name, shown_as, seen):
    write = pyreadstat.write_xport if name == "v8.xpt" else pyreadstat.write_sav
    day = datetime.date(2015, 3, 1)
    value = (day - (datetime.date(1960, 1, 1) if name == "v8.xpt" else datetime.date(1582, 10, 14))).days
    write(
        pd.DataFrame({"d": [value * (1.0 if name == "v8.xpt" else 86400.0)]}),
        tmp_path / name,
        variable_format={"d": shown_as},
    )
    assert column(open_(None, name), "d") == [("2015-03-01", "date", seen)]


def test_types_of_parquet(open_, stopped):
    utc = datetime.datetime(2015, 3, 1, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "f32": pa.array([0.1, None, NAN], pa.float32()),
            "whole": pa.array([1, 2, None], pa.int64()),
            "exact": pa.array([Decimal("1.50"), Decimal("200"), None]),
            "yes": [True, False, None],
            "code": pa.array(["a", "b", "a"]).dictionary_encode(),
            "day": [datetime.datetime(2015, 3, 1), datetime.datetime(2015, 3, 2), None],
            "at": [datetime.datetime(2015, 3, 1), datetime.datetime(2015, 3, 2, 1, 2, 3, 500000), None],
            "utc": [utc, None, None],
            "hours": [datetime.timedelta(hours=1.5), None, None],
            "nothing": pa.nulls(3),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    raw = open_(sink.getvalue(), format="parquet")
    said = {path[0]: [cell[:2] for cell in column(raw, path[0])] for path in raw.headers}
    blank = ("", "text")
    assert said["f32"] == [("0.1", "number"), blank, blank]
    assert said["whole"] == [("1", "number"), ("2", "number"), blank]
    assert said["exact"] == [("1.5", "number"), ("200", "number"), blank]
    assert said["yes"] == [("TRUE", "boolean"), ("FALSE", "boolean"), blank]
    assert said["code"] == [("a", "text"), ("b", "text"), ("a", "text")]
    assert said["day"] == [("2015-03-01", "date"), ("2015-03-02", "date"), blank]
    assert said["at"] == [("2015-03-01T00:00:00", "datetime"), ("2015-03-02T01:02:03.500", "datetime"), blank]
    assert said["utc"][0] == ("2015-03-01T00:00:00Z", "datetime") and said["hours"][0] == ("5400", "duration")
    assert said["nothing"] == [blank] * 3
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": [[1, 2]]}), sink)
    assert "the column 'x' holds list" in stopped(sink.getvalue()).what
    assert "cannot be read as Parquet" in stopped(b"PAR1" + bytes(50) + b"PAR1").what


def test_what_study_yaml_says_of_a_file_must_hold(open_, stopped, tmp_path):
    assert open_(b"a\tb\n1\t2\n", format="csv", delimiter="\t").texts(1) == ["2"]
    problem = stopped(b"a,b\n1,2\n", format="xlsx")
    assert "is delimited text (csv), but files.f.format says xlsx" in problem.what
    pyreadstat.write_sav(frame(), tmp_path / "f")
    assert "skip_rows is set" in stopped(None, skip_rows=1).what
    assert "header_rows is set" in stopped(None, header_rows=2).what
    assert "cannot be read as an SPSS file" in stopped((tmp_path / "f").read_bytes()[:300]).what
    assert "does not exist" in stopped(None, "gone").what


def archive(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as zipped:
        for name, data in files.items():
            zipped.writestr({"types": "[Content_Types].xml"}.get(name, name.replace("__", ".")), data)
    return stream.getvalue()


def feather():
    stream = io.BytesIO()
    pyarrow.feather.write_feather(pa.table({"x": [1]}), stream)
    return stream.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
SHEET_2003 = b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>'
INPUTS = {
    "pdf": b"%PDF-1.7\n",
    "html": b'\xef\xbb\xbf\n<!DOCTYPE html PUBLIC "x"><html><table></table></html>',
    "xml spreadsheet": SHEET_2003,
    "odm": b'<?xml version="1.0"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>',
    "xml": '<?xml version="1.0"?><data/>'.encode("utf-16"),
    "json": json.dumps([{"record_id": 1}]).encode(),
    "r": b"RDX3\nX\n\0\0\0\3",
    "sqlite": b"SQLite format 3\0" + bytes(100),
    "access": b"\0\1\0\0Standard ACE DB\0",
    "doc": archive(
        types='<Types><Override ContentType="application/vnd.x.wordprocessingml.document.main+xml"/></Types>'
    ),
    "ppt": OLE + "PowerPoint Document".encode("utf-16-le"),
    "odt": archive(mimetype="application/vnd.oasis.opendocument.text"),
    "numbers": archive(Document__iwa="x"),
    "rtf": b"{\\rtf1\\ansi}",
    "7z": b"7z\xbc\xaf\x27\x1c\0\4",
    "rar": b"Rar!\x1a\x07\1\0",
    "xz": lzma.compress(b"a,b\n"),
    "bz2": bz2.compress(b"a,b\n"),
    "zstd": b"\x28\xb5\x2f\xfd\0",
    "tar": bytes(257) + b"ustar\0" + bytes(250),
    "image": b"\x89PNG\r\n\x1a\n\0",
    "password": OLE + "EncryptedPackage".encode("utf-16-le"),
    "ole": OLE,
    "excel 2": b"\x09\x00\x04\x00\x02\0\x10\0",
    "cport": b"**COMPRESSED** **COMPRESSED** **COMPRESSED**",
    "arrow": feather(),
    "hdf5": b"\x89HDF\r\n\x1a\n\0",
    "matlab": b"MATLAB 5.0 MAT-file, Platform",
    "jmp": b"\xff\xff\0\0\x07\0\0\0\x04\0",
    "program": b"MZ\x90\0\3",
}


@pytest.mark.parametrize("kind", INPUTS)
def test_what_is_not_read_is_named_with_the_way_to_bring_it_in(stopped, kind):
    problem = stopped(INPUTS[kind], "data.csv")
    what, do = FOREIGN[kind]
    assert problem.what == f"is {what}; this is not read" and problem.do == do


def test_every_message_has_an_input():
    assert set(INPUTS) == set(FOREIGN) - {"sas7bcat"}, "sas7bcat: test_sas_data_sets_with_catalogue_and_tags"


def test_texts_that_only_begin_like_something_else_are_read(open_):
    for text in (
        b"BMI,id\n1,2\n",
        b"PKD,id\n1,2\n",
        b"{id},x\n1,2\n",
        b"[id],x\n1,2\n",
        b"<5,x\n1,2\n",
        b"MZ,x\n1,2\n",
    ):
        assert open_(text).texts(1) == ["2"]
