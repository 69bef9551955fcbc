"""What decides in a method beside the statistic: an option, a group of one, a value of 0, a number with levels, an entry."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from analysis.cohort import ARMS, ENDPOINTS, compute, data, usual, values
from trialpress.analysis import _noted
from trialpress.analysis.counting import counted
from trialpress.analysis.participants import LeftOut, left_out
from trialpress.plan import Endpoint

ORIGIN = pd.Timestamp("2016-01-01")


def frame(**columns) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"who": [f"P{at}" for at in range(n)], **columns}).convert_dtypes()


def shown(rows: pd.DataFrame, statistic: str) -> dict[tuple[str, str], str]:
    here = rows[rows["statistic"] == statistic]
    return dict(zip(zip(here["group"], here["level"], strict=True), here["display"], strict=True))


# --- characteristics --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "mean"),
    [({}, "7.8"), ({"digits": 0}, "7.8"), ({"digits": 2}, "7.75"), ({"digits_of": {"x": 3}}, "7.750"), ({"digits": 2, "digits_of": {"x": 0}}, "7.8"),
     ({"digits_of": {"y": 2}}, "7.8")],
)  # fmt: skip
def test_the_digits_of_a_characteristic(options, mean):
    """A plan's 0 digits are those of whole numbers, whose mean has one more; -1 looks at the values."""
    population = data(frame(x=[7.5, 8.0], y=[1, 2]))
    rows, _ = compute("baseline", population, variables=["x", "y"], **options)
    assert shown(rows, "mean")["", "x"] == mean


def test_the_digits_that_are_asked_for_are_those_of_the_extremes():
    population = data(frame(x=[1.25, 2.75, 3.25]))
    for options, median in (({}, "2.75"), ({"digits": 0}, "2.8"), ({"digits": 1}, "2.8"), ({"digits": 3}, "2.750")):
        rows, _ = compute("baseline", population, variables=["x"], **options)
        assert shown(rows, "median")["", "x"] == median, options


def test_the_tests_of_characteristics_are_those_of_the_methods():
    population = data(usual(24).assign(dose_group=usual(24)["dose_group"]), {"arm": ARMS})
    asked = {"x": "t_test"}
    rows, _ = compute("baseline", population, variables=["x", "y", "dose_group"], by="arm", p_values=True, tests=asked)
    found = rows[rows["statistic"] == "p_value"].set_index("level")["value"]
    assert found["x"] == pytest.approx(values("t_test", population, variable="x", by="arm")["p_value"])
    assert found["y"] == pytest.approx(values("mann_whitney", population, variable="y", by="arm")["p_value"])
    exact = values("fisher_rxc", population, variable="dose_group", by="arm")["p_value"]
    assert found["dose_group"] == pytest.approx(exact) and found["x"] != found["y"]
    rows, _ = compute("baseline", population, variables=["dose_group"], by="arm", tests={"dose_group": "chi_square"})
    chi = values("chi_square", population, variable="dose_group", by="arm")["p_value"]
    assert rows[rows["statistic"] == "p_value"]["value"].item() == pytest.approx(chi)
    three, _ = compute("baseline", population, variables=["x"], by="dose_group", p_values=True)
    ranks = values("kruskal_wallis", population, variable="x", by="dose_group")["p_value"]
    assert three[three["statistic"] == "p_value"]["value"].item() == pytest.approx(ranks)


def test_a_number_with_levels_is_counted_and_a_truth_value_too():
    population = data(frame(grade=[0, 1, 1, 3], yes=[True, False, True, None], x=[1, 2, 3, 4]), {"grade": {"0": "none", "1": "mild", "3": "severe"}})  # fmt: skip
    rows, _ = compute("baseline", population, variables=["grade", "yes", "x"])
    counts = rows[rows["statistic"] == "n"].set_index("level")["value"].to_dict()
    assert counts == {"grade=0": 1, "grade=1": 2, "grade=3": 1, "yes=False": 1, "yes=True": 2, "x": 4}


def test_without_groups_nothing_is_tested_and_one_value_has_no_spread():
    population = data(frame(x=[3.5, None], arm=["a", "b"]), {"arm": ARMS})
    rows, _ = compute("baseline", population, variables=["x"], p_values=True)
    assert not rows["statistic"].eq("p_value").any()
    rows, _ = compute("baseline", population, variables=["x"], by="arm")
    assert not rows["statistic"].eq("p_value").any()
    notes = {(row.group, row.statistic): row.note for row in rows[rows["level"] == "x"].itertuples()}
    assert (
        notes["a", "mean"] == "SD not estimable: one value" == notes["a", "sd"]
        and notes["b", "mean"] == "not estimable: no value; not estimable: no known value"
    )


def test_a_characteristic_is_printed_with_its_unit():
    population = data(frame(age=[40, 50]))
    columns = {**population.plan.columns, "age": replace(population.plan.columns["age"], label="Age", unit="years")}
    rows, _ = compute(
        "baseline", replace(population, plan=replace(population.plan, columns=columns)), variables=["age"]
    )
    assert set(rows["level_label"]) == {"", "Age, years"}


# --- groups of one, or of none ----------------------------------------------------------------------------------------


def test_groups_of_one_are_compared():
    population = data(frame(x=[1.0, 2.0], arm=["a", "b"], event=[True, False]), {"arm": ARMS})
    assert values("mann_whitney", population, variable="x", by="arm")["p_value"] == 1
    assert values("fisher", population, event="event", by="arm")["p_value"] == 1
    two = data(frame(os_time=[10, 20, 30], os_event=[True, True, True], by=["a", "b", "c"]))
    for by, n in (("by", 3), ("arm", None)):
        here = two if by == "by" else data(two.frame.assign(arm="a"), {"arm": ARMS})
        rows, _ = compute("permutation_log_rank", here, endpoint="os", by=by, replicates=49)
        p = rows[rows["statistic"] == "p_value"].iloc[0]
        assert (0 < p["value"] <= 1) if n else ("1 group with participants" in p["note"])


def test_a_subgroup_in_which_one_group_is_alone():
    """Of three subgroups the last has patients of one group only; the others have a hazard ratio."""
    sub = ["u"] * 4 + ["v"] * 4 + ["w"] * 2
    arm = ["a", "b", "a", "b"] * 2 + ["a", "a"]
    time = [10, 22, 31, 40, 15, 9, 33, 28, 12, 18]
    population = data(frame(os_time=time, os_event=[True] * 10, arm=arm, sub=sub), {"arm": ARMS})
    rows, _ = compute("cox_interaction", population, endpoint="os", by="arm", subgroup="sub")
    ratios = rows[rows["statistic"] == "hazard_ratio"].set_index("level")
    assert ratios["value"][["u", "v"]].gt(0).all() and ratios["note"]["w"] == "not estimable: one group only"


# --- delayed entry, and what begins during follow-up ------------------------------------------------------------------


def test_entry_is_in_the_unit_of_the_times():
    """In weeks as in days: whoever enters on day 14 is not at risk by it."""
    late = Endpoint("late", "Late", "origin", {"death": "died"}, "last", entry="origin")
    patients = frame(late_time=[21, 35, 49, 70], late_event=[True] * 4, late_entry=[0, 14, 28, 42])
    population = data(patients)
    population = replace(population, plan=replace(population.plan, endpoints={**ENDPOINTS, "late": late}))
    found = {}
    for unit, at in (("days", [20, 30, 45, 60]), ("weeks", [20 / 7, 30 / 7, 45 / 7, 60 / 7])):
        rows, _ = compute("kaplan_meier", population, endpoint="late", at=at, unit=unit)
        found[unit] = rows[rows["statistic"].isin(["n_at_risk", "estimate"])]["value"].tolist()
        assert rows[rows["statistic"] == "n_at_risk"]["value"].tolist() == [2, 2, 2, 1]
    assert found["days"] == pytest.approx(found["weeks"])


def begun(time: list, begin: list, **more) -> pd.DataFrame:
    days = pd.to_timedelta(pd.Series(begin, dtype="Float64"), unit="D")
    found = frame(os_time=time, os_event=[True] * len(time), **more)
    return found.assign(origin=ORIGIN, begin=(ORIGIN + days).astype("datetime64[us]"))


def test_what_begins_on_the_last_day_never_began():
    """The naive curves: the second begins on the day of death."""
    population = data(begun([10, 20, 30, 40], [5, 20, None, 15]))
    _, curves = compute("naive_comparison", population, endpoint="os", begin="begin", unit="days")
    ends = {group: here["x"].max() for group, here in curves.groupby("group")}
    assert ends == {"never": 30, "ever": 40} and 20 in set(curves[curves["group"] == "never"]["x"])


def test_covariates_that_some_lack_leave_out_those_alone():
    time, begin = [10, 20, 30, 40, 50, 60, 70, 80], [5, 25, None, 15, None, 12, 33, None]
    population = data(begun(time, begin, x=[1.0, 2, 1, 3, 2, None, 1, 2]))
    rows, _ = compute("time_dependent_cox", population, endpoint="os", begin="begin", covariates=["x"])
    assert rows[rows["statistic"] == "n"]["value"].tolist() == [7]
    assert rows[rows["statistic"] == "hazard_ratio"]["value"].notna().all()
    nobody = data(population.frame.assign(x=pd.Series([None] * 8, dtype="Float64")))
    rows, _ = compute("time_dependent_cox", nobody, endpoint="os", begin="begin", covariates=["x"])
    assert rows["note"].tolist() == ["not estimable: no participants"]


def test_survival_does_not_differ_before_the_first_event():
    patients = frame(os_time=[10, 20, 30, 15, 25, 35], os_event=[True] * 6, arm=["a"] * 3 + ["b"] * 3)
    rows, _ = compute(
        "survival_difference", data(patients, {"arm": ARMS}), endpoint="os", by="arm", at=[5, 12], unit="days"
    )
    found = rows[rows["statistic"] == "estimate"].set_index("level")["value"]
    assert found["5_days"] == 0 and found["12_days"] == pytest.approx(1 / 3)


def test_what_began_before_the_origin_has_begun_from_its_first_hour_on():
    population = data(begun([10, 20, 30], [-3, 25, None]))
    rows, _ = compute("simon_makuch", population, endpoint="os", begin="begin", unit="days", at=[0.5, 1])
    risk = rows[rows["statistic"] == "n_at_risk"].set_index(["group", "level"])["value"]
    assert [risk["begun", f"{at}_days"] for at in ("0.5", "1")] == [1, 1] and risk["not_yet", "1_days"] == 2


def test_a_ratio_for_each_group_against_the_first():
    random = np.random.default_rng(7)
    patients = frame(os_time=(random.permutation(30) + 1).tolist(), os_event=[True] * 30, dose=["a", "b", "c"] * 10)
    population = data(patients, {"dose": {"a": "A", "b": "B", "c": "C"}})
    rows, _ = compute("log_rank", population, endpoint="os", by="dose")
    found = rows[rows["statistic"] == "hazard_ratio"].set_index("level")["value"]
    rows, _ = compute("cox", population, endpoint="os", covariates=["dose"])
    assert found.to_dict() == pytest.approx(
        rows[rows["statistic"] == "hazard_ratio"].set_index("level")["value"].to_dict()
    )
    assert list(found.index) == ["dose=b", "dose=c"]


def test_a_score_that_is_low_with_the_outcome():
    population = data(frame(event=[True, True, False, True, False, False], x=[1.0, 2, 3, 4, 5, 6]))
    high, low = (values("roc", population, event="event", score="x", lower=lower) for lower in (False, True))
    assert low["estimate"] == pytest.approx(8 / 9) == 1 - high["estimate"]
    assert values("roc", population, event="event", score="x") == high


# --- measurements -----------------------------------------------------------------------------------------------------


def of_levels(table: pd.DataFrame, method: str, **options) -> pd.DataFrame:
    patients = frame(arm=["a"] * table["who"].nunique())
    population = data(patients, {}, {"levels": table})
    return compute(method, population, table="levels", day="day", value="copies", **options)[0]


def measured(*rows: tuple, limit: str = "") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["who", "day", "copies"])
    return table.assign(censored=limit).convert_dtypes()


def test_what_stands_in_the_place_of_zero():
    table = measured(("P0", 1, 0.0), ("P1", 1, 4.0), ("P0", 2, 9.0), ("P1", 2, 4.0))
    rows = of_levels(table, "kinetics_by_day", zero=1)
    found = rows[rows["statistic"] == "estimate"].set_index("level")
    assert found["value"].round(9).to_dict() == {"1_days": 2, "2_days": 6}
    assert found["note"]["1_days"] == "1 of 0 counted as 1" and "counted as" not in found["note"]["2_days"]
    small = of_levels(measured(("P0", 1, 0.0), ("P1", 1, 4.0)), "kinetics_by_day", zero=0.25)
    assert small[small["statistic"] == "estimate"]["value"].item() == pytest.approx(1)


def test_a_first_value_after_day_0_is_said_and_one_below_the_limit_is_0():
    limits = pd.Series(["<", "", "", "", "", ""], dtype="string")
    table = measured(
        ("P0", 0, 50.0), ("P0", 1, 100.0), ("P0", 4, 200.0), ("P1", 1, 100.0), ("P1", 2, 300.0), ("P1", 4, 200.0)
    )
    rows = of_levels(table.assign(censored=limits), "exposure", limit=50, until=4)
    auc = rows[(rows["level"] == "auc") & (rows["statistic"] == "median")].iloc[0]
    # P0: 0 to 100 within a day, and 100 to 200 within three, linear
    assert auc["value"] == 50 + 450 and "1 with a first value of day 1" in auc["note"]


# --- trials of others -------------------------------------------------------------------------------------------------


def pooled(folder, *rows: str, **options):
    path = folder / "trials.csv"
    path.write_text("trial,n,N,overlaps\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return compute("pool", data(frame(x=[1])), file=str(path), n="n", N="N", **options)[0]


def test_which_trials_are_pooled(tmp_path):
    rows = pooled(tmp_path, "one,1,1,", "none,0,0,", "unknown,,9,", "two,3,8,", "three,9,20,")
    assert set(rows["level"]) == {"one", "two", "three", "", "heterogeneity"}
    total = rows[rows["level"] == ""].set_index("statistic")
    assert total["value"][["n", "N", "trials"]].tolist() == [13, 29, 3]
    assert (
        total["note"]["estimate"]
        == "1/2 added to every cell; none left out: counts not known; unknown left out: counts not known"
    )


def test_the_interval_of_pooling_is_that_of_hartung_and_knapp_unless_the_plan_says_otherwise(tmp_path):
    trials = ("a,3,10,", "b,14,30,", "c,25,40,", "d,9,33,")
    usual_, normal = (pooled(tmp_path, *trials, **given) for given in ({}, {"knapp_hartung": False}))
    asked = pooled(tmp_path, *trials, knapp_hartung=True)
    high, low, same = (rows[rows["statistic"] == "ci_high"].query("level == ''")["value"].item() for rows in (usual_, normal, asked))  # fmt: skip
    assert high == same and high > low


# --- sets ---


def test_who_has_what_together():
    """Of six two are known in part only: they are in no set, and are counted as missing."""
    yes = {"fever": [True, True, False, False, None, True], "rash": [True, False, False, True, True, None]}
    population = data(frame(**yes).astype({"fever": "boolean", "rash": "boolean"}))
    found, _ = compute("combinations", population, sets={"Fever": "fever", "Rash": "rash"})
    counts = {(row.level, row.statistic): row.value for row in found.itertuples() if row.statistic != "percent"}
    assert counts == {
        ("", "N"): 4, ("", "missing"): 2, ("set=Fever", "n"): 2, ("set=Rash", "n"): 2,
        ("Fever+Rash", "n"): 1, ("Fever", "n"): 1, ("Rash", "n"): 1, ("none", "n"): 1,
    }  # fmt: skip
    spec = {"method": "combinations", "sets": {"Fever": "fever", "Rash": "rash"}}
    who = {
        (level, statistic): [*population.frame["who"][members]]
        for _, level, statistic, members in counted(population, spec)
    }
    assert (
        who["", "missing"] == ["P4", "P5"] and who["Fever+Rash", "n"] == ["P0"] and who["set=Rash", "n"] == ["P0", "P3"]
    )
    assert {key: len(names) for key, names in who.items()} == counts
    assert [who[one, "n"] for one in ("Fever", "Rash", "none")] == [["P1"], ["P3"], ["P2"]]


# --- missing outcomes -------------------------------------------------------------------------------------------------


def test_a_group_in_which_no_outcome_is_known_has_a_worst_and_a_best_case():
    population = data(
        frame(event=[None, None, True, False], arm=["a", "a", "b", "b"]).astype({"event": "boolean"}), {"arm": ARMS}
    )
    rows, _ = compute("missing_response", population, event="event", by="arm")
    found = rows[rows["statistic"] == "estimate"].set_index(["group", "level"])
    assert (
        found["value"]["a", "worst"] == 0
        and found["value"]["a", "best"] == 1
        and math.isnan(found["value"]["a", "complete"])
    )
    assert found["note"]["a", "worst"] == "" and found["note"]["a", "complete"] == "not estimable: no patients"
    assert found["value"]["b"].tolist() == [0.5] * 3


@pytest.mark.parametrize(("unknown", "n", "N"), [("left_out", 1, 2), ("no_event", 1, 4)])
def test_an_unknown_outcome_is_no_event_or_nothing(unknown, n, N):
    population = data(frame(event=[None, None, True, False]).astype({"event": "boolean"}))
    found = values("proportion", replace(population, unknown=unknown), event="event")
    assert (found["n"], found["N"]) == (n, N)


# --- who is left out --------------------------------------------------------------------------------------------------


def test_participants_are_counted_and_rows_where_a_participant_has_several():
    once, twice = data(frame(x=[1, 2, 3])), data(pd.DataFrame({"who": ["P0", "P0", "P1"], "x": [1, 2, 3]}))
    lacking = pd.Series([True, True, False])
    found = [LeftOut.of("r", "lost", population, lacking) for population in (once, twice)]
    assert [(one.what, one.n, one.who) for one in found] == [("participants", 2, ("P0", "P1")), ("rows", 2, ("P0",))]
    assert [str(one) for one in found] == ["2 left out: lost", "2 rows left out: lost"]
    assert LeftOut.of("r", "lost", twice, lacking, "events").what == "events"


def test_a_change_needs_a_baseline_and_a_value():
    population = data(
        frame(value=[1.0, 2.0, None, 4.0], baseline=[1.0, None, None, 2.0], change=[0.0, None, None, 2.0])
    )
    spec = {"method": "bootstrap", "variable": "change", "rows": {"baseline": "day == 0"}}
    assert [(one.reason, one.who) for one in left_out(population, spec)] == [("baseline", ("P1",)), ("change", ("P2",))]
    spec["rows"] = {}
    assert [(one.reason, one.who) for one in left_out(population, spec)] == [("change", ("P1", "P2"))]
    spec |= {"variable": "value", "rows": {"baseline": "day == 0"}}
    assert [(one.reason, one.who) for one in left_out(population, spec)] == [("value", ("P2",))]


def test_notes_stand_beside_counts_or_beside_everything_where_nothing_is_counted():
    def noted(rows, notes):
        return [row["note"] for row in _noted([{"statistic": name, "note": note} for name, note in rows], notes)]

    rows = [("n", ""), ("estimate", "a"), ("N", "a")]
    assert noted(rows, ["a", "b"]) == ["a; b", "a", "a; b"]
    assert noted(rows[1:2], ["b", "b"]) == ["a; b"]
    assert noted(rows, []) == ["", "a", "a"]


def test_natural_order_of_levels():
    texts = ["10", "9", "b", "nan", "inf", "a", "-1.5", "1e1"]
    names = [name.id for name in data(frame(x=texts)).groups("x")]
    assert names == ["-1.5", "9", "10", "1e1", "a", "b", "inf", "nan"]


def test_gray_compares_by_the_hazard_ratio_of_its_strata():
    population = data(usual(), {"arm": ARMS})
    for stratum in ("", "dose_group"):
        rows, _ = compute("gray", population, endpoint="relapse", by="arm", stratum=stratum)
        model, _ = compute("fine_gray", population, endpoint="relapse", covariates=["arm"], stratum=stratum)
        ratio = [found[found["statistic"] == "hazard_ratio"] for found in (rows, model)]
        assert ratio[0]["value"].item() == ratio[1]["value"].item()
        assert ratio[0]["method"].item().startswith("stratified " * bool(stratum) + "Fine-Gray")


def test_an_escalation_of_nobody_has_no_cohort():
    nobody = data(usual().iloc[:0], {"dose_group": {"low": "Low"}})
    rows, _ = compute("dose_escalation", nobody, event="response", by="dose_group", cohort="dose_group")
    none = rows[(rows["level"] == "design") & (rows["statistic"] == "n")]
    assert none["value"].tolist() == [0] and "no cohort with evaluable participants" in none["note"].item()


def test_measurements_before_day_0_or_without_a_value_are_no_exposure():
    some = [("P0", 0, 1.0), ("P0", 2, 5.0), ("P0", 4, 3.0)]
    asked = [of_levels(measured(*rows), "exposure", limit=0.5, until=4)
             for rows in (some, [("P0", -1, 9.0), *some, ("P0", 3, None), ("P0", None, 7.0)])]  # fmt: skip
    assert asked[0]["value"].equals(asked[1]["value"]) and asked[0]["value"].notna().any()
