"""What a header says beside the name of a column: its unit, its codes."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container
from dataclasses import dataclass, field

from ..expression import WORDS
from ..names import slug
from ..text import normalise

PAIR = re.compile(r"(-?\d{1,3})\s*(?:=|:)\s*([^,;/|]+?)\s*(?=$|[,;/|])")
BRACKETS = re.compile(r"\s*[(\[（【]([^()\[\]（）【】]*)[)\]）】]")
KNOWN_UNITS = frozenset(re.split(" ", "% ‰ kg g mg µg ug ng pg mmHg cmH2O °C °F ℃ cm mm m mL L bpm d days day h hours min s years year yr yrs months month weeks week y cells U IU kPa mmol umol µmol copies x10^9/L"))  # fmt: skip
UNIT = re.compile(
    r"(?:[x×*]?\s*10\^?\d+\s*)?[A-Za-zµμ%°^\d*·.]{0,12}\s?/\s?[A-Za-zµμ\d^.]{1,8}(?:\s?/\s?[A-Za-z\d]{1,4})?(?: [A-Za-z]{1,6})?"
)


@dataclass(frozen=True)
class Header:
    """A header taken apart. codes: raw text -> what it means."""

    label: str
    unit: str = ""
    codes: dict[str, str] = field(default_factory=dict)


def is_unit(text: str) -> bool:
    """Whether a text in brackets is a unit.

    >>> [is_unit(text) for text in ("mg/L", "%", "10^9/L", "kg", "0=No/1=Yes", "Final", "yes/no")]
    [True, True, True, True, False, False, False]
    """
    text = normalise(text)
    if text in KNOWN_UNITS or text == "°C":
        return True
    return bool(UNIT.fullmatch(text)) and not re.search(r"=|(?i:yes|no\b|and|or\b|n/a)", text)


def codes_of(text: str) -> dict[str, str]:
    """Codes that a header explains, '' without.

    >>> codes_of("Response (0 = MRD- CR, 1=MRD+ CR, 2=PR)")
    {'0': 'MRD- CR', '1': 'MRD+ CR', '2': 'PR'}
    >>> codes_of("0, No | 1, Yes"), codes_of("CRP (mg/L)")
    ({}, {})
    """
    inner = max(BRACKETS.findall(text), key=lambda part: len(PAIR.findall(part)), default="")
    found = PAIR.findall(inner if PAIR.search(inner) else text)
    codes = {raw: normalise(said).strip(" .") for raw, said in found}
    return codes if len(codes) > 1 and len(set(codes.values())) == len(codes) else {}


def read_header(text: str) -> Header:
    """A header as its label, unit and codes.

    >>> read_header("收缩压(mmHg)"), read_header("HLH (0=No/1=Yes)")
    (Header(label='收缩压', unit='mmHg', codes={}), Header(label='HLH', unit='', codes={'0': 'No', '1': 'Yes'}))
    """
    text = normalise(text)
    codes = codes_of(text)
    if codes:
        label = BRACKETS.sub(lambda m: "" if PAIR.search(m[1]) else m[0], text).strip()
        return Header(label if not PAIR.search(label) else text, "", codes)
    units = [part for part in BRACKETS.findall(text) if is_unit(part)]
    if len(units) != 1:
        return Header(text)
    label = BRACKETS.sub(lambda m: "" if m[1] == units[0] else m[0], text).strip()
    return Header(label or text, normalise(units[0]))


def column_name(label: str, taken: Container[str] = ()) -> str:
    """A name for a column: small letters, digits and underscores; other scripts as they are. It clashes with nothing.

    >>> column_name("Highest CRP (day 1)"), column_name("性别"), column_name("class"), column_name("7 days")
    ('highest_crp_day_1', '性别', 'class_', 'c7_days')
    """
    text = normalise(label)
    plain = (
        slug(text)
        if re.search(r"[A-Za-z]", text) and text.isascii()
        else re.sub(r"\W+", "_", text.casefold()).strip("_")
    )
    name = plain[:48].rstrip("_") or "column"
    if not name.isidentifier():
        name = f"c{name}" if f"c{name}".isidentifier() else "column"
    name = f"{name}_" if name.lower() in WORDS or keyword.iskeyword(name) else name
    unique, n = name, 1
    while unique in taken:
        n += 1
        unique = f"{name}_{n}"
    return unique
