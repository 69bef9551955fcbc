"""The second computation of risks within strata and of models after multiple imputation: R agrees on every statistic, plain Python never differs."""

from audit.twice import COHORTS, NEEDS_R, compared, plan, unanswered
from trialpress.audit import concordance

ANALYSES = """analyses:
  difference: {method: risk_difference, population: infused, event: crs >= 2, by: sex, stratum: stratum}
  difference_sato: {method: risk_difference, population: infused, event: crs >= 2, by: sex, stratum: doses, interval: sato}
  difference_robins: {method: risk_difference, population: infused, event: crs >= 4, by: stratum, stratum: doses, interval: greenland-robins}
  ratio: {method: risk_ratio, population: infused, event: crs >= 2, by: sex, stratum: doses}
  ratio_none: {method: risk_ratio, population: infused, event: crs >= 9, by: sex, stratum: stratum}
  completed: {method: multiple_imputation, population: infused, variable: lee, by: doses, covariates: [age, stratum], auxiliary: [crs], imputations: 5, iterations: 2}
  completed_two: {method: multiple_imputation, population: infused, variable: age, by: sex, covariates: [lee], imputations: 6, iterations: 2}
  completed_odds: {method: multiple_imputation, population: infused, variable: remission, by: sex, covariates: [age, lee], imputations: 3, iterations: 2}
figures: {}
tables: {}
"""


@NEEDS_R
@COHORTS
def test_r_agrees_on_every_statistic(cohort, tmp_path):
    rest = unanswered(*compared(tmp_path, plan(ANALYSES), cohort), by_r=True)
    assert rest.empty, rest.to_string()


@COHORTS
def test_plain_python_does_not_differ(cohort, tmp_path, monkeypatch):
    monkeypatch.setattr(concordance.shutil, "which", lambda name: None)
    results, found = compared(tmp_path, plan(ANALYSES), cohort)
    rest = unanswered(results, found, by_r=False)
    assert set(rest["statistic"]) <= {"statistic", "df", "df_residual", "p_value"}, (
        rest.to_string()
    )  # of the pooled F test
