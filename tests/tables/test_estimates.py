"""The table of estimates: what stands in its rows, and that a group without anybody has one that says so."""

from figures.small import PLAN, small
from trialpress import tables
from trialpress.analysis.methods.two_stage import size_statements

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
    text = "\n".join(lines(tables.tabulate(results, "none"))).replace("†", "")  # simulated
    assert "F | 0 |" in text and "NE" in text


def test_designs_have_their_bounds(tmp_path):
    plan = "analyses:\n  d: {method: simon_design, population: infused, p0: 0.1, p1: 0.3, label: Phase II}\n"
    plan += "figures: {}\ntables: {d: {kind: two_stage_designs, caption: Designs, analyses: [d]}}\n"
    text = lines(tables.tabulate(small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + plan, n=20), "d"))
    assert [line.replace("†", "") for line in text][1:] == [
        "Optimal | 1/10 | 5/29 | 4.7% | 80.5% | 15.0 | 73.6%", "Minimax | 1/15 | 5/25 | 3.3% | 80.2% | 19.5 | 54.9%"
    ]  # fmt: skip


SIZES = """analyses:
  arm: {method: sample_size, population: infused, design: single-arm, p0: 0.1, p1: 0.3, label: Response}
  shares: {method: sample_size, population: infused, design: two-proportions, p0: 0.5, p1: 0.75, label: Rates}
  means: {method: sample_size, population: infused, design: two-means, difference: -3, sd: 4, power: 0.9, label: Change}
  times: {method: sample_size, population: infused, design: log-rank, hazard_ratio: 0.6, event_share: 0.7, label: Survival}
  never: {method: sample_size, population: infused, design: single-arm, p0: 0.5, p1: 0.5001, label: Too close}
figures: {}
tables: {sizes: {kind: sample_sizes, caption: Size, analyses: [arm, shares, means, times, never]}}
"""


def test_sizes_have_their_assumptions_and_a_sentence(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + SIZES, n=20)
    found = tables.tabulate(results, "sizes")
    assert [line.replace("†", "") for line in lines(found)] == [
        "Response | rate of 10% against 30% | 0.05, one-sided | 80.7% | – | 25 | – | 5",
        "Rates | rates of 50% against 75% | 0.05, two-sided | 80.2% | 58 | 116 | – | –",
        "Change | difference −3, standard deviation 4 | 0.05, two-sided | 90.5% | 39 | 78 | – | –",
        "Survival | hazard ratio 0.6, event in 70% | 0.05, two-sided | 80.2% | – | 173 | 121 | –",
        "Too close | rate of 50% against 50.01% | 0.05, one-sided | NE | – | NE | – | NE",
    ]
    assert found.footnotes[0] == (
        "25 participants are planned. The treatment is promising if more than 5 have the outcome: an exact binomial test at a one-sided "
        "alpha of 0.05 (3.3% attained) has a power of 80.7% (80% asked for) if the rate is 30% and not 10%."
    )
    assert found.footnotes[3] == (
        "With 121 events in 173 participants, of whom 70% have one, a two-sided log-rank test at alpha 0.05 has a power of 80.2% "
        "(80% asked for) if the hazard ratio is 0.6."
    )
    assert "the size is not estimable: no design with up to 5000 participants." in found.footnotes[4]
    assert size_statements(results.plan) == " ".join(found.footnotes[:5])
