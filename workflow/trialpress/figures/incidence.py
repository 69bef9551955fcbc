"""Cumulative incidence of competing causes."""

from __future__ import annotations

from dataclasses import replace

from ..errors import InputError, Problem
from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .curves import Key, Panel, fixed_times, sheet
from .drawing import KINDS, Drawing, empty
from .effects import tested
from .read import groups, label, marker
from .scales import time_ticks


@KINDS.add("cumulative_incidence")
def cumulative_incidence(
    results: Results,
    *,
    analyses: list[Analysis],
    tests: list[Analysis] = (),
    stacked: bool = True,
    width: style.Width = "double",
) -> Drawing:
    """Cumulative incidence of competing causes: curves with their intervals, a panel for each cause if there are groups,
    and beside them the causes stacked, so that the upper edge is the share with any event. The estimates at the fixed times
    of the analyses stand above, the numbers at risk below.

    Parameters
        analyses: cumulative_incidence analyses of the same participants, one for each cause, from the foot upwards
        tests: gray and fine_gray analyses of the groups that are drawn; effect and p-value stand in the panel of their cause
        stacked: whether the causes are shown stacked too
        width: single (85 mm) or double (180 mm)
    """
    curves = {analysis: results.curve(analysis) for analysis in analyses}
    first = curves[analyses[0]]
    own = [name for name in groups(results, analyses[0]) if (first["group"] == name.id).any()]
    if not own:
        return empty(results, width, "No participants with follow-up")
    said = {analysis: [] for analysis in analyses}
    for test in tests:
        said[_drawn(results, test, analyses)].append(tested(results, test, f"{_named(results, test)}: P"))
    causes = {analysis: Name(analysis, label(results, analysis)) for analysis in analyses}
    unit = results.plan.analyses[analyses[0]].get("unit", "months")
    looks = {causes[analysis]: palette.of_place(i, palette.CAUSES[i % len(palette.CAUSES)])
             for i, analysis in enumerate(analyses)}  # fmt: skip
    if own == [EVERYONE]:
        panels = [_curves(results, "Incidence", unit, {causes[a]: (a, EVERYONE) for a in analyses}, looks)]
    else:
        by_group = palette.looks(own)
        panels = [_curves(results, causes[a].label, unit, {g: (a, g) for g in own}, by_group) for a in analyses]
    sentences = ["; ".join(filter(None, texts)) for texts in said.values()]
    panels = [replace(panel, tests=text) for panel, text in zip(panels, sentences, strict=False)]
    for group in own if stacked else ():
        title = "Stacked" if group == EVERYONE else f"Stacked: {group.label}"
        found = _curves(results, title, unit, {causes[a]: (a, group) for a in analyses}, looks)
        key = [Key(looks[cause], [cause.label]) for cause in causes.values()]
        panels.append(replace(found, areas=True, key=key))
    ticks, end = time_ticks(first["x"].max())
    for panel in panels:
        panel.over(ticks, end)
    drawing = sheet(results, panels, width, "Cumulative incidence")
    return replace(drawing, notes=(*drawing.notes, SHR)) if any("SHR" in text for text in sentences) else drawing


def _curves(results: Results, title: str, unit: str, of: dict[Name, tuple[str, Name]], looks: dict) -> Panel:
    """A panel of curves: name -> (analysis, group)."""
    curves, key = {}, []
    for name, (analysis, group) in of.items():
        rows = results.curve(analysis)
        curves[name] = rows[rows["group"] == group.id].sort_values("x").reset_index(drop=True)
        events = int(curves[name]["n_event"].sum())
        fixed = ", ".join(
            [f"{name.label}: {events:,}{marker(results, analysis)} with event", *fixed_times(results, analysis, group)]
        )
        key.append(Key(looks[name], [fixed]))
    mark = "".join({marker(results, analysis) for analysis, _ in of.values()})
    return Panel(title, "Cumulative incidence", unit, list(of), curves, looks, key, foot=0.0, mark=mark)


SHR = "SHR: subdistribution hazard ratio (Fine and Gray), against the first group"
TESTS = {"gray": "Gray's test", "fine_gray": "Fine-Gray model"}


def _named(results: Results, test: str) -> str:
    """'Relapse by stratum, Gray's test'."""
    return f"{label(results, test)}, {TESTS.get(results.plan.analyses[test]['method'], 'test')}"


def _drawn(results: Results, test: str, analyses: list[str]) -> str:
    """The analysis whose curves a test compares; a p-value of groups that nobody sees is refused."""
    spec = results.plan.analyses[test]
    wanted = spec.get("covariates", [spec.get("by", "")])

    def cause(spec: dict) -> str:
        return spec.get("cause") or next(iter(results.plan.endpoints[spec["endpoint"]].events))

    for analysis in analyses:
        other = results.plan.analyses[analysis]
        if (other["endpoint"], cause(other)) == (spec["endpoint"], cause(spec)) and other.get("by", "") in wanted:
            return analysis
    raise InputError([Problem(
        f"plan.yaml, analyses.{test}", "compares groups that the figure does not draw",
        "its p-value would stand beside curves of other participants",
        f"name a cumulative_incidence analysis of the cause '{cause(spec)}' with `by: {wanted[0]}`, or leave the test out",
    )])  # fmt: skip
