"""Would the tests see it? One operator of the package is changed at a time, and the tests that run it are run.

`python tests/mutants.py [--n 20] [--seed 1] [--file cohort ...] [--markdown docs/mutants-found.md]`, or `make mutants`: the
changes are those of code_changes.py, n of each file (default: all) and ROOM of a room of few files, drawn by the seed. It
works in a copy of the repository.

First all tests of TESTS run once and it is noted which lines of the package each of them runs; one that fails is left out. Then a warm process, which
has collected the tests and imported the package, forks for each mutant; the child gives the changed function its new code
and runs those tests that run its lines, those of its own room first, until one fails: *killed*. What runs at import is changed in a
child that imports the package anew. A change in a line that no test runs, or that no test has seen within SECONDS, has
*survived*. *Endless*, counted as killed, is only what needs more than ENDLESS seconds of processor time.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import pickle
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
# what the tests need and no mutant changes
import hypothesis  # noqa: F401
import jsonschema  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import pandas  # noqa: F401
import pyarrow.parquet  # noqa: F401
import pytest
import scipy.stats  # noqa: F401
import statsmodels.api  # noqa: F401
import yaml
from code_changes import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("workflow/trialpress")
ROOMS = ("clean", "cohort", "expression.py", "calculation.py", "kinds.py", "checks", "plan", "analysis", "audit/claims.py",
         "stats/proportions.py")  # fmt: skip
TESTS = ("tests/clean", "tests/cohort", "tests/plan", "tests/checks", "tests/analysis", "tests/cases", "tests/audit/test_claims.py",
         "tests/stats/test_proportions.py", "tests/stats/test_concordance.py", "tests/stats/test_examples.py",
         "tests/test_contracts.py")  # fmt: skip
# whole runs in processes of their own, whole studies, and pictures: too slow to be run for each mutant
LEFT_OUT = ("tests/cases/test_workflow.py", "tests/cases/test_flow.py", "tests/clean/test_low_dose.py",
            "tests/analysis/test_plan_mutants.py")  # fmt: skip
ROOM = 30  # changes of a room at least: fewer say too little of it
QUICK = 0.02
SECONDS = 10  # of tests for one mutant, as long as they took without a change
ENDLESS = 30
MEMORY = 6 * 2**30  # bytes; what wants more fails


@dataclass
class Test:
    """What a test runs: file of the package -> its lines."""

    seconds: float = 0.0
    passed: bool = True
    lines: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))


# --- in the process that has collected the tests ----------------------------------------------------------------------


class Measuring:
    """Runs every test and notes which lines of the package it runs; under the name "" what runs at import."""

    def __init__(self, package: Path):
        self.prefix, self.found = f"{package}/", {"": Test()}
        self.now = self.found[""]
        sys.settrace(self._call)

    def _call(self, frame, event, arg):
        name = frame.f_code.co_filename
        if not name.startswith(self.prefix):
            return None
        lines = self.now.lines[name[len(self.prefix) :]]

        def line(frame, event, arg):
            lines.add(frame.f_lineno)
            return line

        return line(frame, event, arg)

    def pytest_runtest_logreport(self, report):
        self.now.passed &= not report.failed

    def pytest_runtestloop(self, session):
        for item in session.items:
            self.now = self.found[item.nodeid] = Test()
            start = time.process_time()
            sys.settrace(self._call)  # a test may have ended it
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            self.now.seconds = time.process_time() - start
        sys.settrace(None)
        return True


class Changing:
    """Gives a function its changed code and runs the tests of that mutant, each in a child of its own."""

    def __init__(self, package: Path, asked: dict[Mutant, list[str]], jobs: int, tell: Callable):
        self.package, self.asked, self.jobs, self.tell = package, asked, jobs, tell
        self.found: dict[Mutant, str] = {}

    def pytest_runtestloop(self, session):
        for file in {mutant.file for mutant in self.asked}:  # some are imported only when they are needed
            importlib.import_module(
                f"trialpress.{file.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")
            )
        everything = gc.get_objects()
        gc.freeze()  # the children share what is there
        items = {item.nodeid: item for item in session.items}
        functions = defaultdict(list)
        for one in everything:
            if type(one) is type(_code_key) and one.__code__.co_filename.startswith(str(self.package)):
                functions[_code_key(one.__code__)].append(one)

        def act(mutant: Mutant) -> int:
            path = self.package / mutant.file
            for code in _functions(compile(mutant.apply(path.read_bytes()), str(path), "exec")):
                for one in functions[_code_key(code)]:
                    if one.__code__ != code:
                        one.__code__ = code
            failed = Failed()
            session.config.pluginmanager.register(failed)
            for name in self.asked[mutant]:
                items[name].config.hook.pytest_runtest_protocol(item=items[name], nextitem=None)
                if failed.any:
                    return 1
            return 0

        for mutant, how in children(self.asked, act, self.jobs):
            self.found[mutant] = how
            self.tell(mutant, how)
        return True


class Failed:
    any = False

    def pytest_runtest_logreport(self, report):
        self.any |= report.failed


def _functions(code) -> Iterator:
    """The code of the functions of a module, also of those within others: what they gave at import lives on."""
    for one in code.co_consts:
        if hasattr(one, "co_code"):
            yield from _functions(one)
            if one.co_flags & 1:  # a function; a class is not optimized
                yield one


def _code_key(code) -> tuple:
    return code.co_filename, code.co_firstlineno, code.co_qualname


# --- children ---------------------------------------------------------------------------------------------------------


def children(things: Iterable, act: Callable, jobs: int) -> Iterator[tuple[object, str]]:
    """act(thing) in a fork of this process -> (thing, "killed", "survived" or "endless")."""
    waiting, running = list(reversed([*things])), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            thing, folder = waiting.pop(), tempfile.mkdtemp(prefix="mutant")
            child = os.fork()
            if not child:
                os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
                resource.setrlimit(resource.RLIMIT_CPU, (ENDLESS, ENDLESS + 10))
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                signal.signal(signal.SIGXCPU, signal.SIG_DFL)
                _quiet()
                code = 1  # an error is as good as a failing test
                try:
                    code = act(thing)
                finally:
                    os._exit(code)
            running[child] = thing, folder
        child, status = os.wait()
        if child not in running:
            continue
        (thing, folder), code = running.pop(child), os.waitstatus_to_exitcode(status)
        shutil.rmtree(folder, ignore_errors=True)
        if -code in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            raise RuntimeError(f"the tests were ended from outside by signal {-code}: nothing was measured")
        yield thing, "endless" if -code == signal.SIGXCPU else "killed" if code else "survived"


def _quiet() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def session(house: Path, tests: Iterable[str], plugin: Callable[[], object] | None = None) -> tuple[int, object]:
    """pytest in this process, for a child that ends with it."""
    os.chdir(house)
    sys.path[:] = [path for path in sys.path if not path.startswith(str(ROOT / "tests"))]
    sys.dont_write_bytecode = True
    made = plugin() if plugin else None
    left = [f"--ignore={name}" for name in LEFT_OUT]
    options = ["-x", "-s", "-q", "-o", "addopts=", "--import-mode=importlib", "-p", "no:cacheprovider", "-p", "no:xdist",
               "--tb=no", "--hypothesis-seed=0"]  # fmt: skip
    return pytest.main([*options, *left, *tests], plugins=[made] if made else []), made


def answer(act: Callable[[], object]):
    """What act() gives in a child of this process."""
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if not child:
            try:
                (Path(folder) / "answer").write_bytes(pickle.dumps(act()))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        return pickle.loads((Path(folder) / "answer").read_bytes())


# --- all of it --------------------------------------------------------------------------------------------------------


def files() -> list[str]:
    """The files that are changed, room after room."""
    at = [ROOT / PACKAGE / room for room in ROOMS]
    found = [path for one in at for path in (sorted(one.rglob("*.py")) if one.is_dir() else [one])]
    return [path.relative_to(ROOT / PACKAGE).as_posix() for path in found]


def room(file: str) -> str:
    return next(one for one in ROOMS if file.split("/")[0] == one or file == one)


def drawn(names: list[str], n: int | None, seed: int) -> tuple[list[Mutant], Counter]:
    """n mutants of each file, and as many of a room as say something of it; how many there are in all."""
    chosen, possible, of_room = [], Counter(), Counter(map(room, files()))
    for name in files():
        if names and not any(name == one or name.startswith(f"{one}/") for one in names):
            continue
        every = mutants(name, (ROOT / PACKAGE / name).read_text(encoding="utf-8"))
        possible[name] = len(every)
        wanted = len(every) if n is None else min(len(every), max(n, -(-ROOM // of_room[room(name)])))
        some = random.Random(f"{seed} {name}").sample(every, wanted)
        chosen += sorted(some, key=lambda mutant: mutant.start)
        for mutant in some:  # no change is a mere slip of syntax
            compile(mutant.apply((ROOT / PACKAGE / name).read_bytes()), name, "exec")
    return chosen, possible


def near(mutant: Mutant, tests: dict[str, Test], whole_file: bool) -> list[str]:
    """The tests that run its lines (or lines of its file), SECONDS of them: those of its own room first; of them all that are
    QUICK, then of each test function one case before a second one of any."""
    found = [name for name, test in tests.items()
             if name and (mutant.file in test.lines if whole_file else mutant.on(test.lines))]  # fmt: skip
    cases, places = Counter(), {}
    for name in sorted(found, key=lambda name: tests[name].seconds):
        function = name.split("[")[0]
        places[name] = cases[function]
        cases[function] += 1
    chosen, left = [], SECONDS
    own = "tests/cohort/" if "/" not in mutant.file else f"tests/{mutant.file.split('/')[0]}/"

    def order(name: str) -> tuple:
        seconds = tests[name].seconds
        return not name.startswith(own), seconds > QUICK and 1 + places[name], seconds

    for name in sorted(found, key=order):
        left -= tests[name].seconds
        chosen += [name] if left > 0 or not chosen else []
    return chosen


def run(names: list[str], n: int | None, seed: int, jobs: int, tell=print) -> tuple[dict[Mutant, str], Counter]:
    """Mutant -> killed, survived, endless or not run; how many there are in each file."""
    chosen, possible = drawn(names, n, seed)
    with tempfile.TemporaryDirectory() as folder:
        house = Path(folder).resolve() / "house"
        leave = shutil.ignore_patterns(".git", "results", "logs", ".snakemake", "__pycache__", ".pytest_cache", ".venv")
        shutil.copytree(ROOT, house, ignore=leave, symlinks=True)
        (house / ".venv").symlink_to(ROOT / ".venv")
        package, out = house / PACKAGE, os.dup(1)

        def say(text: str) -> None:
            os.write(out, f"{text}\n".encode())

        def told(mutant: Mutant, how: str) -> None:
            if how != "killed":
                say(f"{how}: {mutant}")

        def measured() -> dict[str, Test]:
            _quiet()
            return session(house, TESTS, lambda: Measuring(package))[1].found

        start = time.monotonic()
        tests = answer(measured)
        for name in [name for name, test in tests.items() if not test.passed]:
            say(f"left out, for it fails without a change: {name}")
            del tests[name]
        say(
            f"{len(tests) - 1} tests, {sum(test.seconds for test in tests.values()):.0f} s of them with their lines; {len(chosen)} mutants of {possible.total()}"
        )
        called, imported, found = {}, {}, {}
        for mutant in chosen:
            if mutant.function and (names := near(mutant, tests, whole_file=False)):
                called[mutant] = names
            elif (not mutant.function or mutant.on(tests[""].lines)) and (
                names := near(mutant, tests, whole_file=True)
            ):
                imported[mutant] = names
            else:
                found[mutant] = "not run"
                told(mutant, "not run")

        def changed() -> dict[Mutant, str]:
            _quiet()
            wanted = {name.split("::")[0] for names in called.values() for name in names}
            return session(house, sorted(wanted), lambda: Changing(package, called, jobs, told))[1].found

        def anew(mutant: Mutant) -> int:
            path = str(package / mutant.file)
            given = SourceFileLoader.get_code
            code = compile(mutant.apply(Path(path).read_bytes()), path, "exec")
            SourceFileLoader.get_code = lambda self, name: code if self.path == path else given(self, name)
            return int(session(house, imported[mutant])[0] != 0)

        found |= answer(changed) if called else {}
        for mutant, how in children(imported, anew, jobs):
            found[mutant] = how
            told(mutant, how)
        say(f"{time.monotonic() - start:.0f} s")
    return {mutant: found[mutant] for mutant in chosen}, possible


# --- what was found ---------------------------------------------------------------------------------------------------


def reason(mutant: Mutant, known: dict[str, dict[str, str]]) -> str:
    """Why no test can see a survivor: file -> piece of its line -> why; a test is wanting where nothing is said."""
    return next(
        (why for piece, why in known.get(mutant.file, {}).items() if piece in mutant.source), "a test is wanting"
    )


def report(found: dict[Mutant, str], possible: Counter) -> list[str]:
    count = {name: Counter(how for mutant, how in found.items() if mutant.file == name) for name in possible}
    rooms = {one: [name for name in possible if room(name) == one] for one in ROOMS}
    rows = [(f"**{one}**", names) for one, names in rooms.items() if names]
    rows += [("**all**", list(possible)), *((name, [name]) for name in possible if possible[name])]
    lines = ["| room or file | possible | tried | killed | of them endless | survived | of them run by no test | killed, % |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for label, names in rows:
        all_of = sum((count[name] for name in names), Counter())
        alive = all_of["survived"] + all_of["not run"]
        n = all_of.total()
        share = f"{100 * (n - alive) / n:.0f}" if n else ""
        lines.append(f"| {label} | {sum(possible[name] for name in names)} | {n} | {n - alive} | {all_of['endless']} | {alive} | {all_of['not run']} | {share} |")  # fmt: skip
    known = yaml.safe_load((ROOT / "tests" / "survivors.yaml").read_text(encoding="utf-8"))
    lines += ["", "Survived:", ""]
    for mutant, how in found.items():
        if how in ("survived", "not run"):
            lines.append(f"- {mutant} ({reason(mutant, known)}{'; no test runs it' if how == 'not run' else ''})")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, help="mutants of each file; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--file", action="append", default=[], help="a file or a folder of the package; default: all")
    parser.add_argument("--markdown", type=Path)
    asked = parser.parse_args()
    found, possible = run(asked.file, asked.n, asked.seed, asked.jobs)
    if not found:
        print("no file of that name, or nothing to change in it")
        return 1
    lines = report(found, possible)
    print("\n".join(lines))
    if asked.markdown:
        how = f"{asked.n} of each file, {ROOM} of a room at least" if asked.n else "all"
        head = ["# Mutants: what was found", "", f"Written by `make mutants`: {how}, seed {asked.seed}.", ""]
        asked.markdown.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
