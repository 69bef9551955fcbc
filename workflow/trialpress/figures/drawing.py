"""What a kind of figure returns, and where the kinds are registered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import Problem, raise_if
from ..registry import Registry

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = Registry("figure kind", "kind", ("caption", "svg"))


def width_of(spec) -> str:
    """single or double: what the plan says, or what its kind is drawn in without."""
    return spec.get("width") or KINDS.parameters(spec["kind"])["width"].default


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


def one_each(panels: int, **given) -> None:
    """Refuse options that name more than one thing for each panel: what is left over would not be shown."""
    why = "what is left over would be passed over in silence"
    raise_if(
        Problem(f"plan.yaml, figures, {key}", f"has {len(items)} entries for {panels} panels", why, "name one for each")
        for key, items in given.items() if len(items) > panels
    )  # fmt: skip


def empty(results, width: str, why: str, *notes: str) -> Drawing:
    """A figure that says why there is nothing to draw."""
    from . import palette, style

    page = style.Page(results, width, 24.0)
    page.text(page.width / 2, 12.0, style.wrap(why, page.width - 10), color=palette.GREY, ha="center", va="center")
    return Drawing(page.figure, pd.DataFrame({"note": [why]}), f"No figure: {why}.", notes)
