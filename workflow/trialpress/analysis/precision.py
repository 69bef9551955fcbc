"""How precisely results are printed where the plan says so: decimals of percentages, and of statistics by name.

`precision` may stand in the plan's head, in an analysis and in a table; what stands nearer counts. What an analysis prints is its
display in ard.csv, so that text, tables and figures print the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from ..errors import Problem, nearest
from .display import BY_NAME, percentage, rounded

SMALL = 100  # participants, below which percentages have their own decimals
FIXED = frozenset(name for name, kind in BY_NAME.items() if kind in ("count", "df", "p"))  # printed in one way


def merged(*levels: Mapping) -> dict:
    """The precision that holds, from the plan's to the nearest.

    >>> merged({"percent_below_100": 0, "decimals": {"mean": 2}}, {"percent": 2, "decimals": {"median": 1}})
    {'decimals': {'mean': 2, 'median': 1}, 'percent': 2}
    """
    held: dict = {}
    for level in filter(None, levels):
        if "percent" in level:  # it is said anew for groups of any size
            held.pop("percent_below_100", None)
        held |= {**level, "decimals": {**held.get("decimals", {}), **level.get("decimals", {})}}
    return {key: value for key, value in held.items() if value != {}}


def problems(where: str, precision: Mapping, ard: pd.DataFrame) -> Iterator[Problem]:
    """Statistics that it names and that are not there, or are printed in one way."""
    why, there = "a key that means nothing would be ignored in silence", sorted({*ard["statistic"]} - FIXED)
    for name in precision.get("decimals", {}):
        if name not in there:
            what = "is printed in one way" if name in FIXED else "is no statistic of its analyses"
            yield Problem(f"{where}.precision.decimals", f"'{name}' {what}", why, nearest(name, there))


def printed(ard: pd.DataFrame, precision: Mapping) -> list[str]:
    """The displays of an analysis by this precision. Whether a group is small tells its N; where a row has none, that of
    its group, or of the population."""
    if not precision:
        return ard["display"].tolist()
    sizes = ard[ard["statistic"] == "N"]
    size = dict(zip(zip(sizes["group"], sizes["level"], strict=True), sizes["value"], strict=True))
    decimals, found = precision.get("decimals", {}), []
    for row in ard.itertuples():
        N = size.get((row.group, row.level), size.get((row.group, ""), row.n_population))
        percent = precision.get("percent_below_100" if N < SMALL else "percent", precision.get("percent"))
        digits = decimals.get(row.statistic, percent if row.display.endswith("%") else None)
        if digits is None or not math.isfinite(row.value):
            found.append(row.display)
        else:
            found.append((percentage if row.display.endswith("%") else rounded)(row.value, digits))
    return found
