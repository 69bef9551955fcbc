"""The small language of conditions and derivations in study.yaml and plan.yaml.

An expression is written over columns: `stratum == 'RR' and dose_per_kg <= 1e5`. Python's parser reads the text and the
tree is walked over an allow-list of nodes: nothing is ever executed as Python. Evaluation is by column, on pandas'
nullable types, so a missing value stays missing (three-valued logic), as in R and SQL.

    columns        name, or table.name where another table has one row per participant
    literals       1, 2.5, 1e5, 'text', true, false, missing, date('2016-12-31')
    comparison     == != < <= > >=, `x in ('a', 'b')`, `x not in (...)`, chains as in 20 <= day <= 45
    logic          and, or, not
    arithmetic     + - * / **
    functions      see FUNCTIONS; `config/README.md` lists them, generated from there

Codes stand in the order of the dictionary: `<`, `min` and `max` of a code column follow it. A text is never compared with
a number or a date (`kinds.py`). What it computes, and where that has no result, is in `calculation.py`.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import pandas as pd
import pyarrow as pa

from . import kinds as kinds_of
from .calculation import ARGUMENTS, FUNCTIONS, LARGEST, OF_COLUMNS, Impossible, arithmetic, column, family, ranks
from .errors import Problem, nearest
from .kinds import Kind, Reader

LONGEST, DEEPEST, MOST = 50_000, 60, 10_000  # characters, levels of brackets and operators, parts of an expression
DIGITS = 15  # that a number keeps
SHOWN = 200  # characters of a long expression in a message


class ExpressionError(ValueError):
    """The expression cannot be read, names something that does not exist, or has no value in some rows: `faults`."""

    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Fault:
    """`rows` (true or false by row) in which a piece of an expression has no result; it is missing there."""

    what: str
    piece: str
    rows: pd.Series

    def __str__(self) -> str:
        return f"'{self.piece}' {self.what}"


def impossible(where: str, error: ExpressionError, who: pd.Series) -> list[Problem]:
    """What to say of an expression that cannot be evaluated; the participants for whom a part of it has no result."""
    if not error.faults:
        do = "check the types of the columns that it names"
        return [Problem(where, str(error), "it cannot be computed", do)]
    problems = []
    for fault in error.faults:
        known = [who for who in dict.fromkeys(who[fault.rows].astype(str))]
        shown = ", ".join(known[:5]) + (", ..." if len(known) > 5 else "")
        why = "there is no such number: it would be infinite, or missing, in silence"
        do = "correct the records, or say what holds there: when(condition, x) is missing where the condition is false"
        problems.append(Problem(where, f"{fault} for participant {shown}", why, do))
    return problems


class Columns(dict):
    """Columns by name, taken from a table when they are asked for, with what each can hold: `kinds` give codes their order."""

    def __init__(self, frame: pd.DataFrame, kinds: Mapping[str, Kind]):
        super().__init__()
        self.frame, self.kinds = frame, kinds

    def __missing__(self, name: str) -> pd.Series:
        self[name] = self.frame[name] if name in self.frame else self.elsewhere(name)
        return self[name]

    def elsewhere(self, name: str) -> pd.Series:
        """A column that the table does not have. KeyError if there is none."""
        raise KeyError(name)


def _written(*values) -> str:
    return ", ".join(repr(value) for value in values if not isinstance(value, pd.Series)) or "in two columns"


_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARE = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CONSTANTS = {"true": True, "false": False, "missing": pd.NA}
WORDS = tuple(_CONSTANTS)  # no column can be called so
_READ: dict[str, tuple[ast.expr, tuple[str, ...]]] = {}


class Expression:
    """A checked expression. `names` are the columns it reads; calling it with columns gives a column.

    >>> import pandas as pd
    >>> Expression("age >= 18")({"age": pd.Series([17, 18, None], dtype="Int64")}).tolist()
    [False, True, <NA>]
    """

    def __init__(self, text: str | int | float | bool):
        self.text = str(text).strip()
        self._tree, names = _READ.get(self.text) or self._read()
        self.names = list(names)

    def _read(self) -> tuple[ast.expr, tuple[str, ...]]:
        """What the text says and the columns that it names; kept, since one text is asked for again and again."""
        if len(self.text) > LONGEST:
            raise ExpressionError(f"is longer than {LONGEST} characters: {self.text[:SHOWN]}...")
        try:
            self._tree = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError) as error:
            at = getattr(error, "offset", None)
            raise ExpressionError(f"cannot be read{f' at character {at}' if at else ''}: {self._shown}") from None
        except (RecursionError, MemoryError):
            raise ExpressionError(f"is too deep to be read: {self._shown}") from None
        self._measure()
        found = _READ[self.text] = self._tree, tuple(sorted(set(self._walk(self._tree))))
        return found

    @property
    def _shown(self) -> str:
        return self.text if len(self.text) <= SHOWN else f"{self.text[:SHOWN]}..."

    @property
    def canonical(self) -> str:
        """The same text for the same expression: without the writer's spaces and brackets, and without `== true`."""

        class Bare(ast.NodeTransformer):
            def visit_Compare(self, node):
                node = self.generic_visit(node)
                match node:
                    case ast.Compare(left=left, ops=[ast.Eq()], comparators=[ast.Name(id=word)]) if (
                        word.lower() == "true"
                    ):
                        return left
                return node

        return ast.unparse(Bare().visit(ast.parse(self.text, mode="eval").body))

    def _measure(self) -> None:
        """ExpressionError if it is so deep or has so many parts that nobody can have meant it."""
        level, depth, parts = [self._tree], 0, 0
        while level:
            depth, parts = depth + 1, parts + len(level)
            if depth > DEEPEST or parts > MOST:
                raise ExpressionError(f"is too long or too deep: derive columns for its parts: {self._shown}")
            level = [child for node in level for child in ast.iter_child_nodes(node)]

    def _piece(self, node) -> str:
        return ast.get_source_segment(self.text, node) or self._shown

    def _walk(self, node) -> Iterable[str]:
        """The names of the columns; ExpressionError at anything outside the language."""
        match node:
            case ast.Name(id=name):
                return [] if name.lower() in _CONSTANTS else [name]
            case ast.Attribute(value=ast.Name(id=table), attr=inner):
                return [f"{table}.{inner}"]
            case ast.Constant(value=value) if isinstance(value, int | float | str):
                if not isinstance(value, str) and not abs(value) < (LARGEST if isinstance(value, int) else np.inf):
                    raise ExpressionError(f"'{self._piece(node)[:40]}' is too large a number, in: {self._shown}")
                if (
                    isinstance(value, float)
                    and not value
                    and re.search("[1-9]", self._piece(node).lower().split("e")[0])
                ):
                    raise ExpressionError(f"'{self._piece(node)[:40]}' is too small a number, in: {self._shown}")
                return []
            case ast.BoolOp(values=children):
                pass
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=child):
                children = [child]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
                children = [left, right]
            case ast.Compare(left=left, ops=ops, comparators=rest) if all(
                type(op) in _COMPARE or isinstance(op, ast.In | ast.NotIn) for op in ops
            ):
                children = [left]
                for op, other in zip(ops, rest, strict=True):
                    listed = isinstance(op, ast.In | ast.NotIn) and isinstance(other, ast.Tuple | ast.List)
                    children += other.elts if listed else [other]
            case ast.Call(func=ast.Name(id=name), args=children, keywords=[]):
                self._call(name, children)
            case _:
                raise ExpressionError(f"'{self._piece(node)}' is not part of the language, in: {self._shown}")
        names = [name for child in children for name in self._walk(child)]
        if isinstance(node, ast.BinOp) and not names:
            self._constant(node)
        return names

    def _call(self, name: str, arguments: list) -> None:
        """ExpressionError if the function does not exist or cannot be called so."""
        if name not in FUNCTIONS:
            raise ExpressionError(f"unknown function '{name}' in: {self._shown} ({nearest(name, FUNCTIONS)})")
        least, most = ARGUMENTS[name]
        how = FUNCTIONS[name][1]
        if not least <= len(arguments) <= most:
            raise ExpressionError(f"{name} is written {how}, not with {len(arguments)} arguments: {self._shown}")
        last = arguments[-1]
        literal = getattr(last.operand if isinstance(last, ast.UnaryOp) else last, "value", None)
        if name == "date" and not _is_date(literal):
            raise ExpressionError(f"a date is written {how}, not {self._piece(arguments[-1])}: {self._shown}")
        if name == "starts" and not isinstance(literal, str):
            raise ExpressionError(f"{name} is written {how}, with a text in quotes: {self._shown}")
        if name == "round" and len(arguments) == 2 and not (isinstance(literal, int) and literal <= DIGITS):
            raise ExpressionError(
                f"{name} is written {how}, with a whole number of digits up to {DIGITS}: {self._shown}"
            )

    def _constant(self, node) -> None:
        """ExpressionError where literals alone have no result."""
        try:
            self._value(node, _Run({}, pd.RangeIndex(1)))
        except Impossible as error:
            raise ExpressionError(f"'{self._piece(node)}' {error}, in: {self._shown}") from None
        except (TypeError, AttributeError, ValueError, KeyError):
            return  # the kinds of its parts are judged elsewhere

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

    def __call__(self, columns: Mapping[str, pd.Series], faults: list[Fault] | None = None) -> pd.Series:
        """Evaluate over columns of one index; the result is a Series of that index.

        Where a division by zero or the like decides a row, the value is missing and a Fault is put into `faults`;
        without such a list ExpressionError.
        """
        some = self.names or list(getattr(columns, "frame", columns))  # all have one index
        index = columns[some[0]].index
        run = _Run(columns, index)
        try:
            value = column(self._value(self._tree, run), index)
        except (TypeError, AttributeError, ValueError, KeyError, OverflowError) as error:
            raise ExpressionError(f"cannot be evaluated ({error}): {self._shown}") from None
        if faults is None and run.faults:
            n = int(reduce(operator.or_, (fault.rows for fault in run.faults)).sum())
            said = "; ".join(dict.fromkeys(map(str, run.faults)))
            error = ExpressionError(f"{said} in {n} row{'s' if n != 1 else ''}: {self._shown}")
            error.faults = tuple(run.faults)
            raise error
        if faults is not None:
            faults += run.faults
        return value

    def condition(self, columns: Mapping[str, pd.Series]) -> pd.Series:
        """Evaluate as a condition: true where it holds, false where it does not hold or is not known."""
        return self.known(columns).fillna(False).astype(bool)

    def known(self, columns: Mapping[str, pd.Series]) -> pd.Series:
        """Evaluate as a condition that is missing where it is not known."""
        return self(columns).astype("boolean")

    def _value(self, node, run: _Run):
        match node:
            case ast.Name(id=name):
                return _CONSTANTS[name.lower()] if name.lower() in _CONSTANTS else run.columns[name]
            case ast.Attribute(value=ast.Name(id=table), attr=inner):
                return run.columns[f"{table}.{inner}"]
            case ast.Constant(value=value):
                return value
            case ast.Tuple(elts=items) | ast.List(elts=items):
                return [self._value(item, run) for item in items]
            case ast.BoolOp(op=op, values=items):
                return self._joined(isinstance(op, ast.And), items, run)
            case ast.UnaryOp(op=ast.Not(), operand=child):
                return ~column(self._value(child, run), run.index).astype("boolean")
            case ast.UnaryOp(op=op, operand=child):
                value = self._value(child, run)
                return -value if isinstance(op, ast.USub) else value
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self._value(left, run), self._value(right, run)
                return arithmetic(_SIGNS[type(op)], a, b, run.at(self._piece(node)))
            case ast.Compare(left=left, ops=ops, comparators=rest):
                nodes = [left, *rest]
                pairs = zip(ops, nodes, nodes[1:], strict=False)
                return reduce(operator.and_, (self._pair(op, a, b, run) for op, a, b in pairs))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._called(node, name, arguments, run)

    def _joined(self, all_of: bool, items: Iterable, run: _Run) -> pd.Series:
        """and, or: what follows a part that decides does not matter."""
        first, *others = items
        result = column(self._value(first, run), run.index).astype("boolean")
        for item in others:
            so_far = run.where(lambda result=result: result.eq(all_of).fillna(True))
            value = column(self._value(item, so_far), run.index).astype("boolean")
            result = result & value if all_of else result | value
        return result

    def _called(self, node, name: str, arguments: list, run: _Run):
        function = FUNCTIONS[name][0]
        if name == "when":
            condition = column(self._value(arguments[0], run), run.index).astype("boolean")
            chosen = [lambda: condition.fillna(False), lambda: ~condition.fillna(True)]
            branches = [
                column(self._value(branch, run.where(taken)), run.index)
                for branch, taken in zip(arguments[1:], chosen, strict=False)
            ]
            return function(condition, *branches)
        if name == "coalesce":
            values: list[pd.Series] = []
            for argument in arguments:
                open_ = run.where(lambda so_far=tuple(values): reduce(operator.and_, (one.isna() for one in so_far)))
                values.append(column(self._value(argument, open_ if values else run), run.index))
            return function(*values)
        values = [self._value(argument, run) for argument in arguments]
        if name in OF_COLUMNS:
            values = [column(value, run.index) for value in values]
        codes = self._order(arguments, run.columns) if name in ("min", "max") else ()
        if codes:
            found = function(*(ranks(value, codes) for value in values))
            return found.map(dict(enumerate(codes))).astype("string")
        return function(*values, run.at(self._piece(node))) if name == "log10" else function(*values)

    def _order(self, nodes: Iterable, columns) -> tuple[str, ...]:
        """The order of the codes that these nodes give; empty where they give something else."""
        kinds = getattr(columns, "kinds", {})
        return kinds_of.order(*(Reader(self.text, kinds).kind(node) for node in nodes)) if kinds else ()

    def _pair(self, op, left, right, run: _Run):
        a = self._value(left, run)
        if isinstance(op, ast.In | ast.NotIn):
            inside = self._inside(a, [self._value(item, run) for item in right.elts], run)
            return ~inside if isinstance(op, ast.NotIn) else inside
        b = self._value(right, run)
        codes = self._order((left, right), run.columns) if isinstance(op, kinds_of.ORDERINGS) else ()
        if codes:
            a, b = (ranks(x, codes) for x in (a, b))
        return column(self._compare(op, a, b), run.index)

    def _inside(self, a, values: list, run: _Run) -> pd.Series:
        if isinstance(a, pd.Series) and not any(isinstance(b, pd.Series) for b in values):
            for kind in {family(b): b for b in values}.values():
                self._alike(a, kind)
            return a.isin(values).astype("boolean").mask(a.isna())
        return reduce(operator.or_, (column(self._compare(ast.Eq(), a, b), run.index) for b in values))

    @staticmethod
    def _alike(a, b) -> None:
        """ExpressionError where values of unlike kinds are compared."""
        families = {family(a), family(b)} - {""}
        if len(families) > 1 and families != {"number", "boolean"}:
            raise ExpressionError(f"compares a {family(a)} with a {family(b)} (written {_written(a, b)})")

    def _compare(self, op, a, b):
        self._alike(a, b)
        result = _COMPARE[type(op)](a, b)
        if isinstance(result, pd.Series):
            if result.dtype == "boolean":  # of types that can be missing, in which what is not known is missing already
                return result
            if isinstance(result.dtype, pd.ArrowDtype):  # texts that Arrow holds; pandas itself goes by way of objects
                return pd.Series(pd.BooleanDtype().__from_arrow__(pa.array(result)), index=result.index)
            unknown = reduce(operator.or_, (x.isna() for x in (a, b) if isinstance(x, pd.Series)))
            return result.astype("boolean").mask(unknown)
        return result


@dataclass
class _Run:
    """One evaluation: the columns, and the faults of rows in which the part that is evaluated matters; asked for where there is
    a fault, and not before."""

    columns: Mapping[str, pd.Series]
    index: pd.Index
    faults: list[Fault] = field(default_factory=list)
    matters: tuple[Callable[[], pd.Series], ...] = ()

    def where(self, rows: Callable[[], pd.Series]) -> _Run:
        """The same for a part that matters in these rows only."""
        return _Run(self.columns, self.index, self.faults, (*self.matters, rows))

    def at(self, piece: str) -> Callable[[str, pd.Series], None]:
        """What tells a fault of a piece of the expression."""

        def fault(what: str, rows: pd.Series) -> None:
            for matters in self.matters if rows.any() else ():
                rows = rows & matters().astype(bool)
            if rows.any():
                self.faults.append(Fault(what, piece, rows))

        return fault


def _is_date(text) -> bool:
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?", text):
        return False
    try:
        pd.Timestamp(text)
    except ValueError:
        return False
    return True
