"""Numbers with their unit and limit: '<0.5', '1×10^5/kg', '10万/kg', '1,250.5', '0,5', '2.1E+05', '5.2 ×10⁹/L'."""

from __future__ import annotations

import math
import re
from collections.abc import Container

from ...text import round_significant, unit_form
from .reading import Reading

_MULTIPLIER = {"千": 1e3, "万": 1e4, "亿": 1e8}
_NUMBER = re.compile(
    r"""(?P<limit>[<>≤≥]=?)?\s*
        (?P<sign>[-+\u2212]?)
        (?P<number>\d{1,3}(?P<group>[ '’])\d{3}(?:(?P=group)\d{3})*(?!\d)(?:[.,]\d+)?|\d[\d.,]*\d|[.,]\d+|\d[.,]?)
        (?P<rest>.*)""",
    re.VERBOSE,
)
_POWER = re.compile(
    r"\s*[x×*·]\s*10\s*(?:\^|\*\*)?\s*(?P<power>[-+]?\d{1,2})(?!\d)|[eE](?P<exponent>[-+]?\d{1,3})(?!\d)"
)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")
_NAMES = {",": "comma", ".": "point"}


def decimal_sign(text: str) -> str:
    """The decimal sign that a number shows without a doubt: 12,5 and 1.250.000 a comma, 0.125 and 1,250.5 a point; '' of all others.

    >>> [decimal_sign(text) for text in ("12,5", "1.250.000", "0.125", "1,250.5", "1.250", "1250", "12.05.2015")]
    [',', ',', '.', '.', '', '', '']
    """
    match = _NUMBER.match(text)
    number = match["number"] if match else ""
    signs = [char for char in number if char in ".,"]
    if not signs or (len(signs) == 1 and _GROUPED.fullmatch(number)):
        return ""
    last = signs[-1]
    if len(signs) == 1:
        return last
    grouped = number if len(set(signs)) == 1 else number.rpartition(last)[0]
    if not _GROUPED.fullmatch(grouped) or len({char for char in grouped if char in ".,"}) > 1:
        return ""
    return last if grouped != number else "," if last == "." else "."


def digits(text: str, decimal: str, grouping: str, commas: bool = False) -> tuple[str, str, str, str]:
    """(the digits with a decimal point, rule, problem, doubt) of a number that may have commas and points.

    decimal, grouping: the declared signs, '' where nothing is declared; commas: nothing is, and other cells show that the comma is
    the decimal sign. A declared decimal sign does not forbid the
    other one where only one reading is left (39,9 or 0.125); where two are left it is a doubt, or a problem if nothing
    is declared.
    """
    signs = [char for char in text if char in ".,"]
    if not signs:
        return text, "", "", ""
    kinds = set(signs)
    last = signs[-1]
    if len(kinds) == 2:
        whole, _, fraction = text.rpartition(last)
        if signs.count(last) > 1 or not _GROUPED.fullmatch(whole):
            return "", "", f"'{text}' is not a number", ""
        return re.sub("[.,]", "", whole) + "." + fraction, "thousands separator", "", ""
    if len(signs) > 1:
        if not _GROUPED.fullmatch(text):
            return "", "", f"'{text}' is not a number", ""
        return text.replace(last, ""), "thousands separator", "", ""
    as_decimal = text.replace(",", ".")
    rule = "" if last == "." else "decimal comma"
    if last == decimal or (last == "." and not decimal and grouping != "." and not commas):
        return as_decimal, rule, "", ""
    if not _GROUPED.fullmatch(text):
        return as_decimal, rule or ("decimal point" if decimal == "," else ""), "", ""
    whole = text.replace(last, "")
    if grouping == last:
        return whole, "thousands separator", "", ""
    two = f"'{text}' may be {whole} or {as_decimal}"
    if decimal:
        return whole, "thousands separator", "", f"{two}; read as {whole}, for the decimal sign is a {_NAMES[decimal]}"
    return "", "", f"{two}; declare decimal and grouping of the file or column", ""


def parse_number(
    text: str, decimal: str = "", grouping: str = "", units: Container[str] = (), commas: bool = False
) -> Reading:
    """A number with its unit and limit. units: the forms (`unit_form`) of the units that the column knows.

    What follows the digits is taken as a unit if the column knows it as it stands (×10⁹/L), otherwise as a power of
    ten and a unit (×10⁵ /kg).
    """
    match = _NUMBER.fullmatch(text)
    if not match:
        return Reading(problem=f"'{text}' is not a number")
    number = match["number"]
    rules = ["minus sign"] if match["sign"] == "\u2212" else []
    if match["group"]:
        number = number.replace(match["group"], "")
        rules.append("thousands separator")
    number, rule, problem, doubt = digits(number, decimal, grouping, commas)
    if problem:
        return Reading(problem=problem if number or len(match["number"]) == len(text) else f"{problem} (in '{text}')")
    rules += [rule] if rule else []
    number, rest = match["sign"].replace("\u2212", "-") + number, match["rest"]
    value = float(number)
    power = _POWER.match(rest)
    if power and unit_form(rest) not in units:
        value = float(f"{number.rstrip('.')}e{int(power['power'] or power['exponent'])}")
        rules.append("power of ten")
        rest = rest[power.end() :]
    if rest.strip()[:1] in _MULTIPLIER and rest.strip():
        rest = rest.strip()
        value = round_significant(value * _MULTIPLIER[rest[0]])
        rules.append(f"multiplier {rest[0]}")
        rest = rest[1:]
    if math.isinf(value):
        return Reading(problem=f"'{text}' is too large for a number")
    if value == 0 and re.search("[1-9]", match["number"]):
        return Reading(problem=f"'{text}' is too small for a number")
    limit = {"≤": "<", "≥": ">"}.get((match["limit"] or "")[:1], (match["limit"] or "")[:1])
    rules += ["sign of a limit set apart"] if limit else []
    reading = Reading(value, tuple(dict.fromkeys(rules)), limit=limit, unit=rest.strip())
    return reading.asking("warning", doubt) if doubt else reading


def whole(reading: Reading, text: str) -> Reading:
    """A number that must be whole: never rounded, exact beyond 2^53."""
    value = reading.value
    if value is None:
        return reading
    if re.fullmatch(r"[-+]?\d{1,40}", text):
        value = int(text)
    elif not float(value).is_integer():
        return Reading(problem=f"'{text}' is not a whole number")
    if abs(value) >= 2**63:
        return Reading(problem=f"'{text}' is too large for a whole number")
    return reading._replace(value=int(value))
