"""The baseline table as the plan asks for it; values as precisely as they were recorded; labels and units of the dictionary."""

from __future__ import annotations

import pytest
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
      age: {source: Age, type: integer, label: Age, unit: years}
      crp: {source: CRP, type: number, label: CRP, unit: mg/L}
      stage: {source: Stage, type: code, codes: {I: [], II: [], III: []}, label: Stage}
  v:
    file: v
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      pfs_status: {source: PFS, type: integer, label: Progression}
      weight: {source: W, type: number, label: Weight, unit: kg}
"""
ROWS = "ID,Arm,Age,CRP,Stage\n" + "".join(
    f"S{i},{'AB'[i % 2]},{age},{crp},{stage}\n"
    for i, (age, crp, stage) in enumerate(
        [(70, 7.5, "I"), (71, 12.3, "II"), (75, 7.5, "II"), (80, 0.5, ""), (77, "", "II"), (78, 9.1, "III")]
    )
)
VISITS = "ID,PFS,W\n" + "".join(f"S{i},{i % 2},{60 + i}.5\n" for i in range(6))
COHORT = "cohort: {table: t, columns: {}}\n"


def plan(options: str = "", table: str = "", cohort: str = COHORT) -> str:
    return f"""
{cohort}
analyses:
  b: {{method: baseline, population: all, by: arm, variables: [age, crp, stage]{options}}}
tables:
  b: {{kind: baseline, analysis: b, caption: Baseline.{table}}}
"""


def cells(run) -> dict[str, list[str]]:
    rows = run.read("tables/b.csv")
    return {row.iloc[0]: row.iloc[1:].tolist() for _, row in rows.iterrows()}


def test_a_table_as_it_is_without_a_word(build):
    shown = cells(build(TABLE, plan(), f=ROWS, v=VISITS))
    assert shown["Age, years, median (IQR)"][2] == "76 (72–77.8)"
    assert shown["CRP, mg/L, median (IQR)"][2] == "7.5 (7.5–9.1)"
    assert shown["II"][2] == "3 (60.0%)"


def test_statistics_and_their_order_for_the_table_and_for_a_variable(build):
    table = ", statistics: [mean_sd, median_range], statistics_of: {crp: [n, range]}, order: frequency"
    run = build(TABLE, plan(", missing: percent, percent_of: all, digits_of: {crp: 2}", table), f=ROWS, v=VISITS)
    rows = run.read("tables/b.csv").values.tolist()
    names = [row[0] for row in rows]
    assert names == ["Age, years", "Mean (SD)", "Median (range)", "Missing", "CRP, mg/L", "n", "Range", "Missing",
                     "Stage, n (%)", "II", "I", "III", "Missing"]  # fmt: skip
    assert rows[1][3] == "75.2 (4.0)" and rows[2][3] == "76 (70–80)"
    assert rows[5][3] == "5" and rows[6][3] == "0.50–12.30" and rows[7][3] == "1 (16.7%)"
    assert rows[9][3] == "3 (50.0%)" and rows[12][3] == "1 (16.7%)"
    assert "Percentages are of all participants of the group" in run.text("tables/b.md")


def test_p_values_where_the_plan_asks_for_them(build):
    run = build(TABLE, plan(", p_values: true, tests: {age: t_test}"), f=ROWS, v=VISITS)
    tests = run.read("analysis/ard.csv").query("statistic == 'p_value'")
    assert len(tests) == 3 and set(tests["group"]) == {""}
    methods = " ".join(tests["method"])
    assert "t test" in methods and "Mann-Whitney" in methods and "Fisher" in methods
    header = run.read("tables/b.csv").columns.tolist()
    assert header[-2:] == ["SMD", "P"] and "Welch" in run.text("tables/b.md")


@pytest.mark.parametrize(
    "options, table, message",
    [
        (", digits_of: {agee: 1}", "", "did you mean 'age'"),
        (", percent_of_each: {stage: everybody}", "", "'everybody' is not a choice"),
        ("", ", statistics_of: {age: [mean]}", "'mean' is not a choice"),
        ("", ", statistics: mean_sd", "must be a list"),
        (", tests: {stage: t_test}", "", "t_test is not for stage"),
    ],
)
def test_what_the_table_does_not_know_stops(build, options, table, message):
    with pytest.raises(InputError) as error:
        build(TABLE, plan(options, table), f=ROWS, v=VISITS)
    assert message in str(error.value)


def test_labels_and_units_come_from_the_dictionary(build):
    cohort = """
cohort:
  table: t
  columns:
    years: {expression: age}
    weight: {from: v, value: weight}
    status: {from: v, value: pfs_status}
    old: {cut: age, at: [75], labels: [younger, older]}
"""
    run = build(
        TABLE, plan(cohort=cohort).replace("[age, crp, stage]", "[years, weight, status, old]"), f=ROWS, v=VISITS
    )
    names = set(cells(run))
    assert {"Age, years, median (IQR)", "Weight, kg, median (IQR)", "Progression, median (IQR)", "Age, n (%)"} <= names


def test_a_condition_may_name_a_column_of_another_table(build):
    more = "  heavy: {label: Heavy, condition: v.weight > 62.5}\n"
    cohort = """
cohort: {table: t, columns: {progressed: {expression: v.pfs_status == 1, label: Progressed}}}
flow: [{population: all}, {population: heavy, reasons: {Light: v.weight <= 62.5}}]
"""
    text = more + plan(cohort=cohort).replace("analyses:", "analyses:\n  p: {method: proportion, population: heavy, event: v.pfs_status == 1 and progressed, where: v.weight < 65}")  # fmt: skip
    run = build(TABLE, text, f=ROWS, v=VISITS)
    assert run.values("p", "n") == {"": "1"} and run.values("p", "N") == {"": "2"}
    wrong = text.replace("v.weight < 65", "v.wieght < 65")
    with pytest.raises(InputError, match="did you mean 'v.weight'"):
        build(TABLE, wrong, f=ROWS, v=VISITS)


def test_a_test_of_one_side(build):
    text = plan().replace("analyses:", """analyses:
  two: {method: mann_whitney, population: all, variable: age, by: arm}
  more: {method: mann_whitney, population: all, variable: age, by: arm, alternative: greater}
  less: {method: mann_whitney, population: all, variable: age, by: arm, alternative: less}
  t: {method: t_test, population: all, variable: age, by: arm, alternative: greater}
  f: {method: fisher, population: all, event: age > 74, by: arm, alternative: greater}""")  # fmt: skip
    run = build(TABLE, text, f=ROWS, v=VISITS)
    p = {name: float(run.values(name, "p_value")[""]) for name in ("two", "more", "less")}
    # B (71, 80, 78) against A (70, 75, 77): W = 7 of 9
    assert (
        p["more"] == pytest.approx(4 / 20) and p["less"] == pytest.approx(18 / 20) and p["two"] == pytest.approx(8 / 20)
    )
    methods = run.read("analysis/ard.csv").query("statistic == 'p_value' and analysis in ('more', 't', 'f')")["method"]
    assert methods.str.contains(r"one-sided p \(greater\)").all()
    with pytest.raises(InputError, match="'bigger' is not a choice"):
        build(TABLE, text.replace("greater", "bigger"), f=ROWS, v=VISITS)


def test_intervals_stand_behind_shares_and_numbers(build):
    run = build(TABLE, plan(", intervals: true", ", statistics_of: {crp: [mean_sd]}"), f=ROWS, v=VISITS)
    shown = cells(run)
    assert shown["II"][2] == "3 (60.0%) [14.7%–94.7%]".replace("%–", "–").replace("%]", "]")  # binom.test(3, 5)
    assert shown["Age, years, median (IQR)"][2] == "76 (72–77.8) [70–80]"  # six values: the smallest and the largest
    assert shown["CRP, mg/L, mean (SD)"][2].endswith("[2.0–12.7]")  # R t.test(c(7.5, 12.3, 7.5, 0.5, 9.1))
    assert "[" not in shown["Age, years, median (IQR)"][0]  # three values have no interval of the median
