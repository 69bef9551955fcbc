"""Long tables of many analytes: a column of numbers, one of their units, one that says what was measured."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from ..text import normalise, round_significant, unit_form
from .entry import Entry
from .facts import source
from .questions import Questions

UNIT = re.compile(r"(?i)\b(?:units?|einheit|unit[ée]s?|unidad(?:es)?|\w*stresu|\w*orresu|avalu)\b|单位")
MEASURED = re.compile(
    r"(?i)\b(?:analyt\w*|test\w*|param\w*|lab\w*|marker|cytokine|\w*testcd|item|measure\w*|assay|component)\b|项目|指标|检验"
)
PREFIX = {"k": 1e3, "": 1.0, "d": 1e-1, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
COUNTS = {"10^12/L": 1e12, "10^9/L": 1e9, "10^6/L": 1e6, "10^3/uL": 1e9, "K/uL": 1e9, "k/uL": 1e9, "10^6/uL": 1e12, "M/uL": 1e12, "/uL": 1e6,
          "cells/uL": 1e6, "/mm^3": 1e6, "/mm3": 1e6, "/nL": 1e9, "/pL": 1e12, "/L": 1.0, "/mL": 1e3, "10^6/mL": 1e9}  # fmt: skip


def factor(unit: str, to: str) -> float | None:
    """By what a number in one unit is multiplied to be in another; None where that is no matter of prefixes.

    >>> factor("mg/dL", "g/L"), factor("/uL", "10^9/L"), factor("mg/dL", "mmol/L"), factor("ug/L", "ng/mL")
    (0.01, 0.001, None, 1.0)
    """
    one, other = _size(unit), _size(to)
    return round_significant(one[1] / other[1]) if one and other and one[0] == other[0] else None


def _size(unit: str) -> tuple[str, float] | None:
    form = unit_form(unit)
    if form in COUNTS:
        return "count", COUNTS[form]
    m = re.fullmatch(r"([kdmunpfµ]?)(g|mol|U|IU|katal|kat)/([dmunpµ]?)L", form)
    if not m:
        return None
    return m[2].replace("IU", "U"), PREFIX[m[1]] / PREFIX[m[3]]


def beside(entries: dict[str, Entry], table: str, questions: Questions) -> dict[str, dict[str, float]]:
    """Read the units of a table of analytes from their column: adds to its entries, and gives unit lists by analyte."""
    own = {
        name: entry
        for name, entry in entries.items()
        if entry.facts and not entry.spec.get("block") and "identifier" not in entry.spec
    }
    units = [entry for entry in own.values() if entry.type in ("code", "text") and UNIT.search(entry.facts.header)]
    numbers = [entry for entry in own.values() if entry.type in ("number", "integer") and not entry.spec.get("unit")]
    measured = [
        entry
        for entry in own.values()
        if entry.type in ("code", "id") and MEASURED.search(entry.facts.header) and entry not in units
    ]
    if len(units) != 1 or not numbers:
        return {}
    unit = units[0]
    value = min(numbers, key=lambda entry: (abs(entry.facts.at - unit.facts.at), entry.facts.at))
    measured = [entry for entry in measured if entry.type == "code"]
    by = min(measured, key=lambda entry: abs(entry.facts.at - unit.facts.at), default=None)
    texts = unit.facts.by_row()
    if by is None:
        return {}
    lists: dict[str, dict[str, float]] = {}
    open_: list[str] = []
    for code, found in _by_analyte(by, texts).items():
        first = next(iter(found))
        lists[code] = {first: 1}
        for other in list(found)[1:]:
            size = factor(other, first)
            if unit_form(other) == unit_form(first):
                continue
            if size is None:
                open_.append(f"{code}: {other} ({found[other]} rows) beside {first} ({found[first]})")
            else:
                lists[code][other] = size if size != int(size) else int(size)
    value.spec = {key: item for key, item in value.spec.items() if key != "possible"} | {
        "type": "number", "unit_from": source(unit.facts.raw, unit.facts.at), "unit_by": by.name, "unit_to": f"{value.name}_unit",
    }  # fmt: skip
    value.mark = "likely"
    if open_:
        question = questions.ask(f"{table}.{value.name} factors", "Which factors turn these units into each other? Write them into `units` of study.yaml.",
                                 "; ".join(open_[:8]), ["a query for each"], "a query for each", "units")  # fmt: skip
        value.asked = [question, *value.asked]
    return lists


def _by_analyte(by: Entry, texts: list[str]) -> dict[str, dict[str, int]]:
    """Analyte -> its units from the most frequent."""
    codes = by.spec["codes"] if isinstance(by.spec.get("codes"), dict) else {}
    meant = {normalise(text): code for code, others in codes.items() for text in (code, *others)}
    found: dict[str, Counter] = defaultdict(Counter)
    for analyte, unit in zip(by.facts.by_row(), texts, strict=True):
        if unit and (code := meant.get(analyte)):
            found[code][unit] += 1
    return {
        code: dict(sorted(units.items(), key=lambda item: (-item[1], item[0]))) for code, units in sorted(found.items())
    }


def merge(lists: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """The unit lists of several tables as one; a list that contradicts an earlier one is left out: its numbers become queries."""
    merged: dict[str, dict[str, float]] = {}
    for one in lists:
        for code, units in one.items():
            mine = merged.setdefault(code, dict(units))
            canonical = next(iter(mine))
            for unit in units:
                size = 1.0 if unit_form(unit) == unit_form(canonical) else factor(unit, canonical)
                if size is not None and unit_form(unit) not in map(unit_form, mine):
                    mine[unit] = size if size != int(size) else int(size)
    return merged
