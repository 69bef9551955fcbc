"""Figures that were drawn before and are what would be drawn again: an edit of one draws no other.

results/<study>/.receipts/figures/<id>.json: {"of": the hash of all that it is made of, "wrote": {form: sha256}, "alt": ...},
beside it copies of the files, for a job's outputs are removed before it begins.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from .. import environment
from ..files import sha256, write_text, write_whole
from ..parts import hash_of
from ..plan import Plan

FORMS = ("svg", "png", "csv")


class Drawn:
    """The figures that are kept in `folder`. read: path or part -> sha256 of all that the stage reads; plan: its part. A figure
    is made of all of it but the other figures, and the files that these alone show."""

    def __init__(self, folder: Path, read: Mapping[str, str], plan: Plan):
        self.folder = folder
        own = {*plan.shown} - {*plan.files}
        rest = {name: known for name, known in read.items() if "/plan.yaml#" not in name and name not in own}
        common = hash_of([rest, environment.versions(), replace(plan, figures={})])
        files = {name: read.get(spec.get("file", "")) for name, spec in plan.figures.items()}
        self.of = {name: hash_of([common, name, spec, files[name]]) for name, spec in plan.figures.items()}

    def taken(self, name: str, to: Path) -> str | None:
        """Put a figure into the folder `to` and return its alternative text; None if it must be drawn."""
        try:
            known = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            right = known["of"] == self.of[name] and known["wrote"] == self._hashes(self.folder, name)
        except (OSError, ValueError, KeyError, TypeError):  # it was not drawn, or someone was there
            return None
        if right:
            self._copy(name, self.folder, to)
        return known["alt"] if right else None

    def keep(self, alt: Mapping[str, str], at: Path) -> None:
        """Remember figures that were drawn into the folder `at`, and forget those that are not in the plan any more."""
        for name, text in alt.items():
            self._copy(name, at, self.folder)
            said = {"of": self.of[name], "wrote": self._hashes(at, name), "alt": text}
            write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", self.folder / f"{name}.json")
        for path in self.folder.glob("*"):
            if path.stem not in self.of:
                path.unlink()

    @staticmethod
    def _hashes(folder: Path, name: str) -> dict[str, str]:
        return {form: sha256(folder / f"{name}.{form}") for form in FORMS}

    @staticmethod
    def _copy(name: str, source: Path, to: Path) -> None:
        for form in FORMS:
            write_whole(to / f"{name}.{form}", partial(shutil.copyfile, source / f"{name}.{form}"))
