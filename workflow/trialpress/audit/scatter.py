"""The trace in parts, for what is too large for one job: one job traces columns and cells, as soon as there is a cohort; each of the
others computes the statistics of some analyses a second time and names who is in their counts; the last one puts that together.
The files are the same, byte for byte, as from one job.

The analyses of a family are in one part, since a p-value is adjusted with those of the whole family.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import InputError, Problem
from ..files import link, read_json, write_text
from ..plan import Plan
from ..results import Results
from ..store import Store
from .computing import Answer, Second
from .kept import together
from .parts import plain
from .trace import Analysed, trace, write_participants

FOUND = "found.json"  # the index of what is traced without an analysis
# the records of the analyses; what waits for the second computation
Begun = tuple[Mapping[str, dict], Callable[[], Answer]]


def share(plan: Plan, part: int, parts: int) -> dict[str, Mapping]:
    """The analyses of a part, from 0: every so many-th, those of a family where its first is."""
    mine = {name for at, names in enumerate(together(plan)) if at % parts == part for name in names}
    return {name: spec for name, spec in plan.analyses.items() if name in mine}


def begun(results: Results, store: Store | None = None) -> Begun:
    """All analyses of the results in this process, R beside it. store: what the second computation gave before is kept there."""
    analysed = Analysed(results)
    second = Second(results, analysed, store)
    return analysed.records, second.found


def trace_part(results: Results, part: int, parts: int, folder: Path) -> None:
    """records.json and second.json of one of the parts (from 0) into its folder."""
    mine = share(results.plan, part, parts)
    plan, ard = replace(results.plan, analyses=mine), results.ard[results.ard["analysis"].isin(mine)]
    records, found = begun(replace(results, plan=plan, ard=ard))
    write_text(plain(records), folder / "records.json")
    answer = found()
    said = {"second": answer.second.to_dict("list"), "versions": answer.versions, "failed": answer.failed}
    write_text(plain(said), folder / "second.json")


def trace_cells(results: Results, folder: Path, to: Path) -> None:
    """The columns and raw cells of the cohort in `folder`, into a folder of their own: found.json beside the participants."""
    traced = trace(results, folder)
    write_participants(traced, to)
    write_text(plain(traced.index), to / FOUND)


def take_cells(of: Path, folder: Path) -> dict:
    """The index of what `trace_cells` has left; the participants are put where the trace has them: below the results in `folder`."""
    found, below = read_json(of / FOUND, records=dict, parts=list), folder / "audit" / "trace"
    shutil.rmtree(below, ignore_errors=True)
    below.mkdir(parents=True)
    for path in sorted(of.glob("participants*")):
        try:
            link(path, below / path.name)  # gigabytes of a large study
        except OSError:
            shutil.copy(path, below / path.name)
    return found | {"records": {name: _members(record) for name, record in found["records"].items()}}


def gather(results: Results, folders: Sequence[Path]) -> Begun:
    """What `begun` gives, from the folders of all parts; InputError if other software computed in one than in another."""
    records: dict[str, dict] = {}
    answers = []
    for folder in folders:
        records |= {name: _members(record) for name, record in _read(folder / "records.json").items()}
        said = _read(folder / "second.json")
        answers.append(Answer(pd.DataFrame(said["second"]), said["versions"], said["failed"]))
    by = [answer.versions for answer in answers if answer.versions]
    # Python's only where R has not everything
    versions = {name: version for one in by for name, version in one.items()}
    if any(one.get("R") != versions.get("R") or one.items() - versions.items() for one in by):
        told = "; ".join(dict.fromkeys(", ".join(map(" ".join, one.items())) for one in by))
        what = f"was made by different software in different parts: {told}"
        why, do = "nobody could say what computed the numbers", "let all jobs see the same R, or none, and run it again"
        raise InputError([Problem("the second computation", what, why, do)])
    failed = {name: why for answer in answers for name, why in answer.failed.items()}
    second = pd.concat([answer.second for answer in answers], ignore_index=True)
    whole = Answer(second, versions, failed)
    return {name: records[name] for name in results.plan.analyses}, lambda: whole


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _members(record: dict) -> dict:
    """A record whose members are arrays, which are a fifth of the lists."""
    results = [
        entry | {"who": {name: np.array(who, dtype=np.int64) for name, who in entry["who"].items()}}
        for entry in record["results"]
    ]
    return record | {"results": results, "everyone": np.array(record["everyone"], dtype=np.int64)}
