"""What the language of expressions computes: columns of one kind, arithmetic that says where it fails, and the functions.

Everything is three-valued: what follows from a missing value is missing, and where an unknown part does not matter the
answer is known (`false and missing` is false). A number that does not exist (a division by zero, the logarithm of 0, more
than a column can hold) is a fault of its rows, never a silent infinity or a wrapped integer.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from functools import reduce

import numpy as np
import pandas as pd

from .text import iso, number_text

LARGEST = 2.0**63  # whole numbers beyond it are not held


class Impossible(ArithmeticError):
    """A calculation with literals alone that has no result."""


def family(value) -> str:
    """text, number, date, boolean of a value or a column; '' where a column holds nothing that tells.

    >>> family(7.5), family("CR"), family(pd.Series([True])), family(pd.Series([None], dtype="string"))
    ('number', 'text', 'boolean', '')
    """
    if isinstance(value, pd.Series):
        if pd.api.types.is_bool_dtype(value):
            return "boolean"
        if pd.api.types.is_numeric_dtype(value):
            return "number"
        if pd.api.types.is_datetime64_any_dtype(value):
            return "date"
        if value.dtype == object:
            return next((family(item) for item in value if not pd.isna(item)), "")
        return "text" if pd.api.types.is_string_dtype(value) and value.notna().any() else ""
    if isinstance(value, bool | np.bool_):
        return "boolean"
    if isinstance(value, int | float | np.number):
        return "number"
    return "text" if isinstance(value, str) else "date" if isinstance(value, pd.Timestamp) else ""


def column(value, index) -> pd.Series:
    """A value down the column, in a type that can be missing; a column as it is."""
    if isinstance(value, pd.Series):
        return value
    types = {"boolean": "boolean", "text": "string", "number": "Int64" if isinstance(value, int) else "Float64"}
    kind = types.get(family(value))
    return pd.Series(value, index=index, dtype=kind) if kind else pd.Series([value] * len(index), index=index)


def alike(values: Iterable[pd.Series]) -> list[pd.Series]:
    """Columns of one type that can be missing, so that one can be filled from another; TypeError if they are unlike."""
    values = list(values)
    families = {family(value) for value in values} - {""}
    if families == {"number", "boolean"}:
        families = {"number"}
    if len(families) > 1:
        raise TypeError(f"mixes a {' with a '.join(sorted(families))}")
    kind = families.pop() if families else ""
    whole = not any(pd.api.types.is_float_dtype(value) for value in values)
    dates = next((value.dtype for value in values if pd.api.types.is_datetime64_any_dtype(value)), "datetime64[us]")
    types = {"number": "Int64" if whole else "Float64", "boolean": "boolean", "text": "string", "date": dates}
    if not kind:
        return values
    return [
        value.astype(types[kind]) if value.notna().any() else pd.Series(None, index=value.index, dtype=types[kind])
        for value in values
    ]


def ranks(values, codes: Iterable[str]):
    """The places of codes in their order; missing where a value is missing.

    >>> ranks(pd.Series(["CR", "PD", None]), ["PD", "SD", "PR", "CR"]).tolist()
    [3, 0, <NA>]
    """
    places = {code: at for at, code in enumerate(codes)}
    if not isinstance(values, pd.Series):
        return places[values]
    found = values.map(places).astype("Int64")
    if (found.isna() & values.notna()).any():
        raise ValueError(
            f"'{values[found.isna() & values.notna()].iloc[0]}' is not one of the codes {', '.join(places)}"
        )
    return found


# --- arithmetic -------------------------------------------------------------------------------------------------------

BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}


def _floats(value):
    return (
        value.astype("Float64").to_numpy(dtype=float, na_value=np.nan) if isinstance(value, pd.Series) else float(value)
    )


def _whole(value) -> bool:
    if isinstance(value, pd.Series):
        return pd.api.types.is_integer_dtype(value) or pd.api.types.is_bool_dtype(value)
    return isinstance(value, int)


def _fails(sign: str, b: np.ndarray, result: np.ndarray, whole: bool) -> list[tuple[str, np.ndarray]]:
    """(what is wrong, where) among results of known values."""
    zero = (b == 0) & (sign == "/")
    none = np.isnan(result) & ~zero
    large = (np.isinf(result) | (whole & (np.abs(result) >= LARGEST))) & ~zero
    return [("divides by zero", zero), ("has no real value", none), ("is too large a number", large)]


def arithmetic(sign: str, a, b, fault: Callable[[str, pd.Series], None]):
    """a sign b. fault(what, rows) is told where there is no result; it is missing there."""
    if a is pd.NA or b is pd.NA:
        return pd.NA
    if not {family(a), family(b)} <= {"number", "boolean", ""}:
        return BINARY[sign](a, b)
    shape = next((value for value in (a, b) if isinstance(value, pd.Series)), None)
    fixed = not isinstance(b, pd.Series) and b >= 0
    whole = _whole(a) and _whole(b) and (sign in "+-*" or (sign == "**" and fixed))
    with np.errstate(all="ignore"):
        x, y = np.broadcast_arrays(*(np.asarray(_floats(value)) for value in (a, b)))
        known = ~(np.isnan(x) | np.isnan(y))
        result = BINARY[sign](x, y)
    wrong = np.zeros(result.shape, dtype=bool)
    for what, where in _fails(sign, y, result, whole):
        where = np.asarray(where & known)
        wrong |= where
        if where.any():
            if shape is None:
                raise Impossible(what)
            fault(what, pd.Series(where, index=shape.index))
    if shape is None:
        return BINARY[sign](a, b) if whole else float(result)
    if whole:
        lost = pd.Series(wrong, index=shape.index)
        a, b = (value.astype("Int64").mask(lost) if isinstance(value, pd.Series) else int(value) for value in (a, b))
        return BINARY[sign](a, b)
    return pd.Series(pd.array(np.where(wrong | ~known, np.nan, result), dtype="Float64"), index=shape.index)


# --- functions --------------------------------------------------------------------------------------------------------


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Whole days from one date to another by the calendar: the time of day does not count.

    >>> from_, to = pd.Series(pd.to_datetime(["2016-02-28 23:00"])), pd.Series(pd.to_datetime(["2016-03-01 01:00"]))
    >>> days_between(from_, to).tolist()
    [2]
    """
    columns = [value for value in (start, end) if isinstance(value, pd.Series)]
    if len(columns) == 2 and not start.index.equals(end.index):
        start, end = start.align(end)
    (first, has_first), (last, has_last) = _days(start), _days(end)
    known, names = has_first & has_last, {value.name for value in columns}
    whole = pd.arrays.IntegerArray(np.where(known, last - first, 0), ~known)
    return pd.Series(whole, index=columns[0].index, name=names.pop() if len(names) == 1 else None)


def _days(value: pd.Series | pd.Timestamp) -> tuple[np.ndarray, np.ndarray]:
    """The days from 1970 on to each moment, and whether it is known; AttributeError where there are none. Of millions of moments
    numpy divides whole numbers ten times as fast as it changes their unit."""
    moments = value.dt.tz_localize(None).to_numpy() if isinstance(value, pd.Series) else value.to_datetime64()
    unit, _ = np.datetime_data(moments.dtype)
    return moments.astype(np.int64) // (np.timedelta64(1, "D") // np.timedelta64(1, unit)), ~np.isnat(moments)


def hours(start, end):
    return ((end - start).dt.total_seconds() / 3600).astype("Float64")


def text(x):
    """The value as it is written in a log."""
    kind = family(x)
    tell = number_text if kind == "number" else str
    return pd.Series(
        [pd.NA if pd.isna(value) else iso(value) if kind == "date" else tell(value) for value in x],
        index=x.index,
        dtype="string",
    )


def years(start, end):
    """Completed years, as age is counted.

    >>> dates = pd.DataFrame({"born": ["2000-03-01"] * 2, "seen": ["2018-02-28", "2018-03-01"]}).apply(pd.to_datetime)
    >>> years(dates["born"], dates["seen"]).tolist()
    [17, 18]
    """
    before_birthday = (end.dt.month < start.dt.month) | ((end.dt.month == start.dt.month) & (end.dt.day < start.dt.day))
    return (end.dt.year - start.dt.year).astype("Int64") - before_birthday.astype("Int64")


def coalesce(*values):
    return reduce(lambda a, b: a.where(a.notna(), b), alike(values))


def extreme(choose: str):
    def apply(first, *others):
        values = alike([first, *others])
        if any(family(value) == "text" for value in values):
            raise TypeError(f"{choose} of texts would be that of the alphabet")
        return getattr(pd.concat(values, axis=1), choose)(axis=1, skipna=True)

    return apply


def when(condition, then, otherwise=None):
    """`then` where the condition is true, `otherwise` where it is false, missing where it is not known.

    >>> response = pd.Series([True, False, None], dtype="boolean")
    >>> when(response, pd.Series([1] * 3), pd.Series([0] * 3)).tolist()
    [1, 0, <NA>]
    """
    condition = condition.astype("boolean")
    if otherwise is None:
        then, otherwise = alike([then])[0], None
        return _emptied(then, condition.fillna(False))
    then, otherwise = alike([then, otherwise])
    return _emptied(then.where(condition.fillna(True).astype(bool), otherwise), condition.notna())


def _emptied(values: pd.Series, keep: pd.Series) -> pd.Series:
    """The values where they are kept, missing elsewhere."""
    if pd.api.types.is_bool_dtype(values):
        values = values.astype("boolean")
    return values.where(keep.astype(bool))


def log10(x, fault: Callable[[str, pd.Series], None]):
    low = (x <= 0).fillna(False).astype(bool)
    if low.any():
        fault("is the logarithm of 0 or less", low)
    return pd.Series(np.log10(_floats(x.astype("Float64").mask(low))), index=x.index).astype("Float64")


def rounded(x, digits=0):
    return x.round(int(digits))


def shift(date, n):
    return date + pd.to_timedelta(n, unit="D")


def starts(x, beginning):
    return x.astype("string").str.startswith(beginning).astype("boolean")


BOTH = "to have it missing where one of them is: when(present(x) and present(y), {}(x, y))"

# name: (function, how it is written, what it gives)
FUNCTIONS: dict[str, tuple[Callable, str, str]] = {
    "missing": (lambda x: x.isna().astype("boolean"), "missing(x)", "true where x is missing"),
    "present": (lambda x: x.notna().astype("boolean"), "present(x)", "true where x is not missing"),
    "days": (days_between, "days(from, to)", "whole days from one date to another, by the calendar"),
    "hours": (hours, "hours(from, to)", "hours from one datetime to another"),
    "years": (years, "years(from, to)", "completed years, as age is counted"),
    "coalesce": (coalesce, "coalesce(x, y, ...)", "the first that is not missing"),
    "min": (extreme("min"), "min(x, y, ...)", f"the smallest (earliest) of those that are known; {BOTH.format('min')}"),
    "max": (extreme("max"), "max(x, y, ...)", f"the largest (latest) of those that are known; {BOTH.format('max')}"),
    "when": (
        when,
        "when(condition, x, y)",
        "x where the condition is true, y where it is false, missing where it is not known; without y missing where it is false, too",
    ),
    "log10": (
        log10,
        "log10(x)",
        "decimal logarithm; 0 or less stops, as a division by zero does: when(x > 0, log10(x))",
    ),
    "round": (rounded, "round(x, digits)", "rounded, a half to the even digit"),
    "date": (pd.Timestamp, "date('2016-12-31')", "a date"),
    "shift": (shift, "shift(date, days)", "the date so many days later"),
    "text": (text, "text(x)", "a number or a date as text, to be joined with others: site + '-' + text(number)"),
    "starts": (starts, "starts(x, 'text')", "true where x starts with the text"),
}
# how many arguments they take
ARGUMENTS = {name: (1, 1) for name in ("missing", "present", "log10", "date", "text")}
ARGUMENTS |= {name: (2, 2) for name in ("days", "hours", "years", "shift", "starts")}
ARGUMENTS |= {name: (2, 1000) for name in ("coalesce", "min", "max")} | {"when": (2, 3), "round": (1, 2)}

# functions whose arguments are all columns: a literal is repeated down the column
OF_COLUMNS = {"days", "hours", "text", "years", "coalesce", "min", "max", "when", "missing", "present", "log10"}
