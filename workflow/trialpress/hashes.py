"""The hash of a file is made once in a process, and one of a large file once in a run, as long as it is the file that it was.

That is told by its number on the disk, its size and the times of its last change, of which no program sets the last (`ctime`). What
was changed a moment ago may change again within the same tick of the clock, and is read each time. A job leaves what it knows of
large files to the jobs after it, beside its receipt; the end of a run believes none of that and reads everything that was written.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from .environment import located
from .errors import InputError
from .files import read_json, sha256, write_text

SETTLED = 2 * 10**9  # nanoseconds
LARGE = 2**20  # bytes
PARTS = ".parts"
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


@contextmanager
def linked(path: Path | str) -> Iterator[None]:
    """While a hard link to a file is made, by which its last time is another and what it holds is not."""
    at = os.stat(path)
    yield
    now, was = os.stat(path), _stamp(path, at)
    if was in _made and (at.st_ino, at.st_size, at.st_mtime_ns) == (now.st_ino, now.st_size, now.st_mtime_ns):
        _made[_stamp(path, now)] = _made[was]


def leave(names: Iterable[str], receipt: Path) -> None:
    """Write down what is known of the large ones of these files, for the jobs after this one."""
    found = {}
    for path in map(located, names):
        if os.path.isfile(path) and (at := os.stat(path)).st_size >= LARGE:
            stamp = _stamp(path, at)
            found |= {stamp: _made[stamp]} if stamp in _made else {}
    write_text(json.dumps(found, indent=0) + "\n", _beside(receipt))


def take_left(receipts: Iterable[Path | str]) -> None:
    """What the jobs of these receipts have left; what cannot be read tells nothing."""
    for path in map(_beside, map(Path, receipts)):
        if path.is_file():
            with suppress(InputError):
                take(read_json(path))


def _beside(receipt: Path) -> Path:
    """Below the receipts of the results; a part's is below them, too, since its folder is removed."""
    results = receipt.parents[2] if receipt.parent.parent.name == PARTS else receipt.parents[1]
    return results / receipt.parent.name / "stamps" / receipt.name
