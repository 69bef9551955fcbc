"""To the canonical unit: a unit is written beside the number, stands in a column of its own, or has to be inferred."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ...errors import nearest
from ...expression import Expression
from ...study import Column, Study
from ...text import normalise, round_significant
from ..fields import Coded, Field, combine
from ..parse import Reading, unit_form
from ..part import Records
from .ranges import inside, limits


def canonical(study: Study, column: Column, by: str | None) -> tuple[dict, str]:
    """The conversions of a value (raw unit -> factor or expression), and its canonical unit."""
    if not column.unit_by:
        return dict(column.units), column.unit
    chosen = study.units.get(str(by), {})
    return {**column.units, **chosen}, column.unit or next(iter(chosen), "")


def chosen_by(records: Records, name: str) -> Coded:
    """The values of a column that chooses units or ranges."""
    return records.fields[name].texts if name else Coded(np.zeros(len(records.row), dtype=np.int8), [""])


def convert(records: Records, names: Iterable[str]) -> None:
    """Convert the numbers of some fields; what has no conversion is a misfit."""
    for name in names:
        field = records.fields[name]
        if field.column.type in ("number", "integer") and field.raw:
            _convert(records, name, field)


def _convert(records: Records, name: str, field: Field) -> None:
    column, rows = field.column, np.flatnonzero(records.alive & field.where(lambda r: r.value is not None))
    if not len(rows):
        return
    beside = field.told(lambda reading: reading.unit)
    nothing = Coded(np.zeros(len(records.row), dtype=np.int8), [""])
    apart = records.units[name].told(lambda reading: reading.value) if name in records.units else nothing
    which, combinations = combine(beside, apart, chosen_by(records, column.unit_by), rows=rows)
    for number, (written, other, by) in enumerate(combinations):
        here = rows[which == number]
        written = written or other
        units, unit = canonical(records.study, column, by)
        forms = {unit_form(of): of for of in units}
        if not written:
            if column.unit_from and not column.infer_unit:
                no_unit(field, here, name)
            elif column.infer_unit:
                _infer(records, field, here, units, unit)
        elif unit_form(written) == unit_form(unit):
            rule = f"unit {unit} removed"
            field.change(
                here,
                lambda r, rule=rule: (
                    r if not r.unit or any(known.startswith("as shown") for known in r.rules) else r.with_rule(rule)
                ),
            )
        elif unit_form(written) in forms:
            of = forms[unit_form(written)]
            _apply(records, field, here, units[of], f"unit {of} to {unit}")
        else:
            unknown(field, here, written, [unit, *units], bool(other) and f"{name} unit", bool(unit or units))


def no_unit(field: Field, rows: np.ndarray, name: str) -> None:
    field.change(
        rows,
        lambda r, cell: r.misfit(f"{normalise(cell.text)} has no unit", f"{name} unit"),
        Coded(field.cell, field.cells),
    )


def unknown(field: Field, rows: np.ndarray, written: str, known: list[str], at: str | bool, has_units: bool) -> None:
    """A unit without conversion; in a column without units, text behind a number."""

    def misfit(reading: Reading, cell) -> Reading:
        if reading.unit and not has_units:
            return reading.misfit(f"'{normalise(cell.shown or cell.text)}' is not a number")
        alike = next((of for of in known if of and unit_form(of).casefold() == unit_form(written).casefold()), "")
        hint = f"did you mean '{alike}'? the case of letters counts" if alike else nearest(written, filter(None, known))
        why = f"the unit '{written}' has no conversion ({hint})"
        return reading.misfit(why, "" if reading.unit else at or "")

    field.change(rows, misfit, Coded(field.cell, field.cells))


def _results(records: Records, field: Field, rows: np.ndarray, factor) -> Coded:
    """What a factor, or an expression of x, makes of the values; by record, None where something is missing."""
    if not isinstance(factor, str):
        return field.told(lambda r: None if r.value is None else round_significant(r.value * factor))
    expression = Expression(factor)
    columns = records.columns([name for name in expression.names if name != "x"], rows)
    columns["x"] = field.values(rows).astype("Float64")
    result = (
        expression(columns, [])
        if set(expression.names) <= set(columns)
        else pd.Series([pd.NA] * len(rows), dtype="Float64")
    )
    codes, values = pd.factorize(result.astype("Float64"))
    every = np.full(len(records.row), len(values), dtype=np.int64)
    every[rows] = np.where(codes < 0, len(values), codes)
    return Coded(every, [*(round_significant(float(value)) for value in values), None])


def _apply(records: Records, field: Field, rows: np.ndarray, factor, rule: str) -> None:
    whole = field.column.type == "integer"

    def apply(reading: Reading, value) -> Reading:
        if value is None:
            return reading.misfit(f"cannot be converted ({rule}): another value of the row is missing")
        if not math.isfinite(value) or (value == 0) != (reading.value == 0) and not isinstance(factor, str):
            return reading.misfit(f"is too {'small' if value == 0 else 'large'} a number ({rule})")
        if whole and not value.is_integer():
            return reading.misfit(f"is not a whole number any more ({rule})")
        value = int(value) if whole else value
        return reading._replace(value=value).with_rule(rule) if value != reading.value or reading.unit else reading

    if isinstance(factor, str):
        field.change(rows, apply, _results(records, field, rows, factor))
    else:
        field.change(rows, lambda reading: apply(reading, round_significant(reading.value * factor)))


def _infer(records: Records, field: Field, rows: np.ndarray, units: Mapping, unit: str) -> None:
    """A number without unit that is not possible as it stands: the one unit of `infer_unit` that makes it plausible."""
    column = field.column
    possible, plausible = limits(records, column)
    value = Coded(field.state, [reading.value for reading in field.readings])
    which, pairs = combine(value, possible, rows=rows)
    outside = rows[np.array([not inside(range_, found) for found, range_ in pairs], dtype=bool)[which]]
    if not len(outside):
        return
    candidates = [_results(records, field, outside, units[of]) for of in column.infer_unit]

    def infer(reading: Reading, range_, *results) -> Reading:
        fits = [
            (of, x) for of, x in zip(column.infer_unit, results, strict=True) if x is not None and inside(range_, x)
        ]
        if len(fits) != 1:
            return reading
        of, x = fits[0]
        return reading._replace(value=x).with_rule(f"unit inferred {of} to {unit}")

    field.change(outside, infer, plausible, *candidates)
