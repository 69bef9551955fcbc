"""The way of a dose escalation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..analysis.methods.escalation import DESIGN, cohorts
from ..errors import Problem, nearest, raise_if
from ..ids import Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import analysed, estimate, shown, value

ROW, SIZE = 13.0, 4.2  # mm of a dose level; points of a participant
DLT, NONE = {"marker": "X", "color": palette.INK}, {"marker": "o", "color": "white"}
OUTLINE = {"markeredgecolor": palette.INK, "markeredgewidth": 0.7, "markersize": SIZE}
WAY = {"color": palette.GREY, "linewidth": 0.8, "zorder": 1}


@KINDS.add("dose_escalation")
def dose_escalation(results: Results, *, analysis: Analysis, rp2d: str = "", width: style.Width = "double") -> Drawing:
    """The way of a dose escalation: cohorts in the order of treatment at their dose levels, each participant a sign that says
    whether there was a dose-limiting toxicity, with n/N of the cohort. The toxicities of each level with their exact
    interval stand beside it, the maximum tolerated dose by the design and the recommended dose as the plan has it on it.

    Parameters
        analysis: dose_escalation analysis
        rp2d: level that was recommended for phase 2
        width: single (85 mm) or double (180 mm)
    """
    spec, data = results.plan.analyses[analysis], analysed(results, analysis)
    levels, who = list(data.groups(spec["by"])), results.study.participant
    wrong = rp2d and rp2d not in [level.id for level in levels]
    why, do = "a dose would be recommended that nobody knows", nearest(rp2d, [level.id for level in levels])
    raise_if([Problem("plan.yaml, figures, rp2d", f"'{rp2d}' is no level of {spec['by']}", why, do)] if wrong else [])
    found, holds = list(cohorts(data, spec)), data.outcome(spec["event"])
    if not found:
        return empty(results, width, "No cohort with evaluable participants")
    mtd = value(results, analysis, "mtd", level=DESIGN)
    said = {level.id: _rate(results, analysis, level) for level in levels}
    tags = {
        i: [text for text, here in (("MTD", mtd == i + 1), ("RP2D", rp2d == level.id)) if here]
        for i, level in enumerate(levels)
    }
    page_width = style.WIDTHS[width]
    names = [level.label for level in levels]
    left = max(min(style.widest([*names, *said.values()]), 0.42 * page_width), style.longest_word(names)) + 3.0
    right = style.widest(", ".join(texts) for texts in tags.values()) + 2.0
    entries = [("Dose-limiting toxicity", {**DLT, **OUTLINE}), ("No dose-limiting toxicity", {**NONE, **OUTLINE})]
    key = style.key_height(entries, page_width) + 1.5
    height = ROW * len(levels)
    page = style.Page(results, width, key + height + 11.0)
    page.key(0.0, 0.3, entries, page_width)
    axes = page.axes(left, key, page_width - left - right, height)
    sizes = [int(members.sum()) for _, _, members, _ in found]
    starts = np.cumsum([0, *(n + 1 for n in sizes)])
    records, path = [], []
    for (name, level, members, _), start, n in zip(found, starts, sizes, strict=False):
        y = levels.index(level)
        own = data.frame.loc[members, who].sort_values(kind="stable")
        toxic = holds[own.index].astype(bool).to_numpy()
        x = start + np.arange(n) + 0.5
        for looks, those in ((DLT, toxic), (NONE, ~toxic)):
            axes.plot(x[those], np.full(those.sum(), y), linestyle="none", clip_on=False, zorder=3, **looks, **OUTLINE)
        path.append((start, start + n, y))
        at = left + (start + n / 2 + 0.5) / (starts[-1] + 0.5) * (page_width - left - right)
        page.text(at, key + height - (y + 0.5) * ROW - 2.2, _count(results, analysis, name), ha="center", va="bottom")
        records.append(
            pd.DataFrame({"cohort": name.label, "level": level.label, who: own.to_numpy(), "toxicity": toxic})
        )
    for before, after in zip([None, *path], path, strict=False):
        axes.plot(after[:2], [after[2]] * 2, **WAY)
        if before:
            axes.plot([before[1], after[0]], [before[2], after[2]], **WAY, linestyle=(0, (3, 2)))
    for i, level in enumerate(levels):
        middle = key + height - (i + 0.5) * ROW
        text = style.wrap(level.label, left - 3.0)
        page.text(0.0, middle, f"{text}\n{style.wrap(said[level.id], left - 3.0)}", va="center")
        page.text(page_width, middle, ", ".join(tags[i]), ha="right", va="center", weight="semibold")
        if tags[i]:
            axes.axhspan(i - 0.5, i + 0.5, color=palette.FAINT, zorder=0, linewidth=0)
    axes.set(xlim=(-0.5, starts[-1]), ylim=(-0.5, len(levels) - 0.5), yticks=range(len(levels)), yticklabels=[])
    axes.set_xticks(
        [start + n / 2 for start, n in zip(starts, sizes, strict=False)], [str(i + 1) for i in range(len(found))]
    )
    axes.set_xlabel(f"{results.plan.label(spec['cohort'])}, in the order of treatment")
    tagged = [f" {level.label}: {', '.join(tags[i])}." for i, level in enumerate(levels) if tags[i]]
    parts = [
        f"{name.label.replace(': ', ' ', 1)} at {level.label} {_count(results, analysis, name)}"
        for name, level, _, _ in found
    ]
    rates = [f"{level.label} {said[level.id]}" for level in levels]
    alt = f"Dose-limiting toxicities by cohort: {'; '.join(parts)}. By dose level: {'; '.join(rates)}.{''.join(tagged)}"
    note = "" if mtd > 0 else "No maximum tolerated dose by the design"
    return Drawing(page.figure, pd.concat(records, ignore_index=True), alt, (note,))


def _count(results: Results, analysis: str, cohort: Name) -> str:
    return "/".join(shown(results, analysis, name, level=cohort) for name in ("n", "N"))


def _rate(results: Results, analysis: str, level: Name) -> str:
    if not value(results, analysis, "N", level) > 0:
        return "no participants"
    n, total = (shown(results, analysis, name, level) for name in ("n", "N"))
    return f"{n}/{total}, {estimate(results, analysis, level)}"
