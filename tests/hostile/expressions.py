"""Expressions: what is no expression is refused, what is one gives what a second, plain evaluation gives, row by row."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd
from trialpress.errors import InputError, Problem
from trialpress.expression import Expression, ExpressionError
from trialpress.kinds import Kind

from .judge import Case

AREA = "expressions"
A, B = [3, -2, 0, None, 7], [0.5, 2.0, None, 4.0, -1.0]
COLUMNS = {
    "a": pd.Series(A, dtype="Int64"), "b": pd.Series(B, dtype="Float64"), "s": pd.Series(["x", "y", None, "x", ""], dtype="string"),
    "d": pd.Series(pd.to_datetime(["2020-01-01", None, "2021-01-01", "2020-06-01", "2019-01-01"])).astype("datetime64[s]"),
}  # fmt: skip
KINDS = {"a": Kind.of("integer"), "b": Kind.of("number"), "s": Kind.of("text"), "d": Kind.of("date")}

# what is no expression of the language, or compares unlike things: never a value
REFUSED = [
    "(" * 100_000 + "a" + ")" * 100_000, "+".join(["a"] * 100_000), "-" * 100_000 + "a", "not " * 100_000 + "a", "a" * 60_000, "a<" * 20_000 + "a",
    "a == " + "9" * 5000, "a == " + "9" * 400, "2**100000 > a", "9**9**9**9", "1e400 > a", "1e-400 < a", "a if a else b", "lambda: a", "a.__class__", "().__class__",
    "__import__('os').system('touch hacked')", "open('hacked', 'w')", "a[0]", "[x for x in a]", "f'{a}'", "(a := 1)", "a; b", "#x", "", "   ", "a = 1", "a & b",
    "a | b", "~a", "a % b", "a // b", "a @ b", "a is None", "None", "...", "1j", "b'x'", "date('9999-99-99')", "date('2020')", "shift(d, 'x')", "round(b, 400)",
    "round(b, -400)", "round(b, 10**10)", "min()", "min(a)", "min(*a)", "coalesce()", "when(a)", "when(s, 1, 2)", "when(true, 1, 'x')", "missing()", "a in a",
    "a in 5", "s in 'x'", "not s", "s + 1", "s * 2", "-s", "a and s", "x.y.z", "a.b", "nobody", "starts(s, s)", "a > s", "d > '2020-01-01'", "d > 2020",
    "a << 1", "print(a)", "eval('1')", "exec('import os')", "round(a, 1.5)", "abs(a)", "'%s' % a", "a.b()", "(yield)", "await a", "*a", "{a}", "{'a': 1}", "[a]",
    "(a,)", "a, b", "08", "a == 1 or", "\u202ea == 1", "\\", "s == '\ud800'", "a == \0", "1/0 > a", "log10(0) > a", "log10(-1) > a", "0**-1 > a", "missing == a",
    "getattr(a, 'x')", "a.to_csv('hacked')", "globals()", "(lambda: 1)()", "`touch hacked`", "$(touch hacked)", "a; import os", "a\nimport os",
]  # fmt: skip


def value(text: str) -> tuple[pd.Series, list]:
    """The values by row, and in which rows it has none; InputError as the checks before a run give it."""
    try:
        expression = Expression(text)
        problems = expression.check(COLUMNS) + [what for what, _ in expression.kind(KINDS)[1]]
        faults: list = []
        found = expression(COLUMNS, faults) if not problems else None
    except ExpressionError as error:
        problems = [str(error)]
    if problems:
        raise InputError(
            [Problem("plan.yaml, x", what, "it has no meaning", "write it otherwise") for what in problems]
        )
    return found, faults


def _refused(_: Path, text: str) -> str:
    found, faults = value(text)
    return "" if faults and found.isna().all() else f"gives {found.tolist()}"


# --- expressions made by chance, with a second evaluation -----------------------------------------------------------------

Second = Callable[[dict], object]
SIGNS = {"+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y}
COMPARE = {
    "==": lambda x, y: x == y,
    "!=": lambda x, y: x != y,
    "<": lambda x, y: x < y,
    "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y,
}


def number(rng: random.Random, depth: int) -> tuple[str, Second]:
    kind = rng.choice(
        ["column", "literal"] if depth <= 0 else ["column", "literal", "sign", "minus", "coalesce", "when"]
    )
    if kind == "column":
        name = rng.choice("ab")
        return name, lambda row: row[name]
    if kind == "literal":
        literal = rng.choice([0, 1, 2, 2.5, 1e3, 0.125])
        return repr(literal), lambda row: literal
    if kind == "minus":
        text, of = number(rng, depth - 1)
        return f"-({text})", lambda row: None if of(row) is None else -of(row)
    if kind == "coalesce":
        (first, one), (then, other) = number(rng, depth - 1), number(rng, depth - 1)
        return f"coalesce({first}, {then})", lambda row: other(row) if one(row) is None else one(row)
    if kind == "when":
        (condition, holds), (first, one), (then, other) = (
            truth(rng, depth - 1),
            number(rng, depth - 1),
            number(rng, depth - 1),
        )
        return (
            f"when({condition}, {first}, {then})",
            lambda row: None if holds(row) is None else one(row) if holds(row) else other(row),
        )
    sign = rng.choice(list(SIGNS))
    (left, one), (right, other) = number(rng, depth - 1), number(rng, depth - 1)

    def both(row):
        x, y = one(row), other(row)
        return None if x is None or y is None else SIGNS[sign](x, y)

    return f"({left}) {sign} ({right})", both


def truth(rng: random.Random, depth: int) -> tuple[str, Second]:
    kind = rng.choice(["compare", "missing", "in"] if depth <= 0 else ["compare", "and", "or", "not", "missing", "in"])
    if kind == "compare":
        sign = rng.choice(list(COMPARE))
        (left, one), (right, other) = number(rng, depth - 1), number(rng, depth - 1)
        return (
            f"({left}) {sign} ({right})",
            lambda row: None if one(row) is None or other(row) is None else COMPARE[sign](one(row), other(row)),
        )
    if kind == "missing":
        text, of = number(rng, depth - 1)
        return f"missing({text})", lambda row: of(row) is None
    if kind == "in":
        return "a in (3, 7, 11)", lambda row: None if row["a"] is None else row["a"] in (3, 7, 11)
    (left, one), (right, other) = truth(rng, depth - 1), truth(rng, depth - 1)
    if kind == "not":
        return f"not ({left})", lambda row: None if one(row) is None else not one(row)
    decides = kind == "or"

    def both(row):
        found = [one(row), other(row)]
        return decides if decides in found else None if None in found else not decides

    return f"({left}) {kind} ({right})", both


def _same(_: Path, text: str, second: Second) -> str:
    found, _ = value(text)
    wanted = [second({"a": a, "b": b}) for a, b in zip(A, B, strict=True)]
    for row, (x, y) in enumerate(zip(found.tolist(), wanted, strict=True)):
        x = None if pd.isna(x) else x
        if (x is None) != (y is None) or (x is not None and abs(float(x) - float(y)) > 1e-9 * max(1, abs(float(y)))):
            return f"row {row}: {x} for {y}"
    return ""


def cases(rng: random.Random) -> Iterator[Case]:
    for text in REFUSED:
        yield Case(AREA, repr(text[:40]), partial(_refused, text=text))
    for at in range(160):
        text, second = (truth if at % 2 else number)(rng, 4)
        yield Case(AREA, f"by chance {at}: {text[:60]}", partial(_same, text=text, second=second))
    for at in range(60):  # an expression with a character more or less
        text, _ = truth(rng, 3)
        place = rng.randrange(len(text))
        text = (
            text[:place]
            + rng.choice(["", "(", ")", "'", "=", ".", "\0", "é", ",", "[", "1"])
            + text[place + rng.randrange(2) :]
        )
        yield Case(AREA, f"changed {at}: {text[:60]}", partial(_any, text=text))


def _any(_: Path, text: str) -> str:
    value(text)
    return ""
