"""A REDCap data dictionary (18 columns, as downloaded or from the API), and what REDCap's exports add to a record."""

from __future__ import annotations

import re
from dataclasses import replace

from ..clean.read import Raw
from ..text import normalise
from . import people
from .known import Variable, choices

SOURCE = "the REDCap dictionary"
# header as downloaded, and as the API gives it
COLUMNS = {
    "name": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "kind": ("Field Type", "field_type"),
    "label": ("Field Label", "field_label"),
    "choices": ("Choices, Calculations, OR Slider Labels", "select_choices_or_calculations"),
    "note": ("Field Note", "field_note"),
    "check": ("Text Validation Type OR Show Slider Number", "text_validation_type_or_show_slider_number"),
    "low": ("Text Validation Min", "text_validation_min"),
    "high": ("Text Validation Max", "text_validation_max"),
    "identifier": ("Identifier?", "identifier"),
    "applies": ("Branching Logic (Show field only if...)", "branching_logic"),
    "required": ("Required Field?", "required_field"),
}
MISSING = "missing_data_codes"
CHOSEN = {"0": "Unchecked", "1": "Checked"}
COMPLETE = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
KINDS = {
    "email": "email",
    "phone": "phone",
    "zipcode": "address",
    "postalcode": "address",
    "ssn": "hospital number",
    "mrn": "hospital number",
}


def missing(raw: Raw) -> dict[str, str] | None:
    """The missing data codes in the settings of a project (the API's `project` export): code -> reason; None if the file is
    none."""
    headers = [path[-1] for path in raw.headers]
    if MISSING not in headers:
        return None
    return choices("\n".join(raw.texts(headers.index(MISSING))))


def variables(raw: Raw) -> list[Variable] | None:
    """The variables of a REDCap dictionary; None if the file is none."""
    headers = [path[-1] for path in raw.headers]
    at = {key: next((headers.index(name) for name in names if name in headers), None) for key, names in COLUMNS.items()}
    if any(at[key] is None for key in ("name", "form", "kind", "label", "choices")):
        return None
    texts = {key: raw.texts(place) if place is not None else [""] * len(raw.numbers) for key, place in at.items()}
    found: list[Variable] = []
    forms: dict[str, None] = {}
    for row in range(len(raw.numbers)):
        cell = {key: values[row].strip() for key, values in texts.items()}
        if cell["name"] and cell["kind"] != "descriptive":
            found += _variable(cell)
            forms[cell["form"]] = None
    found += [
        Variable(f"{form}_complete", SOURCE, f"{form.replace('_', ' ')} complete", "code", codes=COMPLETE, form=form)
        for form in forms
        if form
    ]
    return found


def _variable(cell: dict[str, str]) -> list[Variable]:
    """A field; a checkbox is as many columns as it has choices."""
    label = normalise(re.sub(r"<[^>]+>", " ", cell["label"])) or cell["name"]
    base = Variable(
        cell["name"],
        SOURCE,
        label,
        form=cell["form"],
        applies=normalise(cell["applies"]),
        required=cell["required"] == "y",
        note=cell["note"],
    )
    check, options = cell["check"], choices(cell["choices"])
    flagged = cell["identifier"] == "y"
    kind = people.by_header(label) or people.by_header(cell["name"]) or KINDS.get(check, "")
    if flagged or check in KINDS:
        base = replace(base, identifier=kind or "marked as identifier in REDCap")
    match cell["kind"]:
        case "checkbox":
            return [
                replace(
                    base, name=f"{base.name}___{_suffix(code)}", label=f"{label}: {said}", type="code", codes=CHOSEN
                )
                for code, said in options.items()
            ]
        case "radio" | "dropdown" if options:
            return [replace(base, type="code", codes=options)]
        case "yesno":
            return [replace(base, type="code", codes={"0": "No", "1": "Yes"})]
        case "truefalse":
            return [replace(base, type="code", codes={"0": "False", "1": "True"})]
        case "calc":
            return [replace(base, type="number", formula=normalise(cell["choices"]))]
        case "slider":
            return [replace(base, type="number")]
        case "notes" | "file" | "signature":
            return [replace(base, type="text")]
    type_ = (
        "datetime"
        if check.startswith("datetime")
        else "date"
        if check.startswith("date")
        else "time"
        if check.startswith("time")
        else ""
    )
    type_ = type_ or ("integer" if check == "integer" else "number" if check.startswith("number") else "")
    low, high = (float(cell[key]) if re.fullmatch(r"-?\d+(\.\d+)?", cell[key]) else None for key in ("low", "high"))
    return [replace(base, type=type_, low=low, high=high)]


def _suffix(code: str) -> str:
    """A code as it stands in a checkbox's column: -1 is _1."""
    return re.sub(r"[^a-z0-9]", "_", code.lower())


def of_export(header: str, redcap: bool) -> Variable | None:
    """What the columns mean that REDCap adds, where no dictionary says it. redcap: other columns show that it is REDCap's export.

    >>> of_export("race___2", False).codes, of_export("intake_complete", True).codes["2"], of_export("age", True)
    ({'0': 'Unchecked', '1': 'Checked'}, 'Complete', None)
    """
    name = header.strip()
    if re.fullmatch(r"\w+___\w+", name):
        return Variable(name, "its name (a checkbox of REDCap)", type="code", codes=CHOSEN)
    if name == "redcap_repeat_instance":
        return Variable(name, "its name (REDCap's)", "instance", "integer")
    if redcap and re.fullmatch(r"\w+_complete", name):
        return Variable(name, "its name (a form of REDCap)", type="code", codes=COMPLETE)
    return None
