"""Agreement of two measurements."""

from __future__ import annotations

import numpy as np

from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import analysed, count, estimate, inside, interval, number, shown, value
from .scales import label_room

LIMITS = ("lower", "estimate", "upper")


@KINDS.add("bland_altman")
def bland_altman(results: Results, *, analysis: Analysis, width: style.Width = "single") -> Drawing:
    """Difference of two measurements by their mean, each participant a point, with the bias and the limits of agreement as lines
    and their intervals as bands; their numbers stand at the right.

    Parameters
        analysis: bland_altman analysis
        width: single (85 mm) or double (180 mm)
    """
    spec, data = results.plan.analyses[analysis], analysed(results, analysis)
    a, b = (number(data.frame[spec[key]]) for key in ("first", "second"))
    known = ~np.isnan(a) & ~np.isnan(b)
    if known.sum() < 2:
        return empty(results, width, "Fewer than two participants with both measurements")
    a, b = a[known], b[known]
    mean, apart = (a + b) / 2, a - b
    names = [data.plan.label(spec["first"]), inside(data.plan.label(spec["second"]))]
    units = {
        data.plan.label(spec[key], unit=True).removeprefix(data.plan.label(spec[key])) for key in ("first", "second")
    }
    unit = units.pop() if len(units) == 1 else ""
    said = {
        "lower": _limit(results, analysis, "lower"),
        "estimate": estimate(results, analysis),
        "upper": _limit(results, analysis, "upper"),
    }
    right = max(style.widest(text for text in said.values()), style.text_width("Lower limit")) + 3.0
    page, left = style.Page(results, width, 76.0), label_room(apart, False)
    axes = page.axes(left, 2.0, page.width - left - right, 62.0)
    axes.plot(mean, apart, "o", color=palette.INK, markersize=3.4, alpha=0.7, markeredgewidth=0)
    places = {name: value(results, analysis, name) for name in LIMITS}
    for name, prefix in zip(LIMITS, ("lower", "ci", "upper"), strict=True):
        ends = [value(results, analysis, f"{prefix}_{end}") for end in ("low", "high")]
        axes.axhspan(*ends, color=palette.GREY, alpha=0.18, linewidth=0)
        axes.axhline(
            places[name], color=palette.INK, linewidth=0.8, linestyle="-" if name == "estimate" else (0, (4, 3))
        )
    axes.axhline(0, color=palette.GREY, linewidth=0.5, zorder=0)
    low, high = axes.get_ylim()
    # names stand at their lines, at least two lines of text apart
    y, before = {}, np.inf
    for name in reversed(LIMITS):
        at = 2.0 + 62.0 * (high - places[name]) / (high - low)
        y[name] = before = at if before is np.inf else max(at, before + 2.3 * style.LINE)
    for name, word in zip(LIMITS, ("Lower limit", "Bias", "Upper limit"), strict=True):
        page.text(page.width, y[name] - style.LINE / 2, word, ha="right", va="center", color=palette.GREY)
        page.text(page.width, y[name] + style.LINE / 2, said[name], ha="right", va="center")
    axes.set_xlabel(style.wrap(f"Mean of {inside(names[0])} and {names[1]}{unit}", page.width - left - right))
    axes.set_ylabel(style.wrap(f"{names[0]} less {names[1]}{unit}", 60.0))
    numbers = (
        data.frame.loc[known, [results.study.participant]].assign(mean=mean, difference=apart).reset_index(drop=True)
    )
    alt = (
        f"{names[0]} less {names[1]}{unit} by their mean for {count(len(numbers))}: bias {said['estimate']}, limits of agreement "
        f"{said['lower']} and {said['upper']}."
    )
    return Drawing(page.figure, numbers, alt)


def _limit(results: Results, analysis: str, name: str) -> str:
    """'-1.2 (-1.9 to -0.5)'."""
    limit, low, high = (shown(results, analysis, one) for one in (name, f"{name}_low", f"{name}_high"))
    return f"{limit} ({interval(low, high)})"
