"""The table of estimates: what stands in its rows, and that a group without anybody has one that says so."""

from figures.small import PLAN, small
from trialpress import tables

ANALYSES = """analyses:
  drift: {method: ancova, population: infused, variable: change, by: sex, covariates: [lee], label: Change}
  falls: {method: incidence_rate, population: infused, count: lee, exposure: age, by: sex, per: 100, label: Falls}
  risks: {method: standardised_risks, population: infused, event: remission, by: sex, covariates: [age], label: Remission}
  nobody: {method: ancova, population: nobody, variable: change, by: sex, label: Nobody}
figures:
  forest: {kind: forest, caption: Rates, analyses: [falls, risks]}
tables:
  all: {kind: estimates, caption: Estimates, analyses: [drift, falls, risks]}
  none: {kind: estimates, caption: Estimates, analyses: [nobody]}
"""


def lines(table) -> list[str]:
    return [" | ".join(row.cells) for row in table.rows]


def test_every_estimate_has_a_row_with_its_interval(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=60)
    found = tables.tabulate(results, "all")
    text = "\n".join(lines(found)).replace("†", "")  # simulated
    ard = results.ard.set_index(["analysis", "group", "level", "statistic"])["display"].str.replace("†", "")
    ratio = ard["falls", "", "sex=M"]
    assert (
        f"M against F | – | IRR {ratio['rate_ratio']} ({ratio['ci_low']}–{ratio['ci_high']}) | {ratio['p_value']}"
        in text
    )
    assert f"All groups of sex | – | – | {ard['drift', '', '', 'p_value']}" in text.replace("Sex", "sex")
    assert f"RR {ard['risks', '', '', 'risk_ratio']} (" in text and "Risk difference" in text
    for group in ("F", "M"):
        assert f"{group} | {ard['drift', group, '', 'n']} | {ard['drift', group, '', 'estimate']} (" in text
    notes = "\n".join(found.footnotes)
    assert "IRR: incidence rate ratio." in notes and "least-squares means" in notes.lower()


def test_nobody_has_a_table_too(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=30)
    text = "\n".join(lines(tables.tabulate(results, "none")))
    assert "F | 0 |" in text and "NE" in text


def test_designs_have_their_bounds(tmp_path):
    plan = "analyses:\n  d: {method: simon_design, population: infused, p0: 0.1, p1: 0.3, label: Phase II}\n"
    plan += "figures: {}\ntables: {d: {kind: two_stage_designs, caption: Designs, analyses: [d]}}\n"
    text = lines(tables.tabulate(small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + plan, n=20), "d"))
    assert [line.replace("†", "") for line in text][1:] == [
        "Optimal | 1/10 | 5/29 | 4.7% | 80.5% | 15.0 | 73.6%", "Minimax | 1/15 | 5/25 | 3.3% | 80.2% | 19.5 | 54.9%"
    ]  # fmt: skip
