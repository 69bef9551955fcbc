"""One boundary round every entry: a message of three parts and a status, never a traceback on the screen."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from trialpress import exclusive
from trialpress.errors import InputError, Problem
from trialpress.job import boundary, logged
from trialpress.report import qmd

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


@pytest.mark.parametrize("folder", [".snakemake", "results", "results/s/analysis", "logs/s"])
def test_a_folder_that_cannot_be_written_is_said_before_the_first_job(tmp_path, monkeypatch, capsys, folder):
    monkeypatch.chdir(tmp_path)
    for name in (".snakemake", "results/s/analysis", "results/other/analysis", "logs/s"):
        (tmp_path / name).mkdir(parents=True)
    real = exclusive.tempfile.TemporaryFile

    def refuses(dir):
        if Path(dir) in (Path(folder), Path("results/other/analysis")):
            raise OSError(errno.EROFS, "Read-only file system")
        return real(dir=dir)

    monkeypatch.setattr(exclusive.tempfile, "TemporaryFile", refuses)
    assert exclusive.run(["--cores", "1", "--config", "study=s"]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / folder}: nothing can be written there: Read-only file system" in said and "what to do:" in said
    assert "other" not in said and not (tmp_path / ".snakemake" / "running").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cores", "0"], "'0' is none"),
        (["--cores", "x"], "'x' is none"),
        (["--config", "study=../x"], "cannot name a study"),
    ],
)
def test_what_a_run_is_told_is_checked_before_it_begins(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert exclusive.run(arguments) == 1 and [*tmp_path.iterdir()] == []
    assert said in (text := capsys.readouterr().err) and "what to do:" in text


def test_a_manuscript_that_is_not_utf_8_is_refused_with_its_line(tmp_path):
    (tmp_path / "manuscript.qmd").write_bytes("# A\n\nMüller\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"manuscript.qmd, line 3: is not UTF-8: byte 0xfc"):
        qmd.read(tmp_path, embedded=True)
