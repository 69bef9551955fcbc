"""Unknown stays unknown: what is taken from rows that may count, populations of which it is not known who belongs to them."""

from __future__ import annotations

import pandas as pd
import pytest
from cases.conftest import build  # noqa: F401
from trialpress.cohort.taking import Ambiguous, take
from trialpress.errors import InputError

T, F, N = True, False, None
WHO = pd.Series(["P1", "P2"])


def taken(how: str, *rows: tuple) -> object:
    """What P1 gets from rows of (counts, value, by); P2 has none."""
    frame = pd.DataFrame(
        {
            "who": "P1",
            "value": pd.array([row[1] for row in rows], dtype="Int64"),
            "by": pd.array([row[2] if len(row) > 2 else at for at, row in enumerate(rows)], dtype="Int64"),
            "counts": pd.array([row[0] for row in rows], dtype="boolean"),
        }
    )
    found = take(how, frame, WHO)
    assert found.index.tolist() == ["P1", "P2"]
    nobody = {"any": False, "count": 0}.get(how)
    assert (None if pd.isna(found["P2"]) else found["P2"]) == nobody
    return None if pd.isna(found["P1"]) else found["P1"]


@pytest.mark.parametrize(
    "how, rows, expected",
    [
        ("any", [(F, 1), (T, 1)], True), ("any", [(F, 1), (F, 1)], False), ("any", [(N, 1), (T, 1)], True),
        ("any", [(N, 1), (F, 1)], None), ("any", [(N, N)], None), ("any", [(T, N)], True),
        ("count", [(T, 1), (T, 1), (F, 1)], 2), ("count", [(T, 1), (N, 1)], None), ("count", [(F, 1)], 0),
        ("count", [(T, N), (T, 3)], 1), ("count", [(T, 1), (N, N)], 1),
        ("sum", [(T, 1), (T, 2), (F, 4)], 3), ("sum", [(T, 1), (N, 2)], None), ("sum", [(T, 1), (T, N)], 1), ("sum", [(T, 1), (N, N)], 1),
        ("mean", [(T, 1), (T, 2), (F, 9)], 1.5), ("mean", [(T, 1), (N, 2)], None), ("mean", [(F, 1)], None),
        ("min", [(T, 3), (T, 2), (F, 1)], 2), ("min", [(T, 3), (N, 2)], None), ("min", [(T, 3), (N, 4)], 3), ("min", [(T, 3), (N, 3)], 3),
        ("min", [(N, 4)], None), ("min", [(T, 3), (N, N)], 3),
        ("max", [(T, 3), (T, 2), (F, 9)], 3), ("max", [(T, 3), (N, 4)], None), ("max", [(T, 3), (N, 2)], 3), ("max", [(N, 2)], None),
        ("only", [(T, 3), (F, 2)], 3), ("only", [(T, 3), (N, 2)], None), ("only", [(T, 3), (T, N)], 3), ("only", [(N, 3)], None),
        ("only", [(F, 3)], None),
        ("first", [(T, 3, 2), (T, 5, 1), (F, 9, 0)], 5), ("last", [(T, 3, 2), (T, 5, 1), (F, 9, 4)], 3),
        ("first", [(T, N, 1), (T, 5, 2)], 5), ("last", [(T, 4, 1), (T, N, 2)], 4),
        ("first", [(T, 3, 2), (N, 5, 1)], None), ("first", [(T, 3, 2), (N, 5, 3)], 3), ("first", [(T, 3, 2), (N, 3, 1)], 3),
        ("last", [(T, 3, 2), (N, 5, 3)], None), ("last", [(T, 3, 2), (N, 5, 1)], 3), ("last", [(T, 3, 2), (N, 5, 2)], None),
        ("first", [(T, 3, 2), (T, 5, N)], None), ("first", [(T, 3, 2), (T, 3, N)], 3), ("last", [(T, 3, 2), (F, 5, N)], 3),
        ("first", [(T, 3, N)], 3), ("last", [(T, 3, N), (T, 4, N)], None), ("last", [(N, 3, 1)], None),
        ("first", [(T, 3, 1), (T, 3, 1)], 3), ("first", [(N, 5, N), (T, 3, 1)], None), ("first", [(T, 1), (T, 2)], 1),
        ("last", [(T, 1), (T, 2)], 2),
    ],
)  # fmt: skip
def test_one_value_from_several_rows(how, rows, expected):
    assert taken(how, *rows) == expected


@pytest.mark.parametrize(
    "how, rows",
    [("only", [(T, 3), (T, 3)]), ("first", [(T, 3, 1), (T, 4, 1)]), ("last", [(T, 3, 2), (T, 4, 2), (T, 1, 1)])],
)
def test_where_only_chance_would_decide_it_stops(how, rows):
    with pytest.raises(Ambiguous) as error:
        taken(how, *rows)
    assert error.value.who == ["P1"]


def test_dates_of_which_none_counts():
    days = pd.to_datetime(["2015-01-02", "2015-01-01"])
    rows = pd.DataFrame({"who": "P1", "value": days, "by": days, "counts": pd.array([False, None], dtype="boolean")})
    for how in ("first", "last", "min", "max", "only"):
        assert take(how, rows, WHO).isna().all()
    assert take("first", rows.assign(counts=True), WHO).tolist()[0] == days[1]


def test_equal_places_behind_the_chosen_one_do_not_matter():
    assert taken("first", (T, 1, 1), (T, 3, 2), (T, 4, 2)) == 1
    assert taken("last", (T, 1, 1), (T, 2, 1), (T, 4, 2)) == 4


TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
      start: {source: Start, type: date}
      age: {source: Age, type: integer, label: Age}
      weight: {source: Weight, type: number}
      risk: {source: Risk, type: code, codes: {low: [], mid: [], high: [], odd: []}}
  visits:
    file: v
    key: [participant, day]
    references: {participant: t.participant}
    columns:
      participant: {source: ID, type: id}
      day: {source: Day, type: integer}
      grade: {source: Grade, type: integer}
      half: {derive: grade / day, type: number}
"""
ROWS = """ID,Arm,Start,Age,Weight,Risk
S1,A,2015-01-01,40,70,low
S2,A,2015-02-01,,0,mid
S3,B,2015-03-01,60,50,high
S4,,2015-04-01,70,60,odd
S5,B,2015-05-01,,60,
"""
VISITS = "ID,Day,Grade\nS1,1,3\nS1,2,1\nS2,1,\nS2,2,2\nS3,1,1\nS4,2,4\n"
PLAN = """
  old: {label: Old, condition: age >= 50}
  old_a: {label: Old in A, within: old, condition: arm == 'A', may_be_empty: true}
  old_or_a: {label: Old or in A, condition: age >= 50 or arm == 'A'}
  known: {label: Age known, condition: present(age) and age >= 50}
cohort:
  table: t
  columns:
    severe: {from: visits, take: any, where: grade >= 3, label: Severe}
    class: {expression: "when(age >= 50, 'old', 'young')", label: Class, levels: {young: Young, old: Old}}
    late: {expression: "when(start >= date('2015-03-01') and age >= 50, 'late', missing)"}
    order: {rank: age}
flow:
  - {population: all}
  - {population: old, reasons: {Arm B: arm == 'B'}}
  - {population: old_a, from: all}
  - {population: old_or_a, from: all}
  - {population: known, from: all, reasons: {Young: age < 50}}
analyses:
  n: {method: proportion, population: old, event: arm == 'B'}
  a: {method: proportion, population: old_or_a, event: arm == 'A'}
  w: {method: proportion, population: all, event: arm == 'A', where: age < 65}
  classes: {method: frequency, population: all, variable: class}
  severe: {method: proportion, population: all, event: severe}
  both: {method: proportion, population: old, event: arm == 'B', where: arm == 'B'}
tables:
  n: {kind: proportions, analyses: [n, w], caption: N.}
"""


def test_unknown_members_are_out_counted_and_named(build):  # noqa: F811
    run = build(TABLE, PLAN, f=ROWS, v=VISITS)
    subjects = run.results.subjects.set_index("participant")
    assert subjects["old"].tolist() == [False, False, True, True, False]
    assert subjects["old_unknown"].tolist() == [False, True, False, False, True]
    # S4 is old, its arm is not known; S2 is in A, its age is not known; S5 is in B
    assert subjects["old_a_unknown"].tolist() == [False, True, False, True, False]
    assert (
        subjects["old_or_a_unknown"].tolist() == [False, False, False, False, True] and subjects["old_or_a"].sum() == 4
    )
    assert "known_unknown" not in subjects and "all_unknown" not in subjects
    flow = run.read("cohort/flow.csv")
    assert flow[["step_label", "n", "excluded", "reason_label"]].to_numpy().tolist() == [
        ["All patients", "5", "0", ""],
        ["Old", "2", "1", "Arm B"],
        ["Old", "2", "1", "not known: Age"],
        ["Old", "2", "1", "other"],
        ["Old in A", "0", "2", "not known: Arm, Age"],
        ["Old in A", "0", "3", "other"],
        ["Old or in A", "4", "1", "not known: Age"],
        ["Age known", "2", "1", "Young"],
        ["Age known", "2", "2", "not known: Age"],
    ]
    assert run.values("n", "N") == {"": "2"}
    assert "2 left out: not known whether in Old; 1 counted as no event: unknown outcome" in run.notes("n")
    assert "2 left out: not known whether in Old" in run.text("tables/n.md")
    assert "1 left out: not known whether in Old or in A" in " ".join(run.notes("a"))
    assert "2 left out: not known whether age < 65" in " ".join(run.notes("w")) and run.values("w", "N") == {"": "2"}
    both = " ".join(run.notes("both"))
    assert "2 left out: not known whether in Old" in both and "1 left out: not known whether arm == 'B'" in both


def test_derived_classes_of_unknown_values_are_unknown_and_counted(build):  # noqa: F811
    run = build(TABLE, PLAN, f=ROWS, v=VISITS)
    subjects = run.results.subjects.set_index("participant")
    assert subjects["class"].fillna("-").tolist() == ["young", "-", "old", "old", "-"]
    assert subjects["late"].fillna("-").tolist() == ["-", "-", "late", "late", "-"]
    assert subjects["order"].fillna(0).tolist() == [1, 0, 2, 3, 0]
    # S2 has a visit without a grade and none of grade 3; S5 has no visit
    assert subjects["severe"].astype(object).where(subjects["severe"].notna(), None).tolist() == [T, None, F, T, F]
    assert run.values("classes", "missing") == {"": "2"} and run.values("classes", "n") == {
        "young": "1",
        "old": "2",
    }
    assert any("1" in note and "unknown" in note for note in run.notes("severe"))


def test_a_number_that_does_not_exist_stops_with_the_participant(build):  # noqa: F811
    for column, message in (
        ("{expression: age / (weight - 50)}", "'age / (weight - 50)' divides by zero for participant S3"),
        ("{expression: log10(weight)}", "'log10(weight)' is the logarithm of 0 or less for participant S2"),
        ("{expression: 10 ** (weight * weight)}", "is too large a number for participant S1, S3, S4, S5"),
        ("{from: visits, value: 1 / (grade - 1), take: max}", "divides by zero for participant S1, S3"),
        ("{from: visits, take: any, where: 1 / (grade - 4) > 0}", "divides by zero for participant S4"),
    ):
        plan = PLAN.replace("    order:", f"    x: {column}\n    order:")
        with pytest.raises(InputError) as error:
            build(TABLE, plan, f=ROWS, v=VISITS)
        assert message in str(error.value) and "cohort.columns.x" in str(error.value)
        assert "when(condition, x)" in str(error.value)
    plan = PLAN.replace("event: severe}", "event: age / weight > 1}")
    with pytest.raises(InputError, match="analyses.severe: 'age / weight' divides by zero|divides by zero"):
        build(TABLE, plan.replace("age / weight", "1 / weight"), f=ROWS, v=VISITS)
    with pytest.raises(InputError, match="populations.old: '1 / weight' divides by zero for participant S2"):
        build(TABLE, PLAN.replace("condition: age >= 50}", "condition: 1 / weight > 2}", 1), f=ROWS, v=VISITS)
    run = build(
        TABLE,
        PLAN.replace("    order:", '    x: {expression: "when(weight > 0, 1 / weight)"}\n    order:'),
        f=ROWS,
        v=VISITS,
    )
    assert run.results.subjects["x"].isna().tolist() == [False, True, False, False, False]


def test_a_derived_column_or_a_check_without_a_result_is_a_question(build):  # noqa: F811
    table = TABLE + "    checks: [{id: ratio, assert: grade / (day - 1) < 9, field: grade, message: the ratio}]\n"
    run = build(table, PLAN, f=ROWS, v=VISITS.replace("S3,1,1", "S3,0,1"))
    queries = run.read("clean/queries.csv")
    asked = queries[["table", "key", "field", "message"]].to_numpy().tolist()
    assert ["visits", "S3/0", "half", "is missing: 'grade / day' divides by zero"] in asked
    assert ["visits", "S1/1", "grade", "the ratio is not known: 'grade / (day - 1)' divides by zero"] in asked
    assert len(asked) == 2


@pytest.mark.parametrize(
    "column, message",
    [
        ("{rank: age, among: age > 50}", "it is not known whether 'age > 50' holds for participant S2, S5"),
        ("{from: visits, where: grade > 1, take: min}", "take: min needs a value"),
        ("{from: visits, value: grade, where: grade > 1, take: any}", "asks whether a row counts"),
        ("{from: visits, value: grade, by: day, take: max}", "`by` would be ignored"),
        ("{from: visits, value: grade}", "several rows of visits for participant S1"),
        ("{from: visits, value: grade, take: first, by: day * 0}", "several values at the same place of the order of visits for participant S1"),
        ("{expression: age, where: age > 3}", "is not used by a column with `expression`"),
        ("{cut: age, at: [50, 40], labels: [a, b, c]}", "the cut points 50, 40 do not rise"),
        ("{cut: age, at: [50], labels: [a, b], descending: true}", "is not used by a column with `cut`"),
        ("{expression: missing == age}", "no value that can be compared"),
        ("{expression: risk, other: Other}", "stands without levels"),
        ("{expression: risk, levels: {low: Low, other: Mine}, other: Other}", "no participant can have|of its own"),
        ("{expression: risk, levels: {low: Low}, other: low, type: integer}", "holds levels"),
        ("{expression: risk, levels: {low: Low}, other: Low}", "have one name, 'Low'"),
        ("{expression: risk, levels: {low: Low, mid: Middle, high: High}}", "'odd', which is not among the levels"),
    ],
)  # fmt: skip
def test_columns_that_stop(build, column, message):  # noqa: F811
    with pytest.raises(InputError) as error:
        build(TABLE, PLAN.replace("    order:", f"    x: {column}\n    order:"), f=ROWS, v=VISITS)
    assert any(part in str(error.value) for part in message.split("|")), str(error.value)


def test_a_column_or_a_population_cannot_take_a_word_of_ours(build):  # noqa: F811
    for old, new, message in (
        ("    order:", "    missing: {rank: age}\n    order:", "'missing' is a word of the language"),
        ("    order:", "    old_unknown: {rank: age}\n    order:", "'old_unknown' is the name of a column too"),
    ):
        with pytest.raises(InputError, match=message):
            build(TABLE, PLAN.replace(old, new), f=ROWS, v=VISITS)
    with pytest.raises(InputError, match="'True' is a word of the language"):
        build(TABLE.replace("weight:", '"True":'), PLAN, f=ROWS, v=VISITS)


def test_other_values_are_a_level_of_their_own(build):  # noqa: F811
    column = "    x: {expression: risk, levels: {high: High, low: Low}, other: Another risk}\n"
    numbers = "    y: {expression: age, levels: {40: Forty}, other: Another age}\n"
    plan = PLAN.replace("    order:", column + numbers + "    order:").replace(
        "variable: class}", "variable: x}\n  y: {method: frequency, population: all, variable: y}"
    )
    run = build(TABLE, plan, f=ROWS, v=VISITS)
    assert run.results.subjects["x"].fillna("-").tolist() == ["low", "other", "high", "other", "-"]
    assert run.values("classes", "n") == {"high": "1", "low": "1", "other": "2"}
    assert run.values("y", "n") == {"40": "1", "other": "2"}
    with pytest.raises(InputError, match="'mid' is not a value of x"):
        build(TABLE, plan.replace("event: severe}", "event: x == 'mid'}"), f=ROWS, v=VISITS)
