"""The participant flow: who is excluded at each step, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from ..expression import Expression
from ..plan import Plan, own_word

FLOW = ["step", "n", "excluded", "reason"]


def other_reason(step: Mapping) -> str:
    """What those are excluded for whom no reason of the plan explains; another word where a reason is called so."""
    return own_word("other", step.get("reasons", {}), "no reason holds")


@dataclass(frozen=True)
class Exclusion:
    """Those who are excluded for one reason, and the columns that decided it."""

    reason: str
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
    for reason, condition in step.get("reasons", {}).items():
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
        word = own_word(f"not known: {words}", step.get("reasons", {}), "no reason holds")
        yield Exclusion(word, doubtful, f"{population} is not known", tuple(lacking))
    yield Exclusion(other_reason(step), out & ~doubtful, "true")


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
        label, n = plan.populations[before].label, int(subjects[before].sum())
        found = [] if start is None else list(exclusions(plan, subjects, columns, step, start))
        kept = [one for one in found[:-1]] + [one for one in found[-1:] if one.members.any()]
        if not kept:
            rows.append({"step": label, "n": n, "excluded": 0, "reason": ""})
        rows += [{"step": label, "n": n, "excluded": int(one.members.sum()), "reason": one.reason} for one in kept]
    return pd.DataFrame(rows, columns=FLOW)
