"""Time to event."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..registry import Analysis
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import count, estimate, groups, interval, label, p_text, shown, value
from .scales import time_ticks

PLOT_HEIGHT = 46.0  # mm
MOST_TICKS = 200  # censored times of a curve beyond which ticks would be a band
HEAD, TAIL = 2.2, 9.5  # mm: above the first line of a key, below an axis for ticks and label


@KINDS.add("kaplan_meier")
def kaplan_meier(
    results: Results, *, analyses: list[Analysis], tests: list[Analysis] = (), width: style.Width = "double"
) -> Drawing:
    """Kaplan-Meier curves with pointwise intervals as bands and censored times as ticks (up to 200 of them). Above each panel:
    events, median and estimates at the fixed times of the analysis; below it the numbers at
    risk with cumulative events in brackets.

    Parameters
        analyses: kaplan_meier analyses, a panel each
        tests: log_rank and cox analyses; each is printed in the panel with the same endpoint
        width: single (85 mm) or double (180 mm)
    """
    panels = [_panel(results, analysis, tests) for analysis in analyses]
    if not any(panel["curves"] for panel in panels):
        return empty(results, width, "No participants with follow-up")
    page_width = style.WIDTHS[width]
    names = [name for panel in panels for name in panel["groups"]]
    name_width = min(style.widest([name or "At risk" for name in names]), 24.0 if len(panels) > 1 else 40.0)
    left = max(13.5, name_width + 4.5)
    gap = 5.0
    plot_width = (page_width - len(panels) * left - gap * (len(panels) - 1)) / len(panels) - 2.0
    span = plot_width + left
    heads = []
    for panel in panels:
        panel["title"] = style.wrap(panel["title"], span - 6.0, style.TITLE, "semibold")
        panel["tests"] = style.wrap(panel["tests"], plot_width)
        for entry in panel["key"]:
            entry["text"] = "\n".join(style.wrap(line, plot_width) for line in entry["lines"])
        texts = [*(entry["text"] for entry in panel["key"]), *filter(None, [panel["tests"]])]
        lines = sum(text.count("\n") + 1 for text in texts)
        heads.append((panel["title"].count("\n") + 1) * 3.6 + 1.2 + lines * style.LINE + HEAD)
    head = max(heads)
    for panel in panels:
        panel["names"] = {group: style.wrap(group, name_width) if group else "All" for group in panel["groups"]}
    table = 4.2 + max(sum(name.count("\n") + 1 for name in panel["names"].values()) * style.LINE for panel in panels)
    page = style.Page(results, width, head + PLOT_HEIGHT + TAIL + table + 0.5)
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        x = i * (left + plot_width + 2.0 + gap)
        y = page.panel(x, 0.0, letter, panel["title"])
        for entry in panel["key"]:
            page.line([x + left - 5.0, x + left - 1.5], [y + 1.4] * 2, color=entry["colour"], linewidth=1.6)
            page.text(x + left, y, entry["text"])
            y += (entry["text"].count("\n") + 1) * style.LINE
        page.text(x + left, y, panel["tests"])
        axes = page.axes(x + left, head, plot_width, PLOT_HEIGHT)
        _draw_curves(axes, panel)
        below = head + PLOT_HEIGHT + TAIL
        page.text(x, below, "At risk (events)", color=style.GREY)
        at = below + style.LINE + 0.6
        for group, name in panel["names"].items():
            page.text(x, at, name, color=panel["palette"][group], weight="semibold")
            for tick, (n, events) in zip(panel["ticks"], panel["at_risk"][group], strict=True):
                page.text(x + left + tick / panel["end"] * plot_width, at, f"{n:,} ({events:,})", ha="center")
            at += (name.count("\n") + 1) * style.LINE
    frames = [
        curve.assign(panel=label(results, a), group=g)[["panel", "group", *COLUMNS]]
        for a, panel in zip(analyses, panels, strict=True)
        for g, curve in panel["curves"].items()
    ]
    return Drawing(page.figure, pd.concat(frames, ignore_index=True), _alt(panels))


COLUMNS = ["x", "estimate", "ci_low", "ci_high", "n_at_risk", "n_event", "n_censored"]


def _panel(results: Results, analysis: str, tests: list[str]) -> dict:
    spec = results.plan.analyses[analysis]
    unit = spec.get("unit", "months")
    names = groups(results, analysis)
    curve = results.curve(analysis)
    curves = {name: curve[curve["group"] == name].reset_index(drop=True) for name in names}
    curves = {name: rows for name, rows in curves.items() if len(rows)}
    palette = style.colours(names)
    longest = max((rows["x"].max() for rows in curves.values()), default=1.0)
    ticks, end = time_ticks(longest)
    at_risk = {}
    for name in names:
        rows = curves.get(name)
        at_risk[name] = [
            (
                int(later["n_at_risk"].iloc[0]) if len(later := rows[rows["x"] >= t]) else 0,
                int(rows.loc[rows["x"] <= t, "n_event"].sum()),
            )
            if rows is not None
            else (0, 0)
            for t in ticks
        ]
    endpoint = results.plan.endpoints[spec["endpoint"]].label
    return {
        "groups": names,
        "curves": curves,
        "palette": palette,
        "ticks": ticks,
        "end": end,
        "at_risk": at_risk,
        "unit": unit,
        "endpoint": endpoint,
        "title": label(results, analysis),
        "name": label(results, analysis),
        "key": [{"colour": palette[name], "lines": _key(results, analysis, name, spec)} for name in names],
        "tests": _tests(results, tests, spec),
    }


def _key(results: Results, analysis: str, group: str, spec: dict) -> list[str]:
    """What stands beside the colour of a curve: events, median, fixed times."""
    n = shown(results, analysis, "n", group)
    head = f"{group}: " if group else ""
    if n in ("", "0"):
        return [f"{head}no participants"]
    unit = spec.get("unit", "months")
    median = shown(results, analysis, "median", group)
    limits = interval(*(shown(results, analysis, name, group) for name in ("ci_low", "ci_high")))
    limits = f" ({100 * results.plan.level:g}%\u00a0CI\u00a0{limits})" if limits.strip("NE\u2013") else ""
    middle = f"median {median} {unit}" if median != "NE" else "median not reached"
    events, total = (int(value(results, analysis, name, group)) for name in ("events", "n"))
    lines = [f"{head}{events:,} of {total:,} with event, {middle}{limits}"]
    fixed = []
    for t in spec.get("at", ()):
        level = f"{t:g} {unit}"
        text = shown(results, analysis, "estimate", group, level)
        if text and text != "NE":
            bounds = interval(*(shown(results, analysis, name, group, level) for name in ("ci_low", "ci_high")))
            fixed.append(f"at {level} {text}" + (f" ({bounds})" if bounds and "NE" not in bounds else ""))
    return [*lines, ", ".join(fixed)] if fixed else lines


def _tests(results: Results, tests: list[str], spec: dict) -> str:
    """The tests of the same endpoint in one sentence: the hazard ratio between the groups, then the p-value."""
    effects, p_values = [], []
    by = results.plan.label(spec["by"]) if "by" in spec else ""
    for test in tests:
        other = results.plan.analyses[test]
        if other.get("endpoint") != spec["endpoint"]:
            continue
        if other.get("by") == spec.get("by"):
            p_values.append(p_text(results, test, "log-rank P"))
        rows = results.analysis(test)
        for level in dict.fromkeys(rows.loc[rows["statistic"] == "hazard_ratio", "level"]):
            if by and level.startswith(f"{by}: "):
                hr = estimate(results, test, level=level, statistic="hazard_ratio")
                hr = hr.replace(" (", f" ({100 * results.plan.level:g}% CI ")
                effects.append(f"HR {hr if hr != 'NE' else 'not estimable'} for {level.removeprefix(f'{by}: ')}")
    text = ", ".join(part for part in effects + p_values if part)
    return text[:1].upper() + text[1:]


def _steps(curve: pd.DataFrame, column: str, start: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate(([0.0], curve["x"])), np.concatenate(([start], curve[column]))


def _draw_curves(axes, panel: dict) -> None:
    for name, curve in panel["curves"].items():
        colour = panel["palette"][name]
        x, estimate = _steps(curve, "estimate")
        _, low = _steps(curve, "ci_low")
        _, high = _steps(curve, "ci_high")
        axes.fill_between(x, 100 * low, 100 * high, step="post", color=colour, alpha=0.13, linewidth=0)
        axes.step(x, 100 * estimate, where="post", color=colour, linewidth=1.2, solid_joinstyle="miter")
        censored = curve[curve["n_censored"] > 0]
        if len(censored) <= MOST_TICKS:
            axes.plot(censored["x"], 100 * censored["estimate"], "|", color=colour, markersize=4.0, markeredgewidth=0.7)
    axes.set(xlim=(0, panel["end"]), ylim=(0, 102), yticks=[0, 25, 50, 75, 100], xticks=panel["ticks"])
    axes.xaxis.set_major_formatter(style.thousands)
    axes.set_xlabel(f"Time, {panel['unit']}")
    axes.set_ylabel(style.wrap(f"{panel['endpoint']}, %", PLOT_HEIGHT))


def _alt(panels: list[dict]) -> str:
    sentences = []
    for panel in panels:
        lines = [" ".join(entry["lines"][:1]) for entry in panel["key"]]
        ends = []
        for name, rows in panel["at_risk"].items():
            ends.append(f"{count(rows[0][0])} at risk at the start{f' in {name}' if name else ''}")
        sentences.append(
            f"{panel['name']}: " + "; ".join([*lines, *ends, *filter(None, [panel["tests"].replace("\n", " ")])])
        )
    return "Kaplan-Meier curves. " + ". ".join(sentences) + "."


@KINDS.add("cumulative_incidence")
def cumulative_incidence(
    results: Results, *, analysis: Analysis, tests: list[Analysis] = (), width: style.Width = "double"
) -> Drawing:
    """Cumulative incidence of competing causes, stacked, so that the upper edge is the share with any event; a panel for
    each group, the numbers at risk below it.

    Parameters
        analysis: analysis whose curves have the cause as their level
        tests: analyses whose p-values are printed, in the order of the causes
        width: single (85 mm) or double (180 mm)
    """
    curve = results.curve(analysis)
    names = [name for name in groups(results, analysis) if (curve["group"] == name).any()]
    if not names:
        return empty(results, width, "No participants with follow-up")
    unit = results.plan.analyses[analysis].get("unit", "months")
    causes = list(dict.fromkeys(curve["level"]))
    palette = dict(zip(causes, style.CAUSES, strict=False))
    page_width, left, gap = style.WIDTHS[width], 13.5, 6.0
    plot_width = (page_width - len(names) * left - gap * (len(names) - 1)) / len(names) - 2.0
    entries = [(cause, {"facecolor": style.tint(palette[cause], 0.6)}) for cause in causes]
    title_lines = max(style.wrap(name, plot_width + 6.0, style.TITLE, "semibold").count("\n") + 1 for name in names)
    p_values = [f"{cause}: {p_text(results, test)}" for cause, test in zip(causes, tests, strict=False)]
    head = style.key_height(entries, page_width) + (title_lines * 3.6 if names != [""] else 0.0) + 2.5
    head += style.LINE + 1.5 if p_values else 0.0
    page = style.Page(results, width, head + PLOT_HEIGHT + TAIL + 2 * style.LINE + 1.0)
    page.key(0.0, 0.3, entries, page_width)
    page.text(0.0, style.key_height(entries, page_width) + 0.3, "; ".join(p_values))
    ticks, end = time_ticks(curve["x"].max())
    for i, (name, letter) in enumerate(zip(names, style.letters(len(names)), strict=True)):
        x = i * (left + plot_width + 2.0 + gap)
        own = curve[curve["group"] == name]
        if name:
            page.panel(x, head - title_lines * 3.6 - 1.5, letter, name, plot_width + left)
        axes = page.axes(x + left, head, plot_width, PLOT_HEIGHT)
        floor = None
        for cause in causes:
            rows = own[own["level"] == cause].sort_values("x")
            times, share = _steps(rows, "estimate", 0.0)
            floor = np.zeros_like(share) if floor is None else floor
            tone = palette[cause]
            axes.fill_between(
                times, 100 * floor, 100 * (floor + share), step="post", color=style.tint(tone, 0.6), linewidth=0
            )
            axes.step(times, 100 * (floor + share), where="post", color=tone, linewidth=1.0)
            floor = floor + share
        axes.set(xlim=(0, end), ylim=(0, 102), yticks=[0, 25, 50, 75, 100], xticks=ticks)
        axes.xaxis.set_major_formatter(style.thousands)
        axes.set_xlabel(f"Time, {unit}")
        axes.set_ylabel("Cumulative incidence, %")
        below = head + PLOT_HEIGHT + TAIL
        page.text(x, below, "At risk", color=style.GREY)
        first = own[own["level"] == causes[0]]
        for tick in ticks:
            later = first[first["x"] >= tick]
            n = int(later["n_at_risk"].iloc[0]) if len(later) else 0
            page.text(x + left + tick / end * plot_width, below + style.LINE, f"{n:,}", ha="center")
    numbers = curve[["group", "level", *COLUMNS]].reset_index(drop=True)
    last = curve.groupby(["group", "level"], sort=False).last()["estimate"]
    parts = [f"{level}{f' in {group}' if group else ''} {100 * share:.1f}%" for (group, level), share in last.items()]
    return Drawing(page.figure, numbers, f"Cumulative incidence at the end: {'; '.join([*parts, *p_values])}.")
