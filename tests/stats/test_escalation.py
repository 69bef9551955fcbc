"""Dose escalation by hand, and against published boundaries."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trialpress.stats.escalation import boin, boin_boundaries, three_plus_three, tolerated


@pytest.mark.parametrize(("target", "up", "down"), [(0.2, 0.157, 0.238), (0.25, 0.197, 0.298), (0.3, 0.236, 0.359), (0.4, 0.316, 0.480)])  # fmt: skip
def test_boundaries_of_boin_are_those_of_its_authors(target, up, down):
    found = boin_boundaries(target)
    assert (round(found["escalate_at"], 3), round(found["deescalate_at"], 3)) == (up, down)


@given(st.floats(0.05, 0.6))
def test_a_boundary_is_where_two_rates_explain_a_toxicity_equally_well(target):
    """At the boundary the likelihoods of the target and of the other rate are the same (Liu & Yuan 2015)."""
    found = boin_boundaries(target)
    for rate, other in ((found["escalate_at"], 0.6 * target), (found["deescalate_at"], 1.4 * target)):
        likelihood = [rate * math.log(p) + (1 - rate) * math.log(1 - p) for p in (target, other)]
        assert likelihood[0] == pytest.approx(likelihood[1])


@pytest.mark.parametrize(("events", "total", "decision"), [
    (0, 3, 1), (1, 3, 0), (2, 3, -1), (3, 3, -1), (0, 6, 1), (1, 6, 1), (2, 6, -1), (2, 4, -1),
])  # fmt: skip
def test_three_plus_three_decides_as_its_rules_say(events, total, decision):
    assert three_plus_three(events, total)["decision"] == decision


@pytest.mark.parametrize(("events", "total"), [(0, 1), (1, 2), (0, 4), (1, 5), (0, 0), (1, 7)])
def test_three_plus_three_says_nothing_between_its_cohorts(events, total):
    found = three_plus_three(events, total)
    assert math.isnan(found["decision"]) and f"not {total}" in found.note


def test_boin_of_the_published_table_for_a_target_of_30_percent():
    """Escalate at 0/3, 1/6, 2/9; de-escalate at 2/3, 3/6, 4/9 (Yuan et al. 2016, table 1)."""
    for n, (up, down) in {3: (0, 2), 6: (1, 3), 9: (2, 4)}.items():
        decisions = [boin(x, n, 0.3)["decision"] for x in range(n + 1)]
        assert decisions == [1.0] * (up + 1) + [0.0] * (down - up - 1) + [-1.0] * (n - down + 1)


@pytest.mark.parametrize(("events", "totals", "mtd"), [
    ([0, 1, 2], [3, 6, 3], 2), ([0, 0, 0], [3, 3, 6], 3), ([0, 2, 0], [6, 3, 6], 1), ([2, 0], [3, 6], None), ([0], [3], None),
])  # fmt: skip
def test_the_tolerated_dose_of_three_plus_three(events, totals, mtd):
    found = tolerated(events, totals, "3+3", 0.3)
    assert found["mtd"] == mtd if mtd else math.isnan(found["mtd"]) and "six participants" in found.note


@pytest.mark.parametrize(("events", "totals", "target", "mtd"), [
    ([0, 1, 3], [3, 6, 6], 0.3, 2),  # 0, 1/6, 1/2
    ([0, 0, 3], [3, 3, 6], 0.1, 2),  # two rates of 0, below the target: the higher dose
    ([1, 1, 0], [2, 2, 0], 0.3, 1),  # two rates above it: the lower; the third was not tried
    ([2, 1], [6, 6], 0.3, 2),  # pooled to 1/4
])  # fmt: skip
def test_the_tolerated_dose_of_boin_is_closest_to_the_target(events, totals, target, mtd):
    assert tolerated(events, totals, "boin", target)["mtd"] == mtd


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="events"):
        three_plus_three(4, 3)
    with pytest.raises(ValueError, match="safe, target, toxic: must rise"):
        boin_boundaries(0.8)


def test_boin_closes_a_dose_at_the_published_numbers():
    """The least toxicities of 3 to 12 participants at which a target of 30% closes a dose (Yuan et al. 2016, table 1)."""
    least = [next(x for x in range(n + 1) if boin(x, n, 0.3)["closed"]) for n in range(3, 13)]
    assert least == [3, 3, 4, 4, 5, 5, 5, 6, 6, 7]
    assert [boin(n, n, 0.3)["closed"] for n in (1, 2)] == [0, 0]
    assert boin(1, 3, 0.05)["exceeds"] == pytest.approx(1 - (6 * 0.05**2 - 8 * 0.05**3 + 3 * 0.05**4))  # beta(2, 3)


def test_a_closed_dose_is_not_the_tolerated_one():
    assert tolerated([0, 1, 3], [3, 6, 3], "boin", 0.3)["mtd"] == 2
    assert tolerated([0, 1, 3], [3, 6, 3], "boin", 0.3, closed=1)["mtd"] == 1
    assert "every dose is closed" in tolerated([3, 0], [3, 0], "boin", 0.3, closed=0).note
