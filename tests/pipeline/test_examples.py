"""The examples: each loads and checks without its raw file, and one runs to its end where that file is at hand."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from trialpress.audit.checklists import load_checklists
from trialpress.audit.claims import load_claims
from trialpress.checks.plan import load_plan
from trialpress.study import load_study

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir())
STUDIES = ROOT.parent / "shared" / "data" / "studies"


def test_the_examples():
    assert EXAMPLES == ["indo-rct", "strep-tb"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_loads_and_checks(name):
    home = ROOT / "examples" / name
    config, report = home / "config" / name, home / "report" / name
    study = load_study(config / "study.yaml")
    plan = load_plan(config / "plan.yaml", study)
    load_claims(config / "claims.yaml", plan)
    load_checklists(ROOT / "config" / "checklists.yaml", config / "checklists.yaml", plan.written, report)
    assert study.id == name
    shown = re.findall(r"include (figures|tables)/(\w+)\.md", (report / "manuscript.qmd").read_text(encoding="utf-8"))
    assert set(shown) == {*(("figures", one) for one in plan.figures), *(("tables", one) for one in plan.tables)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_raw_file_of_an_example_is_kept_and_its_checksum_is_said(name):
    home = ROOT / "examples" / name
    raw = home / "data" / name / "raw"
    kept = subprocess.run(["git", "ls-files", raw], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert kept == [f"examples/{name}/data/{name}/raw/SHA256SUMS"]
    sha, file = (raw / "SHA256SUMS").read_text().split()
    assert [source.path for source in load_study(home / "config" / name / "study.yaml").files.values()] == [file]
    assert f"sha256: {sha}." in (home / "README.md").read_text(encoding="utf-8")


def test_an_example_runs_to_its_end_and_gives_what_was_published(tmp_path):
    """Elmunzer 2012: 62 of 65 published numbers; three are contradicted, and docs/examples.md says why."""
    name, file = "indo-rct", STUDIES / "indo-rct" / "raw" / "indo_rct.csv"
    if not file.is_file():
        pytest.skip("the public file of indo-rct is not beside this repository")
    home, folder, out = ROOT / "examples" / name, tmp_path / "indo", tmp_path / "out"
    shutil.copytree(home / "config" / name, folder)
    (folder / "report").mkdir()
    for own in ("_quarto.yml", "manuscript.qmd", "references.bib"):
        shutil.copy(home / "report" / name / own, folder / "report")
    shutil.copytree(home / "data" / name / "raw", folder / "raw", dirs_exist_ok=True)
    shutil.copy(file, folder / "raw")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in (folder / "raw" / "SHA256SUMS").read_text()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON", "COV"))}
    done = subprocess.run(
        [sys.executable, "-m", "trialpress", "run", str(folder), "--out", str(out)],
        env=kept | {"PYTHONPATH": str(ROOT / "workflow")}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    with open(out / "audit" / "claims.csv", encoding="utf-8", newline="") as stream:
        verdicts = {row["claim"]: row["verdict"] for row in csv.DictReader(stream)}
    assert Counter(verdicts.values()) == {"reproduced": 55, "not checkable": 2, "contradicted": 3}
    assert {claim for claim, verdict in verdicts.items() if verdict == "contradicted"} == {
        "difference", "no_stent_placebo", "bleeding_test",
    }  # fmt: skip
