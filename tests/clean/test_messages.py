"""Every message of the clean stage with the input that causes it; a message that no input here causes fails the test."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
import trialpress.clean
from trialpress.clean.deal import deal
from trialpress.clean.scatter import clean_part
from trialpress.errors import InputError
from trialpress.study import load_study

from .small import READ, cleaned, column, folder_of

CLEAN = Path(trialpress.clean.__file__).parent
ID = {"source": "ID", "type": "id"}


def book(*values, **formats) -> bytes:
    """A workbook with the participants S1, S2, ... and the values given in column X."""
    import io

    import openpyxl

    workbook = openpyxl.Workbook()
    for row in [["ID", "X"], *([f"S{i}", value] for i, value in enumerate(values, start=1))]:
        workbook.active.append(row)
    for cell, number_format in formats.items():
        workbook.active[cell].number_format = number_format
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def rewritten(archive: bytes, old: bytes, new: bytes) -> bytes:
    """An archive with other bytes in its parts."""
    import io
    import zipfile

    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(old, new))
    return content.getvalue()


def of_book(folder, spec, *values, **formats):
    columns = {"participant": ID, "x": {"source": "X", **spec}}
    return cleaned(
        folder, {"f.xlsx": book(*values, **formats)}, {"t": {"file": "f", "key": ["participant"], "columns": columns}}
    )


def of_data(folder, spec, *values, labels=None):
    """The same as a file of SPSS."""
    import pandas as pd
    import pyreadstat

    data = pd.DataFrame({"ID": [f"S{i}" for i, _ in enumerate(values, start=1)], "X": map(float, values)})
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = folder.parent / f"{folder.name}.sav"
    pyreadstat.write_sav(data, made, variable_value_labels={"X": labels} if labels else None)
    columns = {"participant": ID, "x": {"source": "X", **spec}}
    return cleaned(
        folder, {"f.sav": made.read_bytes()}, {"t": {"file": "f", "key": ["participant"], "columns": columns}}
    )


def of_table(folder, text, columns, fixes="", **more):
    table = {"file": "f", "key": ["participant"], "columns": {"participant": ID, **columns}, **more.pop("table", {})}
    return cleaned(folder, {"f.csv": text}, {**more.pop("before", {}), "t": table}, fixes, **more)


def of_two(folder, rows):
    """A table of two files."""
    x = {"source": "X", "type": "number", "label": "X"}
    join = [{"file": "p", "columns": {"participant": ID, "x": x}}]
    columns = {"participant": ID, "x": x, "y": {**x, "required": True}}
    table = {"file": "f", "key": ["participant"], "columns": columns, "join": join}
    return cleaned(folder, {"f.csv": f"ID,X\n{MANY}", "p.csv": f"ID,X\n{rows}"}, {"t": table})


def number(*texts, **spec):
    return lambda folder: column(folder, {"type": "number", **spec}, *texts)


def typed(kind, *texts, **spec):
    return lambda folder: column(folder, {"type": kind, **spec}, *texts)


def fixed(line):
    return lambda folder: column(
        folder, {"type": "number"}, "5", corrections=f"table,key,field,old,new,reason\n{line}\n"
    )


def in_parts(text, fixes="", **other):
    """The first of two parts of a table of participants; other: the columns of another table of the same file."""

    def part(folder):
        tables = {"t": {"file": "f", "key": ["participant"], "columns": {"participant": ID}}}
        tables |= {
            "u": {
                "file": "f",
                "key": ["participant", "x"],
                "columns": {
                    "participant": ID,
                    "x": {"source": "X", "type": "code", "codes": {"a": [], "a/b": []}},
                    **other,
                },
            }
        }
        made = folder_of(folder, {"f.csv": text}, tables, fixes)
        study, raw = load_study(made / "study.yaml"), made / "data" / "raw"
        deal(study, raw, 2, made / "dealt")
        clean_part(study, raw, made / "data" / "corrections.csv", made / "dealt", 0, made)

    return part


def corrected(content: bytes):
    """A file of corrections as bytes."""

    def run(folder):
        from trialpress.clean import clean
        from trialpress.study import load_study

        tables = {"t": {"file": "f", "key": ["participant"], "columns": {"participant": ID, "x": F}}}
        folder_of(folder, {"f.csv": "ID,X\nS0,5\n"}, tables, study={"data_managers": ["Bo"]})
        (folder / "data" / "corrections.csv").write_bytes(content)
        return clean(load_study(folder / "study.yaml"), folder / "data" / "raw", folder / "data" / "corrections.csv")

    return run


F = {"source": "X", "type": "number"}
CORRECTIONS = b"table,key,field,old,new,reason\n"
SIGNED = b"table,key,field,old,new,reason,by,date\n"
MANY = "".join(f"S{i},1\n" for i in range(40))
PEOPLE = {"p": {"file": "f", "key": ["participant"], "columns": {"participant": {**ID, "pattern": "S.*"}}}}
MESSAGES = {  # message (regular expression) -> input
    "the participant of S1 is corrected: its rows would move": in_parts(
        "ID,X\nS1,a\n", "table,key,field,old,new,reason\nt,S1,participant,S1,S2,wrong\n"
    ),
    "keys of the table u hold a slash": in_parts("ID,X\nS1/1,a\n" + "".join(f"S{n},a/b\n" for n in range(9))),
    "its tables have the participant in different columns": in_parts("ID,X,No\nS1,a,S1\n", participant={**ID, "source": "No"}),
    r"'abc' is not a number$": number("abc"),
    r"'1,2.3' is not a number": number("1,2.3"),
    r"'1,23,456' is not a number \(in '1,23,456 mg'\)": number("1,23,456 mg"),
    r"'1,250' may be 1250 or 1.250; declare decimal": number("1,250"),
    r"'1.250' may be 1250 or 1,?.?250; read as 1250": number("1.250", decimal=","),
    r"'1e999' is too large for a number": number("1e999"),
    r"'1e-999' is too small for a number": number("1e-999"),
    r"has 1001 characters, more than the 1000 that a value may have": number("1" * 1001),
    r"'12345678901234567' has more digits than a number keeps: is it an id": number("12345678901234567"),
    r"is no number that can be held": lambda folder: cleaned(
        folder, {"f.xlsx": rewritten(book(5), b"<v>5</v>", b"<v>1e999</v>")},
        {"t": {"file": "f", "key": ["participant"], "columns": {"participant": ID, "x": F}}}),
    r"'10000000000000000' is too long for a duration": typed("duration", "10000000000000000", unit="h"),
    r"2031-01-01 is after the data cut-off \(2030-12-31\)": typed("date", "2031-01-01"),
    r"2565-06-03 is no date of a trial \(a Buddhist year\? 2022": typed("date", "2565-06-03"),
    r"is too large a number \(unit k to m\)": number("100 k", unit="m", units={"k": 1e307}),
    r"'1.5' is not a whole number": typed("integer", "1.5"),
    r"'99999999999999999999' is too large for a whole number": typed("integer", "99999999999999999999"),
    r"'5 apples' is not a number": number("5 apples"),
    r"the unit 'MG/L' has no conversion \(did you mean 'mg/L'": number("5 MG/L", unit="mg/L"),
    r"'<' of a value beyond a limit was dropped": number("<5"),
    r"5 is impossible \(possible: 10 to 90\); times 10 it would be plausible": number("5", possible=[10, 90]),
    r"5 is unusual \(plausible: at least 10 mg\)": number("5", plausible=[10, None], unit="mg"),
    r"cannot be converted \(unit a to b\): another value of the row is missing": lambda folder: of_table(
        folder, "ID,X,Y\nS1,5 a,\nS2,5 a,2\n", {"y": {"source": "Y", "type": "number"}, "x": {**F, "unit": "b", "units": {"a": "x * y"}}}),
    r"is not a whole number any more \(unit a to b\)": typed("integer", "5 a", unit="b", units={"a": 0.3}),
    r"x is missing": typed("text", "", "y", required=True),
    r"'x' is not in the code list": typed("code", "x", codes={"a": []}),
    r"'pos' may be a or b: they differ by the case of letters only": typed("code", "pos", codes={"a": ["Pos"], "b": ["POS"]}),
    r"'abc' does not have the form S": typed("id", "abc", pattern=r"S\d"),
    r"'abc' is not a date": typed("date", "abc"),
    r"'2015-13' is not a month of the calendar": typed("date", "2015-13"),
    r"'2015-02-30' is not a day of the calendar": typed("date", "2015-02-30"),
    r"'03/04/2015' may be day/month or month/day": typed("date", "03/04/2015"),
    r"'03/04/15' may be read in several orders": typed("date", "03/04/15"),
    r"'3-Apr-15' has a year of two digits": typed("date", "3-Apr-15"),
    r"'00/00/0000' is not a date": typed("date", "00/00/0000"),
    r"'UN/03/19' is not a date": typed("date", "UN/03/19", date_order="ymd"),
    r"'03-UNK-2019' may be a day of an unknown month or": typed("date", "03-UNK-2019", date_order="mdy"),
    r"2030-12 was imputed to 2030-12-31, after the data cut-off \(2030-12-30\)": lambda folder: column(
        folder, {"type": "date", "partial": {"impute": "last"}}, "2030-12", study={"data_cutoff": "2030-12-30"}
    ),
    r"'03.04.15' has a year of two digits": typed("date", "03.04.15", date_order="dmy"),
    r"'2015-04' is a partial date \(the day is not known\)": typed("date", "2015-04"),
    r"2015-04 is all that is known of this date": typed("date", "2015-04", partial={}),
    r"'2015-03-04 27:00' is not a time of day": typed("datetime", "2015-03-04 27:00"),
    r"'2015-03-04' has no time of day, midnight was put in": typed("datetime", "2015-03-04"),
    r"'27:00' is not a time of day": typed("time", "27:00"),
    r"'long' is not a duration": typed("duration", "long", unit="h"),
    r"the cell shows 35% and holds 0.35": lambda folder: of_book(folder, {"type": "number"}, 0.35, B2="0%"),
    r"holds a date \(2015-03-01\), not a number": lambda folder: of_book(folder, {"type": "number"}, 42064, B2="yyyy-mm-dd"),
    r"holds TRUE, not a number": lambda folder: of_book(folder, {"type": "number"}, True),
    r"the workbook holds the date 2015-03-01 in a column of texts": lambda folder: of_book(folder, READ, 42064, B2="yyyy-mm-dd"),
    r"holds a date \(2015-03-01\), not a time of day": lambda folder: of_book(folder, {"type": "time"}, 42064, B2="yyyy-mm-dd"),
    r"'5' is not a time of day": lambda folder: of_book(folder, {"type": "time"}, 5),
    r"holds a time \(12:00:00\), not a date": lambda folder: of_book(folder, {"type": "date"}, 0.5, B2="hh:mm"),
    r"the cell shows 2015-03 and holds 2015-03-01: is the day known": lambda folder: of_book(folder, {"type": "date"}, 42064, B2="yyyy-mm"),
    r"'0' is not a date": lambda folder: of_book(folder, {"type": "date"}, 0),
    r"the cell holds a number without a date format, as a day 1900-01-12": lambda folder: of_book(folder, {"type": "date"}, 12),
    r"'20000' is a number without a date format": lambda folder: of_data(folder, {"type": "date"}, 20000),
    r"'1' is female by the code list, but male by its value label": lambda folder: of_data(
        folder, {"type": "code", "codes": {"female": ["1"], "male": ["2"]}}, 1, labels={1: "Male"}
    ),
    r"'60' is 29 February 1900": lambda folder: of_book(folder, {"type": "date"}, 60),
    r"holds the error #N/A": lambda folder: of_book(folder, {"type": "date"}, "#N/A"),
    r"holds a formula without a stored value \(=1\+1\)": lambda folder: of_book(folder, {"type": "number"}, "=1+1", 2),
    # rows
    r"no usable key: participant 'x' does not have the form S": lambda folder: of_table(
        folder, f"ID,X\n{MANY}x,1\n", {"participant": {**ID, "pattern": "S.*"}, "x": F}),
    r"no usable key: participant is missing": lambda folder: of_table(folder, f"ID,X\n{MANY},1\n", {"x": F}),
    r"orphan: participant 'Q1' is not in p.participant": lambda folder: of_table(
        folder, f"ID,X\n{MANY}Q1,1\n", {"x": F}, before=PEOPLE, table={"references": {"participant": "p.participant"}}),
    r"'s0' differs from 'S0' in its spelling alone: is it the same": lambda folder: of_table(folder, f"ID,X\n{MANY}s0,1\n", {"x": F}),
    r"duplicate of row 2": lambda folder: of_table(folder, f"ID,X\n{MANY}S0,1\n", {"x": F}),
    r"conflicts with row 2 \(same key\) in x": lambda folder: of_table(folder, f"ID,X\n{MANY}S0,2\n", {"x": F}),
    r"row 42 has the same key but '2'; row 2 was kept": lambda folder: of_table(folder, f"ID,X\n{MANY}S0,2\n", {"x": F}),
    r"not part of the table: x == 1": lambda folder: of_table(folder, f"ID,X\n{MANY}Q0,2\n", {"x": F}, table={"where": "x == 1"}),
    r"'Y' is not in the code list .*, so it is not known whether it is part of the table \(x == 'yes'\); the row was left out": lambda folder: of_table(
        folder, f"ID,X\n{MANY.replace(',1', ',yes')}Q0,Y\n", {"x": {"source": "X", "type": "code", "codes": {"yes": []}}}, table={"where": "x == 'yes'"}),
    r"X is missing, so it is not known whether it is part of the table": lambda folder: of_table(
        folder, f"ID,X\n{MANY}Q0,\n", {"x": {**F, "label": "X", "required": True}}, table={"where": "x == 1"}),
    r"no usable key: x 'MAR-2015' is no whole date": lambda folder: of_table(
        folder, f"ID,X\n{MANY.replace(',1', ',2015-01-01')}Q0,MAR-2015\n", {"x": {"source": "X", "type": "date", "partial": {}}},
        before=PEOPLE, table={"key": ["participant", "x"]}),
    r"is in p.csv and not in f.csv: is it a participant of this study, and written as there": lambda folder: of_two(folder, "Q9,1\n"),
    r"X is missing: no row in f.csv": lambda folder: of_two(folder, "Q9,1\n"),
    r"row 2 of p.csv says 2; 1 was taken": lambda folder: of_two(folder, "S0,2\n"),
    r"3 cells do not fit their columns and do when moved by 1 column to the left: the row is shifted": lambda folder: of_table(
        folder, "ID,A,B,C,D\n" + "".join(f"S{i},1,2015-01-01,F,\n" for i in range(30)) + "S99,x,1,2015-01-01,F\n",
        {"a": {"source": "A", "type": "number"}, "b": {"source": "B", "type": "date", "possible": [None, None]},
         "c": {"source": "C", "type": "code", "codes": {"F": []}}}),
    r"the row looks shifted: a, b, c do not fit": lambda folder: of_table(
        folder, "ID,A,B,C,D\n" + "".join(f"S{i},1,2015-01-01,F,\n" for i in range(30)) + "S99,x,1,2015-01-01,F\n",
        {"a": {"source": "A", "type": "number"}, "b": {"source": "B", "type": "date"}, "c": {"source": "C", "type": "code", "codes": {"F": []}}}),
    r"check c: never": lambda folder: of_table(
        folder, f"ID,X\n{MANY}Q0,2\n", {"x": F}, table={"checks": [{"id": "c", "assert": "x == 1", "field": "x", "message": "never", "action": "reject"}]}),
    r"the row has 3 cells, the header has 2; it was rejected": lambda folder: of_table(folder, f"ID,X\n{MANY}Q0,2,3\n", {"x": F}),
    r"Q9 is in p and has no row in t": lambda folder: of_table(
        folder, f"ID,X\n{MANY}Q9,2\n", {"x": F}, before={"p": {**PEOPLE["p"], "columns": {"participant": ID}}},
        table={"complete": {"participant": "p.participant"}, "where": "x == 1"}),
    r"5 has no unit": lambda folder: of_table(folder, "ID,X,U\nS1,5,\nS2,6,mg\n", {"x": {**F, "unit": "mg", "unit_from": "U"}}),
    # what stops
    r"tables.t: keeps no row": lambda folder: of_table(folder, f"ID,X\n{MANY}", {"x": F}, table={"where": "x == 2"}),
    r"f.csv, table t: 10 of 50 rows would be rejected \(20%, allowed 5%\)": lambda folder: of_table(
        folder, f"ID,X\n{MANY}" + ",1\n" * 10, {"x": F}),
    r"tables.t.columns.y.derive: cannot be evaluated": lambda folder: of_table(
        folder, f"ID,X\n{MANY}", {"d": {"source": "X", "type": "date"}, "y": {"derive": "(d - d) + 1", "type": "number"}}),
    r"tables.t.checks.c.assert: ": lambda folder: of_table(
        folder, f"ID,X\n{MANY}", {"x": F}, table={"checks": [{"id": "c", "assert": "participant > 1", "field": "x", "message": "m"}]}),
    r"tables.t.checks.c.assert: cannot be evaluated": lambda folder: of_table(
        folder, f"ID,X\n{MANY}", {"d": {"source": "X", "type": "date"}},
        table={"checks": [{"id": "c", "assert": "d - d > 1", "field": "d", "message": "m"}]}),
    r"corrections.csv, row 2: has 5 cells, the header has 6": corrected(CORRECTIONS + b"t,S0,x,5,6\n"),
    r"corrections.csv, row 2: has nothing under date": corrected(SIGNED + b"t,S0,x,5,6,typo,Ann,\n"),
    r"corrections.csv, row 2: is by 'Ann', who is not among the data managers": corrected(SIGNED + b"t,S0,x,5,6,typo,Ann,2020-01-31\n"),
    r"corrections.csv, row 2: has the date '31.1.'": corrected(SIGNED + b"t,S0,x,5,6,typo,Bo,31.1.\n"),
    r"corrections.csv, row 3: corrects what row 2 corrects, too": corrected(CORRECTIONS + 2 * b"t,S0,x,5,6,typo\n"),
    r"corrections.csv, row 2: holds the character U\+0000": corrected(CORRECTIONS + b"t,S0,x,5,6,ty\0po\n"),
    r"corrections.csv, row 2: is not UTF-8: byte 0xb1": corrected(CORRECTIONS + "t,S0,x,5,6,笔误\n".encode("gbk")),
    r"corrections.csv: cannot be read: unexpected end of data": corrected(CORRECTIONS + b't,S0,x,5,6,"typo\n'),
    r"corrections.csv: is empty": corrected(b""),
    r"corrections.csv: has the columns a, b": lambda folder: column(folder, {}, "x", corrections="a,b\n1,2\n"),
    r"corrections.csv, row 2: unknown table 'u'": fixed("u,S0,x,5,6,r"),
    r"corrections.csv, row 2: unknown field 'y'": fixed("t,S0,y,5,6,r"),
    r"corrections.csv, row 2: has no reason": fixed("t,S0,x,5,6, "),
    r"does not find the old value '7' that it names: the value there is '5'": fixed("t,S0,x,7,6,r"),
}  # fmt: skip


def said(folder: Path, cause) -> list[str]:
    """Everything that a run says: problems, queries, reasons."""
    try:
        data = cause(folder)
    except InputError as error:
        for problem in error.problems:
            assert problem.what and problem.why and problem.do, problem
        return [*map(str, error.problems), *_logs(folder)]
    return [*data.queries["message"], *data.rejected["reason"]]


def _logs(folder: Path) -> list[str]:
    import pandas as pd

    path = folder / "clean" / "rejected.csv"
    return pd.read_csv(path, dtype=str)["reason"].tolist() if path.exists() else []


@pytest.mark.parametrize("message", MESSAGES)
def test_each_message_has_an_input(tmp_path, message):
    assert any(re.search(message, text) for text in said(tmp_path / "s", MESSAGES[message])), said(
        tmp_path / "t", MESSAGES[message]
    )


SAYING = {"Problem": 1, "misfit": 0, "asking": 1, "reject": 1}


def places() -> dict[tuple[str, int], str]:
    """(file, line) of every place of the clean stage, the reading room aside, that says something."""
    found = {}
    for path in sorted(CLEAN.rglob("*.py")):
        if path.parent.name == "read":  # tests/clean/test_read_*.py
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            says = name in SAYING and len(node.args) > SAYING[name]
            if says or (name == "Reading" and any(word.arg == "problem" for word in node.keywords)):
                found[str(path), node.lineno] = ast.unparse(node)
    return found


def test_there_is_no_message_without_an_input(tmp_path):
    wanted, reached = places(), set()
    files = {path for path, _ in wanted}

    def trace(frame, event, _):
        path = frame.f_code.co_filename
        if path not in files:
            return None
        reached.add((path, frame.f_lineno))
        return trace

    assert len(wanted) > 50
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for number_, cause in enumerate(MESSAGES.values()):
            said(tmp_path / str(number_), cause)
    finally:
        sys.settrace(before)
    silent = [f"{Path(path).name}:{line} {text}" for (path, line), text in wanted.items()
              if not any((path, at) in reached for at in range(line, line + 1))]  # fmt: skip
    assert not silent, "\n".join(silent)
