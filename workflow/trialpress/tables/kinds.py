"""The kinds of table that plan.yaml can name. Numbers are the displays of ard.csv, each a link to its record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from ..figures import kinds  # noqa: F401  some tables import kinds of figure: all are registered in one order, that of the module
from ..figures.effects import against_first, effect
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
from ..registry import Analysis, Column
from ..results import Results
from .balance import balance  # noqa: F401
from .counts import crosstab  # noqa: F401  importing registers the kinds
from .described import STATISTICS, Statistic, bracketed, described
from .designs import sample_sizes, two_stage_designs  # noqa: F401
from .escalation import dose_escalation  # noqa: F401
from .estimates import estimates  # noqa: F401
from .listing import listing  # noqa: F401
from .repeated import repeated  # noqa: F401
from .subgroups import subgroups  # noqa: F401
from .table import KINDS, N_IS, NO_VALUE, Cell, Table, aligned, linked
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
    n (%), those with the value missing, the standardised difference where two groups are compared, and intervals and p-values where the
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
    sizes = [linked(results, analysis, shown(results, analysis, "N", group), group) for group in columns]
    header = ["Characteristic", *(Cell(f"{title} ({N_IS}", n, ")") for title, n in zip(titles, sizes, strict=True))]
    more = [*(["SMD"] if difference else []), *(["P"] if tested else [])]
    table = Table([*header, *more], aligned("left", [*columns, *more]))
    used: set[str] = set()
    for variable in spec["variables"]:
        name = data.column(variable)
        asked = [*(["standardised_difference"] if difference else []), *(["p_value"] if tested else [])]
        compared = [_one(results, analysis, statistic, level=name) for statistic in asked]
        levels: list[Name] = []
        if (rows["level"].eq(name.id) & rows["statistic"].eq("median")).any() or not rows["level"].str.startswith(
            f"{name.id}="
        ).any():
            lines = {
                STATISTICS[one][0]: [described(results, analysis, group, name, one) for group in columns]
                for one in statistics_of.get(variable, list(statistics))
            }
            used |= set(statistics_of.get(variable, statistics))
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
        if any(value(results, analysis, "missing", group, name) > 0 for group in columns) or any(shares):
            both = zip(columns, missing, shares, strict=True)
            cells = [
                linked(results, analysis, f"{text} ({share})" if share not in ("", "NE") else text, group, name)
                for group, text, share in both
            ]
            table.add(own_word("Missing", printed(levels), "no value"), *cells, *[""] * len(more), indent=1)
    table.note(*_of_baseline(spec, used))
    if spec.get("intervals"):
        table.note(f"In square brackets: {_ci(results)}, exact of percentages and medians, Student's of means.")
    if difference:
        first, second = printed(columns[:2])
        table.note(
            f"SMD: standardised mean difference, {first} less {second}; of two levels that of the second, of more levels without a sign."
        )
        table.note("" if tested else "The groups were not tested.")
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


def _one(results: Results, analysis: str, statistic: str, group: Name = EVERYONE, level: Name = EVERYONE) -> Cell:
    """A single statistic."""
    return linked(results, analysis, shown(results, analysis, statistic, group, level) or NO_VALUE, group, level)


def _share(results: Results, analysis: str, group: Name, level: Name, variable: Name) -> Cell:
    if not value(results, analysis, "N", group, variable) > 0:
        return Cell(NO_VALUE)
    n, percent = (shown(results, analysis, name, group, level) for name in ("n", "percent"))
    limits = interval(*(shown(results, analysis, name, group, level) for name in ("ci_low", "ci_high")))
    return linked(results, analysis, f"{n} ({percent}){bracketed(limits)}", group, level)


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
        found, p = effect(results, analysis), p_text(results, analysis)
        trend = linked(results, analysis, "; ".join(filter(None, (found, p))))
        table.add(label(results, analysis), population, "", "", trend)
        for group in own:
            table.add(group.label, "", *_proportion(results, analysis, group), indent=1)
    table.note(*_methods(results, analyses, "estimate", "p_value"), *_notes(results, analyses))
    return table


def _proportion(results: Results, analysis: str, group: Name) -> tuple[str, ...]:
    if not value(results, analysis, "N", group) > 0:
        return EMPTY, NO_VALUE, NO_VALUE
    n, total = (shown(results, analysis, name, group) for name in ("n", "N"))
    limits = interval(*(shown(results, analysis, name, group) for name in ("ci_low", "ci_high")))
    texts = (f"{n}/{total}", shown(results, analysis, "estimate", group).rstrip("%"), limits)
    return tuple(linked(results, analysis, text, group) for text in texts)


MEANING = {
    "OR": "OR: odds ratio, the second group against the first, of a trend each group against the one before.",
    "HR": "HR: hazard ratio, against the first group.",
    "SHR": "SHR: subdistribution hazard ratio (Fine and Gray), against the first group.",
    "RR": "RR: risk ratio, the second group against the first.",
    "IRR": "IRR: incidence rate ratio, against the first group.",
    "shift": "Shift: Hodges-Lehmann estimate, of a group less the first.",
    "ρ": "ρ: Spearman's rank correlation.",
    "τ": "τ: Kendall's tau-b.",
    "r": "r: Pearson's correlation.",
    "κ": "κ: Cohen's kappa.",
    "V": "V: Cramér's V, from 0 to 1.",
}


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
        tests = ["p_value", *(["p_value_adjusted"] if adjusted else [])]
        several = _against_first(results, analysis)
        one = next(iter(several.values())) if len(several) == 1 else _effect(results, analysis)
        cells = [_groups_text(results, analysis), "" if len(several) > 1 else one]
        table.add(label(results, analysis), *cells, *(_one(results, analysis, test) for test in tests))
        for name, one in several.items() if len(several) > 1 else ():
            table.add(name, "", one, *[""] * len(tests), indent=1)
    table.note(*_methods(results, analyses, "p_value"))
    table.note(
        *(MEANING[name] for name in MEANING if any(re.search(rf"\b{name} ", row.cells[2]) for row in table.rows))
    )
    if any("NE" in cell for row in table.rows for cell in row.cells[2:]):
        table.note("NE: not estimable.")
    table.note(*_notes(results, analyses))
    return table


def _groups_text(results: Results, analysis: str) -> Cell:
    parts: list[str | tuple[str, str]] = []
    by = results.plan.analyses[analysis].get("by")
    for group in groups(results, analysis) or (results.analysed(analysis).groups(by) if by else ()):
        if not group:
            continue
        n, total, median = (shown(results, analysis, name, group) for name in ("n", "N", "median"))
        text = f"{n}/{total}" if total else f"median {median} ({N_IS}{n})" if median else ""
        parts += ["; " if parts else "", f"{group.label} " if text else group.label]
        parts += [(text, results.record(analysis, group))] if text else []
    return Cell(*parts) if parts else Cell(NO_VALUE)


def _effect(results: Results, analysis: str) -> Cell:
    return linked(results, analysis, effect(results, analysis)) if effect(results, analysis) else Cell(NO_VALUE)


def _against_first(results: Results, analysis: str) -> dict[str, Cell]:
    """The effects of several groups, each against the first: what is compared -> its effect."""
    return {
        f"{group.label} against {first.label}": linked(results, analysis, text, level=level)
        for first, group, level, text in against_first(results, analysis)
    }


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


def _times(results: Results, analysis: str, group: Name, levels: list[Name]) -> list[Cell]:
    n = shown(results, analysis, "n", group)
    if not value(results, analysis, "n", group) > 0:
        return [Cell(EMPTY), *[Cell(NO_VALUE)] * (len(levels) + 1)]
    median = estimate(results, analysis, group, statistic="median")
    if median == "NE":
        low, high = (shown(results, analysis, name, group) for name in ("ci_low", "ci_high"))
        median = f"NE ({interval(low, high)})"
    events = f"{shown(results, analysis, 'events', group)}/{n}"
    cells = [linked(results, analysis, text, group) for text in (events, median)]
    for level in levels:
        text = estimate(results, analysis, group, level).replace("%", "") or NO_VALUE
        cells.append(linked(results, analysis, text, group, level))
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
        size = Cell(" (", linked(results, analysis, size), ")") if size else ""
        table.section(Cell(label(results, analysis), size))
        ratios = rows[rows["statistic"].isin(["hazard_ratio", "odds_ratio"]) & rows["level"].ne("")]
        order = covariate_order(results, analysis, names(ratios, "level"))
        for level in order:
            statistic = ratios.loc[ratios["level"] == level.id, "statistic"].iloc[0]
            ratio = linked(
                results, analysis, estimate(results, analysis, level=level, statistic=statistic), level=level
            )
            table.add(level.label, ratio, _one(results, analysis, "p_value", level=level), indent=1)
        if not order:
            table.add("not estimable", NO_VALUE, NO_VALUE, indent=1)
    table.note(*_methods(results, analyses, "hazard_ratio", "odds_ratio"), *_notes(results, analyses))
    return table
