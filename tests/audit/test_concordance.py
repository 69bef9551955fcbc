"""A second implementation agrees with the first on every statistic that both have, and says so where they do not."""

import math
import re
import subprocess

import pandas as pd
import pytest
from audit import test_concordance_models, test_concordance_rest, test_concordance_tests, test_concordance_times
from audit.twice import NEEDS_R, second
from figures.small import PLAN, small
from trialpress.analysis.methods import METHODS
from trialpress.audit import computing, plain
from trialpress.audit.concordance import KEY, compare, difference, once, share
from trialpress.audit.exports import EXPORTS

ANALYSES = """analyses:
  cr: {method: proportion, population: infused, event: remission, by: doses}
  cr_wilson: {method: proportion, population: infused, event: remission, interval: wilson}
  cr_jeffreys: {method: proportion, population: rr, event: remission, interval: jeffreys, where: age > 20}
  cr_nobody: {method: proportion, population: nobody, event: remission}
  age: {method: summary, population: infused, variable: age, by: doses}
  lee: {method: frequency, population: infused, variable: crs_grade, by: stratum}
  baseline: {method: baseline, population: infused, variables: [sex, age, doses, lee], by: stratum}
  hct: {method: fisher, population: infused, event: present(hct_on), by: sex}
  cr_by_sex: {method: fisher, population: rr, event: remission, by: sex, family: both}
  difference: {method: risk_difference, population: infused, event: remission, by: sex}
  ratio: {method: risk_ratio, population: infused, event: remission, by: sex}
  grades: {method: fisher_rxc, population: infused, variable: crs_grade, by: doses, family: both}
  chi: {method: chi_square, population: infused, variable: crs_grade, by: stratum}
  trend: {method: trend, population: infused, event: crs >= 2, by: doses}
  trend_r: {method: trend, population: infused, event: crs >= 2, by: doses, variant: r}
  lee_by_sex: {method: mann_whitney, population: infused, variable: lee, by: sex}
  age_by_dose: {method: kruskal_wallis, population: infused, variable: age, by: doses}
  rank: {method: spearman, population: infused, x: dose, y: lee}
  os: {method: kaplan_meier, population: infused, endpoint: os, by: stratum, at: [6, 12]}
  efs: {method: kaplan_meier, population: infused, endpoint: efs, at: [6], transform: log, unit: years}
  os_nobody: {method: kaplan_meier, population: nobody, endpoint: os}
  follow_up: {method: follow_up, population: infused, endpoint: os}
  os_test: {method: log_rank, population: infused, endpoint: os, by: stratum}
  os_weighted: {method: log_rank, population: infused, endpoint: os, by: doses, rho: 1}
  os_stratified: {method: log_rank, population: infused, endpoint: os, by: sex, stratum: stratum}
  os_stratified_late: {method: log_rank, population: infused, endpoint: late_os, by: doses, stratum: sex, rho: 1}
  os_trend: {method: log_rank, population: infused, endpoint: os, by: doses, trend: true}
  os_trend_stratified: {method: log_rank, population: infused, endpoint: efs, by: doses, trend: true, stratum: stratum, gamma: 1}
  model_stratified: {method: cox, population: infused, endpoint: os, covariates: [age, sex], stratum: stratum}
  model_profile: {method: cox, population: infused, endpoint: os, covariates: [age, sex], interval: profile}
  model_profile_one: {method: cox, population: infused, endpoint: late_os, covariates: [age], stratum: stratum, interval: profile}
  model: {method: cox, population: infused, endpoint: os, covariates: [stratum, age, doses], family: models}
  model_of_one: {method: cox, population: infused, endpoint: os, covariates: [stratum, age], family: models, family_of: [stratum=mrd]}
  breslow: {method: cox, population: infused, endpoint: efs, covariates: [age], ties: breslow}
  copies: {method: kinetics_by_day, population: infused, table: levels, day: day, value: copies, by: stratum}
  missing: {method: missing_response, population: rr, event: remission}
  mean: {method: restricted_mean, population: infused, endpoint: os, until: 6, by: stratum}
  relapse: {method: cumulative_incidence, population: infused, endpoint: relapse, at: [6, 12]}
  death: {method: cumulative_incidence, population: infused, endpoint: relapse, cause: death, by: stratum, at: [6], unit: years}
  relapse_test: {method: gray, population: infused, endpoint: relapse, by: sex, cause: relapse}
  hct_landmark: {method: landmark, population: infused, endpoint: efs, begin: hct_on, days: [60, 90]}
  hct_test: {method: mantel_byar, population: infused, endpoint: efs, begin: hct_on}
  hct_curve: {method: simon_makuch, population: infused, endpoint: efs, begin: hct_on, at: [6, 12]}
  hct_cox: {method: time_dependent_cox, population: infused, endpoint: efs, begin: hct_on}
  hct_naive: {method: naive_comparison, population: infused, endpoint: efs, begin: hct_on}
  firth: {method: firth_logistic, population: infused, event: crs >= 3, covariates: [age, stratum]}
  late_os: {method: kaplan_meier, population: infused, endpoint: late_os, by: stratum, at: [1, 6, 12]}
  late_follow_up: {method: follow_up, population: infused, endpoint: late_os, by: stratum, transform: log}
  late_test: {method: log_rank, population: infused, endpoint: late_os, by: doses}
  late_weighted: {method: log_rank, population: infused, endpoint: late_os, by: stratum, rho: 1}
  late_model: {method: cox, population: infused, endpoint: late_os, covariates: [stratum, age]}
  late_relapse: {method: cumulative_incidence, population: infused, endpoint: late_relapse, by: stratum, at: [1, 6, 12]}
  peak: {method: summary, population: infused, variable: value, by: stratum, rows: {table: levels, at: day == 14, value: copies, baseline: day == 0}}
  rise: {method: mann_whitney, population: infused, variable: change, by: sex, alternative: greater, rows: {table: levels, at: day == 14, value: log10(copies), baseline: day == 7}}
  cr_above: {method: fisher, population: infused, event: remission, by: sex, alternative: greater}
  age_below: {method: mann_whitney, population: infused, variable: age, by: sex, alternative: less}
  pooled: {method: pool, population: infused, file: data/literature/cart19_ball_trials.csv, n: n_cr, N: n_evaluable}
  os_less: {method: survival_difference, population: infused, endpoint: os, by: stratum, at: [1, 6, 12]}
  dlt: {method: dose_escalation, population: first, event: toxic, by: dose_level, cohort: cohort}
  harm: {method: toxicity, population: infused, table: events, term: term, grade: grade, by: stratum, related: grade >= 2, classes: {Pyrexia: General, "Nausea|vomiting": Gut, "Neutrophil count *decreased*": Blood, Seizure: Nerves}, p_values: true}
  together: {method: combinations, population: infused, sets: {Remission: remission, R/R: arm == 'rr', Severe CRS: lee >= 3}}
  harm_by_dose: {method: toxicity, population: infused, table: events, term: term, grade: grade, by: doses, severe: 4, events: grade < 5}
  harm_of_all: {method: toxicity, population: rr, table: events, term: term, grade: grade}
  pooled_dl: {method: pool, population: infused, file: data/literature/cart19_ball_trials.csv, n: n_cr, N: n_evaluable, tau2: dl, knapp_hartung: false}
  trend_few: {method: trend, population: infused, event: crs >= 4, by: doses}
  scales: {method: crosstab, population: infused, variable: crs_grade, columns: [lee, response]}
  exposed: {method: exposure, population: infused, table: levels, day: day, value: copies, limit: 50, by: sex, until: 14}
  exposed_all: {method: exposure, population: infused, table: levels, day: day, value: copies, limit: 5000, below: missing, start: zero}
  by_dose: {method: dose_response, population: infused, event: crs >= 3, dose: dose}
  by_dose_firth: {method: dose_response, population: infused, event: crs >= 3, dose: dose, firth: true}
  os_apart: {method: survival_difference, population: infused, endpoint: os, by: stratum, at: [6]}
  told: {method: roc, population: infused, event: remission, score: age, lower: true}
  told_by_grade: {method: roc, population: infused, event: crs >= 3, score: lee}
  ordered: {method: concordance_index, population: infused, endpoint: os, score: age}
  age_median: {method: bootstrap, population: infused, variable: age, by: sex}
figures: {}
tables: {}
"""
LATE = """  late_os: {label: OS from response on, origin: infused_on, events: {death: died_on}, censor: last_on, entry: response_on}
  late_relapse: {label: Relapse, origin: infused_on, events: {relapse: relapse_on, death: died_on}, censor: last_on, competing: true, entry: response_on}
"""
WANTED = PLAN[: PLAN.index("analyses:")] + LATE + "families: {both: holm, models: holm}\n" + ANALYSES


@pytest.fixture(
    scope="module", params=[{"n": 51}, {"n": 120}, {"n": 40, "events": False}], ids=["trial", "large", "no events"]
)
def results(request, tmp_path_factory):
    return small(tmp_path_factory.mktemp("small"), plan=WANTED, **request.param)


@NEEDS_R
def test_r_agrees_on_nearly_every_statistic(results, capsys):
    found, answer = second(results)
    differ = found[found["verdict"] == "differs"]
    assert differ.empty, differ.to_string()
    assert set(answer.versions) >= {"R", "survival"}
    said = share(results.ard, found)
    assert said["computed_twice"] >= 0.97 * results.ard["value"].notna().sum(), "too few statistics have a second value"
    estimable = set(results.ard.loc[results.ard["value"].notna(), "analysis"])
    assert set(found["analysis"]) >= estimable - {"cr_nobody", "os_nobody"}
    assert found["implementation"].ne("").all()


@NEEDS_R
def test_every_statistic_has_a_second_value_or_a_reason(results):
    found, answer = second(results)
    rest = once(results, found, answer.failed, True)
    both = pd.concat([found[KEY], rest[KEY]])
    assert answer.failed == {} and not both.duplicated().any()
    assert sorted(map(tuple, both.to_numpy())) == sorted(map(tuple, results.ard[KEY].to_numpy()))
    known = rest.merge(results.ard, on=KEY)
    assert known["why"].ne("").all()
    assert known.loc[known["value"].isna(), "why"].str.startswith("no value to compare: ").all()


@NEEDS_R
def test_r_loads_what_survival_imports_of_matrix_when_it_is_called():
    before, asked, _ = computing.SCRIPT.read_text(encoding="utf-8").partition('ready <- file("stdin")')
    assert asked
    check = """
    loaded <- "Matrix" %in% loadedNamespaces(); m <- matrix(c(-1, 0, 1, 0), 2)
    names <- unlist(lapply(Filter(function(i) names(i) == "Matrix", split(i <- getNamespaceImports("survival"), seq_along(i))), `[[`, 1))
    same <- all(vapply(unique(names), function(n) identical(get(n, parent.env(asNamespace("survival")))(m), getExportedValue("Matrix", n)(m)), NA))
    cat(loaded, same, "Matrix" %in% loadedNamespaces(), "package:survival" %in% search())"""
    done = subprocess.run(["Rscript", "--vanilla", "-e", before + check], capture_output=True, text=True, check=True)
    assert done.stdout == "FALSE TRUE TRUE TRUE"


@NEEDS_R
def test_where_r_stops_the_reason_is_what_it_said(tmp_path, monkeypatch):
    script = tmp_path / "concordance.R"
    text = computing.SCRIPT.read_text(encoding="utf-8")
    script.write_text(
        text.replace(
            "  spearman = function(d, conf) correlated", '  spearman = function(d, conf) stop("no memory", correlated'
        ).replace('stop("no memory", correlated("", d, conf),', 'stop("no memory"),')
    )
    monkeypatch.setattr(computing, "SCRIPT", script)
    results = small(tmp_path, plan=WANTED)
    by_python = second(results)[0].set_index("analysis").loc["rank", "implementation"]
    assert by_python.str.startswith("Python, ").all()  # what R leaves
    monkeypatch.setitem(plain.METHODS, "spearman", lambda job: ())
    found, answer = second(results)
    rest = once(results, found, answer.failed, True)
    assert set(rest.loc[rest["analysis"] == "rank", "why"]) == {"the second computation stopped: no memory"}
    without = once(results, found[:0], {}, False)["why"]
    assert set(without[~without.str.startswith("no value to compare: ")]) == {"needs R, which is not installed here"}


def test_where_plain_python_stops_the_reason_is_what_it_said(tmp_path, monkeypatch):
    def stops(job):
        yield "", "", "counting", 1e-9, {"n": 90.0}
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    monkeypatch.setitem(plain.METHODS, "spearman", stops)
    results = small(tmp_path, plan=WANTED)
    found, answer = second(results)
    assert answer.failed == {"rank": "ZeroDivisionError: division by zero"}
    rest = once(results, found, answer.failed, False)
    assert set(rest.loc[rest["analysis"] == "rank", "why"]) == {
        "the second computation stopped: ZeroDivisionError: division by zero"
    }


@NEEDS_R
def test_a_wrong_first_value_is_found(tmp_path):
    results = small(tmp_path, plan=WANTED)
    ard = results.ard
    for analysis, statistic in (
        ("cr_wilson", "ci_low"),
        ("model", "lr_statistic"),
        ("grades", "p_value"),
        ("rank", "estimate"),
    ):
        ard.loc[(ard["analysis"] == analysis) & (ard["statistic"] == statistic), "value"] *= 1 + 1e-5
    found, _ = second(results)
    differ = found[found["verdict"] == "differs"]
    assert set(zip(differ["analysis"], differ["statistic"], strict=True)) == {
        ("cr_wilson", "ci_low"), ("model", "lr_statistic"), ("grades", "p_value"), ("rank", "estimate")
    }  # fmt: skip


def test_without_r_plain_python_computes_what_needs_no_package(results, monkeypatch):
    monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    found, answer = second(results)
    differ = found[found["verdict"] == "differs"]
    assert differ.empty, differ.to_string()
    assert list(answer.versions) == ["Python"] and found["implementation"].str.startswith("Python, ").all()
    methods = {results.plan.analyses[name]["method"] for name in found["analysis"]}
    wanted = set(plain.METHODS) & set(re.findall(r"method: (\w+)", ANALYSES))
    assert wanted - methods <= {"log_rank"} and methods <= wanted  # no test without an event
    rest = once(results, found, answer.failed, False)
    left = rest[~rest["why"].str.startswith("no value to compare: ")]
    # of 120 participants more tables than are listed one by one
    assert set(left["analysis"]) <= {"grades", "cr_by_sex"}, left.to_string()
    assert set(left["why"]) <= {"needs R, which is not installed here"}
    assert len(rest) + len(found) == len(results.ard)


def test_a_wrong_first_value_is_found_without_r(tmp_path, monkeypatch):
    monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    results = small(tmp_path, plan=WANTED)
    wrong = [
        ("cr", "ci_high"),
        ("os", "estimate"),
        ("age", "q3"),
        ("difference", "ci_low"),
        ("harm", "severe"),
        ("relapse", "estimate"),
        ("model", "hazard_ratio"),
        ("os_stratified", "statistic"),
        ("hct", "odds_ratio"),
        ("pooled", "prediction_low"),
    ]
    for analysis, statistic in wrong:
        results.ard.loc[(results.ard["analysis"] == analysis) & (results.ard["statistic"] == statistic), "value"] *= (
            1 + 1e-5
        )
    found, _ = second(results)
    differ = found[found["verdict"] == "differs"]
    assert set(zip(differ["analysis"], differ["statistic"], strict=True)) == set(wrong)


@NEEDS_R
def test_of_too_many_pairs_r_computes_what_needs_no_pair(tmp_path, monkeypatch):
    script, text = tmp_path / "concordance.R", computing.SCRIPT.read_text(encoding="utf-8")
    assert text.count("> 1e7") == 1
    script.write_text(text.replace("> 1e7", "> 3"), encoding="utf-8")
    monkeypatch.setattr(computing, "SCRIPT", script)
    monkeypatch.setattr(plain, "METHODS", {})  # R alone
    results = small(tmp_path, plan=WANTED)
    found, answer = second(results)
    of = {name: set(rows["statistic"]) for name, rows in found.groupby("analysis")}
    assert answer.failed == {}
    assert of["lee_by_sex"] == {"n", "median", "statistic", "p_value", "n1", "n2"}
    assert of["age_by_dose"] == {"n", "groups", "median", "statistic", "df", "p_value"}
    assert of["told"] == {"n", "events"}


def test_every_method_of_the_plan_is_computed_twice_and_tried():
    tried = (test_concordance_models, test_concordance_rest, test_concordance_tests, test_concordance_times)
    asked = re.findall(r"method: (\w+)", ANALYSES + "".join(module.ANALYSES for module in tried))
    assert set(METHODS.functions) == set(EXPORTS) == set(asked)


def test_every_method_has_code_of_its_own():
    script = computing.SCRIPT.read_text(encoding="utf-8")
    of_r = set(re.findall(r"(?:^  |methods\$)(\w+) (?:=|<-) (?:function|methods)", script, re.M)) & set(
        METHODS.functions
    )
    assert set(plain.METHODS) == set(METHODS.functions) > of_r


def test_differences():
    nan = math.nan
    assert (
        difference(nan, nan) == 0
        and difference(math.inf, math.inf) == 0
        and difference(2, 1) == 1
        and difference(1e-13, 0) == 1e-13
    )
    assert math.isnan(difference(nan, 1)) or difference(nan, 1) == math.inf
    ard = pd.DataFrame([["a", "", "", "n", 1.0], ["a", "", "", "p", nan]], columns=[*KEY, "value"])
    second = pd.DataFrame([["a", "", "", "n", "NA", "1e-9", "R"], ["a", "", "", "p", "NA", "1e-9", "R"]],
                          columns=[*KEY, "second", "tolerance", "implementation"])  # fmt: skip
    assert list(compare(ard, second)["verdict"]) == ["differs", "agrees"]
