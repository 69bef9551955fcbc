"""Units of time as a dictionary may write them, and the unit that an expression of durations is counted in."""

from __future__ import annotations

from collections.abc import Mapping

from ..expression import Expression, ExpressionError
from .objects import Derived

WRITTEN = {
    "hours": ("h", "hr", "hrs", "hour", "hours"),
    "days": ("d", "day", "days"),
    "weeks": ("w", "wk", "wks", "week", "weeks"),
    "months": ("m", "mo", "mos", "mon", "month", "months"),
    "years": ("a", "y", "yr", "yrs", "year", "years"),
}


def unit_of_time(text: str) -> str:
    """The unit that a text of the dictionary means; empty if it is none.

    >>> unit_of_time("mo"), unit_of_time("mg/L")
    ('months', '')
    """
    plain = text.strip().strip(".").lower()
    return next((unit for unit, texts in WRITTEN.items() if plain in texts), "")


def units_in(text: str, columns: Mapping[str, Derived]) -> set[str]:
    """The units of time of the columns that an expression names."""
    try:
        names = Expression(text).names
    except ExpressionError:
        return set()
    return {unit for name in names if name in columns and (unit := unit_of_time(columns[name].unit))}
