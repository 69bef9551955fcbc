"""Statistics in plain Python: fractions, math and no package, so that nothing is shared with what they are compared with."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from operator import truediv

from .tails import beta, solved

FEW = 2000

Row = dict[str, str]


def numbers(rows: Iterable[Row], name: str) -> list[float]:
    """The known numbers of a column."""
    return [float(row[name]) for row in rows if name not in row["@"]]


def at_least(x: int, n: int, p: float) -> float:
    """P(X >= x) of a binomial distribution."""
    return beta(p, x, n - x + 1) if x > 0 else 1.0


def exact_limits(x: int, n: int, tail: float) -> tuple[float, float]:
    """Clopper and Pearson 1934: the p at which x or more, and x or fewer, of n have the probability `tail`."""
    low = 0.0 if x == 0 else solved(lambda p: at_least(x, n, p), tail, 0.0, 1.0)
    return low, 1.0 if x == n else 1 - solved(lambda q: at_least(n - x, n, q), tail, 0.0, 1.0)


def jeffreys(x: int, n: int, tail: float) -> tuple[float, float]:
    """Equal tails of the posterior distribution Beta(x + 1/2, n - x + 1/2)."""
    share = lambda p: beta(p, x + 0.5, n - x + 0.5)  # noqa: E731
    low = 0.0 if x == 0 else solved(share, tail, 0.0, 1.0)
    return low, 1.0 if x == n else solved(share, 1 - tail, 0.0, 1.0)


def wilson(x: int, n: int, z: float) -> tuple[float, float]:
    """Wilson 1927: the two roots of (x/n - p)^2 = z^2 p (1 - p) / n."""
    a, b, c = n + z * z, -(2 * x + z * z), x * x / n
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return max((-b - root) / (2 * a), 0.0), min((-b + root) / (2 * a), 1.0)


def newcombe(first: tuple[int, int], second: tuple[int, int], z: float) -> dict[str, float]:
    """Newcombe 1998, method 10: the first proportion less the second."""
    (p, low, high), (q, below, above) = ((x / n, *wilson(x, n, z)) for x, n in (first, second))
    return {
        "estimate": p - q,
        "ci_low": p - q - math.hypot(p - low, above - q),
        "ci_high": p - q + math.hypot(high - p, q - below),
    }


def ways(n: int, m: int, events: int) -> dict[int, int]:
    """How many tables give the first of two groups so many of the events."""
    return {k: math.comb(n, k) * math.comb(m, events - k) for k in range(max(0, events - m), min(n, events) + 1)}


def fisher(first: tuple[int, int], second: tuple[int, int], alternative: str) -> float:
    """Fisher's exact test of two proportions; two-sided: all tables that are no likelier, as fisher.test has it."""
    (x, n), (y, m) = first, second
    tables = ways(n, m, x + y)
    counts = {"two-sided": lambda k: tables[k] <= tables[x], "greater": lambda k: k >= x, "less": lambda k: k <= x}[
        alternative
    ]
    return float(Fraction(sum(tables[k] for k in tables if counts(k)), sum(tables.values())))


def conditional(weights: Mapping[int, int], seen: int, tail: float, median: bool = False) -> dict[str, float]:
    """The conditional odds ratio and its exact limits, of a sum whose outcomes have these numbers of tables; median: the median
    unbiased estimate at the ends."""
    logs = {k: math.log(n) for k, n in weights.items()}

    def mean(value: Callable[[int], float], b: float) -> float:
        """Of a function of the sum, at a log odds ratio."""
        top = max(n + b * k for k, n in logs.items())
        each = {k: math.exp(n + b * k - top) for k, n in logs.items()}
        return math.fsum(value(k) * p for k, p in each.items()) / math.fsum(each.values())

    root = lambda value, target, sign=1: math.exp(  # noqa: E731
        solved(lambda b: sign * mean(value, b), sign * target, -40.0, 40.0)
    )
    up, down = (
        (lambda target: root(lambda k: k >= seen, target)),
        (lambda target: root(lambda k: k <= seen, target, -1)),
    )
    bottom, top = seen == min(weights), seen == max(weights)
    if bottom or top:
        odds = (up if top else down)(0.5) if median else 0.0 if bottom else math.inf
    else:
        odds = root(lambda k: k, seen)
    return {"odds_ratio": odds, "ci_low": 0.0 if bottom else up(tail), "ci_high": math.inf if top else down(tail)}


def ranks(values: Sequence[float]) -> list[Fraction]:
    """Ranks from 1, of equal values their mean."""
    less, found = 0, {}
    for value, n in sorted(Counter(values).items()):
        found[value], less = less + Fraction(n + 1, 2), less + n
    return [found[value] for value in values]


class Curve:
    """Kaplan-Meier by fractions (of more than `FEW` people by floating numbers): the estimate and Greenwood's sum after each time
    of an event, None where nobody is left."""

    def __init__(self, rows: Sequence[Row], event: Callable[[Row], bool]):
        needed = {"time", "event", *({"entry"} if any(row.get("entry") for row in rows) else ())}
        whole = [row for row in rows if not row["@"] & needed]
        people = [
            (float(row["entry"]) if "entry" in needed else -math.inf, float(row["time"]), event(row)) for row in whole
        ]
        self.people = [one for one in people if one[0] < one[1]]
        self.entries, self.ends = (sorted(column) for column in list(zip(*self.people, strict=True))[:2] or ([], []))
        self.steps: list[tuple] = []
        share = Fraction if len(self.people) <= FEW else truediv
        survival, spread = share(1, 1), share(0, 1)
        for time, d in sorted(Counter(time for _, time, happens in self.people if happens).items()):
            n = self.at_risk(time)
            survival *= share(n - d, n)
            spread = spread + share(d, n * (n - d)) if spread is not None and n > d else None
            self.steps.append((time, survival, spread))

    @property
    def events(self) -> int:
        return sum(happens for *_, happens in self.people)

    @property
    def last(self) -> float:
        return self.ends[-1] if self.ends else 0.0

    def at_risk(self, time: float) -> int:
        """How many have entered before a time and are followed up to it."""
        return bisect_left(self.entries, time) - bisect_left(self.ends, time)

    def at(self, time: float) -> tuple[float, float | None]:
        """(estimate, its Greenwood sum) at a time."""
        before = bisect_right([when for when, *_ in self.steps], time)
        _, survival, spread = self.steps[before - 1] if before else (0, 1, 0)
        return float(survival), None if spread is None else float(spread)


def quantile(values: Sequence[float], share: float) -> float:
    """On the line between the ordered values (Hyndman & Fan 1996, type 7).

    >>> quantile([1.0, 2.0, 4.0], 0.75)
    3.0
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    at = min(int(place), len(ordered) - 1)
    return ordered[at] + ((place - at) * (ordered[at + 1] - ordered[at]) if place > at else 0.0)
