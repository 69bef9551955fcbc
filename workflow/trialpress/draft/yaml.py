"""YAML as a person would write it: one line an entry, quotes only where they are needed, a comment at its end."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

_PLAIN = re.compile(r"[^\W\d_][\w .()/%°µ^*+]*(?:(?<=\S)-[\w()%°µ][\w .()/%°µ^*+]*)*")
_WORDS = {
    "true",
    "false",
    "null",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "n",
    "nan",
    "inf",
}  # some are words of other readers only


def scalar(value) -> str:
    """A text, number or truth value as YAML reads it back, here and by other readers.

    >>> [scalar(value) for value in ("mg/L", "no", "1e5", "007", 7, True, "a: b", "", "性别")]
    ['mg/L', '"no"', '"1e5"', '"007"', '7', 'true', '"a: b"', '""', '性别']
    """
    if value is None:
        return "null"
    if value is True or value is False:
        return str(value).lower()
    if isinstance(value, int | float):
        return json.dumps(value)
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufeff]", " ", str(value))
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text == text.strip():
        return text
    return json.dumps(text, ensure_ascii=False)


def flow(value) -> str:
    """A value in one line.

    >>> flow({"type": "code", "codes": {"no": ["0"], "yes": []}})
    '{type: code, codes: {"no": ["0"], "yes": []}}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)
