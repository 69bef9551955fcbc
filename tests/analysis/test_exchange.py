"""ard.json and ard_cards.csv hold ard.csv, row by row, in the words of others."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from trialpress.analysis import exchange
from trialpress.checks.plan import load_plan
from trialpress.contracts import ARD, CARDS
from trialpress.study import load_study

STUDY = """
study: {id: small, title: A small trial, data_cutoff: "2020-01-01", reconstruction: false}
files: {f: {path: f.csv}}
tables:
  t:
    file: f
    key: [participant]
    columns:
      participant: {type: id}
      arm: {type: code, codes: {a: [], b: []}, label: Arm}
      age: {type: number, unit: years, label: Age}
      start: {type: date}
      last: {type: date}
"""
PLAN = """
plan: {level: 0.95, seed: 1}
cohort: {table: t, columns: {group: {expression: arm, type: code, label: Arm, levels: {a: Arm A, b: Arm B}}}}
populations: {all: {label: Everybody}}
endpoints: {os: {label: Survival, origin: start, events: {death: last}, censor: last}}
analyses:
  b: {method: baseline, population: all, by: group, variables: [age, group]}
  km: {method: kaplan_meier, population: all, endpoint: os, by: group, at: [6], label: Survival by arm}
  f: {method: frequency, population: all, variable: group}
"""
ROWS = [
    ("b", "a", "Arm A", "age", "Age, years", "median", "60.5", "60.5"),
    ("b", "", "Overall", "group=a", "Arm: Arm A", "n", "2", "2"),
    ("f", "", "", "b", "Arm B", "n", "3", "3"),
    ("km", "a", "Arm A", "", "", "median", "", "NE"),
    ("km", "b", "Arm B", "6_months", "6 months", "estimate", "0.5", "50.0%"),
]


@pytest.fixture
def written(tmp_path):
    """The files made from an ard.csv."""
    for name, text in (("study", STUDY), ("plan", PLAN)):
        (tmp_path / f"{name}.yaml").write_text(text)
    study = load_study(tmp_path / "study.yaml")
    names = ["analysis", "group", "group_label", "level", "level_label", "statistic", "value", "display"]
    ard = pd.DataFrame(ROWS, columns=names).assign(
        population="all", method="as said", n_population="5", note="", origin="computed"
    )
    ARD.write(ard[list(ARD.columns)], tmp_path)
    exchange.write(study, load_plan(tmp_path / "plan.yaml", study), tmp_path)
    return tmp_path


def test_every_row_is_an_operation_result_with_its_groups(written):
    event = json.loads((written / "ard.json").read_text(encoding="utf-8"))
    results = {one["id"]: one["results"] for one in event["analyses"]}
    assert results["b"] == [
        {"operationId": "baseline.median", "rawValue": "60.5", "formattedValue": "60.5",
         "resultGroups": [{"groupingId": "group", "groupId": "a", "groupValue": "Arm A"},
                          {"groupingId": "age", "groupId": "age", "groupValue": "Age, years"}]},
        {"operationId": "baseline.n", "rawValue": "2", "formattedValue": "2",
         "resultGroups": [{"groupingId": "group", "groupId": "a", "groupValue": "Arm: Arm A"}]},
    ]  # fmt: skip
    assert "rawValue" not in results["km"][0] and results["km"][0]["formattedValue"] == "NE"
    assert results["km"][1]["resultGroups"][1] == {"groupingId": "os", "groupId": "6_months", "groupValue": "6 months"}
    assert results["f"][0]["resultGroups"] == [{"groupingId": "group", "groupId": "b", "groupValue": "Arm B"}]


def test_what_results_refer_to_is_defined(written):
    event = json.loads((written / "ard.json").read_text(encoding="utf-8"))
    operations = {one["id"] for method in event["methods"] for one in method["operations"]}
    methods, sets = ({one["id"] for one in event[key]} for key in ("methods", "analysisSets"))
    groups = {one["id"]: [group["id"] for group in one["groups"]] for one in event["analysisGroupings"]}
    assert groups == {"group": ["a", "b"]} and len(event["analyses"]) == 3
    assert [one["dataDriven"] for one in event["analysisGroupings"]] == [
        False
    ]  # its levels are those of the dictionary
    for analysis in event["analyses"]:
        assert analysis["methodId"] in methods and analysis["analysisSetId"] in sets
        assert all(result["operationId"] in operations for result in analysis["results"])
        assert all(one["groupingId"] in groups for one in analysis["orderedGroupings"])


def test_cards_has_every_row(written):
    rows = CARDS.texts(written)
    assert rows[["group1", "group1_level", "variable", "variable_level", "context", "stat_name", "stat"]].to_numpy().tolist() == [
        ["group", "a", "age", "", "baseline", "median", "60.5"],
        ["", "", "group", "a", "baseline", "n", "2"],
        ["", "", "group", "b", "frequency", "n", "3"],
        ["group", "a", "os", "", "kaplan_meier", "median", ""],
        ["group", "b", "os", "6_months", "kaplan_meier", "estimate", "0.5"],
    ]  # fmt: skip
    assert not rows.duplicated(list(CARDS.key)).any()


def test_the_same_bytes_again(written):
    before = {name: (written / name).read_bytes() for name in ("ard.json", "ard_cards.csv")}
    study = load_study(written / "study.yaml")
    exchange.write(study, load_plan(written / "plan.yaml", study), written)
    assert before == {name: (written / name).read_bytes() for name in before}


def test_places_and_versions_are_counted_from_one(written):
    event = json.loads((written / "ard.json").read_text(encoding="utf-8"))
    (grouping,) = event["analysisGroupings"]
    assert [(one["id"], one["level"], one["order"]) for one in grouping["groups"]] == [("a", 1, 1), ("b", 1, 2)]
    assert [(one["level"], one["order"]) for one in event["analysisSets"]][:1] == [(1, 1)] and event["version"] == 1
    assert {one["version"] for one in event["analyses"]} == {1}
    ordered = {one["id"]: one["orderedGroupings"] for one in event["analyses"]}
    assert [{"order": 1, "groupingId": "group", "resultsByGroup": True}] in ordered.values()
