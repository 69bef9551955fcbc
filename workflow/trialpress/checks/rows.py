"""Analyses over the rows of a long table: the table, the expressions over its rows, what the method then may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..analysis.methods import METHODS
from ..analysis.source import columns_of_rows, with_rows
from ..errors import nearest
from ..plan import Plan
from ..registry import Names
from ..study import Study
from .report import Report
from .values import Cohort

MADE = ("value", "z", "baseline", "change")
TWO = "one of the two would be taken in silence"


def check(where: str, spec: Mapping, plan: Plan, study: Study, names: Names, kinds: Cohort, report: Report) -> Names:
    """The names that the method may use: those of the subjects, of the table, and what `rows` makes."""
    rows, where = spec["rows"], f"{where}.rows"
    source = study.tables.get(rows["table"])
    if source is None or study.participant not in source.kept:
        what = f"'{rows['table']}' is not a clean table with the participants' column '{study.participant}'"
        having = [name for name, table in study.tables.items() if study.participant in table.kept]
        report(f"{where}.table", what, nearest(rows["table"], having))
        return names
    known, of_rows = {*source.kept, *names.columns}, kinds.rows(rows["table"])
    for key in ("where", "at", "baseline", "value"):
        if key in rows:
            report.names(f"{where}.{key}", rows[key], known)
            kinds.check(f"{where}.{key}", rows[key], of_rows, condition=key != "value")
    if "baseline" in rows and "value" not in rows:
        report(where, "`baseline` needs a value", "name what changes: value: ...")
    if "value" in rows and "baseline" in rows and kinds.kind(rows["value"], of_rows).family not in ("number", ""):
        report(f"{where}.value", "a change is a difference of numbers", "name a column of numbers")
    if "table" in METHODS.parameters(spec["method"]):
        report(where, f"the method '{spec['method']}' reads a table of its own", "leave out `rows`", TWO)
    _shared(where, spec, plan, study, report)
    if report.problems:
        return replace(names, columns={*known, *columns_of_rows(study, rows)})
    seen = with_rows(replace(plan, kinds=kinds.kinds), study, rows)
    return replace(names, columns={*known, *columns_of_rows(study, rows)}, kinds=seen.kinds)


def _shared(where: str, spec: Mapping, plan: Plan, study: Study, report: Report) -> None:
    """Columns that the table and the subjects have both, where the analysis names one; what `rows` makes over the table's."""
    source = set(study.tables[spec["rows"]["table"]].kept) - {study.participant}
    named = {
        item
        for value in spec.values()
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, str)
    }
    for name in sorted(source & set(plan.columns) & named):
        do = "derive a column of another name in cohort.columns, or name it otherwise in study.yaml"
        report(where, f"'{name}' is a column of {spec['rows']['table']} and of the subjects", do, TWO)
    made = [name for name in MADE[1:] if name in source and ("baseline" in spec["rows"] or name == "z")]
    if "value" in spec["rows"]:
        for name in sorted(set(made) & named):
            report(
                where,
                f"'{name}' is made by `rows`, and is a column of the table",
                "name it otherwise in study.yaml",
                TWO,
            )
