"""Balance of the covariates of an observational comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import covariate_order, label, names, shown, value

ROW, FAR = 4.6, 0.1  # mm of a covariate; a difference beyond which groups are unlike (Austin 2009)
LOOKS = {
    "before weighting": {"marker": "o", "color": palette.GREY, "markerfacecolor": "white", "markersize": 4.2, "linestyle": "none"},
    "after weighting": {"marker": "D", "color": palette.GROUPS[0], "markersize": 4.0, "linestyle": "none"},
}  # fmt: skip


@KINDS.add("love_plot")
def love_plot(results: Results, *, analysis: Analysis, width: style.Width = "single") -> Drawing:
    """Balance of the covariates of an observational comparison (love plot): the standardised mean difference of each between the
    two groups, without its sign, before and after weighting; beyond the upright line (0.1) the groups are unlike.

    Parameters
        analysis: weighting analysis
        width: single (85 mm) or double (180 mm)
    """
    rows = results.analysis(analysis)
    levels = covariate_order(results, analysis, names(rows[rows["statistic"] == "smd_before"], "level"))
    numbers = pd.DataFrame(
        {
            "covariate": level.label,
            **{key: value(results, analysis, f"smd_{key}", level=level) for key in ("before", "after")},
        }
        for level in levels
    )
    if numbers.empty or not numbers["after"].notna().any():
        return empty(results, width, "No weights could be estimated")
    page_width = style.WIDTHS[width]
    left = min(style.widest(level.label for level in levels) + 2.0, page_width * 0.45)
    texts = [style.wrap(level.label, left - 2.0) for level in levels]
    heights = [max(ROW, (text.count("\n") + 1) * style.LINE + 1.0) for text in texts]
    key, foot = style.key_height(LOOKS.items(), page_width) + 2.0, 9.5
    page = style.Page(results, width, key + sum(heights) + foot)
    page.key(left, 0.3, list(LOOKS.items()), page_width)
    axes = page.axes(left, key, page_width - left - 2.0, sum(heights))
    middles = np.cumsum(heights) - np.array(heights) / 2
    before, after = (numbers[key].abs() for key in ("before", "after"))
    axes.hlines(
        middles, np.minimum(before, after), np.maximum(before, after), color=palette.PALE, linewidth=1.0, zorder=1
    )
    for values, look in zip((before, after), LOOKS.values(), strict=True):
        axes.plot(values, middles, zorder=3, clip_on=False, **look)
    axes.axvline(FAR, color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
    axes.set(ylim=(sum(heights), 0), yticks=[], xlim=(0, max(0.2, 1.08 * float(np.nanmax([before, after])))))
    axes.set_xlabel("Absolute standardised mean difference")
    for text, at in zip(texts, middles, strict=True):
        page.text(0.0, key + at, text, va="center")
    said = "; ".join(f"{level.label} {shown(results, analysis, 'smd_before', level=level)} and {shown(results, analysis, 'smd_after', level=level)}"
                     for level in levels)  # fmt: skip
    alt = f"Standardised mean differences before and after weighting, {label(results, analysis)}: {said}."
    lost = [level.label for level, known in zip(levels, numbers["after"].notna(), strict=True) if not known]
    return Drawing(page.figure, numbers, alt, (f"Without variation: {', '.join(lost)}" if lost else "",))
