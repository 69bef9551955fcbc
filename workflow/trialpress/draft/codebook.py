"""A codebook: a table with a row for each variable, its label, type, unit and codes, in the words of whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..clean.read import Raw
from ..text import normalise
from .header import PAIR
from .known import Variable

HEADERS = {
    "name": r"variables?(?: name)?|field(?: ?name)?|column(?: ?name)?|name|item|变量(?:名)?|字段",
    "label": r"(?:variable )?label|description|meaning|question|definition|beschreibung|标签|说明|含义",
    "type": r"(?:data |variable )?type|format|class|storage|类型",
    "unit": r"units?|einheit|单位",
    "codes": r"codes?|values?|levels?|coding|categories|value labels?|code ?list|choices|allowed values|编码|取值",
}
TYPES = {"integer": "integer", "int": "integer", "count": "integer", "number": "number", "numeric": "number", "float": "number", "double": "number", "decimal": "number",
         "continuous": "number", "real": "number", "date": "date", "datetime": "datetime", "timestamp": "datetime", "time": "time", "text": "text", "free text": "text",
         "id": "id", "identifier": "id", "整数": "integer", "数值": "number", "日期": "date", "文本": "text"}  # fmt: skip


def variables(raw: Raw, headers: Collection[str]) -> list[Variable] | None:
    """The variables of a codebook; None if the file is none: at least half of its names are headers of the data."""
    own = [normalise(path[-1]) for path in raw.headers]
    at = {
        key: next((i for i, header in enumerate(own) if re.fullmatch(form, header.replace("_", " "), re.I)), None)
        for key, form in HEADERS.items()
    }
    if at["name"] is None or all(at[key] is None for key in ("label", "type", "codes")):
        return None
    texts = {key: raw.texts(place) if place is not None else [""] * len(raw.numbers) for key, place in at.items()}
    names = [normalise(name) for name in texts["name"]]
    known = {header.casefold() for header in headers}
    filled = [name for name in names if name]
    if len(set(filled)) < len(filled) or sum(name.casefold() in known for name in filled) < max(2, 0.5 * len(filled)):
        return None
    return [
        _variable(name, *(normalise(texts[key][row]) for key in ("label", "type", "unit", "codes")))
        for row, name in enumerate(names)
        if name
    ]  # fmt: skip


def _variable(name: str, label: str, type_: str, unit: str, codes: str) -> Variable:
    known = _codes(codes)
    kind = TYPES.get(type_.casefold(), "")
    return Variable(
        name, "the codebook", label, "code" if known else kind, unit if unit not in ("-", "NA", "none") else "", known
    )


def _codes(text: str) -> dict[str, str]:
    """'0=No, 1=Yes', '0: No; 1: Yes', '1, Yes | 0, No'.

    >>> _codes("0=No; 1=Yes"), _codes("1, Yes | 0, No"), _codes("0-100")
    ({'0': 'No', '1': 'Yes'}, {'1': 'Yes', '0': 'No'}, {})
    """
    found = {raw: normalise(said) for raw, said in PAIR.findall(text)}
    if len(found) < 2:
        found = dict(re.findall(r"(?:^|[|;])\s*(-?\w{1,6})\s*,\s*([^|;]+?)\s*(?=$|[|;])", text)) if "," in text else {}
    if len(found) < 2:
        found = dict(re.findall(r"(?:^|[|;,])\s*([A-Za-z]{1,4})\s*=\s*([^|;,]+?)\s*(?=$|[|;,])", text))
    return found if len(found) > 1 else {}
