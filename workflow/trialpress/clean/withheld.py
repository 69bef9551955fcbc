"""What a log says of a raw cell: its text, or that it is withheld. Of both a data manager has file, row and column."""

from __future__ import annotations

import re

from ..study import Column
from ..text import normalise

HIDDEN = "[identifier removed]"
NOT_SHOWN = "[free text withheld]"


def held(length: int) -> str:
    return f"[free text of {length} characters withheld]"


def cut(text: str, longest: int) -> str:
    """A raw text of a column in which so many characters are shown (`Column.shown`)."""
    return text if len(text) <= longest else held(len(text))


def shown(column: Column, text: str) -> str:
    """A raw text of a column."""
    return HIDDEN if column.identifier and text else cut(text, column.shown)


def message(column: Column, text: str, said: str) -> str:
    """What a query says of a raw text, without quoting what is withheld of it."""
    if shown(column, text) == text:
        return said
    for whole in sorted({text, normalise(text)}, key=len, reverse=True):
        said = said.replace(whole, shown(column, text))
    if column.identifier:
        return said
    # a piece of it may be quoted, too
    return re.sub("'.*'", held(len(text)), said)
