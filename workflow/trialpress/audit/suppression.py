"""Secondary suppression: what else is withheld, so that no withheld count follows from the totals beside it.

A table of counts is a matrix (nan where a cell is no count). Its sums are found in the numbers themselves: a column that is the
sum of the others, levels below each other that add up to the size of their column or to the row above or below, and a column
that goes down by what is counted beside it. A sum that holds by chance withholds a little more than is needed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

Cell = tuple[int, int]  # row, column
LEVELS = 20  # of a variable, at most


class Sum(NamedTuple):
    """The parts add up to the total: a cell, or a number that is printed elsewhere."""

    parts: tuple[Cell, ...]
    total: Cell | float


def sums(counts: np.ndarray, sizes: np.ndarray, falls: Sequence[tuple[int, tuple[int, ...]]] = ()) -> list[Sum]:
    """counts: rows by columns; sizes: of the same shape, what the levels of a cell's variable add up to (nan: not known).
    falls: (column, columns by which it goes down from row to row)."""
    return [*_across(counts), *_down(counts, sizes), *_falling(counts, falls)]


def _across(counts: np.ndarray) -> Iterator[Sum]:
    for row, values in enumerate(counts):
        known = np.flatnonzero(~np.isnan(values)).tolist()
        for total in known if len(known) > 2 else ():
            parts = tuple((row, column) for column in known if column != total)
            if values[total] == sum(values[column] for _, column in parts):
                yield Sum(parts, (row, total))


def _down(counts: np.ndarray, sizes: np.ndarray) -> Iterator[Sum]:
    for column in range(counts.shape[1]):
        values = counts[:, column]
        for start in range(len(values)):
            total = 0.0
            for end in range(start, min(start + LEVELS, len(values))):
                if math.isnan(values[end]):
                    break
                total += values[end]
                parts = tuple((row, column) for row in range(start, end + 1))
                if end > start:
                    if total == sizes[start, column] == sizes[end, column]:
                        yield Sum(parts, total)
                    for other in (start - 1, end + 1):
                        if 0 <= other < len(values) and total == values[other]:
                            yield Sum(parts, (other, column))


def _falling(counts: np.ndarray, falls: Sequence[tuple[int, tuple[int, ...]]]) -> Iterator[Sum]:
    for stock, flows in falls:
        rows = np.flatnonzero(~np.isnan(counts[:, stock])).tolist()
        for above, below in pairwise(rows):
            for at in (above, below):
                parts = ((below, stock), *((at, flow) for flow in flows if not math.isnan(counts[at, flow])))
                if len(parts) > 1 and counts[above, stock] == sum(counts[cell] for cell in parts):
                    yield Sum(parts, (above, stock))


def bounds(counts: np.ndarray, known: Iterable[Sum], withheld: set[Cell], small: set[Cell], threshold: int) -> dict[Cell, tuple[int, int]]:  # fmt: skip
    """The least and the most that each withheld cell can be, for whoever knows the rest: what an attacker can solve for.
    small: those that are printed as less than the threshold."""
    from scipy.optimize import linprog

    cells = sorted(withheld)
    at = {cell: number for number, cell in enumerate(cells)}
    left, right = [], []
    for parts, total in known:
        row, rest = np.zeros(len(cells)), 0.0
        for cell, sign in [*((part, 1) for part in parts), *([(total, -1)] if isinstance(total, tuple) else [])]:
            if cell in at:
                row[at[cell]] += sign
            else:
                rest -= sign * counts[cell]
        if row.any():
            left.append(row)
            right.append(rest + (0 if isinstance(total, tuple) else total))
    free = [(1, threshold - 1) if cell in small else (0, None) for cell in cells]
    found = {}
    for cell in cells:
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(cells))
            goal[at[cell]] = sign
            solved = linprog(goal, A_eq=np.array(left) if left else None, b_eq=right or None, bounds=free)
            ends.append(sign * solved.fun if solved.status == 0 else sign * -math.inf)
        low, high = ends
        found[cell] = (math.ceil(low - 1e-6), math.inf if math.isinf(high) else math.floor(high + 1e-6))
    return found


def secondary(counts: np.ndarray, known: Sequence[Sum], small: set[Cell], threshold: int) -> set[Cell]:
    """The cells that are withheld beside the small ones, so that none of these can be told from the rest: the smallest that
    will do, one at a time."""
    withheld, settled = set(small), set()
    totals = {one.total for one in known}
    while True:
        for cells, touched in _parts(known, withheld):
            if (part := frozenset(cells)) in settled:
                continue
            found = bounds(counts, touched, cells, small & cells, threshold)
            told = {cell for cell, (low, high) in found.items() if low == high}
            beside = {cell for one in touched if _cells(one) & told for cell in _cells(one)} - withheld
            if told & small and beside:
                withheld.add(min(beside, key=lambda cell: (cell in totals, counts[cell] == 0, counts[cell], cell)))
                break
            settled.add(part)
        else:
            return withheld - small


def _parts(known: Sequence[Sum], withheld: set[Cell]) -> list[tuple[set[Cell], list[Sum]]]:
    """The withheld cells that sums hold together, and these sums; a cell without a sum is told by nothing."""
    parts: list[tuple[set[Cell], list[Sum]]] = []
    for one in known:
        if cells := _cells(one) & withheld:
            joined = [part for part in parts if part[0] & cells]
            parts = [part for part in parts if not part[0] & cells]
            parts.append(
                (cells.union(*(part[0] for part in joined)), [one, *(sum for part in joined for sum in part[1])])
            )
    return parts


def _cells(one: Sum) -> set[Cell]:
    return {*one.parts, *([one.total] if isinstance(one.total, tuple) else [])}
