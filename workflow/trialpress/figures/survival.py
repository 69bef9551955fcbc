"""Time to event."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..analysis.methods.common import followed
from ..ids import EVERYONE, Name, column
from ..ids import at as at_time
from ..registry import Analysis
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import analysed, count, estimate, groups, interval, label, names, p_text, p_value_text, shown, value
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
    return _sheet(results, panels, width, "Kaplan-Meier curves")


@KINDS.add("simon_makuch")
def simon_makuch(
    results: Results,
    *,
    analysis: Analysis,
    landmark: Analysis = "",
    naive: Analysis = "",
    tests: list[Analysis] = (),
    width: style.Width = "double",
) -> Drawing:
    """Survival with and without what begins during follow-up, such as a transplant: Simon-Makuch curves, beside them the
    landmark analysis, and the naive comparison of ever with never, struck out because it is biased (immortal time).

    Parameters
        analysis: simon_makuch analysis
        landmark: landmark analysis, a panel for each of its days
        naive: naive_comparison analysis
        tests: mantel_byar and time_dependent_cox analyses, printed above the Simon-Makuch curves
        width: single (85 mm) or double (180 mm)
    """
    effects = [text for test in tests for text in _effect(results, test)]
    panels = [_states(results, analysis, MAKUCH, effects)]
    for day in names(results.curve(landmark), "level") if landmark else ():
        panels.append(_states(results, landmark, f"Landmark, {day.label}", _effect(results, landmark, day), day))
    if naive:
        panels.append({**_states(results, naive, "Naive comparison", _effect(results, naive)), "struck": True})
    panels = [panel for panel in panels if panel["curves"]]
    if not panels:
        return empty(results, width, "Nobody is followed both before and after the beginning")
    ticks, end = time_ticks(max(panel["longest"] for panel in panels), 5)
    for panel in panels:
        panel |= {"ticks": ticks, "end": end, "at_risk": _at_risk(panel["groups"], panel["curves"], ticks)}
    if panels[0]["title"] == MAKUCH:
        _in_state(results, analysis, panels[0])
    return _sheet(results, panels, width, "Survival before and after the beginning")


def _states(results: Results, analysis: str, title: str, effects: list[str], level: Name = EVERYONE) -> dict:
    """The panel of two curves, without and with what begins during follow-up."""
    spec = results.plan.analyses[analysis]
    unit = spec.get("unit", "months")
    found = results.curve(analysis)
    found = found[found["level"] == level.id]
    curves = {name: found[found["group"] == name.id].reset_index(drop=True) for name in names(found, "group")}
    palette = dict(zip(curves, style.GROUPS, strict=False))
    key = []
    for name, rows in curves.items():
        events = int(rows["n_event"].sum())
        head = f"{name.label}: {events:,} of {events + int(rows['n_censored'].sum()):,} with event"
        key.append({"colour": palette[name], "lines": [head, *_fixed(results, analysis, name, spec)]})
    return {
        "groups": list(curves),
        "curves": curves,
        "palette": palette,
        "longest": found["x"].max(),
        "unit": unit,
        "endpoint": results.plan.endpoints[spec["endpoint"]].label,
        "title": title,
        "name": title,
        "key": key,
        "tests": ", ".join(effects),
    }


def _in_state(results: Results, analysis: str, panel: dict) -> None:
    """Numbers at risk of Simon-Makuch curves: who has not begun and who has, before each tick. Not from the curves, which
    have no row for whoever begins before the first one leaves."""
    from ..analysis.methods.delayed import States

    spec = results.plan.analyses[analysis]
    states = States.of(analysed(results, analysis), spec["endpoint"], spec["begin"])
    start = spec.get("landmark", 0)
    for i, tick in enumerate(panel["ticks"]):
        day = max(tick * results.plan.days(panel["unit"]), start)
        followed = (states.time >= day) & (states.time > start)
        begun = (states.begin < day) | (states.begin <= start)
        for name, state in zip(panel["groups"], (~begun, begun), strict=True):
            panel["at_risk"][name][i] = (int((followed & state).sum()), panel["at_risk"][name][i][1])


MAKUCH = "Simon-Makuch"
TESTS = {"mantel_byar": "Mantel-Byar P"}


def _effect(results: Results, analysis: str, level: Name = EVERYONE) -> list[str]:
    """The hazard ratio of what begins during follow-up, and the p-value."""
    spec = results.plan.analyses[analysis]
    name = column(spec["begin"], "")
    row = level if level or not shown(results, analysis, "hazard_ratio", level=name) else name
    ratio = estimate(results, analysis, level=row, statistic="hazard_ratio")
    p = shown(results, analysis, "p_value", level=row)
    texts = [f"HR {'not estimable' if ratio == 'NE' else ratio.replace(' (', f' ({100 * results.plan.level:g}% CI ')}"]
    return (texts if ratio else []) + (
        [p_value_text(p, TESTS.get(spec["method"], "P")).replace(" ", "\u00a0")] if p else []
    )


def _sheet(results: Results, panels: list[dict], width: str, what: str) -> Drawing:
    """Panels of curves, at most three in a row, with their keys above and the numbers at risk below."""
    page_width = style.WIDTHS[width]
    across = -(-len(panels) // -(-len(panels) // (3 if width == "double" else 1)))
    printed = [name.label or "At risk" for panel in panels for name in panel["groups"]]
    name_width = min(style.widest(printed), 40.0 if across == 1 else 24.0 if across == 2 else 15.0)
    left = max(13.5, name_width + 6.0)
    gap = 5.0
    plot_width = (page_width - across * left - gap * (across - 1)) / across - 2.0
    span = plot_width + left
    for panel in panels:
        panel["title"] = style.wrap(panel["title"], span - 6.0, style.TITLE, "semibold")
        panel["tests"] = style.wrap(panel["tests"], plot_width)
        for entry in panel["key"]:
            entry["text"] = "\n".join(style.wrap(line, plot_width) for line in entry["lines"])
        texts = [*(entry["text"] for entry in panel["key"]), *filter(None, [panel["tests"]])]
        lines = sum(text.count("\n") + 1 for text in texts)
        panel["head"] = (panel["title"].count("\n") + 1) * 3.6 + 1.2 + lines * style.LINE + HEAD
        panel["names"] = {group: style.wrap(group.label, name_width) if group else "All" for group in panel["groups"]}
        lines = sum(name.count("\n") + 1 for name in panel["names"].values())
        panel["foot"] = TAIL + 4.2 + lines * style.LINE + 0.5
    rows = [panels[i : i + across] for i in range(0, len(panels), across)]
    heads = [max(panel["head"] for panel in row) for row in rows]
    heights = [head + PLOT_HEIGHT + max(panel["foot"] for panel in row) for head, row in zip(heads, rows, strict=True)]
    page = style.Page(results, width, sum(heights) + 4.0 * (len(rows) - 1))
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        x = i % across * (left + plot_width + 2.0 + gap)
        start = sum(heights[: i // across]) + 4.0 * (i // across)
        y = start + page.panel(x, start, letter, panel["title"])
        for entry in panel["key"]:
            page.line([x + left - 5.0, x + left - 1.5], [y + 1.4] * 2, color=entry["colour"], linewidth=1.6)
            page.text(x + left, y, entry["text"])
            y += (entry["text"].count("\n") + 1) * style.LINE
        page.text(x + left, y, panel["tests"])
        head = start + heads[i // across]
        axes = page.axes(x + left, head, plot_width, PLOT_HEIGHT)
        _draw_curves(axes, panel)
        if panel.get("struck"):
            _strike(page, x + left, head, plot_width)
        below = head + PLOT_HEIGHT + TAIL
        page.text(x, below, "At risk (events)", color=style.GREY)
        at = below + style.LINE + 0.6
        for group, name in panel["names"].items():
            page.text(x, at, name, color=panel["palette"][group], weight="semibold")
            for tick, (n, events) in zip(panel["ticks"], panel["at_risk"][group], strict=True):
                page.text(x + left + tick / panel["end"] * plot_width, at, f"{n:,} ({events:,})", ha="center")
            at += (name.count("\n") + 1) * style.LINE
    frames = [
        curve.assign(panel=panel["name"], group=group.label)[["panel", "group", *COLUMNS]]
        for panel in panels
        for group, curve in panel["curves"].items()
    ]
    return Drawing(page.figure, pd.concat(frames, ignore_index=True), _alt(panels, what))


BIASED = "Biased: immortal time"


def _strike(page, x: float, y: float, plot_width: float) -> None:
    """Two lines across a plot that must not be believed, and why."""
    for ends in ([y, y + PLOT_HEIGHT], [y + PLOT_HEIGHT, y]):
        page.line([x, x + plot_width], ends, color=style.WRONG, linewidth=1.6, alpha=0.75, zorder=5)
    half, middle = style.text_width(BIASED, style.TITLE, "semibold") / 2 + 1.5, x + plot_width / 2
    page.box(middle - half, y + PLOT_HEIGHT / 2 - 3.0, 2 * half, 6.0, edgecolor=style.WRONG, zorder=6)
    page.text(
        middle,
        y + PLOT_HEIGHT / 2,
        BIASED,
        ha="center",
        va="center",
        size=style.TITLE,
        weight="semibold",
        color=style.WRONG,
        zorder=7,
    )


COLUMNS = ["x", "estimate", "ci_low", "ci_high", "n_at_risk", "n_event", "n_censored"]


def _panel(results: Results, analysis: str, tests: list[str]) -> dict:
    spec = results.plan.analyses[analysis]
    unit = spec.get("unit", "months")
    own = groups(results, analysis)
    curve = results.curve(analysis)
    curves = {name: curve[curve["group"] == name.id].reset_index(drop=True) for name in own}
    curves = {name: rows for name, rows in curves.items() if len(rows)}
    palette = style.colours(own)
    longest = max((rows["x"].max() for rows in curves.values()), default=1.0)
    ticks, end = time_ticks(longest)
    at_risk = _at_risk(own, curves, ticks)
    if results.plan.endpoints[spec["endpoint"]].entry:
        _entered(results, analysis, ticks, at_risk)
    endpoint = results.plan.endpoints[spec["endpoint"]].label
    return {
        "groups": own,
        "curves": curves,
        "palette": palette,
        "ticks": ticks,
        "end": end,
        "at_risk": at_risk,
        "unit": unit,
        "endpoint": endpoint,
        "title": label(results, analysis),
        "name": label(results, analysis),
        "key": [{"colour": palette[name], "lines": _key(results, analysis, name, spec)} for name in own],
        "tests": _tests(results, tests, spec),
    }


def _at_risk(groups: list[Name], curves: dict, ticks: list[float]) -> dict[Name, list[tuple[int, int]]]:
    """Group -> (number at risk, events until then) at every tick. Curves have a row for each time at which anyone
    leaves, so the number at risk at a tick is that of the next row."""
    none = pd.DataFrame(columns=["x", "n_at_risk", "n_event"])
    return {
        name: [
            (
                int(later["n_at_risk"].iloc[0]) if len(later := rows[rows["x"] >= tick]) else 0,
                int(rows.loc[rows["x"] <= tick, "n_event"].sum()),
            )
            for tick in ticks
        ]
        for name in groups
        for rows in [curves.get(name, none)]
    }


def _entered(results: Results, analysis: str, ticks: list[float], at_risk: dict[Name, list[tuple[int, int]]]) -> None:
    """Numbers at risk with delayed entry: whoever has entered before a tick (at 0: by then) and is still followed."""
    spec, data = results.plan.analyses[analysis], analysed(results, analysis)
    endpoint, per = spec["endpoint"], results.plan.per(spec["endpoint"], spec.get("unit", "months"))
    entry, time = (data.frame[f"{endpoint}_{name}"].astype("Float64") / per for name in ("entry", "time"))
    for name, members in data.groups(spec.get("by", "")).items():
        for i, tick in enumerate(ticks if name in at_risk else ()):
            here = members & followed(data, endpoint) & (time >= tick) & ((entry < tick) | ((entry == 0) & (tick == 0)))
            at_risk[name][i] = (int(here.fillna(False).sum()), at_risk[name][i][1])


def _key(results: Results, analysis: str, group: Name, spec: dict) -> list[str]:
    """What stands beside the colour of a curve: events, median, fixed times."""
    n = shown(results, analysis, "n", group)
    head = f"{group.label}: " if group else ""
    if n in ("", "0"):
        return [f"{head}no participants"]
    unit = spec.get("unit", "months")
    median = shown(results, analysis, "median", group)
    limits = interval(*(shown(results, analysis, name, group) for name in ("ci_low", "ci_high")))
    limits = f" ({100 * results.plan.level:g}%\u00a0CI\u00a0{limits})" if limits.strip("NE\u2013") else ""
    middle = f"median {median} {unit}" if median != "NE" else "median not reached"
    events, total = (int(value(results, analysis, name, group)) for name in ("events", "n"))
    return [f"{head}{events:,} of {total:,} with event, {middle}{limits}", *_fixed(results, analysis, group, spec)]


def _fixed(results: Results, analysis: str, group: Name, spec: dict) -> list[str]:
    """The estimates at the fixed times of an analysis in one line, if there are any."""
    unit, fixed = spec.get("unit", "months"), []
    for t in spec.get("at", ()):
        level = at_time(t, unit)
        text = shown(results, analysis, "estimate", group, level)
        if text and text != "NE":
            bounds = interval(*(shown(results, analysis, name, group, level) for name in ("ci_low", "ci_high")))
            fixed.append(f"at {level.label} {text}" + (f" ({bounds})" if bounds and "NE" not in bounds else ""))
    return [", ".join(fixed)] if fixed else []


def _tests(results: Results, tests: list[str], spec: dict) -> str:
    """The tests of the same endpoint in one sentence: the hazard ratio between the groups, then the p-value."""
    effects, p_values = [], []
    own = results.population(spec["population"]).levels(spec["by"]) if "by" in spec else ()
    for test in tests:
        other = results.plan.analyses[test]
        if other.get("endpoint") != spec["endpoint"]:
            continue
        if other.get("by") == spec.get("by"):
            p_values.append(p_text(results, test, "log-rank P"))
        rows = results.analysis(test)
        for level in names(rows[rows["statistic"] == "hazard_ratio"], "level"):
            if level in own:
                hr = estimate(results, test, level=level, statistic="hazard_ratio")
                hr = hr.replace(" (", f" ({100 * results.plan.level:g}% CI ")
                code = results.plan.level_label(spec["by"], level.id.partition("=")[2])
                effects.append(f"HR {hr if hr != 'NE' else 'not estimable'} for {code}")
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


def _alt(panels: list[dict], what: str) -> str:
    sentences = []
    for panel in panels:
        lines = [" ".join(entry["lines"][:1]) for entry in panel["key"]]
        ends = []
        for name, rows in panel["at_risk"].items():
            ends.append(f"{count(rows[0][0])} at risk at the start{f' in {name.label}' if name else ''}")
        sentences.append(
            f"{panel['name']}{f' ({BIASED.lower()})' if panel.get('struck') else ''}: "
            + "; ".join([*lines, *ends, *filter(None, [panel["tests"].replace("\n", " ")])])
        )
    return f"{what}. " + ". ".join(sentences) + "."


@KINDS.add("cumulative_incidence")
def cumulative_incidence(
    results: Results, *, analyses: list[Analysis], tests: list[Analysis] = (), width: style.Width = "double"
) -> Drawing:
    """Cumulative incidence of competing causes, stacked, so that the upper edge is the share with any event; a panel for
    each group, the numbers at risk below it. The estimates at the fixed times of the analyses stand above.

    Parameters
        analyses: cumulative_incidence analyses of the same participants, one for each cause, from the foot upwards
        tests: gray and fine_gray analyses whose p-values are printed with their labels
        width: single (85 mm) or double (180 mm)
    """
    curves = {analysis: results.curve(analysis) for analysis in analyses}
    first = curves[analyses[0]]
    own_groups = [name for name in groups(results, analyses[0]) if (first["group"] == name.id).any()]
    if not own_groups:
        return empty(results, width, "No participants with follow-up")
    unit = results.plan.analyses[analyses[0]].get("unit", "months")
    palette = {analysis: style.CAUSES[i % len(style.CAUSES)] for i, analysis in enumerate(analyses)}
    page_width, left, gap = style.WIDTHS[width], 13.5, 6.0
    across = min(2 if width == "double" else 1, len(own_groups))
    plot_width = (page_width - across * left - gap * (across - 1)) / across - 2.0
    tested = [f"{label(results, test)}: {p_text(results, test)}" for test in tests if p_text(results, test)]
    tested = style.wrap("; ".join(tested), page_width)
    ticks, end = time_ticks(first["x"].max())
    panels = []
    for name in own_groups:
        lines = []
        for analysis in analyses:
            fixed = " ".join(_fixed(results, analysis, name, results.plan.analyses[analysis]))
            text = style.wrap(", ".join(filter(None, [label(results, analysis), fixed])), plot_width - 4.0)
            lines.append((palette[analysis], text))
        title = style.wrap(name.label, plot_width + left - 5.0, style.TITLE, "semibold") if name else ""
        height = sum(text.count("\n") + 1 for _, text in lines) * style.LINE + 2.5
        panels.append((name, title, lines, height + ((title.count("\n") + 1) * 3.6 + 1.2 if title else 0.0)))
    head = max(height for *_, height in panels)
    top = (tested.count("\n") + 1) * style.LINE + 1.5 if tested else 0.0
    row_height = head + PLOT_HEIGHT + TAIL + 2 * style.LINE + 1.0
    rows = -(-len(panels) // across)
    page = style.Page(results, width, top + rows * row_height + 4.0 * (rows - 1))
    page.text(0.0, 0.0, tested)
    for i, ((name, title, lines, _), letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        x, start = i % across * (left + plot_width + 2.0 + gap), top + i // across * (row_height + 4.0)
        y = start + (page.panel(x, start, letter, title) if name else 0.0)
        for tone, text in lines:
            page.key(x + left, y, [(text.split("\n")[0], {"facecolor": style.tint(tone, 0.6)})])
            page.text(x + left + 4.0, y + style.LINE, "\n".join(text.split("\n")[1:]))
            y += (text.count("\n") + 1) * style.LINE
        axes = page.axes(x + left, start + head, plot_width, PLOT_HEIGHT)
        own = {analysis: curve[curve["group"] == name.id].sort_values("x") for analysis, curve in curves.items()}
        times = np.unique(np.concatenate([[0.0], *(curve["x"] for curve in own.values())]))
        floor = np.zeros_like(times)
        for analysis, curve in own.items():
            ends, share = _steps(curve, "estimate", 0.0)
            roof = floor + share[np.searchsorted(ends, times, side="right") - 1]
            tone = palette[analysis]
            axes.fill_between(times, 100 * floor, 100 * roof, step="post", color=style.tint(tone, 0.6), linewidth=0)
            axes.step(times, 100 * roof, where="post", color=tone, linewidth=1.0)
            floor = roof
        axes.set(xlim=(0, end), ylim=(0, 102), yticks=[0, 25, 50, 75, 100], xticks=ticks)
        axes.xaxis.set_major_formatter(style.thousands)
        axes.set_xlabel(f"Time, {unit}")
        axes.set_ylabel("Cumulative incidence, %")
        below = start + head + PLOT_HEIGHT + TAIL
        page.text(x, below, "At risk", color=style.GREY)
        at_risk = _at_risk([name], {name: own[analyses[0]]}, ticks)[name]
        for tick, (n, _) in zip(ticks, at_risk, strict=True):
            page.text(x + left + tick / end * plot_width, below + style.LINE, f"{n:,}", ha="center")
    frames = [
        curve.assign(group=curve["group_label"], cause=label(results, analysis)) for analysis, curve in curves.items()
    ]
    numbers = pd.concat(frames, ignore_index=True)[["group", "cause", *COLUMNS]]
    last = numbers.groupby(["group", "cause"], sort=False).last()["estimate"]
    parts = [f"{cause}{f' in {group}' if group else ''} {100 * share:.1f}%" for (group, cause), share in last.items()]
    parts += [tested.replace("\n", " ")] if tested else []
    return Drawing(page.figure, numbers, f"Cumulative incidence at the end: {'; '.join(parts)}.")
