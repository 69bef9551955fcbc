"""The data manager's round trip: asked in a workbook, answered there, checked, signed off in corrections.csv, closed."""

from __future__ import annotations

import csv
import datetime
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from clean.small import HEAD, seal
from openpyxl import load_workbook
from trialpress import queries
from trialpress.clean import clean, read_logs, tally, write
from trialpress.errors import InputError
from trialpress.study import load_study

ROOT = Path(__file__).resolve().parents[2]
TODAY = "2026-05-01"
RAW = (
    "ID,Born,Dose,Response,Lines,Note\n"
    "P1,1960-02-30,5,CR,2,\n"  # an identifier that is no date
    "P2,1970-01-01,many,PR,3,\n"
    "P3,1971-01-01,500,SD,14,\n"  # impossible; unusual
    "P4,1972-01-01,6,huh,=1+1,long enough a narrative of Mr Li to be told apart from any number\n"
    "P5,1973-01-01,7,CR,2,\n"
)
COLUMNS = {
    "participant": {"source": "ID", "type": "id"},
    "born": {"source": "Born", "type": "date", "identifier": "date of birth"},
    "dose": {"source": "Dose", "type": "number", "possible": [0, 100]},
    "response": {"source": "Response", "type": "code", "codes": {"CR": [], "PR": [], "SD": []}},
    "lines": {"source": "Lines", "type": "integer", "plausible": [0, 10]},
    "note": {"source": "Note", "type": "number"},
    "twice": {"derive": "dose * 2", "type": "number"},
}
CHECKS = [{"id": "best", "assert": "twice < 14", "field": "twice", "message": "twice the dose is a lot"}]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """The working directory holds a study 'small', whose queries Ann and Bo may answer."""
    place(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def place(folder: Path, **head) -> None:
    import json

    content = {
        "study": {**HEAD, "data_managers": ["Ann Lee", "Bo Ray"], **head}, "files": {"f": {"path": "f.csv"}},
        "tables": {"t": {"file": "f", "key": ["participant"], "columns": COLUMNS, "checks": CHECKS}},
    }  # fmt: skip
    (folder / "config/small").mkdir(parents=True, exist_ok=True)
    (folder / "config/small/study.yaml").write_text(json.dumps(content), encoding="utf-8")
    raw(folder, RAW)


def raw(folder: Path, text: str) -> None:
    at = folder / "data/small/raw"
    at.mkdir(parents=True, exist_ok=True)
    (at / "f.csv").write_text(text, encoding="utf-8")
    seal(at)


def run():
    """What the clean stage says now; written, too, so that the contract is kept."""
    data = clean(load_study("config/small/study.yaml"), Path("data/small/raw"), Path("data/small/corrections.csv"))
    write(data, Path("results"))
    return data


def asked() -> dict[tuple[str, str], str]:
    """(key, field) -> id of the query, of all that are open."""
    found = run().queries
    return {(row.key, row.field): row.id for row in found.itertuples() if row.state == "open"}


def signed() -> list[dict]:
    with open("data/small/corrections.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


GOOD = {"Answer": "corrected", "Reason": "source checked", "Name": "Ann Lee", "Date": "2026-04-30"}
FIRST = {
    ("P1", "born"): {**GOOD, "New value": "1960-03-01"},
    ("P2", "dose"): {**GOOD, "Answer": "not known", "Reason": "the chart says many"},
    ("P3", "dose"): {**GOOD, "New value": 50, "Date": datetime.date(2026, 4, 30)},
    ("P3", "lines"): {**GOOD, "Answer": "confirmed", "Name": "Bo Ray"},
    ("P4", "response"): {**GOOD, "New value": "SD"},
}


def fill(path: Path, answers: dict, **edit) -> Path:
    """The open queries, answered in the rows of (key, field); edit: other cells of the rows, by header."""
    if path.exists():
        path.unlink()
    queries.ask("small", path)
    book = load_workbook(path)
    sheet = book["Queries"]
    at = {cell.value: cell.column for cell in sheet[1]}
    rows = {
        (sheet.cell(row, at["Key"]).value, sheet.cell(row, at["Field"]).value): row
        for row in range(2, sheet.max_row + 1)
    }
    for place, answer in answers.items():
        for header, value in {**answer, **edit}.items():
            sheet.cell(rows[place], at[header], value)
    book.save(path)
    return path


def test_what_is_asked_is_locked_and_what_is_answered_is_offered(study):
    said = queries.ask("small")
    assert said == "data/small/queries.xlsx: 8 open queries"
    first = Path("data/small/queries.xlsx").read_bytes()
    Path("data/small/queries.xlsx").unlink()
    queries.ask("small")
    assert Path("data/small/queries.xlsx").read_bytes() == first, "the same queries give the same bytes"
    book = load_workbook("data/small/queries.xlsx")
    sheet = book["Queries"]
    rows = list(sheet.iter_rows(min_row=2))
    headers = [cell.value for cell in sheet[1]]
    table = {(row[4].value, row[5].value): dict(zip(headers, row, strict=True)) for row in rows}
    assert [cell.value for cell in table["P3", "dose"].values()][1:12] == [
        "error", "t", "P3", "P3", "dose", "dose", "f.csv", 4, "Dose", "500",
        "500 is impossible (possible: 0 to 100); divided by 10 it would be plausible: a unit slip?",
    ]  # fmt: skip
    assert [row[3].value for row in rows] == sorted(row[3].value for row in rows), "by participant"
    assert sheet.protection.sheet and {cell.protection.locked for row in rows for cell in row[:12]} == {True}
    assert {cell.protection.locked for row in rows for cell in row[12:]} == {False}
    # a text that begins like a formula is a text; of identifiers and free text nothing is shown
    assert table["P4", "lines"]["Raw value"].value == "=1+1" and table["P4", "lines"]["Raw value"].data_type == "s"
    assert table["P1", "born"]["Raw value"].value == "[identifier removed]"
    assert "withheld" in table["P4", "note"]["Raw value"].value
    everything = " ".join(str(cell.value) for one in book for row in one.iter_rows() for cell in row)
    assert "1960" not in everything and "Mr Li" not in everything
    offered = {}
    for rule in sheet.data_validations.dataValidation:
        letter, row, _, last = (part.strip("$") for part in rule.formula1.split("!")[1].replace(":", "").split("$")[1:])
        choices = [book["Lists"][f"{letter}{i}"].value for i in range(int(row), int(last) + 1)]
        offered |= {
            cell: choices for area in rule.sqref.ranges for cell in (sheet.cell(*at).coordinate for at in area.cells)
        }

    def choices(place, header):
        return offered.get(table[place][header].coordinate)

    assert choices(("P3", "lines"), "Answer") == ["corrected", "confirmed", "not known"]
    assert choices(("P3", "dose"), "Answer") == ["corrected", "not known"], "what cannot be used is not confirmed"
    assert choices(("P5", "twice"), "Answer") == ["confirmed"], "what is computed is not corrected"
    assert (
        choices(("P4", "response"), "New value") == ["CR", "PR", "SD"] and choices(("P3", "dose"), "New value") is None
    )
    assert choices(("P3", "dose"), "Name") == ["Ann Lee", "Bo Ray"]
    with pytest.raises(InputError, match="queries.xlsx: exists"):
        queries.ask("small")


def test_answers_close_their_queries_and_the_others_stay_open(study):
    before = asked()
    said = queries.take("small", fill(Path("filled.xlsx"), FIRST), TODAY)
    new = asked()["P3", "twice"]
    assert said == (
        "data/small/corrections.csv: 5 answers (3 corrected, 1 not known, 1 confirmed); 4 queries stay open\n"
        f"  new: {new} t P3 twice: twice the dose is a lot"
    )
    lines = {(line["key"], line["field"]): line for line in signed()}
    assert {place: (line["old"], line["new"], line["by"], line["date"]) for place, line in lines.items()} == {
        ("P1", "born"): ("1960-02-30", "1960-03-01", "Ann Lee", "2026-04-30"),
        ("P2", "dose"): ("many", "", "Ann Lee", "2026-04-30"),
        ("P3", "dose"): ("500", "50", "Ann Lee", "2026-04-30"),
        ("P3", "lines"): ("14", "14", "Bo Ray", "2026-04-30"),
        ("P4", "response"): ("huh", "SD", "Ann Lee", "2026-04-30"),
    }
    data = run()
    table = data.tables["t"].set_index("participant")
    assert (
        table["dose"].fillna(-1).tolist() == [5, -1, 50, 6, 7]
        and table.loc["P4", "response"] == "SD"
        and table.loc["P3", "lines"] == 14
    )
    rows = {row.id: row for row in data.queries.itertuples()}
    assert [rows[before[place]].state for place in FIRST] == ["closed"] * 5
    closed = rows[before["P3", "dose"]]
    assert (closed.answer, closed.value, closed.new_value, closed.reason, closed.by, closed.date) == (
        "corrected", "500", "50", "source checked", "Ann Lee", "2026-04-30")  # fmt: skip
    assert closed.message.startswith("500 is impossible")
    assert rows[before["P3", "lines"]].answer == "confirmed" and rows[before["P2", "dose"]].answer == "not known"
    assert rows[before["P1", "born"]].value == rows[before["P1", "born"]].new_value == "[identifier removed]"
    assert {place for place, name in asked().items()} == {
        ("P4", "lines"),
        ("P4", "note"),
        ("P5", "twice"),
        ("P3", "twice"),
    }
    # a confirmed value is not a changed cell
    assert tally(read_logs(Path("results")))["corrections"] == 3 and tally(read_logs(Path("results")))["queries"] == 4
    assert queries.take("small", Path("filled.xlsx"), TODAY) == "filled.xlsx: no new answer; 4 queries stay open"


REFUSED = {  # what is wrong -> (place, answer, what the refusal says)
    "old value": (("P3", "dose"), {**GOOD, "New value": "50", "Raw value": "501"}, "Raw value is '501' in the sheet and '500' in the records"),
    "key": (("P3", "dose"), {**GOOD, "New value": "50", "Key": "P2"}, "Key is 'P2' in the sheet and 'P3' in the records"),
    "query": (("P3", "dose"), {**GOOD, "New value": "50", "Query": "QAAAAAAAAAA"}, "'QAAAAAAAAAA' is no query of these records"),
    "reason": (("P3", "dose"), {**GOOD, "New value": "50", "Reason": None}, "has no reason"),
    "name": (("P3", "dose"), {**GOOD, "New value": "50", "Name": "Ann Leigh"}, "is answered by 'Ann Leigh', who may not answer"),
    "no name": (("P3", "dose"), {**GOOD, "New value": "50", "Name": None}, "has no name"),
    "no date": (("P3", "dose"), {**GOOD, "New value": "50", "Date": None}, "has no date"),
    "date": (("P3", "dose"), {**GOOD, "New value": "50", "Date": "30.4.2026"}, "has the date '30.4.2026'"),
    "future": (("P3", "dose"), {**GOOD, "New value": "50", "Date": "2026-05-02"}, "has the date 2026-05-02, which is yet to come"),
    "no answer": (("P3", "dose"), {**GOOD, "Answer": None, "New value": "50"}, "has no answer, and something beside it"),
    "no such answer": (("P3", "dose"), {**GOOD, "Answer": "correct", "New value": "50"}, "has the answer 'correct'"),
    "no new value": (("P3", "dose"), GOOD, "is corrected to nothing"),
    "same value": (("P3", "lines"), {**GOOD, "New value": "14"}, "is corrected to what it was"),
    "two values": (("P3", "lines"), {**GOOD, "Answer": "confirmed", "New value": "4"}, "is confirmed and has the new value '4'"),
    "impossible": (("P3", "dose"), {**GOOD, "New value": "101"}, "the new value '101' does not fit: 101 is impossible (possible: 0 to 100)"),
    "no number": (("P2", "dose"), {**GOOD, "New value": "few"}, "the new value 'few' does not fit: 'few' is not a number"),
    "no code": (("P4", "response"), {**GOOD, "New value": "MR"}, "the new value 'MR' does not fit"),
    "still unusual": (("P3", "lines"), {**GOOD, "New value": "15"}, "with this answer the same is asked again: 15 is unusual"),
    "cleared": (("P3", "dose"), {**GOOD, "Answer": "confirmed"}, "confirms a value that cannot be used"),
    "computed": (("P5", "twice"), {**GOOD, "New value": "10"}, "is no cell that can be corrected"),
    "formula": (("P3", "dose"), {**GOOD, "New value": "=1+1"}, "holds no value under New value"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named_with_its_row_and_nothing_is_written(study, name):
    place, answer, what = REFUSED[name]
    others = {at: one for at, one in FIRST.items() if at != place}
    with pytest.raises(InputError) as error:
        queries.take("small", fill(Path("filled.xlsx"), {**others, place: answer}), TODAY)
    book = load_workbook("filled.xlsx")["Queries"]
    (row,) = (at for at in range(2, book.max_row + 1) if (book.cell(at, 6).value == place[1] and place[0] in (book.cell(at, 5).value, book.cell(at, 4).value)))  # fmt: skip
    (problem,) = error.value.problems
    assert what in str(problem) and problem.where == f"filled.xlsx, sheet Queries, row {row}"
    assert not Path("data/small/corrections.csv").exists()


def test_a_percentage_is_no_new_value(study):
    """0.35 shown as 35%: which of the two is meant is not for the program to say."""
    path = fill(Path("filled.xlsx"), {("P3", "dose"): {**GOOD, "New value": 0.35}})
    book = load_workbook(path)
    for row in book["Queries"].iter_rows(min_row=2):
        row[13].number_format = "0%"
    book.save(path)
    with pytest.raises(InputError, match="row 4: shows 35% under New value and holds 0.35"):
        queries.take("small", path, TODAY)


def test_a_value_that_is_not_shown_is_answered_for_its_file_alone(study):
    """The sheet cannot show an identifier, so that an answer holds for the file that it was asked about."""
    path = fill(Path("filled.xlsx"), {("P1", "born"): {**GOOD, "New value": "1960-03-01"}})
    raw(study, RAW.replace("1960-02-30", "1960-02-31"))
    with pytest.raises(InputError, match="is about a value that is not shown, of f.csv, which is not the file"):
        queries.take("small", path, TODAY)


def test_an_id_is_that_of_what_it_is_about(study):
    """Not of its place, and not of the value: other queries come and go, rows move, and it stays."""
    before = asked()
    raw(study, RAW.replace("P1,", "P0,1959-01-01,x,CR,99,\nP1,").replace("P3,1971-01-01,500", "P3,1971-01-01,501"))
    after = asked()
    assert {place: after[place] for place in before} == before and len(after) == len(before) + 2
    assert len(set(after.values())) == len(after) and all(name[0] == "Q" and len(name) == 11 for name in after.values())


def test_a_confirmation_holds_for_the_value_that_was_confirmed(study):
    confirmed = ("P3", "lines")
    name = asked()[confirmed]
    queries.take("small", fill(Path("filled.xlsx"), {confirmed: FIRST[confirmed]}), TODAY)
    assert confirmed not in asked()
    raw(study, RAW.replace("SD,14", "SD,41"))
    assert asked()[confirmed] == name, "41 is another value: asked again, under the same id"
    row = run().queries.set_index("id").loc[name]
    assert (row["state"], row["answer"], row["by"], row["value"]) == ("open", "confirmed", "Bo Ray", "41")
    queries.take(
        "small",
        fill(Path("again.xlsx"), {confirmed: {**FIRST[confirmed], "Answer": "corrected", "New value": "4"}}),
        TODAY,
    )
    assert confirmed not in asked() and len(signed()) == 2


def test_one_cell_has_one_correction(study):
    """Two answers about one cell must say the same; a cell that was corrected before is changed where that was signed off."""
    Path("data/small/corrections.csv").write_text("table,key,field,old,new,reason\nt,P3,lines,14,13,typing error\n")
    with pytest.raises(InputError, match="the cell has another correction already, to '13'"):
        queries.take("small", fill(Path("filled.xlsx"), {("P3", "lines"): {**GOOD, "New value": "4"}}), TODAY)
    Path("data/small/corrections.csv").unlink()
    path = fill(Path("filled.xlsx"), FIRST)
    queries.take("small", path, TODAY)
    text = Path("data/small/corrections.csv").read_text()
    with pytest.raises(InputError, match=r"row \d: Q\w+ was answered by Ann Lee on 2026-04-30: corrected"):
        book = load_workbook(path)
        for row in book["Queries"].iter_rows(min_row=2):
            row[13].value = 49 if row[13].value == 50 else row[13].value
        book.save(path)
        queries.take("small", path, TODAY)
    assert Path("data/small/corrections.csv").read_text() == text


def test_an_old_file_of_corrections_goes_on_to_work_and_is_kept(study):
    """Six columns, no name: as before. Answers are appended below, and the old lines say nobody."""
    old = "table,key,field,old,new,reason\nt,P3,dose,500,50,typing error\n"
    Path("data/small/corrections.csv").write_text(old)
    assert ("P3", "dose") not in asked() and "closed" not in set(run().queries["state"])
    queries.take("small", fill(Path("filled.xlsx"), {("P3", "lines"): FIRST["P3", "lines"]}), TODAY)
    first, second = signed()
    assert (first["old"], first["new"], first["by"], first["date"], first["query"]) == ("500", "50", "", "", "")
    assert second["by"] == "Bo Ray" and ("P3", "dose") not in asked()


def test_names_and_dates_of_corrections_are_looked_at(study):
    head = "table,key,field,old,new,reason,by,date\n"
    for line, what in {
        "t,P3,dose,500,50,typing error,Cy Fox,2026-04-30": "row 2: is by 'Cy Fox', who is not among the data managers",
        "t,P3,dose,500,50,typing error,Ann Lee,": "row 2: has nothing under date",
        "t,P3,dose,500,50,typing error,,2026-04-30": "row 2: has nothing under by",
        "t,P3,dose,500,50,typing error,Ann Lee,30 April": "row 2: has the date '30 April'",
        "t,P3,dose,500,50,,Ann Lee,2026-04-30": "row 2: has no reason",
    }.items():
        Path("data/small/corrections.csv").write_text(head + line + "\n")
        with pytest.raises(InputError, match=what):
            run()
    Path("data/small/corrections.csv").write_text(head + "t,P3,dose,500,50,typing error,Ann Lee,2026-04-30\n")
    assert run().tables["t"].set_index("participant").loc["P3", "dose"] == 50


def test_a_query_about_a_file_is_confirmed_for_this_file(study):
    raw(study, RAW + "P6,1974-01-01,7,CR,2,,one more\n")
    name = asked()["", ""]
    book_path = fill(Path("filled.xlsx"), {})
    book = load_workbook(book_path)
    (row,) = (row for row in book["Queries"].iter_rows(min_row=2) if row[0].value == name)
    for cell, value in zip(
        row[12:], ("confirmed", None, "a patient of another trial", "Ann Lee", "2026-04-30"), strict=True
    ):
        cell.value = value
    book.save(book_path)
    queries.take("small", book_path, TODAY)
    assert ("", "") not in asked()
    raw(study, RAW + "P7,1974-01-01,7,CR,2,,one more\n")
    assert asked()["", ""] == name, "another row of another file"


@pytest.mark.parametrize("form", ["xlsx", "ods", "csv"])
def test_answers_saved_by_libreoffice(study, form):
    if not shutil.which("soffice"):
        pytest.skip("there is no LibreOffice")
    path = fill(Path("filled.xlsx"), FIRST)
    here = {**os.environ, "HOME": str(study)}
    saved = Path("saved") / f"filled.{form}"
    convert = ["soffice", "--headless", "--convert-to", form, "--outdir", "saved", str(path)]
    subprocess.run(convert, check=True, timeout=120, env=here, capture_output=True)
    if not saved.exists():
        pytest.skip("this LibreOffice opens no workbook: Calc is not among its parts")
    if form == "csv":  # the sheet by itself does not say which files it was made from
        with pytest.raises(InputError, match="is about a value that is not shown"):
            queries.take("small", saved, TODAY)
        return
    assert "5 answers (3 corrected, 1 not known, 1 confirmed)" in queries.take("small", saved, TODAY)
    first = signed()
    Path("data/small/corrections.csv").unlink()
    queries.take("small", path, TODAY)
    assert signed() == first, "the same as from the file that was not saved by it"


def test_the_command(study):
    def command(*arguments: str) -> subprocess.CompletedProcess:
        where = [sys.executable, "-m", "trialpress", "queries", "small", "--directory", str(study), *arguments]
        return subprocess.run(where, cwd=ROOT / "workflow", capture_output=True, text=True, timeout=120)

    path = fill(study / "filled.xlsx", {("P3", "dose"): {**GOOD, "New value": "50"}})
    found = command("--answers", str(path))
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("data/small/corrections.csv: 1 answer (1 corrected)")
    found = command("--answers", str(study / "nowhere.xlsx"))
    assert found.returncode == 1 and "nowhere.xlsx: does not exist" in found.stderr and "Traceback" not in found.stderr
    assert command().stdout.startswith("data/small/queries.xlsx: 8 open queries")
