"""One boundary round every entry: a message of three parts and a status, never a traceback on the screen."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from trialpress.errors import InputError, Problem
from trialpress.job import boundary, logged

ROOT = Path(__file__).parents[2]
MODULES = ["trialpress", "trialpress.fetch", "trialpress.studies", "trialpress.audit.record"]


def raises(error):
    raise error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("x"), "clean: KeyError: 'x'"),
        (MemoryError(), "clean: needs more memory than there is"),
        (OSError(errno.ENOSPC, "No space left on device", "/tmp/f"), "clean: the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/tmp/f"), "/tmp/f: cannot be read or written: Permission denied"),
        (RecursionError("maximum recursion depth exceeded"), "clean: RecursionError"),
        (ModuleNotFoundError("No module named 'x'", name="x"), "clean: the package x is not there"),
        (InputError([Problem("f.csv", "is wrong", "it counts", "mend it")]), "f.csv: is wrong"),
    ],
)  # fmt: skip
def test_a_script_ends_with_a_message_in_its_log(tmp_path, error, said):
    log = tmp_path / "clean.log"
    with pytest.raises(SystemExit) as ended, logged(log):
        print("working")
        raises(error)
    text = log.read_text()
    assert ended.value.code == 1 and said in text and "working" in text
    assert "why it matters:" in text and "what to do:" in text and "Traceback" not in text
    if not isinstance(error, InputError):
        assert "Traceback" in (tmp_path / "clean.traceback").read_text()


def test_a_traceback_of_an_earlier_run_does_not_stay(tmp_path):
    with pytest.raises(SystemExit), logged(tmp_path / "clean.log"):
        raises(ValueError("x"))
    with logged(tmp_path / "clean.log"):
        print("well")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean.log"]


def test_a_command_that_is_stopped_says_so(capsys):
    with pytest.raises(SystemExit) as ended, boundary("make fetch"):
        raises(KeyboardInterrupt())
    assert ended.value.code == 130 and capsys.readouterr().err == "make fetch: stopped\n"


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        *((module, []) for module in MODULES),
        *(("trialpress.audit.record", of) for of in (["../x"], ["verify", "nobody"])),
    ],
)
def test_a_module_without_sense_in_its_arguments_says_how_it_is_used(tmp_path, module, arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow"), "STUDY": "nobody"}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0 and said.strip() and "Traceback" not in said
