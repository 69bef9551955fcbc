"""The win ratio: pairs by hand, by enumeration, and what exchanging the groups does."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from stats.concordance import data
from trialpress.stats.win_ratio import Outcome, win_ratio


def test_pairs_by_hand():
    """Times 5+, 3, 7 against 4, 6+: 5+ beats 4 (still free when it came), 5+ and 6+ tell nothing, 3 loses to both, 7 beats 4, and
    6+ was censored before 7: nothing. The number decides what is left: 5+ has more than 6+, 7 as much."""
    time, event = np.array([4.0, 6, 5, 3, 7]), np.array([1, 0, 0, 1, 1])
    found = win_ratio([Outcome(time, event), Outcome(np.array([9.0, 1, 2, 0, 1]))], np.array([0, 0, 1, 1, 1]))
    assert [found[name] for name in ("wins:1", "losses:1", "wins:2", "losses:2", "ties", "pairs")] == [2, 2, 1, 0, 1, 6]
    assert (
        found["win_ratio"] == 1.5
        and found["net_benefit"] == pytest.approx(1 / 6)
        and found["win_odds"] == pytest.approx(3.5 / 2.5)
    )


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_every_pair_by_itself_and_the_groups_exchanged(drawn):
    n = drawn.draw(st.integers(4, 12))
    draw = lambda top: np.array(drawn.draw(st.lists(st.integers(0, top), min_size=n, max_size=n)))  # noqa: E731
    time, event, number = draw(4), draw(1), draw(2).astype(float)
    group = np.array([0, 0, 1, 1, *draw(1)[4:]])
    outcomes = [Outcome(time, event), Outcome(number, None, False)]
    wins = losses = 0
    for i, j in itertools.product(np.flatnonzero(group == 1), np.flatnonzero(group == 0)):
        first = [bool(event[a]) and (time[a], not event[a]) < (time[b], not event[b]) for a, b in ((j, i), (i, j))]
        if not any(first):
            first = [number[i] < number[j], number[i] > number[j]]
        wins, losses = wins + int(first[0]), losses + int(first[1])
    found, other = win_ratio(outcomes, group), win_ratio(outcomes, 1 - group)
    assert (found["wins"], found["losses"]) == (wins, losses) == (other["losses"], other["wins"])
    if not math.isnan(found["p_value"]):
        assert found["win_ratio"] * other["win_ratio"] == pytest.approx(1) and found["p_value"] == pytest.approx(
            other["p_value"]
        )
        assert found["ci_low"] == pytest.approx(1 / other["ci_high"])
    elif not math.isnan(found["net_benefit"]):
        assert "not estimable: " in found.note


def test_of_one_number_the_net_benefit_is_that_of_mann_whitney():
    x, group = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3]), np.repeat([0, 1], 5)
    u = mannwhitneyu(x[group == 1], x[group == 0]).statistic
    assert win_ratio([Outcome(x)], group)["net_benefit"] == pytest.approx(2 * u / 25 - 1)


def test_what_has_no_ratio_says_so():
    x, group = np.array([1.0, 2, 3, 4]), np.array([0, 0, 1, 1])
    assert win_ratio([Outcome(x)], group).note == "not estimable: all pairs that are decided are decided alike"
    assert win_ratio([Outcome(np.zeros(4))], group).note == "not estimable: no pair is decided"
    assert win_ratio([Outcome(x)], np.array([0, 0, 0, 1])).note == "not estimable: fewer than two in a group"
    with pytest.raises(ValueError, match="outcome 1: has shape"):
        win_ratio([Outcome(np.zeros(3))], group)


@pytest.mark.parametrize(("name", "outcomes", "estimates", "null_error"), [
    ("veteran", [("time1", "event1")], (0.8175481755, -0.0948422847, 0.8267471287), 0.2064221),
    ("cars", [("better1", None), ("better2", None)], (34.1428571429, 0.9392712551, 31.9333333333), 0.6833365),
])  # fmt: skip
def test_against_wins(name, outcomes, estimates, null_error):
    """R WINS 1.3 (Dong et al.): where no event ties with a censoring the same win ratio, net benefit and win odds; its standard
    error is that under the null hypothesis."""
    d = data(f"win_ratio-{name}")
    if name == "veteran":  # WINS ends both at a tie
        d["time1"] = np.where(d["event1"] == 1, d["time1"], d["time1"] - 0.5)
    found = win_ratio([Outcome(d[value], d[event] if event else None) for value, event in outcomes], d["group"])
    assert [found[name] for name in ("win_ratio", "net_benefit", "win_odds")] == pytest.approx(estimates, rel=1e-9)
    assert 0.9 < found["std_error"] / null_error < 1.25
