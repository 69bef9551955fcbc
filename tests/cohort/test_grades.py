"""Every cell of the published tables of CRS and ICANS, and signs that are missing.

ASTCT: Lee 2019, tables 2 (CRS), 5 and 6 (ICE, ICANS). Lee: Lee 2014, table 2. Penn: Porter 2015 and 2018.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from trialpress.cohort.grades import SCALES, bounds, grade, highest

NONE = {"ice": 10, "fio2": 21}


def graded(scale: str, **signs) -> int | None:
    """The grade of one day: the signs that are named, all others at rest; None: missing."""
    known = {name: NONE.get(name, 0) for name in SCALES[scale].signs} | signs
    assert known.keys() == SCALES[scale].signs.keys()
    found = grade(SCALES[scale], {name: pd.Series([value], dtype="Float64") for name, value in known.items()})
    return None if pd.isna(found[0]) else int(found[0])


FEVER = {"fever": 1}
LOW = {"hypotension": 1}  # hypotension
ASTCT = [
    # fever alone, no hypotension, no hypoxia
    ({}, 0), (FEVER, 1),
    # hypotension: not requiring vasopressors; one with or without vasopressin; several, vasopressin aside
    ({**FEVER, **LOW}, 2), ({**FEVER, **LOW, "pressors": 1}, 3), ({**FEVER, **LOW, "pressors": 1, "vasopressin": 1}, 3),
    ({**FEVER, **LOW, "vasopressin": 1}, 3), ({**FEVER, **LOW, "pressors": 2}, 4), ({**FEVER, **LOW, "pressors": 3}, 4),
    ({**FEVER, **LOW, "pressors": 2, "vasopressin": 1}, 4), ({**FEVER, "pressors": 1}, 3),
    # hypoxia: low-flow cannula or blow-by; high-flow cannula or mask; positive pressure
    ({**FEVER, "low_flow": 1}, 2), ({**FEVER, "high_flow": 1}, 3), ({**FEVER, "positive_pressure": 1}, 4),
    ({**FEVER, "low_flow": 1, "high_flow": 1}, 3), ({**FEVER, "high_flow": 1, "positive_pressure": 1}, 4),
    # the more severe of the two
    ({**FEVER, **LOW, "high_flow": 1}, 3), ({**FEVER, **LOW, "pressors": 1, "low_flow": 1}, 3),
    ({**FEVER, **LOW, "pressors": 2, "low_flow": 1}, 4), ({**FEVER, **LOW, "positive_pressure": 1}, 4),
    ({**FEVER, **LOW, "low_flow": 1}, 2),
    # fever is required, but not any more once tocilizumab or steroids were given
    (LOW, 0), ({"pressors": 2, **LOW}, 0), ({"positive_pressure": 1}, 0), ({"treated": 1}, 0), ({"treated": 1, **LOW}, 2),
    ({"treated": 1, **LOW, "pressors": 1}, 3), ({"treated": 1, **LOW, "pressors": 2}, 4), ({"treated": 1, "low_flow": 1}, 2),
    ({"treated": 1, "high_flow": 1}, 3), ({"treated": 1, "positive_pressure": 1}, 4), ({"treated": 1, **FEVER}, 1),
]  # fmt: skip
LEE = [
    # 1: symptoms that are not life-threatening
    ({}, 0), (FEVER, 1), ({**FEVER, "organ_grade": 1}, 1), ({**FEVER, "transaminase_grade": 1}, 1), ({"treated": 1}, 0),
    # 2: oxygen below 40%, hypotension that responds to fluids or one low-dose vasopressor, organ toxicity of grade 2
    ({**FEVER, "low_flow": 1, "fio2": 28}, 2), ({**FEVER, "high_flow": 1, "fio2": 39.9}, 2), ({**FEVER, **LOW}, 2),
    ({**FEVER, **LOW, "pressors": 1}, 2), ({**FEVER, "vasopressin": 1}, 2), ({**FEVER, "organ_grade": 2}, 2),
    ({**FEVER, "transaminase_grade": 2}, 2),
    # 3: oxygen of 40% or more, high-dose or several vasopressors, organ toxicity of grade 3, transaminases of grade 4
    ({**FEVER, "low_flow": 1, "fio2": 40}, 3), ({**FEVER, "high_flow": 1, "fio2": 60}, 3),
    ({**FEVER, **LOW, "pressors": 1, "high_dose": 1}, 3), ({**FEVER, **LOW, "pressors": 2}, 3), ({**FEVER, "pressors": 3}, 3),
    ({**FEVER, "pressors": 1, "vasopressin": 1}, 3), ({**FEVER, "organ_grade": 3}, 3), ({**FEVER, "transaminase_grade": 3}, 3),
    ({**FEVER, "transaminase_grade": 4}, 3),
    # 4: ventilation, organ toxicity of grade 4 other than transaminases
    ({**FEVER, "ventilated": 1, "fio2": 30}, 4), ({**FEVER, "ventilated": 1, "fio2": 80}, 4), ({**FEVER, "organ_grade": 4}, 4),
    ({**FEVER, "organ_grade": 5}, 4), ({**FEVER, "organ_grade": 4, "transaminase_grade": 4}, 4), ({**FEVER, "transaminase_grade": 5}, 3),
    # the worst counts; oxygen without support is none; without fever and treatment it is no CRS
    ({**FEVER, **LOW, "ventilated": 1}, 4), ({**FEVER, "organ_grade": 2, "pressors": 2}, 3), ({**FEVER, "fio2": 60}, 1),
    (LOW, 0), ({"ventilated": 1}, 0), ({"organ_grade": 4}, 0), ({"treated": 1, **LOW}, 2), ({"treated": 1, "ventilated": 1}, 4),
    ({"treated": 1, "low_flow": 1, "fio2": 45}, 3), ({"treated": 1, "organ_grade": 1}, 0),
]  # fmt: skip
PENN = [
    # 1: supportive care
    ({}, 0), (FEVER, 1), ({**FEVER, "organ_grade": 1}, 1), ({**FEVER, "transaminase_grade": 2}, 1), ({**FEVER, **LOW}, 1),
    ({**FEVER, "iv_fluids": 1}, 1), ({"treated": 1}, 0),
    # 2: organ dysfunction (creatinine of grade 2, liver tests of grade 3), intravenous treatment, fever with neutropenia
    ({**FEVER, "organ_grade": 2}, 2), ({**FEVER, "transaminase_grade": 3}, 2), ({**FEVER, "iv_treatment": 1}, 2),
    # 3: liver tests of grade 4, creatinine of grade 3; fluids or low-dose vasopressors for hypotension; products for
    # coagulopathy; any oxygen, CPAP included
    ({**FEVER, "transaminase_grade": 4}, 3), ({**FEVER, "organ_grade": 3}, 3), ({**FEVER, **LOW, "iv_fluids": 1}, 3),
    ({**FEVER, **LOW, "pressors": 1}, 3), ({**FEVER, "pressors": 2}, 3), ({**FEVER, "vasopressin": 1}, 3),
    ({**FEVER, "coagulopathy": 1}, 3), ({**FEVER, "low_flow": 1}, 3), ({**FEVER, "high_flow": 1}, 3),
    # 4: high-dose vasopressors, mechanical ventilation, another life-threatening complication
    ({**FEVER, **LOW, "pressors": 1, "high_dose": 1}, 4), ({**FEVER, "ventilated": 1}, 4), ({**FEVER, "organ_grade": 4}, 4),
    ({**FEVER, "low_flow": 1, "ventilated": 1}, 4), ({**FEVER, "iv_treatment": 1, "coagulopathy": 1}, 3),
    # without fever and treatment it is no CRS
    ({"ventilated": 1}, 0), ({"iv_treatment": 1}, 0), ({"treated": 1, "iv_treatment": 1}, 2), ({"treated": 1, "low_flow": 1}, 3),
    ({"treated": 1, "high_dose": 1}, 4),
]  # fmt: skip
ICANS = [
    # ICE
    *(({"ice": ice}, want) for ice, want in zip(range(11), [3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 0], strict=True)),
    # depressed level of consciousness: awakens by itself, to voice, to touch, not
    ({"consciousness": 1}, 1), ({"consciousness": 2}, 2), ({"consciousness": 3}, 3), ({"consciousness": 4}, 4),
    ({"ice": 0, "consciousness": 4}, 4), ({"ice": 0, "consciousness": 0}, 3), ({"ice": 8, "consciousness": 3}, 3),
    ({"ice": 2, "consciousness": 1}, 3), ({"ice": 4, "consciousness": 1}, 2),
    # seizure; deep focal motor weakness, raised pressure, prolonged seizure; focal oedema
    ({"seizure": 1}, 3), ({"seizure": 1, "ice": 8}, 3), ({"focal_oedema": 1}, 3), ({"severe_event": 1}, 4),
    ({"seizure": 1, "severe_event": 1}, 4), ({"seizure": 1, "consciousness": 4}, 4), ({"focal_oedema": 1, "ice": 5}, 3),
]  # fmt: skip


@pytest.mark.parametrize(
    "scale, signs, want",
    [
        (scale, *case)
        for scale, cases in (("astct", ASTCT), ("lee", LEE), ("penn", PENN), ("icans", ICANS))
        for case in cases
    ],
)
def test_cells_of_the_tables(scale, signs, want):
    assert graded(scale, **signs) == want


@pytest.mark.parametrize(
    "scale, signs, want",
    [
        # not derivable, never 0
        ("astct", {"fever": None}, None), ("astct", {**FEVER, "hypotension": None}, None), ("astct", {**FEVER, "pressors": None}, None),
        ("astct", {**FEVER, "low_flow": None}, None), ("astct", {**LOW, "treated": None}, None), ("astct", {**LOW, "fever": None}, None),
        # what is missing does not matter
        ("astct", {"treated": None}, 0), ("astct", {**FEVER, "treated": None}, 1), ("astct", {"pressors": None}, 0),
        ("astct", {**FEVER, "positive_pressure": 1, "pressors": None}, 4), ("astct", {**FEVER, "pressors": 1, "hypotension": None}, 3),
        ("astct", {**FEVER, "high_flow": 1, "low_flow": None}, 3), ("astct", {**FEVER, "pressors": 1, "vasopressin": None}, 3),
        ("astct", {**FEVER, "pressors": 2, "vasopressin": None}, 4), ("astct", {"treated": 1, "fever": None}, None),
        ("astct", {"treated": 1, "fever": None, "low_flow": 1}, 2),
        ("lee", {**FEVER, "low_flow": 1, "fio2": None}, None), ("lee", {**FEVER, "fio2": None}, 1), ("lee", {**FEVER, "organ_grade": None}, None),
        ("lee", {**FEVER, "pressors": 1, "high_dose": None}, None), ("lee", {**FEVER, "pressors": 2, "high_dose": None}, 3),
        ("lee", {**FEVER, "ventilated": 1, "transaminase_grade": None}, 4), ("lee", {**FEVER, "organ_grade": 3, "transaminase_grade": None}, 3),
        ("lee", {**FEVER, "pressors": 2, "transaminase_grade": None}, 3), ("lee", {**FEVER, "transaminase_grade": None}, None),
        ("lee", {**FEVER, "pressors": 1, "vasopressin": None}, None), ("lee", {"organ_grade": None}, 0),
        ("penn", {**FEVER, "iv_fluids": None}, 1), ("penn", {**FEVER, **LOW, "iv_fluids": None}, None),
        ("penn", {**FEVER, "iv_treatment": None}, None), ("penn", {**FEVER, "low_flow": 1, "iv_treatment": None}, 3),
        ("penn", {**FEVER, "ventilated": None}, None), ("penn", {**FEVER, "high_dose": 1, "organ_grade": None}, 4),
        ("icans", {"ice": None}, None), ("icans", {"ice": None, "seizure": 1}, 3), ("icans", {"ice": None, "consciousness": 4}, 4),
        ("icans", {"consciousness": None}, None), ("icans", {"ice": 2, "seizure": None}, 3), ("icans", {"seizure": None}, None),
        ("icans", {"severe_event": None, "ice": 2}, None), ("icans", {"severe_event": 1, "ice": None, "seizure": None}, 4),
    ],
)  # fmt: skip
def test_missing_signs(scale, signs, want):
    assert graded(scale, **signs) == want


STEPS = {"pressors": [0, 1, 2], "fio2": [21, 39, 40, 100], "organ_grade": [0, 2, 3, 4], "transaminase_grade": [0, 2, 3, 4],
         "ice": [10, 9, 7, 6, 3, 2, 0], "consciousness": [0, 1, 2, 3, 4]}  # fmt: skip


@pytest.mark.parametrize("scale", list(SCALES))
def test_no_grade_falls_when_a_sign_gets_worse(scale):
    """So the mildest and the worst value of a missing sign enclose all others."""
    signs = SCALES[scale].signs
    for name, sign in signs.items():
        steps = STEPS.get(name, [0, 1])
        assert (sign.mildest, sign.worst) == (steps[0], steps[-1])
        assert sign.least <= min(steps) and max(steps) <= sign.most
    grid = np.array(list(itertools.product(*(STEPS.get(name, [0, 1]) for name in signs))), dtype=float)
    rng = np.random.default_rng(1)
    grid = grid[rng.choice(len(grid), min(len(grid), 4000), replace=False)]
    columns = {name: grid[:, at] for at, name in enumerate(signs)}
    grades = SCALES[scale].grade(columns)
    assert {*np.unique(grades)} <= {*range(SCALES[scale].highest + 1)} and grades.max() == SCALES[scale].highest
    for name in signs:
        steps = STEPS.get(name, [0, 1])
        for before, after in itertools.pairwise(steps):
            at = columns[name] == before
            worse = SCALES[scale].grade({**columns, name: np.where(at, after, columns[name])})
            assert (worse[at] >= grades[at]).all(), (name, before, after)


def test_the_highest_grade_of_a_participant_is_open_only_if_a_day_could_exceed_it():
    who = pd.Series(["A", "A", "B", "B", "C", "D", "D"])
    low, high = np.array([3, 0, 1, 0, 0, 2, 2]), np.array([3, 3, 1, 2, 0, 2, 2])
    assert highest(who, low, high).fillna(-1).to_dict() == {"A": 3, "B": -1, "C": 0, "D": 2}


def test_what_a_sign_can_be():
    """Room air is 21%, and is written as 20%, too; the other numbers are those of the scales."""
    wide = {
        name: (sign.least, sign.most)
        for scale in SCALES.values()
        for name, sign in scale.signs.items()
        if sign.most != 1
    }
    assert wide == {"pressors": (0, 20), "organ_grade": (0, 5), "transaminase_grade": (0, 5), "fio2": (20, 100), "ice": (0, 10), "consciousness": (0, 4)}  # fmt: skip


def test_bounds_are_the_lowest_and_the_highest_grade():
    signs = {name: pd.Series([NONE.get(name, 0)], dtype="Float64") for name in SCALES["astct"].signs}
    low, high = bounds(
        SCALES["astct"], signs | {"fever": pd.Series([1]), "pressors": pd.Series([None], dtype="Float64")}
    )
    assert (low.tolist(), high.tolist()) == ([1], [4])
