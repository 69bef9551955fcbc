"""The privacy gate finds an identifier in every form and every kind of file, and nothing where there is none."""

import base64
import datetime
import gzip
import io
import time
import zipfile
import zlib

import docx
import pandas as pd
import pytest
import typst
from PIL import Image, PngImagePlugin
from trialpress.audit.privacy import PrivacyError, Sought, gate, recorded, search, sought
from trialpress.study import load_study

NAME, NUMBER, BORN = "李海棠", "14323792", "1989-02-07"


@pytest.fixture
def known():
    found = Sought()
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
    """What is found, a part of a name as the name."""
    return {kind.removeprefix("a part of a ") for kind in known.hits(text).values()}


@pytest.mark.parametrize(
    "text",
    ["07.02.89", "7/2/89", "89-02-07", "7 Feb 89", "07FEB1989", "7. Februar 1989", "7th of February 1989", "07021989", "02/07/89", "32546", "32546.0", "31084",
     "1989-02-07", "1989/2/7", "1989.02.07", "19890207", "1989年2月7日", "1989 年 02 月 07 日", "１９８９年２月７日", "7.2.1989", "07/02/1989", "2/7/1989",
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
        "Okafor",
        "Mrs. Okáfor's ward",
        "Chidi B. Okafor",
        "Chidi Obinna Okafor",
        "Chidi and Okafor",
        "Oka\u00adfor",
        "OKA-FOR",
        "海棠",
        "海棠李",
        "李·海棠",
        "李，海棠",
    ],
)
def test_a_name_in_any_form(known, text):
    assert kinds(known, text) == {"name"}


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        f"ID{NUMBER}",
        f"no. {NUMBER}.",
        "１４３２３７９２",
        "mrn 004711",
        "MRN_004711",
        "MRN-004711,",
        "MRN 4711",
        "mrn0004711",
        "0014323792",
        "1432-3792",
        "14 323 792",
        "143-237-92",
    ],
)
def test_a_number_in_any_form(known, text):
    assert kinds(known, text) == {"hospital number"}


@pytest.mark.parametrize(
    "text",
    ["0.14323792", "143237921", "a 114323792", "14323792.5", "1989-02-17", "21989-02-07", "1989-02", "李海", "okafors", "Oka for",
     "M 198.90207 14.323792", "2014-02-07", "MRN-4712", "MRN", "13-02-89", "1.2.89.3"],
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


def webp(text):
    out = io.BytesIO()
    Image.new("L", (2, 2)).save(out, "webp", lossless=True, xmp=f"<x>{text}</x>".encode())
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
    "light.html": b'<img src="data:image/webp;base64,' + base64.b64encode(webp(NAME)) + b'">',
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
    found = gate(known, [tmp_path])
    assert (found["files"], found["searched"], found["not_searchable"]) == (2, 5, {})


def test_what_the_records_hold_for_another_reason_is_given_up_and_counted(known):
    table = pd.DataFrame({"infusion": pd.to_datetime([BORN]), "cells": [float(NUMBER)], "name": [NAME]})
    known.excuse([*recorded([table]), "Okafor C, Chidi Okafor. Blood 2020"])
    assert {kind: n for (_, kind), n in known.unsearchable.items()} == {
        "date of birth": 1, "hospital number": 1, "name": 1, "a part of a name": 3}  # fmt: skip
    assert kinds(known, f"{BORN} {NUMBER} chidi okafor") == set()
    assert kinds(known, NAME) == {"name"}, "a name in another column of the records is a leak"


def test_short_values_are_counted_as_not_searchable():
    known = Sought()
    for value in ("36", "A1", "李"):
        known.add(value, "hospital number")
    assert len(known) == 0 and known.unsearchable == {("", "hospital number"): 3}


def test_identifiers_come_from_the_dictionary():
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    study = load_study(root / "config" / "low-dose-cd19" / "study.yaml")
    found = sought(study, root / "data" / "low-dose-cd19" / "raw", [])
    assert set(found.names.values()) == {"name", "a part of a name"} and set(found.dates.values()) == {"date of birth"}
    assert len(found.names) >= 50 and len(found.words) >= 50 and len(found.dates) >= 50
    assert all(isinstance(date, datetime.date) for date in found.dates)


# --- columns that nobody has declared ------------------------------------------------------------------------------------

DICTIONARY = """
study: {id: s, title: A study, data_cutoff: "2021-01-01", reconstruction: false, participant: who}
missing: [n.d.]
files: {people: {path: people.csv}, visits: {path: visits.csv}}
tables:
  people:
    file: people
    key: [who]
    columns: {who: {source: ID, type: id}, city: {source: Town, free_text: {reviewed: A reader, date: 2020-01-31}}, NAME}
"""
PEOPLE = """ID,Town,Family name,Patient,Born,Street,Phone,Mail,Ward,Dose,Cells,Grade
P1,Springfield,Wetherby,Ann Wetherby,12/03/1961,12 Elm Grove,(555) 010-0199,a.wetherby@mail.test,Springfield,0.1432,250000,Grade 3
P2,Shelbyville,Okonkwo,"Okonkwo, Ike",1958-11-30,Rosenweg 7,0171 5550123,n.d.,Shelbyville,12,123,Grade 1
"""
VISITS = "ID,Nurse,Room\nP1,李海棠,北京市朝阳区12号\nP2,Wu,4\n"
WHO = {
    "Family name": "Mrs Wetherby",
    "Patient": "seen by Ike Okonkwo",
    "Born": "born 12 March 1961",
    "Street": "lives at 12, Elm Grove",
    "Phone": "call 555 010 0199",
    "Mail": "a.wetherby@mail.test",
    "Nurse": "护士李海棠",
    "Room": "住北京市朝阳区12号楼",
}


@pytest.fixture
def study_of(tmp_path):
    """study_of(name=...) -> (study, folder of raw files): the names are declared an identifier, or nothing is."""

    def make(name: str = ""):
        (tmp_path / "study.yaml").write_text(DICTIONARY.replace(", NAME", name and f", {name}"), encoding="utf-8")
        raw = tmp_path / "raw"
        raw.mkdir(exist_ok=True)
        (raw / "people.csv").write_text(PEOPLE, encoding="utf-8")
        (raw / "visits.csv").write_text(VISITS, encoding="utf-8")
        return load_study(tmp_path / "study.yaml"), raw

    return make


def test_every_column_that_is_not_declared_is_looked_for(study_of, tmp_path):
    found = sought(*study_of(), [])
    assert found.identifier_columns == 0 and found.undeclared_columns == 13
    for header, text in WHO.items():
        assert f"undeclared column '{header}'" in found.hits(text).values(), text
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "t.csv").write_text("who,seen\nP1,Ann Wetherby\n")
    (tmp_path / "out" / "manuscript.docx").write_bytes(docx_with("555-010-0199"))
    (tmp_path / "out" / "manuscript.pdf").write_bytes(typst.compile(b"She lives at 12 Elm Grove."))
    with pytest.raises(PrivacyError) as caught:
        gate(found, [tmp_path / "out"])
    text = str(caught.value)
    for file, header in (("t.csv", "Patient"), ("manuscript.docx", "Phone"), ("manuscript.pdf", "Street")):
        assert f"{file}: holds values of the undeclared column '{header}' (1 different)" in text
    assert "why it matters" in text and "declare that column in study.yaml" in text
    assert "Wetherby" not in text and "0199" not in text and "Elm" not in text


@pytest.mark.parametrize(
    "text",
    ["0.1432 250000 12 123", "from Springfield to Shelbyville", "n.d.", "P1", "4", "Wu", "555,010,0199,555\n010"],
)
def test_what_many_files_hold_is_no_alarm(study_of, text):
    """Decimals, short numbers, round ones; what a declared column holds too; cells that stand side by side by chance."""
    assert sought(*study_of(), []).hits(text) == {}


def test_what_is_not_looked_for_is_counted_by_column(study_of):
    found = sought(
        *study_of(), ["columns: {grade: {label: Grade}}", "The streets are called Elm Grove and Rosenweg 7."]
    )
    counted = {kind: n for (_, kind), n in found.unsearchable.items()}
    assert counted == {
        "undeclared column 'ID'": 2,
        "undeclared column 'Ward'": 2,
        "undeclared column 'Dose'": 2,
        "undeclared column 'Cells'": 2,
        "undeclared column 'Grade'": 2,
        "undeclared column 'Street'": 1,
        "undeclared column 'Nurse'": 1,
        "undeclared column 'Room'": 1,
    }
    assert set(found.hits("12 Elm Grove").values()) == {"undeclared column 'Street'"}


def test_a_value_that_is_declared_elsewhere_is_of_the_kind_declared(study_of):
    found = sought(*study_of("name: {source: Patient, identifier: name}"), [])
    assert (found.identifier_columns, found.undeclared_columns) == (1, 12)
    assert kinds(found, "Ann Wetherby") == {"name"}


def test_a_name_in_a_declared_column_excuses_no_declared_identifier(study_of):
    found = sought(*study_of("name: {source: Town, identifier: name}, town: {source: Ward}"), [])
    assert set(found.hits("Springfield").values()) == {"name"}


BORN_IN = """
study: {id: s, title: A study, data_cutoff: "2021-01-01", reconstruction: false, participant: who}
files: {people: {path: people.csv}, samples: {path: samples.csv}}
tables:
  people:
    file: people
    key: [who]
    columns: {who: {source: ID, type: id}, born: {source: Born, type: date, identifier: date of birth},
              number: {source: Number, identifier: hospital number}}
  samples: {file: samples, key: [sample], columns: {sample: {source: Sample, type: id}, who: {source: ID, type: id}}}
"""


@pytest.mark.parametrize(
    ("ids", "samples", "found"),
    [
        (("LD-01201985", "LD-7", "LD-8"), ("S-1", "S-2", "S-3"), False),  # born then is another one
        (("LD-7", "LD-01201985", "LD-8"), ("S-1", "S-2", "S-3"), True),
        (("LD-01201985", "ld 7", "LD-8"), ("S-1", "S-2", "S-3"), False),
        (("LD-01201985", "LD 7 (old)", "LD-8"), ("S-1", "S-2", "S-3"), True),
        (("LD-31067", "LD-7", "LD-8"), ("S-1", "S-2", "S-3"), False),  # a workbook's day
        (("LD-7", "LD-31067", "LD-8"), ("S-1", "S-2", "S-3"), True),
        (("LD-7", "LD-9", "LD-8"), ("S-31067", "S-2", "S-3"), False),  # a sample of the first
        (("LD-7", "LD-9", "LD-8"), ("S-1", "S-31067", "S-3"), True),
        (("LD-7", "LD-9", "LD-8"), ("S-1", "S-2", "S-14323792"), False),
        (("LD-7", "LD-9", "LD-8"), ("S-1", "S-14323792", "S-3"), True),
    ],
)
def test_an_id_that_reads_like_an_identifier_of_another_is_no_alarm(tmp_path, ids, samples, found):
    """Of its own participant it is one, and so is one in whose raw row the participant is written otherwise."""
    (tmp_path / "study.yaml").write_text(BORN_IN, encoding="utf-8")
    born = ("1960-05-01", "1985-01-20", "1971-12-31")
    rows = zip(ids, born, ("88776655", NUMBER, "99887766"), strict=True)
    (tmp_path / "people.csv").write_text("ID,Born,Number\n" + "".join(f"{','.join(row)}\n" for row in rows))
    (tmp_path / "samples.csv").write_text(
        "Sample,ID\n" + "".join(f"{','.join(row)}\n" for row in zip(samples, ids, strict=True))
    )
    clean = ["LD-07" if " " in who else who for who in ids]
    tables = {"people": pd.DataFrame({"who": clean}), "samples": pd.DataFrame({"sample": samples, "who": clean})}
    known = sought(load_study(tmp_path / "study.yaml"), tmp_path, [], tables=tables)
    assert not known.copied
    assert bool(known.hits(" ".join([*ids, *samples]))) is found
    assert sum(known.unsearchable.values()) == (not found)
    assert kinds(known, "31 Dec 1971") == {"date of birth"}, "all others are looked for"


def test_a_file_that_is_kept_is_told_where_it_is_a_result(known, tmp_path):
    for folder in ("tables", ".receipts/kept"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "listing.csv").write_text(f"who,born\nP1,{BORN}\n")
    (tmp_path / ".receipts" / "old.csv").write_text(f"who,name\nP1,{NAME}\n")
    with pytest.raises(PrivacyError) as caught:
        gate(known, [tmp_path])
    places = {problem.where.removeprefix(f"{tmp_path.as_posix()}/") for problem in caught.value.problems}
    assert places == {"tables/listing.csv", ".receipts/old.csv"}


def test_hashes_and_ids_of_drawings_are_no_numbers(study_of):
    found = Sought()
    found.add("123456", "undeclared column 'x'")
    digest = "a123456b" * 8
    assert found.hits(digest) == {} and found.hits('<path id="mab123456cd"/>') == {}
    assert found.hits("no. 123456") and found.hits("A123456")


def test_searching_for_many_values_is_quick():
    found = Sought()
    for number in range(20_000):
        found.add(f"Person{chr(97 + number % 26)} Fam{number}", "undeclared column 'x'")
        found.add(f"王{chr(0x4E00 + number)}", "undeclared column 'y'")
    text = "\n".join(f"P{number},{number * 3},persona,some text,文字" for number in range(50_000))
    begin = time.process_time()
    found.excuse([text])
    found.hits(text)
    assert time.process_time() - begin < 10


def test_a_long_text_is_cut_where_no_identifier_is_and_misses_none(monkeypatch):
    """Half of 2015-03-15 would be another date, and a name may stand on both sides of a cut."""
    monkeypatch.setattr(search, "PIECE", 64)
    monkeypatch.setattr(search, "OVERLAP", 16)
    known = Sought()
    known.add("2015-03-01", "date of birth")
    known.add("Zhang Sanfeng", "name")
    for n in range(200):
        clean = "\n".join(["x" * n, *["2015-03-15,12"] * 20])
        cut = list(search.pieces(clean))
        assert len(cut) > 3 and not [piece for piece in cut if known.hits(piece)], n
        named = "\n".join(["x" * n, *["nothing,12"] * 5, "Zhang,Sanfeng", *["nothing,12"] * 5])
        assert set().union(*(kinds(known, piece) for piece in search.pieces(named))) == {"name"}, n


def test_a_large_table_is_searched_by_the_texts_of_its_columns(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "LARGE", 10)
    known = Sought()
    known.add("Zhang Sanfeng", "name")
    for text, found in (('raw,rule\n"a, b",x\n"Sanfeng, Zhang",y\n', True), ("raw,rule\nnothing,x\n", False)):
        (tmp_path / "changes.csv").write_text(text)
        search._search_for(known)
        assert ("name" in search._content(tmp_path / "changes.csv", False, b"")[0].values()) == found
