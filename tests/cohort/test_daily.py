"""Daily grades in a study: the window, days that are not known, values that a sign cannot have."""

from __future__ import annotations

import pytest
from cases.conftest import build  # noqa: F401
from trialpress.errors import InputError

TABLE = """
  t:
    file: f
    key: [participant]
    columns: {participant: {source: ID, type: id}, start: {source: Start, type: date}}
  signs:
    file: s
    key: [participant, row]
    columns:
      participant: {source: ID, type: id}
      row: {source: Row, type: integer}
      date: {source: Date, type: date}
      ice: {source: ICE, type: integer}
      fio2: {source: FiO2, type: number}
"""
PLAN = """
cohort:
  table: t
  columns: {icans: {daily: icans}, lee: {daily: lee}}
  daily:
    table: signs
    day: days(start, date)
    window: [0, 2]
    grades:
      icans: {scale: icans, signs: {ice: ice, consciousness: 0, seizure: false, focal_oedema: false, severe_event: false}}
      lee:
        scale: lee
        signs: {fever: true, treated: false, hypotension: false, pressors: 0, vasopressin: false, high_dose: false, low_flow: true,
                high_flow: false, fio2: fio2, ventilated: false, organ_grade: 0, transaminase_grade: 0}
analyses: {n: {method: frequency, population: all, variable: icans}}
"""
ROWS = "ID,Start\nS1,2015-01-10\nS2,2015-01-10\nS3,2015-01-10\nS4,2015-01-10\nS5,\nS6,2015-01-10\n"
SIGNS = """ID,Row,Date,ICE,FiO2
S1,1,2015-01-09,0,80
S1,2,2015-01-10,9,30
S1,3,2015-01-12,6,39
S1,4,2015-01-13,0,80
S2,1,2015-01-10,9,40
S2,2,,2,30
S3,1,2015-01-11,2,30
S3,2,,5,30
S4,1,2015-01-11,,
S4,2,2015-01-12,10,25
S5,1,2015-01-11,4,50
"""


def test_window_and_days_that_are_not_known(build):  # noqa: F811
    run = build(TABLE, PLAN, f=ROWS, s=SIGNS)
    subjects = run.results.subjects.set_index("participant")
    # S2: a worse day may lie in the window; S3: a milder one; S4: a day without signs; S5: no day; S6: no row
    assert subjects["icans"].fillna(-1).to_dict() == {"S1": 2, "S2": -1, "S3": 3, "S4": -1, "S5": -1, "S6": -1}
    assert subjects["lee"].fillna(-1).to_dict() == {"S1": 2, "S2": 3, "S3": 2, "S4": -1, "S5": -1, "S6": -1}
    daily = run.results.daily.astype({"icans": object, "lee": object})
    assert daily[["participant", "day", "icans", "lee"]].fillna(-1).to_numpy().tolist() == [
        ["S1", 0, 1, 2], ["S1", 2, 2, 2], ["S2", 0, 1, 3], ["S3", 1, 3, 2], ["S4", 1, -1, -1], ["S4", 2, 0, 2],
    ]  # fmt: skip
    assert run.values("n", "missing") == {"": "4"}


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("fio2: fio2", "fio2: fio2 / 100", "lee.signs.fio2: is 0.3 for participant S1"),
        ("ice: ice,", "ice: ice + 3,", "icans.signs.ice: is 12 for participant S1"),
        ("consciousness: 0", "consciousness: 5", "consciousness: is 5"),
        ("seizure: false", "seizure: 2", "0 to 1"),
        ("seizure: false, ", "", "the scale icans needs the sign 'seizure'"),
        ("seizure: false", "seizures: false", "does not know the sign 'seizures'"),
        ("scale: icans", "scale: ice", "unknown scale 'ice'"),
        ("ice: ice,", "ice: icee,", "'icee', which does not exist"),
        ("daily: icans", "daily: ican", "the daily grade 'ican' is not defined"),
        ("table: signs", "table: sign", "the clean table 'sign' does not exist"),
    ],
)
def test_signs_that_stop(build, old, new, message):  # noqa: F811
    with pytest.raises(InputError) as error:
        build(TABLE, PLAN.replace(old, new), f=ROWS, s=SIGNS)
    assert message in str(error.value)
