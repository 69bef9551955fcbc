"""The small language of conditions and derivations in study.yaml and plan.yaml.

An expression is written over columns: `stratum == 'RR' and dose_per_kg <= 1e5`. Python's parser reads the text and the
tree is walked over an allow-list of nodes: nothing is ever executed as Python. Evaluation is by column, on pandas'
nullable types, so a missing value stays missing (three-valued logic), as in R and SQL.

    columns        name, or table.name where another table has one row per participant
    literals       1, 2.5, 1e5, 'text', true, false, date('2016-12-31')
    comparison     == != < <= > >=, `x in ('a', 'b')`, `x not in (...)`, chains as in 20 <= day <= 45
    logic          and, or, not
    arithmetic     + - * / **
    functions      see FUNCTIONS; `config/README.md` lists them, generated from there

Codes stand in the order of the dictionary: `<`, `min` and `max` of a code column follow it. A text is never compared with
a number or a date (`kinds.py`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from functools import reduce

import numpy as np
import pandas as pd

from . import kinds as kinds_of
from .errors import nearest
from .kinds import Kind, Reader
from .text import iso, number_text


class ExpressionError(ValueError):
    """The expression cannot be read, or names something that does not exist."""


class Columns(dict):
    """Columns by name, with what each can hold: `kinds` give codes their order."""

    def __init__(self, columns: Mapping[str, pd.Series] | Iterable, kinds: Mapping[str, Kind]):
        super().__init__(columns)
        self.kinds = kinds


def _series(value, index) -> pd.Series:
    return value if isinstance(value, pd.Series) else pd.Series([value] * len(index), index=index)


def _family(value) -> str:
    """text, number, date, boolean of a value or a column; '' where a column holds nothing that tells."""
    if isinstance(value, pd.Series):
        if pd.api.types.is_bool_dtype(value):
            return "boolean"
        if pd.api.types.is_numeric_dtype(value):
            return "number"
        if pd.api.types.is_datetime64_any_dtype(value):
            return "date"
        if value.dtype == object:
            return next((_family(item) for item in value if not pd.isna(item)), "")
        return "text" if pd.api.types.is_string_dtype(value) and value.notna().any() else ""
    if isinstance(value, bool | np.bool_):
        return "boolean"
    if isinstance(value, int | float | np.number):
        return "number"
    return "text" if isinstance(value, str) else "date" if isinstance(value, pd.Timestamp) else ""


def _written(*values) -> str:
    return ", ".join(repr(value) for value in values if not isinstance(value, pd.Series)) or "in two columns"


def ranks(values, codes: Iterable[str]):
    """The places of codes in their order; missing where a value is missing."""
    places = {code: at for at, code in enumerate(codes)}
    if not isinstance(values, pd.Series):
        return places[values]
    found = values.map(places).astype("Int64")
    if (found.isna() & values.notna()).any():
        raise ValueError(
            f"'{values[found.isna() & values.notna()].iloc[0]}' is not one of the codes {', '.join(places)}"
        )
    return found


def days_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Whole days from one date to another by the calendar: the time of day does not count."""
    start, end = (value.dt.normalize() if isinstance(value, pd.Series) else value.normalize() for value in (start, end))
    return (end - start).dt.days.astype("Int64")


def _hours(start, end):
    return ((end - start).dt.total_seconds() / 3600).astype("Float64")


def _text(x):
    """The value as it is written in a log."""
    if not isinstance(x, pd.Series):
        x = pd.Series([x])
    family = _family(x)
    tell = number_text if family == "number" else str
    return pd.Series(
        [pd.NA if pd.isna(value) else iso(value) if family == "date" else tell(value) for value in x],
        index=x.index,
        dtype="string",
    )


def _years(start, end):
    """Completed years, as age is counted."""
    before_birthday = (end.dt.month < start.dt.month) | ((end.dt.month == start.dt.month) & (end.dt.day < start.dt.day))
    years = (end.dt.year - start.dt.year).astype("Int64") - before_birthday.astype("Int64")
    return years.mask(start.isna() | end.isna())


def _coalesce(*values):
    return reduce(lambda a, b: a.where(a.notna(), b), values)


def _extreme(choose: str):
    def apply(*values):
        if any(_family(value) == "text" for value in values):
            raise TypeError(f"{choose} of texts would be that of the alphabet")
        frame = pd.concat(values, axis=1)
        return getattr(frame, choose)(axis=1, skipna=True)

    return apply


def _when(condition, then, otherwise):
    return then.where(condition.astype("boolean").fillna(False).astype(bool), otherwise)


def _log10(x):
    values = np.where(x.isna() | (x.fillna(1) <= 0), np.nan, np.log10(x.fillna(1).clip(lower=1e-300).astype(float)))
    return pd.Series(values, index=x.index).astype("Float64")


# name: (function, how it is written, what it gives)
FUNCTIONS: dict[str, tuple[Callable, str, str]] = {
    "missing": (lambda x: x.isna(), "missing(x)", "true where x is missing"),
    "present": (lambda x: x.notna(), "present(x)", "true where x is not missing"),
    "days": (days_between, "days(from, to)", "whole days from one date to another, by the calendar"),
    "hours": (_hours, "hours(from, to)", "hours from one datetime to another"),
    "years": (_years, "years(from, to)", "completed years, as age is counted"),
    "coalesce": (_coalesce, "coalesce(x, y, ...)", "the first that is not missing"),
    "min": (_extreme("min"), "min(x, y, ...)", "the smallest (earliest) that is not missing"),
    "max": (_extreme("max"), "max(x, y, ...)", "the largest (latest) that is not missing"),
    "when": (_when, "when(condition, x, y)", "x where the condition holds, otherwise y"),
    "log10": (_log10, "log10(x)", "decimal logarithm; missing for x <= 0"),
    "round": (lambda x, digits=0: x.round(int(digits)), "round(x, digits)", "rounded"),
    "date": (pd.Timestamp, "date('2016-12-31')", "a date"),
    "shift": (lambda d, n: d + pd.to_timedelta(n, unit="D"), "shift(date, days)", "the date so many days later"),
    "text": (_text, "text(x)", "a number or a date as text, to be joined with others: site + '-' + text(number)"),
    "starts": (lambda x, text: x.str.startswith(text), "starts(x, 'text')", "true where x starts with the text"),
}

# functions whose arguments are all columns: a literal is repeated down the column
_COLUMNS = {"days", "hours", "text", "years", "coalesce", "min", "max", "when", "missing", "present"}

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARE = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CONSTANTS = {"true": True, "false": False}


class Expression:
    """A checked expression. `names` are the columns it reads; calling it with columns gives a column.

    >>> import pandas as pd
    >>> Expression("age >= 18")({"age": pd.Series([17, 18, None], dtype="Int64")}).tolist()
    [False, True, <NA>]
    """

    def __init__(self, text: str | int | float | bool):
        self.text = str(text).strip()
        try:
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError) as error:
            at = getattr(error, "offset", None)
            raise ExpressionError(f"cannot be read{f' at character {at}' if at else ''}: {self.text}") from None
        self.names = sorted(set(self._walk(self._tree)))

    def _walk(self, node) -> Iterable[str]:
        """The names of the columns; ExpressionError at anything outside the language."""
        match node:
            case ast.Name(id=name):
                return [] if name.lower() in _CONSTANTS else [name]
            case ast.Attribute(value=ast.Name(id=table), attr=column):
                return [f"{table}.{column}"]
            case ast.Constant(value=value) if isinstance(value, int | float | str):
                return []
            case ast.BoolOp(values=children) | ast.Tuple(elts=children) | ast.List(elts=children):
                pass
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=child):
                children = [child]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                children = [left, right]
            case ast.Compare(left=left, ops=ops, comparators=rest) if all(
                type(op) in _COMPARE or isinstance(op, ast.In | ast.NotIn) for op in ops
            ):
                children = [left, *rest]
            case ast.Call(func=ast.Name(id=name), args=children, keywords=[]):
                if name not in FUNCTIONS:
                    raise ExpressionError(f"unknown function '{name}' in: {self.text} ({nearest(name, FUNCTIONS)})")
            case _:
                piece = ast.get_source_segment(self.text, node) or self.text
                raise ExpressionError(f"'{piece}' is not part of the language, in: {self.text}")
        return [name for child in children for name in self._walk(child)]

    def kind(self, kinds: Mapping[str, Kind]) -> tuple[Kind, list[tuple[str, str]]]:
        """(what the expression gives, what in it compares unlike things: what, what to do)."""
        reader = Reader(self.text, kinds)
        kind = reader.kind(self._tree)
        return kind, list(dict.fromkeys(reader.problems))

    def check(self, known: Iterable[str]) -> list[str]:
        """What is wrong with the names, in words; empty if every column is known."""
        known = set(known)
        return [
            f"names the column '{name}', which does not exist ({nearest(name, known)}): {self.text}"
            for name in self.names
            if name not in known
        ]

    def __call__(self, columns: Mapping[str, pd.Series]) -> pd.Series:
        """Evaluate over columns of one index; the result is a Series of that index."""
        index = columns[self.names[0]].index if self.names else next(iter(columns.values())).index
        try:
            return _series(self._value(self._tree, columns), index)
        except (TypeError, AttributeError, ValueError, KeyError) as error:
            raise ExpressionError(f"cannot be evaluated ({error}): {self.text}") from None

    def condition(self, columns: Mapping[str, pd.Series]) -> pd.Series:
        """Evaluate as a condition: true where it holds, false where it does not hold or is not known."""
        return self(columns).astype("boolean").fillna(False).astype(bool)

    def _value(self, node, columns):
        match node:
            case ast.Name(id=name):
                return _CONSTANTS[name.lower()] if name.lower() in _CONSTANTS else columns[name]
            case ast.Attribute(value=ast.Name(id=table), attr=column):
                return columns[f"{table}.{column}"]
            case ast.Constant(value=value):
                return value
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return [self._value(item, columns) for item in items]
            case ast.BoolOp(op=op, values=items):
                join = operator.and_ if isinstance(op, ast.And) else operator.or_
                return reduce(join, (self._logical(self._value(item, columns)) for item in items))
            case ast.UnaryOp(op=ast.Not(), operand=child):
                return ~self._logical(self._value(child, columns))
            case ast.UnaryOp(op=op, operand=child):
                value = self._value(child, columns)
                return -value if isinstance(op, ast.USub) else value
            case ast.BinOp(left=left, op=op, right=right):
                return _BINARY[type(op)](self._value(left, columns), self._value(right, columns))
            case ast.Compare(left=left, ops=ops, comparators=rest):
                nodes = [left, *rest]
                pairs = zip(ops, nodes, nodes[1:], strict=False)
                return reduce(operator.and_, (self._pair(op, a, b, columns) for op, a, b in pairs))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                values = [self._value(a, columns) for a in arguments]
                if name in _COLUMNS:
                    values = [_series(value, next(iter(columns.values())).index) for value in values]
                codes = self._order(arguments, columns) if name in ("min", "max") else ()
                if codes:
                    found = FUNCTIONS[name][0](*(ranks(value, codes) for value in values))
                    return found.map(dict(enumerate(codes))).astype("string")
                return FUNCTIONS[name][0](*values)

    @staticmethod
    def _logical(value):
        return value.astype("boolean") if isinstance(value, pd.Series) else bool(value)

    def _order(self, nodes: Iterable, columns) -> tuple[str, ...]:
        """The order of the codes that these nodes give; empty where they give something else."""
        kinds = getattr(columns, "kinds", {})
        return kinds_of.order(*(Reader(self.text, kinds).kind(node) for node in nodes)) if kinds else ()

    def _pair(self, op, left, right, columns):
        a, b = self._value(left, columns), self._value(right, columns)
        codes = self._order((left, right), columns) if isinstance(op, kinds_of.ORDERINGS) else ()
        if codes:
            a, b = (ranks(x, codes) for x in (a, b))
        return self._compare(op, a, b)

    @staticmethod
    def _compare(op, a, b):
        for value in b if isinstance(op, ast.In | ast.NotIn) else [b]:
            families = {_family(a), _family(value)} - {""}
            if len(families) > 1 and families != {"number", "boolean"}:
                raise ExpressionError(f"compares a {_family(a)} with a {_family(value)} (written {_written(a, value)})")
        if isinstance(op, ast.In | ast.NotIn):
            inside = a.isin(b).astype("boolean").mask(a.isna())
            return ~inside if isinstance(op, ast.NotIn) else inside
        result = _COMPARE[type(op)](a, b)
        if isinstance(result, pd.Series):
            unknown = reduce(operator.or_, (x.isna() for x in (a, b) if isinstance(x, pd.Series)))
            return result.astype("boolean").mask(unknown)
        return result
