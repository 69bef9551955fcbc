"""Which of several things participants have together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from ...ids import EVERYONE, Name, word
from ...registry import Condition
from .. import Data, Rows
from .common import METHODS

NONE = word("none")


def members_of(data: Data, conditions: Mapping[str, str]) -> tuple[dict[Name, pd.Series], pd.Series]:
    """(set -> who is in it, of whom all conditions are known)."""
    holds = {word(text): data.holds(condition) for text, condition in conditions.items()}
    known = pd.Series(True, index=data.frame.index)
    for one in holds.values():
        known &= one.notna()
    return {name: one.fillna(False).astype(bool) & known for name, one in holds.items()}, known


def combinations_of(
    sets: Mapping[Name, pd.Series], known: pd.Series
) -> Iterator[tuple[Name, tuple[bool, ...], pd.Series]]:
    """(name, in which sets, who is in exactly these) of the combinations that occur, in the order of the sets."""
    frame = pd.DataFrame({name.id: who for name, who in sets.items()}, index=known.index)[known]
    patterns = sorted({tuple(map(bool, row)) for row in frame.to_numpy()}, reverse=True)
    names = list(sets)
    for pattern in patterns:
        inside = [name for name, here in zip(names, pattern, strict=True) if here]
        exactly = known.copy()
        for name, here in zip(names, pattern, strict=True):
            exactly &= sets[name] if here else ~sets[name]
        label = " and ".join(name.label for name in inside)
        yield (Name("+".join(name.id for name in inside), label) if inside else NONE), pattern, exactly


@METHODS.add("combinations", of_counts="percent", missing_apart=True)
def combinations(data: Data, rows: Rows, *, sets: dict[str, Condition]):
    """Participants by what they have together: the size of each set (level: its name), and of each combination, who has
    exactly these and none of the others (level: the names, with + between them). Who has an unknown one is counted in no set;
    `missing` says how many those are.

    Parameters
        sets: name -> condition
    """
    found, known = members_of(data, sets)
    N = int(known.sum())
    rows.add({"N": N, "missing": int((~known).sum())}, method="participants with all known")
    share = "" if N else "not estimable: no participants with all known"
    for name, who in found.items():
        _add(rows, int(who.sum()), N, Name(f"set={name.id}", name.label), share)
    for name, _, who in combinations_of(found, known):
        _add(rows, int(who.sum()), N, name, share)


def _add(rows: Rows, n: int, N: int, level: Name, note: str) -> None:
    rows.add({"n": n, "percent": n / N if N else float("nan")}, level=level, method="counts of participants", note=note)


def counted(data: Data, given: Mapping) -> Iterator[tuple[Name, Name, str, pd.Series]]:
    """Who is in each count."""
    found, known = members_of(data, given["sets"])
    yield EVERYONE, EVERYONE, "N", known
    yield EVERYONE, EVERYONE, "missing", ~known
    for name, who in found.items():
        yield EVERYONE, Name(f"set={name.id}", name.label), "n", who
    for name, _, who in combinations_of(found, known):
        yield EVERYONE, name, "n", who
