"""From the text of a raw cell to a typed value, with the rules that were applied on the way.

Each parser is a pure function of the text: it returns a `Reading` and never raises. A text that does not fit is a
`problem` in words; what was repaired is named in `rules`, which end in changes.csv.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..errors import nearest
from ..study import Column, File

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_SUPERSCRIPT = re.compile("[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_MULTIPLIER = {"千": 1e3, "万": 1e4, "亿": 1e8}
_NUMBER = re.compile(
    r"""(?P<limit>[<>≤≥]=?)?\s*
        (?P<number>[-+]?(?:\d+(?:[ ,.]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+))
        (?:\s*[x×*·]\s*10\s*(?:\^|\*\*)?\s*(?P<power>[-+]?\d{1,2})|[eE](?P<exponent>[-+]?\d{1,3}))?
        \s*(?P<multiplier>[千万亿])?\s*
        (?P<unit>.*)""",
    re.VERBOSE,
)
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?", re.ASCII)  # as number_text writes it; float() reads ３９ too
_PLAIN_INTEGER = re.compile(r"-?\d+", re.ASCII)
_MONTHS = {
    m: i
    for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_SERIAL_EPOCH = datetime.date(1899, 12, 30)  # Excel's day 0, which counts the non-existent 29 February 1900


@dataclass(frozen=True)
class Reading:
    """What a cell says: a value (None if missing), the sign of a limit, the unit written beside it.

    `at` names the raw cell that a problem is about, where it is not the cell itself but that of the unit.
    """

    value: object = None
    rules: tuple[str, ...] = ()
    problem: str = ""
    limit: str = ""
    unit: str = ""
    warning: str = ""
    at: str = ""

    def with_rule(self, *rules: str) -> Reading:
        return replace(self, rules=(*self.rules, *rules))


def normalise(text: str) -> str:
    """Text in one form: superscripts as ^n, compatibility forms folded (full width, ℃), invisible characters and
    surplus spaces removed."""
    text = _SUPERSCRIPT.sub(lambda m: "^" + unicodedata.normalize("NFKC", m.group()), text)
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return " ".join(text.split())


def _normalising_rules(text: str) -> tuple[str, ...]:
    rules = []
    if text.translate(_INVISIBLE) != text:
        rules.append("invisible characters removed")
    text = text.translate(_INVISIBLE)
    if " ".join(text.split()) != text:
        rules.append("spaces trimmed")
    if unicodedata.normalize("NFKC", text) != text and not _SUPERSCRIPT.search(text):
        rules.append("full-width characters")
    return tuple(rules)


def fold(text) -> str:
    """The form in which codes, units and missing texts are compared."""
    return normalise(str(text)).casefold().replace(" ", "")


def number_text(value: float) -> str:
    """A number in its shortest exact form, whole numbers without a decimal point."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def text_of(value, kind: str) -> str:
    """The canonical text of a clean value: what changes.csv prints and what replaying reads."""
    if value is None:
        return ""
    if kind in ("number", "integer"):
        return number_text(value)
    return value.isoformat() if kind == "date" else str(value)


def plain(text: str, kind: str):
    """A raw text read without any rule: what the cell means if nothing has to be done to it; else None."""
    if text == "":
        return None
    if kind == "number":
        return float(text) if _PLAIN_NUMBER.fullmatch(text) else None
    if kind == "integer":
        return int(text) if _PLAIN_INTEGER.fullmatch(text) else None
    if kind == "date":
        try:
            return datetime.date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            return None
    return text


def round_significant(value: float) -> float:
    """Rounded to 12 significant digits, so that a conversion leaves no binary dust."""
    return float(f"{value:.12g}")


def parse_number(text: str, decimal: str = "") -> Reading:
    """A number with its unit and limit: '<0.5', '1×10^5/kg', '10万/kg', '1,250', '0,5', '2.1E+05'."""
    match = _NUMBER.fullmatch(text)
    if not match:
        return Reading(problem=f"'{text}' is not a number")
    rules, warning = [], ""
    digits = match["number"].replace(" ", "")
    commas, points = digits.count(","), digits.count(".")
    if digits != match["number"] or (points > 1 and decimal != ","):
        rules.append("thousands separator")
        digits, points = (digits.replace(".", ""), 0) if points > 1 else (digits, points)
    if decimal == ",":
        digits = digits.replace(".", "").replace(",", ".")
        if commas:
            rules.append("decimal comma")
    elif commas and not points and not (re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", digits)):
        digits = digits.replace(",", ".")
        rules.append("decimal comma")
    elif commas:
        if commas == 1 and not points:
            warning = f"'{text}' was read as thousands; a decimal comma is possible"
        digits = digits.replace(",", "")
        rules.append("thousands separator")
    value = float(digits)
    power = match["power"] or match["exponent"]
    if power:
        value = float(f"{digits}e{int(power)}")
        rules.append("power of ten")
    if match["multiplier"]:
        value = round_significant(value * _MULTIPLIER[match["multiplier"]])
        rules.append(f"multiplier {match['multiplier']}")
    limit = {"≤": "<", "≥": ">"}.get((match["limit"] or "")[:1], (match["limit"] or "")[:1])
    return Reading(value, tuple(rules), limit=limit, unit=match["unit"].strip(), warning=warning)


def parse_date(text: str, order: str = "") -> Reading:
    """A calendar date in any of the usual forms; an ambiguous one is a problem, not a guess."""
    text = re.sub(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$", "", text)
    parts, rule = None, ""
    if m := re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", text):
        parts, rule = (m[1], m[3], m[4]), "" if m[2] == "-" and len(text) == 10 else f"date written y{m[2]}m{m[2]}d"
    elif m := re.fullmatch(r"(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]", text):
        parts, rule = m.groups(), "date written 年月日"
    elif m := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text):
        parts, rule = m.groups(), "date written yyyymmdd"
    elif (m := re.fullmatch(r"(\d{1,2})[- /.]([A-Za-z]{3})[a-z]*[- /.,]+(\d{4})", text)) and m[2].lower() in _MONTHS:
        parts, rule = (m[3], _MONTHS[m[2].lower()], m[1]), "date written d-mon-y"
    elif (m := re.fullmatch(r"([A-Za-z]{3})[a-z]*[- .]+(\d{1,2}),? (\d{4})", text)) and m[1].lower() in _MONTHS:
        parts, rule = (m[3], _MONTHS[m[1].lower()], m[2]), "date written mon d, y"
    elif m := re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", text):
        first, second = int(m[1]), int(m[3])
        order = order or ("dmy" if first > 12 else "mdy" if second > 12 else "dmy" if first == second else "")
        if not order:
            return Reading(problem=f"'{text}' may be day/month or month/day")
        day, month = (m[1], m[3]) if order == "dmy" else (m[3], m[1])
        parts, rule = (m[4], month, day), f"date written {order[0]}{m[2]}{order[1]}{m[2]}y"
    elif (m := re.fullmatch(r"(\d{5})(?:\.\d+)?", text)) and 20000 <= int(m[1]) <= 60000:
        return Reading(_SERIAL_EPOCH + datetime.timedelta(days=int(m[1])), ("Excel serial number",))
    if parts is None:
        return Reading(problem=f"'{text}' is not a date")
    try:
        return Reading(datetime.date(*map(int, parts)), (rule,) if rule else ())
    except ValueError:
        return Reading(problem=f"'{text}' is not a day of the calendar")


def parse_code(text: str, codes: Mapping[str, tuple[str, ...]]) -> Reading:
    """The code that a text means by the code list; an unknown text names the nearest known one."""
    wanted = fold(text)
    for code, texts in codes.items():
        if text == code:
            return Reading(code)
        if wanted in {fold(code), *map(fold, texts)}:
            return Reading(code, ("code list",))
    known = [item for code, texts in codes.items() for item in (code, *texts)]
    return Reading(problem=f"'{text}' is not in the code list ({nearest(text, known)})")


def parse(raw: str, column: Column, file: File, missing: frozenset[str]) -> Reading:
    """Read one raw cell as its column asks. `missing` holds the folded texts that mean missing."""
    text = normalise(raw)
    rules = _normalising_rules(raw)
    if text == "":
        return Reading(rules=("blank",) if raw else ())
    if fold(text) in missing or fold(text) in map(fold, column.missing):
        return Reading(rules=("missing code",))
    for written, value in column.limit_text.items():
        if fold(text) == fold(written):
            return Reading(float(value), (*rules, "limit of quantification"), limit="<")
    if column.ignore:
        shorter = normalise(re.sub(column.ignore, "", text))
        rules += ("ignored text removed",) if shorter != text else ()
        text = shorter
    rewritten = text
    for pattern, replacement in column.rewrite.items():
        rewritten = re.sub(pattern, replacement, rewritten)
    if rewritten != text:
        text, rules = rewritten, (*rules, "canonical form of the id" if column.type == "id" else "rewritten")
    if column.type in ("number", "integer"):
        reading = parse_number(text, file.decimal)
        if column.type == "integer" and reading.value is not None and not float(reading.value).is_integer():
            reading = Reading(problem=f"'{text}' is not a whole number")
    elif column.type == "date":
        reading = parse_date(text, file.date_order)
    elif column.type == "code":
        reading = parse_code(text, column.codes)
    else:
        reading = Reading(text)
    if (
        column.pattern
        and reading.value is not None
        and not re.fullmatch(column.pattern, text_of(reading.value, column.type))
    ):
        reading = Reading(problem=f"'{text}' does not have the form {column.pattern}")
    return replace(reading, rules=(*rules, *reading.rules))
