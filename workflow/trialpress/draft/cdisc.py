"""define.xml (CDISC, versions 1 and 2) and ODM-XML: the variables of each data set, their types, labels and code lists."""

from __future__ import annotations

import html
import re
from pathlib import Path
from xml.etree import ElementTree

from ..errors import InputError, Problem
from ..text import normalise
from .known import Variable, choices

TYPES = {"integer": "integer", "float": "number", "double": "number", "decimal": "number", "date": "date", "partialDate": "date", "incompleteDate": "date", "datetime": "datetime",
         "partialDatetime": "datetime", "incompleteDatetime": "datetime", "time": "time", "boolean": "code"}  # fmt: skip
WHY = "a document type can read other files, or grow without end"


def variables(path: Path) -> list[Variable] | None:
    """The variables of a define.xml or ODM file; None if the file is none; InputError if it is one and cannot be read."""
    head = path.read_bytes()[:4000]
    if b"<ODM" not in head and b":ODM" not in head:
        return None
    text = path.read_bytes()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise InputError([Problem(str(path), "declares a document type", WHY, "ask for the file again")])
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(
            [
                Problem(
                    str(path),
                    f"is no XML that can be read: {error}",
                    "its columns would be inferred, not known",
                    "ask for the file again",
                )
            ]
        ) from None
    lists = {node.get("OID"): _codes(node) for node in _all(root, "CodeList")}
    items = {node.get("OID"): node for node in _all(root, "ItemDef")}
    units = {node.get("OID"): _text(node) or node.get("Name", "") for node in _all(root, "MeasurementUnit")}
    source = "define.xml" if b"define" in head.lower() else "the ODM file"
    found = []
    for group in _all(root, "ItemGroupDef"):
        form = group.get("Domain") or group.get("Name") or ""
        for reference in _all(group, "ItemRef"):
            node = items.get(reference.get("ItemOID"))
            if node is not None:
                found.append(_variable(node, group.get("Name") or form, reference, lists, units, source))
    return found


def missing(path: Path) -> dict[str, str]:
    """The missing data codes of a REDCap project XML: code -> reason."""
    found = re.search(r"<(?:\w+:)?MissingDataCodes>([^<]+)</", path.read_text(encoding="utf-8", errors="replace"))
    return choices(html.unescape(found[1])) if found else {}


def _variable(node, form: str, reference, lists: dict, units: dict, source: str) -> Variable:
    codes = next((lists.get(one.get("CodeListOID"), {}) for one in _all(node, "CodeListRef")), {})
    shown = next(
        (value for key, value in node.attrib.items() if key.rpartition("}")[2] in ("DisplayFormat", "SASFormatName")),
        "",
    )
    kind = TYPES.get(node.get("DataType", ""), "")
    if kind in ("integer", "number") and shown.upper().startswith(("DATE", "YYMMDD", "E8601DA", "DDMMYY", "MMDDYY")):
        kind = "date"
    label = next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == "Label"), "") or _text(node)
    unit = next((units.get(one.get("MeasurementUnitOID"), "") for one in _all(node, "MeasurementUnitRef")), "")
    return Variable(node.get("Name", ""), source, normalise(label), "code" if codes else kind if kind != "code" else "", normalise(unit), codes, form=form,
                    required=reference.get("Mandatory") == "Yes")  # fmt: skip


def _codes(node) -> dict[str, str]:
    """Coded value -> decode; a value without a decode means itself."""
    found = {}
    for item in node.iter():
        if item.tag.rpartition("}")[2] in ("CodeListItem", "EnumeratedItem") and item.get("CodedValue"):
            found[normalise(item.get("CodedValue"))] = _text(item) or normalise(item.get("CodedValue"))
    return found


def _all(node, name: str) -> list:
    return [one for one in node.iter() if one.tag.rpartition("}")[2] == name]


def _text(node) -> str:
    """The first text in words below an element."""
    return next(
        (
            normalise(one.text)
            for one in node.iter()
            if one.tag.rpartition("}")[2] == "TranslatedText" and one.text and one.text.strip()
        ),
        "",
    )
