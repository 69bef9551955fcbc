"""Analyses over the rows of a long table: by visit, by parameter, change from baseline, z-scores."""

from __future__ import annotations

import json

import pytest
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
      start: {source: Start, type: date}
  labs:
    file: l
    key: [participant, analyte, day, try?]
    columns:
      participant: {source: ID, type: id}
      analyte: {source: Analyte, type: code, codes: {CRP: [], IL6: []}}
      day: {source: Day, type: integer, label: Day}
      try: {source: Try, type: integer}
      result: {source: Value, type: number, label: Result, unit: mg/L}
      grade: {source: Grade, type: code, codes: {low: [], high: []}, label: Grade}
"""
ROWS = "ID,Arm,Start\nS1,A,2015-01-01\nS2,A,2015-01-01\nS3,B,2015-01-01\nS4,B,2015-01-01\nS5,B,2015-01-01\n"
LABS = """ID,Analyte,Day,Try,Value,Grade
S1,CRP,0,,10,low
S1,CRP,7,,25,high
S2,CRP,0,,20,low
S2,CRP,7,,15,low
S3,CRP,0,,30,high
S3,CRP,7,,60,high
S4,CRP,7,,40,high
S1,IL6,7,,1000,high
"""
HEAD = "cohort: {table: t, columns: {}}\nanalyses:\n"


def analysis(rows: str, rest: str = "method: summary, variable: value", more: str = "") -> str:
    return f"{HEAD}  a: {{population: all, rows: {{table: labs, {rows}}}, {rest}}}\n{more}"


def test_one_parameter_on_one_day(build):
    run = build(TABLE, analysis("where: analyte == 'CRP' and day == 7, value: result"), f=ROWS, l=LABS)
    assert run.values("a", "n") == {"": "4"} and run.values("a", "mean") == {"": "35"}
    assert any("1 left out: no such row of labs" in note for note in run.notes("a"))
    assert set(run.read("analysis/ard.csv")["n_population"]) == {"5"}


def test_groups_of_the_subjects_and_a_test(build):
    rest = "method: mann_whitney, variable: value, by: arm, label: CRP by arm"
    tables = "tables:\n  c: {kind: comparisons, analyses: [a], caption: Tests.}\n"
    run = build(TABLE, analysis("where: analyte == 'CRP', at: day == 7, value: result", rest, tables), f=ROWS, l=LABS)
    assert run.values("a", "n") == {"A": "2", "B": "2"} and run.values("a", "estimate")[""] == "30"
    assert "1 left out: no such row of labs" in run.text("tables/c.md")


def test_describing_by_visit_takes_several_rows_of_a_participant(build):
    run = build(TABLE, analysis("where: analyte == 'CRP', value: result", "method: summary, variable: value, by: day"), f=ROWS, l=LABS)  # fmt: skip
    assert run.values("a", "n") == {"0": "3", "7": "4"} and run.values("a", "mean") == {"0": "20", "7": "35"}
    counts = build(
        TABLE, analysis("where: analyte == 'CRP'", "method: frequency, variable: grade, by: day"), f=ROWS, l=LABS
    )
    high = counts.read("analysis/ard.csv").query("statistic == 'n' and level == 'high'")
    assert dict(zip(high["group"], high["value"], strict=True)) == {"0": "1", "7": "3"}


def test_change_from_baseline(build):
    text = analysis("where: analyte == 'CRP', at: day == 7, value: result, baseline: day == 0", "method: summary, variable: change, by: arm")  # fmt: skip
    run = build(TABLE, text, f=ROWS, l=LABS)
    assert run.values("a", "mean") == {"A": "5", "B": "30"}
    assert run.values("a", "n") == {"A": "2", "B": "1"} and run.values("a", "missing") == {"A": "0", "B": "1"}
    assert any("1 left out: no baseline" in note for note in run.notes("a"))
    paired = text.replace(
        "method: summary, variable: change, by: arm", "method: signed_rank, after: value, before: baseline"
    )
    assert build(TABLE, paired, f=ROWS, l=LABS).values("a", "n") == {"": "3"}


def test_z_scores_are_of_the_analysed_rows(build):
    run = build(TABLE, analysis("where: analyte == 'CRP', at: day == 7, value: result", "method: summary, variable: z"), f=ROWS, l=LABS)  # fmt: skip
    assert float(run.values("a", "mean")[""]) == pytest.approx(0, abs=1e-12)
    assert float(run.values("a", "sd")[""]) == pytest.approx(1)


def test_an_expression_over_rows_and_subjects(build):
    rows = "where: analyte == 'CRP' and day == 7 and arm == 'B', value: result / 10, label: CRP, unit: mg/dL"
    tables = "tables:\n  b: {kind: baseline, analysis: a, caption: Rows.}\n"
    run = build(TABLE, analysis(rows, "method: baseline, variables: [value, grade], by: arm", tables), f=ROWS, l=LABS)
    assert "CRP, mg/dL, median (IQR)" in run.text("tables/b.md")
    share = build(TABLE, analysis("where: analyte == 'CRP', at: day == 7, value: result", "method: proportion, event: value > 20 and arm == 'B'"), f=ROWS, l=LABS)  # fmt: skip
    assert share.values("a", "n") == {"": "2"} and share.values("a", "N") == {"": "4"}


def test_groups_of_the_table_are_groupings_of_the_exchange(build):
    """A column of the table is another one than that of another table, and than one of the subjects."""
    more = """  b: {population: all, rows: {table: labs, where: day == 7 and analyte == 'CRP', value: result}, method: summary, variable: value, by: arm}
  c: {population: all, rows: {table: labs, where: day == 7 and analyte == 'CRP', value: grade}, method: frequency, variable: day, by: value}
"""
    rest = "method: summary, variable: value, by: analyte"
    run = build(TABLE, analysis("where: day == 7, value: result", rest, more), f=ROWS, l=LABS)
    event = json.loads(run.text("analysis/ard.json"))
    groups = {one["id"]: [group["id"] for group in one["groups"]] for one in event["analysisGroupings"]}
    assert groups == {"labs.analyte": ["CRP", "IL6"], "arm": ["A", "B"], "labs.grade": ["low", "high"]}
    for one in event["analyses"]:
        ordered = {grouping["groupingId"] for grouping in one["orderedGroupings"]}
        assert {groups[0]["groupingId"] for groups in (result["resultGroups"] for result in one["results"])} == ordered


@pytest.mark.parametrize(
    "rows, rest, message",
    [
        ("where: analyte == 'CRP', value: result", "method: summary, variable: value", "several rows of labs for participant S1, S2, S3"),
        ("where: day == 7, value: result", "method: summary, variable: value, by: day", "in one level of day"),
        ("where: analyte == 'CRP', value: result", "method: t_test, variable: value, by: arm", "several rows of labs"),
        ("where: analyte == 'CPR', value: result", "method: summary, variable: value", "did you mean 'CRP'"),
        ("where: analyte == 'CRP', at: dy == 7, value: result", "method: summary, variable: value", "did you mean 'day'"),
        ("where: day == 7, value: result", "method: summary, variable: change", "the column 'change' is not defined"),
        ("where: day == 7, baseline: day == 0", "method: summary, variable: result", "`baseline` needs a value"),
        ("where: day >= 0, at: analyte == 'IL6', value: result, baseline: day >= 0", "method: summary, variable: change", "several baseline rows of labs for participant S1"),
        ("where: day == 7, value: analyte, baseline: day == 0", "method: summary, variable: change", "a change is a difference of numbers"),
        ("where: day == 7, value: result", "method: kinetics_by_day, table: labs, day: day, value: result", "reads a table of its own"),
        ("wher: day == 7", "method: summary, variable: result", "unknown key 'wher'"),
    ],
)  # fmt: skip
def test_rows_that_cannot_mean_what_they_say_stop(build, rows, rest, message):
    with pytest.raises(InputError) as error:
        build(TABLE, analysis(rows, rest), f=ROWS, l=LABS)
    assert message in str(error.value)


def test_a_name_that_the_table_and_the_subjects_share_stops(build):
    text = analysis("where: analyte == 'CRP' and day == 7, value: result").replace(
        "columns: {}", "columns: {grade: {expression: arm}}"
    )
    with pytest.raises(InputError, match="'grade' is a column of labs and of the subjects"):
        build(
            TABLE,
            text.replace("method: summary, variable: value", "method: frequency, variable: grade"),
            f=ROWS,
            l=LABS,
        )


def test_loops_over_parameters_and_days(build):
    text = (
        HEAD
        + """
  "{analyte}_{day}":
    for: {analyte: [CRP, IL6], day: [0, 7]}
    method: summary
    population: all
    rows: {table: labs, where: "analyte == '{analyte}'", at: "day == {day}", value: result}
    variable: value
"""
    )
    run = build(TABLE, text, f=ROWS, l=LABS)
    assert {name: run.values(name, "n")[""] for name in run.results.plan.analyses} == {"CRP_0": "3", "CRP_7": "4", "IL6_0": "0", "IL6_7": "1"}  # fmt: skip
