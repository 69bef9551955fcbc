"""The files between stages: who writes each, its columns, their types, what makes a row one of a kind.

Nothing is read back with guessed types. What is not a number here is text: an empty cell is the empty text, and "None",
"NA" and "1" are texts too. A file whose columns are not those of its contract is not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from .errors import Problem, raise_if
from .files import header, of_a_run, read_blocks, read_categories, read_csv, write_csv


@dataclass(frozen=True)
class Contract:
    """A file. key: the columns that no two rows share; numbers, whole: columns of numbers and of whole numbers."""

    name: str
    stage: str
    about: str
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    suffix: str = "csv"

    def path(self, folder: Path) -> Path:
        return folder / f"{self.name}.{self.suffix}"

    def write(self, frame: pd.DataFrame, folder: Path) -> None:
        """`folder` is that of the stage."""
        if list(frame.columns) != list(self.columns):
            raise AssertionError(f"{self.name}.{self.suffix} with columns {list(frame.columns)}")
        write_csv(frame, self.path(folder))

    def read(self, folder: Path) -> pd.DataFrame:
        """With numbers where the contract says so, everything else as text."""
        return self._checked(read_csv, folder, self.numbers, self.whole)

    def texts(self, folder: Path) -> pd.DataFrame:
        """Every cell as it stands there."""
        return self._checked(read_csv, folder)

    def categories(self, folder: Path, only: Iterable[str] = ()) -> pd.DataFrame:
        """The same of a file of millions of rows, which repeat themselves; of some of its columns, if they are named."""
        return self._checked(read_categories, folder, only)

    def blocks(self, folder: Path, only: Iterable[str] = ()) -> Blocks:
        """The same a part of the rows at a time, without an object for each text."""
        return Blocks(self, folder, tuple(only))

    def _checked(self, how: Callable, folder: Path, *given: Iterable[str]):
        path = self.path(folder)
        with of_a_run(path, f"run the stage {self.stage} again"):
            self.check(header(path), path)
            return how(path, *given)

    def check(self, columns: list[str], path: Path) -> None:
        if columns != list(self.columns):
            lost = [name for name in self.columns if name not in columns]
            more = [name for name in columns if name not in self.columns]
            what = f"has other columns than its contract: lost {', '.join(lost) or 'none'}, new {', '.join(more) or 'none'}"
            why = "its columns would be taken for others"
            raise_if([Problem(str(path), what, why, f"run the stage {self.stage} again")])


@dataclass(frozen=True)
class Blocks:
    """Some columns of a file of millions of rows, or all, in blocks: each time they are asked for it is read anew."""

    of: Contract
    folder: Path
    only: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        path = self.of.path(self.folder)
        with of_a_run(path, f"run the stage {self.of.stage} again"):
            self.of.check(header(path), path)
            yield from read_blocks(path, self.only)


ABOUT = ("group", "group_label", "level", "level_label")

CHANGES = Contract(
    "changes", "clean", "one row per changed cell",
    ("table", "key", "field", "raw_value", "clean_value", "rule", "source_file", "source_row", "source_column", "kind"),
    whole=("source_row",),
)  # fmt: skip
QUERIES = Contract(
    "queries", "clean", "what a data manager must answer, and has answered",
    ("id", "severity", "table", "key", "field", "value", "message", "file", "row", "column",
     "state", "answer", "new_value", "reason", "by", "date"), ("id",), whole=("row",),
)  # fmt: skip
REJECTED = Contract(
    "rejected", "clean", "rows that could not be used, whole", ("file", "row", "table", "reason", "content"), whole=("row",)
)  # fmt: skip
ROWS = Contract(
    "rows", "clean", "rows in, kept and rejected", ("file", "table", "rows_in", "rows_kept", "rows_rejected"),
    ("file", "table"), whole=("rows_in", "rows_kept", "rows_rejected"),
)  # fmt: skip
CELLS = Contract(
    "cells", "clean", "every raw cell that was read", ("table", "key", "field", "raw", "file", "row", "column"),
    ("file", "row", "column", "table", "key", "field"), whole=("row",), suffix="parquet",
)  # fmt: skip
FLOW = Contract(
    "flow", "cohort", "the participant flow: one row per step (a population) and reason",
    ("step", "n", "excluded", "reason", "step_label", "reason_label"), ("step", "reason"),
    whole=("n", "excluded"),
)  # fmt: skip
NO_EFFECT = Contract(
    "no_effect", "cohort", "what in the plan has no effect on these data: the results would be the same without it or with another word",
    ("entry", "part", "finding"), ("entry", "part", "finding"),
)  # fmt: skip
ARD = Contract(
    "ard", "analysis", "the analysis results data: one row per statistic",
    ("analysis", "population", *ABOUT, "statistic", "value", "display", "method", "n_population", "note",
     "origin"),
    ("analysis", "group", "level", "statistic"), numbers=("value",), whole=("n_population",),
)  # fmt: skip
PARTICIPANTS = Contract(
    "participants", "analysis", "who is used in each analysis and who is left out of it, by reason",
    ("analysis", "population", "n_population", "reason", "n", "what", "note"), ("analysis", "reason"),
    whole=("n_population", "n"),
)  # fmt: skip
CARDS = Contract(
    "ard_cards", "analysis", "the same rows as the R package cards has them",
    ("analysis", "population", "group1", "group1_level", "variable", "variable_level", "context", "stat_name", "stat_label",
     "stat", "stat_fmt", "warning"),
    ("analysis", "group1_level", "variable", "variable_level", "stat_name"), numbers=("stat",),
)  # fmt: skip
CURVES = Contract(
    "curves", "analysis", "the curves of the analyses: one row per step",
    ("analysis", *ABOUT, "x", "estimate", "ci_low", "ci_high", "n_at_risk", "n_event", "n_censored"),
    numbers=("x", "estimate", "ci_low", "ci_high", "n_at_risk", "n_event", "n_censored"),
)  # fmt: skip
CONCORDANCE = Contract(
    "concordance", "audit", "the statistics that were computed twice",
    (*ARD.key, "value", "second", "difference", "tolerance", "verdict", "implementation"), ARD.key,
    numbers=("value", "second", "difference", "tolerance"),
)  # fmt: skip
COMPUTED_ONCE = Contract(
    "computed_once", "audit", "the statistics that were not computed twice, and why", (*ARD.key, "why"), ARD.key
)
QUERY_EFFECTS = Contract(
    "query_effects", "audit", "what the open error queries do to the numbers: each that is another without the questioned value, or with it",
    ("query", "what", *ARD.key, "now", "otherwise"), ("query", "what", *ARD.key),
)  # fmt: skip
CLAIMS = Contract(
    "claims", "audit", "published claims with their verdicts",
    ("claim", "source", "label", "quote", "published", "analysis", "recomputed", "verdict", "note"), ("claim",),
)  # fmt: skip
CLAIM_CHECKS = Contract(
    "claim_checks", "audit", "published claims checked among themselves", ("check", "claims", "finding", "verdict")
)  # fmt: skip
ANONYMITY = Contract(
    "anonymity", "audit", "how few participants share what the outputs show of them, and how many small counts there are",
    ("file", "in_crate", "participants", "shows", "k", "alone", "small"), ("file",), whole=("participants", "small"),
)  # fmt: skip
FILES = (
    CHANGES,
    QUERIES,
    REJECTED,
    ROWS,
    CELLS,
    FLOW,
    NO_EFFECT,
    ARD,
    PARTICIPANTS,
    CARDS,
    CURVES,
    CONCORDANCE,
    COMPUTED_ONCE,
    QUERY_EFFECTS,
    CLAIMS,
    CLAIM_CHECKS,
    ANONYMITY,
)
