"""What pyreadstat does not say of a SAS transport file: how many data sets it holds, which missing values are tagged.

The layout is that of SAS technical note TS-140: records of 80 bytes, a NAMESTR of 140 bytes per variable, then rows.
"""

from __future__ import annotations

import struct

import numpy as np

_MEMBER = (b"HEADER RECORD*******MEMBER  HEADER", b"HEADER RECORD*******MEMBV8  HEADER")
_NAMES = (b"HEADER RECORD*******NAMESTR HEADER", b"HEADER RECORD*******NAMSTV8 HEADER")
_ROWS = (b"HEADER RECORD*******OBS     HEADER", b"HEADER RECORD*******OBSV8   HEADER")
_TAGS = np.frombuffer(b"_ABCDEFGHIJKLMNOPQRSTUVWXYZ", dtype=np.uint8)


def members(data: bytes) -> int:
    """The number of data sets in the file."""
    return sum(data.count(header) for header in _MEMBER)


def _after(data: bytes, headers: tuple[bytes, ...], start: int = 0) -> int:
    return max(data.find(header, start) for header in headers) + 80


def tags(data: bytes, rows: int) -> dict[int, dict[int, str]]:
    """Tagged missing values: variable -> row -> letter (both from 0). All but the first byte of such a number is 0."""
    start = _after(data, _NAMES)
    end = data.find(b"HEADER RECORD*******", start)  # of labels or rows
    layout = [
        (*struct.unpack(">hxxh", data[at : at + 6]), struct.unpack(">l", data[at + 84 : at + 88])[0])
        for at in range(start, end - 139, 140)
    ]
    length = sum(size for _, size, _ in layout)
    body = np.frombuffer(data, dtype=np.uint8, offset=_after(data, _ROWS, start))[: rows * length].reshape(rows, length)
    found = {}
    for index, (kind, size, at) in enumerate(layout):
        if kind == 1:
            number = body[:, at : at + size]
            tagged = np.flatnonzero(np.isin(number[:, 0], _TAGS) & ~number[:, 1:].any(axis=1))
            if len(tagged):
                found[index] = {int(row): chr(number[row, 0]) for row in tagged}
    return found
