"""Every raw cell of a participant, for the page that shows one: parts below audit/page/ that hold some participants each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ...results import Results
from ..parts import write_part
from ..trace.cells import Cells

PART = 20_000  # cells of a part
MOST = 2_000_000  # cells that lie beside the page; of more clean/cells.parquet alone has them


def write(results: Results, clean: Mapping[str, pd.DataFrame], cells: Path, folder: Path, encoded) -> dict:
    """people-0001.js, ... in `folder`; returns where each begins, and what place and rule of a cell stand for.

    A part has for each of its participants, in their order, where their cells start, and the cells: place, row, raw, and where a
    rule has changed it, clean and rule. What is withheld of a cell is not in it.
    """
    if not cells.exists():
        return {"first": [], "places": [], "rules": []}
    found = Cells(results, cells, clean["changes"])
    frame = _cells(results, found)
    places, rules = [list(place) for place in found.places], list(found.rules)
    n = len(results.subjects)
    if len(frame) > MOST:
        return {"of": len(frame), "file": "clean/cells.parquet", "first": [], "places": [], "rules": []}
    starts = np.searchsorted(frame["who"].to_numpy(), np.arange(n + 1))
    first = _cut(starts)
    changed = frame["rule"] >= 0
    shown = pd.DataFrame(
        {"place": frame["place"], "row": frame["row"], "raw": frame["raw"], "clean": frame["clean"].where(changed, ""), "rule": frame["rule"]}
    )  # fmt: skip
    for number, (low, high) in enumerate(zip(first, [*first[1:], n], strict=True), start=1):
        piece = encoded(shown.iloc[starts[low] : starts[high]])
        for name in ("place", "row", "rule"):
            piece["columns"][name]["values"] = list(map(int, piece["columns"][name]["values"]))
        part = {"first": low, "start": (starts[low : high + 1] - starts[low]).tolist(), **piece}
        write_part(part, folder / f"people-{number:04d}.js")
    return {"first": first, "places": places, "rules": rules}


def _cells(results: Results, found: Cells) -> pd.DataFrame:
    """who (number of the participant), place, row, raw, clean and rule of every raw cell, by participant, table and row."""
    participant, frames = results.study.participant, []
    numbered = pd.Index(results.subjects[participant])
    for nth, (name, table) in enumerate(results.study.tables.items()):
        if participant not in results.tables[name]:
            continue
        who = numbered.get_indexer(pd.Index(results.tables[name][participant]))
        sources = dict.fromkeys(
            one for column in table.columns for one in found.sources(name, column) if one[0] == name
        )
        for order, source in enumerate(sources):
            block = found.block(*source)
            mine = pd.DataFrame({"who": who[block.at], "row": block.row, "place": block.place, "rule": block.rule})
            mine["raw"] = block.raw.to_pandas().to_numpy()
            mine["clean"] = block.clean.to_pandas().to_numpy()
            frames.append(mine.assign(table=nth, order=order))
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["who", "row", "place", "rule", "raw", "clean", "table", "order"])  # fmt: skip
    return frame[frame["who"] >= 0].sort_values(["who", "table", "row", "order"], ignore_index=True, kind="stable")


def _cut(starts: np.ndarray) -> list[int]:
    """The first participant of each part."""
    first = [0]
    for who in range(1, len(starts) - 1):
        if starts[who + 1] - starts[first[-1]] > PART:
            first.append(who)
    return first
