"""No p-value stands alone: in the text its sentence, in a table or figure its analysis has an estimate with an interval."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from figures.small import PLAN, small
from figures.test_figures import with_options
from figures.test_shown import written
from trialpress import figures
from trialpress.audit.p_values import DRAWN, in_figures, in_tables, in_text, shown, verdict
from trialpress.figures.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
TEXT = """---
title: T
abstract: |
  A difference was seen ({{< var a.p >}}). It was {{< var b.text >}}.
---

# Results

The shift was {{< var c.text >}}, {{< var c.p >}}. The ratio was {{< var d.with_p >}}. Of all {{< var e.count >}} with {{< var e.p_value >}}.

It was {{< var f.ci_low >}} to {{< var f.ci_high >}} ({{< var f.p_adjusted >}}).
"""


def test_the_sentence_of_a_p_value_has_an_interval():
    assert list(in_text(TEXT)) == [
        ("Abstract", "a.p", False), ("Results", "c.p", True), ("Results", "d.with_p", True), ("Results", "e.p_value", False),
        ("Results", "f.p_adjusted", True),
    ]  # fmt: skip


TABLES = """tables:
  tests: {kind: comparisons, analyses: [os_test, by_dose, age_by_dose, grades, trend], caption: Tests.}
  base: {kind: baseline, analysis: base, caption: Baseline.}
  model: {kind: coefficients, analyses: [model], caption: Model.}
  harm: {kind: toxicity, analysis: harm, difference: true, caption: Events.}
  harm_alone: {kind: toxicity, analysis: harm, caption: Events without a test.}
"""
ANALYSES = """
  by_dose: {method: kruskal_wallis, population: infused, variable: age, by: stratum}
  age_by_dose: {method: kruskal_wallis, population: infused, variable: age, by: doses}
  grades: {method: fisher_rxc, population: infused, variable: crs_grade, by: doses}
  trend: {method: trend, population: infused, event: crs >= 2, by: doses}
  base: {method: baseline, population: infused, by: stratum, variables: [age], p_values: true}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    plan = PLAN.replace("figures:\n", ANALYSES.lstrip("\n") + "figures:\n", 1).replace("tables: {}", TABLES)
    return small(tmp_path_factory.mktemp("small"), plan=plan, notice=False)


def test_a_p_value_of_a_table_has_an_interval_in_its_analysis(results):
    found = {(table, number): both for table, number, both in in_tables(results)}
    alone = [key for key, both in found.items() if not both]
    assert alone == [("base", "base.age.p_value")]
    assert ("tests", "os_test.p_value") in found and ("model", "model.age.p_value") in found
    events = {number for table, number in found if table == "harm"}
    assert len(events) == 9 and "harm.any_event.p_value" in events  # any event, 4 classes, 4 terms
    assert not [number for table, number in found if table == "harm_alone"]


TESTED = {
    "grades": {"tests": ["trend"]},
    "strip": {"tests": ["age_by_dose"], "y": ["age"]},
    "rates": {"analyses": ["trend"], "overall": ""},
    "km": {"analyses": ["os"], "tests": ["os_test"]},
    "incidence": {},
    "states": {},
    "dose_curve": {},
}


def test_a_p_value_of_a_figure_has_an_interval_and_the_figure_prints_it(results):
    for name, options in TESTED.items():
        drawing = figures.draw(with_options(results, name, **options), name)
        shown = " ".join(written(drawing.figure)).replace("\u00a0", " ")
        assert re.search(r"\bP (for trend )?[=<>]", shown), name
        assert "% CI " in shown, name
    found = {(figure, number): both for figure, number, both in in_figures(results)}
    assert ("km", "os_test.p_value") in found and ("states", "os_byar.p_value") in found
    assert not [key for key, both in found.items() if not both]


def test_a_test_without_an_estimate_stands_alone_in_a_figure(results):
    alone = with_options(results, "states", tests=["os_byar"], landmark="", naive="")
    assert [number for figure, number, both in in_figures(alone) if not both] == ["os_byar.p_value"]


def test_every_kind_of_figure_with_tests_is_looked_at():
    tested = {kind for kind in KINDS.functions if {"tests", "correlation"} & set(KINDS.parameters(kind))}
    assert tested <= set(DRAWN)


def test_the_verdict_says_where(results):
    met, said = verdict(TEXT, shown(results))
    assert not met and said == (
        "Not met: no estimate with its interval beside `a.p` (Abstract), `e.p_value` (Results), `base.age.p_value` (@tbl-base)."
    )


@pytest.mark.parametrize("study", ["low-dose-cd19", "cd22-nci"])
def test_no_p_value_of_the_manuscripts_stands_alone(study):
    found = list(in_text((ROOT / "report" / study / "manuscript.qmd").read_text(encoding="utf-8")))
    assert len(found) > 5 and not [number for _, number, both in found if not both]
