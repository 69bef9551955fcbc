"""The editions of a changed manuscript are begun with the run, while Snakemake starts, for the rule `report` to take.

A process of the run renders what is there now into .snakemake/ahead/<of>/, if the results are those of what they were made of. The
name is the hash of all that an edition is made of, so the rule takes them only if it would make the same; else it makes its own. What
this process finds wrong it keeps to itself: the rule finds it, too.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from .environment import ROOT, engine, modules, named, printed_by, settings, sources
from .exclusive import RUN, hold
from .files import sha256, write_text, write_whole
from .parts import hash_of

ROOM = Path(".snakemake/ahead")
ASKED = "TRIALPRESS_AHEAD"  # in the environment of that process: the study, and the engine if one was asked for
LONGEST = 120  # seconds that the rule waits for it


def begin(study: str, arguments: Sequence[str]) -> None:
    """Begin that process, if the manuscript is newer than its editions and there is a second core; without it nothing is lost."""
    from . import warm

    receipt = Path(f"results/{study}/.receipts/report.json")
    cores = dict(pairwise(arguments)).get("--cores", "1")
    others = [text for text in arguments if text.startswith("-") and text not in ("--cores", "--config")]
    several = (os.cpu_count() if cores == "all" else int(cores)) > 1
    if others or not several or not receipt.is_file() or not _newer(sources(f"report/{study}"), receipt):
        return
    asked = [text.removeprefix("engine=") for text in arguments if text.startswith("engine=")]
    # the date is that of the data, which that process knows; in this one nothing is changed before Snakemake has begun
    given = settings(ROOT, "2000-01-01") | {RUN: str(os.getpid()), ASKED: json.dumps([study, *asked])}
    with warm.surrounded(given):
        warm.begun(engine("workflow/scripts/ahead.py"), 2, "", daemon=True)


def _newer(paths: Iterable[str], than: Path) -> bool:
    since = than.stat().st_mtime_ns
    return any(os.stat(path).st_mtime_ns > since for path in paths)


def of(project: Path, formats: Iterable[str], engine: str, date: str) -> str:
    """The hash of all that the editions of a staged project are made of in this run: its files, what it prints of the environment, the
    formats, the engine, the date, the code."""
    files = sorted(path for path in project.rglob("*") if path.is_file())
    held = {path.relative_to(project).as_posix(): sha256(path) for path in files}
    return hash_of([held, printed_by(map(str, files)), list(formats), engine, date, os.environ.get(RUN, ""), _code()])


def _code() -> dict[str, str]:
    return {named(path): sha256(Path(path)) for path in modules("report", "audit")}


def make() -> None:
    """In that process: the editions of what is there now."""
    from .exclusive import end_with_the_run
    from .report import desk, engine, staging
    from .report.renderer import choose
    from .stages import answers
    from .study import load_yaml

    end_with_the_run()
    shutil.rmtree(ROOM, ignore_errors=True)
    study, *asked = json.loads(os.environ[ASKED])
    config = load_yaml(Path("config/config.yaml"))
    by, formats = (asked or [config["engine"]])[0], config["formats"]
    results, source, own = Path("results", study), Path("report", study), Path("config", study, "checklists.yaml")
    if choose(by) != "embedded" or (found := desk.kept(results, by)) is None:
        return
    code = _code()
    project = ROOM / "project" / study
    checklists = ["config/checklists.yaml", own] if own.exists() else []
    staging.stage(found, answers(checklists, found, source), results / "figures", source, project)
    at = ROOM / of(project, formats, by, found.date)
    begun = ROOM / "begun"
    begun.mkdir()
    lock = hold(begun / "lock")
    begun.rename(at)  # from now on the rule waits for the lock
    (at / "figures").symlink_to((results / "figures").absolute())  # where the JATS edition looks for them
    engine.render(project, at / "report", formats, engine=by, date=found.date, kept=results / ".receipts" / "light")
    if _code() == code:
        made = {path.name: sha256(path) for path in (at / "report").iterdir()}
        write_text(json.dumps(made), at / "made.json")
    os.close(lock)


def take(project: Path, out: Path, formats: Iterable[str], engine: str, date: str) -> bool:
    """Put the editions of a project that were made ahead into `out`, if they were made and are whole."""
    if not ROOM.is_dir():
        return False
    at = ROOM / of(project, formats, engine, date)
    if not at.is_dir():
        return False
    lock = hold(at / "lock", LONGEST)
    try:
        made = json.loads((at / "made.json").read_text(encoding="utf-8"))
        if lock is None or any(sha256(at / "report" / name) != known for name, known in made.items()):
            return False
        for name in made:
            write_whole(out / name, partial(os.replace, at / "report" / name))
    except (OSError, ValueError):  # it was not made
        return False
    shutil.rmtree(ROOM, ignore_errors=True)
    return True
