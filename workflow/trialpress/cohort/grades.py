"""Toxicity grades by day from raw signs: CRS on three scales, and neurotoxicity.

Each scale is a function of signs (columns of one value per participant-day) that assumes every sign to be known. A
missing sign is tried at its mildest and at its worst: where both give the same grade the missing sign does not matter,
otherwise the grade is not derivable. It is never taken for 0. No grade falls when a sign gets worse, so the two ends
enclose all between them. Grade 5, death, is none of the signs.

Sources: ASTCT: Lee DW et al., Biol Blood Marrow Transplant 2019;25:625-638. Lee: Lee DW et al., Blood
2014;124:188-195. Penn: Porter DL et al., Sci Transl Med 2015;7:303ra139, and J Hematol Oncol 2018;11:35. ICANS: as ASTCT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

Signs = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Sign:
    """What a scale asks for; mildest and worst are tried where it is missing, `least` to `most` is what it can be."""

    meaning: str
    mildest: float = 0.0
    worst: float = 1.0
    least: float = 0.0
    most: float = 1.0


@dataclass(frozen=True)
class Scale:
    """A grading scale and the signs that it asks for."""

    title: str
    signs: Mapping[str, Sign]
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
    hypotension = _first(((drugs >= 2) | (s["high_dose"] > 0), 3), ((drugs >= 1) | (s["hypotension"] > 0), 2))
    oxygen = (s["low_flow"] > 0) | (s["high_flow"] > 0)
    hypoxia = _first((s["ventilated"] > 0, 4), (oxygen & (s["fio2"] >= 40), 3), (oxygen, 2))
    organ = np.maximum(np.minimum(s["organ_grade"], 4), np.minimum(s["transaminase_grade"], 3))
    organ = np.where(organ >= 2, organ, 0)
    present = (s["fever"] > 0) | (s["treated"] > 0)
    return np.where(present, np.maximum.reduce([(s["fever"] > 0).astype(int), hypotension, hypoxia, organ]), 0)


def penn(s: Signs) -> np.ndarray:
    """Penn: 2 intravenous treatment, organ toxicity of grade 2 or transaminases of grade 3; 3 fluids or low-dose pressor for
    hypotension, any oxygen, products for coagulopathy, organ toxicity of grade 3 or transaminases of grade 4; 4 high-dose
    pressor, ventilation or another life-threatening complication."""
    supported = (s["hypotension"] > 0) & (s["iv_fluids"] > 0)
    pressor = (s["pressors"] > 0) | (s["vasopressin"] > 0)
    oxygen = (s["low_flow"] > 0) | (s["high_flow"] > 0)
    organ, liver = s["organ_grade"], s["transaminase_grade"]
    grade = _first(
        ((s["high_dose"] > 0) | (s["ventilated"] > 0) | (organ >= 4), 4),
        (supported | pressor | oxygen | (s["coagulopathy"] > 0) | (organ >= 3) | (liver >= 4), 3),
        ((organ >= 2) | (liver >= 3) | (s["iv_treatment"] > 0), 2),
        (s["fever"] > 0, 1),
    )
    return np.where((s["fever"] > 0) | (s["treated"] > 0), grade, 0)


def icans(s: Signs) -> np.ndarray:
    """ICANS: the worst of ICE 7-9 / 3-6 / 0-2, depressed consciousness, seizure (at least 3), focal oedema (3), and what is 4:
    unarousable, prolonged seizure, deep motor weakness, raised intracranial pressure."""
    ice = _first((s["ice"] <= 2, 3), (s["ice"] <= 6, 2), (s["ice"] <= 9, 1))
    other = _first((s["severe_event"] > 0, 4), ((s["seizure"] > 0) | (s["focal_oedema"] > 0), 3))
    return np.maximum.reduce([ice, s["consciousness"], other])


_COMMON = {
    "fever": Sign("38 °C or more, of no other cause"),
    "treated": Sign("on or after the first tocilizumab or steroids for CRS: fever is not required any more"),
    "hypotension": Sign("low blood pressure, or treatment for it"),
    "pressors": Sign("number of vasopressors, vasopressin aside", worst=2, most=20),
    "vasopressin": Sign("vasopressin is given"),
    "low_flow": Sign("oxygen by nasal cannula of 6 L/min or less, or blow-by"),
    "high_flow": Sign("oxygen by cannula of more than 6 L/min, or by mask"),
}
_SUPPORT = {
    "high_dose": Sign("a vasopressor at high dose"),
    "ventilated": Sign("mechanical ventilation"),
    "organ_grade": Sign("CTCAE grade of organ toxicity, transaminases aside", worst=4, most=5),
    "transaminase_grade": Sign("CTCAE grade of raised transaminases", worst=4, most=5),
}
SCALES = {
    "astct": Scale(
        "ASTCT 2019", {**_COMMON, "positive_pressure": Sign("CPAP, BiPAP or mechanical ventilation")}, astct
    ),
    "lee": Scale("Lee 2014", {**_COMMON, **_SUPPORT, "fio2": Sign("inspired oxygen in %", 21, 100, 20, 100)}, lee),
    "penn": Scale(
        "Penn",
        {
            **_COMMON,
            **_SUPPORT,
            "iv_fluids": Sign("fluids for hypotension"),
            "coagulopathy": Sign("plasma, cryoprecipitate or fibrinogen for coagulopathy"),
            "iv_treatment": Sign("intravenous treatment for CRS, or fever with neutropenia"),
        },
        penn,
    ),
    "icans": Scale(
        "ICANS (ASTCT 2019)",
        {
            "ice": Sign("ICE score", 10, 0, 0, 10),
            "consciousness": Sign(
                "of no other cause: 0 awake, 1 awakens by itself, 2 to voice, 3 to touch, 4 unarousable", worst=4, most=4
            ),
            "seizure": Sign("any seizure, clinical or in the EEG"),
            "focal_oedema": Sign("focal oedema in imaging"),
            "severe_event": Sign("seizure of more than 5 minutes or without return to baseline, deep focal motor weakness, "
                                 "diffuse oedema or other signs of raised intracranial pressure"),
        },
        icans,
    ),
}  # fmt: skip


def bounds(scale: Scale, signs: Mapping[str, pd.Series]) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest grade that the known signs allow, one value per row each."""
    mildest, worst = filled(scale, {name: signs[name] for name in scale.signs})
    return scale.grade(mildest).astype(int), scale.grade(worst).astype(int)


def filled(scale: Scale, signs: Mapping[str, pd.Series]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The signs with the mildest, and with the worst, in the place of what is not known."""
    known = {name: values.astype("Float64") for name, values in signs.items()}
    mildest, worst = (
        {
            name: values.to_numpy(dtype=float, na_value=float(getattr(scale.signs[name], end)))
            for name, values in known.items()
        }
        for end in ("mildest", "worst")
    )
    return mildest, worst


def grade(scale: Scale, signs: Mapping[str, pd.Series]) -> pd.Series:
    """The grade by row (Int64), missing where the known signs do not decide it."""
    low, high = bounds(scale, signs)
    index = next(iter(signs.values())).index
    return pd.Series(low, index=index, dtype="Int64").mask(low != high)


def highest(participant: pd.Series, low: np.ndarray, high: np.ndarray) -> pd.Series:
    """The highest grade of each participant; missing where a day that is open could have been worse than all others."""
    by = pd.DataFrame({"low": low, "high": high}).groupby(participant.to_numpy()).max()
    return by["low"].astype("Int64").mask(by["low"] != by["high"])
