"""The analysis results data in the words of others: CDISC's Analysis Results Standard (ard.json), and the data frame of the R
package cards (ard_cards.csv). Both are ard.csv row by row; nothing is computed.

    ard.csv                     ARS                                           cards
    analysis                    Analysis.id                                   analysis (a column more)
    method of plan.yaml         Analysis.methodId, AnalysisMethod.id          context
    population                  Analysis.analysisSetId                        population (a column more)
    group                       ResultGroup.groupId, of the grouping `by`     group1, group1_level
    level                       ResultGroup.groupId                           variable, variable_level
    statistic                   OperationResult.operationId, as method.n      stat_name, stat_label
    value                       OperationResult.rawValue                      stat
    display                     OperationResult.formattedValue                stat_fmt
    group_label, level_label    ResultGroup.groupValue
    note                                                                      warning

A ReportingEvent of the standard says more than a plan does, such as the purpose of each analysis; what is not known is left
out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from ..contracts import ARD, CARDS
from ..files import write_text
from ..plan import Plan
from ..study import Study
from .source import with_rows

OWN = ("covariates", "variables", "changes")  # keys of an analysis whose columns stand in the levels


def about(spec: Mapping, level: str) -> tuple[str, str]:
    """(column or other thing, code) that a level is about.

    >>> about({"variables": ["age", "sex"]}, "sex=F"), about({"variable": "sex"}, "F"), about({"endpoint": "os"}, "6_months")
    (('sex', 'F'), ('sex', 'F'), ('os', '6_months'))
    """
    if any(key in spec for key in OWN):
        column, separator, code = level.partition("=")
        column = unquote(column)
        if separator or column in [name for key in OWN for name in spec.get(key, ())]:
            return column, code
    what = (spec[key] for key in ("variable", "endpoint", "event", "response", "y", "table", "file") if key in spec)
    return str(next(what, None) or spec["method"]), level


def _grouping(plan: Plan, spec: Mapping) -> str:
    """The id of what an analysis is grouped by: a column of the subjects, or one of the table of its `rows` as table.column."""
    by = spec.get("by", "group")
    if "rows" not in spec or "by" not in spec or by in plan.columns:
        return by
    return f"{spec['rows']['table']}.{spec['rows'].get('value', by) if by == 'value' else by}"


def _groups(plan: Plan, spec: Mapping, row) -> list[dict]:
    found = []
    if row.group:
        found.append({"groupingId": _grouping(plan, spec), "groupId": row.group, "groupValue": row.group_label})
    if row.level:
        column, code = about(spec, row.level)
        found.append({"groupingId": column, "groupId": code or row.level, "groupValue": row.level_label})
    return found


def _result(plan: Plan, spec: Mapping, row) -> dict:
    raw = {"rawValue": row.value} if row.value else {}
    return {"operationId": f"{spec['method']}.{row.statistic}", "resultGroups": _groups(plan, spec, row), **raw,
            "formattedValue": row.display}  # fmt: skip


def ars(study: Study, plan: Plan, ard: pd.DataFrame) -> dict:
    """A ReportingEvent of the rows of ard.csv as text."""
    by = {
        _grouping(plan, spec): (spec["by"], with_rows(plan, study, spec["rows"]) if "rows" in spec else plan)
        for spec in plan.analyses.values() if "by" in spec
    }  # fmt: skip
    groupings = [
        {"id": grouping, "label": of.label(name), "groupingVariable": name, "dataDriven": not of.columns[name].levels,
         "groups": [{"id": code, "label": of.level_label(name, code), "level": 1, "order": order}
                    for order, code in enumerate(of.columns[name].levels, start=1)]}
        for grouping, (name, of) in by.items()
    ]  # fmt: skip
    analyses, methods, rows_of = [], {}, {}
    for row in ard.astype(object).itertuples():  # a text at a time out of Arrow takes ten times as long
        rows_of.setdefault(row.analysis, []).append(row)
    for name, rows in rows_of.items():
        spec = plan.analyses[name]
        methods.setdefault(spec["method"], {}).update(dict.fromkeys(row.statistic for row in rows))
        ordered = [{"order": 1, "groupingId": _grouping(plan, spec), "resultsByGroup": True}] if "by" in spec else []
        analyses.append(
            {"id": name, "name": spec.get("label", name), "version": 1, "analysisSetId": spec["population"],
             "methodId": spec["method"], "orderedGroupings": ordered, "results": [_result(plan, spec, row) for row in rows]}
        )  # fmt: skip
    return {
        "id": study.id,
        "name": study.title,
        "version": 1,
        "analysisSets": [{"id": one.id, "label": one.label, "level": 1, "order": order}
                         for order, one in enumerate(plan.populations.values(), start=1)],
        "analysisGroupings": groupings,
        "methods": [{"id": method, "name": method, "operations": [{"id": f"{method}.{one}", "name": one} for one in sorted(used)]}
                    for method, used in sorted(methods.items())],
        "analyses": analyses,
    }  # fmt: skip


def cards(plan: Plan, ard: pd.DataFrame) -> pd.DataFrame:
    """The rows of ard.csv as text, as `cards` has them."""
    specs = [plan.analyses[name] for name in ard["analysis"]]
    pairs = [about(spec, level) for spec, level in zip(specs, ard["level"], strict=True)]
    grouped = [(spec.get("by", "group"), group) if group else ("", "") for spec, group in zip(specs, ard["group"], strict=True)]  # fmt: skip
    columns = {
        "analysis": ard["analysis"], "population": ard["population"],
        "group1": [column for column, _ in grouped], "group1_level": [code for _, code in grouped],
        "variable": [column for column, _ in pairs], "variable_level": [code for _, code in pairs],
        "context": [spec["method"] for spec in specs], "stat_name": ard["statistic"],
        "stat_label": ard["statistic"].str.replace("_", " "), "stat": ard["value"], "stat_fmt": ard["display"],
        "warning": ard["note"],
    }  # fmt: skip
    return pd.DataFrame(columns)


def write(study: Study, plan: Plan, folder: Path) -> None:
    """ard.json and ard_cards.csv from the ard.csv in `folder`."""
    ard = ARD.texts(folder)
    write_text(json.dumps(ars(study, plan, ard), ensure_ascii=False, indent=1) + "\n", folder / "ard.json")
    CARDS.write(cards(plan, ard), folder)
