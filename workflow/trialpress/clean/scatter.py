"""The clean stage in parts, for what is too large for one job: the rows are dealt out (see `deal`), each job cleans those of some
participants, the last one puts the parts together. The files are the same, byte for byte, as from one job.

Everything that the clean stage compares between rows (one key twice, a reference, a check across tables, ids that look alike) it
compares within a participant, if the dictionary is so: `refusals` says where it is not. What can only be said of all rows (what
is asked once, what was lost, corrections that found nothing) is said when the parts are put together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..chunks import ONE, WHY
from ..collector import uncollected
from ..errors import InputError, Problem, raise_if
from ..files import BATCH, write_parquet, write_text, write_whole
from ..study import Study, Table
from . import CleanData, clean_tables, log, of_files
from .account import ROWS, accounts, losses
from .corrections import by_table, read_corrections
from .deal import read_dealt
from .merge import Merged, Rows, by_size, merged
from .queries import counted
from .register import digest, register
from .steps.values import left_over

PLACE, BLOCK = "place", "block"  # of a row in a part's log: number of its batch, of its raw column
MOVED = "no row has this key"


# --- a part -----------------------------------------------------------------------------------------------------------


@uncollected()
def clean_part(study: Study, raw_folder: Path, corrections: Path, dealt: Path, part: int, folder: Path) -> None:
    """Clean one of the parts (from 0) into its folder; dealt: see `deal`."""
    raws, positions = read_dealt(study, raw_folder, dealt, part)
    signed = read_corrections(corrections, study)
    if moved := [line for line in signed if line["field"] == study.participant]:
        what = f"the participant of {moved[0]['key']} is corrected: its rows would move to another part"
        raise InputError([Problem(str(corrections), what, WHY, ONE)])
    done = clean_tables(study, raws, positions, by_table(signed))
    rows, rejected = accounts(study, raws, done)
    folder.mkdir(parents=True, exist_ok=True)
    for name, cleaned in done.items():
        if any(records.slashes for records in cleaned.parts):
            what = f"keys of the table {name} hold a slash, and so do their parts: how they are written depends on all rows"
            raise InputError([Problem(raws[cleaned.table.parts[0].file.name].file.path, what, WHY, ONE)])
        write_parquet(cleaned.frame[cleaned.table.kept], folder / f"{name}.parquet")
        _write_log(log.CHANGES, cleaned.changes, "source_column", folder / f"{name}.changes.parquet")
        cells = [batch for batches in cleaned.cells.values() for batch in batches]
        _write_log(log.CELLS, cells, "column", folder / f"{name}.cells.parquet")
    _write_log(log.REJECTED, rejected, "", folder / "rejected.parquet")
    queries = {
        name: [*zip(cleaned.places, map(_unread, cleaned.queries), strict=True)] for name, cleaned in done.items()
    }
    said = {
        "rows": rows,
        "files": [_unread(entry) for entry in of_files(study, raws, done, raw_folder)] if part == 0 else [],
        "queries": queries,
        "unmatched": {name: list(cleaned.unmatched.items()) for name, cleaned in done.items()},
    }
    write_text(json.dumps(said, ensure_ascii=False, default=int), folder / "said.json")


def _unread(entry: Mapping) -> dict:
    """A query without the raw text that it is about."""
    return {name: value for name, value in entry.items() if name != "raw"} | {"digest": digest(entry["raw"])}


def _write_log(columns: Sequence[str], batches: Sequence[pa.Table], header: str, path: Path) -> None:
    """The batches of a log one below the other, with the number of each and of the raw column of each row."""
    kinds = [(name, pa.int64() if name in log.INTEGERS else pa.string()) for name in columns]
    schema = pa.schema([*kinds, (PLACE, pa.int32()), (BLOCK, pa.int32())], {"batches": str(len(batches))})

    def write(to: Path) -> None:
        with pq.ParquetWriter(to, schema, compression="zstd") as writer:
            for place, batch in enumerate(batches):
                n = batch.num_rows
                block = batch[header].combine_chunks().indices if header else pa.nulls(n, pa.int32())
                arrays = [*log.plain_texts(batch).columns, np.full(n, place, dtype=np.int32), block]
                if n:
                    writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

    write_whole(path, write)


# --- together ---------------------------------------------------------------------------------------------------------


def gather(study: Study, corrections: Path, folders: Sequence[Path]) -> CleanData:
    """What one job would have cleaned, from the folders of all parts. Logs and tables are read while they are written."""
    said = [json.loads((folder / "said.json").read_text(encoding="utf-8")) for folder in folders]
    signed = read_corrections(corrections, study)
    fixes = by_table(signed)
    unused = [
        left_over(fixes.get(name, ()), _unmatched([one["unmatched"][name] for one in said])) for name in study.tables
    ]
    raise_if(problem for problems in unused for problem in problems)
    rows = [dict(row) for row in said[0]["rows"]]
    for one in said[1:]:
        for row, more in zip(rows, one["rows"], strict=True):
            row.update({name: row[name] + more[name] for name in ("rows_in", "rows_kept", "rows_rejected")})
    rejected = list(_read_log([folder / "rejected.parquet" for folder in folders], "row"))
    asked = [entry for one in said for entry in one["files"]]
    for name in study.tables:
        asked += _asked([one["queries"][name] for one in said])
    tables = {
        name: _table(study, table, [folder / f"{name}.parquet" for folder in folders])
        for name, table in study.tables.items()
    }
    lost = losses(study, rows, rejected, {name: len(table) for name, table in tables.items()})
    logs = {
        what: _Logs([[folder / f"{name}.{what}.parquet" for folder in folders] for name in study.tables], row)
        for what, row in (("changes", "source_row"), ("cells", "row"))
    }
    return CleanData(
        tables, register(asked, signed, study), pd.DataFrame(rows, columns=ROWS), logs | {"rejected": rejected}, lost
    )


def _unmatched(parts: Sequence[Sequence[tuple[int, str]]]) -> dict[int, str]:
    """The corrections that found nothing in any part, and why."""
    every = [dict(map(tuple, part)) for part in parts]
    found = {number: [why[number] for why in every] for number in every[0] if all(number in why for why in every)}
    return {number: next((why for why in whys if why != MOVED), MOVED) for number, whys in found.items()}


def _asked(parts: Iterable[Sequence]) -> list[Mapping]:
    """The queries on a table in order; of those that are asked once the first, for all of its rows."""
    first: dict[str, dict] = {}
    found = []
    for _, entry in sorted((one for part in parts for one in part), key=lambda one: one[0]):
        if "same" in entry and entry["same"] in first:
            first[entry["same"]]["rows"] += entry["rows"]
            continue
        if "same" in entry:
            first[entry["same"]] = entry
        found.append(entry)
    return [counted(entry) for entry in found]


def _table(study: Study, table: Table, paths: Sequence[Path]) -> Merged:
    read = pq.read_schema(paths[0])
    kinds = [
        pa.timestamp("s") if pa.types.is_timestamp(kind) else kind for kind in read.types
    ]  # Parquet knows no seconds
    schema = pa.schema([*zip(read.names, kinds, strict=True)], read.metadata)
    return Merged(paths, table.key, study.participant, schema)


class _Logs:
    """The batches of a log, table by table."""

    def __init__(self, tables: Sequence[Sequence[Path]], row: str):
        self.tables, self.row = tables, row

    def __iter__(self) -> Iterator[pa.Table]:
        for paths in self.tables:
            yield from _read_log(paths, self.row)


def _read_log(paths: Sequence[Path], row: str) -> Iterator[pa.Table]:
    """The batches of a log from its parts, large ones in pieces, the rows of each in the order of the raw file."""
    schema = pq.read_schema(paths[0])
    texts = [name for name in schema.names if name not in (*log.INTEGERS, PLACE, BLOCK, "key")]  # few different ones
    files = [pq.ParquetFile(path, read_dictionary=texts) for path in paths]
    empty = files[0].schema_arrow.empty_table().drop_columns([PLACE, BLOCK])
    at = schema.get_field_index(PLACE)
    places = [[group(at).statistics.min for group in _groups(file)] for file in files]  # a row group is of one batch
    for place in range(int(schema.metadata[b"batches"])):
        streams = [
            _in_order(file, np.flatnonzero(np.equal(of, place)).tolist(), row)
            for file, of in zip(files, places, strict=True)
        ]
        yield from by_size(merged(streams), empty, log.CHUNK)


def _in_order(file: pq.ParquetFile, groups: Sequence[int], row: str) -> Iterator[Rows]:
    """Row groups of a part's log, which are in order by raw column and row."""
    for batch in file.iter_batches(BATCH, row_groups=groups) if groups else ():
        rows = pa.Table.from_batches([batch])
        block, number = (rows[name].fill_null(0).to_numpy().astype(np.int64) for name in (BLOCK, row))
        yield block << 40 | number, rows.drop_columns([PLACE, BLOCK])


def _groups(file: pq.ParquetFile) -> list:
    """The columns of each row group."""
    return [file.metadata.row_group(number).column for number in range(file.num_row_groups)]
