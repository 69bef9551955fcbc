"""Names and paths that mean harm: nothing is executed, nothing outside the study is read, written or removed."""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import cycle
from pathlib import Path

import pytest
from cases.conftest import build  # noqa: F401
from trialpress.errors import InputError
from trialpress.report.staging import copy_text
from trialpress.study import load_study, preflight

ROOT = Path(__file__).parents[2]
NAMES = [
    "$(touch hacked)", "`touch hacked`", "$(shell touch hacked)", "x; touch hacked", "x' ; touch hacked; '", 'x" ; touch hacked; "',
    "x\ntouch hacked", "$$(touch hacked)", "../decoy", "m ../decoy", "/tmp", ".", "..", "", "-rf", "a/b", "a\\b", "é", "x&touch hacked",
]  # fmt: skip


@pytest.fixture
def house(tmp_path) -> Path:
    """A repository with results, and a folder beside it that nobody may touch."""
    root = tmp_path / "house"
    for name in ("Makefile", "config", "workflow"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            root.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    (root / ".venv").symlink_to(ROOT / ".venv")
    for folder in ("results/low-dose-cd19", "results/other", "logs/low-dose-cd19", "../decoy"):
        (root / folder).mkdir(parents=True)
        (root / folder / "kept.txt").write_text("kept")
    return root


def make(house: Path, *arguments: str) -> subprocess.CompletedProcess:
    given = (
        "MAKE",
        "MFLAGS",
        "STUDY",
        "ENGINE",
        "CORES",
        "ID",
        "PARTICIPANT",
        "N",
        "SEED",
    )  # `make test` hands them on
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(given[:2]) and key not in given
    }
    return subprocess.run(["make", *arguments], cwd=house, env=environment, capture_output=True, text=True, timeout=120)


def untouched(house: Path) -> bool:
    kept = ("results/low-dose-cd19", "results/other", "logs/low-dose-cd19", "../decoy")
    return all((house / folder / "kept.txt").exists() for folder in kept) and not [*house.rglob("hacked*")]


@pytest.mark.parametrize("name", NAMES)
def test_clean_removes_nothing_for_a_name_that_is_none(house, name):
    done = make(house, "clean", f"STUDY={name}")
    assert done.returncode != 0 and "nothing was removed" in done.stdout + done.stderr
    assert untouched(house)


def test_clean_removes_the_results_of_the_study_that_is_named(house):
    assert make(house, "clean", "STUDY=low-dose-cd19").returncode == 0
    assert not (house / "results/low-dose-cd19").exists() and not (house / "logs/low-dose-cd19").exists()
    assert (house / "results/other/kept.txt").exists() and (house / "../decoy/kept.txt").exists()


def test_clean_follows_no_link_and_knows_its_studies(house):
    (house / "results/cd22-nci").symlink_to(house / "../decoy", target_is_directory=True)
    assert "link to another place" in make(house, "clean", "STUDY=cd22-nci").stderr
    assert "no study of this repository" in make(house, "clean", "STUDY=other").stderr
    assert untouched(house)


# each name once and each target twice; `make hostile` tries the targets by names of every kind
@pytest.mark.parametrize(
    ("name", "target"), [*zip(NAMES[:9], cycle(["fetch", "verify", "record", "explain"]), strict=False)]
)
def test_no_name_is_run_by_a_shell(house, target, name):
    done = make(house, "-o", ".venv/.ready", target, f"STUDY={name}", f"ID={name}", f"PARTICIPANT={name}")
    assert done.returncode != 0 and "cannot name a study" in done.stdout + done.stderr
    assert untouched(house) and "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["$(touch hacked)", "`touch hacked`", "x; touch hacked #", "$(shell touch hacked)"])
def test_a_study_of_the_configuration_is_not_run_either(house, name):
    config = house / "config" / "config.yaml"
    config.write_text(config.read_text().replace("study: low-dose-cd19", f"study: {name}"))
    done = make(house, "clean")
    assert done.returncode != 0 and untouched(house)


TABLE = """
  t:
    file: f
    key: [participant]
    columns: {participant: {source: ID, type: id}, age: {source: Age, type: integer}}
"""
PLAN = "\ncohort: {table: t, columns: {}}\nanalyses:\n  s: {method: summary, population: all, variable: age}\n"
ROWS = "ID,Age\nS1,1\nS2,2\n"


@pytest.mark.parametrize("name", ["../../x", "/tmp/x", "a b", "x.md", "..", "$(x)", "a\\b"])
@pytest.mark.parametrize("room", ["tables", "figures"])
def test_an_output_cannot_be_called_by_a_path(build, room, name):  # noqa: F811
    kind = (
        "{kind: listing, population: all, columns: [age], caption: C}"
        if room == "tables"
        else "{kind: flow, caption: C}"
    )
    with pytest.raises(InputError, match="other signs than letters, digits"):
        build(TABLE, f"{PLAN}{room}:\n  '{name}': {kind}\n", f=ROWS)


@pytest.mark.parametrize("name", ["cells", "changes", "queries", "rejected", "rows", "'../x'", "'/tmp/x'"])
def test_a_clean_table_takes_no_other_files_place(build, name):  # noqa: F811
    with pytest.raises(InputError, match="tables."):
        build(TABLE.replace("  t:", f"  {name}:"), PLAN.replace("table: t", f"table: {name}"), f=ROWS)


DICTIONARY = """
study: {{id: s, title: S, data_cutoff: "2020-01-01", reconstruction: false}}
files: {{f: {{path: {path}}}}}
tables: {{t: {{file: f, key: [participant], columns: {{participant: {{source: ID, type: id}}}}}}}}
"""


@pytest.mark.parametrize("path", ["../f.csv", "/etc/passwd", "a/../../f.csv", "C:/f.csv", "'..\\\\f.csv'"])
def test_raw_files_lie_below_the_folder_of_raw_files(tmp_path, path):
    (tmp_path / "study.yaml").write_text(DICTIONARY.format(path=path))
    with pytest.raises(InputError, match="leads out of the folder"):
        load_study(tmp_path / "study.yaml")


def test_links_out_folders_and_pipes_are_no_raw_files(tmp_path):
    (tmp_path / "study.yaml").write_text(DICTIONARY.format(path="f.csv"))
    study, raw = load_study(tmp_path / "study.yaml"), tmp_path / "raw"
    raw.mkdir()
    (tmp_path / "secret.csv").write_text("ID\nS1\n")
    for make_it, message in (
        (lambda path: path.symlink_to(tmp_path / "secret.csv"), "leads out of the folder"),
        (lambda path: path.mkdir(), "is no file"),
        (os.mkfifo, "is no file"),
    ):
        make_it(raw / "f.csv")
        with pytest.raises(InputError, match=message):
            preflight(study, tmp_path)
        (raw / "f.csv").rmdir() if (raw / "f.csv").is_dir() and not (raw / "f.csv").is_symlink() else (
            raw / "f.csv"
        ).unlink()
    (raw / "f.csv").write_text("ID\nS1\n")
    preflight(study, tmp_path)


def test_a_manuscript_prints_no_file_from_elsewhere(tmp_path):
    source = tmp_path / "report"
    source.mkdir()
    (tmp_path / "secret.md").write_text("secret")
    (source / "manuscript.qmd").write_text("{{< include part.md >}}\n")
    (source / "part.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(InputError, match="link that leads out of the manuscript's folder"):
        copy_text(source, tmp_path / "staged", "")
