import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.log_rank import log_rank, permutation_log_rank
from trialpress.stats.survival import kaplan_meier, number_at_risk, quantile, reverse_kaplan_meier, survival_at
from trialpress.stats.survival_difference import across_strata, compare_at, restricted_mean, restricted_mean_difference

few = settings(max_examples=25, deadline=None)


@st.composite
def samples(draw, least=8, most=30, k=2):
    """(time, event, group) with ties, at least one event, every group present."""
    n = draw(st.integers(least, most))
    time = draw(st.lists(st.integers(1, 12), min_size=n, max_size=n))
    event = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))
    event[0] = 1
    group = [*range(k), *draw(st.lists(st.integers(0, k - 1), min_size=n - k, max_size=n - k))]
    return np.array(time, dtype=float), np.array(event), np.array(group)


def close(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert a[name] == pytest.approx(b[name], rel=1e-9, abs=1e-9, nan_ok=True), name


@few
@given(samples())
def test_kaplan_meier_against_a_loop_over_patients(sample):
    time, event, _ = sample
    curve = kaplan_meier(time, event).curve
    survival = 1.0
    for row, t in enumerate(sorted(set(time))):
        at_risk = sum(x >= t for x in time)
        dead = sum(x == t and e for x, e in zip(time, event, strict=True))
        survival *= 1 - dead / at_risk
        assert (curve["time"][row], curve["n_at_risk"][row], curve["n_event"][row]) == (t, at_risk, dead)
        assert curve["estimate"][row] == pytest.approx(survival, abs=1e-12)
    assert curve["n_event"].sum() + curve["n_censored"].sum() == len(time)


@few
@given(samples(), st.randoms(use_true_random=False))
def test_order_of_patients_and_duplication(sample, random):
    time, event, group = sample
    order = list(range(len(time)))
    random.shuffle(order)
    close(kaplan_meier(time, event).values, kaplan_meier(time[order], event[order]).values)
    close(log_rank(time, event, group).values, log_rank(time[order], event[order], group[order]).values)
    once, twice = kaplan_meier(time, event), kaplan_meier(np.tile(time, 2), np.tile(event, 2))
    assert once.curve["estimate"] == pytest.approx(twice.curve["estimate"])
    assert once["median"] == pytest.approx(twice["median"], nan_ok=True)


@few
@given(samples())
def test_log_rank_swaps_labels_and_ignores_the_time_scale(sample):
    time, event, group = sample
    for rho in (0, 1):
        test = log_rank(time, event, group, rho=rho)
        close(test.values, log_rank(time, event, 1 - group, rho=rho).values)
        close(test.values, log_rank(np.exp(time / 3), event, group, rho=rho).values)
        close(test.values, log_rank(time, event, np.array(["b", "a"])[group], rho=rho).values)
        assert test.curve["observed"].sum() == pytest.approx(test.curve["expected"].sum())


@few
@given(samples())
def test_the_trend_of_two_groups_is_the_test_and_a_single_stratum_changes_nothing(sample):
    time, event, group = sample
    plain = log_rank(time, event, group)
    for other in (
        log_rank(time, event, group, trend_scores=[0, 1]),
        log_rank(time, event, group, stratum=np.zeros(len(time))),
        log_rank(time, event, group, entry=np.full(len(time), -1.0)),
    ):
        close(plain.values, other.values)


@few
@given(samples())
def test_the_median_is_equivariant_and_limits_surround_the_estimate(sample):
    time, event, _ = sample
    for transform in ("plain", "log", "log-log", "arcsin"):
        km = kaplan_meier(time, event, transform=transform)
        moved = kaplan_meier(10 * time, event, transform=transform)
        for name in ("median", "median_ci_low", "median_ci_high"):
            assert moved[name] == pytest.approx(10 * km[name], nan_ok=True)
        low, estimate, high = (km.curve[name] for name in ("ci_low", "estimate", "ci_high"))
        seen = ~np.isnan(low)
        assert (low[seen] <= estimate[seen] + 1e-12).all() and (estimate[seen] <= high[seen] + 1e-12).all()


@few
@given(samples())
def test_the_restricted_mean_without_censoring_is_the_mean_of_truncated_times(sample):
    time, _, group = sample
    result = restricted_mean(time, np.ones(len(time)), 7)
    truncated = np.minimum(time, 7)
    assert result["estimate"] == pytest.approx(truncated.mean())
    assert result["std_error"] == pytest.approx(truncated.std() / np.sqrt(len(time)), abs=1e-12)


def test_the_median_at_exactly_one_half_is_a_midpoint():
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1])["median"] == 2.5
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 0, 1])["median"] == 3
    assert quantile(kaplan_meier(range(1, 11), np.ones(10)), 0.2)["estimate"] == 2.5


def test_numbers_at_risk_count_those_with_time_at_least_t():
    assert number_at_risk([1, 2, 2, 3], [0, 1, 2, 2.5, 3, 4]).tolist() == [4, 4, 3, 1, 1, 0]
    assert number_at_risk([4, 5], [1, 2, 4, 5], entry=[1, 4]).tolist() == [0, 1, 1, 1]
    late = kaplan_meier([4, 6, 7], [1, 1, 0], entry=[0, 5, 0])
    assert survival_at(late, 4.5)["n_at_risk"] == 1
    assert survival_at(late, 5.5)["n_at_risk"] == 2


def test_no_event_is_said_and_not_a_crash():
    time, none, group = [1, 2, 3, 4], [0, 0, 0, 0], [1, 1, 2, 2]
    assert "median" in kaplan_meier(time, none).note
    assert log_rank(time, none, group).note == "not estimable: no event"
    assert permutation_log_rank(time, none, group, seed=1).note == "not estimable: no event"
    assert "not reached" in reverse_kaplan_meier(time, [1, 1, 1, 1]).note
    assert "no event" in compare_at(time, none, group, 2).note
    assert "no event" in restricted_mean_difference(time, none, group, 2).note
    assert "not defined" in survival_at(kaplan_meier(time, none), 2).note


def test_before_the_first_end_of_follow_up_survival_is_one_as_in_r():
    for transform in ("plain", "log", "log-log", "arcsin"):  # R summary.survfit: surv 1, std.err 0, lower 1, upper 1
        early = survival_at(kaplan_meier([1, 2, 3, 4], [1, 0, 0, 0], transform=transform), 0.5)
        assert [early[name] for name in ("estimate", "std_error", "ci_low", "ci_high")] == [1, 0, 1, 1]
        assert early["n_at_risk"] == 4 and "an interval of no width" in early.note
    # after a censoring, R has no limits on the scale of log-log, which is not defined at 1, and 1 to 1 on that of log
    later = survival_at(kaplan_meier([1, 2, 3, 4], [0, 1, 1, 1]), 1.5)
    assert later["estimate"] == 1 and np.isnan(later["ci_low"]) and "not defined" in later.note
    assert survival_at(kaplan_meier([1, 2, 3, 4], [0, 1, 1, 1], transform="log"), 1.5)["ci_low"] == 1


def test_beyond_the_follow_up_nothing_is_invented():
    time, event = [1, 2, 3, 4], [1, 0, 1, 0]
    assert survival_at(kaplan_meier(time, event), 5).note == "not estimable: follow-up ends at 4"
    assert restricted_mean(time, event, 5).note == "not estimable: follow-up ends at 4, before tau"
    assert restricted_mean(time, [1, 1, 1, 1], 5)["estimate"] == pytest.approx(2.5)
    apart = log_rank([1, 2, 5, 6], [1, 1, 1, 1], ["a", "a", "b", "b"], entry=[0, 0, 4, 4])
    assert apart.note == "not estimable: the groups are not at risk together at any event time"


def test_the_permutation_test_against_all_allocations():
    time = np.array([1, 2, 2, 4, 5, 6, 7, 9.0])
    event = np.array([1, 1, 0, 1, 1, 0, 1, 1])
    group = np.array([0, 0, 0, 1, 0, 1, 1, 1])
    hazard = {t: sum((time == t) & (event == 1)) / sum(time >= t) for t in set(time)}
    score = np.array([e - sum(h for s, h in hazard.items() if s <= t) for t, e in zip(time, event, strict=True)])
    totals = [abs(score[list(members)].sum()) for members in itertools.combinations(range(8), 4)]
    exact = np.mean(np.array(totals) >= abs(score[group == 0].sum()) - 1e-9)
    result = permutation_log_rank(time, event, group, replicates=20_000, seed=7)
    assert result["p_value"] == pytest.approx(exact, abs=4 * result["std_error"])
    assert result == permutation_log_rank(time, event, group, replicates=20_000, seed=7)


def test_the_permutation_test_within_strata_against_all_allocations_within_them():
    """Three groups in two strata, the statistic as a quadratic form in the covariance that all allocations have."""
    time, event = np.array([1, 2, 2, 4, 5, 6, 7, 9, 3.0]), np.array([1, 1, 0, 1, 1, 0, 1, 1, 1])
    group, stratum = np.array([0, 1, 2, 0, 1, 0, 1, 1, 0]), np.array([0, 0, 0, 0, 1, 1, 1, 1, 1])
    score, parts = np.empty(9), [np.flatnonzero(stratum == s) for s in (0, 1)]
    for part in parts:
        t, e = time[part], event[part]
        hazard = {u: sum((t == u) & (e == 1)) / sum(t >= u) for u in set(t)}
        score[part] = [f - sum(h for v, h in hazard.items() if v <= u) for u, f in zip(t, e, strict=True)]
    every = np.array([
        np.bincount(np.concatenate([group[parts[0]][list(a)], group[parts[1]][list(b)]]), np.concatenate([score[part] for part in parts]), 3)
        for a in itertools.permutations(range(4)) for b in itertools.permutations(range(5))
    ])  # fmt: skip
    assert every.mean(axis=0) == pytest.approx(0, abs=1e-12)
    inverse = np.linalg.pinv(np.cov(every.T, bias=True), rcond=1e-9)
    forms = np.einsum("ri,ij,rj->r", every, inverse, every)
    seen = np.bincount(group, score) @ inverse @ np.bincount(group, score)
    result = permutation_log_rank(time, event, group, stratum=stratum, replicates=20_000, seed=3)
    assert result["statistic"] == pytest.approx(seen)
    assert result["p_value"] == pytest.approx((forms >= seen - 1e-9).mean(), abs=4 * result["std_error"])
    alone = permutation_log_rank(time, event, group, replicates=500, seed=3)
    assert permutation_log_rank(time, event, group, stratum=np.zeros(9), replicates=500, seed=3).values == alone.values
    apart = permutation_log_rank(time, event, stratum, stratum=stratum, replicates=10, seed=3)
    assert apart.note == "not estimable: no allocation within the strata differs from another in its scores"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([1, -2, 3, -4], [1, 1, 1, 1]), "time: negative time at position 1, 3"),
        (lambda: kaplan_meier([1, np.nan], [1, 1]), "time: missing or infinite value at position 1"),
        (lambda: kaplan_meier([1, 2], [1, 2]), "event: value other than 0 and 1 at position 1"),
        (lambda: kaplan_meier([1, 2], [1]), "event: has 1 values where 2 are needed"),
        (
            lambda: kaplan_meier([1, 2], [1, 1], entry=[0, 2]),
            "entry: entry not before the end of follow-up at position 1",
        ),
        (lambda: kaplan_meier([], []), "time: no patient"),
        (lambda: kaplan_meier([1], [1], transform="cubic"), "transform"),
        (lambda: log_rank([1, 2], [1, 1], ["a", "a"]), r"group: one group only \(a\)"),
        (lambda: log_rank([1, 2], [1, 1], [0, np.nan]), "group: missing or infinite value at position 1"),
        (lambda: log_rank([1, 2], [1, 1], ["a", None]), "group: missing value at position 1"),
        (lambda: log_rank([1, 2], [1, 1], [0, 1, 1]), "group"),
        (lambda: log_rank([1, 2], [1, 1], [0, 1], stratum=[1]), "stratum"),
        (lambda: compare_at([1, 2, 3], [1, 1, 1], [1, 2, 3], 1), "group: 3 groups where two are compared"),
        (lambda: restricted_mean([1, 2], [1, 1], -1), "tau: negative time"),
    ],
)
def test_bad_input_names_the_argument_and_the_positions(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@few
@given(st.integers(0, 100_000))
def test_degenerate_samples_never_crash_and_are_never_silent(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    time, event, group = rng.integers(0, 5, n).astype(float), rng.integers(0, 2, n), np.arange(n) % 2
    entry = time - rng.integers(1, 4, n)
    for result in (
        kaplan_meier(time, event, entry=entry),
        survival_at(kaplan_meier(time, event), 2),
        reverse_kaplan_meier(time, event),
        log_rank(time, event, group, entry=entry, rho=1),
        log_rank(time, event, group, stratum=time > 2),
        log_rank(time, event, group, trend_scores=[1, 2]),
        permutation_log_rank(time, event, group, replicates=10, seed=1),
        permutation_log_rank(time, event, group, stratum=time > 2, replicates=10, seed=1),
        restricted_mean(time, event, 2),
        restricted_mean_difference(time, event, group, 2),
        compare_at(time, event, group, 2),
    ):
        assert result.note or np.isfinite(list(result.values.values())).all()


def test_late_differences_have_no_weight_where_all_events_are_first():
    result = log_rank([1, 1, 2, 3], [1, 1, 0, 0], [0, 1, 0, 1], gamma=1)
    assert result.note == "not estimable: all events are at the first event time, which has no weight"
    assert result.method == "Fleming-Harrington test (rho 0, gamma 1)"


@given(sample=samples())
@settings(max_examples=30, deadline=None)
def test_across_strata_that_are_copies_the_difference_is_that_of_each(sample):
    time, event, group = (np.asarray(values) for values in sample)
    compare = lambda *of: restricted_mean_difference(*of, 2)  # noqa: E731
    one = compare(time, event, group)
    within, mean = across_strata(
        compare, *(np.tile(part, 2) for part in (time, event, group)), np.repeat([0, 1], len(time))
    )
    for part in within.values():
        close(part.values, one.values)
    if np.isnan(one["estimate"]):
        assert np.isnan(mean["estimate"]) and "stratum 0: " in mean.note
    else:
        assert mean["estimate"] == pytest.approx(one["estimate"]) and mean["strata"] == 2
        assert mean["std_error"] == pytest.approx(one["std_error"] / np.sqrt(2))
    alone = across_strata(compare, time, event, group, group)
    assert (
        alone[0][0].note == "not estimable: one group only"
        and alone[1].note == "not estimable: no stratum has both groups"
    )
