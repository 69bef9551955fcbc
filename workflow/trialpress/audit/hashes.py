"""The hash of a file is made once for manifest, crate and privacy gate, in whichever process, as long as it is the file that it was.

That is told by its place on the disk, its size and the time of its last change. What was changed a moment ago may change again
within the same tick of the clock, and is read each time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from ..files import sha256

SETTLED = 2 * 10**9  # nanoseconds
Stamp = tuple[str, int, int, int, int, int]
_made: dict[Stamp, str] = {}


def of(path: Path) -> str:
    """The sha256 of a file; FileNotFoundError if it is not there."""
    stamp = _stamp(path)
    if stamp not in _made:
        now = time.time_ns()
        found = sha256(path)
        if now - max(stamp[-2:]) < SETTLED or stamp != _stamp(path):
            return found
        _made[stamp] = found
    return _made[stamp]


def _stamp(path: Path) -> Stamp:
    at = os.stat(path)
    return (str(path), at.st_dev, at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)


def made() -> dict[Stamp, str]:
    """All so far, for another process."""
    return dict(_made)


def take(others: Mapping[Stamp, str]) -> None:
    """Those that another process has made."""
    _made.update(others)
