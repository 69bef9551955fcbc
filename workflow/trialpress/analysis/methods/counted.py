"""Who is in the counts of tables within strata, of subgroups, of pairs, of classifications, of stages and of predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from ...ids import EVERYONE, word
from ...ids import at as at_time
from .. import Data
from ..participants import none_of
from .changing import intervals
from .common import entry_of, number, outcomes, scores
from .continuous import pair_of
from .counts import Counted
from .discrimination import risk_groups
from .multistate import changes_of, under
from .winning import known_of


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


def repeated(data: Data, given: Mapping) -> Counted:
    """Rows of visits; of a count of participants the first row of each."""
    who = data.frame[data.study.participant]
    asked = dict.fromkeys([given["variable"], *given["covariates"], *given.get("by_visit", ())])
    known = data.frame[list(asked)].notna().all(axis=1) & _inside(data, given["by"]) & _inside(data, given["visit"])
    for group, members in {EVERYONE: pd.Series(True, index=data.frame.index), **data.groups(given["by"])}.items():
        here = known & members
        yield group, EVERYONE, "n", here & ~who.where(here).duplicated()
        for level, at in data.groups(given["visit"]).items():
            yield group, level, "n", here & at


def completed(data: Data, given: Mapping) -> Counted:
    """Everyone in a group; of each column those whose value was imputed."""
    known = _inside(data, given["by"])
    yield EVERYONE, EVERYONE, "n", known
    for group, members in data.groups(given["by"]).items():
        yield group, EVERYONE, "n", known & members
    for column in dict.fromkeys([given["variable"], *given["covariates"], *given["auxiliary"]]):
        yield EVERYONE, data.column(column), "missing", known & data.frame[column].isna()


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


def correlated(data: Data, given: Mapping) -> Counted:
    known = {name: pd.Series(~np.isnan(scores(data, name)), index=data.frame.index) for name in given["variables"]}
    for x, y in combinations(given["variables"], 2):
        yield EVERYONE, pair_of(data.column(x), data.column(y)), "n", known[x] & known[y]


def calibrated(data: Data, given: Mapping) -> Counted:
    y, known = outcomes(data, given["event"], [given["predicted"]])
    p = number(data.frame[given["predicted"]])[known.to_numpy()]

    def among(mask: np.ndarray) -> pd.Series:
        found = known.to_numpy(dtype=bool).copy()
        found[found] = mask
        return pd.Series(found, index=data.frame.index)

    yield EVERYONE, EVERYONE, "n", among(np.ones(len(y), dtype=bool))
    yield EVERYONE, EVERYONE, "events", among(y)
    for level, members in risk_groups(p, given["groups"]).items():
        yield EVERYONE, level, "n", among(y & members)
        yield EVERYONE, level, "N", among(members)


def winning(data: Data, given: Mapping) -> Counted:
    known = known_of(data, given)
    for group, members in data.groups(given["by"]).items():
        yield group, EVERYONE, "n", members & known


def changing(data: Data, given: Mapping) -> Counted:
    parts = (given[key] for key in ("endpoint", "begins", "covariates", "table", "date", "value", "which", "stratum"))
    found, design, _ = intervals(data, *parts)
    who = design.known.to_numpy(dtype=bool).copy()
    who[who] = np.isin(np.arange(who.sum()), found.patient)
    event = design.known.to_numpy(dtype=bool).copy()
    event[event] = np.isin(np.arange(event.sum()), found.patient[found.event.astype(bool)])
    for statistic, members in (("n", who), ("events", event)):
        yield EVERYONE, EVERYONE, statistic, pd.Series(members, index=data.frame.index)


def current(data: Data, given: Mapping) -> Counted:
    """Who is followed, dies and changes state; at fixed times who is under observation, and of them in remission."""
    days, known, _ = changes_of(data, given["endpoint"], given["changes"], given["estimator"])
    time, death = (number(data.frame.loc[known, f"{given['endpoint']}_{name}"]) for name in ("time", "event"))
    entry = entry_of(data, given["endpoint"], "days", known)

    def among(mask: np.ndarray) -> pd.Series:
        found = known.to_numpy(dtype=bool).copy()
        found[found] = mask
        return pd.Series(found, index=data.frame.index)

    for group, members in data.groups(given["by"]).items():
        yield group, EVERYONE, "n", members & known
        yield group, EVERYONE, "deaths", members & among(death == 1)
        for column, moved in zip(given["changes"], days.T, strict=True):
            yield group, data.column(column), "n", members & among(moved <= time)
        for at in given["at"]:
            here = under(time, days, at * data.plan.days(given["unit"]), given["start"], entry)
            for statistic, mask in zip(("n_at_risk", "n_in_remission"), here, strict=True):
                yield group, at_time(at, given["unit"]), statistic, members & among(mask)


COUNTED: dict[str, Callable[[Data, Mapping], Counted]] = {
    "cochran_mantel_haenszel": strata, "logistic_interaction": subgroups, "linear_interaction": subgroups,
    "current_leukaemia_free_survival": current, "win_ratio": winning, "changing_cox": changing, "multiple_imputation": completed, "mmrm": repeated, "gee": repeated, "correlations": correlated, "calibration": calibrated, "kappa": ratings, "simon_inference": stages,
}  # fmt: skip
