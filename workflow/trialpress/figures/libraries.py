"""What the libraries of pictures do not do by themselves to be quick. The pictures are the same."""

from __future__ import annotations

import io
import os
import sys
from functools import cache
from pathlib import Path


@cache
def hold_fonts() -> None:
    """Let matplotlib hold its fonts in memory: FreeType reads a glyph whenever it is set, through a Python file, which takes
    twice as long as all the rest of setting a text."""
    from matplotlib import font_manager

    own = font_manager._get_font.__wrapped__

    @cache
    def opened(files: tuple[tuple[str, int], ...], **options):
        return own(tuple((io.BytesIO(Path(file).read_bytes()), face) for file, face in files), **options)

    font_manager._get_font = opened
    os.register_at_fork(after_in_child=opened.cache_clear)  # as matplotlib does with its own


@cache
def seaborn():
    """seaborn without scipy.stats, whose import takes as long as two figures: it would estimate densities with it, which it
    then does by itself, and which no figure here asks it for."""
    without = "scipy.stats" not in sys.modules
    if without:
        sys.modules["scipy.stats"] = None
    try:
        import seaborn
    finally:
        if without:
            del sys.modules["scipy.stats"]
    return seaborn
