"""What the tests of the report share: the toy project, and a real Quarto where there is one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIXTURE = Path(__file__).parents[1] / "fixtures" / "report"
DATE = "2026-01-31"


@pytest.fixture(scope="session")
def real_quarto() -> str:
    """The version of the `quarto` on PATH; without one the test is skipped with the reason."""
    if shutil.which("quarto") is None:
        pytest.skip("no quarto on PATH: what the real one prints cannot be looked at here")
    said = subprocess.run(["quarto", "--version"], capture_output=True, text=True).stdout.strip()
    if tuple(map(int, re.findall(r"\d+", said)[:2])) < (1, 7):
        pytest.skip(f"quarto {said} on PATH is older than 1.7")
    return said


@pytest.fixture
def without_quarto(monkeypatch):
    """A PATH on which there is none."""
    kept = [part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "quarto").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(kept))


@pytest.fixture
def project(tmp_path) -> Path:
    return shutil.copytree(FIXTURE, tmp_path / "s")
