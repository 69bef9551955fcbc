"""JSON of whole columns, written by Arrow without an object per value: the bytes of `audit.parts.plain`."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FEW = 1_000
_ESCAPED = r'["\\\x00-\x1f]'  # what a JSON string cannot hold as it is


def strings(texts: pa.Array) -> pa.Array:
    """Texts as JSON strings; of a dictionary each different text is written once.

    >>> strings(pa.array(['a', 'say "b"'])).to_pylist()
    ['"a"', '"say \\\\"b\\\\""']
    """
    if isinstance(texts, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(texts.indices, strings(texts.dictionary))
    if not pc.any(pc.match_substring_regex(texts, _ESCAPED)).as_py():
        return pc.binary_join_element_wise('"', texts, '"', "")
    return pa.array([json.dumps(text, ensure_ascii=False) for text in texts.to_pylist()], pa.string())


def written(values: pa.Array | np.ndarray) -> pa.Array:
    """Numbers, or what is JSON already, as the texts that stand in a list."""
    if isinstance(values, pa.DictionaryArray):
        return values.dictionary_decode()
    return values if isinstance(values, pa.Array) else pa.array(values).cast(pa.string())


def lists(start: np.ndarray, values: pa.Array | np.ndarray) -> pa.Array:
    """Lists, the i-th of the values from start[i] to start[i + 1].

    >>> lists(np.array([0, 2, 2]), np.array([7, 8])).to_pylist()
    ['[7,8]', '[]']
    """
    inner = pa.ListArray.from_arrays(pa.array(start, pa.int32()), written(values))
    return pc.binary_join_element_wise("[", pc.binary_join(inner, ","), "]", "")


def one_list(values: pa.Array | np.ndarray) -> str:
    """All of them as one list."""
    if len(values) < FEW:  # for which a call of Arrow costs more than an object for each
        return f"[{','.join(values.to_pylist() if isinstance(values, pa.Array) else map(str, values.tolist()))}]"
    return lists(np.array([0, len(values)]), values)[0].as_py()


def each(*columns: pa.Array | np.ndarray) -> pa.Array:
    """Lists, the i-th of the i-th values of some columns."""
    between = [part for column in columns for part in (",", written(column))][1:]
    return pc.binary_join_element_wise("[", *between, "]", "")


def objects(**columns: pa.Array | np.ndarray) -> pa.Array:
    """Objects, the i-th of the i-th values of some columns, by name.

    >>> objects(a=np.array([1, 2]), b=np.array([3, 4])).to_pylist()
    ['{"a":1,"b":3}', '{"a":2,"b":4}']
    """
    between = [part for name, column in columns.items() for part in (f',"{name}":', written(column))]
    return pc.binary_join_element_wise("{" + between[0][1:], *between[1:], "}", "")


def by_number(numbers: np.ndarray, values: pa.Array) -> str:
    """An object of values by whole numbers.

    >>> by_number(np.array([4, 5]), pa.array(["[]", "[1]"]))
    '{"4":[],"5":[1]}'
    """
    named = pc.binary_join_element_wise('"', written(numbers), '":', values, "")
    return "{" + one_list(named)[1:-1] + "}"


def by_name(values: Mapping[str, str]) -> str:
    """An object of what is JSON already."""
    return "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{value}" for name, value in values.items()) + "}"


def by_column(columns: Mapping[str, pa.Array | np.ndarray]) -> str:
    """Columns by name: numbers as they are, of JSON strings the different ones and which of them each is.

    >>> by_column({"n": np.array([7]), "text": strings(pa.array(["b", "a", "b"]))})
    '{"n":[7],"text":{"values":["b","a"],"codes":[0,1,0]}}'
    """
    return by_name({name: _column(values) for name, values in columns.items()})


def _column(values: pa.Array | np.ndarray) -> str:
    if not isinstance(values, pa.Array):
        return one_list(values)
    found = written(values).dictionary_encode()
    return by_name({"values": one_list(found.dictionary), "codes": one_list(found.indices.to_numpy())})
