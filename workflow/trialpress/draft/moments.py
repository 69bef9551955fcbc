"""Dates, datetimes and times of day."""

from __future__ import annotations

import datetime
import re

from ..clean.parse.dates import three_parts
from ..text import normalise
from .entry import Inference
from .facts import Facts

SURE_DATE = r"\d{4}-\d{2}-\d{2}(?:[T ].*)?|\d{1,2}[- ]?[A-Za-z]{3,9}[- ,]?\d{4}|\d{4} ?年.*"
DATE_SHAPE = r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}(?:[T ].*)?|\d{1,2}[- ]?[A-Za-z]{3,9}[- ,]?\d{2,4}.*|\d{4} ?年.*|[A-Za-z]{3,9} \d{1,2}(?:st|nd|rd|th)?, ?\d{4}|(?:19|20)\d{2}-(?:\d{2}|UNK?)(?:-UNK?)?"


def moment(it: Inference) -> bool:
    """A date, datetime or time of day."""
    facts = it.facts
    kinds = {cell.kind for cell in facts.counts}
    dated = sum(
        n
        for cell, n in facts.counts.items()
        if cell.kind in ("date", "datetime") or re.fullmatch(DATE_SHAPE, normalise(cell.text))
    )
    if dated < 0.6 * facts.n:
        clock = facts.share(r"\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?")
        if kinds <= {"time"} or clock > 0.9:
            it.spec = {"type": "time"}
            return True
        if facts.share(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])") > 0.95 and len(facts.texts) > 1:
            it.spec = {"type": "date"}
            return True
        return False
    timed = sum(
        n
        for cell, n in facts.counts.items()
        if re.search(r"\d:\d\d", cell.text) and not re.search(r"[T ]0?0:00(?::00)?Z?$", cell.text)
    )
    type_ = "datetime" if timed > 0.5 * facts.n else "date"
    it.spec = {"type": type_, **order(it)}
    sure = all(
        cell.kind in ("date", "datetime") or re.fullmatch(SURE_DATE, normalise(cell.text)) for cell in facts.counts
    )
    read = facts.read(type_, **it.spec_without("type"))
    if sure and read.fits == 1 and (type_ == "datetime" or not timed):
        it.mark = "certain"
    partial = sum(n for _, n, reading in read.cells if "partial date" in reading.problem)
    if partial > 0.02 * facts.n and it.ask(
        "partial", "What is to be done with dates of which only the month or the year is known?", f"{partial} of {facts.n} cells",
        ["a query for each", "keep what is known", "first", "middle", "last"], "a query for each",
    ) != "a query for each":  # fmt: skip
        way = it.asked[-1].taken
        it.spec["partial"] = {"given": f"{it.column}_given"} | (
            {"impute": way} if way in ("first", "middle", "last") else {}
        )
    return True


def order(it: Inference) -> dict:
    """date_order where some dates can be read in two ways; not where all say it themselves."""
    three = {
        text: (m, n) for text, n in it.facts.texts.items() if (m := three_parts(re.sub(r"[T ]\d\d?:.*", "", text)))
    }
    pairs = [(*(int(m[at]) if m[at].isdigit() else 0 for at in (1, 3)), n) for m, n in three.values()]
    first, second = sum(n for a, _, n in pairs if a > 12), sum(n for _, b, n in pairs if b > 12)
    doubtful = sum(n for a, b, n in pairs if a <= 12 and b <= 12 and a != b)  # 0: that part is not known
    short = sum(n for m, n in three.values() if len(m[4]) == 2)
    if not doubtful and not short:
        return {}
    if first and not second and not short:
        return {"date_order": "dmy"}
    if second and not first and not short:
        return {"date_order": "mdy"}
    seen = f"the first number is above 12 in {first} cells, the second in {second}, neither in {doubtful}; {short} have a year of two digits"
    default = (
        "dmy" if first > 20 * second and first else "mdy" if second > 20 * first and second else "a query for each"
    )
    said = it.ask(
        "date order",
        "In which order do day and month stand?",
        seen,
        ["dmy", "mdy", "ymd", "a query for each"],
        default,
    )
    return {"date_order": said} if said in ("dmy", "mdy", "ymd") else {}


def dates_of(facts: Facts, spec: dict) -> dict[object, int]:
    """The dates of a column that was found to hold dates, as days, with their rows."""
    read = facts.read(spec["type"], **{key: spec[key] for key in ("date_order",) if key in spec})
    found: dict[object, int] = {}
    for value, n in read.values.items():
        day = value.date() if isinstance(value, datetime.datetime) else value
        found[day] = found.get(day, 0) + n
    return found
