"""What a table counts itself is an analysis, `table_<id>`; no other may be called so."""

from __future__ import annotations

import pytest
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
"""


def test_an_analysis_may_not_be_called_as_the_numbers_of_a_table(build):
    plan = """cohort: {table: t, columns: {}}
analyses:
  table_x: {method: frequency, population: all, variable: arm}
tables:
  x: {kind: crosstab, population: all, rows: arm, columns: [arm], caption: Arms.}
"""
    with pytest.raises(InputError, match="table_x: is what a table's own numbers are called"):
        build(TABLE, plan, f="ID,Arm\nS1,A\nS2,B\n")
    run = build(TABLE, plan.replace("table_x:", "arms:"), f="ID,Arm\nS1,A\nS2,B\n")
    assert run.results.value("table_x", "n", "arm=A", "A") == 1
