"""Measurements over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..analysis.display import significant
from ..analysis.participants import none_of
from ..ids import EVERYONE
from ..registry import Analysis, Column, Field, Item, Population, RowCondition, RowValue, Table
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty, one_each
from .read import count, inside, level_name, look_of, measurements, not_known_whether
from .scales import day_locator, label_room, lacking, log_axis, not_shown
from .thinning import LINES, every, from_the_highest, step

DAY = "Day after infusion"


@KINDS.add("kinetics")
def kinetics(
    results: Results,
    *,
    population: Population,
    table: Table,
    day: RowValue,
    value: Field,
    mean: Analysis = "",
    by: Column = "",
    where: RowCondition = "true",
    lower_limit: float = 0,
    log: bool = True,
    last_day: float = 0,
    label: str = "",
    day_label: str = DAY,
    width: style.Width = "double",
) -> Drawing:
    """A measurement over time: each participant a thin line, the geometric mean of each day with its interval thick,
    the quantification limit dashed. A panel for each group. Of more than 300 participants every k-th of a group is drawn,
    from the one with the highest value on, and the figure says so.

    Parameters
        population: who is shown
        table: clean table with one row per participant and day
        day: its column of the day, or an expression that may use columns of the subjects
        value: its column of the measurement
        mean: kinetics_by_day analysis with the means
        by: column of the groups
        where: rows of the table that are shown (an expression)
        lower_limit: quantification limit; values at or below it are drawn on it
        log: logarithmic axis
        last_day: days after it are not shown (0: all are)
        label: name and unit on the axis (default: those of the column)
        day_label: name of the axis of time, such as the planned day where `day` is one
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    column = results.study.tables[table].columns[value]
    axis_name = label or (f"{column.title}, {column.unit}" if column.unit else column.title)
    panels, title = data.groups(by), label or column.title
    drawn = ~none_of(panels, data.frame).to_numpy()
    [rows] = measurements(data, table, day, lambda rows, _: rows[value], [where])
    rows = rows[drawn[rows["at"]]]
    rows = rows.assign(value=rows["value"].clip(lower=lower_limit or None)) if log else rows
    rows, notes = _within(rows, drawn, title, last_day, log)
    notes = (*notes, not_known_whether(data, table, lambda rows, _: rows[value], [where]))
    if rows.empty:
        return empty(results, width, f"No measurements of {title}", *notes)
    looks = palette.looks(panels)
    curves = results.curve(mean)
    curves = curves[curves["x"] <= last_day] if last_day else curves
    page_width, left, gap = style.WIDTHS[width], label_room(rows["value"], log), 4.0
    across, plot_width = _across(panels, page_width, left, gap)
    limit = {"color": palette.GREY, "linewidth": 0.7, "linestyle": (0, (4, 3))}
    entries = [("Participant", {"linestyle": "-", "color": THIN, "linewidth": 0.5})]
    if len(curves):
        ink = palette.INK if by else looks[EVERYONE].ink
        text = f"Geometric mean, {100 * results.plan.level:g}% CI"
        entries.append((text, {"linestyle": "-", "color": ink, "linewidth": 1.8}))
    if lower_limit:
        entries.append((f"Quantification limit ({f'{style.thousands(lower_limit)} {column.unit}'.strip()})", limit))
    titles = {name: style.wrap(name.label, plot_width - BESIDE, style.TITLE, "semibold") for name in panels}
    title_height = max(title.count("\n") + 1 for title in titles.values()) * 3.6 + 1.0 if by else 3.4
    top, row_height = style.key_height(entries, page_width - left) + 1.0, title_height + BODY + 10.5
    page = style.Page(results, width, top + row_height * -(-len(panels) // across) - 1.0)
    page.key(left, 0.3, entries, page_width - left)
    shown = pd.concat([rows["value"], curves["estimate"]])
    records, ends = [], (shown.min(), shown.max())
    n = rows["at"].nunique()
    if (k := step(n, LINES)) > 1:
        chosen = from_the_highest(rows.set_index("at")["value"], map(np.flatnonzero, panels.values()), k)
    for i, ((name, members), letter) in enumerate(zip(panels.items(), style.letters(len(panels)), strict=True)):
        x, y = left + i % across * (plot_width + gap), top + i // across * row_height + title_height
        own = rows[members.to_numpy()[rows["at"]]]
        curve = curves[curves["group"] == name.id].sort_values("x")
        if by:
            page.panel(0.0 if i % across == 0 else x, y - title_height, letter, titles[name])
        page.text(x + plot_width, y - 3.6, f"n = {own['at'].nunique():,}", ha="right", color=palette.GREY)
        axes = page.axes(x, y, plot_width, BODY)
        own = own[own["at"].isin(chosen)] if k > 1 else own
        _draw_participants(axes, own)
        if lower_limit:
            axes.axhline(lower_limit, zorder=2, **limit)
        if len(curve):
            _draw_mean(axes, curve, looks[name])
        if own.empty:
            page.text(x + plot_width / 2, y + BODY / 2, "no participants", ha="center", va="center", color=palette.GREY)
        axes.set_xlim(rows["day"].min(), max(rows["day"].max(), rows["day"].min() + 1))
        _limits(axes, *ends, log)
        axes.xaxis.set_major_locator(day_locator(rows["day"].max()))
        axes.set_xlabel(day_label)
        axes.tick_params(axis="y", labelleft=i % across == 0)
        axes.set_ylabel(axis_name if i % across == 0 else "")
        records.append(own.assign(group=name.label, what="participant"))
        shown_mean = curve[["x", "estimate", "ci_low", "ci_high"]].rename(columns={"x": "day", "estimate": "value"})
        records.append(shown_mean.assign(group=name.label, what="geometric mean"))
    numbers = pd.concat([frame for frame in records if len(frame)], ignore_index=True).drop(columns="at")
    alt = f"{axis_name} by {inside(day_label)} for {count(n)}, from "
    alt += " to ".join(significant(float(end)) for end in (rows["value"].min(), rows["value"].max())) + "."
    for name, line in numbers[numbers["what"] == "geometric mean"].groupby("group", sort=False):
        if line["value"].isna().all():
            continue
        peak = line.loc[line["value"].idxmax()]
        of = f" of {name}" if name else ""
        alt += f" The geometric mean{of} is highest on day {peak['day']:g}: {significant(float(peak['value']))}."
    return Drawing(page.figure, numbers, alt, (*notes, _cut(curves, *ends), every(k, n)))


def _within(
    rows: pd.DataFrame, drawn: np.ndarray, title: str, last_day: float, log: bool, panel: str = ""
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The measurements that the axes can show; which they cannot, and who has none of them. drawn: whether each participant
    is to be drawn; panel: the measurement, where a figure has more than one."""
    has = lambda some: np.isin(np.arange(len(drawn)), some["at"])  # noqa: E731
    timely = rows[rows["day"] <= last_day] if last_day else rows
    shown = timely[timely["value"] > 0] if log else timely
    late, of = len(rows) - len(timely), f"{panel}: " if panel else ""
    return shown, (
        not_shown(timely["value"], log, panel),
        f"{of}{count(late, 'measurement')} after day {last_day:g} not shown" if late else "",
        lacking(drawn & ~has(rows), f"no measurement of {title}"),
        lacking(has(rows) & ~has(timely), f"no measurement of {title} by day {last_day:g}"),
        lacking(has(timely) & ~has(shown), f"no measurement of {title} above 0"),
    )


BODY, BESIDE = 52.0, 18.0  # mm: height of a plot, room beside its title
CUT = "Intervals are cut at the range of the measurements"


def _across(panels, page_width: float, left: float, gap: float) -> tuple[int, float]:
    """Panels in a row and the width of each: as many as have 30 mm and room for the words of their titles, in rows of
    nearly equal length."""
    word = style.longest_word((name.label for name in panels), style.TITLE, "semibold") + BESIDE
    most = max(int((page_width - left - 2.0 + gap) // (max(30.0, word) + gap)), 1)
    across = -(-len(panels) // -(-len(panels) // most))
    return across, (page_width - left - 2.0 - gap * (across - 1)) / across


def _limits(axes, low: float, high: float, log: bool) -> None:
    """An axis over the measurements; the interval of a mean of two may reach far beyond them."""
    axes.set_ylim(*((low / 1.4, high * 1.6) if log else (min(low, 0), high * 1.05 or 1)))
    log_axis(axes, "y", log)


def _cut(curves: pd.DataFrame, low: float, high: float) -> str:
    return CUT if ((curves["ci_high"] > 1.6 * high) | (curves["ci_low"] < low / 1.4)).any() else ""


THIN = "#8A939C"


def _draw_participants(axes, rows: pd.DataFrame, look: palette.Look | None = None) -> None:
    from matplotlib.collections import LineCollection

    look = look or palette.Look(THIN)
    starts = np.flatnonzero(np.diff(rows["at"])) + 1
    lines = np.split(rows[["day", "value"]].to_numpy(dtype=float), starts) if len(rows) else []
    faint = {"alpha": float(np.clip(25 / max(len(lines), 1), 0.02, 0.6)), "zorder": 1}
    longer = [line for line in lines if len(line) > 1]
    axes.add_collection(LineCollection(longer, colors=look.ink, linestyles=[look.dash], linewidths=0.5, **faint))
    alone = [line[0] for line in lines if len(line) == 1]
    if alone:
        axes.plot(
            *np.array(alone).T, look.marker, color=look.ink, markersize=1.4, markeredgewidth=0, clip_on=False, **faint
        )


def _draw_mean(axes, curve: pd.DataFrame, look: palette.Look) -> None:
    axes.fill_between(curve["x"], curve["ci_low"], curve["ci_high"], color=look.ink, alpha=0.2, linewidth=0, zorder=3)
    marker = {"marker": look.marker, "markersize": 3.0, "markeredgecolor": "white", "markeredgewidth": 0.4}
    axes.plot(curve["x"], curve["estimate"], linewidth=1.8, zorder=4, **look.line)
    axes.plot(curve["x"], curve["estimate"], linestyle="none", zorder=4, clip_on=False, color=look.ink, **marker)


@KINDS.add("courses")
def courses(
    results: Results,
    *,
    population: Population,
    table: Table,
    day: RowValue,
    value: Field,
    item: Field,
    items: list[Item],
    colour: Column,
    labels: list[str] = (),
    means: list[Analysis] = (),
    log: bool = True,
    last_day: float = 0,
    day_label: str = DAY,
    width: style.Width = "double",
) -> Drawing:
    """Several measurements over time as small multiples, each participant a thin line in the colour of a group or grade;
    the geometric means of the groups thick, where analyses give them. Of more than 300 participants every k-th of a group is
    drawn, the same in all panels, from the one with the highest value in the first on, and the figure says so.

    Parameters
        population: who is shown
        table: clean table with one row per participant, day and item
        day: its column of the day, or an expression that may use columns of the subjects
        value: its column of the measurement
        item: its column that names what was measured
        items: the measurements that are shown, a panel each
        colour: column of the subjects that gives the colour
        labels: names and units of the panels (default: the items)
        means: for each panel a kinetics_by_day analysis by the same column
        log: logarithmic axes
        last_day: days after it are not shown (0: all are)
        day_label: name of the axis of time, such as the planned day where `day` is one
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    one_each(len(items), labels=labels, means=means)
    levels, looks = look_of(data, colour)
    frames = measurements(data, table, day, lambda rows, _: rows[value], [f"{item} == {name!r}" for name in items])
    names = [*labels, *items[len(labels) :]]
    drawn = ~none_of(levels, data.frame).to_numpy()
    within = [
        _within(frame[drawn[frame["at"]]], drawn, name, last_day, log, name)
        for frame, name in zip(frames, names, strict=True)
    ]
    frames, notes = [frame for frame, _ in within], [note for _, said in within for note in said]
    notes.append(not_known_whether(data, table, lambda rows, _: rows[value], [f"{item} == {name!r}" for name in items]))
    if all(frame.empty for frame in frames):
        return empty(results, width, f"No measurements of {', '.join(items)}", *notes)
    across = min(3 if width == "double" else 1, len(items))
    left = max(label_room(frame["value"], log) for frame in frames) - 1.0
    body, gap = 34.0, 3.0
    cell = style.WIDTHS[width] / across
    titles = [style.wrap(name, cell - 7.0, style.TITLE, "semibold") for name in names]
    head = max(title.count("\n") + 1 for title in titles) * 3.6 + 1.6
    measured = np.isin(np.arange(len(data.frame)), pd.concat(frames)["at"])
    people = {name: np.flatnonzero(members & measured) for name, members in levels.items()}
    sizes = {name: len(places) for name, places in people.items()}
    n = sum(sizes.values())
    entries = [
        (
            f"{level_name(results, colour, name)} (n = {n:,})",
            {**looks[name].line, "linewidth": 1.2},
        )
        for name, n in sizes.items()
    ]
    top = style.key_height(entries, style.WIDTHS[width]) + 1.5
    row_height = head + body + 9.0
    page = style.Page(results, width, top + -(-len(items) // across) * row_height + 0.5)
    page.key(0.0, 0.3, entries, style.WIDTHS[width])
    first = min(frame["day"].min() for frame in frames if len(frame))
    last = max(frame["day"].max() for frame in frames if len(frame))
    if (k := step(n, LINES)) > 1:
        last_of_all = pd.Series(-np.inf, index=np.flatnonzero(measured))  # who has no value in the first panel
        chosen = from_the_highest(pd.concat([frames[0].set_index("at")["value"], last_of_all]), people.values(), k)
    records, peaks = [], []
    for i, (frame, name, letter) in enumerate(zip(frames, names, style.letters(len(items)), strict=True)):
        x, y = i % across * cell, top + i // across * row_height
        page.panel(x, y, letter, titles[i])
        axes = page.axes(x + left, y + head, cell - left - gap, body)
        drawn = frame[frame["at"].isin(chosen)] if k > 1 else frame
        for level, members in levels.items():
            own = drawn[members.to_numpy()[drawn["at"]]]
            _draw_participants(axes, own, looks[level])
            records.append(own.assign(panel=name, group=level.label))
            curve = results.curve(means[i] if i < len(means) else "")
            curve = curve[(curve["group"] == level.id) & curve["x"].between(first, last)].sort_values("x")
            if len(curve):
                _draw_mean(axes, curve, looks[level])
        axes.set_xlim(first, max(last, first + 1))
        if len(frame):
            _limits(axes, frame["value"].min(), frame["value"].max(), log)
            peaks.append(f"{name} up to {significant(float(frame['value'].max()))}")
        else:
            axes.set(yticks=[])
            middle = x + left + (cell - left - gap) / 2, y + head + body / 2
            page.text(*middle, "no measurements", ha="center", va="center", color=palette.GREY)
        axes.xaxis.set_major_locator(day_locator(last))
        axes.set_xlabel(day_label if i + across >= len(items) else "")
    alt = f"Courses by {results.plan.label(colour)} for {count(n)}: {'; '.join(peaks)}."
    return Drawing(page.figure, pd.concat(records, ignore_index=True).drop(columns="at"), alt, (*notes, every(k, n)))
