"""What the checks of a plan share: where problems go, and the names of an expression."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..errors import Problem
from ..study import NOTHING_RUNS, REWRITE, expression_problems


class Report:
    """Collects the problems of one plan."""

    def __init__(self, path: Path):
        self.path, self.problems = path, []

    def __call__(self, where: str, what: str, do: str = REWRITE, why: str = NOTHING_RUNS) -> None:
        self.problems.append(Problem(f"{self.path}, {where}", what, why, do))

    def names(self, where: str, text, known: Collection[str]) -> None:
        """Columns that an expression names and that do not exist at this point."""
        for what in expression_problems(text, known):
            self(where, what)
