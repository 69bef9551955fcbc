"""From every printed number back to the raw cells that it was made of: audit/trace.json.

A number belongs to a record. The record names the columns of the subjects that its condition or variable reads; a
column names the columns that it was derived from (`from`); and for each participant it names the raw cells that decided
its value. Nothing here computes a statistic; counts are counted again from the participants named, and `counts` says how
many of those agree with ard.csv.

    records         by id; `results` are its rows of ard.csv by group and level (ids; labels beside them), with those
                    counted in each count (`who`); `everyone`, and the `left_out`: participants by their number
    participants    the participants by number
    columns         label, unit, how it was derived, from which columns, from which clean table; reads: table.field of every
                    raw cell that can decide it
    places          [table, field, file, column]
    rules           what changed a value
    values          column -> its text for each participant, in the order of `participants`
    evidence        column -> participant's number -> {cells, rows: how many of the table's rows decided, of: how many there are}
    rows            table -> participant's number -> [file, first row, last row] of all the rows that were looked at
    cells           [place, key, row, raw, clean, rule]: place is an index into `places`, rule one into `rules` or -1. A cell
                    stands there once, however many numbers rest on it

A large trace is cut: trace.json is its index, and `parts` lists the first participant of each file trace/participants-0001.js
(see `audit.parts`), which has values, evidence, rows and cells of some participants, from the number `first` on; the cells are
numbered within the part. There all this lies by columns, which is half as long: `reading.spread` gives it the form above. Texts are
{values: the different ones, codes: which of them each is}; participant `first` + i has the cells, or runs of rows, from start[i] to
start[i + 1]. who, everyone and left_out of the records stand in trace/record-0001.js, one for each, in the order
of `records`; there `who` is a list, in the order of `results`.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...analysis import Data
from ...contracts import CHANGES
from ...files import write_text
from ...report.variables import settings
from ...results import Results
from ..parts import Json, plain, write_part
from .cells import Cells, different
from .changes import LOGGED
from .columns import Columns
from .columns_json import by_column, by_name, by_number, each, lists, objects, one_list, strings
from .methods import describe, references
from .reading import cell, closure, find, part_of, read, record_of
from .records import chain, columns_of, of_analysis, of_flow, of_listings, of_settings, one_count
from .texts import texts

COUNTS = ("n", "N", "missing", "events", "n_at_risk")
PART = 100_000  # values and cells of participants that one part holds: a few MB
__all__ = [
    "COUNTS",
    "Analysed",
    "agreement",
    "cell",
    "closure",
    "find",
    "indexed",
    "part_of",
    "read",
    "record_of",
    "trace",
    "write",
    "write_index",
    "write_participants",
]


WHOLE = "participants.json"  # of a trace that is not cut


@dataclass(frozen=True)
class Trace:
    """index: what does not grow with the raw rows, as far as it is known without an analysis (see `indexed`); parts: the
    participants of each part, from and before which number."""

    index: dict
    parts: list[tuple[int, int]]
    columns: Columns
    cells: Cells
    values: Mapping

    def whole(self) -> Json:
        """values, evidence, rows and cells of all participants."""
        used, evidence = self._decided(0, len(self.columns.who))
        return Json(by_name({
            "first": "0",
            "values": by_name({name: one_list(column) for name, column in self.values.items()}),
            "evidence": by_name({name: _by_participant(**found) for name, found in evidence.items()}),
            "rows": by_name({table: spans.written() for table, spans in self.columns.rows.items()}),
            "cells": one_list(each(*self.cells.columns(used).values())),
        }))  # fmt: skip

    def part(self, first: int, last: int) -> Json:
        """The same of some participants, by columns."""
        used, evidence = self._decided(first, last)
        values = {name: column.slice(first, last - first) for name, column in self.values.items()}
        return Json(by_name({
            "first": str(first),
            "values": by_column(values),
            "evidence": by_name({name: by_column(found) for name, found in evidence.items()}),
            "rows": by_name({table: by_column(spans.within(first, last)) for table, spans in self.columns.rows.items()}),
            "cells": by_column(self.cells.columns(used)),
        }))  # fmt: skip

    def _decided(self, first: int, last: int) -> tuple[np.ndarray, dict[str, dict[str, np.ndarray]]]:
        """The numbers of the cells of some participants, in order, and the evidence of each column, whose cells are places in it."""
        evidence = {name: found.within(first, last) for name, found in self.columns.evidence.items()}
        used = different(np.concatenate([np.empty(0, np.int32), *(found["cells"] for found in evidence.values())]))
        return used, {
            name: found | {"cells": np.searchsorted(used, found["cells"])} for name, found in evidence.items()
        }


def _by_participant(start: np.ndarray, cells: np.ndarray, **counted: np.ndarray) -> str:
    return by_number(np.arange(len(start) - 1), objects(cells=lists(start, cells), **counted))


def _cut(columns: Columns, values: Mapping) -> list[tuple[int, int]]:
    """The participants of each part: as many as PART allows, at least one."""
    n = len(columns.who)
    size = np.full(n, len(values)) + sum(np.diff(found.start) for found in columns.evidence.values())
    ends, before = np.cumsum(size), 0
    parts: list[tuple[int, int]] = []
    while not parts or parts[-1][1] < n:
        first = parts[-1][1] if parts else 0
        last = max(int(np.searchsorted(ends, before + PART, side="right")), min(first + 1, n))
        parts.append((first, last))
        before = ends[last - 1] if last else 0
    return parts


class Analysed:
    """What each analysis works on, one after the other; as it goes on `records` has the record of each that was used."""

    def __init__(self, results: Results):
        self.results, self.records = results, {}

    def __iter__(self) -> Iterator[tuple[str, Data]]:
        results = self.results
        numbered = pd.Index(results.subjects[results.study.participant])
        for name in results.plan.analyses:
            data, before = results.analysed_and_left_out(name)
            yield name, data
            self.records[name] = of_analysis(results, name, data, before, numbered)


def trace(results: Results, folder: Path) -> Trace:
    """The columns and raw cells of the cohort in `folder`, in the order in which the numbers need them; of the analyses nothing but
    the plan is read. index has `read_by`, the columns of each analysis, and `changed`, the rule, kind and number of changed cells."""
    cells = Cells(results, folder / "clean" / "cells.parquet", CHANGES.blocks(folder / "clean", LOGGED))
    columns = Columns(results, cells)
    read_by = {name: columns_of(results, spec, columns) for name, spec in results.plan.analyses.items()}
    records = {}
    for name, population in results.plan.populations.items():
        columns.add(name)
        outer = population.within or name
        records[f"population.{name}"] = {
            "kind": "population", "label": population.label, "population": outer, "condition": population.condition,
            "columns": columns.about[name]["from"] or [name],
            "results": [one_count(f"population.{name}", "n", np.flatnonzero(results.subjects[name]))],
            "everyone": np.flatnonzero(results.subjects[outer]),
        }  # fmt: skip
    records |= dict(of_flow(results, columns))
    records |= dict(of_listings(results, columns))
    values = {name: strings(texts(results.subjects[name])) for name in columns.about if name in results.subjects}
    parts = _cut(columns, values)
    index = {
        "participants": columns.who,
        "read_by": read_by,
        "changed": cells.changes.counted.to_numpy().tolist(),
        "records": records,
        "columns": columns.about,
        "places": [list(place) for place in cells.places],
        "rules": list(cells.rules),
        "n_cells": cells.used(found.cells for found in columns.evidence.values()),
        "parts": [first for first, _ in parts],
    }
    return Trace(index, parts, columns, cells, values)


def indexed(results: Results, logs: Mapping[str, pd.DataFrame], records: Mapping[str, dict], found: Mapping) -> dict:
    """trace.json but for the participants. logs: queries, rejected and rows of the clean stage; records: those of the analyses;
    found: the index of a `Trace`."""
    records = {name: record | {"columns": found["read_by"][name]} for name, record in records.items()}
    changes = pd.DataFrame(found["changed"], columns=["rule", "kind", "n"])
    records |= found["records"] | dict(of_settings(settings(results, {**logs, "changes": changes})))
    methods = sorted({record["method"] for record in records.values() if "method" in record})
    return {
        "study": results.study.id,
        "title": results.study.title,
        "notice": results.study.notice,
        "counts": agreement(records),
        "participants": found["participants"],
        "populations": {name: chain(results, name) for name in results.plan.populations},
        "methods": {name: {"text": describe(name), "references": references(name)} for name in methods},
        "records": records,
        **{name: found[name] for name in ("columns", "places", "rules", "n_cells", "parts")},
    }


def agreement(records: Mapping[str, Mapping]) -> dict[str, int | list[str]]:
    """How many counts of ard.csv were counted again from named participants, and which of those do not agree."""
    shown = again = 0
    wrong = []
    for record in records.values():
        if "file" in record.get("plan", ()):  # of other trials, whose participants are not here
            continue
        for entry in record.get("results", ()):
            for statistic, value, *_ in entry["statistics"]:
                if statistic in COUNTS:
                    shown += 1
                    again += statistic in entry["who"]
                    if statistic in entry["who"] and len(entry["who"][statistic]) != value:
                        wrong.append(f"{entry['id']}.{statistic}")
    return {"shown": shown, "again": again, "wrong": wrong}


def write_participants(traced: Trace, below: Path) -> None:
    """The participants of a trace into a folder of their own: in one file, or a part in each."""
    shutil.rmtree(below, ignore_errors=True)
    if len(traced.parts) == 1:
        write_text(traced.whole(), below / WHOLE)
        return
    for number, (first, last) in enumerate(traced.parts, start=1):
        write_part(traced.part(first, last), below / f"participants-{number:04d}.js")


def write_index(index: Mapping, folder: Path) -> None:
    """audit/trace.json, with the participants that lie in audit/trace/, or as the index of their parts."""
    below, whole = folder / "audit" / "trace", {name: value for name, value in index.items() if name != "parts"}
    if len(index["parts"]) == 1:
        text = plain(whole)[:-1] + "," + (below / WHOLE).read_text(encoding="utf-8")[1:]
        shutil.rmtree(below)
    else:
        whole |= {"parts": index["parts"], "records": {}}
        for number, (name, record) in enumerate(index["records"].items(), start=1):
            whole["records"][name], members = _apart(record)
            if members:
                write_part(members, below / f"record-{number:04d}.js")
        text = plain(whole)
    write_text(text + "\n", folder / "audit" / "trace.json")


def write(results: Results, logs: Mapping[str, pd.DataFrame], folder: Path, to: Path | None = None,
          records: Mapping[str, dict] | None = None) -> dict:  # fmt: skip
    """The trace of the results in `folder`, written below `to`, the same folder if nothing else is said; returns its index. records:
    those of the analyses, if they have been made."""
    if records is None:
        analysed = Analysed(results)
        deque(analysed, maxlen=0)
        records = analysed.records
    traced, to = trace(results, folder), to or folder
    write_participants(traced, to / "audit" / "trace")
    index = indexed(results, logs, records, traced.index)
    write_index(index, to)
    return index


def _apart(record: Mapping) -> tuple[dict, dict]:
    """A record without its members, and these."""
    members = {name: record[name] for name in ("everyone", "left_out") if name in record}
    rest = {name: value for name, value in record.items() if name not in members}
    if "results" in record:
        members["who"] = [entry["who"] for entry in record["results"]]
        rest["results"] = [
            {name: value for name, value in entry.items() if name != "who"} for entry in record["results"]
        ]
    return rest, members
