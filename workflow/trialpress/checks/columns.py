"""The columns of the subjects, and the daily grades: what they are made of exists at this point, and fits."""

from __future__ import annotations

from collections.abc import Mapping

from ..cohort.grades import SCALES
from ..errors import nearest
from ..expression import WORDS
from ..plan import Plan
from ..study import Study
from .report import Report
from .values import Cohort, foreign

WAYS = ("expression", "from", "cut", "rank", "daily")


def check(plan: Plan, study: Study, report: Report) -> tuple[Cohort, set[str]]:
    """(the kinds of the columns, their names): what comes after may use them, and table.column."""
    cohort = plan.written["cohort"]
    kinds = Cohort(study, report)
    kinds.start(cohort["table"])
    kinds.kinds = {**foreign(study), **kinds.kinds}
    report.withheld = withheld(study, cohort["table"])
    known = set(foreign(study)) - report.withheld
    table = study.tables.get(cohort["table"])
    if table is None or table.key != (study.participant,):
        what = f"'{cohort['table']}' is not a table with one row per participant"
        report("cohort.table", what, nearest(cohort["table"], study.once_per_participant()))
    else:
        known |= set(table.kept)
    for name, spec in cohort["columns"].items():
        _column(name, spec, known, study, cohort, report)
        if sum(way in spec for way in WAYS) == 1:
            kinds.derive(name, spec, plan.columns[name].levels)
        known.add(name)
    if cohort.get("daily"):
        _daily(cohort["daily"], known, study, kinds, report)
    return kinds, known


def withheld(study: Study, subjects: str) -> set[str]:
    """The columns that end in the clean stage, as an expression would name them; those of a table of several rows only where
    no other table has one of that name."""
    found = {f"{name}.{column.name}" for name, table in study.tables.items() for column in table.columns.values() if column.withheld}  # fmt: skip
    kept = {column for table in study.tables.values() for column in table.kept}
    bare = {name.partition(".")[2] for name in found}
    return found | (bare - kept) | {name for name in bare if f"{subjects}.{name}" in found}


def _column(name: str, spec: Mapping, known: set[str], study: Study, cohort: Mapping, report: Report) -> None:
    where = f"cohort.columns.{name}"
    ways = [way for way in WAYS if way in spec]
    if name.lower() in WORDS:
        report(where, f"'{name}' is a word of the language of expressions", "give the column another name")
    if len(ways) != 1:
        what = f"needs one of {', '.join(WAYS)}; has {', '.join(ways) or 'none'}"
        report(where, what, "a derived column has one way to be computed")
    for key in ("expression", "cut", "rank", "among"):
        if key in spec:
            report.names(f"{where}.{key}", spec[key], known)
    if "cut" in spec and (spec["cut"] not in known or "." in spec["cut"]):
        report(f"{where}.cut", f"'{spec['cut']}' is no column of the participants", "derive one by an expression first")
    if "from" in spec:
        source = study.tables.get(spec["from"])
        if source is None:
            what = f"the clean table '{spec['from']}' does not exist"
            report(f"{where}.from", what, nearest(spec["from"], study.tables))
        for key in ("value", "where", "by") if source else ():
            if key in spec:
                report.names(f"{where}.{key}", spec[key], {*source.kept, *known})
    if "cut" in spec and len(spec.get("labels", ())) != len(spec.get("at", ())) + 1:
        report(where, "needs one label more than cut points", "labels: [low, high] for at: [10]")
    grades = cohort.get("daily", {}).get("grades", {})
    if "daily" in spec and spec["daily"] not in grades:
        report(f"{where}.daily", f"the daily grade '{spec['daily']}' is not defined", nearest(spec["daily"], grades))


def _daily(daily: Mapping, known: set[str], study: Study, kinds: Cohort, report: Report) -> None:
    source = study.tables.get(daily["table"])
    if source is None:
        what = f"the clean table '{daily['table']}' does not exist"
        report("cohort.daily.table", what, nearest(daily["table"], study.tables))
        return
    report.names("cohort.daily.day", daily["day"], {*source.kept, *known})
    for name, grade in daily["grades"].items():
        where, scale = f"cohort.daily.grades.{name}", SCALES.get(grade["scale"])
        if scale is None:
            report(where, f"unknown scale '{grade['scale']}'", nearest(grade["scale"], SCALES))
            continue
        for sign in sorted(set(scale.signs) ^ set(grade["signs"])):
            what = "does not know" if sign in grade["signs"] else "needs"
            report(where, f"the scale {grade['scale']} {what} the sign '{sign}'", nearest(sign, scale.signs))
        for sign, text in grade["signs"].items():
            report.names(f"{where}.signs.{sign}", text, {*source.kept, *known})
            kinds.check(f"{where}.signs.{sign}", text, kinds.rows(daily["table"]))
