"""A checkout of its own, at a path with a space, in which the README's command is run once for all tests."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "cd22-nci" / "clinical_data_05-12-20_v1.xlsx"


def checkout(to: Path) -> Path:
    """A copy of the files that git knows or would add, with the environment linked."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    (to / ".venv").symlink_to(ROOT / ".venv")
    return to


def run(project: Path, *command: str, **environment: str) -> subprocess.CompletedProcess:
    """A command in the checkout; stdout and stderr together."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON", "COV"))}
    return subprocess.run(
        command, cwd=project, env={**inherited, **environment}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        errors="replace",
    )  # fmt: skip


def report(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return run(project, "make", "report", *arguments, **environment)


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """A checkout in which `make report` has run."""
    to = checkout(tmp_path_factory.mktemp("a checkout") / "with spaces")
    done = report(to, "CORES=2")
    assert done.returncode == 0, done.stdout
    (to / "stdout.txt").write_text(done.stdout)
    return to


@pytest.fixture(scope="session")
def cd22(project) -> Path:
    """The same checkout after `make fetch` and `make report` of cd22-nci."""
    if not SHARED.exists():
        pytest.skip("the public workbook of cd22-nci is not at hand")
    raw = project / "data" / "cd22-nci" / "raw"
    shutil.copy2(SHARED, raw / SHARED.name)
    for command in (("make", "fetch", "STUDY=cd22-nci"), ("make", "report", "STUDY=cd22-nci")):
        done = run(project, *command)
        assert done.returncode == 0, done.stdout
    return project
