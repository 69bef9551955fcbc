"""Time to event: from dates or from durations to time, event, cause, what was cut, and delayed entry of every participant."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from ..calculation import days_between, hours
from ..errors import InputError, Problem
from ..plan import Endpoint

Evaluate = Callable[[str, str], pd.Series]  # (where in the endpoint, expression) -> its column


def follow(endpoint: Endpoint, evaluate: Evaluate, who: pd.Series) -> dict[str, pd.Series]:
    """Name of the column -> its values, in the endpoint's unit; all of a participant's are missing where the time is."""
    read = _durations if endpoint.from_durations else _dates
    time, event, cause, cut, entry = read(endpoint, evaluate, who)
    _negative(endpoint, time, who)
    known = time.notna() & event.notna()
    columns = {"time": time.where(known), "event": event.astype("boolean").where(known)}
    if endpoint.censor_at:
        columns["cut"] = cut.astype("boolean").where(known)
    if endpoint.competing:
        columns["cause"] = cause.astype("Int64").where(known)
    if endpoint.entry:
        # who is under observation before the origin is at risk from the origin
        columns["entry"] = entry.mask((entry < 0).fillna(False), 0)
    return {f"{endpoint.id}_{name}": columns[name] for name in (*columns,)}


def _dates(endpoint: Endpoint, evaluate: Evaluate, who: pd.Series):
    at = {name: pd.to_datetime(evaluate(name, text)) for name, text in endpoint.moments.items()}
    between = hours
    if endpoint.unit != "hours":  # what comes first is a matter of days, too: a date has no time of day
        between, at = days_between, {name: moments.dt.normalize() for name, moments in at.items()}
    origin, censor = at["origin"], at["censor"]
    dates = pd.DataFrame({name: at[f"events.{name}"] for name in endpoint.events})
    first = dates.min(axis=1)
    cut = _earliest({name: date for name, date in at.items() if name.startswith("censor_at.")}, who.index)
    cut = pd.to_datetime(cut)
    # an event counts whatever `censor` says; only `censor_at` goes before it
    after = (first > cut).fillna(False)
    event = first.notna() & ~after
    last = censor.mask((cut < censor).fillna(False), cut).mask(after, cut)
    time = between(origin, first.where(event, last))
    cause = sum(
        (dates[name].eq(first) & event & (dates.iloc[:, :i].ne(first, axis=0).all(axis=1))) * (i + 1)
        for i, name in enumerate(dates)
    )
    entry = between(origin, at["entry"]) if endpoint.entry else None
    return time, event, pd.Series(cause, index=who.index), after, entry


def whole(durations: pd.Series) -> pd.Series:
    """Durations without the last digits of how they were computed: those that mean the same are equal."""
    return durations.astype("Float64").round(9)


def _durations(endpoint: Endpoint, evaluate: Evaluate, who: pd.Series):
    # digits that arithmetic leaves behind (0.1 + 0.2) would break ties
    at = {name: whole(evaluate(name, text)) for name, text in endpoint.moments.items()}
    holds = {name: evaluate(at, text).astype("boolean") for (at, text), name
             in zip(endpoint.conditions.items(), endpoint.events, strict=True)}  # fmt: skip
    frame = pd.DataFrame(holds)
    several = (frame.fillna(False).sum(axis=1) > 1).to_numpy()
    if several.any():
        raise InputError([Problem(
            f"plan.yaml, endpoints.{endpoint.id}.causes", f"several causes hold for participant {_shown(who, several)}",
            "one of them would be chosen by chance", "write conditions of which one holds at most")])  # fmt: skip
    # any cause that is known to hold is the event; none only if all are known not to hold
    event = frame.any(axis=1).astype("boolean").mask(frame.isna().any(axis=1) & ~frame.fillna(False).any(axis=1))
    cause = sum(frame[name].fillna(False).astype("Int64") * (i + 1) for i, name in enumerate(frame))
    time, cut = (
        at["time"],
        _earliest({name: value for name, value in at.items() if name.startswith("censor_at.")}, who.index),
    )
    cut = cut.astype("Float64")
    later = (cut < time).fillna(False).astype(bool)
    after = later & event.fillna(False)
    _negative(endpoint, time, who)  # before a cut hides it
    return time.mask(later, cut), event.mask(after, False), cause.mask(after, 0), after, at.get("entry")


def _earliest(columns: Mapping[str, pd.Series], index: pd.Index) -> pd.Series:
    return pd.DataFrame(columns).min(axis=1).reindex(index)


def _shown(who: pd.Series, here) -> str:
    return ", ".join(map(str, who[here].head(5)))


def _negative(endpoint: Endpoint, time: pd.Series, who: pd.Series) -> None:
    wrong = (time < 0).fillna(False).astype(bool).to_numpy()
    if not wrong.any():
        return
    what, why = f"negative time for participant {_shown(who, wrong)}", "the end lies before the time origin"
    do = "correct the dates (corrections.csv) or the endpoint"
    if endpoint.from_durations:
        why, do = "a duration cannot be negative", "correct the durations (corrections.csv) or the endpoint"
    raise InputError([Problem(f"plan.yaml, endpoints.{endpoint.id}", what, why, do)])
