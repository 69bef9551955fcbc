"""`python -m trialpress.exclusive <arguments of snakemake>`: Snakemake, unless another run holds this folder.

The lock belongs to the process and what it starts, so a run that was killed leaves none behind (Snakemake's own lock
files would stay). Jobs of a run that was just killed may still be ending: the next one waits for them a little.
"""

import fcntl
import gc
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from io import StringIO
from itertools import pairwise
from pathlib import Path

from .errors import InputError, Problem
from .studies import wrong

BUSY = "another run is under way in this folder: wait until it has ended, or stop it"
PATIENCE = 20  # seconds that jobs of a killed run are given to end
RUN = "TRIALPRESS_RUN"  # in a job's environment: the process of the run that began it
_held: dict[str, int] = {}  # by this process, for as long as it lives


def hold(path: str | os.PathLike, patience: float = 0) -> int | None:
    """Lock a file for as long as this process lives; its descriptor, or None if another holds it after `patience` s."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(lock)
                return None
            time.sleep(0.1)


def alone(path: str) -> int:
    """Lock a file, waiting for what may still be ending; the process ends with a message if another run goes on."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lock = _held.get(path) or hold(path)
    if lock is None:
        print(f"another run holds this folder: waiting up to {PATIENCE} s for it to end", file=sys.stderr, flush=True)
        lock = hold(path, PATIENCE)
    if lock is None:
        sys.exit(BUSY)
    _held[path] = lock
    return lock


def end_with_the_run() -> None:
    """End this job when the run that began it is gone: nobody would look at what it writes, and the next run writes there."""
    run = int(os.environ.get(RUN, 0))

    def watch() -> None:
        while True:
            time.sleep(0.3)
            try:
                os.kill(run, 0)
            except ProcessLookupError:
                os._exit(1)

    if run:
        threading.Thread(target=watch, daemon=True).start()


def asked(arguments: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with the study and the number of cores that were asked for: Snakemake would say it in its own words."""
    for name in (text.removeprefix("study=") for text in arguments if text.startswith("study=")):
        if what := wrong(name):
            yield Problem("the study", what, "a name is part of paths and commands", "name a study under config/")
    for cores in (number for option, number in pairwise(arguments) if option == "--cores"):
        if cores != "all" and not re.fullmatch("[1-9][0-9]{0,4}", cores):
            yield Problem("the number of cores", f"{cores!r} is none", "nothing was started", "give a number, or all")


def unwritable(arguments: Sequence[str]) -> Iterator[Problem]:
    """Folders of a run in which nothing can be put: found before the first job, and not by the one that meets it."""
    names = [text.removeprefix("study=") for text in arguments if text.startswith("study=")]
    study = names[0] if names and names[0] else "*"
    there = [Path(), Path(".snakemake"), Path("results"), Path("logs"), *Path("logs").glob(study)]
    for at in [*there, *Path("results").glob(study), *Path("results").glob(f"{study}/*/")]:
        if at.is_dir():
            try:
                with tempfile.TemporaryFile(dir=at):
                    pass
            except OSError as error:
                what = f"nothing can be written there: {error.strerror}"
                do = "make it writable, or make room; then run again"
                yield Problem(str(at.absolute()), what, "a run puts its results, logs and marks there", do)


def due(study: str) -> bool:
    """Whether a run is likely to have something to do: a source is newer than the last receipt of the study's results, or one of
    these was removed. A wrong guess costs time, and nothing else."""
    sources = [Path("Snakefile"), Path("config/config.yaml"), Path(__file__).parents[1]]
    sources += [Path(room, study) for room in ("config", "data", "report")]
    found = [*sources, *Path("results", study).glob("[!.]*")]
    for source in sources:
        for at, inner, names in os.walk(source):
            inner[:] = {*inner} - {"__pycache__"}
            found += (Path(at, name) for name in (*inner, *names))
    try:
        last = Path("results", study, ".receipts", "audit.json").stat().st_mtime
        return any(path.stat().st_mtime > last for path in found)
    except OSError:
        return True


def hash_inputs_once() -> None:
    """From now on Snakemake hashes each input of a job that has ended once, and not again for each of its outputs."""
    from snakemake.io import _IOFile
    from snakemake.persistence import PersistenceBase

    finished, checksum = PersistenceBase.finished, _IOFile.checksum

    async def once(self, job) -> None:
        known: dict[_IOFile, str | None] = {}

        async def of(file, *how, **named):
            if file not in known:
                known[file] = await checksum(file, *how, **named)
            return known[file]

        _IOFile.checksum = of
        try:
            await finished(self, job)
        finally:
            _IOFile.checksum = checksum

    PersistenceBase.finished = once


def run(arguments: Sequence[str]) -> int:
    """What the command `snakemake` does, without its limit of jobs per second: that one's clock holds a finished run for a
    second, and no argument turns it off."""
    if problems := list(asked(arguments)) or list(unwritable(arguments)):
        print(InputError(problems), file=sys.stderr)
        return 1
    os.set_inheritable(alone(os.path.join(".snakemake", "running")), True)
    gc.disable()  # what is imported and built until the first job is all needed: the Snakefile's onstart enables it
    from . import environment, warm

    if any(due(text.removeprefix("study=")) for text in arguments if text.startswith("study=")):
        # of any study: each job is given the date of its own
        warm.ahead(environment.settings(environment.ROOT, "2000-01-01"))
    from snakemake.cli import args_to_api, parse_args, print_exception
    from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

    from . import progress

    warm.jobs()
    hash_inputs_once()
    try:
        LoggerPluginRegistry().register_plugin("trialpress", progress)
        with redirect_stderr(StringIO()) as said:  # which profile it uses; a wrong argument ends it
            try:
                parser, given = parse_args([*arguments, "--logger", "trialpress"])
            except SystemExit:
                sys.__stderr__.write(said.getvalue())
                raise
        given.max_jobs_per_timespan = None
        done = args_to_api(given, parser)
    except Exception as error:
        print_exception(error)
        done = False
    return 0 if done else 1


if __name__ == "__main__":  # by its name: the Snakefile asks that module for the lock
    from trialpress import exclusive

    sys.exit(exclusive.run(sys.argv[1:]))
