"""The results beside what was published: other trials, and the claims about this one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ..analysis.display import rounded
from ..files import read_guessed
from ..ids import Name, word
from ..registry import Analysis, Column, File
from ..results import Results
from ..study import load_yaml
from . import style
from .drawing import KINDS, Drawing, empty
from .read import analysed, estimate, interval, label, number, shown, value

ROW = 4.6  # mm
SQUARE = {"markersize": 4.2, "markeredgewidth": 0.4}


@KINDS.add("trials")
def trials(
    results: Results,
    *,
    analyses: list[Analysis],
    present: list[Analysis] = (),
    doses: list[str] = (),
    dose: Column = "",
    width: style.Width = "double",
) -> Drawing:
    """Proportions across trials with exact intervals, the pooled estimate as a diamond, the prediction interval of a new
    trial below it; trials that are not pooled because they share patients are hollow. Sorted by dose if it is given.

    Parameters
        analyses: pool analyses, a panel each
        present: for each panel, the analysis of the present study
        doses: columns of the file with the lowest and the highest dose of a trial
        dose: column of the subjects with the dose
        width: single (85 mm) or double (180 mm)
    """
    panels = [
        _trials(results, analysis, present[i] if i < len(present) else "", list(doses), dose)
        for i, analysis in enumerate(analyses)
    ]
    if not any(panel["rows"] for panel in panels):
        return empty(results, width, "No trials")
    page_width = style.WIDTHS[width]
    rows = [row for panel in panels for row in panel["rows"]]
    names = min(style.widest(row["name"] for row in rows) + 3.0, 0.3 * page_width)
    dose_head = (results.plan.label(dose, unit=True) if dose else "Dose") if doses else ""
    dosed = style.widest([dose_head, *(row["dose"] for row in rows)])
    dosed += 4.0 if dosed else 0.0
    narrow = width == "single"  # the dose stands below the name, the counts above the estimates
    if narrow:
        dosed, dose_head = 0.0, ""
        for row in rows:
            row["text"], row["count"] = "\n".join(filter(None, (row["count"], row["text"]))), ""
    counted = style.widest(row["count"] for row in rows) + 3.0
    texts = max(style.widest(row["text"] for row in rows), 22.0)
    left = names + dosed
    plot_width = page_width - left - counted - texts - 5.0
    columns = {"count": page_width - texts - 3.0, "text": page_width}
    for panel in panels:
        panel["title"] = style.wrap(panel["name"], page_width - 5.0, style.TITLE, "semibold")
        panel["head"] = (panel["title"].count("\n") + 1) * 3.6 + ROW
        panel["foot"] = style.wrap(panel["note"], page_width)
        for row in panel["rows"]:
            row["name"] = style.wrap(row["name"], names - 2.0)
            if narrow and row["dose"]:
                row["name"], row["dose"] = f"{row['name']}\n{style.wrap(row['dose'], names - 2.0)}", ""
            lines = 1 + max(row[key].count("\n") for key in ("name", "text"))
            row["height"] = max(ROW, lines * style.LINE + 1.4)
        panel["body"] = max(sum(row["height"] for row in panel["rows"]), ROW) + 1.2
        panel["height"] = panel["head"] + panel["body"] + 5.6 + (panel["foot"].count("\n") + 1) * style.LINE
    page = style.Page(results, width, sum(p["height"] for p in panels) + 3.0 * len(panels) + 1.5)
    y = 0.0
    for i, (panel, letter) in enumerate(zip(panels, style.letters(len(panels)), strict=True)):
        page.panel(0.0, y, letter, panel["title"])
        last = f"% ({100 * results.plan.level:g}% CI)"
        heads = {f"n/N, {last}": columns["text"]} if narrow else {"n/N": columns["count"], last: columns["text"]}
        for text, x in heads.items():
            page.text(x, y + panel["head"] - ROW + 0.8, text, ha="right", color=style.GREY)
        page.text(names, y + panel["head"] - ROW + 0.8, dose_head, color=style.GREY)
        y += panel["head"]
        axes = page.axes(left, y, plot_width, panel["body"])
        axes.set(xlim=(0, 100), ylim=(panel["body"], 0), yticks=[], xticks=[0, 25, 50, 75, 100])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x", color=style.FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        if i == len(panels) - 1:
            axes.set_xlabel("Participants, %")
        if not panel["rows"]:
            page.text(0.0, y + ROW / 2, "no trials", va="center", color=style.GREY)
        at = 0.0
        for row in panel["rows"]:
            middle = at + row["height"] / 2
            weight = "semibold" if row["kind"] in ("present", "pooled") else "normal"
            page.text(0.0, y + middle, row["name"], va="center", weight=weight)
            page.text(names, y + middle, row["dose"], va="center")
            page.text(columns["count"], y + middle, row["count"], ha="right", va="center")
            page.text(columns["text"], y + middle, row["text"], ha="right", va="center")
            _mark(axes, row, middle)
            at += row["height"]
        y += panel["body"] + 5.6
        page.text(0.0, y + (4.0 if i == len(panels) - 1 else 0.0), panel["foot"], color=style.GREY)
        y += (panel["foot"].count("\n") + 1) * style.LINE + 3.0
    keep = ("panel", "name", "kind", "dose_low", "dose_high", "n", "N", "estimate", "ci_low", "ci_high")
    numbers = pd.DataFrame([{"panel": p["name"], **row} for p in panels for row in p["rows"]])[list(keep)]
    numbers["name"] = numbers["name"].str.replace("\n", " ")
    return Drawing(page.figure, numbers, _trials_alt(panels))


COLOURS = {"present": style.GROUPS[1], "pooled": style.INK, "prediction": style.INK}


def _mark(axes, row: dict, y: float) -> None:
    colour = COLOURS.get(row["kind"], style.GROUPS[0])
    x, low, high = (100 * row[key] for key in ("estimate", "ci_low", "ci_high"))
    if row["kind"] == "pooled":
        axes.fill([low, x, high, x], [y, y - 1.3, y, y + 1.3], color=colour, linewidth=0)
        axes.axvline(x, color=style.GREY, linewidth=0.6, linestyle=(0, (4, 3)), zorder=0)
        return
    axes.plot([low, high], [y, y], color=colour, linewidth=1.6 if row["kind"] == "prediction" else 1.2,
              solid_capstyle="butt", clip_on=False)  # fmt: skip
    if row["kind"] != "prediction":
        hollow = row["kind"] == "left out"
        face = {"markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 0.8} if hollow else {}
        axes.plot(x, y, "s", **{"color": colour, "markeredgecolor": "white", **SQUARE, **face}, clip_on=False)


def _trials(results: Results, analysis: str, present: str, doses: list[str], dose: str) -> dict:
    """The rows of one panel: the present study, trials by dose, the pooled estimate and the prediction interval."""
    spec = results.plan.analyses[analysis]
    trial = spec.get("trial", "trial")
    table = read_guessed(spec["file"], trial).set_index(trial)
    found = results.analysis(analysis)
    note = next(iter(found.loc[(found["level"] == "") & (found["statistic"] == "estimate"), "note"]), "")
    left = dict(re.findall(r"(?:^|; )([^;]+?) left out: ([^;]+)", note))
    rows = []
    for name in [*dict.fromkeys(found.loc[found["statistic"] == "N", "level"]), *left]:
        n, total = (float(table.loc[name, spec[key]]) if name else math.nan for key in ("n", "N"))
        if not (total > 0 and n >= 0):
            continue
        out = name in left
        limits = {
            key: value(results, analysis, key, level=Name(name, name)) for key in ("estimate", "ci_low", "ci_high")
        }
        rows.append({
            "name": name, "kind": "left out" if out else "trial", "n": n, "N": total, "count": f"{n:.0f}/{total:.0f}",
            "text": "not pooled" if out else estimate(results, analysis, level=Name(name, name)).replace("%", ""),
            **_dose(table.loc[name, doses].astype(float) if doses else ()),
            **limits, **({"estimate": n / total} if math.isnan(limits["estimate"]) else {}),
        })  # fmt: skip
    rows.sort(key=lambda row: (row["dose_low"] * row["dose_high"] if row["dose"] else math.inf, row["name"]))
    if present and value(results, present, "N") > 0:
        own = number(analysed(results, present).frame[dose]) if dose else ()
        own = [x for x in own if x > 0]
        rows.insert(
            0, {**_own(results, present, "This study", "present"), **_dose((min(own), max(own)) if own else ())}
        )
    if not math.isnan(value(results, analysis, "estimate")):
        rows.append(
            {**_own(results, analysis, f"Pooled ({shown(results, analysis, 'trials')} trials)", "pooled"), **_dose(())}
        )
        low, high = (value(results, analysis, f"prediction_{end}") for end in ("low", "high"))
        if not math.isnan(low + high):
            ends = interval(*(shown(results, analysis, f"prediction_{end}") for end in ("low", "high")))
            rows.append({"name": "New trial (prediction)", "kind": "prediction", "n": math.nan, "N": math.nan, "count": "",
                         "text": f"({ends})", "estimate": math.nan, "ci_low": low, "ci_high": high, **_dose(())})  # fmt: skip
    i2 = shown(results, analysis, "i2", level=word("heterogeneity"))
    parts = [f"I² {i2}%" if i2 not in ("", "NE") else "", *(f"{name}: {why}" for name, why in left.items())]
    return {"name": label(results, analysis), "rows": rows, "note": "; ".join(filter(None, parts))}


def _own(results: Results, analysis: str, name: str, kind: str) -> dict:
    limits = {key: value(results, analysis, key) for key in ("n", "N", "estimate", "ci_low", "ci_high")}
    text = estimate(results, analysis).replace("%", "")
    return {"name": name, "kind": kind, "count": f"{limits['n']:.0f}/{limits['N']:.0f}", "text": text, **limits}


def _dose(limits: Iterable[float]) -> dict:
    ends = [float(x) for x in limits if x > 0]
    text = "\u2013".join(dict.fromkeys(style.scientific(x) for x in ends))
    return {"dose": text, "dose_low": min(ends, default=math.nan), "dose_high": max(ends, default=math.nan)}


def _trials_alt(panels: list[dict]) -> str:
    sentences = []
    for panel in panels:
        parts = [
            " ".join(filter(None, (row["name"].replace("\n", " "), row["count"], row["text"]))) for row in panel["rows"]
        ]
        sentences.append(f"{panel['name']}: " + "; ".join([*parts, panel["note"]]))
    return "Across trials. " + ". ".join(sentences) + "."


@KINDS.add("claims")
def claims(results: Results, *, file: File, width: style.Width = "double") -> Drawing:
    """Published claims against the results: the published number as a ring, the recomputed one as a square with its
    interval, analyses with another denominator below it. What is not a proportion is given in figures.

    Parameters
        file: the study's claims.yaml
        width: single (85 mm) or double (180 mm)
    """
    content = load_yaml(Path(file))
    rows = [row for name, claim in content["claims"].items() for row in _claim(results, content, name, claim)]
    if not rows:
        return empty(results, width, "No published claims")
    page_width = style.WIDTHS[width]
    columns = {key: max(style.widest(row[key] for row in rows), 14.0) for key in ("published", "recomputed")}
    narrow = 0.24 * page_width
    columns = {key: min(size, narrow) for key, size in columns.items()}
    names = 0.3 * page_width
    plot_x = names + 3.0 + columns["published"] + 3.0
    plot_width = page_width - plot_x - columns["recomputed"] - 4.0
    for row in rows:
        row["lines"] = {
            "name": style.wrap(row["name"], names - row["indent"]),
            **{key: style.wrap(row[key], columns[key]) for key in columns},
        }
        lines = max(text.count("\n") + 1 for text in row["lines"].values())
        row["height"] = max(ROW, lines * style.LINE + 1.6)
    entries = [
        ("Published", {"marker": "o", **RING}),
        (f"Recomputed, {100 * results.plan.level:g}% CI",
         {"marker": "s", "linestyle": "-", "color": style.GROUPS[0], "linewidth": 1.2, "markersize": 3.6}),
        ("Another denominator", {"marker": "s", **HOLLOW}),
    ]  # fmt: skip
    top = style.key_height(entries, page_width) + 1.5
    body = sum(row["height"] for row in rows) + 1.0
    page = style.Page(results, width, top + ROW + body + 9.5)
    page.key(0.0, 0.3, entries, page_width)
    page.text(names + 3.0, top, "Published", color=style.GREY)
    page.text(page_width, top, "Recomputed", ha="right", color=style.GREY)
    top += ROW
    axes = page.axes(plot_x, top, plot_width, body, facecolor="none")
    axes.set(xlim=(0, 100), ylim=(body, 0), yticks=[], xticks=[0, 25, 50, 75, 100])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=style.FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Participants, %")
    at = 0.0
    for i, row in enumerate(rows):
        if i and not row["indent"]:
            page.line([0.0, page_width], [top + at] * 2, color=style.FAINT, linewidth=0.6, zorder=0)
        middle = at + row["height"] / 2
        page.text(row["indent"], top + middle, row["lines"]["name"], va="center")
        ink = style.INK if row["analysis"] else style.GREY
        page.text(names + 3.0, top + middle, row["lines"]["published"], va="center", color=ink)
        page.text(page_width, top + middle, row["lines"]["recomputed"], ha="right", va="center", color=ink)
        x, low, high = (100 * row[key] for key in ("estimate", "ci_low", "ci_high"))
        tone = HOLLOW if row["indent"] else {"color": style.GROUPS[0], "markersize": 3.6, "markeredgewidth": 0}
        axes.plot([low, high], [middle] * 2, color=style.GROUPS[0], linewidth=1.2, solid_capstyle="butt", clip_on=False)
        axes.plot(x, middle, "s", clip_on=False, **tone)
        axes.plot(row["published_percent"], middle, "o", clip_on=False, zorder=4, **RING)
        at += row["height"]
    keep = ("claim", "name", "source", "published", "published_percent", "analysis", "recomputed", "estimate", "ci_low", "ci_high")  # fmt: skip
    numbers = pd.DataFrame(rows)[list(keep)]
    parts = [f"{row['name']}: published {row['published']}, recomputed {row['recomputed']}" if not row["indent"]
             else f"{row['name']} {row['recomputed']}" for row in rows]  # fmt: skip
    return Drawing(page.figure, numbers, "Published against recomputed. " + "; ".join(parts) + ".")


RING = {"color": style.GROUPS[1], "markerfacecolor": "none", "markersize": 6.4, "markeredgewidth": 1.1}
HOLLOW = {"color": style.GROUPS[0], "markerfacecolor": "white", "markersize": 3.6, "markeredgewidth": 0.8}


def _claim(results: Results, content: dict, name: str, claim: dict) -> list[dict]:
    """The row of a claim, and one for each analysis of the same outcome with another denominator."""
    numbers = claim.get("published", {})
    percent = numbers.get("percent", 100 * numbers["n"] / numbers["N"] if {"n", "N"} <= numbers.keys() else math.nan)
    texts = {statistic: rounded(number, 0 if number == int(number) else 1) for statistic, number in numbers.items()}
    source = content["sources"][claim["source"]]["title"]
    common = {"claim": name, "source": source}
    row = {
        "name": f"{claim.get('label', name)} ({source.lower()})",
        "indent": 0.0,
        "published": _printed(texts) or "no number",
    }
    analysis = claim.get("analysis", "")
    rows = [{**common, **row, "published_percent": percent, **_recomputed(results, analysis, numbers)}]
    for other in claim.get("alternatives", ()):
        population = results.plan.populations[results.plan.analyses[other]["population"]].label
        row = {"name": population, "indent": 4.0, "published": "", "published_percent": math.nan}
        rows.append({**common, **row, **_recomputed(results, other, numbers)})
    return rows


def _recomputed(results: Results, analysis: str, published: dict) -> dict:
    empty = dict.fromkeys(("estimate", "ci_low", "ci_high"), math.nan)
    if not analysis:
        return {"analysis": "", "recomputed": "not checkable", **empty}
    texts = {name: shown(results, analysis, name) for name in {**dict.fromkeys(published), "N": None}}
    texts = {name: text for name, text in texts.items() if text and name != "percent"}
    if value(results, analysis, "N") == 0:
        return {"analysis": analysis, "recomputed": "no participants", **empty}
    if "n" in published:
        texts["n"] = shown(results, analysis, "n")
        text = "/".join(texts[key] for key in ("n", "N") if texts.get(key))
        text = ", ".join(filter(None, (text, estimate(results, analysis))))
        empty = {key: value(results, analysis, key) for key in empty}
    else:
        texts.pop("N", None)
        text = _printed(texts)
    return {"analysis": analysis, "recomputed": text, **empty}


def _printed(texts: dict[str, str]) -> str:
    """'36/40, 90%', or '206 (45–427)' of a median with its range."""
    parts = [
        "/".join(texts[key] for key in ("n", "N") if key in texts),
        f"{texts['percent']}%" if "percent" in texts else "",
    ]
    limits = interval(texts.get("min", ""), texts.get("max", ""))
    median = texts.get("median", "")
    parts.append(f"{median} ({limits})" if median and limits else median or limits)
    return ", ".join(filter(None, parts))
