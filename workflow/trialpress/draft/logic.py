"""REDCap's branching logic and calculations as expressions of the dictionary, as far as they can be written so."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..expression import Expression, ExpressionError
from .entry import Entry

FIELD = re.compile(r"\[(\w+)(?:\((-?\w+)\))?\]")
PAIR = re.compile(r"\[(\w+)(?:\((-?\w+)\))?\]\s*(=|!=|<>|<=|>=|<|>)\s*(?:'([^']*)'|\"([^\"]*)\"|(-?\d+(?:\.\d+)?))")
SIGNS = {"=": "==", "<>": "!="}


def condition(text: str, columns: Mapping[str, Entry]) -> str:
    """The branching logic of a field over columns of its own table; '' where it says more than can be written.

    columns: REDCap's field name -> its entry.
    """

    def comparison(m: re.Match) -> str:
        field = f"{m[1]}___{m[2]}" if m[2] else m[1]
        sign, value = SIGNS.get(m[3], m[3]), next((part for part in m.groups()[3:] if part is not None), "")
        entry = columns[field]
        if value == "":
            return f"{'missing' if sign == '==' else 'present'}({entry.name})"
        codes = entry.spec.get("codes")
        if isinstance(codes, Mapping):
            code = next((code for code, texts in codes.items() if value in (code, *texts)), None)
            if code is None or sign not in ("==", "!="):
                raise KeyError(value)
            return f"{entry.name} {sign} {_quoted(code)}"
        if not re.fullmatch(r"-?\d+(?:\.\d+)?", value) or entry.type not in ("number", "integer"):
            raise KeyError(value)
        return f"{entry.name} {sign} {value}"

    try:
        written = PAIR.sub(comparison, text)
    except KeyError:
        return ""
    rest = re.sub(r"'(?:[^'\\]|\\.)*'", "", written)
    if "[" in rest or "=" in re.sub(r"[=!<>]=", "", rest):
        return ""
    written = re.sub(r"\bAND\b", "and", re.sub(r"\bOR\b", "or", written))
    return written if _reads(written) else ""


def formula(text: str, columns: Mapping[str, Entry]) -> str:
    """A calculation of sums, products and rounding over numbers of its own table; '' for any other.

    >>> number = lambda name: Entry(name, {"type": "number"})
    >>> formula("round([weight]/([height]^2), 1)", {"weight": number("weight"), "height": number("height")})
    'round(weight/(height**2), 1)'
    """
    for m in FIELD.finditer(text):
        entry = columns.get(m[1])
        if m[2] or entry is None or entry.type not in ("number", "integer"):
            return ""
    written = FIELD.sub(lambda m: columns[m[1]].name, text).replace("^", "**")
    bare = re.sub(r"\bround\(", "(", written)
    if not FIELD.search(text) or re.search(r"[A-Za-z_]\w*\s*\(|['\"\[\]=<>]", bare):
        return ""
    return written if _reads(written) else ""


def _reads(text: str) -> bool:
    try:
        return bool(Expression(text))
    except ExpressionError:
        return False


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def checks(entries: Mapping[str, Entry], fields: Mapping[str, str]) -> list[dict]:
    """What the metadata say must hold in each row: an answer only where the question was asked, a calculated field as its formula
    has it. fields: clean name -> REDCap's field name."""
    columns = {field: entries[name] for name, field in fields.items() if name in entries and not entries[name].held}
    found = []
    for name, entry in entries.items():
        known = entry.known
        if known is None or entry.held or not entry.facts or not entry.facts.n:
            continue
        if (
            known.applies
            and (asked := condition(known.applies, columns))
            and known.type != "calc"
            and "___" not in known.name
        ):
            entry.asked_if = asked
            found.append(
                {
                    "id": f"asked-{name.replace('_', '-')}",
                    "assert": f"missing({name}) or ({asked})",
                    "field": name,
                    "message": "an answer to a question that was not asked",
                }
            )
        if known.formula and (written := formula(known.formula, columns)):
            found.append(
                {
                    "id": f"formula-{name.replace('_', '-')}",
                    "assert": f"-0.06 <= {name} - ({written}) <= 0.06",
                    "field": name,
                    "message": "is not what its formula gives",
                }
            )
    return found
