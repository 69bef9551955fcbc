"""E-values: VanderWeele & Ding's examples, and which limit counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trialpress.stats.confounding import e_value


@pytest.mark.parametrize(("ratio", "limits", "expected"), [
    (10.73, (8.02, 14.36), (20.95, 15.52)),  # smoking and lung cancer
    (3.9, (1.8, 8.7), (7.26, 3.0)),  # breastfeeding and infant death
    (0.8, (0.71, 0.91), (1.81, 1.43)),  # a protective ratio: its upper limit is nearer to 1
    (1.2, (0.9, 1.6), (1.69, 1.0)),  # the interval holds 1
])  # fmt: skip
def test_published(ratio, limits, expected):
    found = e_value(ratio, *limits)
    assert (round(found["estimate"], 2), round(found["limit"], 2)) == expected


@given(st.floats(1.0001, 1e6), st.floats(1.0, 10))
def test_the_inverse_ratio_has_the_same_e_value(ratio, wide):
    one, other = e_value(ratio, ratio / wide, ratio * wide), e_value(1 / ratio, 1 / (ratio * wide), wide / ratio)
    assert one["estimate"] == pytest.approx(other["estimate"]) and one["limit"] == pytest.approx(
        other["limit"], rel=1e-3
    )
    assert 1 <= one["limit"] <= one["estimate"] * (1 + 1e-12)


@pytest.mark.parametrize("limits", [(float("nan"),) * 3, (0.0, 0.0, 1.0), (2.0, 1.0, float("inf"))])
def test_without_an_interval_there_is_none(limits):
    assert e_value(*limits).note == "not estimable: the risk ratio has no finite interval above 0"
