"""Codes from the texts that mean them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...errors import nearest
from ...text import fold
from .reading import Reading

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


class CodeList:
    """A code list: the texts that mean a code exactly, and without regard to case and spaces."""

    def __init__(self, codes: Mapping[str, tuple[str, ...]]):
        self.exact: dict[str, str] = {}
        self.folded: dict[str, set[str]] = {}
        for code, texts in codes.items():
            for text in (code, *texts):
                self.exact.setdefault(text, code)
                self.folded.setdefault(fold(text), set()).add(code)
        self.numbers: dict[float, set[str]] = {}
        for text, code in self.exact.items():
            if _NUMBER.fullmatch(text):
                self.numbers.setdefault(float(text), set()).add(code)
        self.known = [*dict.fromkeys(item for code, texts in codes.items() for item in (code, *texts))]

    def __call__(self, text: str, label: str = "") -> Reading:
        """The code that a text means, or its value label; an unknown text names the nearest known one."""
        if text in self.exact:
            code = self.exact[text]
            return Reading(code, () if text == code else ("code list",))
        if label in self.exact:
            return Reading(self.exact[label], (f"value label of {text}",))
        found = self.folded.get(fold(text), set())
        if not found and _NUMBER.fullmatch(text):  # 1.0 where the list says 1
            same = self.numbers.get(float(text), set())
            found = same if len(same) == 1 else set()
        if len(found) > 1:
            return Reading(
                problem=f"'{text}' may be {' or '.join(sorted(found))}: they differ by the case of letters only"
            )
        if found:
            return Reading(next(iter(found)), ("code list",))
        return Reading(problem=f"'{text}' is not in the code list ({nearest(text, self.known)})")
