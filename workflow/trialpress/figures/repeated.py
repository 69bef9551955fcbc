"""Means by visit of a model of repeated measures."""

from __future__ import annotations

import pandas as pd

from ..ids import EVERYONE
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import analysed, estimate, groups, label, levels_of, shown, value
from .scales import label_room

PLOT = 46.0  # mm


@KINDS.add("repeated")
def repeated(results: Results, *, analysis: Analysis, reference: float = 0.0, width: style.Width = "single") -> Drawing:
    """Least-squares means of the groups at each visit with their intervals, joined by lines; participants at each visit below.

    Parameters
        analysis: mmrm analysis
        reference: a value at which a line is drawn; of a change 0, which is drawn where it lies among the values
        width: single (85 mm) or double (180 mm)
    """
    own, visits = groups(results, analysis), levels_of(results, analysis, "visit")
    looks = palette.looks(own)
    records = [
        {"group": group.label, "visit": visit.label, "place": place, "n": value(results, analysis, "n", group, visit),
         **{name: value(results, analysis, name, group, visit) for name in ("estimate", "ci_low", "ci_high")}}
        for group in own for place, visit in enumerate(visits)
    ]  # fmt: skip
    numbers = pd.DataFrame(records)
    if numbers.empty or not numbers["estimate"].notna().any():
        return empty(results, width, "No least-squares mean could be estimated")
    page_width = style.WIDTHS[width]
    lines = [style.wrap(group.label, 24.0) for group in own]
    name = style.wrap(analysed(results, analysis).plan.label(results.plan.analyses[analysis]["visit"]), 24.0)
    title = style.wrap(label(results, analysis), PLOT)
    room = label_room(numbers[["estimate", "ci_low", "ci_high"]].stack(), False) + style.LINE * (title.count("\n") + 1)
    left = max(room, style.widest(line for text in (*lines, name) for line in text.split("\n")) + 3.0)
    plot = page_width - left - 1.0
    slot = plot / len(visits)
    ticks = [style.wrap(visit.label, slot - 0.8) for visit in visits]
    ticks = (
        ticks
        if style.longest_word(visit.label for visit in visits) <= slot - 0.8
        else [str(i + 1) for i in range(len(visits))]
    )
    said = (
        ""
        if ticks[0] != "1" or visits[0].label == "1"
        else "; ".join(f"{i + 1}: {v.label}" for i, v in enumerate(visits))
    )
    said = style.wrap(said, page_width)
    tick_lines = max(text.count("\n") + 1 for text in (*ticks, name))
    entries = [(group.label, {**looks[group].line, **looks[group].point, "markersize": 3.4}) for group in own]
    key = style.key_height(entries, page_width) + 1.5
    foot = (
        tick_lines + 1 + sum(text.count("\n") + 1 for text in lines) + (said.count("\n") + 1 if said else 0)
    ) * style.LINE + 4.6
    page = style.Page(results, width, key + PLOT + foot)
    page.key(0.0, 0.3, entries, page_width)
    axes = page.axes(left, key, plot, PLOT)
    step = min(0.6 / len(own), 0.16)
    for i, group in enumerate(own):
        rows = numbers[numbers["group"].eq(group.label) & numbers["estimate"].notna()]
        x = rows["place"] + (i - (len(own) - 1) / 2) * step
        axes.vlines(x, rows["ci_low"], rows["ci_high"], color=looks[group].ink, linewidth=1.0)
        axes.plot(x, rows["estimate"], linewidth=1.0, markersize=3.6, markeredgecolor="white", markeredgewidth=0.4,
                  **{**looks[group].point, **looks[group].line})  # fmt: skip
    low, high = axes.get_ylim()
    if low <= reference <= high:
        axes.axhline(reference, color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
    axes.set(xlim=(-0.5, len(visits) - 0.5), xticks=range(len(visits)), xticklabels=[], ylabel=title)
    y = key + PLOT + 1.6
    page.text(0.0, y, name, color=palette.GREY)
    for place, text in enumerate(ticks):
        page.text(left + (place + 0.5) * slot, y, text, ha="center")
    y += tick_lines * style.LINE + 1.0
    page.text(0.0, y, "n", color=palette.GREY)
    for group, text in zip(own, lines, strict=True):
        y += style.LINE
        page.text(0.0, y, text, color=looks[group].ink)
        for place, visit in enumerate(visits):
            page.text(left + (place + 0.5) * slot, y, shown(results, analysis, "n", group, visit) or "0", ha="center")
        y += text.count("\n") * style.LINE
    page.text(0.0, y + style.LINE + 1.0, said, color=palette.GREY)
    parts = [
        f"{group.label}: " + ", ".join(f"{visit.label} {estimate(results, analysis, group, visit)}" for visit in visits)
        for group in own
    ]
    average = [f"{group.label} {shown(results, analysis, 'difference', group, EVERYONE)}" for group in own[1:]]
    alt = f"Least-squares means of {label(results, analysis)} by visit ({100 * results.plan.level:g}% CI). {'; '.join(parts)}."
    return Drawing(
        page.figure,
        numbers,
        f"{alt} Difference from {own[0].label} in the average of the visits: {', '.join(average)}.",
    )
