"""The pictures of a page, which holds them within it: each as small as it can be without the loss of a pixel.

What was made is kept by what it is made of: an edit of the text waits for no picture.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ..files import sha256
from ..store import Store

# as much work as pays: twice as much of it saves another tenth
LOSSLESS = {"lossless": True, "method": 2, "quality": 0}


def lighten(folder: Path, kept: Path) -> None:
    """Lay a WebP beside each PNG file of `folder` that is smaller than the same picture as SVG; the filter takes the smallest.
    kept: where those of an earlier time are. One picture at a time: each needs 70 MB."""
    import PIL
    from PIL import features

    how = [sorted(LOSSLESS.items()), PIL.__version__, features.version("webp"), sha256(Path(__file__))]
    store = Store(kept, how)
    for path in sorted(folder.glob("*.png")):
        drawn = path.with_suffix(".svg")
        if drawn.exists() and drawn.stat().st_size <= path.stat().st_size:
            continue
        made = path.with_suffix(".webp")
        store.file(sha256(path), made, partial(_lossless, path, made))
    store.forget()


def _lossless(path: Path, to: Path) -> None:
    from PIL import Image

    with Image.open(path) as picture:
        pixels = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    pixels.save(to, "WEBP", **LOSSLESS)
