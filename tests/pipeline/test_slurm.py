"""The same rules on a Slurm cluster, all that can be cut in parts, give the same bytes. Skipped where no Slurm answers."""

import shutil
import subprocess

import pytest

from .conftest import checkout, run
from .test_rerun import digests

pytestmark = pytest.mark.xdist_group("pipeline")
ON_SLURM = (
    "timeout", "-k", "5", "400", ".venv/bin/python", "-m", "snakemake", "--workflow-profile", "profiles/slurm",
    "--slurm-status-command", "squeue", "--slurm-no-account", "--slurm-init-seconds-before-status-checks", "2",
    "--seconds-between-status-checks", "1",
)  # fmt: skip


def answers() -> bool:
    return bool(shutil.which("sinfo")) and not subprocess.run(["sinfo"], capture_output=True, timeout=20).returncode


def test_same_bytes_on_slurm(project, tmp_path):
    if not answers():
        pytest.skip("no Slurm answers here")
    other = checkout(tmp_path / "on slurm")
    done = run(other, *ON_SLURM, "--quiet", "--config", "figure_chunks=3", "chunks=3")
    assert done.returncode == 0, done.stdout
    parts = [path.stem for path in (other / "logs" / "low-dose-cd19").glob("*-of-3.log")]
    assert sorted(parts) == [
        f"{stage}-{n}-of-3" for stage in ("clean", "cohort", "figures", "trace") for n in (1, 2, 3)
    ]
    assert digests(other) == digests(project)
