"""Endpoints from durations, from datetimes, with delayed entry: what is counted, in which unit, and who is left out."""

from __future__ import annotations

import pytest
from trialpress.errors import InputError
from trialpress.report.variables import time_text

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
      months: {source: Months, type: number, unit: mo, label: Follow-up}
      late: {source: Late, type: number, unit: months}
      plain: {source: Months, type: number}
      status: {source: Status, type: integer}
      start: {source: Start, type: date}
      begin: {source: Begin, type: datetime}
      end: {source: End, type: datetime}
"""
ROWS = """ID,Arm,Months,Late,Status,Start,Begin,End
S1,A,12,0,1,2015-01-01,2015-01-01T08:00,2015-01-01T20:00
S2,A,24.3,6,0,2015-01-01,2015-01-01T23:00,2015-01-02T01:30
S3,B,6,6,2,2015-01-01,2015-01-01T08:00,2015-01-03T08:00
S4,B,30,12,1,2015-01-01,2015-01-01T08:00,2015-01-01T09:00
S5,B,,1,1,2015-01-01,2015-01-01T08:00,2015-01-01T09:00
S6,B,18,2,,2015-01-01,2015-01-01T08:00,2015-01-01T09:00
S7,A,36,,0,2015-01-01,2015-01-01T08:00,2015-01-01T09:00
"""


def plan(endpoint: str, analyses: str = "  os: {method: kaplan_meier, population: all, endpoint: os}\n") -> str:
    return f"cohort: {{table: t, columns: {{}}}}\nendpoints:\n  os: {{label: Overall survival, {endpoint}}}\nanalyses:\n{analyses}"


def column(run, name: str) -> list:
    return [None if value != value else value for value in run.results.subjects[name].astype(object).where(run.results.subjects[name].notna(), None)]  # fmt: skip


def test_durations_are_counted_as_recorded_and_no_day_is_invented(build):
    at = "  os: {method: kaplan_meier, population: all, endpoint: os, at: [12, 24.3]}\n"
    run = build(TABLE, plan("time: months, event: status == 1", at), f=ROWS)
    assert column(run, "os_time") == [12, 24.3, 6, 30, None, None, 36]
    assert column(run, "os_event") == [True, False, False, True, None, None, False]
    assert run.values("os", "n")[""] == "5" and run.values("os", "events")[""] == "2"
    # whoever is followed for exactly the time is at risk at it
    assert run.values("os", "n_at_risk") == {"12_months": "4", "24.3_months": "3"}
    assert any("2 left out: no follow-up for Overall survival" in note for note in run.notes("os"))


def test_other_units_follow_the_length_of_a_month_that_the_plan_sets(build):
    analyses = "  os: {method: kaplan_meier, population: all, endpoint: os, unit: UNIT}\n"
    for unit, month, median in (("days", 30.4375, 913.125), ("weeks", 30.4375, 913.125 / 7), ("years", 30.4375, 2.5), ("days", 30, 900)):  # fmt: skip
        text = plan("time: months, event: status == 1", analyses.replace("UNIT", unit))
        run = build(TABLE, text, f=ROWS, head=f", days_per_month: {month}")
        assert float(run.values("os", "median")[""]) == pytest.approx(median)
        assert time_text(run.results.plan.days_per_month).startswith(f"A month is {month} days")


def test_competing_causes_from_a_status(build):
    analyses = "  os: {method: cumulative_incidence, population: all, endpoint: os, cause: death}\n"
    run = build(TABLE, plan("time: months, causes: {relapse: status == 1, death: status == 2}", analyses), f=ROWS)
    assert column(run, "os_cause") == [1, 0, 2, 1, None, None, 0]
    assert run.values("os", "events")["death"] == "1" and run.values("os", "competing_events")["death"] == "2"
    both = "time: months, causes: {relapse: status > 0, death: status == 2}"
    with pytest.raises(InputError, match="several causes hold for participant S3"):
        build(TABLE, plan(both, analyses), f=ROWS)


def test_a_duration_can_be_cut(build):
    run = build(TABLE, plan("time: months, event: status == 1, censor_at: 12"), f=ROWS)
    assert column(run, "os_time") == [12, 12, 6, 12, None, None, 12]
    assert run.values("os", "events")[""] == "1"
    assert any("1 event left out: after follow-up was cut" in note for note in run.notes("os"))


@pytest.mark.parametrize(
    "endpoint, message",
    [
        ("time: plain, event: status == 1", "the unit of its durations is not known"),
        (
            "time: months, event: status == 1, unit: days",
            "the dictionary has months in months, the endpoint is in days",
        ),
        ("time: start, event: status == 1", "is a date, not a duration"),
        ("time: months, event: status", "not a condition"),
        ("time: months, event: status == 1, origin: start", "as if from dates"),
        ("time: months", "needs origin, events and censor"),
        ("time: months, event: status == 1, causes: {a: status == 1}", "one of event, causes"),
        ("origin: start, events: {death: end}", "the key 'censor' is missing"),
        ("origin: start, events: {death: end}, censor: end, unit: months", "days or hours, not months"),
        ("origin: start, events: {death: end}, censor: end, unit: hours", "a date without a time of day"),
        ("time: months, event: status == 1, entry: start", "is a date, not a duration"),
        ("time: mnths, event: status == 1, unit: months", "did you mean 'months'"),
    ],
)
def test_an_endpoint_that_is_not_whole_stops(build, endpoint, message):
    with pytest.raises(InputError) as error:
        build(TABLE, plan(endpoint), f=ROWS)
    assert message in str(error.value)


def test_a_negative_duration_stops_and_names_the_participant(build):
    with pytest.raises(InputError, match="negative time for participant S2"):
        build(TABLE, plan("time: months, event: status == 1"), f=ROWS.replace("24.3", "-24.3"))


def test_hours_between_datetimes(build):
    hours = "origin: begin, events: {death: end}, censor: end, unit: hours"
    run = build(
        TABLE, plan(hours, "  os: {method: kaplan_meier, population: all, endpoint: os, unit: hours}\n"), f=ROWS
    )
    assert column(run, "os_time") == [12, 2.5, 48, 1, 1, 1, 1]
    days = plan(hours.replace(", unit: hours", ""))
    assert column(build(TABLE, days, f=ROWS), "os_time") == [0, 1, 2, 0, 0, 0, 0]  # by the calendar


ENTRY = "time: months, event: status == 1, entry: late"
DELAYED = """
  km: {method: kaplan_meier, population: all, endpoint: os, at: [3, 12]}
  lr: {method: log_rank, population: all, endpoint: os, by: arm}
  cox: {method: cox, population: all, endpoint: os, covariates: [arm]}
  fu: {method: follow_up, population: all, endpoint: os, by: arm}
figures:
  km: {kind: kaplan_meier, analyses: [km], caption: Survival.}
"""


def test_delayed_entry(build):
    run = build(TABLE, plan(ENTRY, DELAYED), f=ROWS)
    # S3 leaves on entering, S7 has no entry: neither is at risk at any time
    assert run.values("km", "n")[""] == "3"
    notes = " ".join(run.notes("km"))
    assert (
        "1 left out: entry for Overall survival not known" in notes
        and "1 left out: follow-up for Overall survival ends by their entry" in notes
    )
    assert "2 left out: no follow-up" in notes
    # at 12 months S1 and S2 are at risk; S4 enters then, after the event of S1 (open-closed)
    assert run.values("km", "n_at_risk") == {"3_months": "1", "12_months": "2"}
    assert float(run.values("km", "estimate")["12_months"]) == 0.5
    assert run.values("fu", "n") == {"A": "2", "B": "1"}


def test_a_method_without_delayed_entry_refuses_the_endpoint(build):
    more = "  rm: {method: restricted_mean, population: all, endpoint: os, until: 12}\n  mb: {method: mantel_byar, population: all, endpoint: os, begin: start}\n"
    with pytest.raises(InputError) as error:
        build(TABLE, plan(ENTRY, more), f=ROWS)
    assert "'restricted_mean' has no delayed entry" in str(error.value)
    assert "'mantel_byar' has no delayed entry" in str(error.value)
    assert "'start' is a date, and the endpoint 'os' is from durations" in str(error.value)


def test_entry_as_a_date(build):
    dates = "origin: start, events: {death: end}, censor: end, entry: \"date('2015-01-02')\""
    run = build(TABLE, plan(dates, "  km: {method: kaplan_meier, population: all, endpoint: os, unit: days}\n"), f=ROWS)
    assert column(run, "os_entry") == [1] * 7
    assert run.values("km", "n")[""] == "1"  # the others leave on day 0 or 1


def test_follow_up_by_group_and_on_the_scale_of_the_plan(build):
    analyses = "".join(
        f"  {name}: {{method: follow_up, population: all, endpoint: os, by: arm, transform: {scale}}}\n"
        for name, scale in (("log", "log"), ("double", "log-log"))
    )
    run = build(TABLE, plan("time: months, event: status == 1", analyses), f=ROWS)
    assert set(run.values("log", "median")) == {"A", "B"}
    methods = run.read("analysis/ard.csv").groupby("analysis")["method"].agg(set)
    assert any(" log 95%" in text for text in methods["log"]) and any("log-log" in text for text in methods["double"])


COMPETING_ENTRY = "time: months, causes: {relapse: status == 1, death: status == 2}, entry: late"


def test_cumulative_incidence_with_delayed_entry(build):
    analyses = """
  ci: {method: cumulative_incidence, population: all, endpoint: os, at: [3, 12, 30]}
  cp: {method: conditional_probability, population: all, endpoint: os, time: 12}
"""
    run = build(TABLE, plan(COMPETING_ENTRY, analyses), f=ROWS)
    # S3 leaves on entering, S7 has no entry. At 12 months S1 (relapse then) and S2 are at risk; S4 enters after that
    # relapse and relapses at 30, alone: 1/2, then 1/2 + 1/2.
    assert run.values("ci", "n_at_risk") == {"3_months": "1", "12_months": "2", "30_months": "1"}
    estimates = {level: float(text) for level, text in run.values("ci", "estimate").items()}
    assert estimates == {"3_months": 0, "12_months": 0.5, "30_months": 1}
    assert float(run.values("cp", "estimate")["relapse"]) == 0.5
    gray = analyses.replace("30]", "30], variance: cmprsk")
    with pytest.raises(InputError, match="'cmprsk' has no delayed entry"):
        build(TABLE, plan(COMPETING_ENTRY, gray), f=ROWS)


@pytest.mark.parametrize("method", ["gray, by: arm", "fine_gray, covariates: [arm]"])
def test_what_has_no_right_reference_with_delayed_entry_is_refused(build, method):
    with pytest.raises(InputError, match="has no delayed entry, which the endpoint 'os' has"):
        build(TABLE, plan(COMPETING_ENTRY, f"  x: {{method: {method}, population: all, endpoint: os}}\n"), f=ROWS)
