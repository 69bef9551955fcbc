"""Each method with each of its options on degenerate data, computed a second time: nothing differs, and nothing stops but for range."""

from analysis import degenerate, test_methods
from trialpress.audit import computing


def test_plain_python_differs_nowhere(monkeypatch):
    monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    said, rows = degenerate.second(sum(map(len, test_methods.OPTIONS.values())))
    differ = rows[rows["verdict"].eq("differs")]
    assert differ.empty, differ.assign(said=differ["analysis"].map(said)).to_string()
    assert (rows["verdict"].eq("agrees")).sum() > 1500
    stopped = rows[rows["why"].fillna("").str.contains("stopped")]
    assert stopped["why"].str.contains("OverflowError").all(), stopped.to_string()
