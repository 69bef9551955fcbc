"""The p-value of Fisher's exact test of an r x c table, exact or estimated (long: one algorithm, read from top to end).

A table's cost is sum(log x_ij!): the more costly, the less probable. The network of Mehta & Patel (1983, JASA 78:427)
assigns one column after the other; partial tables with the same row totals and cost are merged, rows are exchangeable,
and a bound on the rest of the path prunes. Here paths are followed from both ends: the columns (or rows) are divided in
two parts, and for every vector of row totals that the first part may take, its partial tables meet those of the second.
The costs of partial tables are few and shared by many nodes; so a step of the network is a product of two sparse matrices.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, wraps
from itertools import combinations
from typing import NamedTuple

import numpy as np
from pandas import factorize
from scipy.sparse import coo_array, csr_array, vstack
from scipy.special import chdtrc, gammaln

# Tables as probable as the observed one up to rounding belong to the p-value: R's relative tolerance (FEXACT).
TIE = 3.4525e-7
# Below this p-value, 1 minus the probability of the more probable tables has too few digits: the tail itself is summed
# then, without partial tables all of whose tables are exp(TAIL) times less probable than the observed one, or more (_reach).
SMALL, TAIL, LIKELY = 1e-6, 25.0, 1e-3
# Costs are integers, so that equal products of factorials are equal; above the least cost they take SPAN bits.
SPAN = 54
BITS = 8  # of what a node may still spend, when the cells that it can pay for are looked up
SLABS = 8  # parts of a list, by cost: of a child that is nearly too costly only the first are needed
FILLING = 25  # additions that take as long as one filling of a column
BLOCK = 1 << 23  # partial tables that are added up at a time
# What is held at a time, so that memory stays near 1 GB (1.3 at most was measured): ways to fill a column, entries of a
# list, of those shifted.
FILLINGS, ENTRIES, SHIFTED = 8_000_000, 25_000_000, 40_000_000
TRIED = 4  # divisions that are looked at closely
SURELY = 1000  # times the limit that a guess of the work must be for the table to be refused by it: much merges
LONG = 1e9  # partial tables of which it is said that they take long
MEET = 256  # costs that are met at a time
ALL_SPLITS = 8  # columns that are divided in all ways


def _once(function: Callable) -> Callable:
    """A function of a table that is computed once for the same table: of open queries many leave the same."""
    kept = lru_cache(maxsize=256)(lambda table, *more, **named: function(np.array(table), *more, **named))
    return wraps(function)(lambda cells, *more, **named: kept(tuple(map(tuple, cells.tolist())), *more, **named))


@_once
def exact(cells: np.ndarray, limit: float) -> float | None:
    """The p-value of `cells` (no row or column empty), or None if more than about `limit` partial tables would have to be
    added up, or held at a time: what is certainly more is refused beforehand, and each step tells its own work before it
    begins. 10^9 take about five seconds; memory stays near 1 GB.

    Right to 1e-7 of itself, however small. What takes more than some seconds says so to the log.

    >>> job = np.array([[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]])
    >>> print(f"{exact(job, 1e8):.4f}")  # R fisher.test, Job
    0.7827
    """
    try:
        if chdtrc((len(cells) - 1) * (len(cells.T) - 1), 2 * _excess(cells)) > LIKELY:
            p = 1.0 - _best_split(cells, False, limit).probability()
            if p >= SMALL:
                return p
        return _best_split(cells, True, limit).probability()
    except _TooMuch:
        return None


@_once
def estimate(cells: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """The p-value from `resamples` random tables with the margins of `cells`, and its standard error.

    >>> p, standard_error = estimate(np.array([[3, 1], [1, 3]]), 10_000, seed=1)
    >>> print(abs(p - 34 / 70) < 3 * standard_error, f"{standard_error:.3f}")
    True 0.005
    """
    rng = np.random.default_rng(seed)
    log_factorial = gammaln(np.arange(cells.sum() + 1) + 1.0)
    observed = log_factorial[cells].sum() - TIE
    rows = np.broadcast_to(cells.sum(axis=1), (resamples, len(cells))).copy()  # what each row has left to give
    cost = np.zeros(resamples)
    for total in cells.sum(axis=0).tolist():
        want, below = np.full(resamples, total), rows.sum(axis=1)
        for row in rows.T:  # a column of a random table: its cells one after the other
            below -= row
            taken = rng.hypergeometric(row, below, want)
            cost += log_factorial[taken]
            row -= taken
            want -= taken
    hits = int((cost >= observed).sum())
    p = (hits + 1) / (resamples + 1)
    return p, float(np.sqrt(p * (1 - p) / resamples))


class _TooMuch(Exception):
    """The limit of partial tables is reached."""


class _Work:
    def __init__(self, limit, what=""):
        self.left, self.what, self.long = limit, what, limit - LONG

    def spend(self, tables):
        """Of the limit, for that many partial tables, before they are added up."""
        self.left -= tables
        if self.left < 0:
            raise _TooMuch
        if self.left < self.long:
            self.long = -1  # said once
            logging.getLogger(__name__).warning("%s takes more than a few seconds", self.what)


def _best_split(cells, tail, limit):
    """The _Split of the columns, or of the rows, that seems to cost the least; _TooMuch if none is within `limit`."""
    what = f"Fisher's exact test of a table of {len(cells)} x {len(cells.T)}, n = {cells.sum()},"
    likely = []
    for table in (cells, cells.T):
        excess = _excess(table)
        for halves in _halves(table.sum(axis=0)):
            if _tables(table, halves, excess) < min(limit / FILLING, FILLINGS):
                listed = sum(_listed(table, half, excess) for half in (halves, halves[::-1]))
                likely.append((listed, len(likely), table, halves))
    splits = []
    for _, _, table, halves in sorted(likely)[:TRIED]:
        with suppress(_TooMuch):
            splits.append(_Split(table, halves, tail, _Work(limit, what)))
    best = min(splits, key=lambda split: split.guess, default=None)
    if best is None or best.guess > SURELY * limit:
        raise _TooMuch
    return best


def _listed(cells, halves, excess):
    """About how much work the lists of the first half are, if made for each node as often as it occurs."""
    at, other = halves
    lines = [[j] for j in sorted(at, key=lambda j: -cells[:, j].sum())]
    listed = 0.0
    for k in range(1, len(lines)):
        rest = sum(lines[k + 1 :], other)
        listed += FILLING * _tables(cells, [sum(lines[:k], []), lines[k], rest], excess)
        listed += _tables(cells, [*lines[: k + 1], rest], excess) if k > 1 else 0.0
    return listed


def _halves(totals):
    """The ways to divide columns in two parts that are tried: all of them, or of many columns, which would be more than can
    be looked at, the larger from the smaller ones and every other one from the rest.
    """
    columns = range(len(totals))
    if len(totals) <= ALL_SPLITS:
        firsts = [(0, *others) for k in columns[:-1] for others in combinations(columns[1:], k)]
    else:
        order = np.argsort(-totals, kind="stable").tolist()
        firsts = [order[:k] for k in columns[1:]] + [order[::2], order[::3], order[1::3] + order[::3]]
    return [(list(first), [j for j in columns if j not in first]) for first in firsts]


def _excess(cells):
    """The cost of a table above the least cost, for real cells, of any with its margins."""
    expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / cells.sum()
    cost = lambda x: (gammaln(x + 1.0) - x * np.log(expected)).sum()  # noqa: E731
    return max(0.5, float(cost(cells) - cost(expected)))


def _reach(cells):
    """Beyond the observed cost by so much lies less than exp(-TAIL) of the tail, if costs follow a chi-square distribution."""
    df = (len(cells) - 1) * (len(cells.T) - 1)
    return TAIL + df / 2 * np.log1p(TAIL / _excess(cells))


def _tables(cells, groups, excess):
    """About how many tables there are with the margins of `cells`, its columns added up in groups, within the excess.

    The volume of an ellipsoid: the excess is about a quadratic form, half of the chi-square.
    """
    rows, columns = cells.sum(axis=1), np.array([cells[:, group].sum() for group in groups])
    n, d = rows.sum(), (len(rows) - 1) * (len(columns) - 1)
    shape = np.log(np.outer(rows, columns) / n).sum() - np.log(rows).sum() - np.log(columns).sum() + np.log(n)
    return float(np.exp(min(700.0, (shape + d * np.log(2 * np.pi * excess)) / 2 - gammaln(d / 2 + 1))))


def _log_factorial(n, scale):
    """scale * log x! for x = 0, ..., n in integers, from logarithms of primes that are rounded once."""
    log = np.zeros(n + 1, dtype=np.int64)
    for p in range(2, n + 1):
        if log[p] == 0:
            power = p
            while power <= n:
                log[power::power] += round(np.log(p) * scale)
                power *= p
    return log.cumsum()


class _Part:
    """Some columns in the order in which a path takes them. Costs are in units of 1 / scale.

    cost[k][x] is the cost of x in a cell of column k, less x log(column total); best[k][m] is the least cost of a row
    with total m over the columns 0, ..., k. So, by Lagrange's argument, the sum of best[k] over the rows is a bound from
    below of what these columns cost. Both are convex: the steps of `best` are the sorted steps of the columns.
    """

    def __init__(self, log_factorial, totals, slopes, longest, scale):
        x = np.arange(longest + 2)
        self.totals, self.scale, self.log_factorial = totals, scale, log_factorial
        self.cost = [log_factorial[x] - x * slope for slope in slopes]
        steps = [np.sort(np.concatenate([np.diff(c) for c in self.cost[: k + 1]])) for k in range(len(totals))]
        self.best = [np.append(0, s[: len(x) - 1].cumsum()) for s in steps]
        self.margin = (totals * slopes - log_factorial[totals]).cumsum() + log_factorial[totals.cumsum()]

    def least(self, k, nodes):
        """The bound for these row totals of the columns 0, ..., k."""
        return self.best[k][nodes].sum(axis=1)

    def whole(self, k, nodes):
        """The logarithm of the sum of exp(-cost) over all partial tables of each node, in closed form."""
        return self.margin[k] - self.log_factorial[nodes].sum(axis=1)


class _Split:
    """The columns of a table in two parts, and the nodes where they meet: the row totals of either part, sorted.

    Tables that cost less than the observed one are listed. Partial tables that cannot be part of one are left out, or, if
    the tail is asked for, known by their probability. Probabilities of partial tables are relative to exp(-least cost of
    their node).
    """

    def __init__(self, cells, halves, tail, work):
        rows, columns, n = np.sort(cells.sum(axis=1)), cells.sum(axis=0), int(cells.sum())
        excess = _excess(cells)
        bits = np.log2([excess + 0.3 * cells.size, gammaln(n + 1.0) + 1])  # 0.3: cells are not real
        scale = 2.0 ** int(min(SPAN - np.ceil(bits[0]), 61 - np.ceil(bits[1])))
        log_factorial = _log_factorial(n + 1, scale)
        slopes = np.rint(np.log(columns) * scale).astype(np.int64)
        shift = int(columns @ slopes)
        constant = int(log_factorial[rows].sum() + log_factorial[columns].sum() - log_factorial[n]) - shift
        self.observed = int(log_factorial[cells].sum()) - shift - round(TIE * scale)
        self.tail, self.work = tail, work
        self.reach = round(_reach(cells) * scale) if tail else 0
        halves = [sorted(half, key=lambda j: -columns[j]) for half in halves]  # the last column has the fewest fillings
        parts = [_Part(log_factorial, columns[at], slopes[at], rows[-1], scale) for at in halves]
        best = [part.best[-1] for part in parts]
        whole = _Part(log_factorial, columns, slopes, rows[-1], scale).best[-1]
        slack = np.array([self.observed - whole[rows].sum() + self.reach])
        _, rests, _, many, slack = _fillings(rows[None], columns[halves[0]].sum(), *best, whole, slack, work)
        own, inside = rows - rests, slack > self.reach
        whole = sum(part.whole(-1, of[~inside]) for part, of in zip(parts, (own, rests), strict=True))
        self.beyond = float(many[~inside] @ np.exp((constant + whole) / scale))
        own, rests, many = own[inside], rests[inside], many[inside]
        least = [part.least(-1, of) for part, of in zip(parts, (own, rests), strict=True)]
        kinds, self.sides = [], []
        for part, of, rest in zip(parts, (own, rests), least[::-1], strict=True):
            nodes, kind = _kinds(of)
            kinds.append(kind)
            self.sides.append((part, nodes, _largest(kind, self.observed - rest, len(nodes))))
        shape = [len(nodes) for _, nodes, _ in self.sides]
        weight = many * np.exp((constant - sum(least)) / scale)
        self.pairs = coo_array((weight, kinds), shape=shape).tocsr()
        share = [size / max(len(many), 1) for size in shape]  # a list is made once for all orders of its row totals
        guess = [s * _listed(cells, half, excess) for s, half in zip(share, (halves, halves[::-1]), strict=True)]
        self.guess = sum(guess)
        if guess[0] < guess[1]:  # the second side's lists are kept, those of the first are not
            self.sides, self.pairs = self.sides[::-1], self.pairs.T.tocsr()

    def probability(self):
        """That of the tables that cost less than the observed one; or of the others, if the tail is asked for."""
        total, pairs = self.beyond, self.pairs
        if not pairs.nnz:
            return total
        left, right = (_lists(*side, self.reach, self.work) for side in self.sides)
        right = right.keep()
        listed = right.pieces[0]
        # Each partial table on the left meets all on the right up to one, in the order of their costs or its reverse.
        last = np.searchsorted(right.costs, self.observed - left.costs) - 1
        if self.tail:
            listed, last = listed[:, ::-1], len(right.costs) - 2 - last
        at = 0
        for piece in left.pieces:
            here = slice(at, at + piece.shape[0])
            at = here.stop
            total += _meet(piece, last, listed, pairs[here], self.work)
            if self.tail:
                total += float(piece.sum(axis=1) @ (pairs[here] @ right.beyond))
        if self.tail:
            part, nodes = self.sides[1][:2]
            whole = np.exp((part.whole(-1, nodes) + part.least(-1, nodes)) / part.scale)
            total += float(left.beyond @ (pairs @ whole))
        return total


def _meet(left, last, right, pairs, work):
    """The probability that a pair of nodes has tables: an entry of `left` meets those of `right` up to column last."""
    others = np.bincount(pairs.indices, minlength=right.shape[0]) > 0
    left, pairs, right = left.tocoo(), pairs[:, others], right[others].tocsc()
    work.spend(right.shape[1] * (pairs.nnz + right.shape[0]) // 4)
    met = last[left.col] >= 0
    entries = left.data[met], (left.row[met], last[left.col[met]])
    left = coo_array(entries, shape=(left.shape[0], right.shape[1])).tocsc()
    total, mass = 0.0, np.zeros((right.shape[0], 1))
    for at in range(0, right.shape[1], MEET):
        block = slice(at, min(at + MEET, right.shape[1]))
        mass = mass[:, -1:] + right[:, block].toarray().cumsum(axis=1)
        here = left[:, block].tocoo()
        total += float(here.data @ (pairs @ mass)[here.row, here.col])
    return total


def _kinds(vectors):
    """The distinct rows of `vectors` up to the order of their elements, sorted, and which of them each row is."""
    vectors = np.sort(vectors, axis=1)
    base = int(vectors.max(initial=0)) + 1
    if base ** vectors.shape[1] < 1 << 62:
        key = vectors[:, 0].astype(np.int64)
        for column in vectors.T[1:]:
            key = key * base + column
        kind, kinds = factorize(key)
        at = np.empty(len(kinds), dtype=np.int64)
        at[kind] = np.arange(len(kind))
        return vectors[at], kind
    kinds, kind = np.unique(vectors, axis=0, return_inverse=True)
    return kinds, kind.ravel()


def _largest(group, values, groups):
    largest = np.full(groups, np.iinfo(np.int64).min)
    np.maximum.at(largest, group, values)
    return largest


class _Cells:
    """For every row total m that occurs and x <= m: what first[x] + rest[m - x] costs above the least, best[m]; and, for a
    slack in steps of 2**shift, the range of x outside which that is more. As `first` and `rest` are convex it is a range.
    """

    def __init__(self, totals, first, rest, best, slack, work):
        work.spend(int(totals.sum()) + len(totals) << BITS)
        self.shift = max(0, int(slack).bit_length() - BITS)
        steps = (np.arange((int(slack) >> self.shift) + 1) + 1) << self.shift
        self.steps = len(steps)
        above, low, high = [], [], []
        for m in totals:
            cost = first[: m + 1] + rest[m::-1] - best[m]
            least = int(cost.argmin())
            low.append(least + 1 - np.searchsorted(cost[least::-1], steps))
            high.append(least - 1 + np.searchsorted(cost[least:], steps))
            above.append(cost)
        self.start = np.append(0, np.cumsum(totals + 1)[:-1])
        self.above, self.low, self.high = map(np.concatenate, (above, low, high))


def _fillings(nodes, total, first, rest, best, slack, work):
    """All ways to take `total` from the row totals of each node for less than its slack above the least cost: node, what
    is left of its totals, the cost of what was taken, in how many orders of rows with equal totals, and the slack left.

    Equal totals stand side by side; what is taken from them descends.
    """
    totals, kind = np.unique(nodes, return_inverse=True)
    totals, kind = totals.astype(np.int64), kind.reshape(nodes.shape)
    d = nodes.shape[1]
    node = np.flatnonzero(slack > 0)
    slack = slack[node]
    cells = _Cells(totals, first, rest, best, slack.max(initial=1), work)
    left, own, orders = np.full(len(node), total), np.zeros(len(node), dtype=np.int64), np.ones(len(node))
    place = run = np.zeros(len(node), dtype=np.int64)
    x, rests, small = left, [], np.min_scalar_type(int(totals[-1]))

    def ways(orders, place, run, tied, same):  # a multinomial coefficient, factor by factor
        place = np.where(tied, place + 1, 1)
        run = np.where(tied & same, run + 1, 1)
        return orders * place / run, place, run

    for i in range(d - 1):
        step, of_kind = slack >> cells.shift, kind[node]
        low, high = (ends[of_kind * cells.steps + step[:, None]] for ends in (cells.low, cells.high))
        tied = of_kind[:, i] == of_kind[:, i - 1] if i else np.zeros(len(node), dtype=bool)
        least = np.maximum(low[:, i], left - high[:, i + 1 :].sum(axis=1))
        most = np.minimum(high[:, i], left - low[:, i + 1 :].sum(axis=1))
        most = np.where(tied, np.minimum(most, x), most)
        last = i == d - 2
        tied_last = of_kind[:, -1] == of_kind[:, -2]
        if last:
            least = np.where(tied_last, np.maximum(least, (left + 1) // 2), least)
        size = np.maximum(most - least + 1, 0)
        work.spend(FILLING * int(size.sum()))
        if size.sum() > FILLINGS:
            raise _TooMuch
        of, taken = _ragged(least, size)
        after = left[of] - taken
        start = cells.start[of_kind]
        slack = slack[of] - cells.above[start[of, i] + taken]
        if last:
            slack -= cells.above[start[of, -1] + after]
        kept = np.flatnonzero(slack > 0)
        of, taken, left, slack = of[kept], taken[kept], after[kept], slack[kept]
        orders, place, run = ways(orders[of], place[of], run[of], tied[of], taken == x[of])
        node, own, x = node[of], own[of] + first[taken], taken
        rests = [r[of] for r in rests] + [(nodes[node, i] - x).astype(small)]
        if last:
            orders, _, _ = ways(orders, place, run, tied_last[of], left == x)
    rests.append((nodes[node, -1] - left).astype(small))
    return node, np.column_stack(rests), own + first[left], orders, slack


def _ragged(start, size):
    """start, start + 1, ... of each line, `size` of them, one line after the other: line and position."""
    of = np.repeat(np.arange(len(size)), size)
    return of, np.arange(len(of)) + np.repeat(start - size.cumsum() + size, size)


class _Step(NamedTuple):
    """One more column: nodes, their least costs and limits, and the fillings that lead from there to their children."""

    least: np.ndarray
    limits: np.ndarray
    beyond: np.ndarray  # the probability of what was not filled, if there is a reach
    node: np.ndarray
    child: np.ndarray
    own: np.ndarray
    weight: np.ndarray
    slack: np.ndarray


class _Lists:
    """The probability that each node has partial tables of each cost below its limit: sparse matrices, each with some nodes
    after those before. `costs` are those of their columns, ascending, as the entries of each node are; `beyond` is, when
    all have been taken, the probability of the partial tables that are not below the limit, if there is a reach.
    """

    def __init__(self, costs, beyond, pieces):
        self.costs, self.beyond, self.pieces = costs, beyond, pieces

    def keep(self):
        """All in one matrix, without the costs that none has."""
        pieces, entries = [], 0
        for piece in self.pieces:
            pieces.append(piece)
            entries += piece.nnz
            if entries > ENTRIES:
                raise _TooMuch
        whole = pieces[0] if len(pieces) == 1 else vstack(pieces, format="csr")
        used = np.bincount(whole.indices, minlength=len(self.costs)) > 0
        columns = (used.cumsum() - 1)[whole.indices]
        whole = csr_array((whole.data, columns, whole.indptr), shape=(whole.shape[0], int(used.sum())))
        return _Lists(self.costs[used], self.beyond, [whole])


def _lists(part, nodes, limits, reach, work):
    steps = []
    for k in range(len(part.totals) - 1, 0, -1):
        least = part.least(k, nodes)
        slack = limits - least + reach
        filled = _fillings(nodes, part.totals[k], part.cost[k], part.best[k - 1], part.best[k], slack, work)
        node, rests, own, orders, slack = filled
        inside = slack > reach
        out = node[~inside]
        whole = np.exp((part.whole(k - 1, rests[~inside]) + least[out] - own[~inside]) / part.scale)
        beyond = np.bincount(out, orders[~inside] * whole, len(nodes)).astype(float)
        node, rests, own, orders, slack = (
            node[inside],
            rests[inside],
            own[inside],
            orders[inside],
            slack[inside] - reach,
        )
        nodes, child = _kinds(rests)
        weight = orders * np.exp((least[node] - own - part.least(k - 1, nodes)[child]) / part.scale)
        steps.append(_Step(least, limits, beyond, node, child, own, weight, slack))
        limits = _largest(child, limits[node] - own, len(nodes))
    least = part.least(0, nodes)
    costs, at = np.unique(least, return_inverse=True)
    only = csr_array((np.ones(len(nodes)), at, np.arange(len(nodes) + 1)), shape=(len(nodes), len(costs)))
    lists = _Lists(costs, np.zeros(len(nodes)), [only])
    for step in reversed(steps):
        lists, least = _longer(lists.keep(), least, step, reach > 0, work), step.least
    return lists


def _longer(shorter, floor, step, tail, work):
    """The lists of nodes from those of their children, whose least costs are `floor`, and the fillings that lead there."""
    _, limits, beyond, node, child, own, weight, slack = step
    (lists,), costs = shorter.pieces, shorter.costs
    kind, owns = factorize(own)
    pair, pairs = factorize(child * len(owns) + kind)  # many fillings share a child and a cost: its list, shifted
    child_of, kind = np.divmod(pairs, max(len(owns), 1))
    work.spend(8 * len(owns) * len(costs))
    longer, place = np.unique(owns[:, None] + costs, return_inverse=True)
    place = place.reshape(len(owns), len(costs)).astype(np.int32)
    lists.sort_indices()
    width = int(slack.max(initial=0)) // SLABS + 1
    row = np.repeat(np.arange(lists.shape[0]), np.diff(lists.indptr))
    slab = row * SLABS + np.minimum((costs[lists.indices] - floor[row]) // width, SLABS - 1)
    sizes = np.bincount(slab, minlength=lists.shape[0] * SLABS).reshape(-1, SLABS)[child_of]
    sizes[np.arange(SLABS) * width >= _largest(pair, slack, len(pairs))[:, None]] = 0
    slabs = (slack - 1) // width + 1
    if tail:  # the slabs that are too costly for a filling
        mass = np.bincount(slab, lists.data, lists.shape[0] * SLABS).reshape(-1, SLABS)[:, ::-1].cumsum(axis=1)[:, ::-1]
        mass = np.column_stack([mass, np.zeros(len(mass))]) + shorter.beyond[:, None]
        beyond += np.bincount(node, weight * mass[child, slabs], len(limits))
    work.spend(8 * int(sizes.sum()))
    shifted = _shifted(lists, child_of, kind, place, sizes, len(longer))
    first = np.searchsorted(node, np.arange(len(limits) + 1))
    added = np.append(0, sizes.cumsum(axis=1)[pair, slabs - 1].cumsum())[first]
    work.spend(int(added[-1]))

    def pieces():
        at, size = 0, len(limits)
        while at < size:
            to = max(at + 1, int(np.searchsorted(added, added[at] + BLOCK, side="right")) - 1)
            here = slice(first[at], first[to])
            of, slab = _ragged(np.zeros(first[to] - first[at], dtype=np.int64), slabs[here])
            ends = np.append(0, slabs[here].cumsum())[first[at : to + 1] - first[at]]
            weights = (weight[here][of], pair[here][of] * SLABS + slab, ends)
            found = csr_array(weights, shape=(to - at, len(pairs) * SLABS)) @ shifted
            row = np.repeat(np.arange(to - at), np.diff(found.indptr))
            inside = longer[found.indices] < limits[at:to][row]
            if tail:
                beyond[at:to] += np.bincount(row[~inside], found.data[~inside], to - at)
            work.spend(8 * int(inside.sum()))
            ends = np.append(0, np.bincount(row[inside], minlength=to - at).cumsum())
            yield csr_array((found.data[inside], found.indices[inside], ends), shape=found.shape)
            at = to

    return _Lists(longer, beyond, pieces())


def _shifted(lists, child, kind, place, sizes, width):
    """The list of each `child`, as far as `sizes` say, with its costs shifted to their place by those of `kind`."""
    ends = np.append(0, sizes.cumsum())
    if ends[-1] > SHIFTED:
        raise _TooMuch
    data, columns = np.empty(ends[-1]), np.empty(ends[-1], dtype=np.int32)
    for at in range(0, len(child), MEET):
        here = slice(at, at + MEET)
        of, entry = _ragged(lists.indptr[child[here]], sizes[here].sum(axis=1))
        there = slice(ends[at * SLABS], ends[at * SLABS] + len(of))
        data[there], columns[there] = lists.data[entry], place[kind[here][of], lists.indices[entry]]
    return csr_array((data, columns, ends), shape=(sizes.size, width))
