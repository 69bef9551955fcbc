"""Time to event: Kaplan-Meier curves, and those of states that begin during follow-up."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ..analysis.display import P_NAMES
from ..analysis.methods.common import followed
from ..analysis.methods.delayed import States
from ..errors import Problem, raise_if
from ..ids import EVERYONE, Name, column
from ..registry import Analysis
from ..results import Results
from ..stats.result import Result
from . import palette, style
from .curves import BIASED, COLUMNS, AtRisk, Key, Limits, Panel, fixed_times, sheet
from .drawing import KINDS, Drawing, empty
from .read import analysed, estimate, groups, interval, label, marker, names, p_text, p_value_text, shown, value
from .scales import time_ticks

MAKUCH = "Simon-Makuch"
WEIGHTED = "weighted_kaplan_meier"


@KINDS.add("kaplan_meier")
def kaplan_meier(
    results: Results,
    *,
    analyses: list[Analysis],
    tests: list[Analysis] = (),
    least_at_risk: int = 0,
    last: float = 0,
    lowest: float = 0,
    quantiles: list[float] = (),
    facets: bool = False,
    width: style.Width = "double",
) -> Drawing:
    """Kaplan-Meier curves with pointwise intervals as bands and censored times as ticks (in a figure with a curve of more than
    200 of them none, which it says), told apart by hue and dash. Above each panel: events, median and estimates at the fixed
    times of the analysis; below it the numbers at risk with cumulative events in brackets.

    Parameters
        analyses: kaplan_meier analyses, or weighted_kaplan_meier ones, a panel each
        tests: log_rank, cox and weighted_cox analyses; each is printed in the panel with the same endpoint
        least_at_risk: curves end where fewer are at risk (0: they go on to the last participant)
        last: end of the axis of time, in the unit of the analyses (0: that of the last participant)
        lowest: survival in per cent at which the axis begins
        quantiles: survival (0.5: the median) at which lines lead to the curves and their times
        facets: a panel for each group
        width: single (85 mm) or double (180 mm)
    """
    _possible(least_at_risk, last, lowest, quantiles)
    limits = Limits(least_at_risk, last, lowest)
    panels = [_panel(results, analysis, tests, limits, quantiles) for analysis in analyses]
    if not any(panel.curves for panel in panels):
        return empty(results, width, "No participants with follow-up")
    if facets:
        panels = [one for panel in panels for one in _facets(panel)]
    return sheet(results, panels, width, "Kaplan-Meier curves")


def _possible(least_at_risk: int, last: float, lowest: float, quantiles: list[float]) -> None:
    """Refuse options at which nothing could be drawn, or a line would be missing in silence."""
    wrong = [("least_at_risk", least_at_risk, "0 or more")] * (least_at_risk < 0)
    wrong += [("last", last, "a time after 0, in the unit of the analyses")] * (last < 0)
    wrong += [("lowest", lowest, "a per cent from 0 to below 100")] * (not 0 <= lowest < 100)
    wrong += [("quantiles", one, "survival between 0 and 1: 0.5 is the median") for one in quantiles if not 0 < one < 1]
    why = "the figure would lack what the plan asks for"
    raise_if(
        Problem("plan.yaml, figures", f"{key}: {one:g} is not possible", why, f"write {do}") for key, one, do in wrong
    )


def _facets(panel: Panel) -> list[Panel]:
    """A panel for each group over the same axis; the tests stand above the first."""
    found = []
    for group, key in zip(panel.groups, panel.key, strict=True):
        one, reached = ({k: of[k] for k in of if k == group} for of in (panel.curves, panel.quantiles))
        tests, risk = "" if found else panel.tests, {group: panel.at_risk[group]}
        title = ": ".join(filter(None, (panel.title, group.label)))
        found.append(
            replace(
                panel, title=title, groups=[group], curves=one, key=[key], tests=tests, at_risk=risk, quantiles=reached
            )
        )
    return found


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
    landmark analyses, which begin at their landmark (the upright line), and small and muted the naive comparison of ever
    with never, which is biased (immortal time).

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
        biased = _states(results, naive, f"Naive comparison. {BIASED}", _effect(results, naive))
        panels.append(replace(biased, small=True))
    panels = [panel for panel in panels if panel.curves]
    if not panels:
        return empty(results, width, "Nobody is followed both before and after the beginning")
    ticks, end = time_ticks(max(panel.longest for panel in panels), 5)
    for panel in panels:
        panel.over(ticks, end)
    if panels[0].title == MAKUCH:
        _in_state(results, analysis, panels[0])
    return sheet(results, panels, width, "Survival before and after the beginning")


def _states(results: Results, analysis: str, title: str, effects: list[str], level: Name = EVERYONE) -> Panel:
    """The panel of two curves, without and with what begins during follow-up."""
    spec, found = results.plan.analyses[analysis], results.curve(analysis)
    found = found[found["level"] == level.id]
    curves = {name: found[found["group"] == name.id].reset_index(drop=True) for name in names(found, "group")}
    looks = {name: palette.NOT_BEGUN if name.id.startswith(("not", "never")) else palette.BEGUN for name in curves}
    key, mark = [], marker(results, analysis)
    for name, rows in curves.items():
        events = int(rows["n_event"].sum())
        head = f"{name.label}: {events:,} of {events + int(rows['n_censored'].sum()):,} with event{mark}"
        key.append(Key(looks[name], [head, *fixed_times(results, analysis, name)]))
    endpoint, unit = results.plan.endpoints[spec["endpoint"]].label, spec.get("unit", "months")
    start = float(level.id.partition("_")[0] if level else spec.get("landmark", 0)) / results.plan.days(unit)
    return Panel(title, endpoint, unit, list(curves), curves, looks, key, ", ".join(effects), start, mark=mark)


def _in_state(results: Results, analysis: str, panel: Panel) -> None:
    """Numbers at risk of Simon-Makuch curves: who has not begun and who has, before each tick. Not from the curves, which
    have no row for whoever begins before the first one leaves."""
    spec = results.plan.analyses[analysis]
    states = States.of(analysed(results, analysis), spec["endpoint"], spec["begin"])
    start = spec.get("landmark", 0)
    for i, tick in enumerate(panel.counted):
        day = max(tick * results.plan.days(panel.unit), start)
        followed = (states.time >= day) & (states.time > start)
        begun = (states.begin < day) | (states.begin <= start)
        for name, state in zip(panel.groups, (~begun, begun), strict=True):
            panel.at_risk[name][i] = (int((followed & state).sum()), panel.at_risk[name][i][1])


def _effect(results: Results, analysis: str, level: Name = EVERYONE) -> list[str]:
    """The hazard ratio of what begins during follow-up, and the p-value."""
    spec = results.plan.analyses[analysis]
    name = column(spec["begin"], "")
    row = level if level or not shown(results, analysis, "hazard_ratio", level=name) else name
    ratio = estimate(results, analysis, level=row, statistic="hazard_ratio")
    p = shown(results, analysis, "p_value", level=row)
    texts = [f"HR {'not estimable' if ratio == 'NE' else ratio.replace(' (', f' ({100 * results.plan.level:g}% CI ')}"]
    return (texts if ratio else []) + (
        [p_value_text(p, P_NAMES.get(spec["method"], "P")).replace(" ", "\u00a0")] if p else []
    )


def _panel(results: Results, analysis: str, tests: list[str], limits: Limits, quantiles: list[float] = ()) -> Panel:
    spec, own, curve = results.plan.analyses[analysis], groups(results, analysis), results.curve(analysis)
    curves = {name: curve[curve["group"] == name.id].reset_index(drop=True) for name in own}
    curves = {name: rows for name, rows in curves.items() if len(rows)}
    looks, endpoint = palette.looks(own), results.plan.endpoints[spec["endpoint"]]
    key = [Key(looks[name], _key(results, analysis, name, spec)) for name in own]
    title = label(results, analysis) + " (weighted, observational comparison)" * (spec["method"] == WEIGHTED)
    panel = Panel(title, endpoint.label, spec.get("unit", "months"), own, curves, looks, key,
                  _tests(results, tests, spec), limits=limits, mark=marker(results, analysis),
                  quantiles={name: _reached(rows, quantiles) for name, rows in curves.items()})  # fmt: skip
    ticks, end = time_ticks(panel.longest)
    panel.over(ticks, limits.last or end)
    if endpoint.entry:
        _entered(results, analysis, panel.counted, panel.at_risk)
    return panel


def _reached(curve: pd.DataFrame, quantiles: list[float]) -> list[tuple[float, float]]:
    """Survival and the time at which a curve reaches it, by the rule of the medians."""
    if not quantiles:
        return []
    from ..stats.survival import quantile

    km = Result("Kaplan-Meier", {}, curve={"time" if name == "x" else name: curve[name].to_numpy() for name in COLUMNS})
    return [(survival, quantile(km, 1 - survival)["estimate"]) for survival in quantiles]


def _entered(results: Results, analysis: str, times: list[float], at_risk: AtRisk) -> None:
    """Numbers at risk with delayed entry: whoever has entered before a tick (at 0: by then) and is still followed."""
    spec, data = results.plan.analyses[analysis], analysed(results, analysis)
    endpoint, per = spec["endpoint"], results.plan.per(spec["endpoint"], spec.get("unit", "months"))
    entry, time = (data.frame[f"{endpoint}_{name}"].astype("Float64") / per for name in ("entry", "time"))
    for name, members in data.groups(spec.get("by", "")).items():
        for i, tick in enumerate(times if name in at_risk else ()):
            here = members & followed(data, endpoint) & (time >= tick) & ((entry < tick) | ((entry == 0) & (tick == 0)))
            at_risk[name][i] = (int(here.fillna(False).sum()), at_risk[name][i][1])


def _key(results: Results, analysis: str, group: Name, spec: dict) -> list[str]:
    """What stands beside the colour of a curve: events, median, fixed times."""
    head = f"{group.label}: " if group else ""
    if not value(results, analysis, "n", group) > 0:
        return [f"{head}no participants"]
    unit = spec.get("unit", "months")
    median = shown(results, analysis, "median", group)
    limits = interval(*(shown(results, analysis, name, group) for name in ("ci_low", "ci_high")))
    limits = f" ({100 * results.plan.level:g}%\u00a0CI\u00a0{limits})" if limits.strip("NE\u2013") else ""
    middle = f"median {median} {unit}" if median != "NE" else "median not reached"
    events, total = (int(value(results, analysis, name, group)) for name in ("events", "n"))
    marks = [marker(results, analysis, name, group) for name in ("events", "n")]
    said = f"{head}{events:,}{marks[0]} of {total:,}{marks[1]} with event, {middle}{limits}"
    return [said, *fixed_times(results, analysis, group)]


def _tests(results: Results, tests: list[str], spec: dict) -> str:
    """The tests of the same endpoint in one sentence: the hazard ratio between the groups, then the p-value."""
    effects, p_values = [], []
    own = results.population(spec["population"]).levels(spec["by"]) if "by" in spec else ()
    for test in tests:
        other = results.plan.analyses[test]
        if other.get("endpoint") != spec["endpoint"]:
            continue
        if other.get("by") == spec.get("by"):
            p_values.append(p_text(results, test, P_NAMES.get(other["method"], f"{label(results, test)}: P")))
        rows = results.analysis(test)
        for level in names(rows[rows["statistic"] == "hazard_ratio"], "level"):
            if level in own:
                hr = estimate(results, test, level=level, statistic="hazard_ratio")
                hr = hr.replace(" (", f" ({100 * results.plan.level:g}% CI ")
                code = results.plan.level_label(spec["by"], level.id.partition("=")[2])
                effects.append(f"HR {hr if hr != 'NE' else 'not estimable'} for {code}")
                if other["method"] == "weighted_cox":
                    p_values.append(p_value_text(shown(results, test, "p_value", level=level), P_NAMES["weighted_cox"]))
    text = ", ".join(filter(None, dict.fromkeys(effects + p_values)))
    return text[:1].upper() + text[1:]
