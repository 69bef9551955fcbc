"""Reads plan.yaml into a `Plan`. What cannot be read stops; whether it fits the study and the methods is checked above."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..checks.values import Cohort, foreign
from ..errors import Problem, raise_if
from ..kinds import BOOLEAN, NUMBER, order
from ..study import Study, load_yaml, schema_problems
from ..wording import wording
from . import labels as other
from . import lock
from .loops import expand
from .objects import DAYS_PER_MONTH, Derived, Endpoint, Plan, Population, counted_by, other_level
from .units import units_in


def _levels(levels: Mapping | None) -> dict[str, str]:
    """Levels by the text of their value, also where YAML reads a number or a truth value."""
    return {str(value): str(label) for value, label in (levels or {}).items()}


def _parent(spec: Mapping, known: Mapping[str, Derived], study: Study) -> Derived:
    """The column that a derived one is, or is taken from: what is printed of it holds for the other too."""
    if "from" in spec:
        source = study.tables.get(spec["from"])
        column = source.columns.get(str(spec.get("value", ""))) if source else None
        if column is None or spec.get("take") == "count":
            return Derived("", {})
        return Derived(column.name, {}, column.label, column.unit, column.type, {code: code for code in column.codes})
    for key in ("expression", "rank", "cut"):
        if key in spec:
            found = known.get(str(spec[key]), Derived("", {}))
            if key == "expression":
                return found
            return Derived("", {}, found.label if key == "cut" else "")
    return Derived("", {})


def columns_of(
    cohort: Mapping, study: Study, named: other.Column = other.nothing
) -> tuple[dict[str, Derived], dict[str, Derived], Cohort]:
    """The derived columns, all columns of the subjects in order with what is printed of them, and their kinds."""
    known: dict[str, Derived] = {}
    kinds = Cohort(study, lambda *_: None)
    kinds.start(cohort["table"])
    table = study.tables.get(cohort["table"])
    for name in table.kept if table else ():
        column = table.columns[name]
        levels = {code: code for code in column.codes}
        known[name] = named(name, Derived(name, {}, column.label, column.unit, column.type, levels))
    derived = {}
    for name, spec in cohort["columns"].items():
        parent = _parent(spec, known, study)
        levels = _levels(spec.get("levels")) | other_level(spec) or dict(parent.levels)
        if "cut" in spec:
            levels = levels or {str(text): str(text) for text in spec.get("labels", ())}
        kinds.derive(name, spec, levels)
        levels = levels or {code: code for code in order(kinds.kinds[name])}  # codes that are carried on
        label, unit = spec.get("label", "") or parent.label, spec.get("unit", "") or parent.unit
        found = Derived(name, spec, label, unit, spec.get("type", "") or parent.type, levels)
        derived[name] = known[name] = named(name, found)
    return derived, known, kinds


def endpoint_of(name: str, spec: Mapping, columns: Mapping[str, Derived]) -> Endpoint:
    """An endpoint as it is written; the unit of durations is that of their columns where the plan names none."""
    given = dict(spec)
    cuts = given.pop("censor_at", [])
    given["censor_at"] = tuple(str(cut) for cut in ([cuts] if isinstance(cuts, str | int | float) else cuts))
    if "entry" in given:
        given["entry"] = str(given["entry"])
    if "time" in given:
        units = units_in(str(given["time"]), columns)
        given["unit"] = given.get("unit") or (units.pop() if len(units) == 1 else "days")
        causes, event = given.pop("causes", None), given.pop("event", "false")
        given |= {"events": causes or {"event": event}, "competing": bool(causes)}
    events = given.get("events", {})
    given["labels"] = {key: held["label"] for key, held in events.items() if isinstance(held, Mapping)}
    given["events"] = {key: held.get("date", held.get("condition")) if isinstance(held, Mapping) else held
                       for key, held in events.items()}  # fmt: skip
    given = {key: value for key, value in given.items() if key in Endpoint.__dataclass_fields__}
    return Endpoint(name, **given)


PRINTED_UNITS = {"days": "d", "hours": "h", "weeks": "weeks", "months": "months", "years": "years"}


def _columns_of_endpoint(endpoint: Endpoint) -> dict[str, Derived]:
    whole = endpoint.unit == "days" and not endpoint.time
    unit, label = PRINTED_UNITS[endpoint.unit], endpoint.label
    times = ("integer" if whole else "number", unit)
    about = {"time": (label, *times), "event": (label, "boolean", ""), "cause": (label, "integer", ""),
             "cut": (f"{label}: event left out", "boolean", ""), "entry": (f"{label}: entry", *times)}  # fmt: skip
    found = {}
    for name in endpoint.columns:
        text, type, unit = about[name.removeprefix(f"{endpoint.id}_")]
        found[name] = Derived(name, {}, text, unit, type)
    return found


def read_plan(path: Path | str, study: Study) -> Plan:
    """plan.yaml as a `Plan`, loops written out; InputError if it cannot be read."""
    path = Path(path)
    written = load_yaml(path)
    problems: list[Problem] = []
    as_it_stands = written

    def levels(column: str) -> Mapping[str, str] | None:
        try:
            _, columns, _ = columns_of(written["cohort"], study)
        except (KeyError, TypeError, AttributeError):  # the schema says what is wrong with it
            return None
        return columns[column].levels if column in columns else None

    written = expand(path, written, levels, problems)
    raise_if(problems or schema_problems(path, written, "plan"))
    named, file = other.nothing, other.beside(path, written)
    if file:
        labels = other.Labels(file, problems)
        written, named = labels.lay_over(written), labels.column
        raise_if(problems or schema_problems(file, written, "plan"))
    derived, columns, kinds = columns_of(written["cohort"], study, named)
    words: Mapping[str, str] = {}
    if file:
        labels.columns_known(columns)
        words = labels.words()
        raise_if(problems)
    endpoints = {name: endpoint_of(name, spec, columns) for name, spec in written.get("endpoints", {}).items()}
    for endpoint in endpoints.values():
        columns |= (more := _columns_of_endpoint(endpoint))
        kinds.kinds |= {name: BOOLEAN if column.type == "boolean" else NUMBER for name, column in more.items()}
    populations = {name: Population(name, **spec) for name, spec in written["populations"].items()}
    columns |= {name: Derived(name, {}, found.label, "", "boolean") for name, found in populations.items()}
    head = written["plan"]
    return Plan(
        level=head["level"],
        alpha=head.get("alpha", 0.05),
        seed=head["seed"],
        multiplicity=head.get("multiplicity", ""),
        cohort_table=written["cohort"]["table"],
        derived=derived,
        daily=written["cohort"].get("daily", {}),
        populations=populations,
        flow=tuple(written.get("flow", ())),
        endpoints=endpoints,
        analyses=written["analyses"] | counted_by(written.get("tables", {})),
        figures=written.get("figures", {}),
        tables=written.get("tables", {}),
        columns=columns,
        families=written.get("families", {}),
        days_per_month=head.get("days_per_month", DAYS_PER_MONTH),
        date=head.get("date", study.data_cutoff),
        precision=head.get("precision", {}),
        kinds={**foreign(study), **kinds.kinds, **dict.fromkeys(populations, BOOLEAN)},
        written=written,
        lock=lock.of(path, as_it_stands),
        labels=file.as_posix() if file else "",
        say=wording(written["plan"].get("language", ""), words),
    )
