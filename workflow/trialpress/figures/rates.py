"""Proportions and grades by group."""

from __future__ import annotations

import math

import pandas as pd

from ..ids import EVERYONE
from ..registry import Analysis, Column, Population
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import by_label, distinct_labels, estimate, groups, label, p_text, shown, value

ROW = 4.6  # mm per row of a dot plot


@KINDS.add("rates")
def rates(
    results: Results,
    *,
    analyses: list[Analysis],
    tests: list[Analysis] = (),
    overall: Analysis = "",
    width: style.Width = "double",
) -> Drawing:
    """Proportions with their exact intervals, n/N and per cent beside them: a panel for each analysis with groups, one
    panel for each run of analyses without groups.

    Parameters
        analyses: proportion or trend analyses
        tests: comparisons whose p-values are printed; each goes to the panel of the same position
        overall: analysis of all participants, a dashed line through all panels
        width: single (85 mm) or double (180 mm)
    """
    panels = _panels(results, analyses)
    page_width = style.WIDTHS[width]
    rows = [row for panel in panels for row in panel["rows"]]
    narrow = width == "single"  # counts stand above the estimates, which leaves room for the plot
    for row in rows:
        if narrow and row["N"]:
            row["text"], row["count"] = f"{row['count']}\n{row['text']}", ""
    text_width = max(style.widest(row["text"] for row in rows), 20.0)
    count_width = 0.0 if narrow else max(style.widest(row["count"] for row in rows), 8.0) + 5.0
    name_width = min(style.widest(row["name"] for row in rows), 0.34 * page_width)
    left = name_width + 3.0
    plot_width = page_width - left - count_width - text_width - 4.0
    interval_head = f"% ({100 * results.plan.level:g}% CI)"
    for i, panel in enumerate(panels):
        test = p_text(results, tests[i]) if i < len(tests) else panel["p"]
        panel["title"] = ", ".join(part for part in (panel["title"], test) if part)
        panel["title"] = style.wrap(
            panel["title"], page_width - 5.0 - (text_width + count_width) * (i == 0), style.TITLE, "semibold"
        )
        for row in panel["rows"]:
            row["name"] = style.wrap(row["name"], name_width)
            lines = 1 + max(row[key].count("\n") for key in ("name", "text"))
            row["height"] = max(ROW, lines * style.LINE + 1.4)
    heads = [(panel["title"].count("\n") + 1) * 3.6 + 1.6 for panel in panels]
    bodies = [sum(row["height"] for row in panel["rows"]) + 1.5 for panel in panels]
    height = sum(heads) + sum(bodies) + 4.0 * (len(panels) - 1) + 9.5
    page = style.Page(results, width, height)
    y = 0.0
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        page.panel(0.0, y, letter, panel["title"])
        if i == 0:
            count_x = left + plot_width + 2.0 + count_width - 5.0
            page.text(count_x, y + 0.2, "" if narrow else "n/N", ha="right", color=style.GREY)
            text = f"n/N, {interval_head}" if narrow else interval_head
            page.text(page_width, y + 0.2, text, ha="right", color=style.GREY)
        y += heads[i]
        last = i == len(panels) - 1
        axes = page.axes(left, y, plot_width, bodies[i])
        axes.set(xlim=(-0.02, 1.02), ylim=(bodies[i], 0), yticks=[], xticks=[0, 0.25, 0.5, 0.75, 1])
        axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.0f}")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="x", labelbottom=last)
        axes.grid(axis="x", color=style.FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        if overall:
            axes.axvline(value(results, overall, "estimate"), color=style.GREY, linewidth=0.6, linestyle=(0, (4, 3)))
        if last:
            line = f" (dashed: {label(results, overall)}, {shown(results, overall, 'estimate')})" if overall else ""
            axes.set_xlabel(f"Participants, %{line}")
        at = 0.0
        for row in panel["rows"]:
            middle = at + row["height"] / 2
            page.text(0.0, y + middle, row["name"], va="center")
            if row["N"]:
                axes.plot(
                    [row["ci_low"], row["ci_high"]],
                    [middle] * 2,
                    color=row["colour"],
                    linewidth=1.3,
                    solid_capstyle="butt",
                )
                axes.plot(
                    row["estimate"],
                    middle,
                    "s",
                    color=row["colour"],
                    markersize=4.2,
                    markeredgecolor="white",
                    markeredgewidth=0.4,
                    clip_on=False,
                )
                page.text(count_x, y + middle, row["count"], ha="right", va="center")
                page.text(page_width, y + middle, row["text"], ha="right", va="center")
            else:
                page.text(left + plot_width + 2.0, y + middle, "no participants", va="center", color=style.GREY)
            at += row["height"]
        y += bodies[i] + 4.0
    keep = ("panel", "group", "n", "N", "estimate", "ci_low", "ci_high")
    rows = [{"panel": panel["name"], **row} for panel in panels for row in panel["rows"]]
    numbers = pd.DataFrame([{key: row[key] for key in keep} for row in rows])
    return Drawing(page.figure, numbers, _alt(panels))


def _panels(results: Results, analyses: list[str]) -> list[dict]:
    panels: list[dict] = []
    names_alone = distinct_labels(results, [a for a in analyses if groups(results, a) == [EVERYONE]])
    for analysis in analyses:
        names = groups(results, analysis)
        alone = names == [EVERYONE]
        title = "Proportions" if alone else label(results, analysis)
        by = by_label(results, analysis)
        if not alone and by and by.lower() not in title.lower():
            title = f"{title} by {by[:1].lower() + by[1:] if not by[:2].isupper() else by}"
        if not (alone and panels and panels[-1]["alone"]):
            panels.append(
                {
                    "alone": alone,
                    "name": "" if alone else label(results, analysis),
                    "title": title,
                    "p": p_text(results, analysis),
                    "rows": [],
                }
            )
        palette = style.colours(names)
        for group in names:
            n, total = (value(results, analysis, name, group) for name in ("n", "N"))
            total = 0 if math.isnan(total) else int(total)
            name = names_alone[analysis] if alone else group.label
            panels[-1]["rows"].append(
                {
                    "name": name,
                    "group": name,
                    "n": int(n) if total else 0,
                    "N": total,
                    "colour": palette[group],
                    "count": f"{int(n):,}/{total:,}" if total else "",
                    "text": estimate(results, analysis, group).replace("%", "") if total else "",
                    "shown": estimate(results, analysis, group),
                    **{key: value(results, analysis, key, group) for key in ("estimate", "ci_low", "ci_high")},
                }
            )
    return panels


def _alt(panels: list[dict]) -> str:
    sentences = []
    for panel in panels:
        parts = [
            f"{row['group']} {row['n']:,}/{row['N']:,}, {row['shown']}"
            if row["N"]
            else f"{row['group']} no participants"
            for row in panel["rows"]
        ]
        sentences.append((f"{panel['name']}: " if panel["name"] else "") + "; ".join(parts))
    return "Proportions with 95% confidence intervals. " + ". ".join(sentences) + "."


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
        tests: for each panel, a comparison whose p-value is printed
        labels: titles of the panels (default: the labels of the columns)
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    if data.frame.empty:
        return empty(results, width, "No participants in this population")
    bars = data.groups(by)
    panels = [_grade_counts(data, column, bars) for column in grades]
    page_width = style.WIDTHS[width]
    gap, left = 7.0, 10.0
    panel_width = (page_width - left - gap * (len(panels) - 1)) / len(panels)
    slot = panel_width / len(bars)
    for i, panel in enumerate(panels):
        panel["name"] = labels[i] if i < len(labels) else results.plan.label(grades[i])
        test = p_text(results, tests[i]) if i < len(tests) else ""
        title = ", ".join(part for part in (panel["name"], test) if part)
        panel["title"] = style.wrap(title, panel_width - 5.0, style.TITLE, "semibold")
        panel["severe"] = severe[i] if i < len(severe) else ""
    sizes = [int(members.sum()) for members in bars.values()]
    bar_names = [name.label for name in bars]
    tick_lines = style.group_lines(bar_names, slot)
    title_lines = max(panel["title"].count("\n") + 1 for panel in panels)
    names = list(dict.fromkeys(name for panel in panels for name in panel["counts"]))
    palette = style.grade_colours(names)
    looks = {name: {"facecolor": palette[name]} for name in names} | {EVERYONE: NOT_DERIVABLE}
    prefix = "Grade " if all(name.label.isdigit() for name in names) else ""
    entries = [(prefix + name.label, looks[name]) for name in names]
    if any(sum(panel["unknown"]) for panel in panels):
        entries.append(("Not derivable", NOT_DERIVABLE))
    for analysis in dict.fromkeys(severe):
        text = f"{label(results, analysis)}, {100 * results.plan.level:g}% CI"
        entries.append(
            (text, {"marker": "o", "linestyle": "-", "color": style.INK, "linewidth": 0.9, "markersize": 2.6})
        )
    top = style.key_height(entries, page_width - left) + title_lines * 3.6 + 5.0
    plot_height, under = 48.0, top + 48.0 + 1.2
    # with room the interval and its numbers stand beside the bar, otherwise the interval stands in it
    wide = slot > 36.0
    bar = 16.0 / slot if wide else 0.62
    beside = bar / 2 + 2.5 / slot if wide else 0.18
    shift = 0.14 * slot if severe and not wide else 0.0
    page = style.Page(results, width, under + (tick_lines + 1) * style.LINE + 1.0)
    page.key(left, 0.3, entries, page_width - left)
    rows = []
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        x = left + i * (panel_width + gap)
        page.panel(0.0 if i == 0 and letter else x, top - title_lines * 3.6 - 2.0, letter, panel["title"])
        axes = page.axes(x, top, panel_width, plot_height)
        axes.set(xlim=(-0.5, len(bars) - 0.5), ylim=(0, 100), xticks=[], yticks=[0, 25, 50, 75, 100])
        axes.spines["bottom"].set_visible(False)
        axes.tick_params(axis="y", labelleft=i == 0)
        axes.set_ylabel("Participants, %" if i == 0 else "")
        page.groups(x, under, slot, bar_names, sizes)
        for at, (group, n) in enumerate(zip(bars, sizes, strict=True)):
            middle = x + (at + 0.5) * slot
            if not n:
                text = style.wrap("no participants", slot - 1)
                page.text(middle, top + plot_height / 2, text, ha="center", va="center", color=style.GREY)
                continue
            counts = {name: row[at] for name, row in panel["counts"].items()}
            known = {"panel": panel["name"], "group": group.label, "N": n}
            for name, k, foot, share in _stack(axes, at, n, counts, panel["unknown"][at], looks, bar):
                rows.append({**known, "grade": name.label or "not derivable", "n": k})
                if k and share * plot_height / 100 > 3.0:
                    ink = "white" if name and style.GRADES.index(palette[name]) >= 3 else style.INK
                    height = top + plot_height * (1 - (foot + share / 2) / 100)
                    page.text(middle - shift, height, f"{k:,}", ha="center", va="center", color=ink)
            if panel["severe"]:
                limits = {
                    name: 100 * value(results, panel["severe"], name, group)
                    for name in ("estimate", "ci_low", "ci_high")
                }
                line = {"color": style.INK, "markeredgewidth": 0.9, "clip_on": False}
                ends = [limits["ci_low"], limits["ci_high"]]
                axes.plot([at + beside] * 2, ends, linewidth=0.9, marker="_", markersize=3.6, **line)
                axes.plot(at + beside, limits["estimate"], "o", markersize=2.0, **line)
                if wide:
                    text = "/".join(shown(results, panel["severe"], name, group) for name in ("n", "N")) + "\n"
                    text += estimate(results, panel["severe"], group).replace(" (", "\n(")
                    height = top + plot_height * (1 - limits["estimate"] / 100)
                    height = min(height, top + plot_height - 1.5 * style.LINE)
                    page.text(middle + beside * slot + 1.6, height, text, va="center")
                n_severe = int(value(results, panel["severe"], "n", group))
                total = int(value(results, panel["severe"], "N", group))
                rows.append({**known, "grade": label(results, panel["severe"]), "n": n_severe, "N": total, **limits})
    numbers = pd.DataFrame(rows).rename(columns={"estimate": "percent"})
    return Drawing(page.figure, numbers, _grades_alt(results, numbers, severe, bar_names))


NOT_DERIVABLE = {"facecolor": style.UNKNOWN, "hatch": "//////"}


def _stack(axes, at: int, n: int, counts: dict, unknown: int, looks: dict, width: float) -> list[tuple]:
    """Draw one bar from the highest grade upwards; (grade, count, foot in %, share in %) of its parts."""
    parts, foot = [], 0.0
    for name, k in [*reversed(counts.items()), (EVERYONE, unknown)]:
        share = 100 * k / n
        parts.append((name, k, foot, share))
        if k:
            axes.bar(at, share, width=width, bottom=foot, edgecolor=style.INK, linewidth=0.35, **looks[name])
        foot += share
    return parts


def _grade_counts(data, column: str, bars: dict) -> dict:
    """counts: grade -> one count per bar; unknown: those without a grade per bar."""
    counts = {
        name: [int((holds & members).sum()) for members in bars.values()] for name, holds in data.groups(column).items()
    }
    unknown = [int(members.sum()) - sum(row[i] for row in counts.values()) for i, members in enumerate(bars.values())]
    return {"counts": counts, "unknown": unknown}


def _grades_alt(results: Results, numbers: pd.DataFrame, severe: list[str], bars: list[str]) -> str:
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
