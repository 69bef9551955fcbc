"""Dose escalation by hand, and against published boundaries."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.escalation import boin, boin_boundaries, crm, mtpi2, three_plus_three, tolerated
from trialpress.stats.escalation_design import simulated, three_plus_three_exact


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
    """Escalate at 0/3, 1/6, 2/9; de-escalate at 2/3, 3/6, 4/9 (Yuan et al. 2016, table 1; R BOIN 2.7.2)."""
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
    ([1, 1], [6, 3], 0.25, 1),  # 1/6 and 1/3 are as close: the lower, which is below the target
])  # fmt: skip
def test_the_tolerated_dose_of_boin_is_closest_to_the_target(events, totals, target, mtd):
    assert tolerated(events, totals, "boin", target)["mtd"] == mtd


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="events"):
        three_plus_three(4, 3)
    with pytest.raises(ValueError, match="safe, target, toxic: must rise"):
        boin_boundaries(0.8)


def test_boin_closes_a_dose_at_the_published_numbers():
    """The least toxicities of 3 to 12 participants at which a target of 30% closes a dose (Yuan et al. 2016, table 1; R BOIN)."""
    least = [next(x for x in range(n + 1) if boin(x, n, 0.3)["closed"]) for n in range(3, 13)]
    assert least == [3, 3, 4, 4, 5, 5, 5, 6, 6, 7]
    assert [boin(n, n, 0.3)["closed"] for n in (1, 2)] == [0, 0]
    assert boin(1, 3, 0.05)["exceeds"] == pytest.approx(1 - (6 * 0.05**2 - 8 * 0.05**3 + 3 * 0.05**4))  # beta(2, 3)


def test_a_closed_dose_is_not_the_tolerated_one():
    assert tolerated([0, 1, 3], [3, 6, 3], "boin", 0.3)["mtd"] == 2
    assert tolerated([0, 1, 3], [3, 6, 3], "boin", 0.3, closed=1)["mtd"] == 1
    assert "every dose is closed" in tolerated([3, 0], [3, 0], "boin", 0.3, closed=0).note


# The table that R BOIN 2.7.2 prints for 30 participants in cohorts of 3: escalate at, de-escalate at and eliminate at so many.
BOIN_TABLES = {
    0.2: {3: (0, 1, 2), 6: (0, 2, 3), 9: (1, 3, 4), 12: (1, 3, 5), 15: (2, 4, 6), 18: (2, 5, 7), 21: (3, 6, 8), 24: (3, 6, 8), 30: (4, 8, 10)},
    0.25: {3: (0, 1, 3), 6: (1, 2, 4), 9: (1, 3, 5), 12: (2, 4, 6), 15: (2, 5, 7), 18: (3, 6, 8), 21: (4, 7, 9), 24: (4, 8, 10), 30: (5, 9, 12)},
    0.3: {3: (0, 2, 3), 6: (1, 3, 4), 9: (2, 4, 5), 12: (2, 5, 7), 15: (3, 6, 8), 18: (4, 7, 9), 21: (4, 8, 10), 24: (5, 9, 11), 30: (7, 11, 14)},
    0.4: {3: (0, 2, 3), 6: (1, 3, 5), 9: (2, 5, 7), 12: (3, 6, 8), 15: (4, 8, 10), 18: (5, 9, 11), 21: (6, 11, 13), 24: (7, 12, 14), 30: (9, 15, 17)},
}  # fmt: skip


@pytest.mark.parametrize("target", BOIN_TABLES)
def test_boin_decides_as_the_table_of_its_package(target):
    for n, (up, down, out) in BOIN_TABLES[target].items():
        found = [boin(x, n, target) for x in range(n + 1)]
        assert [one["decision"] for one in found] == [1.0] * (up + 1) + [0.0] * (down - up - 1) + [-1.0] * (
            n - down + 1
        )
        assert [one["closed"] for one in found] == [0.0] * out + [1.0] * (n - out + 1)


def test_mtpi2_of_the_published_table_for_a_target_of_30_percent():
    """Guo et al. 2017, figure 3 (epsilon 0.05): up, stay, down and down for good, as R escalation reproduces it."""
    for n, (up, down, out) in {3: (0, 2, 3), 6: (1, 3, 4), 9: (2, 4, 5)}.items():
        found = [mtpi2(x, n, 0.3) for x in range(n + 1)]
        assert [one["decision"] for one in found] == [1.0] * (up + 1) + [0.0] * (down - up - 1) + [-1.0] * (
            n - down + 1
        )
        assert [one["closed"] for one in found] == [0.0] * out + [1.0] * (n - out + 1)


def test_crm_of_the_example_of_its_package():
    """R dfcrm 0.2-2.1, example(crm): the same estimate, rates and dose."""
    found = crm([0, 0, 0, 2, 0, 0], [0, 3, 4, 3, 0, 0], [0.05, 0.1, 0.2, 0.35, 0.5, 0.7], 0.2)
    assert found["b"] == pytest.approx(0.110871742429, rel=1e-9) and found["recommended"] == 3
    assert found.curve["estimate"] == pytest.approx(
        [0.03519023390, 0.07633933955, 0.16560545687, 0.30946339970, 0.46097115996, 0.67132919926], rel=1e-6
    )
    toxic = crm([0, 1, 2, 0, 0], [3, 3, 3, 0, 0], [0.05, 0.12, 0.25, 0.4, 0.55], 0.25)
    assert toxic["b"] == pytest.approx(-0.534940963137, rel=1e-9) and toxic["recommended"] == 2
    with pytest.raises(ValueError, match="skeleton: rate that does not rise at position 1"):
        crm([0, 0], [3, 3], [0.3, 0.2], 0.3)


def test_three_plus_three_of_one_dose_by_hand():
    """Selected: none of 3 and at most one of 3 more, or one of 3 and none of 3 more."""
    p = 0.2
    none, one = 0.8**3, 3 * 0.2 * 0.8**2
    found = three_plus_three_exact([p])
    assert found.curve["selected"][0] == pytest.approx(none * (none + one) + one * none)
    assert found["none"] == pytest.approx(1 - found.curve["selected"][0])
    assert found["expected_n"] == pytest.approx(3 + 3 * (none + one))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_the_probabilities_of_three_plus_three_add_up(rates):
    found = three_plus_three_exact(rates)
    assert found["none"] + found.curve["selected"].sum() == pytest.approx(1)
    assert (
        found["expected_n"] == pytest.approx(found.curve["expected_n"].sum())
        and found["expected_n"] <= 6 * len(rates) + 1e-9
    )


def every_course(design: str, rates: list[float], target: float, n_max: int) -> dict[int, float]:
    """Place of the selected dose (0: none) -> its probability, by every course of a trial in cohorts of 3."""
    rule = boin if design == "boin" else mtpi2
    found: dict[int, float] = {}

    def go(x, n, at, closed, p):
        if sum(n) == n_max or closed == 0:
            mtd = tolerated(x, n, design, target, closed)["mtd"] if closed else math.nan
            found[0 if math.isnan(mtd) else int(mtd)] = found.get(0 if math.isnan(mtd) else int(mtd), 0.0) + p
            return
        for y in range(4):
            events, totals = list(x), list(n)
            events[at] += y
            totals[at] += 3
            said = rule(events[at], totals[at], target)
            shut = min(closed, at) if said["closed"] else closed
            step = -1 if at >= shut else int(said["decision"])
            after = min(max(at + step, 0), len(rates) - 1)
            after = at if at < shut <= after else after
            go(events, totals, after, shut, p * math.comb(3, y) * rates[at] ** y * (1 - rates[at]) ** (3 - y))

    go([0] * len(rates), [0] * len(rates), 0, len(rates), 1.0)
    return found


@pytest.mark.parametrize("design", ["boin", "mtpi-2"])
def test_simulated_trials_select_as_often_as_all_courses_say(design):
    rates, trials = [0.15, 0.35, 0.6], 8000
    exact = every_course(design, rates, 0.3, 15)
    found = simulated(design, rates, 0.3, n_max=15, trials=trials, seed=4)
    for place, share in enumerate([found["none"], *found.curve["selected"]]):
        p = exact.get(place, 0.0)
        assert share == pytest.approx(p, abs=4.5 * math.sqrt(p * (1 - p) / trials) + 1e-12)


def test_crm_by_simulation_finds_the_dose_and_a_seed_gives_the_same_again():
    options = {"skeleton": [0.05, 0.12, 0.25, 0.4], "trials": 300, "seed": 2, "n_max": 21}
    found = simulated("crm", [0.02, 0.1, 0.25, 0.55], 0.25, **options)
    assert found.curve["selected"].argmax() == 2 and found["none"] == 0 and found["expected_n"] == 21
    assert (
        simulated("crm", [0.02, 0.1, 0.25, 0.55], 0.25, **options).curve["selected"].tolist()
        == found.curve["selected"].tolist()
    )
    safe = simulated("crm", [0.0, 0.0, 0.0, 0.0], 0.25, **options | {"n_max": 6})
    assert safe.curve["expected_n"].tolist() == [3, 3, 0, 0]  # one dose up at most
