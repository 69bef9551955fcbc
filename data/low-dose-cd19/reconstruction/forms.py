"""Other forms of a true value than the department's usual one, by the names that defects.yaml uses."""

from __future__ import annotations

from datetime import date

from records import comma, text

MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


def full_width(value) -> str:
    return text(value).translate({i: i + 0xFEE0 for i in range(0x21, 0x7F)})


def month(value: date) -> str:
    """Jan, whatever the locale."""
    return MONTHS[3 * value.month - 3 : 3 * value.month]


def serial_number(value: date) -> str:
    """Days since 1899-12-30, as a spreadsheet stores a date."""
    return str((value - date(1899, 12, 30)).days)


FORMS = {
    "full width": full_width,
    "y年m月d日": lambda value: f"{value.year}年{value.month}月{value.day}日",
    "y/m/d": lambda value: f"{value.year}/{value.month}/{value.day}",
    "d-Mon-y": lambda value: f"{value.day}-{month(value)}-{value.year}",
    "serial number": serial_number,
    "decimal comma": lambda value: comma(text(value)),
    "ddMONyyyy": lambda value: f"{value.day:02d}{month(value).upper()}{value.year}",
    "dd.mm.yy": lambda value: f"{value:%d.%m.%y}",
    "m/d/y midnight": lambda value: f"{value.month}/{value.day}/{value.year} 12:00:00 AM",
    "time and zone": lambda value: f"{value.isoformat()}T10:00:00Z",
    "year and month": lambda value: f"{value:%Y-%m}",
    "scientific": lambda value: f"{value:.2E}",
}
WITH_NUMBER = {
    "times": lambda value, factor: text(float(f"{value * factor:.10g}")),
    "years": lambda value, years: text(value.replace(year=value.year + int(years))),
}


def write(form: str, value) -> str:
    """The value in that form: 'full width', 'times 10'."""
    name, _, number = form.partition(" ")
    return WITH_NUMBER[name](value, float(number)) if name in WITH_NUMBER else FORMS[form](value)
