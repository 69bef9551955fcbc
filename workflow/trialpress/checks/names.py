"""Names of the manuscript, as far as the plan alone decides them: two ids that would have one name stop before anything runs.

What only the data know, the levels of a text without a list of codes, is checked when the analyses are made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .. import ids
from ..errors import InputError, Problem
from ..ids import EVERYONE, Name
from ..names import flow_names, names_of
from ..plan import Plan, reasons
from .report import Report

PART = re.compile(r"\w[\w-]*")
A_PATH = "its files bear the id: they could come to lie anywhere"
UNREADABLE = "the manuscript could not name its numbers"


def _levels(plan: Plan, column: str) -> list[Name]:
    known = plan.columns.get(column)
    return [Name(code, label) for code, label in known.levels.items()] if known else []


def foreseen(plan: Plan, spec: Mapping) -> Iterator[tuple[str, str]]:
    """(group, level) of the rows that an analysis can have, as far as the plan says."""
    groups = [EVERYONE, *(_levels(plan, spec["by"]) if "by" in spec else ())]
    levels = [EVERYONE, *(_levels(plan, spec["variable"]) if "variable" in spec else ())]
    for name in [*spec.get("covariates", ()), *spec.get("variables", ())]:
        column = ids.column(name, name)
        levels += [column, *(ids.level(column, code) for code in _levels(plan, name))]
    levels += [ids.at(time, spec.get("unit", "months")) for time in spec.get("at", ())]
    levels += [ids.day(day) for day in spec.get("days", ())]
    yield from ((group.id, level.id) for group in groups for level in levels)


def check(plan: Plan, report: Report) -> None:
    rooms = {
        "analyses": UNREADABLE,
        "populations": UNREADABLE,
        "endpoints": UNREADABLE,
        "figures": A_PATH,
        "tables": A_PATH,
    }
    for where, why in rooms.items():
        for name in getattr(plan, where):
            if not PART.fullmatch(name):
                what, do = f"the id '{name}' has other signs than letters, digits, _ and -", "give it another id"
                report(f"{where}.{name}", what, do, why)
    for name, spec in plan.analyses.items():
        report.problems += _stopped(names_of, name, foreseen(plan, spec))
    flow = [(step["population"], reason.id) for step in plan.flow for reason in reasons(step)]
    report.problems += _stopped(flow_names, flow)


def _stopped(name, *arguments) -> list[Problem]:
    try:
        name(*arguments)
    except InputError as error:
        return error.problems
    return []
