"""The workflow in awkward places: deleted outputs, sources in subfolders, folders with signs that a shell knows."""

import shutil
from pathlib import Path

import pytest
from pipeline.conftest import ROOT, checkout, report

pytestmark = pytest.mark.xdist_group("workflow cases")


def small(to: Path) -> Path:
    """A checkout with the study of five patients."""
    project = checkout(to)
    for room in ("data", "config", "report"):
        shutil.copytree(ROOT / "tests/fixtures/tiny" / room, project / room / "tiny")
    return project


def build(project: Path) -> str:
    done = report(project, "STUDY=tiny", "CORES=1")
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("name", ["Anna's study", "Anna'sR&D", "50% (a) #1"])
def test_the_name_of_the_folder_is_only_a_name(tmp_path, name):
    project = small(tmp_path / name)
    build(project)
    assert (project / "results/tiny/report/manuscript.pdf").exists()


def test_a_folder_with_braces_is_refused_with_a_message(tmp_path):
    done = report(small(tmp_path / "a{b}"), "STUDY=tiny", "CORES=1")
    assert (
        done.returncode != 0 and "the folder's path holds { and }" in done.stdout and "rename the folder" in done.stdout
    )


def test_what_is_missing_or_changed_is_made_again(tmp_path):
    project = small(tmp_path / "project")
    source = project / "report/tiny"
    (source / "parts").mkdir()
    (source / "parts/extra.qmd").write_text("The first text.\n")
    with (source / "manuscript.qmd").open("a") as file:
        file.write("\n{{< include parts/extra.qmd >}}\n")
    build(project)
    results = project / "results/tiny"
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    gone = [results / name for name in ("figures/os.png", "figures/alt.json", "cohort/flow.csv", "clean/queries.csv")]
    for path in gone:
        path.unlink()
    build(project)
    assert all(path.read_bytes() == before[path] for path in gone)
    (source / "parts/extra.qmd").write_text("The second text.\n")
    build(project)
    assert "The second text" in (results / "report/manuscript.html").read_text()
