"""Dose-limiting toxicities by cohort, with what the design decides."""

from __future__ import annotations

from ..analysis.methods.escalation import DESIGN, cohorts
from ..figures.read import analysed, estimate, label, names, shown, value
from ..ids import EVERYONE, Name, word
from ..ids import level as level_of
from ..registry import Analysis
from ..results import Results
from .table import KINDS, NO_VALUE, Cell, Table, linked

DECISIONS = {1.0: "Escalate", 0.0: "Same dose", -1.0: "De-escalate"}


@KINDS.add("dose_escalation")
def dose_escalation(results: Results, *, analysis: Analysis) -> Table:
    """Dose-limiting toxicities by cohort in the order of treatment: in the cohort, at its dose level until then, and what the
    design says next; below them the rates of the dose levels with exact intervals, and the maximum tolerated dose.

    Parameters
        analysis: dose_escalation analysis
    """
    spec, data = results.plan.analyses[analysis], analysed(results, analysis)
    table = Table(
        ["Cohort", "Dose level", "DLT/n", "At the level until then", "Decision"],
        ["left", "left", "right", "right", "left"],
    )
    prefix = f"{results.plan.label(spec['cohort'])}: "
    for name, level, _, _ in cohorts(data, spec):
        until = level_of(name, word("until then"))
        decision = DECISIONS.get(value(results, analysis, "decision", level=name), NO_VALUE)
        if value(results, analysis, "closed", level=name) == 1:
            decision = Cell(
                f"{decision}, dose closed (",
                linked(results, analysis, shown(results, analysis, "exceeds", level=name), level=name),
                ")",
            )
        counts = (_count(results, analysis, level=at) for at in (name, until))
        table.add(name.label.removeprefix(prefix), level.label, *counts, decision)
        note = results.value(analysis, "decision", "", name.id, what="note")
        table.note(f"{name.label.replace(': ', ' ', 1)}: {note}." if note else "")
    table.section("By dose level")
    levels = list(data.groups(spec["by"]))
    for level in levels:
        rate = (
            linked(results, analysis, estimate(results, analysis, level), level)
            if value(results, analysis, "N", level) > 0
            else NO_VALUE
        )
        table.add("", level.label, _count(results, analysis, group=level), rate, "")
    mtd = value(results, analysis, "mtd", level=DESIGN)
    reached = (
        f"Maximum tolerated dose by the design: {levels[int(mtd) - 1].label}."
        if mtd > 0
        else "No maximum tolerated dose by the design."
    )
    bounds = [shown(results, analysis, name, level=DESIGN) for name in ("escalate_at", "deescalate_at")]
    rule = {
        "3+3": "3+3: of three none escalates, one takes three more; of six at most one escalates; two or more de-escalate.",
        "mtpi-2": f"mTPI-2: the interval of rates with most posterior mass decides, \u00b1 5% about the target of {100 * spec.get('target', 0.3):g}%. "
        f"A dose is closed for good, with those above it, once the probability that its rate exceeds the target (in brackets) is above "
        f"{100 * spec.get('closes', 0.95):g}% in at least three participants.",
        "crm": f"CRM: the level whose rate by the model is closest to {100 * spec.get('target', 0.3):g}%, one level up at most.",
        "boin": f"BOIN: at most {bounds[0]} with a toxicity at the level escalate, {bounds[1]} or more de-escalate. "
        f"A dose is closed for good, with those above it, once the probability that its rate exceeds {100 * spec.get('target', 0.3):g}% (in brackets) "
        f"is above {100 * spec.get('closes', 0.95):g}% in at least three participants.",
    }
    table.note("DLT: dose-limiting toxicity; n: evaluable participants.", rule[spec.get("design", "3+3")], reached)
    table.note(f"By dose level: DLT/n, % with exact {100 * results.plan.level:g}% CI.")
    return table


@KINDS.add("escalation_characteristics")
def escalation_characteristics(results: Results, *, analyses: list[Analysis]) -> Table:
    """Operating characteristics of designs of dose escalation: of each dose its true rate, how often it is selected, and how many
    participants and toxicities it has on average.

    Parameters
        analyses: escalation_characteristics analyses, a section each
    """
    table = Table(["Dose", "True rate", "Selected", "Participants", "DLT"], ["left", *["right"] * 4])
    for analysis in analyses:
        table.section(label(results, analysis))
        for level in sorted(
            names(results.analysis(analysis), "level"), key=lambda one: int("0" + one.id.rpartition("_")[2])
        ):
            columns = (
                ("rate", "selected", "expected_n", "expected_dlt")
                if level
                else ("", "none", "expected_n", "expected_dlt")
            )
            cells = [shown(results, analysis, name, level=level) if name else NO_VALUE for name in columns]
            named = level.label.rpartition(" ")[2] if level else "None, and all"
            table.add(named, *(linked(results, analysis, text, level=level) for text in cells), indent=1)
        rows = results.analysis(analysis)
        table.note(f"{label(results, analysis)}: {rows['method'].iloc[0]}.")
    table.note(
        "Selected: probability that the dose, or none, is the maximum tolerated one; participants and DLT: expected numbers."
    )
    return table


def _count(results: Results, analysis: str, group: Name = EVERYONE, level: Name = EVERYONE) -> Cell:
    text = "/".join(shown(results, analysis, name, group, level) for name in ("n", "N"))
    return linked(results, analysis, text, group, level)
