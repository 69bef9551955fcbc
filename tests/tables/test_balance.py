"""The table of balance: means, shares and differences before and after weighting."""

from figures.small import PLAN, small
from trialpress import tables

ANALYSES = """analyses:
  alike: {method: weighting, population: infused, by: sex, covariates: [age, stratum], truncate: 0.95}
  nobody: {method: weighting, population: nobody, by: sex, covariates: [age]}
figures: {}
tables:
  alike: {kind: balance, caption: Balance, analysis: alike}
  nobody: {kind: balance, caption: Balance, analysis: nobody}
"""


def test_every_covariate_has_its_balance(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=60)
    table = tables.tabulate(results, "alike")
    rows = [[cell.replace("†", "") for cell in row.cells] for row in table.rows]
    ard = results.ard.set_index(["analysis", "group", "level", "statistic"])["display"].str.replace("†", "")
    age = [ard["alike", group, "age", f"mean_{time}"] for time in ("before", "after") for group in ("F", "M")]
    smd = [ard["alike", "", "age", f"smd_{time}"] for time in ("before", "after")]
    assert rows[1] == ["Age, years", *age[:2], smd[0], *age[2:], smd[1]]
    assert rows[0][1:3] == [ard["alike", "F", "", "n"], ard["alike", "M", "", "n"]] and rows[2][1].endswith("%")
    notes = " ".join(table.footnotes)
    assert notes.startswith("Observational comparison, stabilised inverse probability weights (average effect in all)")
    assert "truncated at the 95% quantile" in notes and "3 weights were lowered." in notes.replace("†", "")


def test_nobody_has_a_table_too(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=20)
    assert [row.cells[0] for row in tables.tabulate(results, "nobody").rows] == ["n (effective)"]
