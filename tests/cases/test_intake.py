"""Small inputs of the intake after public bug reports, through the one door: a folder in, files out."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
STUDY = """
study: {{id: small, title: A small trial, data_cutoff: "2030-12-31", reconstruction: false}}
{head}
files: {{f: {{path: {name}{options}}}}}
tables:
  t: {{file: f, key: [participant], columns: {{participant: {{source: ID, type: id}}{columns}}}}}
{tables}
"""
PLAN = """
plan: {level: 0.95, seed: 1}
cohort: {table: t, columns: {}}
populations: {all: {label: All patients, condition: "true"}}
analyses: {n: {method: proportion, population: all, event: present(participant)}}
"""


class Came:
    """What came out of a run: its exit status, what it said, and its files."""

    def __init__(self, status: int, said: str, out: Path):
        self.status, self.said, self.out = status, said, out

    def table(self, name: str = "t") -> pd.DataFrame:
        return pd.read_parquet(self.out / "clean" / f"{name}.parquet")

    def column(self, name: str) -> list:
        values = self.table()[name]
        values = values.dt.strftime("%Y-%m-%d") if values.dtype.kind == "M" else values
        return [None if pd.isna(value) else value for value in values]

    def log(self, name: str) -> pd.DataFrame:
        return pd.read_csv(self.out / "clean" / f"{name}.csv", dtype=str, keep_default_na=False)


@pytest.fixture
def run(tmp_path):
    def run(
        name: str, content: bytes | str, columns: str = "", options: str = "", head: str = "", tables: str = ""
    ) -> Came:
        from clean.small import seal

        raw = tmp_path / "a study" / "data" / "raw"
        raw.mkdir(parents=True)
        (raw / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        seal(raw)
        study = STUDY.format(name=name, columns=columns, options=options, head=head, tables=tables)
        (raw.parents[1] / "study.yaml").write_text(study, encoding="utf-8")
        (raw.parents[1] / "plan.yaml").write_text(PLAN, encoding="utf-8")
        out = tmp_path / "out"
        done = subprocess.run(
            [sys.executable, "-m", "trialpress", "run", raw.parents[1], "--out", out, "--until", "clean"],
            env={**os.environ, "PYTHONPATH": str(WORKFLOW)}, cwd=tmp_path, text=True, capture_output=True,
        )  # fmt: skip
        assert "Traceback" not in done.stdout + done.stderr
        return Came(done.returncode, done.stdout + done.stderr, out)

    return run


def workbook(rows: list[list], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def rewritten(content: bytes, old: str, new: str) -> bytes:
    """The workbook with a piece of its sheet's XML replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for item in source.infolist():
            body = source.read(item)
            target.writestr(item, body.replace(old.encode(), new.encode()))
    assert out.getvalue() != content
    return out.getvalue()


def test_decimal_commas_are_a_matter_of_texts(run):
    """pandas#14403: a true number of a workbook has no decimal sign."""
    cells = [
        ["ID", "CRP"],
        ["S1", 0.5],
        ["S2", "0,7"],
        ["S3", 12.25],
        ["S4", "1.234,5"],
        ["S5", 1234.5],
        ["S6", "11.6"],
    ]
    came = run("f.xlsx", workbook(cells), ", crp: {source: CRP, type: number}", ', decimal: ","')
    assert came.status == 0 and came.column("crp") == [0.5, 0.7, 12.25, 1234.5, 1234.5, 11.6]
    assert came.log("queries").empty and "number read from text" not in set(came.log("changes")["rule"])


SIGNS = {
    "its column groups by points": (["150.000", "98.000", "1.250.000", "250"], [], [None, None, 1250000, 250]),
    "its file has decimal commas": (["150.000", "98.000", "250"], ["12,5", "9,1", "7"], [None, None, 250]),
    "its column has points, its file commas": (["150.000", "45.5", "0.125"], ["12,5", "9,1", "7,25"], [150, 45.5, 0.125]),
    "commas group": (["1.250", "1,250,000", "1,234.5"], ["1.125"], [1.25, 1250000, 1234.5]),
    "an English file": (["1.250", "150.000", "98.000"], ["12.5", "9.1", "12,5"], [1.25, 150, 98]),
    "nothing shows a sign": (["1.250", "150.000", "98"], ["2.125"], [1.25, 150, 98]),
    "a file of words": (["1.250", "150.000"], ["12,5 or so,"], [1.25, 150]),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNS)
def test_a_point_before_three_digits_beside_decimal_commas(run, name):
    texts, others, values = SIGNS[name]
    kind = "type: number" if name != "a file of words" else "free_text: {reviewed: A reader, date: 2020-01-31}"
    rows = [f"S{i};{text};{others[i] if i < len(others) else ''}\n" for i, text in enumerate(texts)]
    columns = f", x: {{source: X, type: number}}, y: {{source: Y, {kind}}}"
    came = run("f.csv", "ID;X;Y\n" + "".join(rows), columns, ', delimiter: ";"')
    assert came.column("x") == values
    lost = [text for text, value in zip(texts, values, strict=True) if value is None]
    assert came.log("queries")["value"].tolist() == lost
    assert came.log("queries")["message"].str.contains("declare decimal and grouping").all()


def test_cells_shown_as_per_cent(run):
    """readxl#462: 0.35 shown as 35% among texts and plain numbers."""
    content = workbook([["ID", "B"], ["S1", 0.35], ["S2", "35%"], ["S3", 35], ["S4", 1]], {"B2": "0%", "B5": "0.0%"})
    came = run("f.xlsx", content, ', b: {source: B, type: number, unit: "%"}')
    assert came.status == 0 and came.column("b") == [35, 35, 35, 100]
    changes = came.log("changes").set_index("key")
    assert changes.loc["S1", ["raw_value", "clean_value", "rule", "kind"]].tolist() == [
        "0.35",
        "35",
        "as shown, 35%",
        "value",
    ]


def test_cells_shown_as_per_cent_in_a_column_without_that_unit(run):
    came = run("f.xlsx", workbook([["ID", "B"], ["S1", 0.35]], {"B2": "0%"}), ", b: {source: B, type: number}")
    assert came.column("b") == [0.35] and "shows 35% and holds 0.35" in came.log("queries")["message"].item()


def test_an_id_is_what_its_number_format_shows(run):
    cells = [["ID", "Age"], [1, 50], [2, 51], [1, 52], [2, 53], [3, 54], [0.35, 55]]
    shown = {"A2": '"A-"000', "A3": '"A-"000', "A4": '"B-"000', "A5": '"B-"000', "A6": "000", "A7": "0%"}
    came = run("f.xlsx", workbook(cells, shown), ", age: {source: Age, type: integer}")
    ages = dict(zip(came.column("participant"), came.column("age"), strict=True))
    assert ages == {"A-001": 50, "A-002": 51, "B-001": 52, "B-002": 53, "003": 54, "0.35": 55}
    assert came.log("queries")["message"].tolist() == ["the cell shows 35% and holds 0.35; what it holds is read"]
    assert set(came.log("changes")["rule"]) == {"as shown", "leading zeros as shown"}


def test_a_missing_word_of_digits_is_no_other_id(run):
    text = "ID,Age\n" + "".join(f"{n:03d},{n}\n" for n in range(90, 110)) + "99,50\n"
    came = run("f.csv", text, ", age: {source: Age, type: number}", head='missing: ["99"]')
    assert came.column("participant") == [f"{n:03d}" for n in range(90, 110)]
    assert came.log("rejected")["content"].str.contains("50").tolist() == [True] and came.column("age")[9] is None


def test_a_formula_without_a_stored_value_is_no_empty_cell(run):
    """readxl#565: the workbook was written by a program that does not calculate."""
    content = workbook([["ID", "W", "D"], ["S1", 70, "=B2*2"], ["S2", 60, 120]])
    came = run("f.xlsx", content, ", dose: {source: D, type: number}")
    query = came.log("queries").iloc[0]
    assert (query["severity"], query["row"], query["column"]) == ("error", "2", "D") and "formula" in query["message"]
    assert came.column("dose") == [None, 120] and len(came.log("changes")) == 1


def test_error_cells_are_said(run):
    content = rewritten(
        workbook([["ID", "D"], ["S1", 12345], ["S2", 120]]),
        '<c r="B2" t="n"><v>12345</v></c>',
        '<c r="B2" t="e"><v>#DIV/0!</v></c>',
    )
    came = run("f.xlsx", content, ", dose: {source: D, type: number}")
    assert came.column("dose") == [None, 120] and came.log("queries")["message"].tolist() == ["holds the error #DIV/0!"]


def test_the_line_break_of_windows_in_a_cell(run):
    """readxl: _x000D_ stands for a character."""
    content = workbook([["ID", "R", "N"], ["S1", "CR_x000D_", "first_x000D_\nsecond"]])
    came = run(
        "f.xlsx",
        content,
        ", r: {source: R, type: code, codes: {CR: []}}, n: {source: N, free_text: {reviewed: A reader, date: 2020-01-31}}",
    )
    assert came.column("r") == ["CR"] and came.column("n") == ["first second"] and came.log("queries").empty


def test_dates_of_sas_edc_and_sql(run):
    texts = [
        "12NOV2020",
        "3NOV2020",
        "13NOV 2010",
        "6/15/2015 12:00:00 AM",
        "2015-06-15T10:00:00Z",
        "2015-06-15T10:00:00.000+08:00",
    ]
    came = run(
        "f.csv", "ID,D\n" + "".join(f"S{i},{text}\n" for i, text in enumerate(texts)), ", d: {source: D, type: date}"
    )
    assert came.column("d") == ["2020-11-12", "2020-11-03", "2010-11-13", *["2015-06-15"] * 3]
    assert came.log("queries").empty and came.log("changes")["rule"].str.contains("removed").sum() == 3


def test_a_number_that_is_rather_no_day(run):
    cells = [["ID", "D"], *([f"S{i}", number] for i, number in enumerate([12, 2.5, 180, 7306, 42005]))]
    came = run("f.xlsx", workbook(cells), ", d: {source: D, type: date}")
    assert came.column("d") == [None, None, None, "1920-01-01", "2015-01-01"]
    assert came.log("queries")["value"].tolist() == ["12", "2.5", "180"]
    assert came.log("queries")["message"].str.contains("number without a date format, as a day 1900-").all()


def test_a_number_of_a_data_set_is_no_day_of_a_spreadsheet(run, tmp_path):
    """SAS counts days from 1960, SPSS seconds from 1582: without its format 20000 would be 1954 instead of 2014."""
    data = pd.DataFrame({"ID": ["S1", "S2"], "D": [20000.0, 20150301.0]})
    pyreadstat.write_xport(data, tmp_path / "f.xpt")
    came = run("f.xpt", (tmp_path / "f.xpt").read_bytes(), ", d: {source: D, type: date}")
    assert came.column("d") == [None, "2015-03-01"]
    assert "'20000' is a number without a date format" in came.log("queries")["message"].item()


def test_value_labels_that_contradict_the_code_list(run, tmp_path):
    data = pd.DataFrame({"ID": ["S1", "S2"], "sex": [1.0, 2.0], "dlt": [0.0, 1.0]})
    labels = {"sex": {1: "Male", 2: "FEMALE "}, "dlt": {0: "no", 1: "Yes, proven"}}
    pyreadstat.write_sav(data, tmp_path / "f.sav", variable_value_labels=labels)
    sex, other = '{female: ["1"], male: ["2"]}', '{"no": ["0"], "yes": ["1"]}'
    came = run(
        "f.sav", (tmp_path / "f.sav").read_bytes(), f", sex: {{type: code, codes: {sex}}}, dlt: {{type: code, codes: {other}}}"
    )  # fmt: skip
    assert came.column("sex") == [None, None] and came.column("dlt") == ["no", "yes"]
    assert came.log("queries")["severity"].tolist() == ["error"] * 2 and came.log("rejected").empty
    said = "'1' is female by the code list, but male by its value label in the file, 'Male'"
    assert said in came.log("queries")["message"][0]


def test_a_missing_value_beside_a_misfit_is_no_shifted_row(run, tmp_path):
    data = pd.DataFrame({"ID": ["S1", "S2", "S3"], "resp": [1.0, 2.0, 3.0], "age": [40.0, -9.0, -9.0]})
    labels = {"resp": {1: "CR", 2: "PR"}}
    pyreadstat.write_sav(data, tmp_path / "f.sav", variable_value_labels=labels, missing_ranges={"age": [-9]})
    came = run(
        "f.sav", (tmp_path / "f.sav").read_bytes(), ", resp: {type: code, codes: from file}, age: {type: integer}"
    )
    assert (
        came.column("resp") == ["CR", "PR", None] and "is not in the code list" in came.log("queries")["message"].item()
    )


def test_the_unknown_part_of_a_date_stands_where_the_order_says(run):
    texts = ["UNK/12/2019", "00/12/2019", "--/12/2019", "03/UNK/2019", "03/??/2019", "03/XX/2019", "03/00/2019"]
    came = run(
        "f.csv", "ID,D\n" + "".join(f"S{i},{text}\n" for i, text in enumerate(texts)),
        ", d: {source: D, type: date, partial: {impute: first, flag: d_flag}}", ", date_order: mdy",
    )  # fmt: skip
    assert came.log("queries").empty
    assert came.column("d_given") == ["2019"] * 3 + ["2019-03"] * 4 and came.column("d_flag") == ["M"] * 3 + ["D"] * 4
    assert came.column("d") == ["2019-01-01"] * 3 + ["2019-03-01"] * 4


ZONES = {
    "none": ("2015-06-15T10:00:00", "2015-06-15T12:00:00", ""),
    "one": ("2015-06-15T10:00:00Z", "2015-06-15T12:00:00+00:00", ""),
    "summer time": ("2015-03-28T10:00:00+01:00", "2015-03-30T12:00:00+02:00", ""),
    "two": ("2015-06-15T10:00:00Z", "2015-06-15T12:00:00+02:00", "b has the time zone +02:00 and a has the time zone Z"),
    "either side": ("2015-06-15 10:00-0500", "2015-06-15 12:00+01:00", "zone +01:00 and a has the time zone -0500"),
    "one is given": ("2015-06-15T10:00:00", "2015-06-15T12:00:00-05:00", "zone -05:00 and a has no time zone"),
    "one time": ("2015-06-15T10:00:00Z", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", ZONES)
def test_times_of_different_zones_in_one_row(run, name):
    start, end, asked = ZONES[name]
    columns = ', a: {type: datetime}, b: {type: datetime}, stay: {derive: "hours(a, b)", type: number, unit: h}'
    came = run("f.csv", f"ID,a,b\nS1,{start},{end}\nS2,{start},{end}\nS3,{start},{start}\n", columns)
    said = came.log("queries")["message"]
    assert len(said) == bool(asked) and asked in "".join(said)
    assert not asked or said.item().endswith("give both in one time zone (in 2 rows, of which this is the first)")


def test_a_quotation_mark_that_is_never_closed(run):
    """pandas#22661, gdal#11863: rows vanish in silence."""
    came = run(
        "f.csv",
        'ID,Note,Age\nS1,ok,10\nS2,"5 inch scar,20\nS3,ok,30\nS4,ok,40\n',
        ", age: {source: Age, type: integer}",
    )
    assert came.status == 1 and "f.csv, row 3" in came.said and "what to do" in came.said


def test_a_stray_mark_that_another_one_closes(run):
    """One mark before the last cell of a row swallows rows until the next mark, and every account balances."""
    body = "".join(f"S{i},ok,{i},x\n" for i in range(2, 30))
    came = run(
        "f.csv",
        f'ID,Note,Age,Last\nS0,ok,1,"x\n{body}S31,ok,31,x"\nS32,ok,2,y\n',
        ", age: {source: Age, type: integer}",
    )
    assert came.status == 1 and "row 2" in came.said and "whole rows" in came.said


def test_ragged_rows_are_refused_and_said(run):
    body = "".join(f"S{i},a,{i}\n" for i in range(10, 60))
    came = run(
        "f.csv",
        f"ID,A,B\n{body}S1,a,1,9\nS2,a\n",
        ", a: {source: A, free_text: {reviewed: A reader, date: 2020-01-31}}, b: {source: B, type: integer}",
    )
    assert came.status == 0 and len(came.table()) == 50
    assert came.log("rejected")["reason"].tolist() == ["has 4 cells, the header has 3", "has 2 cells, the header has 3"]
    assert came.log("queries")["row"].tolist() == ["52", "53"]


def test_a_wrong_delimiter(run):
    came = run("f.csv", "ID;Age\nS1;5\n", ", age: {source: Age, type: integer}")
    assert came.status == 1 and "looks separated by ';'" in came.said and "delimiter" in came.said


def test_two_columns_with_one_header(run):
    text = "ID,Complete?,A,Complete?,B|C\nS1,1,2,3,4\n"
    came = run("f.csv", text, ", x: {source: 'Complete?', type: id}")
    assert came.status == 1 and "'Complete?#2'" in came.said
    for at, source, value in ((1, "Complete?#2", "3"), (2, "#2", "1"), (3, "B|C", "4")):
        folder = Path(came.out).parent / str(at)
        folder.mkdir()
        again = came.out.parents[0] / "a study"
        study = again / "study.yaml"
        study.write_text(
            STUDY.format(name="f.csv", columns=f", x: {{source: '{source}', type: id}}", options="", head="", tables="")
        )
        done = subprocess.run(
            [sys.executable, "-m", "trialpress", "run", again, "--out", folder / "out", "--until", "clean"],
            env={**os.environ, "PYTHONPATH": str(WORKFLOW)}, text=True, capture_output=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert pd.read_parquet(folder / "out/clean/t.parquet")["x"].tolist() == [value]


def test_na_means_missing_and_na_is_sodium(run):
    """pandas#10647."""
    labs = "  labs: {file: f, key: [participant, analyte], columns: {participant: {source: ID, type: id}, analyte: {source: Analyte, type: id}, value: {source: Value, type: number}}}"
    came = run("f.csv", "ID,Analyte,Value\nS1,Na,140\nS1,K,4.1\nS1,Cl,NA\n", head="missing: [NA, ND]", tables=labs)
    values = came.table("labs").set_index("analyte")["value"]
    assert values["Na"] == 140 and values["K"] == 4.1 and pd.isna(values["Cl"]) and came.log("queries").empty


def test_counts_with_their_unit_in_the_cell(run):
    texts = ["5.2 x10^9/L", "5.2×10⁹/L", "5.2 10^9/L", "5.2*10^9/L", "5.2", "5.2 ×10*9/L", "5.2 G/L", "5.2x10E9/l"]
    came = run(
        "f.csv",
        "ID,W\n" + "".join(f"S{i},{text}\n" for i, text in enumerate(texts)),
        ", w: {source: W, type: number, unit: 10^9/L}",
    )
    assert came.column("w") == [5.2] * len(texts) and came.log("queries").empty


def test_a_run_without_participants_writes_no_table(run):
    came = run("f.csv", "ID,X\n,1\n,2\n", ", x: {source: X, free_text: {reviewed: A reader, date: 2020-01-31}}")
    assert came.status == 1 and "keeps no row" in came.said and not list((came.out / "clean").glob("*.parquet"))
    assert len(came.log("rejected")) == 2
