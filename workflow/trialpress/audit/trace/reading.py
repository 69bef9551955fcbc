"""Reading what the trace wrote: a number, its members, its columns, its cells."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path

from ...cohort import Builder as Builder
from ...errors import nearest
from ...files import read_json
from ..parts import read_part


def read(folder: Path) -> dict:
    """trace.json of the results in a folder; InputError if it is none."""
    return read_json(
        folder / "audit" / "trace.json",
        study=str,
        participants=list,
        records=dict,
        columns=dict,
        places=list,
        rules=list,
    )


def part_of(content: Mapping, at: int, folder: Path) -> Mapping:
    """values, evidence, rows and cells of a participant, from the number `first` on: the trace itself, or a part of it."""
    if "parts" not in content:
        return content
    number = bisect_right(content["parts"], at)
    return spread(read_part(folder / "audit" / "trace" / f"participants-{number:04d}.js"))


def spread(part: Mapping) -> dict:
    """A part, which lies by columns, in the form of the trace."""
    first = part["first"]

    def column(found: list | Mapping) -> list:
        return [found["values"][code] for code in found["codes"]] if isinstance(found, Mapping) else found

    def runs(found: Mapping) -> dict[str, list]:
        every = list(zip(*(column(found[name]) for name in ("file", "first", "last")), strict=True))
        pairs = enumerate(pairwise(found["start"]), start=first)
        return {str(at): every[start:end] for at, (start, end) in pairs if end > start}

    def decided(found: Mapping) -> dict[str, dict]:
        one = {}
        for at, (start, end) in enumerate(pairwise(found["start"])):
            counted = {name: found[name][at] for name in ("rows", "of") if name in found}
            one[str(first + at)] = {"cells": found["cells"][start:end], **counted}
        return one

    return {
        "first": first,
        "values": {name: column(found) for name, found in part["values"].items()},
        "evidence": {name: decided(found) for name, found in part["evidence"].items()},
        "rows": {table: runs(found) for table, found in part["rows"].items()},
        "cells": list(zip(*map(column, part["cells"].values()), strict=True)),
    }


def record_of(content: Mapping, name: str, folder: Path) -> dict:
    """A record with its members."""
    record = content["records"][name]
    if "parts" not in content or "results" not in record:
        return record
    number = list(content["records"]).index(name) + 1
    members = read_part(folder / "audit" / "trace" / f"record-{number:04d}.js")
    who = members.pop("who")
    results = [entry | {"who": counted} for entry, counted in zip(record["results"], who, strict=True)]
    return record | members | {"results": results}


def find(content: Mapping, number: str) -> tuple[str, dict, str]:
    """(record id, its entry for this number, statistic or phrase) of a number's id; KeyError names the nearest known id.

    `os.6_months.text`, `os.6_months` and `os` all lead to the record `os`; an entry is {} where the record has none.
    What stands behind an @, as in the links of a listing, is a participant.
    """
    number = number.partition("@")[0]
    entries = {
        entry["id"]: (name, entry) for name, record in content["records"].items() for entry in record.get("results", ())
    }
    entries |= {name: (name, entries.get(name, (name, {}))[1]) for name in content["records"]}
    head, _, last = number.rpartition(".")
    if number in entries:
        return (*entries[number], "")
    if head in entries and last in entries[head][1].get("printed", ()):
        return (*entries[head], last)
    raise KeyError(
        nearest(
            number,
            [*entries, *(f"{key}.{name}" for key, (_, entry) in entries.items() for name in entry.get("printed", ()))],
        )
    )


def closure(content: Mapping, names: Iterable[str]) -> dict[str, int]:
    """The columns that some columns come from, themselves first, with their depth."""
    found: dict[str, int] = {}
    waiting = [(name, 0) for name in reversed(list(names))]
    while waiting:
        name, depth = waiting.pop()
        if name not in found:
            found[name] = depth
            waiting += [(parent, depth + 1) for parent in reversed(content["columns"][name]["from"])]
    return found


def cell(content: Mapping, number: int, part: Mapping | None = None) -> dict:
    """A raw cell with its names; part: where it is numbered, if not in the trace itself."""
    place, key, row, raw, clean, rule = (part or content)["cells"][number]
    names = zip(("table", "field", "file", "column"), content["places"][place], strict=True)
    return {
        **dict(names),
        "key": key,
        "row": row,
        "raw": raw,
        "clean": clean,
        "rule": content["rules"][rule] if rule >= 0 else "",
    }
