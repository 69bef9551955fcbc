"""Ids are keys and labels are printed: what is called alike, in any script or language, is told apart by its id."""

from __future__ import annotations

import pandas as pd
import pytest
from cases.test_names import MORE, PLAN, TABLE, rows
from trialpress.errors import InputError
from trialpress.report.variables import analysis_variables

ARMS = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      start: {source: Start, type: date}
      last: {source: Last, type: date}
      died: {source: Died, type: date}
      group: {source: Group, type: code, codes: {M: [男], F: [女]}, label: SEX}
      age: {source: Age, type: number, label: AGE, unit: years}
"""
WORDS = {
    "SEX": "性别", "AGE": "年龄", "WOMEN": "女", "MEN": "男", "YOUNG": "年轻", "OLDER": "年长", "SURVIVAL": "总生存",
    "EVERYBODY": "全部患者", "TOO_OLD": "年龄过大", "HALF": "半数", "DIED": "死亡", "ADULTS": "成人",
}  # fmt: skip
LABELLED = """
  adults: {label: ADULTS, condition: age < 49}
cohort:
  table: t
  columns:
    sex: {expression: group, type: code, label: SEX, levels: {M: MEN, F: WOMEN}}
    class: {cut: age, at: [45], labels: [low, high], label: HALF, levels: {low: YOUNG, high: OLDER}}
flow: [{population: all}, {population: adults, reasons: {older: {label: TOO_OLD, condition: age >= 49}}}]
endpoints: {os: {label: SURVIVAL, origin: start, events: {death: died}, censor: last}}
analyses:
  p: {method: proportion, population: adults, by: sex, event: present(died), label: DIED}
  f: {method: fisher, population: all, by: sex, event: present(died), label: DIED}
  x: {method: fisher_rxc, population: all, variable: class, by: sex}
  b: {method: baseline, population: all, by: sex, variables: [age, class, sex]}
  km: {method: kaplan_meier, population: all, endpoint: os, by: sex, at: [30], unit: days}
  cox: {method: cox, population: all, endpoint: os, covariates: [age, class]}
  firth: {method: firth_logistic, population: all, event: present(died), covariates: [sex, age]}
"""
KEYS = ["analysis", "population", "group", "level", "statistic", "value", "display", "method", "n_population"]


def names(tree: dict, prefix: str = "") -> dict[str, str]:
    """Every variable of the manuscript -> its text."""
    found = {}
    for key, value in tree.items():
        found |= names(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def translated(text: str) -> str:
    for word, other in WORDS.items():
        text = text.replace(word, other)
    return text


def test_translating_every_label_renames_no_number_and_changes_none(build):
    made = []
    for change in (str, translated):
        run = build(change(ARMS), change(LABELLED), f=rows(["男", "女"]))
        flow = run.read("cohort/flow.csv")[["step", "reason", "n", "excluded"]]
        made.append((run.read("analysis/ard.csv"), names(analysis_variables(run.results)), flow))
    (here, named, flow), (there, named_there, flow_there) = made
    pd.testing.assert_frame_equal(here[KEYS], there[KEYS])
    assert named == named_there and len(named) > 150
    pd.testing.assert_frame_equal(flow, flow_there)
    assert set(here["group_label"]) == {"", "Overall", "MEN", "WOMEN"}
    assert set(there["group_label"]) == {"", "Overall", "男", "女"}
    assert set(here["group"]) == {"", "M", "F"}
    assert {"age", "class=high"} == set(here.query("analysis == 'cox' and level != ''")["level"])
    assert {"年龄, years", "半数: 年长"} == set(there.query("analysis == 'cox' and level != ''")["level_label"])
    curves = run.read("analysis/curves.csv")
    assert set(curves["group"]) == {"M", "F"} and set(curves["group_label"]) == {"男", "女"}


def test_what_is_not_a_label_stands_in_no_name(build):
    run = build(translated(ARMS), translated(LABELLED), f=rows(["男", "女"]))
    found = names(analysis_variables(run.results))
    assert {"km.m.30_days.estimate", "b.m.class_low.n", "b.class_low.n", "b.age.median", "cox.class_high.hazard_ratio",
            "f.risk_difference.estimate", "x.f.low.n", "firth.sex_f.odds_ratio"} <= set(found)  # fmt: skip


def test_two_variables_with_one_label_are_two(build):
    plan = PLAN.replace("columns: {}", "columns: {years: {expression: age + 1, label: Age}}")
    plan += "  b: {method: baseline, population: all, variables: [age, years]}\n"
    plan += "  c: {method: cox, population: all, endpoint: os, covariates: [age, years]}\n"
    plan += "tables:\n  b: {kind: baseline, analysis: b, caption: Both.}\n"
    plan += "figures:\n  s: {kind: strip, population: all, y: [age, years], by: group, caption: Both.}\n"
    run = build(TABLE, plan, f=rows(["x"]))
    assert run.values("b", "median")["age"] == "45.5" and run.values("b", "median")["years"] == "46.5"
    table = run.read("tables/b.csv")
    assert table.iloc[:, 0].tolist() == ["Age, median (IQR)"] * 2 and table.iloc[:, 1].nunique() == 2
    assert set(run.values("c", "hazard_ratio")) == {"age", "years"}


def test_a_column_may_be_called_as_a_level_of_another(build):
    """`a=b` as a column, and the level b of a column a: the first `=` of an id ends the column."""
    table = TABLE.replace(
        "group: {source: Group, free_text: {reviewed: A reader, date: 2020-01-31}}",
        "group: {source: Group, free_text: {reviewed: A reader, date: 2020-01-31}}\n      group=x: {source: Age, type: number}",
    )
    plan = PLAN + "  b: {method: baseline, population: all, variables: [group, group=x]}\n"
    run = build(table, plan, f=rows(["x", "y"]))
    assert set(run.read("analysis/ard.csv").query("analysis == 'b'")["level"]) == {
        "", "group", "group=x", "group=y", "group%3Dx"
    }  # fmt: skip


def test_an_arm_called_overall_or_difference_is_an_arm(build):
    plan = PLAN + "  b: {method: baseline, population: all, by: group, variables: [age]}\n"
    plan += "tables:\n  b: {kind: baseline, analysis: b, caption: Arms.}\n"
    run = build(TABLE, plan, f=rows(["Overall", "difference"]))
    sizes = run.read("analysis/ard.csv").query("analysis == 'b' and statistic == 'N'").set_index("group")["value"]
    assert sizes.to_dict() == {"Overall": "6", "difference": "6", "": "12"}
    assert [name.split(" (n")[0] for name in run.read("tables/b.csv").columns[1:]] == [
        "Overall", "difference", "Overall (everyone)", "SMD",
    ]  # fmt: skip
    smd = run.read("analysis/ard.csv").query("statistic == 'standardised_difference'")
    assert smd[["group", "level"]].to_numpy().tolist() == [["", "age"]]


def test_an_empty_level_stops(build):
    plan = PLAN.replace("columns: {}", "columns: {half: {expression: \"when(age > 45, 'old', '')\"}}")
    plan += "  h: {method: frequency, population: all, variable: half}\n"
    with pytest.raises(InputError, match="a level is the empty text"):
        build(TABLE, plan, f=rows(["x"]))


@pytest.mark.parametrize(
    "option, said", [("variables: [age, age]", "age"), ("variables: [group, age, group]", "group")]
)
def test_a_variable_that_stands_twice_stops(build, option, said):
    with pytest.raises(InputError, match=f"'{said}.* stands twice"):
        build(TABLE, PLAN + f"  b: {{method: baseline, population: all, {option}}}\n", f=rows(["x"]))


def test_a_population_that_stands_twice_in_the_flow_stops(build):
    plan = "  b: {label: Old, condition: age > 48}\nflow: [{population: all}, {population: b}, {population: b}]\n"
    with pytest.raises(InputError, match="the population 'b' stands twice"):
        build(TABLE, plan + PLAN, f=rows(["x"]))


def test_every_kind_of_figure_and_table_of_the_words_still_comes_out(build):
    run = build(TABLE, PLAN + MORE, f=rows(["CD4", "CD4-", "Missing", "None"]))
    assert run.values("p", "N") == dict.fromkeys(["CD4", "CD4-", "Missing", "None"], "3")


@pytest.mark.parametrize(
    "levels, said",
    [
        ("{A: One, a: Two, u41: Three}", "have one name, u41"),
        ("{n b: One, 'N B': Two, u4e_u42: Three}", "have one name"),
    ],
)
def test_codes_that_no_name_tells_apart_stop_when_the_plan_is_read(build, levels, said):
    plan = PLAN.replace("columns: {}", f"columns: {{arm: {{expression: group, levels: {levels}}}}}")
    plan += "  h: {method: proportion, population: all, by: arm, event: present(died)}\n"
    with pytest.raises(InputError, match=said) as error:
        build(TABLE, plan, f=rows(["A"]))
    assert "analyses.h" in str(error.value) and "give one another id" in str(error.value)


@pytest.mark.parametrize("id", ["a.b", "a b"])
def test_an_id_that_no_name_can_hold_stops(build, id):
    with pytest.raises(InputError, match=f"the id '{id}' has other signs"):
        build(TABLE, PLAN + f"  {id}: {{method: frequency, population: all, variable: group}}\n", f=rows(["A"]))


EVENTS = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      start: {source: Start, type: date}
      last: {source: Last, type: date}
      died: {source: Died, type: date}
      relapse: {source: Relapse, type: date}
"""
EVENT_ROWS = "ID,Start,Last,Died,Relapse\nS1,2015-01-01,2015-12-31,,2015-03-01\nS2,2015-01-01,2015-06-01,2015-05-01,\n"
EVENT_PLAN = """
cohort: {table: t, columns: {}}
endpoints:
  r: {label: Relapse, origin: start, censor: last, competing: true, events: {relapse: RELAPSE, death: DEATH}}
analyses:
  ci: {method: cumulative_incidence, population: all, endpoint: r, unit: days, at: [100]}
  other: {method: cumulative_incidence, population: all, endpoint: r, cause: death, unit: days}
"""


def test_an_event_has_an_id_and_a_label(build):
    plan = EVENT_PLAN.replace("RELAPSE", "{date: relapse, label: R\u00fcckfall}").replace(
        "DEATH", "{date: died, label: Tod}"
    )
    new = build(EVENTS, plan, f=EVENT_ROWS).read("analysis/ard.csv")
    plain = EVENT_PLAN.replace("RELAPSE", "relapse").replace("DEATH", "died")
    old = build(EVENTS, plain, f=EVENT_ROWS).read("analysis/ard.csv")
    ids = ["analysis", "group", "level", "statistic", "value"]
    assert new[ids].equals(old[ids]) and {"relapse", "death"} <= set(new["level"])
    assert {"R\u00fcckfall", "Tod"} <= set(new["level_label"]) and not {"relapse", "death"} & set(new["level_label"])
    with pytest.raises(InputError, match="have one name, 'Tod'"):
        build(EVENTS, plan.replace("R\u00fcckfall", "Tod"), f=EVENT_ROWS)
