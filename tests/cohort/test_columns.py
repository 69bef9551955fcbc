"""Derived columns and endpoints of a few participants, with exact values."""

from __future__ import annotations

import pytest
from cases.conftest import build  # noqa: F401
from trialpress.audit.trace.columns import Columns
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      age: {source: Age, type: integer}
      risk: {source: Risk, type: code, codes: {low: [], mid: [], high: []}}
      start: {source: Start, type: date}
      entered: {source: Entered, type: date}
      died: {source: Died, type: date}
  v:
    file: v
    key: [participant, day]
    columns: {participant: {source: ID, type: id}, day: {source: Day, type: integer}, r: {source: R, type: code, codes: {CR: [], PR: [], PD: []}}}
"""
ROWS = """ID,Age,Risk,Start,Entered,Died
S1,50,mid,2015-01-01,2014-12-01,2015-02-01
S2,40,high,2015-01-01,2015-01-01,2015-03-01
S3,60,low,2015-01-01,2015-01-11,2015-01-21
S4,40,,2015-01-01,,2015-01-21
S5,,low,2015-01-01,2015-02-01,2015-01-21
"""
VISITS = "ID,Day,R\nS1,1,PD\nS1,9,CR\nS1,5,PR\nS2,2,PR\nS2,3,PD\nS9,1,CR\n"
REST = "analyses: {}\n"


def columns(run, *names: str) -> dict[str, list]:
    frame = run.results.subjects
    return {name: frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in names}


@pytest.mark.parametrize(
    "spec, expected",
    [
        # places: of the smallest first, ties by the id, codes in their order, none without a value
        ("{rank: age}", [3, 1, 4, 2, None]), ("{rank: age, descending: true}", [2, 3, 1, 4, None]), ("{rank: risk}", [3, 4, 1, None, 2]),
        ("{rank: age, among: present(risk)}", [2, 1, 3, None, None]), ("{rank: start}", [1, 2, 3, 4, 5]), ("{rank: age * -1}", [2, 3, 1, 4, None]),
        # classes: a bound belongs to the class below it
        ("{cut: age, at: [40, 50], labels: [a, b, c]}", ["b", "a", "c", "a", None]), ("{cut: age, at: [39.5], labels: [a, b]}", ["b", "b", "b", "b", None]),
        # rows of another table; a row of nobody counts for nobody
        ("{from: v, value: r, take: min}", ["CR", "PR", None, None, None]), ("{from: v, value: r, take: max}", ["PD", "PD", None, None, None]),
        ("{from: v, value: r, take: first, by: day}", ["PD", "PR", None, None, None]), ("{from: v, value: r, take: last, by: day}", ["CR", "PD", None, None, None]),
        ("{from: v, value: r, take: first, by: r}", ["CR", "PR", None, None, None]), ("{from: v, value: day, take: max, where: r != 'CR'}", [5, 3, None, None, None]),
        ("{from: v, value: day, take: only, where: r == 'PD'}", [1, 3, None, None, None]), ("{from: v, value: day, where: r == 'CR' or day == 2}", [9, 2, None, None, None]),
        ("{from: v, take: count}", [3, 2, 0, 0, 0]), ("{from: v, take: any, where: day > 5}", [True, False, False, False, False]),
        ("{from: v, value: day, take: sum}", [15, 5, None, None, None]), ("{from: v, value: day, take: mean}", [5, 2.5, None, None, None]),
        ("{from: v, value: day + age, take: max}", [59, 43, None, None, None]), ("{from: v, value: day, take: max, where: age < 45}", [None, 3, None, None, None]),
        # levels
        ("{expression: risk, levels: {high: High}, other: Not high}", ["other", "high", "other", None, "other"]),
        ("{expression: age, levels: {40: Forty, 50: Fifty}, other: Another}", ["50", "40", "other", "40", None]),
    ],
)  # fmt: skip
def test_derived_columns(build, spec, expected):  # noqa: F811
    run = build(TABLE, f"cohort: {{table: t, columns: {{x: {spec}}}}}\n{REST}", f=ROWS, v=VISITS)
    assert columns(run, "x") == {"x": expected}


def test_who_is_ranked_must_be_known(build):  # noqa: F811
    with pytest.raises(InputError, match="it is not known whether 'age > 45' holds for participant S5"):
        build(
            TABLE, f"cohort: {{table: t, columns: {{x: {{rank: start, among: age > 45}}}}}}\n{REST}", f=ROWS, v=VISITS
        )


def test_who_entered_before_the_origin_is_at_risk_from_it(build):  # noqa: F811
    plan = f"""
cohort: {{table: t, columns: {{}}}}
endpoints:
  os: {{label: OS, origin: start, events: {{death: died}}, censor: died, entry: entered}}
{REST}"""
    run = build(TABLE, plan, f=ROWS, v=VISITS)
    assert columns(run, "os_time", "os_entry", "os_event") == {
        "os_time": [31, 59, 20, 20, 20], "os_entry": [0, 0, 10, None, 31], "os_event": [True] * 5,
    }  # fmt: skip


def test_days_are_in_order_within_a_participant(build):  # noqa: F811
    signs = "{ice: ice, consciousness: 0, seizure: false, focal_oedema: false, severe_event: false}"
    table = (
        TABLE
        + """  s:
    file: s
    key: [participant, day?]
    columns: {participant: {source: ID, type: id}, day: {source: Day, type: integer}, ice: {source: ICE, type: integer}}
"""
    )
    plan = f"cohort: {{table: t, columns: {{i: {{daily: i}}}}, daily: {{table: s, day: day, window: [0, 9], grades: {{i: {{scale: icans, signs: {signs}}}}}}}}}\n{REST}"
    run = build(
        table,
        plan,
        f=ROWS,
        v=VISITS,
        s="ID,Day,ICE\nS2,3,9\nS1,9,2\nS2,0,6\nS1,1,10\nS1,10,0\nS1,-1,0\nS3,,9\nS4,,10\n",
    )
    daily = run.results.daily
    assert daily.reset_index().to_numpy().tolist() == [
        [0, "S1", 1, 0],
        [1, "S1", 9, 3],
        [2, "S2", 0, 2],
        [3, "S2", 3, 1],
    ]
    # a day that is not known may lie outside the window, unless its grade is 0
    assert columns(run, "i") == {"i": [3, 2, None, 0, None]}


VISITED = """
  t: {file: f, key: [participant], columns: {participant: {source: ID, type: id}}}
  v:
    file: v
    key: [participant, visit, "try?"]
    columns:
      participant: {source: ID, type: id}
      visit: {source: Visit, type: TYPE}
      try: {source: Try, type: integer}
      ecog: {source: ECOG, type: integer}
"""
CODES = "code, codes: {Screening: [], C1D1: [], C2D1: [], C10D1: []}"
SEEN = (
    "ID,Visit,Try,ECOG\nS1,Screening,,0\nS1,C1D1,,1\nS1,C10D1,,3\nS1,C2D1,,2\nS2,C10D1,2,3\nS2,C10D1,1,4\nS2,C2D1,,2\n"
)
REVIEWED = "text, free_text: {reviewed: A, date: 2026-01-31}"
FIRST_LAST = (
    "cohort: {table: t, columns: {a: {from: v, value: ecog, take: first}, z: {from: v, value: ecog, take: last}}}\n"
)


def test_without_by_rows_are_in_the_order_of_the_key_and_codes_as_they_are_declared(build):  # noqa: F811
    run = build(VISITED.replace("TYPE", CODES), FIRST_LAST + REST, f="ID\nS1\nS2\nS3\n", v=SEEN)
    assert columns(run, "a", "z") == {"a": [0, 2, None], "z": [3, 3, None]}


@pytest.mark.parametrize("by", ["", ", by: visit"])
@pytest.mark.parametrize(("take", "row"), [("first", ["Screening", 0]), ("last", ["C10D1", 3])])
def test_the_trace_names_the_row_that_was_taken(build, monkeypatch, by, take, row):  # noqa: F811
    plan = f"cohort: {{table: t, columns: {{a: {{from: v, value: ecog, take: {take}{by}}}}}}}\n{REST}"
    traced = Columns(build(VISITED.replace("TYPE", CODES), plan, f="ID\nS1\n", v=SEEN).results, None)
    decided = []
    monkeypatch.setattr(traced, "_rows", lambda name, table, frame, here, fields: decided.append(frame[here]))
    traced.add("a")
    assert decided[0][["visit", "ecog"]].to_numpy().tolist() == [row]


@pytest.mark.parametrize("type", ["id", REVIEWED])
def test_texts_without_an_order_decide_nothing(build, type):  # noqa: F811
    tables = VISITED.replace("TYPE", type)
    alone = tables.replace(', "try?"]', "]")
    with pytest.raises(InputError, match="several values at the same place of the order of v for participant S1"):
        build(alone, FIRST_LAST + REST, f="ID\nS1\n", v="ID,Visit,Try,ECOG\nS1,b,,2\nS1,a,,3\n")
    once = "ID,Visit,Try,ECOG\nS1,b,3,2\nS1,a,3,2\nS2,a,2,5\nS2,b,1,4\n"
    run = build(tables, FIRST_LAST + REST, f="ID\nS1\nS2\n", v=once)
    assert columns(run, "a", "z") == {"a": [2, 4], "z": [2, 5]}


def test_a_number_that_is_missing_is_at_no_place(build):  # noqa: F811
    """Of a first column anywhere, of a later one beside the rows that are alike before it."""
    tables = VISITED.replace("TYPE", CODES)
    with pytest.raises(InputError, match="several values at the same place of the order of v for participant S2"):
        build(tables, FIRST_LAST + REST, f="ID\nS1\nS2\n", v=SEEN.replace("C10D1,1", "C10D1,"))
    run = build(tables, FIRST_LAST + REST, f="ID\nS1\nS2\n", v=SEEN.replace("C2D1,,2\n", "C2D1,,2\nS1,C2D1,1,2\n"))
    assert columns(run, "a", "z") == {"a": [0, 2], "z": [3, 3]}
    days = TABLE.replace("key: [participant, day]", "key: [participant, 'day?']")
    plan = FIRST_LAST.replace("ecog", "r")
    run = build(days, plan + REST, f=ROWS, v="ID,Day,R\nS1,1,PD\nS1,,CR\nS2,,CR\nS3,1,PR\nS3,10,CR\n")
    assert columns(run, "a", "z") == {"a": [None, "CR", "PR", None, None], "z": [None, "CR", "CR", None, None]}


BLOCKS = """
  t: {file: f, key: [participant], columns: {participant: {source: ID, type: id}}}
  v:
    file: f
    key: [participant, visit]
    blocks: BLOCKS
    columns:
      participant: {source: ID, type: id}
      visit: {block: true, type: TYPE}
      crp: {source: "{block} CRP", type: number}
"""


@pytest.mark.parametrize(
    ("blocks", "type", "expected"),
    [
        ("{d0: Day 0, d7: Day 7, d28: Day 28}", "code, codes: {d0: [], d7: [], d28: []}", [3, 6]),
        ("{d0: Day 0, d7: Day 7, d28: Day 28}", REVIEWED, [3, 6]),
        ("{28: Day 28, 0: Day 0, 7: Day 7}", "integer", [3, 6]),
    ],
)
def test_blocks_are_in_the_order_in_which_they_are_declared(build, blocks, type, expected):  # noqa: F811
    tables = BLOCKS.replace("BLOCKS", blocks).replace("TYPE", type)
    plan = f"cohort: {{table: t, columns: {{z: {{from: v, value: crp, take: last}}}}}}\n{REST}"
    run = build(tables, plan, f="ID,Day 0 CRP,Day 7 CRP,Day 28 CRP\nS1,1,2,3\nS2,5,6,\n")
    assert columns(run, "z") == {"z": expected}
