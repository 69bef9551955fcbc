"""Probabilities of being in each of several states, one upon another; and of being in remission, whichever it is."""

from __future__ import annotations

from ..analysis.methods.multistate import states_of
from ..ids import EVERYONE, Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .curves import Key, Panel, at_risk, fixed_times, sheet
from .drawing import KINDS, Drawing, empty
from .read import groups, label, marker, shown, value
from .scales import time_ticks


@KINDS.add("state_probabilities")
def state_probabilities(results: Results, *, analyses: list[Analysis], width: style.Width = "double") -> Drawing:
    """Probabilities of an illness-death model, one upon another: at each time the heights add up to 100%. Below the edge of the
    two lowest areas are those who are under follow-up without an event, without and with what may begin; above it are the
    causes. The estimates at the fixed times of the analysis stand above, the numbers under follow-up in both below.

    Parameters
        analyses: state_probabilities analyses, a panel each
        width: single (85 mm) or double (180 mm)
    """
    drawn = [analysis for analysis in analyses if len(results.curve(analysis))]
    if not drawn:
        return empty(results, width, "No participants with follow-up")
    panels = [_panel(results, analysis) for analysis in drawn]
    for panel in panels:
        panel.over(*time_ticks(panel.longest))
        rows = {name: panel.curves[name].iloc[1:] for name in panel.under}  # without the start
        panel.at_risk = at_risk(panel.under, rows, panel.counted)
    return sheet(results, panels, width, "Probabilities of states")


def _panel(results: Results, analysis: str) -> Panel:
    spec, rows = results.plan.analyses[analysis], results.curve(analysis)
    names = states_of(results.analysed(analysis), spec["endpoint"], spec["begin"])
    curves = {name: rows[rows["group"] == name.id].sort_values("x").reset_index(drop=True) for name in names}
    looks = {name: palette.of_place(i, palette.CAUSES[i % len(palette.CAUSES)]) for i, name in enumerate(names)}
    key = [Key(looks[name], [_said(results, analysis, name)]) for name in reversed(names)]
    return Panel(label(results, analysis), "Probability", spec.get("unit", "months"), names, curves, looks, key, foot=0.0,
                 areas=True, under=names[:2], mark=marker(results, analysis))  # fmt: skip


def _said(results: Results, analysis: str, name: Name) -> str:
    """'Relapse: 12, at 6 months 20.1% (...)': how many came into the state, and the probabilities at fixed times."""
    moved = shown(results, analysis, "transitions", name)
    called = name.label[:1].upper() + name.label[1:]
    first = f"{called}: {moved} participants" if value(results, analysis, "transitions", name) > 0 else called
    return ", ".join([first, *fixed_times(results, analysis, name)])


@KINDS.add("current_leukaemia_free_survival")
def current_leukaemia_free_survival(
    results: Results, *, analyses: list[Analysis], ordinary: list[Analysis] = (), width: style.Width = "double"
) -> Drawing:
    """Current leukaemia-free survival with its intervals as bands and ends of follow-up as ticks; beside it, if wanted, the ordinary
    one, which ends at the first relapse: the distance of the two is the gain from later remissions. Above stand how many had each
    change of state and the estimates at the fixed times of the analysis, below the numbers under observation (with ends of a
    remission until then in brackets).

    Parameters
        analyses: current_leukaemia_free_survival analyses, a panel each, and one for each group where `ordinary` is given
        ordinary: kaplan_meier analyses of leukaemia-free survival; each is drawn in the panels of the same population and groups
        width: single (85 mm) or double (180 mm)
    """
    panels = [panel for analysis in analyses for panel in _current(results, analysis, ordinary)]
    panels = [panel for panel in panels if panel.curves]
    if not panels:
        return empty(results, width, "No participants with follow-up")
    for panel in panels:
        panel.over(*time_ticks(panel.longest))
    return sheet(results, panels, width, "Current leukaemia-free survival")


def _current(results: Results, analysis: str, ordinary: list[str]) -> list[Panel]:
    spec, own = results.plan.analyses[analysis], groups(results, analysis)
    beside = [one for one in ordinary if _like(results.plan.analyses[one]) == _like(spec)]
    together = {"": {group: (analysis, group) for group in own}}
    if beside:
        together = {
            group.label: {Name(one, label(results, one)): (one, group) for one in (analysis, *beside)} for group in own
        }
    found = []
    for title, drawn in together.items():
        curves = {}
        for name, (one, group) in drawn.items():
            rows = results.curve(one)
            rows = rows[rows["group"] == group.id].sort_values("x").reset_index(drop=True) if len(rows) else rows
            curves |= {name: rows} if len(rows) else {}
        looks = palette.looks(list(drawn))
        key = [Key(looks[name], _state(results, name, *of)) for name, of in drawn.items() if name in curves]
        titles = ": ".join(filter(None, (label(results, analysis), title)))
        foot = 0.0 if spec.get("start") == "disease" else 1.0
        found.append(Panel(titles, "Current leukaemia-free survival", spec.get("unit", "months"), list(curves), curves, looks, key,
                           foot=foot, mark=marker(results, analysis)))  # fmt: skip
    return found


def _like(spec) -> tuple:
    """What two analyses share that are drawn together: participants, groups and the unit of time."""
    return tuple(spec.get(key, "") for key in ("population", "where", "by")) + (spec.get("unit", "months"),)


def _state(results: Results, name: Name, analysis: str, group: Name) -> list[str]:
    """'Arm A: 12 participants, Relapse 5, Second remission 3, 4 deaths', and the estimates at fixed times."""
    head = f"{name.label}: " if name != EVERYONE else ""
    said = [f"{shown(results, analysis, 'n', group)} participants"]
    spec = results.plan.analyses[analysis]
    if "changes" in spec:
        data = results.analysed(analysis)
        for column in map(data.column, spec["changes"]):
            said.append(f"{column.label} {shown(results, analysis, 'n', group, column)}")
        said.append(f"{shown(results, analysis, 'deaths', group)} deaths")
    else:
        said.append(f"{shown(results, analysis, 'events', group)} with event")
    return [head + ", ".join(said) + marker(results, analysis), *fixed_times(results, analysis, group)]
