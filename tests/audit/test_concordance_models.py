"""The second computation of models, agreement and designs: R agrees, and says nothing where there is nothing to say."""

import shutil

import pytest
from figures.small import PLAN, small
from trialpress.audit import concordance
from trialpress.audit.concordance import Second, once

ANALYSES = """analyses:
  drift: {method: ancova, population: infused, variable: change, by: doses, covariates: [lee, sex], interaction: sex}
  drift_hc3: {method: ancova, population: infused, variable: change, by: sex, covariates: [dose], interaction: dose, errors: hc3}
  ages: {method: ancova, population: infused, variable: age, by: doses}
  after: {method: ancova, population: infused, variable: change, by: sex, covariates: [baseline], rows: {table: levels, at: day == 14, value: log10(copies), baseline: day == 7}}
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
WANTED = PLAN[: PLAN.index("analyses:")] + ANALYSES


COHORTS = pytest.mark.parametrize("cohort", [{"n": 90}, {"n": 30, "events": False}], ids=["large", "no events"])


@COHORTS
def test_plain_python_agrees_on_every_statistic_but_a_second_stage_of_another_size(cohort, tmp_path, monkeypatch):
    monkeypatch.setattr(concordance.shutil, "which", lambda name: None)
    results = small(tmp_path, plan=WANTED, **cohort)
    found, _ = Second(results).answer()
    differ = found[found["verdict"] == "differs"]
    assert differ.empty, differ.to_string()
    rest = once(results, found, {}, False)
    rest = rest[~rest["why"].str.startswith("no value to compare: ")]
    assert set(zip(rest["analysis"], rest["statistic"], strict=True)) <= {("trial", "p_value")}, rest.to_string()


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not here")
@COHORTS
def test_r_agrees_on_every_statistic(cohort, tmp_path):
    results = small(tmp_path, plan=WANTED, **cohort)
    second = Second(results)
    found, _ = second.answer()
    assert second.failed == {}
    differ = found[found["verdict"] == "differs"]
    assert differ.empty, differ.to_string()
    rest = once(results, found, {}, True)
    one_sided = rest[~rest["why"].str.startswith("no value to compare: ")]
    assert one_sided.empty, one_sided.to_string()
