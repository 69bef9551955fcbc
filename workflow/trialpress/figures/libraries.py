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
def make_ticks_once() -> None:
    """Let a tick be made as its axis says and when it is needed: matplotlib makes the first of each kind with the axis, and copies
    to every other what was changed by hand in the first, which nothing here does."""
    from matplotlib import artist, axis

    class Later:
        def __set_name__(self, owner, name: str) -> None:
            self.name = name

        def __get__(self, instance, owner):
            return self if instance is None else instance.__dict__.setdefault(self.name, [])

    axis.Axis.minorTicks = later = Later()
    later.__set_name__(axis.Axis, "minorTicks")
    clipped = artist.Artist.update_from  # a grid ends with its axes
    axis.Axis._copy_tick_props = lambda self, first, other: clipped(other.gridline, first.gridline)


@cache
def place_labels_alone() -> None:
    """Let an axis without a label seek no place for it, for which matplotlib makes and measures all ticks a second time."""
    from matplotlib import axis

    def of_a_label(place):
        return lambda self, renderer: place(self, renderer) if self.label.get_text() else None

    for kind in (axis.XAxis, axis.YAxis):
        kind._update_label_position = of_a_label(kind._update_label_position)


def artists(of) -> list:
    """A figure, or a part of it, with all its parts; of an axis the ticks that are there: to ask for the others makes them, and they
    say nothing before the axis is drawn."""
    from matplotlib.axis import Axis

    if isinstance(of, Axis):
        ticks = [tick for name in ("majorTicks", "minorTicks") for tick in vars(of).get(name, ())]
        parts = [of.label, of.offsetText, *ticks]
    else:
        parts = of.get_children()
    return [of, *(inner for part in parts for inner in artists(part))]


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
