"""What the second computation of counts, values and curves is given, in the long form of exports.Export."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, compress
from typing import TYPE_CHECKING

import pandas as pd

from ..analysis.methods import METHODS, toxicity
from ..analysis.methods.continuous import pair_of
from ..analysis.methods.discrimination import risk_groups
from ..files import read_guessed
from ..ids import EVERYONE, Name, word
from ..ids import day as on_day

if TYPE_CHECKING:
    from .exports import Export


def _event(export: Export):
    export.rows(
        y=export.data.outcome(export.spec["event"]).astype("Float64"), group=export.groups(export.spec.get("by", ""))
    )


def _values(export: Export):
    export.rows(
        y=export.number(export.spec["variable"]),
        group=export.groups(export.spec.get("by", "")),
        **export.stratum(),
    )


def _table(export: Export):
    members = export.data.groups(export.spec["variable"])
    export.order("level", members)
    export.rows(level=export.ids(members), group=export.groups(export.spec.get("by", "")))


def _baseline(export: Export):
    group = export.groups(export.spec["by"]) if "by" in export.spec else pd.NA
    export.order("group", [EVERYONE])
    for name in export.spec["variables"]:
        export.variable(name, group=group)


def _pair(export: Export):
    export.rows(x=export.number(export.spec["x"]), y=export.number(export.spec["y"]))


def _pairs(export: Export):
    """Every two variables as a set."""
    for x, y in combinations(export.spec["variables"], 2):
        pair = pair_of(export.data.column(x), export.data.column(y))
        export.order("set", [pair])
        export.rows(set=pair.id, x=export.number(x), y=export.number(y))


def _predicted(export: Export):
    """The prediction and the outcome, each participant in a group by rising prediction."""
    y, p = export.data.outcome(export.spec["event"]).astype("Float64"), export.number(export.spec["predicted"])
    known, group = (y.notna() & p.notna()).to_numpy(dtype=bool), pd.Series(pd.NA, index=p.index, dtype="string")
    for level, members in risk_groups(p[known].to_numpy(dtype=float), export.spec.get("groups", 5)).items():
        group.iloc[known.nonzero()[0][members]] = level.id
    export.rows(x=p, y=y, group=group)


def _survival(export: Export):
    export.rows(**export.times(export.spec.get("unit", "months")), group=export.groups(export.spec.get("by", "")))


def _days(export: Export):
    export.rows(**export.times("days"), **export.stratum(), group=export.groups(export.spec["by"]))


def _competing(export: Export):
    cause = export.number(f"{export.spec['endpoint']}_cause")
    unit = "days" if export.spec["method"] == "gray" else export.spec.get("unit", "months")
    group = export.groups(export.spec.get("by", ""))
    export.rows(**{**export.times(unit), "event": cause}, group=group, **export.stratum())


def _delayed(export: Export):
    data, spec = export.data, export.spec
    export.order("begin", [data.column(spec["begin"])])
    begin = data.days_after_origin(spec["endpoint"], data.frame[spec["begin"]])
    stratum = data.frame[spec["stratum"]].astype("string") if spec.get("stratum") else None
    export.rows(**export.times("days"), **({} if stratum is None else {"level": stratum}), x=begin)
    for name in spec.get("covariates", ()):
        export.variable(name, **export.times("days"), **({} if stratum is None else {"group": stratum}), x=begin)


def _logistic(export: Export):
    event = export.data.outcome(export.spec["event"]).astype("Float64")
    for name in export.spec["covariates"]:
        export.variable(name, x=event)


def _pool(export: Export):
    """The trials that were pooled, with their counts as the file has them."""
    spec, trial = export.spec, export.spec.get("trial", "trial")
    table = read_guessed(spec["file"], trial)
    table = table[table[trial].isin(export.ard["level"])]
    export.frames.append(pd.DataFrame({"level": table[trial], "x": table[spec["n"]], "y": table[spec["N"]]}))


def _by_day(export: Export):
    data, spec = export.data, export.spec
    who, table = data.study.participant, data.tables[spec["table"]]
    limit = data.study.tables[spec["table"]].columns[spec["value"]].limit
    group = dict(zip(data.frame[who], export.groups(spec.get("by", "")), strict=True))
    table = table[table[who].isin(group)]
    table = table[table[spec["day"]].notna()]
    days = table[spec["day"]].map(lambda day: on_day(day).id)
    export.order("set", (Name(day, day) for day in sorted(days.unique())))
    below = table[limit].fillna("").eq("<").astype(int) if limit else 0
    values = table[spec["value"]].astype("Float64")
    values = values.mask(values == 0, spec["zero"]) if spec.get("zero", 0) > 0 else values
    measured = {"set": days, "group": table[who].map(group), "y": values, "x": below}
    export.frames.append(pd.DataFrame(measured))


def _toxicity(export: Export):
    """Every event once for itself, its class and its term (set), with its grade (y), whose it is (x) and in which group; and
    every participant (no set)."""
    data, spec = export.data, export.spec
    who = data.frame[data.study.participant]
    group = export.groups(spec["by"]) if "by" in spec else pd.Series(pd.NA, index=data.frame.index, dtype="string")
    number = dict(zip(who, range(len(who)), strict=True))
    export.rows(x=who.map(number), group=group)
    events = toxicity.Events.of(data, METHODS.given(spec)).frame
    of = dict(zip(who, group, strict=True))
    named = {key: (f"{key}=" + events[key]).where(events[key].notna()) for key in ("class", "term")}
    for at in (pd.Series("any_event", index=events.index), *named.values()):
        mine = events.assign(set=at)[at.notna()]
        related = mine["related"].fillna(False).astype(int).astype(str)
        export.frames.append(pd.DataFrame({"set": mine["set"], "level": related, "group": mine["who"].map(of),
                                           "x": mine["who"].map(number), "y": mine["grade"]}))  # fmt: skip


def _crosstab(export: Export):
    data, variable = export.data, export.data.groups(export.spec["variable"])
    export.order("level", variable)
    export.order("set", map(data.column, export.spec["columns"]))
    for name in export.spec["columns"]:
        members, of = data.groups(name), data.column(name).id
        export.order("group", members, within=of)
        export.rows(set=of, group=export.ids(members), level=export.ids(variable))


def _people(export: Export, **more) -> dict[str, int]:
    """The participants with their groups, and each one's number."""
    who = export.data.frame[export.data.study.participant]
    numbered = {name: number for number, name in enumerate(who, start=1)}
    export.rows(set="people", x=who.map(numbered), group=export.groups(export.spec.get("by", "")), **more)
    return numbered


def _measurements(export: Export):
    data, spec = export.data, export.spec
    numbered = _people(export)
    rows, limit = data.tables[spec["table"]], data.study.tables[spec["table"]].columns[spec["value"]].limit
    x, values = rows[data.study.participant].map(numbered), rows[spec["value"]].astype("Float64")
    values = values.mask(rows[limit].fillna("").eq("<"), 0.0) if limit else values
    frame = pd.DataFrame({"set": "values", "x": x, "y": values, "time": rows[spec["day"]].astype("Float64")})
    export.frames.append(frame[x.notna()])


def _dose(export: Export):
    export.rows(x=export.number(export.spec["dose"]), y=export.data.outcome(export.spec["event"]).astype("Float64"))


def _score(export: Export):
    """The score, higher where the outcome is expected, and the outcome."""
    score = export.number(export.spec["score"]) * (-1 if export.spec.get("lower") else 1)
    export.rows(x=score, y=export.data.outcome(export.spec["event"]).astype("Float64"))


def _together(export: Export):
    """The names of the sets that each participant is in; missing where one is not known."""
    holds = {word(name): export.data.holds(text) for name, text in export.spec["sets"].items()}
    export.order("set", holds)
    known = (one.to_numpy(dtype=object, na_value=None).tolist() for one in holds.values())
    names, rows = [name.id for name in holds], zip(*known, strict=True)
    export.rows(level=[pd.NA if None in row else "+".join(compress(names, row)) or "none" for row in rows])


EXPORTS: dict[str, Callable[[Export], None]] = {
    "proportion": _event, "fisher": _event, "trend": _event,
    "summary": _values, "mann_whitney": _values, "kruskal_wallis": _values, "frequency": _table, "fisher_rxc": _table,
    "chi_square": _table, "baseline": _baseline, "spearman": _pair, "kaplan_meier": _survival, "follow_up": _survival,
    "log_rank": _days,  "kinetics_by_day": _by_day, "missing_response": _event,  "survival_difference": _survival, "toxicity": _toxicity, "combinations": _together,
    "cumulative_incidence": _competing, "gray": _competing, "landmark": _delayed, "mantel_byar": _delayed,
    "firth_logistic": _logistic, "pool": _pool, "simon_makuch": _delayed, "time_dependent_cox": _delayed, "naive_comparison": _delayed,
    "pairwise_means": _values, "pairwise_ranks": _values, "pairwise_proportions": _event, "pairwise_log_rank": _days,
    "crosstab": _crosstab, "exposure": _measurements, "dose_response": _dose, "isotonic": _dose, "conditional_probability": _competing, "permutation_log_rank": _days, "roc": _score, "correlations": _pairs, "calibration": _predicted, "bootstrap": _values,
}  # fmt: skip
