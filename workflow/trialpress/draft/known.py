"""What metadata say of a variable, whatever file said it; and which file is metadata, told by its content."""

from __future__ import annotations

from dataclasses import dataclass, field


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
