"""What in a plan has no effect on the data, and the run says so: the plan that says too much, with all that is said; and the same plan on
data that bear it out, of which nothing is said."""

from __future__ import annotations

import pytest
from cases.conftest import build  # noqa: F401
from trialpress.checks import effects
from trialpress.checks.effects import variants
from trialpress.errors import InputError

TABLES = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: [], C: []}}
      age: {source: Age, type: integer}
      start: {source: Start, type: date}
      died: {source: Died, type: date}
      last: {source: Last, type: date}
  v:
    file: g
    key: [participant, day]
    references: {participant: t.participant}
    columns: {participant: {source: ID, type: id}, day: {source: Day, type: integer}, value: {source: V, type: number}}
"""
PEOPLE = "ID,Arm,Age,Start,Died,Last\n"
ROWS = """S1,A,10,2015-01-01,,2015-12-31
S2,A,40,2015-01-01,2015-06-01,2015-05-01
S3,B,70,2015-01-01,,2015-12-31
S4,B,30,2015-01-01,2015-07-01,2015-07-01
"""
VISITS = "ID,Day,V\nS1,1,5\nS2,1,6\nS3,1,7\nS3,9,8\nS4,1,9\n"
ICANS = "ice: 10, consciousness: 0, focal_oedema: false, severe_event: false"


def said(build, columns="", populations="", rest="", daily="", rows=ROWS, visits=VISITS) -> list[str]:  # noqa: F811
    graded = f", daily: {{{daily}}}" if daily else ""
    plan = f"{populations}\ncohort: {{table: t, columns: {{{columns}}}{graded}}}\n{rest or 'analyses: {}'}\n"
    found = build(TABLES, plan, f=PEOPLE + rows, g=visits).read("cohort/no_effect.csv")
    return [" | ".join(row) for row in found.itertuples(index=False)]


def column(spec: str) -> dict[str, str]:
    return {"columns": f"x: {{{spec}}}"}


X = "cohort.columns.x"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        # parts of a condition
        (column("expression: arm == 'A' and age > 20"), []),
        (column("expression: arm == 'A' and age < 60"), [f"{X}.expression | age < 60 | could be left out"]),
        (column("expression: arm == 'A' or age == 70 or arm == 'C'"), [f"{X}.expression | arm == 'C' | could be left out"]),
        # of a part that could be left out nothing more is said
        (column("expression: arm == 'A' and (age < 99 or age > 99)"), [f"{X}.expression | age < 99 or age > 99 | could be left out"]),
        (column("expression: 0 <= age < 35"), [f"{X}.expression | 0 <= age | could be left out"]),
        (column("expression: 5 < age < 35"), [f"{X}.expression | 5 < age | could be left out"]),
        # bounds: to 0, and to the double
        (column("expression: age > 5"), [f"{X}.expression | age > 5 | 0 in the place of 5 gives the same"]),
        (column("expression: age > 35"), []),
        (column("expression: age <= 75"), [f"{X}.expression | age <= 75 | 150 in the place of 75 gives the same"]),
        (column("expression: age > 0"), [f"{X}.expression | age > 0 | 1 in the place of 0 gives the same", f"{X}.expression | age > 0 | -1 in the place of 0 gives the same"]),
        (column("expression: 0.5 < age"), [f"{X}.expression | 0.5 < age | 1.5 in the place of 0.5 gives the same", f"{X}.expression | 0.5 < age | 0 in the place of 0.5 gives the same"]),
        (column("expression: age > -20"), [f"{X}.expression | age > -20 | 0 in the place of -20 gives the same", f"{X}.expression | age > -20 | -40 in the place of -20 gives the same"]),
        # codes of a list
        (column("expression: \"arm in ('A', 'B')\""), []),
        (column("expression: \"arm in ('A', 'C')\""), [f"{X}.expression | arm in ('A', 'C') | without 'C' gives the same"]),
        (column("expression: \"arm not in ('C', 'A')\""), [f"{X}.expression | arm not in ('C', 'A') | without 'C' gives the same"]),
        # choices
        (column("expression: \"when(age > 35, 1, 2)\""), []),
        (column("expression: \"when(arm == 'C', 1, age)\""), [f"{X}.expression | arm == 'C' | age alone gives the same"]),
        ({"columns": "y: {expression: \"when(age > 20, age, 0)\"}, x: {expression: y > 35}"}, []),
        (column("expression: \"when(arm == 'C', 9, when(age > 35, 1, 2)) > 1\""),
         [f"{X}.expression | arm == 'C' | when(age > 35, 1, 2) alone gives the same",
          *(f"{X}.expression | when(age > 35, 1, 2) | {other} gives the same" for other in ("0 in the place of 1", "4 in the place of 2")),
          ]),
        (column("expression: \"min(age, 35)\""), []),
        (column("expression: \"min(age, age)\""), [f"{X}.expression | min(age, age) | max gives the same"]),
        (column("expression: \"coalesce(died, last)\""), []),
        (column("expression: \"coalesce(last, died)\""), [f"{X}.expression | died | could be left out"]),
        # one value of several rows
        (column("from: v, value: value, take: max"), []),
        (column("from: v, value: value, where: day < 9, take: max"), [f"{X} | take: max | min gives the same: nobody has two values to choose from"]),
        (column("from: v, value: value, where: day >= 9 or day == 1, take: last, by: day"), [f"{X}.where | day >= 9 | 0 in the place of 9 gives the same"]),
        (column("from: v, value: value, where: 1 <= day, take: max"), [f"{X}.where | 1 <= day | 0 in the place of 1 gives the same"]),
        (column("from: v, take: count"), []),
        # populations
        ({"populations": "  a: {label: A, condition: arm == 'A'}\n  b: {label: B, within: a, condition: age < 60}"},
         ["populations.b.condition | age < 60 | 120 in the place of 60 gives the same", "populations.b | b | has the same participants as a"]),
        ({"populations": "  a: {label: A, condition: arm == 'A'}\n  b: {label: B, within: a, condition: age > 35}"}, []),
        # endpoints
        ({"rest": "endpoints: {os: {label: OS, origin: start, events: {death: died}, censor: \"min(last, date('2016-06-01'))\"}}\nanalyses: {}"}, []),
        ({"rest": "endpoints: {os: {label: OS, origin: start, events: {death: \"coalesce(died, died)\"}, censor: \"max(last, last)\"}}\nanalyses: {}"},
         ["endpoints.os.events.death | died | could be left out", "endpoints.os.censor | max(last, last) | min gives the same"]),
        # analyses: among those of their population
        ({"populations": "  a: {label: A, condition: arm == 'A'}", "rest": "analyses: {p: {method: proportion, population: a, event: present(died) and age < 60}}"},
         ["analyses.p.event | age < 60 | could be left out"]),
        ({"rest": "analyses: {p: {method: proportion, population: all, event: present(died) and age < 35, where: age < 99}}"},
         ["analyses.p.where | age < 99 | 198 in the place of 99 gives the same"]),
        ({"rest": "analyses: {s: {method: summary, population: all, variable: value, rows: {table: v, where: day == 9 or day > 9, value: value}}}"},
         ["analyses.s.rows.where | day > 9 | could be left out"]),
        # the flow
        ({"populations": "  a: {label: A, condition: arm == 'A'}", "rest": "flow: [{population: all}, {population: a, reasons: {old: age > 60}}]\nanalyses: {}"}, []),
        ({"populations": "  a: {label: A, condition: arm == 'A'}", "rest": "flow: [{population: all}, {population: a, reasons: {b: arm == 'B', old: age > 60 and age < 99}}]\nanalyses: {}"},
         ["flow.1.reasons.old | age > 60 | could be left out", "flow.1.reasons.old | age < 99 | could be left out"]),
        ({"populations": "  a: {label: A, condition: arm == 'A'}", "rest": "flow: [{population: all}, {population: a, reasons: {dead: present(died)}}]\nanalyses: {}"},
         ["flow.1.reasons.dead | present(died) | holds for participants who stay, too"]),
        # daily grades
        ({"daily": f"table: v, day: day, window: [0, 28], grades: {{icans: {{scale: icans, signs: {{{ICANS}, seizure: value > 6}}}}}}"},
         ["cohort.daily.window.0 | 0 | -1 in the place of 0 gives the same rows of v", "cohort.daily.window.1 | 28 | 56 in the place of 28 gives the same rows of v"]),
        ({"daily": f"table: v, day: day, window: [1, 8], grades: {{icans: {{scale: icans, signs: {{{ICANS}, seizure: value > 6 or value < 2}}}}}}"},
         ["cohort.daily.window.0 | 1 | 0 in the place of 1 gives the same rows of v", "cohort.daily.window.0 | 1 | 2 in the place of 1 gives the same rows of v",
          "cohort.daily.grades.icans.signs.seizure | value < 2 | could be left out"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("few", [0, 2])
def test_what_has_no_effect(build, monkeypatch, entries, expected, few):  # noqa: F811
    """The same is said if it is tried on two of the participants before it is tried on all."""
    if few:
        monkeypatch.setattr(effects, "FEW", few)
        monkeypatch.setattr(effects, "MANY", few + 1)
    assert sorted(said(build, **entries)) == sorted(expected)


def test_a_figure_of_a_table_in_which_some_have_no_row(build):  # noqa: F811
    kinetics = "analyses: {k: {method: kinetics_by_day, population: all, table: v, day: day, value: value}}\n"
    assert said(build, rest=kinetics) == []
    lost = [line for line in VISITS.splitlines(keepends=True) if not line.startswith("S2")]
    assert said(build, rest=kinetics, visits="".join(lost)) == [
        "analyses.k.population | all | some of its participants have no row of v"
    ]


def test_what_cannot_be_computed_otherwise_has_an_effect(build):  # noqa: F811
    """Without its first part the second would divide by zero."""
    rows = ROWS.replace("S1,A,10", "S1,A,0")
    found = said(build, columns="x: {expression: age > 0 and 100 / age > 3}", rows=rows)
    assert found == [f"{X}.expression | age > 0 | 1 in the place of 0 gives the same"]


def test_what_cannot_be_computed_at_all_is_left_to_the_stage_that_needs_it(build):  # noqa: F811
    rows, rest = (
        ROWS.replace("S1,A,10", "S1,A,0"),
        "analyses: {p: {method: proportion, population: all, event: 100 / age > 3 and age < 99}}",
    )
    with pytest.raises(InputError, match="analyses.p: '100 / age' divides by zero for participant S1"):
        said(build, rest=rest, rows=rows)


def test_a_part_that_stands_twice_is_judged_by_its_place(build):  # noqa: F811
    """All in arm A are under 50, not all in arm B."""
    rows = ROWS + "S5,C,30,2015-01-01,,2015-12-31\n"
    found = said(build, columns="x: {expression: (arm == 'A' and age < 50) or (arm == 'B' and age < 50)}", rows=rows)
    assert found == [f"{X}.expression | age < 50 | could be left out"]


def test_the_parts_of_an_expression():
    found = [(part, said, instead) for _, part, said, instead in variants("1 < a <= 3 or not b")]
    assert found == [
        ("1 < a <= 3", "could be left out", "not b"), ("not b", "could be left out", "1 < a <= 3"),
        ("1 < a", "could be left out", "a <= 3 or not b"), ("a <= 3", "could be left out", "1 < a or not b"),
        ("1 < a", "2 in the place of 1 gives the same", "2 < a <= 3 or not b"), ("1 < a", "0 in the place of 1 gives the same", "0 < a <= 3 or not b"),
        ("a <= 3", "6 in the place of 3 gives the same", "1 < a <= 6 or not b"), ("a <= 3", "0 in the place of 3 gives the same", "1 < a <= 0 or not b"),
    ]  # fmt: skip
    assert list(variants("true")) == [] and list(variants("age")) == []
