"""A study lives in its own folder: three ways to run it there, in a path with a space and an apostrophe, and the same bytes."""

import os
import shutil
import subprocess
import sys

import pytest

from .conftest import ROOT

TINY = ROOT / "tests" / "fixtures" / "tiny"
SETTINGS = "study: tiny\nformats: [html, jats]\nengine: embedded\ndisclosure: {threshold: 0, mode: suppress}\n"
MODULE = f"""
configfile: "config/config.yaml"


module trial:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        config


use rule * from trial as trial_*


rule everything:
    default_target: True
    input:
        rules.trial_all.input,
"""
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all"]


@pytest.fixture
def trial(tmp_path):
    """MYTRIAL with config/, data/ and report/."""
    to = tmp_path / "Ann's trial"
    for room in ("config", "data", "report"):
        shutil.copytree(TINY / room, to / room / "tiny")
    (to / "config" / "config.yaml").write_text(SETTINGS)
    return to


def run(command, cwd) -> subprocess.CompletedProcess:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON", "COV"))}
    given = {**kept, "PYTHONPATH": str(ROOT / "workflow"), "SLURM_CONF": "/dev/null"}
    done = subprocess.run(command, cwd=cwd, env=given, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done


def files(folder) -> dict[str, bytes]:
    """What was written, but for the receipts, which name the rules."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".receipts/")}


def test_three_ways_and_the_same_bytes(trial, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run([*SNAKEMAKE, "--snakefile", str(ROOT / "Snakefile"), "--directory", str(trial)], elsewhere)
    first = files(trial / "results" / "tiny")
    assert {"report/manuscript.html", "audit/crate.zip", "analysis/ard.csv"} <= first.keys()
    told = [name for name, data in first.items() if str(ROOT).encode() in data or str(tmp_path).encode() in data]
    assert told == [], "where the engine lies is nobody's business"

    shutil.rmtree(trial / "results")
    shutil.rmtree(trial / ".snakemake")
    done = run(
        [sys.executable, "-m", "trialpress", "report", "--directory", str(trial), "--engine", "embedded"], elsewhere
    )
    assert "10 of 10" in done.stdout and "audit/index.html" in done.stdout
    assert files(trial / "results" / "tiny") == first

    shutil.rmtree(trial / "results")
    shutil.rmtree(trial / ".snakemake")
    (trial / "Snakefile").write_text(MODULE)
    run(SNAKEMAKE, trial)
    assert files(trial / "results" / "tiny") == first
