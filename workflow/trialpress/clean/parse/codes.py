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
        """The code that a text means, or its value label; an unknown text names the nearest known one.

        A label that means another code than its text contradicts the code list: which of them is wrong nobody can tell here.
        """
        reading = self._code(text, label)
        named = {self.exact[label]} if label in self.exact else self.folded.get(fold(label), set())
        if reading.value is None or not label or not named or reading.value in named:
            return reading
        said = f"'{text}' is {reading.value} by the code list, but {' or '.join(sorted(named))} by its value label in the file"
        return Reading(problem=f"{said}, '{label}'; correct codes, or use codes: from file")

    def _code(self, text: str, label: str) -> Reading:
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
