"""The different texts of JSON: the data of the audit's page are a hundred megabytes in a large study, and repeat themselves.

Not taken are the numbers by which those data count, which look like hospital numbers: lists of numbers of participants, of cells and
of different texts; the row of a cell, [place, key, row, raw, ...]; numbers of rows and bytes of a log, and of the raw rows of a part of
the trace, by columns; the rows of a file in which a participant's cells stand, [file, first, last]; the number of a participant, and of
the first of a part; the sizes of files.
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
_RUNS = ("first", "last")  # rows of a file
FEW = 8  # values of a list that are read side by side as they stand; of more each is one
_CELL = [int, str, int, str]
_NUMBERED = re.compile(r"\d{1,7}")
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
    kind = type(node)
    if kind is _Pairs:
        for name, value in node:
            of = type(value)
            if name in _SIZED and _SIZES.fullmatch(f"{name} {value!r}"):
                continue
            if not (of is list and value and type(value[0]) is list and _NUMBERED.fullmatch(name)):
                found[name] = None
            if of is int:
                found[str(value)] = None
            else:
                _take(_uncounted(name, value) if of is list or of is _Pairs else value, found)
    elif kind is list:
        _take_list(node, found)
    elif kind is str and node[:1] in ("{", "["):  # JSON within JSON, or no JSON
        found[_different(node)] = None
    elif kind is not bool and node is not None:
        found[str(node)] = None


def _take_list(node: list, found: dict[str, None]) -> None:
    kinds = {*map(type, node)}
    if kinds == {list} and {*map(len, node)} == {6} and _are_cells(columns := [*zip(*node, strict=True)]):
        for of in (0, 1, 3, 4, 5):
            _take_list(columns[of], found)
    elif list in kinds or _Pairs in kinds:
        for one in node:
            _take(one, found)
    elif len(node) == 3 and [*map(type, node)] == [str, int, int] and max(map(abs, node[1:])) < 10**9:
        found[node[0]] = None
    elif len(node) > FEW:
        different = dict.fromkeys(node) if kinds in ({str}, {int}) else node
        found.update(dict.fromkeys(map(str, different)))
    elif node:
        found['" "'.join(map(str, node))] = None


def _are_cells(columns: list[tuple]) -> bool:
    return all({*map(type, column)} == {kind} for column, kind in zip(columns, _CELL, strict=False))


def _most(name: str) -> int:
    return 10**9 if name in ROWS or name in _RUNS else 10**6


def _uncounted(name: str, value: object) -> object:
    """What stands behind a name without what counts."""
    if type(value) is list and {*map(type, value)} == {int} and min(value) >= -1 and max(value) < _most(name):
        return []
    if name in ROWS and isinstance(value, _Pairs):
        return _Pairs((of, [one for one in held if not re.fullmatch(r"\d{0,9}", str(one))] if of == "values" and type(held) is list else held)
                      for of, held in value)  # fmt: skip
    return value
