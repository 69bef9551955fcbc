"""The kinds of table that plan.yaml can name. Numbers are the displays of ard.csv; counts are counts of participants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from ..figures.read import (
    covariate_order,
    distinct_labels,
    estimate,
    groups,
    interval,
    label,
    names,
    p_text,
    printed,
    shown,
    value,
)  # fmt: skip
from ..ids import EVERYONE, Name
from ..ids import at as at_time
from ..ids import level as level_of
from ..plan import own_word
from ..registry import Analysis, Column, Population
from ..results import Results
from .described import STATISTICS, Statistic, described
from .escalation import dose_escalation  # noqa: F401
from .events import adverse_events  # noqa: F401  importing registers the kind
from .listing import listing  # noqa: F401
from .table import KINDS, N_IS, NO_VALUE, Table, aligned
from .toxicity import toxicity  # noqa: F401
from .visits import visits  # noqa: F401

__all__ = ["KINDS"]

EMPTY = "no participants"


def _ci(results: Results) -> str:
    return f"{100 * results.plan.level:g}% CI"


def _methods(results: Results, analyses, *statistics: str) -> list[str]:
    """The methods that gave these statistics in several analyses, each once, as sentences."""
    methods: dict[str, None] = {}
    for analysis in analyses:
        rows = results.analysis(analysis)
        methods |= dict.fromkeys(rows.loc[rows["statistic"].isin(statistics), "method"])
    return [_sentence(method) for method in methods if method]


def _notes(results: Results, analyses) -> list[str]:
    """What the rows say of themselves, each note once with the analyses that it belongs to. Who is left out is said of all
    tables alike."""
    notes: dict[str, list[str]] = {}
    titles = distinct_labels(results, analyses)
    for analysis in analyses:
        said = results.left_out(analysis)
        parts = (part for note in results.analysis(analysis)["note"] for part in note.split("; "))
        for note in dict.fromkeys(parts):
            if note and "not estimable" not in note and note not in said:
                notes.setdefault(note, []).append(titles[analysis])
    return [f"{_sentence(note)[:-1]}: {', '.join(labels)}." for note, labels in notes.items()]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


@KINDS.add("baseline")
def baseline(
    results: Results,
    *,
    analysis: Analysis,
    statistics: list[Statistic] = ("median_iqr",),
    statistics_of: dict[Column, list[Statistic]] = None,
    order: Literal["levels", "frequency"] = "levels",
) -> Table:
    """Characteristics by group and overall: numbers by median (interquartile range) or by other statistics, the others by
    n (%), those with the value missing, the standardised difference where two groups are compared, and p-values where the
    analysis has them.

    Parameters
        analysis: baseline analysis
        statistics: how numbers are described, in this order; more than one stand in rows of their own
        statistics_of: variable -> the same for it alone
        order: levels in their own order, or from the most frequent
    """
    statistics_of = statistics_of or {}
    spec = results.plan.analyses[analysis]
    data = results.analysed(analysis)
    columns = [*(groups(results, analysis) if "by" in spec else []), EVERYONE]
    rows = results.analysis(analysis)
    difference = (rows["statistic"] == "standardised_difference").any()
    tested = (rows["statistic"].eq("p_value") & rows["group"].eq("")).any()
    titles = [*printed(columns[:-1]), own_word("Overall", printed(columns[:-1]), "everyone")]
    sizes = [shown(results, analysis, "N", group) for group in columns]
    header = ["Characteristic", *(f"{title} ({N_IS}{n})" for title, n in zip(titles, sizes, strict=True))]
    more = [*(["SMD"] if difference else []), *(["P"] if tested else [])]
    table = Table([*header, *more], aligned("left", [*columns, *more]))
    for variable in spec["variables"]:
        name = data.column(variable)
        asked = [*(["standardised_difference"] if difference else []), *(["p_value"] if tested else [])]
        compared = [shown(results, analysis, statistic, level=name) or NO_VALUE for statistic in asked]
        levels: list[Name] = []
        if (rows["level"].eq(name.id) & rows["statistic"].eq("median")).any() or not rows["level"].str.startswith(
            f"{name.id}="
        ).any():
            lines = {
                STATISTICS[one][0]: [described(results, analysis, group, name, one) for group in columns]
                for one in statistics_of.get(variable, list(statistics))
            }
            if len(lines) == 1:
                for what, cells in lines.items():
                    table.add(f"{name.label}, {what}", *cells, *compared)
            else:
                table.add(name.label, *[""] * len(columns), *compared)
                for what, cells in lines.items():
                    table.add(what[:1].upper() + what[1:] if what != "n" else what, *cells, *[""] * len(more), indent=1)
        else:
            table.add(f"{name.label}, n (%)", *[""] * len(columns), *compared)
            levels = list(data.groups(variable))
            if order == "frequency":
                levels.sort(key=lambda code: -value(results, analysis, "n", EVERYONE, level_of(name, code)))
            for code in levels:
                cells = [_share(results, analysis, group, level_of(name, code), name) for group in columns]
                table.add(code.label, *cells, *[""] * len(more), indent=1)
        missing = [shown(results, analysis, "missing", group, name) for group in columns]
        shares = [shown(results, analysis, "missing_percent", group, name) for group in columns]
        if any(text not in ("", "0") for text in missing) or any(shares):
            cells = [
                f"{text} ({share})" if share not in ("", "NE") else text
                for text, share in zip(missing, shares, strict=True)
            ]
            table.add(own_word("Missing", printed(levels), "no value"), *cells, *[""] * len(more), indent=1)
    table.note(*_of_baseline(spec, {*statistics, *(one for asked in statistics_of.values() for one in asked)}))
    if difference:
        tests = "" if tested else " Groups that were not randomised are not tested."
        table.note(f"SMD: standardised mean difference between the two groups.{tests}")
    if tested:
        table.note("P: without adjustment.", *_methods(results, [analysis], "p_value"))
    return table


def _of_baseline(spec: Mapping, asked: set[str]) -> list[str]:
    """What the abbreviations mean and what percentages are of."""
    notes = ["SD: standard deviation."] if "mean_sd" in asked else []
    notes += ["IQR: interquartile range."] if "median_iqr" in asked else []
    of, each = spec.get("percent_of", "known"), spec.get("percent_of_each", {})
    whole = {"known": "of those in whom the value is known", "all": "of all participants of the group"}
    notes.append(f"Percentages are {whole[of]}.")
    other = [variable for variable, kind in each.items() if kind != of]
    if other:
        notes.append(f"Those of {', '.join(other)} are {whole[each[other[0]]]}.")
    return [" ".join(notes)]


def _share(results: Results, analysis: str, group: Name, level: Name, variable: Name) -> str:
    if not value(results, analysis, "N", group, variable) > 0:
        return NO_VALUE
    return f"{shown(results, analysis, 'n', group, level)} ({shown(results, analysis, 'percent', group, level)})"


@KINDS.add("proportions")
def proportions(results: Results, *, analyses: list[Analysis]) -> Table:
    """Proportions, each with its denominator and exact interval.

    Parameters
        analyses: proportion and trend analyses; groups are rows below their analysis
    """
    table = Table(["Outcome", "Population", "n/N", "%", _ci(results)], ["left", "left", "right", "right", "right"])
    for analysis in analyses:
        population = results.plan.populations[results.plan.analyses[analysis]["population"]].label
        own = groups(results, analysis)
        if own == [EVERYONE]:
            table.add(label(results, analysis), population, *_proportion(results, analysis, EVERYONE))
            continue
        trend = p_text(results, analysis, "P for trend")
        table.add(label(results, analysis), population, "", "", trend)
        for group in own:
            table.add(group.label, "", *_proportion(results, analysis, group), indent=1)
    table.note(*_methods(results, analyses, "estimate", "p_value"), *_notes(results, analyses))
    return table


def _proportion(results: Results, analysis: str, group: Name) -> tuple[str, str, str]:
    if not value(results, analysis, "N", group) > 0:
        return EMPTY, NO_VALUE, NO_VALUE
    n, total = (shown(results, analysis, name, group) for name in ("n", "N"))
    limits = interval(*(shown(results, analysis, name, group) for name in ("ci_low", "ci_high")))
    return f"{n}/{total}", shown(results, analysis, "estimate", group).rstrip("%"), limits


# Statistics that are a comparison's effect, and their abbreviations.
EFFECTS = {"odds_ratio": "OR", "risk_ratio": "RR", "hazard_ratio": "HR", "estimate": ""}
# What an estimate is, by the method that gave it.
ESTIMATES = {"spearman": "ρ", "kendall": "τ", "mann_whitney": "shift"}


@KINDS.add("comparisons")
def comparisons(results: Results, *, analyses: list[Analysis]) -> Table:
    """Comparisons and associations: what is compared in each group, the effect with its interval, the p-value.

    Parameters
        analyses: analyses with a p-value
    """
    header = ["Comparison", "Groups", f"Effect ({_ci(results)})", "P"]
    adjusted = any("p_value_adjusted" in set(results.analysis(analysis)["statistic"]) for analysis in analyses)
    table = Table(
        [*header, *(["Adjusted P"] if adjusted else [])], ["left", "left", "right", "right", "right"][: 4 + adjusted]
    )
    for analysis in analyses:
        cells = [label(results, analysis), _groups_text(results, analysis), _effect(results, analysis)]
        cells.append(shown(results, analysis, "p_value") or NO_VALUE)
        if adjusted:
            cells.append(shown(results, analysis, "p_value_adjusted") or NO_VALUE)
        table.add(*cells)
    table.note(*_methods(results, analyses, "p_value"))
    if any(row.cells[2].startswith("OR") for row in table.rows):
        table.note("OR: odds ratio, the second group against the first.")
    if any(row.cells[2].startswith("shift") for row in table.rows):
        table.note("Shift: Hodges-Lehmann estimate, the second group less the first.")
    if any("NE" in row.cells[3] for row in table.rows):
        table.note("NE: not estimable.")
    table.note(*_notes(results, analyses))
    return table


def _groups_text(results: Results, analysis: str) -> str:
    parts = []
    for group in groups(results, analysis):
        if not group:
            continue
        total = shown(results, analysis, "N", group)
        if total:
            parts.append(f"{group.label} {shown(results, analysis, 'n', group)}/{total}")
        elif shown(results, analysis, "median", group):
            parts.append(
                f"{group.label} median {shown(results, analysis, 'median', group)} ({N_IS}{shown(results, analysis, 'n', group)})"
            )
        else:
            parts.append(group.label)
    return "; ".join(parts) or NO_VALUE


def _effect(results: Results, analysis: str) -> str:
    for statistic, name in EFFECTS.items():
        text = estimate(results, analysis, statistic=statistic)
        if text:
            name = name or ESTIMATES.get(results.plan.analyses[analysis]["method"], "")
            return f"{name} {text}".strip()
    return NO_VALUE


@KINDS.add("crosstab")
def crosstab(results: Results, *, population: Population, rows: Column, columns: list[Column]) -> Table:
    """One classification against others: counts of participants, those without a value apart.

    Parameters
        population: who is counted
        rows: classification in the rows
        columns: classifications in the columns, side by side
    """
    data = results.population(population)
    every = [name.label for column in (rows, *columns) for name in data.groups(column)]
    unknown, everyone = own_word("Unknown", every, "no value"), own_word("All", every, "together")
    lines = _levels(data, rows, unknown)
    across = {column: _levels(data, column, unknown) for column in columns}
    titles = list(dict.fromkeys(name for levels in across.values() for name in levels if name != unknown))
    titles += [unknown] if any(unknown in levels for levels in across.values()) else []
    table = Table([results.plan.label(rows), *titles, everyone], aligned("left", [*titles, ""]))
    nobody = pd.Series(False, index=data.frame.index)
    everybody = ~nobody
    for column, levels in across.items():
        table.section(f"Columns: {results.plan.label(column)}")
        for name, line in {**lines, everyone: everybody}.items():
            counts = [f"{int((line & levels.get(other, nobody)).sum()):,}" for other in titles]
            table.add(name, *counts, f"{int(line.sum()):,}", indent=1)
    table.note(f"Numbers of participants; in the rows: {results.plan.label(rows)}.")
    return table


def _levels(data, column: str, name: str) -> dict[str, pd.Series]:
    """Levels of a column with those in whom it is not known, if there are any."""
    levels = {level.label: members for level, members in data.groups(column).items()}
    unknown = ~pd.concat(levels.values(), axis=1).any(axis=1) if levels else data.frame[column].isna()
    return {**levels, name: unknown} if unknown.any() else levels


@KINDS.add("time_to_event")
def time_to_event(results: Results, *, analyses: list[Analysis]) -> Table:
    """Times to event: events, medians and estimates at the fixed times of each analysis.

    Parameters
        analyses: kaplan_meier analyses; groups are rows below their analysis
    """
    levels: list[Name] = []
    for analysis in analyses:
        spec = results.plan.analyses[analysis]
        levels += [at_time(t, spec.get("unit", "months")) for t in spec.get("at", ())]
    levels = list(dict.fromkeys(levels))
    header = [
        "Endpoint",
        "Events/n",
        f"Median ({_ci(results)})",
        *(f"At {level.label}, % ({_ci(results)})" for level in levels),
    ]
    table = Table(header, aligned("left", header[1:]))
    for analysis in analyses:
        own = groups(results, analysis)
        unit = results.plan.analyses[analysis].get("unit", "months")
        title = f"{label(results, analysis)}, {unit}"
        if own == [EVERYONE]:
            table.add(title, *_times(results, analysis, EVERYONE, levels))
            continue
        table.add(title, *[""] * (len(header) - 1))
        for group in own:
            table.add(group.label, *_times(results, analysis, group, levels), indent=1)
    table.note(*_methods(results, analyses, "median"))
    if any("NE" in cell for row in table.rows for cell in row.cells):
        table.note("NE: not reached or not estimable.")
    return table


def _times(results: Results, analysis: str, group: Name, levels: list[Name]) -> list[str]:
    n = shown(results, analysis, "n", group)
    if n in ("", "0"):
        return [EMPTY, *[NO_VALUE] * (len(levels) + 1)]
    median = estimate(results, analysis, group, statistic="median")
    if median == "NE":
        low, high = (shown(results, analysis, name, group) for name in ("ci_low", "ci_high"))
        median = f"NE ({interval(low, high)})"
    cells = [f"{shown(results, analysis, 'events', group)}/{n}", median]
    for level in levels:
        text = estimate(results, analysis, group, level)
        cells.append(text.replace("%", "") or NO_VALUE)
    return cells


@KINDS.add("coefficients")
def coefficients(results: Results, *, analyses: list[Analysis]) -> Table:
    """Regression models: hazard or odds ratio of every covariate with its interval and p-value.

    Parameters
        analyses: cox and logistic analyses, a section each
    """
    table = Table(["Covariate", f"Ratio ({_ci(results)})", "P"], ["left", "right", "right"])
    for analysis in analyses:
        rows = results.analysis(analysis)
        n, events = shown(results, analysis, "n"), shown(results, analysis, "events")
        size = ", ".join(part for part in (f"{N_IS}{n}" if n else "", f"{events} events" if events else "") if part)
        table.section(f"{label(results, analysis)} ({size})" if size else label(results, analysis))
        ratios = rows[rows["statistic"].isin(["hazard_ratio", "odds_ratio"]) & rows["level"].ne("")]
        order = covariate_order(results, analysis, names(ratios, "level"))
        for level in order:
            statistic = ratios.loc[ratios["level"] == level.id, "statistic"].iloc[0]
            ratio = estimate(results, analysis, level=level, statistic=statistic)
            table.add(level.label, ratio, shown(results, analysis, "p_value", level=level), indent=1)
        if not order:
            table.add("not estimable", NO_VALUE, NO_VALUE, indent=1)
    table.note(*_methods(results, analyses, "hazard_ratio", "odds_ratio"), *_notes(results, analyses))
    return table
