"""The participant flow: who is excluded at each step, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from ..contracts import FLOW
from ..expression import Expression
from ..ids import EVERYONE, Name
from ..plan import Plan, own_word, reasons


def own_reason(step: Mapping, id: str, label: str) -> Name:
    """A reason of ours; another word where one of the plan is called so."""
    given = reasons(step)
    taken = {"id": [reason.id for reason in given], "label": [reason.label for reason in given]}
    return Name(own_word(id, taken["id"], "no reason holds"), own_word(label, taken["label"], "no reason holds"))


@dataclass(frozen=True)
class Exclusion:
    """Those who are excluded for one reason, and the columns that decided it."""

    reason: Name
    members: pd.Series
    condition: str
    columns: tuple[str, ...] = ()


def exclusions(plan: Plan, subjects: pd.DataFrame, columns: Mapping, step: Mapping, start: str) -> Iterator[Exclusion]:
    """Each participant once, for the first reason that holds. Then those of whom neither the membership nor a reason is
    known, then all others."""
    population = step["population"]
    out = subjects[start] & ~subjects[population]
    doubtful = out & subjects.get(plan.populations[population].unknown, pd.Series(False, index=subjects.index))
    names = _names(plan, population)
    for reason, condition in reasons(step).items():
        expression = Expression(condition)
        holds = expression.known(columns)
        because = out & holds.fillna(False).astype(bool)
        yield Exclusion(reason, because, condition, tuple(expression.names))
        out = out & ~because
        doubtful |= holds.isna()
        names += expression.names
    doubtful &= out
    if doubtful.any():
        lacking = [name for name in dict.fromkeys(names) if columns[name][doubtful].isna().any()]
        words = ", ".join(plan.label(name) for name in lacking)
        word = own_reason(step, "not_known", f"not known: {words}")
        yield Exclusion(word, doubtful, f"{population} is not known", tuple(lacking))
    yield Exclusion(own_reason(step, "other", "other"), out & ~doubtful, "true")


def _names(plan: Plan, population: str) -> list[str]:
    """The columns that decide on a population, and on those that it is part of."""
    found = []
    while population:
        found += Expression(plan.populations[population].condition).names
        population = plan.populations[population].within
    return found


def flow(plan: Plan, subjects: pd.DataFrame, columns: Mapping) -> pd.DataFrame:
    """One row per step and reason; a step without exclusions has one row. `n` is the population's size."""
    rows, before = [], None
    for step in plan.flow:
        start, before = step.get("from", before), step["population"]
        population, n = plan.populations[before], int(subjects[before].sum())
        found = [] if start is None else list(exclusions(plan, subjects, columns, step, start))
        kept = [one for one in found[:-1]] + [one for one in found[-1:] if one.members.any()]
        counted = [(one.reason, int(one.members.sum())) for one in kept] or [(EVERYONE, 0)]
        rows += [
            (population.id, n, excluded, reason.id, population.label, reason.label) for reason, excluded in counted
        ]
    return pd.DataFrame(rows, columns=list(FLOW.columns))
