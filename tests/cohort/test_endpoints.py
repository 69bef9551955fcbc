"""Endpoints from dates: what comes first, what it is called, and what ends follow-up."""

from __future__ import annotations

import pandas as pd
import pytest
from cases.conftest import build  # noqa: F401
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      start: {source: Start, type: date}
      relapse: {source: Relapse, type: date}
      died: {source: Died, type: date}
      cut: {source: Cut, type: date}
      last: {source: Last, type: date}
"""
ROWS = """ID,Start,Relapse,Died,Cut,Last
both,2015-01-01,2015-01-11,2015-01-21,,2015-01-21
death,2015-01-01,,2015-01-21,,2015-01-15
same,2015-01-01,2015-01-21,2015-01-21,,2015-01-21
none,2015-01-01,,,,2015-02-01
cut,2015-01-01,2015-01-21,,2015-01-11,2015-03-01
cut_on_day,2015-01-01,2015-01-11,,2015-01-11,2015-03-01
cut_late,2015-01-01,,,2015-04-01,2015-03-01
day_0,2015-01-01,2015-01-01,,,2015-01-01
no_origin,,2015-01-21,,,2015-03-01
no_end,2015-01-01,,,,
event_only,2015-01-01,2015-01-11,,,
"""
PLAN = """
cohort: {table: t, columns: {}}
endpoints:
  pfs: {label: PFS, origin: start, events: {relapse: relapse, death: died}, censor: last}
  cif: {label: CIF, origin: start, events: {relapse: relapse, death: died}, censor: last, competing: true}
  swap: {label: Swap, origin: start, events: {death: died, relapse: relapse}, censor: last, competing: true}
  until: {label: Until, origin: start, events: {relapse: relapse}, censor: last, censor_at: [cut, "date('2015-02-15')"], competing: true}
analyses: {n: {method: proportion, population: all, event: pfs_event}}
"""


@pytest.fixture
def subjects(build):  # noqa: F811
    frame = build(TABLE, PLAN, f=ROWS).results.subjects.set_index("participant")
    return {name: {who: None if pd.isna(value) else value for who, value in frame[name].items()} for name in frame}


def test_time_to_the_first_event_or_the_last_contact(subjects):
    assert subjects["pfs_time"] == {
        "both": 10, "death": 20, "same": 20, "none": 31, "cut": 20, "cut_on_day": 10, "cut_late": 59, "day_0": 0,
        "no_origin": None, "no_end": None, "event_only": 10,
    }  # fmt: skip
    assert subjects["pfs_event"] == {
        "both": True, "death": True, "same": True, "none": False, "cut": True, "cut_on_day": True, "cut_late": False, "day_0": True,
        "no_origin": None, "no_end": None, "event_only": True,
    }  # fmt: skip


def test_causes_in_the_order_of_the_plan(subjects):
    cause = {"both": 1, "death": 2, "same": 1, "none": 0, "cut": 1, "cut_on_day": 1, "cut_late": 0, "day_0": 1,
             "no_origin": None, "no_end": None, "event_only": 1}  # fmt: skip
    assert subjects["cif_cause"] == cause
    assert subjects["swap_cause"] == cause | {
        "both": 2,
        "death": 1,
        "cut": 2,
        "cut_on_day": 2,
        "day_0": 2,
        "event_only": 2,
    }
    assert "pfs_cause" not in subjects and "pfs_cut" not in subjects


def test_what_cuts_ends_follow_up_before_a_later_event_and_not_on_its_day(subjects):
    want = {"both": (10, 1), "death": (14, 0), "same": (20, 1), "none": (31, 0), "cut": (10, 0), "cut_on_day": (10, 1),
            "cut_late": (45, 0), "day_0": (0, 1), "no_origin": (None, None), "event_only": (10, 1)}  # fmt: skip
    assert {who: (subjects["until_time"][who], subjects["until_cause"][who]) for who in want} == want
    assert [who for who, cut in subjects["until_cut"].items() if cut] == ["cut"]


def test_an_end_before_the_origin_stops_with_the_participants(build):  # noqa: F811
    rows = ROWS.replace("day_0,2015-01-01,2015-01-01", "day_0,2015-01-02,2015-01-01").replace(
        "none,2015-01-01", "none,2015-02-02"
    )
    with pytest.raises(InputError) as error:
        build(TABLE, PLAN, f=rows)
    assert "negative time for participant day_0, none" in str(error.value) and "endpoints.pfs" in str(error.value)


DURATIONS = """
  t: {file: f, key: [participant], columns: {participant: {source: ID, type: id}, days: {source: Days, type: number}, how: {source: How, type: code, codes: {relapse: [], death: [], alive: []}}, cut: {source: Cut, type: number}}}
"""


def test_durations_with_causes_that_are_cut(build):  # noqa: F811
    """Cut before the event: no event and no cause, and it is said; cut on its day or later: the event counts."""
    rows = "ID,Days,How,Cut\na,10,relapse,\nb,20,death,15\nc,20,death,20\nd,30,relapse,40\ne,50,alive,45\nf,60,,12\ng,,death,5\n"
    causes = "{relapse: how == 'relapse', death: how == 'death'}"
    plan = f"cohort: {{table: t, columns: {{}}}}\nendpoints: {{e: {{label: E, time: days, unit: days, censor_at: cut, causes: {causes}}}}}\nanalyses: {{}}\n"
    frame = build(DURATIONS, plan, f=rows).results.subjects.set_index("participant")
    found = {
        name: [None if pd.isna(value) else value for value in frame[f"e_{name}"]]
        for name in ("time", "event", "cause", "cut")
    }
    assert found == {
        "time": [10, 15, 20, 30, 45, None, None], "event": [True, False, True, True, False, None, None],
        "cause": [1, 0, 2, 1, 0, None, None], "cut": [False, True, False, False, False, None, None],
    }  # fmt: skip


def test_a_cause_that_is_known_to_hold_is_the_event_whatever_the_others(build):  # noqa: F811
    """No event only if none is known to hold and all are known; who is not known has no event and no cause."""
    study = DURATIONS.replace("how: {source: How, type: code, codes: {relapse: [], death: [], alive: []}}, cut: {source: Cut, type: number}",
                              "r: {source: R, type: integer}, d: {source: D, type: integer}")  # fmt: skip
    rows = "ID,Days,R,D\na,10,1,0\nb,10,,1\nc,10,1,\nd,10,,0\ne,10,0,\nf,10,,\ng,10,0,0\n"
    plan = "cohort: {table: t, columns: {}}\nendpoints: {e: {label: E, time: days, unit: days, causes: {relapse: r == 1, death: d == 1}}}\nanalyses: {}\n"
    frame = build(study, plan, f=rows).results.subjects
    event, cause = ([None if pd.isna(value) else value for value in frame[f"e_{name}"]] for name in ("event", "cause"))
    assert event == [True, True, True, None, None, None, False] and cause == [1, 2, 1, None, None, None, 0]


CLOCK = """
  t:
    file: f
    key: [participant]
    columns:
      participant: {source: ID, type: id}
      start: {source: Start, type: datetime}
      relapse: {source: Relapse, type: datetime}
      died: {source: Died, type: date}
      cut: {source: Cut, type: datetime}
      last: {source: Last, type: date}
"""
TIMED = """ID,Start,Relapse,Died,Cut,Last
literal,2015-01-01 10:00,2015-02-15 14:00,,,2015-03-01
cut,2015-01-01 10:00,2015-01-11 23:59,,2015-01-11 00:01,2015-03-01
dead,2015-01-01 10:00,,2015-01-11,2015-01-11 09:00,2015-03-01
after,2015-01-01 10:00,2015-01-12 00:01,,2015-01-11 23:59,2015-03-01
tie,2015-01-01 10:00,2015-01-11 09:00,2015-01-11,,2015-01-11
day_0,2015-01-01 10:00,2015-01-01 08:00,,,2015-02-01
"""


def test_a_time_of_day_decides_nothing_where_times_are_days(build):  # noqa: F811
    cut = "censor_at: [cut, \"date('2015-02-15')\"]"
    plan = PLAN.replace(
        "events: {death: died, relapse: relapse}, censor: last",
        f"events: {{death: died, relapse: relapse}}, censor: last, {cut}",
    )
    plan = plan.replace("died}, censor: last}", f"died}}, censor: last, {cut}}}")
    frame = build(CLOCK, plan, f=TIMED).results.subjects.set_index("participant")
    whole = frame.astype(object).where(frame.notna(), None).to_dict()
    days = {"literal": 45, "cut": 10, "dead": 10, "after": 10, "tie": 10, "day_0": 0}
    assert whole["pfs_time"] == days and whole["swap_time"] == days
    assert (
        whole["pfs_event"]
        == {who: who != "after" for who in days}
        == {who: not cut for who, cut in whole["pfs_cut"].items()}
    )
    assert whole["cif_cause"]["tie"] == 1 and whole["swap_cause"]["tie"] == 1  # relapse, and death: in the order given


def test_hours_are_by_the_clock(build):  # noqa: F811
    plan = """
cohort: {table: t, columns: {}}
endpoints: {r: {label: R, origin: start, events: {relapse: relapse}, censor: cut, censor_at: cut, unit: hours}}
analyses: {}
"""
    rows = "ID,Start,Relapse,Died,Cut,Last\nA,2015-01-01 10:00,2015-01-01 14:00,,2015-01-01 13:00,\nB,2015-01-01 10:00,2015-01-01 14:00,,2015-01-01 15:00,\n"
    frame = build(CLOCK, plan, f=rows).results.subjects
    assert frame["r_time"].tolist() == [3, 4] and frame["r_event"].tolist() == [False, True]
