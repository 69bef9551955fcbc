"""What metadata say of a variable, whatever file said it; and which file is metadata, told by its content."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..text import normalise


@dataclass(frozen=True)
class Variable:
    """codes: raw text -> meaning; low, high: the range that the metadata check; source: what said it, for messages.

    applies: the condition under which the question was asked; form: the instrument or data set; formula: of a calculated
    field, in the words of the metadata.
    """

    name: str
    source: str = "the dictionary"
    label: str = ""
    type: str = ""
    unit: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    identifier: str = ""
    low: float | None = None
    high: float | None = None
    required: bool = False
    applies: str = ""
    form: str = ""
    formula: str = ""
    note: str = ""


def choices(text: str) -> dict[str, str]:
    """REDCap's list of codes: of a choice field, or of missing data.

    >>> choices("1, Yes | 0, No, never | 99, Unknown")
    {'1': 'Yes', '0': 'No, never', '99': 'Unknown'}
    """
    found = {}
    for part in re.split(r"\s*\|\s*|\n", text):
        code, _, label = part.partition(",")
        if code.strip() and label.strip():
            found[code.strip()] = normalise(re.sub(r"<[^>]+>", "", label))
    return found
