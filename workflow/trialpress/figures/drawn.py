"""Figures that were drawn before and are what would be drawn again: an edit draws those that read what it changed.

A kept figure is four files: its svg, png and csv, for a job's outputs are removed before it begins, and <id>.json: {"of": the
hash of what every figure of the plan may read, and of its own entry; "read": [[where, how, name, hash], ...], what it read of
the results while it was drawn; "ran": the modules that had been run then; "wrote": {form: sha256}; "alt": ..., "sum": the hash of all this}. What it reads next depends on what it has read, and on
nothing else: if all of that is the same, so is the figure.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from .. import environment
from ..files import sha256, write_text, write_whole
from ..parts import hash_of
from ..results import Results
from .observed import ALL, ENTRIES, Note, contents

FORMS = ("svg", "png", "csv")
ALSO = ("pillow", "font-source-sans-pro")  # what pictures are made with beside what decides the numbers


class Drawn:
    """The figures that are kept in the first of `folders`; those in the others are as good. read: path or part -> sha256 of all
    that the stage reads; what lies in `made`, results/<study>/, is read through the results alone."""

    def __init__(self, folders: Sequence[Path], read: Mapping[str, str], results: Results, made: Path | str):
        self.folders, plan = folders, results.plan
        own = {*plan.shown} - {*plan.files}
        noted = {name for name in read if name.startswith(f"{made}/") and name not in plan.files}
        rest = {name: read[name] for name in sorted(read.keys() - own - noted) if "/plan.yaml#" not in name}
        common = hash_of(
            [rest, environment.versions(), *map(version, ALSO), replace(plan, figures={}, **dict.fromkeys(ENTRIES))]
        )
        files = {name: read.get(spec.get("file", "")) for name, spec in plan.figures.items()}
        self.of = {name: hash_of([common, name, spec, files[name]]) for name, spec in plan.figures.items()}
        self.content = contents(results)

    def taken(self, name: str, to: Path) -> str | None:
        """Put a figure into the folder `to` and return its alternative text; None if it must be drawn."""
        for folder in self.folders:
            if (known := self._known(name, folder)) is None:
                continue
            for path in {to, self.folders[0]} - {folder}:
                _copy(name, folder, path)
            if folder != self.folders[0]:
                self._remember(name, known)
            for module in known["ran"]:  # so that who looks what this process has run sees what has made the figure
                import_module(module)
            return known["alt"]
        return None

    def _known(self, name: str, folder: Path) -> dict | None:
        """What is said of a kept figure, if it is right."""
        try:
            known = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            right = known.pop("sum") == hash_of(known)
            if not right or known["of"] != self.of[name] or known["wrote"] != _hashes(folder, name):
                return None
            return known if all(self.content(tuple(note)) == was for *note, was in known["read"]) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # it was not drawn, or someone was there
            return None

    def keep(self, name: str, alt: str, notes: Iterable[Note], ran: Sequence[str], at: Path) -> None:
        """Remember a figure that was drawn into the folder `at`. notes: what it read; ran: the modules that were run."""
        if at != self.folders[0]:
            _copy(name, at, self.folders[0])
        whole = {where for where, how, _ in notes if how == ALL}
        read = [
            [*note, self.content(note)] for note in sorted(notes, key=repr) if note[1] == ALL or note[0] not in whole
        ]
        self._remember(name, {"of": self.of[name], "read": read, "ran": ran, "wrote": _hashes(at, name), "alt": alt})

    def _remember(self, name: str, known: Mapping) -> None:
        said = {**known, "sum": hash_of(known)}
        write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", self.folders[0] / f"{name}.json")

    def forget(self) -> None:
        """Remove those that are not in the plan any more."""
        for path in self.folders[0].glob("*"):
            if path.stem not in self.of:
                path.unlink()


def _hashes(folder: Path, name: str) -> dict[str, str]:
    return {form: sha256(folder / f"{name}.{form}") for form in FORMS}


def _copy(name: str, source: Path, to: Path) -> None:
    for form in FORMS:
        write_whole(to / f"{name}.{form}", partial(shutil.copyfile, source / f"{name}.{form}"))
