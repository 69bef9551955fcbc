"""The statistics of a plan on a small cohort, computed a second time: none differs, and no method of the second computation stops."""

import shutil
from collections.abc import Collection

import pandas as pd
import pytest
from figures.small import PLAN, small
from trialpress.audit import computing
from trialpress.audit.computing import Answer, Second
from trialpress.audit.concordance import compare, once
from trialpress.results import Results

COHORTS = pytest.mark.parametrize("cohort", [{"n": 90}, {"n": 30, "events": False}], ids=["large", "no events"])
NEEDS_R = pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not here")


def plan(analyses: str, before: str = "") -> str:
    """The plan of the small cohort with these analyses in the place of its own; before: entries that stand before them."""
    return PLAN[: PLAN.index("analyses:")] + before + analyses


def second(results: Results) -> tuple[pd.DataFrame, Answer]:
    """What is written of a second computation, and its answer."""
    found = Second(results).found()
    return compare(results.ard, found.second), found


def compared(folder, wanted: str, cohort: dict) -> tuple[Results, pd.DataFrame]:
    results = small(folder, plan=wanted, **cohort)
    found, answer = second(results)
    assert not answer.failed, answer.failed
    differ = found[found["verdict"] == "differs"]
    assert differ.empty, differ.to_string()
    return results, found


def unanswered(results: Results, found: pd.DataFrame, by_r: bool) -> pd.DataFrame:
    """The statistics with a value that have no second one, with the reason."""
    rest = once(results, found, {}, by_r)
    return rest[~rest["why"].astype(str).str.startswith("no value to compare: ")]


def agrees(folder, wanted: str, cohort: dict, by_r: bool, but: Collection[str] = ()) -> None:
    """Every statistic of the plan has a second value and agrees, but those of some analyses. by_r: by R, or without it."""
    with pytest.MonkeyPatch.context() as patch:
        if not by_r:
            patch.setattr(computing.shutil, "which", lambda name: None)
        rest = unanswered(*compared(folder, wanted, cohort), by_r)
    rest = rest[~rest["analysis"].isin(but)]
    assert rest.empty, rest.to_string()
