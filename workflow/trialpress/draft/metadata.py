"""Which of the files are metadata, told by their content, and what they say of each variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError, Problem, raise_if
from ..text import normalise
from . import cdisc, codebook, redcap
from .known import Variable
from .layout import Laid, catalogs, lay


@dataclass
class Metadata:
    """by: folded name of a variable -> what files say of it; told: name of the file -> what it is; missing: text -> reason."""

    by: dict[str, list[Variable]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, kind: str, variables: Sequence[Variable]) -> None:
        self.told[name] = f"{kind}, {len(variables)} variables"
        for variable in variables:
            self.by.setdefault(normalise(variable.name).casefold(), []).append(variable)
            if (
                variable.label and variable.label.casefold() != variable.name.casefold()
            ):  # exports with labels as headers
                self.by.setdefault(variable.label.casefold(), []).append(variable)

    def codes(self, name: str, codes: Mapping[str, str]) -> None:
        """Missing data codes that a file gives."""
        self.missing |= codes
        if codes:
            self.told[name] += f", {len(codes)} missing data codes"

    def of(self, header: str, table: str) -> Variable | None:
        """What is known of a column: by the data set that the table is, else where all data sets say the same."""
        found = self.by.get(normalise(header).casefold(), [])
        own = [variable for variable in found if variable.form.casefold() == table.casefold()]
        if own or len(found) == 1:
            return (own or found)[0]
        first = found[0] if found else None
        return (
            first
            if first and all((one.type, one.codes, one.unit) == (first.type, first.codes, first.unit) for one in found)
            else None
        )


def metadata(files: Sequence[Path], named: Path | None = None) -> tuple[Metadata, list[Laid]]:
    """(what is known, the data as laid out); InputError with the problems of all files that cannot be read."""
    known, laid, problems = Metadata(), [], []
    formats = catalogs(path for path in files if "sas7b" in path.name.lower())
    for path in (path for path in files if path not in formats):
        try:
            if (found := cdisc.variables(path)) is not None:
                known.add(path.name, "define.xml or ODM", found)
                known.codes(path.name, cdisc.missing(path))
                continue
            laid += lay(path, path.name, formats[0].name if len(formats) == 1 else "")
        except InputError as error:
            problems += error.problems
    raise_if(problems)
    data = []
    for one in laid:
        found, codes = redcap.variables(one.raw), redcap.missing(one.raw)
        if codes is not None:
            known.told[one.file.path] = "settings of a REDCap project"
            known.codes(one.file.path, codes)
        elif found is None:
            data.append(one)
        else:
            known.add(one.file.path, "a REDCap dictionary", found)
    for one in list(data):
        headers = {path[-1] for other in data if other is not one for path in other.raw.headers}
        found = codebook.variables(one.raw, headers)
        if found is not None:
            known.add(one.file.path, "a codebook", found)
            data.remove(one)
    if named is not None and named.name not in known.told:
        what = "is no REDCap dictionary, define.xml, ODM-XML or codebook of these files"
        raise InputError(
            [
                Problem(
                    str(named),
                    what,
                    "its columns would be inferred, not known",
                    "leave --dictionary out, or name another file",
                )
            ]
        )
    return known, data
