"""What the second computation of models, agreement and designs is given, in the long form of exports.Export."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from ..analysis.methods import METHODS
from ..analysis.methods.common import is_categorical
from ..analysis.methods.imputation import Incomplete
from ..ids import Name, word

if TYPE_CHECKING:
    from .exports import Export


def _adjusted(outcome: Callable[[Export], dict]) -> Callable[[Export], None]:
    """Outcome (x) and group of everyone, without a set, and each covariate as a set."""

    def write(export: Export):
        spec = export.spec
        export.rows(group=export.groups(spec.get("by", "")), **outcome(export))
        own = list(
            dict.fromkeys([*spec.get("covariates", ()), *([spec["interaction"]] if spec.get("interaction") else [])])
        )
        for name in own:
            export.variable(name)
        if spec.get("interaction"):
            export.order("interaction", [export.data.column(spec["interaction"])])

    return write


def _visits(export: Export):
    """Outcome (x), group, visit by its place (time) and number of the participant (entry) of each row; covariates as sets."""
    data, spec = export.data, export.spec
    members = data.groups(spec["visit"])
    export.order("level", members)
    place = sum(
        (at * here.astype("Float64") for at, here in enumerate(members.values(), start=1)),
        0 * data.frame.index.to_series(),
    )
    who = pd.Series(pd.factorize(data.frame[data.study.participant])[0], index=data.frame.index)
    export.rows(
        x=export.number(spec["variable"]), group=export.groups(spec["by"]), time=place.where(place > 0), entry=who
    )
    for name in dict.fromkeys([*spec.get("covariates", ()), *spec.get("by_visit", ())]):
        export.variable(name)
    export.order("by_visit", map(data.column, spec.get("by_visit", ())))


def _spline(outcome: Callable[[Export], dict]) -> Callable[[Export], None]:
    """Outcome (x), the number (y) and covariates as sets, of everyone as one group."""

    def write(export: Export):
        export.rows(group="all", y=export.number(export.spec["x"]), **outcome(export))
        export.order("group", [word("all")])
        for name in export.spec.get("covariates", ()):
            export.variable(name)

    return write


def _imputed(export: Export):
    """Of everyone the group; each completed data set as a set of its own: outcome (x), and each covariate (level) as y."""
    spec, data = METHODS.given(export.spec), export.data
    own = Incomplete.of(data, spec["variable"], spec["by"], spec["covariates"], spec["auxiliary"])
    export.rows(group=export.groups(spec["by"]))
    export.order("gap", map(data.column, own.gaps))
    for column, gap in own.gaps.items():
        export.rows(set="gaps", level=data.column(column).id, y=gap.astype(float))
    if own.why or len(own.sizes) < 2 or (not own.boolean and is_categorical(data, spec["variable"])):
        return
    export.order("covariate", own.names)
    for name in spec["covariates"]:  # the columns of a category, which have equal shares where means are taken
        ids = [one.id for one in own.names if one.id.startswith(f"{data.column(name).id}=")]
        export.order("shares", [Name(" ".join(ids), "")] if ids else [])
    index, first = data.frame.index[own.known], len(own.sizes) - 1
    for at, (y, X) in enumerate(own.copies(spec["imputations"], spec["iterations"], data.plan.seed)):
        set_ = f"{'logistic' if own.boolean else 'linear'} {at}"
        export.rows(set=set_, x=pd.Series(y, index=index), group=export.ids(data.groups(spec["by"])))
        for name, column in zip(own.names, X.T[first:], strict=True):
            export.rows(set=set_, level=name.id, y=pd.Series(column, index=index))


def _followed(export: Export) -> dict:
    """The event (x), the time and the stratum (level)."""
    unit = export.spec.get("unit", "months") if export.spec["method"] == "weighted_kaplan_meier" else "days"
    times, stratum = export.times(unit), export.spec.get("stratum")
    within = {"level": export.data.frame[stratum].astype("string")} if stratum else {}
    return within | {
        "x": times["event"].where(times["time"].notna()),
        "time": times["time"],
        **{k: v for k, v in times.items() if k == "entry"},
    }


def _pair(x: str, y: str) -> Callable[[Export], None]:
    """Two numbers of each participant."""
    return lambda export: export.rows(x=export.number(export.spec[x]), y=export.number(export.spec[y]))


def _strata(export: Export):
    """The level, the group and the stratum (set) of everyone."""
    data, spec = export.data, export.spec
    columns = {
        key: data.groups(spec[name]) for key, name in (("level", "variable"), ("group", "by"), ("set", "stratum"))
    }
    for kind, members in columns.items():
        export.order(kind, members)
    export.rows(**{kind: export.ids(members) for kind, members in columns.items()})


def _subgroups(outcome: Callable[[Export], dict]) -> Callable[[Export], None]:
    """The outcome (x), the group and the subgroup (level) of everyone."""

    def write(export: Export):
        subgroups = export.data.groups(export.spec["subgroup"])
        export.order("level", subgroups)
        inside = export.ids(subgroups)
        export.rows(group=export.groups(export.spec["by"]), level=inside, **outcome(export))

    return write


def _stages(export: Export):
    """The response (x) and the stage (y: 1 of the first) of everyone."""
    export.rows(**_event(export), y=export.data.holds(export.spec["first"]).astype("Float64"))


def _cohorts(export: Export):
    """The outcome (y) and the dose level (group) of everyone, with the cohort (level)."""
    data, spec = export.data, export.spec
    found = data.groups(spec["cohort"])
    export.order("level", data.levels(spec["cohort"]))
    of = dict(zip(data.levels(spec["cohort"]), found.values(), strict=True))
    export.rows(
        y=data.outcome(spec["event"]).astype("Float64"),
        group=export.groups(spec["by"]),
        level=export.ids(of),
    )


def _ratings(export: Export):
    """Two classifications as the places of their categories, in one order."""
    one, other = (export.data.groups(export.spec[key]) for key in ("first", "second"))
    levels = list(dict.fromkeys([*one, *other]))
    export.order("level", levels)
    index = export.data.frame.index
    for name, members in (("x", one), ("y", other)):
        export.rows(set=name, x=range(len(index)), y=sum((levels.index(k) + 1.0) * here.astype(float) for k, here in members.items())
                    if members else 0.0)  # fmt: skip


def _event(export: Export) -> dict:
    return {"x": export.data.outcome(export.spec["event"]).astype("Float64")}


EXPORTS: dict[str, Callable[[Export], None]] = {
    "ancova": _adjusted(lambda export: {"x": export.number(export.spec["variable"])}),
    "linear_regression": _adjusted(lambda export: {"x": export.number(export.spec["variable"])}),
    "incidence_rate": _adjusted(
        lambda export: {"x": export.number(export.spec["count"]), "time": export.number(export.spec["exposure"])}
    ),
    "mmrm": _visits,
    "gee": _visits,
    "linear_spline": _spline(lambda export: {"x": export.number(export.spec["variable"])}),
    "logistic_spline": _spline(_event),
    "cox_spline": _spline(_followed),
    "weighting": _adjusted(lambda export: {"x": 0.0}),
    "weighted_kaplan_meier": _adjusted(_followed),
    "weighted_cox": _adjusted(_followed),
    "weighted_risks": _adjusted(_event),
    "multiple_imputation": _imputed,
    "standardised_risks": _adjusted(_event),
    "e_value": _adjusted(_event),
    "paired_t": _pair("after", "before"),
    "sign_test": _pair("after", "before"),
    "pearson": _pair("x", "y"),
    "bland_altman": _pair("first", "second"),
    "kappa": _ratings,
    "simon_design": lambda export: export.rows(),
    "sample_size": lambda export: export.rows(),
    "stopping_rule": lambda export: export.rows(),
    "escalation_characteristics": lambda export: export.rows(),
    "dose_escalation": _cohorts,
    "simon_inference": _stages,
    "cochran_mantel_haenszel": _strata,
    "logistic_interaction": _subgroups(_event),
    "linear_interaction": _subgroups(lambda export: {"x": export.number(export.spec["variable"])}),
    "predictive_probability": lambda export: export.rows(**_event(export)),
}
