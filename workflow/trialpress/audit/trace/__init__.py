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

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ...clean import read_logs
from ...files import write_text
from ...report.variables import numbers
from ...results import Results
from .cells import Cells
from .columns import Columns
from .methods import describe, references
from .reading import cell, closure, find
from .records import chain, of_analysis, of_flow, of_listings, of_settings, one_count
from .texts import texts

COUNTS = ("n", "N", "missing", "events", "n_at_risk")
__all__ = ["COUNTS", "agreement", "cell", "closure", "find", "read", "read_clean", "trace", "write"]


def trace(results: Results, clean: Mapping[str, pd.DataFrame]) -> dict:
    """The content of trace.json. `clean`: changes, queries, rejected, rows and cells of the clean stage."""
    cells = Cells(results, clean["cells"], clean["changes"])
    columns = Columns(results, cells)
    numbered = {who: index for index, who in enumerate(columns.who)}
    records = {name: of_analysis(results, name, columns, numbered) for name in results.plan.analyses}
    for name, population in results.plan.populations.items():
        columns.add(name)
        members = [numbered[who] for who in results.subjects.loc[results.subjects[name], results.study.participant]]
        entry = one_count(f"population.{name}", "n", members)
        outer = population.within or name
        records[f"population.{name}"] = {
            "kind": "population", "label": population.label, "population": outer, "condition": population.condition,
            "columns": columns.about[name]["from"] or [name], "results": [entry],
            "everyone": [numbered[who] for who in results.subjects.loc[results.subjects[outer], results.study.participant]],
        }  # fmt: skip
    records |= dict(of_flow(results, columns, numbered))
    records |= dict(of_listings(results, columns, numbered))
    records |= dict(of_settings(numbers(results, clean)))
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
