"""A figure is drawn again when what it is made of has changed, and no other is; by one process or two, the same bytes."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from trialpress import figures
from trialpress.figures import drawn
from trialpress.figures.drawn import Drawn
from trialpress.figures.scatter import part

CHOSEN = ("km", "flow", "rates")
MORE = (*CHOSEN, "lasagna", "waterfall", "dots")
READ = {"results/s/analysis/ard.csv": "1", "config/s/study.yaml#figures": "2", "config/s/plan.yaml#figures": "3"}


@pytest.fixture
def results(usual):
    return of(usual, {name: usual.plan.figures[name] for name in CHOSEN})


def of(results, specs):
    return replace(results, plan=replace(results.plan, figures=specs))


def files(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.*")}


def run(results, house, read=READ) -> tuple[list[str], dict[str, bytes]]:
    """The figures that were drawn, and all files."""
    made, written = [], house / "figures"
    for path in written.glob("*"):
        path.unlink()  # as the workflow does before a job
    kept = Drawn([house / "kept"], read, results, "results/s")
    keep = kept.keep
    kept.keep = lambda name, *rest: (made.append(name), keep(name, *rest))
    figures.draw_all(results, written, 1, kept)
    return made, files(written)


def test_two_processes_give_the_bytes_of_one(results, tmp_path):
    for processes in (1, 2):
        figures.draw_all(results, tmp_path / str(processes), processes)
    assert len(files(tmp_path / "1")) == 3 * len(CHOSEN) + 1
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_what_has_not_changed_is_not_drawn_again(results, tmp_path):
    made, first = run(results, tmp_path)
    assert sorted(made) == sorted(CHOSEN)
    assert run(results, tmp_path) == ([], first)
    wide = {**results.plan.figures, "km": {**results.plan.figures["km"], "width": "single"}}
    made, second = run(of(results, wide), tmp_path)
    assert made == ["km"]
    assert {name for name in first if first[name] != second[name]} == {"km.svg", "km.png"}
    assert run(results, tmp_path) == (["km"], first)


@pytest.mark.parametrize("path", ["config/s/study.yaml#figures", "workflow/x.py"])
def test_all_are_drawn_again_when_what_they_share_has_changed(results, tmp_path, path):
    _, first = run(results, tmp_path)
    made, again = run(results, tmp_path, {**READ, path: "4"})
    assert (sorted(made), again) == (sorted(CHOSEN), first)


def cell(results, frame: str, column: str, value, **where):
    """With one other cell, in the first row of this kind."""
    here = getattr(results, frame)
    rows = pd.concat([here[name] == wanted for name, wanted in where.items()], axis=1).all(axis=1)
    changed = here.copy()
    changed.loc[rows.idxmax(), column] = value
    assert rows.any() and not changed.equals(here)
    return replace(results, **{frame: changed})


def table(results, name: str, column: str):
    frame = results.tables[name]
    tables = {**results.tables, name: frame.assign(**{column: frame[column] + 1})}
    return replace(results, tables=tables)


def plan(results, field: str, name: str, **other):
    entries = getattr(results.plan, field)
    return replace(results, plan=replace(results.plan, **{field: {**entries, name: {**entries[name], **other}}}))


CHANGES = {
    "an estimate": (lambda r: cell(r, "ard", "display", "0.1", analysis="os", statistic="median"), {"km"}),
    "a count": (lambda r: cell(r, "ard", "display", "99", analysis="cr", statistic="n"), {"rates"}),
    "of what no figure shows": (lambda r: cell(r, "ard", "display", "99", analysis="model"), set()),
    "a curve": (lambda r: cell(r, "curves", "estimate", 0.123, analysis="efs"), {"km"}),
    "who is left out": (lambda r: cell(r, "participants", "note", "1 left out", analysis="harm"), {"dots"}),
    "the flow": (lambda r: cell(r, "flow", "n", 99, step="infused"), {"flow"}),
    "a change": (lambda r: cell(r, "subjects", "change", 77.0, who="P00002"), {"waterfall"}),
    "a date": (lambda r: cell(r, "subjects", "hct_on", pd.Timestamp("2015-05-05"), who="P00002"), {"waterfall"}),
    "a grade of a day": (lambda r: cell(r, "daily", "fever", 4, who="P00002"), {"lasagna"}),
    "copies": (lambda r: table(r, "levels", "copies"), {"lasagna"}),
    "laboratory": (lambda r: table(r, "labs", "value"), set()),
    "an analysis": (lambda r: plan(r, "analyses", "os", label="Other"), {"km"}),
    "an analysis that no figure shows": (lambda r: plan(r, "analyses", "hct", label="Other"), set()),
    "the level": (lambda r: replace(r, plan=replace(r.plan, level=0.9)), {*MORE}),
}  # fmt: skip


@pytest.fixture(scope="module")
def kept(usual, tmp_path_factory):
    house = tmp_path_factory.mktemp("house")
    run(of(usual, {name: usual.plan.figures[name] for name in MORE}), house)
    return house / "kept"


@pytest.mark.parametrize("what", CHANGES)
def test_a_figure_is_drawn_again_when_what_it_read_has_changed(usual, kept, what):
    change, wanted = CHANGES[what]
    results = of(usual, {name: usual.plan.figures[name] for name in MORE})
    known = Drawn([kept], READ, change(results), "results/s")
    assert {name for name in MORE if known._known(name, kept) is None} == wanted


def test_a_file_that_one_figure_shows_draws_that_one_again(results, tmp_path):
    assert "data/x.csv" not in results.plan.files
    shown = of(results, {**results.plan.figures, "flow": {**results.plan.figures["flow"], "file": "data/x.csv"}})
    before, after = (Drawn([tmp_path], {**READ, "data/x.csv": hash}, shown, "results/s").of for hash in "12")
    assert {name for name in before if before[name] != after[name]} == {"flow"}


@pytest.mark.parametrize("harm", ["km.png", "km.json"])
def test_a_kept_figure_that_someone_has_touched_is_drawn_again(results, tmp_path, harm):
    _, first = run(results, tmp_path)
    path = tmp_path / "kept" / harm
    path.write_bytes(path.read_bytes()[:-9])
    assert run(results, tmp_path) == (["km"], first)


def test_what_is_said_of_a_kept_figure_is_noticed_when_it_was_changed(results, tmp_path):
    run(results, tmp_path)
    path = tmp_path / "kept" / "km.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"read": []}))
    assert run(results, tmp_path)[0] == ["km"]


def test_the_stage_takes_the_figures_that_its_parts_have_drawn(results, tmp_path):
    _, first = run(results, tmp_path / "one")
    folders = [tmp_path / item for item in ("1-of-2", "2-of-2")]
    for folder in folders:
        own = Drawn([folder, tmp_path / "kept"], READ, results, "results/s")
        figures.draw_some(results, part(results.plan.figures, folder.name), folder, 1, own)
    assert [sorted(path.stem for path in folder.glob("*.json")) for folder in folders] == [["km", "rates"], ["flow"]]
    (folders[0] / "rates.csv").unlink()
    both = Drawn([tmp_path / "kept", *folders], READ, results, "results/s")
    figures.draw_all(results, tmp_path / "figures", 1, both)
    assert files(tmp_path / "figures") == first
    assert {path.stem for path in (tmp_path / "kept").iterdir()} == {*CHOSEN}
    assert {path.name: path.read_bytes() for path in (tmp_path / "kept").glob("*.json")} == {
        path.name: path.read_bytes() for path in (tmp_path / "one" / "kept").glob("*.json")
    }


def test_a_figure_that_is_taken_brings_the_modules_that_made_it(results, tmp_path, monkeypatch):
    run(results, tmp_path)
    brought = []
    monkeypatch.setattr(drawn, "import_module", brought.append)
    assert run(results, tmp_path)[0] == []
    made = {
        "trialpress.figures.survival",
        "trialpress.figures.flow",
        "trialpress.figures.png",
        "trialpress.analysis.source",
    }
    assert made <= {*brought}


def test_a_figure_that_left_the_plan_is_not_kept(results, tmp_path):
    run(results, tmp_path)
    run(of(results, {"km": results.plan.figures["km"]}), tmp_path)
    assert {path.stem for path in (tmp_path / "kept").iterdir()} == {"km"}


@pytest.mark.parametrize("processes", [1, 2])
def test_the_problems_of_all_figures_are_said_at_once(results, tmp_path, processes):
    specs = {name: {**results.plan.figures[name], "analyses": ["nothing"]} for name in ("km", "rates")}
    with pytest.raises(figures.InputError) as said:
        figures.draw_all(of(results, specs), tmp_path, processes)
    assert {problem.where for problem in said.value.problems} == {"plan.yaml, figures.km", "plan.yaml, figures.rates"}
