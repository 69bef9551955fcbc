"""Change from baseline, participant by participant: the best one as bars, all of them over time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from ..expression import Expression
from ..ids import EVERYONE, Name
from ..plan import own_word
from ..registry import Column, Condition, Number, Population, RowCondition, RowValue, Table
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import count, is_grade, level_name, look_of, measurements, not_known_whether, number, printed
from .scales import day_locator, label_room
from .thinning import LINES, every, from_the_highest, step

PLOT_HEIGHT = 52.0  # mm
SIGNS = ("*", "D", "^", "s")  # of marks, in the order of the plan
REFERENCE = {"color": palette.GREY, "linewidth": 0.6, "linestyle": (0, (4, 3)), "zorder": 1}
UNKNOWN = palette.Look(palette.UNKNOWN, ":", "X", "xxxxx", thin=palette.GREY)


@KINDS.add("waterfall")
def waterfall(
    results: Results,
    *,
    population: Population,
    y: Number,
    colour: Column = "",
    marks: dict[str, Condition] = None,
    references: list[float] = (),
    highest: float = 0,
    width: style.Width = "double",
) -> Drawing:
    """A change of each participant as a bar, from the largest increase to the largest decrease (waterfall plot), in the
    colour and hatch of a classification; a stub on the line is no change. Lines at thresholds of response. Of more than 300
    participants every k-th is a bar, and the figure says so.

    Parameters
        population: who is shown
        y: the change, in per cent as a rule
        colour: column that gives the colour, such as the response
        marks: text -> condition: who bears a sign at the end of the bar
        references: values at which lines are drawn
        highest: where higher bars are cut, which an arrow says (0: nowhere)
        width: single (85 mm) or double (180 mm)
    """
    data, who = results.population(population), results.study.participant
    looks, of = _looks(data, colour)
    frame = data.frame.assign(_value=number(data.frame[y]), _class=0)
    lost = int(frame["_value"].isna().sum())
    if (k := step(len(frame) - lost, LINES)) > 1:  # of equal values the classes in turn
        frame["_class"] = of.map({one: place for place, one in enumerate(looks)})
    known = frame[frame["_value"].notna()]
    known = known.sort_values(["_value", "_class", who], ascending=[False, True, True], kind="stable")
    name = results.plan.label(y, unit=True)
    note = f"{lost:,} left out: {results.plan.label(y)} not known" if lost else ""
    if known.empty:
        return empty(results, width, f"No participants with {results.plan.label(y)}", note)
    held = {text: data.holds(condition).fillna(False).astype(bool) for text, condition in (marks or {}).items()}
    entries = _entries(results, colour, looks, of[known.index], lambda look: look.patch)
    all_values, bars = known["_value"].to_numpy(), known[::k]
    outline = {"markeredgecolor": palette.INK, "markeredgewidth": 0.5 if len(bars) <= 100 else 0.2,
               "markersize": 4.0 if len(bars) <= 60 else 2.6}  # fmt: skip
    signs = {text: {"marker": SIGNS[i % len(SIGNS)], "color": "white", **outline} for i, text in enumerate(held)}
    entries += [(f"{text} (n = {int(held[text][known.index].sum()):,})", sign) for text, sign in signs.items()]
    page_width, left = style.WIDTHS[width], label_room(known["_value"], False) + 1.0
    top = style.key_height(entries, page_width - left) + 2.0
    page = style.Page(results, width, top + PLOT_HEIGHT + 6.0)
    page.key(left, 0.3, entries, page_width - left)
    axes = page.axes(left, top, page_width - left - 1.0, PLOT_HEIGHT)
    values = bars["_value"].to_numpy()
    drawn = np.minimum(values, highest) if highest else values
    low, high = min(all_values.min(), 0.0, *references), max(drawn[0], 0.0, *references)
    reach = (high - low) or 1.0
    line, wide = (0.35, 0.82) if len(bars) <= 100 else (0.0, 1.0)
    patches, heights = [looks[name].patch for name in of[bars.index]], np.where(drawn == 0, 0.006 * reach, drawn)
    colours, hatches = ([patch.get(what, "") for patch in patches] for what in ("facecolor", "hatch"))
    there = axes.bar(range(len(bars)), heights, wide, color=colours, hatch=hatches, edgecolor=palette.INK, linewidth=line,
                     zorder=2)  # fmt: skip
    for bar, patch in zip(there, patches, strict=True):
        bar.set_hatchcolor(patch.get("hatchcolor", palette.GREY))
    cut = np.flatnonzero(values > drawn)
    axes.plot(cut, drawn[cut] + 0.02 * reach, "^", color=palette.INK, markersize=2.4, markeredgewidth=0, clip_on=False)
    for i, (text, members) in enumerate(held.items()):
        places = np.flatnonzero(members[bars.index])
        beyond = 0.045 * reach * np.where(drawn[places] < 0, -1, 1) * (i + 1)
        axes.plot(places, drawn[places] + beyond, linestyle="none", zorder=4, clip_on=False, **signs[text])
    for value in references:
        axes.axhline(value, **REFERENCE)
    axes.axhline(0.0, color=palette.INK, linewidth=0.6, zorder=3)
    room = 0.05 * (len(held) + 0.4) * reach
    axes.set(xlim=(-0.7, max(len(bars), 6) - 0.3), ylim=(low - room, high + room), xticks=[])
    axes.yaxis.set_major_formatter(style.thousands)
    axes.spines["bottom"].set_visible(False)
    axes.set_ylabel(style.wrap(name, PLOT_HEIGHT))
    thinned = every(k, len(known))
    axes.set_xlabel(f"{thinned or count(len(known))}, each a bar")
    numbers = bars[[who, y, *([colour] if colour else [])]].reset_index(drop=True)
    for text, members in held.items():
        numbers[text] = members[bars.index].to_numpy()
    over = int((values > drawn).sum())
    cut_note = f"{over:,} bar{'' if over == 1 else 's'} cut at {style.thousands(highest)}" if over else ""
    ends = " to ".join(style.thousands(round(float(v), 1)) for v in (all_values.max(), all_values.min()))
    below = [f"{int((all_values <= value).sum())} at {style.thousands(value)} or below" for value in references]
    groups = [text for text, _ in entries]
    alt = (
        f"Waterfall plot of {results.plan.label(y)} of {count(len(known))}, from {ends}. {'; '.join([*below, *groups])}"
    )
    alt = f"{alt.rstrip('. ')}. {thinned}" if thinned else alt
    return Drawing(page.figure, numbers, f"{alt.rstrip('. ')}.", (note, cut_note))


@KINDS.add("spider")
def spider(
    results: Results,
    *,
    population: Population,
    table: Table,
    day: RowValue,
    change: RowValue,
    label: str,
    where: RowCondition = "true",
    colour: Column = "",
    from_baseline: bool = True,
    references: list[float] = (),
    highest: float = 0,
    last_day: float = 0,
    width: style.Width = "double",
) -> Drawing:
    """Change from baseline over time, each participant a line that begins at no change (spider plot), in the colour, dash and
    marker of a classification; the last assessment of each has a larger marker. Of more than 300 participants every k-th of a
    class is drawn, from the one with the highest value on, and the figure says so.

    Parameters
        population: who is shown
        table: clean table with one row per participant and assessment
        day: its column of the day, or an expression that may use columns of the subjects
        change: the change from baseline, an expression over its columns and those of the subjects
        label: name and unit of the change
        where: rows of the table that are shown
        colour: column that gives the colour, such as the response
        from_baseline: whether every line begins at day 0 with no change; what was measured before is counted and not shown
        references: values at which lines are drawn
        highest: above which values are drawn at the edge and counted (0: none are)
        last_day: days after it are not shown (0: all are)
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    measured = measurements(data, table, day, lambda rows, columns: Expression(change)(columns), [where])[0]
    early = int((measured["day"] < 0).sum()) if from_baseline else 0
    measured = measured[measured["day"] >= 0] if from_baseline else measured
    beyond = int((measured["day"] > last_day).sum()) if last_day else 0
    measured = measured[measured["day"] <= last_day] if last_day else measured
    shown = np.isin(np.arange(len(data.frame)), measured["at"])
    lost = int((~shown).sum())
    notes = (
        f"{lost:,} left out: no known change" if lost else "",
        f"{count(early, 'assessment')} before day 0 not shown" if early else "",
        f"{count(beyond, 'assessment')} after day {last_day:g} not shown" if beyond else "",
        not_known_whether(data, table, lambda rows, columns: Expression(change)(columns), [where]),
    )
    if measured.empty:
        return empty(results, width, f"No measurements of {label}", *notes)
    (first, last), (lowest, greatest) = ((measured[name].min(), measured[name].max()) for name in ("day", "value"))
    looks, of = _looks(data, colour)
    entries = _entries(
        results, colour, looks, of[shown], lambda look: {**look.line, "marker": look.marker, "markersize": 3.0}
    )
    page_width, left = style.WIDTHS[width], label_room(measured["value"], False) + 1.0
    top = style.key_height(entries, page_width - left) + 2.0
    page = style.Page(results, width, top + PLOT_HEIGHT + 10.0)
    page.key(left, 0.3, entries, page_width - left)
    axes = page.axes(left, top, page_width - left - 3.0, PLOT_HEIGHT)
    n = int(shown.sum())
    if (k := step(n, LINES)) > 1:
        classes = (np.flatnonzero(shown & of.eq(name)) for name in looks)
        chosen = from_the_highest(measured.set_index("at")["value"], classes, k)
        shown, measured = np.isin(np.arange(len(shown)), chosen), measured[measured["at"].isin(chosen)]
    over = int((measured["value"] > highest).sum()) if highest else 0
    lines = dict(list(measured.groupby("at")))
    alpha = float(np.clip(60 / len(lines), 0.08, 0.85))
    for row in np.flatnonzero(shown):
        line, look = lines[row], looks[of.iloc[row]]
        x, y = line["day"].to_numpy(), line["value"].to_numpy()
        if from_baseline:
            x, y = np.concatenate(([0.0], x)), np.concatenate(([0.0], y))
        y = np.minimum(y, highest) if highest else y
        axes.plot(x, y, linewidth=0.8, alpha=alpha, **look.line)
        ends = {
            "color": look.ink,
            "markeredgecolor": "white",
            "markeredgewidth": 0.3,
            "linestyle": "none",
            "alpha": max(alpha, 0.5),
        }
        axes.plot(x[-1:], y[-1:], look.marker, markersize=3.2, clip_on=False, zorder=3, **ends)
    for value in references:
        axes.axhline(value, **REFERENCE)
    axes.axhline(0.0, color=palette.INK, linewidth=0.5, zorder=1)
    start = 0.0 if from_baseline else first
    axes.set_xlim(start, max(last, start + 1))
    axes.xaxis.set_major_locator(day_locator(last))
    axes.yaxis.set_major_formatter(style.thousands)
    axes.set_xlabel("Day after infusion")
    axes.set_ylabel(style.wrap(label, PLOT_HEIGHT))
    numbers = measured.drop(columns="at").reset_index(drop=True)
    if colour:
        numbers[colour] = data.frame[colour].take(measured["at"]).reset_index(drop=True)
    low, high = (style.thousands(round(float(end), 1)) for end in (lowest, greatest))
    groups = f" {'; '.join(text for text, _ in entries)}." if entries else ""
    alt = f"Spider plot of {label} of {count(n)}, from {low} to {high}.{groups}"
    edge = f"{count(over, 'value')} above {style.thousands(highest)} drawn at the edge" if over else ""
    return Drawing(page.figure, numbers, alt, (*notes, edge, every(k, n)))


def _looks(data, colour: str) -> tuple[dict[Name, palette.Look], pd.Series]:
    """(look of each level and of those without one, each participant's level)."""
    everyone = pd.Series([EVERYONE] * len(data.frame), index=data.frame.index, dtype=object)
    if not colour:
        return {EVERYONE: palette.Look(palette.GROUPS[0])}, everyone
    levels, looks = look_of(data, colour)
    for name, members in levels.items():
        everyone[members] = [name] * int(members.sum())
    return {**looks, EVERYONE: UNKNOWN}, everyone


def _entries(results: Results, colour: str, looks: dict, of: pd.Series, drawn) -> list:
    """The levels that have participants, with how many."""
    sizes = Counter(of)
    unknown = own_word("Unknown", printed(looks), "no value")
    texts = {name: level_name(results, colour, name) if name else unknown for name in looks} if colour else {}
    graded = colour and is_grade(results.plan, colour)  # no title stands before the levels
    texts = {name: f"Grade {text}" if graded and text.isdigit() else text for name, text in texts.items()}
    return [(f"{text} (n = {sizes[name]:,})", drawn(looks[name])) for name, text in texts.items() if sizes[name]]
