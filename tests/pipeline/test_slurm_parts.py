"""A clean stage in parts on a Slurm cluster. Skipped where no Slurm answers; beside the other tests of the pipeline, not after them."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from trialpress.clean import clean, write
from trialpress.files import sha256
from trialpress.study import load_study

from .conftest import checkout, run
from .large import study_of
from .test_slurm import ON_SLURM, answers


def one_of(project, wait: float = 120) -> str:
    """The number of a Slurm job that cleans a part in this folder, as soon as one runs."""
    end = time.monotonic() + wait
    while time.monotonic() < end:
        queue = subprocess.run(["squeue", "-h", "-o", "%A|%k|%T|%Z"], capture_output=True, text=True).stdout
        for line in queue.splitlines():
            number, what, state, folder = line.split("|")
            if state == "RUNNING" and "clean_part" in what and folder == str(project):
                return number
        time.sleep(0.5)
    raise AssertionError("no part ran")


def test_a_million_rows_in_eight_jobs_of_which_one_is_killed(tmp_path):
    """What was done stays; only the part that was killed runs again; the bytes are those of one process."""
    if not answers():
        pytest.skip("no Slurm answers here")
    project, one = checkout(tmp_path / "large"), tmp_path / "one"
    study_of(project, 1_000_000)
    command = (*ON_SLURM, "clean", "--config", "chunks=8")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(run, project, *command)
        subprocess.run(["scancel", one_of(project)], check=True)
    assert first.result().returncode, first.result().stdout
    assert len(list((project / "results/large/.parts/clean").glob("*-of-8"))) == 7
    second = run(project, *command)
    assert second.returncode == 0, second.stdout
    assert second.stdout.count(": clean: part ") == 1
    raw = project / "data/large/raw"
    write(clean(load_study(project / "config/large/study.yaml"), raw, raw.parent / "corrections.csv"), one)
    made = project / "results/large/clean"
    assert {path.name: sha256(path) for path in made.iterdir()} == {path.name: sha256(path) for path in one.iterdir()}
