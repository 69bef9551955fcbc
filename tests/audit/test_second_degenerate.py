"""Each method with each of its options on degenerate data, computed a second time: nothing differs, and nothing stops but for range."""

import pytest
from analysis import degenerate, test_methods
from analysis.cohort import awkward
from trialpress.audit import computing, exports


def test_plain_python_differs_nowhere(monkeypatch):
    monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    said, rows = degenerate.second(range(sum(map(len, test_methods.OPTIONS.values()))))
    differ = rows[rows["verdict"].eq("differs")]
    assert differ.empty, differ.assign(said=differ["analysis"].map(said)).to_string()
    assert (rows["verdict"].eq("agrees")).sum() > 1500
    stopped = rows[rows["why"].fillna("").str.contains("stopped")]
    assert stopped["why"].str.contains("OverflowError").all(), stopped.to_string()


@pytest.mark.parametrize("name", ["nobody", "all missing"])
def test_an_awkward_cohort_is_exported(name):
    found, missing = awkward(name), []
    for method, options in test_methods.OPTIONS.items():
        for one in options:
            made = exports.Export(found, {"method": method, **one}, None)
            exports.EXPORTS[method](made) if method != "pool" else missing.append(method)
            assert made.frames or method == "pool", method
    assert set(missing) == {"pool"}  # it reads its results
