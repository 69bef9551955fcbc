"""No p-value stands alone: in the text its sentence, in a table its analysis has an estimate with an interval."""

from __future__ import annotations

from pathlib import Path

import pytest
from figures.small import PLAN, small
from trialpress.audit.p_values import in_tables, in_text, verdict

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


def test_the_verdict_says_where(results):
    met, said = verdict(TEXT, in_tables(results))
    assert not met and said == (
        "Not met: no estimate with its interval beside `a.p` (Abstract), `e.p_value` (Results), `base.age.p_value` (@tbl-base)."
    )


@pytest.mark.parametrize("study", ["low-dose-cd19", "cd22-nci"])
def test_no_p_value_of_the_manuscripts_stands_alone(study):
    found = list(in_text((ROOT / "report" / study / "manuscript.qmd").read_text(encoding="utf-8")))
    assert len(found) > 5 and not [number for _, number, both in found if not both]
