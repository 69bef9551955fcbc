"""The registry of methods, and what several of them need."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from ...registry import Registry
from .. import Data, Rows

METHODS = Registry("method", "method", ("population", "where", "label", "family"))

Interval = Literal["clopper-pearson", "wilson", "jeffreys", "mid-p", "blaker"]
Unit = Literal["days", "months", "years"]
DAYS = {"days": 1.0, "months": 30.4375, "years": 365.25}
PERCENT = {"estimate": "percent", "ci_low": "percent", "ci_high": "percent"}


def is_categorical(data: Data, variable: str) -> bool:
    """Whether a column is counted by level rather than summarised."""
    return bool(data.plan.columns[variable].levels) or not pd.api.types.is_numeric_dtype(data.frame[variable]) or (
        data.frame[variable].dtype == "boolean"
    )  # fmt: skip


def two_groups(rows: Rows, groups: dict, method: str, names: tuple[str, ...]) -> bool:
    filled = [group for group, members in groups.items() if members.any()]
    if len(groups) == 2 and len(filled) == 2:
        return True
    why = (
        f"not estimable: {len(filled)} group{'s' if len(filled) != 1 else ''} with participants where two are compared"
    )
    rows.add(dict.fromkeys(names, float("nan")), method=method, note=why)
    return False


def known_counts(rows: Rows, counts: dict, holds: pd.Series, method: str):
    unknown = int(holds.isna().sum())
    note = f"{unknown} with unknown outcome left out" if unknown else ""
    for group, (n, N) in counts.items():
        share = n / N if N else float("nan")
        rows.add(
            {"n": n, "N": N, "percent": share},
            group=group,
            method=method,
            note=note or ("" if N else "not estimable: no participants"),
        )


def cross_table(data: Data, variable: str, by: str) -> tuple[np.ndarray, list[str], list[str]]:
    """Counts of `variable` (rows) by `by` (columns), with the names of columns and rows."""
    columns, lines = data.groups(by), data.groups(variable)
    table = np.array([[int((line & column).sum()) for column in columns.values()] for line in lines.values()])
    return table, list(columns), list(lines)


def coefficients(rows: Rows, result, names: list[str], ratio: str, note: str = ""):
    """Per covariate rows from a Result whose `curve` has one row per covariate; not estimable: one row that says why."""
    note = "; ".join(text for text in (result.note, note) if text)
    if not result.curve:
        for name in names:
            rows.add({ratio: float("nan")}, level=name, method=result.method, note=note)
    for at, name in enumerate(result.curve.get("name", ())):
        values = {key: result.curve[key][at] for key in (ratio, "ci_low", "ci_high", "p_value")}
        rows.add(
            values, level=str(name), method=result.method, kinds={"ci_low": "ratio", "ci_high": "ratio"}, note=note
        )


def design_matrix(data: Data, covariates: list[str], needed: list[str]) -> tuple[np.ndarray, list[str], pd.Series]:
    """(X, names, who is complete): continuous covariates as they are, categorical ones against their first level."""
    known = data.frame[[*covariates, *needed]].notna().all(axis=1)
    columns, names = [], []
    for covariate in covariates:
        if is_categorical(data, covariate):
            for level, members in list(data.groups(covariate).items())[1:]:
                if (members & known).any():
                    columns.append(members[known].to_numpy(dtype=float))
                    names.append(f"{data.plan.label(covariate)}: {level}")
        else:
            columns.append(data.frame.loc[known, covariate].to_numpy(dtype=float))
            names.append(data.plan.label(covariate, unit=True))
    return np.column_stack(columns) if columns else np.empty((int(known.sum()), 0)), names, known
