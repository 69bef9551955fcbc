"""The second computation of models, agreement and designs: R agrees, and says nothing where there is nothing to say."""

from audit.twice import COHORTS, NEEDS_R, agrees, plan

ANALYSES = """analyses:
  drift: {method: ancova, population: infused, variable: change, by: doses, covariates: [lee, sex], interaction: sex}
  drift_hc3: {method: ancova, population: infused, variable: change, by: sex, covariates: [dose], interaction: dose, errors: hc3}
  ages: {method: ancova, population: infused, variable: age, by: doses}
  after: {method: ancova, population: infused, variable: change, by: sex, covariates: [baseline], rows: {table: levels, at: day == 14, value: log10(copies), baseline: day == 7}}
  course: {method: mmrm, population: infused, variable: value, by: sex, visit: day, by_visit: [age], covariates: [stratum], covariance: [unstructured], rows: {table: levels, at: "day in (7, 14, 21) and not (order == 3 and day == 14)", value: log10(copies) + (age * day - 13 * round(age * day / 13)) / 20}}
  course_change: {method: mmrm, population: infused, variable: change, by: doses, visit: day, covariates: [baseline], covariance: [heterogeneous-toeplitz, ar1], df: satterthwaite, rows: {table: levels, at: "day in (14, 21, 28, 60) and not (age < 20 and day == 60)", value: log10(copies) + (age * day - 13 * round(age * day / 13)) / 20, baseline: day == 7}}
  course_ar1: {method: mmrm, population: infused, variable: value, by: sex, visit: day, covariates: [age], covariance: [heterogeneous-ar1], rows: {table: levels, at: "day in (14, 21, 28, 60) and not (age < 20 and day == 60)", value: log10(copies) + (age * day - 13 * round(age * day / 13)) / 20}}
  course_cs: {method: mmrm, population: infused, variable: value, by: doses, visit: day, covariates: [age], covariance: [compound-symmetry], rows: {table: levels, at: "day in (14, 21, 28, 60) and not (age < 20 and day == 60)", value: log10(copies) + (age * day - 13 * round(age * day / 13)) / 20}}
  often: {method: gee, population: infused, variable: value, by: sex, visit: day, covariates: [age], rows: {table: levels, at: "day in (14, 21, 28) and not (age < 20 and day == 28)", value: copies * (age + 20) > 1e6}}
  often_robust: {method: gee, population: infused, variable: value, by: doses, visit: day, model: poisson, errors: robust, rows: {table: levels, at: "day in (14, 21, 28)", value: round(log10(copies))}}
  often_linear: {method: gee, population: infused, variable: value, by: doses, visit: day, model: linear, correlation: independence, covariates: [stratum], rows: {table: levels, at: "day in (14, 21, 28)", value: log10(copies) + (age * day - 13 * round(age * day / 13)) / 20}}
  two_ranks: {method: mann_whitney, population: infused, variable: age, by: sex, stratum: doses}
  two_ranks_codes: {method: mann_whitney, population: infused, variable: lee, by: sex, stratum: stratum, alternative: less}
  pair_means: {method: pairwise_means, population: infused, variable: age, by: doses}
  pair_first: {method: pairwise_means, population: infused, variable: age, by: crs_grade, adjust: dunnett}
  pair_plain: {method: pairwise_means, population: infused, variable: lee, by: doses, adjust: none, family: several}
  pair_ranks: {method: pairwise_ranks, population: infused, variable: age, by: doses, family: several}
  pair_shares: {method: pairwise_proportions, population: infused, event: remission, by: doses, against: first}
  pair_times: {method: pairwise_log_rank, population: infused, endpoint: os, by: doses}
  pair_strata: {method: pairwise_log_rank, population: infused, endpoint: efs, by: doses, stratum: sex, against: first}
  strata_times: {method: log_rank, population: infused, endpoint: os, by: doses, stratum: sex}
  strata_rho: {method: log_rank, population: infused, endpoint: efs, by: sex, stratum: doses, rho: 1}
  strata_cox: {method: cox, population: infused, endpoint: efs, covariates: [age, sex], stratum: doses}
  by_all: {method: linear_regression, population: infused, variable: age, covariates: [lee, doses, sex]}
  by_dose_hc3: {method: linear_regression, population: infused, variable: age, covariates: [dose], errors: hc3}
  gaps_linear: {method: multiple_imputation, population: infused, variable: lee, by: sex, covariates: [age, stratum], auxiliary: [crs], imputations: 4, iterations: 2}
  gaps_logistic: {method: multiple_imputation, population: infused, variable: remission, by: sex, covariates: [lee], imputations: 4, iterations: 2}
  ipw: {method: weighting, population: infused, by: sex, covariates: [age, stratum, lee]}
  ipw_att: {method: weighting, population: infused, by: sex, covariates: [age, crs], estimand: att, stabilised: false, truncate: 0.9}
  ipw_curve: {method: weighted_kaplan_meier, population: infused, endpoint: os, by: sex, covariates: [age, lee], at: [6, 99]}
  ipw_curve_att: {method: weighted_kaplan_meier, population: infused, endpoint: efs, by: sex, covariates: [age], unit: days, at: [100], transform: log, estimand: att, truncate: 0.95}
  ipw_cox: {method: weighted_cox, population: infused, endpoint: efs, by: sex, covariates: [age, stratum, lee]}
  ipw_risks: {method: weighted_risks, population: infused, event: remission, by: sex, covariates: [age, lee], stabilised: false}
  size_arm: {method: sample_size, population: infused, design: single-arm, p0: 0.2, p1: 0.4, power: 0.9}
  size_shares: {method: sample_size, population: infused, design: two-proportions, p0: 0.2, p1: 0.4}
  size_means: {method: sample_size, population: infused, design: two-means, difference: 3, sd: 5, power: 0.9}
  size_times: {method: sample_size, population: infused, design: log-rank, hazard_ratio: 0.6, event_share: 0.7}
  bent: {method: linear_spline, population: infused, variable: order, x: age, covariates: [stratum], at: [10, 60]}
  bent_odds: {method: logistic_spline, population: infused, event: crs >= 2, unknown: left_out, x: age, knots: 3, reference: "30", at: [50]}
  bent_hazard: {method: cox_spline, population: infused, endpoint: efs, x: age, covariates: [lee], knots: 5, at: [20, 40]}
  falls: {method: incidence_rate, population: infused, count: lee, exposure: age, by: sex, per: 100}
  falls_more: {method: incidence_rate, population: infused, count: remission, exposure: age, by: doses, covariates: [stratum, lee], errors: robust}
  risks: {method: standardised_risks, population: infused, event: remission, by: sex, covariates: [age, stratum]}
  risks_crude: {method: standardised_risks, population: infused, event: crs >= 3, by: stratum}
  risks_nobody: {method: standardised_risks, population: nobody, event: crs >= 3, by: stratum}
  fell: {method: paired_t, population: infused, after: age, before: lee}
  fell_sign: {method: sign_test, population: infused, after: crs, before: lee, alternative: greater}
  line: {method: pearson, population: infused, x: dose, y: age}
  raters: {method: kappa, population: infused, first: crs, second: lee}
  raters_weighted: {method: kappa, population: infused, first: crs, second: lee, weights: quadratic}
  both: {method: bland_altman, population: infused, first: crs, second: lee}
  treat: {method: number_needed, population: infused, event: remission, by: sex}
  designs: {method: simon_design, population: infused, p0: 0.1, p1: 0.3}
  trial: {method: simon_inference, population: infused, event: remission, first: order <= 20, r1: 5, n1: 20, r: 15, n: 50, p0: 0.3, p1: 0.5}
  stopped: {method: simon_inference, population: first, event: remission, first: order <= 15, r1: 14, n1: 15, r: 20, n: 40, p0: 0.3, p1: 0.5}
  stop: {method: stopping_rule, population: infused, rate: 0.3, threshold: 0.9, n_max: 31, cohort: 3, rates: [0.1, 0.3, 0.55], a: 0.6, b: 1.4}
  stop_always: {method: stopping_rule, population: infused, rate: 0.2, threshold: 0.975, n_max: 20}
  interim: {method: predictive_probability, population: infused, event: remission, n_max: 120, p0: 0.5, threshold: 0.9, a: 0.6, b: 0.4}
  strata: {method: cochran_mantel_haenszel, population: infused, variable: crs_grade, by: sex, stratum: stratum}
  strata_mean: {method: cochran_mantel_haenszel, population: infused, variable: crs_grade, by: doses, stratum: stratum, test: row_mean}
  strata_ridit: {method: cochran_mantel_haenszel, population: infused, variable: crs_grade, by: doses, stratum: sex, test: row_mean, scores: modridit}
  strata_line: {method: cochran_mantel_haenszel, population: infused, variable: crs_grade, by: doses, stratum: stratum, test: correlation}
  by_stratum: {method: logistic_interaction, population: infused, event: remission, by: sex, subgroup: stratum}
  by_dose: {method: linear_interaction, population: infused, variable: age, by: sex, subgroup: doses}
  late: {method: log_rank, population: infused, endpoint: os, by: stratum, gamma: 1}
  middle: {method: log_rank, population: infused, endpoint: efs, by: doses, rho: 1, gamma: 1}
  ranks: {method: correlations, population: infused, variables: [age, dose, crs]}
  agreed: {method: calibration, population: infused, event: crs >= 2, unknown: left_out, predicted: risk, groups: 4}
  hidden: {method: e_value, population: infused, event: crs >= 2, by: sex, covariates: [age, stratum]}
figures: {}
tables: {}
"""
WANTED = plan(ANALYSES, "families: {several: holm}\n")


@COHORTS
def test_plain_python_agrees_on_every_statistic(cohort, tmp_path):
    agrees(tmp_path, WANTED, cohort, by_r=False)


@NEEDS_R
@COHORTS
def test_r_agrees_on_every_statistic(cohort, tmp_path):
    agrees(tmp_path, WANTED, cohort, by_r=True)
