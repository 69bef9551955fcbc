"""Association of two classifications within strata: the three statistics of Cochran, Mantel and Haenszel."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import chdtrc

from .result import Result, counts, not_estimable

KINDS = ("general", "row_mean", "correlation")
TEST = ("statistic", "df", "p_value")
CALLED = {"general": "general association", "row_mean": "row mean scores", "correlation": "correlation"}


def cochran_mantel_haenszel(tables, kind: Literal["general", "row_mean", "correlation"], *, scores: Literal["integer", "modridit"] = "integer",
                            row_scores=None, column_scores=None) -> Result:  # fmt: skip
    """Cochran-Mantel-Haenszel test of r x c tables in strata (Landis, Heyman & Koch 1978; R mantelhaen.test, vcdExtra CMHtest): of
    general association; of different mean scores of the rows, for ordered columns; of correlation, for both ordered.

    tables: counts (strata x rows x columns). scores: of rows and columns, 1, 2, ..., or modified ridits, midranks in each stratum by
    its size + 1 (with row_mean that is van Elteren's test); or row_scores and column_scores as given. Strata with fewer than two
    participants, and rows and columns without any, say nothing and are left out. Returns n, strata (that are used), statistic, df,
    p_value.

    >>> tables = [[[4, 2], [1, 5]], [[3, 3], [2, 6]]]
    >>> print(round(cochran_mantel_haenszel(tables, "general")["statistic"], 4))
    3.3813
    """
    tables = counts("tables", tables)
    if tables.ndim != 3:
        raise ValueError(f"tables: must be strata x rows x columns, has shape {tables.shape}")
    method = f"Cochran-Mantel-Haenszel test of {CALLED[kind]}"
    if scores == "modridit" and kind != "general" and row_scores is None and column_scores is None:
        method += ", modified ridit scores"
    n = int(tables.sum())
    used = tables[tables.sum(axis=(1, 2)) > 1]
    rows, columns = used.sum(axis=(0, 2)) > 0, used.sum(axis=(0, 1)) > 0
    used = used[:, rows][:, :, columns]
    given = [
        None if s is None else np.asarray(s, dtype=float)[keep]
        for s, keep in ((row_scores, rows), (column_scores, columns))
    ]
    known = {"n": n, "strata": len(used)}
    r, c = used.shape[1:]
    if not len(used) or r < 2 or c < 2:
        return not_estimable(method, TEST, "fewer than two rows or columns with participants", **known)
    places = np.flatnonzero(rows) + 1.0, np.flatnonzero(columns) + 1.0
    gap, V = 0.0, 0.0
    for table in used:
        total, a, b = table.sum(), table.sum(axis=1), table.sum(axis=0)
        R, C = (_contrast(kind, side, m, scores, own, place)
                for side, m, own, place in zip(("row", "column"), (a, b), given, places, strict=True))  # fmt: skip
        gap = gap + (R @ (table - np.outer(a, b) / total) @ C.T).ravel()
        spread = [np.diag(m) * total - np.outer(m, m) for m in (a, b)]
        V = V + np.kron(R @ spread[0] @ R.T, C @ spread[1] @ C.T) / (total**2 * (total - 1))
    size = np.sqrt(np.diag(V))
    if not (size > 1e-12 * np.abs(V).max() ** 0.5).all() or not size.all():
        return not_estimable(method, TEST, "a row or a column does not vary within the strata", **known)
    if np.linalg.matrix_rank(V / np.outer(size, size), tol=1e-10) < len(size):
        return not_estimable(method, TEST, "rows and columns determine one another within the strata", **known)
    statistic = max(0.0, float((gap / size) @ np.linalg.solve(V / np.outer(size, size), gap / size)))
    return Result(
        method, {**known, "statistic": statistic, "df": len(size), "p_value": float(chdtrc(len(size), statistic))}
    )


def _contrast(kind: str, side: str, sizes, scores: str, given, place) -> np.ndarray:
    """The rows of a matrix that turns counts of a side into what is compared: all levels but the last, or one score."""
    if kind == "general" or (kind == "row_mean" and side == "row"):
        return np.eye(len(sizes))[:-1]
    if given is not None:
        return given[None]
    if scores == "modridit":
        return ((np.cumsum(sizes) - (sizes - 1) / 2) / (sizes.sum() + 1))[None]
    return place[None]
