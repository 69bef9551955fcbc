"""The second computation is kept by content: it is taken for what is the same, and made again for what has changed."""

import shutil
from dataclasses import replace

import pandas as pd
import pytest
from figures.small import PLAN, small
from trialpress.audit import computing, kept, plain
from trialpress.audit.computing import KEY, Second
from trialpress.store import Store

ANALYSES = """families: {both: holm}
analyses:
  cr: {method: proportion, population: infused, event: remission}
  age: {method: summary, population: infused, variable: age}
  one: {method: fisher, population: infused, event: remission, by: sex, family: both}
  two: {method: mann_whitney, population: infused, variable: age, by: sex, family: both}
figures: {}
tables: {}
"""


@pytest.fixture
def computed(monkeypatch):
    """The analyses that were computed a second time since it was last cleared, without R."""
    monkeypatch.setattr(computing.shutil, "which", lambda name: None)
    names, second = [], plain.second

    def noted(folder, known, methods):
        names.extend(pd.read_csv(folder / "jobs.csv")["analysis"])
        return second(folder, known, methods)

    monkeypatch.setattr(plain, "second", noted)
    return names


@pytest.fixture
def results(tmp_path):
    return small(tmp_path, plan=PLAN[: PLAN.index("analyses:")] + ANALYSES)


def found(results, folder, of="code"):
    store = Store(folder, of)
    answer = Second(results, store=store).found()
    store.forget()
    return answer.second.sort_values(KEY, ignore_index=True), answer.versions, answer.failed


def test_what_is_the_same_is_taken_and_what_has_changed_is_made_again(results, computed, tmp_path):
    plainly = Second(results).found()
    computed.clear()
    first = found(results, tmp_path / "kept")
    assert computed == ["cr", "age", "one", "two"]
    assert first[0].equals(plainly.second.sort_values(KEY, ignore_index=True)) and first[1:] == (plain.versions(), {})
    computed.clear()
    again = found(results, tmp_path / "kept")
    assert computed == [] and again[0].astype(str).equals(first[0].astype(str)) and again[1:] == first[1:]
    older = results.subjects.copy()
    older.loc[0, "age"] += 1  # two, and with it the family, and age
    results = replace(results, subjects=older)
    changed = found(results, tmp_path / "kept")
    assert computed == ["age", "one", "two"]
    assert changed[0].astype(str).equals(Second(results).found().second.sort_values(KEY, ignore_index=True).astype(str))


@pytest.mark.parametrize("what", ["code", "versions"])
def test_other_code_or_software_computes_everything_again(results, computed, tmp_path, monkeypatch, what):
    found(results, tmp_path / "kept")
    computed.clear()
    if what == "versions":
        monkeypatch.setattr(kept, "of_r", lambda: {"R": "4.4.1", "survival": "3.7.0"})
    found(results, tmp_path / "kept", "other code" if what == "code" else "code")
    assert computed == ["cr", "age", "one", "two"]


def test_what_stopped_is_not_kept(results, computed, tmp_path, monkeypatch):
    def stops(job):
        raise ArithmeticError("no memory")

    monkeypatch.setitem(plain.METHODS, "fisher", stops)
    _, _, failed = found(results, tmp_path / "kept")
    assert failed == {"one": "ArithmeticError: no memory"}
    computed.clear()
    found(results, tmp_path / "kept")
    assert computed == ["one", "two"]


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not here")
def test_r_is_named_as_it_names_itself_when_it_computes(results):
    said = Second(results).found().versions
    assert set(kept.of_r()) == {"R", "survival", "cmprsk"}
    assert kept.of_r() == {name: version for name, version in said.items() if name != "Python"}
