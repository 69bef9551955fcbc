"""Families of tests: every p-value that the plan puts in a family is adjusted, those of models too."""

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
      age: {source: Age, type: number, unit: years, label: Age}
      days: {source: Days, type: number, unit: days}
      dead: {source: Dead, type: integer}
"""
ROWS = "ID,Arm,Age,Days,Dead\n" + "".join(
    f"S{i},{'AB'[i % 2]},{40 + (i * 7) % 23},{10 + (i * 13) % 50},{int(i % 3 > 0)}\n" for i in range(20)
)
PLAN = """cohort: {table: t, columns: {}}
endpoints:
  os: {label: Overall survival, time: days, event: dead == 1}
families: {f: holm}
analyses:
  test: {method: log_rank, population: all, endpoint: os, by: arm, family: f}
  model: {method: cox, population: all, endpoint: os, covariates: [arm, age], family: f%s}
"""


def p_values(run) -> tuple[dict, dict]:
    ard = run.results.ard
    plain, adjusted = (ard[ard["statistic"] == name] for name in ("p_value", "p_value_adjusted"))
    return tuple(
        {(row.analysis, row.level): row.value for row in rows.itertuples()} for rows in (plain, adjusted)
    )  # fmt: skip


def test_the_p_values_of_a_model_are_adjusted_with_the_others(build):
    plain, adjusted = p_values(build(TABLE, PLAN % "", f=ROWS))
    assert set(adjusted) == {("test", ""), ("model", "arm=B"), ("model", "age")} == set(plain)
    ordered = sorted(plain, key=plain.get)
    holm, most = {}, 0.0
    for rank, key in enumerate(ordered):
        most = max(most, min(1.0, (3 - rank) * plain[key]))
        holm[key] = most
    assert adjusted == pytest.approx(holm)


def test_a_level_can_be_named(build):
    plain, adjusted = p_values(build(TABLE, PLAN % ", family_of: [arm=B]", f=ROWS))
    assert set(adjusted) == {("test", ""), ("model", "arm=B")}
    both = sorted(plain[key] for key in adjusted)
    assert sorted(adjusted.values()) == pytest.approx([min(1, 2 * both[0]), max(min(1, 2 * both[0]), both[1])])
    with pytest.raises(InputError, match="no p-value of 'arm=C'"):
        build(TABLE, PLAN % ", family_of: [arm=C]", f=ROWS)
