"""A manuscript prints what is on record of the second computation of its own statistics, on every machine the same; nothing of others."""

import doctest
import math
from types import SimpleNamespace

import pytest
from figures.small import PLAN, small
from trialpress.audit import computing, record, second, write_json, write_second
from trialpress.audit.record import accept
from trialpress.contracts import ARD
from trialpress.ending import second_computation
from trialpress.errors import InputError
from trialpress.report.fragments import statements_markdown

ANALYSES = """analyses:
  cr: {method: proportion, population: infused, event: remission}
  relapses: {method: gray, population: infused, endpoint: relapse, by: sex}
figures: {}
tables: {}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """(results, their folder, plan.yaml): a run on a machine without R, where plain Python has no Gray's test."""
    monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    monkeypatch.setitem(computing.plain.METHODS, "gray", lambda job: ())
    results = small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES)
    folder = tmp_path / "results" / "s"
    for name in ("analysis", "audit"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    ARD.write(results.ard, folder / "analysis")
    write_second(results, computing.Second(results).found(), folder)
    plan = tmp_path / "config" / "s" / "plan.yaml"
    plan.parent.mkdir(parents=True)
    return results, folder, plan


def with_r(folder):
    write_json({"R": "4.2.2", "survival": "3.5.3"}, folder / "audit" / "second_opinion.json")


def test_examples():
    assert doctest.testmod(second).attempted and doctest.testmod(second).failed == 0


def test_what_is_said_of_a_run(run):
    _, folder, _ = run
    found = second.outcome(folder)
    assert (found.statistics, found.compared, found.differ) == (14, 5, 0) and found.largest < 1e-12
    assert found.once == {"needs R, which is not installed here": {"relapses": 9}}
    assert found.text.startswith("5 of 14 statistics were computed a second time, and all agree (Python 3.")
    assert found.text.endswith("Not a second time: relapses 9 (needs R, which is not installed here).")
    assert second_computation(found).endswith("9 not computed a second time (audit/computed_once.csv)")


def test_what_differs_is_said(run):
    _, folder, _ = run
    path = folder / "audit" / "concordance.csv"
    path.write_text(path.read_text().replace("agrees", "differs", 1))
    found = second.outcome(folder)
    assert found.differ == 1 and "and 1 differ (" in found.text and "1 differ (audit" in second_computation(found)


def test_a_manuscript_prints_the_record_of_its_own_statistics_alone(run):
    results, folder, plan = run
    assert second.on_record(plan, results.ard) == second.NONE
    with_r(folder)
    assert second.keep(plan, folder) and not second.keep(plan, folder)
    said = second.on_record(plan, results.ard)
    assert "5 of 14" in said and "(R 4.2.2, survival 3.5.3; largest" in said and not said.endswith(".")
    study = SimpleNamespace(study=SimpleNamespace(statements={}), plan=results.plan)
    assert f"- **Second computation.** {said.split(' (')[0]}" in statements_markdown(study, said)
    last_digits = results.ard.assign(value=results.ard["value"] * (1 + 1e-12))
    assert second.on_record(plan, last_digits) == said
    moved = results.ard.assign(display=results.ard["display"].replace("", "x", regex=False).str.replace("%", " %"))
    assert second.on_record(plan, moved) == second.NONE


def test_a_machine_without_r_does_not_replace_what_r_gave(run):
    _, folder, plan = run
    assert second.keep(plan, folder) and "Python" in second.read(plan).by
    with_r(folder)
    assert second.keep(plan, folder) and second.read(plan).by["R"] == "4.2.2"
    write_json({"Python": "3.11.7"}, folder / "audit" / "second_opinion.json")
    assert not second.keep(plan, folder) and second.read(plan).by["R"] == "4.2.2"


def test_a_record_is_accepted_when_its_manuscript_prints_it(run, monkeypatch):
    _, folder, plan = run
    monkeypatch.setattr(record, "_manifest", lambda folder: {"outputs": {}})
    write_json({}, folder / "audit" / "manifest.json")
    (folder / "audit" / "claims.csv").write_text("claim\n")
    root = plan.parents[2]
    lines = []
    assert not accept(root, "s", lines.append) and not (root / "data" / "s" / "record").exists()
    assert lines[0].startswith("config/s/second.lock: written") and lines[0].endswith("make report record STUDY=s")
    assert accept(root, "s", lines.append)
    assert (root / "data" / "s" / "record" / "analysis" / "ard.csv").is_file()


def test_a_record_that_was_edited_is_refused(run):
    _, folder, plan = run
    second.keep(plan, folder)
    path = plan.with_name("second.lock")
    path.write_text(path.read_text().replace("compared: 5", "compared: many"))
    with pytest.raises(InputError, match=r"second\.lock"):
        second.read(plan)


def test_without_a_value_to_compare_there_is_no_difference():
    assert second.Outcome("", {"R": "4"}, 2, 0, 0, math.nan, {}).how == "R 4"


def test_a_run_ends_with_how_long_it_took(monkeypatch, capsys, tmp_path):
    from trialpress import ending, receipts

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ending.exclusive, "run", lambda *arguments: 0)
    monkeypatch.setattr(receipts, "check", lambda folder: None)
    monkeypatch.setattr(ending, "ending", lambda folder: ("made\n", False))
    clock = iter([10.0, 135.2])
    monkeypatch.setattr(ending.time, "monotonic", lambda: next(clock))
    assert ending.main("made", "--cores", "1") == 0
    assert capsys.readouterr().out == "made\n  took           2 min 5 s\n"
