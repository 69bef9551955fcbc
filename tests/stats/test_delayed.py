import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.delayed import (
    landmark,
    mantel_byar,
    naive_comparison,
    simon_makuch,
    start_stop,
    time_dependent_cox,
)
from trialpress.stats.log_rank import log_rank
from trialpress.stats.survival import kaplan_meier

few = settings(max_examples=25, deadline=None)


def patients(seed: int, n: int = 40):
    """(time, event, begin): about half begin, some of them on an event day or on the last day."""
    rng = np.random.default_rng(seed)
    time = np.ceil(rng.exponential(10, n))
    begin = np.where(rng.random(n) < 0.6, np.ceil(rng.random(n) * time), np.nan)
    return time, (rng.random(n) < 0.7).astype(int), begin


@few
@given(st.integers(0, 10_000))
def test_mantel_byar_against_a_loop_over_the_days_of_events(seed):
    time, event, begin = patients(seed)
    difference = variance = 0.0
    for t in sorted(set(time[event == 1])):
        at_risk = time >= t
        begun = at_risk & (begin < t)
        n, d, share = at_risk.sum(), (at_risk & (time == t) & (event == 1)).sum(), begun.sum() / at_risk.sum()
        difference += (begun & (time == t) & (event == 1)).sum() - d * share
        variance += d * share * (1 - share) * (n - d) / max(n - 1, 1)
    assert mantel_byar(time, event, begin)["statistic"] == pytest.approx(difference**2 / variance)


@few
@given(st.integers(0, 10_000))
def test_with_everyone_starting_at_0_or_never_it_is_the_log_rank_test(seed):
    time, event, begin = patients(seed)
    ever = begin < time
    fixed = np.where(ever, 0.0, np.nan)
    test = log_rank(time, event, ever)
    for result in (mantel_byar(time, event, fixed), naive_comparison(time, event, begin)):
        assert result["statistic"] == pytest.approx(test["statistic"])
    curve = simon_makuch(time, event, fixed).curve
    for state in (False, True):
        km = kaplan_meier(time[ever == state], event[ever == state]).curve
        rows = np.isin(curve["time"][curve["group"] == state], km["time"])
        assert curve["estimate"][curve["group"] == state][rows] == pytest.approx(km["estimate"])


@few
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_rows_keep_every_day_and_every_event(seed, random):
    time, event, begin = patients(seed)
    rows = start_stop(time, event, begin)
    assert np.bincount(rows.patient, rows.time - rows.entry, len(time)) == pytest.approx(time)
    assert np.bincount(rows.patient, rows.event, len(time)).tolist() == event.tolist()
    exposed = np.bincount(rows.patient, (rows.time - rows.entry) * rows.begun, len(time))
    assert exposed == pytest.approx(np.where(np.isnan(begin), 0, time - np.nan_to_num(begin)))
    order = list(range(len(time)))
    random.shuffle(order)
    test, shuffled = (mantel_byar(time[o], event[o], begin[o]) for o in (slice(None), order))
    assert test["p_value"] == pytest.approx(shuffled["p_value"])
    stretched = mantel_byar(time**2, event, begin**2)
    assert stretched["statistic"] == pytest.approx(test["statistic"])


def test_simon_makuch_against_a_loop():
    time, event, begin = patients(8)
    since = 3.0
    curve = simon_makuch(time, event, begin, landmark=since).curve
    for state in (False, True):
        survival = 1.0
        for t in sorted(set(time[(event == 1) & (time > since)])):
            member = (time >= t) & ((begin < t) == state)
            dead = (member & (time == t) & (event == 1)).sum()
            survival *= 1 - dead / member.sum() if member.any() else 1.0
            upto = (curve["group"] == state) & (curve["time"] <= t)
            if upto.any():
                assert curve["estimate"][upto][-1] == pytest.approx(survival)


def test_immortal_time_bias_shows_in_the_naive_comparison_only():
    """Survival does not depend on a transplant at a random day; those who die first are never transplanted."""
    rng = np.random.default_rng(4)
    time, begin = rng.exponential(100, 2000), rng.uniform(0, 200, 2000)
    begin = np.where(begin < time, begin, np.nan)
    event = np.ones(2000)
    assert naive_comparison(time, event, begin)["p_value"] < 1e-12
    assert mantel_byar(time, event, begin)["p_value"] > 0.05
    assert landmark(time, event, begin, 50)["p_value"] > 0.05
    assert time_dependent_cox(time, event, begin)["hazard_ratio"] == pytest.approx(1, abs=0.15)
    assert "biased" in naive_comparison(time, event, begin).method


def test_the_landmark_says_whom_it_leaves_out():
    time, event, begin = [2, 3, 5, 6, 8, 9], [1, 0, 1, 1, 1, 0], [np.nan, 1, 2, 5, np.nan, 6]
    result = landmark(time, event, begin, 3)
    expected = dict(n=4, n_begun=1, events=3, excluded_events=1, excluded_censored=1, begun_later=2)
    assert {name: result[name] for name in expected} == expected
    assert landmark(time, event, begin, 0.5).note == "not estimable: nobody has begun by day 0.5"
    assert landmark(time, event, begin, 9).note == "not estimable: follow-up ends by day 9"


@pytest.mark.parametrize("since", [0, 3, 5])
def test_the_counts_of_simon_makuch_are_those_of_a_landmark_analysis(since):
    """What is counted from a landmark on is counted among those still followed, whichever the method."""
    time, event, begin = [2, 3, 5, 6, 8, 9], [1, 0, 1, 1, 1, 0], [np.nan, 1, 2, 5, np.nan, 6]
    found, other = simon_makuch(time, event, begin, landmark=since), landmark(time, event, begin, since)
    assert (found["n"], found["events"]) == (other["n"], other["events"])
    assert found["n_begun"] == other["n_begun"] + other["begun_later"]
    assert found["excluded"] == other["excluded_events"] + other["excluded_censored"] == 6 - found["n"]


@pytest.mark.parametrize(
    "method",
    [mantel_byar, naive_comparison, time_dependent_cox, simon_makuch, lambda *data: landmark(*data, 2), lambda *data: landmark(*data, 1.5)],
)  # fmt: skip
def test_what_begins_when_follow_up_has_ended_never_begins(method):
    time, event = np.array([4, 9, 6, 8, 3, 7, 5, 10]), np.ones(8)
    begin = np.array([1, 2, 5, np.nan, np.nan, 7, 8, 3])  # the sixth on its last day, the seventh after it
    never = np.where(begin < time, begin, np.nan)
    first, second = method(time, event, begin), method(time, event, never)
    assert first.values == second.values and first["n_begun"] <= 4
    for name in first.curve:
        np.testing.assert_array_equal(first.curve[name], second.curve[name])


def test_reasons_in_words():
    time, event, never = [1, 2, 3], [1, 1, 0], [np.nan] * 3
    for method in (mantel_byar, simon_makuch, time_dependent_cox):
        assert method(time, event, never).note == "not estimable: nobody begins before the end of follow-up"
        assert method(time, event, [0, 0, 0]).note == "not estimable: everybody has begun from the start"
        # After the end of follow-up, or on its last day, is not during it.
        assert method(time, event, [5, 2, np.nan]).note == "not estimable: nobody begins before the end of follow-up"
    assert (
        naive_comparison(time, event, [1, 5, np.nan]).note == "not estimable: nobody begins before the end of follow-up"
    )
    assert mantel_byar(time, [0, 0, 0], [0, 1, np.nan]).note == "not estimable: no event"
    assert simon_makuch(time, event, [0, 1, np.nan], landmark=3).note == "not estimable: follow-up ends by day 3"
    assert len(start_stop([0, 2], [0, 1], [np.nan, 1]).time) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mantel_byar([1, -2], [1, 1], [0, 1]), "time: negative time at position 1"),
        (lambda: mantel_byar([1, 2], [1, 1], [0, -1]), "begin: negative time at position 1"),
        (lambda: mantel_byar([1, 2], [1, 1], [0]), "begin: has shape"),
        (lambda: landmark([1, 2], [1, 1], [0, 1], -1), "day: negative time"),
        (lambda: simon_makuch([1, 2], [1, 1], [0, 1], landmark=-1), "landmark: negative time"),
    ],
)
def test_bad_input_names_the_argument_and_the_positions(call, message):
    with pytest.raises(ValueError, match=message):
        call()
