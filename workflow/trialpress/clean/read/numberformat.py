"""What a number format of a workbook makes of a number: 35%, 007, 5.2 mg/L, a date, nothing at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

HIDES = "\0"  # what `shown` says of a format that shows nothing

_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"?) | \\(?P<escaped>.) | (?P<space>_.) | (?P<fill>\*.)
      | \[(?P<elapsed>h+|m+|s+)\] | \[(?P<bracket>[^\]]*)\]
      | (?P<general>general|standard) | (?P<half>am/pm|a/p) | (?P<exponent>e[+-])
      | (?P<digits>[0\#?]) | (?P<point>\.) | (?P<comma>,) | (?P<percent>%) | (?P<text>@)
      | (?P<date>y+|m+|d+|h+|s+|g+|e+|b+) | (?P<literal>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_SIGNS = " \u00a0()-+"  # literals that say no more than the number itself


@dataclass(frozen=True)
class Section:
    """One of the up to four parts of a format, in tokens (kind, text), and the condition under which it applies."""

    tokens: tuple[tuple[str, str], ...]
    condition: tuple[str, Decimal] | None = None

    def has(self, *kinds: str) -> bool:
        return any(kind in kinds for kind, _ in self.tokens)


@lru_cache(maxsize=4096)
def sections(code: str) -> tuple[Section, ...]:
    """The parts of a format code, which semicolons separate."""
    parts, conditions = [[]], [None]
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup, match[match.lastgroup]
        if kind == "literal" and text == ";":
            parts.append([])
            conditions.append(None)
        elif kind == "quoted":
            parts[-1].append(("literal", text.strip('"')))
        elif kind == "escaped":
            parts[-1].append(("literal", text))
        elif kind == "bracket":
            if condition := _CONDITION.fullmatch(text):
                conditions[-1] = (condition[1], Decimal(condition[2]))
            elif text.startswith("$") and text[1:].split("-")[0]:
                parts[-1].append(("literal", text[1:].split("-")[0]))  # [$€-407] is a currency, [$-409] a language
        elif kind not in ("space", "fill"):
            parts[-1].append((kind, text))
    return tuple(Section(tuple(tokens), condition) for tokens, condition in zip(parts, conditions, strict=True))


@lru_cache(maxsize=4096)
def shows(code: str) -> frozenset[str]:
    """Which parts of a date or time a format shows: year month day hour minute second elapsed; none for a number."""
    section = sections(code)[0]
    if section.has("digits", "general", "percent", "exponent") and not section.has("date", "elapsed"):
        return frozenset()
    letters = [text[0].lower() for kind, text in section.tokens if kind == "date" or (kind == "elapsed")]
    found = {"elapsed"} if section.has("elapsed") else set()
    for at, letter in enumerate(letters):
        if letter == "m":  # minutes stand after hours or before seconds, months elsewhere
            minutes = letters[at - 1 : at] == ["h"] or letters[at + 1 : at + 2] == ["s"] or "elapsed" in found
            found.add("minute" if minutes else "month")
        else:
            found.add({"d": "day", "h": "hour", "s": "second"}.get(letter, "year"))  # also eras of other calendars
    return frozenset(found)


def _section(code: str, value: Decimal) -> tuple[Section | None, bool]:
    """(the part that applies to a number, whether it is the part of negative numbers, which shows no sign)."""
    parts = [part for part in sections(code) if not part.has("text")] or list(sections(code))
    if any(part.condition for part in parts):
        tests = {"<": value.__lt__, ">": value.__gt__, "=": value.__eq__, "<=": value.__le__, ">=": value.__ge__,
                 "<>": value.__ne__}  # fmt: skip
        for part in parts:
            if part.condition is None or tests[part.condition[0]](part.condition[1]):
                return part, False
        return None, False
    if value < 0 and len(parts) > 1:
        return parts[1], True
    return (parts[2], False) if not value and len(parts) > 2 else (parts[0], False)


@lru_cache(maxsize=65536)
def shown(text: str, code: str) -> str:
    """What is seen of the number `text` under a format, exactly; '' if that is only the number, perhaps rounded.

    >>> shown("0.35", "0.0%"), shown("7", "000"), shown("5.2", '0.00" mg/L"'), shown("0.30", "0.0")
    ('35%', '007', '5.2 mg/L', '')
    """
    value = Decimal(text)
    section, negative = _section(code, value)
    if section is None or section.has("date", "elapsed"):
        return ""
    tokens = section.tokens
    places = [at for at, (kind, _) in enumerate(tokens) if kind in ("digits", "general", "text")]
    if not places:
        return "".join(text for kind, text in tokens if kind in ("literal", "percent")).strip() or HIDES
    if section.has("exponent") or any(token == ("literal", "/") for token in tokens[places[0] : places[-1]]):
        return ""  # powers of ten and fractions are the number in another spelling
    percents = sum(kind == "percent" for kind, _ in tokens)
    thousands = _thousands(tokens[places[-1] + 1 :])
    value = value.scaleb(2 * percents - 3 * thousands)
    number = format(abs(value).normalize(), "f")
    point = next((at for at, (kind, _) in enumerate(tokens) if kind == "point"), len(tokens))
    zeros = sum(text == "0" for _, text in tokens[:point])
    padded = zeros > len(number.split(".")[0]) and zeros > 1
    if padded:
        number = number.zfill(zeros + len(number) - len(number.split(".")[0]))
    before, after = (_literals(tokens[: places[0]]), _literals(tokens[places[-1] + 1 :]))
    inside = [at for at in range(places[0], places[-1]) if tokens[at][0] == "literal"]
    if inside and "." not in number and point > places[-1]:
        number, padded = _filled(number, tokens[places[0] : places[-1] + 1]), True
    said = before.strip(_SIGNS) or after.strip(_SIGNS) or percents or thousands or padded
    if not said:
        return ""
    sign = "-" if value < 0 and not (negative and ("-" in before + after or "(" in before)) else ""
    if negative and "(" in before and ")" in after:
        before, after, sign = before.replace("(", ""), after.replace(")", ""), "-"
    return (sign + before + number + after).strip()


def _thousands(after: Sequence[tuple[str, str]]) -> int:
    """Commas directly after the last digit divide by a thousand each."""
    count = 0
    while count < len(after) and after[count][0] == "comma":
        count += 1
    return count


def _literals(tokens: Sequence[tuple[str, str]]) -> str:
    return "".join(text for kind, text in tokens if kind in ("literal", "percent"))


def _filled(number: str, tokens: Sequence[tuple[str, str]]) -> str:
    """Digits put into a pattern from the right: 123456789 in 000-00-0000 is 123-45-6789."""
    digits, out = list(number), []
    places = sum(kind == "digits" for kind, _ in tokens)
    for kind, text in reversed(tokens):
        if kind == "literal":
            out.append(text[::-1])
        elif kind == "digits":
            places -= 1
            for _ in range(1 if places else len(digits)):  # the first place takes all that is left
                out.append(digits.pop() if digits else "")
    return "".join(out)[::-1].strip()
