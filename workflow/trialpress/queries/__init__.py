"""The data manager's round trip: open queries out as a workbook, its answers in as lines of corrections.csv.

| file | idea |
|---|---|
| sheet | what the workbook looks like: its columns, the answers that a query can have |
| workbook | the open queries as a workbook |
| answers | a filled one: each answer against the query, the cell and the names |

Both ways begin with the clean stage, in memory: what is asked and what is answered belong to the records as they are now. An
answer is accepted if the stage, run again with it, uses the new value and asks nothing more about it.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..clean import CleanData, clean
from ..clean.corrections import COLUMNS, read_corrections
from ..clean.register import CORRECTED, NOT_KNOWN, OPEN, answer
from ..errors import InputError, Problem, raise_if
from ..files import write_text
from ..folder import find
from ..study import Study, load_study, preflight
from . import workbook
from .answers import Answer, checked, read_filled

KEPT = "answers that are in it already would be lost"


@dataclass(frozen=True)
class Place:
    """A study's dictionary and where its data lie."""

    study: Study
    data: Path

    @classmethod
    def of(cls, name: str) -> Place:
        """The study of that name below the working directory, or in a folder of its own; InputError if its raw files are not
        there."""
        if (Path(name) / "study.yaml").is_file():
            sources = find(Path(name))
            place = cls(load_study(sources.study), sources.data)
        else:
            place = cls(load_study(Path("config") / name / "study.yaml"), Path("data") / name)
        preflight(place.study, place.data)
        return place

    @property
    def corrections(self) -> Path:
        return self.data / "corrections.csv"

    def cleaned(self, corrections: Path | None = None) -> CleanData:
        """The clean stage; InputError if it loses what it should not lose."""
        data = clean(self.study, self.data / "raw", corrections or self.corrections)
        raise_if(data.losses)
        return data


def ask(name: str, to: Path | None = None) -> str:
    """Write the open queries as a workbook, beside the raw records unless told otherwise; what was done, in words."""
    place = Place.of(name)
    to = to or place.data / "queries.xlsx"
    if to.exists():
        do = "take its answers first, then remove it; or name another file with --out"
        raise InputError([Problem(str(to), "exists", KEPT, do)])
    n, of = workbook.write(place.study, place.cleaned(), place.data / "raw", to)
    said = f"{to}: {n:,} open queries" + (
        f", the first of {of:,}; the others when these are answered" if n < of else ""
    )
    if not place.study.data_managers:
        said += "\nno answer can be taken before study.data_managers in study.yaml says who may answer"
    return said


def take(name: str, filled: Path, today: str) -> str:
    """Check the answers of a filled workbook and append them to corrections.csv; what was done, in words.

    InputError, with every row that is refused, and nothing is written.
    """
    place = Place.of(name)
    before, lines = place.cleaned(), read_corrections(place.corrections, place.study)
    rows = read_filled(filled)
    answers = checked(rows, before, lines, place, today)
    if not answers:
        return f"{filled}: no new answer; {_open(before):,} queries stay open"
    text = appended(place.corrections, lines, answers)
    with tempfile.TemporaryDirectory(prefix="trialpress-") as scratch:
        trial = Path(scratch) / "corrections.csv"
        write_text(text, trial)
        after = place.cleaned(trial)
    raise_if(refused(answers, before, after))
    write_text(text, place.corrections)
    kinds = [answer(one.line) for one in answers]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    said = f"{place.corrections}: {len(answers)} {'answer' if len(answers) == 1 else 'answers'} ({counts}); {_open(after):,} queries stay open"
    asked = set(before.queries["id"])
    new = [row for row in after.queries.itertuples() if row.state == OPEN and row.id not in asked]
    return "\n".join([said, *(f"  new: {row.id} {row.table} {row.key} {row.field}: {row.message}" for row in new)])


def _open(data: CleanData) -> int:
    return int((data.queries["state"] == OPEN).sum())


def appended(path: Path, lines: Sequence[dict], answers: Sequence[Answer]) -> str:
    """corrections.csv with the answers below its lines, and with all of its columns."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows([*lines, *(one.line for one in answers)])
    return out.getvalue()


def refused(answers: Sequence[Answer], before: CleanData, after: CleanData) -> list[Problem]:
    """The answers that the dictionary does not allow: with them the clean stage clears the new value, rejects its row or asks
    the same again."""
    cleared = {
        (entry["file"], entry["row"], entry["field"]): entry["message"] for entry in after.asked if entry.get("cleared")
    }
    still = {row.id: row.message for row in after.queries.itertuples() if row.state == OPEN}
    known = set(zip(before.rejected["file"], before.rejected["row"], strict=True))
    lost = {(row.file, row.row): row.reason for row in after.rejected.itertuples() if (row.file, row.row) not in known}
    problems = []
    for one in answers:
        entry, new = one.entry, one.line["new"]
        at = (entry["file"], entry["row"])
        if answer(one.line) == CORRECTED and (*at, entry["field"]) in cleared:
            message = cleared[(*at, entry["field"])]
            problems.append(
                one.problem(f"the new value '{new}' does not fit: {message}", "give a value that study.yaml allows")
            )
        elif answer(one.line) in (CORRECTED, NOT_KNOWN) and at in lost:
            problems.append(
                one.problem(
                    f"with this answer its row is rejected: {lost[at]}", "give a value with which the row can stay"
                )
            )
        elif one.line["query"] in still:
            message = still[one.line["query"]]
            problems.append(
                one.problem(f"with this answer the same is asked again: {message}", "answer what it asks about")
            )
    return problems
