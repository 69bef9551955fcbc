"""What participants have together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..analysis.methods.sets import combinations_of, members_of
from ..ids import Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import analysed, shown, value

BARS, ROW, SETS = 34.0, 4.6, 26.0  # mm: height of the bars, of a row of dots, width of the bars of sets
WIDEST = 7.0  # mm of a column


@KINDS.add("upset")
def upset(results: Results, *, analysis: Analysis, most: int = 0, width: style.Width = "double") -> Drawing:
    """What participants have together (UpSet plot): a bar for each combination that occurs, from the most frequent, of those
    who have exactly these; the dots below say which. The bars on the left are the sizes of the sets.

    Parameters
        analysis: combinations analysis
        most: how many combinations are shown (0: all)
        width: single (85 mm) or double (180 mm)
    """
    spec, data = results.plan.analyses[analysis], analysed(results, analysis)
    sets, known = members_of(data, spec["sets"])
    found = [(name, pattern) for name, pattern, _ in combinations_of(sets, known)]
    found.sort(key=lambda one: -value(results, analysis, "n", level=one[0]))
    missing = int(value(results, analysis, "missing"))
    notes = [f"{missing:,} left out: not all known" if missing else ""]
    if not found:
        return empty(results, width, "No participants with all known", *notes)
    shown_ones = found[:most] if most else found
    rest = len(found) - len(shown_ones)
    notes.append(f"{rest:,} rarer combination{'s' if rest > 1 else ''} not shown" if rest else "")
    page_width = style.WIDTHS[width]
    names = [name.label for name in sets]
    label_width = max(min(style.widest(names), 0.26 * page_width), style.longest_word(names)) + 2.5
    bars = SETS if width == "double" else 20.5
    left = bars + 9.0 + label_width
    step = min((page_width - left - 1.0) / len(shown_ones), WIDEST)
    plot = step * len(shown_ones)
    texts = [style.wrap(name, label_width - 2.0) for name in names]
    heights = [max(ROW, (text.count("\n") + 1) * style.LINE + 1.2) for text in texts]
    middles = np.cumsum([0.0, *heights[:-1]]) + np.array(heights) / 2
    matrix = sum(heights)
    top = 4.0
    page = style.Page(results, width, top + BARS + 2.5 + matrix + 10.0)
    axes = page.axes(left, top, plot, BARS)
    counts = [int(value(results, analysis, "n", level=name)) for name, _ in shown_ones]
    axes.bar(range(len(counts)), counts, width=0.62, color=palette.INK)
    axes.set(xlim=(-0.5, len(counts) - 0.5), ylim=(0, max(counts) * 1.02), xticks=[])
    axes.yaxis.set_major_locator(_whole())
    axes.yaxis.set_major_formatter(style.thousands)
    axes.set_ylabel("Participants")
    for i, (name, _) in enumerate(shown_ones):
        text = shown(results, analysis, "n", level=name)
        if style.text_width(text) <= step:
            page.text(
                left + (i + 0.5) * step,
                top + BARS * (1 - counts[i] / (1.02 * max(counts))) - 0.5,
                text,
                ha="center",
                va="bottom",
            )
    y = top + BARS + 2.5
    dot = {"marker": "o", "linestyle": "none", "markersize": min(4.4, step * 1.8), "markeredgewidth": 0}
    for i, (_, pattern) in enumerate(shown_ones):
        x = left + (i + 0.5) * step
        inside = [middles[k] for k, here in enumerate(pattern) if here]
        for k, here in enumerate(pattern):
            page.line([x], [y + middles[k]], color=palette.INK if here else palette.PALE, **dot)
        if len(inside) > 1:
            page.line([x, x], [y + inside[0], y + inside[-1]], linewidth=1.0)
    sizes = [int(value(results, analysis, "n", level=Name(f"set={name.id}", name.label))) for name in sets]
    own = page.axes(8.0, y, bars, matrix)
    own.barh(middles, sizes, height=2.6, color=palette.GREY)
    own.set(xlim=(max([*sizes, 1]), 0), ylim=(matrix, 0), yticks=[])
    own.xaxis.set_major_locator(_whole(2))
    own.xaxis.set_major_formatter(style.thousands)
    own.spines["left"].set_visible(False)
    own.set_xlabel("Participants")
    for name, text, middle, size in zip(sets, texts, middles, sizes, strict=True):
        page.text(left - 1.5, y + middle, text, ha="right", va="center")
        said = shown(results, analysis, "n", level=Name(f"set={name.id}", name.label))
        page.text(8.0 + bars * (1 - size / max([*sizes, 1])) - 0.8, y + middle, said, ha="right", va="center")
    numbers = pd.DataFrame(
        [{**dict(zip(names, pattern, strict=True)), "n": n} for (_, pattern), n in zip(shown_ones, counts, strict=True)]
    )
    of = "; ".join(f"{name.label} {shown(results, analysis, 'n', level=Name(f'set={name.id}', ''))}" for name in sets)
    exactly = "; ".join(
        f"{name.label.replace(' and ', ' + ')} {shown(results, analysis, 'n', level=name)}" for name, _ in shown_ones
    )
    alt = f"Combinations in {int(value(results, analysis, 'N')):,} participants. {of}. Exactly: {exactly}."
    return Drawing(page.figure, numbers, alt, tuple(notes))


def _whole(most: int = 5):
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(most, integer=True)
