"""Estimates beside each other: ratios of comparisons and models, and one estimate under every choice."""

from __future__ import annotations

import math

import pandas as pd

from ..ids import EVERYONE
from ..registry import Analysis
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import covariate_order, distinct_labels, estimate, groups, interval, label, names, shown, value
from .scales import ratio_ticks

ROW = 4.6  # mm
RATIOS = {"odds_ratio": "Odds ratio", "hazard_ratio": "Hazard ratio", "risk_ratio": "Risk ratio"}


@KINDS.add("forest")
def forest(
    results: Results, *, analyses: list[Analysis], overall: Analysis = "", width: style.Width = "double"
) -> Drawing:
    """Odds, hazard or risk ratios with their intervals on a log axis, numbers and p-values beside them. A model has its
    name as a heading and a row for each covariate; a comparison says which group is compared with which. Limits beyond
    the axis end in an arrow.

    Parameters
        analyses: comparisons with a ratio, cox or logistic analyses
        overall: comparison in all participants, drawn below as a diamond with a line through all rows
        width: single (85 mm) or double (180 mm)
    """
    rows = [row for analysis in analyses for row in _ratios(results, analysis)]
    rows += [{**row, "overall": True} for row in (_ratios(results, overall) if overall else ())]
    known = [row for row in rows if math.isfinite(row["estimate"])]
    if not known:
        return empty(results, width, "No ratio is estimable")
    page_width = style.WIDTHS[width]
    name_width = min(max(style.widest([row["name"]]) + row["indent"] for row in rows), 0.36 * page_width)
    n_width = max(style.widest(row["n"] for row in rows), 6.0)
    text_width = max(style.widest(row["text"] for row in rows), 22.0)
    p_width = max(style.widest(row["p"] for row in rows), 8.0)
    left = name_width + 3.0
    right = n_width + text_width + p_width + 9.0
    plot_width = page_width - left - right
    for row in rows:
        row["weight"] = "semibold" if row["heading"] or row["overall"] else "normal"
        row["name"] = style.wrap(row["name"], name_width - row["indent"], weight=row["weight"])
        row["height"] = max(ROW, (row["name"].count("\n") + 1) * style.LINE + 1.4)
    body = sum(row["height"] for row in rows)
    page = style.Page(results, width, 4.6 + body + 10.0)
    columns = {"n": left + plot_width + 3.0 + n_width, "text": page_width - p_width - 3.0, "p": page_width}
    statistic = known[0]["statistic"]
    one_kind = len({row["statistic"] for row in known}) == 1
    head = {
        "n": "n",
        "text": f"{RATIOS[statistic] if one_kind else 'Ratio'} ({100 * results.plan.level:g}% CI)",
        "p": "P",
    }
    for key, x in columns.items():
        page.text(x, 0.0, head[key], ha="right", color=style.GREY)
    axes = page.axes(left, 4.6, plot_width, body + 0.8)
    limits = [row[key] for row in known for key in ("estimate", "ci_low", "ci_high")]
    low, high, ticks = ratio_ticks(limits)
    if len(ticks) * 6.0 > plot_width:
        ticks = [tick for tick in ticks if math.log10(tick).is_integer()]
    _ratio_axis(axes, "x", low, high, ticks)
    axes.set(ylim=(body + 0.8, 0), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.axvline(1.0, color=style.GREY, linewidth=0.6)
    axes.set_xlabel(RATIOS[statistic] if one_kind else "Odds or hazard ratio")
    y = 0.0
    for row in rows:
        middle = y + row["height"] / 2
        page.text(row["indent"], 4.6 + middle, row["name"], va="center", weight=row["weight"])
        for key, x in columns.items():
            page.text(x, 4.6 + middle, row[key], ha="right", va="center")
        if math.isfinite(row["estimate"]):
            _ratio_mark(axes, row, middle, low, high)
        y += row["height"]
    keep = ("analysis", "name", "n", "statistic", "estimate", "ci_low", "ci_high", "p")
    numbers = pd.DataFrame([{key: row[key] for key in keep} for row in rows if not row["heading"]])
    numbers["name"] = numbers["name"].str.replace("\n", " ")
    parts = [f"{row['name']}:" if row["heading"] else f"{row['name']}: {row['text']}, P {row['p']};" for row in rows]
    alt = " ".join(parts).replace("\n", " ").removesuffix(";")
    return Drawing(page.figure, numbers, f"{head['text']}. {alt}.")


def _ratio_axis(axes, which: str, low: float, high: float, ticks: list[float]) -> None:
    from matplotlib.ticker import NullLocator

    getattr(axes, f"set_{which}scale")("log")
    getattr(axes, f"set_{which}lim")(low, high)
    getattr(axes, f"set_{which}ticks")(ticks, [style.thousands(tick) for tick in ticks])
    getattr(axes, f"{which}axis").set_minor_locator(NullLocator())


def _ratio_mark(axes, row: dict, y: float, low: float, high: float) -> None:
    ends = [max(row["ci_low"], low) if row["ci_low"] > 0 else low, min(row["ci_high"], high)]
    place = min(max(row["estimate"], low), high)
    if row["overall"]:
        axes.fill([ends[0], place, ends[1], place], [y, y - 1.3, y, y + 1.3], color=style.INK, linewidth=0)
        axes.axvline(place, color=style.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        return
    axes.plot(ends, [y] * 2, color=style.GROUPS[0], linewidth=1.3, solid_capstyle="butt")
    arrows = {"color": style.GROUPS[0], "markersize": 3.0, "clip_on": False, "linestyle": "none"}
    axes.plot([low] * (row["ci_low"] < low), [y] * (row["ci_low"] < low), "<", **arrows)
    axes.plot([high] * (row["ci_high"] > high), [y] * (row["ci_high"] > high), ">", **arrows)
    axes.plot(place, y, "s", color=style.GROUPS[0], markersize=4.2, markeredgecolor="white", markeredgewidth=0.4)


def _ratios(results: Results, analysis: str) -> list[dict]:
    """The rows of an analysis that has a ratio; of a model its name, then one for each level."""
    rows = results.analysis(analysis)
    found = rows[rows["statistic"].isin(list(RATIOS)) & rows["group"].eq("")].set_index("level", drop=False)
    n = shown(results, analysis, "n") or str(rows["n_population"].iloc[0])
    levels = covariate_order(results, analysis, names(found, "level"))
    headed = any(levels)
    plain = {"analysis": analysis, "heading": False, "overall": False, "indent": 0.0}
    out = []
    if headed:
        nothing = dict.fromkeys(("statistic", "text", "p"), "")
        out.append(
            {**plain, "heading": True, "name": label(results, analysis), "n": n, "estimate": math.nan, **nothing}
        )
    for level in levels:
        statistic = found.loc[level.id, "statistic"]
        keys = {"estimate": statistic, "ci_low": "ci_low", "ci_high": "ci_high"}
        out.append(
            {
                **plain,
                "indent": 3.0 if headed else 0.0,
                "name": level.label or _compared(results, analysis),
                "n": "" if headed else n,
                "statistic": statistic,
                "text": estimate(results, analysis, level=level, statistic=statistic),
                "p": shown(results, analysis, "p_value", level=level),
                **{key: value(results, analysis, name, level=level) for key, name in keys.items()},
            }
        )
    return out


def _compared(results: Results, analysis: str) -> str:
    """'Remission by sex: Male v Female' of a comparison of two groups."""
    pair = [name.label for name in groups(results, analysis) if value(results, analysis, "N", name) > 0]
    pair = f": {pair[1]} v {pair[0]}" if len(pair) == 2 else ""
    return label(results, analysis) + pair


# Keys of an analysis that are choices, as printed.
CHOICES = {
    "population": "Denominator",
    "label": "Outcome",
    "where": "Restricted to",
    "interval": "Interval",
    "method": "Method",
    "level": "Without assessment",
}
NAMES = {
    "dose_response": "logistic regression, dose alone",
    "logistic": "logistic regression, adjusted",
    "firth_logistic": "logistic regression, adjusted",
    "cox": "Cox regression",
    "clopper-pearson": "Clopper-Pearson",
    "wilson": "Wilson",
    "jeffreys": "Jeffreys",
    "blaker": "Blaker",
    "complete": "left out",
    "worst": "all without response",
    "best": "all with response",
}


@KINDS.add("specification")
def specification(
    results: Results,
    *,
    analyses: list[Analysis],
    effects: list[Analysis] = (),
    published: Analysis = "",
    width: style.Width = "double",
) -> Drawing:
    """Estimates under every reasonable choice (specification curve): a panel of proportions and, if there are any, one of
    ratios, from the lowest to the highest with their intervals; below them the choices that differ. The published one is
    marked.

    Parameters
        analyses: proportion or missing_response analyses, one for each set of choices
        effects: dose_response, logistic or cox analyses; of a model its first covariate
        published: the one that was published
        width: single (85 mm) or double (180 mm)
    """
    panels = [_choices(results, [case for a in analyses for case in _cases(results, a)], "Estimate, %", published)]
    if effects:
        cases = [case for a in effects for case in _cases(results, a)[:1]]
        kinds = list(dict.fromkeys(RATIOS.get(case["statistic"], "") for case in cases))
        panels.append(_choices(results, cases, kinds[0] if len(kinds) == 1 else "Ratio", published))
    panels = [panel for panel in panels if panel["cases"]]
    if not panels:
        return empty(results, width, "No estimate under any choice")
    page_width, curve_height, step = style.WIDTHS[width], 36.0, 3.6
    texts = [text for panel in panels for values in panel["choices"].values() for text in values]
    titles = [title for panel in panels for title in panel["choices"]]
    left = max(style.widest(texts) + 3.0, style.widest(titles, style.TEXT, "semibold"), 10.0)
    left = min(left, 0.45 * page_width) + 3.0
    plot_width = page_width - left - 2.0
    heights = [curve_height + 4.0 + sum(len(v) + 1 for v in panel["choices"].values()) * step for panel in panels]
    page = style.Page(results, width, 4.5 + sum(heights) + 3.0 * (len(panels) - 1))
    marked = {"color": style.GROUPS[1]}
    titled = {case["analysis"]: case["name"] for panel in panels for case in panel["cases"]}
    if published in titled:
        page.key(left, 0.0, [(f"Published: {titled[published]}", {"marker": "s", **marked, "markersize": 4.0})])
    y = 4.5
    widest = max(len(panel["cases"]) for panel in panels)
    for panel, height, letter in zip(panels, heights, style.letters(len(panels)), strict=True):
        page.text(0.0, y, letter, size=style.TITLE, weight="semibold")
        cases = panel["cases"]
        axes = page.axes(left, y, plot_width, curve_height)
        axes.set(xlim=(-0.7, widest - 0.3), xticks=[])
        axes.set_ylabel(panel["axis"])
        if panel["ratio"]:
            limits = [case[key] for case in cases for key in ("estimate", "ci_low", "ci_high")]
            low, high, ticks = ratio_ticks(limits)
            _ratio_axis(axes, "y", low, high, ticks)
            axes.axhline(1.0, color=style.GREY, linewidth=0.6)
        else:
            low, high = 0.0, 102.0
            axes.set(ylim=(low, high), yticks=[0, 25, 50, 75, 100])
        scale = 1 if panel["ratio"] else 100
        for i, case in enumerate(cases):
            tone = marked if case["analysis"] == published else {"color": style.GROUPS[0]}
            ends = [min(max(scale * case[key], low), high) for key in ("ci_low", "ci_high")]
            axes.plot([i, i], ends, linewidth=1.2, solid_capstyle="butt", **tone)
            square = {"markersize": 3.8, "markeredgecolor": "white", "markeredgewidth": 0.4}
            axes.plot(i, scale * case["estimate"], "s", **square, **tone)
        at = y + curve_height + 2.0
        places = [left + (i + 0.7) / (widest + 0.4) * plot_width for i in range(len(cases))]
        for title, values in panel["choices"].items():
            page.text(0.0, at, title, weight="semibold")
            at += step
            for text, members in values.items():
                page.text(3.0, at, style.wrap(text, left - 5.0).split("\n")[0])
                for i, (x, case) in enumerate(zip(places, cases, strict=True)):
                    ink = style.GROUPS[1] if case["analysis"] == published else style.INK
                    dot = {"marker": "o", "markersize": 3.2, "markeredgewidth": 0, "linestyle": "none"}
                    page.line([x], [at + 1.4], color=ink if i in members else style.PALE, **dot)
                at += step
        y += height + 3.0
    keep = ("analysis", "name", "level", "statistic", "estimate", "ci_low", "ci_high")
    cases = [{**case, "level": case["level"].label} for panel in panels for case in panel["cases"]]
    numbers = pd.DataFrame([{key: case[key] for key in keep} for case in cases])
    numbers["published"] = numbers["analysis"] == published
    parts = [
        f"{panel['axis']} under {len(panel['cases'])} choices: {interval(*(panel['cases'][i]['shown'] for i in (0, -1)))}"
        for panel in panels
    ]
    alt = f"Specification curve. {'. '.join(parts)}."
    if published in titled:
        alt += f" Published: {titled[published]}, {estimate(results, published)}."
    return Drawing(page.figure, numbers, alt)


def _cases(results: Results, analysis: str) -> list[dict]:
    """The estimates of an analysis: its overall one, or one for each level."""
    rows = results.analysis(analysis)
    rows = rows[rows["statistic"].isin(["estimate", *RATIOS]) & rows["group"].eq("")].set_index("level", drop=False)
    levels = [EVERYONE] if "" in rows.index else covariate_order(results, analysis, names(rows, "level"))
    return [
        {
            "analysis": analysis,
            "level": level,
            "statistic": rows.loc[level.id, "statistic"],
            "estimate": rows.loc[level.id, "value"],
            "shown": rows.loc[level.id, "display"],
            **{key: value(results, analysis, key, level=level) for key in ("ci_low", "ci_high")},
        }
        for level in levels
    ]


def _choices(results: Results, cases: list[dict], axis: str, published: str) -> dict:
    """The cases from the lowest estimate, and choice -> value -> places of the cases that made it."""
    cases = sorted((case for case in cases if math.isfinite(case["estimate"])), key=lambda case: case["estimate"])
    titles = distinct_labels(results, list(dict.fromkeys(case["analysis"] for case in cases)))
    choices: dict[str, dict[str, list[int]]] = {}
    for key, title in CHOICES.items():
        values: dict[str, list[int]] = {}
        for i, case in enumerate(cases):
            spec = results.plan.analyses[case["analysis"]]
            ratio = case["statistic"] in RATIOS
            text = str(spec.get(key, "clopper-pearson" if key == "interval" and not ratio else ""))
            if key == "population":
                text = results.plan.populations[text].label
            elif key == "label":
                text = label(results, case["analysis"])
            elif key == "level":
                text = "" if ratio else case["level"].id
            elif key == "method" and not ratio:
                text = ""
            values.setdefault(NAMES.get(text, text) or "as the denominator says", []).append(i)
        if len(values) > 1:
            choices[title] = values
    for case in cases:
        case["name"] = titles[case["analysis"]]
    return {"cases": cases, "choices": choices, "axis": axis, "ratio": bool(cases) and cases[0]["statistic"] in RATIOS}
