"""Current leukaemia-free survival is a share where nobody is censored, and survival where nothing changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.current_survival import current_survival
from trialpress.stats.survival import kaplan_meier

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
