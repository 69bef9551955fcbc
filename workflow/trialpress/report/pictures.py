"""The pictures of a page, which holds them within it: each as small as it can be without the loss of a pixel."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# as much work as pays: twice as much of it saves another tenth
LOSSLESS = {"lossless": True, "method": 2, "quality": 0}


def lighten(folder: Path) -> None:
    """Lay a WebP beside each PNG file of a folder that is smaller than the same picture as SVG; the filter takes the smallest."""
    found = [path for path in sorted(folder.glob("*.png")) if not (_drawn_smaller(path) or _there(path))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_lighten, found))


def _drawn_smaller(path: Path) -> bool:
    drawn = path.with_suffix(".svg")
    return drawn.exists() and drawn.stat().st_size <= path.stat().st_size


def _there(path: Path) -> bool:
    """Of the same picture, by an earlier rendering of a preview."""
    made = path.with_suffix(".webp")
    return made.exists() and made.stat().st_mtime >= path.stat().st_mtime


def _lighten(path: Path) -> None:
    from PIL import Image

    with Image.open(path) as picture:
        picture.convert("RGBA" if picture.has_transparency_data else "RGB").save(
            path.with_suffix(".webp"), "WEBP", **LOSSLESS
        )
