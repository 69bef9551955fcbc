"""What the second computation of models and measures of follow-up is given, in the long form of exports.Export."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from ..analysis.methods import METHODS
from ..analysis.methods.changing import measurements
from ..analysis.methods.multistate import states_of
from ..analysis.methods.winning import known_of
from ..ids import column

if TYPE_CHECKING:
    from .exports import Export


def _cox(export: Export):
    """Each covariate as a set, with the stratum (group) and the cluster (x: its number) of everyone."""
    data, spec = export.data, export.spec
    more = {"group": data.frame[spec["stratum"]].astype("string")} if spec.get("stratum") else {}
    if spec.get("cluster"):
        codes = data.frame[spec["cluster"]].astype("string").astype("category").cat.codes
        more["x"] = codes.astype("Float64").where(codes >= 0)
    for name in spec["covariates"]:
        export.variable(name, **export.times("days"), **more)


def _stratified(export: Export):
    """The group and the stratum (level) of everyone."""
    data, stratum = export.data, export.spec.get("stratum")
    level = {}
    if stratum:
        export.order("level", data.levels(stratum))
        level["level"] = export.ids(data.levels(stratum))
    unit = export.spec.get("unit", "months")
    export.rows(**export.times(unit), group=export.groups(export.spec.get("by", "")), **level)


def _ordered(export: Export):
    """The score, higher where the event is expected earlier, the follow-up and the stratum (level)."""
    score, stratum = (
        export.number(export.spec["score"]) * (-1 if export.spec.get("lower") else 1),
        export.spec.get("stratum"),
    )
    level = {"level": export.data.frame[stratum].astype("string")} if stratum else {}
    export.rows(x=score, **export.times(export.spec.get("unit", "months")), **level)


def _strata_of_groups(export: Export):
    """The group and the stratum (level) of everyone, as they are."""
    data, stratum = export.data, export.spec.get("stratum")
    level = {"level": data.frame[stratum].astype("string")} if stratum else {}
    export.rows(**export.times("days"), group=export.groups(export.spec["by"]), **level)


def _states(export: Export):
    """Time in days, the cause of the event, and the day on which it begins (x)."""
    data, spec = export.data, export.spec
    export.order("state", states_of(data, spec["endpoint"], spec["begin"]))
    cause = export.number(f"{spec['endpoint']}_cause")
    begin = data.days_after_origin(spec["endpoint"], data.frame[spec["begin"]])
    export.rows(**{**export.times("days"), "event": cause}, x=begin)


def _changes(export: Export):
    """Follow-up and group of everyone, without a set, and each change as a set with its time (x)."""
    data, spec = export.data, export.spec
    unit = spec.get("unit", "months")
    export.rows(**export.times(unit), group=export.groups(spec.get("by", "")))
    for name in spec["changes"]:
        export.order("change", [data.column(name)])
        day = data.days_after_origin(spec["endpoint"], data.frame[name])
        export.rows(set=data.column(name).id, x=day / data.plan.days(unit))


def _outcomes(export: Export):
    """Each outcome as a set, with the group and the stratum (x) of everyone: time and event of an endpoint, or a number (y), more of
    which is better."""
    data, spec = export.data, export.spec
    group, columns = export.groups(spec["by"]), [*spec.get("higher", ()), *spec.get("lower", ())]
    group, stratum = group.where(known_of(data, METHODS.given(spec))), export.stratum()
    for name in spec.get("endpoints", ()):
        export.order("set", [column(name, name)])
        per = data.plan.per(name, "days")
        time, event = (export.number(f"{name}_{what}") for what in ("time", "event"))
        export.rows(set=column(name, name).id, group=group, time=time / per, event=event, **stratum)
    for name in columns:
        export.order("set", [data.column(name)])
        sign = -1 if name in spec.get("lower", ()) else 1
        export.rows(set=data.column(name).id, group=group, y=sign * export.number(name), **stratum)


def _changing(export: Export):
    """Covariates as of a Cox model; what begins as sets with its day (x); measurements as a set with the participant's place (x), the day
    (time) and the value (y)."""
    data, spec = export.data, export.spec
    for name in spec.get("covariates", ()):
        export.variable(name, **export.times("days"))
    stratum = {"level": data.frame[spec["stratum"]].astype("string")} if spec.get("stratum") else {}
    export.rows(set="followed", x=range(1, len(data.frame) + 1), **stratum, **export.times("days"))
    for name in spec.get("begins", ()):
        export.order("begin", [column(name, name)])
        day = data.days_after_origin(spec["endpoint"], data.frame[name])
        export.rows(set=f"begins {column(name, name).id}", x=day)
    if spec.get("table"):
        everyone = pd.Series(True, index=data.frame.index)
        place, day, value = measurements(
            data, spec["endpoint"], spec["table"], spec["date"], spec["value"], spec.get("which", ""), everyone
        )
        export.order("measured", [column(spec["value"], spec["value"])])
        export.frames.append(pd.DataFrame({"set": "measured", "x": place + 1, "time": day, "y": value}))


EXPORTS: dict[str, Callable[[Export], None]] = {
    "cox": _cox,
    "one_sample_log_rank": _stratified,
    "restricted_mean": _stratified,
    "compare_at": _stratified,
    "concordance_index": _ordered,
    "changing_cox": _changing,
    "win_ratio": _outcomes,
    "state_probabilities": _states,
    "max_combo": _strata_of_groups,
    "current_leukaemia_free_survival": _changes,
}
