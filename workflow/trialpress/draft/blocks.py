"""Columns that say one thing at several times, side by side: D0, D4, D7. They are drafted as a long table."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

from ..clean.read import Raw
from ..text import normalise
from .facts import source

WORD = r"(?i:timepoint|day|days|week|wk|visit|month|mon|cycle|hour|year|d|w|v|m|c|t|h)"
TIME = re.compile(
    rf"(?<![A-Za-z])(?P<word>{WORD})(?P<sep>[ _.]*)(?P<n>-?\d{{1,4}})(?![\d.])|第?(?P<n2>\d{{1,3}})(?P<word2>天|周|个月|月)(?!龄)"
)
LEAST = 3


@dataclass
class Wide:
    """A long table to be: word (`day`), value of each block -> its text, and of each measure its sources and places."""

    word: str
    blocks: dict[int, str]
    measures: dict[str, tuple[list[str], list[int]]] = field(default_factory=dict)  # label -> (sources, places)

    @property
    def places(self) -> set[int]:
        return {at for _, places in self.measures.values() for at in places}


def _split(path: tuple[str, ...]) -> tuple[str, int, str, str] | None:
    """(what is measured, the time, the text of the block, the source) of a column's header; None if it names no time."""
    parts = [normalise(part) for part in path if part]
    for at in range(len(parts) - 1, -1, -1):
        found = list(TIME.finditer(parts[at]))
        if len(found) != 1:
            continue
        m = found[0]
        number, digits = int(m["n"] or m["n2"]), m["n"] or m["n2"]
        if at < len(parts) - 1:  # the time stands above the measure
            return " | ".join(parts[at + 1 :]), number, parts[at], " | ".join(["{block}", *parts[at + 1 :]])
        start = m.start("n") if m["n"] else m.start("n2")
        before, after = parts[at][:start], parts[at][start + len(digits) :]
        if "{" in parts[at]:
            return None
        measure = (parts[at][: m.start()] + " " + parts[at][m.end() :]).strip(" _-.:|")
        return measure, number, digits, before + "{block}" + after
    return None


def _word(path: tuple[str, ...]) -> str:
    text = " ".join(path)
    m = TIME.search(text)
    said = (m["word"] or m["word2"]).lower() if m else ""
    return {"d": "day", "days": "day", "天": "day", "w": "week", "wk": "week", "周": "week", "v": "visit", "m": "month", "mon": "month", "月": "month",
            "个月": "month", "c": "cycle", "t": "time", "h": "hour", "timepoint": "time"}.get(said, said or "time")  # fmt: skip


def wide(raw: Raw, free: set[int]) -> list[Wide]:
    """The blocks of a file among its columns `free`: measures with the same times are one table."""
    by: dict[tuple[str, str, bool], dict[int, tuple[int, str, str]]] = defaultdict(dict)
    names: dict[tuple[str, str, bool], str] = {}
    for at in sorted(free):
        path = raw.headers[at]
        told = _split(path)
        if told is None or not source(raw, at):
            continue
        measure, number, text, template = told
        key = (_word(path), measure.casefold(), template.startswith("{block} |"))
        names.setdefault(key, measure)
        if number in by[key]:
            by[key][number] = (-1, "", "")  # twice: not told apart by the time alone
        else:
            by[key][number] = (at, text, template)
    tables: dict[tuple, Wide] = {}
    for key, times in by.items():
        times = {number: found for number, found in times.items() if found[0] >= 0}
        if len(times) < LEAST:
            continue
        texts = {number: text for number, (_, text, _) in sorted(times.items())}
        of = tables.setdefault((key[0], key[2], tuple(texts.items())), Wide(key[0], texts))
        templates = list(dict.fromkeys(template for _, _, template in (times[number] for number in texts)))
        if _resolves(raw, templates, texts, times):
            of.measures[names[key] or "value"] = (templates, [times[number][0] for number in texts])
    return [table for table in tables.values() if table.measures]


def _resolves(raw: Raw, templates: list[str], texts: dict[int, str], times: dict) -> bool:
    """Whether every block finds its own column and no other."""
    return all(
        sorted({at for template in templates for at in raw.find(template.replace("{block}", text))})
        == [times[number][0]]
        for number, text in texts.items()
    )
