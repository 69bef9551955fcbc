"""Who and what is left out is said: events after a date that cuts, participants without a group, zeros on a log axis."""

from __future__ import annotations

import json
import re

import pytest
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}, label: Arm}
      start: {source: Start, type: date}
      last: {source: Last, type: date}
      died: {source: Died, type: date}
      relapse: {source: Relapse, type: date}
      transplant: {source: HCT, type: date}
      response: {source: Response, type: code, codes: {CR: [], PR: [], PD: []}}
      age: {source: Age, type: integer, label: Age}
"""
ROWS = """ID,Arm,Start,Last,Died,Relapse,HCT,Response,Age
S1,A,2015-01-01,2015-12-31,,,,CR,50
S2,A,2015-01-01,2015-06-01,2015-07-15,,2015-03-02,CR,61
S3,A,2015-01-01,2015-03-01,2015-04-01,,,PD,44
S4,B,2015-01-01,2016-03-01,2015-10-01,,2015-10-01,PR,70
S5,B,2015-01-01,2015-09-01,,2015-05-01,2015-02-01,CR,
S6,,2015-01-01,2015-09-01,2015-08-01,,2015-02-01,PD,39
"""


def endpoint(**more: str) -> str:
    keys = "".join(f", {key}: {value}" for key, value in more.items())
    return f"""
cohort: {{table: t, columns: {{}}}}
endpoints:
  os: {{label: Overall survival, origin: start, events: {{death: died}}, censor: last{keys}}}
  relapse: {{label: Relapse, origin: start, events: {{relapse: relapse, death: died}}, censor: last, competing: true{keys}}}
analyses:
  os: {{method: kaplan_meier, population: all, endpoint: os, unit: days}}
  relapse: {{method: cumulative_incidence, population: all, endpoint: relapse}}
tables:
  times: {{kind: time_to_event, analyses: [os], caption: Times.}}
"""


def test_an_event_after_the_last_visit_is_an_event(build):
    run = build(TABLE, endpoint(), f=ROWS)
    assert run.values("os", "events") == {"": "4"}
    assert run.results.subjects["os_time"].tolist() == [364, 195, 90, 273, 243, 212]
    assert run.results.subjects["relapse_cause"].tolist() == [0, 2, 2, 2, 1, 2]
    assert run.notes("os") == set() or all("left out" not in note for note in run.notes("os"))


@pytest.mark.parametrize("cuts", ["transplant", "[transplant, \"date('2016-01-01')\"]"])
def test_what_cuts_follow_up_leaves_later_events_out_and_counts_them(build, cuts):
    run = build(TABLE, endpoint(censor_at=cuts), f=ROWS)
    # S2 and S6 die after the transplant, S4 on its day; S5 has no event and is censored at the transplant
    assert run.values("os", "events") == {"": "2"}
    assert run.results.subjects["os_time"].tolist() == [364, 60, 90, 273, 31, 31]
    assert run.results.subjects["relapse_cause"].tolist() == [0, 0, 2, 2, 0, 0]
    assert any("2 events left out: after follow-up was cut" in note for note in run.notes("os"))
    assert any("3 events left out: after follow-up was cut" in note for note in run.notes("relapse"))
    assert r"2 events left out: after follow-up was cut" in run.text("tables/times.md")


def test_a_date_that_cuts_before_the_last_visit_only_shortens(build):
    run = build(TABLE, endpoint(censor_at="\"date('2015-04-01')\""), f=ROWS)
    assert run.results.subjects["os_time"].tolist() == [90] * 6
    assert run.values("os", "events") == {"": "1"}


def test_the_date_that_cuts_is_checked_as_the_others_are(build):
    for cut, message in (("transplnt", "did you mean 'transplant'"), ("age", "is a number, not a date")):
        with pytest.raises(InputError, match=message):
            build(TABLE, endpoint(censor_at=cut), f=ROWS)


GROUPS = """
cohort: {table: t, columns: {dead: {expression: present(died), label: Died}}}
endpoints:
  os: {label: Overall survival, origin: start, events: {death: died}, censor: last}
analyses:
  b: {method: baseline, population: all, by: arm, variables: [age]}
  p: {method: proportion, population: all, by: arm, event: response == 'CR'}
  f: {method: fisher, population: all, by: arm, event: response == 'CR'}
  m: {method: mann_whitney, population: all, by: arm, variable: age}
  km: {method: kaplan_meier, population: all, by: arm, endpoint: os}
  lr: {method: log_rank, population: all, by: arm, endpoint: os}
  s: {method: summary, population: all, by: arm, variable: age}
  x: {method: fisher_rxc, population: all, by: arm, variable: age}
  whole: {method: baseline, population: all, by: arm, variables: [age], where: present(arm)}
figures:
  km: {kind: kaplan_meier, analyses: [km], caption: Survival.}
  rates: {kind: rates, analyses: [p], caption: Rates.}
  strip: {kind: strip, population: all, y: [age], by: arm, caption: Age.}
  scatter: {kind: scatter, population: all, x: age, y: age, colour: arm, caption: Age.}
tables:
  b: {kind: baseline, analysis: b, caption: Baseline.}
  p: {kind: proportions, analyses: [p], caption: Rates.}
  c: {kind: comparisons, analyses: [f, m, lr], caption: Tests.}
  t: {kind: time_to_event, analyses: [km], caption: Times.}
  whole: {kind: baseline, analysis: whole, caption: Baseline.}
"""


def test_a_participant_without_a_group_is_counted_wherever_groups_are(build):
    run = build(TABLE, GROUPS, f=ROWS)
    ard = run.read("analysis/ard.csv")
    for name in ("b", "p", "f", "m", "km", "lr", "s"):
        rows = ard[ard["analysis"] == name]
        counts = rows[rows["statistic"].isin(["n", "N"])] if name != "lr" else rows
        assert len(counts) and counts["note"].str.contains("Arm not known").all(), name
    assert run.notes("x") >= {"1 left out: Age not known; 1 left out: Arm not known"}
    assert not ard[ard["analysis"] == "whole"]["note"].str.contains("not known").any()
    for name in "bpct":
        assert "Arm not known" in run.text(f"tables/{name}.md"), name
    assert "not known" not in run.text("tables/whole.md")
    alt = json.loads(run.text("figures/alt.json"))
    for name in ("km", "rates", "strip"):
        assert "1 left out: Arm not known" in alt[name], name
        assert "1 left out: Arm not known" in re.sub(r"<[^>]+>", "", run.text(f"figures/{name}.svg")), name
    assert "S6" in run.text("figures/scatter.csv") and "Unknown" in run.text("figures/scatter.svg")


ZEROS = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      arm: {source: Arm, type: code, codes: {A: [], B: []}}
      dose: {source: Dose, type: number, label: Dose}
      peak: {source: Peak, type: number, label: Peak}
      start: {source: Start, type: date}
  k:
    file: k
    key: [participant, day]
    columns:
      participant: {source: ID, type: id}
      day: {source: Day, type: integer}
      item: {source: Item, type: code, codes: {x: []}}
      value: {source: Value, type: number}
"""
ZERO_PLAN = """
cohort: {table: t, columns: {order: {rank: start, label: Order}, high: {expression: peak > 100, label: High}}}
analyses:
  dose: {method: dose_response, population: all, event: peak > 100, dose: dose, firth: true}
figures:
  strip: {kind: strip, population: all, y: [peak], by: arm, log: LOG, caption: Peak.}
  two: {kind: strip, population: all, y: [peak, dose], by: arm, log: LOG, caption: Peak.}
  scatter: {kind: scatter, population: all, x: dose, y: peak, log_x: LOG, log_y: LOG, caption: Peak by dose.}
  order: {kind: enrolment_order, population: all, order: order, y: dose, colour: arm, log: LOG, caption: Dose.}
  courses: {kind: courses, population: all, table: k, day: day, value: value, item: item, items: [x], colour: arm, log: LOG, caption: Course.}
  kinetics: {kind: kinetics, population: all, table: k, day: day, value: value, log: LOG, caption: Course.}
"""
ZERO_ROWS = "ID,Arm,Dose,Peak,Start\n" + "".join(
    f"S{i:02d},{'AB'[i % 2]},{[0, 100000, 300000][i % 3]},{[0, 50, 3000, 20000][i % 4]},2015-01-{i + 1:02d}\n"
    for i in range(24)
)
COURSES = "ID,Day,Item,Value\nS00,1,x,0\nS00,2,x,10\nS01,1,x,-1\nS01,2,x,100\n"


def test_every_log_axis_says_how_many_values_it_cannot_show(build):
    plan = ZERO_PLAN.replace("LOG", "true") + "  dose: {kind: dose_response, analyses: [dose], caption: Dose.}\n"
    run = build(ZEROS, plan, f=ZERO_ROWS, k=COURSES)
    alt = json.loads(run.text("figures/alt.json"))
    expected = {
        "strip": ["6 values of 0 not shown"],
        "two": ["Peak: 6 values of 0 not shown", "Dose: 8 values of 0 not shown"],
        "scatter": ["12 values of 0 not shown"],
        "order": ["8 values of 0 not shown"],
        "dose": ["8 values of 0 not shown"],
        "courses": ["2 values of 0 or below not shown"],
        "kinetics": ["2 values of 0 or below not shown"],
    }
    for name, texts in expected.items():
        picture = re.sub(r"<[^>]+>", "", run.text(f"figures/{name}.svg"))
        for text in texts:
            assert text in alt[name] and text in picture, (name, text)
    assert len(run.read("figures/scatter.csv")) == 12


def test_a_linear_axis_shows_zeros_and_says_nothing(build):
    run = build(ZEROS, ZERO_PLAN.replace("LOG", "false"), f=ZERO_ROWS, k=COURSES)
    assert "not shown" not in run.text("figures/alt.json")
    assert len(run.read("figures/scatter.csv")) == 24


DENOMINATORS = """
cohort: {table: t, columns: {}}
analyses:
  p: {method: proportion, population: all, event: response == 'CR'ONE}
  f: {method: fisher, population: all, by: arm, event: (response=='CR') == trueTWO}
tables:
  p: {kind: proportions, analyses: [p], caption: Rates.}
  TABLE
"""
UNKNOWN = ROWS.replace("PR,70", ",70")
SHOWN = "c: {kind: comparisons, analyses: [f], caption: Tests.}"


def denominators(one: str = "", two: str = "", table: str = SHOWN) -> str:
    texts = {"ONE": one and f", unknown: {one}", "TWO": two and f", unknown: {two}", "TABLE": table}
    plan = DENOMINATORS
    for key, text in texts.items():
        plan = plan.replace(key, text)
    return plan


def test_one_endpoint_has_one_denominator_unless_the_plan_says_both(build):
    message = "1 participant with an unknown outcome of .*: this analysis leaves them out, 'p' counts them as no event"
    for plan in (denominators(), denominators("no_event"), denominators("", "left_out")):
        with pytest.raises(InputError, match=message):
            build(TABLE, plan, f=UNKNOWN)
    both = build(TABLE, denominators("no_event", "left_out"), f=UNKNOWN)
    assert both.values("p", "N") == {"": "6"} and both.values("f", "N") == {"A": "3", "B": "1"}
    assert "1 counted as no event: unknown outcome." in both.text("tables/p.md")
    assert "1 left out: unknown outcome. 1 left out: Arm not known." in both.text("tables/c.md")
    alike = build(TABLE, denominators("left_out"), f=UNKNOWN)
    assert alike.values("p", "N") == {"": "5"} and "1 left out: unknown outcome." in alike.text("tables/p.md")
    alike = build(TABLE, denominators("", "no_event"), f=UNKNOWN)
    assert alike.values("f", "N") == {"A": "3", "B": "2"}


def test_what_is_not_shown_beside_another_may_differ_and_says_so(build):
    run = build(TABLE, denominators(table=""), f=UNKNOWN)
    assert run.values("p", "N") == {"": "6"} and run.values("f", "N") == {"A": "3", "B": "1"}
    assert "1 counted as no event: unknown outcome" in run.notes("p")


def test_unknown_outcomes_need_an_outcome(build):
    plan = denominators("left_out", "left_out") + "figures: {}\n"
    wrong = plan.replace(
        "p: {method: proportion",
        "k: {method: summary, population: all, variable: age, unknown: no_event}\n  p: {method: proportion",
        1,
    )
    with pytest.raises(InputError, match="analyses.k.unknown: the method 'summary' has no unknown outcomes"):
        build(TABLE, wrong, f=UNKNOWN)


def test_who_is_left_out_stands_in_a_file_that_adds_up(build):
    run = build(TABLE, GROUPS, f=ROWS)
    rows = run.read("analysis/participants.csv").astype({"n": int, "n_population": int})
    people = rows[rows["what"] == "participants"]
    for name, mine in people.groupby("analysis"):
        apart = mine["note"].str.contains("in no group|counted as")
        assert mine.loc[~apart, "n"].sum() == mine["n_population"].iloc[0] == 6, name
    whole = people[people["analysis"] == "whole"].set_index("reason")
    assert (
        whole["n"].to_dict() == {"used": 5, "where": 1} and whole.loc["where", "note"] == "1 left out: not present(arm)"
    )
