"""One run at a time in a folder; what a killed run leaves behind holds nobody up."""

import os
import subprocess
import sys
import time

from trialpress.exclusive import hold


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
