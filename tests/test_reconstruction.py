"""The reconstructed records of low-dose-cd19: reproducible, and true to every published count."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
STUDY = ROOT / "data/low-dose-cd19"
FIXTURES = ROOT / "tests/fixtures/low-dose-cd19"
SPECIFICATION = yaml.safe_load((STUDY / "reconstruction/specification.yaml").read_text(encoding="utf-8"))
ENCODINGS = {"01": "gb18030", "04": "utf-8-sig", "05_cytokines": "cp1252", "10": "utf-16"}
DELIMITERS = {"05_labs": "\t", "05_cytokines": ";", "10": "\t"}
HEADER_ROW = {"02_history.xlsx": 2, "09_transplant.xlsx": 2}


def setting(file: str, table: dict, default: str) -> str:
    return next((value for start, value in table.items() if file.startswith(start)), default)


@pytest.fixture(scope="module")
def truth() -> dict[str, pd.DataFrame]:
    tables = {path.stem: pd.read_csv(path, dtype={"participant": str}) for path in (FIXTURES / "truth").glob("*.csv")}
    for table in tables.values():
        for name in table.columns:
            if name == "date" or name.endswith("_date"):
                table[name] = pd.to_datetime(table[name])
    return tables


def grid(file: str) -> list[list[str]]:
    """A raw file as physical rows of text, read without the pipeline."""
    path = STUDY / "raw" / file
    if file.endswith(".xlsx"):
        rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [["" if cell is None else str(cell) for cell in row] for row in rows]
    text = path.read_bytes().decode(setting(file, ENCODINGS, "utf-8"))
    reader, rows = csv.reader(io.StringIO(text, newline=""), delimiter=setting(file, DELIMITERS, ",")), []
    for cells in reader:  # a cell may have line breaks: its row stands where it begins
        rows += [cells, *([""] for _ in range(reader.line_num - len(rows) - 1))]
    return rows


def test_generating_again_gives_the_committed_bytes(tmp_path):
    command = [sys.executable, "-B", STUDY / "reconstruction/generate.py", "--root", tmp_path]
    subprocess.run(command, check=True)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(made) == 11 + 1 + 1 + 1 + 10  # raw files, checksums, corrections, defects, truth
    for path, content in made.items():
        assert (ROOT / path).read_bytes() == content, path


def test_checksums_are_those_of_the_raw_files():
    lines = (STUDY / "raw/SHA256SUMS").read_text().splitlines()
    sums = dict(reversed(line.split("  ")) for line in lines)
    assert sums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (STUDY / "raw").iterdir()
        if path.name not in ("SHA256SUMS", "README.md")
    }


def test_specification_keeps_published_and_assumed_apart():
    published, assumed = SPECIFICATION["published"], SPECIFICATION["assumed"]
    assert not set(published) & set(assumed)
    for name, item in published.items():
        assert set(item) == {"value", "statement", "source"}, name
        assert set(item["source"]) <= set(SPECIFICATION["sources"]), name
    for name, item in assumed.items():
        assert set(item) == {"value", "reason"}, name
        assert len(item["reason"]) > 30, name


def first_response(truth: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The response assessment of each patient (day 25 to 35), with the blood counts of that day."""
    response = truth["response"].merge(truth["infusion"], on="participant")
    response["day"] = (response["assessment_date"] - response["infusion_date"]).dt.days
    response = response[response["day"].between(25, 35)]
    counts = truth["labs"][truth["labs"]["analyte"].isin(["ANC", "PLT"])]
    counts = counts.pivot(index=["participant", "date"], columns="analyte", values="value").reset_index()
    return response.merge(counts, left_on=["participant", "assessment_date"], right_on=["participant", "date"])


def derived_response(row) -> str:
    """CR: blasts below 5%, no extramedullary disease, ANC above 1 and platelets above 100 x 10^9/L; CRi without."""
    if row.marrow_blasts_percent >= 5 or row.extramedullary == "yes":
        return "NR"
    return "CR" if row.ANC > 1 and row.PLT > 100 else "CRi"


def test_every_published_count_holds_in_the_patients_all_at_once(truth):
    people = truth["infusion"].merge(truth["enrolment"], on="participant").merge(truth["followup"], on="participant")
    people = people.merge(truth["transplant"], on="participant", how="left").sort_values("infusion_date")
    response = first_response(truth)
    response["derived"] = [derived_response(row) for row in response.itertuples()]
    remission = set(response.loc[response["derived"].isin(["CR", "CRi"]), "participant"])
    clear = response["mrd_percent"].lt(0.01) | (response["mrd_percent"].eq(0.01) & response["mrd_censored"].eq("<"))
    mrd_negative = set(response.loc[clear, "participant"])
    stratum = {name: set(group["participant"]) for name, group in people.groupby("stratum")}
    men = set(people.loc[people["sex"] == "M", "participant"])

    early = people[(people["death_date"] - people["infusion_date"]).dt.days < 28]
    assert not set(early["participant"]) & set(response["participant"])
    assert set(early["death_cause"]) == {"cart_toxicity"}

    recent = people.tail(SPECIFICATION["published"]["recent"]["value"])
    assert recent["participant"].isin(remission).sum() == len(recent) == 20
    assert people["infusion_date"].is_unique

    in_remission = people[people["participant"].isin(remission)]
    bridged = in_remission[in_remission["hct_date"].notna()]
    others = in_remission[in_remission["hct_date"].isna()]
    stays_negative = bridged[bridged["relapse_date"].isna() & bridged["participant"].isin(mrd_negative)]
    later = truth["response"].merge(stays_negative[["participant"]])
    assert (later["mrd_censored"].eq("<") | later["mrd_percent"].isna()).all()
    follow_up = {
        name: (group["last_contact_date"] - group["infusion_date"]).dt.days
        for name, group in (("bridged", bridged), ("stays negative", stays_negative))
    }
    summaries = [{"median": f.median(), "minimum": f.min(), "maximum": f.max()} for f in follow_up.values()]
    assert summaries[0] == summaries[1]

    found = {
        "treated": len(people),
        "rr": len(stratum["RR"]),
        "mrd_positive": len(stratum["MRD"]),
        "rr_male": len(stratum["RR"] & men),
        "mrd_positive_male": len(stratum["MRD"] & men),
        "rr_remission": len(stratum["RR"] & remission),
        "rr_evaluable": len(stratum["RR"] & set(response["participant"])),
        "early_death_days": sorted((early["death_date"] - early["infusion_date"]).dt.days),
        "mrd_positive_negative": len(stratum["MRD"] & mrd_negative),
        "dose_range": [people["dose_per_kg"].min(), people["dose_per_kg"].max()],
        "recent": len(recent),
        "recent_dose": recent["dose_per_kg"].unique().item(),
        "seizures": truth["signs"].query("seizure == 'yes'")["participant"].nunique(),
        "bridged": len(bridged),
        "bridged_mrd_negative": len(stays_negative),
        "bridged_follow_up": summaries[0],
        "not_bridged": len(others),
        "not_bridged_relapse": int(others["relapse_date"].notna().sum()),
        "severe_crs_minority": None,
    }
    assert found == {name: item["value"] for name, item in SPECIFICATION["published"].items()}
    assert len(remission) == 45


def test_assessor_agrees_with_marrow_and_blood_counts(truth):
    response = first_response(truth)
    assert len(response) == 49
    for row in response.itertuples():
        assert row.assessor_response == derived_response(row), row.participant


def astct(day) -> int:
    """ASTCT grade of one day, fever or treatment for CRS being given."""
    pressure = 4 if day.vasopressors > 1 else 3 if day.vasopressors == 1 else 2 if day.iv_fluids == "yes" else 0
    air = {"none": 0, "nasal_cannula": 2, "face_mask": 3, "high_flow": 3}.get(day.oxygen_device, 4)
    return max(1 if day.temperature >= 38 else 0, pressure, air)


def test_signs_carry_the_assumed_crs_grades(truth):
    grades = {}
    for day in truth["signs"].itertuples():
        grades[day.participant] = max(grades.get(day.participant, 0), astct(day))
    counts = pd.Series(grades).value_counts().to_dict()
    assert counts == SPECIFICATION["assumed"]["crs_grades"]["value"]
    severe = [grade for grade in grades.values() if grade >= 3]
    assert 0 < len(severe) < len(grades) / 2


def test_treatment_follows_the_onset_of_fever(truth):
    signs = truth["signs"].merge(truth["infusion"][["participant", "infusion_date"]], on="participant")
    signs["day"] = (signs["date"] - signs["infusion_date"]).dt.days
    onset = signs[signs["temperature"] >= 38].groupby("participant")["day"].min()
    assert onset.between(1, 9).all()
    treated = signs[signs["tocilizumab"] == "yes"].groupby("participant")["day"].min()
    assert (treated > onset[treated.index]).all()
    assert signs["day"].between(-1, 28).all()


def test_dates_follow_each_other(truth):
    people = truth["infusion"].merge(truth["followup"], on="participant")
    people = people.merge(truth["enrolment"], on="participant").merge(truth["transplant"], on="participant", how="left")
    doubtful = {"LD-008"}  # seeded: death after the last contact
    for p in people.itertuples():
        assert p.consent_date < p.infusion_date < p.last_contact_date <= pd.Timestamp("2016-12-31")
        if pd.notna(p.death_date):
            assert p.death_date == p.last_contact_date or p.participant in doubtful
        if pd.notna(p.relapse_date):
            assert p.infusion_date < p.relapse_date <= p.last_contact_date
        if pd.notna(p.hct_date):
            assert 35 < (p.hct_date - p.infusion_date).days <= 120
    assert people["participant"].is_monotonic_increasing and people["infusion_date"].is_monotonic_increasing
    assert len(truth["enrolment"]) == 51
    assert (people["age"].min(), people["age"].max()) == (2, 68)


def test_cells_rise_to_a_peak_in_the_second_week_and_fall(truth):
    kinetics = truth["kinetics"]
    assert (kinetics.loc[kinetics["day"] == 0, "below_lloq"] == "yes").all()
    peak = kinetics.loc[kinetics.groupby("participant")["copies_per_ug"].idxmax()].set_index("participant")
    assert peak["day"].between(7, 14).all()
    late = kinetics[kinetics["day"] == 28].set_index("participant")["copies_per_ug"].dropna()
    assert (late < peak["copies_per_ug"][late.index]).all()


def test_defects_are_where_the_list_says():
    defects = pd.read_csv(FIXTURES / "defects.csv", dtype=str, keep_default_na=False)
    assert defects["kind"].nunique() >= 50
    assert set(defects["expected"]) == {"change", "query", "rejected"}
    grids = {file: grid(file) for file in defects["file"].unique()}
    for d in defects.itertuples():
        rows = grids[d.file]
        cells = rows[int(d.row) - 1]
        if d.column:
            header = rows[HEADER_ROW.get(d.file, 1) - 1]
            assert cells[header.index(d.column)].removesuffix(" 00:00:00") == d.raw, d
        else:
            assert any(cells), d


def test_corrections_name_cells_of_the_raw_files():
    corrections = pd.read_csv(STUDY / "corrections.csv", dtype=str, keep_default_na=False)
    defects = pd.read_csv(FIXTURES / "defects.csv", dtype=str, keep_default_na=False)
    signed = defects[defects["note"].str.startswith("signed-off correction")]
    assert sorted(corrections["old"]) == sorted(signed["raw"])
    assert (corrections["reason"].str.len() > 10).all()


def test_no_identifier_reaches_the_truth(truth):
    names, numbers, births = zip(*(row[1:4] for row in grid("01_enrolment.csv")[1:]), strict=True)
    cells = {str(value) for table in truth.values() for column in table for value in table[column].unique()}
    assert not cells & {*names, *numbers}
    before = {f"{birth} 00:00:00" for birth in births if birth < "2010"}  # later ones are dates of the study too
    assert len(before) > 40 and not cells & before
