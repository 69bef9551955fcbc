"""What the trace writes of columns and expressions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ...cohort import Builder as Builder
from ...expression import Expression
from ...text import iso, number_text


def names_in(text) -> list[str]:
    """The columns that an expression of the plan names."""
    return Expression(str(text).lower() if isinstance(text, bool) else text).names


def texts(values: pd.Series) -> pa.DictionaryArray:
    """Values as they are written in a CSV file, missing as empty text; each distinct value is written once."""
    if pd.api.types.is_datetime64_any_dtype(values):
        write = iso
    elif pd.api.types.is_bool_dtype(values):
        write = lambda value: str(bool(value)).lower()  # noqa: E731
    else:
        write = number_text if pd.api.types.is_numeric_dtype(values) else str
    codes, distinct = pd.factorize(values)
    written = pa.array([*map(write, distinct), ""], type=pa.string())
    return pa.DictionaryArray.from_arrays(np.where(codes < 0, len(distinct), codes).astype(np.int32), written)


def same(text: str, n: int) -> pa.DictionaryArray:
    """One text n times."""
    return pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), pa.array([text]))


def keys(frame: pd.DataFrame, names: Sequence[str]) -> pa.Array:
    """The key of each row of a clean table, as cells.parquet and the logs write it: its parts joined by slashes."""
    parts = [texts(frame[name]) for name in names]
    slashes = any(pc.any(pc.match_substring(part.dictionary, "/")).as_py() for part in parts)
    parts = [part.dictionary_decode() for part in parts]
    joined = pc.binary_join_element_wise(*parts, "/")
    if len(parts) > 1 and slashes and len(joined.unique()) < len(joined):  # then a slash within them is doubled
        joined = pc.binary_join_element_wise(*(pc.replace_substring(part, "/", "//") for part in parts), "/")
    return joined
