"""Single values: signed-off corrections, what does not fit, partial dates, what is required."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...errors import Problem
from ...expression import Expression
from ...text import normalise, text_of
from ..fields import Coded, Field
from ..parse import MISFIT, Reading
from ..part import Records
from ..read.raw import Cell
from ..withheld import shown


def correct(records: Records, fixes: Sequence[Mapping[str, str]], unmatched: dict[int, str], keys: pa.Array) -> None:
    """Signed-off corrections: each must find the old value that it names. What they did not find stays in `unmatched`. keys: of all
    records, as queries name them."""
    named = pa.array(list(dict.fromkeys(fix["key"] for fix in fixes)), type=pa.string())
    which = pc.index_in(keys, named)
    rows = np.flatnonzero(which.is_valid().to_numpy(zero_copy_only=False))
    with_key: dict[str, list[int]] = {}
    for record, key in zip(rows.tolist(), named.take(which.drop_null()).to_pylist(), strict=True):
        with_key.setdefault(key, []).append(record)
    for number, fix in enumerate(fixes):
        name, here = fix["field"], with_key.get(fix["key"], [])
        if name not in records.fields or not records.fields[name].raw:
            continue
        field, column = records.fields[name], records.fields[name].column
        old, found = normalise(fix["old"]), []
        for record in here:
            raw = field.cells[field.cell[record]].text
            if old in (normalise(raw), text_of(field.readings[field.state[record]].value, column.type)):
                found.append(record)
            elif number in unmatched:
                unmatched[number] = f"the value there is '{shown(column, raw)}'"
        if found:
            unmatched.pop(number, None)
            new = records.parsers[name](Cell(fix["new"]))
            field.change(
                np.array(found), lambda r, new=new, fix=fix: new._replace(rules=(f"correction: {fix['reason']}",))
            )


def left_over(fixes: Sequence[Mapping[str, str]], unmatched: Mapping[int, str]) -> list[Problem]:
    return [
        Problem(
            f"corrections.csv, table {fixes[number]['table']}, key {fixes[number]['key']}, field {fixes[number]['field']}",
            f"does not find the old value '{fixes[number]['old']}' that it names: {why}",
            "a correction that does not apply any more was signed off for other data",
            "compare it with the raw file; correct old or key, or remove the line",
        )
        for number, why in unmatched.items()
    ]


def misfits(records: Records) -> None:
    """What does not fit its column is cleared, with a query; so is the sign of a limit that nobody keeps."""

    def judge(reading: Reading, keeps_limit: bool) -> Reading:
        if reading.problem:
            return reading if MISFIT in reading.rules else reading.misfit(reading.problem)
        if reading.limit and not keeps_limit:
            return reading.asking("warning", f"'{reading.limit}' of a value beyond a limit was dropped")
        return reading

    rows = records.living()
    for field in records.fields.values():
        if any(r.problem or r.limit for r in field.readings):
            field.change(rows, lambda r, keeps=bool(field.column.limit): judge(r, keeps))


def required(records: Records) -> None:
    """A required value that is missing, unless it is asked about already."""
    rows = records.living()
    for field in records.fields.values():
        if field.column.required:
            message = f"{field.column.title} is missing"
            field.change(
                rows,
                lambda r, m=message: (
                    r.asking("error", f"{m}: {r.why_missing}" if r.why_missing else m)
                    if r.value is None and not (r.problem or r.questions)
                    else r
                ),
            )


# --- partial dates ----------------------------------------------------------------------------------------------------


def partial(
    records: Records, names: Iterable[str],
    foreign: Callable[[Mapping[str, pd.Series], Sequence[str], np.ndarray], dict],
) -> None:  # fmt: skip
    """Impute partial dates of some fields by the rule of their column; foreign: columns with those of other tables, by name."""
    for field in map(records.fields.__getitem__, names):
        rule = field.column.partial
        if not rule or not any(reading.given for reading in field.readings):
            continue
        rows = np.flatnonzero(records.alive & field.where(lambda r: bool(r.given)))
        if not rule.impute:
            field.change(rows, lambda r: r.with_rule("partial date, not imputed").asking(
                "warning", f"{r.given} is all that is known of this date; it stays missing"))  # fmt: skip
            continue
        bounds = []
        for text in (*rule.not_before, *rule.not_after):
            expression = Expression(text)
            columns = foreign(records.columns(records.fields, rows), expression.names, rows)
            codes, values = pd.factorize(expression(columns))
            every = np.full(len(records.row), len(values), dtype=np.int64)
            every[rows] = np.where(codes < 0, len(values), codes)
            bounds.append(Coded(every, [*(pd.Timestamp(value).date() for value in values), None]))
        before = len(rule.not_before)
        field.change(rows, lambda r, *dates, f=field, n=before: _impute(r, f, dates[:n], dates[n:]), *bounds)


def period(given: str) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of a month or a year, 2013-05 or 2013."""
    year, month = int(given[:4]), int(given[5:7] or 0)
    last = datetime.date(year, month or 12, calendar.monthrange(year, month or 12)[1])
    return datetime.date(year, month or 1, 1), last


def _impute(reading: Reading, field: Field, not_before: Sequence, not_after: Sequence) -> Reading:
    rule, month = field.column.partial, len(reading.given) > 4
    first, last = period(reading.given)
    middle = first.replace(day=15) if month else last.replace(month=6, day=30)
    value = {"first": first, "middle": middle, "last": last}[rule.impute]
    what = f"imputed to the {rule.impute} day of {reading.given}"
    for bounds, choose, word in ((not_before, max, "not before"), (not_after, min, "not after")):
        for date in bounds:
            if date is not None and first <= date <= last and choose(value, date) != value:
                value, what = date, f"imputed in {reading.given}, {word} {date}"
    flag = "D" if month else "M"
    if field.column.type == "datetime":
        value = datetime.datetime.combine(value, datetime.time())
    return reading._replace(value=value, imputed=flag).with_rule(what)
