"""What the parts of a joined table say of each other: nothing, where they should, or different things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ...study import Table
from ...text import text_of
from ..part import Records
from ..withheld import shown


def questions(
    table: Table, participant: str, parts: Sequence[Records], at: Sequence[np.ndarray]
) -> Iterator[tuple[str, str, np.ndarray]]:
    """(column, question, rows of the joined table). at: for each part the record of each row, -1 for none."""
    if len(parts) < 2:
        return
    there = np.stack([own >= 0 for own in at])
    for number, (records, own) in enumerate(zip(parts, at, strict=True)):
        path = records.part.file.path
        if number and table.key == (participant,):
            first = parts[0].part.file.path
            said = f"is in {path} and not in {first}: is it a participant of this study, and written as there?"
            yield participant, said, np.flatnonzero(there[number] & ~there[0])
        for name, of in records.fields.items():
            having = [other for other, one in enumerate(parts) if name in one.fields]
            if of.column.required and having == [number]:
                yield name, f"{of.column.title} is missing: no row in {path}", np.flatnonzero(~there[number])
            if name in table.key or not of.raw or number == having[0]:
                continue
            before = having[: having.index(number)]
            for row in np.flatnonzero(there[number] & there[before].any(axis=0)).tolist():
                taken = next(filter(None, (_said(parts[one], name, at[one][row]) for one in before)), None)
                said = _said(records, name, own[row])
                if taken and said and taken != said:
                    text, used = (
                        shown(of.column, sign + text_of(value, of.column.type)) for value, sign in (said, taken)
                    )
                    yield (
                        name,
                        f"row {records.number(own[row])} of {path} says {text}; {used} was taken",
                        np.array([row]),
                    )


def _said(records: Records, name: str, record: int) -> tuple | None:
    """(value, sign of its limit) of a record, None if there is none."""
    of = records.fields[name]
    reading = of.readings[of.state[record]] if record >= 0 else None
    return (reading.value, reading.limit) if reading is not None and reading.value is not None else None
