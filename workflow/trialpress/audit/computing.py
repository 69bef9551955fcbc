"""Who computes a second time: R with its package survival, one process for all analyses (concordance.R), and plain Python
(plain/) what R leaves; where R is not there, all of it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..analysis import Data
from ..contracts import CONCORDANCE
from ..results import Results
from ..store import Store
from . import plain
from .exports import export
from .kept import Kept, any_kept

KEY = list(CONCORDANCE.key)
SCRIPT = Path(__file__).with_name("concordance.R")
SOURCE = "source(commandArgs(TRUE)[2], keep.source = FALSE)"  # as its own file Rscript reads it twenty times as long
LONGEST = 1800  # seconds that R may take
FOUND = [*KEY, "second", "tolerance", "implementation"]


@dataclass(frozen=True)
class Answer:
    """second: the statistics that were computed again; versions: of what computed them; failed: analysis -> why it stopped."""

    second: pd.DataFrame
    versions: dict[str, str]
    failed: dict[str, str]


NOTHING = Answer(pd.DataFrame(columns=FOUND), {}, {})


class Second:
    """R at work beside this process: started at once, while its data are written, and asked for its answer later; plain Python
    computes what R has left."""

    def __init__(
        self, results: Results, analysed: Iterable[tuple[str, Data]] | None = None, store: Store | None = None
    ):
        """analysed: all analyses with what they work on, if somebody has it; store: what was computed of the same is taken from."""
        self.results = results
        self.folder = tempfile.TemporaryDirectory(prefix="trialpress-second-")
        every = ((name, results.analysed(name)) for name in results.plan.analyses)
        folder = Path(self.folder.name)
        self.process = None if any_kept(store) else _r(folder)
        try:
            exported = export(results, folder, every if analysed is None else analysed)
            self.kept = Kept(store, results.plan, exported) if store else None
            self.left = self.kept.narrow(folder) if self.kept else True
        except BaseException:
            self._end()
            raise
        if not self.left:
            self._end()
        elif self.process is None:
            self.process = _r(folder)
        if self.process:
            with suppress(BrokenPipeError):  # R has stopped; `found` says why
                self.process.stdin.write("\n")
                self.process.stdin.flush()

    def _end(self) -> None:
        """Nothing is asked of R."""
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def found(self) -> Answer:
        """What came of it. What R says goes to the log."""
        with self.folder:
            now = self._found(Path(self.folder.name)) if self.left else NOTHING
        if not self.kept:
            return now
        return Answer(*self.kept.whole(now.second, now.versions, now.failed), now.failed)

    def _found(self, folder: Path) -> Answer:
        by_r = self._by_r(folder) if self.process else NOTHING
        rows, failed = plain.second(folder, by_r.second.to_dict("records"), unanswered(self.results, by_r.second))
        parts = [part for part in (by_r.second, pd.DataFrame(rows, columns=FOUND)) if not part.empty]
        second = pd.concat(parts, ignore_index=True) if parts else NOTHING.second
        versions = by_r.versions | (plain.versions() if rows or not self.process else {})
        return Answer(second, versions, failed | by_r.failed)

    def _by_r(self, folder: Path) -> Answer:
        ended, failed = "", {}
        try:
            said, _ = self.process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            self.process.kill()
            said, _ = self.process.communicate()
            ended = f"R was ended after {LONGEST} s"
        print(said, end="")
        there = (folder / "second.csv").exists()
        if ended or not there:
            last = next((line for line in reversed(said.splitlines()) if line.strip()), "R gave no answer")
            print(why := ended or f"R stopped: {last.strip()}")
            failed = dict.fromkeys(self.results.plan.analyses, why)
        if not there:
            return Answer(NOTHING.second, {}, failed)
        second, known, stopped = (
            pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
            for name in ("second", "versions", "failed")
        )
        return Answer(second, dict(known.to_numpy().tolist()), dict(stopped.to_numpy().tolist()))


def _r(folder: Path) -> subprocess.Popen | None:
    """R, which waits for a line before it reads what is in the folder; nothing where it is not."""
    if not shutil.which("Rscript"):
        return None
    command = ["Rscript", "--vanilla", "-e", SOURCE, str(folder), str(SCRIPT)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True)


def unanswered(results: Results, second: pd.DataFrame) -> set[str]:
    """The analyses that have a statistic without a second value."""
    both = results.ard[KEY].merge(second[KEY].assign(there=True), on=KEY, how="left")
    return set(both.loc[both["there"].isna(), "analysis"])
