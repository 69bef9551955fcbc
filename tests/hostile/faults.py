"""`python tests/hostile/faults.py` (Linux, as root): a small study while a folder is read-only or memory is short.

Each run must end with a message of three parts and no traceback, leave nothing half-written, and once the cause is gone the next
one must give the same bytes as a run that nothing disturbed. `--markdown docs/faults.md` writes what came of it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "fixtures" / "tiny"
SETTINGS = "study: tiny\nformats: [html, jats]\nengine: embedded\ndisclosure: {threshold: 0, mode: suppress}\n"
COMMAND = [sys.executable, "-m", "trialpress", "report", "tiny", "--cores", "2"]


def read_only(*folders: str) -> str:
    """A shell's commands after which these are read-only for what it starts, also for root."""
    return (
        "".join(f"mkdir -p {at} && mount --bind {at} {at} && mount -o remount,bind,ro {at} && " for at in folders)
        + 'cd "$PWD" && '
    )


FAULTS = {
    "results/ read-only": read_only("results"), "one stage's results read-only": read_only("results/tiny/analysis"),
    "report/ read-only": read_only("report"), "data/ read-only": read_only("data"), "logs/ read-only": read_only("logs"),
    ".snakemake/ read-only": read_only(".snakemake"), "the whole folder read-only": read_only("$PWD"),
    "200 MB of memory": "ulimit -v 200000; ", "600 MB of memory": "ulimit -v 600000; ", "1,000 MB of memory": "ulimit -v 1000000; ",
}  # fmt: skip
WORKS = {"report/ read-only", "data/ read-only"}  # nothing is written there


def trial(to: Path) -> Path:
    for room in ("config", "data", "report"):
        shutil.copytree(TINY / room, to / room / "tiny")
    (to / "config" / "config.yaml").write_text(SETTINGS)
    return to


def run(at: Path, before: str = "") -> tuple[int, str]:
    """Status, and what was said."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    given = {**kept, "PYTHONPATH": str(ROOT / "workflow"), "SLURM_CONF": "/dev/null", "PYTHONUTF8": "1"}
    command = ["unshare", "-m", "bash", "-c", f"cd {shlex.quote(str(at))}; {before}exec {shlex.join(COMMAND)}"]
    done = subprocess.run(command, cwd=at, env=given, capture_output=True, text=True, errors="replace", timeout=600,
                          start_new_session=True)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def files(at: Path) -> dict[str, str]:
    """Every result -> its hash."""
    found = [path for path in (at / "results").rglob("*") if path.is_file() and ".receipts" not in path.parts]
    return {path.relative_to(at).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def judged(folder: Path, name: str, before: str, whole: dict[str, str]) -> tuple[str, str]:
    """('right', 'refused' or what is wrong, what was said)."""
    at = trial(folder)
    status, said = run(at, before)
    wrong = []
    left = files(at)
    if status == 0 and left != whole:
        wrong.append("silent")
    if status and not ("why it matters:" in said and "what to do:" in said):
        wrong.append("no message of three parts")
    if "Traceback" in said:
        wrong.append("traceback")
    if mixed := [path for path in left if left[path] != whole.get(path)]:
        wrong.append(f"half-written: {', '.join(mixed[:3])}")
    healed, after = run(at)
    if healed or files(at) != whole:
        wrong.append(f"the next run differs: {after[-300:]}")
    if status and name in WORKS:
        wrong.append("does not run")
    return "; ".join(wrong) or ("right" if status == 0 else "refused"), said


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--only", default="")
    given.add_argument("--markdown", type=Path)
    given = given.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        undisturbed = trial(Path(scratch) / "whole")
        status, said = run(undisturbed)
        if status:
            sys.exit(said)
        whole = files(undisturbed)
        for number, (name, before) in enumerate(FAULTS.items()):
            if given.only in name:
                verdict, said = judged(Path(scratch) / str(number), name, before, whole)
                rows.append((name, verdict))
                print(f"{name}: {verdict}", flush=True)
                if verdict not in ("right", "refused"):
                    print(said[-1500:], flush=True)
    if given.markdown:
        head = "# Faults\n\nWritten by `python tests/hostile/faults.py`: a small study, disturbed; then once more, undisturbed.\n\n"
        table = "".join(f"| {name} | {verdict} |\n" for name, verdict in rows)
        given.markdown.write_text(f"{head}| fault | what came of it |\n|:---|:---|\n{table}", encoding="utf-8")
    return int(any(verdict not in ("right", "refused") for _, verdict in rows))


if __name__ == "__main__":
    sys.exit(main())
