"""Ratios of comparisons and models."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pandas as pd

from ..registry import Analysis
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import covariate_order, estimate, groups, label, names, shown, value
from .scales import RATIOS, ratio_axis, ratio_ticks

ROW = 4.6  # mm
INDENT = 3.0  # mm: of a covariate below its model


@dataclass(frozen=True)
class Ratio:
    """A row. `statistic` is empty and `estimate` NaN if it is the heading of a model; `text` and `p` are as printed;
    `overall`: in all participants."""

    analysis: str
    name: str
    n: str = ""
    statistic: str = ""
    estimate: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    text: str = ""
    p: str = ""
    indent: float = 0.0
    overall: bool = False

    @property
    def heading(self) -> bool:
        return not self.statistic

    @property
    def weight(self) -> str:
        return "semibold" if self.heading or self.overall else "normal"


@dataclass(frozen=True)
class _Columns:
    """Widths in mm."""

    page: float
    names: float
    n: float
    texts: float
    p: float

    @classmethod
    def of(cls, rows: list[Ratio], width: style.Width) -> _Columns:
        page = style.WIDTHS[width]
        names = min(max(style.text_width(row.name) + row.indent for row in rows), 0.36 * page)
        least = {"n": 6.0, "text": 22.0, "p": 8.0}
        return cls(page, names, *(max(style.widest(getattr(row, k) for row in rows), mm) for k, mm in least.items()))

    @property
    def left(self) -> float:
        return self.names + 3.0

    @property
    def plot(self) -> float:
        return self.page - self.left - self.n - self.texts - self.p - 9.0

    @property
    def ends(self) -> dict[str, float]:
        """Column -> where its texts end."""
        return {"n": self.left + self.plot + 3.0 + self.n, "text": self.page - self.p - 3.0, "p": self.page}

    def name(self, row: Ratio) -> str:
        return style.wrap(row.name, self.names - row.indent, weight=row.weight)


@KINDS.add("forest")
def forest(
    results: Results, *, analyses: list[Analysis], overall: Analysis = "", width: style.Width = "double"
) -> Drawing:
    """Odds, hazard or risk ratios with their intervals on a log axis, numbers and p-values beside them. A model has its
    name as a heading and a row for each covariate; a comparison says which group is compared with which. Limits beyond
    the axis end in an arrow.

    Parameters
        analyses: comparisons with a ratio, cox or logistic analyses
        overall: comparison in all participants, drawn below as a diamond with a line through all rows
        width: single (85 mm) or double (180 mm)
    """
    rows = [row for analysis in analyses for row in _ratios(results, analysis)]
    rows += [replace(row, overall=True) for row in (_ratios(results, overall) if overall else ())]
    known = [row for row in rows if math.isfinite(row.estimate)]
    if not known:
        return empty(results, width, "No ratio is estimable")
    columns = _Columns.of(rows, width)
    texts = [columns.name(row) for row in rows]
    heights = [max(ROW, (text.count("\n") + 1) * style.LINE + 1.4) for text in texts]
    body = sum(heights)
    page = style.Page(results, width, 4.6 + body + 10.0)
    kind = RATIOS[known[0].statistic] if len({row.statistic for row in known}) == 1 else ""
    head = {"n": "n", "text": f"{kind or 'Ratio'} ({100 * results.plan.level:g}% CI)", "p": "P"}
    for key, x in columns.ends.items():
        page.text(x, 0.0, head[key], ha="right", color=style.GREY)
    axes = page.axes(columns.left, 4.6, columns.plot, body + 0.8)
    limits = [x for row in known for x in (row.estimate, row.ci_low, row.ci_high)]
    low, high, ticks = ratio_ticks(limits)
    if len(ticks) * 6.0 > columns.plot:
        ticks = [tick for tick in ticks if math.log10(tick).is_integer()]
    ratio_axis(axes, "x", low, high, ticks)
    axes.set(ylim=(body + 0.8, 0), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.axvline(1.0, color=style.GREY, linewidth=0.6)
    axes.set_xlabel(kind or "Odds or hazard ratio")
    y = 0.0
    for row, text, height in zip(rows, texts, heights, strict=True):
        middle = y + height / 2
        page.text(row.indent, 4.6 + middle, text, va="center", weight=row.weight)
        for key, x in columns.ends.items():
            page.text(x, 4.6 + middle, getattr(row, key), ha="right", va="center")
        if math.isfinite(row.estimate):
            _mark(axes, row, middle, low, high)
        y += height
    keep = ("analysis", "name", "n", "statistic", "estimate", "ci_low", "ci_high", "p")
    numbers = pd.DataFrame([{key: getattr(row, key) for key in keep} for row in rows if not row.heading])
    parts = [f"{row.name}:" if row.heading else f"{row.name}: {row.text}, P {row.p};" for row in rows]
    return Drawing(page.figure, numbers, f"{head['text']}. {' '.join(parts).removesuffix(';')}.")


def _mark(axes, row: Ratio, y: float, low: float, high: float) -> None:
    ends = [max(row.ci_low, low) if row.ci_low > 0 else low, min(row.ci_high, high)]
    place = min(max(row.estimate, low), high)
    if row.overall:
        axes.fill([ends[0], place, ends[1], place], [y, y - 1.3, y, y + 1.3], color=style.INK, linewidth=0)
        axes.axvline(place, color=style.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        return
    axes.plot(ends, [y] * 2, color=style.GROUPS[0], linewidth=1.3, solid_capstyle="butt")
    arrows = {"color": style.GROUPS[0], "markersize": 3.0, "clip_on": False, "linestyle": "none"}
    axes.plot([low] * (row.ci_low < low), [y] * (row.ci_low < low), "<", **arrows)
    axes.plot([high] * (row.ci_high > high), [y] * (row.ci_high > high), ">", **arrows)
    axes.plot(place, y, "s", color=style.GROUPS[0], markersize=4.2, markeredgecolor="white", markeredgewidth=0.4)


def _ratios(results: Results, analysis: str) -> list[Ratio]:
    """The rows of an analysis that has a ratio; of a model its name, then one for each level."""
    rows = results.analysis(analysis)
    found = rows[rows["statistic"].isin(list(RATIOS)) & rows["group"].eq("")].set_index("level", drop=False)
    n = shown(results, analysis, "n") or str(rows["n_population"].iloc[0])
    levels = covariate_order(results, analysis, names(found, "level"))
    headed = any(levels)
    out = [Ratio(analysis, label(results, analysis), n)] if headed else []
    for level in levels:
        statistic = found.loc[level.id, "statistic"]
        out.append(
            Ratio(
                analysis,
                level.label or _compared(results, analysis),
                "" if headed else n,
                statistic,
                *(value(results, analysis, name, level=level) for name in (statistic, "ci_low", "ci_high")),
                text=estimate(results, analysis, level=level, statistic=statistic),
                p=shown(results, analysis, "p_value", level=level),
                indent=INDENT if headed else 0.0,
            )
        )
    return out


def _compared(results: Results, analysis: str) -> str:
    """'Remission by sex: Male v Female' of a comparison of two groups."""
    pair = [name.label for name in groups(results, analysis) if value(results, analysis, "N", name) > 0]
    pair = f": {pair[1]} v {pair[0]}" if len(pair) == 2 else ""
    return label(results, analysis) + pair
