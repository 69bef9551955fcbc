"""How a workflow script runs: everything printed goes to its log, and a problem in the input ends it with a message."""

from __future__ import annotations

import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from .errors import InputError


@contextmanager
def captured(path: Path | str):
    """Write stdout and stderr to `path`, and the message of an InputError, which goes on."""
    with open(path, "w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        try:
            yield
        except InputError as error:
            print(error)
            raise


@contextmanager
def logged(path: Path | str):
    """The same for a workflow's script: on InputError exit with status 1, without a traceback."""
    try:
        with captured(path):
            yield
    except InputError:
        sys.exit(1)
