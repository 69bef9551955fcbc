"""Who is left out of an analysis: one rule for all methods, compared with what each method counts."""

from __future__ import annotations

import pandas as pd
import pytest
from analysis.cohort import awkward, compute
from analysis.test_methods import OPTIONS
from trialpress.analysis.methods import METHODS
from trialpress.analysis.methods.multistate import in_order
from trialpress.analysis.participants import LeftOut, left_out, taking_part
from trialpress.registry import Column, Condition

GONE = ("P03", "P10")
# a missing beginning is one that never came; a characteristic has a row of its own for those without it
NOT_NEEDED = {"begin"}
APART = (
    "baseline",
    "crosstab",
    "toxicity",
    "missing_response",
    "tipping_point",
    "tipping_point_groups",
    "multiple_imputation",
)
# several participants' rows in the day's table; nobody of this study
OTHERWISE = ("pool", "simon_two_stage", "simon_design", "sample_size", "exposure", "kinetics_by_day")


def columns_of(method: str, options: dict) -> dict[str, list[str]]:
    """What a method reads of the subjects: option -> columns."""
    read = {}
    for key, value in options.items():
        if key == "endpoint":
            read[key] = [f"{value}_{part}" for part in ("time", "cause" if value == "relapse" else "event")]
        elif METHODS.parameters(method)[key].annotation in (Column, Condition) and key not in NOT_NEEDED:
            read[key] = [value]
        elif key == "covariates":
            read[key] = value
    return read


def counted(rows: pd.DataFrame) -> float | None:
    """How many participants a method says it has used; None where it gives no such count."""
    if rows.empty or not rows["statistic"].isin(["n", "N"]).any():
        return None
    statistic = "N" if rows["statistic"].eq("N").any() else "n"
    mine = rows[rows["statistic"].eq(statistic)]
    whole = mine[mine["group"].eq("") & mine["level"].eq("")]
    if len(whole):
        return whole["value"].iloc[0]
    if "first" in set(mine["group"]):  # a pair of each participant
        return mine["value"].iloc[0]
    return mine.loc[mine["level"].eq(mine["level"].iloc[0]), "value"].sum()


TRIED = [
    (method, at, column)
    for method in METHODS.functions if method not in (*OTHERWISE, *APART)
    for at, options in enumerate(OPTIONS[method])
    for columns in columns_of(method, options).values()
    for column in columns
]  # fmt: skip


@pytest.mark.parametrize(("method", "at", "column"), TRIED)
def test_whoever_lacks_what_a_method_needs_is_named_and_not_counted(method, at, column):
    options = OPTIONS[method][at]
    spec, whole = {"method": method, "population": "all", **options}, awkward("usual")
    before = counted(compute(method, whole, **options)[0])
    complete = taking_part(whole, spec)
    gone = whole.frame["who"].isin(GONE)
    whole.frame.loc[gone, column] = pd.NA
    out = left_out(whole, spec)
    named = [who for one in out for who in one.who]
    assert set(GONE) <= set(named) and len(named) == len(set(named))
    assert taking_part(whole, spec).sum() == len(whole.frame) - len(named)
    used = counted(compute(method, whole, **options)[0])
    if used is not None:
        assert used - before == -int((complete & gone).sum()), f"{before} before, {used} now"


@pytest.mark.parametrize("method", OPTIONS)
def test_nobody_is_left_out_of_a_cohort_without_gaps(method):
    for options in OPTIONS[method]:
        spec, whole = {"method": method, "population": "all", **options}, awkward("usual")
        known = whole.frame.drop(columns=["begin", "again"]).notna().all(axis=1) & (whole.frame["grade"] > 0)
        known &= whole.frame["os_time"] > options.get("landmark", 0)
        whole.frame = whole.frame[known].reset_index(drop=True)
        assert len(whole.frame) > 10
        assert [str(one) for one in left_out(whole, spec)] == [], options


@pytest.mark.parametrize("method", ["kinetics_by_day", "exposure"])
def test_who_has_no_measurement_and_which_measurements_have_no_day(method):
    spec, whole = {"method": method, "population": "all", **OPTIONS[method][0]}, awkward("usual")
    levels = whole.tables["levels"]
    whole.tables = {"levels": levels[~levels["who"].isin(GONE)].reset_index(drop=True)}
    assert [str(one) for one in left_out(whole, spec)] == ["2 left out: nothing measured in levels"]
    whole.tables["levels"].loc[0, "day"] = pd.NA
    day = left_out(whole, spec)[-1]
    assert str(day) == "1 row of levels left out: day not known" and day.who == (levels["who"].iloc[0],)


@pytest.mark.parametrize("method", ["dose_response", "isotonic", "geometric_mean_ratio"])
def test_what_is_not_positive_is_left_out_by_name(method):
    options, whole = OPTIONS[method][-1], awkward("usual")
    column = options.get("dose") or options["variable"]
    whole.frame[column] = whole.frame[column].astype("Float64") + 1
    whole.frame.loc[whole.frame["who"].isin(GONE), column] = 0
    spec = {"method": method, "population": "all", **options}
    (one,) = (one for one in left_out(whole, spec) if "positive" in one.reason)
    assert one.who == GONE and str(one) == f"2 left out: {column.capitalize()} not positive"


@pytest.mark.parametrize("method", ["proportion", "exact_test", "beta_binomial", "fisher"])
@pytest.mark.parametrize("unknown", ["no_event", "left_out"])
def test_an_unknown_outcome_is_what_the_plan_says(method, unknown):
    options, whole = OPTIONS[method][0], awkward("usual")
    whole.unknown = unknown
    whole.frame.loc[whole.frame["who"].isin(GONE), "response"] = pd.NA
    n = len(whole.frame) - whole.frame["arm"].isna().sum() * ("by" in options)
    missing = whole.frame["response"].isna().sum()
    said = [str(one) for one in left_out(whole, {"method": method, "population": "all", **options})]
    fate = {"no_event": "counted as no event", "left_out": "left out"}[unknown]
    assert f"{missing} {fate}: unknown outcome" in said
    assert counted(compute(method, whole, **options)[0]) == n - (missing if unknown == "left_out" else 0)


@pytest.mark.parametrize(("n", "what", "sentence"), [
    (2, "participants", "2 left out: Age not known"), (1, "events", "1 event left out: Age not known"),
    (1200, "rows of labs", "1,200 rows of labs left out: Age not known"),
])  # fmt: skip
def test_what_is_said(n, what, sentence):
    assert str(LeftOut("age", "Age not known", n, (), what)) == sentence


def test_changes_follow_one_another_by_the_day():
    whole = awkward("two participants")
    whole.frame["relapse"] = pd.to_datetime(["2015-01-06 09:00", "2015-01-06 09:00"])
    whole.frame["remission"] = pd.to_datetime(["2015-01-06 23:00", "2015-01-07 08:00"])
    assert in_order(whole, ["relapse", "remission"]).tolist() == [False, True]
