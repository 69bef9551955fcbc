"""Intervals of covariates that change: by hand, one moment at a time, and as the model of one beginning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.stats.counting_process import counting_process
from trialpress.stats.cox import cox
from trialpress.stats.delayed import time_dependent_cox


@st.composite
def courses(draw):
    n = draw(st.integers(1, 5))
    several = lambda of, size: draw(st.lists(of, min_size=size, max_size=size))  # noqa: E731
    time, event = np.array(several(st.integers(0, 9), n), float), np.array(several(st.integers(0, 1), n))
    begin = np.array(several(st.none() | st.integers(-2, 9), n), float)
    k = draw(st.integers(0, 8))
    measured = (several(st.integers(0, n - 1), k), several(st.integers(-3, 9), k), several(st.integers(0, 5), k))
    return time, event, begin, measured


@given(courses())
@settings(max_examples=80, deadline=None)
def test_every_moment_has_the_covariates_of_what_came_before_it(course):
    time, event, begin, (whose, when, value) = course
    whose, when, value = np.array(whose, int), np.array(when, float), np.array(value, float)
    rows = counting_process(time, event, [begin], [(whose, when, value)])
    for patient in range(len(time)):
        mine = np.flatnonzero(rows.patient == patient)
        for moment in np.arange(0.5, time[patient], 1):
            here = mine[(rows.entry[mine] < moment) & (moment <= rows.time[mine])]
            before = when[(whose == patient) & (when < moment)]
            if not len(before):
                assert not len(here)
                continue
            # of several values of one day the mean; what was measured before day 0 holds from it
            latest = before.max()
            expected = value[(whose == patient) & (when == latest)].mean()
            assert len(here) == 1 and rows.X[here[0]].tolist() == pytest.approx(
                [float(begin[patient] < moment), expected]
            )
        assert rows.event[mine].sum() == (event[patient] if len(mine) else 0)


def test_one_beginning_is_the_time_dependent_model():
    time, event = np.array([4, 9, 6, 8, 3, 7, 5, 2.0]), np.array([1, 1, 0, 1, 1, 1, 0, 1])
    begin, x = np.array([1, 2, 5, np.nan, np.nan, np.nan, 0, 9]), np.arange(8.0) % 3
    rows = counting_process(time, event, [begin])
    found = cox(rows.time, rows.event, np.column_stack([rows.X, x[rows.patient]]), entry=rows.entry)
    expected = time_dependent_cox(time, event, begin, x)
    assert found.curve["coefficient"] == pytest.approx(expected.curve["coefficient"])
    assert found.curve["std_error"] == pytest.approx(expected.curve["std_error"])


def test_who_is_not_followed_has_no_measurement():
    with pytest.raises(ValueError, match="measured: patient who is not followed at position 0"):
        counting_process([3.0], [1], [], [([1], [0], [2.0])])
