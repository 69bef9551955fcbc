"""What a plan says without writing it: labels, units, levels and types that are carried on, and its defaults."""

from __future__ import annotations

import pytest
from trialpress.plan import read_plan
from trialpress.study import load_study

STUDY = """
study: {id: small, title: A small trial, data_cutoff: "2020-01-01", reconstruction: false}
files: {f: {path: f.csv}}
tables:
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Treatment arm}
      age: {source: Age, type: integer, label: Age, unit: a}
      start: {source: Start, type: date}
      begin: {source: Begin, type: datetime}
  v: {file: f, key: [participant, day], columns: {participant: {source: ID, type: id}, day: {source: Day, type: integer, label: Visit, unit: d}, grade: {source: G, type: code, codes: {"1": [], "2": []}, label: Grade}}}
"""
PLAN = """
plan: {level: 0.9, seed: 7MORE}
cohort:
  table: t
  columns:
    same: {expression: age}
    named: {expression: age, label: Years, unit: y, type: number}
    computed: {expression: age * 2}
    group: {expression: arm}
    some: {expression: arm, levels: {A: First, B: Second}}
    chosen: {expression: "when(age > 1, arm, missing)"}
    old: {cut: age, at: [50], labels: [young, old]}
    order: {rank: age}
    worst: {from: v, value: grade, take: max}
    day: {from: v, value: day, take: max}
    visits: {from: v, value: day, take: count}
    rest: {expression: arm, levels: {A: First}, other: Another}
populations: {all: {label: All}, a: {label: Arm A, within: all, condition: arm == 'A', may_be_empty: true}}
endpoints:
  os: {label: Survival, origin: start, events: {death: start}, censor: start, censor_at: start, entry: start}
  hours: {label: Hours, origin: begin, events: {x: begin, y: begin}, censor: begin, competing: true, unit: hours}
  long: {label: Long, time: age, event: age > 1, unit: weeks}
analyses: {}
"""


@pytest.fixture
def plan(tmp_path):
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    study = load_study(tmp_path / "study.yaml")

    def plan(more: str = ""):
        (tmp_path / "plan.yaml").write_text(PLAN.replace("MORE", more), encoding="utf-8")
        return read_plan(tmp_path / "plan.yaml", study)

    return plan


def test_defaults_and_what_is_written(plan):
    usual = plan()
    assert (usual.level, usual.alpha, usual.seed, usual.multiplicity, usual.days_per_month) == (
        0.9,
        0.05,
        7,
        "",
        30.4375,
    )
    assert (usual.cohort_table, usual.flow, usual.families, usual.figures, usual.tables, usual.daily) == (
        "t",
        (),
        {},
        {},
        {},
        {},
    )
    own = plan(", alpha: 0.01, days_per_month: 30, multiplicity: none is adjusted")
    assert (own.alpha, own.days_per_month, own.multiplicity) == (0.01, 30, "none is adjusted")
    a = usual.populations["a"]
    assert (a.label, a.within, a.condition, a.may_be_empty, a.unknown) == (
        "Arm A",
        "all",
        "arm == 'A'",
        True,
        "a_unknown",
    )
    assert usual.populations["all"].condition == "true" and not usual.populations["all"].may_be_empty


@pytest.mark.parametrize(
    "column, label, unit, type, levels",
    [
        ("age", "Age", "a", "integer", {}), ("arm", "Treatment arm", "", "code", {"A": "A", "B": "B"}), ("same", "Age", "a", "integer", {}), ("named", "Years", "y", "number", {}),
        ("computed", "", "", "", {}), ("group", "Treatment arm", "", "code", {"A": "A", "B": "B"}), ("some", "Treatment arm", "", "code", {"A": "First", "B": "Second"}),
        ("chosen", "", "", "", {"A": "A", "B": "B"}), ("old", "Age", "", "", {"young": "young", "old": "old"}), ("order", "", "", "", {}),
        ("worst", "Grade", "", "code", {"1": "1", "2": "2"}), ("day", "Visit", "d", "integer", {}), ("visits", "", "", "", {}),
        ("rest", "Treatment arm", "", "code", {"A": "First", "other": "Another"}), ("a", "Arm A", "", "boolean", {}),
        ("os_time", "Survival", "d", "integer", {}), ("os_event", "Survival", "", "boolean", {}), ("os_cut", "Survival: event left out", "", "boolean", {}),
        ("os_entry", "Survival: entry", "d", "integer", {}), ("hours_time", "Hours", "h", "number", {}), ("hours_cause", "Hours", "", "integer", {}), ("long_time", "Long", "weeks", "number", {}),
    ],
)  # fmt: skip
def test_what_is_printed_of_a_column(plan, column, label, unit, type, levels):
    found = plan().columns[column]
    assert (found.label, found.unit, found.type, dict(found.levels)) == (label, unit, type, levels)


def test_kinds_of_what_an_endpoint_gives(plan):
    kinds = plan().kinds
    families = {
        name: kinds[name].family
        for name in ("os_time", "os_event", "os_entry", "os_cut", "hours_cause", "a", "t.age", "chosen", "worst")
    }
    assert families == {"os_time": "number", "os_event": "boolean", "os_entry": "number", "os_cut": "boolean", "hours_cause": "number", "a": "boolean",
                        "t.age": "number", "chosen": "text", "worst": "text"}  # fmt: skip
    assert kinds["worst"].codes == ("1", "2") and kinds["worst"].ordered
