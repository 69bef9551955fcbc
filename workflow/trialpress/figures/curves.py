"""Panels of curves over time: axes, keys above, numbers at risk below. Kaplan-Meier curves and those of states share them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from ..ids import Name
from ..ids import at as at_time
from ..results import Results
from . import palette, style
from .drawing import Drawing
from .palette import Look
from .read import count, interval, shown

PLOT_HEIGHT = 46.0  # mm
MOST_TICKS = 200  # censored times of a curve beyond which ticks would be a band: the figure then has none, and says so
HEAD, TAIL = 2.2, 9.5  # mm: above the first line of a key, below an axis for ticks and label
SMALL = 0.6  # of the size of others: a panel that warns only
BIASED = "Biased: immortal time"
COLUMNS = ["x", "estimate", "ci_low", "ci_high", "n_at_risk", "n_event", "n_censored"]

AtRisk = dict[Name, list[tuple[int, int]]]  # group -> (number at risk, events until then) at every time


@dataclass(frozen=True)
class Key:
    """What stands beside the line of a curve."""

    look: Look
    lines: list[str]


@dataclass(frozen=True)
class Limits:
    """How much of its curves a panel shows. least: they end where fewer are at risk; last: time at which the axis ends (0:
    that of the last participant); lowest: per cent at which it begins."""

    least: int = 0
    last: float = 0.0
    lowest: float = 0.0

    def of(self, curve: pd.DataFrame) -> pd.DataFrame:
        """The rows of a curve that are shown; beyond `last` it goes on to the edge."""
        rows = curve[curve["n_at_risk"] >= self.least]
        if not self.last or not (rows["x"] > self.last).any():
            return rows
        inside = rows[rows["x"] <= self.last]
        edge = inside.tail(1).assign(x=self.last, n_event=0, n_censored=0)
        return pd.concat([inside, edge]) if len(inside) else inside

    def notes(self, unit: str) -> list[str]:
        return [
            f"Curves end where fewer than {self.least} are at risk" if self.least else "",
            f"Follow-up beyond {style.thousands(self.last)} {unit} not shown" if self.last else "",
            f"The axis begins at {style.thousands(self.lowest)}%" if self.lowest else "",
        ]


@dataclass
class Panel:
    """Curves over one axis of time. groups: also those without a curve; curves: rows of curves.csv by group; unit: of the
    time; what: the ordinate; tests: the sentence on tests; start: time at which they begin; foot: what they begin with, 1
    (survival) or 0 (incidence); quantiles: group -> survival and the time at which it is reached (NaN: never), to which
    lines lead; small: it warns only, and stands muted beside the others; areas: its curves are causes, stacked; under: of
    those the states of participants under follow-up; mark: of its numbers at risk, if they are simulated.
    """

    title: str
    what: str
    unit: str
    groups: list[Name]
    curves: dict[Name, pd.DataFrame]
    looks: dict[Name, Look]
    key: list[Key]
    tests: str = ""
    start: float = 0.0
    foot: float = 1.0
    limits: Limits = field(default_factory=Limits)
    quantiles: dict[Name, list[tuple[float, float]]] = field(default_factory=dict)
    small: bool = False
    areas: bool = False
    under: list[Name] = field(default_factory=list)
    mark: str = ""
    ticks: list[float] = field(default_factory=list)
    end: float = 1.0
    at_risk: AtRisk = field(default_factory=dict)

    @property
    def shown(self) -> dict[Name, pd.DataFrame]:
        """Its curves as far as they are drawn."""
        return {group: self.limits.of(curve) for group, curve in self.curves.items()}

    @property
    def longest(self) -> float:
        """The last time of its axis."""
        return self.limits.last or max((rows["x"].max() for rows in self.curves.values()), default=1.0)

    @property
    def height(self) -> float:
        return PLOT_HEIGHT * (SMALL if self.small else 1.0)

    @property
    def followed(self) -> list[Name]:
        """The groups whose numbers at risk stand below."""
        return [] if self.small else self.under if self.areas else self.groups

    @property
    def counted(self) -> list[float]:
        """The times at which the numbers at risk stand: the ticks, those before the start replaced by it."""
        return [self.start, *(tick for tick in self.ticks if tick > self.start)]

    def over(self, ticks: list[float], end: float) -> None:
        """Give it an axis of time, and the numbers at risk."""
        self.ticks, self.end = ticks, end
        self.at_risk = at_risk(self.groups, self.curves, self.counted)


@dataclass(frozen=True)
class _Texts:
    """The texts of a panel, wrapped, with the heights in mm that they need above and below the plot."""

    title: str
    tests: str
    keys: list[str]
    names: dict[Name, str]
    plot: float

    @classmethod
    def of(cls, panel: Panel, span: float, plot_width: float, name_width: float) -> _Texts:
        return cls(
            style.wrap(panel.title, span - 6.0, style.TITLE, "semibold"),
            style.wrap(panel.tests, plot_width),
            ["\n".join(style.wrap(line, plot_width) for line in key.lines) for key in panel.key],
            {g: style.wrap(g.label, name_width) if g else "All" for g in panel.followed},
            panel.height,
        )

    @property
    def head(self) -> float:
        lines = _lines([*self.keys, *filter(None, [self.tests])])
        return _lines([self.title]) * 3.6 + 1.2 + lines * style.LINE + HEAD

    @property
    def foot(self) -> float:
        return TAIL + (4.2 + _lines(self.names.values()) * style.LINE + 0.5 if self.names else 0.0)


def _lines(texts: Iterable[str]) -> int:
    return sum(text.count("\n") + 1 for text in texts)


def sheet(results: Results, panels: list[Panel], width: str, what: str) -> Drawing:
    """Panels of curves, at most three in a row, with their keys above and the numbers at risk below."""
    page_width = style.WIDTHS[width]
    printed = [name.label or "At risk" for panel in panels for name in panel.followed]
    word = style.longest_word(printed, weight="semibold")
    most = next(n for n in ((3, 2, 1) if width == "double" else (1,)) if n == 1 or word + 6.0 < 0.45 * page_width / n)
    across = -(-len(panels) // -(-len(panels) // most))
    name_width = min(
        style.widest(printed, weight="semibold"), max(word, 40.0 if across == 1 else 24.0 if across == 2 else 15.0)
    )
    left, gap = max(15.0, name_width + 6.0), GAP
    plot_width = (page_width - across * left - gap * (across - 1)) / across - 2.0
    texts = [_Texts.of(panel, plot_width + left, plot_width, name_width) for panel in panels]
    rows = [texts[i : i + across] for i in range(0, len(texts), across)]
    heads = [max(one.head for one in row) for row in rows]
    heights = [head + max(one.plot + one.foot for one in row) for head, row in zip(heads, rows, strict=True)]
    page = style.Page(results, width, sum(heights) + 4.0 * (len(rows) - 1))
    censored = [
        (curve["n_censored"] > 0).sum() for panel in panels if not panel.areas for curve in panel.shown.values()
    ]
    ticked = max(censored, default=0) <= MOST_TICKS
    for i, (panel, said, letter) in enumerate(zip(panels, texts, style.letters(len(panels)), strict=True)):
        x = i % across * (left + plot_width + 2.0 + gap)
        start = sum(heights[: i // across]) + 4.0 * (i // across)
        y = start + page.panel(x, start, letter, said.title)
        for key, text in zip(panel.key, said.keys, strict=True):
            if panel.areas:
                page.box(x + left - 5.0, y + 0.3, 4.0, 2.1, linewidth=0.4, **_area(key.look))
            else:
                look = {**key.look.line, "linewidth": 1.4, **(MUTED if panel.small else {})}
                page.line([x + left - 7.0, x + left - 1.0], [y + 1.4] * 2, **look)
            page.text(x + left, y, text)
            y += _lines([text]) * style.LINE
        page.text(x + left, y, said.tests)
        head, size = start + heads[i // across], SMALL if panel.small else 1.0
        _draw(page.axes(x + left, head, size * plot_width, panel.height), panel, ticked)
        if said.names:
            _risk(page, panel, said.names, x, head + PLOT_HEIGHT + TAIL, left, plot_width)
    frames = [
        curve.assign(panel=panel.title, group=group.label)[["panel", "group", *COLUMNS]]
        for panel in panels
        for group, curve in panel.shown.items()
    ]
    notes = [note for panel in panels for note in panel.limits.notes(panel.unit)]
    notes += ["Censored times are not marked, being too many"] * (not ticked)
    return Drawing(page.figure, pd.concat(frames, ignore_index=True), _alt(panels, what), tuple(notes))


GAP = 5.0  # mm between panels
MUTED = {"alpha": 0.55}


def _risk(page, panel: Panel, names: dict[Name, str], x: float, y: float, left: float, plot_width: float) -> None:
    """The numbers at risk below a panel."""
    page.text(x, y, f"{'At risk' if panel.areas else 'At risk (events)'}{panel.mark}", color=palette.GREY)
    y += style.LINE + 0.6
    texts = {
        group: [f"{n:,}" if panel.areas else f"{n:,} ({events:,})" for n, events in panel.at_risk[group]]
        for group in names
    }
    end = x + left + plot_width + 2.0 + GAP - 1.0  # where the next panel begins
    places = _places(panel, texts, x + left, plot_width, min(page.width, end))
    for group, name in names.items():
        page.text(x, y, name, color=panel.looks[group].ink, weight="semibold")
        for i, at in places.items():
            page.text(at, y, texts[group][i], ha="center")
        y += _lines([name]) * style.LINE


def _places(panel: Panel, texts: dict[Name, list[str]], x: float, plot_width: float, end: float) -> dict[int, float]:
    """Number of a time -> the middle of its texts, of as many times at equal distances as have room; a tick just behind a
    landmark has none."""
    half = [style.widest(own[i] for own in texts.values()) / 2 for i in range(len(panel.counted))]
    middle = [min(x + time / panel.end * plot_width, end - half[i]) for i, time in enumerate(panel.counted)]
    rest = range(1, len(middle)) if panel.start else range(len(middle))
    for step in range(1, len(middle) + 1):
        kept = [i for i in rest if panel.ticks.index(panel.counted[i]) % step == 0]
        if all(middle[b] - half[b] > middle[a] + half[a] + 0.8 for a, b in pairwise(kept)):
            break
    if panel.start:
        kept = [0, *(i for i in kept if middle[i] - half[i] > middle[0] + half[0] + 0.8)]
    return {i: middle[i] for i in kept}


def _area(look: Look) -> dict:
    return {"facecolor": palette.tint(look.colour, 0.6), "hatch": look.hatch}


def _stack(axes, panel: Panel) -> None:
    """The curves of causes one upon another."""
    times = np.unique(np.concatenate([[0.0], *(curve["x"] for curve in panel.curves.values())]))
    floor = np.zeros_like(times)
    for cause, curve in panel.curves.items():
        ends, share = steps(curve, "estimate", 0.0)
        roof = floor + share[np.searchsorted(ends, times, side="right") - 1]
        axes.fill_between(times, 100 * floor, 100 * roof, step="post", linewidth=0, **_area(panel.looks[cause]))
        axes.step(times, 100 * roof, where="post", color=panel.looks[cause].ink, linewidth=1.0)
        floor = roof


def _draw(axes, panel: Panel, ticked: bool) -> None:
    muted = MUTED if panel.small else {}
    if panel.areas:
        _stack(axes, panel)
    for name, curve in panel.shown.items() if not panel.areas else ():
        look = panel.looks[name]
        x, estimate = steps(curve, "estimate", panel.foot, panel.start)
        if not panel.small:
            low, high = (100 * steps(curve, limit, panel.foot, panel.start)[1] for limit in ("ci_low", "ci_high"))
            axes.fill_between(x, low, high, step="post", color=look.ink, alpha=0.13, linewidth=0)
        axes.step(x, 100 * estimate, where="post", linewidth=1.2, solid_joinstyle="miter", **look.line, **muted)
        if ticked:
            censored = curve[curve["n_censored"] > 0]
            ticks = {"color": look.ink, "markersize": 4.0, "markeredgewidth": 0.7, **muted}
            axes.plot(censored["x"], 100 * censored["estimate"], "|", **ticks)
    for name, reached in panel.quantiles.items():
        for survival, time in reached:
            axes.axhline(100 * survival, **LEADER)
            axes.plot([time] * 2, [panel.limits.lowest, 100 * survival], **LEADER | {"color": panel.looks[name].ink})
    if panel.start:
        axes.axvline(panel.start, color=palette.GREY, linewidth=0.7, linestyle=(0, (4, 3)))
    ticks = [tick for tick in (0, 25, 50, 75, 100) if tick >= panel.limits.lowest]
    axes.set(xlim=(0, panel.end), ylim=(panel.limits.lowest, 102), yticks=ticks, xticks=panel.ticks)
    axes.xaxis.set_major_formatter(style.thousands)
    axes.set_xlabel(f"Time, {panel.unit}")
    axes.set_ylabel(style.wrap(f"{panel.what}, %", panel.height))


LEADER = {"color": palette.GREY, "linewidth": 0.6, "linestyle": (0, (1, 1.5)), "zorder": 1}


def _alt(panels: list[Panel], what: str) -> str:
    sentences = []
    for panel in panels:
        lines = [" ".join(key.lines[:1]) for key in panel.key]
        ends, where = [], "landmark" if panel.start else "start"
        for name, rows in panel.at_risk.items() if not panel.areas else ():
            ends.append(f"{count(rows[0][0])}{panel.mark} at risk at the {where}{f' in {name.label}' if name else ''}")
        sentences.append(f"{panel.title}: " + "; ".join([*lines, *ends, *filter(None, [panel.tests])]))
    return f"{what}. " + ". ".join(sentences) + "."


def steps(curve: pd.DataFrame, column: str, value: float = 1.0, start: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """(times, values) of a column as a step function that begins at the time `start` with `value`."""
    return np.concatenate(([start], curve["x"])), np.concatenate(([value], curve[column]))


def at_risk(groups: list[Name], curves: dict[Name, pd.DataFrame], times: list[float]) -> AtRisk:
    """Group -> (number at risk, events until then) at every time. Curves have a row for each time at which anyone
    leaves, so the number at risk at a time is that of the next row."""
    none = pd.DataFrame(columns=["x", "n_at_risk", "n_event"])
    found: AtRisk = {}
    for name in groups:
        rows = curves.get(name, none)
        x, risk, events = (rows[column].to_numpy(dtype=float) for column in ("x", "n_at_risk", "n_event"))
        found[name] = [
            (int(risk[x >= time][0]) if (x >= time).any() else 0, int(np.nansum(events[x <= time]))) for time in times
        ]
    return found


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
