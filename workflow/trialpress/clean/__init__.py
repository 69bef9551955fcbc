"""Raw records -> clean tables, with a log of every changed cell, every question and every row that was not used.

Driven by the data dictionary (study.yaml) alone. `clean` returns everything in memory; `write` puts it into files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import InputError, Problem, nearest, raise_if
from ..files import write_csv, write_parquet
from ..study import Study
from .read import read_all, resolve
from .table import Cleaned, TableCleaner, typed
from .values import plain

CHANGES = ["table", "key", "field", "raw_value", "clean_value", "rule", "source_file", "source_row", "source_column"]
QUERIES = ["id", "severity", "table", "key", "field", "value", "message", "file", "row", "column"]
REJECTED = ["file", "row", "table", "reason", "content"]
ROWS = ["file", "table", "rows_in", "rows_kept", "rows_rejected"]
CELLS = ["table", "key", "field", "raw", "file", "row", "column"]


@dataclass(frozen=True)
class CleanData:
    """tables: name -> clean frame without identifiers; the others: one frame per output file, in the contract's columns."""

    tables: Mapping[str, pd.DataFrame]
    changes: pd.DataFrame
    queries: pd.DataFrame
    rejected: pd.DataFrame
    rows: pd.DataFrame
    cells: pd.DataFrame


def read_corrections(path: Path, study: Study) -> dict[str, list[dict]]:
    """Signed-off corrections by table; InputError if one names a table or field that does not exist."""
    if not path.exists():
        return {}
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    columns = ["table", "key", "field", "old", "new", "reason"]
    if list(frame.columns) != columns:
        raise InputError(
            [
                Problem(
                    str(path),
                    f"has the columns {', '.join(frame.columns)}",
                    "a correction must be complete to be signed off",
                    f"use {', '.join(columns)}",
                )
            ]
        )
    problems, by_table = [], {}
    for number, fix in enumerate(frame.to_dict("records"), start=2):
        where = f"{path}, row {number}"
        if fix["table"] not in study.tables:
            problems.append(Problem(where, f"unknown table '{fix['table']}'", "", nearest(fix["table"], study.tables)))
        elif fix["field"] not in study.tables[fix["table"]].columns:
            problems.append(
                Problem(
                    where,
                    f"unknown field '{fix['field']}'",
                    "",
                    nearest(fix["field"], study.tables[fix["table"]].columns),
                )
            )
        elif not fix["reason"].strip():
            problems.append(
                Problem(
                    where, "has no reason", "a correction must be signed off with one", "write why the value is wrong"
                )
            )
        else:
            by_table.setdefault(fix["table"], []).append(fix)
    raise_if(problems)
    return by_table


def clean(study: Study, raw_folder: Path, corrections: Path) -> CleanData:
    """Clean all tables of a study; InputError with every problem of the files before anything is computed."""
    raws = read_all(study, raw_folder)
    positions, problems = {}, []
    for name, table in study.tables.items():
        found = []
        for part in table.parts:
            at, missing = resolve(raws[part.file.name], part, str(raw_folder / part.file.path))
            found.append(at)
            problems += missing
        positions[name] = found
    raise_if(problems)
    fixes = read_corrections(corrections, study)
    done: dict[str, Cleaned] = {}
    for name, table in study.tables.items():
        done[name] = TableCleaner(study, table, raws, positions[name], fixes.get(name, ()), done).run()
    raise_if(problem for cleaned in done.values() for problem in cleaned.unused_corrections)

    def collect(what: str, columns: list[str]) -> pd.DataFrame:
        rows = [row for cleaned in done.values() for row in getattr(cleaned, what)]
        return pd.DataFrame(rows, columns=[column for column in columns if column != "id"])

    queries = collect("queries", QUERIES)
    queries.insert(0, "id", [f"Q{number:04d}" for number in range(1, len(queries) + 1)])
    return CleanData(
        {name: cleaned.frame[study.tables[name].kept] for name, cleaned in done.items()},
        collect("changes", CHANGES),
        queries,
        collect("rejected", REJECTED),
        collect("rows", ROWS),
        collect("cells", CELLS),
    )


def replay(study: Study, cells: pd.DataFrame, changes: pd.DataFrame, table: str) -> pd.DataFrame:
    """The clean table again, from nothing but the raw cells and the change log (derived and block columns aside).

    One row per key, in the order of the keys' first appearance; columns as in the dictionary.
    """
    columns = study.tables[table].columns
    values: dict[tuple[str, str], object] = {}
    for cell in cells[cells["table"] == table].itertuples():
        values.setdefault((cell.key, cell.field), plain(cell.raw, columns[cell.field].type))
    for change in changes[changes["table"] == table].itertuples():
        values[change.key, change.field] = plain(change.clean_value, columns[change.field].type)
    keys = list(dict.fromkeys(key for key, _ in values))
    names = [name for name in columns if any(field == name for _, field in values)]
    frame = pd.DataFrame({name: typed([values.get((key, name)) for key in keys], columns[name].type) for name in names})
    return frame.set_axis(pd.Index(keys, name="key"))


def read_logs(folder: Path) -> dict[str, pd.DataFrame]:
    """changes, queries and rejected as text, and rows, as `write` wrote them."""
    logs = {name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
            for name in ("changes", "queries", "rejected")}  # fmt: skip
    return {**logs, "rows": pd.read_csv(folder / "rows.csv")}


def write(data: CleanData, folder: Path) -> None:
    """The files of the contract: <table>.parquet, changes.csv, queries.csv, rejected.csv, and rows.csv, cells.parquet."""
    for name, frame in data.tables.items():
        write_parquet(frame, folder / f"{name}.parquet")
    for name in ("changes", "queries", "rejected", "rows"):
        write_csv(getattr(data, name), folder / f"{name}.csv")
    write_parquet(data.cells, folder / "cells.parquet")
