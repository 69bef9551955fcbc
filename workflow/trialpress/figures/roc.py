"""ROC curves."""

from __future__ import annotations

import pandas as pd

from ..ids import Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import distinct_labels, estimate, shown

MARGIN_LEFT, MARGIN_BELOW = 13.0, 9.5  # mm


@KINDS.add("roc")
def roc(results: Results, *, analyses: list[Analysis], width: style.Width = "single") -> Drawing:
    """ROC curves of several scores in one square: sensitivity by 1 - specificity at every threshold, told apart by hue and
    dash, with the area under each curve and DeLong's interval; the diagonal is a score that tells nothing.

    Parameters
        analyses: roc analyses
        width: single (85 mm) or double (180 mm)
    """
    labels, curves = distinct_labels(results, analyses), {name: results.curve(name) for name in analyses}
    said = {name: _said(results, name, labels[name]) for name in analyses}
    drawn = [name for name in analyses if len(curves[name])]
    if not drawn:
        return empty(results, width, "No score with both outcomes")
    looks = palette.looks([Name(name, labels[name]) for name in drawn] if len(drawn) > 1 else [Name("", "")])
    page_width = style.WIDTHS[width]
    side = min(page_width - MARGIN_LEFT - 4.0, 90.0)
    entries = [
        (style.wrap(said[name], page_width - 5.0), {**look.line, "linewidth": 1.4})
        for name, look in zip(drawn, looks.values(), strict=True)
    ]
    heights = [(text.count("\n") + 1) * style.LINE + 0.8 for text, _ in entries]
    top = sum(heights) + 2.0
    page = style.Page(results, width, top + side + MARGIN_BELOW)
    for i, entry in enumerate(entries):
        page.key(0.0, 0.3 + sum(heights[:i]), [entry])
    axes = page.axes(MARGIN_LEFT, top, side, side)
    axes.plot([0, 100], [0, 100], color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
    for name, look in zip(drawn, looks.values(), strict=True):
        curve = curves[name]
        axes.plot(100 * curve["x"], 100 * curve["estimate"], linewidth=1.4, clip_on=False, **look.line)
    axes.set(xlim=(0, 100), ylim=(0, 100), xticks=range(0, 101, 25), yticks=range(0, 101, 25))
    axes.set_xlabel("1 \u2212 specificity, %")
    axes.set_ylabel("Sensitivity, %")
    numbers = pd.concat(
        [curves[name][["x", "estimate"]].assign(score=labels[name])[["score", "x", "estimate"]] for name in drawn],
        ignore_index=True,
    ).rename(columns={"x": "false_positive", "estimate": "sensitivity"})
    lost = [said[name] for name in analyses if name not in drawn]
    return Drawing(page.figure, numbers, f"ROC curves. {'. '.join(said[name] for name in drawn)}.", tuple(lost))


def _said(results: Results, analysis: str, label: str) -> str:
    """'Dose and severe CRS: AUC 0.80 (0.66-0.93), outcome in 12 of 51'."""
    area = estimate(results, analysis)
    area = f"AUC {area}" if area not in ("", "NE") else "not estimable"
    n, events = (shown(results, analysis, name) for name in ("n", "events"))
    return f"{label}: {area}, outcome in {events} of {n}"
