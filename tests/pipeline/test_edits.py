"""An edit runs what reads what was edited, and the results are those of a run from the start."""

import re
import shutil
import sys

import pytest
from trialpress.files import sha256

from .test_own_folder import ROOT, SETTINGS, TINY, files, run

COMMAND = [sys.executable, "-m", "trialpress", "report", "--engine", "embedded", "--cores", "2"]
DRY = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2", "--dry-run"]
LAST = {"fragments", "report", "audit"}
EDITS = {
    "a caption": ("config/tiny/plan.yaml", "caption: Overall", "caption: The overall", LAST),
    "an option of a figure": ("config/tiny/plan.yaml", "{kind: kaplan_meier,", "{kind: kaplan_meier, width: single,", {"figures", *LAST}),
    "a comment": ("config/tiny/plan.yaml", "plan:", "# 1\nplan:", {"audit"}),
    "a title": ("config/tiny/study.yaml", "title: A tiny", "title: A small", {"analysis", "trace", "tables", "figures", *LAST}),
    "the text": ("report/tiny/manuscript.qmd", "\n\n", "\n\nMore. ", {"report", "audit"}),
    "an analysis": ("config/tiny/plan.yaml", "at: [6, 12]", "at: [6]", {"analysis", "trace", "tables", "figures", *LAST}),
}  # fmt: skip


@pytest.fixture
def trial(tmp_path):
    def laid_out(name):
        to = tmp_path / name
        for room in ("config", "data", "report"):
            shutil.copytree(TINY / room, to / room / "tiny")
        (to / "config" / "config.yaml").write_text(SETTINGS)
        return to

    return laid_out


def edited(house, name) -> tuple:
    """Make an edit; the file and its text before."""
    path, old, new, _ = EDITS[name]
    text = (house / path).read_text()
    assert old in text
    (house / path).write_text(text.replace(old, new, 1))
    return house / path, text


def test_an_edit_runs_what_reads_it_and_gives_what_a_run_from_the_start_gives(trial):
    here = trial("edited")
    run(COMMAND, here)
    assert "Nothing to be done" in run(DRY, here).stdout
    for name, (*_, wanted) in EDITS.items():
        path, before = edited(here, name)
        assert {*re.findall(r"^(\w+) +1$", run(DRY, here).stdout, re.M)} - {"all", "total"} == wanted, name
        path.write_text(before)
    assert "Nothing to be done" in run(DRY, here).stdout
    for name in ("a caption", "an option of a figure", "the text"):
        edited(here, name)
    spelled_otherwise(here)
    done = run(COMMAND, here)
    stages = {line.split()[0]: line.endswith(", as before") for line in done.stdout.splitlines() if " of 10" in line}
    assert {stage for stage, as_before in stages.items() if as_before} == {"cohort", "effects", "analysis", "tables"}
    assert len(stages) == 10
    whole = trial("whole")
    for name in ("a caption", "an option of a figure", "the text"):
        edited(whole, name)
    spelled_otherwise(whole)
    run(COMMAND, whole)
    assert files(here / "results" / "tiny") == files(whole / "results" / "tiny")
    left_as_they_are(here)


def spelled_otherwise(house):
    """A raw cell that says the same in other letters: the log of changes is another one, the tables are not."""
    raw = house / "data/tiny/raw/patients.csv"
    raw.write_text(raw.read_text().replace("S-002,f,51", "S-002,F,51"))
    (raw.parent / "SHA256SUMS").write_text(f"{sha256(raw)}  patients.csv\n")


def left_as_they_are(here):
    """Outputs that were removed are given back, right ones alone, and the run says so."""
    results = here / "results/tiny"
    before, kept = files(results), results / ".receipts/kept/analysis/analysis/curves.csv"
    (results / "analysis" / "ard.csv").unlink()
    (results / "cohort" / "flow.csv").unlink()
    kept.write_bytes(kept.read_bytes() + b"forged\n")  # and the result with it, since both are one file
    said = run(COMMAND, here).stdout
    assert re.search("cohort .*, as before", said) and not re.search("analysis .*, as before", said)
    assert files(results) == before
