"""`make` sets .venv up where it leads: venv refuses a link."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("link", ["to a folder", "to nothing", "none"])
def test_an_environment_is_made_where_the_link_leads(tmp_path, link):
    (tmp_path / "Makefile").write_bytes((ROOT / "Makefile").read_bytes())
    (tmp_path / "envs").mkdir()
    for name in ("requirements.lock", "bootstrap.lock"):
        (tmp_path / "envs" / name).touch()
    if link != "none":
        (tmp_path / ".venv").symlink_to("other place")
    if link == "to a folder":
        (tmp_path / "other place").mkdir()
    python = (
        tmp_path / "python"
    )  # makes an environment without pip, which would be installed from elsewhere, and goes no further
    python.write_text(
        f'#!/bin/sh\nif [ "$1" = -c ]; then exec {sys.executable} "$@"; fi\necho "$@"\n{sys.executable} "$@" --without-pip && exit 1\n'
    )
    python.chmod(0o755)
    done = subprocess.run(["make", ".venv/.ready", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True)
    where = ".venv" if link == "none" else "other place"
    assert f"-m venv {'--clear ' if link == 'none' else ''}{tmp_path.resolve() / where}" in done.stdout, done.stderr
    assert (tmp_path / where / "pyvenv.cfg").exists() and (tmp_path / ".venv" / "bin" / "python").exists()
