"""The second computation of models and measures of follow-up: R and plain Python agree, and say nothing where there is nothing to say."""

from audit.twice import COHORTS, NEEDS_R, agrees, plan

ANALYSES = """analyses:
  cox_exact: {method: cox, population: infused, endpoint: os, covariates: [stratum, age], ties: exact, stratum: sex}
  cox_robust: {method: cox, population: infused, endpoint: efs, covariates: [doses, age], errors: robust}
  cox_cluster: {method: cox, population: infused, endpoint: os, covariates: [age], cluster: doses, ties: breslow}
  cox_profile: {method: cox, population: infused, endpoint: efs, covariates: [stratum, age], interval: profile, stratum: sex}
  mean_strata: {method: restricted_mean, population: infused, endpoint: os, until: 5, by: sex, stratum: stratum}
  mean_late: {method: restricted_mean, population: infused, endpoint: os, until: 12, by: sex, stratum: doses}
  at_6: {method: compare_at, population: infused, endpoint: os, by: stratum, time: 6}
  at_strata: {method: compare_at, population: infused, endpoint: efs, by: sex, time: 4, stratum: stratum, transform: plain}
  any_shape: {method: max_combo, population: infused, endpoint: os, by: sex}
  any_shape_strata: {method: max_combo, population: infused, endpoint: efs, by: sex, stratum: stratum}
  states: {method: state_probabilities, population: infused, endpoint: relapse, begin: hct_on, at: [1, 3, 6, 12]}
  current: {method: current_leukaemia_free_survival, population: infused, endpoint: os, changes: [relapse_on, again_on], at: [0.5, 3, 6, 12, 90], by: stratum}
  current_states: {method: current_leukaemia_free_survival, population: infused, endpoint: os, changes: [relapse_on, again_on], at: [3, 6, 12], estimator: aalen-johansen, transform: plain}
  current_sexes: {method: current_leukaemia_free_survival, population: infused, endpoint: os, changes: [relapse_on, again_on], at: [1, 4, 8], by: sex, transform: arcsin}
  current_response: {method: current_leukaemia_free_survival, population: infused, endpoint: os, changes: [response_on, relapse_on, again_on], start: disease, at: [30, 200], unit: days, transform: log}
  current_response_states: {method: current_leukaemia_free_survival, population: infused, endpoint: os, changes: [response_on, relapse_on], start: disease, at: [3, 6], estimator: aalen-johansen, by: sex}
  wins: {method: win_ratio, population: infused, by: sex, endpoints: [os, efs], lower: [crs]}
  wins_null: {method: win_ratio, population: infused, by: sex, endpoints: [os], higher: [age], variance: null-hypothesis}
  wins_inside: {method: win_ratio, population: infused, by: sex, endpoints: [efs], lower: [crs], stratum: stratum}
  wins_inside_null: {method: win_ratio, population: infused, by: stratum, higher: [age], stratum: doses, variance: null-hypothesis}
  wins_numbers: {method: win_ratio, population: infused, by: stratum, higher: [age]}
  doses_boin: {method: dose_escalation, population: first, event: toxic, by: dose_level, cohort: cohort, design: boin, target: 0.25}
  doses_mtpi: {method: dose_escalation, population: first, event: toxic, by: dose_level, cohort: cohort, design: mtpi-2}
  doses_crm: {method: dose_escalation, population: first, event: toxic, by: dose_level, cohort: cohort, design: crm, skeleton: [0.1, 0.2, 0.4], target: 0.25}
  courses: {method: escalation_characteristics, population: infused, design: 3+3, rates: [0.05, 0.2, 0.4]}
  begun: {method: time_dependent_cox, population: infused, endpoint: os, begin: hct_on, covariates: [age, stratum]}
  begun_strata: {method: time_dependent_cox, population: infused, endpoint: efs, begin: hct_on, covariates: [age, sex], stratum: stratum}
  changing: {method: changing_cox, population: infused, endpoint: os, begins: [hct_on, response_on], covariates: [age, stratum]}
  changing_crp: {method: changing_cox, population: infused, endpoint: os, begins: [hct_on], table: labs, date: date, value: value, which: analyte == 'CRP'}
  order_inside: {method: concordance_index, population: infused, endpoint: os, score: age, stratum: sex}
  order_uno_inside: {method: concordance_index, population: infused, endpoint: efs, score: lee, weights: uno, until: 9, stratum: doses}
  order_uno: {method: concordance_index, population: infused, endpoint: efs, score: lee, lower: true, weights: uno, until: 12}
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


@NEEDS_R
def test_a_plan_without_groups_and_levels_is_computed_again(tmp_path):
    alone = "analyses:\n  order: {method: concordance_index, population: infused, endpoint: os, score: age}\nfigures: {}\ntables: {}\n"
    agrees(tmp_path, plan(alone), {"n": 30}, by_r=True)
