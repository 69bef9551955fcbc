"""Who is in each count of an analysis: the participants named, not their number.

The rules are the methods' own, by the shape of their parameters: a condition, an endpoint, one or more columns, a table.
A count that no rule covers (of participants whose curve has a half-life, say) is left out, and the audit says how many
those are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from ..ids import EVERYONE, Name, word
from ..ids import at as at_time
from ..ids import day as on_day
from ..registry import Column, Condition, Endpoint, Table
from . import Data
from .methods import METHODS, escalation, sets, toxicity
from .methods.common import is_categorical
from .methods.counted import COUNTED
from .methods.counts import Counted, crossed
from .participants import taking_part

MODELS = {"logistic", "firth_logistic", "exact_logistic", "logistic_spline", "dose_response", "roc"}
CROSS_TABLES = {"fisher_rxc", "chi_square"}


def counted(data: Data, spec: Mapping) -> Iterator[tuple[str, str, str, np.ndarray]]:
    """(id of the group, id of the level, statistic, who is counted: boolean by participant of `data`) for the counts of an
    analysis."""
    for group, level, statistic, members in _counted(data, spec):
        yield group.id, level.id, statistic, np.asarray(members, dtype=bool)


def _true(holds: pd.Series) -> np.ndarray:
    """True where it holds, and not where that is not known."""
    return holds.to_numpy(dtype=bool, na_value=False)


def _groups(data: Data, by: str) -> dict[Name, np.ndarray]:
    return {name: members.to_numpy(dtype=bool) for name, members in data.groups(by).items()}


def _counted(data: Data, spec: Mapping) -> Counted:
    parameters, given = METHODS.parameters(spec["method"]), METHODS.given(spec)
    kinds = {parameter.annotation for name, parameter in parameters.items() if given[name]}
    groups = _groups(data, given.get("by", ""))
    if spec["method"] == "baseline":
        yield from _baseline(data, given, groups)
    elif spec["method"] == "dose_escalation":
        yield from escalation.counted(data, given)
    elif spec["method"] == "toxicity":
        yield from toxicity.counted(data, given)
    elif spec["method"] == "combinations":
        yield from sets.counted(data, given)
    elif spec["method"] in COUNTED:
        yield from COUNTED[spec["method"]](data, given)
    elif spec["method"] == "mcnemar":
        yield from _pairs(data, given)
    elif spec["method"] == "crosstab":
        yield from crossed(data, given["variable"], given["columns"])
    elif Table in kinds:
        yield from _days(data, given, groups) if spec["method"] == "kinetics_by_day" else ()
    elif Condition in kinds:
        yield from _conditions(data, spec, given, groups)
    elif Endpoint in kinds:
        if spec["method"] == "landmark":
            yield from _landmarks(data, spec, given)
        elif spec["method"] == "simon_makuch":
            yield from _states(data, spec, given)
        elif spec["method"] == "cox_interaction":
            yield from _subgroups(data, spec)
        elif spec["method"] != "conditional_probability":  # counts the events until a time
            yield from _times(data, spec, given, groups)
    elif spec["method"] in CROSS_TABLES:
        yield from _cross(data, given, groups)
    elif spec["method"] in ("frequency", "summary"):
        values, levels = data.frame[given["variable"]], _levels(data, given["variable"], spec["method"] == "frequency")
        for group, members in groups.items():
            yield from _described(values, members, group, EVERYONE, levels)
    elif Column in kinds:
        yield from _known(data, spec, groups)


def _any(masks: Iterable[np.ndarray], like: pd.DataFrame) -> np.ndarray:
    return np.logical_or.reduce([np.zeros(len(like), bool), *masks])


def _conditions(data: Data, spec: Mapping, given: Mapping, groups: Mapping) -> Counted:
    method, holds = spec["method"], data.outcome(given["event"])
    unknown = holds.isna().to_numpy()
    known = ~unknown & taking_part(data, spec).to_numpy()
    event = known & _true(holds)
    for group, members in groups.items():
        if method in MODELS:
            yield group, EVERYONE, "n", members & known
            yield group, EVERYONE, "events", members & event
        else:
            yield group, EVERYONE, "n", members & event
            yield group, EVERYONE, "N", members & known
            yield group, EVERYONE, "missing", members & unknown


def _times(data: Data, spec: Mapping, given: Mapping, groups: Mapping) -> Counted:
    frame, method, endpoint = data.frame, spec["method"], given["endpoint"]
    causes = list(data.plan.endpoints[endpoint].events) if "cause" in given else []
    outcome, known = f"{endpoint}_{'cause' if causes else 'event'}", taking_part(data, spec).to_numpy()
    event = known & _true(frame[outcome].eq(1 + causes.index(given["cause"] or causes[0]) if causes else True))
    if method == "follow_up":  # reversed: the end of observation is the event
        event = known & ~event
    per = data.plan.per(endpoint, given.get("unit", "days"))
    time = frame[f"{endpoint}_time"].astype("Float64") / per
    entry = frame[f"{endpoint}_entry"].astype("Float64") / per if data.plan.endpoints[endpoint].entry else None
    together = method in ("log_rank", "gray", "permutation_log_rank", "max_combo")
    for group, members in ({EVERYONE: _any(groups.values(), frame)} if together else groups).items():
        for level in (
            EVERYONE,
            *(data.plan.endpoints[endpoint].event(name) for name in causes if name == (given["cause"] or causes[0])),
        ):
            yield group, level, "n", known & members
            yield group, level, "events", event & members
        for at in (given.get("at") or ()) if "unit" in given else ():
            at_risk = known & members & _true(time >= at)
            yield (
                group,
                at_time(at, given["unit"]),
                "n_at_risk",
                at_risk & (True if entry is None else _true(entry < at)),
            )


def _subgroups(data: Data, spec: Mapping) -> Counted:
    """Everybody whose group and subgroup are known, together and by subgroup."""
    known = taking_part(data, spec).to_numpy()
    event = known & _true(data.frame[f"{spec['endpoint']}_event"])
    everyone = np.ones(len(data.frame), dtype=bool)
    for level, members in {EVERYONE: everyone, **_groups(data, spec["subgroup"])}.items():
        yield EVERYONE, level, "n", known & members
        yield EVERYONE, level, "events", event & members


def _landmarks(data: Data, spec: Mapping, given: Mapping) -> Counted:
    time, event = (data.frame[f"{given['endpoint']}_{what}"] for what in ("time", "event"))
    time, part, event = (
        time / data.plan.per(given["endpoint"], "days"),
        taking_part(data, spec).to_numpy(),
        _true(event),
    )
    for day in given["days"]:
        followed = part & _true(time > day)
        yield EVERYONE, on_day(day), "n", followed
        yield EVERYONE, on_day(day), "events", followed & event


def _states(data: Data, spec: Mapping, given: Mapping) -> Counted:
    """At risk in the state of the moment: begun are those in whom it began before t, and before their follow-up ended."""
    endpoint, frame = given["endpoint"], data.frame
    begin = data.days_after_origin(endpoint, frame[given["begin"]]).clip(lower=0)
    time = (frame[f"{endpoint}_time"] / data.plan.per(endpoint, "days")).where(frame[f"{endpoint}_event"].notna())
    begin = begin.where((begin < time).fillna(False))
    followed = taking_part(data, spec)
    yield EVERYONE, EVERYONE, "n", followed
    yield EVERYONE, EVERYONE, "events", followed & frame[f"{endpoint}_event"]
    for at in given["at"]:
        t = at * data.plan.days(given["unit"])
        here, begun = followed & (time >= t), (begin < t).fillna(False)
        yield word("begun"), at_time(at, given["unit"]), "n_at_risk", here & begun
        yield word("not yet"), at_time(at, given["unit"]), "n_at_risk", here & ~begun


def _pairs(data: Data, given: Mapping) -> Counted:
    pair = {name: data.outcome(given[name]) for name in ("first", "second")}
    known = pair["first"].notna() & pair["second"].notna()
    for name, holds in pair.items():
        yield word(name), EVERYONE, "n", known & holds
        yield word(name), EVERYONE, "N", known


def _days(data: Data, given: Mapping, groups: Mapping) -> Counted:
    source, who = data.tables[given["table"]], data.study.participant
    source = source[source[given["value"]].notna()]
    measured = data.frame[who].isin(source[who]).to_numpy()
    days = {day: data.frame[who].isin(rows).to_numpy() for day, rows in source.groupby(given["day"])[who]}
    for group, members in groups.items():
        yield group, EVERYONE, "n", members & measured
        for day, theirs in days.items():
            yield group, on_day(day), "n", members & theirs


def _cross(data: Data, given: Mapping, groups: Mapping) -> Counted:
    lines = _groups(data, given["variable"])
    for group, members in groups.items():
        for level, holds in lines.items():
            yield group, level, "n", members & holds
    yield EVERYONE, EVERYONE, "N", _any(groups.values(), data.frame) & _any(lines.values(), data.frame)


def _baseline(data: Data, given: Mapping, groups: Mapping) -> Counted:
    everyone = np.ones(len(data.frame), dtype=bool)
    described = {
        variable: (data.column(variable), _levels(data, variable, is_categorical(data, variable), beside=True))
        for variable in given["variables"]
    }
    for group, members in {**(groups if given["by"] else {}), EVERYONE: everyone}.items():
        yield group, EVERYONE, "N", members
        for variable, (of, levels) in described.items():
            yield from _described(data.frame[variable], members, group, of, levels)


def _levels(data: Data, variable: str, categorical: bool, beside: bool = False) -> dict[Name, np.ndarray] | None:
    """The levels of a variable, if it has any; beside: among other variables, whose name they bear then."""
    if not categorical:
        return None
    found = data.levels(variable) if beside else data.groups(variable)
    return {name: members.to_numpy(dtype=bool) for name, members in found.items()}


def _described(values: pd.Series, members: np.ndarray, group: Name, of: Name, levels: Mapping | None) -> Counted:
    known = values.notna().to_numpy() & members
    yield group, of, "n" if levels is None else "N", known
    yield group, of, "missing", members & ~known
    for level, holds in (levels or {}).items():
        yield group, level, "n", holds & members


def _known(data: Data, spec: Mapping, groups: Mapping) -> Counted:
    """Those in whom all columns are known, by group and together."""
    known = taking_part(data, spec).to_numpy()
    for group, members in groups.items():
        yield group, EVERYONE, "n", known & members
    yield EVERYONE, EVERYONE, "n", known & _any(groups.values(), data.frame)
