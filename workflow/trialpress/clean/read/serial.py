"""The serial numbers by which workbooks keep dates and times."""

from __future__ import annotations

import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from .numberformat import shows
from .raw import Cell

_EPOCH = datetime.datetime(1899, 12, 30)  # a day early, as Excel counts a 29 February 1900, which was none
_EPOCH_1904 = datetime.datetime(1904, 1, 1)
_LAST = 2_958_466  # the first day after the year 9999


def dated(text: str, code: str, date_1904: bool) -> Cell:
    """The cell of a number under a format that shows a date or a time, to the whole second."""
    parts = shows(code)
    seconds = int((Decimal(text) * 86400).to_integral_value(ROUND_HALF_EVEN))
    if "elapsed" in parts:
        return Cell(str(seconds), "duration")
    day, second = divmod(seconds, 86400)
    date = parts & {"year", "month", "day"}
    if day == 0 and not date and not date_1904:
        return Cell(clock(second), "time")
    if not date_1904 and day == 60:
        return Cell(text, "error", "1900-02-29, a day that never was")
    if day < 0 or day >= _LAST or (day == 0 and not date_1904):
        return Cell(text, "error", f"a date that is none: serial number {text}")
    epoch = _EPOCH_1904 if date_1904 else _EPOCH
    if day == 0 and not date:
        return Cell(clock(second), "time")
    early = 1 if not date_1904 and day < 60 else 0
    return stamp(epoch + datetime.timedelta(days=day + early, seconds=second), parts)


def clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def stamp(moment: datetime.datetime, parts: frozenset[str]) -> Cell:
    """The cell of a moment of which a format shows `parts`: a date if neither the format nor the value has a time."""
    timed = parts & {"hour", "minute", "second"}
    whole = moment.time() == datetime.time()
    text = moment.date().isoformat() if whole and not timed else moment.isoformat(timespec="seconds")
    return Cell(text, "date" if whole and not timed else "datetime", _seen(moment, parts) if parts else "")


def _seen(moment: datetime.datetime, parts: frozenset[str]) -> str:
    """What the format leaves of a date: the day or the year may never have been known (typed 3/2015 or 3 March)."""
    if not parts & {"year", "month", "day"}:
        return clock(moment.hour * 3600 + moment.minute * 60 + moment.second)
    if "day" in parts:
        return "" if "year" in parts else f"{moment.day} {moment:%b}"
    if "year" in parts:
        return f"{moment:%Y-%m}" if "month" in parts else f"{moment:%Y}"
    return f"{moment:%B}"


def python_cell(value) -> Cell:
    """The cell of a Python date, datetime, time or timedelta."""
    if isinstance(value, datetime.timedelta):
        return Cell(str(round(value.total_seconds())), "duration")
    if isinstance(value, datetime.time):
        return Cell(value.isoformat(timespec="seconds"), "time")
    if not isinstance(value, datetime.datetime):
        return Cell(value.isoformat(), "date")
    rounded = (value + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
    return stamp(rounded, frozenset())
