"""Estimates beside each other: ratios of comparisons and models, and one estimate under every choice."""

from __future__ import annotations

import math

import pandas as pd

from ..registry import Analysis
from ..results import Results
from . import style
from .drawing import KINDS, Drawing, empty
from .read import covariate_order, distinct_labels, estimate, interval, label, shown, value
from .scales import ratio_ticks

ROW = 4.6  # mm
RATIOS = {"odds_ratio": "Odds ratio", "hazard_ratio": "Hazard ratio", "risk_ratio": "Risk ratio"}


@KINDS.add("forest")
def forest(results: Results, *, analyses: list[Analysis], width: style.Width = "double") -> Drawing:
    """Odds, hazard or risk ratios with their intervals on a log axis, numbers and p-values beside them. A model gives a
    row for each covariate. Limits beyond the axis end in an arrow.

    Parameters
        analyses: comparisons with a ratio, cox or logistic analyses
        width: single (85 mm) or double (180 mm)
    """
    rows = [row for analysis in analyses for row in _ratios(results, analysis)]
    known = [row for row in rows if math.isfinite(row["estimate"])]
    if not known:
        return empty(results, width, "No ratio is estimable")
    page_width = style.WIDTHS[width]
    name_width = min(style.widest(row["name"] for row in rows), 0.36 * page_width)
    n_width = max(style.widest(row["n"] for row in rows), 6.0)
    text_width = max(style.widest(row["text"] for row in rows), 22.0)
    p_width = max(style.widest(row["p"] for row in rows), 8.0)
    left = name_width + 3.0
    right = n_width + text_width + p_width + 9.0
    plot_width = page_width - left - right
    for row in rows:
        row["name"] = style.wrap(row["name"], name_width)
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
    axes.set_xscale("log")
    axes.set(xlim=(low, high), ylim=(body + 0.8, 0), yticks=[])
    axes.set_xticks(ticks, [style.thousands(tick) for tick in ticks])
    axes.xaxis.set_minor_locator(_none())
    axes.spines["left"].set_visible(False)
    axes.axvline(1.0, color=style.GREY, linewidth=0.6)
    axes.set_xlabel(RATIOS[statistic] if one_kind else "Ratio")
    y = 0.0
    for row in rows:
        middle = y + row["height"] / 2
        page.text(0.0, 4.6 + middle, row["name"], va="center")
        for key, x in columns.items():
            page.text(x, 4.6 + middle, row[key], ha="right", va="center")
        if math.isfinite(row["estimate"]):
            ends = [max(row["ci_low"], low) if row["ci_low"] > 0 else low, min(row["ci_high"], high)]
            axes.plot(ends, [middle] * 2, color=style.GROUPS[0], linewidth=1.3, solid_capstyle="butt")
            arrows = {"color": style.GROUPS[0], "markersize": 3.0, "clip_on": False, "linestyle": "none"}
            axes.plot([low] * (row["ci_low"] < low), [middle] * (row["ci_low"] < low), "<", **arrows)
            axes.plot([high] * (row["ci_high"] > high), [middle] * (row["ci_high"] > high), ">", **arrows)
            place = min(max(row["estimate"], low), high)
            axes.plot(
                place, middle, "s", color=style.GROUPS[0], markersize=4.2, markeredgecolor="white", markeredgewidth=0.4
            )
        y += row["height"]
    keep = ("name", "n", "statistic", "estimate", "ci_low", "ci_high", "p")
    numbers = pd.DataFrame([{key: row[key] for key in keep} for row in rows])
    parts = [f"{row['name']}: {row['text']}, P {row['p']}".replace("\n", " ") for row in rows]
    return Drawing(page.figure, numbers, f"{head['text']}. " + "; ".join(parts) + ".")


def _none():
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _ratios(results: Results, analysis: str) -> list[dict]:
    """The rows of an analysis that has a ratio, one for each level of a model."""
    rows = results.analysis(analysis)
    found = rows[rows["statistic"].isin(list(RATIOS)) & rows["group"].eq("")].set_index("level")
    n = shown(results, analysis, "n") or str(rows["n_population"].iloc[0])
    out = []
    for level in covariate_order(results, analysis, list(found.index)):
        statistic = found.loc[level, "statistic"]
        keys = {"estimate": statistic, "ci_low": "ci_low", "ci_high": "ci_high"}
        out.append(
            {
                "name": level or label(results, analysis),
                "n": n,
                "statistic": statistic,
                "text": estimate(results, analysis, level=level, statistic=statistic),
                "p": shown(results, analysis, "p_value", level=level),
                **{key: value(results, analysis, name, level=level) for key, name in keys.items()},
            }
        )
    return out


# Keys of an analysis that are choices, as printed.
CHOICES = {
    "population": "Denominator",
    "label": "Outcome",
    "where": "Restricted to",
    "interval": "Interval",
    "method": "Method",
}


@KINDS.add("specification")
def specification(
    results: Results, *, analyses: list[Analysis], published: Analysis = "", width: style.Width = "double"
) -> Drawing:
    """One proportion under every reasonable choice (specification curve): estimates with intervals from the lowest to the
    highest, below them the choices that differ, the published one marked.

    Parameters
        analyses: proportion analyses, one for each set of choices
        published: the one that was published
        width: single (85 mm) or double (180 mm)
    """
    found = {analysis: value(results, analysis, "estimate") for analysis in analyses}
    order = sorted((a for a in analyses if math.isfinite(found[a])), key=lambda a: (found[a], analyses.index(a)))
    if not order:
        return empty(results, width, "No estimate under any choice")
    specs = {analysis: results.plan.analyses[analysis] for analysis in order}
    choices: dict[str, dict[str, list[str]]] = {}
    for key, title in CHOICES.items():
        values: dict[str, list[str]] = {}
        for analysis in order:
            text = str(specs[analysis].get(key, "clopper-pearson" if key == "interval" else ""))
            text = label(results, analysis) if key == "label" else text
            text = results.plan.populations[text].label if key == "population" else text
            values.setdefault(text or "nothing", []).append(analysis)
        if len(values) > 1:
            choices[title] = values
    page_width, curve_height = style.WIDTHS[width], 40.0
    texts = [text for values in choices.values() for text in values]
    left = min(max(style.widest(texts) + 3.0, style.widest(choices, style.TEXT, "semibold")), 0.4 * page_width) + 3.0
    left = max(left, 13.0)
    plot_width = page_width - left - 2.0
    rows = sum(len(values) + 1 for values in choices.values())
    top = 4.5
    page = style.Page(results, width, top + curve_height + 2.0 + rows * 3.6 + 2.0)
    marked = {"color": style.GROUPS[1]}
    names = distinct_labels(results, order)
    if published in order:
        page.key(left, 0.0, [(f"Published: {names[published]}", {"marker": "s", **marked, "markersize": 4.0})])
    axes = page.axes(left, top, plot_width, curve_height)
    for i, analysis in enumerate(order):
        tone = marked if analysis == published else {"color": style.GROUPS[0]}
        ends = [100 * value(results, analysis, name) for name in ("ci_low", "ci_high")]
        axes.plot([i, i], ends, linewidth=1.2, solid_capstyle="butt", **tone)
        axes.plot(i, 100 * found[analysis], "s", markersize=3.8, markeredgecolor="white", markeredgewidth=0.4, **tone)
    axes.set(xlim=(-0.7, len(order) - 0.3), ylim=(0, 102), xticks=[], yticks=[0, 25, 50, 75, 100])
    axes.set_ylabel("Estimate, %")
    y = top + curve_height + 2.0
    places = [left + (i + 0.7) / (len(order) + 0.4) * plot_width for i in range(len(order))]
    for title, values in choices.items():
        page.text(0.0, y, title, weight="semibold")
        y += 3.6
        for text, members in values.items():
            page.text(3.0, y, style.wrap(text, left - 5.0).split("\n")[0])
            for x, analysis in zip(places, order, strict=True):
                tone = (style.GROUPS[1] if analysis == published else style.INK) if analysis in members else style.PALE
                page.line([x], [y + 1.4], marker="o", markersize=3.2, color=tone, markeredgewidth=0, linestyle="none")
            y += 3.6
    numbers = pd.DataFrame([
        {"analysis": a, "label": names[a], **{k: value(results, a, k) for k in ("n", "N", "estimate", "ci_low", "ci_high")},
         "published": a == published} for a in order
    ])  # fmt: skip
    lowest, highest = (shown(results, a, "estimate") for a in (order[0], order[-1]))
    alt = f"Specification curve of {len(order)} choices: estimates {interval(lowest, highest)}%."
    if published in order:
        alt += f" Published: {names[published]}, {estimate(results, published)}."
    return Drawing(page.figure, numbers, alt)
