"""Small populations whose numbers are worked out by hand, through the methods of a plan."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from analysis.cohort import compute, data, levels_table, usual, values
from trialpress.analysis.counting import counted
from trialpress.analysis.participants import left_out

ORIGIN = pd.Timestamp("2016-01-01")


def frame(**columns) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"who": [f"P{at}" for at in range(n)], **columns}).convert_dtypes()


def test_signed_rank_of_after_less_before():
    population = data(frame(pre=[1, 1, 1, 1, 1, None, 7], post=[2, 3, 4, 5, 6, 9, None]))
    found = values("signed_rank", population, after="post", before="pre")
    # differences 1 to 5: of 32 patterns of signs one is as far to the right
    assert found["p_value"] == 2 / 32 and found["estimate"] == 3 and found["n"] == 5
    assert values("signed_rank", population, after="post", before="pre", alternative="greater")["p_value"] == 1 / 32
    assert values("signed_rank", population, after="pre", before="post")["estimate"] == -3


def test_ranks_of_three_groups():
    population = data(
        frame(x=[1, 2, 3, 4, 5, 6], by=["a", "a", "b", "b", "c", "c"]), {"by": {"a": "A", "b": "B", "c": "C", "d": "D"}}
    )
    found = values("kruskal_wallis", population, variable="x", by="by")
    assert (
        found["statistic"] == pytest.approx(32 / 7)
        and found["df"] == 2
        and found["p_value"] == pytest.approx(math.exp(-16 / 7))
    )
    for group, median in (("a", 1.5), ("b", 3.5), ("c", 5.5)):
        assert values("kruskal_wallis", population, group, variable="x", by="by")["median"] == median
    rows, _ = compute("kruskal_wallis", population, variable="x", by="by")
    assert (
        rows[(rows["group"] == "d") & (rows["statistic"] == "median")]["note"].item() == "not estimable: no known value"
    )
    # whole numbers: a median is printed with the decimal that it has
    assert rows[rows["statistic"] == "median"]["display"].tolist() == ["1.5", "3.5", "5.5", "NE"]
    # all three pairs of groups are in order: 12 of 12 pairs of participants
    trend = values("jonckheere_terpstra", population, variable="x", by="by")
    assert 0 < trend["p_value"] < 0.05


def test_the_first_cause_is_meant_where_none_is_named():
    population = data(usual())
    named = values(
        "cumulative_incidence", population, endpoint="relapse", cause="relapse", at=[100], unit="days", level="100_days"
    )
    assert (
        values("cumulative_incidence", population, endpoint="relapse", at=[100], unit="days", level="100_days") == named
    )
    other = values(
        "cumulative_incidence",
        population,
        endpoint="relapse",
        cause="death in remission",
        at=[100],
        unit="days",
        level="100_days",
    )
    assert other != named
    with pytest.raises(
        ValueError, match="cause: 'relaps' is not an event of the endpoint 'relapse'; did you mean 'relapse'"
    ):
        compute("cumulative_incidence", population, endpoint="relapse", cause="relaps")
    with pytest.raises(ValueError, match="'os' does not keep its causes apart"):
        compute("cumulative_incidence", population, endpoint="os")


def treated(time: list, begin: list) -> pd.DataFrame:
    """Participants from one origin, all of whom die on day `time`; begin: the day of treatment or None."""
    found = frame(os_time=time, os_event=[True] * len(time))
    days = pd.to_timedelta(pd.Series(begin, dtype="Float64"), unit="D")
    return found.assign(origin=ORIGIN, begin=(ORIGIN + days).astype("datetime64[us]"))


def curve(curves: pd.DataFrame, group: str) -> list[tuple[float, float]]:
    here = curves[curves["group"].str.endswith(group) & ~curves["group"].str.endswith(f"not_{group}")]
    return [(round(x, 6), round(y, 6)) for x, y in zip(here["x"], here["estimate"], strict=True)]


def test_landmark_by_hand():
    """On day 14 one has died, on it one begins: who begins on the landmark has begun, who dies on it is left out."""
    population = data(treated([14, 21, 28, 35, 42, 49], [7, 14, None, 21, 0, -3]))
    rows, curves = compute("landmark", population, endpoint="os", begin="begin", days=[14], unit="weeks")
    found = dict(zip(rows["statistic"], rows["value"], strict=True))
    assert (
        found["n"] == 5
        and found["n_begun"] == 3
        and found["excluded_events"] == 1
        and found["excluded_censored"] == 0
        and found["begun_later"] == 1
    )
    assert "1 began before the time origin and count as begun from the start" in rows["note"].iloc[0]
    times = {name: [x for x, _ in curve(curves, name)] for name in ("begun", "not_begun")}
    assert [x for x in times["begun"] if x] == [3, 6, 7]
    last = curves[curves["group"].str.contains("not_begun")]
    assert [x for x in last["x"] if x] == [4, 5] and last["estimate"].min() == 0
    none = data(treated([14, 21], [0, None]))
    rows, _ = compute("landmark", none, endpoint="os", begin="begin", days=[7])
    assert not rows["note"].str.contains("before the time origin").any()


def test_simon_makuch_by_hand():
    """On day 12 P0 is dead and the others wait; from day 10 on P0, who leaves on it, is not counted at all."""
    population = data(treated([10, 20, 30, 40], [5, 25, None, 15]))
    for landmark, excluded, begun in ((0, 0, 0.0), (10, 1, 1.0)):
        found = values("simon_makuch", population, endpoint="os", begin="begin", landmark=landmark)
        assert found == {"n": 4 - excluded, "n_begun": 2 - excluded, "events": 4 - excluded, "excluded": excluded}
        out = left_out(population, {"method": "simon_makuch", "endpoint": "os", "begin": "begin", "landmark": landmark})
        assert [(one.n, one.who, one.text) for one in out] == (
            [(1, ("P0",), "follow-up for Overall survival ended by day 10")] if excluded else []
        )
        rows, _ = compute(
            "simon_makuch", population, endpoint="os", begin="begin", unit="days", at=[12, 17], landmark=landmark
        )
        risk = rows[rows["statistic"] == "n_at_risk"].set_index(["group", "level"])["value"]
        assert risk["not_yet", "12_days"] == 3 and risk["not_yet", "17_days"] == 2 and risk["begun", "17_days"] == 1
        assert rows[rows["statistic"] == "excluded"]["value"].item() == excluded
        estimates = rows[rows["statistic"] == "estimate"].set_index(["group", "level"])["value"]
        assert estimates["begun", "17_days"] == begun and estimates["not_yet", "17_days"] == 1


def test_the_measurements_of_a_group_are_its_own():
    patients = usual(4)
    table = levels_table(patients)
    population = data(patients, {"arm": {"a": "A", "b": "B"}}, {"levels": table})
    rows, _ = compute("kinetics_by_day", population, table="levels", day="day", value="copies", by="arm")
    found = rows[rows["statistic"].eq("estimate") & rows["level_label"].eq("day 7")].set_index("group")["value"]
    day7 = table[table["day"] == 7].merge(patients[["who", "arm"]], on="who").groupby("arm")["copies"]
    assert found.to_dict() == pytest.approx(day7.agg(lambda x: math.exp(x.map(math.log).mean())).to_dict())


def test_an_emax_model_names_its_parameters():
    dose = [1.0, 2, 4, 8, 16, 32, 64, 128]
    population = data(
        frame(dose=dose, response=[10 + 80 * d / (8 + d) + (0.1 if at % 2 else -0.1) for at, d in enumerate(dose)])
    )
    rows, curves = compute("emax", population, response="response", dose="dose")
    found = rows[rows["statistic"] == "estimate"].set_index("level")["value"]
    assert found.to_dict() == pytest.approx({"e0": 10, "emax": 80, "ed50": 8}, rel=0.05)
    assert curves["x"].min() >= 0 and curves["estimate"].is_monotonic_increasing


def test_a_permutation_test_of_second_less_first():
    population = data(frame(x=[1, 2, 3, 11, 12, 16], by=["a", "a", "a", "b", "b", "b"]), {"by": {"a": "A", "b": "B"}})
    # of the 20 splits 2 are as far apart in the mean, 4 in the median
    for statistic, estimate, p in (("mean", 11, 0.1), ("median", 10, 0.2)):
        found = values("permutation_test", population, variable="x", by="by", statistic=statistic, resamples=2000)
        assert found["estimate"] == estimate and found["p_value"] == pytest.approx(p, abs=0.03)
        one = values("permutation_test", population, "b", variable="x", by="by", statistic=statistic, resamples=200)
        assert one == {"n": 3}


def unknown() -> pd.DataFrame:
    """Arm a: 2 of 4 known, 1 unknown; arm b: 4 of 5 known, 2 unknown."""
    known = [True, True, False, False, None, True, True, True, True, False, None, None]
    return frame(response=pd.Series(known, dtype="boolean"), arm=["a"] * 5 + ["b"] * 7)


def test_missing_responses_of_each_group_by_hand():
    population = data(unknown(), {"arm": {"a": "A", "b": "B"}})
    want = {"a": ((2, 4, 1), 2 / 4, 2 / 5, 3 / 5), "b": ((4, 5, 2), 4 / 5, 4 / 7, 6 / 7)}
    for arm, (counts, *shares) in want.items():
        found = values("missing_response", population, arm, event="response", by="arm")
        assert found == dict(zip(("n", "N", "missing"), counts, strict=True))
        for case, share in zip(("complete", "worst", "best"), shares, strict=True):
            one = values("missing_response", population, arm, case, event="response", by="arm")
            assert one["estimate"] == pytest.approx(share)


def test_splits_of_unknown_outcomes_in_two_groups():
    """2 splits of arm a and 3 of arm b: of 6, Fisher's test is significant in none."""
    population = data(unknown(), {"arm": {"a": "A", "b": "B"}})
    found = values("tipping_point_groups", population, event="response", by="arm")
    assert found["unchanged"] == 6 and found["scenarios"] == 6


def test_an_interaction_needs_two_subgroups():
    patients = usual(60).assign(one="x", three=["p", "q", "r"] * 20)
    for subgroup, estimable in (("one", False), ("three", True)):
        found = values("cox_interaction", data(patients), endpoint="os", by="arm", subgroup=subgroup)
        assert math.isfinite(found["p_value"]) is estimable and found["n"] == 60


def test_levels_without_a_list_stand_by_size_then_by_the_alphabet():
    population = data(frame(by=["b", "10", "9", "a", "9.5", "-1", "nan", None]))
    assert [name.id for name in population.groups("by")] == ["-1", "9", "9.5", "10", "a", "b", "nan"]
    assert [int(members.sum()) for members in population.groups("by").values()] == [1] * 7


def test_pairs_of_yes_and_no():
    """One pair yes twice, five only first, one only then, two never, one not known: of 6 discordant pairs 1 or fewer one way."""
    first = pd.Series([True] * 6 + [False] * 3 + [None], dtype="boolean")
    then = pd.Series([True] + [False] * 5 + [True, False, False, True], dtype="boolean")
    found = values("mcnemar", data(frame(first=first, then=then)), first="first", second="then", exact=True)
    assert found["pairs"] == 9 and found["discordant"] == 6 and found["p_value"] == pytest.approx(2 * 7 / 64)


@pytest.mark.parametrize("interval", ["bca", "percentile"])
def test_a_bootstrapped_difference_is_second_less_first(interval):
    population = data(frame(x=[1, 2, 3, 4, 11, 12, 13, 18], by=["a"] * 4 + ["b"] * 4), {"by": {"a": "A", "b": "B"}})
    for statistic, estimate in (("mean", 11), ("median", 10)):
        rows, _ = compute(
            "bootstrap", population, variable="x", by="by", statistic=statistic, interval=interval, resamples=500
        )
        found = rows[rows["group"] == ""].set_index("statistic")["value"]
        assert found["estimate"] == estimate and found["ci_low"] <= estimate <= found["ci_high"] and found["ci_low"] > 5


def test_a_dose_escalation_by_cohorts():
    """Two cohorts at the low dose, of whom one is not evaluable and one of no known dose; then two patients at the high dose."""
    toxic = [True, False, False, False, True, None, True, False, False]
    found = frame(
        cohort=["1"] * 3 + ["2"] * 3 + ["3"] * 2 + ["2"], dose=["low"] * 6 + ["high"] * 2 + [None], toxic=toxic
    )
    population = data(
        found.astype({"toxic": "boolean"}),
        {"dose": {"low": "Low", "high": "High"}, "cohort": {"1": "C1", "2": "C2", "3": "C3"}},
    )
    spec = {"event": "toxic", "by": "dose", "cohort": "cohort"}
    rows, _ = compute("dose_escalation", population, **spec)
    counts = {
        (row.group or row.level, row.statistic): row.value for row in rows.itertuples() if row.statistic in ("n", "N")
    }
    assert {place: (counts[place, "n"], counts[place, "N"]) for place, _ in counts} == {
        "low": (2, 5), "high": (1, 2), "cohort=1": (1, 3), "cohort=1=until_then": (1, 3), "cohort=2": (1, 2),
        "cohort=2=until_then": (2, 5), "cohort=3": (1, 2), "cohort=3=until_then": (1, 2),
    }  # fmt: skip
    next_ = rows[rows["statistic"] == "decision"].set_index("level")
    assert (
        next_["display"].tolist() == ["0", "\u22121", "NE"]
        and next_["note"]["cohort=2"] == "the next cohort was treated at High"
    )
    who = {(group or level, statistic): [*population.frame["who"][members]] for group, level, statistic, members
           in counted(population, {"method": "dose_escalation", **spec})}  # fmt: skip
    assert (
        who["cohort=2", "N"] == ["P3", "P4"]
        and who["cohort=2=until_then", "n"] == ["P0", "P4"]
        and who["high", "N"] == ["P6", "P7"]
    )


@pytest.mark.parametrize(("dose", "toxic", "decision"), [("low", [True, True, False], -1), ("high", [False] * 3, 1)])
def test_a_cohort_stays_where_there_is_no_lower_or_higher_dose(dose, toxic, decision):
    """So the next one at the same dose was treated as planned, and nothing is said."""
    found = frame(cohort=["1"] * 3 + ["2"] * 3, dose=[dose] * 6, toxic=toxic * 2).astype({"toxic": "boolean"})
    levels = {"dose": {"low": "Low", "high": "High"}, "cohort": {"1": "C1", "2": "C2"}}
    rows, _ = compute("dose_escalation", data(found, levels), event="toxic", by="dose", cohort="cohort")
    first = rows[(rows["statistic"] == "decision") & (rows["level"] == "cohort=1")]
    assert first["value"].tolist() == [decision] and first["note"].tolist() == [""]
