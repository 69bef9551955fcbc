"""How a workflow script runs: everything printed goes to its log, and a problem in the input ends it with a message."""

from __future__ import annotations

import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from .errors import InputError


@contextmanager
def logged(path: str):
    """Write stdout and stderr to `path`; on InputError write the message and exit with status 1, without a traceback."""
    with open(path, "w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        try:
            yield
        except InputError as error:
            print(error)
            log.flush()
            sys.exit(1)
