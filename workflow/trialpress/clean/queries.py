"""What a data manager must answer: the questions of the readings as rows of queries.csv.

Beside its columns a row holds what the answers are checked with: raw, the text that a correction has to name; correctable,
whether it stands in a cell; cleared, whether it was not used; once, whether one query stands for all rows with the text; rule,
where the message is none; participant.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ..files import sha256
from ..study import Table
from ..text import text_of
from .part import SHIFTED, UNKNOWN, Records
from .withheld import message, shown


def queries(
    table: Table, records: Records, keys: pa.Array, rows: np.ndarray, rejected: bool = False
) -> list[tuple[int, int, dict]]:
    """(record, column's place, query) for every question on the records given; keys: their keys.

    A question that is asked once for a text names the first of its rows and counts them: see `counted`.
    """
    found, once = [], {}
    for place, (name, field) in enumerate(records.fields.items()):
        asking = [number for number, reading in enumerate(field.readings) if reading.questions]
        for i in np.flatnonzero(np.isin(field.state[rows], asking)).tolist() if asking else ():
            record = int(rows[i])
            for question in field.readings[field.state[record]].questions:
                same = (name, question.message, field.cells[field.cell[record]])
                if question.once and same in once:
                    once[same]["rows"] += 1
                    continue
                entry = query(table, records, name, record, question, keys[i].as_py())
                if question.once:
                    once[same] = entry
                    entry |= {"rows": 1, "same": sha256(repr((records.part.file.path, rejected, same)).encode())}
                found.append((record, place, entry))
    return found


def counted(entry: Mapping) -> Mapping:
    """A query that stands for several rows says so."""
    n = entry.get("rows", 1)
    said = f"{entry['message']} (in {n} rows, of which this is the first)" if n > 1 else entry["message"]
    return {name: value for name, value in entry.items() if name not in ("rows", "same")} | {"message": said}


def queries_of_rejected(table: Table, records: Records) -> list[tuple[int, int, dict]]:
    """The queries of the rows that were rejected as shifted, or because nobody knows whether they are part of the table."""
    rows = np.flatnonzero(~records.alive)
    asked = [SHIFTED in reason or reason.startswith(UNKNOWN) for reason in records.reason[rows].tolist()]
    rows = rows[np.array(asked, dtype=bool)]
    return queries(table, records, records.key_texts(rows), rows, rejected=True)


def query(table: Table, records: Records, name: str, record: int, question, key: str) -> dict:
    """One row of queries.csv. Nothing is shown of an identifier or of free text."""
    column, owner = table.columns[name], records.fields[name]
    field = records.units[name] if question.at else owner
    value, owned = field.cells[field.cell[record]].text, field.column if question.at else column
    if not field.raw:
        value = text_of(field.readings[field.state[record]].value, column.type)
    reading, own = owner.readings[owner.state[record]], owner.cells[owner.cell[record]].text if owner.raw else value
    return {
        "severity": question.severity, "table": table.name, "key": key, "field": name, "value": shown(owned, value),
        "message": message(owned, value, question.message),
        "file": records.part.file.path, "row": records.number(record), "column": field.headers[records.block[record]] if field.raw else "",
        "raw": own, "correctable": owner.raw, "cleared": reading.value is None and bool(own.strip()), "once": question.once,
        "participant": participant(records, record),
    }  # fmt: skip


def participant(records: Records, record: int) -> str:
    """Whose record it is, as far as the part says so and it is no identifier."""
    field = records.fields.get(records.study.participant)
    if field is None:
        return ""
    value = field.readings[field.state[record]].value
    return shown(field.column, "" if value is None else text_of(value, field.column.type))
