"""Cumulative incidence of competing causes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..registry import Analysis
from ..results import Results
from . import style
from .curves import COLUMNS, PLOT_HEIGHT, TAIL, at_risk, fixed_times, steps
from .drawing import KINDS, Drawing, empty
from .read import groups, label, p_text
from .scales import time_ticks


@KINDS.add("cumulative_incidence")
def cumulative_incidence(
    results: Results, *, analyses: list[Analysis], tests: list[Analysis] = (), width: style.Width = "double"
) -> Drawing:
    """Cumulative incidence of competing causes, stacked, so that the upper edge is the share with any event; a panel for
    each group, the numbers at risk below it. The estimates at the fixed times of the analyses stand above.

    Parameters
        analyses: cumulative_incidence analyses of the same participants, one for each cause, from the foot upwards
        tests: gray and fine_gray analyses whose p-values are printed with their labels
        width: single (85 mm) or double (180 mm)
    """
    curves = {analysis: results.curve(analysis) for analysis in analyses}
    first = curves[analyses[0]]
    own_groups = [name for name in groups(results, analyses[0]) if (first["group"] == name.id).any()]
    if not own_groups:
        return empty(results, width, "No participants with follow-up")
    unit = results.plan.analyses[analyses[0]].get("unit", "months")
    palette = {analysis: style.CAUSES[i % len(style.CAUSES)] for i, analysis in enumerate(analyses)}
    page_width, left, gap = style.WIDTHS[width], 13.5, 6.0
    across = min(2 if width == "double" else 1, len(own_groups))
    plot_width = (page_width - across * left - gap * (across - 1)) / across - 2.0
    tested = [f"{label(results, test)}: {p_text(results, test)}" for test in tests if p_text(results, test)]
    tested = style.wrap("; ".join(tested), page_width)
    ticks, end = time_ticks(first["x"].max())
    panels = []
    for name in own_groups:
        lines = []
        for analysis in analyses:
            fixed = " ".join(fixed_times(results, analysis, name))
            text = style.wrap(", ".join(filter(None, [label(results, analysis), fixed])), plot_width - 4.0)
            lines.append((palette[analysis], text))
        title = style.wrap(name.label, plot_width + left - 5.0, style.TITLE, "semibold") if name else ""
        height = sum(text.count("\n") + 1 for _, text in lines) * style.LINE + 2.5
        panels.append((name, title, lines, height + ((title.count("\n") + 1) * 3.6 + 1.2 if title else 0.0)))
    head = max(height for *_, height in panels)
    top = (tested.count("\n") + 1) * style.LINE + 1.5 if tested else 0.0
    row_height = head + PLOT_HEIGHT + TAIL + 2 * style.LINE + 1.0
    rows = -(-len(panels) // across)
    page = style.Page(results, width, top + rows * row_height + 4.0 * (rows - 1))
    page.text(0.0, 0.0, tested)
    for i, ((name, title, lines, _), letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        x, start = i % across * (left + plot_width + 2.0 + gap), top + i // across * (row_height + 4.0)
        y = start + (page.panel(x, start, letter, title) if name else 0.0)
        for tone, text in lines:
            page.key(x + left, y, [(text.split("\n")[0], {"facecolor": style.tint(tone, 0.6)})])
            page.text(x + left + 4.0, y + style.LINE, "\n".join(text.split("\n")[1:]))
            y += (text.count("\n") + 1) * style.LINE
        axes = page.axes(x + left, start + head, plot_width, PLOT_HEIGHT)
        own = {analysis: curve[curve["group"] == name.id].sort_values("x") for analysis, curve in curves.items()}
        times = np.unique(np.concatenate([[0.0], *(curve["x"] for curve in own.values())]))
        floor = np.zeros_like(times)
        for analysis, curve in own.items():
            ends, share = steps(curve, "estimate", 0.0)
            roof = floor + share[np.searchsorted(ends, times, side="right") - 1]
            tone = palette[analysis]
            axes.fill_between(times, 100 * floor, 100 * roof, step="post", color=style.tint(tone, 0.6), linewidth=0)
            axes.step(times, 100 * roof, where="post", color=tone, linewidth=1.0)
            floor = roof
        axes.set(xlim=(0, end), ylim=(0, 102), yticks=[0, 25, 50, 75, 100], xticks=ticks)
        axes.xaxis.set_major_formatter(style.thousands)
        axes.set_xlabel(f"Time, {unit}")
        axes.set_ylabel("Cumulative incidence, %")
        below = start + head + PLOT_HEIGHT + TAIL
        page.text(x, below, "At risk", color=style.GREY)
        left_at = at_risk([name], {name: own[analyses[0]]}, ticks)[name]
        for tick, (n, _) in zip(ticks, left_at, strict=True):
            page.text(x + left + tick / end * plot_width, below + style.LINE, f"{n:,}", ha="center")
    frames = [
        curve.assign(group=curve["group_label"], cause=label(results, analysis)) for analysis, curve in curves.items()
    ]
    numbers = pd.concat(frames, ignore_index=True)[["group", "cause", *COLUMNS]]
    last = numbers.groupby(["group", "cause"], sort=False).last()["estimate"]
    parts = [f"{cause}{f' in {group}' if group else ''} {100 * share:.1f}%" for (group, cause), share in last.items()]
    parts += [tested.replace("\n", " ")] if tested else []
    return Drawing(page.figure, numbers, f"Cumulative incidence at the end: {'; '.join(parts)}.")
