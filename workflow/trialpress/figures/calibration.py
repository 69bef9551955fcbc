"""Calibration of predicted probabilities."""

from __future__ import annotations

import pandas as pd

from ..analysis.methods.discrimination import MEASURES
from ..ids import Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import distinct_labels, estimate, marker, names, shown, value

MARGIN_LEFT, MARGIN_BELOW, APART = 13.0, 9.5, 4.0  # mm
WORDS = {"ratio": "observed to expected", "large": "in the large", "slope": "slope"}


@KINDS.add("calibration")
def calibration(results: Results, *, analyses: list[Analysis], width: style.Width = "single") -> Drawing:
    """Calibration plots, a square for each model: in groups by rising probability the observed share with its exact interval by
    the mean prediction; on the diagonal both agree. Above it the ratio of observed to expected events, calibration in the
    large (0 where it is perfect) and the slope (1), with intervals.

    Parameters
        analyses: calibration analyses
        width: single (85 mm) or double (180 mm)
    """
    labels = distinct_labels(results, analyses)
    found = {analysis: _groups(results, analysis) for analysis in analyses}
    drawn = [analysis for analysis in analyses if len(found[analysis])]
    if not drawn:
        return empty(results, width, "Nobody with both outcome and prediction")
    page_width, across = style.WIDTHS[width], 2 if width == "double" and len(drawn) > 1 else 1
    cell = (page_width - APART * (across - 1)) / across
    side = min(cell - MARGIN_LEFT - 4.0, 80.0)
    said = {analysis: style.wrap(_said(results, analysis), cell) for analysis in drawn}
    titles = {analysis: style.wrap(labels[analysis], cell - 5.0, style.TITLE, "semibold") for analysis in drawn}
    head = max(titles[a].count("\n") * 3.6 + 4.8 + (said[a].count("\n") + 1) * style.LINE + 2.0 for a in drawn)
    rows = -(-len(drawn) // across)
    page = style.Page(results, width, rows * (head + side + MARGIN_BELOW + 2.0))
    for i, (analysis, letter) in enumerate(zip(drawn, style.letters(len(drawn)), strict=True)):
        x, y = i % across * (cell + APART), i // across * (head + side + MARGIN_BELOW + 2.0)
        below = page.panel(x, y, letter, titles[analysis])
        page.text(x, y + below, said[analysis])
        axes = page.axes(x + MARGIN_LEFT, y + head, side, side)
        axes.plot([0, 100], [0, 100], color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        own = found[analysis]
        axes.vlines(own["predicted"], own["ci_low"], own["ci_high"], color=palette.INK, linewidth=0.8, clip_on=False)
        axes.plot(
            own["predicted"], own["observed"], "s-", color=palette.INK, markersize=3.6, linewidth=1.0, clip_on=False
        )
        axes.set(xlim=(0, 100), ylim=(0, 100), xticks=range(0, 101, 25), yticks=range(0, 101, 25))
        axes.set_xlabel("Predicted, %")
        axes.set_ylabel("Observed, %")
    numbers = pd.concat([found[analysis].assign(model=labels[analysis]) for analysis in drawn], ignore_index=True)
    parts = [f"{labels[analysis]}: {_said(results, analysis)}; {_points(results, analysis)}" for analysis in drawn]
    lost = [
        f"{labels[analysis]} not shown: nobody with both outcome and prediction"
        for analysis in analyses
        if analysis not in drawn
    ]
    return Drawing(
        page.figure,
        numbers[["model", *(c for c in numbers if c != "model")]],
        f"Calibration. {'. '.join(parts)}.",
        tuple(lost),
    )


def _levels(results: Results, analysis: str) -> list[Name]:
    rows = results.analysis(analysis)
    return names(rows[rows["statistic"].eq("predicted")], "level")


def _groups(results: Results, analysis: str) -> pd.DataFrame:
    """Per cent of each group, with its size."""
    columns = {
        "n": "n",
        "N": "N",
        "predicted": "predicted",
        "estimate": "observed",
        "ci_low": "ci_low",
        "ci_high": "ci_high",
    }
    records = [
        {
            column: value(results, analysis, statistic, level=level) * (1 if column in ("n", "N") else 100)
            for statistic, column in columns.items()
        }
        for level in _levels(results, analysis)
    ]
    return pd.DataFrame(records)


def _said(results: Results, analysis: str) -> str:
    """'12 events of 51, 10.3 expected; observed to expected 1.17 (95% CI ...), in the large ..., slope ...'"""
    n, events, expected = (shown(results, analysis, name) for name in ("n", "events", "expected"))
    limits = f" ({100 * results.plan.level:g}% CI "
    parts = [
        f"{WORDS[name]} {estimate(results, analysis, level=level).replace(' (', limits, 1)}"
        for name, level in MEASURES.items()
    ]
    return f"{events} events in {n}, {expected} expected; {', '.join(parts).replace(' NE', ' not estimable')}"


def _points(results: Results, analysis: str) -> str:
    mark = marker(results, analysis)
    return "; ".join(
        f"predicted {shown(results, analysis, 'predicted', level=level)}, observed {estimate(results, analysis, level=level)}"
        for level in _levels(results, analysis)
    ) + (mark if mark else "")
