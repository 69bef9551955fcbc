"""Participants of a table without a reference for them whom no table with one row per participant has, or of such a table whom
another one has in another spelling: their rows are in no count.

A reference would reject the rows. Without one they are kept, since the dictionary does not say that they belong to nobody; who they
are is asked once for each participant and table.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..files import sha256
from ..study import Study
from . import queries
from .parse import Question
from .steps.rows import core
from .table import Cleaned


def ask(study: Study, done: Mapping[str, Cleaned]) -> None:
    """The queries, after all others on their table; done: all tables."""
    who, once = study.participant, study.once_per_participant()
    known = {str(name) for table in once for name in done[table].frame[who].dropna()}
    alike = {core(name): name for name in sorted(known, reverse=True)}
    before: dict[str, str] = {}  # id without its spelling -> as the tables before have it
    seen: set[str] = set()
    for name, cleaned in done.items():
        table = cleaned.table
        own = {str(one) for one in cleaned.frame[who].dropna().unique()} if who in table.kept else set()
        if name in once:
            lost = {one for one in own if core(one) in before} - seen
            seen |= own
            before = {core(one): one for one in sorted(own, reverse=True)} | before
        else:
            lost = own - known
        if any(who in columns for columns in table.references):
            continue
        others, where = (
            (before, "before")
            if name in once
            else (alike, f"with one row per participant ({', '.join(once)}): in no count")
        )
        for number, record, participant, n in _first(cleaned, who, lost) if lost else []:
            records, other = cleaned.parts[number], others.get(core(participant))
            said = f"participant '{participant}' is in no table {where}"
            said += f"; '{other}' differs in its spelling alone: is it the same?" if other else ""
            rows = records.living()
            key = records.key_texts(rows)[int(rows.searchsorted(record))].as_py()
            entry = queries.query(table, records, who, record, Question("error", said), key)
            cleaned.places.append((len(cleaned.parts) + 1, number, records.number(record), 0))
            same = sha256(repr((name, participant)).encode())
            cleaned.queries.append(entry | {"rule": "no such participant", "rows": n, "same": same})


def _first(cleaned: Cleaned, who: str, lost: set) -> list[tuple[int, int, str, int]]:
    """(part, record) of the first row of each participant, who it is, and the number of rows; in the order of the rows."""
    found: dict[str, list] = {}
    for number, records in enumerate(cleaned.parts):
        field, rows = records.fields[who], records.living()
        numbers = [records.number(record) for record in rows.tolist()]
        for at in np.argsort(numbers, kind="stable").tolist():
            reading = field.readings[field.state[rows[at]]]
            if reading.value in lost:
                found.setdefault(reading.value, [number, int(rows[at]), reading.value, 0])[3] += 1
    return [tuple(one) for one in found.values()]
