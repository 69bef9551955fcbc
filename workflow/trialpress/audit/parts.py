"""Parts of the audit's data as files that its page can load without a server: JSON in one call of a function.

A page that is opened from a folder cannot fetch a file, but it can run a script beside it. The content is JSON alone, in which
no character can end what it stands in, so whoever reads a part without the page takes what stands between the parentheses.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..files import write_text

_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Json(str):
    """A text that is JSON already, as `plain` writes it."""


def plain(value: object) -> str:
    """JSON in its shortest form; arrays are lists."""
    if isinstance(value, Json):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=np.ndarray.tolist)


def embedded(value: object) -> str:
    """JSON that can stand inside a script element."""
    text = plain(value)
    for character, escape in _UNSAFE.items():
        if character in text:
            text = text.replace(character, escape)
    return text


def write_part(value: object, path: Path) -> None:
    """A part; the page knows it by the name of its file."""
    write_text(f'part("{path.stem}",{embedded(value)});\n', path)


def read_part(path: Path) -> object:
    """What `write_part` wrote."""
    text = path.read_text(encoding="utf-8")
    return json.loads(text[text.index(",") + 1 : text.rindex(")")])
