"""Daily grades, each participant a strip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..analysis.participants import none_of
from ..analysis.source import rows_of
from ..errors import Problem, raise_if
from ..expression import Expression
from ..ids import Name
from ..registry import Column, Population, RowCondition, RowValue, Table
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty
from .read import count
from .scales import lacking
from .thinning import every, step

MOST_ROWS = 75
APART = 1.4  # rows: distance of two groups
NO_RECORD = "#FFFFFF"
SHAPES = ("o", "^", "D", "s")  # of treatments, on the cells of any grade: white with a dark edge


@dataclass(frozen=True)
class _Section:
    """A group: how many have daily records, and those of them who are shown, from the top."""

    name: Name
    n: int
    rows: list[str]


@KINDS.add("lasagna")
def lasagna(
    results: Results,
    *,
    population: Population,
    grades: list[Column],
    table: Table = "",
    day: RowValue = "0",
    treatments: dict[str, RowCondition] = None,
    by: Column = "",
    width: style.Width = "double",
) -> Drawing:
    """Daily grades as a heat strip for each participant (lasagna plot), a panel for each grading over the same participants,
    with the days of treatment. Grouped, then sorted from the highest grade of the first grading and the earliest day on
    which it is reached; above 75 participants every k-th is shown and the figure says so.

    Parameters
        population: who is shown
        grades: columns of the subjects with the highest value of a daily grading, a panel each
        table: clean table with the days of treatment
        day: its column of the day, or an expression that may use columns of the subjects
        treatments: name -> condition over its rows: the days on which it was given
        by: column of the groups
        width: single (85 mm) or double (180 mm)
    """
    gradings = {column: _grading(results, column) for column in grades}
    data, who = results.population(population), results.study.participant
    daily = results.daily[results.daily[who].isin(data.frame[who])]
    daily = daily.set_index([who, "day"])[list(gradings.values())].sort_index()
    if daily.empty:
        return empty(results, width, "No daily records")
    given = _given(results, data, table, day, treatments or {})
    days = range(int(daily.index.get_level_values("day").min()), int(daily.index.get_level_values("day").max()) + 1)
    highest = data.frame.set_index(who)[grades].astype("Float64").reindex(daily.index.unique(0))
    sections, k = _sections(data, by, daily[gradings[grades[0]]], highest[grades[0]], who)
    page_width, gap = style.WIDTHS[width], 5.0
    names = [section.name.label for section in sections]
    left = max(min(style.widest([*names, f"n = {len(daily):,}"]), 26.0), style.longest_word(names)) + 2.5 if by else 0.5
    panel = (page_width - left - 0.5 - gap * (len(grades) - 1)) / len(grades)
    texts = [
        f"{style.wrap(name, left - 2.0)}\nn = {section.n:,}" if by else ""
        for name, section in zip(names, sections, strict=True)
    ]
    shown = sum(len(section.rows) for section in sections)
    height = float(np.clip(130.0 / max(shown, 1), 1.6, 3.4))
    rooms = [
        max(len(section.rows), (text.count("\n") + 1) * style.LINE / height if text else 0)
        for section, text in zip(sections, texts, strict=True)
    ]
    titles = [style.wrap(results.plan.label(column), panel - 5.0, style.TITLE, "semibold") for column in grades]
    entries = _key(gradings, daily, given, len(daily) < len(days) * daily.index.unique(0).size)
    key = style.key_height(entries, page_width) + 1.5
    head = max(title.count("\n") + 1 for title in titles) * 3.6 + 1.2
    map_height = (sum(rooms) + APART * (len(sections) - 1)) * height
    page = style.Page(results, width, key + head + map_height + 10.0)
    page.key(0.0, 0.3, entries, page_width)
    drawn = daily[daily.index.get_level_values(0).isin({one for section in sections for one in section.rows})]
    tops = np.cumsum([0.0, *(room + APART for room in rooms[:-1])])
    for i, (column, letter) in enumerate(zip(grades, style.letters(len(grades)), strict=True)):
        x, y = left + i * (panel + gap), key + head
        page.panel(x, key, letter, titles[i])
        axes = page.axes(x, y, panel, map_height)
        for section, top in zip(sections, tops, strict=True):
            cells = drawn[gradings[column]].unstack("day").reindex(index=section.rows, columns=days)
            recorded = drawn.assign(one=1)["one"].unstack("day").reindex(index=section.rows, columns=days).notna()
            _strips(axes, cells, recorded, days, top)
            _marks(axes, given, section.rows, top, min(height, panel / len(days)))
        axes.set(xlim=(days[0] - 0.5, days[-1] + 0.5), ylim=(map_height / height, 0), yticks=[])
        axes.spines["left"].set_visible(False)
        axes.set_xticks([d for d in days if d % 7 == 0])
        axes.set_xlabel("Day after infusion")
    for section, text, top in zip(sections, texts, tops, strict=True):
        page.text(0.0, key + head + top * height, text)
        if not section.rows:
            page.text(left, key + head + top * height, "" if by else "no participants", color=palette.GREY)
    records = _numbers(daily, given, sections, gradings, who, by)
    recorded = data.frame[who].isin(daily.index.unique(0))
    notes = (
        lacking(~recorded & ~none_of(data.groups(by), data.frame), "no daily record"),
        every(k, sum(s.n for s in sections)),
    )
    return Drawing(page.figure, records, _alt(results, highest, given, sections, by), notes)


def _grading(results: Results, column: str) -> str:
    """The daily grading whose highest value a column is."""
    derived = results.plan.derived.get(column)
    name = derived.spec.get("daily", "") if derived else ""
    why = "there is no grade for each day to draw"
    do = "name a column that is derived with `daily:`; the gradings are " + (
        ", ".join(results.plan.daily.get("grades", ())) or "none"
    )
    raise_if(
        [Problem("plan.yaml, figures, grades", f"'{column}' is not the highest value of a daily grading", why, do)]
        if not name
        else []
    )
    return name


def _given(results: Results, data, table: str, day: str, treatments: dict[str, str]) -> dict[str, set[tuple[str, int]]]:
    """Treatment -> (participant, day) on which it was given."""
    why, do = "its days are not known", "name the clean `table` and its `day`"
    raise_if(
        Problem("plan.yaml, figures, treatments", f"'{name}' has no table", why, do) for name in treatments if not table
    )
    if not treatments:
        return {}
    rows, columns = rows_of(data, table)
    days = Expression(day)(columns)
    found = {}
    for name, condition in treatments.items():
        on = Expression(condition).condition(columns) & days.notna()
        found[name] = set(zip(rows.loc[on, results.study.participant], days[on].astype(int), strict=True))
    return found


def _sections(data, by: str, grades: pd.Series, highest: pd.Series, who: str) -> tuple[list[_Section], int]:
    """The groups, and k."""
    reached = grades[grades.eq(highest.reindex(grades.index.get_level_values(0)).to_numpy()).fillna(False)]
    when = reached.reset_index().groupby(who)["day"].min()
    frame = pd.DataFrame({"highest": highest, "when": when.reindex(highest.index)}).reset_index()
    order = frame.sort_values(
        ["highest", "when", who], ascending=[False, True, True], kind="stable", na_position="last"
    )[who]
    groups = {
        name: order[order.isin(data.frame.loc[members, who])].tolist() for name, members in data.groups(by).items()
    }
    k = step(sum(map(len, groups.values())), MOST_ROWS)
    return [_Section(name, len(rows), rows[::k]) for name, rows in groups.items()], k


def _strips(axes, cells: pd.DataFrame, recorded: pd.DataFrame, days: range, top: float) -> None:
    """The cells of a section: the colour of the grade, hatched where it is not derivable, empty without a record."""
    from matplotlib.colors import to_rgba_array

    if cells.empty:
        return
    values = cells.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    colours = (to_rgba_array([*palette.GRADES, NO_RECORD]) * 255).round().astype(np.uint8)
    image = colours[np.where(np.isnan(values), len(palette.GRADES), np.clip(values, 0, 5)).astype(int)]
    ends = (days[0] - 0.5, days[-1] + 0.5, top + len(cells), top)
    axes.imshow(image, extent=ends, aspect="auto", interpolation="nearest", zorder=1)
    axes.hlines(np.arange(top, top + len(cells) + 1), *ends[:2], color="white", linewidth=0.5, zorder=2)
    row, column = np.nonzero(np.isnan(values) & recorded.to_numpy(dtype=bool))
    axes.plot(days[0] + column, top + row + 0.5, "x", color=palette.GREY, markersize=2.2, markeredgewidth=0.5, zorder=3)


def _marks(axes, given: dict, rows: list[str], top: float, cell: float) -> None:
    """The days of treatment; two treatments of one day stand side by side."""
    places = {name: i for i, name in enumerate(rows)}
    size = float(np.clip(cell * 1.7, 2.1, 3.0))
    for i, found in enumerate(given.values()):
        at = []
        for name, day in sorted(one for one in found if one[0] in places):
            both = [j for j, other in enumerate(given.values()) if (name, day) in other]
            at.append((day + (both.index(i) - (len(both) - 1) / 2) * 0.44, top + places[name] + 0.5))
        axes.plot(*np.array(at).reshape(-1, 2).T, zorder=4, **_mark(i, size))


def _mark(i: int, size: float) -> dict:
    return {"marker": SHAPES[i % len(SHAPES)], "linestyle": "none", "color": "white" if i % 2 == 0 else palette.INK,
            "markeredgecolor": palette.INK if i % 2 == 0 else "white", "markeredgewidth": 0.5, "markersize": size}  # fmt: skip


def _key(gradings: dict, daily: pd.DataFrame, given: dict, gaps: bool) -> list:
    seen = sorted({int(grade) for name in gradings.values() for grade in daily[name].dropna().unique()})
    entries = [(f"Grade {grade}", {"facecolor": palette.GRADES[min(grade, 5)]}) for grade in seen]
    if daily[list(gradings.values())].isna().any(axis=None):
        cross = {"marker": "x", "color": palette.GREY, "markersize": 3.0, "markeredgewidth": 0.6}
        entries.append(("Not derivable", cross))
    entries += [("No record", {"facecolor": NO_RECORD})] if gaps else []
    marks = [{key: value for key, value in _mark(i, 3.4).items() if key != "linestyle"} for i in range(len(given))]
    return entries + list(zip(given, marks, strict=True))


def _numbers(
    daily: pd.DataFrame, given: dict, sections: list[_Section], gradings: dict, who: str, by: str
) -> pd.DataFrame:
    """A row for each day of those who are shown."""
    frames = []
    for section in (one for one in sections if one.rows):
        own = daily.loc[section.rows].reset_index()
        frames.append(own.assign(**({"group": section.name.label} if by else {})))
    found = pd.concat(frames, ignore_index=True).rename(columns={name: column for column, name in gradings.items()})
    for name, days in given.items():
        found[name] = [(one, day) in days for one, day in zip(found[who], found["day"], strict=True)]
    return found


def _alt(results: Results, highest: pd.DataFrame, given: dict, sections: list[_Section], by: str) -> str:
    parts = []
    for column, values in highest.items():
        counts = [f"grade {int(grade)} in {n:,}" for grade, n in values.value_counts().sort_index().items()]
        counts += [f"not derivable in {values.isna().sum():,}"] if values.isna().any() else []
        parts.append(f"{results.plan.label(column)}, highest: {', '.join(counts)}")
    parts += [f"{name} in {len({who for who, _ in found})}" for name, found in given.items()]
    groups = f" by {results.plan.label(by)}: " + ", ".join(f"{s.name.label} {s.n}" for s in sections) if by else ""
    n = sum(section.n for section in sections)
    return f"Daily grades of {count(n)}{groups}. {'; '.join(parts)}."
