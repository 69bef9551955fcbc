"""Secondary suppression: what else is withheld, so that no withheld count follows from the totals beside it.

A table of counts is a matrix (nan where a cell is no count). Its sums are found in the numbers themselves: a column that is the
sum of the others, levels below each other that add up to the size of their column or to the row above or below, and a column
that goes down by what is counted beside it. A sum that holds by chance withholds a little more than is needed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

Cell = tuple  # (row, column) of a matrix; in a union of matrices (count, size, matrix, row, column)
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


class _System:
    """What whoever knows the rest can write down: equations in the withheld cells, and between what each lies."""

    def __init__(self, at: dict[Cell, int], left: list, right: list, free: list):
        self.at, self.left, self.right, self.free = at, left, right, free

    def solve(self, goal: np.ndarray, largest: float | None = None) -> np.ndarray | None:
        """The solution in which the goal is least, with no number above the largest; None if there is no least one."""
        from scipy.optimize import linprog

        found = linprog(
            goal, A_eq=np.array(self.left) if self.left else None, b_eq=self.right or None, bounds=self.free
        )
        return found.x if found.status == 0 else None


def _system(counts, known: Iterable[Sum], cells: list[Cell], small: set[Cell], threshold: int) -> _System:
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
    return _System(at, left, right, [(1, threshold - 1) if cell in small else (0, None) for cell in cells])


def bounds(counts, known: Iterable[Sum], withheld: set[Cell], small: set[Cell], threshold: int, of: Iterable[Cell] | None = None) -> dict[Cell, tuple[int, int]]:  # fmt: skip
    """The least and the most that each withheld cell can be (or each `of` them), for whoever knows the rest: what an attacker can
    solve for. counts: cell -> number; small: those that are printed as less than the threshold."""
    system, found = _system(counts, known, sorted(withheld), small, threshold), {}
    for cell in withheld if of is None else of:
        goal = np.zeros(len(system.at))
        goal[system.at[cell]] = 1
        low, high = (system.solve(sign * goal) for sign in (1, -1))
        least = -math.inf if low is None else math.ceil(low[system.at[cell]] - 1e-6)
        most = math.inf if high is None else math.floor(high[system.at[cell]] + 1e-6)
        found[cell] = (least, most)
    return found


def secondary(counts, known: Sequence[Sum], small: set[Cell], threshold: int,
              wherever: Callable[[Cell], set[Cell]] = lambda cell: {cell}) -> tuple[set[Cell], set[Cell]]:  # fmt: skip
    """(what is withheld beside the small cells so that none of these can be told from the rest, the smallest that will do; the
    small ones that can be told whatever is withheld). counts: cell -> number; wherever: where a cell's count stands, too."""
    withheld, settled, lost = set(small), set(), set()
    totals = {one.total for one in known}
    while True:
        added = set()
        for cells, touched in _parts(known, withheld):
            if (part := frozenset(cells)) in settled:
                continue
            found, fixed = told(counts, touched, cells, small & cells, threshold)
            if found - lost:
                beside = {other for one in touched if _cells(one) & fixed for other in _cells(one)} - withheld
                if beside:
                    added.add(min(beside, key=lambda one: (one in totals, counts[one] == 0, counts[one], one)))
                else:
                    lost |= found
            if not added & {other for one in touched for other in _cells(one)}:
                settled.add(part)
        if not added:
            return withheld - small, lost
        withheld |= added.union(*map(wherever, added))


def told(
    counts, known: Sequence[Sum], withheld: set[Cell], small: set[Cell], threshold: int
) -> tuple[set[Cell], set[Cell]]:
    """(the small cells that have one solution, these and the others that seem to). Two solutions clear the cells in which they
    differ by 1: a few with goals at random leave few to be solved for one by one."""
    system, fixed = _system(counts, known, sorted(withheld), small, threshold), set(withheld)
    rng, largest = np.random.default_rng(1), 2 * max(map(counts.__getitem__, withheld)) + threshold
    for goal in rng.normal(size=(6, len(withheld))):
        for sign in (1, -1) if fixed else ():
            if (found := system.solve(sign * goal, largest)) is not None:
                fixed -= {cell for cell in fixed if abs(found[system.at[cell]] - counts[cell]) > 1 - 1e-6}
    found = bounds(counts, known, withheld, small, threshold, fixed & small) if fixed & small else {}
    alone = {cell for cell, (low, high) in found.items() if low == high}
    return alone, fixed - (small - alone)


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


class Union:
    """The counts of several files as one system. Numbers that are alike, of as many participants, are taken for the same one. What
    is withheld in one place is withheld wherever the same number stands, unless it is known to be of another size."""

    def __init__(self, threshold: int):
        self.threshold, self.seen = threshold, []
        self.withheld: set[Cell] = set()
        self.lost: set[Cell] = set()

    def add(self, counts: np.ndarray, sizes: np.ndarray, falls=()) -> None:
        """A matrix of counts, as for `sums`."""
        self.seen.append((counts, sizes, falls))

    def solve(self) -> None:
        """Find what must be withheld in all of them together, and what can be told whatever is."""
        known, counts = {}, {}
        for number, (matrix, sizes, falls) in enumerate(self.seen):
            keys = self._keys(number)
            counts |= {key: key[0] for key in keys.values()}
            for parts, total in sums(matrix, sizes, falls):
                if isinstance(total, tuple) or not 0 < total < self.threshold:  # such a size is printed as less, too
                    mine = tuple(sorted(keys[part] for part in parts))
                    known[Sum(mine, keys[total] if isinstance(total, tuple) else float(total))] = None
        alike: dict[float, set[Cell]] = {}
        for key in counts:
            alike.setdefault(key[0], set()).add(key)
        small = {key for key in counts if 0 < key[0] < self.threshold}

        def wherever(key: Cell) -> set[Cell]:
            return {other for other in alike[key[0]] if -1.0 in (key[1], other[1]) or key[1] == other[1]}

        beside, self.lost = secondary(counts, list(known), small, self.threshold, wherever)
        self.withheld = small | beside

    def hidden(self, number: int) -> set[tuple[int, int]]:
        """The cells of a matrix that are not small and are withheld all the same."""
        keys = self._keys(number).items()
        return {cell for cell, key in keys if key in self.withheld and not 0 < key[0] < self.threshold}

    def open(self, number: int) -> bool:
        """Whether a matrix has a small count that can be told."""
        return not self.lost.isdisjoint(self._keys(number).values())

    def _keys(self, number: int) -> dict[tuple[int, int], Cell]:
        """Cell of a matrix -> (count, its size or -1, ...): with its place if it is small, or nothing is known but itself."""
        matrix, sizes, _ = self.seen[number]
        found = {}
        for (row, column), n in np.ndenumerate(matrix):
            size = -1.0 if math.isnan(sizes[row, column]) else float(sizes[row, column])
            if not math.isnan(n):
                apart = size < 0 or 0 < n < self.threshold
                found[row, column] = (float(n), size, *((number, row, column) if apart else (-1, -1, -1)))
        return found
