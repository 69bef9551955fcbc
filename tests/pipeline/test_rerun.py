"""A rerun gives the same bytes: elsewhere, in another locale and time zone, on other cores, and after having been killed."""

import hashlib
import os
import signal
import subprocess
import time

import pytest

from .conftest import checkout, report, run

pytestmark = pytest.mark.xdist_group("pipeline")


def digests(project):
    """Of what the stages wrote, and of their receipts; what is kept of the work is named by what was there to be searched, logs too."""
    folder = project / "results"
    files = (p.relative_to(folder) for p in sorted((folder / "low-dose-cd19").rglob("*")) if p.is_file())
    wrote = (p for p in files if p.parts[1] != ".receipts" or len(p.parts) == 3)
    return {p.as_posix(): hashlib.sha256((folder / p).read_bytes()).hexdigest() for p in wrote}


def test_same_bytes_elsewhere_after_having_been_killed(project, tmp_path):
    other = checkout(tmp_path / "other")
    environment = {"TZ": "Asia/Shanghai", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "7"}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON"))}
    first = subprocess.Popen(
        ["make", "report", "CORES=1"], cwd=other, env={**inherited, **environment}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not (other / "results/low-dose-cd19/cohort/flow.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    done = report(other, "CORES=1", **environment)
    assert done.returncode == 0, done.stdout
    mine, theirs = digests(project), digests(other)
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if mine[name] != theirs[name]] == []


def test_every_stage_runs_what_its_rule_names_and_is_kept(project):
    """One that runs another module is not: its edit would not be seen."""
    kept = (project / "results/low-dose-cd19/.receipts/kept").glob("*.json")
    stages = {"clean", "cohort", "effects", "analysis", "figures", "tables", "trace", "fragments", "report"}
    assert {path.stem for path in kept} == stages


def test_an_edited_manuscript_is_rendered_again_and_nothing_else(tmp_path, project):
    other = project  # its state is put back at the end
    source = other / "report/low-dose-cd19/manuscript.qmd"
    text, before = source.read_text(), digests(other)
    try:
        source.write_text(text + "\n\nA sentence more.\n")
        done = run(other, ".venv/bin/snakemake", "--cores", "2", "--config", "study=low-dose-cd19")
        assert done.returncode == 0, done.stdout
        after = digests(other)
        changed = {name.split("/")[1] for name in before if before[name] != after[name]}
        assert changed - {".receipts"} == {"report", "audit"}
    finally:
        source.write_text(text)
        assert report(other).returncode == 0
    assert digests(other) == before
