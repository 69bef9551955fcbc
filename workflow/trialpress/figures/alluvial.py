"""Ways of the participants through the study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..ids import EVERYONE, Name
from ..registry import Column, Population
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import Stage, count, look_of

NODE, BODY, APART = 3.0, 74.0, 1.6  # mm: width of a node, height of all of them, least distance of two
SOFT = 0.45  # tint of a band, on which labels must stand out


@dataclass(frozen=True)
class _Node:
    """A level with its number of participants. top, height: of the node in mm; label: wrapped."""

    name: Name
    n: int
    top: float
    height: float
    label: str


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
    number of participants, its colour one of the classifications, whose nodes have the same colour.

    Parameters
        population: who is shown
        columns: the classifications from left to right
        colour: the classification that gives the colour (default: the first)
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    if data.frame.empty:
        return empty(results, width, "No participants in this population")
    colour = colour or columns[0]
    stages, own = [Stage.of(data, column) for column in columns], Stage.of(data, colour)
    looks = {**look_of(data, colour)[1], EVERYONE: palette.Look(palette.PALE)}
    page_width, texts = style.WIDTHS[width], [f"{name.label} ({n:,})" for stage in stages for name, n in stage.sizes]
    label_width = min(style.widest(texts), page_width / len(columns) - NODE - 2.0)
    xs = np.linspace(0.0, page_width - label_width - NODE - 1.5, len(columns))
    room = xs[1] - 2.0 if len(columns) > 1 else page_width
    titles = [style.wrap(results.plan.label(column), room, style.TEXT, "semibold") for column in columns]
    top = max(title.count("\n") + 1 for title in titles) * style.LINE + 2.0
    scale = min((BODY - APART * (len(stage.sizes) - 1)) / len(data.frame) for stage in stages)
    body = max(BODY, *(_least(stage, scale, label_width) for stage in stages))
    nodes = [_nodes(stage, scale, top, body, label_width) for stage in stages]
    page = style.Page(results, width, top + body + 2.0)
    for x, column, stage, title in zip(xs, columns, nodes, titles, strict=True):
        page.text(x, 0.0, title, weight="semibold")
        _draw(page, x, stage.values(), looks if column == colour else {})
    flows = []
    for i in range(len(columns) - 1):
        pairs = pd.DataFrame({"source": stages[i].codes, "target": stages[i + 1].codes, "colour": own.codes})
        left, right = ({name: node.top for name, node in nodes[k].items()} for k in (i, i + 1))
        for places, n in pairs.groupby(["source", "target", "colour"], sort=True).size().items():
            levels = (stages[i], stages[i + 1], own)
            source, target, name = (stage.levels[place] for stage, place in zip(levels, places, strict=True))
            tone = palette.tint(looks[name].colour, SOFT)
            _band(page, xs[i] + NODE, xs[i + 1], left[source], right[target], n * scale, tone)
            left[source] += n * scale
            right[target] += n * scale
            flows.append((columns[i], columns[i + 1], source.label, target.label, name.label, n))
    parts = [
        f"{results.plan.label(column)}: " + ", ".join(f"{name.label} {n}" for name, n in stage.sizes)
        for column, stage in zip(columns, stages, strict=True)
    ]
    numbers = pd.DataFrame(flows, columns=["from", "to", "source", "target", "colour", "n"])
    return Drawing(page.figure, numbers, f"Ways of {count(len(data.frame))}. " + ". ".join(parts) + ".")


def _labels(stage: Stage, width: float) -> list[str]:
    return [style.wrap(f"{name.label} ({n:,})", width) for name, n in stage.sizes]


def _rooms(stage: Stage, scale: float, width: float) -> list[float]:
    """The height in mm that each node needs for itself and its label."""
    labels = _labels(stage, width)
    return [
        max(n * scale, (text.count("\n") + 1) * style.LINE) for (_, n), text in zip(stage.sizes, labels, strict=True)
    ]


def _least(stage: Stage, scale: float, width: float) -> float:
    return sum(_rooms(stage, scale, width)) + 0.5 * (len(stage.sizes) - 1)


def _nodes(stage: Stage, scale: float, top: float, body: float, width: float) -> dict[Name, _Node]:
    """The nodes of a stage, at equal distances."""
    found, rooms = {}, _rooms(stage, scale, width)
    gap = (body - sum(rooms)) / max(len(rooms) - 1, 1)
    for (name, n), room, label in zip(stage.sizes, rooms, _labels(stage, width), strict=True):
        found[name] = _Node(name, n, top + (room - n * scale) / 2, n * scale, label)
        top += room + gap
    return found


def _draw(page, x: float, nodes, looks: dict[Name, palette.Look]) -> None:
    from matplotlib.patheffects import withStroke

    for node in nodes:
        look = (
            {**looks[node.name].patch, "linewidth": 0.3} if looks else {"facecolor": palette.INK, "edgecolor": "none"}
        )
        page.box(x, node.top, NODE, max(node.height, 0.15), zorder=3, **look)
        halo = [withStroke(linewidth=1.8, foreground="white", alpha=0.75)]
        page.text(x + NODE + 1.0, node.top + node.height / 2, node.label, va="center", zorder=4, path_effects=halo)


def _band(page, x0: float, x1: float, y0: float, y1: float, height: float, colour: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    middle = (x0 + x1) / 2
    points = [(x0, y0), (middle, y0), (middle, y1), (x1, y1), (x1, y1 + height), (middle, y1 + height),
              (middle, y0 + height), (x0, y0 + height), (x0, y0)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    page.figure.add_artist(
        PathPatch(
            Path(points, codes), transform=page.mm, facecolor=colour, edgecolor=palette.GREY, linewidth=0.15, zorder=1
        )
    )
