"""The hash of a file is made once in a process, and one of a large file once in a run, as long as it is the file that it was.

That is told by its number on the disk, its size and the times of its last change, of which no program sets the last (`ctime`). What
was changed a moment ago may change again within the same tick of the clock, and is read each time. A job leaves what it knows of
large files to those beside and after it, below the receipts; the end of a run believes none of that and reads everything that was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from .environment import located
from .errors import InputError
from .files import read_json, sha256, write_text

SETTLED = 2 * 10**9  # nanoseconds
LARGE = 2**20  # bytes
_made: dict[str, str] = {}  # stamp -> sha256


def of(path: Path | str) -> str:
    """The sha256 of a file; FileNotFoundError if it is not there."""
    at = os.stat(path)
    stamp = _stamp(path, at)
    if stamp not in _made:
        now = time.time_ns()
        found = sha256(path)
        if now - max(at.st_mtime_ns, at.st_ctime_ns) < SETTLED or stamp != _stamp(path, os.stat(path)):
            return found
        _made[stamp] = found
    return _made[stamp]


def _stamp(path: Path | str, at: os.stat_result) -> str:
    """What tells that a file is what it was, as a hash: its numbers could be taken for those of a participant."""
    told = (os.path.abspath(path), at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def made() -> dict[str, str]:
    """All so far, for another process."""
    return dict(_made)


def take(others: Mapping[str, str]) -> None:
    """Those that another process has made."""
    _made.update(others)


def leave(names: Iterable[str], path: Path) -> None:
    """Write down what is known of the large ones of these files, for the jobs beside and after this one."""
    found = {}
    for file in map(located, names):
        if os.path.isfile(file) and (at := os.stat(file)).st_size >= LARGE:
            stamp = _stamp(file, at)
            found |= {stamp: _made[stamp]} if stamp in _made else {}
    write_text(json.dumps(found, indent=0) + "\n", path)


def take_left(folder: Path) -> None:
    """What jobs have left there; what cannot be read tells nothing."""
    for path in folder.glob("*.json"):
        with suppress(InputError):
            take(read_json(path))
