"""The privacy gate finds an identifier in every form and every kind of file, and nothing where there is none."""

import base64
import datetime
import gzip
import io
import zipfile
import zlib

import docx
import pandas as pd
import pytest
import typst
from PIL import Image, PngImagePlugin
from trialpress.audit.privacy import Identifiers, PrivacyError, gate, identifiers, recorded
from trialpress.study import load_study

NAME, NUMBER, BORN = "李海棠", "14323792", "1989-02-07"


@pytest.fixture
def known():
    found = Identifiers()
    for value, kind in (
        (NAME, "name"),
        ("Okafor, Chidi", "name"),
        (NUMBER, "hospital number"),
        ("MRN-004711", "hospital number"),
    ):
        found.add(value, kind)
    found.add(BORN, "date of birth", is_date=True)
    return found


def kinds(known, text):
    return set(known.hits(text).values())


@pytest.mark.parametrize(
    "text",
    ["1989-02-07", "1989/2/7", "1989.02.07", "19890207", "1989年2月7日", "1989 年 02 月 07 日", "１９８９年２月７日", "7.2.1989", "07/02/1989", "2/7/1989",
     "7 Feb 1989", "07-FEB-1989", "February 7, 1989", "Feb 7th, 1989", "born1989-02-07T00:00:00", '{"b":"1989-02-07"}'],
)  # fmt: skip
def test_a_date_of_birth_in_any_form(known, text):
    assert kinds(known, f"x {text} y") == {"date of birth"}


@pytest.mark.parametrize(
    "text",
    [
        NAME,
        f"患者{NAME}发热",
        "李 海棠",
        "李　海　棠",
        "chidi okafor",
        "OKAFOR Chidi",
        "Okafor_Chidi",
        "Ｏｋａｆｏｒ, Chidi",
    ],
)
def test_a_name_in_any_form(known, text):
    assert kinds(known, text) == {"name"}


@pytest.mark.parametrize(
    "text", [NUMBER, f"ID{NUMBER}", f"no. {NUMBER}.", "１４３２３７９２", "mrn 004711", "MRN_004711", "MRN-004711,"]
)
def test_a_number_in_any_form(known, text):
    assert kinds(known, text) == {"hospital number"}


@pytest.mark.parametrize(
    "text",
    ["0.14323792", "143237921", "a 114323792", "14323792.5", "1989-02-17", "21989-02-07", "1989-02", "李海", "海棠", "okafor", "Chidi and Okafor",
     "M 198.90207 14.323792", "2014-02-07", "MRN-4711"],
)  # fmt: skip
def test_what_only_looks_alike_is_not_found(known, text):
    assert kinds(known, text) == set()


def png(text, compressed):
    info = PngImagePlugin.PngInfo()
    info.add_itxt("Comment", text, zip=compressed)
    info.add_text("Title", "x", zip=compressed)
    out = io.BytesIO()
    Image.new("L", (2, 2)).save(out, "png", pnginfo=info)
    return out.getvalue()


def docx_with(text):
    document, out = docx.Document(), io.BytesIO()
    paragraph = document.add_paragraph("Patient ")
    for part in (text[:2], text[2:]):
        paragraph.add_run(part).bold = True
    document.save(out)
    return out.getvalue()


def zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("folder/member", data)
    return out.getvalue()


def parquet(values):
    out = io.BytesIO()
    pd.DataFrame({"x": values}).to_parquet(out)
    return out.getvalue()


FILES = {
    "a.csv": f"a,b\n1,{NAME}\n".encode(),
    "a.log": f"reading row of {NUMBER}".encode(),
    "a.html": f"<p>{NAME[0]}<b>{NAME[1:]}</b></p>".encode(),
    "entities.html": "".join(f"&#{ord(c)};" for c in NAME).encode(),
    "embedded.html": b'<img src="data:image/png;base64,' + base64.b64encode(png(NAME, True)) + b'">',
    "packed.html": b'<script type="x">'
    + base64.b64encode(gzip.compress((f"{NAME}" + "x y z " * 99).encode()))
    + b"</script>",
    "a.json": b'{"who": "\\u674e\\u6d77\\u68e0"}',
    "a.svg": f"<svg><metadata>{NUMBER}</metadata></svg>".encode(),
    "utf16.txt": NAME.encode("utf-16"),
    "plain.png": png(NAME, False),
    "packed.png": png(NUMBER, True),
    "a.docx": docx_with(NUMBER),
    "crate.zip": zipped(docx_with(NAME)),
    "text.parquet": parquet(["x", NAME]),
    "number.parquet": parquet([1, int(NUMBER)]),
    "date.parquet": parquet([pd.Timestamp(BORN)]),
    "a.pdf": typst.compile(f"Born 1989-02-07, {NUMBER}".encode()),
    "title.pdf": typst.compile(f'#set document(title: "{NUMBER}")\nx'.encode()),
    f"{NUMBER}.csv": b"a\n1\n",
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file(known, tmp_path, name):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / name).write_bytes(FILES[name])
    with pytest.raises(PrivacyError) as caught:
        gate(known, [tmp_path])
    text = str(caught.value)
    assert "holds a direct identifier: " in text and "what to do:" in text
    assert NAME not in text and BORN not in text and (NUMBER not in text or NUMBER in name)


def test_a_compressed_pdf_stream_is_really_compressed():
    assert NUMBER.encode() not in FILES["a.pdf"] and zlib  # else the test above would prove nothing


def test_innocent_files_pass(known, tmp_path):
    (tmp_path / "ard.csv").write_text("value\n0.1432379200000\n36\n")
    (tmp_path / "a.pdf").write_bytes(typst.compile(b"36 of 40, 1989"))
    assert gate(known, [tmp_path]) == {"files": 2, "identifiers": 5, "not_searchable": {}}


def test_what_the_records_hold_for_another_reason_is_given_up_and_counted(known):
    table = pd.DataFrame({"infusion": pd.to_datetime([BORN]), "cells": [float(NUMBER)], "name": [NAME]})
    known.excuse([*recorded([table]), "Okafor C, Chidi Okafor. Blood 2020"])
    assert known.unsearchable == {"date of birth": 1, "hospital number": 1, "name": 1}
    assert kinds(known, f"{BORN} {NUMBER} chidi okafor") == set()
    assert kinds(known, NAME) == {"name"}, "a name in another column of the records is a leak"


def test_short_values_are_counted_as_not_searchable():
    known = Identifiers()
    for value in ("36", "A1", "李"):
        known.add(value, "hospital number")
    assert len(known) == 0 and known.unsearchable == {"hospital number": 3}


def test_identifiers_come_from_the_dictionary():
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    study = load_study(root / "config" / "low-dose-cd19" / "study.yaml")
    found = identifiers(study, root / "data" / "low-dose-cd19" / "raw", [])
    assert set(found.names.values()) == {"name"} and set(found.dates.values()) == {"date of birth"}
    assert len(found.names) > 50 and len(found.words) > 50 and len(found.dates) > 50
    assert all(isinstance(date, datetime.date) for date in found.dates)
