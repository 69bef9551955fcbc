"""Which of the files are metadata, told by their content, and what they say of each variable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError, Problem
from .known import Variable

READERS: tuple = ()  # functions path -> variables, or None if the file is none of theirs


def metadata(files: Sequence[Path], named: Path | None = None) -> tuple[dict[str, Variable], list[str], list[Path]]:
    """(folded name -> variable, what each metadata file is, the files that are left: the data)."""
    known: dict[str, Variable] = {}
    told, rest = [], []
    for path in files:
        found = next((found for reader in READERS if (found := reader(path)) is not None), None)
        if found is None:
            if named is not None and path.name == named.name:
                what = "is no REDCap dictionary, define.xml, ODM-XML or codebook"
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
            rest.append(path)
            continue
        told.append(path.name)
        for variable in found:
            known.setdefault(variable.name.casefold(), variable)
    return known, told, rest
