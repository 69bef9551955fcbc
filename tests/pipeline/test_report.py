"""`make report` from outside: what it prints, what it writes, and that the files keep their contracts."""

import json
import re
import subprocess

import pandas as pd
import pytest
from trialpress.analysis import ARD
from trialpress.clean import CHANGES, replay
from trialpress.study import load_study

from .conftest import ROOT, run

pytestmark = pytest.mark.xdist_group("pipeline")

PUBLISHED = {
    "cr_rr_evaluable": (36, 40, 0.763, 0.972),
    "cr_rr_infused": (36, 42, 0.715, 0.946),
    "mrd_negative_mrdpos": (9, 9, 0.664, 1.0),
    "cr_recent20": (20, 20, 0.832, 1.0),
    "seizure_all": (8, 51, 0.070, 0.286),
    "hct_mrd_negative": (23, 27, 0.663, 0.958),
    "no_hct_relapse": (9, 18, 0.260, 0.740),
    "remission_all": (45, 51, 0.761, 0.956),
}


def read(path, **options):
    return pd.read_csv(path, dtype=str, keep_default_na=False, **options)


def overall(path, analysis):
    rows = read(path)
    rows = rows[(rows["analysis"] == analysis) & (rows["group"] == "") & (rows["level"] == "")]
    return {row.statistic: float(row.value) for row in rows.itertuples() if row.value}


def results(project, study="low-dose-cd19"):
    return project / "results" / study


def test_summary_says_what_a_biostatistician_wants_to_know(project):
    text = (project / "stdout.txt").read_text()
    for word in ("participants", "cells changed", "open queries", "results", "manuscript.html"):
        assert word in text
    assert "econstruction" in text


def test_published_counts_come_out_of_the_raw_records(project):
    for analysis, (n, N, low, high) in PUBLISHED.items():
        got = overall(results(project) / "analysis" / "ard.csv", analysis)
        assert (got["n"], got["N"]) == (n, N), analysis
        assert got["estimate"] == pytest.approx(n / N)
        assert (round(got["ci_low"], 3), round(got["ci_high"], 3)) == (low, high), analysis


def test_analysis_results_data_keep_their_contract(project):
    ard = read(results(project) / "analysis" / "ard.csv")
    assert list(ard.columns) == list(ARD.columns)
    assert not ard.duplicated(["analysis", "group", "level", "statistic"]).any()
    missing = ard["value"] == ""
    assert (ard.loc[missing, "note"] != "").all(), "a value that is missing says why"
    assert (ard["display"] != "").all() and not ard["display"].str.contains("-0.0|nan", regex=True).any()
    assert (ard["method"] != "").all()


def test_rows_in_are_rows_kept_plus_rows_rejected(project):
    clean = results(project) / "clean"
    rows, rejected = pd.read_csv(clean / "rows.csv"), read(clean / "rejected.csv")
    assert (rows["rows_in"] == rows["rows_kept"] + rows["rows_rejected"]).all()
    counted = rejected.drop_duplicates(["file", "table", "row"]).groupby(["file", "table"]).size()
    for row in rows.itertuples():
        assert counted.get((row.file, row.table), 0) == row.rows_rejected, (row.file, row.table)
    assert (rejected["reason"] != "").all() and rejected["content"].map(json.loads).map(bool).all()


def test_changes_replayed_on_the_raw_cells_give_the_clean_tables(project):
    clean = results(project) / "clean"
    study = load_study(project / "config" / "low-dose-cd19" / "study.yaml")
    changes, cells = read(clean / "changes.csv"), pd.read_parquet(clean / "cells.parquet")
    assert list(changes.columns) == CHANGES
    compared = 0
    for name, table in study.tables.items():
        frame, again = pd.read_parquet(clean / f"{name}.parquet"), replay(study, cells, changes, name)
        texts = [
            frame[key].dt.strftime("%Y-%m-%d") if frame[key].dtype.kind == "M" else frame[key].astype(str)
            for key in table.key
        ]
        again = again.reindex(texts[0].str.cat(texts[1:], sep="/") if len(texts) > 1 else texts[0])
        for column in again.columns.intersection(frame.columns):
            old, new = frame[column], again[column].reset_index(drop=True)
            assert ((old == new) | (old.isna() & new.isna())).fillna(False).all(), (name, column)
            compared += len(old)
    assert compared > 10_000


def test_every_figure_has_its_pictures_and_numbers_and_every_table_its_text(project):
    folder = results(project)
    figures = {path.stem for path in (folder / "figures").glob("*.svg")}
    tables = {path.stem for path in (folder / "tables").glob("*.md")}
    assert {"flow", "os", "lfs", "swimmer", "kinetics", "response", "crs", "order"} <= figures
    assert {"baseline", "response", "safety"} <= tables
    for name in figures:
        assert (folder / "figures" / f"{name}.png").stat().st_size > 5000
        assert len(read(folder / "figures" / f"{name}.csv")) > 0
    for name in tables:
        assert len(read(folder / "tables" / f"{name}.csv")) > 0


def test_manuscript_is_there_in_three_formats_and_says_reconstruction(project):
    folder = results(project) / "report"
    html = (folder / "manuscript.html").read_text(encoding="utf-8")
    assert "econstruction" in html.split("Introduction")[0]
    assert "36/40 (90.0%" in html and "36/42 (85.7%" in html
    assert "{{<" not in html and "??" not in re.sub(r"(?s)<(script|style)\b.*?</\1>", "", html)
    assert (folder / "manuscript.pdf").read_bytes().startswith(b"%PDF")
    assert (folder / "manuscript.docx").read_bytes().startswith(b"PK")
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")], "nothing half-written stays behind"


def test_no_direct_identifier_behind_the_clean_stage(project):
    from openpyxl import load_workbook  # noqa: F401  the raw files are read by the project's own reader
    from trialpress.clean.read import read_all

    study = load_study(project / "config" / "low-dose-cd19" / "study.yaml")
    raws = read_all(study, project / "data" / "low-dose-cd19" / "raw")
    values, other = set(), set()
    for name, raw in raws.items():
        parts = [part for table in study.tables.values() for part in table.parts if part.file.name == name]
        columns = [column for part in parts for column in part.columns.values() if column.identifier]
        hidden = {at for column in columns for source in column.source for at in raw.find(source)}
        for at in range(len(raw.headers)):
            (values if at in hidden else other).update(text.strip() for text in raw.texts(at))
    values -= other  # one patient's date of birth may be another one's date of diagnosis
    values = {value for value in values if len(value) >= 2}
    assert len(values) > 100
    for path in sorted([*results(project).rglob("*"), *(project / "logs").rglob("*")]):
        if path.suffix in (".csv", ".md", ".html", ".txt", ".json", ".log", ".svg"):
            text = path.read_text(encoding="utf-8")
            found = [value for value in values if re.search(rf"(?<![\w-]){re.escape(value)}(?![\w-])", text)]
            assert not found, f"{path.name} holds {len(found)} identifiers"
        elif path.suffix == ".parquet":
            frame = pd.read_parquet(path).select_dtypes(["object", "string"])
            assert not any(frame[column].isin(values).any() for column in frame), path.name


def test_a_second_call_has_nothing_to_do(project):
    done = run(project, ".venv/bin/snakemake", "--cores", "2", "--dry-run", "--config", "study=low-dose-cd19")
    assert done.returncode == 0 and "Nothing to be done" in done.stdout, done.stdout


def test_no_line_of_python_mentions_a_study():
    names = [path.name for path in (ROOT / "config").iterdir() if path.is_dir()]
    found = subprocess.run(
        ["git", "grep", "-lE", "|".join([*names, "cd22", "cd19"]), "--", "workflow", "Snakefile"], cwd=ROOT, capture_output=True, text=True
    )  # fmt: skip
    assert found.stdout == ""


CD22 = {"crs_any": (52, 59), "carhlh_given_crs": (21, 52), "carhlh_all": (21, 59)}


def test_the_second_study_by_configuration_alone(cd22):
    ard = results(cd22, "cd22-nci") / "analysis" / "ard.csv"
    for analysis, (n, N) in CD22.items():
        got = overall(ard, analysis)
        assert (got["n"], got["N"]) == (n, N)
    infused, evaluable = overall(ard, "cr_infused"), overall(ard, "cr_evaluable")
    assert infused["N"] == 59 and evaluable["N"] == 58 and infused["n"] == evaluable["n"]
    for analysis in ("cr_by_tcs", "carhlh_by_tcs"):
        assert {"p_value", "odds_ratio"} <= set(overall(ard, analysis))
    for analysis in ("crs_grade_by_dose", "crs_grade_by_tcs", "marrow_by_dose", "dose_crs_spearman"):
        assert 0 <= overall(ard, analysis)["p_value"] <= 1
    html = (results(cd22, "cd22-nci") / "report" / "manuscript.html").read_text(encoding="utf-8")
    assert "52/59" in html and "econstruction" not in html.replace("econstructed by", "")
