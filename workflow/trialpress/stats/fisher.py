"""The p-value of Fisher's exact test of an r x c table, exact or estimated (long: one algorithm, read from top to end).

A table's cost is sum(log x_ij!): the more costly, the less probable. The network of Mehta & Patel (1983, JASA 78:427)
assigns one column after the other; partial tables with the same row totals and cost are merged, rows are exchangeable,
and a bound on the rest of the path prunes. Here paths are followed from both ends: the columns (or rows) are divided in
two parts, and for every vector of row totals that the first part may take, its partial tables meet those of the second.
The costs of partial tables are few and shared by many nodes; so a step of the network is a product of two sparse matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, wraps
from itertools import combinations

import numpy as np
from pandas import factorize
from scipy.sparse import coo_array, csr_array
from scipy.special import gammaln

# Tables as probable as the observed one up to rounding belong to the p-value: R's relative tolerance (FEXACT).
TIE = 3.4525e-7
# Below this p-value, 1 minus the probability of the more probable tables has too few digits: the tail itself is summed
# then, without the tables that are exp(TAIL) times less probable than the observed one.
SMALL, TAIL = 1e-7, 25.0
# Costs are integers, so that equal products of factorials are equal; above the least cost they take SPAN bits.
SPAN = 54
BITS = 8  # of what a node may still spend, when the cells that it can pay for are looked up
SLABS = 8  # parts of a list, by cost: of a child that is nearly too costly only the first are needed
FILLING = 25  # additions that take as long as one filling of a column
BLOCK = 1 << 24  # partial tables that are added up at a time
TRIED = 4  # divisions that are looked at closely
SURELY = 1000  # times the limit that a guess of the work must be for the table to be refused by it: much merges
MEET = 256  # costs that are met at a time
ALL_SPLITS = 8  # columns that are divided in all ways


def _once(function: Callable) -> Callable:
    """A function of a table that is computed once for the same table: of open queries many leave the same."""
    kept = lru_cache(maxsize=256)(lambda table, *more, **named: function(np.array(table), *more, **named))
    return wraps(function)(lambda cells, *more, **named: kept(tuple(map(tuple, cells.tolist())), *more, **named))


@_once
def exact(cells: np.ndarray, limit: float) -> float | None:
    """The p-value of `cells` (no row or column empty), or None if more than about `limit` partial tables would have to be
    added up: what is certainly more is refused beforehand, and each step tells its own work before it begins.

    Right to 1e-7 of itself; a p-value below 1e-7, if its tail is too much to list, to 1e-13 and not given below 1e-10.

    >>> job = np.array([[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]])
    >>> print(f"{exact(job, 1e8):.4f}")  # R fisher.test, Job
    0.7827
    """
    try:
        p = 1.0 - _best_split(cells, 0.0, limit).probability()
    except _TooMuch:
        return None
    if p >= SMALL:
        return p
    try:
        return _best_split(cells, TAIL, limit).probability()
    except _TooMuch:
        return p if p > 1e-10 else None


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
    def __init__(self, limit):
        self.left = limit

    def spend(self, tables):
        self.left -= tables
        if self.left < 0:
            raise _TooMuch


def _best_split(cells, reach, limit):
    """The _Split of the columns, or of the rows, that seems to cost the least; _TooMuch if none is within `limit`."""
    likely = []
    for table in (cells, cells.T):
        excess = _excess(table) + reach
        for halves in _halves(table.sum(axis=0)):
            if _tables(table, halves, excess) * FILLING < limit:
                listed = sum(_listed(table, half, excess) for half in (halves, halves[::-1]))
                likely.append((listed, len(likely), table, halves))
    splits = []
    for _, _, table, halves in sorted(likely)[:TRIED]:
        with suppress(_TooMuch):
            splits.append(_Split(table, halves, reach, _Work(limit)))
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
    """Some columns in the order in which a path takes them.

    cost[k][x] is the cost of x in a cell of column k, less x log(column total); best[k][m] is the least cost of a row
    with total m over the columns 0, ..., k. So, by Lagrange's argument, the sum of best[k] over the rows is a bound from
    below of what these columns cost. Both are convex: the steps of `best` are the sorted steps of the columns.
    """

    def __init__(self, log_factorial, totals, slopes):
        x = np.arange(len(log_factorial))
        self.totals = totals
        self.cost = [log_factorial - x * slope for slope in slopes]
        steps = [np.sort(np.concatenate([np.diff(c) for c in self.cost[: k + 1]])) for k in range(len(totals))]
        self.best = [np.append(0, s[: len(x) - 1].cumsum()) for s in steps]


class _Split:
    """The columns of a table in two parts, and the nodes where they meet: the row totals of either part, sorted.

    Only tables that cost less than the observed one (reach 0), or up to `reach` more, are of interest.
    """

    def __init__(self, cells, halves, reach, work):
        rows, columns, n = np.sort(cells.sum(axis=1)), cells.sum(axis=0), int(cells.sum())
        bits = np.log2([_excess(cells) + reach + 0.3 * cells.size, gammaln(n + 1.0) + 1])  # 0.3: cells are not real
        self.scale = 2.0 ** int(min(SPAN - np.ceil(bits[0]), 61 - np.ceil(bits[1])))
        log_factorial = _log_factorial(n + 1, self.scale)
        slopes = np.rint(np.log(columns) * self.scale).astype(np.int64)
        shift = int(columns @ slopes)
        self.constant = int(log_factorial[rows].sum() + log_factorial[columns].sum() - log_factorial[n]) - shift
        self.observed = int(log_factorial[cells].sum()) - shift - round(TIE * self.scale)
        self.tail, self.work = reach > 0, work
        limit = self.observed + round(reach * self.scale)
        per_cell = log_factorial[: rows[-1] + 2]
        halves = [sorted(half, key=lambda j: -columns[j]) for half in halves]  # the last column has the fewest fillings
        self.parts = [_Part(per_cell, columns[at], slopes[at]) for at in halves]
        best = [part.best[-1] for part in self.parts]
        whole = _Part(per_cell, columns, slopes).best[-1]
        slack = np.array([limit - whole[rows].sum()])
        filled = _fillings(rows[None], columns[halves[0]].sum(), *best, whole, slack, work)
        _, rests, _, many, _ = filled
        kinds, self.nodes, self.limits = [], [], []
        for own, other, rest in ((rows - rests, rests, best[1]), (rests, rows - rests, best[0])):
            nodes, kind = _kinds(own)
            kinds.append(kind)
            self.nodes.append(nodes)
            self.limits.append(_largest(kind, limit - rest[other].sum(axis=1), len(nodes)))
        shape = [len(nodes) for nodes in self.nodes]
        self.pairs = coo_array((many, kinds), shape=shape).tocsr()
        excess = _excess(cells) + reach
        share = [size / max(len(many), 1) for size in shape]  # a list is made once for all orders of its row totals
        listed = [_listed(cells, half, excess) for half in (halves, halves[::-1])]
        self.guess = sum(s * tables for s, tables in zip(share, listed, strict=True))

    def probability(self):
        """That of the tables that cost less than the observed one; of the others, if a tail is asked for."""
        if not self.pairs.nnz:
            return 0.0
        lists = [_lists(*side, self.work) for side in zip(self.parts, self.nodes, self.limits, strict=True)]
        pairs = self.pairs
        if len(lists[0][1]) * pairs.shape[1] > len(lists[1][1]) * pairs.shape[0]:
            lists, pairs = lists[::-1], pairs.T.tocsr()
        (left, costs), (right, others) = lists
        if not len(costs) or not len(others):
            return 0.0
        self.work.spend(len(costs) * (pairs.nnz + pairs.shape[1]) // 4)
        lowest = costs.min(), others.min()
        # `costs` in an order in which each of `others` meets all from one on.
        first = np.searchsorted(costs, self.observed - others)
        if not self.tail:
            costs, left, first = costs[::-1], left[:, ::-1], len(costs) - first
        left, right = left.tocsc(), right.tocoo()
        weight = right.data * np.exp((lowest[1] - others[right.col]) / self.scale)
        right = coo_array((weight, (right.row, first[right.col])), shape=(right.shape[0], len(costs) + 1)).tocsc()
        total, met = 0.0, np.zeros((right.shape[0], 1))
        for at in range(0, len(costs), MEET):
            block = slice(at, min(at + MEET, len(costs)))
            mass = met + right[:, block].toarray().cumsum(axis=1)
            met = mass[:, -1:]
            here = left[:, block].tocoo()
            reached = (pairs @ mass)[here.row, here.col]
            total += float(here.data * np.exp((lowest[0] - costs[block][here.col]) / self.scale) @ reached)
        return float(total * np.exp((self.constant - sum(lowest)) / self.scale))


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


def _lists(part, nodes, limits, work):
    """How many partial tables each node has of each cost below its limit: a sparse matrix, and the costs of its columns,
    ascending, as the entries of each node are.
    """
    steps = []
    for k in range(len(part.totals) - 1, 0, -1):
        slack = limits - part.best[k][nodes].sum(axis=1)
        filled = _fillings(nodes, part.totals[k], part.cost[k], part.best[k - 1], part.best[k], slack, work)
        node, rests, own, orders, slack = filled
        nodes, child = _kinds(rests)
        steps.append((limits, node, child, own, orders, slack, part.best[k - 1][nodes].sum(axis=1)))
        limits = _largest(child, limits[node] - own, len(nodes))
    costs, at = np.unique(part.cost[0][nodes].sum(axis=1), return_inverse=True)
    lists = csr_array((np.ones(len(nodes)), at, np.arange(len(nodes) + 1)), shape=(len(nodes), len(costs)))
    for step in reversed(steps):
        lists, costs = _longer(lists, costs, *step, work)
    return lists, costs


def _longer(lists, costs, limits, node, child, own, orders, slack, floor, work):
    """The lists of nodes from those of their children and the fillings that lead there."""
    kind, owns = factorize(own)
    pair, pairs = factorize(child * len(owns) + kind)  # many fillings share a child and a cost: its list, shifted
    child, kind = np.divmod(pairs, max(len(owns), 1))
    work.spend(8 * len(owns) * len(costs))
    longer, place = np.unique(owns[:, None] + costs, return_inverse=True)
    place = place.reshape(len(owns), len(costs)).astype(np.int32)
    lists.sort_indices()
    width = int(slack.max(initial=0)) // SLABS + 1
    row = np.repeat(np.arange(lists.shape[0]), np.diff(lists.indptr))
    slab = np.minimum((costs[lists.indices] - floor[row]) // width, SLABS - 1)
    sizes = np.bincount(row * SLABS + slab, minlength=lists.shape[0] * SLABS).reshape(-1, SLABS)[child]
    sizes[np.arange(SLABS) * width >= _largest(pair, slack, len(pairs))[:, None]] = 0
    work.spend(8 * int(sizes.sum()))
    of, at = _ragged(lists.indptr[child], sizes.sum(axis=1))
    ends = np.append(0, sizes.cumsum())
    shifted = csr_array((lists.data[at], place[kind[of], lists.indices[at]], ends), shape=(sizes.size, len(longer)))
    of, slab = _ragged(np.zeros(len(slack), dtype=np.int64), (slack - 1) // width + 1)
    term = pair[of] * SLABS + slab
    first = np.searchsorted(node[of], np.arange(len(limits) + 1))
    added = np.append(0, sizes.ravel()[term].cumsum())[first]
    work.spend(int(added[-1]))
    data, columns, counts, at = [], [], [], 0
    while at < len(limits):
        to = max(at + 1, int(np.searchsorted(added, added[at] + BLOCK, side="right")) - 1)
        here = slice(first[at], first[to])
        weights = (orders[of[here]], term[here], first[at : to + 1] - first[at])
        found = csr_array(weights, shape=(to - at, sizes.size)) @ shifted
        row = np.repeat(np.arange(to - at), np.diff(found.indptr))
        kept = np.flatnonzero(longer[found.indices] < limits[at:to][row])
        work.spend(8 * len(kept))
        data.append(found.data[kept])
        columns.append(found.indices[kept])
        counts.append(np.bincount(row[kept], minlength=to - at))
        at = to
    data, columns, counts = (np.concatenate(arrays) for arrays in (data, columns, counts))
    used = np.bincount(columns, minlength=len(longer)) > 0
    columns = (used.cumsum() - 1)[columns]
    return csr_array((data, columns, np.append(0, counts.cumsum())), shape=(len(limits), int(used.sum()))), longer[used]
