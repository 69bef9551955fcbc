"""One estimate under every choice (specification curve)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import covariate_order, distinct_labels, estimate, interval, label, names, shown, value
from .scales import RATIOS, ratio_axis, ratio_ticks

CURVE_HEIGHT, STEP = 36.0, 3.6  # mm: of a curve, and of a choice below it
# Keys of an analysis that are choices, as printed.
CHOICES = {
    "population": "Denominator",
    "label": "Outcome",
    "where": "Restricted to",
    "interval": "Interval",
    "method": "Method",
    "level": "Without assessment",
}
NAMES = {
    "dose_response": "logistic regression, dose alone",
    "logistic": "logistic regression, adjusted",
    "firth_logistic": "logistic regression, adjusted",
    "cox": "Cox regression",
    "clopper-pearson": "Clopper-Pearson",
    "wilson": "Wilson",
    "jeffreys": "Jeffreys",
    "blaker": "Blaker",
    "complete": "left out",
    "worst": "all without response",
    "best": "all with response",
}


@dataclass(frozen=True)
class Case:
    """An estimate (a share, or a ratio) with its limits, and as the results print it."""

    analysis: str
    level: Name
    statistic: str
    estimate: float
    ci_low: float
    ci_high: float
    display: str

    @property
    def ratio(self) -> bool:
        return self.statistic in RATIOS


@dataclass(frozen=True)
class Panel:
    """Cases from the lowest estimate. names: analysis -> label; choices: choice -> value -> places of the cases that made
    it, of choices that differ."""

    axis: str
    cases: list[Case]
    names: dict[str, str]
    choices: dict[str, dict[str, list[int]]]

    @property
    def ratio(self) -> bool:
        return self.cases[0].ratio


@KINDS.add("specification")
def specification(
    results: Results,
    *,
    analyses: list[Analysis],
    effects: list[Analysis] = (),
    published: Analysis = "",
    width: style.Width = "double",
) -> Drawing:
    """Estimates under every reasonable choice (specification curve): a panel of proportions and, if there are any, one of
    ratios, from the lowest to the highest with their intervals; below them the choices that differ. The published one is
    marked.

    Parameters
        analyses: proportion or missing_response analyses, one for each set of choices
        effects: dose_response, logistic or cox analyses; of a model its first covariate
        published: the one that was published
        width: single (85 mm) or double (180 mm)
    """
    panels = [_panel(results, [case for a in analyses for case in _cases(results, a)], "Estimate, %")]
    cases = [case for a in effects for case in _cases(results, a)[:1]]
    for kind, axis in RATIOS.items():  # one kind of effect to an axis
        panels.append(_panel(results, [case for case in cases if case.statistic == kind], axis))
    panels = [panel for panel in panels if panel.cases]
    if not panels:
        return empty(results, width, "No estimate under any choice")
    page_width = style.WIDTHS[width]
    texts = [text for panel in panels for values in panel.choices.values() for text in values]
    titles = [title for panel in panels for title in panel.choices]
    left = max(style.widest(texts) + 3.0, style.widest(titles, style.TEXT, "semibold"), 10.0)
    left = min(left, 0.45 * page_width) + 3.0
    plot_width = page_width - left - 2.0
    lines = [_lines(panel, left - 5.0) for panel in panels]
    heights = [CURVE_HEIGHT + 4.0 + sum(line.height for line in own) for own in lines]
    titled = {analysis: name for panel in panels for analysis, name in panel.names.items()}
    key_x = left if width == "double" else 0.0
    entries = [(f"Published: {titled[published]}", {**MARKED, "markersize": 4.0})] if published in titled else []
    y = style.key_height(entries, page_width - key_x) + 0.8
    page = style.Page(results, width, y + sum(heights) + 3.0 * (len(panels) - 1))
    page.key(key_x, 0.0, entries, page_width - key_x)
    widest = max(len(panel.cases) for panel in panels)
    for panel, own, height, letter in zip(panels, lines, heights, style.letters(len(panels)), strict=True):
        page.text(0.0, y, letter, size=style.TITLE, weight="semibold")
        axes = page.axes(left, y, plot_width, CURVE_HEIGHT)
        axes.set(xlim=(-0.7, widest - 0.3), xticks=[])
        _draw(axes, panel, published)
        places = [left + (i + 0.7) / (widest + 0.4) * plot_width for i in range(len(panel.cases))]
        _matrix(page, panel, own, published, y + CURVE_HEIGHT + 2.0, places)
        y += height + 3.0
    return Drawing(page.figure, _numbers(panels, published), _alt(results, panels, published))


PLAIN, MARKED = palette.ALL.point, {"color": palette.MARKED, "marker": "D"}  # the published case is marked


def _draw(axes, panel: Panel, published: str) -> None:
    axes.set_ylabel(panel.axis)
    if panel.ratio:
        low, high, ticks = ratio_ticks([x for case in panel.cases for x in (case.estimate, case.ci_low, case.ci_high)])
        ratio_axis(axes, "y", low, high, ticks)
        axes.axhline(1.0, color=palette.GREY, linewidth=0.6)
    else:
        low, high = 0.0, 102.0
        axes.set(ylim=(low, high), yticks=[0, 25, 50, 75, 100])
    scale = 1 if panel.ratio else 100
    for i, case in enumerate(panel.cases):
        look = MARKED if case.analysis == published else PLAIN
        ends = [min(max(scale * limit, low), high) for limit in (case.ci_low, case.ci_high)]
        axes.plot([i, i], ends, linewidth=1.2, solid_capstyle="butt", color=look["color"])
        for limit, end, arrow in zip((case.ci_low, case.ci_high), ends, "v^", strict=True):
            if not np.isclose(scale * limit, end):
                axes.plot(i, end, arrow, color=look["color"], markersize=3.0, clip_on=False)
        axes.plot(i, scale * case.estimate, **look, markersize=3.8, markeredgecolor="white", markeredgewidth=0.4)


@dataclass(frozen=True)
class _Line:
    """A choice, or what was chosen, with the places of the cases that chose it; its text wrapped."""

    text: str
    places: list[int] | None = None

    @property
    def height(self) -> float:
        return STEP + self.text.count("\n") * style.LINE


def _lines(panel: Panel, width: float) -> list[_Line]:
    found = []
    for title, values in panel.choices.items():
        found.append(_Line(style.wrap(title, width + 3.0, weight="semibold")))
        found += [_Line(style.wrap(text, width), places) for text, places in values.items()]
    return found


def _matrix(page, panel: Panel, lines: list[_Line], published: str, y: float, places: list[float]) -> None:
    """The choices that differ, with a dot at the place of each case that made one."""
    dot = {"marker": "o", "markersize": 3.2, "markeredgewidth": 0, "linestyle": "none"}
    for line in lines:
        page.text(
            0.0 if line.places is None else 3.0, y, line.text, weight="semibold" if line.places is None else "normal"
        )
        for i, (x, case) in enumerate(zip(places, panel.cases, strict=True) if line.places is not None else ()):
            ink = MARKED["color"] if case.analysis == published else palette.INK
            page.line([x], [y + 1.4], color=ink if i in line.places else palette.PALE, **dot)
        y += line.height


def _cases(results: Results, analysis: str) -> list[Case]:
    """The estimates of an analysis: its overall one, or one for each level."""
    rows = results.analysis(analysis)
    rows = rows[rows["statistic"].isin(["estimate", *RATIOS]) & rows["group"].eq("")].set_index("level", drop=False)
    levels = [EVERYONE] if "" in rows.index else covariate_order(results, analysis, names(rows, "level"))
    cases = []
    for level in levels:
        statistic, found = rows.loc[level.id, ["statistic", "value"]]
        display = shown(results, analysis, statistic, level=level)
        limits = (value(results, analysis, key, level=level) for key in ("ci_low", "ci_high"))
        cases.append(Case(analysis, level, statistic, found, *limits, display))
    return cases


def _panel(results: Results, cases: list[Case], axis: str) -> Panel:
    cases = sorted((case for case in cases if math.isfinite(case.estimate)), key=lambda case: case.estimate)
    titles = distinct_labels(results, list(dict.fromkeys(case.analysis for case in cases)))
    choices: dict[str, dict[str, list[int]]] = {}
    for key, title in CHOICES.items():
        values: dict[str, list[int]] = {}
        for i, case in enumerate(cases):
            values.setdefault(_choice(results, case, key), []).append(i)
        if len(values) > 1:
            choices[title] = values
    return Panel(axis, cases, titles, choices)


def _choice(results: Results, case: Case, key: str) -> str:
    """What a case has chosen, in print."""
    spec = results.plan.analyses[case.analysis]
    text = str(spec.get(key, "clopper-pearson" if key == "interval" and not case.ratio else ""))
    if key == "population":
        text = results.plan.populations[text].label
    elif key == "label":
        text = label(results, case.analysis)
    elif key == "level":
        text = "" if case.ratio else case.level.id
    elif key == "method" and not case.ratio:
        text = ""
    return NAMES.get(text, text) or "as the denominator says"


def _numbers(panels: list[Panel], published: str) -> pd.DataFrame:
    rows = [
        {"analysis": case.analysis, "name": panel.names[case.analysis], "level": case.level.label,
         "statistic": case.statistic, "estimate": case.estimate, "ci_low": case.ci_low, "ci_high": case.ci_high}
        for panel in panels for case in panel.cases
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(published=[row["analysis"] == published for row in rows])


def _alt(results: Results, panels: list[Panel], published: str) -> str:
    parts = [
        f"{panel.axis} under {len(panel.cases)} choices: {interval(panel.cases[0].display, panel.cases[-1].display)}"
        for panel in panels
    ]
    alt = f"Specification curve. {'. '.join(parts)}."
    titled = {analysis: name for panel in panels for analysis, name in panel.names.items()}
    if published in titled:
        alt += f" Published: {titled[published]}, {estimate(results, published)}."
    return alt
