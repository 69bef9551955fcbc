"""Differences of two survival curves over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..ids import at as at_time
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .curves import COLUMNS, steps
from .drawing import KINDS, Drawing, empty
from .read import estimate, groups, label, marker, value
from .scales import time_ticks

PLOT_HEIGHT = 40.0  # mm


@KINDS.add("survival_difference")
def survival_difference(results: Results, *, analyses: list[Analysis], width: style.Width = "single") -> Drawing:
    """Difference of two Kaplan-Meier curves over time with its pointwise interval, second group less first, as far as both
    groups are followed. The differences at the fixed times of the analysis stand above, the number at risk in both groups
    below.

    Parameters
        analyses: survival_difference analyses, a panel each
        width: single (85 mm) or double (180 mm)
    """
    curves = {analysis: results.curve(analysis).reset_index(drop=True) for analysis in analyses}
    drawn = [analysis for analysis in analyses if len(curves[analysis])]
    if not drawn:
        return empty(results, width, "No two groups with participants")
    page_width, left = style.WIDTHS[width], 15.0
    plot = page_width - left - 3.0
    heads = {analysis: _head(results, analysis, plot) for analysis in drawn}
    titles = {
        analysis: style.wrap(label(results, analysis), plot + left - 6.0, style.TITLE, "semibold") for analysis in drawn
    }
    tops = [(titles[a].count("\n") + 1) * 3.6 + 1.2 + (heads[a].count("\n") + 1) * style.LINE + 2.2 for a in drawn]
    foot = 9.5 + 2 * style.LINE + 2.0
    page = style.Page(results, width, sum(tops) + len(drawn) * (PLOT_HEIGHT + foot))
    y = 0.0
    for analysis, letter, top in zip(drawn, style.letters(len(drawn)), tops, strict=True):
        head = page.panel(0.0, y, letter, titles[analysis])
        page.text(left, y + head, heads[analysis])
        axes = page.axes(left, y + top, plot, PLOT_HEIGHT)
        ticks, end = _draw(axes, curves[analysis], results.plan.analyses[analysis].get("unit", "months"))
        below = y + top + PLOT_HEIGHT + 9.5
        page.text(0.0, below, f"At risk in both groups{marker(results, analysis)}", color=palette.GREY)
        for tick, n in zip(ticks, _at_risk(results, analysis, ticks), strict=True):
            page.text(left + tick / end * plot, below + style.LINE, f"{n:,}", ha="center")
        y += top + PLOT_HEIGHT + foot
    frames = [curves[a].assign(panel=label(results, a))[["panel", *COLUMNS]] for a in drawn]
    said = ". ".join(f"{label(results, a)}: " + heads[a].replace("\n", " ") for a in drawn)
    return Drawing(page.figure, pd.concat(frames, ignore_index=True), f"Difference of survival over time. {said}.")


def _head(results: Results, analysis: str, width: float) -> str:
    """Which group less which, and the differences at the fixed times."""
    spec = results.plan.analyses[analysis]
    second, first = _pair(results, analysis)
    texts = []
    for t in spec.get("at", ()):
        level = at_time(t, spec.get("unit", "months"))
        text = estimate(results, analysis, level=level)
        texts += [f"at {level.label} {text}"] if text not in ("", "NE") else []
    said = f"{second} less {first}, percentage points ({100 * results.plan.level:g}% CI)"
    return style.wrap(": ".join(filter(None, (said, ", ".join(texts).replace("%", "")))), width)


def _pair(results: Results, analysis: str) -> tuple[str, str]:
    """The second and the first of the groups that have participants."""
    first, second = (group.label for group in groups(results, analysis) if value(results, analysis, "n", group) > 0)
    return second, first


def _at_risk(results: Results, analysis: str, ticks: list[float]) -> list[int]:
    curve = results.curve(analysis)
    later = [curve.loc[curve["x"] >= tick, "n_at_risk"] for tick in ticks]
    return [int(rows.max()) if len(rows) else 0 for rows in later]


def _draw(axes, curve: pd.DataFrame, unit: str) -> tuple[list[float], float]:
    """Draw a panel; the ticks and the end of its axis of time."""
    ticks, end = time_ticks(curve["x"].max())
    x, value = steps(curve, "estimate", 0.0)
    low, high = (100 * steps(curve, name, 0.0)[1] for name in ("ci_low", "ci_high"))
    axes.fill_between(x, low, high, step="post", color=palette.INK, alpha=0.13, linewidth=0)
    axes.step(x, 100 * value, where="post", color=palette.INK, linewidth=1.2)
    axes.axhline(0.0, color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)))
    reach = np.nanmax(np.abs(np.concatenate([low, high, 100 * value])), initial=5.0) * 1.05
    axes.set(xlim=(0, end), ylim=(-reach, reach), xticks=ticks)
    axes.xaxis.set_major_formatter(style.thousands)
    axes.yaxis.set_major_formatter(style.thousands)
    axes.set_xlabel(f"Time, {unit}")
    axes.set_ylabel("Difference of survival,\npercentage points")
    return ticks, end
