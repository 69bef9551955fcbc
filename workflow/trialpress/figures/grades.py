"""Grades by group."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..ids import EVERYONE, Name
from ..registry import Analysis, Column, Population
from ..results import Results
from . import palette, style
from .drawing import KINDS, Drawing, empty, one_each
from .effects import tested
from .read import estimate, groups, label, shown, value

PLOT_HEIGHT = 48.0  # mm
NOT_DERIVABLE = {"facecolor": palette.UNKNOWN, "hatch": "//////"}


@dataclass(frozen=True)
class Grades:
    """A column of grades. counts: grade -> one count for each bar; unknown: those without a grade for each bar; severe:
    the analysis of severe grades, empty if there is none."""

    name: str
    p: str
    severe: str
    counts: dict[Name, list[int]]
    unknown: list[int]

    @classmethod
    def of(cls, data, column: str, bars: dict[Name, pd.Series], name: str, p: str, severe: str) -> Grades:
        counts = {
            grade: [int((holds & members).sum()) for members in bars.values()]
            for grade, holds in data.groups(column).items()
        }
        sizes = [int(members.sum()) for members in bars.values()]
        return cls(name, p, severe, counts, [n - sum(row[i] for row in counts.values()) for i, n in enumerate(sizes)])

    def title(self, width: float) -> str:
        text = ", ".join(part for part in (self.name, self.p) if part)
        return style.wrap(text, width, style.TITLE, "semibold")


@dataclass(frozen=True)
class _Slot:
    """The room of a bar in mm. With room the interval of severe grades and its numbers stand beside the bar, otherwise
    the interval stands in it."""

    width: float
    severe: bool

    @property
    def wide(self) -> bool:
        return self.width > 36.0

    @property
    def bar(self) -> float:
        """Width of the bar, a share of the slot; `beside` is the place of the interval, from the middle."""
        return 16.0 / self.width if self.wide else 0.62

    @property
    def beside(self) -> float:
        return self.bar / 2 + 2.5 / self.width if self.wide else 0.18

    @property
    def shift(self) -> float:
        """By how many mm the counts leave room for the interval."""
        return 0.14 * self.width if self.severe and not self.wide else 0.0


@dataclass(frozen=True)
class _Part:
    """A grade's part of a bar, in per cent; no name: without a grade."""

    grade: Name
    n: int
    foot: float
    share: float


@KINDS.add("grades")
def grades(
    results: Results,
    *,
    population: Population,
    grades: list[Column],
    by: Column,
    severe: list[Analysis] = (),
    tests: list[Analysis] = (),
    labels: list[str] = (),
    width: style.Width = "double",
) -> Drawing:
    """Shares of grades by group as stacked bars, highest grade at the foot, one panel for each column of grades. At the
    share of severe grades stands its exact interval; n is under each bar.

    Parameters
        population: who is counted
        grades: columns of grades, a panel each
        by: column of the groups
        severe: for each panel, a proportion analysis by the same groups (grade 3 or more)
        tests: for each panel, a comparison whose effect and p-value are printed
        labels: titles of the panels (default: the labels of the columns)
        width: single (85 mm) or double (180 mm)
    """
    one_each(len(grades), severe=severe, tests=tests, labels=labels)
    data = results.population(population)
    if data.frame.empty:
        return empty(results, width, "No participants in this population")
    bars = data.groups(by)
    panels = []
    for i, column in enumerate(grades):
        name = labels[i] if i < len(labels) else results.plan.label(column)
        p = tested(results, tests[i]) if i < len(tests) else ""
        panels.append(Grades.of(data, column, bars, name, p, severe[i] if i < len(severe) else ""))
    page_width, gap, left = style.WIDTHS[width], 7.0, 10.0
    panel_width = (page_width - left - gap * (len(panels) - 1)) / len(panels)
    slot = _Slot(panel_width / len(bars), bool(severe))
    titles = [panel.title(panel_width - 5.0) for panel in panels]
    bar_names, sizes = [name.label for name in bars], [int(members.sum()) for members in bars.values()]
    looks, entries = _looks(results, panels)
    title_height = max(title.count("\n") + 1 for title in titles) * 3.6
    top = style.key_height(entries, page_width - left) + title_height + 5.0
    under = top + PLOT_HEIGHT + 1.2
    page = style.Page(results, width, under + style.group_height(bar_names, slot.width, page_width - left) + 1.0)
    page.key(left, 0.3, entries, page_width - left)
    rows, bare = [], []
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        x = left + i * (panel_width + gap)
        page.panel(0.0 if i == 0 and letter else x, top - title_height - 2.0, letter, titles[i])
        axes = page.axes(x, top, panel_width, PLOT_HEIGHT)
        axes.set(xlim=(-0.5, len(bars) - 0.5), ylim=(0, 100), xticks=[], yticks=[0, 25, 50, 75, 100])
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", labelleft=i == 0)
        axes.set_ylabel("Participants, %" if i == 0 else "")
        page.groups(x, under, slot.width, bar_names, sizes, 0.0 if i else page_width - left)
        for at, (group, n) in enumerate(zip(bars, sizes, strict=True)):
            middle = x + (at + 0.5) * slot.width
            if not n:
                text = style.nobody(slot.width - 1)
                page.text(middle, top + PLOT_HEIGHT / 2, text, ha="center", va="center", color=palette.GREY)
                continue
            known = {"panel": panel.name, "group": group.label, "N": n}
            parts = _parts(panel, at, n)
            bare += [
                f"{', '.join(filter(None, (panel.name if len(panels) > 1 else '', group.label)))}: {part.grade.label or 'not derivable'} (n = {part.n:,})"
                for part in _stack(page, axes, parts, at, looks, slot, middle, top)
            ]
            rows += [{**known, "grade": part.grade.label or "not derivable", "n": part.n} for part in parts]
            if panel.severe:
                rows.append({**known, **_severe(results, page, axes, panel.severe, group, at, slot, middle, top)})
    numbers = pd.DataFrame(rows).rename(columns={"estimate": "percent"})
    note = f"Parts too small for a number: {'; '.join(bare)}" if bare else ""
    return Drawing(page.figure, numbers, _alt(results, numbers, severe, bar_names), (note,))


def _looks(results: Results, panels: list[Grades]) -> tuple[dict[Name, dict], list]:
    """The look of each grade and of those without one, and the entries of the key."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.counts))
    looks = palette.grade_looks(names)
    looks = {name: {"facecolor": looks[name].colour} for name in names} | {EVERYONE: NOT_DERIVABLE}
    prefix = "Grade " if all(name.label.isdigit() for name in names) else ""
    entries = [(prefix + name.label, looks[name]) for name in names]
    if any(sum(panel.unknown) for panel in panels):
        entries.append(("Not derivable", NOT_DERIVABLE))
    line = {"marker": "o", "linestyle": "-", "color": palette.INK, "linewidth": 0.9, "markersize": 2.6}
    for analysis in dict.fromkeys(panel.severe for panel in panels if panel.severe):
        entries.append((f"{label(results, analysis)}, {100 * results.plan.level:g}% CI", line))
    return looks, entries


def _parts(panel: Grades, at: int, n: int) -> list[_Part]:
    """The parts of one bar from the highest grade upwards, those without a grade last."""
    parts, foot = [], 0.0
    counts = {name: row[at] for name, row in panel.counts.items()}
    for name, k in [*reversed(counts.items()), (EVERYONE, panel.unknown[at])]:
        parts.append(_Part(name, k, foot, 100 * k / n))
        foot += 100 * k / n
    return parts


def _stack(page, axes, parts: list[_Part], at: int, looks: dict, slot: _Slot, middle: float, top: float) -> list[_Part]:
    """Draw a bar, with the count in each part that has room for it, else on its left, above that of the part below; the
    parts whose count has no room there either."""
    left, free, without = middle - slot.bar * slot.width / 2 - 0.6, top + PLOT_HEIGHT + style.LINE / 2, []
    room = (1 - slot.bar) * slot.width / 2 - 1.0
    for part in parts:
        look = looks[part.grade]
        if part.n:
            axes.bar(at, part.share, width=slot.bar, bottom=part.foot, edgecolor=palette.INK, linewidth=0.35, **look)
        height = top + PLOT_HEIGHT * (1 - (part.foot + part.share / 2) / 100)
        if part.n and part.share * PLOT_HEIGHT / 100 > 3.0:
            ink = "white" if part.grade and palette.GRADES.index(look["facecolor"]) >= 3 else palette.INK
            page.text(middle - slot.shift, height, f"{part.n:,}", ha="center", va="center", color=ink)
        elif part.n and style.text_width(f"{part.n:,}") <= room:
            height = free = min(height, free - 0.9 * style.LINE)
            page.text(left, height, f"{part.n:,}", ha="right", va="center")
        elif part.n:
            without.append(part)
    return without


def _severe(results, page, axes, analysis: str, group: Name, at: int, slot: _Slot, middle: float, top: float) -> dict:
    """Draw the share of severe grades with its interval; its row of the numbers."""
    limits = {name: 100 * value(results, analysis, name, group) for name in ("estimate", "ci_low", "ci_high")}
    line = {"color": palette.INK, "markeredgewidth": 0.9, "clip_on": False}
    ends = [limits["ci_low"], limits["ci_high"]]
    axes.plot([at + slot.beside] * 2, ends, linewidth=0.9, marker="_", markersize=3.6, **line)
    axes.plot(at + slot.beside, limits["estimate"], "o", markersize=2.0, **line)
    if slot.wide:
        text = "/".join(shown(results, analysis, name, group) for name in ("n", "N")) + "\n"
        text += estimate(results, analysis, group).replace(" (", "\n(")
        height = top + PLOT_HEIGHT * (1 - limits["estimate"] / 100)
        height = min(height, top + PLOT_HEIGHT - 1.5 * style.LINE)
        page.text(middle + slot.beside * slot.width + 1.6, height, text, va="center")
    counts = {name: int(value(results, analysis, name, group)) for name in ("n", "N")}
    return {"grade": label(results, analysis), **counts, **limits}


def _alt(results: Results, numbers: pd.DataFrame, severe: list[str], bars: list[str]) -> str:
    parts = []
    for panel, frame in numbers.groupby("panel", sort=False):
        inner = []
        for group in bars:
            rows = frame[(frame["group"] == group) & (frame["n"] > 0)]
            inner.append(
                f"{group}: " + (", ".join(f"{r.grade}: {r.n}" for r in rows.itertuples()) or "no participants")
            )
        parts.append(f"{panel}. " + "; ".join(inner))
    for analysis in dict.fromkeys(severe):
        inner = [
            f"{group.label} {shown(results, analysis, 'n', group)}/{shown(results, analysis, 'N', group)}, "
            + estimate(results, analysis, group)
            for group in groups(results, analysis)
            if value(results, analysis, "N", group) > 0
        ]
        parts.append(f"{label(results, analysis)}: " + "; ".join(inner))
    return "Grades by group. " + ". ".join(parts) + "."
