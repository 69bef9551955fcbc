"""Loops of plan.yaml, written out when it is read: everything after sees plain entries.

    analyses:
      "{marker}_day_{day}":
        for: {marker: [crp, il6], day: [0, 7]}
        method: summary
        variable: "{marker}_{day}"

An entry stands once for every combination of the lists. A placeholder stands in keys and texts; a text that is nothing but
a placeholder takes the value's own type. A variable runs over a list, over a mapping value -> label (`{marker.label}`), or
over the `levels of` a column with its labels. A list may hold an item {for: ..., each: ...}, written out in its place.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import Problem, nearest

SECTIONS = (("cohort", "columns"), ("endpoints",), ("populations",), ("analyses",), ("figures",), ("tables",))
PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*(?:\.label)?)\}")
# in a caption without a loop, braces may belong to a formula ($x_{max}$) or to Quarto
IN_PROSE = re.compile(r"(?<![\\\w^_}$\]])\{([A-Za-z_]\w*(?:\.label)?)\}")
PROSE = ("caption", "definition", "label")
WHY = "an entry that is not what it looks like would be computed, or printed, in silence"

Levels = Callable[[str], Mapping[str, str] | None]


class _Loop:
    """The values of one pass; `used` are the variables that some text has named."""

    def __init__(self, values: Mapping, known: Mapping, used: set, report: Callable[[str, str], None]):
        self.values, self.known, self.used, self.report = values, known, used, report

    def text(self, text: str, key: bool = False):
        whole = PLACEHOLDER.fullmatch(text)
        if whole and not key:
            return self._value(whole[1])
        return PLACEHOLDER.sub(lambda match: self._id(match[1]) if key else str(self._value(match[1])), text)

    def _value(self, name: str):
        base = name.removesuffix(".label")
        if base in self.known:
            self.used.add(base)
        if name not in self.values:
            unlabelled = base != name and base in self.known
            do = "give its values labels: {value: label, ...}" if unlabelled else nearest(base, self.known)
            self.report(f"the placeholder {{{name}}} is not a variable of its loop", do)
            return f"{{{name}}}"
        return self.values[name]

    def _id(self, name: str) -> str:
        """A value as part of an id, which holds letters, digits and underscores."""
        return re.sub(r"\W+", "_", str(self._value(name))).strip("_")

    def write(self, value, where: str, levels: Levels):
        """A value with its placeholders replaced and the loops in its lists written out."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(key, True) if isinstance(key, str) else key: self.write(inner, where, levels)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            return [item for inner in value for item in self._items(inner, where, levels)]
        return value

    def _items(self, item, where: str, levels: Levels) -> list:
        if not (isinstance(item, Mapping) and set(item) == {"for", "each"}):
            return [self.write(item, where, levels)]
        inner = {"for": self.write(item["for"], where, levels)}
        return [made for loop in _passes(inner, self, levels, self.report) for made in [loop.write(item["each"], where, levels)]]  # fmt: skip


def _lists(spec: Mapping, levels: Levels, report: Callable[[str, str], None]) -> dict[str, list[tuple]]:
    """Variable -> its (value, label or None)."""
    found: dict[str, list[tuple]] = {}
    if not isinstance(spec, Mapping) or not spec:
        report("`for` must name its variables with their lists", "write for: {marker: [crp, il6]}")
        return {}
    for name, given in spec.items():
        column = given.removeprefix("levels of ").strip() if isinstance(given, str) else ""
        if isinstance(given, str) and given.startswith("levels of "):
            known = levels(column)
            if not known:
                what = f"'{column}' has no levels" if known is not None else f"the column '{column}' is not known here"
                report(f"`for`: {what}", "name a column with codes or levels, or write the list")
                continue
            found[name] = list(known.items())
        elif isinstance(given, Mapping):
            found[name] = [(value, str(label)) for value, label in given.items()]
        elif isinstance(given, list):
            found[name] = [(value, None) for value in given]
        else:
            report(f"`for`: '{name}' must be a list, is {given!r}", f"write {name}: [{given}]")
            continue
        values = [value for value, _ in found[name]]
        if not values or any(isinstance(value, list | Mapping) for value in values):
            report(f"`for`: '{name}' must be a list of texts or numbers", "write each value once")
            del found[name]
        elif len({str(value) for value in values}) < len(values):
            report(f"`for`: a value of '{name}' stands twice", "write each value once")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w*", name):
            report(f"`for`: '{name}' cannot be a variable", "take letters, digits and underscores")
            found.pop(name, None)
    return found


def _passes(entry: Mapping, outer: _Loop | None, levels: Levels, report: Callable[[str, str], None]):
    """One `_Loop` for every combination; says at the end which variables were never named."""
    lists = _lists(entry["for"], levels, report)
    known, before = (outer.known, outer.values) if outer else ({}, {})
    for name in set(lists) & set(known):
        report(f"`for`: the variable '{name}' belongs to the loop around it", "give it another name")
    used: set[str] = set()
    for chosen in itertools.product(*lists.values()) if lists else ():
        values = dict(before)
        for name, (value, label) in zip(lists, chosen, strict=True):
            values |= {name: value} | ({f"{name}.label": label} if label is not None else {})
        yield _Loop(values, {**known, **lists}, used, report)
    for name in lists:
        if name not in used:
            report(f"`for`: the variable '{name}' is not used", f"write {{{name}}} in the entry, or leave it out")
    if outer:
        outer.used |= used & set(known)


def _stray(value, prose: bool = False) -> str:
    """A placeholder in an entry without a loop; empty if there is none."""
    if isinstance(value, str):
        found = (IN_PROSE if prose else PLACEHOLDER).search(value)
        return found[0] if found else ""
    if isinstance(value, Mapping):
        parts = [(key, False) for key in value] + [(inner, key in PROSE) for key, inner in value.items()]
        return next((found for part, is_prose in parts if (found := _stray(part, is_prose))), "")
    return next((found for item in value if (found := _stray(item))), "") if isinstance(value, list) else ""


def expand(path: Path, content, levels: Levels, problems: list[Problem]):
    """The content with every loop written out, in place; `levels` gives those of a column. Problems name their entry."""
    for section in SECTIONS:
        holder = content
        for name in section[:-1]:
            holder = holder.get(name) if isinstance(holder, Mapping) else None
        if isinstance(holder, dict) and isinstance(holder.get(section[-1]), Mapping):
            holder[section[-1]] = _section(path, ".".join(section), holder[section[-1]], levels, problems)
    return content


def _section(path: Path, section: str, entries: Mapping, levels: Levels, problems: list[Problem]) -> dict:
    made: dict = {}
    for name, entry in entries.items():
        where, told = f"{path}, {section}.{name}", set()

        def report(what: str, do: str, where: str = where, told: set = told) -> None:
            if what not in told:
                told.add(what)
                problems.append(Problem(where, what, WHY, do))

        for key, value in _written(str(name), name, entry, levels, report):
            if key in made:
                report(f"the id '{key}' stands twice", "make ids of all variables of the loop")
            made[key] = value
    return made


def _written(where: str, name, entry, levels: Levels, report: Callable[[str, str], None]):
    """(id, entry) of an entry, or of each pass of its loop."""
    if not (isinstance(entry, Mapping) and "for" in entry):
        loop = _Loop({}, {}, set(), report)
        if isinstance(entry, Mapping):
            plain = {key: [x for x in value if not _each(x)] if isinstance(value, list) else value for key, value in entry.items()}  # fmt: skip
            stray = _stray({str(name): plain})
            if stray:
                report(
                    f"the placeholder {stray} stands in an entry without `for`", f"add for: {{{stray[1:-1]}: [...]}}"
                )
            entry = {key: [made for x in value for made in (loop._items(x, where, levels) if _each(x) else [x])]
                     if isinstance(value, list) else value for key, value in entry.items()}  # fmt: skip
        yield name, entry
        return
    body = {key: value for key, value in entry.items() if key != "for"}
    for loop in _passes(entry, None, levels, report):
        yield loop.text(str(name), True), loop.write(body, where, levels)


def _each(item) -> bool:
    return isinstance(item, Mapping) and set(item) == {"for", "each"}
