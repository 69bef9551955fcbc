"""Everyone at a glance: ways through the study, and features by participant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..ids import EVERYONE, Name
from ..plan import own_word
from ..registry import Column, Population
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import coloured, count, level_name, number, printed

NODE, BODY = 3.0, 74.0  # mm: width of a node, height of all of them


@KINDS.add("alluvial")
def alluvial(
    results: Results,
    *,
    population: Population,
    columns: list[Column],
    colour: Column = "",
    width: style.Width = "double",
) -> Drawing:
    """Ways of the participants through classifications: stratum, response, transplant, status. The height of a band is a
    number of participants, its colour one of the classifications.

    Parameters
        population: who is shown
        columns: the classifications from left to right
        colour: the classification that gives the colour (default: the first)
        width: single (85 mm) or double (180 mm)
    """
    from matplotlib.patheffects import withStroke

    data = results.population(population)
    frame = data.frame
    if frame.empty:
        return empty(results, width, "No participants in this population")
    stages = [_places(data, column) for column in columns]
    own = _places(data, colour or columns[0])
    palette = coloured(data, colour or columns[0])[1]
    palette = {**palette, EVERYONE: style.PALE}
    page_width = style.WIDTHS[width]
    label_width = min(max(style.widest(f"{name.label} ({n:,})" for name, n in stage.sizes) for stage in stages), 34.0)
    xs = np.linspace(0.0, page_width - label_width - NODE - 1.5, len(columns))
    titles = [style.wrap(results.plan.label(column), label_width + NODE, style.TEXT, "semibold") for column in columns]
    top = max(title.count("\n") + 1 for title in titles) * style.LINE + 2.0
    page = style.Page(results, width, top + BODY + 2.0)
    scale = min((BODY - 1.6 * (len(stage.sizes) - 1)) / len(frame) for stage in stages)
    starts = [_stack(stage.sizes, scale, top) for stage in stages]
    for x, stage, start, title in zip(xs, stages, starts, titles, strict=True):
        page.text(x, 0.0, title, weight="semibold")
        for name, n in stage.sizes:
            page.box(x, start[name], NODE, max(n * scale, 0.15), facecolor=style.INK, edgecolor="none", zorder=3)
            text = style.wrap(f"{name.label} ({n:,})", label_width)
            halo = [withStroke(linewidth=1.8, foreground="white", alpha=0.75)]
            middle = start[name] + n * scale / 2
            page.text(x + NODE + 1.0, middle, text, va="center", zorder=4, path_effects=halo)
    flows = []
    for i in range(len(columns) - 1):
        pairs = pd.DataFrame({"source": stages[i].codes, "target": stages[i + 1].codes, "colour": own.codes})
        left, right = dict(starts[i]), dict(starts[i + 1])
        table = pairs.groupby(["source", "target", "colour"], sort=True).size()
        for places, n in table.items():
            source, target, name = (
                stage.levels[place] for stage, place in zip((stages[i], stages[i + 1], own), places, strict=True)
            )
            tone = style.tint(palette[name], 0.45)
            _band(page, xs[i] + NODE, xs[i + 1], left[source], right[target], n * scale, tone)
            left[source] += n * scale
            right[target] += n * scale
            flows.append(
                {
                    "from": columns[i],
                    "to": columns[i + 1],
                    "source": source.label,
                    "target": target.label,
                    "colour": name.label,
                    "n": n,
                }
            )
    parts = [
        f"{results.plan.label(column)}: " + ", ".join(f"{name.label} {n}" for name, n in stage.sizes)
        for column, stage in zip(columns, stages, strict=True)
    ]
    return Drawing(page.figure, pd.DataFrame(flows), f"Ways of {count(len(frame))}. " + ". ".join(parts) + ".")


@dataclass(frozen=True)
class _Stage:
    """A classification. levels: in the order of printing, the last for those without a level; codes: each participant's
    place among them."""

    levels: list[Name]
    codes: pd.Series

    @property
    def sizes(self) -> list[tuple[Name, int]]:
        """The levels that have participants, and how many."""
        counted = [(name, int((self.codes == place).sum())) for place, name in enumerate(self.levels)]
        return [(name, n) for name, n in counted if n]


def _places(data, column: str) -> _Stage:
    levels = data.groups(column)
    unknown = Name(EVERYONE.id, own_word("Unknown", printed(levels), "no value"))
    codes = pd.Series(len(levels), index=data.frame.index)
    for place, members in enumerate(levels.values()):
        codes[members] = place
    return _Stage([*levels, unknown], codes)


def _stack(sizes: list[tuple[Name, int]], scale: float, top: float) -> dict[Name, float]:
    """Top of each node; small nodes keep the distance that their labels need."""
    tops, y = {}, top
    gap = (BODY - sum(n for _, n in sizes) * scale) / max(len(sizes) - 1, 1)
    for name, n in sizes:
        tops[name] = y
        y += n * scale + gap
    return tops


def _band(page, x0: float, x1: float, y0: float, y1: float, height: float, colour: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    middle = (x0 + x1) / 2
    points = [(x0, y0), (middle, y0), (middle, y1), (x1, y1), (x1, y1 + height), (middle, y1 + height),
              (middle, y0 + height), (x0, y0 + height), (x0, y0)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    page.figure.add_artist(
        PathPatch(Path(points, codes), transform=page.mm, facecolor=colour, edgecolor="none", zorder=1)
    )


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
    of the level; the outcomes stand above, and the participants are sorted by them in turn.

    Parameters
        population: who is shown
        features: rows of the map
        outcomes: classifications above it, the first one sorts first
        width: single (85 mm) or double (180 mm)
    """
    from matplotlib.colors import ListedColormap
    from seaborn import heatmap as heat

    from ..analysis.methods.common import is_categorical

    data = results.population(population)
    if data.frame.empty:
        return empty(results, width, "No participants in this population")
    rows = [*outcomes, *features]
    places = pd.DataFrame({column: _places(data, column).codes for column in outcomes})
    order = places.sort_values(list(places), kind="stable").index
    page_width = style.WIDTHS[width]
    left = min(style.widest(results.plan.label(column, unit=True) for column in rows), 46.0) + 2.0
    plot_width, cell, gap = page_width - left - 0.5, 4.2, 2.0
    keys: dict[str, tuple[list[str], list]] = {}  # the same levels share a key
    for column in rows:
        if is_categorical(data, column):
            levels, palette = coloured(data, column)
            entries = [(level_name(results, column, name), {"facecolor": palette[name]}) for name in levels]
            keys.setdefault(repr(entries), ([], entries))[0].append(results.plan.label(column))
        else:
            shades = [("lowest", SHADES[0]), ("median rank", SHADES[len(SHADES) // 2]), ("highest", SHADES[-1])]
            entries = [(text, {"facecolor": shade}) for text, shade in shades]
            keys.setdefault("continuous", (["Continuous"], entries))
    legends = [(style.wrap(", ".join(titles), left - 2.0), entries) for titles, entries in keys.values()]
    heights = [
        max(style.key_height(entries, plot_width), (title.count("\n") + 1) * style.LINE + 0.6)
        for title, entries in legends
    ]
    map_height = len(rows) * cell + gap
    page = style.Page(results, width, map_height + 5.5 + sum(heights) + 1.0)
    tones, codes = [], []
    for i, column in enumerate(rows):
        y = i * cell + (gap if i >= len(outcomes) else 0.0)
        name = style.wrap(results.plan.label(column, unit=True), left - 2.0).split("\n")[0]
        page.text(0.0, y + cell / 2, name, va="center")
        if is_categorical(data, column):
            palette = coloured(data, column)[1]
            shades, own = list(palette.values()), _places(data, column).codes
        else:
            ranks = pd.Series(number(data.frame[column]), index=data.frame.index).rank(pct=True)
            shades, own = list(SHADES), np.ceil(ranks * len(SHADES)).sub(1).fillna(len(SHADES))
        codes.append(own.loc[order].to_numpy(dtype=float) + len(tones))
        tones += [*shades, style.UNKNOWN]
    many = len(order) > 300
    look = {"cmap": ListedColormap(tones), "vmin": -0.5, "vmax": len(tones) - 0.5, "cbar": False,
            "linewidths": 0 if many else 0.5, "linecolor": "white", "xticklabels": False, "yticklabels": False,
            "rasterized": many}  # fmt: skip
    for part, y in ((codes[: len(outcomes)], 0.0), (codes[len(outcomes) :], len(outcomes) * cell + gap)):
        if part:
            heat(np.array(part), ax=page.axes(left, y, plot_width, len(part) * cell), **look)
    y = map_height + 0.8
    page.text(
        left + plot_width / 2, y, f"{count(len(order))}, each a column; white: not known", ha="center", color=style.GREY
    )
    y += 4.7
    for (title, entries), height in zip(legends, heights, strict=True):
        page.text(0.0, y, title, color=style.GREY)
        page.key(left, y, entries, plot_width)
        y += height
    numbers = data.frame.loc[order, [results.study.participant, *rows]].reset_index(drop=True)
    named = ", ".join(results.plan.label(column) for column in features)
    sorting = ", then ".join(results.plan.label(column) for column in outcomes)
    return Drawing(page.figure, numbers, f"Heat map of {named} for {count(len(order))}, sorted by {sorting}.")


# From pale to deep blue in eight steps of lightness.
SHADES = ("#DCE7F2", "#C3D6E8", "#A6C3DE", "#86AED2", "#6597C5", "#437DB1", "#265F93", "#0F4270")
