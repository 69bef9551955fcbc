"""Every participant's course as a bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..analysis import Data
from ..analysis.participants import in_no_group
from ..calculation import days_between
from ..ids import EVERYONE, Name
from ..plan import own_word
from ..registry import Column, Condition, Population
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import count, inside, level_name, look_of, number, printed
from .scales import lacking, time_ticks
from .thinning import every, step

MOST_BARS = 75
APART = 1.2  # bars: distance of two groups
SOFT = 0.5  # tint of a bar, on which marks must stand out
NO_LEVEL = "#C4CCD4"  # colour of a bar without a level


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
    frame, days = data.frame, results.plan.days(unit)
    wanted = [end, *marks, *([death] if death else [])]
    times = pd.DataFrame({name: _since(frame, name, origin) / days for name in wanted}, index=frame.index)
    known = times[end].notna()
    if not known.any():
        return empty(results, width, "No participants with follow-up")
    sections, k = _sections(data, by, times[end][known])
    order = [row for section in sections for row in section.rows]
    notes = _not_shown(data, times, known, by, [*marks, *([death] if death else [])], origin, days)
    levels, looks = look_of(data, colour) if colour else ({EVERYONE: known}, {})
    held = data.holds(ongoing).fillna(False).astype(bool)
    shapes = {name: palette.MARKS[i % len(palette.MARKS)] for i, name in enumerate(marks)}
    if death:
        shapes[death] = palette.END
    without = colour and (known & ~pd.concat(levels.values(), axis=1).any(axis=1)).any()
    entries = _key(results, colour, looks, list(levels), without, shapes, held[order].any())
    page_width = style.WIDTHS[width]
    titles = [section.name.label for section in sections]
    left = min(style.widest(titles, style.TEXT, "semibold"), 26.0) + 4.0 if by else 3.0
    bar = float(np.clip(150.0 / (len(order) + APART * (len(sections) - 1)), 1.9, 4.2))
    texts = [section.text(left - 4.0) if by else "" for section in sections]
    rooms = [max(len(section.rows), (text.count("\n") + 1.4) * style.LINE / bar - APART if text else 0.0)
             for section, text in zip(sections, texts, strict=True)]  # fmt: skip
    bars = sum(rooms) + APART * (len(sections) - 1)
    key_height, plot_height = style.key_height(entries, page_width), bars * bar + 2.0
    page = style.Page(results, width, key_height + 3.0 + plot_height + 10.0)
    page.key(0.0, 0.3, entries, page_width)
    top = 0.3 + key_height + 2.0
    axes = page.axes(left, top, page_width - left - 4.0, plot_height)
    places, middles = _places(sections, rooms)
    for name in [*looks, EVERYONE]:
        members = levels[name] if name in looks else ~np.logical_or.reduce([~known, *(levels[one] for one in looks)])
        own = [row for row in order if members[row]]
        axes.barh([places[row] for row in own], times.loc[own, end], height=0.72, zorder=2, **_bar(looks.get(name)))
    _marks(axes, times, order, places, shapes, death, bar)
    longest = float(times.loc[order].max().max())
    arrows = [row for row in order if held[row]]
    axes.plot([times.loc[row, end] + 0.012 * longest for row in arrows], [places[row] for row in arrows], ">",
              color=palette.INK, markersize=float(np.clip(bar * 0.9, 1.6, 3.0)), markeredgewidth=0, linestyle="none",
              clip_on=False)  # fmt: skip
    for text, middle in zip(texts, middles, strict=True):
        page.text(0.0, top + middle / bars * plot_height, text, va="center")
    ticks, finish = time_ticks(longest, 10)
    axes.set(xlim=(0, finish), ylim=(bars, 0), yticks=[], xticks=ticks)
    axes.xaxis.set_major_formatter(style.thousands)
    axes.spines["left"].set_visible(False)
    said = every(k, int(known.sum()))
    thinned = f" ({said[:1].lower()}{said[1:]})" if said else ""
    since = inside(results.plan.label(origin)) if origin else "infusion"
    axes.set_xlabel(f"Time since {since}, {unit}{thinned}")
    numbers = times.loc[order].rename(columns=lambda name: f"{name}_{unit}")
    numbers.insert(0, results.study.participant, frame.loc[order, results.study.participant])
    for name in filter(None, (colour, by)):
        numbers.insert(1, name, frame.loc[order, name])
    numbers["ongoing"] = held[order]
    events = "; ".join(f"{results.plan.label(name)} in {int((times.loc[order, name] >= 0).sum())}" for name in shapes)
    alt = (
        f"Swimmer plot of {count(len(order))}{thinned}. The longest bar has {longest:.1f} {unit}. {events}; "
        f"{int(held[order].sum())} in follow-up at the end."
    )
    return Drawing(page.figure, numbers.reset_index(drop=True), alt, notes)


def _not_shown(
    data: Data, times: pd.DataFrame, known: pd.Series, by: str, marks: list[str], origin: str, days: float
) -> tuple[str, ...]:
    """Whose bar is missing, marks before the origin, and events of which only some have a mark: those of an endpoint of
    which a mark is a part (relapses by type) where no mark stands, because their type is not known or not named."""
    frame, plan, found = data.frame, data.plan, []
    early = {name: int((times.loc[known, name] < 0).sum()) for name in marks}
    events = {name for one in plan.endpoints.values() for name in one.events.values()}
    for event in sorted(events & set(frame.columns) - set(marks)):
        when = pd.Series(_since(frame, event, origin) / days, index=frame.index)
        part = any(times[one].notna().any() and times[one].dropna().eq(when[times[one].notna()]).all() for one in marks)
        bare = known & when.ge(0) & ~times[marks].eq(when, axis=0).any(axis=1)
        if part and bare.any():
            found.append(f"{plan.label(event)} of {count(int(bare.sum()))} is not marked")
    return (
        lacking(~known & ~in_no_group(data, by), "end of follow-up not known"),
        *(f"{plan.label(name)} of {count(n)} before day 0 not shown" for name, n in early.items() if n),
        *found,
    )


@dataclass(frozen=True)
class _Section:
    """A group: everyone in it with follow-up is counted, every k-th is shown as a row, the longest first."""

    name: Name
    n: int
    rows: list[int]

    def text(self, width: float) -> str:
        name = style.wrap(self.name.label, width, style.TEXT, "semibold" if self.rows else "normal")
        return f"{name}\nn = {self.n:,}"


def _sections(data, by: str, ends: pd.Series) -> tuple[list[_Section], int]:
    """The groups, and k."""
    found = {}
    for name, members in data.groups(by).items():
        rows = pd.DataFrame({"end": ends, "who": data.frame.loc[ends.index, data.study.participant]})
        rows = rows[members[ends.index]].sort_values(["end", "who"], ascending=[False, True], kind="stable")
        found[name] = rows.index.tolist()
    k = step(sum(map(len, found.values())), MOST_BARS)
    return [_Section(name, len(rows), rows[::k]) for name, rows in found.items()], k


def _places(sections: list[_Section], rooms: list[float]) -> tuple[dict[int, float], list[float]]:
    """Row -> middle of its bar; the middle of each group. A group of few takes the room of its name."""
    places, middles, at = {}, [], 0.0
    for section, room in zip(sections, rooms, strict=True):
        first = at + (room - len(section.rows)) / 2
        places |= {row: first + i + 0.5 for i, row in enumerate(section.rows)}
        middles.append(at + room / 2)
        at += room + APART
    return places, middles


def _bar(look: palette.Look | None) -> dict:
    """How the bars of a level are drawn, and those without one."""
    patch = look.patch if look else {"facecolor": NO_LEVEL}
    soft = {"facecolor": palette.tint(patch["facecolor"], SOFT), "edgecolor": palette.GREY, "linewidth": 0.2}
    return {**patch, **soft, **({"hatchcolor": "white"} if "hatch" in patch else {})}


def _key(results, colour: str, looks: dict, levels: list[Name], without: bool, shapes: dict, ongoing: bool) -> list:
    entries = [(level_name(results, colour, name), _bar(looks[name])) for name in levels if name]
    if without:
        entries.append((own_word("Unknown", printed(levels), "no value"), _bar(None)))
    outline = {"markersize": 4.2, "markeredgecolor": "white", "markeredgewidth": 0.4}
    for name, (shape, ink) in shapes.items():
        entries.append((results.plan.label(name), {"marker": shape, "color": ink, **outline}))
    if ongoing:
        entries.append(("In follow-up", {"marker": ">", "color": palette.INK, "markersize": 3.0, "markeredgewidth": 0}))
    return entries


def _marks(axes, times: pd.DataFrame, order: list[int], places: dict[int, float], shapes: dict, death: str, bar: float):
    size = float(np.clip(bar * 1.35, 2.6, 4.4))
    for name, (shape, ink) in shapes.items():
        rows = [row for row in order if times.loc[row, name] >= 0]
        axes.plot(times.loc[rows, name], [places[row] for row in rows], shape, color=ink, markersize=size,
                  markeredgecolor="white", markeredgewidth=0.4, linestyle="none", zorder=5 if name == death else 4,
                  clip_on=False)  # fmt: skip


def _since(frame: pd.DataFrame, column: str, origin: str) -> np.ndarray:
    """Days from the origin; a column of days as it is."""
    values = frame[column]
    if pd.api.types.is_datetime64_any_dtype(values):
        days = days_between(frame[origin] if origin else values, values)
        return days.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return number(values)
