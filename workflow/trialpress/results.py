"""What the stages before have left for figures, tables, report and audit to read. Nothing here computes a statistic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from .analysis import Data
from .analysis.origin import OF_A_COUNT, PUBLISHED, SIMULATED, Known, People, population_columns, sets, worst
from .analysis.participants import NOT_CHOSEN, USED, LeftOut
from .analysis.source import Kept, analysed, those
from .cohort import read_tables
from .contracts import ARD, CURVES, FLOW, PARTICIPANTS
from .files import read_parquet
from .ids import EVERYONE, Name
from .names import names_of
from .plan import Plan, read_plan
from .study import Study, load_study
from .text import MARK

MARKER = "\ue000"  # in a display: the number is simulated; no font has it, and no text holds it
NOT_MARKED = ("", "NE")


def with_mark(text: str) -> str:
    """A text of which a number is simulated, with one mark at its end."""
    return text.replace(MARKER, "") + (MARK if MARKER in text else "")


def with_marks(text: str) -> str:
    """A text with a mark at each of its simulated numbers.

    >>> print(with_marks(f"8 of 51, 15.7{MARKER}%"))
    8 of 51, 15.7%†
    """
    return text.replace(f"{MARKER}%", f"%{MARK}").replace(MARKER, MARK)


@dataclass(frozen=True)
class Results:
    """subjects, daily, flow: the cohort; ard, curves, participants: the analyses; tables: the clean tables by name.
    marked: displays of simulated numbers hold a `MARKER`, for a table or figure to make a mark of it; `seen` are then the
    origins of the displays that were read.
    """

    study: Study
    plan: Plan
    subjects: pd.DataFrame
    daily: pd.DataFrame
    flow: pd.DataFrame
    ard: pd.DataFrame
    curves: pd.DataFrame
    participants: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    marked: bool = False
    seen: set[str] = field(default_factory=set)

    def analysis(self, name: str) -> pd.DataFrame:
        """The rows of one analysis."""
        return self._of_analyses.get(name, self.ard.head(0))

    @cached_property
    def _of_analyses(self) -> dict[str, pd.DataFrame]:
        return _by_analysis(self.ard)

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str, str], int]:
        columns = (self.ard[name].to_numpy(dtype=object) for name in ("analysis", "statistic", "group", "level"))
        keys = zip(*columns, strict=True)
        return {key: at for at, key in enumerate(keys)}

    def value(self, analysis: str, statistic: str, group: str = "", level: str = "", what: str = "value"):
        """One value (or display, note, ...) of ard.csv by the ids of its row; KeyError if the row does not exist."""
        at = self._rows.get((analysis, statistic, group, level))
        if at is None:
            raise KeyError(f"{analysis} has no {statistic} for group '{group}', level '{level}'")
        found, origin = self._cell(at, what), self._cell(at, "origin")
        if not self.marked or what != "display" or found in NOT_MARKED:
            return found
        self.seen.add(origin)
        if origin == SIMULATED:
            return f"{found.removesuffix('%')}{MARKER}{'%' if found.endswith('%') else ''}"
        return found

    def _cell(self, at: int, what: str):
        if what not in self._columns:
            self._columns[what] = self.ard[what].tolist()
        return self._columns[what][at]

    @cached_property
    def _columns(self) -> dict[str, list]:
        return {}

    @cached_property
    def _records(self) -> dict[tuple[str, str, str], str]:
        rows: dict[str, tuple[dict[tuple[str, str], None], set[str]]] = {}
        for analysis, statistic, group, level in self._rows:
            pairs, statistics = rows.setdefault(analysis, ({}, set()))
            pairs[group, level] = None
            statistics.add(statistic)
        found = {}
        for analysis, of in rows.items():
            named = names_of(analysis, *of)
            found |= {(analysis, *key): ".".join([analysis, *parts]) for key, parts in named.items()}
        return found

    def record(self, analysis: str, group: Name = EVERYONE, level: Name = EVERYONE) -> str:
        """The id of the record of a group and level of an analysis; empty if there is none."""
        return self._records.get((analysis, group.id, level.id), "")

    @cached_property
    def _known(self) -> Known:
        """The published counts of a reconstruction, from the rows that have one."""
        rows = self.ard[(self.ard["origin"] == PUBLISHED) & self.ard["statistic"].isin(OF_A_COUNT)]
        everyone = pd.Index(self.subjects[self.study.participant])
        counts = {name: sets(self.plan, self.analysed(name), name, everyone) for name in rows["analysis"].unique()}
        keys = zip(rows["analysis"], rows["group"], rows["level"], rows["statistic"], strict=True)
        return Known(counts[name][tuple(rest)] for name, *rest in keys if tuple(rest) in counts[name])

    @cached_property
    def population_origins(self) -> dict[str, str]:
        """Where the size of each population of a reconstruction comes from."""
        return {name: self._known.origin(self._people(name)) for name in self.plan.populations}

    @cached_property
    def flow_origins(self) -> dict[tuple[str, str], str]:
        """(step, reason) -> the same of those who are excluded on the way to a step of the flow. They are known if one reason
        at most excludes anybody, and both populations are known."""
        found, before = {}, None
        for step in self.plan.flow:
            start, before = step.get("from", before), step["population"]
            rows = self.flow[self.flow["step"] == before]
            ends = [self.population_origins[name] for name in filter(None, (start, before))]
            alone = (rows["excluded"] > 0).sum() <= 1
            found |= {(before, reason): worst(ends) if alone else SIMULATED for reason in rows["reason"] if reason}
        return found

    def _people(self, population: str) -> People:
        return People.of(np.flatnonzero(self.subjects[population]), population_columns(self.plan, population))

    def curve(self, analysis: str) -> pd.DataFrame:
        """The curves of one analysis."""
        return self._curves_of.get(analysis, self.curves.head(0))

    @cached_property
    def _curves_of(self) -> dict[str, pd.DataFrame]:
        return _by_analysis(self.curves)

    def left_out(self, analysis: str) -> list[str]:
        """Who is left out of an analysis and why, as sentences: '2 left out: Age not known'."""
        return self._left_out.get(analysis, [])[:]

    @cached_property
    def _left_out(self) -> dict[str, list[str]]:
        rows = self.participants[~self.participants["reason"].isin([USED, NOT_CHOSEN])]
        return rows.groupby("analysis", sort=False)["note"].agg(list).to_dict()

    def analysed(self, name: str) -> Data:
        """What an analysis works on: the participants of its population for whom its condition holds, or their rows."""
        return self.analysed_and_left_out(name)[0]

    def analysed_and_left_out(self, name: str) -> tuple[Data, list[LeftOut]]:
        """The same, and who of the population does not reach the method."""
        return analysed(self.study, self.plan, self.subjects, self.daily, self.tables, name, self._chosen)

    @cached_property
    def _chosen(self) -> Kept:
        return Kept()

    def population(self, name: str) -> Data:
        """The participants of a population, with `groups` and `holds` as the methods have them."""
        if name not in self._populations:
            frame = those(self.subjects, self.subjects[name].to_numpy(dtype=bool))
            self._populations[name] = Data(frame, self.plan, self.study, self.tables, self.daily)
        return self._populations[name]

    @cached_property
    def _populations(self) -> dict[str, Data]:
        return {}


def _by_analysis(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return dict(iter(frame.groupby("analysis", sort=False)))


def read(dictionary: Path | str, plan: Path | str, folder: Path) -> Results:
    """The results in `folder` of the study that study.yaml and plan.yaml describe."""
    study = load_study(dictionary)
    return load(study, read_plan(plan, study), folder)


def load(study: Study, plan: Plan, folder: Path, analysed: bool = True) -> Results:
    """Everything that results/<study>/ holds after the analysis stage, or what of it is there before: then the analyses are None."""
    of_analyses = (ARD.read(folder / "analysis").astype({"n_population": int}), CURVES.read(folder / "analysis"),
                   PARTICIPANTS.read(folder / "analysis")) if analysed else (None, None, None)  # fmt: skip
    return Results(
        study,
        plan,
        read_parquet(folder / "cohort" / "subjects.parquet"),
        read_parquet(folder / "cohort" / "daily.parquet"),
        FLOW.read(folder / "cohort"),
        *of_analyses,
        read_tables(folder / "clean", study),
    )
