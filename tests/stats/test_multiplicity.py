import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.multiplicity import METHODS, adjust


def adjusted(p, method):
    return adjust(p, method).curve["p_adjusted"].tolist()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.randoms())
def test_adjustment_keeps_the_order_and_never_helps(p, random):
    holm, hochberg, bh = (adjusted(p, m) for m in METHODS)
    for raw, a, b, c in zip(p, holm, hochberg, bh, strict=True):
        assert raw <= c + 1e-15 and c <= b + 1e-15 and b <= a + 1e-15 and a <= 1
    order = list(range(len(p)))
    random.shuffle(order)
    for m in METHODS:
        assert adjusted([p[i] for i in order], m) == [adjusted(p, m)[i] for i in order]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.001, 0.2), min_size=1, max_size=6))
def test_holm_is_the_closed_test_of_bonferroni(p):
    """A hypothesis is rejected when every intersection that holds it is (Marcus, Peritz & Gabriel 1976)."""
    sets = [[j for j in range(len(p)) if s >> j & 1] for s in range(1, 2 ** len(p))]
    closed = [max(min(1, len(s) * min(p[j] for j in s)) for s in sets if i in s) for i in range(len(p))]
    assert adjusted(p, "holm") == pytest.approx(closed)


def test_an_untested_hypothesis_is_not_in_the_family():
    result = adjust([0.03, float("nan")])
    assert result["p_adjusted:1"] == 0.03 and math.isnan(result["p_adjusted:2"])
    assert "1 hypotheses could not be tested" in result.note
    assert adjust([float("nan")]).note == "not estimable: no hypothesis was tested"


def test_bad_input():
    with pytest.raises(ValueError, match="p_values: value outside 0 to 1 at position 1"):
        adjust([0.1, 1.1])
    with pytest.raises(ValueError, match="method: must be one of holm"):
        adjust([0.1], "bonferroni")
