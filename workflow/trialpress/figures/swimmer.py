"""Every participant's course as a bar."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ..calculation import days_between
from ..ids import EVERYONE
from ..plan import own_word
from ..registry import Column, Condition, Population
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import coloured, count, level_name, number, printed
from .scales import time_ticks

MOST_BARS = 75
SOFT = 0.5  # tint of a bar, on which marks must stand out
NO_LEVEL = "#A9C4DD"  # colour of a bar without a level


@KINDS.add("swimmer")
def swimmer(
    results: Results,
    *,
    population: Population,
    end: Column,
    marks: list[Column],
    origin: Column = "",
    death: Column = "",
    ongoing: Condition = "false",
    by: Column = "",
    colour: Column = "",
    unit: Literal["days", "months", "years"] = "months",
    width: style.Width = "double",
) -> Drawing:
    """One bar per participant from the origin to the end of follow-up, with what happened on the way. Grouped, then
    sorted from the longest; above 75 participants every k-th is shown and the axis says so.

    Parameters
        population: who is shown
        end: end of follow-up, in days or as a date
        marks: events with a shape and colour each, in days or as dates
        origin: date from which dates are counted
        death: death, in days or as a date
        ongoing: who ends with an arrow
        by: column of the groups
        colour: column that gives the colour of the bar
        unit: unit of the axis
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    frame = data.frame
    times = pd.DataFrame(
        {
            name: _since(frame, name, origin) / results.plan.days(unit)
            for name in [end, *marks, *([death] if death else [])]
        },
        index=frame.index,
    )
    known = times[end].notna()
    if not known.any():
        return empty(results, width, "No participants with follow-up")
    order, sections = [], []
    for name, members in data.groups(by).items():
        rows = times[members & known].assign(who=frame[results.study.participant])
        rows = rows.sort_values([end, "who"], ascending=[False, True], kind="stable").index.tolist()
        sections.append((name, len(rows), rows))
        order += rows
    step = -(-len(order) // MOST_BARS)
    sections = [(name, n, rows[::step]) for name, n, rows in sections]
    order = [row for _, _, rows in sections for row in rows]
    page_width, top = style.WIDTHS[width], 0.3
    names = list(sections) if by else []
    left = min(style.widest([name.label for name, _, _ in names], style.TEXT, "semibold"), 26.0) + 4.0 if by else 3.0
    levels, palette = coloured(data, colour) if colour else ({EVERYONE: known}, {EVERYONE: NO_LEVEL})
    bars = len(order) + 1.2 * max(len(sections) - 1, 0)
    bar = float(np.clip(150.0 / bars, 1.9, 4.2))
    entries = [
        (level_name(results, colour, name), {"facecolor": style.tint(palette[name], SOFT), "edgecolor": "none"})
        for name in levels
        if name
    ]
    if colour and (known & ~pd.concat(levels.values(), axis=1).any(axis=1)).any():
        entries.append(
            (
                own_word("Unknown", printed(levels), "no value"),
                {"facecolor": style.tint(NO_LEVEL, SOFT), "edgecolor": "none"},
            )
        )
    outline = {"markersize": 4.2, "markeredgecolor": "white", "markeredgewidth": 0.4}
    shapes = {name: style.MARKS[i % len(style.MARKS)] for i, name in enumerate(marks)}
    if death:
        shapes[death] = style.END
    entries += [
        (results.plan.label(name), {"marker": shape, "color": ink, **outline}) for name, (shape, ink) in shapes.items()
    ]
    held = data.holds(ongoing).fillna(False).astype(bool)
    if held[order].any():
        entries.append(("In follow-up", {"marker": ">", "color": style.INK, "markersize": 3.0, "markeredgewidth": 0}))
    key_height = style.key_height(entries, page_width)
    plot_height = bars * bar + 2.0
    page = style.Page(results, width, key_height + 3.0 + plot_height + 10.0)
    page.key(0.0, top, entries, page_width)
    top += key_height + 2.0
    axes = page.axes(left, top, page_width - left - 4.0, plot_height)
    colour_of = pd.Series(palette.get(EVERYONE, NO_LEVEL), index=frame.index)
    for name, members in levels.items():
        colour_of[members] = palette[name]
    longest = float(times.loc[order].max().max())
    at, shown_names, places = 0.0, [], {}
    for name, n, rows in sections:
        start = at
        for row in rows:
            places[row] = at + 0.5
            at += 1
        if by:
            text = (
                f"{style.wrap(name.label, left - 4.0, style.TEXT, 'semibold')}\nn = {n:,}"
                if rows
                else f"{style.wrap(name.label, left - 4.0)}\nn = 0"
            )
            shown_names.append(((start + at) / 2, text))
            if not rows:
                at += 2.0
        at += 1.2
    axes.barh(
        [places[row] for row in order],
        times.loc[order, end],
        height=0.72,
        color=[style.tint(colour_of[row], SOFT) for row in order],
        linewidth=0,
        zorder=2,
    )
    for name, (shape, ink) in shapes.items():
        rows = [row for row in order if times.loc[row, name] >= 0]
        size = float(np.clip(bar * 1.35, 2.6, 4.4))
        axes.plot(
            times.loc[rows, name],
            [places[row] for row in rows],
            shape,
            color=ink,
            markersize=size,
            markeredgecolor="white",
            markeredgewidth=0.4,
            linestyle="none",
            zorder=5 if name == death else 4,
            clip_on=False,
        )
    arrows = [row for row in order if held[row]]
    axes.plot(
        [times.loc[row, end] + 0.012 * longest for row in arrows],
        [places[row] for row in arrows],
        ">",
        color=style.INK,
        markersize=float(np.clip(bar * 0.9, 1.6, 3.0)),
        markeredgewidth=0,
        linestyle="none",
        clip_on=False,
    )
    for middle, text in shown_names:
        page.text(0.0, top + middle / (at - 1.2) * plot_height, text, va="center")
    ticks, finish = time_ticks(longest, 10)
    axes.set(xlim=(0, finish), ylim=(at - 1.2, 0), yticks=[], xticks=ticks)
    axes.xaxis.set_major_formatter(style.thousands)
    axes.spines["left"].set_visible(False)
    thinned = f" (every {step}th of {count(int(known.sum()))} is shown)" if step > 1 else ""
    axes.set_xlabel(
        f"Time since infusion, {unit}{thinned}"
        if not origin
        else f"Time since {results.plan.label(origin).lower()}, {unit}{thinned}"
    )
    numbers = times.loc[order].rename(columns=lambda name: f"{name}_{unit}")
    numbers.insert(0, results.study.participant, frame.loc[order, results.study.participant])
    for name in (colour, by):
        if name:
            numbers.insert(1, name, frame.loc[order, name])
    numbers["ongoing"] = held[order]
    events = "; ".join(f"{results.plan.label(name)} in {int(times.loc[order, name].notna().sum())}" for name in shapes)
    alt = (
        f"Swimmer plot of {count(len(order))}{thinned}. The longest bar has {longest:.1f} {unit}. {events}; "
        f"{int(held[order].sum())} in follow-up at the end."
    )
    return Drawing(page.figure, numbers.reset_index(drop=True), alt)


def _since(frame: pd.DataFrame, column: str, origin: str) -> np.ndarray:
    """Days from the origin; a column of days as it is."""
    values = frame[column]
    if pd.api.types.is_datetime64_any_dtype(values):
        days = days_between(frame[origin] if origin else values, values)
        return days.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return number(values)
