"""What a kind of figure returns, and where the kinds are registered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from ..registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = Registry("figure kind", "kind", ("caption",))


@dataclass(frozen=True)
class Drawing:
    """figure: at final size. numbers: exactly what it shows. alt: the same in words, for those who cannot see it. notes:
    what it does not show; `said` writes them below it and into the words.
    """

    figure: Figure
    numbers: pd.DataFrame
    alt: str
    notes: tuple[str, ...] = ()

    def said(self, *more: str) -> Drawing:
        notes = tuple(dict.fromkeys(filter(None, (*self.notes, *more))))
        if not notes:
            return self
        self.figure.page.note(". ".join(notes) + ".")
        return replace(self, alt=f"{self.alt} {'. '.join(notes)}.", notes=notes)


def empty(results, width: str, why: str, *notes: str) -> Drawing:
    """A figure that says why there is nothing to draw."""
    from . import style

    page = style.Page(results, width, 24.0)
    page.text(page.width / 2, 12.0, style.wrap(why, page.width - 10), color=style.GREY, ha="center", va="center")
    return Drawing(page.figure, pd.DataFrame({"note": [why]}), f"No figure: {why}.", notes)
