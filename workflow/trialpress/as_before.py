"""What a stage would make again is given back: its files of the last time, if all that decided them is what it was.

results/<study>/.receipts/kept/<rule>.json: {"of": hash of what always decides, "seen": {path: sha256}, "wrote": {path: sha256},
"said": what its log held}; beside it, in <rule>/, hard links to the files, since Snakemake removes a job's outputs before it begins.

What always decides: every file and part that a stage reads, its parameters, scripts and environment. Two kinds of files decide only
if the stage has used them: modules of this package that it has imported or read, and tables (`input.if_opened`) that it has opened with `used`.
Of a stage that began other processes nobody knows what those have used: everything decides.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .environment import ROOT, installed, named
from .files import link, sha256, used, write_text
from .parts import hash_of

KEPT = "kept"
PACKAGE = "workflow/trialpress/"
AS_BEFORE = "as before: all that decides what this stage writes is what it was the last time"
BEGINS = {
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.exec",
    "os.system",
    "os.startfile",
    "subprocess.Popen",
}
OTHERS = {"pandoc", "Rscript"}  # programs that have nothing of this package
_begun: set[str] = set()  # how this process has begun others, since it is watched


@cache
def _watch() -> None:
    """From now on it is noted when this process begins another."""

    def hook(event: str, given: tuple) -> None:
        if event in BEGINS and not (event == "subprocess.Popen" and Path(os.fsdecode(given[0])).name in OTHERS):
            _begun.add(event)

    sys.addaudithook(hook)


class LastTime:
    """What is kept of one rule's job (`snakemake` in its script). read: path or part -> sha256 of all that it reads."""

    def __init__(self, job, receipt: Path, read: Mapping[str, str]):
        self.at = receipt.parent / KEPT / job.rule
        self.beside = [Path(folder) for folder in job.params.get("beside", ())]
        self.read = read
        tables = {named(path) for path in getattr(job.input, "if_opened", ())}
        self.if_used = {path for path in read if path in tables or (path.startswith(PACKAGE) and path.endswith(".py"))}
        scripts = {path.name: sha256(path) for path in sorted((ROOT / "workflow" / "scripts").glob("*.py"))}
        given = {name: value for name, value in job.params.items() if name != "content"}
        files = {path: None if path in self.if_used else known for path, known in sorted(read.items())}
        outputs = sorted(map(str, job.output))
        self.of = hash_of([job.rule, outputs, given, files, scripts, installed()])
        used.clear()
        _begun.clear()
        _watch()

    def give_back(self) -> str | None:
        """Put the files into their places, and return what the stage said; None if they must be made."""
        try:
            known = json.loads(self.at.with_suffix(".json").read_text(encoding="utf-8"))
            right = known["of"] == self.of and all(self.read.get(path) == was for path, was in known["seen"].items())
            if not right:
                return None
            if any(sha256(self._copy(path)) != was for path, was in known["wrote"].items()):
                print("what was kept of this stage is not what it wrote: it is computed again")
                return None
            said = str(known["said"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):  # nothing is kept, or someone was there
            return None
        for folder in self.beside:
            shutil.rmtree(folder, ignore_errors=True)
        for path in map(Path, known["wrote"]):
            path.parent.mkdir(parents=True, exist_ok=True)
            link(self._copy(path), path)
            os.utime(path)  # they are newer than what they were made of, which is how Snakemake sees that they are done
        return said

    def keep(self, wrote: Mapping[str, str], said: str) -> None:
        """Remember what the stage has written, unless the disk knows no hard links."""
        seen = self._seen()
        if seen is None:
            return
        try:
            shutil.rmtree(self.at, ignore_errors=True)
            for path in wrote:
                self._copy(path).parent.mkdir(parents=True, exist_ok=True)
                link(Path(path), self._copy(path))
        except OSError:
            shutil.rmtree(self.at, ignore_errors=True)
            self.at.with_suffix(".json").unlink(missing_ok=True)
            return
        kept = {"of": self.of, "seen": seen, "wrote": dict(wrote), "said": said}
        write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", self.at.with_suffix(".json"))

    def _copy(self, path: Path | str) -> Path:
        return self.at / Path(path).relative_to(self.at.parents[2])

    def _seen(self) -> dict[str, str] | None:
        """What this process has used of what decides only then; None if it has run a module that its rule does not name."""
        ran = set(imported())
        if unnamed := ran - self.read.keys():
            print("its rule does not name", *sorted(unnamed))
            return None
        seen = self.if_used if _begun else self.if_used & (ran | set(map(named, used)))
        return {path: self.read[path] for path in sorted(seen)}


def imported() -> list[str]:
    """The modules of this package that this process has run, by the names of their files."""
    files = (getattr(module, "__file__", None) or "" for module in [*sys.modules.values()])
    return sorted(name for name in map(named, (file for file in files if PACKAGE in file)) if name.startswith(PACKAGE))
