"""Each method with each of its options on degenerate data, computed a second time: nothing differs, and nothing stops but for range."""

import pytest
from analysis import degenerate, test_methods
from analysis.cohort import awkward
from audit.twice import NEEDS_R
from trialpress.audit import computing, exports

# what once differed: all with the event for Firth's correction; a group in no stratum that says something, a likelihood without end
# (log-rank, its trend and Cox); an event at time 0; HC3 without residuals; values without squares; CRM above all tried doses
DIFFERED = (377, 531, 575, 612, 641, 682, 729, 797, 813, 327, 945)


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
