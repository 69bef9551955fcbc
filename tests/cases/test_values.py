"""Codes, levels and literals: what nobody can have is refused, codes stand in the order of the dictionary."""

from __future__ import annotations

import pytest
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      stage: {source: Stage, type: code, codes: {1: [], 2: [], 3: []}}
      site: {source: Site, free_text: {reviewed: A reader, date: 2020-01-31}}
      start: {source: Start, type: date}
      age: {source: Age, type: integer}
"""
ROWS = (
    "ID,Stage,Site,Start,Age\nS1,1,x,2015-01-01,40\nS2,3,y,2015-02-01,50\nS3,3,x,2015-03-01,60\nS4,2,,2015-04-01,70\n"
)


def share(event: str, columns: str = "{}") -> str:
    return f"cohort: {{table: t, columns: {columns}}}\nanalyses:\n  a: {{method: proportion, population: all, event: {event!r}}}\n"


@pytest.mark.parametrize(
    "event, message",
    [
        ("stage == 3", "write '3'"),
        ("stage != 3", "write '3'"),
        ("stage >= 3", "write '3'"),
        ("stage in (2, 3)", "write '2'"),
        ("stage == '4'", "'4' is not a value of stage (codes: 1, 2, 3)"),
        ("stage not in ('1', 'III')", "'III' is not a value of stage"),
        ("'4' == stage", "'4' is not a value of stage"),
        ("when(stage == 3, true, false)", "write '3'"),
        ("starts(stage, 'Stage')", "no code of stage starts so"),
        ("stage == ''", "missing(stage)"),
        ("site == 1", "write '1'"),
        ("site < 'y'", "without an order"),
        ("age == '40'", "write the number without quotes: 40"),
        ("start > '2015-01-15'", "write date('2015-01-15')"),
        ("age", "not a condition"),
        ("stage and age > 1", "neither true nor false"),
        ("stage + 1 > 2", "calculates with a text"),
        ("min(site, stage) == 'x'", "alphabet"),
        ("stage == site or stage == age", "stage is a text, age a number"),
    ],
)
def test_a_comparison_that_can_mean_nothing_stops_before_anything_runs(build, event, message):
    with pytest.raises(InputError) as error:
        build(TABLE, share(event), f=ROWS)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "event, n",
    [
        ("stage == '3'", 2),
        ("stage >= '2'", 3),
        ("'2' <= stage", 3),
        ("stage in ('1', '3')", 3),
        ("max(stage, '2') == '2'", 2),
        ("site == '1'", 0),
        ("start > date('2015-01-15') and age > 50", 2),
        ("starts(stage, '3')", 2),
    ],
)
def test_a_comparison_of_like_with_like_counts(build, event, n):
    assert build(TABLE, share(event), f=ROWS).values("a", "n") == {"": str(n)}


def test_the_plan_is_read_for_such_values_everywhere(build):
    plan = """
cohort:
  table: t
  columns:
    late: {expression: "when(stage == '3', 'late', 'early')"}
    class: {expression: stage, levels: {1: One, 2: Two, III: Three}}
    again: {from: t, value: age, where: stage == 1, take: max}
    order: {rank: age, among: late == 'Late'}
flow: [{population: all}, {population: late_ones, reasons: {Early: late == 'erly'}}]
endpoints: {os: {label: OS, origin: start, events: {stage: age}, censor: start}}
analyses:
  a: {method: proportion, population: all, event: "age > 1", where: "late != 'x'"}
"""
    more = "  late_ones: {label: Late, condition: late == 'Late'}\n"
    table = TABLE + "    checks: [{id: c, assert: stage != 4, field: stage, message: m}]\n    where: stage == 'all'\n"
    with pytest.raises(InputError) as error:  # the dictionary comes first
        build(table, more + plan, f=ROWS)
    for where in ("tables.t.checks.c.assert", "tables.t.where"):
        assert where in str(error.value), where
    with pytest.raises(InputError) as error:
        build(TABLE, more + plan, f=ROWS)
    for where in (
        "columns.class.levels",
        "columns.again.where",
        "columns.order.among",
        "populations.late_ones",
        "flow.1.reasons",
        "endpoints.os.events.stage",
        "analyses.a.where",
    ):
        assert where in str(error.value), where
    assert "did you mean 'late'?" in str(error.value) and "did you mean 'early'?" in str(error.value)


def test_the_kind_of_a_column_is_looked_at_where_it_is_not_known_beforehand():
    import pandas as pd
    from trialpress.expression import Expression, ExpressionError

    columns = {"x": pd.Series(["1", "2"], dtype="string"), "n": pd.Series([1, 2], dtype="Int64")}
    for text in ("x == 1", "x in (1, 2)", "n == '1'", "x == n", "x < date('2015-01-01')", "min(x, x) == '1'"):
        with pytest.raises(ExpressionError, match="compares|alphabet"):
            Expression(text)(columns)


@pytest.mark.parametrize(
    "column, message",
    [
        ("{expression: stage, levels: {'1': Early, '2': Early, '3': Late}}", "'1' and '2' have one name, 'Early'"),
        ("{cut: age, at: [50], labels: [a, b], levels: {a: Age, b: Age}}", "'a' and 'b' have one name"),
        ("{expression: age > 50, levels: {'True': 'yes', 'False': 'Yes'}}", "have one name, 'Yes'"),
        ("{expression: stage, levels: {'1': One, '2': Two}}", "2 have the value '3', which is not among the levels"),
    ],
)
def test_levels_that_would_hide_participants_stop(build, column, message):
    plan = f"cohort: {{table: t, columns: {{r: {column}}}}}\nanalyses: {{a: {{method: frequency, population: all, variable: r}}}}\n"
    with pytest.raises(InputError) as error:
        build(TABLE, plan, f=ROWS)
    assert message in str(error.value)


def test_merged_levels_are_derived_and_levels_may_be_keyed_by_numbers(build):
    plan = """
cohort:
  table: t
  columns:
    late: {expression: "when(stage in ('2', '3'), 'late', 'early')", levels: {early: Early, late: Late}}
    old: {expression: "age * 1.0", levels: {40: Forty, 50: Fifty, 60: Sixty, 70: Seventy}}
analyses:
  late: {method: frequency, population: all, variable: late}
  old: {method: frequency, population: all, variable: old}
"""
    run = build(TABLE, plan, f=ROWS)
    assert run.values("late", "n") == {"early": "1", "late": "3"}
    assert run.values("old", "n") == {"40": "1", "50": "1", "60": "1", "70": "1"}


VISITS = """
  t: {file: f, key: [participant], columns: {participant: {source: ID, type: id}}}
  visits:
    file: v
    key: [participant, day]
    columns:
      participant: {source: ID, type: id}
      day: {source: Day, type: integer}
      response: {source: Response, type: code, codes: {CR: [], PR: [], SD: [], PD: []}}
      grade: {source: Grade, type: code, codes: {"1": [], "2": [], "10": []}}
      comment: {source: Comment, free_text: {reviewed: A reader, date: 2020-01-31}}
"""
RESPONSES = "ID,Day,Response,Grade,Comment\nS1,28,PD,2,b\nS1,14,PR,10,a\nS2,14,SD,1,\nS2,28,PR,2,\nS3,14,PD,,\n"


def test_best_and_worst_follow_the_order_of_the_codes(build):
    plan = """
cohort:
  table: t
  columns:
    best: {from: visits, value: response, take: min}
    worst: {from: visits, value: response, take: max}
    grade: {from: visits, value: grade, take: max}
    last: {from: visits, value: response, take: last, by: grade}
    better: {expression: "min(best, 'SD')"}
    severe: {expression: grade > '2'}
    order: {rank: best}
analyses: {a: {method: frequency, population: all, variable: better}}
"""
    run = build(VISITS, plan, f="ID\nS1\nS2\nS3\n", v=RESPONSES)
    subjects = run.results.subjects.set_index("participant")
    assert subjects["best"].tolist() == ["PR", "PR", "PD"]
    assert subjects["worst"].tolist() == ["PD", "SD", "PD"]
    assert subjects["grade"].fillna("").tolist() == ["10", "2", ""]
    assert subjects["last"].tolist() == ["PR", "PR", "PD"]
    assert subjects["better"].tolist() == ["PR", "PR", "SD"]
    assert subjects["severe"].fillna(False).tolist() == [True, False, False]
    assert subjects["order"].tolist() == [1, 2, 3]
    assert run.values("a", "n") == {"CR": "0", "PR": "2", "SD": "1", "PD": "0"}


@pytest.mark.parametrize(
    "column", ["value: comment, take: max", "value: day, take: last, by: comment", "value: grade, take: mean"]
)
def test_an_order_that_is_only_that_of_the_alphabet_is_refused(build, column):
    plan = f"cohort: {{table: t, columns: {{x: {{from: visits, {column}}}}}}}\nanalyses: {{}}\n"
    with pytest.raises(InputError, match="alphabet|without an order|no meaning"):
        build(VISITS, plan, f="ID\nS1\n", v=RESPONSES)


RANKED = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
      response: {source: Response, type: code, codes: {CR: [], PR: [], SD: [], PD: []}, label: Best response}
      age: {source: Age, type: integer}
      note: {source: Note, type: text, free_text: {reviewed: A reader, date: 2020-01-31}}
      day: {source: Day, type: date}
"""
RANKED_ROWS = """ID,Arm,Response,Age,Note,Day
S1,A,CR,50,x,2015-01-01
S2,A,CR,61,y,2015-01-02
S3,A,SD,44,z,2015-01-03
S4,A,PR,39,u,2015-01-04
S5,B,PD,70,v,2015-01-05
S6,B,PD,55,w,2015-01-06
S7,B,PR,48,t,2015-01-07
S8,B,,66,s,2015-01-08
"""


def test_codes_are_ranked_in_the_order_of_the_dictionary(build):
    from trialpress.stats.continuous import mann_whitney
    from trialpress.stats.correlation import spearman

    plan = """
cohort: {table: t, columns: {}}
analyses:
  m: {method: mann_whitney, population: all, variable: response, by: arm}
  k: {method: kruskal_wallis, population: all, variable: response, by: arm}
  s: {method: spearman, population: all, x: response, y: age}
  x: {method: exact_logistic, population: all, event: age > 50, covariate: response}
tables: {c: {kind: comparisons, analyses: [m, s], caption: Tests.}}
"""
    run = build(RANKED, plan, f=RANKED_ROWS)
    # CR 1, PR 2, SD 3, PD 4; by the alphabet CR, PD, PR, SD would give another p
    test = mann_whitney([4, 4, 2], [1, 1, 3, 2])
    assert run.results.value("m", "p_value") == pytest.approx(test["p_value"])
    assert run.values("m", "n") == {"A": "4", "B": "3"} and run.values("m", "median") == {} == run.values(
        "m", "estimate"
    )
    assert run.results.value("s", "estimate") == pytest.approx(
        spearman([1, 1, 3, 2, 4, 4, 2], [50, 61, 44, 39, 70, 55, 48])["estimate"]
    )
    assert "1 left out: Best response not known" in " ".join(run.notes("m"))


@pytest.mark.parametrize(("analysis", "message"), [
    ("method: mann_whitney, variable: note, by: arm", "'note' is a text where numbers or ordered codes are needed"),
    ("method: mann_whitney, variable: day, by: arm", "'day' is a date where numbers or ordered codes are needed"),
    ("method: t_test, variable: response, by: arm", r"'response' is a code \(CR, PR, SD, PD\) where numbers are needed"),
    ("method: summary, variable: note", "'note' is a text where numbers are needed"),
    ("method: dose_response, event: age > 50, dose: arm", r"'arm' is a code \(A, B\) where numbers are needed"),
])  # fmt: skip
def test_a_method_for_numbers_is_not_given_texts(build, analysis, message):
    plan = f"\ncohort: {{table: t, columns: {{}}}}\nanalyses:\n  a: {{population: all, {analysis}}}\n"
    with pytest.raises(InputError, match=message):
        build(RANKED, plan, f=RANKED_ROWS)
