"""The workflow with its clean stage, cohort and trace, or its figures, in parts: the same bytes, nothing of the parts is left, and
nothing is run twice."""

import shutil
import sys

import pytest
from trialpress.files import sha256

from . import test_own_folder as own
from .conftest import checkout, run

pytestmark = pytest.mark.xdist_group("pipeline")
COMMAND = (".venv/bin/python", "-m", "snakemake", "trace", "--cores", "2", "--config")


def test_three_parts_leave_what_one_leaves(project, tmp_path):
    other = checkout(tmp_path / "in parts")
    done = run(other, *COMMAND, "chunks=3", SLURM_CONF="/dev/null")
    assert done.returncode == 0, done.stdout
    assert [done.stdout.count(f": {stage}: part ") for stage in ("clean", "cohort", "trace")] == [3, 3, 3]
    one, many = (folder / "results" / "low-dose-cd19" for folder in (project, other))
    made = [path.relative_to(many) for room in ("clean", "cohort", "audit") for path in (many / room).iterdir()]
    assert {path.name for path in made} > {"cells.parquet", "daily.parquet", "trace.json", "concordance.csv"}
    assert {path: sha256(many / path) for path in made} == {path: sha256(one / path) for path in made}
    assert sorted(path.name for path in many.iterdir()) == [".receipts", "analysis", "audit", "clean", "cohort"]
    assert "Nothing to be done" in run(other, *COMMAND, "chunks=3", SLURM_CONF="/dev/null").stdout


def test_a_number_that_is_none_is_refused(project):
    done = run(project, *COMMAND, "chunks=0", SLURM_CONF="/dev/null")
    assert done.returncode == 1
    assert "chunks" in done.stdout and "Traceback" not in done.stdout


def test_figures_in_two_parts_are_those_of_one_job(tmp_path):
    for room in ("config", "data", "report"):
        shutil.copytree(own.TINY / room, tmp_path / room / "tiny")
    (tmp_path / "config" / "config.yaml").write_text(own.SETTINGS)
    plan = tmp_path / "config" / "tiny" / "plan.yaml"
    plan.write_text(plan.read_text().replace("figures:", "figures:\n  flow: {kind: flow, caption: Participant flow.}"))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(own.ROOT / "Snakefile"), "--cores", "2", "figures"]
    own.run(command, tmp_path)
    made = tmp_path / "results" / "tiny"
    one = own.files(made)
    for folder in (made / "figures", made / ".receipts" / "figures"):
        shutil.rmtree(folder)
    done = own.run([*command, "--config", "figure_chunks=2"], tmp_path)
    assert done.stdout.count(": figures: part ") == 2
    assert own.files(made) == one
    assert not (made / ".parts").exists()
    assert "Nothing to be done" in own.run([*command, "--config", "figure_chunks=2"], tmp_path).stdout
