"""Correlation matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..analysis.methods.continuous import pair_of
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import analysed, estimate, interval, label, shown, value

CELLS = (7.0, 24.0)  # mm: of a side
COLD, WARM = "#2C6BA6", "#C4691C"  # negative and positive; the sign of the number tells them apart in grey


@KINDS.add("correlations")
def correlations(results: Results, *, analysis: Analysis, width: style.Width = "double") -> Drawing:
    """Rank correlations of every two of several variables as the lower half of a matrix: the coefficient, below it its interval
    where there is room, on a colour that is the deeper the further it is from 0. The number of pairs stands in the CSV.

    Parameters
        analysis: correlations analysis
        width: single (85 mm) or double (180 mm)
    """
    columns = results.plan.analyses[analysis]["variables"]
    data = analysed(results, analysis)
    titles, ids = [results.plan.label(one) for one in columns], [data.column(one) for one in columns]
    page_width, most = style.WIDTHS[width], len(columns) - 1
    texts = [f"{i} {title}" for i, title in enumerate(titles, start=1)]
    left = max(min(style.widest(texts), 0.4 * page_width), style.longest_word(texts)) + 3.0
    cell = float(np.clip((page_width - left - 1.0) / most, *CELLS))
    records = []
    for row in range(1, len(columns)):
        for at in range(row):
            pair = pair_of(ids[at], ids[row])
            found = {
                name: value(results, analysis, name, level=pair)
                for name in ("n", "estimate", "ci_low", "ci_high", "p_value")
            }
            records.append({"row": row, "at": at, "x": titles[at], "y": titles[row], "pair": pair, **found})
    numbers = pd.DataFrame(records)
    if not numbers["estimate"].notna().any():
        return empty(results, width, "No two variables known in three participants")
    high = max(min(cell, 13.0), style.LINE * max(style.wrap(text, left - 2.0).count("\n") + 1 for text in texts) + 1.0)
    head = style.LINE + 2.0
    page = style.Page(results, width, head + most * high + 1.0 + style.LINE + 2.0)
    for row in range(1, len(columns)):
        page.text(0.0, head + (row - 0.5) * high, style.wrap(texts[row], left - 2.0), va="center")
    for at in range(most):
        page.text(left + (at + 0.5) * cell, head + most * high + 1.0, f"{at + 1}", ha="center", color=palette.GREY)
    page.text(0.0, head - style.LINE - 1.0, texts[0])
    for one in numbers.itertuples():
        _cell(page, results, analysis, one, left + one.at * cell, head + (one.row - 1) * high, cell, high)
    parts = [
        f"{one.x} and {one.y} {estimate(results, analysis, level=one.pair) or 'not estimable'}"
        for one in numbers.itertuples()
    ]
    alt = f"{label(results, analysis)}. Spearman rank correlations with {100 * results.plan.level:g}% CI: {'; '.join(parts)}."
    return Drawing(page.figure, numbers.drop(columns=["row", "at", "pair"]), alt.replace(" (NE–NE)", ""))


def _cell(page, results: Results, analysis: str, one, x: float, y: float, wide: float, high: float) -> None:
    known = not np.isnan(one.estimate)
    face = _shade(one.estimate) if known else palette.UNKNOWN
    page.box(x + 0.2, y + 0.2, wide - 0.4, high - 0.4, facecolor=face, edgecolor=palette.GREY, linewidth=0.3)
    rho = shown(results, analysis, "estimate", level=one.pair) if known else "\u2013"
    limits = interval(*(shown(results, analysis, name, level=one.pair) for name in ("ci_low", "ci_high")))
    limits = (
        limits
        if known and "NE" not in limits and style.text_width(limits, style.NOTE) < wide - 1.0 and high > 8.0
        else ""
    )
    middle, colour = x + wide / 2, palette.on(face)
    if limits:
        page.text(middle, y + high / 2 - 0.3, rho, ha="center", va="bottom", color=colour)
        page.text(middle, y + high / 2 + 0.3, limits, ha="center", size=style.NOTE, color=colour)
    elif style.text_width(rho) < wide - 0.4:
        page.text(middle, y + high / 2, rho, ha="center", va="center", color=colour)


def _shade(rho: float) -> str:
    return palette.tint(WARM if rho > 0 else COLD, min(abs(rho), 1.0) * 0.85)
