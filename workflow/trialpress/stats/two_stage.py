"""Simon's two-stage designs: the search for them, and what a trial that followed one has shown."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import bdtr, bdtrc, betaincc, betaincinv, betaln, gammaln

from .proportions import binomial_pmf, simon_two_stage
from .result import Result, not_estimable, probability

DESIGN = ("r1", "n1", "r", "n", "alpha", "power", "expected_n", "early_stop")
INFERENCE = ("p_value", "estimate", "ci_low", "ci_high", "umvue")
LARGEST = 200  # participants of a design that is searched for


def _at_least(x, n: int, p: float) -> np.ndarray:
    """P(X >= x), for x of any size."""
    x = np.asarray(x)
    return np.where(x <= 0, 1.0, np.where(x > n, 0.0, bdtrc(np.clip(x - 1, 0, n), n, p)))


@lru_cache(maxsize=64)
def search(p0: float, p1: float, alpha: float, beta: float) -> tuple[Result, Result]:
    """The optimal and the minimax design of Simon (1989): of all two-stage designs with at most these error rates that with the
    smallest expected number of participants under p0, and that with the smallest number in all (of those with the smallest
    expected number). A trial stops with r1 or fewer responses of n1, and calls for more with more than r of n.

    Each result: r1, n1, r, n, alpha, power, expected_n and early_stop (probability) under p0.

    >>> [[int(design[name]) for name in ("r1", "n1", "r", "n")] for design in search(0.1, 0.3, 0.05, 0.2)]
    [[1, 10, 5, 29], [1, 15, 5, 25]]
    """
    for name, value in (("p0", p0), ("p1", p1), ("alpha", alpha), ("beta", beta)):
        probability(name, value)
    if p0 >= p1:
        raise ValueError(f"p0, p1: p1 must be the larger, they are {p0:g} and {p1:g}")
    best: dict[str, tuple] = {}
    limit = LARGEST
    n = 2
    while n <= limit:
        for n1 in range(1, n):
            expected, found = _best_of(n1, n, p0, p1, alpha, beta, best)
            if found:
                best.setdefault("minimax", (expected, found))
                if best["minimax"][1][3] == n and expected < best["minimax"][0] - 1e-12:
                    best["minimax"] = (expected, found)
                if "optimal" not in best or expected < best["optimal"][0] - 1e-12:
                    best["optimal"] = (expected, found)
        if "minimax" in best and n > _bound(best["optimal"][0], p0, p1, alpha, beta):
            break
        n += 1
    results = []
    for kind in ("optimal", "minimax"):
        method = f"Simon's {kind} two-stage design, {p0:g} against {p1:g}"
        if kind not in best:
            why = f"no design with up to {LARGEST} participants"
            results.append(not_estimable(method, DESIGN, why))
            continue
        found = simon_two_stage(*best[kind][1], p0, p1)
        errors = (found[name] for name in ("alpha", "power", "expected_n_p0", "early_stop_p0"))
        results.append(Result(method, dict(zip(DESIGN, (*best[kind][1], *errors), strict=True))))
    return tuple(results)


def _bound(expected: float, p0: float, p1: float, alpha: float, beta: float) -> float:
    """The number of participants from which on no design can be better than one with this expected number: a stage of n1 that
    stops with probability 1 at the most has a power of at most 1 - beta, and n1 is at least what that asks for."""
    least = next(n1 for n1 in range(1, LARGEST + 1) if bdtr(0, n1, p1) <= beta)
    stop = max(float(bdtr(r1, n1, p0)) for n1 in range(least, max(int(expected), least) + 1)
               for r1 in range(n1) if bdtr(r1, n1, p1) <= beta)  # fmt: skip
    return least + (expected - least) / max(1 - stop, 1e-9)


def _best_of(
    n1: int, n: int, p0: float, p1: float, alpha: float, beta: float, best: dict
) -> tuple[float, tuple | None]:
    """(expected number, design) of the best design with these stages; None if there is none, or none better than `best`."""
    n2 = n - n1
    r1 = np.arange(n1)
    stop = bdtr(r1, n1, p0)
    expected = n1 + (1 - stop) * n2
    here = bdtr(r1, n1, p1) <= beta
    if "optimal" in best and "minimax" in best and best["minimax"][1][3] < n:
        here &= expected < best["optimal"][0] - 1e-12
    if not here.any():
        return np.inf, None
    x1 = np.arange(n1 + 1)
    mass0, mass1 = binomial_pmf(n1, p0), binomial_pmf(n1, p1)
    r = np.arange(n)
    left = r[:, None] + 1 - x1  # responses that the second stage still needs
    more0, more1 = mass0 * _at_least(left, n2, p0), mass1 * _at_least(left, n2, p1)
    for first in r1[here][::-1]:  # the more stop early, the fewer are expected
        reject = more0[:, first + 1 :].sum(axis=1)
        at = int(np.argmax(reject <= alpha)) if (reject <= alpha).any() else -1
        if at >= 0 and more1[at, first + 1 :].sum() >= 1 - beta:
            return float(expected[first]), (int(first), n1, int(r[at]), n)
    return np.inf, None


def _beyond(x: int, r1: int, n1: int, n2: int, p: float) -> float:
    """The probability of a second stage and of x or more responses in all."""
    first = np.arange(r1 + 1, n1 + 1)
    return float((binomial_pmf(n1, p)[r1 + 1 :] * _at_least(x - first, n2, p)).sum())


def inference(x1: int, n1: int, x2: int, n2: int, r1: int, r: int, n: int, p0: float, *, level: float = 0.95) -> Result:
    """What a trial by Simon's design has shown, which stopped or not after its first stage (Koyama & Chen 2008).

    x1 of n1 and x2 of n2 responded (n2 0 where the trial stopped); r1, r, n: the design. The p-value, one-sided, orders outcomes
    by stage: stopping is less than going on. The estimate is the rate at which it is a half, the interval, two-sided, where it
    is (1 - level) / 2 and one less that; umvue is the unbiased estimate of Jung & Kim (2004). Where n2 is not what was planned
    the conditional error of the planned second stage is kept: the p-value is that of the rate at which the planned second stage,
    with the responses of the first, rejects as often as what was seen has probability under p0 (Koyama & Chen, section 4), and
    estimate and interval invert it as those do of a planned stage. Only where the first stage left the second nothing to decide
    are they all of the attained numbers. Returns responses, n, p_value, estimate, ci_low, ci_high, umvue.

    >>> result = inference(3, 10, 5, 19, 1, 5, 29, 0.1)
    >>> print(*(round(result[name], 4) for name in ("p_value", "estimate", "ci_low", "ci_high", "umvue")))
    0.0055 0.27 0.1302 0.4694 0.3053
    """
    p0, tail = probability("p0", p0), (1 - probability("level", level)) / 2
    if not (0 <= x1 <= n1 and 0 <= x2 <= n2 and 0 <= r1 < n1 < n and r1 <= r):
        raise ValueError(
            f"x1, n1, x2, n2, r1, r, n: {x1}, {n1}, {x2}, {n2}, {r1}, {r}, {n} are no outcome of a two-stage design"
        )
    method = f"Simon's two-stage design, p-value, estimate and {100 * level:g}% CI of Koyama & Chen"
    known = {"responses": x1 + x2, "n": n1 + n2}
    if x1 > r1 and not n2:
        return not_estimable(
            method, INFERENCE, "the first stage called for a second one, which has no participants", **known
        )
    if x1 <= r1 and n2:
        why = "the first stage called for a stop, and there were participants after it"
        return not_estimable(method, INFERENCE, why, **known)

    changed = x1 > r1 and n1 + n2 != n
    kept = changed and 0 < r + 1 - x1 <= n - n1

    def p_of(rate: float) -> float:
        if x1 <= r1:
            return float(_at_least(x1, n1, rate))
        return _unplanned(x1, n1, x2, n2, r1, r, n, rate) if kept else _beyond(x1 + x2, r1, n1, n2, rate)

    def solved(target: float) -> float:
        edge = 1e-12
        if p_of(edge) >= target:
            return 0.0
        return (
            1.0
            if p_of(1 - edge) <= target
            else float(brentq(lambda rate: p_of(rate) - target, edge, 1 - edge, xtol=1e-13))
        )

    how = "p-value, estimate and interval by the " + ("conditional error" if kept else "attained numbers")
    note = f"{n2} in the second stage where {n - n1} were planned: {how}" if changed else ""
    x = x1 + x2
    upper = 1.0 if x == n1 + n2 else solved(1 - tail) if x1 > r1 else _upper_of_a_stop(x1, n1, r1, tail)
    figures = (p_of(p0), solved(0.5), solved(tail), upper, _umvue(x1, n1, x2, n2, r1))
    return Result(method, {**known, **dict(zip(INFERENCE, figures, strict=True))}, note)


def _upper_of_a_stop(x1: int, n1: int, r1: int, tail: float) -> float:
    """Where more than x1 of n1, or a second stage, has the probability 1 - tail."""
    return float(brentq(lambda p: bdtr(x1, n1, p) - tail, 1e-12, 1 - 1e-12, xtol=1e-13))


def _unplanned(x1: int, n1: int, x2: int, n2: int, r1: int, r: int, n: int, p: float) -> float:
    """The p-value at the rate p: what was seen in the second stage is as probable as that the planned one rejects at `rate`."""
    left = r + 1 - x1
    seen = float(_at_least(x2, n2, p))
    rate = float(betaincinv(left, n - n1 - left + 1, seen)) if seen > 1e-100 else 0.0
    first = np.arange(r1 + 1, n1 + 1)
    return float((binomial_pmf(n1, p)[r1 + 1 :] * _at_least(r + 1 - first, n - n1, rate)).sum())


def _umvue(x1: int, n1: int, x2: int, n2: int, r1: int) -> float:
    """Jung & Kim 2004, eq. 4: x1 / n1 after a stop, else the mean of x1 / n1 over the ways to the total."""
    if x1 <= r1:
        return x1 / n1
    x = x1 + x2
    k = np.arange(max(r1 + 1, x - n2), min(n1, x) + 1)

    def log_ways(n, k):
        return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

    log = log_ways(n1, k) + log_ways(n2, x - k)
    weights = np.exp(log - log.max())
    return float((weights * k).sum() / weights.sum() / n1)


def predictive_probability(
    x: int, n: int, n_max: int, p0: float, threshold: float, *, a: float = 1.0, b: float = 1.0
) -> Result:
    """Probability that the trial will end with a posterior probability above `threshold` that the rate exceeds p0, given x
    responses of n so far (Lee & Liu 2008), with a beta prior (a, b): those to come are beta-binomial.

    Returns responses, n, n_max, needed (responses of n_max from which on it ends so; n_max + 1 if none), posterior (of exceeding
    p0, now), predictive.

    >>> result = predictive_probability(16, 23, 40, 0.6, 0.9, a=0.6, b=0.4)  # Lee & Liu 2008, table 1
    >>> print(round(result["predictive"], 4))
    0.5656
    """
    p0, threshold = probability("p0", p0), probability("threshold", threshold)
    if not (0 <= x <= n and a > 0 and b > 0):
        raise ValueError(f"x, n, a, b: {x}, {n}, {a:g}, {b:g} are no responses of participants and no prior")
    method = (
        f"Bayesian predictive probability, Beta({a:g}, {b:g}) prior, rate above {p0:g} with probability {threshold:g}"
    )
    known = {"responses": x, "n": n, "n_max": n_max}
    if n > n_max:
        return not_estimable(
            method, ("needed", "posterior", "predictive"), f"{n} participants where {n_max} were planned", **known
        )
    m = n_max - n
    y = np.arange(m + 1)
    success = betaincc(a + x + y, b + n - x + m - y, p0) > threshold
    log = (
        gammaln(m + 1)
        - gammaln(y + 1)
        - gammaln(m - y + 1)
        + betaln(y + a + x, m - y + b + n - x)
        - betaln(a + x, b + n - x)
    )
    posterior = float(betaincc(a + x, b + n - x, p0))
    every = np.arange(n_max + 1)
    enough = betaincc(a + every, b + n_max - every, p0) > threshold
    needed = int(every[enough][0]) if enough.any() else n_max + 1
    return Result(
        method,
        {**known, "needed": needed, "posterior": posterior, "predictive": min(1.0, float(np.exp(log)[success].sum()))},
    )
