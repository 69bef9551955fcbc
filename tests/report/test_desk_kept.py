"""A manuscript is rendered from what the last run wrote for it only if all that was read for it is what it was."""

import json

import pytest
from trialpress import receipts
from trialpress.report import desk
from trialpress.report.staging import Fragments

FOUND = {
    "files": {"tables/a.md": "A"},
    "numbers": {},
    "planned": {},
    "date": "2016-12-31",
    "notice": "",
    "p_values": [],
}


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Of a study s: its rule fragments read the plan and the results of the analysis."""
    monkeypatch.chdir(tmp_path)
    folder = (tmp_path / "results" / "s").relative_to(tmp_path)
    for name, text in {
        "config/s/claims.yaml": "claims: {}",
        "workflow/trialpress/a.py": "pass",
        "results/s/analysis/ard.csv": "a",
        "results/s/report/fragments.json": json.dumps(FOUND),
        "results/s/report/renderer.json": json.dumps({"version": desk.engine_version("embedded")}),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    read = receipts.hashes(["config/s/claims.yaml", "workflow/trialpress/a.py", "results/s/analysis/ard.csv"])
    wrote = receipts.hashes(["results/s/report/fragments.json"])
    (folder / ".receipts").mkdir()
    for rule, said in {"fragments": {"read": read, "wrote": wrote}, "report": {"read": wrote, "wrote": {}}}.items():
        (folder / ".receipts" / f"{rule}.json").write_text(json.dumps(said))
    monkeypatch.setattr(desk, "located", str)
    return folder


def test_what_is_as_it_was_is_taken(results):
    assert desk.kept(results, "embedded") == Fragments(**FOUND)


@pytest.mark.parametrize(
    "name",
    ["config/s/claims.yaml", "workflow/trialpress/a.py", "results/s/analysis/ard.csv", "results/s/report/fragments.json",
     "results/s/report/renderer.json", "results/s/.receipts/fragments.json", "results/s/.receipts/report.json"],
)  # fmt: skip
@pytest.mark.parametrize("act", [lambda path: path.unlink(), lambda path: path.write_text('{"read": {}, "wrote": {}}')])
def test_whatever_is_not_makes_it_again(results, tmp_path, name, act):
    act(tmp_path / name)
    assert desk.kept(results, "embedded") is None


def test_so_does_another_engine_and_another_folder(results, monkeypatch):
    monkeypatch.setattr(desk, "engine_version", lambda engine: "Quarto 1")
    assert desk.kept(results, "quarto") is None
    monkeypatch.undo()
    assert desk.kept(results.absolute(), "embedded") is None
