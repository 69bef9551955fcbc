"""In which columns of a file the comma is the decimal sign, as far as its own numbers say so."""

from __future__ import annotations

import re
from collections import Counter

from ..study import Study
from ..text import normalise
from .parse.numbers import decimal_sign
from .read.headers import reads
from .read.raw import Cell, Raw

NUMBERS = ("number", "integer")


def commas(study: Study, raw: Raw) -> frozenset[int]:
    """The columns of numbers (by position) in which 150.000 has two readings: those in which more cells show a comma as the decimal
    sign (12,5 or 1.250.000) than a point, and where no cell of a column shows either, those of such a file."""
    found = {
        at
        for column, name, where in reads(study, raw)
        if column.type in NUMBERS and name == column.name
        for at in where
    }
    counts = {at: Counter(filter(None, map(_sign, raw.columns[at].cells))) for at in sorted(found)}
    whole = sum(counts.values(), Counter())
    return frozenset(at for at, own in counts.items() if (own or whole)[","] > (own or whole)["."])


def _sign(cell: Cell) -> str:
    return decimal_sign(normalise(cell.text)) if cell.kind == "text" and re.search("[.,]", cell.text) else ""
