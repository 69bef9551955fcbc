"""Which module knows which: reading a plan knows nothing of methods, and no imports go round in a circle above it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "workflow" / "trialpress"
ROOMS = ("analysis", "figures", "tables", "report", "audit", "cohort", "stats", "clean")


def name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imported(module: str) -> frozenset[str]:
    """The modules of the package that a module imports, anywhere in it."""
    found, path = set(), MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = node.module or ""
        if node.level:
            up = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*up, *filter(None, [node.module])])
        found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names}
    return frozenset(found & set(MODULES))


def reached(module: str) -> set[str]:
    seen, ahead = set(), [module]
    while ahead:
        for other in imported(ahead.pop()) - seen:
            seen.add(other)
            ahead.append(other)
    return seen


def test_reading_a_plan_knows_nothing_of_methods_figures_or_tables():
    known = {other.split(".")[1] for other in reached("trialpress.plan.read") | reached("trialpress.plan")}
    assert not known & set(ROOMS), known & set(ROOMS)


def test_nothing_that_is_checked_imports_the_checks_of_a_plan():
    assert len(MODULES) > 100
    circle = [other for other in reached("trialpress.checks.plan") if "trialpress.checks.plan" in reached(other)]
    assert not circle, circle


def test_a_plan_is_read_without_the_libraries_of_statistics_and_pictures():
    """They are half of a job's start; a method and a kind of figure import what computes and draws them when it is asked for."""
    rooms = ("analysis.methods", "figures.kinds", "tables.kinds", "checks.plan", "results")
    asked = "".join(f"import trialpress.{room}\n" for room in rooms)
    heavy = "{'scipy', 'statsmodels', 'matplotlib', 'seaborn'}"
    command = [sys.executable, "-c", f"import sys\n{asked}print(*sorted(sys.modules.keys() & {heavy}))"]
    env = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    assert subprocess.run(command, capture_output=True, text=True, env=env, check=True).stdout.split() == []


def test_no_file_of_plan_and_checks_is_in_a_circle():
    mine = [module for module in MODULES if module.startswith(("trialpress.plan.", "trialpress.checks."))]
    assert len(mine) >= 10
    assert not [module for module in mine if module in reached(module)]
