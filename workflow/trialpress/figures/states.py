"""Probabilities of being in each of several states, one upon another."""

from __future__ import annotations

from ..analysis.methods.multistate import states_of
from ..ids import Name
from ..registry import Analysis
from ..results import Results
from . import palette, style
from .curves import Key, Panel, at_risk, fixed_times, sheet
from .drawing import KINDS, Drawing, empty
from .read import label, marker, shown
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
    first = f"{called}: {moved} participants" if moved not in ("", "0") else called
    return ", ".join([first, *fixed_times(results, analysis, name)])
