"""Who is in the counts of tables within strata, of subgroups, of two classifications and of stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from ...ids import EVERYONE, word
from .. import Data
from .counts import Counted, none_of


def _inside(data: Data, column: str) -> pd.Series:
    return ~none_of(data.groups(column), data.frame)


def strata(data: Data, given: Mapping) -> Counted:
    known = _inside(data, given["stratum"])
    for group, members in data.groups(given["by"]).items():
        for level, here in data.groups(given["variable"]).items():
            yield group, level, "n", members & here & known
    yield EVERYONE, EVERYONE, "N", known & _inside(data, given["by"]) & _inside(data, given["variable"])


def subgroups(data: Data, given: Mapping) -> Counted:
    outcome = data.outcome(given["event"]) if "event" in given else data.frame[given["variable"]]
    known = outcome.notna() & _inside(data, given["by"]) & _inside(data, given["subgroup"])
    everyone = pd.Series(True, index=data.frame.index)
    for group, members in {EVERYONE: everyone, **data.groups(given["by"])}.items():
        yield group, EVERYONE, "n", known & members
        for level, here in data.groups(given["subgroup"]).items():
            yield group, level, "n", known & members & here


def ratings(data: Data, given: Mapping) -> Counted:
    one, other = (data.groups(given[key]) for key in ("first", "second"))
    nobody = pd.Series(False, index=data.frame.index)
    for a in dict.fromkeys([*one, *other]):
        for b in dict.fromkeys([*one, *other]):
            yield a, b, "n", one.get(a, nobody) & other.get(b, nobody)
    yield EVERYONE, EVERYONE, "n", _inside(data, given["first"]) & _inside(data, given["second"])


def stages(data: Data, given: Mapping) -> Counted:
    holds, early = data.outcome(given["event"]), data.holds(given["first"])
    known = holds.notna() & early.notna()
    for level, members in ((word("first stage"), early), (word("second stage"), ~early), (EVERYONE, early.notna())):
        here = (known & members).fillna(False).astype(bool)
        yield EVERYONE, level, "n", here & holds.fillna(False).astype(bool)
        yield EVERYONE, level, "N", here


COUNTED: dict[str, Callable[[Data, Mapping], Counted]] = {
    "cochran_mantel_haenszel": strata, "logistic_interaction": subgroups, "linear_interaction": subgroups,
    "kappa": ratings, "simon_inference": stages,
}  # fmt: skip
