"""What is possible and what is plausible: the first is cleared with an error, the second is kept with a warning."""

from __future__ import annotations

import datetime

import numpy as np

from ...study import Column
from ...text import number_text, text_of
from ..fields import Coded
from ..parse import Reading
from ..part import Records

NONE = (None, None)


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


def check(records: Records) -> None:
    """Questions on values out of range; the impossible ones are cleared."""
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
                return (
                    reading.asking("error", message)
                    ._replace(value=None, limit="")
                    .with_rule("impossible value cleared")
                )
            if not inside(plausible, value):
                return reading.asking("warning", f"{text} is unusual (plausible: {shown(plausible)}{unit})")
            return reading

        field.change(rows, judge, *limits(records, column))
