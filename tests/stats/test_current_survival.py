"""Current leukaemia-free survival is a share where nobody is censored, and survival where nothing changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.current_survival import current_survival
from trialpress.stats.result import Result
from trialpress.stats.survival import kaplan_meier, read_off, survival_at
from trialpress.stats.survival_difference import compare_at, difference_at

BOTH = pytest.mark.parametrize("estimator", ["kaplan-meier", "aalen-johansen"])


@st.composite
def patients(draw, last=14):
    n, m = draw(st.integers(1, 12)), draw(st.integers(0, 3))
    time = np.array(draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)), float)
    days = st.lists(st.integers(1, last), max_size=m, unique=True).map(sorted)
    changes = np.array([(own := draw(days)) + [np.nan] * (m - len(own)) for _ in range(n)], float).reshape(n, m)
    return time, changes, draw(st.booleans())


@BOTH
@given(patients())
@settings(max_examples=50, deadline=None)
def test_without_censoring_it_is_the_share_in_remission(estimator, sample):
    time, changes, in_remission = sample
    curve = current_survival(
        time, np.ones(len(time)), changes, in_remission=in_remission, estimator=estimator, transform="plain"
    ).curve
    moved = [(changes <= t).sum(axis=1) + (0 if in_remission else 1) for t in curve["time"]]
    inside = np.array([(time > t) & (k % 2 == 0) for t, k in zip(curve["time"], moved, strict=True)])
    share = inside.mean(axis=1)
    assert curve["estimate"] == pytest.approx(share)
    assert curve["std_error"] == pytest.approx(np.sqrt(share * (1 - share) / len(time)), abs=1e-7)
    assert curve["time"][-1] == time.max() and curve["n_at_risk"][0] == len(time)
    lost = inside[:-1] & ~inside[1:]
    assert curve["n_event"].sum() >= lost.sum()  # a second remission may begin on the day of another end
    assert (curve["n_in_remission"][1:] == inside[:-1].sum(axis=1)).all() and not curve["n_censored"].any()


@BOTH
@given(patients(), st.data())
@settings(max_examples=50, deadline=None)
def test_censored_it_stays_a_probability_and_without_changes_it_is_kaplan_meier(estimator, sample, draws):
    time, changes, in_remission = sample
    death = np.array(draws.draw(st.lists(st.booleans(), min_size=len(time), max_size=len(time))))
    curve = current_survival(time, death, changes, in_remission=in_remission, estimator=estimator).curve
    assert ((curve["estimate"] >= 0) & (curve["estimate"] <= 1)).all() and np.isfinite(curve["std_error"]).all()
    inside = np.isfinite(curve["ci_low"])
    assert (curve["ci_low"] <= curve["estimate"] + 1e-9)[inside].all()
    assert (curve["ci_high"] >= curve["estimate"] - 1e-9)[inside].all()
    plain = current_survival(time, death, changes[:, :0], estimator=estimator).curve
    km = kaplan_meier(time, death).curve["estimate"]
    assert plain["estimate"] == pytest.approx([1.0, *km]) and plain["n_event"].sum() == death.sum()


def test_a_difference_below_0_and_an_end_before_others_are_said():
    # state 0 until the first change: its curve stays high after the last who is in it, and that of state 1 falls
    time, death = np.array([10, 5, 8, 2, 7, 8, 11, 4, 7, 2, 4.0]), np.array([1, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1])
    first, second = [np.nan, 1, 5, 0, 4, np.nan, 5, 0, 6, np.nan, np.nan], [np.nan, 2, np.nan, 1, np.nan, np.nan, 9, np.nan, 7, np.nan, np.nan]  # fmt: skip
    changes = np.column_stack([first, second, np.full(11, np.nan)])
    found = current_survival(time, death, changes, in_remission=False)
    assert found.note == "a difference of the curves below 0 is taken as 0" and found.curve["estimate"][-3] == 0
    other = current_survival(time, death, changes, in_remission=False, estimator="aalen-johansen")
    assert other.note == "" and (other.curve["estimate"] >= 0).all()
    early = current_survival([2, 5, 9], [0, 0, 1], [[np.nan], [1], [1]])
    assert early.note == "others are followed longer, but none of those in an earlier state longer than 2"
    assert early.curve["time"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [([[3, 2]], "change before the one that it follows at position 0"), ([[np.nan, 2]], "change before the one"), ([[-1, 2]], "negative time")],
)  # fmt: skip
def test_contradictory_changes_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        current_survival([9], [1], changes)


def test_nobody_is_not_estimable():
    found = current_survival([], [], np.empty((0, 2)))
    assert found.note == "not estimable: no participants" and found["n"] == 0


@given(patients(), st.data())
@settings(max_examples=60, deadline=None)
def test_with_delayed_entry_and_without_changes_it_is_kaplan_meier(sample, draws):
    time, changes, in_remission = sample
    drawn = lambda of: np.array(draws.draw(st.lists(of, min_size=len(time), max_size=len(time))))  # noqa: E731
    death, entry = drawn(st.booleans()), np.minimum(drawn(st.integers(-2, 6)), time - 1)
    km = kaplan_meier(time, death, entry=np.where(entry > 0, entry, -1), transform="plain").curve
    found = current_survival(time, death, changes[:, :0], entry=entry, transform="plain")
    for t in time:
        one, other = (
            read_off(found, t, before=np.nan),
            survival_at(kaplan_meier(time, death, entry=np.where(entry > 0, entry, -1)), t),
        )
        assert one["estimate"] == pytest.approx(other["estimate"])
        if km["estimate"][-1] > 0 and not (entry > 0).any():  # Greenwood's is another estimate where some come late
            assert one["std_error"] == pytest.approx(other["std_error"])
    early = current_survival(time, death, changes, in_remission=in_remission, entry=np.minimum(entry, 0)).curve
    plain = current_survival(time, death, changes, in_remission=in_remission).curve
    for name, values in plain.items():
        assert early[name] == pytest.approx(values, nan_ok=True)
    late = current_survival(time, death, changes, in_remission=in_remission, entry=entry)
    assert late.note or ((late.curve["estimate"] >= 0) & (late.curve["estimate"] <= 1)).all()
    for t, n in zip(late.curve.get("time", ()), late.curve.get("n_at_risk", ()), strict=True):
        assert n == ((time >= t) & ((entry < t) | (entry <= 0))).sum()


def test_who_comes_late_counts_only_from_then_on():
    """By hand: 1 relapses on day 2; 2 comes on day 3 in its first remission and dies on day 5; 3 comes on day 3 after its relapse."""
    found = current_survival([9, 5, 9], [0, 1, 0], np.array([[2], [np.nan], [1.0]]), entry=[0, 3, 3])
    assert found.curve["time"].tolist() == [0, 1, 2, 3, 5, 9] and found.curve["n_at_risk"].tolist() == [
        1,
        1,
        1,
        1,
        3,
        2,
    ]
    assert found.curve["estimate"].tolist() == [1, 1, 0, 0, 0, 0]  # of those from the start: all have relapsed
    none = current_survival([9, 9], [0, 0], np.array([[1.0], [2.0]]), entry=[3, 4])
    assert none.note == "not estimable: nobody is under observation in an early state"
    after = current_survival([9, 8], [0, 1], np.array([[7.0], [np.nan]]), entry=[3, 4])
    assert after.note == "nobody is under observation before 3"
    with pytest.raises(ValueError, match="entry: state probabilities take all from the start"):
        current_survival([9], [0], np.array([[1.0]]), entry=[3], estimator="aalen-johansen")


@given(patients(), st.data())
@settings(max_examples=40, deadline=None)
def test_the_difference_without_changes_is_that_of_survival(sample, draws):
    time = np.concatenate([sample[0], draws.draw(patients())[0]])
    death = np.array(draws.draw(st.lists(st.booleans(), min_size=len(time), max_size=len(time))))
    group, t = np.arange(len(time)) >= len(sample[0]), float(time.min()) + 1
    for transform in ("plain", "log", "log-log"):
        parts = [
            read_off(current_survival(time[here], death[here], np.empty((here.sum(), 0))), t, before=np.nan)
            for here in (~group, group)
        ]
        one, other = (
            difference_at(*parts, "AB", transform=transform, level=0.9),
            compare_at(time, death, group, t, transform=transform, level=0.9),
        )
        if not one.note and not other.note:
            for name, value in one.values.items():
                assert other[name] == pytest.approx(value, abs=1e-7)


def test_a_test_on_a_scale_without_a_value_says_so():
    one, other = (Result("", {"estimate": p, "std_error": 0.1}) for p in (0.0, 0.5))
    found = difference_at(one, other, ["X", "Y"], transform="log-log", level=0.95)
    assert found["estimate"] == 0.5 and np.isnan(found["p_value"])
    assert found.note == "test not estimable: group X has an estimate of 0, which the scale has no value for"
    assert np.isfinite(difference_at(one, other, ["X", "Y"], transform="plain", level=0.95)["p_value"])
    flat = Result("", {"estimate": 1.0, "std_error": 0.0})
    assert (
        difference_at(other, flat, ["X", "Y"], transform="plain", level=0.95).note
        == "not estimable: group Y: an estimate without variance"
    )
