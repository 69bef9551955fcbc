"""A run of which a job needs more memory than there is, is refused before its first job."""

import subprocess
import sys

import pytest
from trialpress import memory
from trialpress import run as running
from trialpress.errors import InputError

from . import test_own_folder as own
from .test_own_folder import trial as trial
from .test_run import tiny as tiny

REFUSED = """\
data/tiny/raw: with 1 MB of raw files these jobs need more memory than the 1.0 GB of this machine: trace 1.1 GB, analysis 1.1 GB, report 1.1 GB
    why it matters: they would be killed, hours after the start and without a word
    what to do:     run it where there is more, here or by profiles/slurm; `memory` in config.yaml is what a run may use, if it is not that"""


def test_the_workflow_says_which_jobs_and_starts_none(trial):
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(own.ROOT / "Snakefile"),
        "--cores",
        "2",
        "--config",
        "memory=1",
    ]
    done = subprocess.run(command, cwd=trial, text=True, capture_output=True)
    assert done.returncode == 1
    assert REFUSED in done.stderr and "Traceback" not in done.stderr
    assert not (trial / "results").exists()
    assert subprocess.run([*command[:3], "cohort", *command[3:]], cwd=trial).returncode == 0  # which needs less


def test_a_run_in_one_process_too(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "there", lambda setting: 1000)
    with pytest.raises(InputError, match=r"raw: with 1 MB of raw files these jobs need more memory than the 1\.0 GB"):
        running.run(tiny, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("job", "part"), [("audit", ""), ("clean_part", "; in smaller parts a part needs less: chunks in config.yaml")]
)
def test_what_to_do(job, part):
    assert not [*memory.lacking([(job, 21_000)], 16_000, 640, "raw")]
    (told,) = memory.lacking([(job, 24_000), (job, 22_000), ("report", 4000)], 16_000, 640, "raw")
    assert (
        told.what
        == f"with 640 MB of raw files these jobs need more memory than the 16.0 GB of this machine: {job} 18.0 GB"
    )
    assert told.do.endswith(f"if it is not that{part}")


def test_a_container_has_what_it_is_given(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "OF_A_CONTAINER", (str(limit), str(tmp_path / "none")))
    machine = memory.there()
    limit.write_text("max\n")
    assert memory.there() == machine
    limit.write_text("512000000\n")
    assert memory.there() == 512
