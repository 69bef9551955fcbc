"""The workflow with its clean stage and cohort in parts: the same bytes, nothing of the parts is left, and nothing is run twice."""

import pytest
from trialpress.files import sha256

from .conftest import checkout, run

pytestmark = pytest.mark.xdist_group("pipeline")
COMMAND = (".venv/bin/python", "-m", "snakemake", "cohort", "--cores", "2", "--config")


def test_three_parts_leave_what_one_leaves(project, tmp_path):
    other = checkout(tmp_path / "in parts")
    done = run(other, *COMMAND, "chunks=3", SLURM_CONF="/dev/null")
    assert done.returncode == 0, done.stdout
    assert [done.stdout.count(f": {stage}: part ") for stage in ("clean", "cohort")] == [3, 3]
    one, many = (folder / "results" / "low-dose-cd19" for folder in (project, other))
    for stage in ("clean", "cohort"):
        made = {path.name: sha256(path) for path in (many / stage).iterdir()}
        assert made == {path.name: sha256(path) for path in (one / stage).iterdir() if path.name != "no_effect.csv"}
    assert sorted(path.name for path in many.iterdir()) == [".receipts", "clean", "cohort"]
    assert "Nothing to be done" in run(other, *COMMAND, "chunks=3", SLURM_CONF="/dev/null").stdout


def test_a_number_that_is_none_is_refused(project):
    done = run(project, *COMMAND, "chunks=0", SLURM_CONF="/dev/null")
    assert done.returncode == 1
    assert "chunks" in done.stdout and "Traceback" not in done.stdout
