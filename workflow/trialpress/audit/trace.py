"""From every printed number back to the raw cells that it was made of: audit/trace.json.

A number belongs to a record. The record names the columns of the subjects that its condition or variable reads; a
column names the columns that it was derived from (`from`); and for each participant it names the raw cells that decided
its value. So a cell stands in the file once, however many numbers rest on it. Nothing here computes a statistic; counts
are counted again from the participants named, and `counts` says how many of those agree with ard.csv.

    cells           [place, key, row, raw, clean, rule]: place is an index into `places`, rule one into `rules` or -1
    places          [table, field, file, column]
    columns         label, unit, how it was derived, from which columns, from which clean table
    values          column -> its text for each participant, in the order of `participants`
    evidence        column -> participant's index -> {cells, rows: how many of the table's rows decided, of: how many there are}
    rows            table -> participant's index -> [file, first row, last row] of all the rows that were looked at
    records         by id; `results` are its rows of ard.csv by group and level (ids; labels beside them), with those
                    counted in each count
"""

from __future__ import annotations

import ast
import inspect
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ..analysis.methods import METHODS
from ..clean import read_logs
from ..clean.part import HIDDEN
from ..cohort import Builder as Builder
from ..cohort.flow import exclusions
from ..cohort.grades import SCALES, bounds
from ..errors import nearest
from ..expression import Expression
from ..files import write_text
from ..names import flow_names, row_names
from ..plan import Derived
from ..plan import Endpoint as TimeToEvent
from ..registry import Column, Condition, Endpoint, Field, Table
from ..report.variables import numbers, phrases
from ..results import Results
from ..text import iso, number_text
from .counting import counted

COUNTS = ("n", "N", "missing", "events", "n_at_risk")
STATS = Path(__file__).parents[1] / "stats"


def names_in(text) -> list[str]:
    """The columns that an expression of the plan names."""
    return Expression(str(text).lower() if isinstance(text, bool) else text).names


def texts(values: pd.Series) -> list[str]:
    """Values as they are written in a CSV file, missing as empty text."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return ["" if pd.isna(value) else iso(value) for value in values]
    if pd.api.types.is_bool_dtype(values):
        return ["" if pd.isna(value) else str(bool(value)).lower() for value in values]
    if pd.api.types.is_numeric_dtype(values):
        return ["" if pd.isna(value) else number_text(value) for value in values]
    return values.fillna("").astype(str).tolist()


# --- what a method is and where it is from ----------------------------------------------------------------------------


@cache
def _module(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def references(method: str) -> list[str]:
    """The docstrings of the statistics that a method of the plan calls, read from their source."""
    here = Path(inspect.getsourcefile(METHODS.functions[method]))
    found: dict[str, None] = {}
    waiting, seen = [(here, METHODS.functions[method].__name__)], set()
    while waiting:
        path, name = waiting.pop()
        node = _module(path).get(name)
        if node is None or (path, name) in seen:
            continue
        seen.add((path, name))
        for part in ast.walk(node):
            match part:
                case ast.ImportFrom(module=str(module), names=imported) if module.startswith("stats."):
                    source = _module(STATS / f"{module.removeprefix('stats.')}.py")
                    for alias in imported:
                        if alias.name in source:
                            found[inspect.cleandoc(ast.get_docstring(source[alias.name]) or "")] = None
                case ast.Call(func=ast.Name(id=called)):
                    waiting.append((path, called))
    return [text for text in found if text]


def describe(method: str) -> str:
    """What a method does, without its parameters."""
    return (inspect.getdoc(METHODS.functions[method]) or "").split("Parameters")[0].strip()


# --- the raw cells ----------------------------------------------------------------------------------------------------


class Cells:
    """The raw cells of clean values, each given a number when it is first asked for."""

    def __init__(self, results: Results, cells: pd.DataFrame, changes: pd.DataFrame):
        self.results, self.tables = results, results.study.tables
        names = ("key", "raw", "file", "row", "column")
        self.columns = {name: cells[name].to_numpy(dtype=object) for name in names}
        self.rows = cells.groupby(["table", "field"], sort=False).indices
        names = ("key", "source_file", "source_row", "source_column", "clean_value", "rule")
        self.logged = {name: changes[name].to_numpy(dtype=object) for name in names}
        self.changes = changes.groupby(["table", "field"], sort=False).indices
        self.list: list[list] = []
        self.places: dict[tuple, int] = {}
        self.rules: dict[str, int] = {}
        self.known: dict[tuple, list[int]] = {}

    @cache  # noqa: B019  lives as long as the run
    def raw(self, table: str, field: str) -> dict[str, list[tuple]]:
        """The raw cells of a field by key: (raw, file, row, column)."""
        found: dict[str, list[tuple]] = {}
        at = self.rows.get((table, field), [])
        for key, raw, file, row, column in zip(*(values[at] for values in self.columns.values()), strict=True):
            found.setdefault(key, []).append((raw, file, int(row), column))
        return found

    @cache  # noqa: B019
    def changed(self, table: str, field: str) -> dict[tuple, tuple[str, str]]:
        """What changes.csv says of a field: (key, file, row, column) -> (clean value, rule)."""
        at = self.changes.get((table, field), [])
        return {
            (key, file, int(row), column): (clean, rule)
            for key, file, row, column, clean, rule in zip(
                *(values[at] for values in self.logged.values()), strict=True
            )
        }

    @cache  # noqa: B019
    def keys(self, table: str) -> list[str]:
        """The key of each row of a clean table, as cells.parquet and changes.csv write it."""
        frame = self.results.tables[table]
        return ["/".join(parts) for parts in zip(*(texts(frame[name]) for name in self.tables[table].key), strict=True)]

    def span(self, table: str, keys: Iterable[str]) -> list[list]:
        """The raw rows of some keys as [file, first, last]."""
        raw = self.raw(table, self.tables[table].key[0])
        spans: list[list] = []
        for file, row in sorted({(file, row) for key in keys for _, file, row, _ in raw.get(key, [])}):
            if spans and spans[-1][0] == file and spans[-1][2] == row - 1:
                spans[-1][2] = row
            else:
                spans.append([file, row, row])
        return spans

    @cache  # noqa: B019
    def clean(self, table: str, field: str) -> dict[str, str]:
        """The clean value of a field by key."""
        frame = self.results.tables[table]
        return dict(zip(self.keys(table), texts(frame[field]), strict=True)) if field in frame else {}

    @cache  # noqa: B019
    def sources(self, table: str, field: str) -> tuple[tuple[str, str, str], ...]:
        """The read fields that a clean field is made of: (table, field, field whose raw cell it is)."""
        columns = self.tables[table].columns
        column = columns[field]
        owner = next((name for name, other in columns.items() if other.limit == field), field)
        if not column.derive:
            fields = [] if column.block else [(table, field, owner)]
            return (*fields, *([(table, column.unit_to, column.unit_to)] if column.unit_to else []))
        found: dict[tuple, None] = {}
        for name in names_in(column.derive):
            other, _, inner = name.rpartition(".")
            found |= dict.fromkeys(self.sources(other or table, inner))
        return tuple(found)

    def of(self, table: str, key: str, participant: str, field: str) -> list[int]:
        """The numbers of the raw cells of a field in the row `key` of a clean table."""
        at = (table, key, field)
        if at not in self.known:
            self.known[at] = [
                number
                for source, name, owner in self.sources(table, field)
                for number in self._cells(source, key if source == table else participant, name, owner)
            ]
        return self.known[at]

    def _cells(self, table: str, key: str, field: str, owner: str) -> list[int]:
        at = (table, key, field, "cell")
        if at not in self.known:
            column = self.tables[table].columns[field]
            clean = HIDDEN if column.identifier else self.clean(table, field).get(key, "")
            found = self.raw(table, owner).get(key, [])
            if column.identifier:  # the cell is not shown; the row in which it stands is
                names = self.tables[table].key
                rows = {(file, row) for name in names for _, file, row, _ in self.raw(table, name).get(key, [])}
                found = [(HIDDEN, file, row, " or ".join(column.source)) for file, row in sorted(rows)]
            self.known[at] = [self._number(table, field, key, cell, clean) for cell in found]
        return self.known[at]

    def _number(self, table: str, field: str, key: str, cell: tuple, clean: str) -> int:
        raw, file, row, column = cell
        changed, rule = self.changed(table, field).get((key, file, row, column), (clean, None))
        place = self.places.setdefault((table, field, file, column), len(self.places))
        number = -1 if rule is None else self.rules.setdefault(rule, len(self.rules))
        self.list.append([place, key, row, raw, changed, number])
        return len(self.list) - 1


# --- the columns ------------------------------------------------------------------------------------------------------


class Columns:
    """The columns of the subjects: what each is derived from, and for each participant the cells that decided it."""

    def __init__(self, results: Results, cells: Cells):
        self.results, self.plan, self.cells = results, results.plan, cells
        self.who = results.subjects[results.study.participant].tolist()
        self.builder = Builder(results.study, results.plan, results.tables)
        self.builder.subjects = results.subjects
        self.about: dict[str, dict] = {}
        self.evidence: dict[str, dict[int, dict]] = {}
        self.rows: dict[str, dict[int, list]] = {}

    def add(self, name: str) -> None:
        """Trace a column and all that it comes from."""
        if name in self.about:
            return
        spec = self.plan.derived.get(name, Derived(name, {})).spec
        label, unit = self.plan.label(name), getattr(self.plan.columns.get(name), "unit", "")
        about = self.about[name] = {"label": label, "unit": unit, "how": "", "from": [], "table": ""}
        endpoint, _, part = name.rpartition("_")
        if "from" in spec:
            self._taken(name, spec, about)
        elif "daily" in spec:
            self._graded(name, spec["daily"], about)
        elif "expression" in spec:
            about |= {"how": str(spec["expression"]), "from": names_in(spec["expression"])}
        elif "cut" in spec:
            points = ", ".join(number_text(at) for at in spec["at"])
            about |= {"how": f"{spec['cut']} cut at {points}: {', '.join(spec['labels'])}", "from": [spec["cut"]]}
        elif "rank" in spec:
            order = " from the last" if spec.get("descending") else ""
            among = f" among {spec['among']}" if "among" in spec else ""
            about |= {"how": f"rank of {spec['rank']}{order}{among}", "from": [spec["rank"], *names_in(spec.get("among", "true"))]}  # fmt: skip
        elif name in self.plan.populations:
            population = self.plan.populations[name]
            outer = population.within or self.builder.who
            how = [outer if population.within else f"every row of {self.plan.cohort_table}", population.condition]
            about |= {
                "how": " and ".join(how).removesuffix(" and true"),
                "from": [outer, *names_in(population.condition)],
            }
        elif endpoint in self.plan.endpoints and part in ("time", "event", "cause", "cut", "entry"):
            self._endpoint(self.plan.endpoints[endpoint], part, about)
        else:
            about["from"] = [name]
        if name in about["from"]:  # a column of the cohort's table, or one derived from its namesake there
            about["from"] = [parent for parent in about["from"] if parent != name]
            self._own(name, about)
        for parent in about["from"]:
            self.add(parent)

    def table(self, table: str, fields: list[str]) -> str:
        """All rows of a clean table that an analysis reads directly, as a column `table.field`."""
        name = f"{table}.{fields[-1]}"
        if name not in self.about:
            frame, _ = self.builder.rows_of(table)
            label = self.results.study.tables[table].columns[fields[-1]].title
            how = f"all rows of {table} in which {fields[-1]} is known"
            self.about[name] = {"label": label, "unit": "", "how": how, "from": [], "table": table}
            self._rows(name, table, frame, frame[fields[-1]].notna(), fields)
        return name

    def _own(self, name: str, about: dict) -> None:
        table, field = name.split(".") if "." in name else (self.plan.cohort_table, name)
        column = self.results.study.tables[table].columns[field]
        about |= {"how": column.derive or f"{field} in {table}", "table": table}
        if "." in name:
            about |= {"label": column.title, "unit": column.unit}
        self.evidence[name] = {at: {"cells": self.cells.of(table, who, who, field)} for at, who in enumerate(self.who)}

    def _endpoint(self, endpoint, part: str, about: dict) -> None:
        about["how"] = _of_endpoint(endpoint, part)
        texts = [*endpoint.moments.values(), *endpoint.conditions.values()]
        about["from"] = list(dict.fromkeys(name for text in texts for name in names_in(text)))

    def _taken(self, name: str, spec: Mapping, about: dict) -> None:
        table, how = spec["from"], spec.get("take", "only")
        frame, columns = self.builder.rows_of(table)
        keep = Expression(spec["where"]).condition(columns) if "where" in spec else pd.Series(True, index=frame.index)
        value = self.builder.chosen(name, spec, columns)[0] if "value" in spec else None
        read = [read for key in ("value", "where", "by") if key in spec for read in names_in(spec[key])]
        about["table"] = table
        about["from"] = list(dict.fromkeys(read for read in read if read not in frame))
        take = f"{how} of " if how != "only" else ""
        where = f" where {spec['where']}" if "where" in spec else ""
        about["how"] = f"{take}{spec.get('value', 'rows')} in {table}{where}" + (
            f" by {spec['by']}" if "by" in spec else ""
        )
        who = frame[self.builder.who]
        decided = keep
        if value is not None and how in ("only", "min", "max", "first", "last"):
            known = keep & value.notna()
            if how in ("min", "max"):
                best = value.where(known).groupby(who).transform(how)
                known &= value.eq(best).fillna(False).astype(bool)
            elif how in ("first", "last"):
                by = Expression(spec["by"])(columns) if "by" in spec else pd.Series(0, index=frame.index)
                order = pd.DataFrame({"who": who, "by": by})[known].sort_values(["who", "by"], kind="stable")
                chosen = order.drop_duplicates("who", keep=how).index
                known = pd.Series(frame.index.isin(chosen), index=frame.index)
            decided = known | (keep & ~known.groupby(who).transform("any"))  # no value: the rows that have none
        self._rows(name, table, frame, decided, [read for read in read if read in frame])

    def _graded(self, name: str, grade: str, about: dict) -> None:
        daily, table = self.plan.daily, self.plan.daily["table"]
        spec = daily["grades"][grade]
        frame, _ = self.builder.rows_of(table)
        rows, signs = self.builder.signs(grade)
        low, high = bounds(SCALES[spec["scale"]], signs)
        graded = pd.DataFrame({"who": rows[self.builder.who], "low": low, "high": high})
        top = graded.groupby("who")["low"].transform("max")
        decided = ((graded["low"] == top) & (top > 0)) | (graded["high"] > top)
        read = list(dict.fromkeys(name for text in (daily["day"], *spec["signs"].values()) for name in names_in(text)))
        about["table"] = table
        about["from"] = [name for name in read if name not in frame]
        first, last = daily["window"]
        about["how"] = (
            f"highest grade of days {first} to {last} by {SCALES[spec['scale']].title}, from the signs in {table}: "
            "days of the highest grade (none if it is 0) and days that could be higher"
        )
        fields = [name for name in read if name in frame]
        self._rows(name, table, frame.loc[rows.index], decided, fields)

    def _rows(self, name: str, table: str, frame: pd.DataFrame, decided: pd.Series, fields: Iterable[str]) -> None:
        """Evidence from the rows of a clean table: the cells of `fields` in the rows that decided."""
        fields = list(dict.fromkeys(fields))
        participants = frame[self.builder.who].tolist()
        keys = [
            "/".join(parts)
            for parts in zip(*(texts(frame[k]) for k in self.results.study.tables[table].key), strict=True)
        ]
        at = {who: index for index, who in enumerate(self.who)}
        evidence = {index: {"cells": [], "rows": 0, "of": 0} for index in range(len(self.who))}
        looked: dict[int, list[str]] = {}
        for who, key, decides in zip(participants, keys, decided.tolist(), strict=True):
            found = evidence[at[who]]
            found["of"] += 1
            looked.setdefault(at[who], []).append(key)
            if decides:
                found["rows"] += 1
                for field in fields:
                    found["cells"] += self.cells.of(table, key, who, field)
        if table not in self.rows:
            self.rows[table] = {index: self.cells.span(table, keys) for index, keys in looked.items()}
        self.about[name]["fields"] = fields
        self.evidence[name] = evidence


# --- the records ------------------------------------------------------------------------------------------------------


def _of_endpoint(endpoint: TimeToEvent, part: str) -> str:
    """How a column of an endpoint came about, in words."""
    what = {"time": endpoint.unit, "event": "whether an event came first", "cause": "which event came first",
            "cut": "whether an event is left out because it came later,",
            "entry": f"{endpoint.unit} until at risk ({endpoint.entry}), counted"}[part]  # fmt: skip
    events = ", ".join(f"{name}: {text}" for name, text in endpoint.events.items())
    cut = f" and, whatever comes later, at the first of {', '.join(endpoint.censor_at)}" if endpoint.censor_at else ""
    if endpoint.from_durations:
        return f"{what} from the durations {endpoint.time} with {events}; otherwise censored{cut}"
    return (
        f"{what} from {endpoint.origin} to the first of {events}; without an event censored at {endpoint.censor}{cut}"
    )


def chain(results: Results, population: str) -> list[dict]:
    """A population and those that it is within, the outermost first."""
    found = []
    while population:
        this = results.plan.populations[population]
        found.insert(0, {"id": this.id, "label": this.label, "condition": this.condition, "definition": this.definition,
                         "n": int(results.subjects[this.id].sum())})  # fmt: skip
        population = this.within
    return found


def _columns_of(results: Results, spec: Mapping, columns: Columns) -> list[str]:
    """The columns that an analysis reads, traced."""
    names, table = names_in(spec.get("where", "true")), spec.get("rows", {}).get("table", "")
    names += [
        name for key in ("where", "at", "value", "baseline") for name in names_in(spec.get("rows", {}).get(key, "true"))
    ]
    parameters = METHODS.parameters(spec["method"])
    for key, parameter in parameters.items():
        value, kind = spec.get(key), parameter.annotation
        match kind:
            case _ if not value:
                continue
            case _ if kind is Condition:
                names += names_in(value)
            case _ if kind is Column:
                names.append(value)
            case _ if kind == list[Column]:
                names += value
            case _ if kind is Endpoint:
                names += [name for name in results.plan.endpoints[value].columns if not name.endswith("_cut")]
            case _ if kind is Table:
                fields = [spec[other] for other, p in parameters.items() if p.annotation is Field and other in spec]
                names.append(columns.table(value, [field for field in fields if field in results.tables[value]]))
    if table:
        mine = [
            name for name in dict.fromkeys(names) if name in results.tables[table] and name != results.study.participant
        ]
        made = {"value", "z", "baseline", "change"} - set(results.plan.columns)
        names = [name for name in names if name not in mine and name not in made]
        names += [columns.table(table, mine)] if mine else []
    names = list(dict.fromkeys(names))
    for name in [*names, spec["population"]]:
        columns.add(name)
    return names


def _number(value: float) -> float | int | str | None:
    if math.isnan(value):
        return None
    return str(value) if math.isinf(value) else int(value) if value.is_integer() and abs(value) < 1e15 else value


def _analysis(results: Results, name: str, columns: Columns, numbered: Mapping[str, int]) -> dict:
    spec = results.plan.analyses[name]
    data = results.analysed(name)
    if "file" in spec:  # of other trials: nobody here is counted
        data.frame = data.frame.head(0)
    who = np.array([numbered[participant] for participant in data.frame[results.study.participant]], dtype=int)
    sets: dict[tuple[str, str], dict[str, list[int]]] = {}
    for group, level, statistic, members in counted(data, spec):
        sets.setdefault((group, level), {})[statistic] = who[members.to_numpy(dtype=bool)].tolist()
    entries, named = [], row_names(name, results.analysis(name))
    for (group, level), rows in results.analysis(name).groupby(["group", "level"], sort=False):
        shown = dict(zip(rows["statistic"], rows["display"], strict=True))
        here = {key: members for key, members in sets.get((group, level), {}).items() if key in shown}
        statistics = zip(rows["statistic"], rows["value"], rows["display"], rows["method"], rows["note"], strict=True)
        entries.append(
            {"id": ".".join([name, *named[group, level]]), "group": group, "level": level,
             **rows[["group_label", "level_label"]].iloc[0],
             "statistics": [[stat, _number(value), *rest] for stat, value, *rest in statistics],
             "printed": {**shown, **phrases(shown, results.plan.level)}, "who": here}
        )  # fmt: skip
    return {"kind": "analysis", "label": spec.get("label") or name.replace("_", " "), "method": spec["method"], "plan": spec,
            "population": spec["population"], "columns": _columns_of(results, spec, columns), "everyone": who.tolist(),
            "results": entries}  # fmt: skip


def _flow(results: Results, columns: Columns, numbered: Mapping[str, int]) -> Iterator[tuple[str, dict]]:
    """The participants excluded at each step of the flow, by reason, as the cohort counts them."""
    subjects, plan, before = results.subjects, results.plan, None
    series = columns.builder.columns()
    who = subjects[results.study.participant]
    named = flow_names(zip(results.flow["step"], results.flow["reason"], strict=True))
    for step in plan.flow:
        start, before = step.get("from", before), step["population"]
        if start is None:
            continue
        population = plan.populations[before]
        everyone = [numbered[participant] for participant in who[subjects[start] & ~subjects[before]]]
        *found, rest = exclusions(plan, subjects, series, step, start)
        for one in [*found, *([rest] if rest.members.any() else [])]:
            reason, condition, names = one.reason, one.condition, list(one.columns)
            excluded = [numbered[participant] for participant in who[one.members]]
            for name in (*names, start, before):
                columns.add(name)
            name = ".".join(("flow", *named[population.id, reason.id]))
            label = f"Not in \u201c{population.label}\u201d: {reason.label}"
            yield name, {"kind": "flow", "label": label, "population": start, "condition": condition, "columns": names or [before],
                         "everyone": everyone, "results": [_count(name, "excluded", excluded)]}  # fmt: skip


def _count(name: str, statistic: str, members: list[int]) -> dict:
    return {"id": name, "group": "", "level": "", "group_label": "", "level_label": "", "statistics": [[statistic, len(members), str(len(members)), "", ""]],
            "printed": {statistic: str(len(members))}, "who": {statistic: members}}  # fmt: skip


LOGS = {
    "clean.files": ("rows", "", "raw files read"),
    "clean.rows": ("rows", "", "rows in the raw files"),
    "clean.changes": ("changes", "", "cells whose clean value is not the raw text"),
    "clean.value_changes": ("changes", "value", "cells whose value was changed: cleared, corrected, imputed"),
    "clean.unit_changes": ("changes", "unit", "cells converted to another unit"),
    "clean.code_changes": ("changes", "code", "cells translated by a code list"),
    "clean.spelling_changes": ("changes", "spelling", "cells of which the spelling alone was changed"),
    "clean.code_list": ("changes", "code list", "cells changed by a code list"),
    "clean.corrections": ("changes", "correction:", "cells changed by a signed-off correction"),
    "clean.queries": ("queries", "", "open queries"),
    "clean.errors": ("queries", "error", "open queries of severity error"),
    "clean.rejected": ("rejected", "", "rows that could not be used"),
}


def _settings(named: Mapping) -> Iterator[tuple[str, dict]]:
    """Records of the numbers that count no participants: those of the cleaning, and the plan's own."""
    for key, text in named["clean"].items():
        log, wanted, label = LOGS[f"clean.{key}"]
        yield f"clean.{key}", {"kind": "clean", "label": label, "log": log, "filter": wanted, "printed": text}
    for key, text in named["plan"].items():
        yield f"plan.{key}", {"kind": "plan", "label": f"{key} of the analysis plan", "printed": text}


def trace(results: Results, clean: Mapping[str, pd.DataFrame]) -> dict:
    """The content of trace.json. `clean`: changes, queries, rejected, rows and cells of the clean stage."""
    cells = Cells(results, clean["cells"], clean["changes"])
    columns = Columns(results, cells)
    numbered = {who: index for index, who in enumerate(columns.who)}
    records = {name: _analysis(results, name, columns, numbered) for name in results.plan.analyses}
    for name, population in results.plan.populations.items():
        columns.add(name)
        members = [numbered[who] for who in results.subjects.loc[results.subjects[name], results.study.participant]]
        entry = _count(f"population.{name}", "n", members)
        outer = population.within or name
        records[f"population.{name}"] = {
            "kind": "population", "label": population.label, "population": outer, "condition": population.condition,
            "columns": columns.about[name]["from"] or [name], "results": [entry],
            "everyone": [numbered[who] for who in results.subjects.loc[results.subjects[outer], results.study.participant]],
        }  # fmt: skip
    records |= dict(_flow(results, columns, numbered))
    records |= dict(_settings(numbers(results, clean)))
    methods = sorted({record["method"] for record in records.values() if "method" in record})
    kept = {
        name: values for name in columns.about if name in results.subjects for values in [texts(results.subjects[name])]
    }
    return {
        "study": results.study.id,
        "title": results.study.title,
        "notice": results.study.notice,
        "counts": agreement(records),
        "participants": columns.who,
        "populations": {name: chain(results, name) for name in results.plan.populations},
        "methods": {name: {"text": describe(name), "references": references(name)} for name in methods},
        "records": records,
        "columns": columns.about,
        "values": kept,
        "evidence": {name: {str(at): found for at, found in rows.items()} for name, rows in columns.evidence.items()},
        "rows": {table: {str(at): spans for at, spans in rows.items()} for table, rows in columns.rows.items()},
        "places": [list(place) for place in cells.places],
        "rules": list(cells.rules),
        "cells": cells.list,
    }


def agreement(records: Mapping[str, Mapping]) -> dict[str, int | list[str]]:
    """How many counts of ard.csv were counted again from named participants, and which of those do not agree."""
    shown = again = 0
    wrong = []
    for record in records.values():
        if "file" in record.get("plan", ()):  # of other trials, whose participants are not here
            continue
        for entry in record.get("results", ()):
            for statistic, value, *_ in entry["statistics"]:
                if statistic in COUNTS:
                    shown += 1
                    again += statistic in entry["who"]
                    if statistic in entry["who"] and len(entry["who"][statistic]) != value:
                        wrong.append(f"{entry['id']}.{statistic}")
    return {"shown": shown, "again": again, "wrong": wrong}


def read_clean(folder: Path) -> dict[str, pd.DataFrame]:
    """The logs of the clean stage as text, and its raw cells."""
    return {**read_logs(folder / "clean"), "cells": pd.read_parquet(folder / "clean" / "cells.parquet")}


def write(content: Mapping, folder: Path) -> None:
    """audit/trace.json."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    write_text(text + "\n", folder / "audit" / "trace.json")


def read(folder: Path) -> dict:
    """What `write` wrote."""
    return json.loads((folder / "audit" / "trace.json").read_text(encoding="utf-8"))


# --- reading it -------------------------------------------------------------------------------------------------------


def find(content: Mapping, number: str) -> tuple[str, dict, str]:
    """(record id, its entry for this number, statistic or phrase) of a number's id; KeyError names the nearest known id.

    `os.6_months.text`, `os.6_months` and `os` all lead to the record `os`; an entry is {} where the record has none.
    """
    entries = {
        entry["id"]: (name, entry) for name, record in content["records"].items() for entry in record.get("results", ())
    }
    entries |= {name: (name, entries.get(name, (name, {}))[1]) for name in content["records"]}
    head, _, last = number.rpartition(".")
    if number in entries:
        return (*entries[number], "")
    if head in entries and last in entries[head][1].get("printed", ()):
        return (*entries[head], last)
    raise KeyError(
        nearest(
            number,
            [*entries, *(f"{key}.{name}" for key, (_, entry) in entries.items() for name in entry.get("printed", ()))],
        )
    )


def closure(content: Mapping, names: Iterable[str]) -> dict[str, int]:
    """The columns that some columns come from, themselves first, with their depth."""
    found: dict[str, int] = {}
    waiting = [(name, 0) for name in reversed(list(names))]
    while waiting:
        name, depth = waiting.pop()
        if name not in found:
            found[name] = depth
            waiting += [(parent, depth + 1) for parent in reversed(content["columns"][name]["from"])]
    return found


def cell(content: Mapping, number: int) -> dict:
    """A raw cell with its names."""
    place, key, row, raw, clean, rule = content["cells"][number]
    names = zip(("table", "field", "file", "column"), content["places"][place], strict=True)
    return {
        **dict(names),
        "key": key,
        "row": row,
        "raw": raw,
        "clean": clean,
        "rule": content["rules"][rule] if rule >= 0 else "",
    }
