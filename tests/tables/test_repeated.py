"""The table of repeated measures: every mean and difference of the results, the average last, the tests below."""

from figures.small import PLAN, small
from trialpress import tables

ANALYSES = """analyses:
  course: {method: mmrm, population: infused, variable: value, by: sex, visit: day, covariates: [age], rows: {table: levels, at: "day in (7, 14, 21) and not (order == 3 and day == 14)", value: log10(copies) + (age * day - 13 * round(age * day / 13)) / 20}, label: Copies}
  often: {method: gee, population: infused, variable: value, by: sex, visit: day, rows: {table: levels, at: "day in (7, 14, 21)", value: copies * (age + 20) > 1e6}}
  nobody: {method: mmrm, population: nobody, variable: value, by: sex, visit: day, rows: {table: levels, at: day == 7, value: copies}}
figures: {}
tables:
  course: {kind: repeated, caption: Copies, analyses: [course]}
  often: {kind: estimates, caption: Often, analyses: [often]}
  nobody: {kind: repeated, caption: Copies, analyses: [nobody]}
"""


def test_every_visit_has_its_means_and_the_difference(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=60)
    table = tables.tabulate(results, "course")
    rows = [[cell.replace("†", "") for cell in row.cells] for row in table.rows]
    ard = results.ard.set_index(["analysis", "group", "level", "statistic"])["display"].str.replace("†", "")
    assert [row[0] for row in rows] == ["7", "14", "21", "All visits"]
    f, m = (ard["course", group, "14"] for group in ("F", "M"))
    assert rows[1][1:] == [
        f["n"], f"{f['estimate']} ({f['std_error']})", m["n"], f"{m['estimate']} ({m['std_error']})",
        rows[1][5], m["p_value"]
    ]  # fmt: skip
    assert rows[1][5].startswith(f"{m['difference']} (") and m["difference_high"] in rows[1][5]
    assert rows[3][1] == ard["course", "F", "", "n"] and rows[3][2] == "–"
    notes = " ".join(table.footnotes).replace("†", "")
    assert f"F tests: groups P = {ard['course', '', '', 'p_value']} (F = " in notes and "groups by visits P" in notes
    assert "covariance unstructured, restricted maximum likelihood, Kenward-Roger degrees of freedom." in notes


def test_visits_of_another_model_stand_in_their_order(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=60)
    rows = [row.cells[0] for row in tables.tabulate(results, "often").rows]
    assert rows[-2:] == ["Day: 14", "Day: 21"] and "M against F" in rows


def test_nobody_has_a_table_too(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=20)
    table = tables.tabulate(results, "nobody")
    assert [row.cells[0] for row in table.rows] == ["All visits"]
