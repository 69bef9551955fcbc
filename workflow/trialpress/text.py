"""Texts in one form, and values as the text that a log prints: the smallest pieces of reading a cell."""

from __future__ import annotations

import datetime
import re
import unicodedata

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_SUPERSCRIPT = re.compile("[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_PLAIN = {  # as text_of writes it; float() would read ３９, too
    "number": re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?", re.ASCII),
    "integer": re.compile(r"-?\d+", re.ASCII),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
    "datetime": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII),
    "time": re.compile(r"\d{2}:\d{2}(:\d{2})?", re.ASCII),
}
_PLAIN["duration"] = _PLAIN["number"]


def normalise(text: str) -> str:
    """Text in one form: superscripts as ^n, compatibility forms folded (full width, ℃), invisible characters and
    surplus spaces removed."""
    if text.isascii():
        return " ".join(text.split())
    text = _SUPERSCRIPT.sub(lambda m: "^" + unicodedata.normalize("NFKC", m.group()), text)
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return " ".join(text.split())


def spelling(text: str) -> tuple[str, ...]:
    """What `normalise` does to a text, as rules."""
    rules = []
    shown = text.translate(_INVISIBLE)
    if shown != text:
        rules.append("invisible characters removed")
    if "\n" in shown or "\r" in shown:
        rules.append("line breaks removed")
    elif " ".join(shown.split()) != shown:
        rules.append("spaces trimmed")
    shown = " ".join(shown.split())  # a no-break space is a space
    if unicodedata.normalize("NFKC", shown) != shown and not _SUPERSCRIPT.search(shown):
        wide = any(unicodedata.east_asian_width(character) in "FH" for character in shown)
        rules.append("full-width characters" if wide else "compatibility characters")  # µ, ℃, ½
    return tuple(rules)


def fold(text) -> str:
    """The form in which codes are compared: without case and spaces."""
    return normalise(str(text)).casefold().replace(" ", "")


def number_text(value: float) -> str:
    """A number in its shortest exact form, whole numbers without a decimal point."""
    if isinstance(value, int):
        return str(value)
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def text_of(value, kind: str) -> str:
    """The canonical text of a clean value: what changes.csv prints and what replaying reads."""
    if value is None:
        return ""
    if kind in ("number", "integer", "duration"):
        return number_text(value)
    if kind in ("date", "datetime"):
        return value.isoformat()
    return str(value)


def iso(moment: datetime.datetime) -> str:
    """A date as 2015-03-01, with a time of day as 2015-03-01T10:05:00."""
    return moment.date().isoformat() if moment.time() == datetime.time() else moment.isoformat()


def plain(text: str, kind: str):
    """A raw text read without any rule: what the cell means if nothing has to be done to it; else None."""
    if text == "":
        return None
    if kind not in _PLAIN:
        return text
    if not _PLAIN[kind].fullmatch(text):
        return None
    try:
        match kind:
            case "number" | "duration":
                return float(text)
            case "integer":
                return int(text)
            case "date":
                return datetime.date.fromisoformat(text)
            case "datetime":
                return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def round_significant(value: float) -> float:
    """Rounded to 12 significant digits, so that a conversion leaves no binary dust."""
    return float(f"{value:.12g}")
