"""State probabilities add up to 1, and are cumulative incidences where nothing begins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.competing import cumulative_incidence
from trialpress.stats.multistate import illness_death, state_probabilities
from trialpress.stats.survival import kaplan_meier


@st.composite
def patients(draw):
    n = draw(st.integers(1, 12))
    time, cause = (
        np.array(draw(st.lists(st.integers(low, top), min_size=n, max_size=n)), float) for low, top in ((1, 9), (0, 2))
    )
    begin = np.array(draw(st.lists(st.none() | st.integers(0, 9), min_size=n, max_size=n)), float)
    return time, cause, begin


@given(patients())
@settings(max_examples=60, deadline=None)
def test_states_add_up_and_their_first_two_are_survival(sample):
    time, cause, begin = sample
    found = state_probabilities(illness_death(time, cause, begin), 4).curve
    value = {k: found["estimate"][found["state"] == k] for k in range(4)}
    assert sum(value.values()) == pytest.approx(np.ones(len(value[0])))
    when = found["time"][found["state"] == 0]
    km = kaplan_meier(time, cause > 0).curve
    alive = np.concatenate(([1.0], km["estimate"]))[np.searchsorted(km["time"], when, side="right")]
    if np.isnan(begin).all() or (cause > 0).all():  # else those censored stay in their state, not in both
        assert value[0] + value[1] == pytest.approx(alive)
    for of in (1, 2):
        own = cumulative_incidence(time, cause, of).curve
        own_value, own_error = (
            np.concatenate(([0.0], own[name]))[np.searchsorted(own["time"], when, side="right")]
            for name in ("estimate", "std_error")
        )
        if np.isnan(begin).all():
            assert value[1 + of] == pytest.approx(own_value)
            assert found["std_error"][found["state"] == 1 + of] == pytest.approx(own_error, abs=1e-6)
    assert (found["n_event"].sum(), found["n_censored"].sum()) == (
        (begin < time)[begin > 0].sum() + (cause > 0).sum(),
        (cause == 0).sum(),
    )


def test_without_follow_up_there_is_nothing_and_a_late_start_is_refused():
    assert (
        state_probabilities(illness_death(np.zeros(2), np.zeros(2), np.full(2, np.nan)), 3).note
        == "not estimable: no follow-up"
    )
    stays = illness_death(np.array([4.0, 5]), np.array([1, 0]), np.full(2, np.nan))
    with pytest.raises(ValueError, match="a patient who does not start with the others at position 1"):
        state_probabilities(stays._replace(entry=np.array([0.0, 2])), 3)
