"""Runs of a study in memory, up to the trace, after an edit of its sources: what a comparison needs and no more."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import trialpress
from trialpress import audit, clean, environment, stages
from trialpress.audit import trace
from trialpress.results import read

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "fixtures" / "tiny"


def tiny(to: Path) -> Path:
    """The tiny study as a project."""
    shutil.copytree(TINY / "config", to / "config" / "tiny")
    shutil.copytree(TINY / "data", to / "data" / "tiny")
    return to


def sources(study: str, to: Path) -> Path:
    """A study of this repository as a project."""
    shutil.copytree(ROOT / "config" / study, to / "config" / study)
    shutil.copytree(
        ROOT / "data" / study, to / "data" / study, ignore=shutil.ignore_patterns("record", "reconstruction")
    )
    if (ROOT / "data" / "literature").is_dir():
        shutil.copytree(ROOT / "data" / "literature", to / "data" / "literature")
    return to


def reseal(raw: Path) -> None:
    """SHA256SUMS of files that were edited."""
    lines = [line.split(maxsplit=1) for line in (raw / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    new = [
        f"{hashlib.sha256((raw / name.strip('* ')).read_bytes()).hexdigest()}  {name.strip('* ')}" for _, name in lines
    ]
    (raw / "SHA256SUMS").write_text("\n".join(new) + "\n", encoding="utf-8")


def run(project: Path, edit: Callable[[Path], None] | None = None) -> Path:
    """results/<study>/ of the project, with a trace and a manifest of its sources; `edit` changes the project first."""
    (study,) = [path.name for path in (project / "config").iterdir() if path.is_dir()]
    config, raw, folder = Path("config") / study, Path("data") / study / "raw", Path("results") / study
    if edit:
        edit(project)
        reseal(project / raw)
    with chdir(project):
        two = (config / "study.yaml", config / "plan.yaml")
        claims = config / "claims.yaml"
        stages.clean(two[0], raw, folder)
        stages.cohort(*two, folder)
        stages.analysis(*two, claims if claims.exists() else None, folder)
        results, logs = read(*two, folder), clean.read_logs(folder / "clean")
        trace.write(results, logs, folder)
        inputs = {
            p.as_posix(): audit.digest(p)
            for room in ("config", "data")
            for p in sorted(Path(room).rglob("*"))
            if p.is_file()
        }
        code = Path(trialpress.__file__).parent
        inputs |= {f"workflow/trialpress/{p.relative_to(code)}": audit.digest(p) for p in sorted(code.rglob("*.py"))}
        said = {"study": study, "software": environment.versions(), "inputs": inputs, "outputs": {}}
        (folder / "audit" / "manifest.json").write_text(json.dumps(said))
    return project / folder


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    """An edit: one occurrence of a text in a file of the project."""

    def edit(project: Path) -> None:
        path = project / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old, text.count(old))
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit
