"""The statistical analysis plan (plan.yaml) as checked objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .checks import values as checks
from .errors import Problem, nearest, raise_if
from .expression import WORDS
from .kinds import BOOLEAN, NUMBER, Kind, order
from .registry import Names
from .study import NOTHING_RUNS, REWRITE, Study, expression_problems, load_yaml, schema_problems
from .text import number_text

RESERVED = (
    "population",
    "flow",
    "study",
    "plan",
    "clean",
    "software",
)  # first words of other variables of the manuscript


def level_texts(values: pd.Series) -> pd.Series:
    """The values of a column as `levels` name them: 1 and not 1.0, True, a text as it is; missing stays missing."""
    if pd.api.types.is_float_dtype(values):
        return values.astype("Float64").map(number_text, na_action="ignore").astype("string")
    return values.astype("string")


def own_word(word: str, taken: Collection[str], more: str) -> str:
    """A word of ours ("Unknown") among those of the data; with what it means beside it where one of them is the same.

    >>> own_word("Unknown", ["CR", "Unknown"], "no value")
    'Unknown (no value)'
    """
    while word in taken:
        word = f"{word} ({more})"
    return word


OTHER = "other"  # the level of all values that no level names


def other_level(spec: Mapping) -> dict[str, str]:
    """The level for all values that no level names, if the plan wants it."""
    return {OTHER: str(spec["other"])} if "other" in spec else {}


@dataclass(frozen=True)
class Derived:
    """A derived column of the subjects."""

    name: str
    spec: Mapping
    label: str = ""
    unit: str = ""
    type: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Population:
    """An analysis population; `within` is the id of the population that it is part of. An empty one stops the run, unless
    it may be empty."""

    id: str
    label: str
    within: str = ""
    condition: str = "true"
    definition: str = ""
    may_be_empty: bool = False

    @property
    def unknown(self) -> str:
        """The column that is true for those of whom it is not known whether they belong; none if it is known of everybody."""
        return f"{self.id}_unknown"


@dataclass(frozen=True)
class Endpoint:
    """A time-to-event endpoint: origin, event dates, censoring date, all columns or expressions of the subjects.

    `censor` counts for those without an event only; the earliest of `censor_at` cuts, also before an event.
    """

    id: str
    label: str
    origin: str
    events: Mapping[str, str]
    censor: str
    competing: bool = False
    definition: str = ""
    censor_at: tuple[str, ...] = ()

    @property
    def dates(self) -> dict[str, str]:
        """Where in the endpoint each of its expressions stands -> the expression."""
        cuts = {f"censor_at.{number}": text for number, text in enumerate(self.censor_at)}
        events = {f"events.{name}": text for name, text in self.events.items()}
        return {"origin": self.origin, **events, "censor": self.censor, **cuts}


@dataclass(frozen=True)
class Plan:
    """The checked plan. `columns` holds the label, unit and levels of every column of the subjects, `kinds` what each can
    hold; `families` the method by which the p-values of each family are adjusted.
    """

    level: float
    alpha: float
    seed: int
    multiplicity: str
    cohort_table: str
    derived: Mapping[str, Derived]
    daily: Mapping
    populations: Mapping[str, Population]
    flow: tuple[Mapping, ...]
    endpoints: Mapping[str, Endpoint]
    analyses: Mapping[str, Mapping]
    figures: Mapping[str, Mapping]
    tables: Mapping[str, Mapping]
    columns: Mapping[str, Derived]
    families: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)

    def label(self, column: str, unit: bool = False) -> str:
        """A column's name as printed, with its unit if asked for."""
        known = self.columns.get(column)
        text = (known.label if known else "") or column.replace("_", " ")
        return f"{text}, {known.unit}" if unit and known and known.unit else text

    def level_label(self, column: str, value) -> str:
        """A level's name as printed."""
        known = self.columns.get(column)
        text = (known.levels if known else {}).get(str(value), str(value))
        return checks.TRUTH.get(text, text)

    @property
    def files(self) -> list[str]:
        """The files beside the clean tables that analyses read."""
        return sorted({spec["file"] for spec in self.analyses.values() if "file" in spec})

    def names(self, study: Study) -> Names:
        fields = checks.fields(study)
        return Names(self.columns, self.endpoints, self.populations, self.analyses, study.tables, self.kinds, fields)


def _levels(levels: Mapping | None) -> dict[str, str]:
    """Levels by the text of their value, also where YAML reads a number or a truth value."""
    return {str(value): str(label) for value, label in (levels or {}).items()}


def _derived(
    plan: Mapping, study: Study, kinds: checks.Cohort, problem
) -> tuple[dict[str, Derived], dict[str, Derived]]:
    """The derived columns, and all columns of the subjects in order, with what is printed of them."""
    cohort = plan["cohort"]
    known: dict[str, Derived] = {}
    table = study.tables.get(cohort["table"])
    kinds.start(cohort["table"])
    if table is None or table.key != (study.participant,):
        problem(
            "cohort.table",
            f"'{cohort['table']}' is not a table with one row per participant",
            nearest(cohort["table"], study.once_per_participant()),
        )
    else:
        for name in table.kept:
            column = table.columns[name]
            levels = {code: code for code in column.codes}
            known[name] = Derived(name, {}, column.label, column.unit, column.type, levels)
    derived = {}
    for name, spec in cohort["columns"].items():
        where = f"cohort.columns.{name}"
        if name.lower() in WORDS:
            problem(where, f"'{name}' is a word of the language of expressions", "give the column another name")
        kinds_of = [kind for kind in ("expression", "from", "cut", "rank", "daily") if kind in spec]
        if len(kinds_of) != 1:
            problem(
                where,
                f"needs one of expression, from, cut, rank, daily; has {', '.join(kinds_of) or 'none'}",
                "a derived column has one way to be computed",
            )
        for key in ("expression", "cut", "rank", "among"):
            if key in spec:
                for what in expression_problems(spec[key], known):
                    problem(f"{where}.{key}", what)
        levels, unit, label = (
            _levels(spec.get("levels")) | other_level(spec),
            spec.get("unit", ""),
            spec.get("label", ""),
        )
        if "from" in spec:
            source = study.tables.get(spec["from"])
            if source is None:
                problem(
                    f"{where}.from",
                    f"the clean table '{spec['from']}' does not exist",
                    nearest(spec["from"], study.tables),
                )
            else:
                for key in ("value", "where", "by"):
                    for what in expression_problems(spec[key], {*source.kept, *known}) if key in spec else []:
                        problem(f"{where}.{key}", what)
                column = source.columns.get(spec.get("value", ""))
                if column:
                    levels = levels or {code: code for code in column.codes}
                    unit, label = unit or column.unit, label or column.label
        if "cut" in spec:
            if len(spec.get("labels", ())) != len(spec.get("at", ())) + 1:
                problem(where, "needs one label more than cut points", "labels: [low, high] for at: [10]")
            levels = levels or {text: text for text in spec.get("labels", ())}
        if "daily" in spec and spec["daily"] not in cohort.get("daily", {}).get("grades", {}):
            problem(
                f"{where}.daily",
                f"the daily grade '{spec['daily']}' is not defined",
                nearest(spec["daily"], cohort.get("daily", {}).get("grades", {})),
            )
        if len(kinds_of) == 1:
            kinds.derive(name, spec, levels)
            levels = levels or {code: code for code in order(kinds.kinds[name])}  # codes that are carried on
        derived[name] = known[name] = Derived(name, spec, label, unit, spec.get("type", ""), levels)
    return derived, known


def load_plan(path: Path | str, study: Study) -> Plan:
    """plan.yaml, checked against the data dictionary; InputError with all of its problems."""
    from .analysis.methods import METHODS
    from .cohort.grades import SCALES
    from .figures.kinds import KINDS as FIGURES
    from .tables.kinds import KINDS as TABLES

    path = Path(path)
    content = load_yaml(path)
    raise_if(schema_problems(path, content, "plan"))
    problems: list[Problem] = []

    def problem(where: str, what: str, do: str = REWRITE, why: str = NOTHING_RUNS):
        problems.append(Problem(f"{path}, {where}", what, why, do))

    kinds = checks.Cohort(study, problem)
    derived, columns = _derived(content, study, kinds, problem)
    problems += checks.dictionary(study)
    daily = content["cohort"].get("daily", {})
    if daily:
        source = study.tables.get(daily["table"])
        if source is None:
            problem(
                "cohort.daily.table",
                f"the clean table '{daily['table']}' does not exist",
                nearest(daily["table"], study.tables),
            )
        for name, grade in daily["grades"].items() if source else ():
            where = f"cohort.daily.grades.{name}"
            if grade["scale"] not in SCALES:
                problem(where, f"unknown scale '{grade['scale']}'", nearest(grade["scale"], SCALES))
                continue
            for sign in set(SCALES[grade["scale"]].signs) ^ set(grade["signs"]):
                what = "does not know" if sign in grade["signs"] else "needs"
                problem(
                    where,
                    f"the scale {grade['scale']} {what} the sign '{sign}'",
                    nearest(sign, SCALES[grade["scale"]].signs),
                )
            for sign, text in grade["signs"].items():
                for what in expression_problems(text, {*source.kept, *columns}):
                    problem(f"{where}.signs.{sign}", what)
                kinds.check(f"{where}.signs.{sign}", text, kinds.rows(daily["table"]))
        for what in expression_problems(daily["day"], {*source.kept, *columns}) if source else ():
            problem("cohort.daily.day", what)
    endpoints = {}
    for name, spec in content.get("endpoints", {}).items():
        cuts = spec.get("censor_at", [])
        endpoints[name] = Endpoint(name, **{**spec, "censor_at": (cuts,) if isinstance(cuts, str) else tuple(cuts)})
        for where, text in endpoints[name].dates.items():
            for what in expression_problems(text, columns):
                problem(f"endpoints.{name}.{where}", what)
            kinds.date(f"endpoints.{name}.{where}", text)
        kinds.kinds |= {
            f"{name}_time": NUMBER,
            f"{name}_event": BOOLEAN,
            f"{name}_cause": NUMBER,
            f"{name}_cut": BOOLEAN,
        }
        columns[f"{name}_time"] = Derived(f"{name}_time", {}, spec["label"], "d", "integer")
        columns[f"{name}_event"] = Derived(f"{name}_event", {}, spec["label"], "", "boolean")
        if cuts:
            columns[f"{name}_cut"] = Derived(f"{name}_cut", {}, f"{spec['label']}: event left out", "", "boolean")
        if spec.get("competing"):
            columns[f"{name}_cause"] = Derived(f"{name}_cause", {}, spec["label"], "", "integer")
    populations = {}
    for name, spec in content["populations"].items():
        populations[name] = Population(name, **spec)
        within = spec.get("within")
        if within and within not in list(populations)[:-1]:
            problem(
                f"populations.{name}.within",
                f"the population '{within}' is not defined before it",
                nearest(within, list(populations)[:-1]),
            )
        for what in expression_problems(spec.get("condition", "true"), columns):
            problem(f"populations.{name}.condition", what)
        kinds.check(f"populations.{name}.condition", spec.get("condition", "true"), condition=True)
        for taken in {name, populations[name].unknown} & set(columns):
            problem(f"populations.{name}", f"'{taken}' is the name of a column too", "give the population another id")
    seen: list[str] = []
    for number, step in enumerate(content.get("flow", ())):
        for key in ("population", "from"):
            if key in step and step[key] not in populations:
                problem(
                    f"flow.{number}.{key}",
                    f"the population '{step[key]}' is not defined",
                    nearest(step[key], populations),
                )
        if step["population"] in seen:
            what = f"the population '{step['population']}' is a step already"
            problem(f"flow.{number}.population", what, "a population is one step of the flow", checks.SAME_NAME)
        twin = next((other for other in seen if populations.get(other) and other != step["population"]
                     and populations[other].label == getattr(populations.get(step["population"]), "label", None)), "")  # fmt: skip
        seen.append(step["population"])
        if twin:
            what = f"the populations '{twin}' and '{step['population']}' have one label"
            problem(f"flow.{number}", what, "give one another label", checks.SAME_NAME)
        for reason, condition in step.get("reasons", {}).items():
            for what in expression_problems(condition, columns):
                problem(f"flow.{number}.reasons.{reason}", what)
            kinds.check(f"flow.{number}.reasons.{reason}", condition, condition=True)
    for name, population in populations.items():
        columns[name] = Derived(name, {}, population.label, "", "boolean")
        kinds.kinds[name] = BOOLEAN
    plan = Plan(
        content["plan"]["level"], content["plan"].get("alpha", 0.05), content["plan"]["seed"],
        content["plan"].get("multiplicity", ""), content["cohort"]["table"], derived, daily, populations,
        tuple(content.get("flow", ())), endpoints, content["analyses"], content.get("figures", {}),
        content.get("tables", {}), columns, content.get("families", {}),
        kinds.kinds,
    )  # fmt: skip
    names = plan.names(study)
    for name, spec in plan.analyses.items():
        where = f"analyses.{name}"
        if name in RESERVED:
            problem(where, "is a name of the manuscript's own variables", "give the analysis another id")
        if spec["population"] not in populations:
            problem(
                where, f"the population '{spec['population']}' is not defined", nearest(spec["population"], populations)
            )
        for what in expression_problems(spec.get("where", "true"), columns):
            problem(f"{where}.where", what)
        kinds.check(f"{where}.where", spec.get("where", "true"), condition=True)
        if "family" in spec and spec["family"] not in plan.families:
            problem(
                f"{where}.family",
                f"the family '{spec['family']}' is not declared",
                nearest(spec["family"], plan.families),
            )
        problems += METHODS.problems(f"{path}, {where}", spec, names)
    for kind, registry, specs in (("figures", FIGURES, plan.figures), ("tables", TABLES, plan.tables)):
        for name, spec in specs.items():
            problems += registry.problems(f"{path}, {kind}.{name}", spec, names)
    raise_if(problems)
    return plan
