"""Seeded changes of raw cells, corrections, the plan and the code, each run and compared: is every number that moves attributed to its change
and to nothing else?

PYTHONPATH=workflow:tests python tests/seeded_changes.py [--n 30] [--seed 1] [--study low-dose-cd19]: a table in Markdown; status 1
if a number that moved names another cause, or none.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from compare.runs import ROOT, run, sources
from trialpress.compare import compare
from trialpress.compare.causes import Cause
from trialpress.compare.sides import Side
from trialpress.errors import InputError, Problem

HEAD = "| change | numbers moved | attributed to it alone | else |\n|:--|--:|--:|:--|"
ABOUT = """# Why numbers moved: seeded changes

Written by `make seeded-changes`: {n} changes of the code, the plan, signed-off corrections and raw cells of {study} (seed {seed}),
one at a time. Each is run and compared with the run before (`trialpress compare`); a number counts as attributed if the change
alone is named, beside the participants who entered or left.
"""
DELIMITERS = {".csv": ",;", ".tsv": "\t", ".txt": "\t|;,"}
PLAN = (  # (entry, text of the plan, its replacement)
    ("analyses.os.at", "os: {method: kaplan_meier, population: infused, endpoint: os, at: [6, 12]", "os: {method: kaplan_meier, population: infused, endpoint: os, at: [6, 9]"),
    ("analyses.crs_severe.event", "crs_severe: {method: proportion, population: infused, event: crs_astct >= 3", "crs_severe: {method: proportion, population: infused, event: crs_astct >= 2"),
    ("analyses.male_rr.event", "male_rr: {method: proportion, population: rr_infused, event: sex == 'M'", "male_rr: {method: proportion, population: rr_infused, event: sex == 'F'"),
    ("analyses.seizure_all.population", "seizure_all: {method: proportion, population: infused", "seizure_all: {method: proportion, population: rr_infused"),
    ("analyses.lfs_restricted_mean.until", "until: 12, unit: months, label: Leukaemia-free survival within 12", "until: 6, unit: months, label: Leukaemia-free survival within 12"),
    ("analyses.hct_of_remission.population", "hct_of_remission: {method: proportion, population: responders", "hct_of_remission: {method: proportion, population: infused"),
    ("analyses.exposure.until", "by: remission, until: 28", "by: remission, until: 21"),
)  # fmt: skip


CODE = (  # (file of the package, its text, what stands there instead)
    ("stats/description.py", "sd = known.std(ddof=1)", "sd = known.std(ddof=0)"),
    ("stats/description.py", "[0.5, 0.25, 0.75]", "[0.5, 0.2, 0.8]"),
    ("stats/kinetics.py", "sd = log.std(ddof=1)", "sd = log.std(ddof=0)"),
    ("stats/resampling.py", "figures = (estimate, replicates.std(ddof=1), low, high)", "figures = (estimate, replicates.std(ddof=0), low, high)"),
    ("stats/survival.py", "relative = np.sqrt(np.cumsum(greenwood))", "relative = 1.1 * np.sqrt(np.cumsum(greenwood))"),
)  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A change: what it is, how it is made, and whether a cause is it."""

    kind: str
    what: str
    edit: Callable[[Path], None]
    is_it: Callable[[Cause], bool]

    def run(self, project: Path) -> Path:
        """The results after the change; one of the code runs in a process of its own, from a copy of the package."""
        if self.kind != "code":
            return run(project, self.edit)
        shutil.copytree(ROOT / "workflow", project / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
        self.edit(project)
        script = (
            f"import sys; from pathlib import Path; from compare.runs import run; print(run(Path({str(project)!r})))"
        )
        paths = os.pathsep.join([str(project / "workflow"), str(ROOT / "tests")])
        done = subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
        )
        if done.returncode:
            raise InputError([Problem("the code", done.stderr.strip().splitlines()[-1], "", "")])
        return Path(done.stdout.strip().splitlines()[-1])


def cells(raw: Path, chance: random.Random) -> Iterator[Seed]:
    """Numbers and dates of the text files of raw records, one changed at a time."""
    files = sorted(path for path in raw.iterdir() if path.suffix in DELIMITERS)
    while True:
        path = chance.choice(files)
        lines = path.read_bytes().decode("latin-1").split("\n")  # bytes, whatever the encoding
        delimiter = max(DELIMITERS[path.suffix], key=lines[0].count)
        at = chance.randrange(1, len(lines))
        parts = lines[at].split(delimiter)
        wanted = [i for i, cell in enumerate(parts) if i and changed(cell) != cell]
        if not wanted:
            continue
        column = chance.choice(wanted)
        old, new = parts[column], changed(parts[column])

        def edit(project: Path, name=path.name, at=at, column=column, new=new, delimiter=delimiter) -> None:
            (found,) = (project / "data").glob(f"*/raw/{name}")
            held = found.read_bytes().decode("latin-1").split("\n")
            parts = held[at].split(delimiter)
            parts[column] = new
            held[at] = delimiter.join(parts)
            found.write_bytes("\n".join(held).encode("latin-1"))

        def is_it(cause: Cause, where=f"{path.name}, row {at + 1}") -> bool:
            return cause.kind in ("cell", "row") and re.search(rf"{re.escape(where)}\b", cause.where) is not None

        yield Seed("cell", f"{path.name}, row {at + 1}: {old} -> {new}", edit, is_it)


def changed(cell: str) -> str:
    """A number a quarter larger, a date eleven days later; anything else as it is.

    >>> changed("36.6"), changed("8"), changed("2016-12-28"), changed("LD-001")
    ('45.8', '10', '2017-01-08', 'LD-001')
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return (datetime.date.fromisoformat(cell) + datetime.timedelta(days=11)).isoformat()
    if re.fullmatch(r"\d+(\.\d+)?", cell):
        digits = len(cell.partition(".")[2])
        return f"{float(cell) * 1.25 + (0 if digits else 0.5):.{digits}f}" if float(cell) else cell
    return cell


def corrections(path: Path) -> Iterator[Seed]:
    """Each signed-off correction taken back."""
    rows = list(csv.reader(StringIO(path.read_text(encoding="utf-8"))))
    for number, (table, key, field, *_) in enumerate(rows[1:], start=1):

        def edit(project: Path, number=number) -> None:
            (found,) = (project / "data").glob("*/corrections.csv")
            lines = found.read_text(encoding="utf-8").splitlines(keepends=True)
            found.write_text("".join(lines[:number] + lines[number + 1 :]), encoding="utf-8")

        def is_it(cause: Cause, where=f"{table}.{field} of {key} ") -> bool:
            return cause.kind == "correction" and cause.where.startswith(where)

        yield Seed("correction", f"{table}.{field} of {key} taken back", edit, is_it)


def plans() -> Iterator[Seed]:
    for entry, old, new in PLAN:

        def edit(project: Path, old=old, new=new) -> None:
            (found,) = (project / "config").glob("*/plan.yaml")
            text = found.read_text(encoding="utf-8")
            assert text.count(old) == 1, old
            found.write_text(text.replace(old, new), encoding="utf-8")

        def is_it(cause: Cause, entry=entry) -> bool:
            return cause.kind == "plan" and cause.where == entry

        yield Seed("plan", entry, edit, is_it)


def code() -> Iterator[Seed]:
    for name, old, new in CODE:

        def edit(project: Path, name=name, old=old, new=new) -> None:
            path = project / "workflow" / "trialpress" / name
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, (name, old)
            path.write_text(text.replace(old, new), encoding="utf-8")

        def is_it(cause: Cause, name=name) -> bool:
            return cause.kind == "code" and name in cause.text

        yield Seed("code", f"{name}: {new}", edit, is_it)


def seeds(study: str, n: int, seed: int, root: Path) -> list[Seed]:
    """n changes: a sixth of the code, as many of the plan as there are, a fourth of corrections, the rest of cells."""
    data = root / "data" / study
    found = list(code())[: n // 6]
    found += list(plans())[: n // 4] if study == "low-dose-cd19" else []
    found += list(corrections(data / "corrections.csv"))[: n // 4] if (data / "corrections.csv").is_file() else []
    chosen = cells(data / "raw", random.Random(seed))
    return [*found, *(next(chosen) for _ in range(n - len(found)))]


def verdict(one: Seed, before: Side, study: str, scratch: Path) -> tuple[int, int, str]:
    """(numbers that moved, of them those with this cause and no other, what else was named)."""
    try:
        after = Side("after", one.run(sources(study, scratch)))
    except InputError as error:
        return 0, 0, f"refused: {str(error).splitlines()[1]}"
    found, good, other = compare(before, after), 0, []
    for moved in found.moved:
        causes = [cause for cause in moved.causes if cause.kind not in ("left", "entered")]
        wrong = [cause for cause in causes if not one.is_it(cause)]
        good += bool(causes) and not wrong
        other += [f"{moved.id}.{moved.statistic}: {cause.kind} {cause}" for cause in wrong] or (
            [] if causes else [f"{moved.id}: none"]
        )
    return len(found.moved), good, "; ".join(other[:3])


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--n", type=int, default=30)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--study", default="low-dose-cd19")
    asked.add_argument("--markdown", type=Path, help="a page for the table")
    given = asked.parse_args()
    right, lines = True, [HEAD]
    with tempfile.TemporaryDirectory() as scratch:
        project = sources(given.study, Path(scratch) / "before")
        before = Side("before", run(project))
        print(HEAD, flush=True)
        for number, one in enumerate(seeds(given.study, given.n, given.seed, project)):
            moved, good, other = verdict(one, before, given.study, Path(scratch) / str(number))
            right &= good == moved
            lines.append(f"| {one.kind}: {one.what} | {moved} | {good} | {other} |")
            print(lines[-1], flush=True)
    if given.markdown:
        about = ABOUT.format(n=given.n, study=given.study, seed=given.seed)
        given.markdown.write_text("\n".join([about, *lines]) + "\n", encoding="utf-8")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
