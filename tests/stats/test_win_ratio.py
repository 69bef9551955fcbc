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


# win ratio, net benefit and win odds, each with its limits (that of the net benefit beyond 1 taken as 1); p of the win ratio
WINS = {
    ("veteran", False): (0.81754817548175, 0.54550192882983, 1.22526609698212, -0.09484228473998, -0.28597690449023, 0.09629233501027,
                         0.82674712867432, 0.56409892741096, 1.21168607412239, 0.3291467572509),
    ("cars", False): (34.1428571428571, 8.9462117240278, 130.3048407346111, 0.9392712550607, 0.2723208200647, 1.0,
                      31.9333333333333, 8.4127593726943, 121.2132348736358, 2.383810613349e-07),
    ("veteran", True): (0.79886944755687, 0.52420494552494, 1.21744825127646, -0.10560848499654, -0.30458285767036, 0.09336588767728,
                        0.80895862065156, 0.54337463720590, 1.20435148260058, 0.2961863344045),
    ("cars", True): (33.6666666666667, 8.6406062147142, 131.1764957549257, 0.9333333333333, 0.2597919507421, 1.0,
                     29.0, 7.5399312565056, 111.5394784633298, 4.026860873640e-07),
}  # fmt: skip


@pytest.mark.parametrize(("name", "stratified"), WINS)
def test_against_wins(name, stratified):
    """R WINS (Dong et al.) with the weights "unstratified" and "MH-type", where no event ties with a censoring."""
    d = data(f"win_ratio-{name}")
    if name == "veteran":  # WINS ends both at a tie
        d["time1"] = np.where(d["event1"] == 1, d["time1"], d["time1"] - 0.5)
    outcomes = (
        [Outcome(d["time1"], d["event1"])] if name == "veteran" else [Outcome(d["better1"]), Outcome(d["better2"])]
    )
    stratum = d["stratum"] if stratified else None
    found = win_ratio(outcomes, d["group"], stratum=stratum, variance="null-hypothesis")
    names = [f"{of}{end}" for of in ("net_benefit", "win_odds") for end in ("", "_low", "_high")]
    names = ["win_ratio", "ci_low", "ci_high", *names, "p_value"]
    assert [found[name] for name in names] == pytest.approx(WINS[name, stratified], rel=1e-9)
    at_the_estimate = win_ratio(outcomes, d["group"], stratum=stratum)
    assert at_the_estimate["win_ratio"] == found["win_ratio"]
    if not stratified:  # the strata of the cars are tiny
        assert 0.9 < at_the_estimate["std_error"] / found["std_error"] < 1.25


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_pairs_are_of_one_stratum(drawn):
    """Numbers of a stratum may be moved alone; strata of one size count as if their pairs were summed; one stratum is none."""
    n = drawn.draw(st.integers(2, 5))
    value = np.array(drawn.draw(st.lists(st.integers(0, 4), min_size=4 * n, max_size=4 * n)), dtype=float)
    group, stratum = np.tile([0, 1], 2 * n), np.repeat([0, 1], 2 * n)
    for variance in ("estimate", "null-hypothesis"):
        found = win_ratio([Outcome(value)], group, stratum=stratum, variance=variance)
        moved = win_ratio(
            [Outcome(value + 100 * stratum)], group, stratum=[f"s{s}" for s in stratum], variance=variance
        )
        assert moved.values == pytest.approx(found.values, nan_ok=True)
        parts = [win_ratio([Outcome(value[stratum == s])], group[stratum == s], variance=variance) for s in (0, 1)]
        for name in ("wins", "losses", "ties", "pairs"):
            assert found[name] == parts[0][name] + parts[1][name]
        assert found["net_benefit"] == pytest.approx((parts[0]["net_benefit"] + parts[1]["net_benefit"]) / 2)
        if found["wins"] and found["losses"]:
            assert found["win_ratio"] == pytest.approx(found["wins"] / found["losses"])
        one = win_ratio([Outcome(value)], group, stratum=np.zeros(4 * n), variance=variance)
        assert one.values == pytest.approx(win_ratio([Outcome(value)], group, variance=variance).values, nan_ok=True)
        assert not np.isnan(list(found.values.values())).any() or "not estimable: " in found.note


def test_strata_without_pairs_say_so():
    x = np.array([1.0, 2, 3, 4, 5, 6, 7])
    found = win_ratio([Outcome(x)], [0, 1, 0, 1, 1, 1, 1], stratum=[1, 1, 1, 1, 2, 2, 2])
    assert found["strata"] == 1 and found["pairs"] == 4 and found.note == "1 stratum without one of the groups left out"
    few = win_ratio([Outcome(x)], [0, 1, 0, 1, 0, 1, 1], stratum=[1, 1, 1, 1, 2, 2, 2])
    assert few.note == "not estimable: fewer than two in a group of a stratum" and few["wins"] == 5
    none = win_ratio([Outcome(x)], [0, 0, 0, 1, 1, 1, 1], stratum=[1, 1, 1, 2, 2, 2, 2])
    assert none.note == "not estimable: no stratum has both groups" and none["pairs"] == 0
    with pytest.raises(ValueError, match="variance: must be one of estimate, null-hypothesis"):
        win_ratio([Outcome(x)], [0, 1, 0, 1, 0, 1, 1], variance="zero")
