"""Families of tests: every p-value that the plan puts in a family is adjusted, those of models too."""

from __future__ import annotations

import pytest
from analysis.cohort import awkward, compute
from analysis.test_methods import OPTIONS
from trialpress.analysis.families import TESTS, has_test, sentence, undeclared, warning
from trialpress.analysis.methods import METHODS
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
      age: {source: Age, type: number, unit: years, label: Age}
      days: {source: Days, type: number, unit: days}
      dead: {source: Dead, type: integer}
"""
ROWS = "ID,Arm,Age,Days,Dead\n" + "".join(
    f"S{i},{'AB'[i % 2]},{40 + (i * 7) % 23},{10 + (i * 13) % 50},{int(i % 3 > 0)}\n" for i in range(20)
)
PLAN = """cohort: {table: t, columns: {}}
endpoints:
  os: {label: Overall survival, time: days, event: dead == 1}
families: {f: holm}
analyses:
  test: {method: log_rank, population: all, endpoint: os, by: arm, family: f}
  model: {method: cox, population: all, endpoint: os, covariates: [arm, age], family: f%s}
"""


def p_values(run) -> tuple[dict, dict]:
    ard = run.results.ard
    plain, adjusted = (ard[ard["statistic"] == name] for name in ("p_value", "p_value_adjusted"))
    return tuple(
        {(row.analysis, row.level): row.value for row in rows.itertuples()} for rows in (plain, adjusted)
    )  # fmt: skip


def test_the_p_values_of_a_model_are_adjusted_with_the_others(build):
    plain, adjusted = p_values(build(TABLE, PLAN % "", f=ROWS))
    assert set(adjusted) == {("test", ""), ("model", "arm=B"), ("model", "age")} == set(plain)
    ordered = sorted(plain, key=plain.get)
    holm, most = {}, 0.0
    for rank, key in enumerate(ordered):
        most = max(most, min(1.0, (3 - rank) * plain[key]))
        holm[key] = most
    assert adjusted == pytest.approx(holm)


def test_a_level_can_be_named(build):
    plain, adjusted = p_values(build(TABLE, PLAN % ", family_of: [arm=B]", f=ROWS))
    assert set(adjusted) == {("test", ""), ("model", "arm=B")}
    both = sorted(plain[key] for key in adjusted)
    assert sorted(adjusted.values()) == pytest.approx([min(1, 2 * both[0]), max(min(1, 2 * both[0]), both[1])])
    with pytest.raises(InputError, match="no p-value of 'arm=C'"):
        build(TABLE, PLAN % ", family_of: [arm=C]", f=ROWS)


ALL = """  a: {method: proportion, population: all, event: dead == 1}
  b: {method: baseline, population: all, by: arm, variables: [age], p_values: true}
  c: {method: baseline, population: all, by: arm, variables: [age]}
  d: {method: spearman, population: all, x: age, y: days, label: Age and days}
"""


def test_the_text_says_which_tests_were_adjusted_and_that_the_others_are_exploratory(build):
    run = build(TABLE, PLAN % "" + ALL, f=ROWS)
    ard, plan = run.results.ard, run.results.plan
    assert sentence(ard, plan) == (
        "Tests were adjusted in one family: f (Holm, 3 tests: test; model). All others are exploratory and were not adjusted."
    )
    assert undeclared(plan) == ["b", "d"]
    assert warning(plan) == (
        "in no family and not declared exploratory: b, d; put them in a family, or in one that is adjusted by none "
        "(plan.yaml, families)"
    )


def test_a_family_adjusted_by_none_declares_its_tests_exploratory(build):
    plan = PLAN % "" + ALL.replace("x: age, y: days", "x: age, y: days, family: loose").replace(
        "p_values: true", "p_values: true, family: loose"
    )
    run = build(TABLE, plan.replace("{f: holm}", "{f: holm, loose: none}"), f=ROWS)
    ard = run.results.ard
    assert undeclared(run.results.plan) == [] and warning(run.results.plan) == ""
    assert not (ard["analysis"].isin(["b", "d"]) & ard["statistic"].eq("p_value_adjusted")).any()
    assert sentence(ard, run.results.plan).endswith("All others are exploratory and were not adjusted.")


def test_without_families_all_tests_are_exploratory(build):
    plan = (PLAN % "" + ALL).replace("families: {f: holm}\n", "").replace(", family: f", "")
    run = build(TABLE, plan, f=ROWS)
    assert sentence(run.results.ard, run.results.plan) == "All tests are exploratory; none was adjusted."
    assert undeclared(run.results.plan) == []
    nothing = "cohort: {table: t, columns: {}}\nanalyses:\n" + ALL.splitlines()[0] + "\n"
    run = build(TABLE, nothing, f=ROWS)
    assert sentence(run.results.ard, run.results.plan) == ""


@pytest.mark.parametrize("method", METHODS.functions)
def test_which_methods_test_is_what_their_rows_say(method):
    for options in OPTIONS[method]:
        rows, _ = compute(method, awkward("usual"), **options)
        given = rows["statistic"].eq("p_value").any()
        assert has_test({"method": method, **options}) >= given, options
        if method in TESTS and not TESTS[method]:
            assert given, options
