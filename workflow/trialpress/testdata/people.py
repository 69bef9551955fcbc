"""Made-up participants: their ids, and the time in which everything that is made up of them happens."""

from __future__ import annotations

import datetime
import random
import re
from dataclasses import dataclass

from ..errors import InputError, Problem
from ..plan import Plan
from ..study import Column, Study
from .patterns import text_like

TRIES = 200
EVENT = re.compile(r"(?i)death|died|dead|relaps|progress|recur|event|fail|withdr|discontin|complet|hct|死亡|复发|进展")
DEATH = re.compile(r"(?i)death|died|dead|死亡")
LAST = re.compile(r"(?i)last|follow|contact|censor|末次|随访")


@dataclass(frozen=True)
class Person:
    """A participant: the day on which the study begins for them, the last on which they are seen, and whether they die then."""

    id: str
    start: datetime.date
    end: datetime.date
    dies: bool


def people(study: Study, n: int, seed: int) -> list[Person]:
    """n participants with ids of the form that the dictionary declares; the last are seen at the cut-off."""
    chance, cutoff = random.Random(f"{seed} people"), datetime.date.fromisoformat(study.data_cutoff)
    table = next(table for table in study.tables.values() if table.key == (study.participant,))
    column, taken, found = table.columns[study.participant], set(), []
    for number in range(1, n + 1):
        id_ = identity(column, number, chance, taken)
        taken.add(id_)
        start = cutoff - datetime.timedelta(days=chance.randint(60, 900))
        end = min(cutoff, start + datetime.timedelta(days=chance.randint(30, 800)))
        found.append(Person(id_, start, end, end < cutoff and chance.random() < 0.5))
    return found


def identity(column: Column, number: int, chance: random.Random, taken: set[str]) -> str:
    """An id that nobody else has, nor one that differs in leading zeros alone."""
    alike = {other.lstrip("0") for other in taken}
    for tried in range(number, number + TRIES):
        id_ = (
            text_like(column.pattern, chance)
            if column.pattern
            else str(tried)
            if column.type == "integer"
            else f"T{tried:04d}"
        )
        if id_.lstrip("0") not in alike and (not column.pattern or re.fullmatch(column.pattern, id_)):
            return id_
    what, do = f"has no {len(taken) + 1} ids of the form {column.pattern}", "make fewer: --participants 20"
    raise InputError([Problem(f"study.yaml, {column.name}", what, "each participant needs one", do)])


def roles(plan: Plan | None) -> dict[str, str]:
    """Name of a column -> origin, event or censor: what it is to the endpoints of the plan."""
    found: dict[str, str] = {}
    for endpoint in plan.endpoints.values() if plan else ():
        told = [
            (endpoint.origin, "origin"),
            (endpoint.censor, "censor"),
            *((name, "event") for name in endpoint.events.values()),
        ]
        found |= {name.rpartition(".")[2]: role for name, role in told if re.fullmatch(r"[\w.]+", name)}
    return found


def is_event(column: Column, role: str) -> bool:
    """Whether a date is that of something which befalls some."""
    return role == "event" or (not role and bool(EVENT.search(f"{column.name} {column.label}")))


def moment(
    column: Column, person: Person, often: bool, role: str, before: bool, chance: random.Random
) -> datetime.date | None:
    """A date of a participant. often: it is one of several; before: the column stands before that of the plan's origin."""
    days = (person.end - person.start).days
    said = f"{column.name} {column.label}"
    if column.identifier:  # of birth, as nearly all are: of children, too
        born = person.start - datetime.timedelta(days=chance.randint(5 * 365, 75 * 365))
        return born.replace(
            day=chance.randint(20, 28)
        )  # no version such as 3.5.3, which the privacy gate would take for one
    if role == "origin":
        return person.start
    if not often and is_event(column, role):
        if DEATH.search(said):
            return person.end if person.dies else None
        return (
            person.start + datetime.timedelta(days=chance.randint(min(20, days), days))
            if chance.random() < 0.4
            else None
        )
    if role == "censor" or (not often and LAST.search(said)):
        return person.end
    if often:
        return person.start + datetime.timedelta(days=min(days, int(chance.expovariate(1 / 25))))
    if before:
        return person.start - datetime.timedelta(days=chance.randint(1, 60))
    return person.start + datetime.timedelta(days=chance.randint(0, min(days, 30)))
