"""What differs between two versions of a file, in words: cell by cell where it is a table, by key in JSON, by line in text."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from ..contracts import FILES

# the columns that name a row; in other tables a row is known by its number
KEYS = {f"{file.name}.{file.suffix}": list(file.key) for file in FILES if file.key}
TEXT = {".csv", ".html", ".json", ".md", ".svg", ".txt", ".typ", ".xml"}
SHOWN = 20
LAST_DIGITS = 1e-9  # a value that moved by less of itself has not moved: sums in another order


def read_table(path: Path) -> pd.DataFrame:
    """A CSV or Parquet file with every cell as text, missing as empty."""
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.read_parquet(path).astype("string").fillna("").astype(str)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def moved(old: str, new: str) -> str:
    """One cell's change, with its size where both are numbers."""
    size = _number(new) - _number(old)
    return f"{old!r} -> {new!r}" + (f" ({size:+.6g})" if math.isfinite(size) else "")


def _tables(old: pd.DataFrame, new: pd.DataFrame, keys: list[str]) -> Iterator[str]:
    if list(old.columns) != list(new.columns):
        lost, added = [c for c in old if c not in new], [c for c in new if c not in old]
        yield f"columns differ: lost {', '.join(lost) or 'none'}, new {', '.join(added) or 'none'}, or another order"
        return
    if keys and not old.duplicated(keys).any() and not new.duplicated(keys).any():
        old, new = old.set_index(keys), new.set_index(keys)

        def name(at) -> str:
            at = at if isinstance(at, tuple) else (at,)
            return ", ".join(f"{key} {value}" for key, value in zip(keys, at, strict=True) if value)

        yield from (f"{name(at)}: the row is gone" for at in old.index.difference(new.index))
        yield from (f"{name(at)}: the row is new" for at in new.index.difference(old.index))
        both = old.index.intersection(new.index)
        old, new = old.loc[both], new.loc[both]
    elif len(old) == len(new):

        def name(at) -> str:
            return f"row {at + 2}"  # as a spreadsheet counts, with the header as row 1

    else:
        rows = [Counter(map(tuple, frame.itertuples(index=False))) for frame in (old, new)]
        yield f"{len(old):,} rows -> {len(new):,} rows"
        for less, more, word in ((rows[1], rows[0], "gone"), (rows[0], rows[1], "new")):
            yield from (f"a row is {word}: {' | '.join(row)}" for row in (more - less))
        return
    for column in old.columns:
        before, after = old[column].to_numpy(dtype=object), new[column].to_numpy(dtype=object)
        for at in (before != after).nonzero()[0]:
            yield f"{name(old.index[at])}, column {column}: {moved(before[at], after[at])}"


def _json(old, new, path: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            at = f"{path} > {key}" if path else key
            if key not in new or key not in old:
                yield f"{at}: {'is gone' if key not in new else 'is new'}"
            else:
                yield from _json(old[key], new[key], at)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, pair in enumerate(zip(old, new, strict=True), start=1):
            yield from _json(*pair, f"{path} > {number}")
    elif old != new:
        yield f"{path}: {str(old)[:80]!r} -> {str(new)[:80]!r}"


def _lines(old: str, new: str) -> Iterator[str]:
    before, after = old.splitlines(), new.splitlines()
    for number, (a, b) in enumerate(zip(before, after, strict=False), start=1):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
            start = max(0, at - 20)
            yield f"line {number}, character {at + 1}: {a[start : at + 20]!r} -> {b[start : at + 20]!r}"
            return
    yield f"{len(before):,} lines -> {len(after):,} lines"


def describe(old: Path, new: Path) -> list[str]:
    """In words what differs from `old` to `new`; empty if the bytes are the same. At most 20 differences are spelt out."""
    if old.read_bytes() == new.read_bytes():
        return []
    found: Iterable[str] = ["other bytes"]
    try:
        if new.suffix in (".csv", ".parquet"):
            found = _tables(read_table(old), read_table(new), KEYS.get(new.name, []))
        elif new.suffix == ".json":
            found = _json(*(json.loads(path.read_text(encoding="utf-8")) for path in (old, new)))
        elif new.suffix in TEXT:
            found = _lines(*(path.read_text(encoding="utf-8") for path in (old, new)))
        found = list(found) or ["the same content in other bytes"]
    except Exception as error:  # a damaged file of any format
        found = [f"cannot be read: {type(error).__name__}"]
    more = len(found) - SHOWN
    return found[:SHOWN] + ([f"and {more:,} more"] if more > 0 else [])
