"""The rows of a raw file that are dealt out to parts are, read by their places, those of the whole file, each once."""

import gzip
import io
import json
import zipfile
from itertools import chain

import openpyxl
import pytest
from trialpress.clean import deal as dealing
from trialpress.clean.read import BLANK, read
from trialpress.errors import InputError
from trialpress.study import load_study

from .small import folder_of

TABLE = {"t": {"file": "f", "key": ["participant"], "columns": {
    "participant": {"source": "ID", "type": "id"}, "x": {"source": "X", "type": "text", "free_text": {"reviewed": "A", "date": "2020-01-31"}}}}}  # fmt: skip
PLAIN = "ID,X,Y\n" + "".join(f"S{n % 7},{n},{n % 3}\n" for n in range(40))
QUOTED = 'ID,X,Y\nS1,"a\nb",1\n\nS2,"c, d",2\n,,\nS3,e,3\n"S2","f\r\n\r\ng""",\nS4,h,4,5\nS5,i\nS3,j,k\n\n'
ODD = "\ufeff\n".join(["Ward export", "ID,X,Y", *(f"S{n},Grüße {n},Größe" for n in range(9))])


def book(rows, merged=(), without=()) -> bytes:
    """A workbook; without: the tags that some program leaves out of its XML."""
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for area in merged:
        made.active.merge_cells(area)
    file = io.BytesIO()
    made.save(file)
    if without:
        old, file = zipfile.ZipFile(file), io.BytesIO()
        with zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                text = old.read(name)
                for tag, other in without if "sheet1" in name else ():
                    assert tag in text
                    text = text.replace(tag, other)
                new.writestr(name, text)
    return file.getvalue()


ROWS = [["ID", "X", "Y"], *([f"S{n % 5}", n, None if n % 4 else "y"] for n in range(30))]
WIDE = [*ROWS[:9], [None, None, None], ["S1", 77, 1, None, "far"], *ROWS[9:], ["S8", 99], [None, None], [None, "x"]]


def packed(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("f.csv", content)
    return file.getvalue()


FILES = {
    "plain": ("f.csv", PLAIN.encode(), {}, True),
    "without a last line break": ("f.csv", PLAIN.encode()[:-1], {}, True),
    "quotation marks, line breaks in cells, blank and refused rows": ("f.csv", QUOTED.encode(), {"max_rejected": 0.9}, True),
    "padded rows": ("f.csv", QUOTED.encode(), {"max_rejected": 0.9, "short_rows": "pad"}, True),
    "lines that end in CR LF": ("f.csv", PLAIN.replace("\n", "\r\n").encode(), {}, True),
    "lines that end in CR": ("f.csv", PLAIN.replace("\n", "\r").encode(), {}, False),
    "a mark and rows above": ("f.csv", ODD.replace("\ufeff\n", "\n").encode("utf-8-sig"), {"skip_rows": 1, "encoding": "utf-8-sig"}, True),
    "UTF-16": ("f.csv", PLAIN.encode("utf-16"), {"encoding": "utf-16"}, True),
    "cp1252": ("f.csv", ODD.replace("\ufeff\n", "\n").encode("cp1252"), {"skip_rows": 1, "encoding": "cp1252"}, True),
    "gzip": ("f.gz", gzip.compress(PLAIN.encode()), {}, True),
    "zip": ("f.zip", packed(PLAIN.encode()), {}, True),
    "a worksheet": ("f.xlsx", book(ROWS), {}, True),
    "a wide one with gaps": ("f.xlsx", book(WIDE), {}, True),
    "merged cells": ("f.xlsx", book(WIDE, ["A3:A6", "A36:A40", "C1:D1", "A12:A12", "B8:C8"]), {}, True),
    "a title above": ("f.xlsx", book([["Title"], ["ID", "X", "Y"], *ROWS[1:]], ["A1:C1"]), {"skip_rows": 1}, True),
    "rows without numbers": ("f.xlsx", book(ROWS, without=[(b'<row r="7"', b"<row")]), {}, False),
    "a comment in its XML": ("f.xlsx", book(ROWS, without=[(b"<sheetData>", b"<sheetData><!-- <row r='9'> -->")]), {}, False),
}  # fmt: skip


def rows_of(raw) -> dict[int, tuple]:
    cells = [[column.cells[code] for code in column.codes.tolist()] for column in raw.columns]
    return dict(zip(raw.numbers.tolist(), zip(*cells, strict=True), strict=True))


@pytest.mark.parametrize("parts", [1, 3, 50])
@pytest.mark.parametrize(("name", "content", "options", "cut"), FILES.values(), ids=FILES)
def test_each_row_is_in_one_part_as_in_the_whole(tmp_path, name, content, options, cut, parts):
    folder = folder_of(tmp_path / "s", {name: content}, TABLE, options={"f": options})
    study, raw = load_study(folder / "study.yaml"), folder / "data" / "raw"
    whole = read(raw / name, study.files["f"])
    dealing.deal(study, raw, parts, tmp_path / "dealt")
    assert bool(json.loads((tmp_path / "dealt" / dealing.SAID).read_text())["files"]["f"]["cut"]) == cut
    found = [dealing.read_dealt(study, raw, tmp_path / "dealt", part)[0]["f"] for part in range(parts)]
    assert {one.headers for one in found} == {whole.headers}
    assert sorted(chain.from_iterable(rows_of(one) for one in found)) == whole.numbers.tolist()
    assert dict(sorted(chain.from_iterable(rows_of(one).items() for one in found))) == rows_of(whole)
    assert sorted(chain.from_iterable(one.padded for one in found)) == sorted(whole.padded)
    assert found[0].refused == whole.refused and not any(one.refused for one in found[1:])
    assert len(found[0].remarks) == len(whole.remarks) and not any(one.remarks for one in found[1:])
    people = [{row[0] for row in rows_of(one).values()} - {BLANK} for one in found]
    assert sum(map(len, people)) == len(set().union(*people))


def test_a_file_that_has_changed_since_is_refused(tmp_path):
    folder = folder_of(tmp_path, {"f.csv": PLAIN}, TABLE)
    study, raw = load_study(folder / "study.yaml"), folder / "data" / "raw"
    dealing.deal(study, raw, 2, tmp_path / "dealt")
    with open(raw / "f.csv", "a") as file:
        file.write("S9,1,1\n")
    with pytest.raises(InputError, match="f.csv: has changed since its rows were dealt out"):
        dealing.read_dealt(study, raw, tmp_path / "dealt", 1)


def test_no_identifier_is_written(tmp_path):
    """A remark quotes a cell; of one that must not be shown it says nothing."""
    tables = {"t": {"file": "f", "key": ["participant"], "columns": {
        "participant": {"source": "ID", "type": "id"}, "name": {"source": "Name", "identifier": "name"}}}}  # fmt: skip
    rows = [["ID", "Name"], ["S1", "Ada Lovelace"], ["S2", None], ["S3", "Grace Hopper"]]
    folder = folder_of(tmp_path, {"f.xlsx": book(rows, ["B2:B3"])}, tables)
    dealing.deal(load_study(folder / "study.yaml"), folder / "data" / "raw", 2, tmp_path / "dealt")
    written = b"".join(path.read_bytes() for path in (tmp_path / "dealt").iterdir())
    assert b"merged" in written and b"Lovelace" not in written and b"Hopper" not in written
