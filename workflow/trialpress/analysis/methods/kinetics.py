"""Cellular kinetics."""

from __future__ import annotations

import numpy as np

from ...registry import Column, Table
from .. import Data, Rows
from .common import (
    METHODS,
)


@METHODS.add("kinetics_by_day")
def kinetics_by_day(data: Data, rows: Rows, *, table: Table, day: str, value: str, by: Column = "", below: float = 0.5):
    """Geometric mean with interval of a measurement on each day. A value below the quantification limit (a `<` in the
    column's limit column) enters as a fraction of the limit.

    Parameters
        table: clean table with one row per participant and day
        day: its column of the day
        value: its column of the measurement
        by: column whose levels are reported apart
        below: fraction of the limit that stands for a value below it
    """
    from ...stats.kinetics import geometric_mean

    source, limit = data.tables[table], data.study.tables[table].columns[value].limit
    measured = source[value].astype("Float64")
    if limit:
        measured = measured.where(source[limit].fillna("") != "<", measured * below)
    for group, members in data.groups(by).items():
        inside = source[data.study.participant].isin(data.frame.loc[members, data.study.participant]) & measured.notna()
        points = []
        for at, values in measured[inside].groupby(source.loc[inside, day]):
            result = geometric_mean(values.to_numpy(dtype=float), level=data.plan.level)
            rows.add(
                result,
                group=group,
                level=f"day {at}",
                kind="significant",
                names={"geometric_mean": "estimate"},
                only=("n", "geometric_mean", "ci_low", "ci_high"),
            )
            points.append((at, result["geometric_mean"], result["ci_low"], result["ci_high"], result["n"]))
        if points:
            rows.curve(
                dict(
                    zip(
                        ("x", "estimate", "ci_low", "ci_high", "n_at_risk"),
                        np.array(points, dtype=float).T,
                        strict=True,
                    )
                ),
                group=group,
            )
