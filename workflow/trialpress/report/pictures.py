"""The pictures of a page, which holds them within it: each as small as it can be without the loss of a pixel."""

from __future__ import annotations

from pathlib import Path

# as much work as pays: twice as much of it saves another tenth
LOSSLESS = {"lossless": True, "method": 2, "quality": 0}


def lighten(folder: Path) -> None:
    """Lay a WebP beside each PNG file of a folder that is smaller than the same picture as SVG; the filter takes the smallest.
    One at a time: each needs 70 MB."""
    from PIL import Image

    for path in sorted(folder.glob("*.png")):
        made = path.with_suffix(".webp")
        if _drawn_smaller(path) or (made.exists() and made.stat().st_mtime >= path.stat().st_mtime):  # in a preview
            continue
        with Image.open(path) as picture:
            pixels = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        pixels.save(made, "WEBP", **LOSSLESS)


def _drawn_smaller(path: Path) -> bool:
    drawn = path.with_suffix(".svg")
    return drawn.exists() and drawn.stat().st_size <= path.stat().st_size
