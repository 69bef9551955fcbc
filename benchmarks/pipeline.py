"""How long the pipeline takes: python benchmarks/pipeline.py [runs] [--cores N] [--stages]. Prints medians; nothing is asserted.

Each run is a whole process from outside, `make report` in a copy of the checkout with the environment already made: from raw to
all formats, nothing to do, and after each of the edits below. Seconds of the clock, and of the processors (user and system, of
all processes that the run has begun). --stages: each stage alone, too, as a process of its own (what a cluster's job costs).
"""

import argparse
import ctypes
import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import scale
import tile

CONFIG, RAW = Path("config") / tile.STUDY, Path("data") / tile.STUDY / "raw"
REPORT = ("report", tile.STUDY, "--format", "html", "--engine", "embedded", "--out", "html-alone")
ADOPT = 36  # prctl: what a child has begun is this process's when the child has ended, so that its time is counted
ALONE = "HTML alone, of results that are there"
STAGES = ("clean", "cohort", "effects", *scale.STAGES[2:])


def checkout(to: Path) -> Path:
    shutil.copytree(
        tile.ROOT,
        to,
        ignore=shutil.ignore_patterns(".git", ".venv", "results", "logs", ".snakemake", "__pycache__", ".*_cache"),
    )
    (to / ".venv").symlink_to(tile.ROOT / ".venv")
    return to


def replaced(path: Path, old: str, new: str, encoding: str = "utf-8") -> None:
    """A file with its first `old` another text."""
    text = path.read_bytes().decode(encoding)
    if old not in text:
        sys.exit(f"{path}: holds no {old!r} to be edited")
    path.write_bytes(text.replace(old, new, 1).encode(encoding))


def raw_cell(project: Path, run: int) -> None:
    """The temperature of a participant on a day, and the file's checksum."""
    file, sums = project / RAW / "04_signs.csv", project / RAW / "SHA256SUMS"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    replaced(file, f"2014-11-11,36.{6 + run}", f"2014-11-11,36.{7 + run}", "utf-8-sig")
    replaced(sums, before, hashlib.sha256(file.read_bytes()).hexdigest())


EDITS: dict[str, Callable[[Path, int], None]] = {
    "nothing to do": lambda at, run: None,
    "a sentence of the manuscript": lambda at, run: replaced(
        at / "report" / tile.STUDY / "manuscript.qmd", "\n\n# ", f"\n\nEdit {run}.\n\n# "
    ),
    "a caption of a figure": lambda at, run: replaced(
        at / CONFIG / "plan.yaml", 'caption: "', f'caption: "{run} '
    ),
    "an option of a figure": lambda at, run: replaced(
        at / CONFIG / "plan.yaml", f"lower_limit: 50, last_day: {90 - run}", f"lower_limit: 50, last_day: {89 - run}"
    ),
    "a published claim's words": lambda at, run: replaced(at / CONFIG / "claims.yaml", "label: ", f"label: {run} "),
    "a claim's number": lambda at, run: replaced(
        at / CONFIG / "claims.yaml", f"published: {{n: 36, N: {42 + run}}}", f"published: {{n: 36, N: {43 + run}}}"
    ),
    "a raw cell": raw_cell,
}  # fmt: skip


def timed(project: Path, *command: str) -> tuple[float, float]:
    """Seconds of the clock and of the processors; the text of what fails ends it."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment |= {"SLURM_CONF": "/dev/null", "PYTHONUTF8": "1", "PYTHONPATH": str(project / "workflow")}
    used, start = processors(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        status = subprocess.run(command, cwd=project, env=environment, stdout=said, stderr=said).returncode
        clock = time.perf_counter() - start
        if status:
            said.seek(0)
            sys.exit(f"{' '.join(command)}\n{said.read()}")
    return clock, processors() - used


def processors() -> float:
    """Seconds of the processors that all ended processes of this one have used; waits for those that are still ending."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def told(name: str, took: tuple[float, float]) -> tuple[float, float]:
    print(f"{name}: {took[0]:.1f} s, processors {took[1]:.1f} s", file=sys.stderr, flush=True)
    return took


def line(name: str, values: list[tuple[float, float]]) -> None:
    middle = [sorted(part)[len(values) // 2] for part in zip(*values, strict=True)]
    print(f"| {name} | {middle[0]:.1f} | {middle[1]:.1f} |", flush=True)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("runs", nargs="?", type=int, default=3)
    given.add_argument("--cores", type=int, default=2)
    given.add_argument("--stages", action="store_true")
    given = given.parse_args()
    ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)
    report = ("make", "report", f"CORES={given.cores}")
    seconds: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        project = checkout(Path(folder) / "project")
        for run in range(given.runs):
            for room in ("results", "logs"):
                shutil.rmtree(project / room, ignore_errors=True)
            cases = {"raw to all formats": lambda at, run: None, **EDITS}
            for name, edit in cases.items():
                edit(project, run)
                seconds.setdefault(name, []).append(told(name, timed(project, *report)))
            alone = timed(project, ".venv/bin/python", "-m", "trialpress", *REPORT)
            seconds.setdefault(ALONE, []).append(told(ALONE, alone))
        print(f"{given.runs} runs on {given.cores} cores, medians\n\n| | clock, s | processors, s |\n|:---|---:|---:|")
        for name, values in seconds.items():
            line(name, values)
        if given.stages:
            print("\n| stage, as a process of its own | clock, s | processors, s | peak, MB |\n|:---|---:|---:|---:|")
            for stage in STAGES:
                here = scale.run(stage, project, None)
                print(f"| {stage} | {here['clock']:.1f} | {here['cpu']:.1f} | {here['peak']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
