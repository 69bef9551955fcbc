"""Proportions by group."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, one_each
from .effects import tested
from .read import by_label, distinct_labels, estimate, groups, inside, label, marker, shown, value

ROW = 4.6  # mm per row of a dot plot


@dataclass(frozen=True)
class Rate:
    """A proportion n/N with its limits (0 to 1); `display` is what the results print of it. N is 0 if there is nobody."""

    name: str
    look: palette.Look
    n: int
    N: int
    estimate: float
    ci_low: float
    ci_high: float
    display: str
    mark: str = ""

    @classmethod
    def of(cls, results: Results, analysis: str, group: Name, name: str, look: palette.Look) -> Rate:
        n, total = (value(results, analysis, statistic, group) for statistic in ("n", "N"))
        total = 0 if math.isnan(total) else int(total)
        limits = (value(results, analysis, statistic, group) for statistic in ("estimate", "ci_low", "ci_high"))
        mark = "".join({marker(results, analysis, statistic, group) for statistic in ("n", "N")})
        return cls(name, look, int(n) if total else 0, total, *limits, estimate(results, analysis, group), mark)

    @property
    def count(self) -> str:
        return f"{self.n:,}/{self.N:,}{self.mark}" if self.N else ""

    @property
    def text(self) -> str:
        """Without per cent signs, which stand in the heading of the column."""
        return self.display.replace("%", "") if self.N else ""


@dataclass
class Panel:
    """The rates of an analysis with groups, or of several without. analysis: its label, empty if there are several."""

    analysis: str
    title: str
    p: str
    rates: list[Rate] = field(default_factory=list)


@dataclass(frozen=True)
class _Row:
    """A rate with its texts as they are printed: name, count, estimate."""

    rate: Rate
    name: str
    count: str
    text: str
    above: float  # mm that the name takes above the rest

    @property
    def height(self) -> float:
        lines = 1 + max(text.count("\n") for text in ("" if self.above else self.name, self.text))
        return self.above + max(ROW, lines * style.LINE + 1.4)


@dataclass(frozen=True)
class _Columns:
    """Widths in mm: names, plot, counts, estimates. In a single column the counts stand above the estimates, which leaves
    room for the plot; `above`: the names stand above it too, since a word of theirs would be cut beside it."""

    page: float
    names: float
    counts: float
    texts: float
    above: bool

    @classmethod
    def of(cls, rates: list[Rate], width: style.Width) -> _Columns:
        page, narrow = style.WIDTHS[width], width == "single"
        texts = style.widest(text for rate in rates for text in ((rate.count, rate.text) if narrow else (rate.text,)))
        counts = 0.0 if narrow else max(style.widest(rate.count for rate in rates), 8.0) + 5.0
        names = [rate.name for rate in rates]
        above = style.longest_word(names) > 0.34 * page
        return cls(page, page if above else min(style.widest(names), 0.34 * page), counts, max(texts, 20.0), above)

    @property
    def narrow(self) -> bool:
        return not self.counts

    @property
    def left(self) -> float:
        return 3.0 if self.above else self.names + 3.0

    @property
    def plot(self) -> float:
        return self.page - self.left - self.counts - self.texts - 4.0

    @property
    def count_x(self) -> float:
        return self.left + self.plot + 2.0 + self.counts - 5.0

    def row(self, rate: Rate) -> _Row:
        above = self.narrow and rate.N
        text = f"{rate.count}\n{rate.text}" if above else rate.text
        name = style.wrap(rate.name, self.names)
        lines = (name.count("\n") + 1) * style.LINE if self.above else 0.0
        return _Row(rate, name, "" if above else rate.count, text, lines)


@KINDS.add("rates")
def rates(
    results: Results,
    *,
    analyses: list[Analysis],
    tests: list[Analysis] = (),
    overall: Analysis = "",
    width: style.Width = "double",
) -> Drawing:
    """Proportions with their exact intervals, n/N and per cent beside them: a panel for each analysis with groups, one
    panel for each run of analyses without groups.

    Parameters
        analyses: proportion or trend analyses
        tests: comparisons whose effects and p-values are printed; each goes to the panel of the same position
        overall: analysis of all participants, a dashed line through all panels
        width: single (85 mm) or double (180 mm)
    """
    panels = _panels(results, analyses)
    one_each(len(panels), tests=tests)
    columns = _Columns.of([rate for panel in panels for rate in panel.rates], width)
    titles = []
    for i, panel in enumerate(panels):
        test = tested(results, tests[i]) if i < len(tests) else panel.p
        room = columns.page - 5.0 - (columns.texts + columns.counts) * (i == 0)
        title = ", ".join(part for part in (panel.title, test) if part)
        titles.append(style.wrap(title, room, style.TITLE, "semibold"))
    rows = [[columns.row(rate) for rate in panel.rates] for panel in panels]
    heads = [(title.count("\n") + 1) * 3.6 + 1.6 for title in titles]
    bodies = [sum(row.height for row in own) + 1.5 for own in rows]
    page = style.Page(results, width, sum(heads) + sum(bodies) + 4.0 * (len(panels) - 1) + 9.5)
    y = 0.0
    for i, letter in enumerate(style.letters(len(panels))):
        page.panel(0.0, y, letter, titles[i])
        if i == 0:
            text = f"% ({100 * results.plan.level:g}% CI)"
            page.text(columns.count_x, y + 0.2, "" if columns.narrow else "n/N", ha="right", color=palette.GREY)
            text = f"n/N, {text}" if columns.narrow else text
            page.text(columns.page, y + 0.2, text, ha="right", color=palette.GREY)
        y += heads[i]
        axes = page.axes(columns.left, y, columns.plot, bodies[i])
        _axis(axes, results, bodies[i], overall, last=i == len(panels) - 1)
        at = 0.0
        for row in rows[i]:
            _draw(page, axes, row, at, y, columns)
            at += row.height
        y += bodies[i] + 4.0
    keep = ("n", "N", "estimate", "ci_low", "ci_high")
    numbers = pd.DataFrame(
        [{"panel": panel.analysis, "group": rate.name, **{key: getattr(rate, key) for key in keep}}
         for panel in panels for rate in panel.rates]
    )  # fmt: skip
    return Drawing(page.figure, numbers, _alt(panels, 100 * results.plan.level))


def _axis(axes, results: Results, height: float, overall: str, last: bool) -> None:
    """An axis of proportions over rows of `height` mm together; only the last panel has numbers and a label."""
    axes.set(xlim=(-0.02, 1.02), ylim=(height, 0), yticks=[], xticks=[0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.0f}")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", labelbottom=last)
    axes.grid(axis="x", color=palette.FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    if overall:
        axes.axvline(value(results, overall, "estimate"), color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)))
    if last:
        line = f" (dashed: {label(results, overall)}, {shown(results, overall, 'estimate')})" if overall else ""
        axes.set_xlabel(f"Participants, %{line}")


def _draw(page, axes, row: _Row, at: float, top: float, columns: _Columns) -> None:
    """A row that begins `at` mm below the top of its axes, which lie `top` mm below that of the page."""
    rate, middle = row.rate, at + row.above + (row.height - row.above) / 2
    y = top + middle
    page.text(0.0, top + at + 0.8 + row.above / 2 if row.above else y, row.name, va="center")
    if not rate.N:
        page.text(columns.left + columns.plot + 2.0, y, "no participants", va="center", color=palette.GREY)
        return
    axes.plot([rate.ci_low, rate.ci_high], [middle] * 2, color=rate.look.ink, linewidth=1.3, solid_capstyle="butt")
    axes.plot(rate.estimate, middle, rate.look.marker, color=rate.look.ink, markersize=4.2, markeredgecolor="white",
              markeredgewidth=0.4, clip_on=False)  # fmt: skip
    page.text(columns.count_x, y, row.count, ha="right", va="center")
    page.text(columns.page, y, row.text, ha="right", va="center")


def _panels(results: Results, analyses: list[str]) -> list[Panel]:
    panels: list[Panel] = []
    alone = [analysis for analysis in analyses if groups(results, analysis) == [EVERYONE]]
    names = distinct_labels(results, alone)
    for analysis in analyses:
        own, by = groups(results, analysis), by_label(results, analysis)
        looks, title = palette.looks(own), label(results, analysis)
        if by and by.lower() not in title.lower():
            title = f"{title} by {inside(by)}"
        if analysis not in alone:
            panels.append(Panel(label(results, analysis), title, tested(results, analysis)))
        elif not (panels and not panels[-1].analysis):
            panels.append(Panel("", "Proportions", tested(results, analysis)))
        for group in own:
            name = names[analysis] if analysis in alone else group.label
            panels[-1].rates.append(Rate.of(results, analysis, group, name, looks[group]))
    return panels


def _alt(panels: list[Panel], level: float) -> str:
    sentences = []
    for panel in panels:
        parts = [
            f"{rate.name} {rate.count}, {rate.display}" if rate.N else f"{rate.name} no participants"
            for rate in panel.rates
        ]
        sentences.append((f"{panel.analysis}: " if panel.analysis else "") + "; ".join(parts))
    return f"Proportions with {level:g}% confidence intervals. " + ". ".join(sentences) + "."
