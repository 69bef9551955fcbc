"""Figures in which every participant is a point."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import InputError, Problem
from ..ids import EVERYONE
from ..plan import own_word
from ..registry import Analysis, Column, Population
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty, one_each
from .effects import tested
from .libraries import seaborn
from .read import count, estimate, inside, level_name, look_of, number, p_text, printed, shown, value
from .scales import label_room, lacking, log_axis, not_shown
from .thinning import POINTS, every, of_each, step

SHAPES = ("o", "^", "s", "D", "v", "P", "*")
FEW, MOST = 150, 500  # points of a group up to which they are laid out one by one; that are drawn
CORRELATIONS = {"spearman": "Spearman ρ", "kendall": "Kendall τ", "pearson": "Pearson r"}
NO_SHAPE = "X"  # outcome unknown
NOT_KNOWN = {"marker": NO_SHAPE, "color": palette.UNKNOWN}


@KINDS.add("enrolment_order")
def enrolment_order(
    results: Results,
    *,
    population: Population,
    order: Column,
    y: Column,
    colour: Column,
    marker: Column = "",
    log: bool = True,
    reference: float = 0,
    width: style.Width = "double",
) -> Drawing:
    """A quantity, the dose as a rule, by order of enrolment: each participant a point, its colour a grade or group, its
    shape an outcome. Of more than 2,000 participants every k-th is a point, and the figure says so.

    Parameters
        population: who is shown
        order: rank of the participants in time
        y: the quantity
        colour: column that gives the colour
        marker: column that gives the shape
        log: logarithmic axis
        reference: value at which a line is drawn (0: none)
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    frame = data.frame
    shown_rows = frame[order].notna() & frame[y].notna()
    lost = lacking(~shown_rows, f"{results.plan.label(order)} or {inside(results.plan.label(y))} not known")
    hidden = not_shown(number(frame.loc[shown_rows, y]), log)
    if log:
        shown_rows &= (frame[y] > 0).fillna(False).astype(bool)
    if not shown_rows.any():
        return empty(results, width, f"No participants with {results.plan.label(y)}", hidden, lost)
    numbers = frame.loc[shown_rows, [results.study.participant, order, y, colour, *([marker] if marker else [])]]
    numbers = numbers.sort_values([order, results.study.participant])
    n, low, high = len(numbers), *(style.thousands(value) for value in (numbers[y].min(), numbers[y].max()))
    last, k = float(numbers[order].max()), step(n, POINTS)
    page_width, left = style.WIDTHS[width], label_room(number(frame.loc[shown_rows, y]), log)
    levels, looks = look_of(data, colour)
    shapes = data.groups(marker) if marker else {EVERYONE: pd.Series(True, index=frame.index)}
    page = style.Page(results, width, 78.0)
    used = {name: members & shown_rows for name, members in levels.items()}
    unknown = shown_rows & ~np.logical_or.reduce(
        [m.to_numpy() for m in levels.values()] or [np.zeros(len(frame), bool)]
    )
    outline = {"markeredgecolor": palette.INK, "markeredgewidth": 0.5, "markersize": 4.6}
    entries = [
        (level_name(results, colour, name), {"marker": "o", "color": looks[name].colour, **outline}) for name in levels
    ]
    if unknown.any():
        entries.append(
            (own_word("Unknown", printed(levels), "no value"), {"marker": "o", **palette.UNKNOWN_POINT, **outline})
        )
        used[EVERYONE] = unknown
    shape_of = pd.Series(NO_SHAPE, index=frame.index)
    for i, members in enumerate(shapes.values()):
        shape_of[members] = SHAPES[i % len(SHAPES)]
    keys = [(results.plan.label(colour), entries)]
    if marker:
        hollow = {"color": "white", **outline}
        names = [(name.label, {"marker": SHAPES[i % len(SHAPES)], **hollow}) for i, name in enumerate(shapes)]
        if (shown_rows & shape_of.eq(NO_SHAPE)).any():
            names.append((own_word("Unknown", printed(shapes), "no value"), {"marker": NO_SHAPE, **hollow}))
        keys.append((results.plan.label(marker), names))
    name_width = style.widest(title for title, _ in keys) + 3.0
    top = 0.3
    for title, names in keys:
        page.text(0.0, top, title, color=palette.GREY)
        page.key(name_width, top, names, page_width - name_width)
        top += style.key_height(names, page_width - name_width)
    top += 2.0
    axes = page.axes(left, top, page_width - left - 4.0, 78.0 - top - 9.0)
    size, edge = (4.6, 0.5) if n <= 150 else (2.2, 0.1)
    if k > 1:
        numbers = numbers.loc[of_each(numbers.index, used.values(), k)]
    drawn = frame.index.isin(numbers.index)
    for name, members in used.items():
        for shape in dict.fromkeys(shape_of[members]):
            rows = members & (shape_of == shape) & drawn
            axes.plot(
                number(frame.loc[rows, order]),
                number(frame.loc[rows, y]),
                shape,
                **({"color": looks[name].colour} if name else palette.UNKNOWN_POINT),
                markersize=size,
                markeredgecolor=palette.INK,
                markeredgewidth=edge,
                linestyle="none",
                clip_on=False,
                zorder=3,
            )
    if reference:
        axes.axhline(reference, color=palette.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=1)
    axes.set_xlim(0, last + 1)
    log_axis(axes, "y", log)
    axes.set_xlabel(results.plan.label(order, unit=True))
    axes.set_ylabel(results.plan.label(y, unit=True))
    axes.xaxis.set_major_formatter(style.thousands)
    parts = [f"{level_name(results, colour, name) or 'unknown'} {int(m.sum())}" for name, m in used.items()]
    alt = (
        f"{results.plan.label(y)} by {inside(results.plan.label(order))} for {count(n)}, "
        f"from {low} to {high}. "
        f"{results.plan.label(colour)}: {', '.join(parts)}."
    )
    return Drawing(page.figure, numbers.reset_index(drop=True), alt, (hidden, lost, every(k, n)))


@KINDS.add("strip")
def strip(
    results: Results,
    *,
    population: Population,
    y: list[Column],
    by: Column,
    tests: list[Analysis] = (),
    log: bool = False,
    width: style.Width = "double",
) -> Drawing:
    """Continuous variables by group: each participant a point, with the median of the analysis as a line; a panel for
    each variable. Of a group of more than 500 participants 500 are points, evenly by their place from the lowest to the
    highest, and the figure says so.

    Parameters
        population: who is shown
        y: the variables
        by: column of the groups
        tests: for each variable the comparison whose medians, effect and p-value are shown (mann_whitney or kruskal_wallis)
        log: logarithmic axis
        width: single (85 mm) or double (180 mm)
    """
    one_each(len(y), tests=tests)
    data = results.population(population)
    bars, looks = look_of(data, by)
    page_width, gap = style.WIDTHS[width], 3.0
    left = max(label_room(number(data.frame[column]), log) for column in y)
    room = left + gap + 8.0 * max(len(bars), 1)
    across = -(-len(y) // -(-len(y) // max(int(page_width // room), 1)))  # panels in a row, the rows evenly filled
    cell = page_width / across
    plot_width = cell - left - gap
    slot = plot_width / max(len(bars), 1)
    names = [level_name(results, by, name) for name in bars]
    names = names if style.widest(names) <= slot - 0.8 else printed(bars)
    titles = [style.wrap(results.plan.label(column), cell - 7.0, style.TITLE, "semibold") for column in y]
    said = [style.wrap(tested(results, test), plot_width) for test in tests]
    heading = max(title.count("\n") + 1 for title in titles) * 3.6
    head = heading + (max(text.count("\n") + 1 for text in said) * style.LINE + 1.3 if said else 1.6)
    row_height = head + 46.0 + 1.2 + style.group_height(names, slot, page_width - left) + 1.0
    rows = -(-len(y) // across)
    page = style.Page(results, width, rows * row_height + 3.0 * (rows - 1))
    records, notes, of_panels = [], [], []
    for i, (column, letter) in enumerate(zip(y, style.letters(len(y)), strict=True)):
        x, top = i % across * cell, i // across * (row_height + 3.0)
        page.panel(x, top, letter, titles[i])
        axes = page.axes(x + left, top + head, plot_width, 46.0)
        test = tests[i] if i < len(tests) else ""
        if test:
            page.text(x + left, top + heading + 0.4, said[i])
        values, sizes, swarms = data.frame[column].astype("Float64"), [], []
        grouped = np.logical_or.reduce([np.zeros(len(values), bool), *bars.values()])
        notes.append(not_shown(number(values[grouped]), log, results.plan.label(column) if len(y) > 1 else ""))
        notes.append(lacking(values[grouped].isna(), f"{results.plan.label(column)} not known"))
        for at, (name, members) in enumerate(bars.items()):
            kept = members & (values > 0 if log else values.notna()).fillna(False).astype(bool)
            who = data.frame.loc[kept, results.study.participant]
            placed = pd.DataFrame({"who": who, "value": number(values[kept])}).sort_values(["value", "who"])
            sizes.append(len(placed))
            if len(placed) > MOST:
                placed = placed.iloc[np.linspace(0, len(placed) - 1, MOST).round().astype(int)]
            own = placed["value"].to_numpy()
            if len(own) > FEW:
                points = {"markersize": 1.2, "markeredgewidth": 0, "alpha": 0.4}
                axes.plot(at + _band(len(own)), own, "o", color=looks[name].ink, **points)
            elif len(own):
                points = axes.scatter(np.full(len(own), at), own, 3.4**2, looks[name].colour, edgecolor=palette.INK, linewidth=0.25,
                                      alpha=0.85, zorder=3)  # fmt: skip
                swarms.append((points, at))
            if test and not np.isnan(median := value(results, test, "median", name)):
                axes.plot([at - 0.3, at + 0.3], [median] * 2, color=palette.INK, linewidth=1.4, solid_capstyle="butt")
            placed = placed.rename(columns={"who": results.study.participant})
            records.append(placed.assign(variable=results.plan.label(column), group=name.label))
        of_panels.append(dict(zip(bars, sizes, strict=True)))
        page.groups(x + left, top + head + 47.2, slot, names, sizes, 0.0 if i % across else page_width - left)
        axes.set(xlim=(-0.5, len(bars) - 0.5), xticks=[], xlabel="")
        axes.set_ylabel(style.wrap(results.plan.label(column, unit=True), 46.0))
        if any(sizes):
            log_axis(axes, "y", log)
            for points, at in swarms:
                seaborn().categorical.Beeswarm(warn_thresh=1)(points, at)
        else:
            axes.set(yticks=[])
            middle = x + left + plot_width / 2, top + head + 23.0
            page.text(*middle, "no participants", ha="center", va="center", color=palette.GREY)
    numbers = pd.concat(records, ignore_index=True)
    parts = []
    for i, column in enumerate(y):
        test = tests[i] if i < len(tests) else ""
        texts = [
            f"{name.label} n = {of_panels[i][name]}"
            + (f", median {shown(results, test, 'median', name)}" if test else "")
            for name in bars
        ]
        texts += [tested(results, test)] if test else []
        parts.append(f"{results.plan.label(column)}: {'; '.join(texts)}")
    if any(size > MOST for sizes in of_panels for size in sizes.values()):
        notes.append(f"Of each group at most {MOST} participants are shown, evenly by their values")
    return Drawing(page.figure, numbers, "Values by group. " + ". ".join(parts) + ".", tuple(notes))


def _band(n: int) -> np.ndarray:
    """Offsets that fill a band evenly, the same on every run."""
    return 0.6 * (np.arange(n) * 0.618033988749895 % 1 - 0.5)


@KINDS.add("scatter")
def scatter(
    results: Results,
    *,
    population: Population,
    x: Column,
    y: Column,
    colour: Column = "",
    correlation: Analysis = "",
    log_x: bool = False,
    log_y: bool = False,
    width: style.Width = "single",
) -> Drawing:
    """One variable against another, each participant a point. Of more than 2,000 participants every k-th is one, and the
    figure says so.

    Parameters
        population: who is shown
        x: variable on the horizontal axis
        y: variable on the vertical axis
        colour: column that gives the colour
        correlation: spearman, kendall or pearson analysis that is printed
        log_x: logarithmic horizontal axis
        log_y: logarithmic vertical axis
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    frame = data.frame
    xs, ys = number(frame[x]), number(frame[y])
    levels, looks = (
        look_of(data, colour) if colour else ({EVERYONE: pd.Series(True, index=frame.index)}, {EVERYONE: palette.ALL})
    )
    known = ~np.isnan(xs) & ~np.isnan(ys)
    lost = lacking(~known, f"{results.plan.label(x)} or {inside(results.plan.label(y))} not known")
    # a point that one of its axes cannot show is one value that is not shown
    least = np.minimum(xs if log_x else np.full_like(xs, np.inf), ys if log_y else np.inf)
    hidden = not_shown(least[known], log_x or log_y)
    known &= least > 0 if log_x or log_y else True
    if not known.any():
        what = f"No participants with {results.plan.label(x)} and {results.plan.label(y)}"
        return empty(results, width, what, hidden, lost)
    n, every_y, k = int(known.sum()), ys[known], step(int(known.sum()), POINTS)
    unknown = known & ~np.logical_or.reduce([np.zeros(len(frame), bool), *levels.values()])
    if k > 1:
        by_size = frame.index[known][np.lexsort((xs[known], ys[known]))]
        known = frame.index.isin(of_each(by_size, [*levels.values(), pd.Series(unknown, frame.index)], k))
        unknown &= known
    page = style.Page(results, width, 70.0)
    outline = {"markeredgecolor": palette.INK, "markeredgewidth": 0.25, "markersize": 4.2}
    entries = [(level_name(results, colour, name), {**looks[name].point, **outline}) for name in levels if name]
    if unknown.any():
        entries.append((own_word("Unknown", printed(levels), "no value"), {**NOT_KNOWN, **outline}))
    page.key(0.0, 0.3, entries, page.width)
    top = style.key_height(entries, page.width) + 4.5
    left = label_room(every_y, log_y)
    axes = page.axes(left, top, page.width - left - 2.0, 70.0 - top - 9.5)
    drawn = [(known & members.to_numpy(), looks[name].point) for name, members in levels.items()]
    for rows, look in [*drawn, *([(unknown, NOT_KNOWN)] if unknown.any() else [])]:
        axes.plot(xs[rows], ys[rows], linestyle="none", alpha=0.85, **look, **outline)
    if correlation:
        method = results.plan.analyses[correlation]["method"]
        if method not in CORRELATIONS:
            what, why = f"'{correlation}' is {method}, no correlation", "its estimate would be called one"
            do = f"name an analysis of one of: {', '.join(CORRELATIONS)}"
            raise InputError([Problem("plan.yaml, correlation of a scatter", what, why, do)])
        name = CORRELATIONS[method]
        text = f"{name} = {estimate(results, correlation)}, {p_text(results, correlation)}"
        page.text(page.width - 2.0, top - 3.6, text, ha="right")
    log_axis(axes, "x", log_x)
    log_axis(axes, "y", log_y)
    axes.set_xlabel(results.plan.label(x, unit=True))
    axes.set_ylabel(results.plan.label(y, unit=True))
    numbers = frame.loc[known, [results.study.participant, x, y, *([colour] if colour else [])]].reset_index(drop=True)
    alt = f"{results.plan.label(y)} against {results.plan.label(x)} for {count(n)}."
    return Drawing(page.figure, numbers, alt + (f" {text}." if correlation else ""), (hidden, lost, every(k, n)))
