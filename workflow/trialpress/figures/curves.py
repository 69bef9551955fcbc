"""Panels of curves over time: axes, keys above, numbers at risk below. Kaplan-Meier curves and those of states share them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..ids import Name
from ..ids import at as at_time
from ..results import Results
from . import style
from .drawing import Drawing
from .read import count, interval, shown

PLOT_HEIGHT = 46.0  # mm
MOST_TICKS = 200  # censored times of a curve beyond which ticks would be a band
HEAD, TAIL = 2.2, 9.5  # mm: above the first line of a key, below an axis for ticks and label
BIASED = "Biased: immortal time"
COLUMNS = ["x", "estimate", "ci_low", "ci_high", "n_at_risk", "n_event", "n_censored"]

AtRisk = dict[Name, list[tuple[int, int]]]  # group -> (number at risk, events until then) at every tick


@dataclass
class Key:
    """What stands beside the colour of a curve."""

    colour: str
    lines: list[str]


@dataclass
class Panel:
    """Curves over one axis of time. groups: also those without a curve; curves: rows of curves.csv by group; unit: of the
    time; endpoint: what the ordinate shows; tests: the sentence on tests; biased: not to be believed, and struck out.
    """

    title: str
    endpoint: str
    unit: str
    groups: list[Name]
    curves: dict[Name, pd.DataFrame]
    palette: dict[Name, str]
    key: list[Key]
    tests: str
    ticks: list[float] = field(default_factory=list)
    end: float = 1.0
    at_risk: AtRisk = field(default_factory=dict)
    biased: bool = False

    @property
    def longest(self) -> float:
        """The last time of its curves."""
        return max((rows["x"].max() for rows in self.curves.values()), default=1.0)

    def over(self, ticks: list[float], end: float) -> None:
        """Give it an axis of time, and the numbers at risk at the ticks."""
        self.ticks, self.end, self.at_risk = ticks, end, at_risk(self.groups, self.curves, ticks)


@dataclass(frozen=True)
class _Texts:
    """The texts of a panel, wrapped, with the heights in mm that they need above and below the plot."""

    title: str
    tests: str
    keys: list[str]
    names: dict[Name, str]

    @classmethod
    def of(cls, panel: Panel, span: float, plot_width: float, name_width: float) -> _Texts:
        return cls(
            style.wrap(panel.title, span - 6.0, style.TITLE, "semibold"),
            style.wrap(panel.tests, plot_width),
            ["\n".join(style.wrap(line, plot_width) for line in key.lines) for key in panel.key],
            {group: style.wrap(group.label, name_width) if group else "All" for group in panel.groups},
        )

    @property
    def head(self) -> float:
        lines = _lines([*self.keys, *filter(None, [self.tests])])
        return _lines([self.title]) * 3.6 + 1.2 + lines * style.LINE + HEAD

    @property
    def foot(self) -> float:
        return TAIL + 4.2 + _lines(self.names.values()) * style.LINE + 0.5


def _lines(texts: Iterable[str]) -> int:
    return sum(text.count("\n") + 1 for text in texts)


def sheet(results: Results, panels: list[Panel], width: str, what: str) -> Drawing:
    """Panels of curves, at most three in a row, with their keys above and the numbers at risk below."""
    page_width = style.WIDTHS[width]
    across = -(-len(panels) // -(-len(panels) // (3 if width == "double" else 1)))
    printed = [name.label or "At risk" for panel in panels for name in panel.groups]
    name_width = min(style.widest(printed), 40.0 if across == 1 else 24.0 if across == 2 else 15.0)
    left, gap = max(13.5, name_width + 6.0), 5.0
    plot_width = (page_width - across * left - gap * (across - 1)) / across - 2.0
    texts = [_Texts.of(panel, plot_width + left, plot_width, name_width) for panel in panels]
    rows = [texts[i : i + across] for i in range(0, len(texts), across)]
    heads = [max(one.head for one in row) for row in rows]
    heights = [head + PLOT_HEIGHT + max(one.foot for one in row) for head, row in zip(heads, rows, strict=True)]
    page = style.Page(results, width, sum(heights) + 4.0 * (len(rows) - 1))
    for i, (panel, said, letter) in enumerate(zip(panels, texts, style.letters(len(panels)), strict=True)):
        x = i % across * (left + plot_width + 2.0 + gap)
        start = sum(heights[: i // across]) + 4.0 * (i // across)
        y = start + page.panel(x, start, letter, said.title)
        for key, text in zip(panel.key, said.keys, strict=True):
            page.line([x + left - 5.0, x + left - 1.5], [y + 1.4] * 2, color=key.colour, linewidth=1.6)
            page.text(x + left, y, text)
            y += _lines([text]) * style.LINE
        page.text(x + left, y, said.tests)
        head = start + heads[i // across]
        _draw(page.axes(x + left, head, plot_width, PLOT_HEIGHT), panel)
        if panel.biased:
            _strike(page, x + left, head, plot_width)
        below = head + PLOT_HEIGHT + TAIL
        page.text(x, below, "At risk (events)", color=style.GREY)
        at = below + style.LINE + 0.6
        for group, name in said.names.items():
            page.text(x, at, name, color=panel.palette[group], weight="semibold")
            for tick, (n, events) in zip(panel.ticks, panel.at_risk[group], strict=True):
                page.text(x + left + tick / panel.end * plot_width, at, f"{n:,} ({events:,})", ha="center")
            at += _lines([name]) * style.LINE
    frames = [
        curve.assign(panel=panel.title, group=group.label)[["panel", "group", *COLUMNS]]
        for panel in panels
        for group, curve in panel.curves.items()
    ]
    return Drawing(page.figure, pd.concat(frames, ignore_index=True), _alt(panels, what))


def _draw(axes, panel: Panel) -> None:
    for name, curve in panel.curves.items():
        colour = panel.palette[name]
        x, estimate = steps(curve, "estimate")
        _, low = steps(curve, "ci_low")
        _, high = steps(curve, "ci_high")
        axes.fill_between(x, 100 * low, 100 * high, step="post", color=colour, alpha=0.13, linewidth=0)
        axes.step(x, 100 * estimate, where="post", color=colour, linewidth=1.2, solid_joinstyle="miter")
        censored = curve[curve["n_censored"] > 0]
        if len(censored) <= MOST_TICKS:
            axes.plot(censored["x"], 100 * censored["estimate"], "|", color=colour, markersize=4.0, markeredgewidth=0.7)
    axes.set(xlim=(0, panel.end), ylim=(0, 102), yticks=[0, 25, 50, 75, 100], xticks=panel.ticks)
    axes.xaxis.set_major_formatter(style.thousands)
    axes.set_xlabel(f"Time, {panel.unit}")
    axes.set_ylabel(style.wrap(f"{panel.endpoint}, %", PLOT_HEIGHT))


def _alt(panels: list[Panel], what: str) -> str:
    sentences = []
    for panel in panels:
        lines = [" ".join(key.lines[:1]) for key in panel.key]
        ends = []
        for name, rows in panel.at_risk.items():
            ends.append(f"{count(rows[0][0])} at risk at the start{f' in {name.label}' if name else ''}")
        biased = f" ({BIASED.lower()})" if panel.biased else ""
        sentences.append(f"{panel.title}{biased}: " + "; ".join([*lines, *ends, *filter(None, [panel.tests])]))
    return f"{what}. " + ". ".join(sentences) + "."


def _strike(page, x: float, y: float, plot_width: float) -> None:
    """Two lines across a plot that must not be believed, and why."""
    for ends in ([y, y + PLOT_HEIGHT], [y + PLOT_HEIGHT, y]):
        page.line([x, x + plot_width], ends, color=style.WRONG, linewidth=1.6, alpha=0.75, zorder=5)
    half, middle = style.text_width(BIASED, style.TITLE, "semibold") / 2 + 1.5, x + plot_width / 2
    page.box(middle - half, y + PLOT_HEIGHT / 2 - 3.0, 2 * half, 6.0, edgecolor=style.WRONG, zorder=6)
    page.text(
        middle,
        y + PLOT_HEIGHT / 2,
        BIASED,
        ha="center",
        va="center",
        size=style.TITLE,
        weight="semibold",
        color=style.WRONG,
        zorder=7,
    )


def steps(curve: pd.DataFrame, column: str, start: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """(times, values) of a column as a step function that begins at time 0 with `start`."""
    return np.concatenate(([0.0], curve["x"])), np.concatenate(([start], curve[column]))


def at_risk(groups: list[Name], curves: dict[Name, pd.DataFrame], ticks: list[float]) -> AtRisk:
    """Group -> (number at risk, events until then) at every tick. Curves have a row for each time at which anyone
    leaves, so the number at risk at a tick is that of the next row."""
    none = pd.DataFrame(columns=["x", "n_at_risk", "n_event"])
    return {
        name: [
            (
                int(later["n_at_risk"].iloc[0]) if len(later := rows[rows["x"] >= tick]) else 0,
                int(rows.loc[rows["x"] <= tick, "n_event"].sum()),
            )
            for tick in ticks
        ]
        for name in groups
        for rows in [curves.get(name, none)]
    }


def fixed_times(results: Results, analysis: str, group: Name) -> list[str]:
    """The estimates at the fixed times of an analysis in one line, if there are any."""
    spec = results.plan.analyses[analysis]
    unit, fixed = spec.get("unit", "months"), []
    for t in spec.get("at", ()):
        level = at_time(t, unit)
        text = shown(results, analysis, "estimate", group, level)
        if text and text != "NE":
            bounds = interval(*(shown(results, analysis, name, group, level) for name in ("ci_low", "ci_high")))
            fixed.append(f"at {level.label} {text}" + (f" ({bounds})" if bounds and "NE" not in bounds else ""))
    return [", ".join(fixed)] if fixed else []
