"""What the workbook of the queries looks like: its sheets, its columns, and which answers a query can have."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..clean.register import CONFIRMED, CORRECTED, NOT_KNOWN
from ..clean.withheld import shown
from ..study import Column, Study

QUERIES, FILES, ABOUT, LISTS = "Queries", "Files", "How to answer", "Lists"
GIVEN = (  # header, width in characters
    ("Query", 13), ("Severity", 9), ("Table", 13), ("Participant", 12), ("Key", 18), ("Field", 18), ("Label", 24), ("File", 20),
    ("Row", 7), ("Column", 22), ("Raw value", 18), ("Message", 48),
)  # fmt: skip
ANSWERED = (("Answer", 12), ("New value", 18), ("Reason", 36), ("Name", 20), ("Date", 12))
COMPARED = ("Table", "Key", "Field", "Raw value")  # what an answer was given for
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what no workbook can hold


def answers(entry: Mapping) -> tuple[str, ...]:
    """The answers that a query can have: a cell is corrected or not known, and confirmed only if its value is used."""
    if entry.get("correctable") and not entry.get("once"):
        return (CORRECTED, NOT_KNOWN) if entry["cleared"] else (CORRECTED, CONFIRMED, NOT_KNOWN)
    return () if entry.get("cleared") else (CONFIRMED,)


def column(study: Study, entry: Mapping) -> Column | None:
    """The column that a query is about, if it is about one."""
    return study.tables[entry["table"]].columns[entry["field"]] if entry["table"] else None


def withheld(study: Study, entry: Mapping) -> bool:
    """Whether the raw value is not shown: an identifier, or free text."""
    of, raw = column(study, entry), entry.get("raw", "")
    return bool(of and entry.get("correctable")) and shown(of, raw) != raw


def safe(text: str) -> str:
    """A text as a workbook holds it."""
    return NO_TEXT.sub("\ufffd", text)


def given(study: Study, name: str, entry: Mapping) -> tuple:
    """The cells of `GIVEN` for a query; only what queries.csv shows, too."""
    of = column(study, entry)
    texts = (name, entry["severity"], entry["table"], entry.get("participant", ""), entry["key"], entry["field"], of.title if of else "",
             entry["file"], int(entry["row"]) or "", entry["column"], entry["value"], entry["message"])  # fmt: skip
    return tuple(safe(text) if isinstance(text, str) else text for text in texts)
