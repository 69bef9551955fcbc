"""An area from day 0 has a value of day 0; a zero has no logarithm and stops nothing."""

from __future__ import annotations

import pytest
from trialpress.errors import InputError

TABLE = """
  t: {file: f, key: [participant], columns: {participant: {source: ID, type: id}, arm: {source: Arm, type: code, codes: {A: [], B: []}}}}
  k:
    file: k
    key: [participant, day]
    columns: {participant: {source: ID, type: id}, day: {source: Day, type: integer}, copies: {source: Copies, type: number}}
"""
WHO = "ID,Arm\nS1,A\nS2,A\nS3,B\nS4,B\n"
VALUES = """ID,Day,Copies
S1,4,1000
S1,7,20000
S1,14,5000
S1,28,200
S2,0,0
S2,7,40000
S2,14,10000
S2,28,200
S3,2,0
S3,7,40000
S3,14,10000
S3,28,200
S4,0,0
S4,7,30000
S4,14,0
S4,28,0
"""


def plan(method: str, **more: str) -> str:
    keys = "".join(f", {key}: {value}" for key, value in more.items())
    return f"""
cohort: {{table: t, columns: {{}}}}
analyses:
  e: {{method: {method}, population: all, table: k, day: day, value: copies{keys}}}
figures:
  k: {{kind: kinetics, population: all, table: k, day: day, value: copies, caption: Course.}}
"""


def rows(run, level: str, group: str = "") -> dict[str, tuple[str, str]]:
    found = run.read("analysis/ard.csv").query("level == @level and group == @group")
    return {row.statistic: (row.value, row.note) for row in found.itertuples()}


def test_an_area_that_begins_after_day_0_is_not_estimable_and_says_for_whom(build):
    run = build(TABLE, plan("exposure", limit="50", until="28"), f=WHO, k=VALUES)
    area = rows(run, "auc")
    assert area["n"][0] == "2" and area["missing"][0] == "2"
    for statistic in ("n", "median", "geometric_mean"):
        assert "2 of 4 not estimable; 2 with a first value of day 2 to 4" in area[statistic][1]
    assert rows(run, "cmax")["n"][0] == "4"


def test_a_plan_may_put_in_a_concentration_of_0_on_day_0_and_the_method_says_so(build):
    with_zero = build(TABLE, plan("exposure", limit="50", until="28", start="zero"), f=WHO, k=VALUES)
    area = rows(with_zero, "auc")
    assert area["n"][0] == "4" and "2 with a first value of day 2 to 4: C(0) = 0 put in" in area["n"][1]
    assert with_zero.read("analysis/ard.csv")["method"].str.contains("C(0) = 0", regex=False).any()
    given = build(TABLE, plan("exposure", limit="50", until="28"), f=WHO, k=VALUES + "S1,0,0\nS3,0,0\n")
    assert rows(given, "auc")["median"][0] == area["median"][0]


def test_an_unknown_rule_stops(build):
    with pytest.raises(InputError, match="'day 0' is not a choice"):
        build(TABLE, plan("exposure", limit="50", until="28", start="day 0"), f=WHO, k=VALUES)


def test_a_zero_makes_a_geometric_mean_not_estimable_and_never_stops(build):
    run = build(TABLE, plan("kinetics_by_day"), f=WHO, k=VALUES)
    assert rows(run, "0_days")["estimate"] == ("", "not estimable: 2 values of 0")
    assert rows(run, "14_days")["estimate"] == ("", "not estimable: 1 value of 0")
    assert float(rows(run, "7_days")["estimate"][0]) > 0
    run = build(TABLE, plan("kinetics_by_day", zero="25"), f=WHO, k=VALUES)
    assert float(rows(run, "0_days")["estimate"][0]) == pytest.approx(25)
    assert "2 of 0 counted as 25" in rows(run, "0_days")["n"][1]
    run = build(TABLE, plan("exposure", limit="50", until="5", by="arm"), f=WHO, k=VALUES)
    assert rows(run, "cmax")["ratio"][0]


def test_means_that_cannot_be_drawn_are_left_out_of_the_picture(build):
    drawn = plan("kinetics_by_day").replace("value: copies, caption", "value: copies, mean: e, caption")
    run = build(TABLE, drawn, f=WHO, k=VALUES)
    assert "highest on day 7" in run.text("figures/alt.json")


SAMPLES = TABLE.replace("[participant, day]", "[participant, day, sample]WHERE").replace(
    "copies: {source: Copies, type: number}",
    "sample: {source: Sample, type: id}, copies: {source: Copies, type: number, limit: sign}",
)
TWO = "ID,Day,Sample,Copies\nS1,0,a,0\nS1,7,a,1000\nS1,7,b,4000\nS2,7,a,2000\nS2,28,a,>9000\nS3,-1,a,1\nS3,-1,b,2\nS3,0,a,<50\nS3,7,a,>9000\n"


@pytest.mark.parametrize(("method", "more"), [("kinetics_by_day", {}), ("exposure", {"limit": "50"})])
def test_two_values_of_a_participant_on_a_day_are_refused_by_name(build, method, more):
    with pytest.raises(InputError) as error:
        build(SAMPLES.replace("WHERE", ""), plan(method, **more), f=WHO, k=TWO)
    days = "S1 on day 7" if method == "exposure" else "S1 on day 7, S3 on day -1"  # exposure begins on day 0
    assert f"analyses.e: several values of k for participant {days}\n" in str(error.value)
    assert "leave one of them in the table, by `where` in study.yaml, tables.k" in str(error.value)
    run = build(SAMPLES.replace("WHERE", "\n    where: sample == 'a'"), plan(method, **more), f=WHO, k=TWO)
    assert run.values("e", "n")["7_days" if method == "kinetics_by_day" else "cmax"] == "3"


def test_a_participant_outside_the_analysis_or_a_row_without_a_value_is_not_twice(build):
    rows = TWO.replace("S1,7,b,4000", "S1,7,b,").replace("S3,-1", "S9,-1")
    run = build(SAMPLES.replace("WHERE", ""), plan("kinetics_by_day"), f=WHO, k=rows)
    assert run.values("e", "n")["7_days"] == "3"


def test_values_above_the_limit_are_counted_where_they_are_used(build):
    tables = SAMPLES.replace("WHERE", "\n    where: sample == 'a'")
    run = build(tables, plan("kinetics_by_day"), f=WHO, k=TWO)
    said = "above the quantification limit counted as the limit"
    for statistic in ("n", "estimate", "ci_low"):
        assert f"1 {said}" in rows(run, "7_days")[statistic][1]
    assert said not in rows(run, "0_days")["estimate"][1] and f"1 {said}" in rows(run, "28_days")["estimate"][1]
    run = build(tables, plan("exposure", limit="50", until="14", by="arm"), f=WHO, k=TWO)
    assert f"1 with a value {said}" in rows(run, "cmax", "A")["median"][1]
    assert f"1 with a value {said}" in rows(run, "cmax", "B")["geometric_mean"][1]
    assert f"2 with a value {said}" in rows(run, "cmax")["ratio"][1]
    assert said not in rows(run, "auc", "A")["median"][1]  # of day 28
    assert said not in rows(run, "tlast", "B")["median"][1]
