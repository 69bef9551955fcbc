"""The second computation of resampling, permutation, exact tests and what else R has no function for."""

from audit.twice import COHORTS, NEEDS_R, agrees, plan

ENTRY = """  late_os: {label: OS from response on, origin: infused_on, events: {death: died_on}, censor: last_on, entry: response_on}
  late_relapse: {label: Relapse, origin: infused_on, events: {relapse: relapse_on, death: died_on}, censor: last_on, competing: true, entry: response_on}
"""
ANALYSES = """analyses:
  age_median: {method: bootstrap, population: infused, variable: age, by: sex, resamples: 1500}
  age_mean: {method: bootstrap, population: infused, variable: age, by: doses, statistic: mean, interval: percentile, resamples: 400}
  copies_mean: {method: bootstrap, population: infused, variable: dose, by: stratum, statistic: mean, resamples: 700}
  cr_share: {method: bootstrap_proportion, population: infused, event: remission, by: sex, resamples: 1200}
  cr_shares: {method: bootstrap_proportion, population: infused, event: crs >= 2, by: doses, interval: percentile, resamples: 300}
  moved: {method: permutation_test, population: infused, variable: age, by: sex, resamples: 1300}
  moved_median: {method: permutation_test, population: infused, variable: lee, by: stratum, statistic: median, resamples: 500}
  drawn: {method: permutation_log_rank, population: infused, endpoint: os, by: doses, replicates: 800}
  drawn_inside: {method: permutation_log_rank, population: infused, endpoint: os, by: doses, stratum: sex, replicates: 700}
  drawn_two: {method: permutation_log_rank, population: infused, endpoint: efs, by: sex, stratum: doses, replicates: 600}
  tip: {method: tipping_point, population: rr, event: remission, rate: 0.4}
  tip_low: {method: tipping_point, population: infused, event: "when(order < 9, missing, crs >= 1)", rate: 0.2}
  tip_groups: {method: tipping_point_groups, population: infused, event: "when(order < 9, missing, remission)", by: sex}
  exact_age: {method: exact_logistic, population: infused, event: crs >= 3, covariate: lee}
  exact_sex: {method: exact_logistic, population: infused, event: remission, covariate: sex, stratum: doses}
  exact_end: {method: exact_logistic, population: infused, event: lee >= 2, covariate: lee, stratum: stratum}
  not_falling: {method: isotonic, population: infused, event: crs >= 2, dose: dose}
  levels_off: {method: emax, population: infused, response: "saturating", dose: rising}
  levels_off_not: {method: emax, population: infused, response: age, dose: dose}
  firth: {method: firth_cox, population: infused, endpoint: os, covariates: [age, stratum]}
  firth_strata: {method: firth_cox, population: infused, endpoint: efs, covariates: [doses], stratum: sex}
  current_late: {method: current_leukaemia_free_survival, population: infused, endpoint: late_os, changes: [relapse_on, again_on], at: [1, 3, 6, 12], by: sex}
  current_late_days: {method: current_leukaemia_free_survival, population: infused, endpoint: late_os, changes: [relapse_on], start: disease, at: [40, 200], unit: days, transform: log}
  history: {method: one_sample_log_rank, population: infused, endpoint: os, median: 6, by: sex}
  history_late: {method: one_sample_log_rank, population: infused, endpoint: late_os, median: 9.5, alternative: less}
  history_days: {method: one_sample_log_rank, population: infused, endpoint: efs, median: 90, unit: days, alternative: greater}
  firth_late: {method: firth_cox, population: infused, endpoint: late_os, covariates: [lee]}
  if_not: {method: conditional_probability, population: infused, endpoint: relapse, time: 6, by: stratum}
  if_not_late: {method: conditional_probability, population: infused, endpoint: late_relapse, time: 9, cause: death}
  trend_age: {method: jonckheere_terpstra, population: infused, variable: age, by: doses}
  trend_codes: {method: jonckheere_terpstra, population: infused, variable: lee, by: crs_grade}
  courses_boin: {method: escalation_characteristics, population: infused, design: boin, rates: [0.05, 0.2, 0.4], trials: 60, target: 0.25}
  courses_mtpi: {method: escalation_characteristics, population: infused, design: mtpi-2, rates: [0.3, 0.5], trials: 50, cohort: 4, n_max: 18}
  courses_crm: {method: escalation_characteristics, population: infused, design: crm, rates: [0.05, 0.2, 0.4], skeleton: [0.1, 0.2, 0.3], trials: 30, n_max: 15}
  pooled_pm: {method: pool, population: infused, file: data/literature/cart19_ball_trials.csv, n: n_cr, N: n_evaluable, tau2: pm}
  pooled_arcsine: {method: pool, population: infused, file: data/literature/cart19_ball_trials.csv, n: n_cr, N: n_evaluable, transform: freeman-tukey, knapp_hartung: false}
  pooled_two: {method: pool, population: infused, file: data/literature/cart19_ball_trials.csv, n: n_cr, N: n_evaluable, trials: "year == 2014 and target == 'CD19'"}
  steps: {method: trend, population: infused, event: crs >= 2, by: doses, variant: n-1}
  unknown: {method: missing_response, population: rr, event: remission, by: sex}
  incidence: {method: cumulative_incidence, population: infused, endpoint: relapse, at: [3, 6, 12], by: stratum, transform: log}
  signed: {method: signed_rank, population: infused, after: age, before: lee}
  signed_codes: {method: signed_rank, population: first, after: crs, before: lee, alternative: greater}
  signed_few: {method: signed_rank, population: first, after: age, before: dose}
  tau: {method: kendall, population: infused, x: age, y: crs}
  tau_few: {method: kendall, population: first, x: age, y: order}
figures: {}
tables: {}
"""
COLUMNS = """    rising: {expression: order - 6 * round(order / 6) + 3, label: Dose}
    saturating: {expression: 3 + 9 * rising / (2 + rising) + age / 50, label: Response}
"""


def wanted() -> str:
    text = plan(ANALYSES, ENTRY)
    return text.replace("    fever_grade:", COLUMNS + "    fever_grade:", 1)


@COHORTS
def test_plain_python_agrees_on_every_statistic(cohort, tmp_path):
    agrees(tmp_path, wanted(), cohort, by_r=False)


@NEEDS_R
@COHORTS
def test_beside_r_nothing_is_left(cohort, tmp_path):
    agrees(tmp_path, wanted(), cohort, by_r=True)
