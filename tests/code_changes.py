"""The changes of a file of the package: one comparison, operation, word of logic, constant, min for max, first for last."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

COMPARE = {ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.In: "not in",
           ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is"}  # fmt: skip
BINARY = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*", ast.FloorDiv: "/", ast.Mod: "*",
          ast.BitAnd: "|", ast.BitOr: "&", ast.BitXor: "|"}  # fmt: skip
WORDS = {"min": "max", "max": "min", "first": "last", "last": "first", "any": "all", "all": "any", "isna": "notna",
         "notna": "isna", "lower": "upper", "floor": "ceil", "ceil": "floor", "minimum": "maximum", "maximum": "minimum",
         "le": "lt", "lt": "le", "ge": "gt", "gt": "ge", "eq": "ne", "ne": "eq"}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one file: bytes `start` to `end` become `new`.

    `lines` are the first and last line of the expression; `function`: it stands in the body of a function, which runs when
    that is called, not when the file is imported.
    """

    file: str
    lines: tuple[int, int]
    start: int
    end: int
    old: str
    new: str
    source: str
    function: bool

    def apply(self, raw: bytes) -> bytes:
        return raw[: self.start] + self.new.encode() + raw[self.end :]

    def on(self, lines: Mapping[str, Set[int]]) -> bool:
        """Whether it stands in one of these lines (file -> lines)."""
        return not lines.get(self.file, set()).isdisjoint(range(self.lines[0], self.lines[1] + 1))

    def __str__(self) -> str:
        return f"{self.file}:{self.lines[0]}: `{self.old}` to `{self.new}` in `{self.source}`"


def mutants(name: str, text: str) -> list[Mutant]:
    """All changes of a file `name` with this text, in the order of the file."""
    raw, starts = text.encode(), [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found, tree, written = [], ast.parse(text), text.split("\n")

    def place(line: int, column: int) -> int:
        return starts[line - 1] + column

    bodies = [
        (place(inner[0].lineno, inner[0].col_offset), place(inner[-1].end_lineno, inner[-1].end_col_offset))
        for inner in map(_body, ast.walk(tree))
        if inner
    ]

    def add(node, start: int, end: int, new: str) -> None:
        function = any(first <= start < last for first, last in bodies)
        source, lines = written[node.lineno - 1].strip()[:100], (node.lineno, node.end_lineno)
        found.append(Mutant(name, lines, start, end, raw[start:end].decode().strip(), new, source, function))

    def between(a, b, node, new: str) -> None:
        """The operator that stands between two nodes, without brackets and spaces."""
        start, end = place(a.end_lineno, a.end_col_offset), place(b.lineno, b.col_offset)
        piece = raw[start:end].decode()
        inner = piece.strip(" ()\n\\")
        if inner and "#" not in inner and "\n" not in inner:
            at = start + len(piece[: piece.index(inner)].encode())
            add(node, at, at + len(inner.encode()), new)

    for node in _code(tree):
        if isinstance(node, ast.Compare):
            ends = [node.left, *node.comparators]
            for op, a, b in zip(node.ops, ends, ends[1:], strict=False):
                between(a, b, node, COMPARE[type(op)])
        elif (
            isinstance(node, ast.BinOp)
            and type(node.op) in BINARY
            and not isinstance(node.left, ast.Constant | ast.JoinedStr)
        ):
            between(node.left, node.right, node, BINARY[type(node.op)])
        elif isinstance(node, ast.BoolOp):
            for a, b in zip(node.values, node.values[1:], strict=False):
                between(a, b, node, "or" if isinstance(node.op, ast.And) else "and")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
            start = place(node.lineno, node.col_offset)
            add(node, start, start + (4 if isinstance(node.op, ast.Not) else 1), "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            start = place(node.lineno, node.col_offset)
            add(node, start, place(node.end_lineno, node.end_col_offset), str(not node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            start = place(node.lineno, node.col_offset)
            add(
                node,
                start,
                place(node.end_lineno, node.end_col_offset),
                repr(node.value + 1 if abs(node.value) < 2**53 else node.value * 2),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in WORDS:
            start = place(node.lineno, node.col_offset)
            add(node, start, place(node.end_lineno, node.end_col_offset), repr(WORDS[node.value]))
        elif isinstance(node, ast.Name) and node.id in WORDS and isinstance(node.ctx, ast.Load):
            start = place(node.lineno, node.col_offset)
            add(node, start, start + len(node.id), WORDS[node.id])
        elif isinstance(node, ast.Attribute) and node.attr in WORDS:
            end = place(node.end_lineno, node.end_col_offset)
            add(node, end - len(node.attr), end, WORDS[node.attr])
    return [mutant for mutant in dict.fromkeys(found) if mutant.old != mutant.new]


def _body(node) -> list[ast.AST]:
    """What runs when a function is called."""
    if isinstance(node, ast.FunctionDef):
        return node.body
    return [node.body] if isinstance(node, ast.Lambda) else []


def _code(node) -> Iterator[ast.AST]:
    """All nodes but annotations, docstrings, imports, and f-strings (their positions are not those of the file)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.arg):
            continue
        if isinstance(child, ast.AnnAssign):
            if child.value is not None:
                yield child.value
                yield from _code(child.value)
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (
            child in node.decorator_list or child is getattr(node, "returns", 0)
        ):
            continue
        if isinstance(child, ast.keyword) and child.arg in ("strict", "ensure_ascii"):
            continue
        yield child
        yield from _code(child)
