"""The answers of a filled workbook, each against its query, the cell that it was asked about and the names that may answer.

What a spreadsheet program has saved (xlsx, ods, xls, CSV of the sheet) is read as raw files are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..clean.corrections import Line, is_date
from ..clean.read import BLANK, Cell, read
from ..clean.register import CLOSED, CONFIRMED, CORRECTED, NOT_KNOWN, answer, ids
from ..clean.withheld import shown
from ..errors import InputError, Problem, nearest, raise_if
from ..files import sha256
from ..study import File
from ..text import normalise
from .sheet import ANSWERED, COMPARED, FILES, GIVEN, QUERIES, answers, column, given, withheld

if TYPE_CHECKING:
    from . import CleanData, Place

WHY = "an answer that is not complete, or was given for something else, would change the records unseen"
TO_BE_READ = ("Query", *COMPARED, *(name for name, _ in ANSWERED))


@dataclass(frozen=True)
class Filled:
    """A filled sheet. rows: (number, header -> cell); files: raw file -> its hash when the sheet was made."""

    path: Path
    rows: Sequence[tuple[int, Mapping[str, Cell]]]
    files: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """An answer: where it stands, the query that it answers, and the line of corrections.csv that says it."""

    where: str
    entry: Mapping
    line: Line

    def problem(self, what: str, do: str) -> Problem:
        return Problem(self.where, what, WHY, do)


def read_filled(path: Path) -> Filled:
    """A filled workbook; InputError if it cannot be read or is no sheet of queries."""
    headers, rows = _sheet(path, QUERIES)
    if lacking := [name for name in TO_BE_READ if name not in headers]:
        do = "fill in the workbook that `trialpress queries` has written, and leave its columns as they are"
        raise InputError([Problem(str(path), f"has no column {', '.join(lacking)}", WHY, do)])
    try:
        files = _sheet(path, FILES)[1]
    except InputError:
        files = []  # a sheet saved by itself
    return Filled(
        path, rows, {row["File"].text: row["SHA-256"].text for _, row in files if {"File", "SHA-256"} <= set(row)}
    )


def _sheet(path: Path, name: str) -> tuple[list[str], list[tuple[int, dict[str, Cell]]]]:
    if not path.is_file():
        raise InputError([Problem(str(path), "does not exist", WHY, "name the filled workbook")])
    raw = read(path, File("answers", path.name, sheet=name, short_rows="pad"))
    headers = [raw.header(at) for at in range(len(raw.headers))]
    rows = [(number, {}) for number in raw.numbers.tolist()]
    for header, column_ in zip(headers, raw.columns, strict=True):
        for (_, row), code in zip(rows, column_.codes.tolist(), strict=True):
            row.setdefault(header, column_.cells[code])
    return headers, rows


def checked(filled: Filled, data: CleanData, lines: Sequence[Line], place: Place, today: str) -> list[Answer]:
    """The answers that are not in `lines` yet; InputError with every row that is refused."""
    reader = _Reader(filled, data, lines, place, today)
    found = [one for number, row in filled.rows if (one := reader.answer(number, row))]
    raise_if(reader.problems)
    return found


class _Reader:
    def __init__(self, filled: Filled, data: CleanData, lines: Sequence[Line], place: Place, today: str):
        self.filled, self.study, self.place, self.today = filled, place.study, place, today
        self.asked = dict(zip(ids(data.asked), data.asked, strict=True))
        self.closed = set(data.queries.loc[data.queries["state"] == CLOSED, "id"])
        self.known = {line["query"]: line for line in lines if line["query"]}
        self.cells = {_cell(line): line for line in lines if answer(line) != CONFIRMED}
        self.seen: dict[str, int] = {}
        self.problems: list[Problem] = []

    def answer(self, number: int, row: Mapping[str, Cell]) -> Answer | None:
        """The answer of a row; None if it has none, if it is known already, or with a problem."""
        where = f"{self.filled.path}, sheet {QUERIES}, row {number}"
        said = {name: normalise(row.get(name, BLANK).text) for name, _ in ANSWERED}
        said["New value"] = row.get("New value", BLANK).text.strip()
        name = normalise(row.get("Query", BLANK).text)
        if not any(said.values()):
            return None
        if (before := self.known.get(name)) and self.same(before, said):
            return None
        problems = list(self.unasked(number, name)) or list(self.wrong(row, said, name))
        self.problems += [Problem(where, what, WHY, do) for what, do in problems]
        if problems:
            return None
        entry, word = self.asked[name], said["Answer"]
        old = entry.get("raw", entry["value"])
        line = {
            "table": entry["table"], "key": entry["key"], "field": entry["field"], "old": old,
            "new": {CORRECTED: said["New value"], CONFIRMED: old, NOT_KNOWN: ""}[word], "reason": said["Reason"],
            "by": said["Name"], "date": _day(said["Date"]), "query": name, "question": entry["message"],
        }  # fmt: skip
        other = self.cells.setdefault(_cell(line), line) if word != CONFIRMED else line
        if normalise(other["new"]) != normalise(line["new"]):
            new = shown(column(self.study, entry), other["new"])
            what = f"the cell has another correction already, to '{new}'"
            self.problems.append(
                Problem(where, what, WHY, f"keep one of the two; change it in {self.place.corrections}")
            )
            return None
        return Answer(where, entry, line)

    def same(self, line: Line, said: Mapping[str, str]) -> bool:
        new = "" if answer(line) == CONFIRMED else normalise(line["new"])
        told = (answer(line), new, line["reason"], line["by"], line["date"])
        return told == (said["Answer"], normalise(said["New value"]), said["Reason"], said["Name"], _day(said["Date"]))

    def unasked(self, number: int, name: str) -> Iterator[tuple[str, str]]:
        """(what is wrong, what to do) where there is nothing to answer."""
        before = self.seen.setdefault(name, number)
        if before != number:
            yield f"answers {name}, which row {before} answers, too", "keep one of the two rows"
        elif name in self.closed:
            line = self.known[name]
            yield (f"{name} was answered by {line['by']} on {line['date']}: {answer(line)}",
                   f"leave the row empty; or change the answer in {self.place.corrections}")  # fmt: skip
        elif name not in self.asked:
            yield f"'{name}' is no query of these records", "write the open queries anew and answer those"

    def wrong(self, row: Mapping[str, Cell], said: Mapping[str, str], name: str) -> Iterator[tuple[str, str]]:
        entry = self.asked[name]
        yield from self.other_cell(row, entry, name)
        word, new, old = said["Answer"], said["New value"], entry.get("raw", entry["value"])
        possible = answers(entry)
        if not word:
            yield (
                "has no answer, and something beside it",
                f"choose one of {', '.join(possible)}" if possible else "empty the row",
            )
        elif word not in (CORRECTED, CONFIRMED, NOT_KNOWN):
            yield f"has the answer '{word}'", nearest(word, (CORRECTED, CONFIRMED, NOT_KNOWN))
        elif word not in possible:
            yield _impossible(word, entry)
        elif word == CORRECTED and not new:
            yield "is corrected to nothing", f"write the new value; or choose {NOT_KNOWN}"
        elif word == CORRECTED and normalise(new) == normalise(old):
            yield "is corrected to what it was", f"write the new value; or choose {CONFIRMED}"
        elif word == NOT_KNOWN and not normalise(old):
            yield "is missing already", f"choose {CONFIRMED} if that is so"
        elif word != CORRECTED and new:
            yield f"is {word} and has the new value '{new}'", f"choose {CORRECTED}, or empty the new value"
        for header, _ in ANSWERED:
            cell = row.get(header, BLANK)
            if cell.kind in ("formula", "error"):
                yield f"holds no value under {header} ({cell.text})", "write it as a text"
            elif header == "New value" and cell.shown and cell.kind != "text":
                yield (
                    f"shows {cell.shown} under {header} and holds {cell.text}",
                    "format the cell as text and type it again",
                )
        yield from self.unsigned(said)

    def other_cell(self, row: Mapping[str, Cell], entry: Mapping, name: str) -> Iterator[tuple[str, str]]:
        """An answer was given for what the sheet said; the records say the same, or it is refused."""
        now = dict(zip((header for header, _ in GIVEN), given(self.study, name, entry), strict=True))
        do = "write the open queries anew and answer those; what is locked is not to be changed"
        for header in COMPARED:
            then = row.get(header, BLANK).text
            if normalise(then) != normalise(now[header]):
                yield f"{header} is '{then}' in the sheet and '{now[header]}' in the records", do
        if withheld(self.study, entry):
            raw = (self.place.data / "raw" / entry["file"]).read_bytes()
            if self.filled.files.get(entry["file"]) != sha256(raw):
                yield (
                    f"is about a value that is not shown, of {entry['file']}, which is not the file that the sheet was made from",
                    do,
                )

    def unsigned(self, said: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        if not said["Reason"]:
            yield "has no reason", "write where the answer comes from"
        names = self.study.data_managers
        if not said["Name"]:
            yield "has no name", f"choose one of {', '.join(names)}" if names else "write who answers"
        elif said["Name"] not in names:
            yield f"is answered by '{said['Name']}', who may not answer", nearest(said["Name"], names) + "; or add the name to study.data_managers in study.yaml"  # fmt: skip
        day = _day(said["Date"])
        if not is_date(day):
            yield f"has the date '{said['Date']}'" if day else "has no date", "write it as 2026-01-31"
        elif day > self.today:
            yield f"has the date {day}, which is yet to come", "write the day of the answer"


def _impossible(word: str, entry: Mapping) -> tuple[str, str]:
    if word == CONFIRMED:
        return ("confirms a value that cannot be used: it would be missing in every result",
                f"answer {CORRECTED} or {NOT_KNOWN}; if the value is right, study.yaml has to allow it")  # fmt: skip
    if entry.get("once"):
        return (
            "stands for all rows with this text",
            "correct them in corrections.csv, or declare the text in study.yaml",
        )
    return (
        f"is no cell that can be {word}",
        f"choose {CONFIRMED}, or correct the cells that it is about by their own queries",
    )


def _cell(line: Line) -> tuple[str, ...]:
    return line["table"], line["key"], line["field"], normalise(line["old"])


def _day(text: str) -> str:
    """A day without the midnight that a spreadsheet adds."""
    return text.removesuffix("T00:00:00")
