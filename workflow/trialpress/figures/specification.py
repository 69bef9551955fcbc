"""One estimate under every choice (specification curve)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import covariate_order, distinct_labels, estimate, interval, label, names, value
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

    @property
    def height(self) -> float:
        return CURVE_HEIGHT + 4.0 + sum(len(values) + 1 for values in self.choices.values()) * STEP


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
    if effects:
        cases = [case for a in effects for case in _cases(results, a)[:1]]
        kinds = list(dict.fromkeys(RATIOS.get(case.statistic, "") for case in cases))
        panels.append(_panel(results, cases, kinds[0] if len(kinds) == 1 else "Ratio"))
    panels = [panel for panel in panels if panel.cases]
    if not panels:
        return empty(results, width, "No estimate under any choice")
    page_width = style.WIDTHS[width]
    texts = [text for panel in panels for values in panel.choices.values() for text in values]
    titles = [title for panel in panels for title in panel.choices]
    left = max(style.widest(texts) + 3.0, style.widest(titles, style.TEXT, "semibold"), 10.0)
    left = min(left, 0.45 * page_width) + 3.0
    plot_width = page_width - left - 2.0
    heights = sum(panel.height for panel in panels)
    page = style.Page(results, width, 4.5 + heights + 3.0 * (len(panels) - 1))
    titled = {analysis: name for panel in panels for analysis, name in panel.names.items()}
    if published in titled:
        look = {"marker": "s", "color": MARKED, "markersize": 4.0}
        page.key(left, 0.0, [(f"Published: {titled[published]}", look)])
    y = 4.5
    widest = max(len(panel.cases) for panel in panels)
    for panel, letter in zip(panels, style.letters(len(panels)), strict=True):
        page.text(0.0, y, letter, size=style.TITLE, weight="semibold")
        axes = page.axes(left, y, plot_width, CURVE_HEIGHT)
        axes.set(xlim=(-0.7, widest - 0.3), xticks=[])
        _draw(axes, panel, published)
        places = [left + (i + 0.7) / (widest + 0.4) * plot_width for i in range(len(panel.cases))]
        _matrix(page, panel, published, y + CURVE_HEIGHT + 2.0, left, places)
        y += panel.height + 3.0
    return Drawing(page.figure, _numbers(panels, published), _alt(results, panels, published))


MARKED = style.GROUPS[1]  # colour of the published case


def _draw(axes, panel: Panel, published: str) -> None:
    axes.set_ylabel(panel.axis)
    if panel.ratio:
        low, high, ticks = ratio_ticks([x for case in panel.cases for x in (case.estimate, case.ci_low, case.ci_high)])
        ratio_axis(axes, "y", low, high, ticks)
        axes.axhline(1.0, color=style.GREY, linewidth=0.6)
    else:
        low, high = 0.0, 102.0
        axes.set(ylim=(low, high), yticks=[0, 25, 50, 75, 100])
    scale = 1 if panel.ratio else 100
    for i, case in enumerate(panel.cases):
        tone = MARKED if case.analysis == published else style.GROUPS[0]
        ends = [min(max(scale * limit, low), high) for limit in (case.ci_low, case.ci_high)]
        axes.plot([i, i], ends, linewidth=1.2, solid_capstyle="butt", color=tone)
        square = {"markersize": 3.8, "markeredgecolor": "white", "markeredgewidth": 0.4}
        axes.plot(i, scale * case.estimate, "s", **square, color=tone)


def _matrix(page, panel: Panel, published: str, y: float, left: float, places: list[float]) -> None:
    """The choices that differ, with a dot at the place of each case that made one."""
    for title, values in panel.choices.items():
        page.text(0.0, y, title, weight="semibold")
        y += STEP
        for text, members in values.items():
            page.text(3.0, y, style.wrap(text, left - 5.0).split("\n")[0])
            for i, (x, case) in enumerate(zip(places, panel.cases, strict=True)):
                ink = MARKED if case.analysis == published else style.INK
                dot = {"marker": "o", "markersize": 3.2, "markeredgewidth": 0, "linestyle": "none"}
                page.line([x], [y + 1.4], color=ink if i in members else style.PALE, **dot)
            y += STEP


def _cases(results: Results, analysis: str) -> list[Case]:
    """The estimates of an analysis: its overall one, or one for each level."""
    rows = results.analysis(analysis)
    rows = rows[rows["statistic"].isin(["estimate", *RATIOS]) & rows["group"].eq("")].set_index("level", drop=False)
    levels = [EVERYONE] if "" in rows.index else covariate_order(results, analysis, names(rows, "level"))
    cases = []
    for level in levels:
        statistic, found, display = rows.loc[level.id, ["statistic", "value", "display"]]
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
