"""A figure is drawn again when what it is made of has changed, and no other is; by one process or two, the same bytes."""

from dataclasses import replace

import pytest
from trialpress import figures
from trialpress.figures.drawn import Drawn

CHOSEN = ("km", "flow", "rates")
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
    kept = Drawn(house / "kept", read, results.plan)
    keep = kept.keep
    kept.keep = lambda alt, at: (made.extend(alt), keep(alt, at))
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


@pytest.mark.parametrize("path", ["results/s/analysis/ard.csv", "config/s/study.yaml#figures", "workflow/x.py"])
def test_all_are_drawn_again_when_what_they_share_has_changed(results, tmp_path, path):
    _, first = run(results, tmp_path)
    made, again = run(results, tmp_path, {**READ, path: "4"})
    assert (sorted(made), again) == (sorted(CHOSEN), first)


def test_a_file_that_one_figure_shows_draws_that_one_again(results, tmp_path):
    assert "data/x.csv" not in results.plan.files
    shown = of(results, {**results.plan.figures, "flow": {**results.plan.figures["flow"], "file": "data/x.csv"}})
    before = Drawn(tmp_path, {**READ, "data/x.csv": "1"}, shown.plan).of
    after = Drawn(tmp_path, {**READ, "data/x.csv": "2"}, shown.plan).of
    assert {name for name in before if before[name] != after[name]} == {"flow"}


@pytest.mark.parametrize("harm", ["km.png", "km.json"])
def test_a_kept_figure_that_someone_has_touched_is_drawn_again(results, tmp_path, harm):
    _, first = run(results, tmp_path)
    path = tmp_path / "kept" / harm
    path.write_bytes(path.read_bytes()[:-9])
    assert run(results, tmp_path) == (["km"], first)


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
