"""Two groups compared by a hierarchy of outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from ...ids import Name, column, word
from ...registry import Column, Endpoint, Number
from ...stats.result import Result
from .. import Data, Rows
from .common import METHODS, RATIO, comparable, followed, group_codes, number, strata_of


def known_of(data: Data, given: Mapping) -> pd.Series:
    """In whom the group, the stratum and all outcomes are known."""
    needed = [given["by"], given["stratum"], *given["higher"], *given["lower"]]
    known = data.frame[[name for name in needed if name]].notna().all(axis=1)
    for name in given["endpoints"]:
        known &= followed(data, name)
    return known


@METHODS.add("win_ratio")
def win_ratio(
    data: Data,
    rows: Rows,
    *,
    by: Column,
    endpoints: list[Endpoint] = (),
    higher: list[Number] = (),
    lower: list[Number] = (),
    stratum: Column = "",
    variance: Literal["estimate", "null-hypothesis"] = "estimate",
):
    """Unmatched win ratio of two groups, the second against the first (Pocock et al. 2012): each participant of one is compared with
    each of the other by the first outcome that tells them apart, endpoints first (a later event wins), then the columns of
    `higher`, then those of `lower`. With it the win odds, in which ties count half, and the net benefit, wins less losses as a
    share of pairs. Wins and losses by outcome say what decided. Within strata the ratio is that of the weighted wins and losses.

    Parameters
        by: column of the two groups
        endpoints: time-to-event endpoints from the most important on
        higher: columns of numbers of which more is better
        lower: columns of numbers of which less is better
        stratum: column of the strata, within which pairs are made; Mantel-Haenszel weights
        variance: of the U-statistics at the estimate, or under the null hypothesis, as R WINS
    """
    from ...stats.win_ratio import STATISTICS, Outcome
    from ...stats.win_ratio import win_ratio as ratio

    late = [name for name in endpoints if data.plan.endpoints[name].entry]
    if late:
        raise ValueError(
            f"endpoints: '{late[0]}' has delayed entry; who was not yet observed can be compared with nobody"
        )
    if not [*endpoints, *higher, *lower]:
        raise ValueError("endpoints, higher, lower: no outcome is named")
    known = known_of(data, {"by": by, "stratum": stratum, "endpoints": endpoints, "higher": higher, "lower": lower})
    code, sizes = group_codes(data, by, known)
    for group in data.groups(by):
        rows.add({"n": sizes.get(group, 0)}, group=group, kind="count", method="participants with all outcomes")
    if not comparable(rows, sizes, "unmatched win ratio", ("win_ratio", "p_value")):
        return
    outcomes = {}
    for name in endpoints:
        of = data.plan.endpoints[name]
        time, event = (number(data.frame.loc[known, f"{name}_{what}"]) for what in ("time", "event"))
        outcomes[column(name, of.label)] = Outcome(time / data.plan.per(name, "days"), event)
    for name in (*higher, *lower):
        outcomes[data.column(name)] = Outcome(number(data.frame.loc[known, name]), None, name in higher)
    strata = strata_of(data, stratum, known)
    result = ratio(list(outcomes.values()), code, stratum=strata, variance=variance, level=data.plan.level)
    counts = (*(["strata"] if stratum else []), "pairs", "wins", "losses", "ties")
    kinds = dict.fromkeys(counts, "count") | RATIO | {"win_ratio": "ratio"}
    rows.add(result, kinds=kinds, only=(*counts, *STATISTICS))
    for k, name in enumerate(outcomes, start=1):
        decided = {"wins": result[f"wins:{k}"], "losses": result[f"losses:{k}"]}
        rows.add(decided, level=name, kind="count", method="pairs decided by the outcome")
    for measure, kind in (("win odds", "ratio"), ("net benefit", "decimal2")):
        _measure(rows, result, word(measure), kind)


def _measure(rows: Rows, result: Result, name: Name, kind: str) -> None:
    values = {"estimate": result[name.id]} | {f"ci_{end}": result[f"{name.id}_{end}"] for end in ("low", "high")}
    method = result.method.replace("unmatched win ratio", name.label)
    method = method.replace(", log scale", "") if kind == "decimal2" else method
    rows.add(Result(method, values, result.note), level=name, kinds=dict.fromkeys(values, kind))
