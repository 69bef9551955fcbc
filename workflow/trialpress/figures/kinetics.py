"""Measurements over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..analysis.display import significant
from ..expression import Expression
from ..registry import Analysis, Column, Population, Table
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import count, number
from .scales import day_locator, log_axis


@KINDS.add("kinetics")
def kinetics(
    results: Results,
    *,
    population: Population,
    table: Table,
    day: str,
    value: str,
    mean: Analysis = "",
    by: Column = "",
    where: str = "true",
    lower_limit: float = 0,
    log: bool = True,
    last_day: float = 0,
    width: style.Width = "double",
) -> Drawing:
    """A measurement over time: each participant a thin line, the geometric mean of each day with its interval thick,
    the quantification limit dashed. A panel for each group.

    Parameters
        population: who is shown
        table: clean table with one row per participant and day
        day: its column of the day
        value: its column of the measurement
        mean: kinetics_by_day analysis with the means
        by: column of the groups
        where: rows of the table that are shown
        lower_limit: quantification limit; values at or below it are drawn on it
        log: logarithmic axis
        last_day: days after it are not shown (0: all are)
        width: single (85 mm) or double (180 mm)
    """
    data = results.population(population)
    who = results.study.participant
    rows = results.tables[table]
    rows = rows[Expression(where).condition({name: rows[name] for name in rows})]
    rows = pd.DataFrame({who: rows[who], "day": number(rows[day]), "value": number(rows[value])}).dropna()
    rows = rows[rows[who].isin(data.frame[who])]
    if last_day:
        rows = rows[rows["day"] <= last_day]
    if log:
        rows["value"] = rows["value"].clip(lower=lower_limit or None)
        rows = rows[rows["value"] > 0]
    if rows.empty:
        return empty(results, width, f"No measurements of {results.study.tables[table].columns[value].title}")
    rows = rows.sort_values([who, "day"]).reset_index(drop=True)
    column = results.study.tables[table].columns[value]
    axis_name = f"{column.title}, {column.unit}" if column.unit else column.title
    panels = data.groups(by)
    palette = style.colours(panels)
    page_width, left, gap = style.WIDTHS[width], 13.0, 4.0
    plot_width = (page_width - left - 2.0 - gap * (len(panels) - 1)) / len(panels)
    head = 3.0 + (5.5 if by else 0.0) + 3.0
    page = style.Page(results, width, head + 52.0 + 9.5)
    entries = [("Participant", {"linestyle": "-", "color": "#9A9A9A", "linewidth": 0.5})]
    if mean:
        entries.append(
            (
                "Geometric mean with 95% CI",
                {"linestyle": "-", "color": palette[next(iter(palette))] if not by else style.INK, "linewidth": 1.8},
            )
        )
    if lower_limit:
        entries.append(
            (
                f"Quantification limit ({style.thousands(lower_limit)} {column.unit})".replace(" )", ")"),
                {"linestyle": (0, (4, 3)), "color": style.GREY, "linewidth": 0.7},
            )
        )
    page.key(left, 0.3, entries, page_width - left)
    low, high = rows["value"].min(), rows["value"].max()
    records = []
    for i, ((name, members), letter) in enumerate(zip(panels.items(), style.letters(len(panels)), strict=True)):
        x = left + i * (plot_width + gap)
        own = rows[rows[who].isin(data.frame.loc[members, who])]
        if by:
            page.panel(x - (left if i == 0 else 0), 5.0, letter, name, plot_width)
        axes = page.axes(x, head, plot_width, 52.0)
        faint = float(np.clip(25 / max(own[who].nunique(), 1), 0.04, 0.6))
        for _, line in own.groupby(who, sort=True):
            axes.plot(line["day"], line["value"], color="#6F7A86", linewidth=0.45, alpha=faint, zorder=1)
        if lower_limit:
            axes.axhline(lower_limit, color=style.GREY, linewidth=0.7, linestyle=(0, (4, 3)), zorder=2)
        records.append(own.assign(group=name, what="participant"))
        curve = results.curve(mean) if mean else pd.DataFrame()
        curve = (
            curve[(curve["group"] == (name if by and "by" in results.plan.analyses[mean] else ""))] if mean else curve
        )
        if last_day and len(curve):
            curve = curve[curve["x"] <= last_day]
        if len(curve):
            curve = curve.sort_values("x")
            axes.fill_between(
                curve["x"], curve["ci_low"], curve["ci_high"], color=palette[name], alpha=0.18, linewidth=0, zorder=3
            )
            axes.plot(
                curve["x"],
                curve["estimate"],
                color=palette[name],
                linewidth=1.8,
                marker="o",
                markersize=3.0,
                markeredgecolor="white",
                markeredgewidth=0.4,
                zorder=4,
            )
            high = max(high, curve["ci_high"].max())
            records.append(
                pd.DataFrame(
                    {
                        "group": name,
                        "what": "geometric mean",
                        "day": curve["x"],
                        "value": curve["estimate"],
                        "ci_low": curve["ci_low"],
                        "ci_high": curve["ci_high"],
                    }
                )
            )
        if own.empty:
            axes.text(0.5, 0.5, "no participants", transform=axes.transAxes, ha="center", va="center", color=style.GREY)
        axes.text(
            1.0, 1.0, f"n = {own[who].nunique():,}", transform=axes.transAxes, ha="right", va="bottom", color=style.GREY
        )
        axes.set_xlim(rows["day"].min(), rows["day"].max())
        axes.set_ylim(*((low / 1.4, high * 1.6) if log else (min(low, 0), high * 1.05)))
        log_axis(axes, "y", log)
        axes.xaxis.set_major_locator(day_locator(rows["day"].max()))
        axes.set_xlabel("Day after infusion")
        if i:
            axes.tick_params(axis="y", labelleft=False)
        else:
            axes.set_ylabel(axis_name)
    numbers = pd.concat(records, ignore_index=True)
    ends = " to ".join(significant(float(limit)) for limit in (rows["value"].min(), rows["value"].max()))
    alt = f"{axis_name} by day after infusion for {count(rows[who].nunique())}, from {ends}."
    for name, line in numbers[numbers["what"] == "geometric mean"].groupby("group", sort=False):
        peak = line.loc[line["value"].idxmax()]
        of = f" of {name}" if name else ""
        alt += f" The geometric mean{of} is highest on day {peak['day']:g}: {significant(float(peak['value']))}."
    return Drawing(page.figure, numbers, alt)
