"""Populations and the participant flow."""

from __future__ import annotations

from ..errors import nearest
from ..kinds import BOOLEAN
from ..plan import Plan, reasons
from .report import Report
from .values import SAME_NAME, Cohort, shared_names


def check(plan: Plan, kinds: Cohort, known: set[str], report: Report) -> None:
    before: list[str] = []
    for name, population in plan.populations.items():
        where = f"populations.{name}"
        if population.within and population.within not in before:
            what = f"the population '{population.within}' is not defined before it"
            report(f"{where}.within", what, nearest(population.within, before))
        report.names(f"{where}.condition", population.condition, known)
        kinds.check(f"{where}.condition", population.condition, condition=True)
        for taken in sorted({name, population.unknown} & known):
            report(where, f"'{taken}' is the name of a column too", "give the population another id")
        before.append(name)
    _flow(plan, kinds, known, report)
    known |= set(plan.populations)
    kinds.kinds |= dict.fromkeys(plan.populations, BOOLEAN)


def _flow(plan: Plan, kinds: Cohort, known: set[str], report: Report) -> None:
    seen: list[str] = []
    for number, step in enumerate(plan.flow):
        where = f"flow.{number}"
        for key in ("population", "from"):
            if key in step and step[key] not in plan.populations:
                what = f"the population '{step[key]}' is not defined"
                report(f"{where}.{key}", what, nearest(step[key], plan.populations))
        here = plan.populations.get(step["population"])
        twins = [other for other in seen if here and other != here.id and plan.populations[other].label == here.label]
        if twins:
            what = f"the populations '{twins[0]}' and '{here.id}' have one label"
            report(where, what, "give one another label", SAME_NAME)
        if here and here.id in seen:
            report(
                where, f"the population '{here.id}' stands twice", "name it once", "its counts could not be told apart"
            )
        if here:
            seen.append(here.id)
        for reason, condition in reasons(step).items():
            report.names(f"{where}.reasons.{reason.id}", condition, known)
            kinds.check(f"{where}.reasons.{reason.id}", condition, condition=True)
        for what, _ in shared_names({reason.id: reason.label for reason in reasons(step)}):
            report(f"{where}.reasons", what.replace("level", "reason"), "give each a label of its own", SAME_NAME)
