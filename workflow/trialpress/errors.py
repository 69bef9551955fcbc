"""Problems found in input, collected and shown all at once, each in three parts: what, why it matters, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: `where` (file, row, column or key), `what`, `why` it matters, `do` to mend it."""

    where: str
    what: str
    why: str = ""
    do: str = ""

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}"]
        if self.why:
            parts.append(f"    why it matters: {self.why}")
        if self.do:
            parts.append(f"    what to do:     {self.do}")
        return "\n".join(parts)


class InputError(Exception):
    """Raised before any result is written; holds every problem of its kind, not the first only."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(problems)
        super().__init__(str(self))

    def __reduce__(self):
        return InputError, (self.problems,)  # so that it survives the way between processes

    def __str__(self) -> str:
        n = len(self.problems)
        head = f"{n} problem{'s' if n != 1 else ''} in the input; nothing was written."
        return "\n".join([head, *map(str, self.problems)])


def nearest(word: str, known: Iterable[str]) -> str:
    """'did you mean ...?' for a misspelt word, or the known words if none is near; for the last part of a message."""
    known = sorted(map(str, known))
    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"known here: {shown}" if known else "nothing is defined here"


def raise_if(problems: Iterable[Problem]) -> None:
    """Raise InputError with all problems, each once, in a stable order; do nothing if there are none."""
    unique = sorted(set(problems))
    if unique:
        raise InputError(unique)


@contextmanager
def from_the_plan(where: str) -> Iterator[None]:
    """What an entry of the plan cannot be made of, because an analysis has no such numbers, is a problem of the plan."""
    try:
        yield
    except (KeyError, ValueError, TypeError, ZeroDivisionError) as error:
        what = f"cannot be made of what it names ({type(error).__name__}: {error})"
        do = "name analyses and columns that have what it shows, with the same groups"
        raise InputError(
            [Problem(f"plan.yaml, {where}", what, "it would be empty, or show something else", do)]
        ) from error
