"""Toxicity grades by day from raw signs: CRS on three scales, and neurotoxicity.

Each scale is a function of signs (columns of one value per participant-day) that assumes every sign to be known. A
missing sign is tried at its mildest and at its worst: where both give the same grade the missing sign does not matter,
otherwise the grade is not derivable. It is never taken for 0.

Sources: ASTCT: Lee DW et al., Biol Blood Marrow Transplant 2019;25:625-638. Lee: Lee DW et al., Blood
2014;124:188-195. Penn: Porter DL et al., Sci Transl Med 2015;7:303ra139. ICANS: as ASTCT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

Signs = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Scale:
    """A grading scale. `signs`: sign -> (mildest, worst) value, tried where the sign is missing."""

    title: str
    signs: Mapping[str, tuple[float, float]]
    grade: Callable[[Signs], np.ndarray]
    highest: int = 4


def _first(*pairs: tuple[np.ndarray, int]) -> np.ndarray:
    """The grade of the first condition that holds, 0 if none does."""
    return np.select([condition.astype(bool) for condition, _ in pairs], [grade for _, grade in pairs], 0)


def astct(s: Signs) -> np.ndarray:
    """ASTCT 2019: fever (not required once treated) with the worse of hypotension and hypoxia."""
    hypotension = _first(
        (s["pressors"] >= 2, 4),
        ((s["pressors"] == 1) | (s["vasopressin"] > 0), 3),
        (s["hypotension"] > 0, 2),
    )
    hypoxia = _first((s["positive_pressure"] > 0, 4), (s["high_flow"] > 0, 3), (s["low_flow"] > 0, 2))
    worse = np.maximum(hypotension, hypoxia)
    fever = s["fever"] > 0
    return np.where(fever, np.maximum(1, worse), np.where(s["treated"] > 0, worse, 0))


def lee(s: Signs) -> np.ndarray:
    """Lee 2014: FiO2 40% divides 2 from 3, one low-dose pressor from high-dose or several; organ toxicity counts."""
    drugs = s["pressors"] + (s["vasopressin"] > 0)
    hypotension = _first(((drugs >= 2) | (s["high_dose"] > 0), 3), ((drugs == 1) | (s["hypotension"] > 0), 2))
    oxygen = (s["low_flow"] > 0) | (s["high_flow"] > 0)
    hypoxia = _first((s["ventilated"] > 0, 4), (oxygen & (s["fio2"] >= 40), 3), (oxygen, 2))
    organ = np.where(s["organ_grade"] >= 2, np.minimum(s["organ_grade"], 4), 0)
    present = (s["fever"] > 0) | (s["treated"] > 0)
    return np.where(present, np.maximum.reduce([(s["fever"] > 0).astype(int), hypotension, hypoxia, organ]), 0)


def penn(s: Signs) -> np.ndarray:
    """Penn: 2 intravenous treatment or organ dysfunction; 3 fluids or low-dose pressor for hypotension, any oxygen,
    coagulopathy products; 4 high-dose pressor or ventilation."""
    supported = (s["hypotension"] > 0) & (s["iv_fluids"] > 0)
    pressor = (s["pressors"] > 0) | (s["vasopressin"] > 0)
    oxygen = (s["low_flow"] > 0) | (s["high_flow"] > 0)
    grade = _first(
        ((s["high_dose"] > 0) | (s["ventilated"] > 0), 4),
        (supported | pressor | oxygen | (s["coagulopathy"] > 0), 3),
        ((s["organ_grade"] >= 2) | (s["iv_treatment"] > 0), 2),
        (s["fever"] > 0, 1),
    )
    return np.where((s["fever"] > 0) | (s["treated"] > 0), grade, 0)


def icans(s: Signs) -> np.ndarray:
    """ICANS: ICE 7-9 / 3-6 / 0-2 / unarousable; any seizure is at least 3, raised pressure or prolonged seizure 4."""
    return _first(
        ((s["unarousable"] > 0) | (s["severe_event"] > 0), 4),
        ((s["ice"] <= 2) | (s["seizure"] > 0), 3),
        (s["ice"] <= 6, 2),
        (s["ice"] <= 9, 1),
    )


_FLAG = (0.0, 1.0)
_COMMON = {"fever": _FLAG, "treated": _FLAG, "hypotension": _FLAG, "pressors": (0.0, 2.0), "vasopressin": _FLAG,
           "low_flow": _FLAG, "high_flow": _FLAG}  # fmt: skip
SCALES = {
    "astct": Scale("ASTCT 2019", {**_COMMON, "positive_pressure": _FLAG}, astct),
    "lee": Scale("Lee 2014", {**_COMMON, "high_dose": _FLAG, "fio2": (21.0, 100.0), "ventilated": _FLAG, "organ_grade": (0.0, 4.0)}, lee),
    "penn": Scale("Penn", {**_COMMON, "high_dose": _FLAG, "iv_fluids": _FLAG, "ventilated": _FLAG, "coagulopathy": _FLAG,
                           "iv_treatment": _FLAG, "organ_grade": (0.0, 4.0)}, penn),
    "icans": Scale("ICANS (ASTCT 2019)", {"ice": (10.0, 0.0), "unarousable": _FLAG, "seizure": _FLAG, "severe_event": _FLAG}, icans),
}  # fmt: skip


def bounds(scale: Scale, signs: Mapping[str, pd.Series]) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest grade that the known signs allow, one value per row each."""
    tried = []
    for end in (0, 1):
        filled = {
            name: signs[name].astype("Float64").fillna(limits[end]).to_numpy(dtype=float)
            for name, limits in scale.signs.items()
        }
        tried.append(scale.grade(filled).astype(int))
    return tried[0], tried[1]


def grade(scale: Scale, signs: Mapping[str, pd.Series]) -> pd.Series:
    """The grade by row (Int64), missing where the known signs do not decide it."""
    low, high = bounds(scale, signs)
    index = next(iter(signs.values())).index
    return pd.Series(low, index=index, dtype="Int64").mask(low != high)


def highest(participant: pd.Series, low: np.ndarray, high: np.ndarray) -> pd.Series:
    """The highest grade of each participant; missing where a day that is open could have been worse than all others."""
    by = pd.DataFrame({"low": low, "high": high}).groupby(participant.to_numpy()).max()
    return by["low"].astype("Int64").mask(by["low"] != by["high"])
