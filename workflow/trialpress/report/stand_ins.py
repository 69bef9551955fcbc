"""Small files that Pandoc is given in the place of pictures, and the pictures put in afterwards: it would take half of its time for
packing and encoding them, and reads nothing in them but the size of a PNG."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import Problem
from .renderer import RenderError

KINDS = (".png", ".svg", ".webp")
MARK = b"\0stand-in for\0"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HELD = re.compile(r"(?<=;base64,)[A-Za-z0-9+/]{16,40000}={0,2}(?![A-Za-z0-9+/=])")


def lay(source: Path, to: Path) -> Path:
    """One below `to` for each picture in source/figures/, by the same path; returns `to`."""
    for path in sorted(source.glob("figures/*")):
        if path.suffix in KINDS:
            name = path.relative_to(source).as_posix()
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            head = b"".join(_blank(path.read_bytes())) if path.suffix == ".png" else b""
            (to / name).write_bytes(head + MARK + name.encode())
    return to


def _blank(data: bytes) -> Iterator[bytes]:
    """A PNG without a drawing, as large as another, in pixels and on paper."""
    yield SIGNATURE
    at, size = len(SIGNATURE), (0, 0)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IHDR":
            size = struct.unpack(">II", data[at + 8 : at + 16])
            yield _chunk(kind, struct.pack(">IIBBBBB", *size, 1, 0, 0, 0, 0))  # a bit for each pixel
        elif kind == b"pHYs":
            yield data[at : at + 12 + length]
        at += 12 + length
    width, height = size
    yield _chunk(b"IDAT", zlib.compress(bytes((1 + (width + 7) // 8) * height), 9))
    yield _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def picture(held: bytes, source: Path) -> bytes | None:
    """The picture that a file stands in for; None if it stands for itself."""
    _, mark, name = held.partition(MARK)
    return (source / name.decode()).read_bytes() if mark else None


def embed(text: str, source: Path) -> str:
    """A page with its pictures. RenderError if a stand-in is not where a picture would be."""

    def put(match: re.Match) -> str:
        found = picture(base64.b64decode(match[0]), source)
        return match[0] if found is None else base64.b64encode(found).decode("ascii")

    text = _HELD.sub(put, text)
    if MARK.decode() in text:
        raise RenderError([Problem("html", "a picture is not in its place", "the reader would not see it")])
    return text
