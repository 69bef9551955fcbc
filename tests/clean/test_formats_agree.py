"""One table in every format that can be written here gives one clean table."""

import datetime
import gzip
import io
import zipfile

import pandas as pd
import pyreadstat
import pytest

from .small import cleaned

FRAME = pd.DataFrame(
    {
        "ID": ["S1", "S2", "S3"],
        "AGE": [50.0, 61.5, None],
        "START": [datetime.date(2015, 3, 1), datetime.date(1959, 12, 31), None],
        "TAKEN": [datetime.datetime(2015, 3, 1, 10, 5), None, datetime.datetime(2016, 2, 29, 0, 0, 30)],
        "SEX": [1.0, 2.0, 1.0],
    }
)
LABELS = {"SEX": {1.0: "Male", 2.0: "Female"}}
COLUMNS = {
    "participant": {"source": "ID", "type": "id"},
    "age": {"source": "AGE", "type": "number"},
    "start": {"source": "START", "type": "date"},
    "taken": {"source": "TAKEN", "type": "datetime"},
    "sex": {"source": "SEX", "type": "code", "codes": {"M": ["1", "Male"], "F": ["2", "Female"]}},
}


def as_csv() -> bytes:
    return FRAME.to_csv(index=False).encode()


def as_xlsx() -> bytes:
    content = io.BytesIO()
    FRAME.to_excel(content, index=False)
    return content.getvalue()


def as_parquet() -> bytes:
    content = io.BytesIO()
    FRAME.assign(SEX=FRAME["SEX"].astype("int64")).to_parquet(content)
    return content.getvalue()


def by(writer, name, **more):
    def write(folder) -> bytes:
        path = folder / name
        writer(FRAME, str(path), **more)
        return path.read_bytes()

    return write


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("export/data.csv", as_csv())
    return content.getvalue()


FORMATS = {
    "csv": lambda folder: as_csv(),
    "csv in gzip": lambda folder: gzip.compress(as_csv()),
    "csv in a zip": lambda folder: zipped(),
    "csv in utf-16": lambda folder: as_csv().decode().encode("utf-16"),
    "xlsx": lambda folder: as_xlsx(),
    "parquet": lambda folder: as_parquet(),
    "sav": by(pyreadstat.write_sav, "f.sav", variable_value_labels=LABELS),
    "zsav": by(pyreadstat.write_sav, "f.zsav", compress=True),
    "dta": by(pyreadstat.write_dta, "f.dta", variable_value_labels={"SEX": {1: "Male", 2: "Female"}}),
    "xpt 5": by(pyreadstat.write_xport, "f.xpt", file_format_version=5),
    "xpt 8": by(pyreadstat.write_xport, "f.xpt", file_format_version=8),
    "por": by(pyreadstat.write_por, "f.por"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_one_table_whatever_the_format(tmp_path, name):
    options = {"data": {"encoding": "utf-16"}} if name == "csv in utf-16" else {}
    table = {"file": "data", "key": ["participant"], "columns": COLUMNS}
    # the name says nothing: the content decides
    data = cleaned(tmp_path / "s", {"data.bin": FORMATS[name](tmp_path)}, {"t": table}, options=options)
    found = data.tables["t"]
    assert found["participant"].tolist() == ["S1", "S2", "S3"]
    assert found["age"].fillna(-1).tolist() == [50, 61.5, -1]
    assert found["start"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2015-03-01", "1959-12-31", ""]
    assert found["taken"].dt.strftime("%Y-%m-%dT%H:%M:%S").fillna("").tolist() == [
        "2015-03-01T10:05:00",
        "",
        "2016-02-29T00:00:30",
    ]
    assert found["sex"].tolist() == ["M", "F", "M"]
    assert not (data.queries["severity"] == "error").any(), data.queries["message"].tolist()
