"""The pictures of a page, which holds them within it: each as small as it can be without the loss of a pixel.

What was made is kept as <hash of what it is made of>.<its own hash>.webp: an edit of the text waits for no picture.
"""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from ..files import sha256, write_whole

# as much work as pays: twice as much of it saves another tenth
LOSSLESS = {"lossless": True, "method": 2, "quality": 0}


def lighten(folder: Path, kept: Path) -> None:
    """Lay a WebP beside each PNG file of `folder` that is smaller than the same picture as SVG; the filter takes the smallest.
    kept: where those of an earlier time are. One picture at a time: each needs 70 MB."""
    import PIL
    from PIL import Image, features

    how = repr((sorted(LOSSLESS.items()), PIL.__version__, features.version("webp"))).encode()
    used = set()
    for path in sorted(folder.glob("*.png")):
        drawn = path.with_suffix(".svg")
        if drawn.exists() and drawn.stat().st_size <= path.stat().st_size:
            continue
        made, of = path.with_suffix(".webp"), sha256(path.read_bytes() + how)
        before = next((one for one in kept.glob(f"{of}.*") if one.name == f"{of}.{sha256(one)}.webp"), None)
        if before:
            shutil.copyfile(before, made)
        else:
            with Image.open(path) as picture:
                pixels = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
            pixels.save(made, "WEBP", **LOSSLESS)
            before = kept / f"{of}.{sha256(made)}.webp"
            write_whole(before, partial(shutil.copyfile, made))
        used.add(before)
    for other in set(kept.glob("*.webp")) - used:
        other.unlink()
