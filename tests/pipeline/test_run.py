"""The door: `trialpress run FOLDER` writes the bytes of the workflow, all that was asked for or a status that says no."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trialpress import run as running

from .conftest import ROOT

TINY = ROOT / "tests" / "fixtures" / "tiny"


def assemble(to: Path, config: Path, data: Path, report: Path | None = None) -> Path:
    """The house's parts of a study as one folder."""
    shutil.copytree(config, to)
    shutil.copytree(data, to / "data", ignore=shutil.ignore_patterns("record", "reconstruction"))
    if report:
        shutil.copytree(report, to / "report")
    return to


def run(folder, out, *more, cwd=None, root=ROOT, **environment) -> subprocess.CompletedProcess:
    """The command as a reviewer gives it, with an environment that is not the workflow's."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON", "COV"))}
    odd = {"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "77", "LC_ALL": "C", "PYTHONPATH": str(root / "workflow")}
    command = [sys.executable, "-m", "trialpress", "run", str(folder), "--out", str(out), *more]
    return subprocess.run(command, cwd=cwd, env={**kept, **odd, **environment}, text=True, capture_output=True)


def files(folder: Path) -> dict[str, bytes]:
    """Everything below a folder but the logs and the lock."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if not name.startswith(("logs/", ".receipts/")) and name != ".trialpress"
    }


@pytest.fixture
def tiny(tmp_path) -> Path:
    return assemble(tmp_path / "a study", TINY / "config", TINY / "data", TINY / "report")


def three_parts(text: str) -> bool:
    return "why it matters:" in text and "what to do:" in text and "Traceback" not in text


@pytest.mark.parametrize("study", ["low-dose-cd19", "cd22-nci"])
def test_the_same_bytes_as_the_workflow(study, project, request, tmp_path):
    """From another folder, time zone, hash seed, with spaces in the paths: every file of every stage, the audit too."""
    if study == "cd22-nci":
        request.getfixturevalue("cd22")
    parts = (project / room / study for room in ("config", "data", "report"))
    folder = assemble(tmp_path / "a study", *parts)
    done = run(folder, tmp_path / "what comes out", cwd=tmp_path, root=project)
    assert done.returncode == 0, done.stdout + done.stderr
    mine, theirs = files(tmp_path / "what comes out"), files(project / "results" / study)
    assert mine.keys() == theirs.keys() and len(mine) > 40
    assert [name for name in mine if mine[name] != theirs[name]] == []
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:7]] == [
        "clean",
        "cohort",
        "analysis",
        "figures",
        "tables",
        "report",
        "audit",
    ]
    assert "  participants" in done.stdout and lines[-1].endswith(f"{tmp_path / 'what comes out'}/")


def test_it_runs_until_a_stage(tiny, tmp_path):
    done = run("a study", "out", "--until", "cohort", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {name.split("/")[0] for name in files(tmp_path / "out")} == {"clean", "cohort"}


def test_the_manuscript_may_lie_beside_the_plan_and_raw_without_data(tiny, tmp_path):
    assert run(tiny, tmp_path / "one").returncode == 0
    for path in (tiny / "report").iterdir():
        path.rename(tiny / path.name)
    (tiny / "report").rmdir()
    (tiny / "data" / "raw").rename(tiny / "raw")
    done = run(tiny, tmp_path / "two")
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_without_a_manuscript_it_goes_as_far_as_it_can_and_says_so(tiny, tmp_path):
    shutil.rmtree(tiny / "report")
    (tiny / "claims.yaml").unlink()
    done = run(tiny, tmp_path / "out")
    assert done.returncode == 0 and "not made" in done.stdout and "holds no manuscript.qmd" in done.stdout
    assert "report" not in {path.name for path in (tmp_path / "out").iterdir()}
    for stage in ("report", "audit"):
        done = run(tiny, tmp_path / "out", "--until", stage)
        assert done.returncode == 1 and "holds no manuscript.qmd" in done.stderr and three_parts(done.stderr)
    (tiny / "plan.yaml").unlink()
    assert run(tiny, tmp_path / "out", "--until", "cohort").returncode == 1
    done = run(tiny, tmp_path / "out")
    assert done.returncode == 0 and "holds no plan.yaml" in done.stdout
    assert {name.split("/")[0] for name in files(tmp_path / "out")} == {"clean"}


def test_claims_are_optional(tiny, tmp_path):
    (tiny / "claims.yaml").unlink()
    done = run(tiny, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "claims         none" in done.stdout


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda at: (at / "study.yaml").unlink(), "holds no study.yaml"),
        (lambda at: shutil.rmtree(at / "data"), "holds neither data/raw/ nor raw/"),
        (lambda at: (at / "data/raw/patients.csv").unlink(), "the raw file does not exist"),
        (lambda at: (at / "plan.yaml").write_text("plan: [}"), "plan.yaml, line 1: not valid YAML"),
        (lambda at: (at / "claims.yaml").write_text("claim: {}"), "unknown key 'claim'"),
    ],
)
def test_wrong_sources_stop_it_before_anything_is_written(tiny, tmp_path, break_it, says):
    before = tmp_path / "out" / "clean"
    assert run(tiny, tmp_path / "out", "--until", "clean").returncode == 0
    earlier = files(before)
    break_it(tiny)
    done = run(tiny, tmp_path / "out")
    assert done.returncode == 1 and says in done.stderr and three_parts(done.stderr), done.stderr
    assert str(tiny) in done.stderr, "the paths are those that were given"
    assert files(before) == earlier


def test_a_stage_that_stops_leaves_what_was_done_before_and_nothing_older(tiny, tmp_path):
    out = tmp_path / "out"
    assert run(tiny, out).returncode == 0
    raw = tiny / "data" / "raw" / "patients.csv"
    raw.write_text(raw.read_text() + "x")
    done = run(tiny, out)
    assert done.returncode == 1 and three_parts(done.stderr)
    assert f"{raw}: differs from its line in SHA256SUMS" in done.stderr and "the stage clean stopped" in done.stderr
    assert files(out) == {}, "results of other records would be taken for these"
    assert "SHA256SUMS" in (out / "logs" / "clean.log").read_text()


def test_a_plan_that_changes_during_the_run_is_not_mixed(tiny, tmp_path):
    command = [sys.executable, "-m", "trialpress", "run", str(tiny), "--out", str(tmp_path / "out")]
    given = {**os.environ, "PYTHONPATH": str(ROOT / "workflow")}
    with subprocess.Popen(command, env=given, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout.readline().startswith("clean")
        with open(tiny / "plan.yaml", "a") as plan:
            plan.write("# another word\n")
        _, said = running.communicate(timeout=300)
    assert running.returncode == 1 and three_parts(said)
    assert f"{tiny / 'plan.yaml'}: was changed while it was read" in said
    assert files(tmp_path / "out") == {}


def test_a_fault_of_the_engine_is_one_message_and_a_log(tiny, tmp_path):
    broken = tmp_path / "engine"
    shutil.copytree(ROOT, broken, ignore=shutil.ignore_patterns(".*", "results", "logs", "tests", "data", "docs"))
    with open(broken / "workflow" / "trialpress" / "tables" / "__init__.py", "a") as module:
        module.write("\n\ndef write_all(results, folder):\n    write_text('half', folder / 't.md')\n    return 1 / 0\n")
    done = run(tiny, tmp_path / "out", root=broken)
    assert done.returncode == 1 and three_parts(done.stderr)
    assert "tables" in done.stderr and "division by zero" in done.stderr
    assert str(tmp_path / "out" / "logs" / "tables.log") in done.stderr
    assert "Traceback" in (tmp_path / "out" / "logs" / "tables.log").read_text()
    assert {name.split("/")[0] for name in files(tmp_path / "out")} == {"clean", "cohort", "analysis", "figures"}


def test_a_second_run_leaves_nothing_of_the_first(tiny, tmp_path):
    out = tmp_path / "out"
    assert run(tiny, out).returncode == 0
    (out / "figures" / "old.svg").write_text("of a figure that is no longer in the plan")
    (out / "notes.txt").write_text("mine")
    assert run(tiny, out, "--until", "tables").returncode == 0
    assert "figures/old.svg" not in files(out) and not (out / "audit").exists() and not (out / "report").exists()
    assert (out / "notes.txt").read_text() == "mine"


def test_it_replaces_only_what_it_wrote(tiny, tmp_path):
    (tmp_path / "work" / "report").mkdir(parents=True)
    (tmp_path / "work" / "report" / "thesis.txt").write_text("years")
    for out in (tmp_path / "work", tiny, tiny / "data" / "raw" / "patients.csv"):
        done = run(tiny, out)
        assert done.returncode == 1 and three_parts(done.stderr), out
    assert (tmp_path / "work" / "report" / "thesis.txt").exists() and (tiny / "report" / "manuscript.qmd").exists()


def test_a_run_that_is_killed_leaves_the_results_as_they_were(tiny, tmp_path):
    out = tmp_path / "out"
    assert run(tiny, out).returncode == 0
    before = files(out)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow")}
    command = [sys.executable, "-m", "trialpress", "run", str(tiny), "--out", str(out)]
    going = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert going.stdout.readline().startswith("clean")
    busy = run(tiny, out)
    going.send_signal(signal.SIGKILL)
    going.wait()
    assert busy.returncode == 1 and "another run is under way" in busy.stderr
    kept = {name: content for name, content in files(out).items() if not name.startswith(".trialpress-house/")}
    assert kept == before
    for _ in range(40):  # what it had begun holds the folder until it has ended, too
        again = run(tiny, out)
        if "another run is under way" not in again.stderr:
            break
        time.sleep(0.5)
    assert again.returncode == 0 and files(out) == before


@pytest.mark.parametrize(("differs", "status"), [(True, 1), (False, 0)])
def test_a_second_computation_that_differs_is_in_the_exit_status(tiny, tmp_path, monkeypatch, differs, status):
    def done(self, last):
        (self.out / "report").mkdir(parents=True)
        (self.out / "report" / "summary.txt").touch()

    monkeypatch.setattr(running, "in_its_environment", lambda study: None)
    monkeypatch.setattr(running.Run, "until", done)
    monkeypatch.setattr(running, "ending", lambda folder: ("said", differs))
    assert running.main(tiny, tmp_path / "out", None) == status
