"""The effect of a number as a curve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..ids import word
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import analysed, distinct_labels, inside, number, p_value_text, shown
from .scales import label_room, log_axis, ratio_axis, ratio_ticks

PLOT, MARGIN_BELOW = 42.0, 9.5  # mm
WHAT = {"linear_spline": "Difference", "logistic_spline": "Odds ratio", "cox_spline": "Hazard ratio"}


@KINDS.add("spline")
def spline(results: Results, *, analyses: list[Analysis], width: style.Width = "single") -> Drawing:
    """The effect of a number as a restricted cubic spline with its interval, against the reference value, where the curve meets the
    dashed line; a panel for each analysis, ratios on a logarithmic axis. Ticks below stand for the participants.

    Parameters
        analyses: linear_spline, logistic_spline and cox_spline analyses
        width: single (85 mm) or double (180 mm)
    """
    labels, curves = (
        distinct_labels(results, analyses),
        {name: results.curve(name).reset_index(drop=True) for name in analyses},
    )
    drawn = [name for name in analyses if len(curves[name])]
    if not drawn:
        return empty(results, width, "No effect could be estimated")
    page_width, across = style.WIDTHS[width], 2 if width == "double" and len(drawn) > 1 else 1
    cell = (page_width - 4.0 * (across - 1)) / across
    titles = {name: style.wrap(labels[name], cell - 6.0, style.TITLE, "semibold") for name in drawn}
    said = {name: style.wrap(_tests(results, name), cell) for name in drawn}
    head = max((titles[n].count("\n") + 1) * 3.6 + 1.2 + (said[n].count("\n") + 1) * style.LINE + 2.0 for n in drawn)
    rows = -(-len(drawn) // across)
    page = style.Page(results, width, rows * (head + PLOT + MARGIN_BELOW + 3.0))
    lost = []
    for i, (name, letter) in enumerate(zip(drawn, style.letters(len(drawn)), strict=True)):
        spec, curve = results.plan.analyses[name], curves[name]
        ratio = spec["method"] != "linear_spline"
        columns = ["estimate", "ci_low", "ci_high"]
        kept = curve[np.isfinite(curve[columns]).all(axis=1)]
        if ratio:  # a band that leaves all meaning is cut
            kept = kept.assign(**{c: kept[c].clip(1e-3, 1e3) for c in columns})
        x, y = i % across * (cell + 4.0), i // across * (head + PLOT + MARGIN_BELOW + 3.0)
        top = page.panel(x, y, letter, titles[name])
        page.text(x, y + top, said[name], color=palette.GREY)
        left = max(label_room(kept[columns].stack(), ratio), 9.0) + 4.0
        axes = page.axes(x + left, y + head, cell - left - 1.0, PLOT)
        axes.fill_between(kept["x"], kept["ci_low"], kept["ci_high"], color=palette.GROUPS[0], alpha=0.15, linewidth=0)
        axes.plot(kept["x"], kept["estimate"], color=palette.GROUPS[0], linewidth=1.4)
        axes.axhline(1.0 if ratio else 0.0, color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
        if ratio:
            ratio_axis(axes, "y", *ratio_ticks([*kept[columns].stack()]))
        else:
            log_axis(axes, "y", False)
        seen = number(analysed(results, name).frame[spec["x"]])
        seen = seen[np.isfinite(seen)]
        axes.plot(
            seen,
            np.zeros(len(seen)),
            "|",
            transform=axes.get_xaxis_transform(),
            color=palette.INK,
            markersize=3.0,
            alpha=0.4,
            clip_on=False,
        )
        axes.set_xlabel(style.wrap(analysed(results, name).plan.label(spec["x"], unit=True), cell - left))
        axes.set_ylabel(WHAT[spec["method"]])
        lost += [labels[name]] if len(kept) < len(curve) else []
    numbers = pd.concat(
        [curves[n].assign(panel=labels[n])[["panel", "x", "estimate", "ci_low", "ci_high"]] for n in drawn],
        ignore_index=True,
    )
    alt = " ".join(f"{WHAT[results.plan.analyses[n]['method']]} by {inside(analysed(results, n).plan.label(results.plan.analyses[n]['x']))}, {labels[n]}: {_ends(curves[n])}. {_tests(results, n)}."
                   for n in drawn)  # fmt: skip
    notes = [f"Beyond what can be drawn: {', '.join(lost)}"] if lost else []
    return Drawing(
        page.figure,
        numbers,
        alt,
        (*notes, *(f"{labels[n]} could not be estimated" for n in analyses if n not in drawn)),
    )


def _tests(results: Results, analysis: str) -> str:
    """'P = 0.03, P for nonlinearity = 0.4, reference 61, n = 51'."""
    p = p_value_text(shown(results, analysis, "p_value"))
    bent = p_value_text(shown(results, analysis, "p_value", level=word("nonlinearity")), "P for nonlinearity")
    n = shown(results, analysis, "n")
    return ", ".join(filter(None, [p, bent, f"reference {shown(results, analysis, 'reference')}", f"n = {n}"]))


def _ends(curve: pd.DataFrame) -> str:
    first, last = (curve.iloc[at] for at in (0, -1))
    return f"{first['estimate']:.3g} at {first['x']:.4g}, {last['estimate']:.3g} at {last['x']:.4g}"
