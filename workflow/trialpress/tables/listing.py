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
    """One row per participant.

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
    for i in frame.index:
        who = str(frame.loc[i, results.study.participant])
        texts = {results.study.participant: who, **{column: _cell(results, frame, i, column) for column in columns}}
        cells = [(text, "" if text == NO_VALUE else f"{own}.{column}@{who}") for column, text in texts.items()]
        table.add(*map(Cell, cells))
    if frame.empty:
        table.note("No participants.")
    return table


def _cell(results: Results, frame: pd.DataFrame, i, column: str) -> str:
    cell = frame.loc[i, column]
    if pd.isna(cell):
        return NO_VALUE
    if frame[column].dtype == "boolean" or isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, pd.Timestamp):
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, float) or pd.api.types.is_float_dtype(frame[column]):
        decimals = recorded_decimals(number(frame[column]))
        return f"{cell:,.10g}" if decimals is None else rounded(float(cell), decimals)
    return results.plan.level_label(column, cell)
