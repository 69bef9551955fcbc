"""Levels in any script, and levels with the names of missing values or of our own words, are levels like others."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from trialpress.errors import InputError
from trialpress.figures.read import groups, printed
from trialpress.files import read_csv, read_guessed
from trialpress.names import distinct, flow_names, row_names, slug
from trialpress.report.variables import analysis_variables, numbers

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      start: {source: Start, type: date}
      last: {source: Last, type: date}
      died: {source: Died, type: date}
      group: {source: Group, free_text: {reviewed: A reader, date: 2020-01-31}}
      age: {source: Age, type: number, label: Age}
"""


def rows(names: list[str], n: int = 12) -> str:
    lines = (
        f"S{i:02d},2015-01-01,2015-{i % 9 + 2:02d}-01,{f'2015-{i % 9 + 2:02d}-01' if i % 2 else ''},{names[i % len(names)]},{40 + i}"
        for i in range(n)
    )
    return "ID,Start,Last,Died,Group,Age\n" + "\n".join(lines) + "\n"


PLAN = """
cohort: {table: t, columns: {}}
endpoints: {os: {label: Overall survival, origin: start, events: {death: died}, censor: last}}
analyses:
  p: {method: proportion, population: all, by: group, event: present(died)}
  f: {method: frequency, population: all, variable: group}
  km: {method: kaplan_meier, population: all, endpoint: os, by: group, at: [30], unit: days}
"""
MORE = """
  b: {method: baseline, population: all, variables: [group, age]}
  x: {method: fisher_rxc, population: all, variable: group, by: group}
figures:
  km: {kind: kaplan_meier, analyses: [km], caption: Survival.}
  rates: {kind: rates, analyses: [p], caption: Rates.}
  strip: {kind: strip, population: all, y: [age], by: group, caption: Age.}
  ways: {kind: alluvial, population: all, columns: [group, group], caption: Ways.}
tables:
  b: {kind: baseline, analysis: b, caption: Baseline.}
  p: {kind: proportions, analyses: [p], caption: Rates.}
  x: {kind: crosstab, population: all, rows: group, columns: [group], caption: Both.}
"""


@pytest.mark.parametrize(
    "names",
    [["男", "女"], ["CD4", "CD4-", "CD4+"], ["day 1", "day -1"], ["A", "a"], ["Ж", "И"], ["N", "Estimate", "p"],
     ["CD4阳性", "CD4阴性"], ["%", "‰"]],
)  # fmt: skip
def test_levels_in_any_script_have_names_of_their_own(build, names):
    run = build(TABLE, PLAN, f=rows(names))
    tree = analysis_variables(run.results)
    parts = {group: name for (group, _), (name,) in row_names("p", run.results.analysis("p")).items()}
    levels = {level: name[0] for (_, level), name in row_names("f", run.results.analysis("f")).items() if level}
    assert set(parts) == set(names) and len(set(parts.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in parts.values())
    assert {tree["p"][parts[name]]["N"] for name in names} == {str(12 // len(names))}
    assert {tree["f"][levels[name]]["n"] for name in names} == {str(12 // len(names))}


def test_a_name_depends_on_its_own_text_only_and_stays_what_it_was():
    assert [slug(text) for text in ("≤1 × 10⁵/kg", "R/R", "AUC 0-28", "MRD+", "6 months", "CAR-T")] == [
        "le1_10_kg", "r_r", "auc_0_28", "mrdpos", "6_months", "car_t",
    ]  # fmt: skip
    assert slug("男") == "u7537" and slug("day -1") == "day_minus_1" and slug("CD4-") == "cd4_neg"
    assert distinct(["男", "Male"])["男"] == distinct(["男", "女", "Other"])["男"]


def test_two_that_cannot_be_told_apart_stop_with_the_analysis_and_both():
    ard = pd.DataFrame({"group": ["a", "a b", "a"], "level": ["b", "", "b "], "statistic": "n"})
    with pytest.raises(InputError) as error:
        row_names("both", ard.assign(level=["b", "", "b"], group=["a", "x", "a "]))
    assert "analyses.both" in str(error.value) and "what to do" in str(error.value)


def test_steps_and_reasons_of_the_flow_have_names_of_their_own():
    flow = [("入组", ""), ("治疗", "CD4-"), ("治疗", "CD4")]
    assert len({flow_names(flow)[key] for key in flow}) == 3


WORDS = ["None", "NA", "nan", "null", "Missing", "Unknown", "All", "other"]


def test_levels_called_as_missing_values_or_as_our_own_words_are_levels(build):
    run = build(TABLE, PLAN + MORE, f=rows([*WORDS, ""], 36))
    for name in ("p", "km"):
        assert printed(groups(run.results, name)) == sorted(WORDS)
    assert set(run.results.curves["group"]) == {*WORDS}
    assert {*run.read("figures/km.csv")["group"]} == {*WORDS}
    svg = re.sub(r"<[^>]+>", "", run.text("figures/km.svg"))
    assert all(word in svg for word in WORDS)
    assert run.values("f", "n") == dict.fromkeys(WORDS, "4")
    baseline = run.read("tables/b.csv").set_index("Characteristic").iloc[:, 0]
    assert baseline["Missing"] == "4 (12.5%)" and baseline["Missing (no value)"] == "4"
    both = run.read("tables/x.csv").set_index("group")["All (together)"]
    assert both["All"] == both["Unknown"] == both["Unknown (no value)"] == "4" and both["All (together)"] == "36"
    assert "4 left out: group not known" in json.loads(run.text("figures/alt.json"))["km"]
    assert numbers(run.results, _logs(run))["f"]


def _logs(run):
    from trialpress.clean import read_logs

    return read_logs(run.folder / "clean")


def test_a_reason_called_other_is_not_the_rest(build):
    plan = "  b: {label: Old, condition: age > 48}\nflow: [{population: all}, {population: b, reasons: {other: age == 40}}]\n"
    run = build(TABLE, plan + PLAN, f=rows(["x"]))
    flow = run.read("cohort/flow.csv")
    assert dict(zip(flow["reason"], flow["excluded"], strict=True)) == {
        "": "0",
        "other": "1",
        "other (no reason holds)": "8",
    }


def test_two_steps_of_the_flow_with_one_label_stop(build):
    plan = "  b: {label: All patients, condition: age > 48}\nflow: [{population: all}, {population: b}]\n"
    with pytest.raises(InputError, match="'all' and 'b' have one label"):
        build(TABLE, plan + PLAN, f=rows(["x"]))


def test_files_are_read_with_declared_types(tmp_path):
    (tmp_path / "a.csv").write_text("group,level,x,n\nNone,1,,3\nNA,01,1.5,4\n,1e5,inf,\n")
    frame = read_csv(tmp_path / "a.csv", numbers=["x"], whole=["n"])
    assert frame["group"].tolist() == ["None", "NA", ""] and frame["level"].tolist() == ["1", "01", "1e5"]
    assert frame["x"].isna().tolist() == [True, False, False] and frame["n"].isna().tolist() == [False, False, True]
    (tmp_path / "b.csv").write_text("trial,year,n,arm\n2017,2017,3,None\nNA,2018,,NA\n")
    frame = read_guessed(tmp_path / "b.csv", "trial")
    assert frame["trial"].tolist() == ["2017", "NA"] and frame["arm"].tolist() == ["None", "NA"]
    assert frame["year"].tolist() == [2017, 2018] and frame["n"].isna().tolist() == [False, True]


def test_published_counts_that_are_texts_stop(build, tmp_path):
    (tmp_path / "trials.csv").write_text("trial,n,N,overlaps\nNA,3,10,\nNone,NA,20,\n")
    plan = f"analyses:\n  x: {{method: pool, population: all, file: {tmp_path / 'trials.csv'}, n: n, N: N}}\n"
    with pytest.raises(InputError, match="column 'n' holds texts"):
        build(TABLE, f"cohort: {{table: t, columns: {{}}}}\n{plan}", f=rows(["x"]))
    (tmp_path / "trials.csv").write_text("trial,n,N,overlaps\nNA,3,10,\nNone,4,20,\n")
    run = build(TABLE, f"cohort: {{table: t, columns: {{}}}}\n{plan}", f=rows(["x"]))
    assert {"NA", "None"} <= set(run.values("x", "n"))
