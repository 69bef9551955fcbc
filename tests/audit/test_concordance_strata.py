"""The second computation of risks within strata and of models after multiple imputation: R and plain Python agree on every statistic."""

from audit.twice import COHORTS, NEEDS_R, agrees, plan

ANALYSES = """analyses:
  difference: {method: risk_difference, population: infused, event: crs >= 2, by: sex, stratum: stratum}
  difference_sato: {method: risk_difference, population: infused, event: crs >= 2, by: sex, stratum: doses, interval: sato}
  difference_robins: {method: risk_difference, population: infused, event: crs >= 4, by: stratum, stratum: doses, interval: greenland-robins}
  ratio: {method: risk_ratio, population: infused, event: crs >= 2, by: sex, stratum: doses}
  ratio_none: {method: risk_ratio, population: infused, event: crs >= 9, by: sex, stratum: stratum}
  needed: {method: number_needed, population: infused, event: crs >= 2, by: sex, stratum: stratum}
  needed_sato: {method: number_needed, population: infused, event: crs >= 2, by: sex, stratum: doses, interval: sato}
  needed_none: {method: number_needed, population: infused, event: crs >= 9, by: sex, stratum: doses, interval: greenland-robins}
  weighted: {method: weighted_cox, population: infused, endpoint: os, by: sex, covariates: [age, stratum], stratum: stratum}
  weighted_att: {method: weighted_cox, population: infused, endpoint: os, by: sex, covariates: [age], stratum: doses, estimand: att}
  subhazard: {method: fine_gray, population: infused, endpoint: relapse, covariates: [age, doses], stratum: sex}
  subhazard_death: {method: fine_gray, population: infused, endpoint: relapse, covariates: [stratum], cause: death, stratum: doses}
  gray_inside: {method: gray, population: infused, endpoint: relapse, by: sex, stratum: doses}
  gray_three: {method: gray, population: infused, endpoint: relapse, by: doses, stratum: sex, rho: 1}
  completed: {method: multiple_imputation, population: infused, variable: lee, by: doses, covariates: [age, stratum], auxiliary: [crs], imputations: 5, iterations: 2}
  completed_two: {method: multiple_imputation, population: infused, variable: age, by: sex, covariates: [lee], imputations: 6, iterations: 2}
  completed_odds: {method: multiple_imputation, population: infused, variable: remission, by: sex, covariates: [age, lee], imputations: 3, iterations: 2}
  adjusted_pairs: {method: ancova, population: infused, variable: change, by: doses, covariates: [lee, sex], contrasts: tukey}
  adjusted_all: {method: ancova, population: infused, variable: change, by: doses, covariates: [lee], contrasts: all, errors: hc3}
  landmarks: {method: landmark, population: infused, endpoint: os, begin: hct_on, days: [60, 100], stratum: sex}
  byar: {method: mantel_byar, population: infused, endpoint: os, begin: hct_on, stratum: sex}
  begun: {method: time_dependent_cox, population: infused, endpoint: os, begin: hct_on, stratum: doses}
  changing: {method: changing_cox, population: infused, endpoint: os, begins: [hct_on], covariates: [age], stratum: sex}
  cause: {method: cause_specific_cox, population: infused, endpoint: relapse, covariates: [age, stratum], stratum: doses}
  inside: {method: cox_interaction, population: infused, endpoint: os, by: sex, subgroup: stratum, stratum: lee}
  bent: {method: cox_spline, population: infused, endpoint: os, x: age, covariates: [sex], knots: 3, at: [10], stratum: doses}
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
