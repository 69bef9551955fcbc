"""Adverse events by term: dots with their differences, and two groups back to back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..analysis.methods.toxicity import ANY, GRADES, TERM
from ..errors import Problem, raise_if
from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import groups, interval, names, shown, value

ROW = 4.8  # mm of a term
ZERO = {"color": palette.GREY, "linewidth": 0.6, "linestyle": (0, (4, 3)), "zorder": 0}
UNGRADED = {"facecolor": palette.UNKNOWN, "hatch": "//////"}


@dataclass(frozen=True)
class Row:
    """Any event, or a term. name: as printed."""

    level: Name
    name: str


def rows_of_terms(results: Results, analysis: str, at_least: float, severe: bool) -> tuple[list[Row], int]:
    """(any event and the terms from the most frequent, of how many terms fewer had one). at_least: per cent of the
    participants of any group."""
    found = results.analysis(analysis)
    own = [EVERYONE, *groups(results, analysis)]
    share = "severe_percent" if severe else "percent"
    prefix = f"{TERM.id}="
    terms = [level for level in names(found[found["level"].str.startswith(prefix)], "level")]

    def highest(level: Name) -> float:
        return float(np.nanmax([100 * value(results, analysis, share, group, level) for group in own], initial=0.0))

    kept = [level for level in terms if highest(level) >= at_least and (highest(level) > 0 or not severe)]
    kept.sort(key=lambda level: (-value(results, analysis, "severe" if severe else "n", EVERYONE, level), level.label))
    rows = [Row(ANY, ANY.label), *(Row(level, level.label.removeprefix(f"{TERM.label}: ")) for level in kept)]
    return rows, len(terms) - len(kept)


def rare(few: int, at_least: float, severe: bool) -> str:
    """What is said of the terms that are not shown; of a bound also that it leaves nothing out."""
    terms = f"{few:,} term{'s' if few > 1 else ''}"
    if at_least and not few:
        return f"No term is in fewer than {at_least:g}% of every group"
    why = f"in fewer than {at_least:g}% of every group" if at_least else "without a severe event" if severe else ""
    return f"{terms} {why} not shown" if few else ""


@KINDS.add("event_dots")
def event_dots(
    results: Results, *, analysis: Analysis, at_least: float = 0, severe: bool = False, width: style.Width = "double"
) -> Drawing:
    """Adverse events by term, from the most frequent: the percentage of each group as a dot, told apart by hue and marker,
    with n beside it; of two groups also the difference of the percentages with its interval (dot plot; Amit, Heiberger and
    Lane 2008).

    Parameters
        analysis: toxicity analysis
        at_least: per cent of the participants of some group below which a term is not shown
        severe: severe events instead of all; the differences are of all events and are not shown then
        width: single (85 mm) or double (180 mm)
    """
    own = groups(results, analysis)
    rows, few = rows_of_terms(results, analysis, at_least, severe)
    note = rare(few, at_least, severe)
    if not value(results, analysis, "N") > 0:
        return empty(results, width, "No participants in this population", note)
    if len(rows) < 2:
        return empty(results, width, "No adverse event", note)
    looks, share, count = palette.looks(own), *(("severe_percent", "severe") if severe else ("percent", "n"))
    differ = not severe and len(own) == 2 and shown(results, analysis, "estimate", level=ANY) != ""
    page_width, narrow = style.WIDTHS[width], width == "single"
    left = (
        max(
            min(style.widest(row.name for row in rows), 0.34 * page_width), style.longest_word(row.name for row in rows)
        )
        + 2.5
    )
    texts = {row.level: _texts(results, analysis, row.level, differ) for row in rows}
    counts = {row.level: [shown(results, analysis, count, group, row.level) for group in own] for row in rows}
    beside = style.widest(texts.values()) + 2.5 if differ and not narrow else 0.0
    cell = max(style.widest(text for row in counts.values() for text in row), 3.5) + 2.0
    room = 0.0 if narrow else cell * len(own) + 1.0
    plots = page_width - left - room - beside - 2.0
    first = plots * (0.56 if differ else 1.0) - (3.0 if differ else 0.0)
    entries = [(f"{group.label} (n = {int(value(results, analysis, 'N', group)):,})" if group else f"n = {int(value(results, analysis, 'N')):,}",
                {**looks[group].point, "markersize": 4.0, "markeredgecolor": palette.INK, "markeredgewidth": 0.4}) for group in own]  # fmt: skip
    said = ""
    if differ:
        said = f"Difference: {own[1].label} less {own[0].label}, percentage points ({100 * results.plan.level:g}% CI)"
        said = style.wrap(said, page_width)
    above = style.key_height(entries, page_width - 1.0) + 1.0
    key = above + ((said.count("\n") + 1) * style.LINE if said else 0.0) + 0.5
    names_of = {row.level: style.wrap(row.name, left - 2.5) for row in rows}
    heights = [max(ROW, (names_of[row.level].count("\n") + 1) * style.LINE + 1.4) for row in rows]
    middles = np.cumsum([0.0, *heights[:-1]]) + np.array(heights) / 2
    body, head = sum(heights), 4.4
    page = style.Page(results, width, key + head + body + 9.5)
    page.key(0.0, 0.3, entries, page_width - 1.0)
    page.text(0.0, above, said, color=palette.GREY)
    top = key + head
    axes = page.axes(left, top, first, body)
    for row, middle in zip(rows, middles, strict=True):
        weight = "semibold" if row.level == ANY else "normal"
        page.text(0.0, top + middle, names_of[row.level], va="center", weight=weight)
        axes.plot([0, 100], [middle] * 2, color=palette.FAINT, linewidth=0.6, zorder=0)
        for i, group in enumerate(own):
            percent = 100 * value(results, analysis, share, group, row.level)
            axes.plot(percent, middle, **looks[group].point, markersize=4.0, markeredgecolor=palette.INK, markeredgewidth=0.4,
                      clip_on=False, zorder=4 - i / len(own))  # fmt: skip
            if room:
                page.text(
                    left + first + 1.5 + (i + 1) * cell, top + middle, counts[row.level][i], ha="right", va="center"
                )
    for i, group in enumerate(own if room else ()):
        page.text(left + first + 1.5 + (i + 1) * cell, top - 3.6, "n", ha="right", color=looks[group].ink)
    axes.set(xlim=(0, 100), ylim=(body, 0), yticks=[], xticks=[0, 25, 50, 75, 100] if first > 32 else [0, 50, 100])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"Participants with {'a severe' if severe else 'an'} event, %")
    if differ:
        _differences(
            page,
            results,
            analysis,
            rows,
            middles,
            texts,
            left + first + room + 5.0,
            top,
            plots - first - 3.0,
            body,
            beside,
        )
        head_text = f"Difference ({100 * results.plan.level:g}% CI)" if beside else ""
        page.text(page_width, top - 0.6, head_text, ha="right", va="bottom", color=palette.GREY)
    numbers = _dots(results, analysis, rows, own, share, count, differ)
    sentences = [_said(results, analysis, row, own, share, count, texts[row.level]) for row in rows]
    kind = "severe adverse events" if severe else "adverse events"
    return Drawing(page.figure, numbers, f"Participants with {kind} by term. {'. '.join(sentences)}.", (note,))


def _texts(results: Results, analysis: str, level: Name, differ: bool) -> str:
    """'−4.2 (−20.1 to 9.8)': the difference of a term."""
    if not differ:
        return ""
    text = shown(results, analysis, "estimate", level=level).replace("%", "")
    limits = interval(*(shown(results, analysis, name, level=level) for name in ("ci_low", "ci_high"))).replace("%", "")
    return f"{text} ({limits})" if limits else text


def _differences(page, results, analysis, rows, middles, texts, x, top, width, body, beside) -> None:
    """The panel of the differences of two groups."""
    axes = page.axes(x, top, width, body)
    reach = 5.0
    for row, middle in zip(rows, middles, strict=True):
        point, low, high = (
            100 * value(results, analysis, name, level=row.level) for name in ("estimate", "ci_low", "ci_high")
        )
        axes.plot([low, high], [middle] * 2, color=palette.INK, linewidth=1.1, solid_capstyle="butt", zorder=2)
        axes.plot(
            point,
            middle,
            "s",
            color=palette.INK,
            markersize=3.4,
            markeredgecolor="white",
            markeredgewidth=0.3,
            zorder=3,
        )
        reach = max(reach, *(abs(v) for v in (low, high) if np.isfinite(v)))
        if beside:
            page.text(page.width, top + middle, texts[row.level], ha="right", va="center")
    axes.axvline(0.0, **ZERO)
    axes.set(xlim=(-1.05 * reach, 1.05 * reach), ylim=(body, 0), yticks=[])
    step = next(one for one in (5, 10, 25, 50) if reach / one < 2.5 or one == 50)
    axes.set_xticks([i * step for i in range(-int(reach // step), int(reach // step) + 1)])
    axes.xaxis.set_major_formatter(style.thousands)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Difference")


def _dots(results, analysis, rows, own, share, count, differ) -> pd.DataFrame:
    records = []
    for row in rows:
        for group in own:
            n, total = (
                value(results, analysis, name, *where) for name, where in ((count, (group, row.level)), ("N", (group,)))
            )
            percent = 100 * value(results, analysis, share, group, row.level)
            records.append({"term": row.name, "group": group.label, "n": n, "N": total, "percent": percent})
        if differ:
            limits = {
                name: 100 * value(results, analysis, name, level=row.level)
                for name in ("estimate", "ci_low", "ci_high")
            }
            records.append({"term": row.name, "group": "difference", **limits})
    return pd.DataFrame(records)


def _said(results, analysis, row: Row, own, share, count, difference: str) -> str:
    parts = []
    for group in own:
        n, percent = (shown(results, analysis, name, group, row.level) for name in (count, share))
        parts.append(" ".join(filter(None, (group.label, n, "" if percent == "NE" else f"({percent})"))))
    return f"{row.name}: {', '.join(parts)}" + (f", difference {difference}" if difference else "")


@KINDS.add("butterfly")
def butterfly(results: Results, *, analysis: Analysis, at_least: float = 0, width: style.Width = "double") -> Drawing:
    """Adverse events of two groups back to back, from the most frequent: bars of the participants by their worst grade, the
    highest next to the axis, with n (%) at the ends (butterfly plot).

    Parameters
        analysis: toxicity analysis by two groups
        at_least: per cent of the participants of some group below which a term is not shown
        width: single (85 mm) or double (180 mm)
    """
    own = groups(results, analysis)
    why, do = (
        "a butterfly has two wings",
        "name a toxicity analysis by a column of two levels, or take the kind event_dots",
    )
    raise_if(
        [
            Problem(
                "plan.yaml, figures, analysis",
                f"'{analysis}' has {len(own)} group{'s' if len(own) != 1 else ''}",
                why,
                do,
            )
        ]
        if len(own) != 2
        else []
    )
    rows, few = rows_of_terms(results, analysis, at_least, False)
    note = rare(few, at_least, False)
    if not value(results, analysis, "N") > 0:
        return empty(results, width, "No participants in this population", note)
    if len(rows) < 2:
        return empty(results, width, "No adverse event", note)
    page_width, narrow = style.WIDTHS[width], width == "single"
    words = style.longest_word(row.name for row in rows)
    # in a single column the names stand above their bars
    middle = 3.0 if narrow else max(min(style.widest(row.name for row in rows), 0.3 * page_width), words) + 4.0
    ends = {group: [_end(results, analysis, group, row.level) for row in rows] for group in own}
    wing = (page_width - middle) / 2
    room = max(style.widest(text for texts in ends.values() for text in texts) + 1.5, 6.0)
    plot = wing - room
    grades = [
        grade
        for grade in GRADES
        if any(value(results, analysis, f"grade_{grade}", g, row.level) > 0 for g in own for row in rows)
    ]
    ungraded = any(value(results, analysis, "ungraded", group, row.level) > 0 for group in own for row in rows)
    entries = [(f"Grade {grade}", {"facecolor": palette.GRADES[grade]}) for grade in grades]
    entries += [("Grade not recorded", UNGRADED)] if ungraded else []
    key = style.key_height(entries, page_width) + 1.5
    heads = [
        style.wrap(f"{group.label} (n = {int(value(results, analysis, 'N', group)):,})", wing, style.TITLE, "semibold")
        for group in own
    ]
    head = max(text.count("\n") + 1 for text in heads) * 3.6 + 1.4
    labels = [style.wrap(row.name, page_width - 2.0 if narrow else middle - 3.0) for row in rows]
    lines = [(text.count("\n") + 1) * style.LINE for text in labels]
    heights = [tall + ROW if narrow else max(ROW, tall + 1.4) for tall in lines]
    tops = np.cumsum([0.0, *heights[:-1]])
    middles = tops + (np.array(lines) + ROW / 2 if narrow else np.array(heights) / 2)
    body = sum(heights)
    page = style.Page(results, width, key + head + body + 9.5)
    page.key(0.0, 0.3, entries, page_width)
    top, records = key + head, []
    for side, group in enumerate(own):
        x = room if side == 0 else wing + middle
        axes = page.axes(x, top, plot, body)
        total = value(results, analysis, "N", group)
        page.text(
            x + plot if side == 0 else x,
            key,
            heads[side],
            size=style.TITLE,
            weight="semibold",
            ha="right" if side == 0 else "left",
        )
        for row, y, end in zip(rows, middles, ends[group], strict=True):
            foot = 0.0
            for grade in [*reversed(grades), *([0] if ungraded else [])]:
                name = f"grade_{grade}" if grade else "ungraded"
                n = value(results, analysis, name, group, row.level)
                look = {"facecolor": palette.GRADES[grade]} if grade else UNGRADED
                if n > 0 and total > 0:
                    axes.barh(y, 100 * n / total, left=foot, height=3.2, edgecolor=palette.INK, linewidth=0.35, **look)
                    foot += 100 * n / total
                records.append({"group": group.label, "term": row.name, "grade": name, "n": n, "N": total})
            place = x + plot * (1 - foot / 100) - 1.0 if side == 0 else x + plot * foot / 100 + 1.0
            page.text(place, top + y, end, ha="right" if side == 0 else "left", va="center")
        axes.set(
            xlim=(100, 0) if side == 0 else (0, 100),
            ylim=(body, 0),
            yticks=[],
            xticks=[0, 50, 100] if plot < 40 else [0, 25, 50, 75, 100],
        )
        axes.spines["left"].set_visible(side == 1 and not narrow)
        axes.spines["right"].set_visible(side == 0 and not narrow)
        for y in middles if narrow else ():  # not through the names
            axes.plot([0, 0], [y - 2.0, y + 2.0], color=palette.INK, linewidth=0.6, clip_on=False)
        axes.set_xlabel("Participants, %")
    for row, y, text, above, tall in zip(rows, middles, labels, tops, lines, strict=True):
        y = above + tall / 2 + 0.3 if narrow else y
        weight = "semibold" if row.level == ANY else "normal"
        page.text(wing + middle / 2, top + y, text, ha="center", va="center", weight=weight)
    numbers = pd.DataFrame(records)
    sentences = [
        f"{row.name}: " + ", ".join(f"{group.label} {ends[group][i]}" for group in own) for i, row in enumerate(rows)
    ]
    return Drawing(
        page.figure, numbers, f"Adverse events by worst grade in two groups. {'. '.join(sentences)}.", (note,)
    )


def _end(results: Results, analysis: str, group: Name, level: Name) -> str:
    n, percent = (shown(results, analysis, name, group, level) for name in ("n", "percent"))
    return n if percent == "NE" else f"{n} ({percent.replace('%', '')})"
