"""What is inferred of one column, and how sure: over all rows, and never certain where there is a second reading."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest
from trialpress.draft import blocks, layout
from trialpress.draft.metadata import Metadata, metadata
from trialpress.draft.questions import Questions
from trialpress.draft.tables import Tables

ROOM = Path(layout.__file__).parent


def drafted(folder: Path, **files: str | bytes) -> Tables:
    """The tables of files that are written into a folder; `_` in a name is a point."""
    paths = []
    for name, text in files.items():
        paths.append(folder / name.replace("_", "."))
        paths[-1].write_bytes(text.encode() if isinstance(text, str) else text)
    known, laid = metadata(paths)
    return Tables(laid, known, Questions())


def column(folder: Path, header: str, cells: list[str]):
    """The entry of one column beside an id."""
    rows = "".join(f"P{n:03d};{cell}\n" for n, cell in enumerate(cells, start=1))
    tables = drafted(folder, a_csv=f"Subject;{header}\n{rows}")
    return [entry for name, entry in tables.drafted[0].entries.items() if name != "participant"][0]


DECIMALS = [f"{60 + n * 1.37:.1f}" for n in range(40)]
CASES = {
    # what it is called, what it holds -> type, keys, mark
    "decimals": ("Weight (kg)", DECIMALS, {"type": "number", "unit": "kg"}, "certain"),
    "points that group": ("PLT", [f"{n}.000" for n in range(101, 140)] + ["1.250.000"], {"type": "number", "decimal": ",", "grouping": "."}, "likely"),
    "decimal commas": ("CRP", [text.replace(".", ",") for text in DECIMALS], {"type": "number", "decimal": ","}, "certain"),
    "grouped or decimal": ("Cells", [f"{n},{250 + n}" for n in range(1, 41)], {}, "ASK"),
    "a name in digits": ("ICD code", DECIMALS, {"type": "number"}, "likely"),
    "a time of day in digits": ("Taken at", [f"{8 + n % 12}.{n:02d}" for n in range(1, 41)], {"type": "number"}, "likely"),
    "ages": ("Age", [str(30 + n) for n in range(40)], {"type": "integer"}, "likely"),
    "leading zeros": ("Batch", [f"{n:05d}" for n in range(40)], {"type": "id"}, "likely"),
    "leading zeros of few": ("Site", ["01", "02", "03"] * 14, {"type": "code", "codes": {"01": [], "02": [], "03": []}}, "likely"),
    "noughts and ones": ("Event", ["0", "1"] * 20, {"type": "code", "codes": {"0": [], "1": []}}, "ASK"),
    "grades": ("Grade", ["0", "1", "2", "3"] * 10, {"type": "integer"}, "ASK"),
    "explained codes": ("HLH (0=No/1=Yes)", ["0", "1"] * 20, {"type": "code", "codes": {"No": ["0"], "Yes": ["1"]}}, "certain"),
    "a code more than explained": ("HLH (0=No/1=Yes)", ["0", "1", "9"] * 14, {"type": "code"}, "ASK"),
    "codes that mean each other": ("Arm (1=2, 2=3)", ["1", "2"] * 20, {"type": "code", "codes": {"1": [], "2": []}}, "certain"),
    "ISO dates": ("Visit", [f"2020-03-{1 + n % 28:02d}" for n in range(40)], {"type": "date"}, "certain"),
    "months in letters": ("Visit", [f"{1 + n % 28}MAR2020" for n in range(40)], {"type": "date"}, "certain"),
    "days after the 12th": ("Visit", [f"{1 + n % 28:02d}/03/2020" for n in range(40)], {"type": "date", "date_order": "dmy"}, "likely"),
    "days up to the 12th": ("Visit", [f"{1 + n % 12:02d}/03/2020" for n in range(40)], {"type": "date"}, "ASK"),
    "years of two digits": ("Visit", [f"{13 + n % 12:02d}/03/20" for n in range(40)], {"type": "date"}, "ASK"),
    "yyyymmdd": ("Visit", [f"202003{1 + n % 28:02d}" for n in range(40)], {"type": "date"}, "likely"),
    "times of day": ("Taken at", [f"{8 + n % 12}:{n:02d}" for n in range(40)], {"type": "time"}, "likely"),
    "truth values": ("Improved", ["TRUE", "FALSE"] * 20, {"type": "code", "codes": {"FALSE": [], "TRUE": []}}, "certain"),
    "words": ("Sex", ["male", "Male", "f", "female"] * 10, {"type": "code", "codes": {"male": [], "female": ["f"]}}, "likely"),
    "numbered words": ("Rx", ["0_placebo", "1_active"] * 20, {"type": "code", "codes": {"placebo": ["0_placebo"], "active": ["1_active"]}}, "likely"),
    "a slip of the hand": ("Term", ["Encephalopathy"] * 39 + ["Encephalopaty"], {"type": "code", "codes": {"Encephalopathy": []}}, "ASK"),
    "a rare event": ("Stroke", ["no stroke"] * 199 + ["stroke of the left side"], {"type": "code", "codes": {"no stroke": [], "stroke of the left side": []}}, "likely"),
    "a cell of another column": ("Seizure", ["no"] * 150 + ["yes"] * 30 + ["awake"], {"type": "code", "codes": {"no": [], "yes": []}}, "ASK"),
    "sentences": ("Comment", [f"the patient of visit {n} felt well and went home" for n in range(40)], {"type": "text"}, "likely"),
    "numbers with limits": ("MRD (%)", ["<0.01", *(f"{n / 7:.3f}" for n in range(39))], {"type": "number", "unit": "%", "limit": "mrd_limit", "possible": [0, 100]}, "certain"),
    "a sentinel": ("SpO2", [str(90 + n % 10) for n in range(30)] + ["-999"] * 2, {"type": "integer", "missing": ["-999"]}, "ASK"),
    "a stray text": ("LDH", [str(200 + n) for n in range(38)] + ["haemolysed"] * 2, {"type": "integer"}, "ASK"),
    "ranges": ("Reference range", [f"{n}-{n + 10}" for n in range(5)] * 8, {"type": "code"}, "likely"),
    "nothing": ("Empty", [""] * 40, {"type": "text"}, "likely"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_column(case, tmp_path):
    header, cells, keys, mark = CASES[case]
    entry = column(tmp_path, header, cells)
    assert {key: entry.spec.get(key) for key in keys} == keys
    assert entry.marks.split()[0].rstrip(";") == mark


PEOPLE = {
    "Patient name": (["Ann Lee", "Bo Oak", "Cy Fox"], "name"),
    "Investigator": (["AB", "CD"], "person"),
    "Reached by": ([f"+49 30 1234{n:03d}" for n in range(40)], "phone"),
    "Sent to": ([f"a{n}@example.org" for n in range(40)], "email"),
    "Called": ([f"{first} {last}" for first in ("Anna", "Ben", "Carla", "David", "Eva") for last in ("Meyer", "Novak", "Okafor", "Silva", "Rossi", "Vogel", "Umar", "Quist")], "name"),
    "Belegt": ([f"{81422 * n + 10000000}" for n in range(1, 41)], "hospital number"),
    "姓": ([f"{family}{given}" for family in "王李张刘陈" for given in ("伟", "芳", "秀英", "敏", "静", "丽", "强", "磊")], "name"),
    "DOB": ([f"19{50 + n % 40}-03-0{1 + n % 9}" for n in range(40)], "date of birth"),
    "Drug name": (["aspirin", "heparin"], ""),
    "Signed on": ([f"2020-03-{1 + n % 28:02d}" for n in range(40)], ""),
    "Physician came": (["yes", "no"], ""),
    "Length of hospital stay": ([str(n) for n in range(40)], ""),
}  # fmt: skip


@pytest.mark.parametrize("header", PEOPLE)
def test_what_may_be_a_person_is_held_back_and_asked(header, tmp_path):
    cells, kind = PEOPLE[header]
    entry = column(tmp_path, header, (cells * 40)[:40])
    assert entry.spec.get("identifier", "") == kind
    assert not kind or (entry.marks.startswith("ASK") and entry.held)


def test_dates_long_before_all_others_are_held_back(tmp_path):
    rows = "".join(f"P{n:03d},19{40 + n % 50}-01-02,2021-05-0{1 + n % 9}\n" for n in range(40))
    table = drafted(tmp_path, a_csv=f"Subject,First day,Visit\n{rows}").drafted[0]
    assert table.entries["first_day"].spec["identifier"] == "date of birth"
    assert "identifier" not in table.entries["visit"].spec


def test_the_layout_of_a_hospitals_file(tmp_path):
    text = (
        "Export of May;;\n"
        + "编号;日期;体温(℃)\n"
        + "".join(f"A{n:02d};0{1 + n % 9}.05.2021;36,{n % 10}\n" for n in range(40))
        + "注：°C;;\n"
    )
    (tmp_path / "a.csv").write_bytes(text.encode("gb18030"))
    file = layout.lay(tmp_path / "a.csv", "a.csv")[0].file
    assert (file.encoding, file.delimiter, file.skip_rows, file.header_rows, file.footer) == (
        "gb18030",
        ";",
        1,
        1,
        "^(?:注)",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding, tmp_path):
    (tmp_path / "a.csv").write_bytes("id,Größe\n".encode(encoding) + b"" if encoding != "utf-16" else b"")
    (tmp_path / "a.csv").write_bytes(("id,Größe\n" + "1,süß\n2,groß\n").encode(encoding))
    assert layout.lay(tmp_path / "a.csv", "a.csv")[0].raw.header(1) == "Größe"


def test_several_sheets_are_several_tables(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Patients"
    for row in (["Subject", "Age"], ["A1", 30], ["A2", 41], ["A3", 52]):
        book.active.append(row)
    labs = book.create_sheet("Labs")
    for row in (["", "Day 0", None], ["Subject", "CRP", "LDH"], ["A1", 1.5, 200], ["A2", 2.5, 210], ["A3", 3.5, 220]):
        labs.append(row)
    labs.merge_cells("B1:C1")
    book.save(tmp_path / "book.xlsx")
    found = [one.file for one in layout.lay(tmp_path / "book.xlsx", "book.xlsx")]
    assert [(file.sheet, file.header_rows) for file in found] == [("Patients", 1), ("Labs", 2)]


def test_columns_side_by_side_become_a_long_table(tmp_path):
    rows = "".join(f"P{n:03d},{n % 2},{n}.5,{n}.25,{n}.75,{n + 1}\n" for n in range(1, 41))
    first, long = drafted(tmp_path, a_csv=f"Subject,Arm (0=A/1=B),D0,D7,D28,Weight\n{rows}").drafted
    assert (list(first.entries), first.key) == (["participant", "arm", "weight"], ("participant",))
    assert (long.key, long.blocks, long.entries["a"].spec["source"]) == (
        ("participant", "day"),
        {0: "0", 7: "7", 28: "28"},
        "D{block}",
    )


def test_blocks_are_only_those_that_each_name_one_column():
    assert blocks._split(("Day 0 (-1 -2) Timepoint", "CRP (mg/L)")) == (
        "CRP (mg/L)",
        0,
        "Day 0 (-1 -2) Timepoint",
        "{block} | CRP (mg/L)",
    )
    assert blocks._split(("IL-6",)) is None


@pytest.mark.parametrize(
    ("rows", "key", "asked"),
    [
        ("".join(f"P{n:02d},{n % 3},{d}\n" for n in range(20) for d in ("2021-01-01", "2021-02-01")), ("participant", "date"), False),
        ("".join(f"P{n:02d},{d},2021-01-0{d}\n" for n in range(20) for d in (1, 2)), ("participant", "date"), True),
        ("".join(f"P{n:02d},x,2021-01-01\n" for n in range(20) for _ in range(2)), ("participant",), False),
        ("".join(f"P{n:02d},{n},\n" for n in range(20)) + "P03,99,\n", ("participant",), True),
    ],
    ids=["a date", "a date or a visit", "exact repetitions do not count", "one participant twice"],
)  # fmt: skip
def test_keys(tmp_path, rows, key, asked):
    tables = drafted(tmp_path, a_csv="Subject,visit,date\n" + rows)
    table = next(one for one in tables.drafted if one.name == "a")
    assert table.key == key and (table.key_asked is not None) == asked


def test_rows_that_nothing_names_are_numbered(tmp_path):
    people = "".join(f"P{n:02d},{40 + n}\n" for n in range(20))
    events = "".join(
        f"P{n:02d},fever {n}{i}, it went on for some days and then was gone\n".replace(", it", " it")
        for n in range(20)
        for i in (1, 2)
    )
    tables = drafted(tmp_path, a_csv="Subject,age\n" + people, b_csv="Subject,what was seen\n" + events)
    assert [(table.name, table.key) for table in tables.drafted] == [
        ("a", ("participant",)),
        ("b", ("participant", "line")),
    ]
    assert tables.drafted[1].reference == "a.participant"


def test_the_units_of_a_long_table_are_read_by_analyte(tmp_path):
    values = [("ANC", "10^9/L", 2), ("ANC", "/uL", 2000), ("CRP", "mg/L", 5), ("CRP", "mg/dL", 0.5)]
    rows = "".join(
        f"P{n:02d},2021-01-0{1 + d},{a},{v + n},{u}\n"
        for n in range(20)
        for d in range(3)
        for a, u, v in [values[(n + d) % 4]]
    )
    tables = drafted(tmp_path, a_csv="Subject,date,Analyte,Result,Unit\n" + rows)
    assert tables.unit_lists == [{"ANC": {"/uL": 1, "10^9/L": 1000}, "CRP": {"mg/L": 1, "mg/dL": 10}}]
    table = next(one for one in tables.drafted if one.name == "a")
    assert {key: table.entries["result"].spec[key] for key in ("unit_from", "unit_by", "unit_to")} == {
        "unit_from": "Unit",
        "unit_by": "analyte",
        "unit_to": "result_unit",
    }


def test_nothing_is_known_without_metadata():
    assert Metadata().of("age", "patients") is None


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in ROOM.glob("*.py") if ">>>" in path.read_text(encoding="utf-8"))
)
def test_examples(name):
    done = doctest.testmod(importlib.import_module(f"trialpress.draft.{name}"))
    assert done.failed == 0 and done.attempted


def test_nothing_is_asked_of_a_column_that_is_held_back_but_whether_it_is_a_person(tmp_path):
    tables = drafted(
        tmp_path, a_csv="Subject,Nurse\n" + "".join(f"P{n:02d},{'Okafor' if n else 'Okafro'}\n" for n in range(40))
    )
    assert list(tables.questions.asked) == ["a.nurse identifier"]
    assert "Okaf" not in tables.questions.text("made")
