"""Jobs without a Python start each: a run's scripts are processes forked from one that has imported the libraries.

That one is the forkserver of the standard library: it has one thread of Python, is begun with the run, while its rules are read, and ends with it. It
imports nothing of this package: a job reads our code when it begins, as a script of its own would, so an edit is never half
in force and its receipt says what it ran. On a cluster, in a container and by plain `snakemake` each script is a Python
of its own.
"""

from __future__ import annotations

import atexit
import gc
import os
import runpy
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, get_context
from multiprocessing.connection import wait
from types import ModuleType

LIBRARIES = (
    "pandas", "pyarrow.csv", "pyarrow.dataset", "pyarrow.parquet", "scipy.special", "scipy.optimize", "yaml", "jsonschema", "snakemake.iocontainers",
    "snakemake.logging", "matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg",
    "rocrate.rocrate", "pypdf",
)  # fmt: skip
THREADS = (
    "OMP",
    "GOTO",
    "OPENBLAS",
    "MKL",
    "VECLIB_MAXIMUM",
    "NUMEXPR",
)  # as Snakemake names them in a job's environment
_begins = threading.Lock()


def script(path: str, environment: Mapping[str, str], handed: tuple[list[str], bytes] | None) -> None:
    """In the new process: run a script as `python path` in this environment does. handed: what the run has read."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv[:] = [path]
    gc.freeze()  # the collector need not look again and again at what was imported before the fork
    gc.set_threshold(20_000)  # nor, as is its default, whenever there are 700 objects more: nearly all of a job's stay
    with suppress(Exception):  # of code that cannot be imported the script itself tells
        if handed:
            from . import parts

            parts.take(*handed)
    try:
        runpy.run_path(path, run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # which processes of multiprocessing leave out: libraries clear their folders there


def ahead(environment: Mapping[str, str]) -> None:
    """Begin the process of which jobs are forked before the first of them asks for it, where another core is free for what it
    imports. environment: what acts when a Python starts."""
    if (os.cpu_count() or 1) < 2:
        return
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        _context()
        forkserver.ensure_running()
    except OSError:  # the first job tries again
        pass
    finally:
        os.environ.clear()
        os.environ.update(before)


def _context():
    context = get_context("forkserver")
    context.set_forkserver_preload([*LIBRARIES])
    return context


def begun(path: str, threads: int, folder: str):
    """The process of a script, or None where no forkserver can live."""
    many = {f"{name}_NUM_THREADS".replace("MAXIMUM_NUM", "MAXIMUM"): str(threads) for name in THREADS}
    given = {**os.environ, **many, **(dict.fromkeys(("TMPDIR", "TMP", "TEMPDIR", "TEMP"), folder) if folder else {})}
    from . import parts  # not with this module, which is there before anything else is

    job = _context().Process(target=script, args=(path, given, parts.handed()))
    try:
        with _begins, _without_main():
            job.start()
    except (EOFError, OSError):  # it did not get the memory, or was killed
        return None
    return job


@contextmanager
def _without_main() -> Iterator[None]:
    """A process that is begun here does not import what this one was begun with: it would read half of the package for nothing."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def ended(job) -> int:
    """Wait for a job; its exit status."""
    wait([job.sentinel])
    with _begins:  # whoever begins one reads the statuses of those that have ended: two would read one
        job.join()
    return job.exitcode


def jobs() -> None:
    """From now on Snakemake's Python scripts run so in this process."""
    from snakemake.benchmark import benchmarked
    from snakemake.script import PythonScript

    # what processes are begun with: where its path has a space Snakemake needs sys.executable to be a name (name_interpreter)
    get_context("forkserver").set_executable(sys.executable)
    alone = PythonScript.execute_script

    def execute(self, fname: str, edit: bool = False) -> None:
        elsewhere = self.conda_env or self.container_img or self.env_modules
        job = None if elsewhere else begun(fname, self.threads, self.resources.get("tmpdir", ""))
        if job is None:
            return alone(self, fname, edit)
        with benchmarked(False if self.bench_record is None else job.pid, self.bench_record):
            status = ended(job)
        if status:
            raise subprocess.CalledProcessError(status, f"{sys.executable} {fname}")

    PythonScript.execute_script = execute
