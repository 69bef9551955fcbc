"""The figures of two runs side by side: before, after, and where they differ."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops

from .sides import Side

CHANGED = (192, 38, 38)


@dataclass(frozen=True)
class Pair:
    """A figure: PNG before, after and of the difference, empty where there is none; made: whether each run made one, which a record
    and a crate know by its hash alone."""

    name: str
    before: bytes
    after: bytes
    difference: bytes
    made: tuple[bool, bool]


def pairs(a: Side, b: Side) -> Iterator[Pair]:
    """The figures of which the picture differs, by name; a figure that only one run has, too. Nothing where one side knows none."""
    (mine, old), (theirs, new) = map(_pictures, (a, b))
    for name in sorted({*old, *new}) if old and new else ():
        if old.get(name) != new.get(name):
            before, after = (found.get(name, b"") for found in (mine, theirs))
            change = difference(before, after) if before and after else b""
            yield Pair(name, before, after, change, (name in old, name in new))


def _pictures(side: Side) -> tuple[dict[str, bytes], dict[str, str]]:
    """Name of a figure -> its PNG, and the hash of that, which the manifest has too."""
    found = {path.stem: path.read_bytes() for path in (side.folder / "figures").glob("*.png")}
    listed = {Path(name): at["sha256"] for name, at in side.manifest.get("outputs", {}).items()}
    known = {path.stem: text for path, text in listed.items() if path.parts[0] == "figures" and path.suffix == ".png"}
    return found, known | {name: hashlib.sha256(png).hexdigest() for name, png in found.items()}


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
