"""Dates, datetimes, times and durations in the forms that trials' files have them. An ambiguous one is a problem."""

from __future__ import annotations

import datetime
import re
from typing import NamedTuple

from .reading import Reading

_NAMES = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]  # fmt: skip
_MONTHS = {form: number for number, name in enumerate(_NAMES, start=1) for form in (name, name[:3])} | {"sept": 9}
_EPOCH = datetime.datetime(1899, 12, 30)  # a spreadsheet's day 0, which counts the non-existent 29 February 1900
_EPOCH_1904 = datetime.datetime(1904, 1, 1)
_TIME = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<part>\d+))?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[-+]\d{2}:?\d{2})?"
)
_SPLIT = re.compile(rf"(?P<date>.*?\d)(?:T|\s+|(?<=\d{{4}}):)(?P<time>{_TIME.pattern})")
_UNKNOWN = r"(?:UNK|UN|NK|UK|XX|\?\?|--|00)"
_WORD = _UNKNOWN.replace("|00", "")  # digits need signs between them
_D_MON_Y = re.compile(rf"(\d{{1,2}}|{_WORD})[- /.]*([A-Za-z]{{3,9}}|{_WORD})[-, /.]*(\d{{4}}|\d{{2}})", re.I)
_MON_D_Y = re.compile(r"([A-Za-z]{3,9})[- .]+(\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_MON_Y = re.compile(r"([A-Za-z]{3,9})[-, /.]*(\d{4})")
_Y_MON = re.compile(r"(\d{4})[- /.]*([A-Za-z]{3,9})")
_THREE = re.compile(rf"(\d{{1,2}}|{_WORD})([-/. ])(\d{{1,2}}|{_WORD})\2(\d{{4}}|\d{{2}})", re.I)
_NO_NAME = re.compile(r"\d{1,2}([-. ]*)UNK\1(?:\d{4}|\d{2})", re.I)  # as 10 MAR 2020 is written, the month unknown
OTHERWISE = "datetime written otherwise"
ZONE = re.compile("time zone (.*) removed")
MIDNIGHT = "no time of day, taken as midnight"
SERIAL = "spreadsheet serial number"
_ORDERED = {"dmy": (3, 2, 1), "mdy": (3, 1, 2), "ymd": (1, 2, 3)}
_SECONDS = {"d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0}
_PIECE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(days?|d|hours?|hrs?|h|minutes?|mins?|min|m|seconds?|secs?|s)\s*", re.I)
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


class How(NamedTuple):
    """What a file or column declares of its dates. pivot: the first year that a year of two digits may mean; serials: a number
    may be the day number of a spreadsheet."""

    order: str = ""
    pivot: int | None = None
    date_1904: bool = False
    serials: bool = True


def _full_year(text: str, pivot: int | None) -> int | None:
    if len(text) > 2:
        return int(text)
    return None if pivot is None else pivot + (int(text) - pivot) % 100


def _of(year, month, day, rule: str, text: str) -> Reading:
    try:
        return Reading(datetime.date(int(year), int(month), int(day)), (rule,) if rule else ())
    except ValueError:
        return Reading(problem=f"'{text}' is not a day of the calendar")


def _partial(text: str, year: int, month: int | None = None) -> Reading:
    if month is not None and not 1 <= month <= 12:
        return Reading(problem=f"'{text}' is not a month of the calendar")
    if not year:
        return Reading(problem=f"'{text}' is not a date")
    given = f"{year:04d}" if month is None else f"{year:04d}-{month:02d}"
    return Reading(given=given, rules=() if text == given else ("partial date",))


def serial(number: float, how: How, text: str) -> Reading:
    """A spreadsheet's day number, with its time of day."""
    if number < 1:
        return Reading(problem=f"'{text}' is not a date")
    if 60 <= number < 61 and not how.date_1904:
        return Reading(problem=f"'{text}' is 29 February 1900, which never was")
    epoch = _EPOCH_1904 if how.date_1904 else _EPOCH + datetime.timedelta(days=number < 60)
    moment = epoch + datetime.timedelta(seconds=round(number * 86400))
    return Reading(moment if number % 1 else moment.date(), (SERIAL,))


def _calendar(text: str, how: How, number: bool) -> Reading:
    """The date of a text without a time: a date, a datetime (serial number), or what is given of a partial one."""
    nothing = Reading(problem=f"'{text}' is not a date")
    if re.fullmatch(r"\d{4}-(?!00)\d{2}-(?!00)\d{2}", text):
        return _of(text[:4], text[5:7], text[8:], "", text)
    if m := re.fullmatch(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})", text):
        if m[3].strip("0") == "" or m[4].strip("0") == "":  # 2020-12-00: not known
            month = int(m[3]) or None
            return _partial(text, int(m[1]), month)
        return _of(m[1], m[3], m[4], f"date written y{m[2]}m{m[2]}d", text)
    if m := re.fullmatch(r"(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]", text):
        return _of(*m.groups(), "date written 年月日", text)
    if m := re.fullmatch(r"(\d{4}) ?年(?: ?(\d{1,2}) ?月)?", text):
        return _partial(text, int(m[1]), m[2] and int(m[2]))
    if m := re.fullmatch(r"((?:18|19|20|21)\d{2})(\d{2})(\d{2})", text):
        return _of(*m.groups(), "date written yyyymmdd", text)
    if m := re.fullmatch(rf"(\d{{4}})-(?:(\d{{1,2}})|-|{_UNKNOWN})(?:-(?:-|{_UNKNOWN}|\d{{1,2}}))?", text, re.I):
        return _partial(text, int(m[1]), m[2] and (int(m[2]) or None))
    if m := re.fullmatch(r"(\d{1,2})[-/.](\d{4})", text):
        return _partial(text, int(m[2]), int(m[1]))
    if (m := _MON_Y.fullmatch(text)) and m[1].lower() in _MONTHS:
        return _partial(text, int(m[2]), _MONTHS[m[1].lower()])
    if (m := _Y_MON.fullmatch(text)) and m[2].lower() in _MONTHS:
        return _partial(text, int(m[1]), _MONTHS[m[2].lower()])
    if (m := _MON_D_Y.fullmatch(text)) and m[1].lower() in _MONTHS:
        return _of(m[3], _MONTHS[m[1].lower()], m[2], "date written mon d, y", text)
    if m := three_parts(text):
        return _three_numbers(m, how, text)
    if m := _D_MON_Y.fullmatch(text):
        return _named_month(m, how, text) or nothing
    if re.fullmatch(r"\d{1,5}(?:\.\d+)?", text) and (number or len(text.partition(".")[0]) == 5):
        if number and re.fullmatch(r"(?:18|19|20|21)\d{2}", text):
            return _partial(text, int(text))
        if number and not how.serials:
            what = f"'{text}' is a number without a date format: from which day it counts is not known"
            return Reading(problem=f"{what}; give the variable its date format in the program that wrote the file")
        return serial(float(text), how, text)
    if re.fullmatch(r"\d{4}", text):
        return _partial(text, int(text))
    return nothing


def _named_month(m: re.Match, how: How, text: str) -> Reading | None:
    day, name, year = m[1], m[2].lower(), _full_year(m[3], how.pivot)
    unknown = re.fullmatch(_UNKNOWN, name, re.I)
    if name not in _MONTHS and not unknown:
        return None
    if year is None:
        return Reading(problem=f"'{text}' has a year of two digits; declare two_digit_years of the file")
    if unknown and how.order == "mdy" and day.isdigit() and 1 <= int(day) <= 12 and not text[len(day)].isalpha():
        two = f"'{text}' may be a day of an unknown month or, month first, a month whose day is unknown"
        return Reading(
            problem=f"{two}; write {int(day):02d}/UNK/{m[3]} for the second, or declare date_order of the column"
        )
    if unknown or not day.isdigit() or day == "00":
        return _partial(text, year, None if unknown else _MONTHS[name])
    rule = "date written d-mon-y" if len(m[3]) == 4 else "date written d-mon-yy"
    return _of(year, _MONTHS[name], day, rule, text)


def three_parts(text: str) -> re.Match | None:
    """Day, month and year in some order, in the groups 1, 3 and 4; of the first two a word says that it is not known."""
    return None if _NO_NAME.fullmatch(text) else _THREE.fullmatch(text)


def _three_numbers(m: re.Match, how: How, text: str) -> Reading:
    """Day, month and year by their order; a part that is not known is written 00 or by a word, and counts as 0."""
    parts, order = [part if part.isdigit() else "0" for part in (m[1], m[3], m[4])], how.order
    if len(m[4]) == 4:
        first, second = int(parts[0]), int(parts[1])
        order = "" if order == "ymd" else order
        order = order or ("dmy" if first > 12 else "mdy" if second > 12 else "dmy" if first == second else "")
        if not order:
            return Reading(problem=f"'{text}' may be day/month or month/day; declare date_order of the file or column")
    elif not order:
        return Reading(problem=f"'{text}' may be read in several orders; declare date_order of the file or column")
    year, month, day = (parts[at - 1] for at in _ORDERED[order])
    if year == "0":
        return Reading(problem=f"'{text}' is not a date")
    full = _full_year(year, how.pivot)
    if full is None:
        return Reading(problem=f"'{text}' has a year of two digits; declare two_digit_years of the file")
    if not int(month) or not int(day):
        return _partial(text, full, int(month) or None)
    signs = order.replace("y", "yy") if len(year) == 2 else order
    return _of(full, month, day, f"date written {m[2].join(re.findall('d|m|y+', signs))}", text)


def _clock(m: re.Match) -> datetime.time | None:
    hour, half = int(m["h"]), (m["half"] or "")[:1].lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + 12 * (half == "p") if half else hour
    try:
        return datetime.time(hour, int(m["m"]), int(m["s"] or 0))
    except ValueError:
        return None


def parse_date(text: str, how: How = How(), number: bool = False) -> Reading:  # noqa: B008  immutable
    """A calendar date. A time of day beside it goes, by rule; what is known of a partial date is `given`.

    number: the cell is a number, not a text. A text of five digits is a serial number, too.
    """
    reading = parse_datetime(text, how, number)
    if isinstance(reading.value, datetime.datetime):
        zone = [rule for rule in reading.rules if rule.startswith("time zone")]
        rules = [rule for rule in reading.rules if rule not in (*zone, OTHERWISE) and not rule.startswith("fraction")]
        clock = reading.value.time()
        what = "time of day" if clock != datetime.time() else "midnight"
        gone = f"{what} and zone removed" if zone else f"{what} removed"
        return reading._replace(value=reading.value.date(), rules=(*rules, gone), questions=())
    return reading


def parse_datetime(text: str, how: How = How(), number: bool = False) -> Reading:  # noqa: B008
    """A date with its time of day, as written on the wall clock; a date alone has `datetime.date` as its value."""
    m = None if number else _SPLIT.fullmatch(text)
    if not m:
        return _calendar(text, how, number)
    reading = _calendar(m["date"].strip(), how, False)
    if reading.value is None:
        return reading
    clock = _clock(m)
    day = reading.value
    if clock is None and (m["h"], m["m"]) == ("24", "00") and day < datetime.date.max:
        clock, day = datetime.time(), day + datetime.timedelta(days=1)
    if clock is None:
        return Reading(problem=f"'{text}' is not a time of day")
    value = datetime.datetime.combine(day, clock)
    plain = text.replace(" ", "T") == value.isoformat()
    reading = reading._replace(value=value, rules=reading.rules or (() if plain and "T" in text else (OTHERWISE,)))
    if (m["part"] or "").strip("0"):
        reading = reading.with_rule("fraction of a second removed")
    if m["zone"]:
        reading = reading.with_rule(f"time zone {m['zone']} removed")
    return reading


def parse_time(text: str, number: bool = False) -> Reading:
    """A time of day as HH:MM or HH:MM:SS; a number is a part of a day."""
    if number:
        if not 0 <= float(text) < 1:
            return Reading(problem=f"'{text}' is not a time of day")
        seconds = round(float(text) * 86400)
        clock = datetime.time(seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
        return Reading(clock.isoformat(), (SERIAL,))
    m = _TIME.fullmatch(text)
    clock = _clock(m) if m else None
    if clock is None:
        return Reading(problem=f"'{text}' is not a time of day")
    value = clock.isoformat() if m["s"] else clock.isoformat("minutes")
    reading = Reading(value, () if value == text else ("time written otherwise",))
    return reading.with_rule(f"time zone {m['zone']} removed") if m["zone"] else reading


def parse_duration(text: str, unit: str) -> Reading:
    """A span of time in `unit` (d, h, min, s): '1:30' (h:mm), '1:30:00', 'PT1H30M', '2 d 4 h'. A bare number has the unit."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return Reading(float(text)) if len(text) < 16 else Reading(problem=f"'{text}' is too long for a duration")
    if m := re.fullmatch(r"(\d+):([0-5]\d)(?::([0-5]\d))?", text):
        seconds = int(m[1]) * 3600 + int(m[2]) * 60 + int(m[3] or 0)
    elif (m := _ISO.fullmatch(text)) and any(m.groups()):
        seconds = sum(float(part or 0) * size for part, size in zip(m.groups(), _SECONDS.values(), strict=True))
    elif re.fullmatch(f"(?:{_PIECE.pattern})+", text, re.I):
        seconds = sum(float(n.replace(",", ".")) * _SECONDS["min" if of[0] == "m" else of[0]] for n, of in _PIECE.findall(text.lower()))  # fmt: skip
    else:
        return Reading(problem=f"'{text}' is not a duration")
    return Reading(seconds / _SECONDS[unit], (f"duration in {unit}",))


def seconds_to(value: float, unit: str) -> float:
    """Seconds in d, h, min or s."""
    return value / _SECONDS[unit]
