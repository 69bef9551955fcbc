"""Designs of single-arm trials: Simon's two stages, inference after them, predictive probability."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from statistics import NormalDist

from .arithmetic import exact_limits, numbers
from .job import CLOSED, COUNTED, FITTED, FRACTIONS, TAILS, Found, Job
from .tails import beta, solved, t_quantile, z_above

MOST, AFTER = 200, 25  # sizes that are searched, and how far after the smallest that does
LARGEST = 500  # of one arm


def shares(n: int, p: float) -> list[float]:
    """P(X = k) of a binomial distribution, k = 0 to n."""
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def enough(first: list[float], second: list[float], r1: int, k: int) -> float:
    """P(more than r1 of the first stage, and k or more of both)."""
    above = list(accumulate(reversed(second)))[::-1]  # P(Y >= y)
    n2 = len(second) - 1
    return math.fsum(
        first[x] * (1.0 if k - x <= 0 else above[k - x] if k - x <= n2 else 0.0) for x in range(r1 + 1, len(first))
    )


def simon_design(job: Job) -> Iterator[Found]:
    """Every design up to the size from which on none is better."""
    p0, p1, alpha, power = float(job["p0"]), float(job["p1"]), float(job["alpha"]), 1 - float(job["beta"])
    optimal = minimax = None  # (expected size under p0, r1, n1, r, n)
    tables = [[shares(n, p) for n in range(MOST + 1)] for p in (p0, p1)]
    lower = [[list(accumulate(one)) for one in table] for table in tables]
    for n in range(2, MOST + 1):
        for n1 in range(1, n):
            for r1 in range(n1 - 1, -1, -1):
                if lower[1][n1][r1] > 1 - power:
                    continue
                expected = n1 + (1 - lower[0][n1][r1]) * (n - n1)
                if optimal and expected >= optimal[0] - 1e-12 and minimax[4] < n:
                    continue
                firsts, seconds = ([table[size] for table in tables] for size in (n1, n - n1))
                r = next((r for r in range(r1, n) if enough(firsts[0], seconds[0], r1, r + 1) <= alpha), n)
                if r >= n or enough(firsts[1], seconds[1], r1, r + 1) < power:
                    continue
                one = (expected, r1, n1, r, n)
                optimal = one if optimal is None or expected < optimal[0] - 1e-12 else optimal
                if minimax is None or (minimax[4] == n and expected < minimax[0] - 1e-12):
                    minimax = one
                break
        if minimax and n > minimax[4] + AFTER:
            break
    for kind, design in (("optimal", optimal), ("minimax", minimax)) if optimal else ():
        expected, r1, n1, r, n = design
        yield "", kind, "every design", CLOSED, {
            "r1": r1, "n1": n1, "r": r, "n_planned": n, "expected_n": expected, "early_stop": lower[0][n1][r1],
            "alpha": enough(tables[0][n1], tables[0][n - n1], r1, r + 1), "power": enough(tables[1][n1], tables[1][n - n1], r1, r + 1),
        }  # fmt: skip


def simon_inference(job: Job) -> Iterator[Found]:
    """Koyama and Chen 2008, Jung and Kim 2004."""
    known = [row for row in job.rows if not row["@"] & {"x", "y"}]
    stages = [[float(row["x"]) for row in known if (float(row["y"]) == 1) is first] for first in (True, False)]
    (x1, m1), (x2, m2) = ((int(sum(stage)), len(stage)) for stage in stages)
    r1, r, p0 = int(float(job["r1"])), int(float(job["r"])), float(job["p0"])
    for level, n, N in (("first_stage", x1, m1), ("second_stage", x2, m2), ("", x1 + x2, m1 + m2)):
        yield "", level, COUNTED, CLOSED, {"n": n, "N": N}
    if m1 <= r1:
        return
    planned = int(float(job["n"])) - int(float(job["n1"])) + m1
    whole = m1 + m2 if m2 else max(int(float(job["n"])), m1 + 1)
    yield "", "", "sums of tails", CLOSED, {
        name: enough(shares(m1, p), shares(whole - m1, p), r1, r + 1) for name, p in (("alpha", p0), ("power", float(job["p1"])))
    }  # fmt: skip
    if (x1 > r1) != (m2 > 0):
        return
    x, stopped = x1 + x2, x1 <= r1
    choices = {k: math.comb(m1, k) * math.comb(m2, x - k) for k in range(max(r1 + 1, x - m2), min(m1, x) + 1)}
    mean = sum(k * n for k, n in choices.items()) / sum(choices.values()) / m1 if not stopped else x1 / m1
    yield "", "", FRACTIONS, CLOSED, {"umvue": mean}

    left, second = r + 1 - x1, planned - m1

    def above(p: float) -> float:
        first = shares(m1, p)
        if stopped:
            return math.fsum(first[x1:])
        if m2 == second or not 0 < left <= second:
            return enough(first, shares(m2, p), r1, x)
        seen = math.fsum(shares(m2, p)[x2:])  # as probable as that the planned second stage rejects at a rate q
        q = solved(lambda q: math.fsum(shares(second, q)[left:]), seen, 0.0, 1.0) if seen < 1 else 1.0
        return enough(first, shares(second, q), r1, r + 1)

    at = lambda t: 0.0 if above(0.0) >= t else 1.0 if above(1.0) <= t else solved(above, t, 0.0, 1.0)  # noqa: E731
    high = exact_limits(x1, m1, job.tail)[1] if stopped else at(1 - job.tail)
    of = {"estimate": at(0.5), "ci_low": at(job.tail), "ci_high": 1.0 if x == m1 + m2 else high}
    yield "", "", "sums of tails, bisection", FITTED, of
    yield "", "", "sums of tails", FITTED, {"p_value": above(p0)}


def predictive_probability(job: Job) -> Iterator[Found]:
    """Lee and Liu 2008: all outcomes of those to come, beta-binomial."""
    y = numbers(job.rows, "x")
    x, n, most = int(sum(y)), len(y), int(float(job["n_max"]))
    a, b, p0, threshold = (float(job[name]) for name in ("a", "b", "p0", "threshold"))
    m = most - n
    yield "", "", COUNTED, CLOSED, {"n": x, "N": n, "n_max": most}
    if m < 0:
        return
    above = lambda k: 1 - beta(p0, a + k, b + most - k)  # noqa: E731
    log = lambda u, v: math.lgamma(u) + math.lgamma(v) - math.lgamma(u + v)  # noqa: E731
    good = [math.comb(m, k) * math.exp(log(k + a + x, m - k + b + n - x) - log(a + x, b + n - x))
            for k in range(m + 1) if above(x + k) > threshold]  # fmt: skip
    needed = next((k for k in range(most + 1) if above(k) > threshold), most + 1)
    yield "", "", TAILS, CLOSED, {
        "needed": needed, "posterior": 1 - beta(p0, a + x, b + n - x), "predictive": min(1.0, math.fsum(good)),
    }  # fmt: skip


def stopping_rule(job: Job) -> Iterator[Found]:
    """Thall and Simon 1994: beta posteriors, and every number of events at every look."""
    limit, threshold, a, b = (float(job[name]) for name in ("rate", "threshold", "a", "b"))
    last, every = int(float(job["n_max"])), int(float(job["cohort"]))
    looks = sorted({*range(every, last + 1, every), last})
    least = {}
    for n in looks:
        low = least.get(max(least, default=0), 0)  # more participants never need fewer events
        least[n] = next((x for x in range(low, n + 1) if 1 - beta(limit, a + x, b + n - x) > threshold), n + 1)
        if least[n] <= n:
            yield "", f"{n}_participants", TAILS, CLOSED, {"needed": least[n]}
    for p in map(float, job["rates"].split(";") if job["rates"] and last <= LARGEST else []):
        going, stopped, participants, events = [1.0], 0.0, 0.0, 0.0
        for n in range(1, last + 1):
            going = [before * (1 - p) + after * p for before, after in zip([*going, 0.0], [0.0, *going], strict=True)]
            for x, chance in enumerate(going) if n in least else ():
                if x >= least[n] or n == last:
                    stopped += chance * (x >= least[n])
                    participants, events = participants + n * chance, events + x * chance
                    going[x] = 0.0
        yield "", f"{100 * p:.10g}_percent", "every number of events", CLOSED, {
            "stopped": stopped, "expected_n": participants, "expected_events": events,
        }  # fmt: skip


def simon_two_stage(job: Job) -> Iterator[Found]:
    r1, n1, r, n = (int(float(job[name])) for name in ("r1", "n1", "r", "n"))
    of: dict[str, float] = {"n_planned": n}
    for name, shown in (("p0", "alpha"), ("p1", "power")):
        first = shares(n1, float(job[name]))
        stop = math.fsum(first[: r1 + 1])
        of[shown] = enough(first, shares(n - n1, float(job[name])), r1, r + 1)
        of |= {f"early_stop_{name}": stop, f"expected_n_{name}": n1 + (1 - stop) * (n - n1)}
    yield "", "", "sums of tails", CLOSED, of


def shifted_t_above(t: float, df: float, shift: float) -> float:
    """P(T > t) of Student's t with a non-centrality, over all values of the standard deviation, by Simpson's rule."""
    steps, reach = 2000, 12 / math.sqrt(2 * df)
    low, high = max(1e-12, 1 - reach), 1 + reach
    front = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2)
    total = 0.0
    for at in range(steps + 1):
        s = low + (high - low) * at / steps
        weight = 1 if at in (0, steps) else 4 if at % 2 else 2
        total += weight * math.exp(front + (df - 1) * math.log(s) - df * s * s / 2) * z_above(t * s - shift)
    return total * (high - low) / steps / 3


def sample_size(job: Job) -> Iterator[Found]:
    """The smallest size with the power, one by one."""
    alpha, power, p0, p1 = (float(job[name]) if job[name] else math.nan for name in ("alpha", "power", "p0", "p1"))
    z = NormalDist().inv_cdf(1 - alpha / 2)
    if job["design"] == "single-arm":
        for n in range(1, LARGEST):
            above = [list(accumulate(reversed(shares(n, p))))[::-1] for p in (p0, p1)]  # P(X >= x)
            r = next((r for r in range(n) if above[0][r + 1] <= alpha and above[1][r + 1] >= power), None)
            if r is not None:
                yield (
                    "",
                    "",
                    TAILS,
                    CLOSED,
                    {"n_planned": n, "r": r, "alpha": above[0][r + 1], "power": above[1][r + 1]},
                )
                return
    elif job["design"] == "log-rank":  # Schoenfeld 1981
        effect = abs(math.log(float(job["hazard_ratio"])))
        events = math.ceil(4 * (z + NormalDist().inv_cdf(power)) ** 2 / effect**2)
        of = {"events_planned": events, "n_planned": math.ceil(events / float(job["event_share"]))}
        yield "", "", "normal quantiles", FITTED, of | {"power": z_above(z - effect * math.sqrt(events) / 2)}
    else:
        if job["design"] == "two-proportions":
            middle = (p0 + p1) / 2
            spread = math.sqrt(p0 * (1 - p0) + p1 * (1 - p1))
            gain = lambda n: z_above((z * math.sqrt(2 * middle * (1 - middle)) - math.sqrt(n) * abs(p1 - p0)) / spread)  # noqa: E731
        else:
            effect = abs(float(job["difference"])) / float(job["sd"])
            gain = lambda n: shifted_t_above(t_quantile(1 - alpha / 2, 2 * n - 2), 2 * n - 2, effect * math.sqrt(n / 2))  # noqa: E731
        low, high = 1, 2
        while gain(high) < power:
            low, high = high, 2 * high
            if high > 10**9:
                return
        while high - low > 1:
            middle_n = (low + high) // 2
            low, high = (middle_n, high) if gain(middle_n) < power else (low, middle_n)
        yield "", "", "normal or t tail", FITTED, {"n_per_group": high, "n_planned": 2 * high, "power": gain(high)}
