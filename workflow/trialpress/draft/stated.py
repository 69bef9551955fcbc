"""What the files or their metadata say of a column, if its cells follow it."""

from __future__ import annotations

import re

from ..text import fold
from .entry import Inference, counted, safe
from .known import Variable
from .numbers import decimals


def labels(it: Inference) -> bool:
    """Value labels of a SAS, SPSS or Stata file that name every value."""
    labels = it.facts.raw.labels.get(it.facts.at, {})
    if not labels or not set(it.facts.texts) <= set(labels) or len(set(labels.values())) < len(labels):
        return False
    if any(texts.strip() == "" for texts in labels.values()):
        return False
    it.spec, it.mark = {"type": "code", "codes": "from file"}, "certain"
    return True


def stated(it: Inference, known: Variable) -> bool:
    """What the metadata say, if the cells follow it."""
    if known.type == "code":
        return stated_codes(it, known)
    if known.type in ("", "text"):
        return False
    keys = {"unit": known.unit} if known.unit and known.type in ("number", "integer") else {}
    keys |= decimals(it) if known.type == "number" else {}
    read = it.facts.read(known.type, **keys)
    if read.fits < 0.95:
        seen = f"{known.source} says {known.type}; {read.n - round(read.fits * read.n)} of {read.n} cells are no {known.type}"
        if it.ask("type", f"Is it {known.type}, as {known.source} says?", seen, ["yes", "no"], "no") == "no":
            return False
    it.spec = {"type": known.type, **keys}
    it.mark = "certain" if read.fits == 1 else "likely"
    if read.limits:
        it.spec["limit"] = f"{it.column}_limit"
    if known.low is not None or known.high is not None:
        it.spec["plausible"] = [
            bound if bound is None or bound % 1 else int(bound) for bound in (known.low, known.high)
        ]
    return True


def stated_codes(it: Inference, known: Variable) -> bool:
    texts, either = (
        it.facts.texts,
        {**{fold(raw): raw for raw in known.codes}, **{fold(said): raw for raw, said in known.codes.items()}},
    )
    unknown = {text: n for text, n in texts.items() if fold(text) not in either and not _same_number(text, known.codes)}
    codes = safe({said: [raw] if raw != said else [] for raw, said in known.codes.items()}, list(known.codes))
    it.spec = {"type": "code", "codes": codes}
    it.mark = "certain" if not unknown else "likely"
    if unknown:
        seen = f"{sum(unknown.values())} of {it.facts.n} cells hold none of the codes of {known.source}"
        said = it.ask(
            "unknown codes",
            f"{counted(unknown)}: what do they mean?",
            seen,
            ["a query for each", "<text of the file = code, text = code>"],
            "a query for each",
        )
        for text, code in re.findall(r"([^=,;]+?)\s*=\s*([^,;]+?)\s*(?=[,;]|$)", said):
            codes.setdefault(code.strip(), []).append(text.strip())
    return True


def _same_number(text: str, codes) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.0+)?", text)) and any(
        re.fullmatch(r"-?\d+", raw) and float(raw) == float(text) for raw in codes
    )
