"""What the second computation of tests and of models that R has is given, in the long form of exports.Export."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..ids import word

if TYPE_CHECKING:
    from .exports import Export


def _event(export: Export):
    y = export.data.outcome(export.spec["event"]).astype("Float64")
    export.rows(y=y, group=export.groups(export.spec.get("by", "")))


def _values(export: Export):
    export.rows(y=export.number(export.spec["variable"]), group=export.groups(export.spec["by"]))


def _pair(x: str, y: str) -> Callable[[Export], None]:
    return lambda export: export.rows(x=export.number(export.spec[x]), y=export.number(export.spec[y]))


def _two_outcomes(export: Export):
    x, y = (export.data.outcome(export.spec[key]).astype("Float64") for key in ("first", "second"))
    export.order("group", [word("first"), word("second")])
    export.rows(x=x, y=y)


def _strata(export: Export):
    """The outcome (y), the group and the stratum (x: its number) of everyone."""
    _event(export)
    export.frames[-1] = export.frames[-1].assign(**export.stratum())


def _covariates(export: Export):
    for name in export.spec["covariates"]:
        export.variable(name, x=export.data.outcome(export.spec["event"]).astype("Float64"))


def _follow_up(export: Export):
    for name in export.spec["covariates"]:
        export.variable(name, **export.times("days"), **export.stratum())


def _causes(export: Export):
    times = export.times("days") | {"event": export.number(f"{export.spec['endpoint']}_cause"), **export.stratum()}
    for name in export.spec["covariates"]:
        export.variable(name, **times)


def _exact(export: Export):
    """The outcome (y), the covariate (x) and the stratum (level) of everyone."""
    spec, level = export.spec, {}
    export.order("set", [export.data.column(spec["covariate"])])
    if spec.get("stratum"):
        level["level"] = export.data.frame[spec["stratum"]].astype("string")
    y = export.data.outcome(spec["event"]).astype("Float64")
    export.rows(x=export.number(spec["covariate"]), y=y, **level)


def _subgroups(export: Export):
    """Follow-up, group and subgroup (level)."""
    data, inside = export.data, export.data.groups(export.spec["subgroup"])
    export.order("level", inside)
    group = export.groups(export.spec["by"])
    within = group.copy()
    within[:] = None
    for name, members in inside.items():
        within[members] = name.id
    export.rows(**export.times("days"), **export.stratum(), group=group, level=within.set_axis(data.frame.index))


def _survival(export: Export):
    export.rows(**export.times(export.spec.get("unit", "months")), group=export.groups(export.spec.get("by", "")))


EXPORTS: dict[str, Callable[[Export], None]] = {
    "t_test": _values, "geometric_mean_ratio": _values, "exact_test": _event, "beta_binomial": _event, "barnard": _event, "boschloo": _event,
    "signed_rank": _pair("after", "before"), "kendall": _pair("x", "y"), "mcnemar": _two_outcomes, "mantel_haenszel": _strata, "risk_difference": _strata, "risk_ratio": _strata, "number_needed": _strata,
    "logistic": _covariates, "proportional_hazards": _follow_up, "cause_specific_cox": _causes, "fine_gray": _causes,
    "bootstrap_proportion": _event, "permutation_test": _values, "tipping_point": _event, "tipping_point_groups": _event, "exact_logistic": _exact,
    "emax": _pair("dose", "response"), "jonckheere_terpstra": _values, "firth_cox": _follow_up, "cox_interaction": _subgroups, "survival_quantiles": _survival, "simon_two_stage": lambda export: export.rows(),
}  # fmt: skip
