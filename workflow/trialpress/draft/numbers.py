"""Numbers: of whole ones whether they count or code, units beside them, texts and sentinels among them."""

from __future__ import annotations

import re

from ..text import unit_form
from .entry import Inference, counted
from .facts import Read
from .header import is_unit
from .keys import rank

COUNTED = re.compile(
    r"(?:grade|score|count|number|\bno\b|\bn\b|num|cycles?|lines?|days?|weeks?|months?|years?|age|visit|times|total|max|min|sum|level"
    r"|dose|rating|ecog|karnofsky|hour|duration|intensity|severity)|级|分级|评分|次数|天|数|年龄|线数", re.I
)  # fmt: skip
# what is called so may be a name in digits: 250.01, 101.03
NAMING = re.compile(
    r"(?i)(?:\b|_)(?:id|no|nr|number|code|icd\w*|dx|diag\w*|version|loinc|atc|subject|patient|participant|site)(?:\b|_)|编号|号$|码$"
)
TWO_READINGS = r"[<>]?-?[1-9]\d{0,2},\d{3}"
GROUPS = r"[<>]?-?\d{1,3}(?:\.\d{3}){2,}"  # 1.250.000: points that can only group
COMMA = GROUPS + r"|[<>]?-?\d+,\d{1,2}|[<>]?-?\d+,\d{4,}|[<>]?-?0,\d+|[<>]?-?\d{1,3}(?:\.\d{3})+,\d+"


def number(it: Inference) -> bool:
    facts, unit = it.facts, it.header.unit or (it.known.unit if it.known else "")
    keys = decimals(it) | ({"unit": unit} if unit else {})
    read = facts.read("number", **keys)
    doubtful = 0.0 if "decimal" in keys or facts.file.decimal else facts.share(TWO_READINGS)
    if read.fits + doubtful < (0.75 if facts.n >= 8 else 0.99) or not (read.values or doubtful):
        return False
    if doubtful >= 0.05:
        keys |= comma(it, doubtful)
        read = facts.read("number", **keys)
    if sum(n for text, n in read.units.items() if re.match(r"[-–:/]\d", text)) > 0.1 * facts.n:
        return False  # 125-350: a range
    if sum(n for text, n in read.units.items() if not is_unit(text) and text != unit_form(unit or "")) > 0.2 * facts.n:
        return False  # 1_Good: a code
    whole = all(float(value).is_integer() for value in read.values)
    plain = facts.share(r"-?\d+") > 0.95 * read.fits
    handful = 0 < len(read.values) <= 12 and not doubtful and whole and (facts.n > len(read.values) or facts.n <= 12)
    if handful and not unit and not read.limits and few(it, read):
        return True
    if whole and read.values and not unit and like_ids(it, read):
        return True
    type_ = (
        "integer"
        if whole
        and plain
        and not doubtful
        and not read.limits
        and not keys.get("decimal")
        and (not unit or unit.lower() in ("years", "yr", "yrs", "y", "d", "day", "days"))
        else "number"
    )
    it.spec = {"type": type_, **keys}
    if not whole and read.fits == 1 and len(read.values) > 12 and not read.units and not NAMING.search(it.header.label):
        it.mark = "certain" if not clock(read) else "likely"
    if read.limits:
        it.spec["limit"] = f"{it.column}_limit"
    beside(it, read, unit)
    sentinel(it, read)
    strays(it, read)
    if unit == "%" and all(0 <= value <= 100 for value in read.values):
        it.spec["possible"] = [0, 100]
    return True


def comma(it: Inference, doubtful: float) -> dict:
    """What the comma of 1,250 means, where no other cell says it: nothing until it is answered. doubtful: share of such cells."""
    said = it.ask("comma", "What does the comma of 1,250 mean?", f"{round(doubtful * it.facts.n)} of {it.facts.n} cells can be read in two ways",
                  ["a query for each", "thousands", "decimals"], "a query for each")  # fmt: skip
    return {"thousands": {"grouping": ","}, "decimals": {"decimal": ","}}.get(said, {})


def clock(read: Read) -> bool:
    """Whether numbers could be times of day: 8.30, 14.05; two decimals, below 24 and 60."""
    texts = [cell.text for cell, _, _ in read.cells]
    return all(re.fullmatch(r"(?:[01]?\d|2[0-3])[.,][0-5]\d", text) for text in texts)


def few(it: Inference, read: Read) -> bool:
    """Whole numbers, of which there are few: codes, or counts and grades?"""
    values = sorted(read.values)
    if COUNTED.search(it.header.label) and values != [0, 1] and (len(values) > 2 or values[-1] > 2):
        if not (values[0] >= 0 and values[-1] <= 20 and read.fits == 1):
            return False
        seen, default = f"whole numbers from {values[0]:g} to {values[-1]:g}", "number"
    elif values[0] < 0 or values[-1] > 99 or (len(values) > 6 and values[-1] > 2 * len(values)):
        return False
    else:
        seen, default = f"only {', '.join(f'{value:g}' for value in values)}", "code"
    about = (
        "" if values != [0, 1] else f"{it.about.rpartition('.')[0]}.* codes or number"
    )  # one question for all of a table
    said = it.ask("codes or number", "Are these codes, and what do they mean; or is it a number?", "all columns of the table that hold only 0 and 1" if about else f"{seen} in {it.facts.n} cells",
                    ["number", "code", "<0 = no, 1 = yes: what each code means>"], default, about=about)  # fmt: skip
    if said == "number":
        it.spec = {"type": "integer"}
        sentinel(it, read)
        strays(it, read)
        return True
    texts = sorted(it.facts.texts, key=lambda text: (not re.fullmatch(r"-?\d+(\.\d+)?", text), _number(text), text))
    meant = dict(re.findall(r"(-?\w+)\s*=\s*([^,;]+?)\s*(?=[,;]|$)", said)) if "=" in said else {}
    used = [text for text in texts if text not in read.strays]
    if len(set(meant.values())) < len(meant) or not set(meant) >= set(used):
        meant = {}
    it.spec = {
        "type": "code",
        "codes": {meant.get(text, text): [text] if meant else [] for text in (meant or used)},
    }
    return True


def like_ids(it: Inference, read: Read) -> bool:
    """Whole numbers that name something: all different, or so long that nobody would count with them."""
    if rank(it.header.label) <= 1 and not re.search(
        r"(?:\bid\b|_id$|^id_|\bno\b|nr\b|number|编号|号$|code\b|barcode)", it.header.label, re.I
    ):
        return False
    if rank(it.header.label) > 1:
        it.spec = {"type": "id"}
        return True
    longest = max(abs(value) for value in read.values)
    if len(read.values) > 0.9 * it.facts.n or longest >= 1e6:
        it.spec = {"type": "id"}
        return True
    return False


def beside(it: Inference, read: Read, unit: str) -> None:
    """Units that stand in the cells beside the number."""
    own = {u: n for u, n in read.units.items() if u != unit_form(unit or "")}
    if not own:
        return
    with_unit = sum(read.units.values())
    if not unit and len(own) == 1 and with_unit > 0.9 * read.n:
        it.spec["unit"], it.mark = next(iter(own)), "likely"
        return
    shown = ", ".join(f"{u} ({n})" if n > 1 else f"{u}" for u, n in list(own.items())[:6] if len(u) <= 12)
    said = it.ask("units", f"Which factor turns each unit into {unit or 'that of the column'}?", f"beside the number: {shown or 'texts'}",
                    ["a query for each", "<unit = factor, unit = factor>"], "a query for each")  # fmt: skip
    factors = {u.strip(): float(f) for u, f in re.findall(r"([^=,;]+)=\s*([\d.eE+-]+)", said)}
    if factors:
        it.spec["units"] = factors
        it.spec.setdefault("unit", next((u for u, f in factors.items() if f == 1), ""))


def sentinel(it: Inference, read: Read) -> None:
    """Numbers that stand for a missing value: -999 among saturations, 999 far above all others."""
    values = sorted(read.values)
    rest = [value for value in values if abs(value) not in (9, 99, 999, 9999, 99999, 88, 888, 77, 777, 998, 997)]
    if len(rest) < 3:
        return
    odd = [value for value in values if value not in rest and (
        (value < 0 and rest[0] >= 0) or (value > 0 and value >= 97 and value > 3 * max(abs(rest[0]), abs(rest[-1]))))]  # fmt: skip
    if odd:
        shown = ", ".join(f"{value:g} ({read.values[value]})" for value in odd)
        seen = f"{shown}; all others lie between {rest[0]:g} and {rest[-1]:g}"
        if (
            it.ask(
                "missing",
                f"Do {', '.join(f'{value:g}' for value in odd)} mean missing?",
                seen,
                ["yes", "no"],
                "yes",
            )
            == "yes"
        ):
            it.spec["missing"] = [f"{value:g}" for value in odd]


def strays(it: Inference, read: Read) -> None:
    """Texts among numbers."""
    strays = {text: n for text, n in read.strays.items() if not re.fullmatch(rf"#[A-Z/0!?]+|{TWO_READINGS}", text)}
    if not strays:
        return
    below = {text for text in strays if re.match(r"[<>]|(?i:b[ld]l?q|below|lloq|bdl|lod|nachweisgrenze|低于)", text)}
    often = {text: n for text, n in strays.items() if n > 1 and len(text) <= 20}
    it.mark = "likely"
    if below & set(often):
        said = it.ask("limit text", f"Of which limit of quantification do {', '.join(sorted(below & set(often)))} speak?", counted(often),
                        ["a query for each", "<the number>"], "a query for each")  # fmt: skip
        if re.fullmatch(r"[\d.]+", said):
            it.spec["limit"] = f"{it.column}_limit"
            it.spec["limit_text"] = {text: float(said) for text in sorted(below & set(often))}
    if rest := {text: n for text, n in often.items() if text not in below}:
        said = it.ask("stray texts", f"Do these texts among numbers mean missing? {counted(rest)}",
                        f"{sum(strays.values())} of {it.facts.n} cells are no number", ["yes", "no: a query for each"], "no: a query for each")  # fmt: skip
        if said == "yes":
            it.spec["missing"] = [*it.spec.get("missing", ()), *sorted(rest)]
    elif sum(strays.values()) > 0.05 * it.facts.n:
        it.ask("type", "Is it a number? Some of its cells are texts.", f"{sum(strays.values())} of {it.facts.n} cells are no number",
                 ["number"], "number")  # fmt: skip


def decimals(it: Inference) -> dict:
    """The decimal sign of the column's texts where it is a comma."""
    texts = sum(n for cell, n in it.facts.counts.items() if cell.kind == "text")
    commas = it.facts.share(COMMA) * it.facts.n
    points = it.facts.share(r"[<>]?-?\d+\.\d{1,2}|[<>]?-?\d+\.\d{4,}|[<>]?-?0\.\d+") * it.facts.n
    if not texts or not commas or it.facts.file.decimal == ",":
        return {}
    if commas <= 5 * points:
        return {}
    return {"decimal": ",", "grouping": "."} if it.facts.share(GROUPS) else {"decimal": ","}


def _number(text: str) -> float:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else 0.0
