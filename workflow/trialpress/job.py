"""How everything that can be started ends: with its work done, or with a message of three parts and status 1.

One boundary for all entries: the workflow's scripts, the commands, the modules behind the Makefile's targets. A problem in
the input says itself what is wrong; what else is raised is told in words, and its traceback is put into a file beside the log.
"""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from .errors import InputError, Problem

NOT_WRITTEN = "what was asked for was not written"
FULL = (errno.ENOSPC, errno.EDQUOT)


def fault(where: str, what: str, log: Path | None) -> Problem:
    """What is not of the input's making, as far as it is known."""
    see = f"see {log}; " if log else ""
    return Problem(where, what, NOT_WRITTEN, f"{see}if the input is right, report it as a fault of trialpress")


def told(where: str, error: BaseException, log: Path | None) -> Problem:
    """An error that no input is known to cause, in words."""
    if isinstance(error, MemoryError):
        return Problem(
            where, "needs more memory than there is", NOT_WRITTEN, "free memory, or raise the limit of the job"
        )
    if isinstance(error, OSError) and error.errno in FULL:
        return Problem(where, "the disk is full", NOT_WRITTEN, "make room and run it again; nothing is half-written")
    if isinstance(error, OSError) and error.filename is not None:
        what = f"cannot be read or written: {error.strerror or error}"
        return Problem(
            str(error.filename), what, NOT_WRITTEN, "look whether it is there and who may use it; run it again"
        )
    if isinstance(error, ModuleNotFoundError):
        what = f"the package {error.name} is not there"
        return Problem(where, what, NOT_WRITTEN, "remove .venv and run make again: it sets it up as it is locked")
    said = " ".join(str(error).split())[:300]
    return fault(where, f"{type(error).__name__}: {said}" if said else type(error).__name__, log)


def keep(log: Path | None) -> Path | None:
    """The traceback of the error that is being handled into a file beside the log, or among the system's temporary files."""
    for at in (
        log and Path(log).with_suffix(".traceback"),
        Path(tempfile.gettempdir()) / f"trialpress-{os.getpid()}.traceback",
    ):
        try:
            if at:
                at.write_text(traceback.format_exc(), encoding="utf-8")
                return at
        except OSError:
            continue
    return None


@contextmanager
def boundary(where: str, log: Path | None = None) -> Iterator[None]:
    """SystemExit(1) with a message for whatever is raised; 130 if the user stops it."""
    try:
        yield
    except InputError as error:
        said: object = error
    except KeyboardInterrupt:
        print(f"{where}: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        said = told(where, error, keep(log))
    else:
        return
    sys.stdout.flush()
    print(said, file=sys.stderr)
    sys.exit(1)


def given(usage: str, n: int) -> list[str]:
    """The arguments of a module that is run; SystemExit with its usage if they are not n."""
    if len(sys.argv) - 1 != n:
        sys.exit(f"usage: {usage}")
    return sys.argv[1:]


@contextmanager
def captured(path: Path | str) -> Iterator[None]:
    """Write stdout and stderr to `path`, and the message of an InputError, which goes on."""
    with open(path, "w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        try:
            yield
        except InputError as error:
            print(error)
            raise


@contextmanager
def logged(path: Path | str) -> Iterator[None]:
    """A workflow's script: all that is printed goes to its log, which Snakemake shows if the status is 1."""
    path = Path(path)
    path.with_suffix(".traceback").unlink(missing_ok=True)
    with (
        open(path, "w", encoding="utf-8") as log,
        redirect_stdout(log),
        redirect_stderr(log),
        boundary(path.stem, path),
    ):
        yield
