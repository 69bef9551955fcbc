"""Analyses, figures and tables against the registries of methods and kinds."""

from __future__ import annotations

from collections.abc import Mapping

from ..analysis.methods import METHODS
from ..errors import nearest
from ..figures.kinds import KINDS as FIGURES
from ..kinds import UNKNOWN
from ..plan import Plan
from ..plan.objects import counted_by
from ..plan.units import unit_of_time
from ..registry import Condition, Names
from ..study import Study
from ..tables.kinds import KINDS as TABLES
from . import rows, strata
from .report import Report
from .values import Cohort, fields

# first words of other variables of the manuscript
RESERVED = ("population", "flow", "study", "plan", "clean", "software")
WRONG = "the method would take everybody as at risk from the start, or count in other units"


def check(plan: Plan, study: Study, kinds: Cohort, known: set[str], report: Report) -> None:
    names = Names(known, plan.endpoints, plan.populations, plan.analyses, study.tables, kinds.kinds, fields(study))
    written = plan.written["analyses"]
    for name in counted_by(plan.tables).keys() & written.keys():
        report(f"analyses.{name}", "is what a table's own numbers are called", "give the analysis another id")
    for name, spec in written.items():
        where = f"analyses.{name}"
        if name in RESERVED:
            report(where, "is a name of the manuscript's own variables", "give the analysis another id")
        if spec["population"] not in plan.populations:
            what = f"the population '{spec['population']}' is not defined"
            report(where, what, nearest(spec["population"], plan.populations))
        if "family" in spec and spec["family"] not in plan.families:
            what = f"the family '{spec['family']}' is not declared"
            report(f"{where}.family", what, nearest(spec["family"], plan.families))
        report.names(f"{where}.where", spec.get("where", "true"), known)
        kinds.check(f"{where}.where", spec.get("where", "true"), condition=True)
        seen = names
        if "rows" in spec and spec["method"] in METHODS.functions:
            seen = rows.check(where, spec, plan, study, names, kinds, report)
        spec = strata.check(where, spec, report)
        report.problems += METHODS.problems(f"{report.path}, {where}", spec, seen)
        _endpoint(where, spec, plan, report)
        _moments(where, spec, plan, study, kinds, report)
        _unknown(where, spec, report)
    for kind, registry, specs in (("figures", FIGURES, plan.figures), ("tables", TABLES, plan.tables)):
        for name, spec in specs.items():
            report.problems += registry.problems(f"{report.path}, {kind}.{name}", spec, names)


def _endpoint(where: str, spec: Mapping, plan: Plan, report: Report) -> None:
    """Endpoints that the method is not made for."""
    endpoint, method = plan.endpoints.get(str(spec.get("endpoint"))), spec["method"]
    if endpoint is None or method not in METHODS.functions:
        return
    can = METHODS.traits[method]
    if endpoint.entry and not can.get("entry"):
        able = ", ".join(name for name, traits in METHODS.traits.items() if traits.get("entry"))
        what = f"the method '{method}' has no delayed entry, which the endpoint '{endpoint.id}' has"
        report(f"{where}.endpoint", what, f"take one of {able}; or an endpoint without entry", WRONG)
    key, _, value = str(can.get("entry_without", "")).partition(" ")
    if endpoint.entry and key and METHODS.given(spec)[key] == value:
        what = f"'{value}' has no delayed entry, which the endpoint '{endpoint.id}' has"
        report(f"{where}.{key}", what, "take the default; or an endpoint without entry", WRONG)
    if "moments" in can and endpoint.unit == "hours":
        what = f"the method '{method}' needs an endpoint that is counted in days or more; '{endpoint.id}' is in hours"
        report(f"{where}.endpoint", what, "write the endpoint without unit: hours", WRONG)


def _moments(where: str, spec: Mapping, plan: Plan, study: Study, kinds: Cohort, report: Report) -> None:
    """What begins, or is measured, during follow-up: dates, or durations in the unit of an endpoint from durations."""
    endpoint, method = plan.endpoints.get(str(spec.get("endpoint"))), spec["method"]
    if endpoint is None or method not in METHODS.functions:
        return
    table = study.tables.get(str(spec.get("table")))
    for key in str(METHODS.traits[method].get("moments", "")).split():
        for name in spec.get(key, ()) if isinstance(spec.get(key), list) else filter(None, [spec.get(key)]):
            if key == "date":
                known = fields(study).get(str(spec.get("table")), {})
                of = table.columns.get(name) if table else None
            else:
                known, of = kinds.kinds, plan.columns.get(name)
            unit = unit_of_time(of.unit) if of else ""
            family, wanted = known.get(name, UNKNOWN).family, "number" if endpoint.from_durations else "date"
            if family not in ("", wanted):
                form = "from durations: its time is" if endpoint.from_durations else "from dates: its day is"
                what = f"'{name}' is a {family}, and the endpoint '{endpoint.id}' is {form} a {wanted}"
                do = "write both in dates or both in durations; shift(date('2000-01-01'), x) makes a date of x days"
                report(f"{where}.{key}", what, do, WRONG)
            elif endpoint.from_durations and unit and unit != endpoint.unit:
                what = f"'{name}' is in {unit}, the endpoint '{endpoint.id}' in {endpoint.unit}"
                report(f"{where}.{key}", what, "derive a column in the unit of the endpoint", WRONG)


def _unknown(where: str, spec: Mapping, report: Report) -> None:
    """`unknown` in an analysis that has no outcome, or of which unknown outcomes are the subject."""
    if "unknown" not in spec or spec["method"] not in METHODS.functions:
        return
    counts = any(parameter.annotation is Condition for parameter in METHODS.parameters(spec["method"]).values())
    if not counts or METHODS.traits[spec["method"]].get("unknown_apart"):
        what = f"the method '{spec['method']}' has no unknown outcomes to leave out or to count"
        report(f"{where}.unknown", what, "take the line out")
