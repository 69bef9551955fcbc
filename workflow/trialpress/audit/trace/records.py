"""The records of the numbers: analyses, the participant flow, what the cleaning and the plan say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from ...analysis import Data
from ...analysis.counting import counted
from ...analysis.methods import METHODS
from ...analysis.participants import LeftOut, left_out
from ...cohort import Builder as Builder
from ...cohort.flow import exclusions
from ...names import flow_names, row_names
from ...plan.objects import of_table
from ...registry import Column, Condition, Endpoint, Field, RowCondition, Table
from ...report.variables import phrases
from ...results import Results
from .columns import Columns
from .texts import names_in


def chain(results: Results, population: str) -> list[dict]:
    """A population and those that it is within, the outermost first."""
    found = []
    while population:
        this = results.plan.populations[population]
        found.insert(0, {"id": this.id, "label": this.label, "condition": this.condition, "definition": this.definition,
                         "n": int(results.subjects[this.id].sum())})  # fmt: skip
        population = this.within
    return found


def columns_of(results: Results, spec: Mapping, columns: Columns) -> list[str]:
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
            case _ if kind == dict[str, Condition]:
                names += [name for text in value.values() for name in names_in(text)]
            case _ if kind is Endpoint:
                names += [name for name in results.plan.endpoints[value].columns if not name.endswith("_cut")]
            case _ if kind is Table:
                own, read, conditions = results.tables[value], _asked(spec, Field), _asked(spec, RowCondition)
                fields = list(
                    dict.fromkeys([*read.values(), *(name for text in conditions.values() for name in names_in(text))])
                )
                names += [name for name in fields if name not in own]
                measured = list(read.values()) if "value" in read else []
                chosen = _joined((text for key, text in conditions.items() if key in CHOOSING), "and")
                names.append(columns.table(value, [name for name in fields if name in own], chosen, measured))
    if table:
        mine = [
            name for name in dict.fromkeys(names) if name in results.tables[table] and name != results.study.participant
        ]
        made = {"value", "z", "baseline", "change"} - set(results.plan.columns)
        names = [name for name in names if name not in mine and name not in made]
        names += [columns.table(table, mine, _chosen(spec["rows"]))] if mine else []
    names = list(dict.fromkeys(names))
    for name in [*names, spec["population"]]:
        columns.add(name)
    return names


CHOOSING = ("events", "which")  # conditions that say which rows of a table count; others describe a row that does


def _asked(spec: Mapping, kind: object) -> dict[str, str]:
    """What an analysis names by its parameters of a kind, conditions as text."""
    parameters = METHODS.parameters(spec["method"])
    return {key: str(spec[key]) for key, one in parameters.items() if one.annotation is kind and spec.get(key)}


def _joined(conditions: Iterable[str], word: str) -> str:
    """One condition of several, empty for none."""
    some = [text for text in conditions if text and text.lower() != "true"]
    return some[0] if len(some) == 1 else f" {word} ".join(f"({text})" for text in some)


def _chosen(rows: Mapping) -> str:
    """The rows of a table that `rows` chooses, and those that it compares them with."""
    either = _joined((str(rows[key]) for key in ("at", "baseline") if key in rows and "at" in rows), "or")
    return _joined([str(rows.get("where", "")), either], "and")


def _number(value: float) -> float | int | str | None:
    if math.isnan(value):
        return None
    return str(value) if math.isinf(value) else int(value) if value.is_integer() and abs(value) < 1e15 else value


def of_analysis(results: Results, name: str, data: Data, before: list[LeftOut], numbered: pd.Index) -> dict:
    """data, before: what the analysis works on, and who does not reach it; numbered: the participants in their order. Members are
    arrays of their numbers. The columns are traced later."""
    spec = results.plan.analyses[name]
    out = [[str(one), numbered.get_indexer(list(one.who))] for one in (*before, *left_out(data, spec))]
    if "file" in spec:  # of other trials: nobody here is counted
        data = replace(data, frame=data.frame.head(0))
    who = numbered.get_indexer(data.frame[results.study.participant])
    sets: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for group, level, statistic, members in counted(data, spec):
        sets.setdefault((group, level), {})[statistic] = who[members]
    entries, rows = [], results.analysis(name)
    named, places = row_names(name, rows), {}
    for row in rows.itertuples():
        places.setdefault((row.group, row.level), []).append(row)
    for (group, level), mine in places.items():
        shown = {row.statistic: row.display for row in mine}
        here = {key: members for key, members in sets.get((group, level), {}).items() if key in shown}
        entries.append(
            {"id": ".".join([name, *named[group, level]]), "group": group, "level": level,
             "group_label": mine[0].group_label, "level_label": mine[0].level_label,
             "statistics": [[row.statistic, _number(row.value), row.display, row.method, row.note, row.origin] for row in mine],
             "printed": {**shown, **phrases(shown, results.plan.level, results.plan.say, spec["method"])}, "who": here}
        )  # fmt: skip
    return {"kind": "analysis", "label": spec.get("label") or name.replace("_", " "), "method": spec["method"], "plan": spec,
            "population": spec["population"], "columns": [], "everyone": who,
            "left_out": out, "results": entries}  # fmt: skip


def of_flow(results: Results, columns: Columns) -> Iterator[tuple[str, dict]]:
    """The participants excluded at each step of the flow, by reason, as the cohort counts them."""
    subjects, plan, before = results.subjects, results.plan, None
    series = columns.builder.columns()
    named = flow_names(zip(results.flow["step"], results.flow["reason"], strict=True))
    for step in plan.flow:
        start, before = step.get("from", before), step["population"]
        if start is None:
            continue
        population = plan.populations[before]
        everyone = np.flatnonzero(subjects[start] & ~subjects[before])
        *found, rest = exclusions(plan, subjects, series, step, start)
        for one in [*found, *([rest] if rest.members.any() else [])]:
            reason, condition, names = one.reason, one.condition, list(one.columns)
            excluded = np.flatnonzero(one.members)
            for name in (*names, start, before):
                columns.add(name)
            name = ".".join(("flow", *named[population.id, reason.id]))
            label = f"Not in \u201c{population.label}\u201d: {reason.label}"
            yield name, {"kind": "flow", "label": label, "population": start, "condition": condition, "columns": names or [before],
                         "everyone": everyone, "results": [one_count(name, "excluded", excluded)]}  # fmt: skip


def of_listings(results: Results, columns: Columns) -> Iterator[tuple[str, dict]]:
    """The values that a table lists participant by participant: a record for each of its columns."""
    for name, spec in results.plan.tables.items():
        for column in (results.study.participant, *spec["columns"]) if spec["kind"] == "listing" else ():
            columns.add(column)
            yield f"{of_table(name)}.{column}", {
                "kind": "listing", "label": results.plan.label(column, unit=True), "population": spec["population"],
                "columns": [column], "everyone": np.flatnonzero(results.subjects[spec["population"]]), "results": [],
            }  # fmt: skip


def one_count(name: str, statistic: str, members: np.ndarray) -> dict:
    return {"id": name, "group": "", "level": "", "group_label": "", "level_label": "", "statistics": [[statistic, len(members), str(len(members)), "", "", ""]],
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
    "clean.queries": ("queries", "open", "open queries"),
    "clean.open": ("queries", "open", "open queries"),
    "clean.errors": ("queries", "error", "open queries of severity error"),
    "clean.rejected": ("rejected", "", "rows that could not be used"),
}


def of_settings(named: Mapping) -> Iterator[tuple[str, dict]]:
    """Records of the numbers that count no participants: those of the cleaning, and the plan's own."""
    for key, text in named["clean"].items():
        log, wanted, label = LOGS[f"clean.{key}"]
        yield f"clean.{key}", {"kind": "clean", "label": label, "log": log, "filter": wanted, "printed": text}
    for key, text in named["plan"].items():
        yield f"plan.{key}", {"kind": "plan", "label": f"{key} of the analysis plan", "printed": text}
