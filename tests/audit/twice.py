"""The statistics of a plan on a small cohort, computed a second time: none differs, and no method of the second computation stops."""

import shutil

import pandas as pd
import pytest
from figures.small import PLAN, small
from trialpress.audit.concordance import Second, once
from trialpress.results import Results

COHORTS = pytest.mark.parametrize("cohort", [{"n": 90}, {"n": 30, "events": False}], ids=["large", "no events"])
NEEDS_R = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not here")


def plan(analyses: str, before: str = "") -> str:
    """The plan of the small cohort with these analyses in the place of its own; before: entries that stand before them."""
    return PLAN[: PLAN.index("analyses:")] + before + analyses


def compared(folder, wanted: str, cohort: dict) -> tuple[Results, pd.DataFrame]:
    results = small(folder, plan=wanted, **cohort)
    second = Second(results)
    found, _ = second.answer()
    assert second.failed == {}
    differ = found[found["verdict"] == "differs"]
    assert differ.empty, differ.to_string()
    return results, found


def unanswered(results: Results, found: pd.DataFrame, by_r: bool) -> pd.DataFrame:
    """The statistics with a value that have no second one, with the reason."""
    rest = once(results, found, {}, by_r)
    return rest[~rest["why"].astype(str).str.startswith("no value to compare: ")]
