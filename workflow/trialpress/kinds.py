"""What a column can hold, and whether an expression compares like with like.

The kind of a column comes from the dictionary; that of an expression follows from its parts. A literal that no row can be
equal to, a number against a text, or `<` between codes without an order would give a wrong count in silence: they are
problems, found before anything runs. Where a kind is not known nothing is said; evaluation then looks at the values.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import nearest

FAMILY = {
    "id": "text", "text": "text", "time": "text", "code": "text", "integer": "number", "number": "number",
    "duration": "number", "date": "date", "datetime": "date", "boolean": "boolean", "": "",
}  # fmt: skip
ORDERINGS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
BOOLEAN_FUNCTIONS, NUMBER_FUNCTIONS, DATE_FUNCTIONS = (
    ("missing", "present", "starts"), ("days", "hours", "years", "log10", "round"), ("date", "shift")
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """family: text, number, date, boolean, or '' if it is not known. codes: all texts that it can hold (empty: any);
    ordered: whether their order, or that of the texts, has a meaning. literal: it is written in the expression itself.
    """

    family: str = ""
    codes: tuple[str, ...] = ()
    ordered: bool = False
    literal: bool = False

    @classmethod
    def of(cls, type: str, codes: Mapping | tuple = (), ordered: bool = True) -> Kind:
        """The kind of a column of this type; the codes of a code column in the order of the dictionary."""
        codes = tuple(map(str, codes)) if type == "code" else ()
        return cls(FAMILY.get(type, ""), codes, (bool(codes) and ordered) or type == "time")

    @property
    def values(self) -> str:
        """Its codes, for a message."""
        return f"codes: {', '.join(self.codes)}" if self.codes else f"a {self.family}"


UNKNOWN = Kind()
MISSING = Kind("missing")  # the literal
NUMBER, DATE, BOOLEAN = Kind("number", ordered=True), Kind("date", ordered=True), Kind("boolean")


class Reader:
    """Finds the kind of an expression; `problems` collects (what, what to do)."""

    def __init__(self, text: str, kinds: Mapping[str, Kind]):
        self.text, self.kinds, self.problems = text, kinds, []

    def problem(self, what: str, do: str) -> None:
        self.problems.append((f"{what}: {self.text}", do))

    def shown(self, node) -> str:
        return ast.get_source_segment(self.text, node) or self.text

    def kind(self, node) -> Kind:
        """The kind of a node; what is wrong below it is collected once."""
        match node:
            case ast.Name(id=name) if name.lower() == "missing":
                return MISSING
            case ast.Name(id=name):
                return BOOLEAN if name.lower() in ("true", "false") else self.kinds.get(name, UNKNOWN)
            case ast.Attribute(value=ast.Name(id=table), attr=column):
                return self.kinds.get(f"{table}.{column}", UNKNOWN)
            case ast.Constant(value=bool()):
                return BOOLEAN
            case ast.Constant(value=str(value)):
                return Kind("text", (value,), literal=True)
            case ast.Constant():
                return Kind("number", ordered=True, literal=True)
            case ast.BoolOp(values=children):
                return self._logical(children)
            case ast.UnaryOp(op=ast.Not(), operand=child):
                return self._logical([child])
            case ast.UnaryOp(operand=child):
                kind = self.known(child)
                if kind.family in ("text", "date"):
                    self.problem(f"'{self.shown(child)}' is a {kind.family} and has no sign", "take a number")
                return kind
            case ast.BinOp(left=left, right=right):
                return self._arithmetic(node, left, right)
            case ast.Compare(left=left, ops=ops, comparators=rest):
                nodes = [left, *rest]
                for op, a, b in zip(ops, nodes, nodes[1:], strict=False):
                    self._compared(op, a, b)
                return BOOLEAN
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._called(name, arguments)
        return UNKNOWN

    def known(self, node) -> Kind:
        """The kind of a node that may not be the literal `missing`: whatever is made of it would be missing for everybody."""
        kind = self.kind(node)
        if kind is MISSING:
            do = "missing(x) asks whether x is missing; `missing` alone is written in when(condition, x, missing)"
            self.problem("'missing' is no value that can be compared or calculated with", do)
            return UNKNOWN
        return kind

    def _logical(self, nodes) -> Kind:
        for node in nodes:
            if self.known(node).family in ("text", "date"):
                self.problem(f"'{self.shown(node)}' is neither true nor false", "compare it with a value")
        return BOOLEAN

    def _arithmetic(self, node, left, right) -> Kind:
        kinds = [self.known(left), self.known(right)]
        families = {kind.family for kind in kinds}
        if "text" in families and not (families == {"text"} and isinstance(node.op, ast.Add)):
            self.problem(f"'{self.shown(node)}' calculates with a text", "calculate with numbers")
        if families <= {"number", "boolean"}:
            return NUMBER
        return Kind("text") if families == {"text"} else UNKNOWN

    def _called(self, name: str, arguments: list) -> Kind:
        if name == "when":
            self._logical(arguments[:1])
            branches = [(node, self.kind(node)) for node in arguments[1:]]
            branches = [branch for branch in branches if branch[1] is not MISSING]
            return self._joined(name, [node for node, _ in branches], [kind for _, kind in branches])
        kinds = [self.known(node) for node in arguments]
        if name == "starts" and len(arguments) == 2:
            self._starts(arguments, kinds)
        if name in BOOLEAN_FUNCTIONS:
            return BOOLEAN
        if name == "text":
            return Kind("text")
        if name in NUMBER_FUNCTIONS:
            return NUMBER
        if name in DATE_FUNCTIONS:
            return DATE
        joined = self._joined(name, arguments, kinds)
        if name in ("min", "max") and joined.family == "text" and not joined.ordered:
            self.problem(
                f"{name} of texts without an order would be that of the alphabet", "use columns of one list of codes"
            )
        return joined

    def _starts(self, arguments: list, kinds: list[Kind]) -> None:
        column, text = kinds
        given = column.codes and not column.literal and text.literal and text.family == "text"
        if given and not any(code.startswith(text.codes[0]) for code in column.codes):
            self.problem(f"no code of {self.shown(arguments[0])} starts so ({column.values})", "correct the text")

    def _joined(self, name: str, nodes: list, kinds: list[Kind]) -> Kind:
        """The kind of a column that is filled from several."""
        families = {kind.family for kind in kinds}
        if len(families - {""}) > 1 and families - {""} != {"number", "boolean"}:
            parts = ", ".join(f"{self.shown(n)} ({k.family})" for n, k in zip(nodes, kinds, strict=True) if k.family)
            self.problem(f"{name} mixes kinds of values: {parts}", "give values of one kind")
            return UNKNOWN
        if "" in families or not families:
            return UNKNOWN
        family = families.pop()
        if family != "text":
            return Kind(family, ordered=family in ("number", "date"))
        if not all(kind.codes for kind in kinds):
            return Kind("text", ordered=all(kind.ordered or kind.literal for kind in kinds))
        longest = max(kinds, key=lambda kind: (not kind.literal, len(kind.codes)))
        codes = tuple(dict.fromkeys(code for kind in (longest, *kinds) for code in kind.codes))
        ordered = longest.ordered and codes == longest.codes and all(_same_order(kind, longest) for kind in kinds)
        return Kind("text", codes, ordered)

    def _compared(self, op, left, right) -> None:
        a = self.known(left)
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, ast.Tuple | ast.List) or not right.elts:
                self.problem(
                    f"'{self.shown(right)}' is not a list", "write in ('a', 'b'), with a comma for one: ('a',)"
                )
                return
            for item in right.elts:
                self._pair(op, left, item, a, self.known(item))
            return
        self._pair(op, left, right, a, self.known(right))

    def _pair(self, op, left, right, a: Kind, b: Kind) -> None:
        """One comparison of two values."""
        if not a.family or not b.family:
            return
        if a.family != b.family:
            self._unlike(left, right, a, b)
            return
        if a.family != "text" or (a.literal and b.literal):
            return
        for node, kind, literal in ((left, a, b), (right, b, a)):
            if literal.literal and kind.codes and literal.codes[0] not in kind.codes:
                text = literal.codes[0]
                empty = f"missing({self.shown(node)}) is true where nothing is known"
                do = nearest(text, kind.codes) if text else empty
                self.problem(f"'{text}' is not a value of {self.shown(node)} ({kind.values})", do)
                return
        if a.codes and b.codes and not {*a.codes} & {*b.codes}:
            what = f"{self.shown(left)} ({a.values}) and {self.shown(right)} ({b.values}) have no value in common"
            self.problem(what, "compare columns of one list of codes")
        elif isinstance(op, ORDERINGS) and not _comparable(a, b):
            what = f"{self.shown(left)} and {self.shown(right)} are texts without an order"
            self.problem(what, "name the values: x in ('a', 'b')")

    def _unlike(self, left, right, a: Kind, b: Kind) -> None:
        node, kind, literal, other = (left, a, b, right) if not a.literal else (right, b, a, left)
        what = f"{self.shown(node)} is a {kind.family}, {self.shown(other)} a {literal.family}"
        if kind.codes and not kind.literal:
            what += f" ({kind.values})"
        do = "compare like with like"
        if literal.literal and kind.family == "text":
            written = self.shown(other)
            do = f"write '{written}'" if written in kind.codes or not kind.codes else nearest(written, kind.codes)
        elif literal.literal and kind.family == "number":
            do = f"write the number without quotes: {literal.codes[0]}" if literal.codes else do
        elif literal.literal and kind.family == "date":
            do = f"write date('{literal.codes[0]}')" if literal.codes else do
        elif kind.family == "boolean":
            do = f"write {self.shown(node)}, or not {self.shown(node)}"
        self.problem(what, do)


def _same_order(kind: Kind, of: Kind) -> bool:
    """Whether the codes of a kind stand in the same order in another."""
    places = [of.codes.index(code) for code in kind.codes]
    return kind.literal or (kind.ordered and places == sorted(places))


def _comparable(a: Kind, b: Kind) -> bool:
    """Whether `<` between two texts has a meaning."""
    if not a.codes or not b.codes or (a.literal and b.literal):
        return (a.ordered or a.literal) and (b.ordered or b.literal)
    longer, shorter = (a, b) if len(a.codes) >= len(b.codes) and not a.literal else (b, a)
    return longer.ordered and {*shorter.codes} <= {*longer.codes} and _same_order(shorter, longer)


def order(*kinds: Kind) -> tuple[str, ...]:
    """The codes in the order that the values of these kinds share; empty if they are not codes."""
    coded = [kind for kind in kinds if kind.family == "text" and kind.ordered and kind.codes and not kind.literal]
    return max((kind.codes for kind in coded), key=len, default=())
