"""Two runs side by side: which printed numbers moved, how far, where they stand, and why.

`compare` gives the numbers that moved, largest first, and those that were expected to move and did not; `write` lays them down as a
page, a table and a paragraph for a letter.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ..audit.differences import LAST_DIGITS
from ..audit.parts import write_part
from ..files import write_text
from ..report.places import Place, places
from . import figures, page
from .causes import Cause, Causes, ordered
from .sides import Number, Side, find

COUNT = "plan.statistics"


@dataclass(frozen=True)
class Moved:
    """A number before and after (None: it is not there), where it is printed, and why it moved.

    size: the change relative to the larger of both values, from 0 to 1 (2 at a change of sign); infinite for a number that came or
    went; 0 where only its print or a text changed.
    """

    id: str
    statistic: str
    before: Number | None
    after: Number | None
    places: tuple[Place, ...]
    causes: tuple[Cause, ...]

    @property
    def label(self) -> str:
        return (self.after or self.before).label

    @property
    def shown(self) -> tuple[str, str]:
        return tuple(number.display if number else "" for number in (self.before, self.after))

    @property
    def size(self) -> float:
        return _size(self.before, self.after)

    @property
    def printed(self) -> bool:
        """Whether a reader sees it move: its print differs."""
        return self.shown[0] != self.shown[1]


@dataclass(frozen=True)
class Comparison:
    """moved: largest changes first; still: (label, causes) of records whose sources moved and whose numbers did not."""

    a: Side
    b: Side
    moved: tuple[Moved, ...]
    still: tuple[tuple[str, tuple[Cause, ...]], ...]
    n: int
    traced: bool


def _size(before: Number | None, after: Number | None) -> float:
    if before is None or after is None:
        return math.inf
    old, new = before.value, after.value
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in (old, new)):
        return math.inf if (old is None) != (new is None) else 0.0
    largest = max(abs(old), abs(new))
    return abs(new - old) / largest if largest else 0.0


def _differs(before: Number | None, after: Number | None) -> bool:
    """Whether a number moved: its print, or its value by more than its last digits."""
    if before is None or after is None or before.display != after.display:
        return True
    return _size(before, after) > LAST_DIGITS


def compare(a: Side, b: Side) -> Comparison:
    """What moved from run `a` to run `b`."""
    causes, old, new = Causes(a, b), a.numbers, b.numbers
    if not causes.traced:  # then only what both have: a record holds neither flow nor cleaning
        old, new = (dict(side.listed()) for side in (a, b))
    where = {name: found for side in (a, b) for name, found in places(side.folder).items()}
    keys = list(dict.fromkeys([*new, *old]))
    moved = []
    for key in keys:
        before, after = old.get(key), new.get(key)
        if _differs(before, after):
            why = causes.of(key, before, after)
            moved.append(Moved(*key, before, after, tuple(where.get(key[0], ())), tuple(why)))
    come = [one for one in moved if one.before is None or one.after is None]
    why = tuple(ordered(cause for one in come for cause in one.causes))  # of how many there are
    moved = [replace(one, causes=why) if one.id == COUNT and why else one for one in moved]
    moved.sort(key=lambda one: (not one.printed, -one.size))
    records = {(one.after or one.before).record for one in moved}
    return Comparison(a, b, tuple(moved), tuple(_still(causes, records)), len(keys), causes.traced)


def _still(causes: Causes, moved: Iterable[str]):
    """Records whose sources differ and of which no number moved."""
    if not causes.traced:
        return
    for name, record in causes.b.records.items():
        if name in moved or name not in causes.a.records or record["kind"] in ("clean", "plan"):
            continue
        people = causes.a.names(causes.a.records[name]["everyone"]) | causes.b.names(record["everyone"])
        if found := causes.of_record(name, people):
            yield record["label"], tuple(ordered(found))


def table(found: Comparison) -> pd.DataFrame:
    """One row per number that moved."""
    rows = [
        {"number": one.id, "statistic": one.statistic, "label": one.label, "before": one.shown[0], "after": one.shown[1],
         "value_before": one.before.value if one.before else None, "value_after": one.after.value if one.after else None,
         "printed": " | ".join(f"{place.kind}: {place.where}" for place in one.places),
         "causes": " | ".join(f"{cause.kind}: {cause}" for cause in one.causes)}
        for one in found.moved
    ]  # fmt: skip
    columns = ["number", "statistic", "label", "before", "after", "value_before", "value_after", "printed", "causes"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def write(found: Comparison, to: Path) -> None:
    """index.html, compare.csv and letter.md in the folder `to`; compared.js, by which the audit's page knows that they are there."""
    to.mkdir(parents=True, exist_ok=True)
    table(found).to_csv(to / "compare.csv", index=False, lineterminator="\n")
    write_text(page.letter(found), to / "letter.md")
    write_text(page.render(found, list(figures.pairs(found.a, found.b))), to / "index.html")
    write_part({"moved": len(found.moved)}, to / "compared.js")


def main(a: str, b: str, study: str, to: Path) -> int:
    """The command: status 0 whether numbers moved or not."""
    with tempfile.TemporaryDirectory(prefix="trialpress-") as scratch:
        found = compare(find(a, study, Path(scratch)), find(b, study, Path(scratch)))
        write(found, to)
    print(page.letter(found), end="")
    print(f"\nEach with its places and causes: {to}/index.html, {to}/compare.csv")
    return 0
