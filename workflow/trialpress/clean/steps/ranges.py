"""What is possible and what is plausible: the first is cleared with an error, the second is kept with a warning."""

from __future__ import annotations

import datetime

import numpy as np

from ...study import Column
from ...text import number_text, text_of
from ..fields import Coded
from ..parse import Reading
from ..parse.dates import SERIAL
from ..part import Records
from .values import period

NONE = (None, None)
FIRST, LAST = datetime.date(1900, 1, 2), datetime.date(2100, 12, 31)  # what no record of a trial lies outside of
EARLIEST = datetime.date(1920, 1, 1)  # of a number that no format makes a date: 12 or 180 is rather a number of days
BUDDHIST = 543  # years by which that calendar is ahead


def limits(records: Records, column: Column) -> tuple[Coded, Coded]:
    """(possible, plausible) of each record; they may depend on another column."""
    if column.ranges_by:
        by = records.fields[column.ranges_by["column"]].texts
        ranges = [column.ranges_by["ranges"].get(text, {}) for text in by.values]
        possible = [tuple(range_.get("possible", NONE)) for range_ in ranges]
        plausible = [tuple(range_.get("plausible", range_.get("possible", NONE))) for range_ in ranges]
        return Coded(by.codes, possible), Coded(by.codes, plausible)
    codes = np.zeros(len(records.row), dtype=np.int8)
    possible = column.possible
    return Coded(codes, [possible]), Coded(codes, [column.plausible if column.plausible != NONE else possible])


def inside(range_: tuple, value) -> bool:
    """Whether a value lies within; bounds of dates are ISO texts."""
    low, high = range_
    if isinstance(value, datetime.datetime):
        value = value.date()
    if isinstance(value, datetime.date):
        low, high = (datetime.date.fromisoformat(x) if isinstance(x, str) else x for x in range_)
    return (low is None or value >= low) and (high is None or value <= high)


def shown(range_: tuple) -> str:
    low, high = (number_text(x) if isinstance(x, int | float) else x for x in range_)
    if low is None or high is None:
        return f"at most {high}" if low is None else f"at least {low}"
    return f"{low} to {high}"


def _declared(column: Column, end: int) -> list:
    """The lower (0) or upper (1) bounds that the dictionary states."""
    ranges = [column.possible, column.plausible]
    ranges += [range_ for of in column.ranges_by.get("ranges", {}).values() for range_ in of.values()]
    return [range_[end] for range_ in ranges if range_[end] is not None]


def _cleared(reading: Reading) -> Reading:
    """The reading of a value that is impossible, without it and without what was known or put in of it."""
    gone = reading._replace(value=None, limit="", given="", imputed="")
    return gone.with_rule("impossible value cleared")


def _days(reading: Reading) -> tuple[datetime.date, datetime.date]:
    """(the first day that a date may mean, the day that it is taken as); of a partial one that is not imputed the last day."""
    value = reading.value.date() if isinstance(reading.value, datetime.datetime) else reading.value
    earliest, latest = period(reading.given) if reading.given else (value, value)
    return earliest, value or latest


def moments(records: Records) -> None:
    """Dates that no record can have, unless the dictionary says so: those that stand for an unknown one in many systems
    (1900-01-01, 9999-12-31), years of two digits or of another calendar, and what lies after the data cut-off. A partial date is
    such a one if all of its days are; it is asked about one that was imputed to a day after the cut-off."""
    rows, cutoff = records.living(), datetime.date.fromisoformat(records.study.data_cutoff)
    for field in records.fields.values():
        column = field.column
        if column.type not in ("date", "datetime") or not field.raw:
            continue
        first = not _declared(column, 0) and FIRST
        last = not _declared(column, 1) and LAST
        known = max([cutoff, *(datetime.date.fromisoformat(bound) for bound in _declared(column, 1))])

        def judge(reading: Reading, first=first, last=last, known=known, kind=column.type) -> Reading:
            if reading.value is None and not reading.given:
                return reading
            earliest, day = _days(reading)
            text = reading.given or text_of(reading.value, kind)
            if first and day < EARLIEST and SERIAL in reading.rules:
                message = f"the cell holds a number without a date format, as a day {day}: no date of a trial"
                return _cleared(
                    reading.asking(
                        "error", f"{message}; correct it, give the cell a date format, or declare it under missing"
                    )
                )
            if (first and day < first) or (last and earliest > last):
                year = earliest.year - BUDDHIST
                hint = f" (a Buddhist year? {year} by the common calendar)" if 1900 < year <= cutoff.year else ""
                message = (
                    f"{text} is no date of a trial{hint}: a sign for an unknown date, or a year written otherwise?"
                )
                message += " declare it under missing, or a range under possible"
                return _cleared(reading.asking("error", message))
            if earliest > known:
                return reading.asking("error", f"{text} is after the data cut-off ({cutoff})")
            if reading.imputed and day > known:
                message = f"{text} was imputed to {day}, after the data cut-off ({cutoff})"
                return reading.asking(
                    "warning", f"{message}; not_after: [date('{known}')] under partial keeps it before"
                )
            return reading

        field.change(rows, judge)


def check(records: Records) -> None:
    """Questions on values out of range; the impossible ones are cleared."""
    moments(records)
    rows = records.living()
    for field in records.fields.values():
        column = field.column
        if column.possible == NONE and column.plausible == NONE and not column.ranges_by:
            continue
        unit = column.unit and f" {column.unit}"

        def judge(reading: Reading, possible, plausible, column=column, unit=unit) -> Reading:
            value = reading.value
            if value is None or isinstance(value, str):
                return reading
            text = text_of(value, column.type)
            if not inside(possible, value):
                message = f"{text} is impossible (possible: {shown(possible)}{unit})"
                if isinstance(value, int | float):
                    slips = [f"{sign} {factor:g}" for factor in (10, 100, 1000)
                             for sign, other in (("divided by", value / factor), ("times", value * factor))
                             if inside(plausible, other)]  # fmt: skip
                    message += f"; {slips[0]} it would be plausible: a unit slip?" if slips else ""
                return _cleared(reading.asking("error", message))
            if not inside(plausible, value):
                return reading.asking("warning", f"{text} is unusual (plausible: {shown(plausible)}{unit})")
            return reading

        field.change(rows, judge, *limits(records, column))
