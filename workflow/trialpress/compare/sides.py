"""What is compared: the results of one run, however much of them there is.

A folder of results has the trace and the raw cells; a crate the numbers, the plan and the hashes of its inputs; a record, of now or
of a git revision, the numbers and the hashes.
"""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import pandas as pd

from ..audit import trace
from ..audit.crate.reading import unpacked
from ..contracts import ARD, CELLS, CHANGES
from ..errors import InputError, Problem
from ..files import read_json
from ..names import row_names
from ..studies import checked
from ..study import load_yaml

COMPARED = "nothing can be compared"
CELL = ("table", "key", "field", "file", "column")  # names a raw cell in any run; its row may move


@dataclass(frozen=True)
class Number:
    """A statistic: its record, who is counted in its entry (by name; None if that is not known), its value and its print."""

    record: str
    label: str
    value: float | int | str | None
    display: str
    who: Mapping[str, frozenset[str]] | None = None


@dataclass(frozen=True)
class Side:
    """The results in `folder`; name: as it was asked for; config: folder of its plan.yaml, if it is there."""

    name: str
    folder: Path
    config: Path | None = None

    @cached_property
    def manifest(self) -> dict:
        path = self.folder / "audit" / "manifest.json"
        return read_json(path, study=str, inputs=dict) if path.is_file() else {}

    @property
    def study(self) -> str:
        return self.manifest.get("study", "")

    @cached_property
    def content(self) -> dict | None:
        """trace.json, or None where there is none."""
        return trace.read(self.folder) if (self.folder / "audit" / "trace.json").is_file() else None

    @cached_property
    def records(self) -> dict[str, dict]:
        """The records of the trace with their members."""
        return {name: trace.record_of(self.content, name, self.folder) for name in self.content["records"]}

    @cached_property
    def people(self) -> list[str]:
        return self.content["participants"]

    def names(self, members) -> frozenset[str]:
        return frozenset(self.people[at] for at in members)

    def parts(self) -> Iterator[Mapping]:
        for first in self.content.get("parts", [0]):
            yield trace.part_of(self.content, first, self.folder)

    @cached_property
    def values(self) -> dict[str, dict[str, str]]:
        """Column -> participant -> its text."""
        found: dict[str, dict[str, str]] = {}
        for part in self.parts():
            for column, texts in part["values"].items():
                people = self.people[part["first"] : part["first"] + len(texts)]
                found.setdefault(column, {}).update(zip(people, texts, strict=True))
        return found

    @cached_property
    def evidence(self) -> dict[str, dict[str, frozenset[tuple]]]:
        """Column -> participant -> the cells that decided its value, as CELL has them."""
        found: dict[str, dict[str, frozenset[tuple]]] = {}
        for part in self.parts():
            cells = []
            for place, key, *_ in part["cells"]:
                table, field, file, column = self.content["places"][place]
                cells.append((table, key, field, file, column))
            for name, by_participant in part["evidence"].items():
                here = found.setdefault(name, {})
                for at, one in by_participant.items():
                    here[self.people[int(at)]] = frozenset(cells[number] for number in one["cells"])
        return found

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Every raw cell: CELL, row, raw, and what was made of it where it was changed: clean, rule."""
        keys = [*CELL[:3], "source_file", "source_row", "source_column"]
        changes = CHANGES.texts(self.folder / "clean")[[*keys, "clean_value", "rule"]].astype(str)
        changes = changes.set_axis([*CELL[:3], "file", "row", "column", "clean", "rule"], axis=1)
        cells = pd.read_parquet(CELLS.path(self.folder / "clean")).astype(str)
        merged = cells.merge(changes.drop_duplicates([*CELL, "row"], keep="last"), on=[*CELL, "row"], how="left")
        return merged.fillna({"clean": "", "rule": ""})

    def plan(self, analysis: str) -> Mapping | None:
        """An analysis as the plan has it."""
        if self.content is not None:
            return self.content["records"].get(analysis, {}).get("plan")
        return self._written.get("analyses", {}).get(analysis) if self._written else None

    @property
    def planned(self) -> bool:
        """Whether its plan is known."""
        return self.content is not None or bool(self._written)

    @cached_property
    def _written(self) -> dict:
        path = self.config / "plan.yaml" if self.config else None
        return load_yaml(path) if path and path.is_file() else {}

    @cached_property
    def numbers(self) -> dict[tuple[str, str], Number]:
        """(id, statistic) -> number."""
        return dict(self._traced() if self.content is not None else self.listed())

    def listed(self) -> Iterator[tuple[tuple[str, str], Number]]:
        """Those of ard.csv alone."""
        ard = ARD.read(self.folder / "analysis")
        for analysis, rows in ard.groupby("analysis", sort=False):
            named = row_names(analysis, rows)
            for row in rows.itertuples():
                label = ": ".join(filter(None, [analysis.replace("_", " "), row.group_label, row.level_label]))
                value = None if pd.isna(row.value) else row.value
                key = ".".join([analysis, *named[row.group, row.level]])
                yield (key, row.statistic), Number(analysis, label, value, row.display)

    def _traced(self):
        for name, record in self.records.items():
            for entry in record.get("results", ()):
                label = ": ".join(filter(None, [record["label"], entry["group_label"], entry["level_label"]]))
                who = {statistic: self.names(members) for statistic, members in entry["who"].items()}
                for statistic, value, display, *_ in entry["statistics"]:
                    yield (entry["id"], statistic), Number(name, label, value, display, who)
            if record["kind"] == "listing":
                (column,) = record["columns"]
                for who in sorted(self.names(record["everyone"])):
                    text = self.values.get(column, {}).get(who, "")
                    yield (name, who), Number(name, f"{record['label']} of {who}", None, text, {"n": frozenset({who})})
            if record["kind"] in ("clean", "plan"):
                yield (name, "text"), Number(name, record["label"], None, record["printed"])


def find(text: str, study: str, scratch: Path) -> Side:
    """The results that are asked for: 'now', 'record', a folder of results, a crate, or a git revision with a record.
    InputError if there are none."""
    checked(study)
    if "\0" in text:
        raise InputError(
            [Problem(repr(text), "is no name", COMPARED, "name results/<study>, a crate.zip or a git revision")]
        )
    known = {"now": Path("results") / study, "record": Path("data") / study / "record"}
    path = known.get(text, Path(text))
    if path.is_file():
        return _checked(_crate(text, path, scratch))
    if path.is_dir() or text in known:
        config = Path("config") / study if text == "now" else None
        return _checked(Side(text, path, config))
    return _checked(_revision(text, study, scratch))


def _checked(side: Side) -> Side:
    if not (side.folder / "analysis" / "ard.csv").is_file():
        what = f"'{side.name}' holds no analysis/ard.csv"
        do = "name results/<study>, a crate.zip, a git revision, 'record' or 'now'"
        raise InputError([Problem(str(side.folder), what, COMPARED, do)])
    return side


def _crate(name: str, path: Path, scratch: Path) -> Side:
    to = scratch / f"crate-{len(list(scratch.iterdir()))}"
    unpacked(path, to, COMPARED, lambda member: member.startswith(("results/", "config/")))
    side = Side(name, to / "results")
    return Side(name, to / "results", to / "config" / checked(side.study) if side.manifest else None)


def _revision(name: str, study: str, scratch: Path) -> Side:
    """The record of a study, and its plan, as a git revision has them."""
    wanted = [f"data/{study}/record", f"config/{study}"]
    asked = ["git", "archive", "--format=tar", "--end-of-options", name, *wanted]
    done = subprocess.run(asked, capture_output=True)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().splitlines()
        what = (
            f"is neither a file, nor a folder, nor a git revision with {wanted[0]}: {why[-1] if why else 'git failed'}"
        )
        raise InputError(
            [Problem(name, what, COMPARED, "name results/<study>, a crate.zip, a git revision, 'record' or 'now'")]
        )
    to = scratch / f"revision-{len(list(scratch.iterdir()))}"
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(to, filter="data")
    return Side(name, to / wanted[0], to / wanted[1])
