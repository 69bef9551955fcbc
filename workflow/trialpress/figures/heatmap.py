"""Features by participant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..registry import Column, Population
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import Stage, count, level_name, look_of, number
from .thinning import COLUMNS, every, step

CELL, GAP = 4.2, 2.0  # mm: height of a row, distance of the outcomes and the features
# From pale to dark in eight steps of lightness, in grey: every hue is a level of some classification.
SHADES = ("#EFEFEF", "#D6D6D6", "#BABABA", "#9C9C9C", "#7E7E7E", "#616161", "#444444", "#292929")
MANY = 300  # columns beyond which a cell is too narrow for an edge or a mark


@dataclass(frozen=True)
class _Row:
    """A variable. name: wrapped; key: its entries; places: each participant's place among the entries, that behind the
    last one if it is not known."""

    name: str
    title: str
    key: tuple
    places: pd.Series

    @property
    def height(self) -> float:
        return max(CELL, (self.name.count("\n") + 1) * style.LINE + 0.8)


@KINDS.add("heatmap")
def heatmap(
    results: Results,
    *,
    population: Population,
    features: list[Column],
    outcomes: list[Column],
    width: style.Width = "double",
) -> Drawing:
    """Features by participant: continuous ones shaded by their rank among the participants, categorical ones in the colour
    of the level, no two variables with the same colours unless they have the same levels; the outcomes stand above, and
    the participants are sorted by them in turn. Of more than 1,000 participants, sorted by the features too, every k-th is a
    column, and the figure says so.

    Parameters
        population: who is shown
        features: rows of the map
        outcomes: classifications above it, the first one sorts first
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    if data.frame.empty:
        return empty(results, width, "No participants in this population")
    columns = [*outcomes, *features]
    n, k = len(data.frame), step(len(data.frame), COLUMNS)
    page_width = style.WIDTHS[width]
    names = style.widest(results.plan.label(column, unit=True) for column in columns)
    left = min(names, 46.0 if width == "double" else 26.0) + 2.0
    plot_width = page_width - left - 0.5
    rows = _rows(results, data, columns, left - 2.0)
    places = pd.DataFrame({column: Stage.of(data, column).codes for column in outcomes})
    if k > 1:
        places = pd.concat([places, *(row.places.rename(i) for i, row in enumerate(rows))], axis=1)
    order = places.sort_values(list(places), kind="stable").index[::k]
    keys: dict[tuple, list[str]] = {}  # the same levels share a key
    for row in rows:
        keys.setdefault(row.key, []).append(row.title)
    legends = [(style.wrap(", ".join(dict.fromkeys(titles)), left - 2.0), [(text, dict(look)) for text, look in key])
               for key, titles in keys.items()]  # fmt: skip
    heights = [max(style.key_height(entries, plot_width), (title.count("\n") + 1) * style.LINE + 0.6)
               for title, entries in legends]  # fmt: skip
    map_height = sum(row.height for row in rows) + GAP
    page = style.Page(results, width, map_height + 5.5 + sum(heights) + 1.0)
    y, known = 0.0, True
    for i, row in enumerate(rows):
        y += GAP if i == len(outcomes) else 0.0
        page.text(0.0, y + row.height / 2, row.name, va="center")
        known &= _draw(page.axes(left, y, plot_width, row.height), row, order)
        y += row.height
    thinned = every(k, n)
    mark = "white" if len(order) > MANY else "×"
    text = f"{thinned or count(n)}, each a column{'' if known else f'; {mark}: not known'}"
    page.text(left + plot_width / 2, y + 0.8, text, ha="center", color=palette.GREY)
    y += 5.5
    for (title, entries), height in zip(legends, heights, strict=True):
        page.text(0.0, y, title, color=palette.GREY)
        page.key(left, y, entries, plot_width)
        y += height
    numbers = data.frame.loc[order, [results.study.participant, *columns]].reset_index(drop=True)
    named = ", ".join(results.plan.label(column) for column in features)
    sorting = ", then ".join(results.plan.label(column) for column in outcomes)
    alt = f"Heat map of {named} for {count(n)}, sorted by {sorting}."
    return Drawing(page.figure, numbers, f"{alt} {thinned}." if thinned else alt)


def _rows(results: Results, data, columns: list[str], width: float) -> list[_Row]:
    from ..analysis.methods.common import is_categorical

    found, first, known = [], 0, {}
    for column in columns:
        name = style.wrap(results.plan.label(column, unit=True), width)
        if not is_categorical(data, column):
            ranks = pd.Series(number(data.frame[column]), index=data.frame.index).rank(pct=True)
            places = np.ceil(ranks * len(SHADES)).sub(1).fillna(len(SHADES))
            found.append(_Row(name, "Continuous", CONTINUOUS, places))
            continue
        looks = look_of(data, column, first)[1]
        labels = tuple(level_name(results, column, level) for level in looks)
        if labels not in known:
            known[labels] = list(looks.values())
            first += len(looks) if [*looks.values()][:1] == [palette.of_place(first)] else 0
        looks = known[labels]
        key = tuple((text, tuple(look.patch.items())) for text, look in zip(labels, looks, strict=True))
        found.append(_Row(name, results.plan.label(column), key, Stage.of(data, column).codes))
    return found


CONTINUOUS = tuple(
    (text, (("facecolor", shade),))
    for text, shade in (("lowest", SHADES[0]), ("median rank", SHADES[len(SHADES) // 2]), ("highest", SHADES[-1]))
)


def _draw(axes, row: _Row, order) -> bool:
    """Draw a row; whether everyone's value is known."""
    from matplotlib.colors import ListedColormap

    patches = [dict(look) for _, look in row.key]
    tones = list(SHADES) if row.key is CONTINUOUS else [patch["facecolor"] for patch in patches]
    places = row.places.loc[order].to_numpy(dtype=float)
    many = len(order) > MANY
    axes.spines[:].set_visible(False)
    axes.pcolormesh(places[None, :], cmap=ListedColormap([*tones, palette.UNKNOWN]), vmin=-0.5, vmax=len(tones) + 0.5,
                    linewidths=0 if many else 0.5, edgecolor="white", rasterized=many)  # fmt: skip
    axes.set(xlim=(0, len(places)), ylim=(1, 0), xticks=[], yticks=[])
    for place, patch in enumerate(patches if row.key is not CONTINUOUS and not many else ()):
        if "hatch" in patch:
            for at in np.flatnonzero(places == place):
                axes.axvspan(at + 0.05, at + 0.95, **{**patch, "facecolor": "none"}, linewidth=0)
    missing = np.flatnonzero(places == len(tones))
    if len(missing) and not many:
        axes.plot(
            missing + 0.5, np.full(len(missing), 0.5), "x", color=palette.GREY, markersize=2.6, markeredgewidth=0.6
        )
    return not len(missing)
