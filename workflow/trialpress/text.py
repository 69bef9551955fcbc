"""Texts in one form, and values as the text that a log prints: the smallest pieces of reading a cell."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote

MARK = "\u2020"  # what a reader sees beside a simulated number
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

_POWER = re.compile(r"^[x×*·]?10(?:\^|\*\*|\*|E|e)\+?(\d{1,2})(?=\D|$)")
_LITRE = re.compile(r"(?<![A-Za-z])([dcmunpf]?)l(?![A-Za-z])")
_GIGA = {"G/L": "10^9/L", "Gpt/L": "10^9/L", "T/L": "10^12/L", "Tpt/L": "10^12/L"}  # units


def normalise(text: str) -> str:
    """Text in one form: superscripts as ^n, compatibility forms folded (full width, ℃), invisible characters and
    surplus spaces removed.

    >>> normalise("　１０⁹／L "), normalise("38.5  ℃")
    ('10^9/L', '38.5 °C')
    """
    if text.isascii():
        return " ".join(text.split())
    text = _SUPERSCRIPT.sub(lambda m: "^" + unicodedata.normalize("NFKC", m.group()), text)
    text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    return " ".join(text.split())


def spelling(text: str) -> tuple[str, ...]:
    """What `normalise` does to a text, as rules.

    >>> spelling(" CR"), spelling("ＣＲ"), spelling("CR")
    (('spaces trimmed',), ('full-width characters',), ())
    """
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
    """The form in which codes are compared: without case and spaces.

    >>> fold("Grade 3") == fold("grade3")
    True
    """
    return normalise(str(text)).casefold().replace(" ", "")


def number_text(value: float) -> str:
    """A number in its shortest exact form, whole numbers without a decimal point.

    >>> number_text(7.0), number_text(0.1), number_text(1e22)
    ('7', '0.1', '1e+22')
    """
    if isinstance(value, int):
        return str(value)
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def text_of(value, kind: str) -> str:
    """The canonical text of a clean value: what changes.csv prints and what replaying reads.

    >>> text_of(datetime.date(2015, 3, 1), "date"), text_of(7.0, "number"), text_of(None, "number")
    ('2015-03-01', '7', '')
    """
    if value is None:
        return ""
    if kind in ("number", "integer", "duration"):
        return number_text(value)
    if kind in ("date", "datetime"):
        return value.isoformat()
    return str(value)


def iso(moment: datetime.datetime) -> str:
    """A date as 2015-03-01, with a time of day as 2015-03-01T10:05:00.

    >>> iso(datetime.datetime(2015, 3, 1)), iso(datetime.datetime(2015, 3, 1, 10, 5))
    ('2015-03-01', '2015-03-01T10:05:00')
    """
    return moment.date().isoformat() if moment.time() == datetime.time() else moment.isoformat()


def plain(text: str, kind: str):
    """A raw text read without any rule: what the cell means if nothing has to be done to it; else None.

    >>> plain("7.5", "number"), plain("7,5", "number"), plain("2015-03-01", "date")
    (7.5, None, datetime.date(2015, 3, 1))
    """
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
    """Rounded to 12 significant digits, so that a conversion leaves no binary dust.

    >>> 0.1 + 0.2, round_significant(0.1 + 0.2)
    (0.30000000000000004, 0.3)
    """
    return float(f"{value:.12g}")


def escape(text: object) -> str:
    """A text that Markdown shows as it stands, on one line: no sign has a meaning, quotes, dashes and entities stay.

    >>> print(escape("<LLN & 'x' -- CD4-"))
    \\<LLN \\& \\'x\\' \\-\\- CD4-
    """
    text = re.sub(r"([\\`*_{}\[\]<>#|~^$@'\"&]|(?<=-)-|-(?=-)|(?<=\.)\.|\.(?=\.))", r"\\\1", str(text))
    return re.sub(r"\s*\n\s*", " ", text)


AUDIT = "../audit/index.html"  # from the manuscript to the page of the audit


def record_link(text: str, record: str) -> str:
    """Markdown that leads to a record on the audit's page, in editions that have the page."""
    return f"[{text}]({AUDIT}#{quote(record, safe='@')}){{.num}}"


@lru_cache(maxsize=65536)
def unit_form(text: str) -> str:
    """The form in which units are compared. The case of letters counts: mIU is not MIU, Pa is not PA.

    >>> [unit_form(text) for text in ("x10^9/L", "×10⁹/L", "10E9/L", "10*9/l", "G/L")]
    ['10^9/L', '10^9/L', '10^9/L', '10^9/L', '10^9/L']
    >>> unit_form("mIU/mL") == unit_form("MIU/mL"), unit_form("µg/dl") == unit_form("ug/dL")
    (False, True)
    """
    text = normalise(str(text)).replace(" ", "").replace("μ", "u")
    text = _POWER.sub(r"10^\1", text)
    text = _LITRE.sub(r"\1L", text)
    return _GIGA.get(text, text)


def texts_in(value) -> Iterator[str]:
    """The texts among the values of an entry of a YAML file.

    >>> [*texts_in({"kind": "forest", "analyses": ["os", "lfs"], "width": 2})]
    ['forest', 'os', 'lfs']
    """
    match value:
        case str():
            yield value
        case Mapping():
            yield from (text for inner in value.values() for text in texts_in(inner))
        case list() | tuple():
            yield from (text for inner in value for text in texts_in(inner))
