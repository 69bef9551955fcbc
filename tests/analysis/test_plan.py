"""Families of p-values, files that analyses read, and options that a statistic refuses."""

from __future__ import annotations

import numpy as np
import pytest
from figures.small import PLAN, small
from trialpress.errors import InputError
from trialpress.stats.multiplicity import adjust

COMPARISONS = """
  by_sex: {method: fisher, population: infused, event: remission, by: sex, family: FAMILY}
  by_stratum: {method: fisher, population: infused, event: remission, by: stratum, family: FAMILY}
  age: {method: mann_whitney, population: infused, variable: age, by: sex, family: FAMILY}
  of_nobody: {method: mann_whitney, population: nobody, variable: age, by: sex, family: FAMILY}
  no_test: {method: proportion, population: infused, event: remission, family: FAMILY}
  alone: {method: mann_whitney, population: infused, variable: dose, by: sex}
"""
MORE = "  more: {OPTIONS}\n"


def study(folder, families: str, analyses: str, endpoint: str = ""):
    """The synthetic study with these analyses only."""
    start = PLAN.partition("analyses:\n")[0].replace("endpoints:\n", f"endpoints:\n{endpoint}")
    return small(folder, plan=f"{start}families: {families}\nanalyses:\n{analyses or '  {}'}\n")


@pytest.mark.parametrize("method", ["holm", "hochberg", "benjamini-hochberg"])
def test_the_overall_p_values_of_a_family_are_adjusted_together(tmp_path, method):
    results = study(tmp_path, f"{{main: {method}}}", COMPARISONS.replace("FAMILY", "main"))
    names = ["by_sex", "by_stratum", "age"]
    p_values = [results.value(name, "p_value") for name in names]
    adjusted = [results.value(name, "p_value_adjusted") for name in names]
    expected = adjust(p_values, method)
    assert adjusted == pytest.approx([expected[f"p_adjusted:{i}"] for i in (1, 2, 3)], rel=1e-12)
    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))
    for name in ("of_nobody", "no_test"):
        assert np.isnan(results.value(name, "p_value_adjusted"))
        assert "not estimable: no p-value" in results.value(name, "p_value_adjusted", what="note")
    rows = results.ard[results.ard["statistic"] == "p_value_adjusted"]
    assert sorted(rows["analysis"]) == sorted([*names, "of_nobody", "no_test"])
    assert (rows["group"] == "").all() and (rows["level"] == "").all()
    assert (
        rows["method"].str.contains(method[:4], case=False).all() and rows["method"].str.contains("family of 3").all()
    )


def test_an_undeclared_family_is_an_error_with_the_nearest_name(tmp_path):
    with pytest.raises(InputError, match="the family 'mian' is not declared") as error:
        study(tmp_path, "{main: holm}", COMPARISONS.replace("FAMILY", "mian"))
    assert "did you mean 'main'?" in str(error.value)
    with pytest.raises(InputError, match="bonferroni"):
        study(tmp_path, "{main: bonferroni}", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            "method: exact_test, population: infused, event: remission, rate: 1.5",
            "must be a number between 0 and 1, is 1.5",
        ),
        (
            "method: mantel_byar, population: infused, endpoint: os, begin: age",
            "'age' is a number, and the endpoint 'os' is from dates",
        ),
        ("method: gray, population: infused, endpoint: os, by: sex", "write competing: true"),
        ("method: restricted_mean, population: infused, endpoint: os, until: -3", "must be a number above 0, is -3"),
        (
            "method: permutation_log_rank, population: infused, endpoint: os, by: sex, replicates: -5",
            "must be a whole number, 1 or more, is -5",
        ),
        (
            "method: bootstrap, population: infused, variable: age, resamples: 0",
            "must be a whole number, 1 or more, is 0",
        ),
        (
            "method: survival_quantiles, population: infused, endpoint: os, quantiles: [25]",
            "must be a number between 0 and 1, is 25",
        ),
    ],
)
def test_an_option_that_a_statistic_refuses_is_an_error_of_the_plan(tmp_path, options, message):
    with pytest.raises(InputError, match="plan.yaml, analyses.more") as error:
        study(tmp_path, "{}", MORE.replace("OPTIONS", options))
    assert message in str(error.value)


def test_a_file_must_exist_and_its_columns_be_named_right(tmp_path):
    pool = "method: pool, population: infused, file: FILE, n: n, N: N"
    with pytest.raises(InputError, match="the file 'nowhere.csv' does not exist"):
        study(tmp_path, "{}", MORE.replace("OPTIONS", pool.replace("FILE", "nowhere.csv")))
    trials = tmp_path / "published.csv"
    trials.write_text("trial,overlaps,n,N\na,,1,2\nb,,2,3\n")
    results = study(tmp_path, "{}", MORE.replace("OPTIONS", pool.replace("FILE", f"'{trials}'")))
    assert results.value("more", "N") == 5 and results.plan.files == [str(trials)]
    with pytest.raises(InputError, match="has no column 'm'"):
        study(tmp_path, "{}", MORE.replace("OPTIONS", pool.replace("FILE", f"'{trials}'").replace("n: n", "n: m")))
    with pytest.raises(InputError, match="targett"):
        study(
            tmp_path, "{}", MORE.replace("OPTIONS", pool.replace("FILE", f"'{trials}'") + ", trials: targett == 'CD19'")
        )


RELAPSE = """
  after_response: {label: Relapse, origin: response_on, events: {relapse: relapse_on, death in remission: died_on},
    censor: last_on, competing: true}
"""


def test_a_cause_is_named_by_the_endpoint(tmp_path):
    options = "method: cumulative_incidence, population: infused, endpoint: after_response, at: [6], cause: "
    death, relapse = (
        study(tmp_path, "{}", MORE.replace("OPTIONS", options + cause), RELAPSE)
        for cause in ("death in remission", "relapse")
    )
    events = death.value("more", "events", level="death in remission")
    assert death.value("more", "competing_events", level="death in remission") == relapse.value(
        "more", "events", level="relapse"
    )
    assert events == relapse.value("more", "competing_events", level="relapse") > 0
    with pytest.raises(InputError, match="did you mean 'relapse'?"):
        study(tmp_path, "{}", MORE.replace("OPTIONS", options + "relapsed"), RELAPSE)
