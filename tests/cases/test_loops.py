"""Loops of a plan: written out when it is read, with the ids and numbers of plain entries."""

from __future__ import annotations

import pytest
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      sex: {source: Sex, type: code, codes: {M: [], F: []}, label: Sex}
      crp_0: {source: C0, type: number, label: CRP}
      crp_7: {source: C7, type: number, label: CRP}
      il6_0: {source: I0, type: number, label: IL-6}
      il6_7: {source: I7, type: number, label: IL-6}
"""
ROWS = "ID,Sex,C0,C7,I0,I7\nS1,M,1,2,3,4\nS2,F,5,6,7,8\nS3,F,9,10,11,12\n"
COHORT = "cohort: {table: t, columns: {}}\n"
LOOP = """
analyses:
  "{marker}_on_{day}":
    for: {marker: {crp: CRP, il6: IL-6}, day: [0, 7]}
    method: summary
    population: all
    variable: "{marker}_{day}"
    label: "{marker.label} on day {day}"
"""


def test_a_loop_is_the_product_of_its_lists(build):
    run = build(TABLE, COHORT + LOOP, f=ROWS)
    assert list(run.results.plan.analyses) == ["crp_on_0", "crp_on_7", "il6_on_0", "il6_on_7"]
    assert [run.values(name, "mean")[""] for name in run.results.plan.analyses] == ["5", "6", "7", "8"]
    assert run.results.plan.analyses["il6_on_7"]["label"] == "IL-6 on day 7"
    assert all("for" not in spec for spec in run.results.plan.analyses.values())


def test_a_placeholder_alone_keeps_the_type_of_its_value(build):
    plan = """
cohort:
  table: t
  columns:
    "high_{at}": {for: {at: [2, 6]}, expression: "crp_0 > {at}", label: "CRP above {at}"}
    "class_{at}": {for: {at: [2, 6]}, cut: crp_0, at: ["{at}"], labels: [low, high], label: "CRP by {at}"}
analyses:
  "share_{at}": {for: {at: [2, 6]}, method: proportion, population: all, event: "high_{at}", label: "Above {at}"}
  high: {method: proportion, population: all, event: class_6 == 'high'}
figures:
  "rates_{name}": {for: {name: [a, b]}, kind: rates, analyses: [high, {for: {at: [2, 6]}, each: "share_{at}"}], caption: "Rates {name}."}
tables:
  t: {kind: proportions, analyses: [{for: {at: [2, 6]}, each: "share_{at}"}], caption: "$x_{max}$"}
"""
    run = build(TABLE, plan, f=ROWS)
    assert [run.values(name, "n")[""] for name in ("share_2", "share_6", "high")] == ["2", "1", "1"]
    assert run.results.plan.figures["rates_b"]["analyses"] == ["high", "share_2", "share_6"]
    assert run.results.plan.tables["t"]["analyses"] == ["share_2", "share_6"]
    assert (run.folder / "figures" / "rates_a.svg").is_file()


def test_a_loop_over_the_levels_of_a_column_gives_subgroups(build):
    plan = (
        COHORT
        + """
analyses:
  "crp_{level}":
    for: {level: levels of sex}
    method: summary
    population: all
    where: sex == '{level}'
    variable: crp_0
    label: "CRP, {level.label}"
"""
    )
    run = build(TABLE, plan, f=ROWS)
    assert run.values("crp_M", "mean") == {"": "1"} and run.values("crp_F", "mean") == {"": "7"}
    derived = plan.replace("columns: {}", "columns: {group: {expression: sex, label: Sex, levels: {M: Men, F: Women}}}")
    run = build(TABLE, derived.replace("levels of sex", "levels of group"), f=ROWS)
    assert run.results.plan.analyses["crp_F"]["label"] == "CRP, Women"


def test_populations_and_endpoints_loop_too(build):
    more = '  "{sex}_only": {for: {sex: {M: Men, F: Women}}, label: "{sex.label}", condition: "sex == \'{sex}\'"}\n'
    analyses = '"{sex}_n": {for: {sex: [M, F]}, method: proportion, population: "{sex}_only", event: crp_0 > 0}'
    run = build(TABLE, f"{more}{COHORT}analyses:\n  {analyses}\n", f=ROWS)
    assert run.values("F_n", "N") == {"": "2"}


@pytest.mark.parametrize(
    "entry, message",
    [
        ('"a_{x}": {for: {x: [1, 2], y: [1, 2]}, method: summary, population: all, variable: "crp_{x}"}', "the variable 'y' is not used"),
        ('a: {for: {x: [0, 7]}, method: summary, population: all, variable: "crp_{x}"}', "the id 'a' stands twice"),
        ('"a_{x}": {for: {x: [0, 7]}, method: summary, population: all, variable: "crp_{z}"}', "the placeholder {z} is not a variable"),
        ('"a_{x}": {method: summary, population: all, variable: crp_0}', "the placeholder {x} stands in an entry without `for`"),
        ('a: {method: summary, population: all, variable: crp_0, label: "day {x}"}', "without `for`"),
        ('"a_{x}": {for: {x: [0, 0]}, method: summary, population: all, variable: "crp_{x}"}', "a value of 'x' stands twice"),
        ('"a_{x}": {for: {x: levels of crp_0}, method: summary, population: all, variable: crp_0}', "'crp_0' has no levels"),
        ('"a_{x}": {for: {x: levels of nothing}, method: summary, population: all, variable: crp_0}', "'nothing' is not known here"),
        ('"a_{x}": {for: {x: 7}, method: summary, population: all, variable: "crp_{x}"}', "must be a list"),
        ('"a_{x}": {for: {x: [0]}, method: summary, population: all, variable: crp_0, label: "{x.label}"}', "give its values labels"),
        ('"a_{x}": {for: {x: ["0", "0 "]}, method: summary, population: all, variable: crp_0}', "the id 'a_0' stands twice"),
        ('"a_{x}": {for: {}, method: summary, population: all, variable: crp_0}', "`for` must name its variables"),
        ('"a_{x}": {for: {x: [0, 5]}, method: summary, population: all, variable: "crp_{x}"}', "did you mean 'crp_"),
        ('"a_{x}": {for: {x: [0]}, method: summary, population: all, variable: crp_0, typo: 1}', "unknown key 'typo'"),
    ],
)  # fmt: skip
def test_a_loop_that_does_not_mean_what_it_says_stops_with_its_entry(build, entry, message):
    with pytest.raises(InputError) as error:
        build(TABLE, f"{COHORT}analyses:\n  {entry}\n", f=ROWS)
    assert message in str(error.value) and "analyses.a" in str(error.value)
