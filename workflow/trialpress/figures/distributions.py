"""Distributions by visit and group, with tests."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import pandas as pd

from ..errors import Problem, raise_if
from ..ids import Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .effects import tested
from .read import analysed, groups, label, number, shown, value
from .scales import label_room, log_axis, not_shown
from .visits import panels_of

PLOT_HEIGHT = 44.0  # mm
FEW = 60  # points of a box up to which each is drawn


@KINDS.add("boxes")
def boxes(
    results: Results,
    *,
    analyses: list[Analysis],
    tests: list[Analysis] = (),
    titles: list[str] = (),
    visits: list[str] = (),
    shape: Literal["box", "violin"] = "box",
    log: bool = False,
    width: style.Width = "double",
) -> Drawing:
    """Distributions by visit, the groups beside each other: median and quartiles of the analysis as a box, whiskers to the smallest
    and largest value, or violins with the median and quartiles in them; up to 60 values of a group as points. Below them the number
    of participants, and what the test of each visit found. A panel for each measurement.

    Parameters
        analyses: summary analyses, one for each visit in order; of several measurements those of the first, then of the next
        tests: for each of these analyses the comparison of its groups (mann_whitney or kruskal_wallis of the same rows)
        titles: names and units of the measurements, a panel each; the analyses are divided among them
        visits: names of the visits (default: the labels of the first analyses)
        shape: box or violin
        log: logarithmic axes
        width: single (85 mm) or double (180 mm)
    """
    panels = panels_of(analyses, titles or [label(results, analyses[0])], "figures")
    _one_for_each(analyses, tests, panels[0].visits, visits)
    own = groups(results, analyses[0])
    names = list(visits) or [label(results, analysis) for analysis in panels[0].visits]
    values = {analysis: _values(results, analysis, own) for analysis in analyses}
    everything = pd.concat(values.values(), ignore_index=True)
    if everything.empty:
        return empty(results, width, "No measurements")
    looks, page_width = palette.looks(own), style.WIDTHS[width]
    left = max(
        label_room(everything["value"], log) + 1.0, min(style.widest(["n", *(g.label for g in own)]), 24.0) + 3.0
    )
    plot = page_width - left - 1.0
    slot = plot / len(names)
    found = {analysis: tested(results, test) for analysis, test in zip(analyses, tests, strict=False)}
    said = {analysis: style.wrap(_whole(text, slot - 2.0), slot - 2.0) for analysis, text in found.items()}
    ticks = [style.wrap(name, slot - 2.0) for name in names]
    entries = [(group.label, looks[group].patch) for group in own if group]
    key = style.key_height(entries, page_width) + (1.5 if entries else 0.0)
    lines = [style.wrap(group.label, left - 3.0) if group else "n" for group in own]
    counts = sum(text.count("\n") + 1 for text in lines) * style.LINE
    tests_height = max((text.count("\n") + 1 for text in said.values()), default=0) * style.LINE
    tick_height = max(text.count("\n") + 1 for text in ticks) * style.LINE
    heads = [style.wrap(panel.title, page_width - 6.0, style.TITLE, "semibold") for panel in panels]
    head = max(text.count("\n") + 1 for text in heads) * 3.6 + 1.6
    row = head + PLOT_HEIGHT + tick_height + counts + tests_height + 8.0
    page = style.Page(results, width, key + len(panels) * row)
    page.key(0.0, 0.3, entries, page_width)
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        y = key + i * row
        page.panel(0.0, y, letter, heads[i])
        axes = page.axes(left, y + head, plot, PLOT_HEIGHT)
        axes.use_sticky_edges = False  # the smallest value would stand on the axis
        for place, analysis in enumerate(panel.visits):
            _visit(axes, results, analysis, values[analysis], own, looks, place, shape, log)
        axes.set(xlim=(-0.5, len(names) - 0.5), xticks=range(len(names)), xticklabels=[])
        log_axis(axes, "y", log)
        at = y + head + PLOT_HEIGHT + 1.6
        for place, text in enumerate(ticks):
            page.text(left + (place + 0.5) * slot, at, text, ha="center")
        at += tick_height + 1.0
        for group, text in zip(own, lines, strict=True):
            page.text(0.0, at, text, color=looks[group].ink if group else palette.GREY)
            for place, analysis in enumerate(panel.visits):
                page.text(left + (place + 0.5) * slot, at, shown(results, analysis, "n", group) or "0", ha="center")
            at += (text.count("\n") + 1) * style.LINE
        for place, analysis in enumerate(panel.visits):
            page.text(left + (place + 0.5) * slot, at + 1.0, said.get(analysis, ""), ha="center")
    everything = everything.assign(
        panel=[panel.title for panel in panels for a in panel.visits for _ in range(len(values[a]))],
        visit=[
            name for panel in panels for a, name in zip(panel.visits, names, strict=True) for _ in range(len(values[a]))
        ],
    )
    hidden = not_shown(everything["value"].to_numpy(dtype=float), log)
    return Drawing(page.figure, everything, _alt(results, panels, names, own, found), (hidden,))


def _one_for_each(analyses: list[str], tests: list[str], first: list[str], visits: list[str]) -> None:
    why = "a visit would have the name or the test of another"
    wrong = [("tests", len(tests), len(analyses), "an analysis")] if tests and len(tests) != len(analyses) else []
    wrong += (
        [("visits", len(visits), len(first), "an analysis of a title")] if visits and len(visits) != len(first) else []
    )
    raise_if(
        Problem(f"plan.yaml, figures, {key}", f"{n} for {of} analyses", why, f"write one for each: {what}")
        for key, n, of, what in wrong
    )


def _values(results: Results, analysis: str, own: list[Name]) -> pd.DataFrame:
    """Every known value with its participant and group."""
    spec, data = results.plan.analyses[analysis], analysed(results, analysis)
    frame, who = data.frame, results.study.participant
    members, records = data.groups(spec.get("by", "")), []
    for group in own:
        kept = (
            members[group] & frame[spec["variable"]].notna()
            if group in members
            else pd.Series(False, index=frame.index)
        )
        records.append(
            pd.DataFrame(
                {who: frame.loc[kept, who], "group": group.label, "value": number(frame.loc[kept, spec["variable"]])}
            )
        )
    return pd.concat(records).sort_values(["group", "value", who], kind="stable").reset_index(drop=True)


def _visit(
    axes,
    results: Results,
    analysis: str,
    values: pd.DataFrame,
    own: list[Name],
    looks: dict,
    place: int,
    shape: str,
    log: bool,
) -> None:
    span = 0.8 / len(own)
    for i, group in enumerate(own):
        x, look = place + (i - (len(own) - 1) / 2) * span, looks[group]
        mine = values.loc[values["group"] == group.label, "value"].to_numpy(dtype=float)
        mine = mine[mine > 0] if log else mine
        if not len(mine):
            continue
        q1, middle, q3 = (value(results, analysis, name, group) for name in ("q1", "median", "q3"))
        whole = 0.7 * span
        patch = {**look.patch, "edgecolor": palette.INK, "linewidth": 0.6, "alpha": 0.75, "zorder": 2}
        if shape == "violin" and len(mine) > 2 and np.ptp(mine) > 0:
            _violin(axes, mine, x, whole / 2, log, patch)
            whole = 0.16 * span
            patch = {**patch, "facecolor": "white", "alpha": 1.0, "hatch": None}
            patch.pop("hatchcolor", None)
        else:
            axes.vlines([x, x], [mine.min(), q3], [q1, mine.max()], color=palette.INK, linewidth=0.6, zorder=1)
        if not log or q1 > 0:
            axes.bar(x, q3 - q1, whole, bottom=q1, **patch)
            axes.plot(
                [x - whole / 2, x + whole / 2],
                [middle] * 2,
                color=palette.INK,
                linewidth=1.4,
                solid_capstyle="butt",
                zorder=4,
            )
        if len(mine) <= FEW and shape == "box":
            spread = (np.arange(len(mine)) * 0.618033988749895 % 1 - 0.5) * 0.8 * whole
            axes.plot(
                x + spread,
                mine,
                look.marker,
                color=palette.INK,
                markersize=2.0,
                markeredgecolor="white",
                markeredgewidth=0.3,
                zorder=3,
            )


def _violin(axes, values: np.ndarray, x: float, half: float, log: bool, patch: dict) -> None:
    """The density over the range of the values, as wide as there is room."""
    from scipy.stats import gaussian_kde

    scaled = np.log10(values) if log else values
    heights = np.linspace(scaled.min(), scaled.max(), 120)
    density = gaussian_kde(scaled)(heights)
    density *= half / density.max()
    heights = 10**heights if log else heights
    axes.fill_betweenx(heights, x - density, x + density, **patch)


def _alt(results: Results, panels: list, names: list[str], own: list[Name], found: dict[str, str]) -> str:
    sentences = []
    for panel in panels:
        parts = []
        for analysis, name in zip(panel.visits, names, strict=True):
            texts = [
                f"{group.label + ' ' if group else ''}{shown(results, analysis, 'median', group) or 'nobody measured'} (n = {shown(results, analysis, 'n', group) or 0})"
                for group in own
            ]
            texts.append(found.get(analysis, ""))
            parts.append(f"{name}: {', '.join(filter(None, texts))}".replace("NE (n = 0", "nobody measured (n = 0"))
        sentences.append(f"{panel.title}: {'; '.join(parts)}")
    return f"Medians by visit. {'. '.join(sentences)}."


def _whole(text: str, width: float) -> str:
    """A text whose intervals and p-values no line breaks, as far as they fit into one."""
    for part in re.findall(r"\([^()]*\),?|P [=<>] \S+", text):
        if style.text_width(part) <= width:
            text = text.replace(part, part.replace(" ", "\u00a0"))
    return text
