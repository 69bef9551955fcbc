"""What may tell who a participant is: held back, and asked."""

from __future__ import annotations

import re

from . import keys, people
from .drafted import Draft
from .facts import Facts
from .known import Variable
from .moments import dates_of
from .questions import Question

# headers of ids that a study has given
STUDY_ID = re.compile(
    r"(?i)\b(?:usubjid|study|subject|subjid|randomi[sz]\w*|record|participant|screening|trial)\b|record_id|subject_id|study_id|研究编号|受试者|随机号|筛选号"
)
NOBODY = re.compile(r"(?i)\d|yes|no|y|n|true|false|是|否|ja|nein|oui|non|checked|unchecked")


def person(it: Draft, about: str, facts: Facts, known: Variable | None, spec: dict) -> tuple[str, list[Question]]:
    """(the kind of identifier, '' if it is none or answered to be none; what is asked)."""
    if known and known.identifier:
        return known.identifier, []
    if known and known.codes and known.source.startswith("its name"):
        return "", []
    kind = people.by_header(facts.header) or (people.by_header(known.label) if known and known.label else "")
    shape = people.by_shape(facts) if spec.get("type") in ("text", "id", "number", "integer", None, "code") else ""
    if not (kind or shape) or not facts.n:
        return "", []
    if kind == "date of birth" and spec.get("type") not in ("date", "datetime", "text", "integer"):
        return "", []
    if kind and kind != "date of birth" and spec.get("type") in ("date", "datetime", "time"):
        return "", []  # when somebody signed, not who
    if kind and not shape and spec.get("type") == "code" and all(NOBODY.fullmatch(text) for text in facts.texts):
        return "", []  # whether a nurse came
    return held(it, about, kind or shape, facts, "its header says so" if kind else "its cells look so")


def held(it: Draft, about: str, kind: str, facts: Facts, why: str) -> tuple[str, list[Question]]:
    question = it.questions.ask(
        f"{about} identifier", f"Does this column tell who a participant is ({kind})?",
        f"{why}; {len(facts.texts)} different in {facts.n} cells", ["yes", "no"], "yes", f"tables.{about.replace('.', '.columns.')}.identifier",
    )  # fmt: skip
    return (kind if question.taken == "yes" else ""), [question]


def dates_of_birth(it: Draft) -> None:
    """Dates that lie long before those of all other columns."""
    dated = [(table, entry, dates_of(entry.facts, entry.spec)) for table in it.drafted for entry in table.entries.values()
             if entry.type in ("date", "datetime") and entry.facts and "identifier" not in entry.spec]  # fmt: skip
    for table, entry, dates in dated:
        rest = [
            day
            for other, mine, days in dated
            if mine is not entry
            for day, n in days.items()
            for _ in range(min(n, 50))
        ]
        about = f"{table.name}.{entry.name} identifier"
        if about not in it.questions.asked and people.born(dates, rest):
            kind, asked = held(
                it,
                f"{table.name}.{entry.name}",
                "date of birth",
                entry.facts,
                "its dates lie more than ten years before the others",
            )
            entry.asked = [*asked, *entry.asked]
            if kind:
                entry.spec = {key: value for key, value in entry.spec.items() if key != "label"} | {"identifier": kind}


def identities(it: Draft) -> None:
    """Ids of participants that are numbers of a hospital: nobody can hold them back, so it is asked before anything is run."""
    it.blocked: list[Question] = []
    for table in it.drafted:
        who = table.entries["participant"].facts if "participant" in table.entries and not table.blocks else None
        if who is None or STUDY_ID.search(who.header):
            continue
        if people.by_header(who.header) or people.by_shape(who) in ("hospital number", "name", "email", "phone"):
            question = it.questions.ask(
                f"{table.name}.participant pseudonym", "Are the participants' ids pseudonyms, which tell nobody outside who they are?",
                f"{len(who.texts)} different in {who.n} rows, of {len({keys.shape(text) for text in who.texts})} forms", ["yes", "no"], "no",
                f"tables.{table.name}.columns.participant",
            )  # fmt: skip
            table.entries["participant"].asked.append(question)
            if question.taken != "yes":
                it.blocked.append(question)
