"""Parquet files: each column has one type, which says the kind of its cells."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...study import File
from .dataset import assemble, plain_only
from .detect import Content, too_much
from .encode import number_text
from .problems import stop
from .raw import BLANK, Cell, Encoded, Raw
from .serial import python_cell


def read_parquet(content: Content, file: File) -> Raw:
    """Read a Parquet file; InputError if a column holds lists, records or bytes."""
    plain_only(content, file)
    try:
        source = pq.ParquetFile(pa.BufferReader(content.data))
        about = source.metadata
        size = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
        if size > file.limits.unpacked * 1_000_000:
            raise too_much(content.where, file)
        table = source.read()
    except (pa.ArrowException, OSError) as error:
        raise stop(content.where, f"cannot be read as Parquet: {error}", "ask for the file again") from None
    columns = [_column(content, name, table.column(at)) for at, name in enumerate(table.column_names)]
    return assemble(content, file, table.column_names, columns)


def _column(content: Content, name: str, values: pa.ChunkedArray) -> Encoded:
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        do = "write it as text or as columns of their own"
        raise stop(content.where, f"the column '{name}' holds {kind}, not one value per row", do)
    if pa.types.is_null(kind):
        return Encoded(np.zeros(len(values), dtype=np.int32), [BLANK])
    array = values.cast(kind).combine_chunks().dictionary_encode()
    distinct = array.dictionary.to_pylist()
    whole = not any(isinstance(value, datetime.datetime) and value.time() != datetime.time() for value in distinct)
    cells = [_cell(np.float32(value) if kind == pa.float32() else value, whole) for value in distinct]
    return Encoded(array.indices.fill_null(len(cells)).to_numpy().astype(np.int32), [*cells, BLANK])


def _cell(value, whole: bool) -> Cell:
    """One value. A column of moments that are all midnight (`whole`) holds dates, for which pandas has no type."""
    if value is None or value != value:
        return BLANK
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", "boolean")
    if isinstance(value, str):
        return Cell(value) if value else BLANK
    if isinstance(value, datetime.datetime):
        if whole and value.tzinfo is None:
            return Cell(value.date().isoformat(), "date")
        text = value.isoformat(timespec="milliseconds" if value.microsecond else "seconds")
        return Cell(text.replace("+00:00", "Z"), "datetime")
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return python_cell(value)
    return Cell(number_text(value), "number")
