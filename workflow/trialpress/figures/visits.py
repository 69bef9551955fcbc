"""Measurements by visit."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..errors import Problem, raise_if
from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import groups, interval, label, shown, value
from .scales import label_room, log_axis

PLOT_HEIGHT = 40.0  # mm
HEIGHTS = ("median", "q1", "q3")


@dataclass(frozen=True)
class Panel:
    """A measurement: the summary analysis of each visit, in their order."""

    title: str
    visits: list[str]


def panels_of(analyses: list[str], titles: list[str], what: str) -> list[Panel]:
    """The analyses divided among the titles, the same number for each."""
    titles = list(titles) or [""]
    why, do = (
        "it would not be known which belongs to which",
        "name the analyses of the first title in the order of the visits, then those of the next",
    )
    wrong = len(analyses) % len(titles) or not analyses
    problem = Problem(
        f"plan.yaml, {what}.titles", f"{len(analyses)} analyses cannot be divided among {len(titles)} titles", why, do
    )
    raise_if([problem] if wrong else [])
    each = len(analyses) // len(titles)
    return [Panel(title, list(analyses[i * each : (i + 1) * each])) for i, title in enumerate(titles)]


@KINDS.add("visits")
def visits(
    results: Results,
    *,
    analyses: list[Analysis],
    titles: list[str] = (),
    visits: list[str] = (),
    references: list[float] = (),
    log: bool = False,
    width: style.Width = "double",
) -> Drawing:
    """Measurements by visit: median and interquartile range of each group, joined by lines, with the number of participants
    measured at each visit below; a panel for each measurement.

    Parameters
        analyses: summary analyses, one for each visit in order; of several measurements those of the first, then of the next
        titles: names and units of the measurements, a panel each; the analyses are divided among them
        visits: names of the visits (default: the labels of the first analyses)
        references: for each panel a value at which a line is drawn, such as a limit of normal (0: none)
        log: logarithmic axes
        width: single (85 mm) or double (180 mm)
    """
    panels = panels_of(analyses, titles or [label(results, analyses[0])], "figures")
    own = groups(results, analyses[0])
    looks = palette.looks(own)
    names = list(visits) or [label(results, analysis) for analysis in panels[0].visits]
    why, do = "a visit would have the name of another", "write one for each analysis of a title"
    wrong = len(names) != len(panels[0].visits)
    raise_if(
        [Problem("plan.yaml, figures, visits", f"{len(names)} names for {len(panels[0].visits)} visits", why, do)]
        if wrong
        else []
    )
    drawn = {panel.title: _numbers(results, panel, own, names, log) for panel in panels}
    known = pd.concat(drawn.values())
    if not known["median"].notna().any():
        return empty(results, width, "No measurements")
    page_width = style.WIDTHS[width]
    heads = style.widest(["n", *(group.label for group in own)]) if own != [EVERYONE] else style.text_width("n")
    left = max(label_room(known["q3"], log) + 1.0, min(heads, 24.0) + 3.0)
    across = min(2 if width == "double" else 1, len(panels))
    cell = (page_width - 4.0 * (across - 1)) / across
    plot = cell - left - 1.0
    slot = plot / len(names)
    listed = max(style.longest_word(names), style.widest(f"{n:,.0f}" for n in known["n"])) > slot - 0.8
    ticks = [str(i + 1) for i in range(len(names))] if listed else [style.wrap(name, slot - 0.8) for name in names]
    tick_lines = max(text.count("\n") + 1 for text in ticks)
    entries = [(group.label, {**looks[group].line, **looks[group].point, "markersize": 3.4}) for group in own if group]
    key = style.key_height(entries, page_width) + (1.5 if entries else 0.0)
    heading = [style.wrap(panel.title, cell - 6.0, style.TITLE, "semibold") for panel in panels]
    head = max(text.count("\n") + 1 for text in heading) * 3.6 + 1.6
    lines = [style.wrap(group.label, left - 3.0) if group else "n" for group in own]
    foot = (
        tick_lines * style.LINE
        + 2.6
        + sum(text.count("\n") + 1 for text in lines) * style.LINE
        + (style.LINE if any(own) else 0.0)
    )
    row_height = head + PLOT_HEIGHT + foot + 4.0
    said = style.wrap("; ".join(f"{i + 1}: {name}" for i, name in enumerate(names)), page_width) if listed else ""
    rows = -(-len(panels) // across)
    below = (said.count("\n") + 1) * style.LINE if said else 0.0
    page = style.Page(results, width, key + rows * row_height + below)
    page.key(0.0, 0.3, entries, page_width)
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        x, y = i % across * (cell + 4.0), key + i // across * row_height
        page.panel(x, y, letter, heading[i])
        axes = page.axes(x + left, y + head, plot, PLOT_HEIGHT)
        _draw(axes, drawn[panel.title], own, looks, references[i] if i < len(references) else 0.0, log)
        axes.set(xlim=(-0.5, len(names) - 0.5), xticks=range(len(names)), xticklabels=[])
        at = y + head + PLOT_HEIGHT + 1.6
        for place, text in enumerate(ticks):
            page.text(x + left + (place + 0.5) * slot, at, text, ha="center")
        at += tick_lines * style.LINE + 1.0
        if any(own):
            page.text(x, at, "n", color=palette.GREY)
            at += style.LINE
        for group, text in zip(own, lines, strict=True):
            page.text(x, at, text, color=looks[group].ink if group else palette.GREY)
            for place, analysis in enumerate(panel.visits):
                n = shown(results, analysis, "n", group) or "0"
                page.text(x + left + (place + 0.5) * slot, at, n, ha="center")
            at += (text.count("\n") + 1) * style.LINE
    page.text(0.0, key + rows * row_height - 1.0, said, color=palette.GREY)
    parts = []
    for panel in panels:
        inner = [f"{group.label + ': ' if group else ''}" + ", ".join(_said(results, one, group, name) for one, name in zip(panel.visits, names, strict=True))
                 for group in own]  # fmt: skip
        parts.append(f"{panel.title}: {'; '.join(inner)}")
    hidden = int((known["n"].gt(0) & known["median"].le(0)).sum()) if log else 0
    note = f"{hidden} medians of 0 or below not shown" if hidden else ""
    return Drawing(
        page.figure,
        known.reset_index(drop=True),
        f"Median (interquartile range) by visit. {'. '.join(parts)}.",
        (note,),
    )


def _numbers(results: Results, panel: Panel, own: list[Name], names: list[str], log: bool) -> pd.DataFrame:
    records = []
    for place, (analysis, name) in enumerate(zip(panel.visits, names, strict=True)):
        for group in own:
            found = {statistic: value(results, analysis, statistic, group) for statistic in ("n", *HEIGHTS)}
            records.append({"panel": panel.title, "visit": name, "place": place, "group": group.label, **found})
    return pd.DataFrame(records)


def _draw(axes, numbers: pd.DataFrame, own: list[Name], looks: dict, reference: float, log: bool) -> None:
    step = min(0.6 / max(len(own), 1), 0.18)
    for i, group in enumerate(own):
        rows = numbers[numbers["group"].eq(group.label) & numbers["median"].notna()]
        rows = rows[rows["median"] > 0] if log else rows
        x = rows["place"] + (i - (len(own) - 1) / 2) * step
        low = rows["q1"].where(rows["q1"] > 0, rows["median"]) if log else rows["q1"]
        axes.vlines(x, low, rows["q3"], color=looks[group].ink, linewidth=1.0)
        axes.plot(
            x,
            rows["median"],
            linewidth=1.0,
            markersize=3.6,
            markeredgecolor="white",
            markeredgewidth=0.4,
            **{**looks[group].point, **looks[group].line},
        )
    if reference:
        axes.axhline(reference, color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
    if not log:
        axes.set_ylim(min(0.0, float(numbers["q1"].min())) if numbers["q1"].notna().any() else 0.0)
    log_axis(axes, "y", log)


def _said(results: Results, analysis: str, group: Name, visit: str) -> str:
    middle = shown(results, analysis, "median", group)
    if middle in ("", "NE"):
        return f"{visit} nobody measured"
    limits = interval(*(shown(results, analysis, name, group) for name in ("q1", "q3")))
    return f"{visit} {middle} ({limits}), n = {shown(results, analysis, 'n', group)}"
