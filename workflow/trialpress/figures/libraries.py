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
    """seaborn without the parts of scipy whose import takes as long as two figures: it would estimate densities and cluster rows with
    them, which no figure here asks it for."""
    without = [name for name in ("scipy.stats", "scipy.spatial", "scipy.cluster") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(without))
    try:
        import seaborn
    finally:
        for name in without:
            del sys.modules[name]
    return seaborn
