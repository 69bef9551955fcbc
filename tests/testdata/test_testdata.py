"""Made-up records: they keep to the dictionary, they are said to be made up, and the plan runs on them."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pandas as pd
import pytest
from trialpress import stages
from trialpress.__main__ import main
from trialpress.clean import clean
from trialpress.errors import InputError
from trialpress.study import load_study
from trialpress.testdata import MADE_UP, write
from trialpress.testdata.patterns import text_like

ROOT = Path(__file__).resolve().parents[2]
HOMES = {"low-dose-cd19": ROOT, "cd22-nci": ROOT, "indo-rct": ROOT / "examples/indo-rct", "strep-tb": ROOT / "examples/strep-tb"}  # fmt: skip


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("name", HOMES)
def test_a_study_of_the_repository(name, tmp_path):
    said = write(name, tmp_path / "made", HOMES[name], n=20)
    config, raw = tmp_path / "made" / "config" / name, tmp_path / "made" / "data" / name / "raw"
    study, real = load_study(config / "study.yaml"), load_study(HOMES[name] / "config" / name / "study.yaml")
    assert study.notice == MADE_UP and MADE_UP in (tmp_path / "made" / "MADE-UP.md").read_text("utf-8")
    assert not list((tmp_path / "made").rglob("*.lock")), (
        "a plan that was fixed, or statistics that were checked, are others"
    )
    assert [table.key for table in study.tables.values()] == [table.key for table in real.tables.values()]
    data = clean(study, raw, raw.parent / "corrections.csv")
    assert not data.losses and not data.rows["rows_rejected"].any(), said
    assert "error" not in set(data.queries["severity"]), data.queries["message"].tolist()
    first = data.tables[next(iter(study.tables))]
    assert len(first) == 20 and first[study.participant].is_unique
    for table_name, table in study.tables.items():  # nobody comes up who is not in the table that is referred to
        for columns, (other, targets) in table.references.items():
            ours, theirs = data.tables[table_name][columns[0]], data.tables[other][targets[0]]
            assert set(ours) <= set(theirs)
    write(name, tmp_path / "again", HOMES[name], n=20)
    assert tree(tmp_path / "made") == tree(tmp_path / "again")
    write(name, tmp_path / "again", HOMES[name], n=20, seed=2)
    assert tree(tmp_path / "made") != tree(tmp_path / "again")


def test_the_plan_runs_on_them(tmp_path, monkeypatch):
    assert main(["test-data", "strep-tb", "--directory", str(HOMES["strep-tb"]), "--out", str(tmp_path / "made")]) == 0
    monkeypatch.chdir(tmp_path / "made")
    sources, out = ["config/strep-tb/study.yaml", "config/strep-tb/plan.yaml"], Path("results")
    stages.clean(sources[0], Path("data/strep-tb/raw"), out)
    stages.cohort(*sources, out)
    stages.analysis(*sources, Path("config/strep-tb/claims.yaml"), out)
    ard = pd.read_csv("results/analysis/ard.csv", dtype=str, keep_default_na=False)
    assert len(ard) > 200 and set(ard["origin"]) == {"simulated"}, "no number passes for that of a study"


STUDY = """
study:
  id: made
  title: Made
  data_cutoff: "2024-12-31"
  reconstruction: false
missing: {"-999": Not asked}
files:
  people: {path: people.sas7bdat}
  visits: {path: visits.txt, encoding: cp1252, delimiter: ";", decimal: ",", skip_rows: 1}
tables:
  people:
    file: people
    key: [participant]
    columns:
      participant: {source: ID, type: id, pattern: 'P-[1-9]\\d{2}'}
      name: {source: Name, identifier: name}
      born: {source: Born, type: date, identifier: date of birth}
      arm: {source: Arm, type: code, codes: {active: ["1"], placebo: ["2"]}, required: true}
      age: {source: Age, type: integer, possible: [18, 80]}
      site: {source: Site, type: code, codes: {"Zürich": [], "Łódź": []}}
  visits:
    file: visits
    key: [participant, visit]
    references: {participant: people.participant}
    columns:
      participant: {source: ID, type: id}
      visit: {source: Visit, type: code, codes: {baseline: [], week 4: []}}
      weight: {source: Weight, type: number, unit: kg, plausible: [40, 120]}
      change: {source: Change, type: number}
    checks:
      - {id: first, assert: "visit != 'baseline' or missing(change)", field: change, message: a change at baseline}
"""


def made(folder: Path, text: str = STUDY, **keys) -> str:
    (folder / "config/made").mkdir(parents=True)
    (folder / "config/made/study.yaml").write_text(text, "utf-8")
    return write("made", folder / "out", folder, **keys)


def test_files_are_written_as_the_dictionary_has_them(tmp_path):
    said = made(tmp_path, n=200, missing=0.2)
    raw = tmp_path / "out/data/made/raw"
    assert "people: written as people.csv, another format than the study's" in said
    assert {path.name for path in raw.iterdir()} == {"people.csv", "visits.txt", "SHA256SUMS"}
    lines = (raw / "visits.txt").read_text("cp1252").splitlines()
    assert lines[:2] == ["made-up test data;;;", "ID;Visit;Weight;Change"]
    assert any(re.fullmatch(r"P-\d{3};week 4;\d+,\d+;\d+(,\d+)?", line) for line in lines)
    data = clean(load_study(tmp_path / "out/config/made/study.yaml"), raw, raw / "none.csv")
    people, visits = data.tables["people"], data.tables["visits"]
    assert len(people) == 200 and len(visits) == 400 and set(people.columns) == {"participant", "arm", "age", "site"}
    assert people["age"].between(18, 80).sum() == people["age"].notna().sum() and people["arm"].notna().all()
    assert 20 < people["age"].isna().sum() < 60 and set(people["site"].dropna()) == {"Zürich", "Łódź"}
    assert visits["weight"].dropna().between(40, 120).all()
    assert visits.loc[visits["visit"] == "baseline", "change"].isna().all()
    assert "missing code: Not asked" in set(data.changes["rule"])


@pytest.mark.parametrize(
    "old, new, what",
    [
        ("source: Arm", "source: '#3'", "'#3' is a place, not a header"),
        ("codes: {active: [\"1\"], placebo: [\"2\"]}", "codes: from file", "has its codes from its file"),
        ("P-[1-9]\\d{2}", "P-[1-3]", "has no 4 ids of the form"),
        ("file: visits\n", "file: visits\n    where: weight > 500\n", "holds for no row that could be made up"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_up_is_refused(tmp_path, old, new, what):
    assert old in STUDY
    with pytest.raises(InputError, match=re.escape(what)):
        made(tmp_path, STUDY.replace(old, new), n=50)
    assert not (tmp_path / "out").exists()


def test_it_goes_nowhere_where_records_may_lie(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "records.csv").write_text("ID\n1\n", "utf-8")
    with pytest.raises(InputError, match="is no folder of made-up data"):
        made(tmp_path)
    assert (tmp_path / "out" / "records.csv").read_text("utf-8") == "ID\n1\n"


@pytest.mark.parametrize(
    "pattern", [r"S-\d{3}", r"[A-C]{2}(?:-\d+)?", r"(?:CD|LD)-0[1-9]", r"[^0-9]\w{2,4}", r"\d{3,4}"]
)
def test_a_text_has_the_form(pattern):
    chance = random.Random(3)
    assert all(re.fullmatch(pattern, text_like(pattern, chance)) for _ in range(200))


def test_the_records_of_a_draft_can_be_made_up(tmp_path):
    from trialpress.draft.new import Given, new

    rows = "".join(
        f"S{n:02d},{['male', 'female'][n % 2]},{30 + n % 40},2021-03-{1 + n % 28:02d}\n" for n in range(1, 41)
    )
    (tmp_path / "patients.csv").write_text(f"ID,Sex,Age (years),Randomisation date\n{rows}", "utf-8")
    assert new(Given("mine", [tmp_path / "patients.csv"], tmp_path / "home"), report=False) == 0
    write("mine", tmp_path / "out", tmp_path / "home")
    rows = (tmp_path / "out/data/mine/raw/patients.csv").read_text("utf-8").splitlines()
    assert len(rows) == 101 and not set(rows[1:]) & set((tmp_path / "patients.csv").read_text("utf-8").splitlines())
    assert json.dumps(MADE_UP) in (tmp_path / "out/config/mine/study.yaml").read_text("utf-8")
