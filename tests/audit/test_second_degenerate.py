"""Each method with each of its options on degenerate data, computed a second time: nothing differs, and nothing stops but for range."""

import pytest
from analysis import degenerate, test_methods
from analysis.cohort import awkward
from audit.twice import NEEDS_R
from trialpress.audit import computing, exports

# what once differed: all with the event for Firth's correction, two who are separated; groups in no stratum that says something,
# hazards that are 1 without an error, likelihoods without end; events at time 0; HC3 without residuals; values without squares, or
# whose cubes leave no line; covariates in large units; CRM above all tried doses; a participant alone in a group
DIFFERED = (
    327,
    377,
    531,
    575,
    612,
    641,
    682,
    729,
    797,
    813,
    945,
    1038,
    1119,
    1203,
    1206,
    1316,
    1434,
    1551,
    1696,
    2015,
    2148,
    2165,
    2395,
)


def test_plain_python_differs_nowhere(monkeypatch):
    monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    said, rows = degenerate.second(range(sum(map(len, test_methods.OPTIONS.values()))))
    differ = rows[rows["verdict"].eq("differs")]
    assert differ.empty, differ.assign(said=differ["analysis"].map(said)).to_string()
    assert (rows["verdict"].eq("agrees")).sum() > 1500
    stopped = rows[rows["why"].fillna("").str.contains("stopped")]
    assert stopped["why"].str.contains("OverflowError").all(), stopped.to_string()


@pytest.mark.parametrize("by_r", [pytest.param(True, marks=NEEDS_R), False], ids=["R", "plain Python"])
def test_what_once_differed_agrees(by_r, monkeypatch):
    if not by_r:
        monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    said, rows = degenerate.second(DIFFERED)
    differ = rows[rows["verdict"].eq("differs")]
    assert differ.empty, differ.assign(said=differ["analysis"].map(said)).to_string()
    left = rows[rows["verdict"].eq("once") & ~rows["why"].fillna("").str.startswith("no value to compare")]
    assert left.empty, left.to_string()


@pytest.mark.parametrize("name", ["nobody", "all missing"])
def test_an_awkward_cohort_is_exported(name):
    found, missing = awkward(name), []
    for method, options in test_methods.OPTIONS.items():
        for one in options:
            made = exports.Export(found, {"method": method, **one}, None)
            exports.EXPORTS[method](made) if method != "pool" else missing.append(method)
            assert made.frames or method == "pool", method
    assert set(missing) == {"pool"}  # it reads its results
