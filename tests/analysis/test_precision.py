"""Precision that the plan asks for: the same in results, text, tables and figures."""

from __future__ import annotations

import pandas as pd
import pytest
from figures.small import PLAN, small
from trialpress import figures, tables
from trialpress.analysis.display import percentage
from trialpress.analysis.precision import merged, printed
from trialpress.errors import InputError
from trialpress.report.variables import analysis_variables

PLAN = f"""{PLAN.partition("analyses:")[0].replace("multiplicity: none", "multiplicity: none, precision: IN_PLAN")}
analyses:
  cr: {{method: proportion, population: infused, event: remission, unknown: no_event, label: CR or CRi}}
  cr_rr: {{method: proportion, population: rr, event: remission, unknown: no_event, label: CR in R/R, precision: IN_ANALYSIS}}
  age: {{method: summary, population: infused, variable: age}}
  hct: {{method: fisher, population: infused, event: present(hct_on), by: sex}}
figures: {{rates: {{kind: rates, analyses: [cr], caption: Rates}}}}
tables:
  usual: {{kind: proportions, analyses: [cr, cr_rr], caption: Rates}}
  own: {{kind: proportions, analyses: [cr, cr_rr], precision: IN_TABLE, caption: Rates}}
"""
ONE = "{percent: 1}"  # as where nothing is said


def study(folder, plan: str = ONE, analysis: str = ONE, table: str = ONE):
    text = PLAN.replace("IN_PLAN", plan).replace("IN_ANALYSIS", analysis).replace("IN_TABLE", table)
    return small(folder, notice=False, plan=text)


def shown(results, analysis: str, *names: str) -> list[str]:
    return [results.value(analysis, name, what="display") for name in names or ("estimate", "ci_low", "ci_high")]


def test_whole_percentages_in_results_text_tables_and_figures(tmp_path):
    results = study(tmp_path, plan="{percent_below_100: 0}")
    assert shown(results, "cr") == ["75%", "60%", "86%"] and results.value("cr", "estimate") == 38 / 51
    assert analysis_variables(results)["cr"]["text"] == "38/51 (75%; 95% CI 60% to 86%)"
    assert tables.tabulate(results, "usual").frame().iloc[0].tolist()[2:] == ["38/51", "75", "60–86"]
    assert "CR or CRi 38/51, 75% (60–86)" in figures.draw(results, "rates").alt
    # a percentage that is asked for in an analysis or a table holds for small groups, too
    assert shown(results, "cr_rr", "estimate") == ["76.9%"]
    assert tables.tabulate(results, "own").frame()["%"].tolist() == ["74.5", "76.9"]


def test_what_stands_nearer_counts(tmp_path):
    results = study(tmp_path, "{percent: 0, decimals: {mean: 3}}", "{percent: 2}", "{decimals: {estimate: 1}}")
    assert shown(results, "cr", "estimate") == ["75%"] and shown(results, "cr_rr", "estimate") == ["76.92%"]
    assert shown(results, "age", "mean")[0] == f"{results.value('age', 'mean'):.3f}"
    usual, own = (tables.tabulate(results, name).frame() for name in ("usual", "own"))
    assert usual.iloc[:, 3:].to_numpy().tolist() == [["75", "60–86"], ["76.92", "60.67–88.87"]]
    assert own.iloc[:, 3:].to_numpy().tolist() == [["74.5", "60–86"], ["76.9", "60.67–88.87"]]


def test_levels_of_precision():
    plan = {"percent": 0, "percent_below_100": 1, "decimals": {"mean": 2}}
    assert merged(plan, {}, {}) == plan and merged({}, {}) == {}
    assert merged(plan, {"percent": 2}) == {"percent": 2, "decimals": {"mean": 2}}
    assert merged(plan, {"percent_below_100": 2, "decimals": {"sd": 1}}) == {"percent": 0, "percent_below_100": 2, "decimals": {"mean": 2, "sd": 1}}  # fmt: skip


def test_a_group_is_small_by_its_own_number(tmp_path):
    """N of the group and level, else of the group, else of the population; what is not estimable is left alone."""
    rows = [("", "", "N", 100, "100"), ("", "", "estimate", 0.255, "25.5%"), ("a", "", "N", 99, "99"), ("a", "x", "percent", 0.255, "25.5%"),
            ("b", "x", "percent", 0.255, "25.5%"), ("b", "y", "N", 99, "99"), ("b", "y", "percent", 0.999, "99.9%"), ("b", "y", "ci_low", float("nan"), "NE"),
            ("b", "y", "odds_ratio", 1.256, "1.26")]  # fmt: skip
    ard = pd.DataFrame(rows, columns=["group", "level", "statistic", "value", "display"]).assign(n_population=200)
    small_whole = ["100", "25.5%", "99", "26%", "25.5%", "99", ">99%", "NE", "1.26"]
    assert printed(ard, {"percent_below_100": 0}) == small_whole
    assert printed(ard, {"percent": 2, "percent_below_100": 0, "decimals": {"odds_ratio": 1, "ci_low": 3}}) == [
        "100", "25.50%", "99", "26%", "25.50%", "99", ">99%", "NE", "1.3",
    ]  # fmt: skip
    assert printed(ard, {}) == ard["display"].tolist()


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [(0.004, 0, "<1%"), (0.005, 0, "1%"), (0.0, 0, "0%"), (0.995, 0, ">99%"), (1.0, 0, "100%"), (0.99996, 2, ">99.99%"), (0.00004, 2, "<0.01%"),
     (-0.004, 0, "0%"), (-0.126, 0, "−13%"), (float("nan"), 0, "NE")],
)  # fmt: skip
def test_percentages_of_any_precision(share, digits, text):
    assert percentage(share, digits) == text


@pytest.mark.parametrize(
    ("where", "precision", "message"),
    [
        ("plan", "{decimals: {p_value: 4}}", "plan.precision.decimals: 'p_value' is printed in one way"),
        ("analysis", "{decimals: {mean: 2}}", "analyses.cr_rr.precision.decimals: 'mean' is no statistic of its analyses"),
        ("table", "{decimals: {meen: 2}}", "tables.own.precision.decimals: 'meen' is no statistic(.|\n)*did you mean 'mean'"),
        ("plan", "{percent: 3}", "3 is greater than the maximum of 2"), ("table", "{whole: 1}", "unknown key 'whole'"),
    ],
)  # fmt: skip
def test_a_precision_without_meaning_is_refused(tmp_path, where, precision, message):
    with pytest.raises(InputError, match=message):
        tables.tabulate(study(tmp_path, **{where: precision}), "own")
