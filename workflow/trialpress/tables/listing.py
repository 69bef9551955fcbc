"""Participants one by one, each value a link to the raw cells that decided it."""

from __future__ import annotations

import pandas as pd

from ..analysis.display import recorded_decimals, rounded
from ..figures.read import number
from ..registry import Column, Population
from ..results import Results
from .table import KINDS, NO_VALUE, Cell, Table


@KINDS.add("listing", own=True)
def listing(results: Results, own: str, *, population: Population, columns: list[Column], sort: Column = "") -> Table:
    """One row per participant. A value's record is `table_<id of the table>.<column>@<participant>`.

    Parameters
        population: who is listed
        columns: what is listed of each
        sort: column of the order (default: the participant's id)
    """
    data = results.population(population)
    frame = data.frame.sort_values([*([sort] if sort else []), results.study.participant], kind="stable")
    numeric = [pd.api.types.is_numeric_dtype(frame[c]) and frame[c].dtype != "boolean" for c in columns]
    align = ["left", *("right" if is_number else "left" for is_number in numeric)]
    table = Table(["Participant", *(results.plan.label(column, unit=True) for column in columns)], align)
    cells = [_cells(results, frame[column]) for column in columns]
    for who, *values in zip(frame[results.study.participant].astype(str), *cells, strict=True):
        texts = {results.study.participant: who, **dict(zip(columns, values, strict=True))}
        found = [(text, "" if text == NO_VALUE else f"{own}.{column}@{who}") for column, text in texts.items()]
        table.add(*map(Cell, found))
    if frame.empty:
        table.note("No participants.")
    return table


def _cells(results: Results, values: pd.Series) -> list[str]:
    """The values of a column as a reader sees them."""
    floating = pd.api.types.is_float_dtype(values)
    decimals = recorded_decimals(number(values)) if floating else None

    def text(value) -> str:
        if isinstance(value, bool) or values.dtype == "boolean":
            return "yes" if value else "no"
        if isinstance(value, pd.Timestamp):
            return f"{value:%Y-%m-%d}"
        if floating or isinstance(value, float):
            return f"{value:,.10g}" if decimals is None else rounded(float(value), decimals)
        return results.plan.level_label(values.name, value)

    return [NO_VALUE if missing else text(value) for value, missing in zip(values, values.isna(), strict=True)]
