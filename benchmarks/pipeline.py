"""How long the pipeline takes: python benchmarks/pipeline.py [runs]. Prints medians; nothing is asserted.

Each run is a whole process from outside, in a copy of the checkout, with the environment already made: from raw to all
formats, nothing to do, and with the text of the manuscript edited. Peak memory is that of the largest single process.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGETS = {"raw to all formats": 15.0, "nothing to do": 2.0, "manuscript edited": 4.0}


def checkout(to: Path) -> Path:
    shutil.copytree(
        ROOT,
        to,
        ignore=shutil.ignore_patterns(".git", ".venv", "results", "logs", ".snakemake", "__pycache__", ".*_cache"),
    )
    (to / ".venv").symlink_to(ROOT / ".venv")
    return to


def timed(project: Path) -> float:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    start = time.perf_counter()
    done = subprocess.run(["make", "report", "CORES=2"], cwd=project, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return time.perf_counter() - start


def main(runs: int) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in TARGETS}
    with tempfile.TemporaryDirectory() as folder:
        project = checkout(Path(folder) / "project")
        manuscript = project / "report" / "low-dose-cd19" / "manuscript.qmd"
        for run in range(runs):
            shutil.rmtree(project / "results" / "low-dose-cd19", ignore_errors=True)
            seconds["raw to all formats"].append(timed(project))
            seconds["nothing to do"].append(timed(project))
            manuscript.write_text(manuscript.read_text(encoding="utf-8") + f"\n\nEdit {run}.\n", encoding="utf-8")
            seconds["manuscript edited"].append(timed(project))
    for name, values in seconds.items():
        print(
            f"{name:<20} median {sorted(values)[len(values) // 2]:6.2f} s  (min {min(values):.2f}, max {max(values):.2f}; target {TARGETS[name]:g} s)"
        )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{'peak memory':<20} {peak:.0f} MB  (target 1024 MB)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
