"""Every raw cell of a participant, for the page that shows one: parts below audit/page/ that hold some participants each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pandas.api.types import union_categoricals

from ...contracts import Blocks
from ...results import Results
from ..parts import write_part
from ..trace.cells import Cells
from .logs import encoded

PART = 20_000  # cells of a part
MOST = 2_000_000  # cells that lie beside the page; of more clean/cells.parquet alone has them


def write(results: Results, changes: pd.DataFrame | Blocks, cells: Path, folder: Path) -> dict:
    """people-0001.js, ... in `folder`; returns where each begins, and what place and rule of a cell stand for.

    A part has for each of its participants, in their order, where their cells start, and the cells: place, row, raw, and where a
    rule has changed it, clean and rule. What is withheld of a cell is not in it.
    """
    if not cells.exists():
        return {"first": [], "places": [], "rules": []}
    of = pq.read_metadata(cells).num_rows  # nothing of so many is opened to be counted
    if of > MOST:
        return {"of": of, "file": "clean/cells.parquet", "first": [], "places": [], "rules": []}
    found = Cells(results, cells, [changes] if isinstance(changes, pd.DataFrame) else changes)
    frame = _cells(results, found)
    places, rules = [list(place) for place in found.places], list(found.rules)
    n = len(results.subjects)
    starts = np.searchsorted(frame.pop("who").to_numpy(), np.arange(n + 1))
    first = _cut(starts)
    for number, (low, high) in enumerate(zip(first, [*first[1:], n], strict=True), start=1):
        piece = encoded(frame.iloc[starts[low] : starts[high]])
        for name in ("place", "row", "rule"):
            piece["columns"][name]["values"] = list(map(int, piece["columns"][name]["values"]))
        part = {"first": low, "start": (starts[low : high + 1] - starts[low]).tolist(), **piece}
        write_part(part, folder / f"people-{number:04d}.js")
    return {"first": first, "places": places, "rules": rules}


def _fields(results: Results, found: Cells) -> Iterator[tuple[int, int, tuple, np.ndarray]]:
    """Number of the table, number of the field within it, the field, and the participant's number of each clean row."""
    participant = results.study.participant
    numbered = pd.Index(results.subjects[participant])
    for nth, (name, table) in enumerate(results.study.tables.items()):
        if participant in results.tables[name]:
            who = numbered.get_indexer(pd.Index(results.tables[name][participant]))
            every = (one for column in table.columns for one in found.sources(name, column) if one[0] == name)
            for order, source in enumerate(dict.fromkeys(every)):
                yield nth, order, source, who


def _cells(results: Results, found: Cells) -> pd.DataFrame:
    """who (number of the participant), place, row, raw, clean and rule of every raw cell, by participant, table and row; texts are
    categories, and of a cell that no rule has changed clean is empty."""
    frames = []
    for nth, order, source, who in _fields(results, found):
        block = found.block(*source)
        clean = pc.if_else(pa.array(block.rule >= 0), block.clean, "")
        numbers = {"table": nth, "order": order, "place": block.place, "row": block.row}
        mine = pd.DataFrame({"who": who[block.at], **numbers, "raw": _categories(block.raw), "clean": _categories(clean), "rule": block.rule})  # fmt: skip
        frames.append(mine[mine["who"] >= 0])
    if not frames:
        return pd.DataFrame(columns=["who", "place", "row", "raw", "clean", "rule"])
    names = ("who", "table", "order", "place", "row", "rule")
    frame = pd.DataFrame({name: np.concatenate([one[name].to_numpy(np.int32) for one in frames]) for name in names})
    for name in ("raw", "clean"):
        frame[name] = union_categoricals([one.pop(name) for one in frames])
    frame = frame.sort_values(["who", "table", "row", "order"], ignore_index=True, kind="stable")
    return frame[["who", "place", "row", "raw", "clean", "rule"]]


def _categories(texts: pa.Array) -> pd.Categorical:
    encoded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    return encoded.cast(pa.dictionary(pa.int32(), pa.string())).to_pandas()


def _cut(starts: np.ndarray) -> list[int]:
    """The first participant of each part."""
    first = [0]
    for who in range(1, len(starts) - 1):
        if starts[who + 1] - starts[first[-1]] > PART:
            first.append(who)
    return first
