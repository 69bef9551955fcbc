"""The figures in parts, each a job of its own. The stage itself then takes them as it takes those of an earlier run."""

from __future__ import annotations

from collections.abc import Iterable

from ..chunks import place


def part(figures: Iterable[str], item: str) -> list[str]:
    """The figures of a part, by turns: neighbours in a plan are alike, and take as long.

    >>> part(["flow", "os", "efs", "swimmer", "rates"], "2-of-2")
    ['os', 'swimmer']
    """
    number, parts = place(item)
    return [*figures][number::parts]
