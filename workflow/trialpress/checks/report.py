"""What the checks of a plan share: where problems go, and the names of an expression."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..errors import Problem
from ..study import NOTHING_RUNS, REWRITE, expression_problems, names_of


class Report:
    """Collects the problems of one plan."""

    def __init__(self, path: Path):
        self.path, self.problems = path, []
        self.withheld: set[str] = set()  # columns, and table.column, that end in the clean stage

    def __call__(self, where: str, what: str, do: str = REWRITE, why: str = NOTHING_RUNS) -> None:
        self.problems.append(Problem(f"{self.path}, {where}", what, why, do))

    def names(self, where: str, text, known: Collection[str]) -> None:
        """Columns that an expression names and that do not exist at this point."""
        for what in expression_problems(text, {*known, *self.withheld}):
            self(where, what)
        for name in sorted((self.withheld & set(names_of(text))) - set(known)):
            do = "give it type: code, or say who has reviewed its texts: free_text; an identifier stays where it is"
            self(where, f"the column '{name}' does not leave the clean stage: free text or an identifier", do)
