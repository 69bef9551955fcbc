"""Which columns of a file a source in study.yaml names, and what to write where it names none or several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ...errors import Problem, nearest
from ...study import SHOWN, Column, Part, Study
from ...text import normalise

if TYPE_CHECKING:
    from .raw import Raw

Headers = Sequence[tuple[str, ...]]


def find(headers: Headers, source: str) -> list[int]:
    """The columns (from 0) that `source` names. The first of these readings that finds a column counts:

    a whole last header, even if it holds '|' or '#'; the parts, in order, among a path of headers, the last one last;
    'Complete?#2', the second column of those; '#5', the fifth column of the file.

    >>> find([("Day 0", "CRP"), ("Day 7", "CRP")], "Day 7 | CRP"), find([("a",), ("b",), ("a",)], "a#2")
    ([1], [2])
    """
    whole = normalise(source)
    if found := [index for index, path in enumerate(headers) if path[-1] == whole]:
        return found
    wanted = _parts(source)
    if found := [index for index, path in enumerate(headers) if _matches(wanted, path)]:
        return found
    counted = re.fullmatch(r"(.*?)\s*#\s*(\d+)", whole)
    if not counted:
        return []
    of = find(headers, counted[1]) if counted[1] else range(len(headers))
    return list(of)[int(counted[2]) - 1 : int(counted[2])] if int(counted[2]) else []


@lru_cache(maxsize=65536)
def _parts(text: str) -> tuple[str, ...]:
    return tuple(normalise(part) for part in text.split("|"))


def _matches(wanted: tuple[str, ...], path: tuple[str, ...]) -> bool:
    last = _parts(path[-1])
    if wanted[-len(last) :] != last:
        return False
    rest = iter(part for above in path[:-1] for part in _parts(above))
    return all(part in rest for part in wanted[: -len(last)])


def _wanted(column: Column) -> list[tuple[str, tuple[str, ...]]]:
    """What a column reads: (name, sources) of itself and of its unit. Blocks, row numbers, derivations: nothing."""
    wanted = [(column.name, column.source)] if column.source else []
    return wanted + ([(f"{column.name} unit", (column.unit_from,))] if column.unit_from else [])


def resolve(raw: Raw, part: Part, where: str) -> tuple[dict, list[Problem]]:
    """Column positions of a part: {(column name, block) -> index}, and what the file lacks."""
    found, problems = {}, []
    for block, text in (part.blocks or {None: ""}).items():
        for column in part.columns.values():
            for name, patterns in _wanted(column):
                sources = [pattern.replace("{block}", text) for pattern in patterns]
                hits = sorted({index for source in sources for index in raw.find(source)})
                if len(hits) == 1:
                    found[name, block] = hits[0]
                    continue
                shown = " or ".join(f"'{source}'" for source in sources)
                what = f"has {len(hits)} columns {shown}" if hits else f"has no column {shown}"
                why = "a column that is not found would be missing for everyone"
                if hits:
                    why, do = "one of them would be taken by chance", _which(raw, patterns, sources, hits)
                else:
                    do = separated(raw) or _nearest(raw, sources[0])
                problems.append(Problem(where, f"{what}, wanted for {name}", why, do))
    return found, problems


def _nearest(raw: Raw, source: str) -> str:
    known = {raw.header(index) for index in range(len(raw.headers))}
    return nearest(source, known | {path[-1] for path in raw.headers if path[-1]})


def _which(raw: Raw, patterns: Sequence[str], sources: Sequence[str], hits: list[int]) -> str:
    """How to say which of several columns is meant: only forms that find exactly one column."""
    naming = [pattern for pattern, source in zip(patterns, sources, strict=True) if raw.find(source)]
    ways = []
    if len(naming) == 1:
        one = f"'{naming[0]}#1'"
        ways.append(
            f"write {one} or '{naming[0]}#2'" if len(hits) == 2 else f"write {one} ... '{naming[0]}#{len(hits)}'"
        )
    else:
        ways.append("keep one of the synonyms only")
    if not any("{block}" in pattern for pattern in patterns):  # a position would stand for every block
        ways.append("by position " + ", ".join(f"'#{index + 1}'" for index in hits[:6]) + (", ..." * (len(hits) > 6)))
    paths = [raw.header(index) for index in hits]
    if len(raw.headers[0]) > 1 and all(raw.find(path) == [index] for path, index in zip(paths, hits, strict=True)):
        ways.append(f"the path of its headers '{paths[0]}'")
    return ", or ".join(ways)


DELIMITERS = {";": "';'", "\t": "a tab", ",": "','", "|": "'|'"}


def separator(header: str, rows: Sequence[str], file) -> str:
    """The delimiter by which a file seems to be separated whose header was read as one cell; '' if none is likely."""
    for sign in DELIMITERS:
        times = header.count(sign)
        if sign == "\t" and not times and rows:  # a normalised header has no tabs any more
            times = min(rows[0].count(sign), header.count(" "))
        if sign != file.delimiter and (times > 1 or (times and rows and all(row.count(sign) == times for row in rows))):
            return sign
    return ""


def separated(raw: Raw) -> str:
    """Advice where the header was read as one cell because the file is separated by another sign."""
    if len(raw.headers) != 1 or raw.format != "csv":
        return ""
    rows = [cell.text for cell in raw.columns[0].cells[:1000]]
    return advice(raw.file, separator(raw.headers[0][-1], rows, raw.file))


def advice(file, sign: str) -> str:
    written = '"\\t"' if sign == "\t" else f"'{sign}'"
    return sign and f"the header looks separated by {DELIMITERS[sign]}: set files.{file.name}.delimiter: {written}"


def reads(study: Study, raw: Raw) -> list[tuple[Column, str, set[int]]]:
    """All that the tables of a study read from the file: (column, its name or that of its unit, positions)."""
    return [
        (column, name, {index for source in sources for index in raw.find(source.replace("{block}", text))})
        for table in study.tables.values()
        for part in table.parts
        if part.file.name == raw.file.name
        for column in part.columns.values()
        for text in part.blocks.values() or ("",)
        for name, sources in _wanted(column)
    ]


def identifiers(study: Study, raw: Raw) -> list[tuple[int, Column]]:
    """(position, column) of every column of the file that some table declares to be a direct identifier."""
    return [
        (index, column)
        for column, name, found in reads(study, raw)
        if column.identifier and name == column.name
        for index in sorted(found)
    ]


def declared(study: Study, raw: Raw) -> dict[int, int]:
    """The columns of the file that may be shown: some table declares them, and none an identifier or free text that it
    holds back. With each how many characters of a cell may be (`Column.shown`)."""
    found: dict[int, int] = {}
    for column, name, positions in reads(study, raw):
        longest = column.shown if name == column.name else SHOWN
        found |= {index: min(longest, found.get(index, longest)) for index in positions}
    return {index: longest for index, longest in found.items() if longest}
