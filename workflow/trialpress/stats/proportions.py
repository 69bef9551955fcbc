"""One proportion: intervals, exact test, Bayesian posterior, two-stage design."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaincc, betaincinv, gammaln, ndtri, xlog1py, xlogy

from .result import Result, events_of, not_estimable, probability


def proportion(n: int, N: int, *, level: float = 0.95, interval: str = "clopper-pearson") -> Result:
    """The proportion n/N with a confidence interval.

    interval: "clopper-pearson" (exact; Clopper & Pearson 1934; R binom.test), "wilson" (score; Wilson 1927; R prop.test),
        "jeffreys" (equal tails of Beta(n + 1/2, N - n + 1/2); Brown, Cai & DasGupta 2001), "mid-p" (Berry & Armitage
        1995) or "blaker" (the exact interval that is never longer than Clopper-Pearson's; Blaker 2000).
    Returns n, N, estimate, ci_low, ci_high. ValueError for a negative count or more events than patients.

    >>> print(f"{proportion(81, 263, interval='wilson')['ci_low']:.4f}")  # Newcombe 1998: .2553
    0.2553
    """
    x, total = _events(n, N)
    if interval not in _INTERVALS:
        raise ValueError(f"interval: must be one of {', '.join(_INTERVALS)}, is {interval!r}")
    title, limits = _INTERVALS[interval]
    method = f"{title} {100 * probability('level', level):g}% CI"
    if total == 0:
        return not_estimable(method, ("estimate", "ci_low", "ci_high"), "no patients", n=0, N=0)
    low, high = limits(x, total, 1 - level)
    return Result(method, {"n": x, "N": total, "estimate": x / total, "ci_low": low, "ci_high": high})


def exact_test(n: int, N: int, p0: float, *, alternative: str = "two-sided") -> Result:
    """Exact binomial test of n/N against the historical rate p0 (R binom.test).

    alternative: "two-sided" (outcomes no more probable than the observed one, relative tolerance 1e-7), "greater" or
    "less". Returns n, N, estimate, p_value.

    >>> print(f"{exact_test(682, 925, 0.75)['p_value']:.4f}")  # R binom.test, Mendel
    0.3825
    """
    x, total = _events(n, N)
    p0 = probability("p0", p0)
    method = f"exact binomial test against {100 * p0:g}%, {alternative}"
    if total == 0:
        return not_estimable(method, ("estimate", "p_value"), "no patients", n=0, N=0)
    if alternative == "greater":
        p = _at_least(x, total, p0)
    elif alternative == "less":
        p = _at_most(x, total, p0)
    elif alternative == "two-sided":
        pmf = binomial_pmf(total, p0)
        p = min(1.0, pmf[pmf <= pmf[x] * (1 + 1e-7)].sum())
    else:
        raise ValueError(f"alternative: must be two-sided, greater or less, is {alternative!r}")
    return Result(method, {"n": x, "N": total, "estimate": x / total, "p_value": float(p)})


def beta_binomial(n: int, N: int, a: float, b: float, p0: float, *, level: float = 0.95) -> Result:
    """Posterior of a rate under a Beta(a, b) prior.

    Returns n, N, estimate (posterior mean), median, ci_low and ci_high (equal-tailed credible interval) and
    probability, the posterior probability that the rate exceeds p0. N = 0 returns the prior.

    >>> print(f"{beta_binomial(2, 2, 1, 1, 0.5)['probability']:.3f}")  # 1 - 0.5**3
    0.875
    """
    x, total = _events(n, N)
    for name, value in (("a", a), ("b", b)):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name}: must be positive, is {value}")
    p0, level = probability("p0", p0), probability("level", level)
    A, B = a + x, b + total - x
    low, median, high = betaincinv(A, B, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return Result(
        f"Beta({a:g}, {b:g}) prior, equal-tailed {100 * level:g}% credible interval, P(rate > {p0:g})",
        {
            "n": x,
            "N": total,
            "estimate": A / (A + B),
            "median": float(median),
            "ci_low": float(low),
            "ci_high": float(high),
            "probability": float(betaincc(A, B, p0)),
        },
    )


def simon_two_stage(r1: int, n1: int, r: int, n: int, p0: float, p1: float) -> Result:
    """Operating characteristics of Simon's two-stage design (Simon 1989).

    Stop for futility at r1 or fewer responses among the first n1 patients; declare the treatment promising at more
    than r responses among all n. Returns n, alpha and power (P(promising) under p0 and p1), early_stop_p0 and
    early_stop_p1 (P(stop after stage 1)), expected_n_p0 and expected_n_p1.

    >>> print(f"{simon_two_stage(1, 10, 5, 29, 0.1, 0.3)['expected_n_p0']:.2f}")  # Simon 1989: 15.0
    15.01
    """
    (r1, r), (n1, n) = (array.tolist() for array in events_of("r1, r", [r1, r], "n1, n", [n1, n]))
    if not (r1 <= r and 0 < n1 < n):
        raise ValueError(f"r1, n1, r, n: a design needs r1 <= r and 0 < n1 < n, is {r1}/{n1}, {r}/{n}")
    values = {"n": n}
    for name, p in (("p0", probability("p0", p0)), ("p1", probability("p1", p1))):
        first = np.arange(r1 + 1, n1 + 1)
        promising = binomial_pmf(n1, p)[first] @ [_at_least(r + 1 - x, n - n1, p) for x in first]
        stop = _at_most(r1, n1, p)
        values["alpha" if name == "p0" else "power"] = float(promising)
        values[f"early_stop_{name}"] = float(stop)
        values[f"expected_n_{name}"] = float(n1 + (1 - stop) * (n - n1))
    return Result(f"Simon two-stage design {r1}/{n1}, {r}/{n} for {p0:g} against {p1:g}", values)


def binomial_pmf(N: int, p) -> np.ndarray:
    """P(X = 0..N) for X ~ Binomial(N, p), along a last axis added to the shape of p.

    >>> print(binomial_pmf(2, np.array([0.5])).round(2))
    [[0.25 0.5  0.25]]
    """
    x, p = np.arange(N + 1), np.asarray(p, dtype=float)[..., None]
    return np.exp(gammaln(N + 1) - gammaln(x + 1) - gammaln(N - x + 1) + xlogy(x, p) + xlog1py(N - x, -p))


def _events(n, N) -> tuple[int, int]:
    x, total = events_of("n", [n], "N", [N])
    return int(x[0]), int(total[0])


def _at_least(x, N, p):
    """P(X >= x), X ~ Binomial(N, p), through the incomplete beta function."""
    if x <= 0:
        return 1.0
    return betainc(x, N - x + 1, p) if x <= N else 0.0


def _at_most(x, N, p):
    if x < 0:
        return 0.0
    return betaincc(x + 1, N - x, p) if x < N else 1.0


def _clopper_pearson(x, N, alpha):
    low = betaincinv(x, N - x + 1, alpha / 2) if x > 0 else 0.0
    high = betaincinv(x + 1, N - x, 1 - alpha / 2) if x < N else 1.0
    return float(low), float(high)


def _wilson(x, N, alpha):
    z2 = ndtri(alpha / 2) ** 2
    centre = (x + z2 / 2) / (N + z2)
    half = np.sqrt(z2 * (x * (N - x) / N + z2 / 4)) / (N + z2)
    # Rounding must not leave 1e-17 where the bound is 0, nor its like at 1.
    return (float(centre - half) if x > 0 else 0.0), (float(centre + half) if x < N else 1.0)


def _jeffreys(x, N, alpha):
    """Brown, Cai & DasGupta: the limit is 0 without events and 1 without failures."""
    low, high = betaincinv(x + 0.5, N - x + 0.5, [alpha / 2, 1 - alpha / 2])
    return (float(low) if x > 0 else 0.0), (float(high) if x < N else 1.0)


def _mid_p(x, N, alpha):
    from scipy.optimize import brentq

    def low(x):
        if x == 0:
            return 0.0
        return brentq(lambda p: _at_least(x, N, p) + _at_least(x + 1, N, p) - alpha, 0, 1, xtol=1e-15)

    return low(x), 1 - low(N - x)


def _blaker(x, N, alpha):
    """The ends of {p: acceptability(p) > alpha}, by Klaschka's exact walk over its jumps rather than a grid.

    Below x/N the acceptability is P(X >= x) + P(X <= k), where k is the largest count whose lower tail does not exceed
    P(X >= x). It jumps up where k grows, and between two jumps it is highest at an end.
    """
    from scipy.optimize import brentq

    def low(x):
        if x == 0:
            return 0.0

        def jump(k):  # where the tails P(X <= k) and P(X >= x) are equal
            return brentq(lambda p: _at_least(x, N, p) - _at_most(k, N, p), 0, 1, xtol=1e-16)

        at, k = 0.0, -1
        while True:
            excess = lambda p, k=k: _at_least(x, N, p) + _at_most(k, N, p) - alpha  # noqa: E731
            if excess(at) > 0:
                return at
            end = jump(k + 1) if k + 1 < x else x / N
            if excess(end) > 0:
                return brentq(excess, at, end, xtol=1e-16)
            k, at = k + 1, end

    return float(low(x)), float(1 - low(N - x))


_INTERVALS = {
    "clopper-pearson": ("Clopper-Pearson exact", _clopper_pearson),
    "wilson": ("Wilson score", _wilson),
    "jeffreys": ("Jeffreys", _jeffreys),
    "mid-p": ("mid-p", _mid_p),
    "blaker": ("Blaker exact", _blaker),
}
