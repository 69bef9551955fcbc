"""From raw cells to typed values, with the rules that were applied on the way.

`Parser` reads one cell as its column asks. It never raises: a cell that does not fit is a `problem` in words, and what
was repaired is named in `rules`, which end in changes.csv. Only distinct cells are read, so it may take its time.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from ...bounded import bounded
from ...errors import InputError, Problem
from ...study import Column, File
from ...text import fold, normalise, number_text, plain, round_significant, spelling, text_of, unit_form
from ..read.raw import Cell
from .codes import CodeList
from .dates import MIDNIGHT, How, parse_date, parse_datetime, parse_duration, parse_time, seconds_to
from .numbers import parse_number, whole
from .reading import MISFIT, Question, Reading, missing_rule

__all__ = ["MISFIT", "Parser", "Question", "Reading", "fold", "normalise", "number_text", "plain", "round_significant", "text_of",
           "unit_form"]  # fmt: skip
_NUMERIC = re.compile(r"[-+]?\d+(\.\d+)?")
_PLAIN = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?", re.ASCII)
TOGETHER = 500  # cells
_ZEROS = "leading zeros as shown"
_HELD = {"date": "a date", "datetime": "a date", "time": "a time", "duration": "a duration"}


def _holds(shown: str, stored: str) -> bool:
    """Whether what a number format shows holds the digits that are stored: A-001 and 123-45-6789 do, 35% of 0.35 does not."""
    apart = re.search(rf"(?<![\d.])0*{re.escape(stored)}(?![\d.])", shown)
    return bool(apart) or (stored.isdigit() and re.sub(r"\D", "", shown).endswith(stored))


class Parser:
    """Reads the cells of one column. units: unit texts that the column may meet; labels: the file's value labels; commas: whether
    its cells show that the comma is their decimal sign."""

    def __init__(
        self, column: Column, file: File, missing: Mapping[str, str], *, units: Iterable[str] = (),
        date_1904: bool = False, serials: bool = True, labels: Mapping[str, str] | None = None,
        commas: bool = False,
    ):  # fmt: skip
        self.column = column
        self.missing = {normalise(text): missing_rule(why) for text, why in {**missing, **column.missing}.items()}
        self.labels = labels or {}
        codes = {label: (value,) for value, label in self.labels.items()} if column.codes_from_file else column.codes
        self.codes = CodeList(codes)
        numbers = {float(text): rule for text, rule in self.missing.items() if _NUMERIC.fullmatch(text)}
        self.missing_numbers = {number: rule for number, rule in numbers.items() if number not in self.codes.numbers}
        self.limits = {normalise(written): float(value) for written, value in column.limit_text.items()}
        decimal, grouping = column.decimal or file.decimal, column.grouping or file.grouping
        forms = frozenset(map(unit_form, units))
        commas = commas and not decimal and not grouping
        self.number = partial(parse_number, decimal=decimal, grouping=grouping, units=forms, commas=commas)
        strange = column.ignore or column.rewrite or column.pattern or "," in decimal or "." in grouping or commas
        self.quick = column.type == "number" and not strange
        self.longest = file.limits.value if column.type != "text" or column.pattern else file.limits.cell
        self.seconds = file.limits.pattern_seconds if column.ignore or column.rewrite or column.pattern else 0
        self.file = file
        self.percent = "%" in forms
        self.how = How(column.date_order or file.date_order, file.two_digit_years, date_1904, serials)

    def __call__(self, cell: Cell) -> Reading:
        with self._clock(cell):
            return self._checked(cell)

    def _checked(self, cell: Cell) -> Reading:
        if len(cell.text) > self.longest and not cell.text.isspace():
            what = f"has {len(cell.text)} characters, more than the {self.longest} that a value may have (limits in study.yaml)"
            return Reading(problem=what)
        return self._read(cell)

    def all(self, cells: Iterable[Cell]) -> list[Reading]:
        """The readings of cells. A clock is set for some hundred of them, and for each only where these take too long."""
        cells, found = list(cells), []
        for start in range(0, len(cells), TOGETHER):
            some = cells[start : start + TOGETHER]
            try:
                with self._clock(some[0]):
                    found += [self._checked(cell) for cell in some]
            except InputError:
                found += map(self, some)
        return found

    def _clock(self, cell: Cell) -> AbstractContextManager:
        """The time that a cell, or some with this one first, may take."""
        return bounded(self.seconds, self._endless(cell)) if self.seconds else nullcontext()

    def _endless(self, cell: Cell) -> Problem:
        shown = "" if self.column.identifier else f": '{cell.text[:80]}'"
        what = f"a regular expression of the column '{self.column.name}' takes longer than {self.seconds:g} s on one cell{shown}"
        do = "write it so that it has one way to match: no repetition within a repetition; or raise limits.pattern_seconds"
        return Problem(self.file.path, what, "the run would not end", do)

    def _read(self, cell: Cell) -> Reading:
        column, kind = self.column, cell.kind
        if kind == "text" and self.quick and _PLAIN.fullmatch(cell.text):
            value = float(cell.text)  # most cells
            return Reading(rules=(self.missing_numbers[value],)) if value in self.missing_numbers else Reading(value)
        text, rules = normalise(cell.text), spelling(cell.text)
        if text == "":
            return Reading(rules=("blank",) if cell.text else ())
        if kind == "missing":
            return Reading(rules=(f"missing value {text}" + (f" ({cell.shown})" if cell.shown else ""),))
        doubt = ""
        if kind == "number" and column.type in ("id", "text") and cell.shown != self.labels.get(cell.text, ""):
            seen = normalise(cell.shown)
            if _holds(seen, text) and (column.type == "id" or seen.isdigit()):
                text, rules, kind = seen, (_ZEROS if seen.isdigit() else "as shown",), "text"
            elif column.type == "id":
                said = "another text than it holds" if column.identifier else f"{seen} and holds {text}"
                doubt = f"the cell shows {said}; what it holds is read"
        declared = column.type == "code" and text in self.codes.exact
        if not declared and (rule := self.missing.get(text) or self._missing_number(text)):
            return Reading(rules=(rule,))
        if kind == "error":
            return Reading(problem=f"holds the error {text}")
        if kind == "formula":
            return Reading(problem=f"holds a formula without a stored value ({text})")
        for written, value in self.limits.items():
            if fold(text) == fold(written):
                return Reading(value, (*rules, "limit of quantification"), limit="<")
        if column.ignore:
            shorter = normalise(re.sub(column.ignore, "", text))
            rules += ("ignored text removed",) if shorter != text else ()
            text = shorter
        rewritten = text
        for pattern, replacement in column.rewrite.items():
            rewritten = re.sub(pattern, replacement, rewritten)
        if rewritten != text:
            text, rules, kind = (
                rewritten,
                (*rules, "canonical form of the id" if column.type == "id" else "rewritten"),
                "text",
            )
        reading = self._typed(text, cell if kind == cell.kind else Cell(text))
        value = reading.value
        if column.pattern and value is not None and not re.fullmatch(column.pattern, text_of(value, column.type)):
            reading = Reading(problem=f"'{text}' does not have the form {column.pattern}")
        reading = reading.asking("warning", doubt, once=True) if doubt else reading
        return reading._replace(rules=(*rules, *reading.rules)) if rules else reading

    def _missing_number(self, text: str) -> str:
        if not self.missing_numbers or not _NUMERIC.fullmatch(text := text.replace("\u2212", "-")):
            return ""
        if self.column.type in ("id", "text") and re.match(r"[-+]?0\d", text):
            return ""  # 099 is not 99
        return self.missing_numbers.get(float(text), "")

    def _typed(self, text: str, cell: Cell) -> Reading:
        match self.column.type:
            case "number" | "integer":
                return self._number(text, cell)
            case "date":
                return self._moment(parse_date, text, cell)
            case "datetime":
                return self._datetime(text, cell)
            case "time":
                if cell.kind in ("date", "datetime", "duration"):
                    return Reading(problem=f"holds {_HELD[cell.kind]} ({text}), not a time of day")
                return parse_time(text, cell.kind == "number")
            case "duration":
                if cell.kind in ("duration", "time"):
                    seconds = float(text) if cell.kind == "duration" else parse_duration(text, "s").value
                    return Reading(seconds_to(seconds, self.column.unit), (f"duration in {self.column.unit}",))
                return parse_duration(text, self.column.unit)
            case "code":
                return self.codes(text, normalise(cell.shown))
        if cell.kind in ("date", "datetime"):
            return Reading(text).asking(
                "warning", f"the workbook holds the date {text} in a column of texts", once=True
            )
        return Reading(text)

    def _number(self, text: str, cell: Cell) -> Reading:
        if cell.kind in _HELD:
            return Reading(problem=f"holds {_HELD[cell.kind]} ({text}), not a number")
        if cell.kind == "number":
            reading = self._stored(text, cell)
        else:
            reading = self.number(text)
            if reading.problem and cell.kind == "boolean":
                reading = Reading(problem=f"holds {text}, not a number")
        if self.column.type == "integer":
            return whole(reading, text)
        if re.fullmatch(r"-?\d{16,400}", text) and int(text) != reading.value:
            reading = reading.asking("warning", f"'{text}' has more digits than a number keeps: is it an id?")
        return reading

    def _stored(self, text: str, cell: Cell) -> Reading:
        """A numeric cell: its decimal sign is nobody's choice. A number format may show it as per cent or with a unit."""
        reading = Reading(float(text))
        if not math.isfinite(reading.value):
            return Reading(problem=f"'{text}' is no number that can be held")
        shown = parse_number(normalise(cell.shown)) if cell.shown else Reading()
        if shown.value is None or not shown.unit:
            return reading
        if shown.unit != "%":
            return reading._replace(unit=shown.unit)
        if self.percent:
            return Reading(shown.value, (f"as shown, {cell.shown}",), unit="%")
        return reading.asking(
            "warning", f"the cell shows {cell.shown} and holds {text}; with unit: '%' the first is read"
        )

    def _moment(self, parse, text: str, cell: Cell) -> Reading:
        if cell.kind in ("time", "duration", "boolean"):
            return Reading(problem=f"holds {_HELD.get(cell.kind, text)} ({text}), not a date")
        reading = parse(text, self.how, cell.kind == "number")
        if (
            cell.kind in ("date", "datetime")
            and reading.value is not None
            and (part := parse(normalise(cell.shown), self.how)).given
        ):
            if self.column.partial:  # the workbook shows a month: its day may never have been known
                return part.with_rule(f"as shown, {cell.shown}")
            reading = reading.asking("warning", f"the cell shows {cell.shown} and holds {text}: is the day known?")
        if reading.given and not self.column.partial:
            known = "only the year is known" if len(reading.given) == 4 else "the day is not known"
            return Reading(problem=f"'{text}' is a partial date ({known}); declare partial for the column")
        return reading

    def _datetime(self, text: str, cell: Cell) -> Reading:
        reading = self._moment(parse_datetime, text, cell)
        if isinstance(reading.value, datetime.date) and not isinstance(reading.value, datetime.datetime):
            midnight = datetime.datetime.combine(reading.value, datetime.time())
            reading = reading._replace(value=midnight).with_rule(MIDNIGHT)
            if cell.kind == "text" or cell.kind == "number":
                reading = reading.asking("warning", f"'{text}' has no time of day, midnight was put in", once=True)
        return reading
