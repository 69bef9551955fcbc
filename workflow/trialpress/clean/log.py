"""What the clean stage leaves beside the tables: changed cells, raw cells, queries, rejected rows; one row each.

Logs are Arrow tables with dictionary columns, made whole columns at a time: a million changed cells cost no objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .. import contracts
from ..files import write_whole
from .fields import Coded

CHANGES = list(contracts.CHANGES.columns)
QUERIES = [name for name in contracts.QUERIES.columns if name != "id"]  # ids are given when all are known
ASKED = ("state", "answer", "new_value", "reason", "by", "date")  # what became of a query
REJECTED = list(contracts.REJECTED.columns)
CELLS = list(contracts.CELLS.columns)
INTEGERS = ("row", "source_row")
KINDS = ("value", "unit", "code", "spelling")  # of a change, by what matters most
CHUNK = 2**19  # rows that are written at once


def _dictionary(codes, values: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(np.asarray(codes, dtype=np.int32)), pa.array(values, type=pa.string())
    )


def batch(columns: Sequence[str], n: int, **values) -> pa.Table:
    """n rows of a log: one text stands for all of them; a Coded, an Arrow array, numbers or a list of texts for each."""
    arrays = []
    for name in columns:
        value = values[name]
        if name in INTEGERS:
            value = pa.array(np.broadcast_to(np.asarray(value, dtype=np.int64), n))
        elif isinstance(value, str):
            value = _dictionary(np.zeros(n, dtype=np.int32), [value])
        elif isinstance(value, Coded):
            value = _dictionary(value.codes, value.values)
        elif not isinstance(value, pa.Array):
            value = pa.array(value, type=pa.string())
        arrays.append(value)
    return pa.Table.from_arrays(arrays, names=list(columns))


def plain_texts(log: pa.Table) -> pa.Table:
    """A batch without dictionaries, as it is written."""
    fields = [(name, pa.int64() if name in INTEGERS else pa.string()) for name in log.column_names]
    return log.cast(pa.schema(fields))


def frame(columns: Sequence[str], log: Sequence[pa.Table]) -> pd.DataFrame:
    """A log for people: texts and whole numbers."""
    empty = pa.schema([(name, pa.int64() if name in INTEGERS else pa.string()) for name in columns]).empty_table()
    whole = pa.concat_tables([empty, *map(plain_texts, log)])
    return pd.DataFrame(
        {name: whole[name].to_numpy() if name in INTEGERS else whole[name].to_pandas() for name in columns}
    )


def write_csv_log(columns: Sequence[str], log: Sequence[pa.Table], path: Path) -> None:
    """The log as CSV, batch by batch; quoted where needed, as everywhere."""

    def write(to: Path) -> None:
        with open(to, "wb") as file:
            file.write((",".join(columns) + "\n").encode())
            for part in log:
                for start in range(0, part.num_rows, CHUNK):
                    file.write(_lines(part.slice(start, CHUNK)))

    write_whole(path, write)


def _lines(part: pa.Table) -> pa.Buffer:
    """The rows of a batch as lines of CSV; each distinct text is quoted once."""
    columns = []
    for column in part.combine_chunks().columns:
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        ends = len(columns) == part.num_columns - 1
        if isinstance(column, pa.DictionaryArray):
            columns.append(_quoted(column.dictionary, ends).take(column.indices))
        else:
            columns.append(_quoted(column.cast(pa.string()), ends))
    lines = pc.binary_join_element_wise(*columns, ",")  # Arrow holds them one behind the other
    _, offsets, texts = lines.buffers()
    return texts.slice(0, int(np.frombuffer(offsets, np.int32)[len(lines)]))


def _quoted(texts: pa.Array, ends: bool) -> pa.Array:
    """Texts as cells of CSV; ends: of the last column."""
    special = pc.match_substring_regex(texts, '[",\\r\\n]')
    if pc.any(special).as_py():
        doubled = pc.binary_join_element_wise('"', pc.replace_substring(texts, '"', '""'), '"', "")
        texts = pc.if_else(special, doubled, texts)
    return pc.binary_join_element_wise(texts, "", "\n") if ends else texts


def write_cells(log: Sequence[pa.Table], path: Path) -> None:
    """The raw cells as Parquet, batch by batch."""
    schema = pa.schema([(name, pa.int64() if name in INTEGERS else pa.string()) for name in CELLS])

    def write(to: Path) -> None:
        with pq.ParquetWriter(to, schema, compression="zstd") as file:
            for part in log:
                for start in range(0, max(part.num_rows, 1), CHUNK):
                    file.write_table(plain_texts(part.slice(start, CHUNK)), row_group_size=CHUNK)

    write_whole(path, write)
