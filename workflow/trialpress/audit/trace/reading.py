"""Reading what the trace wrote: a number, its columns, its cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...cohort import Builder as Builder
from ...errors import nearest


def find(content: Mapping, number: str) -> tuple[str, dict, str]:
    """(record id, its entry for this number, statistic or phrase) of a number's id; KeyError names the nearest known id.

    `os.6_months.text`, `os.6_months` and `os` all lead to the record `os`; an entry is {} where the record has none.
    """
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


def cell(content: Mapping, number: int) -> dict:
    """A raw cell with its names."""
    place, key, row, raw, clean, rule = content["cells"][number]
    names = zip(("table", "field", "file", "column"), content["places"][place], strict=True)
    return {
        **dict(names),
        "key": key,
        "row": row,
        "raw": raw,
        "clean": clean,
        "rule": content["rules"][rule] if rule >= 0 else "",
    }
