"""A second opinion on the analysis results data: computed again, from exported data, by code that shares nothing with it.

What is given is in exports.py, who computes in computing.py, how it is compared here. Of every statistic that was computed once,
computed_once.csv says why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from ..contracts import COMPUTED_ONCE, CONCORDANCE
from ..results import Results
from .exports import EXPORTS

AGREES, DIFFERS = "agrees", "differs"
KEY = list(CONCORDANCE.key)


def difference(first: float, second: float) -> float:
    """Relative to the second value, absolute where that is zero; 0 where both are missing or infinite alike."""
    if first == second or (math.isnan(first) and math.isnan(second)):
        return 0.0
    gap = abs(first - second)
    return math.inf if not math.isfinite(gap) else gap / abs(second) if abs(second) > 1e-12 else gap


def compare(ard: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Rows of ard.csv that have a second value, with both, their difference, tolerance and verdict."""
    both = ard[[*KEY, "value"]].merge(second, on=KEY, how="inner", sort=False)
    theirs = pd.to_numeric(both["second"].replace({"NA": "nan", "Inf": "inf", "-Inf": "-inf"}), errors="coerce")
    gap = [difference(a, b) for a, b in zip(both["value"], theirs, strict=True)]
    both = both.assign(second=theirs, difference=gap, tolerance=pd.to_numeric(both["tolerance"]))
    both["verdict"] = [
        AGREES if d <= t else DIFFERS for d, t in zip(both["difference"], both["tolerance"], strict=True)
    ]
    return both[list(CONCORDANCE.columns)]


def once(results: Results, concordance: pd.DataFrame, failed: Mapping[str, str], here: bool) -> pd.DataFrame:
    """The rows of ard.csv that have no second value, each with the reason. failed: analysis -> what R said; here: R is."""
    both = results.ard.merge(concordance[[*KEY, "verdict"]], on=KEY, how="left")
    rows = both[both["verdict"].isna()]
    methods = {name: spec["method"] for name, spec in results.plan.analyses.items()}
    why = [_why(row, methods[row.analysis], failed, here) for row in rows.itertuples()]
    return rows.assign(why=why)[list(COMPUTED_ONCE.columns)]


def _why(row, method: str, failed: Mapping[str, str], here: bool) -> str:
    if method not in EXPORTS:
        return f"no second implementation of the method {method}"
    if math.isnan(row.value):
        return f"no value to compare: {row.note or 'not estimable'}"
    if row.analysis in failed:
        return f"the second computation stopped: {failed[row.analysis]}"
    if not here:
        return "needs R, which is not installed here"
    if row.statistic == "p_value_adjusted":
        return "not every test of its family was computed twice"
    return f"no second implementation of {row.statistic} for these options or data"


def share(ard: pd.DataFrame, concordance: pd.DataFrame) -> dict:
    """How many statistics there are, how many were computed twice, and how many of those differ."""
    differ = int((concordance["verdict"] == DIFFERS).sum())
    return {"statistics": len(ard), "computed_twice": len(concordance), "differ": differ}
