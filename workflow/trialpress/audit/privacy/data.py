"""The different texts of JSON: the data of the audit's page are a hundred megabytes in a large study, and repeat themselves.

Not taken are the numbers by which those data count, which look like hospital numbers: lists of numbers of participants, of cells and
of different texts; the row of a cell, [place, key, row, raw, ...]; numbers of rows and bytes of a log, by columns; the rows of a file
in which a participant's cells stand, [file, first, last]; the number of a participant, and of the first of a part; the sizes of files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pyarrow as pa

from ...collector import uncollected

Left = Callable[[pa.Array], list[str]]  # those of many texts that are to be searched

ROWS = ("row", "source_row", "rows_in", "rows_kept", "rows_rejected", "bytes")  # of the logs: numbers of rows and bytes
FEW = 8  # values of a list that are read side by side as they stand; of more each is one
_CELL = [int, str, int, str]
_SIZED = ("first", "rows", "bytes", "contentSize")
_SIZES = re.compile(r"(?:first|rows) \d{1,9}|bytes \d+|contentSize '\d+'")  # of a part; of files
_SCRIPT = re.compile(r'(?<=<script type="application/json")([^>]*>)(.*?)(?=</script>)', re.S)


class _Pairs(list):
    """The names and values of an object; of two with one name both are read."""


def all_of(texts: pa.Array) -> list[str]:
    """Every text but what is missing."""
    return texts.drop_null().to_pylist()


def apart(text: str, left: Left = all_of) -> Iterator[str]:
    """A text with the different texts of the JSON in its place, if it is JSON, a part of the page or a page with data."""
    if text[:1] in ("{", "["):
        yield _different(text, left)
    elif text.startswith('part("'):
        at, end = text.find(",") + 1, text.rfind(")")
        yield from (text[:at], _different(text[at:end], left), text[end:])
    else:
        found = [match[2] for match in _SCRIPT.finditer(text)]
        yield _SCRIPT.sub(r"\1", text) if found else text
        yield from (_different(one, left) for one in found)


def _different(text: str, left: Left = all_of) -> str:
    """The different texts of JSON that are left, in the order in which they come; the text itself if it is none."""
    found: dict[str, None] = {}
    try:
        with uncollected():  # to collect would take five times what reading does
            _take(json.loads(text, object_pairs_hook=_Pairs), found)
    except (ValueError, RecursionError):
        return text
    with suppress(UnicodeEncodeError):  # half a character, which JSON can name
        return "\n".join(left(pa.array(found, pa.string())))
    return "\n".join(found)


def _take(node: object, found: dict[str, None]) -> None:
    if isinstance(node, _Pairs):
        for name, value in node:
            if name in _SIZED and _SIZES.fullmatch(f"{name} {value!r}"):
                continue
            if not (type(value) is list and value and type(value[0]) is list and re.fullmatch(r"\d{1,7}", name)):
                found[name] = None
            _take(_uncounted(name, value), found)
    elif isinstance(node, list):
        _take_list(node, {*map(type, node)}, found)
    elif isinstance(node, str) and node[:1] in ("{", "["):  # JSON within JSON, or no JSON
        found[_different(node)] = None
    elif type(node) not in (bool, type(None)):
        found[str(node)] = None


def _take_list(node: list, kinds: set[type], found: dict[str, None]) -> None:
    if kinds == {list} and all(len(row) == 6 and [*map(type, row[:4])] == _CELL for row in node):
        for of in (0, 1, 3, 4, 5):
            _take([row[of] for row in node], found)
    elif kinds & {list, _Pairs}:
        for one in node:
            _take(one, found)
    elif [*map(type, node)] == [str, int, int] and max(map(abs, node[1:])) < 10**9:
        found[node[0]] = None
    elif len(node) > FEW:
        found.update(dict.fromkeys(map(str, node)))
    elif node:
        found['" "'.join(map(str, node))] = None


def _uncounted(name: str, value: object) -> object:
    """What stands behind a name without what counts."""
    if type(value) is list and {*map(type, value)} == {int} and min(value) >= 0 and max(value) < 10**6:
        return []
    if name in ROWS and isinstance(value, _Pairs):
        return _Pairs((of, [one for one in held if not re.fullmatch(r"\d{0,9}", str(one))] if of == "values" and type(held) is list else held)
                      for of, held in value)  # fmt: skip
    return value
