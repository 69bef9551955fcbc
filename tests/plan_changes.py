"""The changes of a plan.yaml: one literal, operator, level, column, population, number, way of taking at a time."""

from __future__ import annotations

import ast
import copy
import itertools
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialpress.checks.values import fields
from trialpress.expression import Expression, ExpressionError

# what is only printed, and what is prose
PRINTED = {
    "label",
    "definition",
    "caption",
    "multiplicity",
    "unit",
    "labels",
    "title",
    "width",
    "file",
    "kind",
    "method",
}
OPERATORS = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "in": "not in", "not in": "in",
             "and": "or", "or": "and", "+": "-", "-": "+", "*": "/", "/": "*"}  # fmt: skip
CALLS = {"missing": "present", "present": "missing", "min": "max", "max": "min"}
TAKES = {"min": "max", "max": "min", "first": "last", "last": "first", "any": "count", "sum": "mean", "mean": "sum",
         "count": "any", "only": "max"}  # fmt: skip
Entry = tuple[str, str]


@dataclass(frozen=True)
class Mutation:
    """One change of a plan: where, what was written, what is written now."""

    path: tuple
    kind: str
    old: object
    new: object

    @property
    def entry(self) -> Entry:
        """The entry of the plan that is changed: ('columns', 'response')."""
        first, *rest = self.path
        if first == "cohort" and rest[0] == "columns":
            return "columns", rest[1]
        if first == "cohort":
            return ("daily", rest[2]) if rest[1:2] == ["grades"] else ("daily", "")
        return (first, str(rest[0])) if rest else (first, "")

    def apply(self, content: Mapping) -> dict:
        content = copy.deepcopy(content)
        inner = content
        for step in self.path[:-1]:
            inner = inner[step]
        if self.new is None:
            del inner[self.path[-1]]
        elif self.kind == "level renamed":
            inner = {self.new if key == self.path[-1] else key: value for key, value in inner.items()}
            Mutation(self.path[:-1], "", None, inner)._set(content)
        else:
            inner[self.path[-1]] = self.new
        return content

    def _set(self, content: dict) -> None:
        for step in self.path[:-1]:
            content = content[step]
        content[self.path[-1]] = self.new

    def __str__(self) -> str:
        new = "nothing" if self.new is None else f"`{self.new}`"
        return f"{'.'.join(map(str, self.path))}: `{self.old}` to {new}"


def leaves(content, path: tuple = ()) -> Iterator[tuple[tuple, object]]:
    pairs = content.items() if isinstance(content, Mapping) else enumerate(content)
    for key, value in pairs:
        if isinstance(value, Mapping | list):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def mutations(subject) -> list[Mutation]:
    """All changes of a plan that this script knows, in the order of the plan."""
    return [mutation for path, value in leaves(subject.content) for mutation in _of_leaf(subject, path, value)]


def _of_leaf(subject, path: tuple, value) -> Iterator[Mutation]:
    key = path[-1]
    if path[0] == "cohort" and "levels" in path:
        yield Mutation(path, "level removed", key, None)
        yield Mutation(path, "level renamed", key, f"{key}x")
        return
    if (
        {*path} & PRINTED
        or path[:2] == ("cohort", "table")
        or path[0] == "families"
        or key in ("seed", "alpha", "type")
        or path == ("plan", "date")
    ):
        return
    if isinstance(value, bool):
        yield Mutation(path, "switch", value, not value)
    elif isinstance(value, int | float):
        yield Mutation(path, "number", value, round(value * 0.9, 6) if key == "level" else value * 2 + 1)
    elif key == "take":
        yield Mutation(path, "take", value, TAKES[value])
    elif isinstance(value, str):
        yield from _of_text(subject, path, value)


def _of_text(subject, path: tuple, value: str) -> Iterator[Mutation]:
    plan = subject.plan
    groups = [list(plan.populations), list(plan.analyses), list(plan.endpoints)]
    if path[-1] in ("population", "within", "from") and value in plan.populations:
        others = [name for name in plan.populations if name != value]
        yield from (Mutation(path, "population", value, other) for other in others)
        return
    for group in groups[1:]:
        if value in group and value not in plan.columns:
            yield Mutation(path, "name", value, group[(group.index(value) + 1) % len(group)])
            yield Mutation(path, "name", value, f"{value}x")
            return
    try:
        tree = ast.parse(value, mode="eval").body
        Expression(value)
    except (SyntaxError, ExpressionError):
        if path[-1] in ("cause", "interval", "statistic", "unit"):
            yield Mutation(path, "name", value, f"{value}x")
        return
    yield from _of_expression(subject, path, value, tree)


def _of_expression(subject, path: tuple, text: str, tree) -> Iterator[Mutation]:
    def change(kind: str, start: int, end: int, new: str) -> Mutation:
        # positions are in bytes
        raw = text.encode()
        return Mutation(path, kind, text, (raw[:start] + new.encode() + raw[end:]).decode())

    known = subject.plan.kinds | {
        key: kind for columns in fields(subject.study).values() for key, kind in columns.items()
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            ends = [node.left, *node.comparators]
            for a, b in zip(ends, ends[1:], strict=False):
                yield from _operator(text, a, b, change)
        elif isinstance(node, ast.BoolOp):
            for a, b in zip(node.values, node.values[1:], strict=False):
                yield from _operator(text, a, b, change)
        elif isinstance(node, ast.BinOp):
            yield from _operator(text, node.left, node.right, change)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield change("operator", node.col_offset, node.operand.col_offset, "")
        elif isinstance(node, ast.Call) and node.func.id in CALLS:
            yield change("function", node.col_offset, node.func.end_col_offset, CALLS[node.func.id])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            codes = [code for kind in known.values() if node.value in kind.codes for code in kind.codes]
            others = [code for code in dict.fromkeys(codes) if code != node.value]
            for new in [f"{node.value}x", *others[:1]]:
                yield change("literal", node.col_offset, node.end_col_offset, repr(new))
        elif isinstance(node, ast.Constant) and not isinstance(node.value, bool):
            yield change("literal", node.col_offset, node.end_col_offset, str(node.value * 2 + 1))
        elif isinstance(node, ast.Name) and node.id in known:
            family = known[node.id].family
            others = [name for name, kind in known.items() if kind.family == family and name != node.id]
            if others:
                at = (sum(map(ord, node.id)) + len(text)) % len(others)
                yield change("column", node.col_offset, node.end_col_offset, others[at])


def _operator(text: str, a, b, change) -> Iterator[Mutation]:
    raw = text.encode()
    between = raw[a.end_col_offset : b.col_offset].decode()
    found = re.search(r"not in|==|!=|<=|>=|<|>|\bin\b|\band\b|\bor\b|\*\*|[-+*/]", between)
    if found and found[0] in OPERATORS:
        start = a.end_col_offset + len(between[: found.start()].encode())
        yield change("operator", start, start + len(found[0]), OPERATORS[found[0]])


def drawn(every: list[Mutation], n: int | None, seed: int) -> list[Mutation]:
    """n of the changes, of each kind in turn; those of a kind in the order of the seed."""
    draw, kinds = random.Random(seed), {}
    for mutation in every:
        kinds.setdefault(mutation.kind, []).append(mutation)
    for of_kind in kinds.values():
        draw.shuffle(of_kind)
    turns = itertools.chain.from_iterable(itertools.zip_longest(*kinds.values()))
    return [mutation for mutation in turns if mutation][:n]
