"""What the parts of the clean stage have left, put together in a stream: of each part no more is held than some rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..files import BATCH, ROW_GROUP

Rows = tuple[np.ndarray, pa.Table]  # what puts rows in order, int64, ascending; these rows


def merged(streams: Iterable[Iterator[Rows]]) -> Iterator[pa.Table]:
    """The rows of all streams in order. Each stream is in order, and nothing is in two of them.

    >>> odd, even = (iter([(np.array(at), pa.table({"x": at}))]) for at in ([1, 3], [2, 4]))
    >>> [piece["x"].to_pylist() for piece in merged([odd, even])]
    [[1, 2, 3], [4]]
    """
    held = [(stream, *first) for stream in streams if (first := next(stream, None))]
    while held:
        upto = min(order[-1] for _, order, _ in held)  # what is in order until here has been read
        orders, pieces, left = [], [], []
        for stream, order, rows in held:
            n = int(np.searchsorted(order, upto, side="right"))
            orders.append(order[:n])
            pieces.append(rows.slice(0, n))
            if n < len(order):
                left.append((stream, order[n:], rows.slice(n)))
            elif following := next(stream, None):
                left.append((stream, *following))
        held = left
        whole = pa.concat_tables(pieces).unify_dictionaries().combine_chunks()
        yield whole.take(pa.array(np.argsort(np.concatenate(orders), kind="stable")))


def by_size(tables: Iterable[pa.Table], empty: pa.Table, size: int) -> Iterator[pa.Table]:
    """The same rows, so many at a time; `empty` if there are none.

    >>> whole = pa.table({"x": [1, 2, 3]})
    >>> [piece["x"].to_pylist() for piece in by_size([whole, whole], whole.slice(3), 4)]
    [[1, 2, 3, 1], [2, 3]]
    """
    held, n, none = [], 0, True
    for table in tables:
        held.append(table)
        n += table.num_rows
        if n < size:
            continue
        whole = pa.concat_tables(held)
        for start in range(0, n - size + 1, size):
            yield _one(whole.slice(start, size))
        none, held, n = False, [whole.slice(n - n % size)], n % size
    if n or none:
        yield _one(pa.concat_tables(held)) if n else empty


def _one(table: pa.Table) -> pa.Table:
    return table.unify_dictionaries().combine_chunks()


class Merged:
    """A clean table from its parts, in the order of its key: nothing is read but while it is written.

    participant: the column of the key by which the parts are told apart; schema: of the table as one job has it.
    """

    def __init__(self, paths: Sequence[Path], key: Sequence[str], participant: str, schema: pa.Schema):
        self.paths, self.schema = paths, schema
        self.by = list(key[: key.index(participant) + 1])  # what comes behind is in order within a part

    def __len__(self) -> int:
        return sum(pq.read_metadata(path).num_rows for path in self.paths)

    def __iter__(self) -> Iterator[pa.Table]:
        """The rows, as many at a time as are in a row group."""
        known = [self._known(name) for name in self.by]
        place = partial(_place, self.by, known)
        return by_size(merged(self._rows(path, place) for path in self.paths), self.schema.empty_table(), ROW_GROUP)

    def _rows(self, path: Path, place: Callable[[pa.Table], np.ndarray]) -> Iterator[Rows]:
        for rows in _batches(path):
            yield place(rows), rows.cast(self.schema)

    def _known(self, name: str) -> pa.Array:
        """The different values of a column, in order; none is last."""
        found = [batch[name].unique() for path in self.paths for batch in _batches(path, [name])]
        values = pa.chunked_array(found, self.schema.field(name).type if not found else found[0].type).unique()
        return values.take(pc.sort_indices(values)).drop_null()


def _place(by: Sequence[str], known: Sequence[pa.Array], rows: pa.Table) -> np.ndarray:
    """One number for what decides the order of each row."""
    found, size = np.zeros(rows.num_rows, dtype=np.int64), 1
    for name, values in zip(by, known, strict=True):
        at = pc.index_in(rows[name], value_set=values).fill_null(len(values)).to_numpy()
        found, size = found * (len(values) + 1) + at, size * (len(values) + 1)
    assert size < 2**63
    return found


def _batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH, columns=columns):
            yield pa.Table.from_batches([batch])
