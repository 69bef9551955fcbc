"""Cleaning the records of low-dose-cd19 by its dictionary: all seeded defects are found, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from trialpress.clean import CleanData, clean, replay
from trialpress.clean.read.xlsx import unescape
from trialpress.errors import InputError
from trialpress.study import Study, load_study
from trialpress.text import normalise

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data/low-dose-cd19/raw"
CORRECTIONS = ROOT / "data/low-dose-cd19/corrections.csv"
FIXTURES = ROOT / "tests/fixtures/low-dose-cd19"
TABLES = sorted(path.stem for path in (FIXTURES / "truth").glob("*.csv"))


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(ROOT / "config/low-dose-cd19/study.yaml")


@pytest.fixture(scope="module")
def data(study) -> CleanData:
    return clean(study, RAW, CORRECTIONS)


@pytest.fixture(scope="module")
def defects() -> pd.DataFrame:
    frame = pd.read_csv(FIXTURES / "defects.csv", dtype={"row": int}, keep_default_na=False)
    return frame.assign(column=frame["column"].map(normalise), raw=frame["raw"].map(unescape))


def places(frame: pd.DataFrame, file: str = "file", row: str = "row", column: str = "column") -> list[tuple]:
    """(file, physical row, header), the header without the groups above it, sorted."""
    headers = frame[column].map(lambda header: header.split(" | ")[-1])
    return sorted(zip(frame[file], frame[row], headers, strict=True))


@pytest.mark.parametrize("name", TABLES)
def test_clean_tables_are_the_truth(study, data, name):
    truth = pd.read_csv(FIXTURES / f"truth/{name}.csv", dtype=str, keep_default_na=False)
    table = data.tables[name]
    assert set(table.columns) == set(truth.columns)
    assert len(table) == len(truth)
    key = list(study.tables[name].key)
    table = table.sort_values(key)
    typed = truth.copy()
    for column in truth:
        if pd.api.types.is_numeric_dtype(table[column].dtype):
            typed[column] = pd.to_numeric(truth[column], errors="raise")
    typed = typed.sort_values(key)
    for column in truth:
        mine, true = table[column], typed[column]
        if pd.api.types.is_numeric_dtype(mine.dtype):
            mine = mine.astype("Float64").to_numpy(float, na_value=np.nan)
            np.testing.assert_allclose(mine, true.to_numpy(float), rtol=1e-9, err_msg=column)
        else:
            dates = pd.api.types.is_datetime64_any_dtype(mine.dtype)
            mine = (mine.dt.strftime("%Y-%m-%d") if dates else mine.astype(object)).fillna("")
            assert mine.tolist() == true.tolist(), column


def test_the_dictionary_names_no_other_table(data):
    assert sorted(data.tables) == TABLES


@pytest.fixture(scope="module")
def logged(data) -> dict[tuple, pd.DataFrame]:
    """The change log by (file, physical row, header)."""
    log = data.changes.rename(columns={"source_file": "file", "source_row": "row", "source_column": "column"})
    log["column"] = log["column"].str.split(" | ", regex=False).str[-1]
    return {key: group for key, group in log.groupby(["file", "row", "column"])}


def test_every_change_is_logged_where_it_was_seeded(logged, defects):
    for d in defects[defects["expected"] == "change"].itertuples():
        entries = logged[d.file, d.row, d.column]
        assert (d.raw, d.clean) in set(zip(entries["raw_value"], entries["clean_value"], strict=True)), d


@pytest.mark.parametrize(
    ("kind", "rule", "matters"),
    [
        ("SAS date", "date written d-mon-y", "spelling"),
        ("American date and time", "date written m/d/y; midnight removed", "spelling"),
        ("time and zone", "time of day and zone removed", "value"),
        ("year of two digits", "date written d.m.yy", "spelling"),
        ("German grouping", "thousands separator", "spelling"),
        ("English grouping", "thousands separator", "spelling"),
        ("grouping by spaces", "spaces trimmed; thousands separator", "spelling"),
        ("decimal point", "decimal point; sign of a limit set apart", "spelling"),
        ("unit spelling", "canonical unit", "spelling"),
        ("per cent format", "as shown, 37.7%", "value"),
        ("line break", "line breaks removed", "spelling"),
        ("carriage return", "line breaks removed", "spelling"),
        ("missing code as a number", "missing code", "code"),
    ],
)
def test_the_rule_of_a_change_is_true(logged, defects, kind, rule, matters):
    seeded = defects[(defects["kind"] == kind) & (defects["expected"] == "change")]
    assert len(seeded)
    for d in seeded.itertuples():
        entries = logged[d.file, d.row, d.column]
        entry = entries[entries["clean_value"] == d.clean].iloc[0]
        assert (entry["rule"], entry["kind"]) == (rule, matters), d


def test_no_rule_of_a_date_speaks_of_numbers_and_none_of_a_number_of_dates(data, study):
    types = {
        (table.name, name): column.type for table in study.tables.values() for name, column in table.columns.items()
    }
    kinds = [types.get(place) for place in zip(data.changes["table"], data.changes["field"], strict=True)]
    by_type = data.changes.groupby(pd.Series(kinds, dtype="string"))["rule"].unique()
    dates = "; ".join(by_type["date"]).replace("spreadsheet serial number", "")
    assert not any(word in dates for word in ("number", "decimal", "thousands", "unit", "power"))
    assert "date" not in "; ".join([*by_type["number"], *by_type["integer"]])


@pytest.mark.parametrize(
    ("kind", "severity", "message"),
    [
        ("partial date", "error", "'2015-09' is a partial date (the day is not known)"),
        ("day not shown", "warning", "the cell shows 2015-11 and holds 2015-11-01: is the day known?"),
        ("two readings", "warning", "'2.196' may be 2196 or 2.196; read as 2196, for the decimal sign is a comma"),
        ("undeclared missing code", "error", "'na' is not a number"),
        ("error cell", "error", "holds the error #N/A"),
        ("formula without a value", "error", "holds a formula without a stored value (=(1.2+1.8)/2)"),
        ("hidden row", "warning", "hidden: row 28; read all the same"),
        ("merged cells", "warning", "A126:A130 are merged; its value is taken for each of the rows 126 to 130"),
        ("ragged row", "error", "the row has 1"),
        ("shifted row", "error", "the row looks shifted"),
    ],
)
def test_what_a_query_asks(data, defects, kind, severity, message):
    seeded = defects[(defects["kind"] == kind) & (defects["expected"] == "query")]
    assert len(seeded)
    for d in seeded.itertuples():
        asked = data.queries[(data.queries["file"] == d.file) & (data.queries["row"] == d.row)]
        asked = asked[asked["column"].str.split(" | ", regex=False).str[-1].eq(d.column)]
        assert asked["severity"].tolist() == [severity] and asked["message"].item().startswith(message), d


def test_a_hidden_row_and_merged_cells_lose_nobody(data):
    assert "LD-028" in set(data.tables["history"]["participant"])
    assert (data.tables["response"]["participant"] == "LD-033").sum() == 5


def test_corrections_are_logged_with_their_reason(data):
    corrections = pd.read_csv(CORRECTIONS, dtype=str)
    logged = data.changes[data.changes["rule"].str.startswith("correction: ")]
    assert sorted(logged["rule"]) == sorted("correction: " + corrections["reason"])


def test_queries_are_the_seeded_ones_and_no_other(data, defects):
    seeded = defects[defects["expected"] == "query"]
    assert places(data.queries) == places(seeded)
    cells = [zip(f["file"], f["row"], f[value], strict=True) for f, value in ((data.queries, "value"), (seeded, "raw"))]
    assert sorted(cells[0]) == sorted(cells[1])
    assert set(data.queries["severity"]) == {"error", "warning"}
    assert (data.queries["message"].str.len() > 5).all()


def test_rejected_rows_are_the_seeded_ones_and_no_other(data, defects):
    seeded = defects[defects["expected"] == "rejected"]
    rejected = sorted(zip(data.rejected["file"], data.rejected["row"], strict=True))
    assert rejected == sorted(zip(seeded["file"], seeded["row"], strict=True))


def test_rows_in_are_rows_kept_and_rows_rejected(data, study):
    rows = data.rows
    assert (rows["rows_in"] == rows["rows_kept"] + rows["rows_rejected"]).all()
    assert rows["file"].tolist() and set(rows["file"]) == {file.path for file in study.files.values()}
    counted = data.rejected.groupby("file").size().reindex(rows["file"], fill_value=0)
    assert rows["rows_rejected"].tolist() == counted.tolist()
    for row in rows.itertuples():
        if row.table not in ("kinetics", "labs"):  # wide, and from two files
            assert row.rows_kept == len(data.tables[row.table])
    assert rows.loc[rows["table"] == "labs", "rows_kept"].sum() == len(data.tables["labs"])


@pytest.mark.parametrize("name", TABLES)
def test_replaying_the_changes_on_the_raw_cells_gives_the_clean_table(data, study, name):
    again = replay(study, data.cells, data.changes, name)
    table = study.tables[name]
    keys = again.index.to_list()
    block = next((c for c in table.columns.values() if c.block), None)
    if block:  # its values are headers, not cells: they stand in the key
        again[block.name] = [int(key.split("/")[table.key.index(block.name)]) for key in keys]
    columns = [column for column in data.tables[name] if column in again]
    derived = [column.name for column in table.columns.values() if column.derive]
    assert set(data.tables[name]) - set(columns) == set(derived)
    frames = [
        frame[columns].astype(data.tables[name][columns].dtypes).sort_values(list(table.key)).reset_index(drop=True)
        for frame in (again, data.tables[name])
    ]
    pd.testing.assert_frame_equal(*frames)


def test_direct_identifiers_end_here(data, study):
    enrolment = (RAW / "01_enrolment.csv").read_bytes().decode("gb18030").splitlines()[1:]
    secrets = {text for line in enrolment for text in line.split(",")[1:3]}
    births = {line.split(",")[3] for line in enrolment if line.split(",")[3] < "2010"}
    outputs = [*data.tables.values(), data.changes, data.queries, data.rejected, data.cells, data.rows]
    for frame in outputs:
        cells = {str(value) for column in frame for value in frame[column].unique()}
        assert not cells & (secrets | births)
    rejected = {value for content in data.rejected["content"] for value in json.loads(content).values()}
    assert not rejected & (secrets | births)
    assert not {"name", "hospital_number", "date_of_birth"} & {c for table in data.tables.values() for c in table}


@pytest.fixture
def one_file_changed(tmp_path):
    """A copy of the raw folder in which `edit` may change the text of one file, its checksum renewed."""

    def change(file: str, encoding: str, edit) -> Path:
        import hashlib

        folder = tmp_path / "raw"
        shutil.copytree(RAW, folder)
        path = folder / file
        old = path.read_bytes()
        path.write_bytes(edit(old.decode(encoding)).encode(encoding))
        assert path.read_bytes() != old
        sums = (folder / "SHA256SUMS").read_text()
        digests = [hashlib.sha256(content).hexdigest() for content in (old, path.read_bytes())]
        (folder / "SHA256SUMS").write_text(sums.replace(*digests))
        return folder

    return change


def test_a_new_defect_is_one_new_query(study, data, one_file_changed):
    folder = one_file_changed(
        "03_infusion.csv", "utf-8", lambda text: text.replace("LD-005,2015-02-18", "LD-005,2015-01-18")
    )
    found = clean(study, folder, CORRECTIONS)
    new = found.queries.merge(data.queries.drop(columns="id"), how="left", indicator=True, on=list(data.queries)[1:])
    new = new[new["_merge"] == "left_only"]
    assert set(new["table"]) == {"infusion"}
    assert new["message"].tolist() == ["infusion before apheresis"]


def test_a_correction_that_no_longer_finds_its_old_value_stops(study, one_file_changed):
    folder = one_file_changed("03_infusion.csv", "utf-8", lambda text: text.replace(",574,", ",572,"))
    with pytest.raises(InputError, match="LD-019.*weight_kg.*old value '574'.*572"):
        clean(study, folder, CORRECTIONS)
