"""Endpoints: from dates or from durations, each of their expressions of that kind, their unit of time known."""

from __future__ import annotations

from collections.abc import Mapping

from ..expression import Expression, ExpressionError
from ..plan import UNITS, Plan
from ..plan.units import units_in
from ..study import NOTHING_RUNS, Study
from .report import Report
from .values import SAME_NAME, Cohort, shared_names

DATES, DURATIONS = ("origin", "events", "censor"), ("time", "event", "causes")
INVENTED = "a day would be invented, or a time counted in the wrong unit"


def check(plan: Plan, study: Study, kinds: Cohort, known: set[str], report: Report) -> None:
    """The columns that an endpoint gives are known to the next one."""
    for name, endpoint in plan.endpoints.items():
        where, spec = f"endpoints.{name}", plan.written["endpoints"][name]
        if not _form(where, spec, report):
            continue
        for at, text in endpoint.moments.items():
            report.names(f"{where}.{at}", text, known)
            if endpoint.from_durations:
                _duration(f"{where}.{at}", text, kinds, report)
            else:
                kinds.date(f"{where}.{at}", text)
        for at, text in endpoint.conditions.items():
            report.names(f"{where}.{at}", text, known)
            kinds.check(f"{where}.{at}", text, condition=True)
        for what, _ in shared_names({event: endpoint.event(event).label for event in endpoint.events}):
            report(f"{where}.events", what, "give each event a label of its own", SAME_NAME)
        _unit(where, spec, plan, study, report)
        for column in (*endpoint.columns, endpoint.undated):
            if column in known:
                report(where, f"gives the column '{column}', which exists", "give the endpoint another id")
        known |= set(endpoint.columns)
        kinds.kinds |= {column: plan.kinds[column] for column in endpoint.columns}


def _form(where: str, spec: Mapping, report: Report) -> bool:
    """Whether it is written in one of the two forms, whole."""
    dates, durations = ([key for key in keys if key in spec] for keys in (DATES, DURATIONS))
    if dates and durations:
        what = f"has {', '.join(dates)} as if from dates, and {', '.join(durations)} as if from durations"
        report(where, what, "write origin, events and censor; or time with event or causes")
    elif dates:
        missing = [key for key in DATES if key not in spec]
        for key in missing:
            report(where, f"the key '{key}' is missing", f"add '{key}'; see config/README.md")
        return not missing
    elif "time" not in spec or ("event" in spec) == ("causes" in spec):
        report(where, "needs origin, events and censor (dates); or time with one of event, causes (durations)",
               "see config/README.md")  # fmt: skip
    elif "competing" in spec:
        report(where, "`competing` is for events with dates", "write causes: {relapse: ..., death: ...} instead")
    else:
        return True
    return False


def _duration(where: str, text, kinds: Cohort, report: Report) -> None:
    kinds.check(where, text)
    family = kinds.kind(text, kinds.kinds).family
    if family not in ("number", ""):
        do = "name a column of durations; for dates write origin, events and censor"
        report(where, f"is a {family}, not a duration: {text}", do, NOTHING_RUNS)


def _unit(where: str, spec: Mapping, plan: Plan, study: Study, report: Report) -> None:
    given = spec.get("unit", "")
    if "time" not in spec:
        if given not in ("", "days", "hours"):
            do = "leave it out; the unit of an analysis says how times are printed"
            report(f"{where}.unit", f"an endpoint from dates is counted in days or hours, not {given}", do, INVENTED)
        for at, text in plan.endpoints[where.partition(".")[2]].moments.items() if given == "hours" else ():
            for name in _without_time_of_day(text, plan):
                what = f"names '{name}', a date without a time of day, where hours are counted: {text}"
                report(f"{where}.{at}", what, "count in days, or name a column of type datetime", INVENTED)
        return
    endpoint = plan.endpoints[where.partition(".")[2]]
    for at, text in endpoint.moments.items():
        units = units_in(str(text), plan.columns)
        if at == "time" and not given and len(units) != 1:
            what = (
                f"its durations are in {' and '.join(sorted(units))}"
                if units
                else "the unit of its durations is not known"
            )
            report(f"{where}.unit", what, f"add unit: {', '.join(UNITS)}", INVENTED)
        elif units - {endpoint.unit}:
            what = f"the dictionary has {text} in {' and '.join(sorted(units))}, the endpoint is in {endpoint.unit}"
            report(f"{where}.{at}", what, "correct the unit in study.yaml or in the plan", INVENTED)


def _without_time_of_day(text: str, plan: Plan) -> list[str]:
    try:
        names = Expression(text).names
    except ExpressionError:
        return []
    return [name for name in names if name in plan.columns and plan.columns[name].type == "date"]
