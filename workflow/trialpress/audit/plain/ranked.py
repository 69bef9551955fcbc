"""Ranks of pairs and over ordered groups: signed ranks, Kendall's tau, the test of Jonckheere and Terpstra."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from statistics import median

from .agreement import pairs
from .arithmetic import numbers, ranks
from .job import CLOSED, COUNTED, EXACT, FRACTIONS, PAIRS, Found, Job
from .tails import z_above
from .values import medians

ORDERS = "all orders"


def _sided(tails: dict[str, float], alternative: str) -> float:
    return min(1.0, 2 * min(tails.values())) if alternative == "two-sided" else tails[alternative]


def _corrected(gap: float, spread: float, alternative: str) -> float:
    """The normal p-value with continuity correction."""
    if alternative == "two-sided":
        return min(1.0, 2 * z_above((abs(gap) - 0.5 * (gap != 0)) / spread))
    return z_above(((gap if alternative == "greater" else -gap) - 0.5) / spread)


def signed_rank(job: Job) -> Iterator[Found]:
    """Wilcoxon 1945, exact without ties and zeros below 50 pairs; the pseudomedian and its limits from the means of all pairs."""
    gaps = [a - b for a, b in pairs(job)]
    moved = [gap for gap in gaps if gap]
    n, alternative = len(moved), job["alternative"]
    yield "", "", COUNTED, CLOSED, {"n": len(gaps), "zeros": len(gaps) - n}
    if not moved or n * n > PAIRS:
        return
    places = ranks([abs(gap) for gap in moved])
    V = sum(place for place, gap in zip(places, moved, strict=True) if gap > 0)
    walsh = sorted((moved[i] + moved[j]) / 2 for i in range(n) for j in range(i, n))
    yield "", "", FRACTIONS, CLOSED, {"statistic": float(V), "estimate": median(walsh)}
    if n == len(gaps) < 50 and len({abs(gap) for gap in moved}) == n:
        ways = [1]
        for k in range(1, n + 1):  # each rank is in the sum or is not
            ways = [a + b for a, b in zip(ways + [0] * k, [0] * k + ways, strict=True)]
        tails = {
            "less": float(Fraction(sum(ways[: int(V) + 1]), 2**n)),
            "greater": float(Fraction(sum(ways[int(V) :]), 2**n)),
        }
        below, k = ways[0], 0
        while below < Fraction(job.tail) * 2**n:
            k += 1
            below += ways[k]
        k = max(k, 1)
        of = {"p_value": _sided(tails, alternative), "ci_low": walsh[k - 1], "ci_high": walsh[len(walsh) - k]}
        yield "", "", ORDERS, EXACT, of
        return

    def centred(shift: float) -> tuple[float, float]:
        left = [gap - shift for gap in moved if gap != shift]
        m, of = len(left), ranks([abs(gap) for gap in left])
        ties = sum(t**3 - t for t in Counter(abs(gap) for gap in left).values())
        up = float(sum(place for place, gap in zip(of, left, strict=True) if gap > 0))
        return up - m * (m + 1) / 4, math.sqrt(m * (m + 1) * (2 * m + 1) / 24 - ties / 48)

    yield "", "", "normal tail, ties", EXACT, {"p_value": _corrected(*centred(0.0), alternative)}
    steps = sorted(set(walsh))
    between = [steps[0] - 1, *((a + b) / 2 for a, b in zip(steps, steps[1:], strict=False)), steps[-1] + 1]

    def z(at: int) -> float:
        gap, spread = centred(between[at])
        return (gap - 0.5 * ((gap > 0) - (gap < 0))) / spread

    def crossing(target: float) -> float:
        """The first mean beyond which the statistic, which falls, is below the target."""
        low, high = 0, len(steps) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if z(middle + 1) < target else (middle + 1, high)
        return steps[low]

    yield "", "", "inversion of the ranks", EXACT, {"ci_low": crossing(job.z), "ci_high": crossing(-job.z)}


def tau_b(x: Sequence[float], y: Sequence[float], z: float) -> tuple[int, float, dict[str, float]]:
    """(concordant less discordant pairs, tau-b, limits of Fieller, Hartley & Pearson 1957), every pair by itself."""
    sign = lambda a: (a > 0) - (a < 0)  # noqa: E731
    products = [(sign(x[i] - x[j]), sign(y[i] - y[j])) for i, j in combinations(range(len(x)), 2)]
    S = sum(a * b for a, b in products)
    tau = S / math.sqrt(sum(a != 0 for a, _ in products) * sum(b != 0 for _, b in products))
    if len(x) < 5 or abs(tau) > 1 - 1e-12:
        return S, tau, {"estimate": tau}
    half = z * math.sqrt(0.437 / (len(x) - 4))
    ends = {"ci_low": math.tanh(math.atanh(tau) - half), "ci_high": math.tanh(math.atanh(tau) + half)}
    return S, tau, {"estimate": tau, **ends}


def kendall(job: Job) -> Iterator[Found]:
    known = pairs(job)
    n = len(known)
    yield "", "", COUNTED, CLOSED, {"n": n}
    x, y = zip(*known, strict=True) if known else ((), ())
    if n < 3 or len(set(x)) < 2 or len(set(y)) < 2 or n * n > PAIRS:
        return
    S, tau, of = tau_b(x, y, job.z)
    yield "", "", "all pairs", CLOSED, of
    if n < 50 and len(set(x)) == len(set(y)) == n:
        ways = [1]
        for k in range(2, n + 1):  # the k-th is concordant with 0 to k - 1 of those before it
            ways = [sum(ways[max(0, at - k + 1) : at + 1]) for at in range(len(ways) + k - 1)]
        at = (S + n * (n - 1) // 2) // 2
        tails = {
            "less": float(Fraction(sum(ways[: at + 1]), sum(ways))),
            "greater": float(Fraction(sum(ways[at:]), sum(ways))),
        }
        yield "", "", ORDERS, EXACT, {"p_value": _sided(tails, "two-sided")}
        return
    t, u = (Counter(values).values() for values in (x, y))
    many = lambda of, power: sum(math.prod(range(k - power + 1, k + 1)) for k in of)  # noqa: E731
    v = Fraction(n * (n - 1) * (2 * n + 5) - sum(k * (k - 1) * (2 * k + 5) for of in (t, u) for k in of), 18)
    v += Fraction(many(t, 2) * many(u, 2), 2 * n * (n - 1)) + Fraction(
        many(t, 3) * many(u, 3), 9 * n * (n - 1) * (n - 2)
    )
    yield "", "", "normal tail, ties", EXACT, {"p_value": min(1.0, 2 * z_above(abs(S) / math.sqrt(v)))}


def jonckheere_terpstra(job: Job) -> Iterator[Found]:
    """Hollander & Wolfe 1999, section 6.2: pairs of a lower and a higher group, of equal values the half; the variance with ties."""
    yield from medians(job)
    known = [(at, numbers(rows, "y")) for at, (_, rows) in enumerate(job.groups())]
    known = [(at, y) for at, y in known if y]
    values = [value for _, y in known for value in y]
    N = len(values)
    yield "", "", COUNTED, CLOSED, {"n": N, "groups": len(known)}
    if len(known) < 2 or len(set(values)) < 2 or N * N > PAIRS:
        return
    J = sum((Fraction(b > a) + Fraction(b == a, 2) for (_, one), (_, other) in combinations(known, 2) for a in one for b in other), Fraction(0))  # fmt: skip
    n, t = [len(y) for _, y in known], Counter(values).values()
    many = lambda of, power: sum(math.prod(range(k - power + 1, k + 1)) for k in of)  # noqa: E731
    v = Fraction(N * (N - 1) * (2 * N + 5) - sum(k * (k - 1) * (2 * k + 5) for of in (n, t) for k in of), 72)
    v += Fraction(many(n, 2) * many(t, 2), 8 * N * (N - 1))
    v += Fraction(many(n, 3) * many(t, 3), 36 * N * (N - 1) * (N - 2)) if N > 2 else 0
    z = float(J - Fraction(N * N - sum(k * k for k in n), 4)) / math.sqrt(v)
    yield "", "", FRACTIONS, CLOSED, {"statistic": float(J), "z": z, "p_value": min(1.0, 2 * z_above(abs(z)))}
    if N > 2:
        yield "", "", "all pairs", CLOSED, tau_b([at for at, y in known for _ in y], values, job.z)[2]
