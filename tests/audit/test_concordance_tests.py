"""The second computation of tests and models that R has: R and plain Python agree on every statistic."""

from fractions import Fraction

import pytest
from audit.twice import COHORTS, NEEDS_R, agrees, compared, plan
from trialpress.audit import computing
from trialpress.audit.plain.tables import share_as_likely

ANALYSES = """analyses:
  t: {method: t_test, population: infused, variable: age, by: sex}
  t_equal: {method: t_test, population: infused, variable: change, by: stratum, equal_variance: true, alternative: greater}
  geometric: {method: geometric_mean_ratio, population: infused, variable: dose, by: sex}
  against: {method: exact_test, population: infused, event: remission, by: doses, rate: 0.5, alternative: greater}
  bayes: {method: beta_binomial, population: infused, event: remission, rate: 0.5}
  signed: {method: signed_rank, population: infused, after: age, before: lee}
  tau: {method: kendall, population: infused, x: age, y: crs}
  pair: {method: mcnemar, population: infused, first: remission, second: crs >= 3}
  pair_large: {method: mcnemar, population: infused, first: remission, second: crs >= 2, exact: false}
  mh: {method: mantel_haenszel, population: infused, event: crs >= 2, by: sex, stratum: stratum}
  odds: {method: logistic, population: infused, event: crs >= 2, covariates: [age, stratum]}
  zph: {method: proportional_hazards, population: infused, endpoint: os, covariates: [age, stratum]}
  zph_strata: {method: proportional_hazards, population: infused, endpoint: efs, covariates: [age], stratum: sex, transform: rank}
  cause: {method: cause_specific_cox, population: infused, endpoint: relapse, covariates: [age, stratum]}
  subhazard: {method: fine_gray, population: infused, endpoint: relapse, covariates: [age, stratum], cause: death}
  inside: {method: cox_interaction, population: infused, endpoint: os, by: sex, subgroup: stratum}
  quartiles: {method: survival_quantiles, population: infused, endpoint: os, by: stratum, quantiles: [0.2, 0.4]}
  two_stages: {method: simon_two_stage, population: infused, r1: 1, n1: 10, r: 5, n: 29, p0: 0.1, p1: 0.3}
  difference: {method: risk_difference, population: infused, event: crs >= 2, by: sex, interval: miettinen-nurminen}
  difference_end: {method: risk_difference, population: first, event: crs >= 0, by: sex, interval: miettinen-nurminen}
  within: {method: gray, population: infused, endpoint: relapse, by: doses, stratum: sex, rho: 1}
  by_aalen: {method: cumulative_incidence, population: infused, endpoint: relapse, by: sex, variance: cmprsk, at: [3, 12], transform: log}
  from_landmark: {method: simon_makuch, population: infused, endpoint: efs, begin: hct_on, landmark: 60, at: [3, 6]}
  by_profile: {method: cause_specific_cox, population: infused, endpoint: relapse, covariates: [age, stratum], interval: profile}
  few: {method: boschloo, population: first, event: crs >= 2, by: sex}
  few_barnard: {method: barnard, population: first, event: crs >= 2, by: sex}
figures: {}
tables: {}
"""


@NEEDS_R
@COHORTS
def test_r_agrees_on_every_statistic(cohort, tmp_path):
    agrees(tmp_path, plan(ANALYSES), cohort, by_r=True)


@COHORTS
def test_plain_python_agrees_on_every_statistic(cohort, tmp_path):
    agrees(tmp_path, plan(ANALYSES), cohort, by_r=False)


MANY_GROUPS = """analyses:
  many: {method: fisher_rxc, population: infused, variable: sex, by: group}
figures: {}
tables: {}
"""
GROUPS = "{cut: order, at: [5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55], labels: [a, b, c, d, e, f, g, h, i, j, k, l], label: Group}"


@pytest.mark.parametrize("by_r", [pytest.param(True, marks=NEEDS_R), False], ids=["R", "Python"])
def test_beyond_what_fisher_test_of_r_has_right_it_is_not_asked(tmp_path, monkeypatch, by_r):
    """R 4.2.2 is wrong from about 8 x 7 on (8 x 8, n = 32: 0.33, and 0.59 by 20,000 random tables)."""
    if not by_r:
        monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    wanted = plan(MANY_GROUPS).replace("  daily:", f"    group: {GROUPS}\n  daily:", 1)
    _, found = compared(tmp_path, wanted, {"n": 60})
    (row,) = found[found["statistic"] == "p_value"].itertuples()
    assert row.verdict == "agrees" and row.implementation.startswith("Python")


@pytest.mark.parametrize(
    ("table", "p"),
    [
        ([[3, 1], [1, 3]], Fraction(34, 70)),
        ([[2, 0], [0, 2], [1, 1]], Fraction(12, 20)),  # 6 tables to which 2 ways lead, one to which 8 do
        ([[2, 0, 1], [0, 2, 1]], Fraction(12, 20)),
    ],
)
def test_share_of_the_tables_that_are_no_likelier(table, p):
    assert share_as_likely(table) == p
