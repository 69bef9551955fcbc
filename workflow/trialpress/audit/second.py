"""What the second computation gave, in words for the terminal, the page and the manuscript, and as it was on record.

A manuscript has the same bytes on every machine, and R is not on every machine: it prints what second.lock beside plan.yaml holds,
which `make record` writes, and only while the statistics are those that it speaks of. The page and the terminal speak of their run.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd
import yaml

from ..contracts import ARD, COMPUTED_ONCE, CONCORDANCE
from ..errors import raise_if
from ..files import read_json, write_text
from ..study import load_yaml, schema_problems
from .concordance import DIFFERS

FILE = "second.lock"
RESAMPLED = 1e-3  # a wider tolerance is that of a resampling with random numbers of its own
NONE = "No second computation of these results is on record; the audit page has that of its run"


@dataclass(frozen=True)
class Outcome:
    """results: hash of the statistics as they are printed; by: software -> version; largest: relative difference, without resampled
    statistics; once: reason -> analysis -> how many statistics have no second value for it."""

    results: str
    by: Mapping[str, str]
    statistics: int
    compared: int
    differ: int
    largest: float
    once: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def how(self) -> str:
        """'R 4.2.2, survival 3.5.3; largest relative difference 9e-10'."""
        by = ", ".join(f"{name} {version}" for name, version in self.by.items())
        return f"{by}; largest relative difference {self.largest:.0e}" if self.compared else by

    @property
    def text(self) -> str:
        """All of it in sentences.

        >>> print(Outcome("", {"R": "4.2.2"}, 12, 10, 0, 9e-10, {"not estimable": {"os": 2}}).text)
        10 of 12 statistics were computed a second time, and all agree (R 4.2.2; largest relative difference 9e-10). Not a second time: os 2 (not estimable).
        """
        agree = "all agree" if not self.differ else f"{self.differ:,} differ"
        rest = "; ".join(f"{_listed(counts)} ({why})" for why, counts in self.once.items())
        return (
            f"{self.compared:,} of {self.statistics:,} statistics were computed a second time, and {agree} ({self.how})."
            + (f" Not a second time: {rest}." if rest else "")
        )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in counts.items())


def printed(ard: pd.DataFrame) -> str:
    """The hash of the statistics as they are printed: last digits, which differ between machines, are not in it."""
    text = ard[[*ARD.key, "display"]].astype(str).to_csv(index=False, lineterminator="\n")
    return f"sha256:{hashlib.sha256(text.encode('utf-8')).hexdigest()}"


def outcome(folder: Path) -> Outcome:
    """That of the run in results/<study>/."""
    ard, found, rest = (
        file.read(folder / room) for file, room in ((ARD, "analysis"), (CONCORDANCE, "audit"), (COMPUTED_ONCE, "audit"))
    )
    gaps = found.loc[found["verdict"].ne(DIFFERS) & found["tolerance"].astype(float).lt(RESAMPLED), "difference"]
    once = {
        why: {name: int(n) for name, n in rows["analysis"].value_counts(sort=False).items()}
        for why, rows in rest.groupby("why")
    }
    return Outcome(
        printed(ard), read_json(folder / "audit" / "second_opinion.json"), len(ard), len(found),
        int(found["verdict"].eq(DIFFERS).sum()), float(gaps.astype(float).max()) if len(gaps) else math.nan, once,
    )  # fmt: skip


def read(plan: Path) -> Outcome | None:
    """What is on record beside a plan.yaml; None without a record. InputError if it cannot be read."""
    path = plan.with_name(FILE)
    if not path.is_file():
        return None
    content = load_yaml(path)
    raise_if(schema_problems(path, content, "second"))
    return Outcome(**content)


def on_record(plan: Path, ard: pd.DataFrame) -> str:
    """What a manuscript says: the record, if it is of these statistics."""
    found = read(plan)
    return found.text.rstrip(".") if found and found.results == printed(ard) else NONE


def keep(plan: Path, folder: Path) -> bool:
    """Put the outcome of a run on record; whether that has changed it. R's is not replaced by that of a machine without R."""
    now, old = outcome(folder), read(plan)
    if old and old.results == now.results and ("R" in old.by) > ("R" in now.by):
        return False
    rounded = {**asdict(now), "largest": float(f"{now.largest:.0e}")} if now.compared else asdict(now)
    text = yaml.safe_dump(rounded, sort_keys=False, allow_unicode=True, width=10**6)
    text = f"# Written by `make record`; not to be edited by hand.\n{text}"
    path = plan.with_name(FILE)
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    write_text(text, path)
    return True
