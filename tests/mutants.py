"""Would the tests see it? One operator of the package is changed at a time, and the tests of its room are run.

`python tests/mutants.py [--n 60] [--seed 1] [--file NAME ...] [--markdown docs/mutants.md]`, or `make mutants`. A change is
a comparison, an operation, a word of logic, a constant, min for max, first for last, plus for minus. It works in a copy of
the repository, so the files here are never touched. Killed: a test fails. Survived: none does.
"""

from __future__ import annotations

import argparse
import ast
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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
import yaml  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path("workflow/trialpress")
# the tests of each room, those that are quick and near first
ROOMS = {
    "clean/parse": ["tests/clean/test_values.py", "tests/clean/test_steps.py", "tests/clean/test_properties.py", "tests/clean/test_read_text.py", "tests/clean/test_low_dose.py"],
    "clean/steps": ["tests/clean/test_steps.py", "tests/clean/test_values.py", "tests/clean/test_properties.py", "tests/clean/test_low_dose.py"],
    "cohort": ["tests/cohort", "tests/cases/test_values.py", "tests/cases/test_left_out.py"],
    "expression.py": ["tests/cohort/test_expressions.py", "tests/cases/test_values.py", "tests/cohort/test_unknown.py"],
    "calculation.py": ["tests/cohort/test_expressions.py", "tests/cases/test_values.py", "tests/cohort/test_unknown.py"],
    "kinds.py": ["tests/cases/test_values.py", "tests/cohort/test_expressions.py", "tests/cohort/test_unknown.py"],
    "checks": ["tests/cases/test_values.py", "tests/cohort", "tests/cases/test_names.py"],
    "plan": ["tests/analysis/test_plan.py", "tests/cohort", "tests/cases/test_values.py", "tests/cases/test_names.py", "tests/cases/test_left_out.py"],
    "analysis/__init__.py": ["tests/cohort/test_unknown.py", "tests/analysis/test_plan.py", "tests/analysis/test_numbers.py", "tests/cases/test_left_out.py", "tests/cases/test_names.py"],
    "audit/claims.py": ["tests/audit/test_claims.py"],
    "stats/proportions.py": ["tests/stats/test_proportions.py", "tests/stats/test_concordance.py"],
}  # fmt: skip
COMPARE = {ast.Eq: "!=", ast.NotEq: "==", ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.In: "not in",
           ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is"}  # fmt: skip
BINARY = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Pow: "*", ast.FloorDiv: "/", ast.Mod: "*",
          ast.BitAnd: "|", ast.BitOr: "&", ast.BitXor: "|"}  # fmt: skip
WORDS = {"min": "max", "max": "min", "first": "last", "last": "first", "any": "all", "all": "any", "isna": "notna",
         "notna": "isna", "lower": "upper", "floor": "ceil", "ceil": "floor", "minimum": "maximum", "maximum": "minimum",
         "le": "lt", "lt": "le", "ge": "gt", "gt": "ge", "eq": "ne", "ne": "eq"}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of one file: bytes `start` to `end` become `new`."""

    file: str
    line: int
    start: int
    end: int
    old: str
    new: str
    source: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: `{self.old}` to `{self.new}` in `{self.source}`"


def files() -> Iterator[tuple[str, list[str]]]:
    """The files that are changed, with the tests that are run."""
    for room, tests in ROOMS.items():
        at = ROOT / PACKAGE / room
        for path in sorted(at.rglob("*.py")) if at.is_dir() else [at]:
            yield path.relative_to(ROOT / PACKAGE).as_posix(), tests


def mutants(name: str) -> list[Mutant]:
    text = (ROOT / PACKAGE / name).read_text(encoding="utf-8")
    raw, starts = text.encode(), [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []

    def place(line: int, column: int) -> int:
        return starts[line - 1] + column

    def add(node, start: int, end: int, new: str) -> None:
        source = text.splitlines()[node.lineno - 1].strip()
        found.append(Mutant(name, node.lineno, start, end, raw[start:end].decode().strip(), new, source[:100]))

    def between(a, b, node, new: str) -> None:
        """The operator that stands between two nodes, without brackets and spaces."""
        start, end = place(a.end_lineno, a.end_col_offset), place(b.lineno, b.col_offset)
        piece = raw[start:end].decode()
        inner = piece.strip(" ()\n\\")
        if inner and "#" not in inner and "\n" not in inner:
            at = start + len(piece[: piece.index(inner)].encode())
            add(node, at, at + len(inner.encode()), new)

    for node in _code(ast.parse(text)):
        if isinstance(node, ast.Compare):
            ends = [node.left, *node.comparators]
            for op, a, b in zip(node.ops, ends, ends[1:], strict=False):
                between(a, b, node, COMPARE[type(op)])
        elif (
            isinstance(node, ast.BinOp)
            and type(node.op) in BINARY
            and not isinstance(node.left, ast.Constant | ast.JoinedStr)
        ):
            between(node.left, node.right, node, BINARY[type(node.op)])
        elif isinstance(node, ast.BoolOp):
            for a, b in zip(node.values, node.values[1:], strict=False):
                between(a, b, node, "or" if isinstance(node.op, ast.And) else "and")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert | ast.USub):
            start = place(node.lineno, node.col_offset)
            add(node, start, place(node.operand.lineno, node.operand.col_offset), "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            start = place(node.lineno, node.col_offset)
            add(node, start, place(node.end_lineno, node.end_col_offset), str(not node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            start = place(node.lineno, node.col_offset)
            add(node, start, place(node.end_lineno, node.end_col_offset), repr(node.value + 1))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in WORDS:
            start = place(node.lineno, node.col_offset)
            add(node, start, place(node.end_lineno, node.end_col_offset), repr(WORDS[node.value]))
        elif isinstance(node, ast.Name) and node.id in WORDS and isinstance(node.ctx, ast.Load):
            start = place(node.lineno, node.col_offset)
            add(node, start, start + len(node.id), WORDS[node.id])
        elif isinstance(node, ast.Attribute) and node.attr in WORDS:
            end = place(node.end_lineno, node.end_col_offset)
            add(node, end - len(node.attr), end, WORDS[node.attr])
    return [mutant for mutant in dict.fromkeys(found) if mutant.old != mutant.new]


def _code(node) -> Iterator[ast.AST]:
    """All nodes but annotations, docstrings, imports, and f-strings (their positions are not those of the file)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.arg):
            continue
        if isinstance(child, ast.AnnAssign):
            if child.value is not None:
                yield child.value
                yield from _code(child.value)
            continue
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (
            child in node.decorator_list or child is getattr(node, "returns", 0)
        ):
            continue
        if isinstance(child, ast.keyword) and child.arg in ("strict", "ensure_ascii"):
            continue
        yield child
        yield from _code(child)


class House:
    """A copy of the repository in which a file can be changed and tests be run."""

    def __init__(self, at: Path):
        self.at, self.passed = at, set()
        leave = shutil.ignore_patterns(".git", "results", "logs", ".snakemake", "__pycache__", ".pytest_cache", ".venv")
        shutil.copytree(ROOT, at, ignore=leave, symlinks=True)
        (at / ".venv").symlink_to(ROOT / ".venv")

    def test(self, tests: list[str], seconds: int) -> bool:
        """Whether all of them pass, in a child of this process: what it has imported needs no time."""
        child = os.fork()
        if not child:
            os.chdir(self.at)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            sys.path[:] = [path for path in sys.path if not path.startswith(str(ROOT / "tests"))]
            os._exit(pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--tb=no", *tests]))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                if -code in (signal.SIGKILL, signal.SIGTERM):
                    raise RuntimeError(f"the tests were ended from outside by signal {-code}: nothing was measured")
                return code == 0
            time.sleep(0.05)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return False  # it does not end any more: seen

    def sound(self, tests: list[str], seconds: int) -> None:
        """RuntimeError if the tests fail without a change: everything would count as killed."""
        for one in tests:
            if one not in self.passed and not self.test([one], seconds):
                raise RuntimeError(f"{one} fails without a change: nothing can be measured")
            self.passed.add(one)

    def survives(self, mutant: Mutant, tests: list[str], seconds: int) -> bool:
        path = self.at / PACKAGE / mutant.file
        raw = path.read_bytes()
        try:
            path.write_bytes(raw[: mutant.start] + mutant.new.encode() + raw[mutant.end :])
            return all(self.test([one], seconds) for one in tests)
        finally:
            path.write_bytes(raw)


def run(names: list[str], n: int | None, seed: int, jobs: int, tell=print) -> list[tuple[Mutant, bool]]:
    """(mutant, whether it survived); n of each file."""
    draw, asked = random.Random(seed), []
    for name, tests in files():
        if names and name not in names:
            continue
        every = mutants(name)
        chosen = every if n is None or n >= len(every) else draw.sample(every, n)
        asked += [(mutant, tests) for mutant in sorted(chosen, key=lambda mutant: mutant.start)]
    with (
        tempfile.TemporaryDirectory() as folder,
        multiprocessing.get_context("fork").Pool(jobs, _settle, [folder]) as pool,
    ):
        found = []
        for mutant, survived in pool.imap(_one, asked):
            if found and found[-1][0].file != mutant.file:
                tell(f"{found[-1][0].file}: done", flush=True)
            found.append((mutant, survived))
            if survived:
                tell(f"survived: {mutant}", flush=True)
        return found


def _settle(folder: str) -> None:
    """A process that tests mutants has a house of its own, and everything imported that is not changed."""
    global HOUSE
    HOUSE = House(Path(folder) / str(os.getpid()))
    sys.dont_write_bytecode = True


def _one(item: tuple[Mutant, list[str]]) -> tuple[Mutant, bool]:
    mutant, tests = item
    HOUSE.sound(tests, seconds=900)
    return mutant, HOUSE.survives(mutant, tests, seconds=900)


def table(found: list[tuple[Mutant, bool]]) -> list[str]:
    lines = ["| file | mutants | killed | survived | killed, % |", "|---|---:|---:|---:|---:|"]
    count, lost = Counter(mutant.file for mutant, _ in found), Counter(mutant.file for mutant, alive in found if alive)
    for name in [*sorted(count), "all"]:
        n, s = (count.total(), lost.total()) if name == "all" else (count[name], lost[name])
        lines.append(f"| {name} | {n} | {n - s} | {s} | {100 * (n - s) / n:.0f} |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, help="mutants of each file; default: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--file", action="append", default=[])
    parser.add_argument("--markdown", type=Path)
    asked = parser.parse_args()
    found = run(asked.file, asked.n, asked.seed, asked.jobs)
    if not found:
        print("no file of that name, or nothing to change in it")
        return 1
    print("\n".join(table(found)))
    if asked.markdown:
        lines = [*table(found), "", "Survived:", "", *(f"- {mutant}" for mutant, alive in found if alive)]
        asked.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
