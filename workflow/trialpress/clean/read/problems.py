"""How the reading room stops: one InputError with its three parts."""

from __future__ import annotations

from ...errors import InputError, Problem

STOPS = "the pipeline starts from the records as received and never from a guess at them"


def stop(where, what: str, do: str, why: str = STOPS) -> InputError:
    """The error to raise: `where` is the file (and row), `what` is wrong with it, what to `do`, `why` it matters."""
    return InputError([Problem(str(where), what, why, do)])
