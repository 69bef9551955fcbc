"""The second computation of tests and models that R has: R and plain Python agree on every statistic."""

from audit.twice import COHORTS, NEEDS_R, agrees, plan

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
