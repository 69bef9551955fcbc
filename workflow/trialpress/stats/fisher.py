"""The p-value of Fisher's exact test of an r x c table, exact or estimated.

A table's cost is sum(log x_ij!): the more costly, the less probable. The network of Mehta & Patel (1983, JASA 78:427)
assigns one column after the other; partial tables with the same row totals and cost are merged, rows are exchangeable,
and a bound on the rest of the path prunes. Here paths are followed from both ends: the columns are divided in two
parts, and for every vector of row totals that the first part may take, the sorted costs of its partial tables meet
those of the second part.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from pandas import factorize
from scipy.special import gammaln

# Tables as probable as the observed one up to rounding belong to the p-value: R's relative tolerance (FEXACT).
TIE = 3.4525e-7
# Below this p-value, 1 minus the probability of the more probable tables has too few digits: the tail itself is summed
# then, without the tables that are exp(TAIL) times less probable than the observed one.
SMALL, TAIL = 1e-7, 25.0
# Costs are integers, so that equal products of factorials are equal. A sort key is a node and, in SPAN bits, a cost.
SPAN = 54
NODES = 1 << (63 - SPAN)
CHUNK = 1 << 17  # partial tables that are sorted at a time
ALL_SPLITS = 8  # columns that are divided in all ways
SAMPLE = 24  # nodes from which the work is estimated


def exact(cells: np.ndarray, limit: float) -> float | None:
    """The p-value of `cells` (no row or column empty), or None if by an estimate made beforehand more than `limit`
    partial tables would have to be listed.

    Right to 1e-7 of itself; a p-value below 1e-7, if its tail is too much to list, to 1e-13 and not given below 1e-10.

    >>> job = np.array([[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]])
    >>> print(f"{exact(job, 1e8):.4f}")  # R fisher.test, Job
    0.7827
    """
    head = _best_split(cells, 0.0, limit)
    if head is None:
        return None
    p = 1.0 - head.probability()
    if p >= SMALL:
        return p
    tail = _best_split(cells, TAIL, limit)
    if tail is not None:
        return tail.probability()
    return p if p > 1e-10 else None


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


def _best_split(cells, reach, limit):
    """The _Split of the columns, or of the rows, that costs the least work; None if that is more than `limit`."""
    splits = []
    for table in (cells, cells.T):
        excess, halves = _excess(table) + reach, _halves(table.sum(axis=0))
        sizes = [[_tables(table, [[j] for j in at] + [other], excess) for at, other in (h, h[::-1])] for h in halves]
        nearest = sorted(zip(sizes, halves, strict=True), key=lambda size: sum(size[0]))[:4]
        splits += [_Split(table, h, size, reach) for size, h in nearest if _tables(table, h, excess) < limit / 200]
    likely = sorted((s for s in splits if s.listed < 60 * limit), key=lambda split: split.listed)[:3]
    work, best = min(((split.work(limit), i) for i, split in enumerate(likely)), default=(np.inf, None))
    return likely[best] if work <= limit else None


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

    def __init__(self, cells, halves, sizes, reach):
        rows, columns, n = cells.sum(axis=1), cells.sum(axis=0), int(cells.sum())
        bits = np.log2([_excess(cells) + reach + 0.3 * cells.size, gammaln(n + 1.0) + 1])  # 0.3: cells are not real
        self.scale = 2.0 ** int(min(SPAN - np.ceil(bits[0]), 61 - np.ceil(bits[1])))
        log_factorial = _log_factorial(n + 1, self.scale)
        slopes = np.rint(np.log(columns) * self.scale).astype(np.int64)
        shift = int(columns @ slopes)
        self.constant = int(log_factorial[rows].sum() + log_factorial[columns].sum() - log_factorial[n]) - shift
        self.observed = int(log_factorial[cells].sum()) - shift - round(TIE * self.scale)
        self.tail = reach > 0
        limit = self.observed + round(reach * self.scale)
        per_cell = log_factorial[: rows.max() + 2]
        self.parts = [_Part(per_cell, columns[at], slopes[at]) for at in halves]
        best = [part.best[-1] for part in self.parts]
        whole = _Part(per_cell, columns, slopes).best[-1]
        _, m, _ = _fillings(rows[None], columns[halves[0]].sum(), *best, whole, np.array([limit]))
        kinds, self.nodes, self.limits = [], [], []
        for own, other, rest in ((m, rows - m, best[1]), (rows - m, m, best[0])):
            nodes, kind = _kinds(own)
            kinds.append(kind)
            self.nodes.append(nodes)
            self.limits.append(_largest(kind, limit - rest[other].sum(axis=1), len(nodes)))
        pair, self.many = np.unique(kinds[0] * len(self.nodes[1]) + kinds[1], return_counts=True)
        self.pairs = np.divmod(pair, max(len(self.nodes[1]), 1))
        # A rough guess: a list is made once for all orders of its row totals.
        self.listed = sum(s * len(nodes) for s, nodes in zip(sizes, self.nodes, strict=True)) / max(len(m), 1)

    def work(self, limit):
        """About how many partial tables `probability` sorts and searches, judged by some of the nodes; each that it
        must keep counts for eight at least, for the sake of memory. Infinite as soon as it is far above `limit`."""
        visits, lengths, kept = 0.0, [], 0.0
        for part, nodes, limits in zip(self.parts, self.nodes, self.limits, strict=True):
            sample = np.arange(0, len(nodes), 1 + len(nodes) // SAMPLE)
            visited = length = 0
            for at in sample:
                _, cost, _, more = _lists(part, len(part.totals) - 1, nodes[[at]], limits[[at]])
                visited, length = visited + more, length + len(cost)
                if visits + visited / len(sample) * len(nodes) > 2 * limit:
                    return np.inf
            visits += visited / max(len(sample), 1) * len(nodes)
            kept += length / max(len(sample), 1) * len(nodes)
            lengths.append(length / max(len(sample), 1))
        return max(visits + len(self.many) * min(lengths), 8 * kept)

    def probability(self):
        """That of the tables that cost less than the observed one; of the others, if a tail is asked for."""
        lists, lowest = [], []
        for part, nodes, limits in zip(self.parts, self.nodes, self.limits, strict=True):
            start, cost, ways, _ = _lists(part, len(part.totals) - 1, nodes, limits)
            lowest.append(int(cost.min()) if len(cost) else 0)
            for at in range(0, len(cost), CHUNK):
                block = slice(at, at + CHUNK)
                ways[block] *= np.exp((lowest[-1] - cost[block]) / self.scale)
            lists.append((start, cost, ways))
        total = 0.0
        for *nodes, many in zip(*self.pairs, self.many, strict=True):
            pair = [(cost[s[k] : s[k + 1]], w[s[k] : s[k + 1]]) for (s, cost, w), k in zip(lists, nodes, strict=True)]
            (cost, weight), (others, other_weight) = sorted(pair, key=lambda half: len(half[0]))
            if len(cost) == 0:
                continue
            if self.tail:
                at = np.searchsorted(others, self.observed - cost)
                met = np.append(other_weight[::-1].cumsum()[::-1], 0.0)[at]
            else:
                cost = cost[: np.searchsorted(cost, self.observed - others[0])]
                at = np.searchsorted(others, self.observed - cost)
                met = np.append(0.0, other_weight[: at.max(initial=0)].cumsum())[at]
            total += many * float(weight[: len(cost)] @ met)
        return float(total * np.exp((self.constant - sum(lowest)) / self.scale))


def _kinds(vectors):
    """The distinct rows of `vectors` up to the order of their elements, sorted, and which of them each row is."""
    vectors = np.sort(vectors, axis=1)
    base = int(vectors.max(initial=0)) + 1
    if base ** vectors.shape[1] < 1 << 62:
        key = vectors @ base ** np.arange(vectors.shape[1])
        _, at, kind = np.unique(key, return_index=True, return_inverse=True)
        return vectors[at], kind
    kinds, kind = np.unique(vectors, axis=0, return_inverse=True)
    return kinds, kind.ravel()


def _largest(group, values, groups):
    largest = np.full(groups, np.iinfo(np.int64).min)
    np.maximum.at(largest, group, values)
    return largest


def _bisect(low, high, test):
    """The first x in low, ..., high - 1 with test(x), which then holds for all later x; high if there is none."""
    low, high = low.copy(), high.copy()
    while (active := low < high).any():
        middle = (low + high) >> 1
        found = test(middle)
        high = np.where(active & found, middle, high)
        low = np.where(active & ~found, middle + 1, low)
    return low


def _fillings(rows, total, first, rest, best, budget):
    """All ways to take `total` from the row totals of each line for less than its budget: line, amounts, cost.

    x of a row that has m cost first[x] + rest[m - x], both convex; best[m] is the least that this can be.
    """
    line, left, spent = np.arange(len(rows)), np.full(len(rows), total), best[rows].sum(axis=1)
    taken = np.empty((len(rows), 0), dtype=np.int32)
    last = rows.shape[1] - 2  # the last row but one decides the last
    for i in range(last + 1):
        own, after = rows[line, i], rows[line, i + 1 :].sum(axis=1)

        def cost(x, own, after, left, i=i):
            c = first[x] + rest[own - x]
            return c + (first[left - x] + rest[after - left + x]) if i == last else c

        free = budget[line] - spent + best[own]
        if i == last:
            free += best[after]
        low, high = np.maximum(0, left - after), np.minimum(own, left)
        at = lambda x: cost(x, own, after, left)  # noqa: B023, E731
        cheapest = _bisect(low, high, lambda x: at(x + 1) >= at(x))  # noqa: B023
        start = _bisect(low, cheapest, lambda x: at(x) < free)  # noqa: B023
        stop = _bisect(cheapest, high, lambda x: at(x + 1) >= free)  # noqa: B023
        ways = np.where(at(cheapest) < free, stop - start + 1, 0)
        of, x = _ragged(start, ways)
        left = left[of]
        spent = (budget[line] - free)[of] + cost(x, own[of], after[of], left)
        line, left = line[of], left - x
        taken = np.column_stack([taken[of], x.astype(np.int32)])
    return line, np.column_stack([taken, left.astype(np.int32)]), spent


def _ragged(start, size):
    """start, start + 1, ... of each line, `size` of them, one line after the other: line and position."""
    of = np.repeat(np.arange(len(size)), size)
    return of, np.arange(len(of)) + np.repeat(start - size.cumsum() + size, size)


def _lists(part, k, nodes, limit):
    """The partial tables of the columns 0, ..., k for each node that cost less than its limit.

    Returns start, cost, ways, visited: the costs of node i, ascending, are cost[start[i]:start[i + 1]], that many tables
    have each, and so many partial tables were sorted.
    """
    if k == 0:
        return np.arange(len(nodes) + 1), part.cost[0][nodes].sum(axis=1), np.ones(len(nodes)), len(nodes)
    floor = part.best[k][nodes].sum(axis=1)
    step = (part.totals[k], part.cost[k], part.best[k - 1], part.best[k])
    if k > 1:
        line, column, _ = _fillings(nodes, *step, limit)
        own = part.cost[k][column].sum(axis=1)
        children, child = _kinds(nodes[line] - column)
        order = np.lexsort((own, child, line))
        line, child, own = line[order], child[order], own[order]
        new = np.flatnonzero((np.diff([line, child, own], prepend=-1) != 0).any(axis=0))
        repeats = np.diff(np.append(new, len(line)))
        line, child, own = line[new], child[new], own[new]
        start, cost, ways, visited = _lists(part, k - 1, children, _largest(child, limit[line] - own, len(children)))
        last = len(cost) - 1
        stop = _bisect(start[child], start[child + 1], lambda x: cost[np.minimum(x, last)] >= limit[line] - own)
        size = stop - start[child]
        first = np.searchsorted(line, np.arange(len(nodes) + 1))
        visits = np.append(0, size.cumsum())[first]
        visited += int(visits[-1])
    else:
        visited = 0
    sizes, costs, counts = [[0]], [np.empty(0, dtype=np.int64)], [np.empty(0)]
    at, count = 0, 16
    while at < len(nodes):
        if k > 1:
            count = int(np.searchsorted(visits, visits[at] + CHUNK, side="right")) - 1 - at
        to = at + min(max(1, count), NODES, len(nodes) - at)
        if k > 1:
            here = slice(first[at], first[to])
            of, x = _ragged(start[child[here]], size[here])
            of += first[at]
            which = line[of] - at
            key = (which << SPAN) + (cost[x] + own[of] - floor[at + which])
            found, key = factorize(key)  # nearly all merge: much less is left to sort
            order, weight = np.argsort(key), np.bincount(found, ways[x] * repeats[of], len(key))
            key, new = key[order], slice(None)
            counts.append(weight[order])
        else:
            which, _, spent = _fillings(nodes[at:to], *step, limit[at:to])
            key = np.sort((which << SPAN) + (spent - floor[at + which]))
            new = np.flatnonzero(np.diff(key, prepend=-1))
            counts.append(np.diff(np.append(new, len(key))).astype(float))
            visited += len(key)
            count = min(4 * (to - at), (to - at) * CHUNK // max(len(key), 1))
        which = key[new] >> SPAN
        costs.append((key[new] & ((1 << SPAN) - 1)) + floor[at + which])
        sizes.append(np.bincount(which, minlength=to - at))
        at = to
    start = np.concatenate(sizes).cumsum()
    cost = np.concatenate(costs)
    costs.clear()  # these are the large arrays
    return start, cost, np.concatenate(counts), visited
