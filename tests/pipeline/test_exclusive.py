"""One run at a time in a folder; what a killed run leaves behind holds nobody up."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trialpress.exclusive import due, hold


def holder(path, seconds: float) -> subprocess.Popen:
    """A process that holds the lock by what it started, as a job of a run that was killed does."""
    code = (
        f"import os, time, trialpress.exclusive as e; e.hold({str(path)!r}); print(flush=True); time.sleep({seconds})"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "workflow"}
    )
    running.stdout.readline()
    return running


def test_a_second_run_waits_for_the_jobs_of_the_first_to_end(tmp_path):
    first = holder(tmp_path / "running", 1.5)
    code = f"import trialpress.exclusive as e; e.alone({str(tmp_path / 'running')!r}); print('second')"
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": "workflow"},
            capture_output=True,
            text=True,
        )
    finally:
        first.kill()
    assert (done.returncode, done.stdout) == (0, "second\n")
    assert "waiting" in done.stderr


def test_a_run_that_goes_on_keeps_the_second_out(tmp_path):
    first = holder(tmp_path / "running", 60)
    try:
        began = time.monotonic()
        assert hold(tmp_path / "running", patience=0.5) is None
        assert time.monotonic() - began >= 0.5
    finally:
        first.kill()
        first.wait()
    assert hold(tmp_path / "running") is not None


def test_a_job_ends_with_the_run_that_began_it(tmp_path):
    run = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    code = "import time, trialpress.exclusive as e; e.end_with_the_run(); print(flush=True); time.sleep(60)"
    given = {**os.environ, "PYTHONPATH": "workflow", "TRIALPRESS_RUN": str(run.pid)}
    job = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=given)
    job.stdout.readline()
    assert job.poll() is None
    run.kill()
    run.wait()
    assert job.wait(timeout=20) == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda: None, False),
        (lambda: Path("data/s/raw/labs.csv").write_text("1"), True),
        (lambda: Path("report/s/new.png").touch(), True),
        (lambda: Path("config/config.yaml").touch(), True),
        (lambda: Path("results/s/figures/os.svg").unlink(), True),
        (lambda: Path("results/s/.receipts/audit.json").unlink(), True),
        (lambda: Path("config/t/plan.yaml").touch(), False),
    ],
    ids=["nothing", "a raw file", "a new file", "the settings", "a result removed", "no audit yet", "another study"],
)
def test_a_run_is_due_when_a_source_is_newer_than_the_results(tmp_path, monkeypatch, change, expected):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("trialpress.exclusive.__file__", str(tmp_path / "workflow/trialpress/exclusive.py"))
    names = ["Snakefile", "workflow/rules/a.smk", "config/config.yaml", "config/s/plan.yaml", "config/t/plan.yaml"]
    names += [
        "data/s/raw/labs.csv",
        "report/s/manuscript.qmd",
        "results/s/figures/os.svg",
        "results/s/.receipts/audit.json",
    ]
    for path in map(Path, names):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    for path in [*Path().rglob("*")]:
        os.utime(path, (1e9, 1e9))
    change()
    assert due("s") is expected


def test_an_input_is_hashed_once_for_all_outputs_of_its_job(tmp_path):
    """What Snakemake remembers of each output holds the hashes of the inputs all the same."""
    (tmp_path / "Snakefile").write_text(
        'rule all:\n    input: "a", "b", "c"\n'
        'rule one:\n    input: "x", "y"\n    output: "a", "b", "c"\n    shell: "touch {output}"\n'
    )
    hashes = {name: hashlib.sha256(name.encode()).hexdigest() for name in "xy"}
    for name in hashes:
        (tmp_path / name).write_text(name)
    code = """
import hashlib, sys
from trialpress import exclusive
real, seen = hashlib.file_digest, []
hashlib.file_digest = lambda file, how: seen.append(file.name) or real(file, how)
status = exclusive.run(["--cores", "1", "--config", "study=s"])
print(status, *seen)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "workflow")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["0", "x", "y"], done.stderr
    found = [json.loads(path.read_text()) for path in (tmp_path / ".snakemake/metadata").iterdir()]
    known = {name: f"sha256:{of}" for name, of in hashes.items()}
    assert [one["input_checksums"] for one in found if one["rule"] == "one"] == [known] * 3
