"""Every method that a plan can name, on every awkward cohort: rows, unique, printed, and a reason for every gap."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pandas as pd
import pytest
from analysis.cohort import AWKWARD, awkward, compute
from trialpress.analysis.methods import METHODS
from trialpress.contracts import CURVES
from trialpress.registry import Names

# a note that explains a gap, not one that happens to stand there
REASON = r"not estimable: \w|\w not estimable|not reached|not defined"
TRIALS = "data/literature/cart19_ball_trials.csv"
TABLE = {"table": "levels", "day": "day", "value": "copies"}
EVENT, BY = {"event": "response"}, {"by": "arm"}
OS, RELAPSE, BEGIN = {"endpoint": "os"}, {"endpoint": "relapse"}, {"endpoint": "os", "begin": "begin"}

# method -> options of the analyses that are tried
OPTIONS: dict[str, list[dict]] = {
    "proportion": [EVENT, EVENT | BY],
    "summary": [{"variable": "x"}, {"variable": "x"} | BY],
    "frequency": [{"variable": "dose_group"}, {"variable": "grade"} | BY],
    "baseline": [{"variables": ["x", "dose_group", "grade"]}, {"variables": ["x", "dose_group"]} | BY],
    "crosstab": [{"variable": "grade", "columns": ["dose_group", "arm"]}, {"variable": "arm", "columns": ["arm"]}],
    "exact_test": [EVENT | {"rate": 0.5}, EVENT | BY | {"rate": 0.5, "alternative": "greater"}],
    "beta_binomial": [EVENT | {"rate": 0.5}],
    "simon_two_stage": [{"r1": 1, "n1": 10, "r": 5, "n": 29, "p0": 0.1, "p1": 0.3}],
    "sample_size": [{"design": "single-arm", "p0": 0.1, "p1": 0.3}, {"design": "two-proportions", "p0": 0.5, "p1": 0.7, "power": 0.9},
                    {"design": "two-means", "difference": -3, "sd": 4}, {"design": "log-rank", "hazard_ratio": 0.6, "event_share": 0.5}],
    "stopping_rule": [{"rate": 0.3, "threshold": 0.9, "n_max": 12, "rates": [0.2, 0.4]}, {"rate": 0.1, "threshold": 0.99, "n_max": 30, "cohort": 4}],
    "simon_design": [{"p0": 0.1, "p1": 0.3}],
    "simon_inference": [EVENT | {"first": "later", "r1": 1, "n1": 10, "r": 5, "n": 29, "p0": 0.1, "p1": 0.3}],
    "predictive_probability": [EVENT | {"n_max": 40, "p0": 0.5, "threshold": 0.9}],
    "missing_response": [EVENT, EVENT | BY],
    "tipping_point": [EVENT | {"rate": 0.3}],
    "tipping_point_groups": [EVENT | BY],
    "fisher": [EVENT | BY, EVENT | {"by": "dose_group"}],
    "risk_difference": [EVENT | BY, EVENT | BY | {"interval": "miettinen-nurminen"}, EVENT | BY | {"stratum": "dose_group"},
                        EVENT | BY | {"stratum": "grade", "interval": "sato"}, EVENT | BY | {"stratum": "dose_group", "interval": "greenland-robins"}],
    "risk_ratio": [EVENT | BY, EVENT | BY | {"stratum": "dose_group"}],
    "barnard": [EVENT | BY],
    "boschloo": [EVENT | BY],
    "fisher_rxc": [{"variable": "grade"} | BY],
    "chi_square": [{"variable": "grade"} | BY, {"variable": "dose_group", "correction": True} | BY],
    "mantel_haenszel": [EVENT | BY | {"stratum": "dose_group"}],
    "cochran_mantel_haenszel": [{"variable": "grade", "stratum": "dose_group", "test": test} | BY for test in ("general", "row_mean", "correlation")]
    + [{"variable": "grade", "stratum": "dose_group", "test": "row_mean", "scores": "modridit"} | BY],
    "logistic_interaction": [EVENT | BY | {"subgroup": "dose_group"}],
    "linear_interaction": [{"variable": "x", "subgroup": "dose_group"} | BY],
    "mcnemar": [{"first": "response", "second": "later"}, {"first": "response", "second": "later", "exact": False}],
    "trend": [EVENT | {"by": "dose_group", "variant": variant} for variant in ("exact", "r", "n-1")],
    "dose_escalation": [EVENT | {"by": "dose_group", "cohort": "dose_group"},
                        EVENT | {"by": "dose_group", "cohort": "dose_group", "design": "boin", "target": 0.25},
                        EVENT | {"by": "dose_group", "cohort": "dose_group", "design": "mtpi-2"},
                        EVENT | {"by": "dose_group", "cohort": "dose_group", "design": "crm", "skeleton": [0.1, 0.2, 0.3, 0.4]}],
    "escalation_characteristics": [{"design": "3+3", "rates": [0.1, 0.3]}, {"design": "boin", "rates": [0.1, 0.3], "trials": 50},
                                   {"design": "crm", "rates": [0.1, 0.3], "skeleton": [0.2, 0.3], "trials": 50, "n_max": 10}],
    "combinations": [{"sets": {"Response": "response", "Later": "later", "Grade 3": "grade >= 3"}}],
    "t_test": [{"variable": "x"} | BY, {"variable": "grade", "equal_variance": True} | BY],
    "mann_whitney": [{"variable": "x"} | BY, {"variable": "grade"} | BY, {"variable": "x", "stratum": "dose_group"} | BY,
                     {"variable": "grade", "stratum": "dose_group", "alternative": "less"} | BY],
    "pairwise_means": [{"variable": "x", "by": "dose_group"}, {"variable": "x", "by": "dose_group", "adjust": "dunnett"}, {"variable": "grade", "adjust": "none"} | BY],
    "pairwise_ranks": [{"variable": "x", "by": "dose_group"}, {"variable": "grade", "by": "dose_group", "against": "first"}],
    "pairwise_proportions": [EVENT | {"by": "dose_group"}],
    "pairwise_log_rank": [OS | {"by": "dose_group"}, OS | {"by": "dose_group", "stratum": "arm", "against": "first"}],
    "signed_rank": [{"after": "x", "before": "y"}],
    "kruskal_wallis": [{"variable": "x", "by": "dose_group"}],
    "jonckheere_terpstra": [{"variable": "x", "by": "dose_group"}],
    "spearman": [{"x": "x", "y": "grade"}],
    "kendall": [{"x": "x", "y": "grade"}],
    "logistic": [EVENT | {"covariates": ["x", "dose_group"]}, EVENT | {"covariates": ["arm"]}],
    "firth_logistic": [EVENT | {"covariates": ["x", "dose_group"]}, EVENT | {"covariates": ["arm"]}],
    "exact_logistic": [EVENT | {"covariate": "arm"}, EVENT | {"covariate": "grade", "stratum": "dose_group"},
                       EVENT | {"covariate": "x"}],
    "dose_response": [EVENT | {"dose": "dose"}, EVENT | {"dose": "dose", "firth": True}],
    "roc": [EVENT | {"score": "x"}, EVENT | {"score": "grade", "lower": True}],
    "concordance_index": [OS | {"score": "x"}, OS | {"score": "grade", "lower": True, "weights": "uno", "until": 9}, OS | {"score": "y", "stratum": "dose_group"}],
    "max_combo": [OS | BY, OS | BY | {"stratum": "dose_group"}],
    "state_probabilities": [RELAPSE | {"begin": "begin", "at": [1, 6, 100]}],
    "current_leukaemia_free_survival": [OS | {"changes": ["begin", "again"], "at": [1, 6, 100]}, OS | BY | {"changes": ["begin"], "start": "disease", "at": [3], "estimator": "aalen-johansen"},
                                        OS | {"changes": ["begin", "again"], "unit": "days", "transform": "plain"},
                                        OS | BY | {"changes": ["begin", "again"], "at": [1, 6], "unit": "weeks"}],
    "win_ratio": [BY | {"endpoints": ["os"], "higher": ["x"]}, BY | {"lower": ["grade"]}, BY | {"endpoints": ["os", "relapse"], "lower": ["y"]},
                  BY | {"endpoints": ["os"], "lower": ["y"], "stratum": "dose_group"}, BY | {"higher": ["x"], "stratum": "grade", "variance": "null-hypothesis"}],
    "changing_cox": [OS | {"begins": ["begin"], "covariates": ["x"]}, OS | {"begins": ["begin"], "stratum": "arm"}, OS | {"table": "levels", "date": "taken", "value": "copies"},
                     OS | {"begins": ["begin"], "covariates": ["arm"], "table": "levels", "date": "taken", "value": "copies", "which": "day > 3"}],
    "isotonic": [EVENT | {"dose": "grade"}, EVENT | {"dose": "dose"}],
    "emax": [{"response": "y", "dose": "grade"}],
    "kinetics_by_day": [TABLE, TABLE | BY],
    "toxicity": [{"table": "levels", "term": "day", "grade": "copies", "severe": 5000, "related": "day > 7"},
                 {"table": "levels", "term": "censored", "grade": "copies", "events": "copies > 100", "p_values": True} | BY],
    "exposure": [TABLE | {"limit": 50}, TABLE | BY | {"limit": 50, "until": 14, "below": "missing"}],
    "geometric_mean_ratio": [{"variable": "dose"} | BY, {"variable": "grade"} | BY],
    "kaplan_meier": [OS | {"at": [3, 12, 100]}, OS | BY | {"unit": "days", "transform": "plain"}],
    "survival_quantiles": [OS | {"quantiles": [0.25, 0.9]}, OS | BY | {"quantiles": [0.5]}],
    "follow_up": [OS],
    "log_rank": [OS | BY, OS | {"by": "dose_group"}, OS | {"by": "dose_group", "trend": True}, OS | BY | {"stratum": "dose_group", "rho": 1},
                 OS | BY | {"gamma": 1}, OS | {"by": "dose_group", "stratum": "arm", "rho": 0.5, "gamma": 2}],
    "one_sample_log_rank": [OS | {"median": 6}, OS | BY | {"median": 2.5, "alternative": "less", "unit": "weeks"}],
    "permutation_log_rank": [OS | BY | {"replicates": 99}, OS | BY | {"replicates": 49, "stratum": "dose_group"}, OS | {"by": "dose_group", "replicates": 49, "stratum": "grade"}],
    "restricted_mean": [OS | {"until": 6}, OS | BY | {"until": 6}, OS | {"until": 60}, OS | BY | {"until": 6, "stratum": "dose_group"}],
    "compare_at": [OS | BY | {"time": 6}, OS | BY | {"time": 99, "unit": "years", "transform": "plain"},
                   OS | BY | {"time": 6, "stratum": "dose_group"}],
    "survival_difference": [OS | BY | {"at": [3, 6]}, OS | BY | {"at": [99], "unit": "years"}],
    "cox": [OS | {"covariates": ["x", "dose_group"]}, OS | {"covariates": ["arm"], "interval": "profile"},
            OS | {"covariates": ["x"], "stratum": "arm", "ties": "breslow"}, OS | {"covariates": ["x", "arm"], "ties": "exact"},
            OS | {"covariates": ["x", "arm"], "errors": "robust"}, OS | {"covariates": ["x"], "cluster": "dose_group", "stratum": "arm"}],
    "firth_cox": [OS | {"covariates": ["x", "dose_group"]}, OS | {"covariates": ["arm"]}],
    "cox_interaction": [OS | BY | {"subgroup": "dose_group"}, OS | BY | {"subgroup": "dose_group", "stratum": "grade"}],
    "proportional_hazards": [OS | {"covariates": ["x", "arm"]}, OS | {"covariates": ["x"], "stratum": "arm"}],
    "landmark": [BEGIN | {"days": [30, 90, 900]}, BEGIN | {"days": [30, 90], "stratum": "dose_group"}],
    "mantel_byar": [BEGIN, BEGIN | {"stratum": "arm"}],
    "simon_makuch": [BEGIN | {"at": [3, 12, 100]}, BEGIN | {"landmark": 30}],
    "time_dependent_cox": [BEGIN, BEGIN | {"covariates": ["x", "arm"]}, BEGIN | {"covariates": ["x"], "stratum": "arm"}],
    "naive_comparison": [BEGIN],
    "cumulative_incidence": [RELAPSE | {"at": [3, 12, 100]}, RELAPSE | BY | {"cause": "death in remission", "variance": "cmprsk"}],
    "conditional_probability": [RELAPSE | {"time": 6}, RELAPSE | BY | {"time": 100}],
    "gray": [RELAPSE | BY, RELAPSE | {"by": "dose_group", "stratum": "arm"}],
    "fine_gray": [RELAPSE | {"covariates": ["x", "arm"]}, RELAPSE | {"covariates": ["x", "arm"], "stratum": "dose_group"}],
    "cause_specific_cox": [RELAPSE | {"covariates": ["x", "arm"], "interval": "profile"}, RELAPSE | {"covariates": ["x", "arm"], "stratum": "dose_group"}],
    "bootstrap": [{"variable": "x", "resamples": 99}, {"variable": "x", "statistic": "mean", "interval": "percentile"} | BY
                  | {"resamples": 99}],
    "bootstrap_proportion": [EVENT | {"resamples": 99}, EVENT | BY | {"resamples": 99}],
    "permutation_test": [{"variable": "x", "resamples": 99} | BY, {"variable": "grade", "statistic": "median", "resamples": 99} | BY],
    "paired_t": [{"after": "x", "before": "y"}, {"after": "x", "before": "grade", "alternative": "less"}],
    "sign_test": [{"after": "x", "before": "y"}, {"after": "grade", "before": "grade", "alternative": "greater"}],
    "pearson": [{"x": "x", "y": "grade"}, {"x": "x", "y": "x"}],
    "correlations": [{"variables": ["x", "y", "grade"]}],
    "calibration": [EVENT | {"predicted": "x"}, EVENT | {"predicted": "y", "groups": 2}],
    "kappa": [{"first": "response", "second": "later"}, {"first": "grade", "second": "grade", "weights": "quadratic"}],
    "bland_altman": [{"first": "x", "second": "y"}],
    "number_needed": [EVENT | BY, EVENT | BY | {"stratum": "dose_group"}, EVENT | BY | {"stratum": "grade", "interval": "sato"}],
    "e_value": [EVENT | BY, EVENT | BY | {"covariates": ["x", "dose_group"]}],
    "ancova": [{"variable": "x"} | BY, {"variable": "x", "by": "dose_group", "covariates": ["y"], "contrasts": "tukey"},
               {"variable": "x", "by": "dose_group", "contrasts": "all", "errors": "hc3"}, {"variable": "x", "by": "dose_group", "covariates": ["y", "arm"], "interaction": "y", "errors": "hc3"},
               {"variable": "grade", "covariates": ["y"], "interaction": "dose_group"} | BY],
    "linear_regression": [{"variable": "x", "covariates": ["y", "dose_group"]}, {"variable": "grade", "covariates": ["arm"], "errors": "hc3"}],
    "incidence_rate": [{"count": "grade", "exposure": "dose", "per": 1e5} | BY,
                       {"count": "response", "exposure": "dose", "by": "dose_group", "covariates": ["x", "arm"], "errors": "robust"},
                       {"count": "x", "exposure": "dose"} | BY],
    "mmrm": [{"variable": "x", "visit": "dose_group", "covariance": ["unstructured", "ar1"]} | BY,
             {"variable": "x", "visit": "dose_group", "by_visit": ["y"], "covariance": ["compound-symmetry"], "df": "satterthwaite"} | BY],
    "gee": [{"variable": "response", "visit": "dose_group"} | BY, {"variable": "grade", "visit": "dose_group", "model": "poisson", "covariates": ["y"]} | BY,
            {"variable": "x", "visit": "dose_group", "model": "linear", "correlation": "independence", "errors": "robust"} | BY],
    "multiple_imputation": [{"variable": "x", "covariates": ["y"], "auxiliary": ["grade"], "imputations": 3, "iterations": 2} | BY,
                            {"variable": "response", "covariates": ["later", "x"], "imputations": 3, "iterations": 2} | BY,
                            {"variable": "grade", "by": "dose_group", "covariates": ["arm"], "imputations": 2, "iterations": 1}],
    "weighting": [BY | {"covariates": ["x", "dose_group"]}, BY | {"covariates": ["later"], "estimand": "att", "stabilised": False, "truncate": 0.9}],
    "weighted_kaplan_meier": [OS | BY | {"covariates": ["x", "dose_group"], "at": [3, 100]}, OS | BY | {"covariates": ["grade"], "unit": "days", "estimand": "att"}],
    "weighted_cox": [OS | BY | {"covariates": ["x", "dose_group"]}, OS | BY | {"covariates": ["x"], "stratum": "dose_group"}],
    "weighted_risks": [EVENT | BY | {"covariates": ["x", "dose_group"]}, EVENT | BY | {"covariates": ["grade"], "truncate": 0.95}],
    "linear_spline": [{"variable": "y", "x": "x", "covariates": ["arm"], "at": [40, 60]}, {"variable": "y", "x": "grade", "knots": 3, "reference": "2"}],
    "logistic_spline": [EVENT | {"x": "x", "knots": 3, "at": [40]}, EVENT | {"x": "dose"}],
    "cox_spline": [OS | {"x": "x", "covariates": ["dose_group"], "knots": 3, "at": [40]}, OS | {"x": "grade", "knots": 5}, OS | {"x": "y", "knots": 3, "stratum": "arm"}],
    "standardised_risks": [EVENT | BY, EVENT | BY | {"covariates": ["x", "dose_group"]}],
    "pool": [{"file": TRIALS, "n": "n_cr", "N": "n_evaluable"},
             {"file": TRIALS, "n": "n_cr", "N": "n_evaluable", "trials": "year < 1900"},
             {"file": TRIALS, "n": "n_cr", "N": "n_evaluable", "trials": "year == 2014 and target == 'CD19'", "tau2": "dl"}],
}  # fmt: skip


@pytest.mark.parametrize("cohort", AWKWARD)
@pytest.mark.parametrize("method", METHODS.functions)
def test_every_method_says_what_it_cannot_estimate(method, cohort):
    population = awkward(cohort)
    for options in OPTIONS[method]:
        rows, curves = compute(method, population, **options)
        assert len(rows), options
        assert not rows.duplicated(["group", "level", "statistic"]).any(), options
        assert (rows["display"] != "").all() and (rows["method"] != "").all(), options
        gaps = rows[rows["value"].isna()]
        silent = gaps[~gaps["note"].str.contains(REASON)]
        assert silent.empty, f"{options}\n{silent.to_string()}"
        assert not curves.isna().all(axis=None) or curves.empty, options


@pytest.mark.parametrize("method", METHODS.functions)
def test_a_usual_cohort_has_a_number_for_everything_but_the_hopeless(method):
    rows, _ = compute(method, awkward("usual"), **OPTIONS[method][0])
    assert rows["value"].notna().any()
    assert rows.loc[rows["value"].notna(), "display"].str.contains(r"\d|∞").all()


@pytest.mark.parametrize("method", METHODS.functions)
def test_every_option_that_is_tried_is_one_that_a_plan_may_write(method):
    population = awkward("usual")
    names = Names(population.plan.columns, population.plan.endpoints, ["all"], [], population.tables)
    for options in OPTIONS[method]:
        assert METHODS.problems("analyses.a", {"method": method, "population": "all", **options}, names) == []


@pytest.mark.parametrize("method", METHODS.functions)
def test_every_method_and_parameter_is_described(method):
    assert (inspect.getdoc(METHODS.functions[method]) or "").split("Parameters")[0].strip().endswith(".")
    for parameter in METHODS.parameters(method):
        assert METHODS.describe_parameter(method, parameter), f"{method}.{parameter}"


@pytest.mark.parametrize("method", METHODS.functions)
def test_a_method_is_the_same_on_every_run_and_for_every_order_of_participants(method):
    population, shuffled = awkward("usual"), awkward("usual")
    shuffled.frame = shuffled.frame.sample(frac=1, random_state=1).reset_index(drop=True)
    for options in OPTIONS[method]:
        first, curves = compute(method, population, **options)
        again, curves_again = compute(method, population, **options)
        pd.testing.assert_frame_equal(first, again)
        pd.testing.assert_frame_equal(curves, curves_again)
        other, _ = compute(method, shuffled, **options)
        if "permut" not in method and "bootstrap" not in method:
            np.testing.assert_allclose(other["value"], first["value"], rtol=1e-6, atol=1e-9, equal_nan=True)


CURVED = {"kaplan_meier", "current_leukaemia_free_survival", "state_probabilities", "landmark", "naive_comparison", "simon_makuch", "cumulative_incidence", "kinetics_by_day",
          "survival_difference", "dose_response", "isotonic", "emax", "tipping_point"}  # fmt: skip


@pytest.mark.parametrize("method", METHODS.functions)
def test_curves_have_the_columns_of_the_contract(method):
    _, curves = compute(method, awkward("half missing" if method == "tipping_point" else "usual"), **OPTIONS[method][0])
    if method not in CURVED - {"emax"}:
        return
    assert {"group", "level", "x", "estimate"} <= set(curves) <= set(CURVES.columns)
    assert curves["x"].notna().all() and curves["estimate"].notna().all()
    for _, part in curves.groupby(["group", "level"]):
        assert part["x"].is_monotonic_increasing and part["x"].is_unique


def test_nothing_is_silently_infinite():
    rows, _ = compute("fisher", awkward("separation"), **EVENT, **BY)
    ratio = rows[rows["statistic"] == "odds_ratio"].iloc[0]
    assert math.isinf(ratio["value"]) and ratio["display"] == "∞"
