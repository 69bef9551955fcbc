"""Numbers that are dates and times by their formats in SAS, SPSS and Stata."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

from .encode import number_text
from .raw import Cell
from .serial import clock

_SAS_DATE = re.compile(
    r"(NL)?(DATE[LSW]?|WEEKDATX?|WORDDATX?|DAY|DOWNAME|WEEKDAY|JULIAN|JULDAY|MINGUO|NENGO|HDATE|HEBDATE)"
    r"|(DDMMYY|MMDDYY|YYMMDD)[BCDNPS]?|[BE]8601DA|IS8601DA|NLDATE\w*|WEEK[UVW]"
)
_SAS_MONTH = re.compile(r"MONYY|MONTH|MONNAME|(MMYY|YYMM)[CDNPS]?|YYMON|NLDATEYM\w*")
_SAS_YEAR = re.compile(r"YEAR|NLDATEYR?")
_SAS_QUARTER = re.compile(r"QTRR?|YYQR?[CDNPS]?")
_SAS_MOMENT = re.compile(r"DATETIME|DATEAMPM|MDYAMPM|DT(DATE|MONYY|YEAR|WKDATX|YYQC)|TOD|[BEI]S?8601D[TNZX]|NLDATM\w*")
_SAS_TIME = re.compile(r"TIME|TIMEAMPM|HHMM|HOUR|MMSS|[BEI]S?8601T[MZX]|NLTIME?\w*|NLTMAP")
_SPSS_DATE = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "WKYR")


def converter(format: str, shown_as: str) -> Callable[[float], Cell] | None:
    """What makes a Cell of a number under a format, None if the format is not one of dates or times."""
    if format == "dta":
        return _stata(shown_as)
    name = re.sub(r"[\d.]+$", "", shown_as.upper())
    if format in ("sav", "por"):
        return _spss(name)
    start = datetime.datetime(1960, 1, 1)
    for pattern, seen in ((_SAS_DATE, ""), (_SAS_MONTH, "%Y-%m"), (_SAS_QUARTER, "quarter"), (_SAS_YEAR, "%Y")):
        if pattern.fullmatch(name):
            return lambda value: _moment(start, value * 86400, value, seen)
    if _SAS_MOMENT.fullmatch(name):
        return lambda value: _moment(start, value, value, timed=True)
    return _time if _SAS_TIME.fullmatch(name) else None


def _spss(name: str) -> Callable[[float], Cell] | None:
    start = datetime.datetime(1582, 10, 14)
    if name in _SPSS_DATE or name in ("MOYR", "QYR"):
        seen = {"MOYR": "%Y-%m", "QYR": "quarter"}.get(name, "")
        return lambda value: _moment(start, value, value, seen)
    if name in ("DATETIME", "YMDHMS"):
        return lambda value: _moment(start, value, value, timed=True)
    return _time if name in ("TIME", "MTIME", "DTIME") else None


def _stata(shown_as: str) -> Callable[[float], Cell] | None:
    match = re.match(r"%-?(t[a-zA-Z]|d)(.*)", shown_as)
    if not match:
        return None
    start, unit, pattern = datetime.datetime(1960, 1, 1), match[1], match[2]
    if unit in ("td", "d"):
        return lambda value: _moment(start, value * 86400, value)
    if unit in ("tc", "tC"):
        if pattern and not re.search(r"[CYDNn]|M(?!M)|J|j|d|m(?!m)", pattern.replace("MM", "").replace("SS", "")):
            return lambda value: _time(value / 1000)  # %tcHH:MM:SS
        return lambda value: _moment(start, value / 1000, value, timed=True)
    periods = {"tm": (12, "-"), "tq": (4, "q"), "th": (2, "h"), "tw": (52, "w")}
    if unit in periods:
        parts, sign = periods[unit]
        width = 2 if parts > 9 else 1
        return lambda value: Cell(f"{1960 + int(value) // parts}{sign}{int(value) % parts + 1:0{width}d}")
    return None


def _moment(start: datetime.datetime, seconds: float, value: float, seen: str = "", timed: bool = False) -> Cell:
    """A date, or a date with a time if its format shows one or its value has one; `seen` is what the format leaves."""
    try:
        moment = start + datetime.timedelta(seconds=round(seconds, 3))
    except OverflowError:
        return Cell(number_text(value), "error", "a date that is none")
    if timed or moment.time() != datetime.time():
        return Cell(moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds"), "datetime")
    shown = f"{moment.year} Q{(moment.month + 2) // 3}" if seen == "quarter" else moment.strftime(seen) if seen else ""
    return Cell(moment.date().isoformat(), "date", shown)


def _time(seconds: float) -> Cell:
    """A time of day; what is no time of day is a duration."""
    whole = round(seconds)
    return Cell(clock(whole), "time") if 0 <= whole < 86400 else Cell(str(whole), "duration")
