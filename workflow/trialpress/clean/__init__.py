"""Raw records -> clean tables, with a log of every changed cell, every question and every row that was not used.

Driven by the data dictionary (study.yaml) alone. `clean` returns everything in memory; `write` puts it into files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow as pa

from .. import contracts, hashes
from ..collector import uncollected
from ..errors import Problem, raise_if
from ..files import write_parquet
from ..study import Study
from ..workers import beside
from . import log, strangers
from .account import ROWS, LossError, accounts, losses, refused
from .corrections import by_table, read_corrections
from .merge import Merged
from .part import ELSEWHERE, NOTHING
from .queries import counted
from .read import Raw, Remark, declared, read_all, resolve
from .register import OPEN, register
from .replay import replay
from .signs import commas
from .steps.rows import refused as moves
from .steps.values import left_over
from .table import Cleaned, TableCleaner
from .withheld import cut

__all__ = ["CHANGES", "COUNTED", "CleanData", "LossError", "QUERIES", "clean", "read_logs", "replay", "tally", "write"]
CHANGES = log.CHANGES
QUERIES = ["id", *log.QUERIES]
NO_RECORDS = re.compile(r"SHA256SUMS|README.*|LICEN[CS]E.*|\..*", re.IGNORECASE)  # what else lies among raw files


@dataclass(frozen=True)
class CleanData:
    """tables: name -> clean frame without identifiers, or what parts have left of it; the logs as frames; asked: what is asked about the records (see
    `queries`), with the raw texts; losses: what stops the run (see `write`)."""

    tables: Mapping[str, pd.DataFrame | Merged]
    queries: pd.DataFrame
    rows: pd.DataFrame
    logs: Mapping[str, Sequence[pa.Table]] = field(repr=False)
    losses: Sequence[Problem] = ()
    asked: Sequence[Mapping] = field(default=(), repr=False)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """One row per changed cell."""
        return log.frame(log.CHANGES, self.logs["changes"])

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Every raw cell that a clean value came from."""
        return log.frame(log.CELLS, self.logs["cells"])

    @cached_property
    def rejected(self) -> pd.DataFrame:
        """Every row that could not be used."""
        return log.frame(log.REJECTED, self.logs["rejected"])


def _unnamed(study: Study, folder: Path) -> list[dict]:
    """A query for every raw file that the dictionary does not name: it may hold participants that nobody reads."""
    named = {(folder / path).resolve() for file in study.files.values() for path in (file.path, file.catalog) if path}
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.resolve() not in named)
    message = "no table of study.yaml is read from this file: is it to be used, or to lie elsewhere?"
    return [
        {"severity": "warning", "table": "", "key": "", "field": "", "value": "", "message": message,
         "file": path.relative_to(folder).as_posix(), "row": 0, "column": "", "raw": _as_received(path)}
        for path in found if not NO_RECORDS.fullmatch(path.name)
    ]  # fmt: skip


def positions_of(study: Study, raws: Mapping[str, Raw], raw_folder: Path) -> dict[str, list[Mapping | None]]:
    """The positions of the columns of each table's parts, None of one from another file; InputError with every column that is
    lacking."""
    positions: dict[str, list[Mapping | None]] = {}
    problems = []
    for name, table in study.tables.items():
        positions[name] = []
        for part in table.parts:
            raw = raws.get(part.file.name)
            at, missing = resolve(raw, part, str(raw_folder / part.file.path)) if raw else (None, [])
            positions[name].append(at)
            problems += missing
    raise_if(problems)
    return positions


def visible(study: Study, raw: Raw) -> Raw:
    """A raw file whose remarks show of cells what may be shown."""
    shown = declared(study, raw)
    longest = {raw.header(at): n for at, n in shown.items()}
    longest |= {raw.header(at): 0 for at in range(len(raw.headers)) if at not in shown}

    def seen(remark: Remark) -> str:
        most = longest.get(remark.column)
        return cut(remark.value, most) if most else ""

    return replace(raw, remarks=tuple(replace(remark, value=seen(remark)) for remark in raw.remarks))


def clean_tables(study: Study, raws: Mapping[str, Raw], positions: Mapping, fixes: Mapping) -> dict[str, Cleaned]:
    """The tables in their order; fixes: the corrections of each."""
    done: dict[str, Cleaned] = {}
    for name, table in study.tables.items():
        done[name] = TableCleaner(study, table, raws, positions[name], fixes.get(name, ()), done).run()
    strangers.ask(study, done)
    return done


def of_files(study: Study, raws: Mapping[str, Raw], done: Mapping[str, Cleaned], raw_folder: Path) -> list[dict]:
    """The queries on files, and on rows that fit no columns."""
    found = _unnamed(study, raw_folder)
    for raw in raws.values():
        found += _about_files(raw, done.values(), raw_folder / raw.file.path)
    return found


@uncollected()
def clean(study: Study, raw_folder: Path, corrections: Path) -> CleanData:
    """Clean all tables of a study; InputError with every problem of the files before anything is computed."""
    raws = {
        name: replace(visible(study, raw), commas=commas(study, raw))
        for name, raw in read_all(study, raw_folder).items()
    }
    positions = positions_of(study, raws, raw_folder)
    signed = read_corrections(corrections, study)
    done = clean_tables(study, raws, positions, by_table(signed))
    raise_if(problem for cleaned in done.values() for problem in left_over(cleaned.fixes, cleaned.unmatched))
    rows, rejected = accounts(study, raws, done)
    asked = of_files(study, raws, done, raw_folder)
    asked += [counted(query) for cleaned in done.values() for query in cleaned.queries]
    queries = register(asked, signed, study)
    logs = {
        "changes": [batch for cleaned in done.values() for batch in cleaned.changes],
        "cells": [batch for cleaned in done.values() for batches in cleaned.cells.values() for batch in batches],
        "rejected": rejected,
    }
    tables = {name: cleaned.frame[study.tables[name].kept] for name, cleaned in done.items()}
    lost = losses(study, rows, rejected, {name: len(frame) for name, frame in tables.items()})
    return CleanData(tables, queries, pd.DataFrame(rows, columns=ROWS), logs, lost, asked)


def _as_received(path: Path) -> str:
    """What is confirmed of a file and holds for no other."""
    return f"sha256 {hashes.of(path)}"


def _about_files(raw: Raw, done: Iterable[Cleaned], at: Path) -> list[dict]:
    """Queries on a file as a whole, and on its rows that fit no columns."""
    path = raw.file.path
    found = [(remark.severity, remark.row, remark.column, remark.value, remark.message) for remark in raw.remarks]
    moved = {row: by for table in done for part in table.parts if part.raw is raw for row, by in moves(part).items()}
    for row in raw.refused:
        looks = f" and looks shifted: its cells fit when moved by {moved[row.row]}" if row.row in moved else ""
        if refused(raw, row) == row.reason:
            found.append(("error", row.row, "", "", f"the row {row.reason}{looks}; it was rejected"))
    received = _as_received(at) if found else ""
    return [
        {"severity": severity, "table": "", "key": "", "field": "", "value": value, "message": message, "file": path, "row": row, "column": column, "raw": received}
        for severity, row, column, value, message in sorted(found, key=lambda one: one[1])
    ]  # fmt: skip


COUNTED = ("rule", "kind")  # of the changes: what `tally` reads


def read_logs(folder: Path, changes: Iterable[str] | None = ()) -> dict[str, pd.DataFrame]:
    """changes, queries and rejected as text (changes as categories, all of its columns or those that are named; not at all for
    None), and rows, as `write` wrote them."""
    logs = {file.name: file.texts(folder) for file in (contracts.QUERIES, contracts.REJECTED)}
    logs |= {} if changes is None else {"changes": contracts.CHANGES.categories(folder, changes)}
    return {**logs, "rows": contracts.ROWS.read(folder)}


def tally(logs: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    """What the logs count, as text and summary print it. A raw row counts once however many tables are cut from it, and
    rows that are another table's, or hold nothing for this one, are not among the rejected. A row of the changes may stand for
    `n` that have its rule and kind."""
    rows, changes, queries, rejected = (logs[name] for name in ("rows", "changes", "queries", "rejected"))
    n = changes["n"] if "n" in changes else pd.Series(1, index=changes.index)
    queries = queries[queries["state"] == OPEN]
    lost = rejected[~rejected["reason"].str.startswith((ELSEWHERE, NOTHING))]
    return {
        "files": rows["file"].nunique(),
        "rows": int(rows.groupby("file")["rows_in"].max().sum()),
        "rejected": len(lost[["file", "row"]].drop_duplicates()),
        "changes": int(n.sum()),
        **{f"{kind}_changes": int(n[changes["kind"] == kind].sum()) for kind in log.KINDS},
        "code_list": int(n[changes["rule"].str.contains("code list", regex=False)].sum()),
        "corrections": int(n[changes["rule"].str.contains("correction:", regex=False)].sum()),
        "queries": len(queries),
        "errors": int((queries["severity"] == "error").sum()),
    }


def write(data: CleanData, folder: Path, processes: int = 1) -> None:
    """The files of the contract: changes.csv, queries.csv, rejected.csv, rows.csv, <table>.parquet, cells.parquet. processes: of two
    one writes the changes, which are most of it, the other the rest.

    LossError, after the logs and before any table, if the run lost what it should not lose.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with beside(lambda: log.write_csv_log(log.CHANGES, data.logs["changes"], folder / "changes.csv"), processes):
        log.write_csv_log(log.REJECTED, data.logs["rejected"], folder / "rejected.csv")
        contracts.QUERIES.write(data.queries, folder)
        contracts.ROWS.write(data.rows, folder)
        if data.losses:
            raise LossError(data.losses)
        for name, table in data.tables.items():
            write_parquet(table, folder / f"{name}.parquet")
        log.write_cells(data.logs["cells"], folder / "cells.parquet")
