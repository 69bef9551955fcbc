"""A scatter prints the correlation that it is given, by its own name."""

import pytest
from figures.small import PLAN, small
from trialpress.errors import InputError
from trialpress.figures import draw

ANALYSES = """analyses:
  line: {method: pearson, population: infused, x: dose, y: age}
  rank: {method: spearman, population: infused, x: dose, y: age}
  other: {method: paired_t, population: infused, after: dose, before: age}
figures:
  line: {kind: scatter, caption: Line, population: infused, x: dose, y: age, correlation: line}
  rank: {kind: scatter, caption: Rank, population: infused, x: dose, y: age, correlation: rank}
  other: {kind: scatter, caption: Other, population: infused, x: dose, y: age, correlation: other}
tables: {}
"""


def test_the_correlation_has_its_own_name(tmp_path):
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES, n=30)
    assert "Pearson r = " in draw(results, "line").alt and "Spearman ρ = " in draw(results, "rank").alt
    with pytest.raises(InputError, match="'other' is paired_t, no correlation"):
        draw(results, "other")
