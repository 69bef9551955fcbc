"""The cohort in parts, for what is too large for one job: each job takes, for some participants, what their rows in other tables hold
(the columns with `from`, the daily grades); the last one computes the rest for all. The files are the same, byte for byte, as from
one job: places (`rank`), what nobody belongs to and the flow are computed when all participants are together.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ..chunks import ONE, late, refusals_of_plan
from ..errors import InputError, Problem, raise_if
from ..files import Tables, read_parquet, write_parquet, write_text
from ..plan import Plan
from ..study import Study
from . import Builder, Cohort, assembled
from .undated import Asked

TAKEN, DAILY, SAID = "taken.parquet", "daily.parquet", "said.json"
DAY, DOUBTFUL = (
    "daily:",
    "doubtful:",
)  # before the name of a grade, of a column among what is taken: no column is called so


def participants(study: Study, plan: Plan, folder: Path, part: int, parts: int) -> set[str]:
    """Those of a part, from 0: neighbours in the order of the clean tables, so that a part reads little else."""
    who = read_parquet(folder / f"{plan.cohort_table}.parquet", columns=[study.participant])[study.participant]
    return set(np.array_split(np.sort(who.unique().to_numpy(dtype=object)), parts)[part])


def cohort_part(study: Study, plan: Plan, clean: Path, part: int, parts: int, folder: Path) -> None:
    """What is taken for the participants of one of the parts (from 0), into its folder."""
    raise_if(refusals_of_plan(plan))
    here, who = participants(study, plan, clean, part, parts), study.participant
    folder.mkdir(parents=True, exist_ok=True)
    write_text(json.dumps({"participants": len(here)}), folder / SAID)
    if not here:
        return
    read = partial(read_parquet, among=(who, here))
    builder = Taking(study, plan, Tables({name: clean / f"{name}.parquet" for name in study.tables}, read))
    waits = late(plan)
    for column in plan.derived.values():
        if column.name not in waits:
            builder.subjects[column.name] = builder.derive(column)
    frame = pd.DataFrame({who: builder.subjects[who], **builder.taken})
    write_parquet(frame, folder / TAKEN)
    write_parquet(builder.daily(), folder / DAILY)
    said = {"participants": len(here), "types": {name: str(kind) for name, kind in frame.dtypes.items()}}
    write_text(json.dumps(said), folder / SAID)


class Taking(Builder):
    """A builder that remembers what it has taken from rows of other tables: by column, or grade."""

    def __init__(self, *given):
        super().__init__(*given)
        self.taken: dict[str, pd.Series] = {}

    def take(self, where: str, spec: Mapping) -> pd.Series:
        values = super().take(where, spec)
        name = where.rpartition(".")[2]
        self.taken[name] = values.set_axis(self.subjects.index)
        self.taken[DOUBTFUL + name] = self.doubtful[name]
        return values

    def highest(self, name: str) -> pd.Series:
        self.taken[DAY + name] = super().highest(name)
        return self.taken[DAY + name]


class Gathered(Builder):
    """A builder that finds what is taken from rows of other tables in what the parts have left."""

    def __init__(self, study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame], folders: Sequence[Path]):
        super().__init__(study, plan, tables)
        said = [json.loads((folder / SAID).read_text(encoding="utf-8")) for folder in folders]
        filled = [(folder, one["types"]) for folder, one in zip(folders, said, strict=True) if one["participants"]]
        frames = [read_parquet(folder / TAKEN).astype(types) for folder, types in filled]
        self.found = _together(frames, self.who) if frames else pd.DataFrame(index=[])
        if sorted(self.found.index) != sorted(self.subjects[self.who]):
            raise AssertionError("the parts are not of all participants, each once")
        self.found = self.found.reindex(self.subjects[self.who])
        self.days = [read_parquet(folder / DAILY) for folder, _ in filled]

    def take(self, where: str, spec: Mapping) -> pd.Series:
        name = where.rpartition(".")[2]
        self.doubtful[name] = self.found[DOUBTFUL + name].astype(bool).set_axis(self.subjects.index)
        return self.found[name]

    def highest(self, name: str) -> pd.Series:
        return self.found[DAY + name].set_axis(self.subjects.index)

    def daily(self) -> pd.DataFrame:
        days = pd.concat(self.days, ignore_index=True) if self.plan.daily and self.days else super().daily()
        return days.sort_values([self.who, "day"]).reset_index(drop=True)


def _together(frames: Sequence[pd.DataFrame], who: str) -> pd.DataFrame:
    """What is taken, by participant. A part in which nobody has a value does not know of what type the column is."""
    columns = {}
    for name in frames[0]:
        pieces = [frame[name] for frame in frames]
        kinds = {str(piece.dtype): piece.dtype for piece in pieces if piece.notna().any()}
        kinds = kinds or {str(piece.dtype): piece.dtype for piece in pieces}
        if len(kinds) > 1:
            what = f"has values of different types in different parts: {', '.join(sorted(kinds))}"
            why = "the column would not be what it is in one part"
            raise InputError([Problem(f"plan.yaml, cohort.columns.{name}", what, why, ONE)])
        columns[name] = pd.concat([piece.astype(*kinds.values()) for piece in pieces], ignore_index=True)
    return pd.DataFrame(columns).set_index(who)


def gather(
    study: Study, plan: Plan, tables: Mapping[str, pd.DataFrame], folders: Sequence[Path], asked: Asked | None = None
) -> Cohort:
    """What one job would have built, from the folders of all parts."""
    builder = Gathered(study, plan, tables, folders)
    builder.asked = asked or {}
    return assembled(builder)
