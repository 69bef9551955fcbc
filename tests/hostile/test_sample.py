"""A sample of the hostile inputs of every area (`make hostile` tries all), and a judge that can say no."""

from __future__ import annotations

import random

import pytest
from trialpress.errors import InputError, Problem

from .everything import AREAS, SEED
from .judge import BAD, Case, judge, table
from .raw_files import KINDS_OF_FILES

SAMPLE = 24  # of each area


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.AREA)
def test_no_input_of_a_sample_is_taken_wrongly(area):
    every = list(area.cases(random.Random(f"{SEED} {area.AREA}")))
    chosen = random.Random(7).sample(every, SAMPLE)
    wrong = [outcome for outcome in map(judge, chosen) if outcome.verdict in BAD]
    assert not wrong, "\n".join(f"{one.verdict}: {one.case.name}: {one.said[:300]}" for one in wrong)


KINDS = [case for make in KINDS_OF_FILES for case in make(random.Random(SEED))]


@pytest.mark.parametrize("case", KINDS, ids=lambda case: case.name)
def test_each_kind_of_broken_file_is_right_or_refused(case):
    outcome = judge(case)
    assert outcome.verdict not in BAD, outcome.said


def test_there_are_more_than_a_thousand_and_they_are_the_same_every_time():
    names = [
        [case.name for area in AREAS for case in area.cases(random.Random(f"{SEED} {area.AREA}"))] for _ in range(2)
    ]
    assert names[0] == names[1] and len(names[0]) > 1000


def _raises(error):
    raise error


GOOD_PROBLEM = Problem("f.csv, row 3", "has 7 cells", "they belong to nobody", "mend the row")


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [
        (lambda folder: "", "right"),
        (lambda folder: "S01 age: 5 for 50", "silent"),
        (lambda folder: "leak: a name", "leak"),
        (lambda folder: _raises(InputError([GOOD_PROBLEM])), "refused"),
        (lambda folder: _raises(InputError([Problem("f.csv", "is wrong")])), "unclear"),
        (lambda folder: _raises(InputError([Problem("f.csv", "KeyError: 'x'", "why", "do")])), "unclear"),
        (lambda folder: _raises(InputError([])), "unclear"),
        (lambda folder: _raises(KeyError("x")), "traceback"),
        (lambda folder: "x" if (folder / "hacked").write_text("") else "", "executed"),
        (lambda folder: [None for _ in iter(int, 1)], "hang"),
    ],
)
def test_the_judge_can_say_no(attempt, verdict):
    outcome = judge(Case("judge", "x", attempt), seconds=1)
    assert outcome.verdict == verdict
    assert "| judge | 1 |" in table([outcome])


def test_a_value_that_is_wrong_in_silence_is_found(tmp_path):
    from .raw_files import attempt, meant, rows, text_of

    records = rows(random.Random(3))
    truth = {record[0]: meant(record) for record in records}
    assert attempt(tmp_path / "right", text_of(records), truth) == ""
    truth["S05"]["age"] += 1
    assert attempt(tmp_path / "wrong", text_of(records), truth).startswith("S05 age:")
    assert attempt(tmp_path / "lost", text_of(records), {"S99": truth["S05"]}) == "S99 is lost"
