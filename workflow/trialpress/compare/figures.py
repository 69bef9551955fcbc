"""The figures of two runs side by side: before, after, and where they differ."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

CHANGED = (192, 38, 38)


@dataclass(frozen=True)
class Pair:
    """A figure: PNG before, after and of the difference; what is not there is empty."""

    name: str
    before: bytes
    after: bytes
    difference: bytes


def pairs(a: Path, b: Path) -> Iterator[Pair]:
    """The figures of which the picture differs, by name; a figure that only one run has, too."""
    mine, theirs = ({path.stem: path for path in (folder / "figures").glob("*.png")} for folder in (a, b))
    for name in sorted({*mine, *theirs}):
        before, after = (found[name].read_bytes() if name in found else b"" for found in (mine, theirs))
        if before != after:
            yield Pair(name, before, after, difference(before, after) if before and after else b"")


def difference(before: bytes, after: bytes) -> bytes:
    """A PNG: the picture after, pale, and in red what is not as before."""
    old, new = (Image.open(BytesIO(data)).convert("RGB") for data in (before, after))
    size = tuple(map(max, old.size, new.size))
    canvas = [Image.new("RGB", size, "white") for _ in range(2)]
    for one, image in zip(canvas, (old, new), strict=True):
        one.paste(image)
    moved = ImageChops.difference(*canvas).convert("L").point(lambda value: 255 if value > 16 else 0)
    pale = Image.blend(canvas[1], Image.new("RGB", size, "white"), 0.7)
    pale.paste(CHANGED, mask=moved)
    held = BytesIO()
    pale.save(held, "PNG", optimize=True)
    return held.getvalue()


def embedded(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
