"""Programs run in an environment without a clock, a zone or a language."""

from __future__ import annotations

import os
import subprocess
from datetime import datetime
from pathlib import Path

LONGEST = 1800  # seconds that a program may take


class Failed(RuntimeError):
    """A program's own message."""


def environment(epoch: datetime) -> dict[str, str]:
    """The caller's environment without its clock, zone and language."""
    fixed = {"SOURCE_DATE_EPOCH": str(int(epoch.timestamp())), "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
    return {**os.environ, **fixed}


def run(
    command: list[str], *, stdin: str = "", cwd: Path | None = None, env: dict[str, str] | None = None,
    seconds: float = LONGEST,
) -> tuple[str, str]:  # fmt: skip
    """(stdout, stderr) of a program that ends well, and in time; Failed with what it said otherwise."""
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, encoding="utf-8", cwd=cwd, env=env, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{Path(command[0]).name} was ended after {seconds:g} s") from None
    if done.returncode != 0:
        raise Failed(done.stderr.strip() or f"{Path(command[0]).name} ended with code {done.returncode}")
    return done.stdout, done.stderr
