"""Every count that a method prints is that of the participants named for it, also where values are missing."""

from dataclasses import replace

import pandas as pd
import pytest
from analysis.cohort import ARMS, ENDPOINTS, awkward, compute, data
from analysis.test_methods import OPTIONS
from hypothesis import given, settings
from hypothesis import strategies as st
from trialpress.analysis.counting import counted
from trialpress.audit.trace import COUNTS
from trialpress.plan import Endpoint

# of other trials; by what each one's curve allows; of events until a time
NOT_NAMED = {"pool", "exposure", "conditional_probability"}
CASES = [(method, case) for method in OPTIONS if method not in NOT_NAMED for case in ("usual", "half missing", "outcomes of one arm unknown", "no follow-up")]  # fmt: skip
# between two steps a start-stop curve has no number at risk of its own: it is that of the next step
CASES = [(method, case) for method, case in CASES if method != "simon_makuch" or case == "usual"]


def agree(population, method: str, options: dict) -> None:
    """Every count of a method is that of the participants named."""
    rows, _ = compute(method, population, **options)
    named = {(*where, statistic): members for *where, statistic, members in counted(population, {"method": method, **options})}  # fmt: skip
    for row in rows[rows["statistic"].isin(COUNTS) & rows["value"].notna()].itertuples():
        members = named[row.group, row.level, row.statistic]
        assert members.sum() == row.value, (options, row)


@pytest.mark.parametrize(("method", "case"), CASES)
def test_counts_are_those_of_the_participants_named(method, case):
    for options in OPTIONS[method]:
        agree(awkward(case), method, options)


FEW = st.integers(1, 5)
MAYBE = st.none() | FEW


@st.composite
def cohorts(draw):
    """A few participants whose times, entries and changes of state fall on the same few days; any of them may be missing."""
    n = draw(st.integers(4, 9))

    def column(of, dtype) -> pd.Series:
        return pd.Series(draw(st.lists(of, min_size=n, max_size=n)), dtype=dtype)

    time, happens, cause = column(MAYBE, "Int64"), column(st.booleans(), "boolean"), column(st.integers(0, 2), "Int64")
    origin = pd.Series([pd.Timestamp("2016-01-01")] * n)
    begin = origin + pd.to_timedelta(column(st.none() | st.integers(-1, 5), "Int64"), unit="D")
    frame = {
        "who": [f"P{at}" for at in range(n)], "arm": column(st.sampled_from(["a", "b", None]), "string"), "origin": origin, "begin": begin,
        "os_time": time, "os_event": happens.where(time.notna()),
        "late_time": time, "late_event": happens.where(time.notna()), "late_entry": column(st.none() | st.integers(0, 4), "Int64"),
        "relapse_time": time, "relapse_event": (cause > 0).astype("boolean").where(time.notna()), "relapse_cause": cause.where(time.notna()),
    }  # fmt: skip
    found = data(pd.DataFrame(frame), {"arm": ARMS})
    late = Endpoint("late", "Late", "origin", {"death": "died"}, "last", entry="origin")
    return replace(found, plan=replace(found.plan, endpoints={**ENDPOINTS, "late": late}))


@pytest.mark.parametrize(
    ("method", "options"),
    [
        *(("kaplan_meier", {"endpoint": name, "at": [1, 2, 3, 5], "unit": "days", **by}) for name in ("os", "late") for by in ({}, {"by": "arm"})),
        ("kaplan_meier", {"endpoint": "late", "at": [1 / 7, 3 / 7], "unit": "weeks"}),
        ("cumulative_incidence", {"endpoint": "relapse", "cause": "death in remission", "at": [1, 2, 3, 5], "unit": "days", "by": "arm"}),
        ("landmark", {"endpoint": "os", "begin": "begin", "days": [1, 2, 4]}),
        *(("simon_makuch", {"endpoint": "os", "begin": "begin", "landmark": day, "at": [day + 1, day + 2, day + 3], "unit": "days"}) for day in (0, 2)),
        ("follow_up", {"endpoint": "os", "unit": "days", "by": "arm"}),
        ("log_rank", {"endpoint": "os", "by": "arm"}),
    ],
)  # fmt: skip
@settings(max_examples=40, deadline=None)
@given(population=cohorts())
def test_counts_on_the_day_of_an_event_an_entry_and_a_change_of_state(method, options, population):
    agree(population, method, options)


@pytest.mark.parametrize("at", [[3, 2], [1]])
def test_simon_makuch_curves_have_no_time_before_their_landmark(at):
    with pytest.raises(ValueError, match=f"at: {at[-1]} days is not after the landmark, day 2: the curves start there"):
        compute("simon_makuch", awkward("usual"), endpoint="os", begin="begin", landmark=2, at=at, unit="days")


def told(population, **spec) -> dict[tuple, list]:
    """(group, level, statistic) -> who is counted."""
    return {tuple(map(str, key)): [*population.frame["who"][members]] for *key, members in counted(population, spec)}


def test_the_first_cause_is_counted_where_none_is_named():
    usual = awkward("usual")
    none, first, other = (told(usual, method="cumulative_incidence", endpoint="relapse", **of)
                          for of in ({}, {"cause": "relapse"}, {"cause": "death in remission"}))  # fmt: skip
    assert none == first != other


def test_a_pair_counts_only_if_both_are_known():
    frame = pd.DataFrame({"who": list("ABCD"), "x": [True, True, None, False], "y": [True, None, True, False]})
    population = data(frame.astype({"x": "boolean", "y": "boolean"}))
    found = told(population, method="mcnemar", first="x", second="y")
    assert sorted(found.values()) == [["A"], ["A"], ["A", "D"], ["A", "D"]]
