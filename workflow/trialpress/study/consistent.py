"""A dictionary against itself: what its keys, ranges, units, regular expressions and derivations can mean, before data are read."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping

from ..errors import nearest
from ..expression import Expression, ExpressionError
from ..kinds import FAMILY, UNKNOWN, Kind
from ..text import normalise, unit_form
from .dictionary import Column, File, Study, Table

SILENT = "it would be false, or a wrong value, for everybody, in silence"
IGNORED = "a key that means nothing here would be ignored in silence"
NUMBERS, DATES = ("number", "integer", "duration"), ("date", "datetime")

# keys of a column -> the types for which they mean something
OF_TYPES = {
    "free_text": ("text",),
    "codes": ("code",),
    "partial": DATES,
    "date_order": DATES,
    "decimal": NUMBERS,
    "grouping": NUMBERS,
    "limit": NUMBERS,
    "limit_text": NUMBERS,
    "units": NUMBERS,
    "unit_from": NUMBERS,
    "unit_by": NUMBERS,
    "unit_to": NUMBERS,
    "infer_unit": NUMBERS,
    "possible": (*NUMBERS, *DATES),
    "plausible": (*NUMBERS, *DATES),
    "ranges_by": (*NUMBERS, *DATES),
}
# keys of a column that is read from a cell, which one that is computed does not have
OF_CELLS = (
    "source",
    "missing",
    "ignore",
    "pattern",
    "rewrite",
    "required",
    *(key for key in OF_TYPES if key != "codes"),
)

# where, what, what to do, why it matters
Report = Callable[..., None]


def kinds_of(table: Table) -> dict[str, Kind]:
    """Column -> what it can hold."""
    return {
        name: Kind.of(column.type, column.codes, not column.codes_from_file) for name, column in table.columns.items()
    }


def keys(where: str, spec: Mapping, report: Report) -> None:
    """Keys of a column as written that would be ignored."""
    kind = spec.get("type", "text")
    for key in spec:
        if key in OF_TYPES and kind not in OF_TYPES[key]:
            do = f"remove it, or give the column type: {' or '.join(OF_TYPES[key])}"
            report(f"{where}.{key}", f"means nothing for a column of type {kind}", do, IGNORED)
    given = [way for way in ("derive", "block", "row") if way in spec]
    for key in [key for key in spec if key in OF_CELLS] if given else ():
        do = f"remove it, or read a column of its own and derive from that; {given[0]} reads no cell"
        report(f"{where}.{key}", f"means nothing beside {given[0]}", do, IGNORED)


def name(where: str, text: object, report: Report) -> None:
    """An expression reads full-width forms as the plain letters: it would look for another column."""
    text = str(text)
    if (plain := unicodedata.normalize("NFKC", text)) != text and plain.isidentifier():
        what = f"'{text}' cannot name a column: an expression would read it as '{plain}'"
        report(where, what, f"call it '{plain}'; the raw header goes into source", "no expression could name it")


def patterns(where: str, texts: Iterable[tuple[str, str]], report: Report, replacement: str | None = None) -> None:
    """(key, regular expression) that cannot be read, or whose replacement names a group that it has not."""
    for key, text in texts:
        try:
            re.compile(text)
            if replacement is not None:
                re.sub(f"{text}|", replacement, "")  # the empty alternative always matches
        except (re.error, IndexError, RecursionError, OverflowError) as error:
            report(
                f"{where}.{key}", f"'{text[:80]}' is no regular expression: {error}", "mend it", "nothing can match it"
            )


def column(where: str, of: Column, report: Report) -> None:
    """What a column's own keys say."""
    patterns(where, [(key, getattr(of, key)) for key in ("pattern", "ignore")], report)
    for text, replacement in of.rewrite.items():
        patterns(where, [("rewrite", text)], report, replacement)
    for key in ("possible", "plausible"):
        _range(f"{where}.{key}", of, getattr(of, key), report)
    for value, ranges in of.ranges_by.get("ranges", {}).items():
        for key, range_ in ranges.items():
            _range(f"{where}.ranges_by.{value}.{key}", of, range_, report)
    _units(where, of.units, report)
    _codes(where, of.codes, report)
    for text, value in of.limit_text.items():
        if not _finite(value):
            report(f"{where}.limit_text.{text}", f"'{value}' is no number", "write the number of the limit")


def _finite(value: object) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _range(where: str, of: Column, range_: Iterable, report: Report) -> None:
    """Bounds of the column's kind, the lower one first."""
    low, high = range_
    for bound in (low, high):
        if bound is None:
            continue
        if of.type in DATES and not _is_date(bound):
            report(where, f"'{bound}' is no date", "write dates as '2016-12-31'; null is open", SILENT)
            return
        if of.type not in DATES and (isinstance(bound, str | bool) or not _finite(bound)):
            report(where, f"'{bound}' is no number", "write numbers without quotes; null is open", SILENT)
            return
    if low is not None and high is not None and low > high:
        report(where, f"its lower bound {low} is above {high}", "write [low, high]", SILENT)


def _is_date(text: object) -> bool:
    try:
        return isinstance(text, str) and datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _units(where: str, units: Mapping, report: Report) -> None:
    """Factors that make a number of a number, one for each unit however it is spelt."""
    seen: dict[str, str] = {}
    for unit, factor in units.items():
        at, other = f"{where}.units.{unit}", seen.setdefault(unit_form(unit), unit)
        if other != unit and units[other] != factor:
            report(
                at, f"'{unit}' and '{other}' are one unit with two factors", "keep one", "one would be taken by chance"
            )
        if not isinstance(factor, str) and (not _finite(factor) or factor == 0):
            report(at, f"{factor} is no factor", "write a number that is not 0, or an expression of x", SILENT)
        elif isinstance(factor, str):
            kind = _kind(factor, {"x": Kind("number", ordered=True)})[0]
            if kind.family not in ("number", ""):
                report(at, f"'{factor}' gives a {kind.family}, not a number", "write an expression of x", SILENT)


def _codes(where: str, codes: Mapping[str, Iterable[str]], report: Report) -> None:
    """One raw text under two codes, as texts are compared: whichever came first would be taken."""
    owner: dict[str, tuple[str, str]] = {}
    for code, texts in codes.items():
        for text in dict.fromkeys((code, *texts)):
            other, written = owner.setdefault(normalise(text), (code, text))
            if other != code:
                alike = f"'{text}'" if text == written else f"'{text}' and '{written}'"
                report(f"{where}.codes", f"the text {alike} stands for two codes, {other} and {code}", "keep it in one")


def file(where: str, of: File, report: Report) -> None:
    patterns(where, [("footer", of.footer)], report)
    if "\0" in of.encoding:
        report(f"{where}.encoding", "holds a NUL character", "write utf-8, gb18030, cp1252, ...")


# --- expressions ------------------------------------------------------------------------------------------------------


def _kind(text: str, kinds: Mapping[str, Kind]) -> tuple[Kind, list[tuple[str, str]]]:
    try:
        return Expression(text).kind(kinds)
    except ExpressionError:
        return UNKNOWN, []  # said elsewhere


def expressions(study: Study, report: Report) -> None:
    """Names that exist when an expression is evaluated, values that can be compared, a result that fits its column."""
    outside: dict[str, Kind] = {}
    for title, table in study.tables.items():
        where, kinds = f"tables.{title}", kinds_of(table)
        own = {f"{title}.{key}": kind for key, kind in kinds.items()} if table.key == (study.participant,) else {}
        known = {**outside, **own, **kinds}
        for key, text in _derived(table):
            at = f"{where}.columns.{key}.derive"
            later = _later(table, key)
            _order(at, text, {*later, *(f"{title}.{other}" for other in later)}, study, title, report)
            kind, problems = _kind(text, known)
            for what, do in problems:
                report(at, what, do, SILENT)
            _fits(at, table.columns[key], kind, report)
        for check in table.checks:
            at = f"{where}.checks.{check['id']}.assert"
            _order(at, check["assert"], (), study, title, report)
            _condition(at, check["assert"], known, report)
        if table.where:
            _condition(f"{where}.where", table.where, known, report)
        for key, of in table.columns.items():
            for text in (*of.partial.not_before, *of.partial.not_after) if of.partial else ():
                at = f"{where}.columns.{key}.partial"
                _order(at, text, (), study, title, report)
                kind, problems = _kind(text, known)
                if kind.family not in ("date", ""):
                    problems.append((f"is a {kind.family}, not a date: {text}", "name dates"))
                for what, do in problems:
                    report(at, what, do, SILENT)
        outside |= own


def _derived(table: Table) -> Iterator[tuple[str, str]]:
    return ((key, column.derive) for key, column in table.columns.items() if column.derive)


def _later(table: Table, key: str) -> list[str]:
    """The derived columns that have no value yet when this one is computed: itself and those behind it."""
    derived = [name for name, _ in _derived(table)]
    return derived[derived.index(key) :]


def _order(where: str, text: str, later: Iterable[str], study: Study, table: str, report: Report) -> None:
    """An expression that names what is computed after it, or in a circle."""
    tables = list(study.tables)
    behind = tables[tables.index(table) + 1 :]
    try:
        names = Expression(text).names
    except ExpressionError:
        return
    for name in names:
        if name in later:
            what = f"names the column '{name}', which is computed with it or after it: {text}"
            report(
                where, what, "put the column before it; a circle has no beginning", "it would be missing for everybody"
            )
        elif name.partition(".")[0] in behind and "." in name:
            what = f"names '{name}', but the table '{name.partition('.')[0]}' comes after '{table}': {text}"
            report(where, what, "put that table before this one", "its values do not exist yet")


def _condition(where: str, text: str, kinds: Mapping[str, Kind], report: Report) -> None:
    kind, problems = _kind(text, kinds)
    if kind.family not in ("boolean", ""):
        problems.append((f"is a {kind.family}, not a condition: {text}", "compare it with a value"))
    for what, do in problems:
        report(where, what, do, SILENT)


def _fits(where: str, of: Column, kind: Kind, report: Report) -> None:
    """A derived value must be of its column's type; its codes among those of the column."""
    family = FAMILY[of.type]
    if kind.family not in (family, "", "missing"):
        do = "write text(...)" if family == "text" and kind.family in ("number", "date") else "correct the type"
        if kind.family in ("number", "date", "boolean") and family == "text":
            fitting = {"number": "type: number", "date": "type: date", "boolean": "when(..., 'yes', 'no')"}[kind.family]
            do = f"write {fitting}" + (", or text(...) around it" if kind.family != "boolean" else "")
        report(where, f"gives a {kind.family}, the column is of type {of.type}: {of.derive}", do, SILENT)
    if of.type == "code" and of.codes:
        for code in kind.codes:
            if code not in of.codes:
                report(where, f"gives '{code}', which is not among the codes", nearest(code, of.codes), SILENT)
