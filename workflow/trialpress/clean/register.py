"""The register of queries: the id of each, the same in every run, and whether it is open or was answered, by whom and when.

What a query is about makes its id: table, key, field and rule, or the place in a file that a rule speaks of. Its value and its
place in the list do not, so an id stays when other queries come and go, and a query on a value that has changed is the same.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from ..study import Study
from ..text import normalise
from .corrections import Line, confirms
from .log import ASKED, QUERIES
from .withheld import shown

OPEN, CLOSED = "open", "closed"
CORRECTED, CONFIRMED, NOT_KNOWN = "corrected", "confirmed", "not known"
PARTICULAR = re.compile(r"'.*?'|\d+(?:[.,]\d+)*")
PLACES = re.compile(r"\brows? \d+( to \d+)?|\bin \d+ rows")  # which move when other rows come and go


def rule(message: str) -> str:
    """What a message says of every value.

    >>> rule("14 is unusual (plausible: 1 to 10)"), rule("'many' is not a number")
    ('# is unusual (plausible: # to #)', '# is not a number')
    """
    return PARTICULAR.sub("#", message)


def about(entry: Mapping) -> tuple[str, ...]:
    """What a query is about; `entry` is a row of the list of queries (see `queries`)."""
    what = entry.get("rule") or rule(entry["message"])
    if entry.get("once"):  # asked once for a text, in whichever row it stands first
        return entry["table"], entry["field"], entry["value"], what
    if entry["table"]:
        return entry["table"], entry["key"], entry["field"], what
    return entry["file"], str(entry["row"]), entry["column"], what


def ids(asked: Iterable[Mapping]) -> list[str]:
    """The ids of queries; of those about the same thing, the second and third have others."""
    found, taken = [], set()
    for entry in asked:
        names = about(entry)
        while (name := _hashed(names)) in taken:
            names = (*names, "again")
        taken.add(name)
        found.append(name)
    return found


def _hashed(names: Sequence[str]) -> str:
    digest = hashlib.sha256(json.dumps(names, ensure_ascii=False).encode("utf-8")).digest()
    return "Q" + base64.b32encode(digest).decode("ascii")[:10]


def answer(line: Line) -> str:
    """What a line of the corrections says of the value."""
    if confirms(line):
        return CONFIRMED
    return CORRECTED if line["new"].strip() else NOT_KNOWN


def register(asked: Sequence[Mapping], lines: Sequence[Line], study: Study) -> pd.DataFrame:
    """The rows of queries.csv: what this run asks, in order, with its answers; then what was answered and is not asked any more.

    A confirmation closes its query as long as value and message are those that were confirmed. A correction has closed it if
    the corrected value is not asked about.
    """
    answers: dict[str, list[Line]] = {}
    for line in lines:
        if line["query"]:
            answers.setdefault(line["query"], []).append(line)
    rows = []
    for name, entry in zip(ids(asked), asked, strict=True):
        given = answers.pop(name, ())
        held = [line for line in given if _still(line, entry)]
        last = (held or given or (None,))[-1]
        told = _told(last, study) if last else dict.fromkeys(ASKED, "")
        rows.append({"id": name, **entry, **told, "state": CLOSED if held else OPEN})
    for name, given in answers.items():
        line, nowhere = given[-1], {"severity": "", "file": "", "row": 0, "column": ""}
        what = {
            "id": name,
            "table": line["table"],
            "key": line["key"],
            "field": line["field"],
            "message": line["question"],
        }
        value = _shown(line["old"], line, study) if line["table"] else ""
        rows.append({**what, **nowhere, "value": value, **_told(line, study), "state": CLOSED})
    return pd.DataFrame(rows, columns=["id", *QUERIES])


def _still(line: Line, entry: Mapping) -> bool:
    """Whether what was confirmed is what is asked about."""
    message = line["question"] or entry["message"]
    if "digest" in entry:  # of a part of the study, whose raw texts stay where they were read
        same = digest(line["old"]) == entry["digest"]
    else:
        same = normalise(line["old"]) == normalise(entry["raw"])
    return confirms(line) and same and PLACES.sub("", message) == PLACES.sub("", entry["message"])


def digest(raw: str) -> str:
    """A raw text, to be compared and not to be read."""
    return hashlib.sha256(normalise(raw).encode("utf-8")).hexdigest()


def _told(line: Line, study: Study) -> dict[str, str]:
    """What an answer says, without what is withheld."""
    new = "" if confirms(line) else _shown(line["new"], line, study)
    return {
        "state": "",
        "answer": answer(line),
        "new_value": new,
        **{name: line[name] for name in ("reason", "by", "date")},
    }


def _shown(text: str, line: Line, study: Study) -> str:
    table = study.tables.get(line["table"])
    return shown(table.columns[line["field"]], text) if table and line["field"] in table.columns else text
