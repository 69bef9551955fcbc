"""How many participants or events a trial needs."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import bdtr, bdtrc, nctdtr, ndtr, ndtri, stdtrit

from .result import Result, not_estimable, probability

LARGEST = 5000  # participants of a single arm that are searched for


def single_arm(p0: float, p1: float, alpha: float = 0.05, power: float = 0.8) -> Result:
    """The smallest single-arm trial whose exact one-sided binomial test of p0 has this power under p1 > p0 (A'Hern 2001). Returns
    n, r (the treatment is promising if more than r respond), alpha and power as attained. A somewhat larger trial can have less
    power: binomial probabilities have steps.

    >>> found = single_arm(0.1, 0.3)
    >>> print(int(found["n"]), int(found["r"]), round(found["alpha"], 4), round(found["power"], 4))
    25 5 0.0334 0.8065
    """
    for name, value in (("p0", p0), ("p1", p1), ("alpha", alpha), ("power", power)):
        probability(name, value)
    if p0 >= p1:
        raise ValueError(f"p0, p1: p1 must be the larger, they are {p0:g} and {p1:g}")
    method = f"exact single-arm design, rate {p0:g} against {p1:g}, one-sided alpha {alpha:g}, power {power:g}"
    r = 0
    for n in range(1, LARGEST + 1):
        while r < n and bdtrc(r, n, p0) > alpha:
            r += 1  # does not fall as n rises
        if r < n and bdtrc(r, n, p1) >= power:
            return Result(method, {"n": n, "r": r, "alpha": float(bdtrc(r, n, p0)), "power": float(1 - bdtr(r, n, p1))})
    return not_estimable(method, ("n", "r", "alpha", "power"), f"no design with up to {LARGEST} participants")


def two_proportions(p0: float, p1: float, alpha: float = 0.05, power: float = 0.8) -> Result:
    """Participants of each of two equal groups for the two-sided chi-square test without correction (Fleiss 1981; R
    power.prop.test). Returns n_per_group (whole, rounded up), n and power of that many.

    >>> print(int(two_proportions(0.5, 0.75)["n_per_group"]))  # R power.prop.test: 57.67
    58
    """
    for name, value in (("p0", p0), ("p1", p1), ("alpha", alpha), ("power", power)):
        probability(name, value)
    if p0 == p1:
        raise ValueError(f"p0, p1: must differ, both are {p0:g}")
    method = f"two-sided test of two proportions, {p0:g} against {p1:g}, alpha {alpha:g}, power {power:g}"
    z, mean, own = -ndtri(alpha / 2), (p0 + p1) / 2, p0 * (1 - p0) + p1 * (1 - p1)

    def attained(n: float) -> float:
        return float(ndtr((math.sqrt(n) * abs(p1 - p0) - z * math.sqrt(2 * mean * (1 - mean))) / math.sqrt(own)))

    exact = ((z * math.sqrt(2 * mean * (1 - mean)) + ndtri(power) * math.sqrt(own)) / (p1 - p0)) ** 2
    return _groups(method, max(exact, 1.0), attained)


def two_means(difference: float, sd: float, alpha: float = 0.05, power: float = 0.8) -> Result:
    """Participants of each of two equal groups for the two-sided t test, by the noncentral t distribution (R power.t.test).
    Values as two_proportions.

    >>> print(int(two_means(1, 2)["n_per_group"]))  # R power.t.test: 63.77
    64
    """
    for name, value in (("alpha", alpha), ("power", power)):
        probability(name, value)
    if not (math.isfinite(difference) and difference and sd > 0):
        raise ValueError(f"difference, sd: must not be 0 and be above 0, are {difference:g} and {sd:g}")
    method = f"two-sided t test, difference {difference:g}, standard deviation {sd:g}, alpha {alpha:g}, power {power:g}"
    effect = abs(difference) / sd

    def attained(n: float) -> float:
        df = 2 * (n - 1)
        return float(1 - nctdtr(df, effect * math.sqrt(n / 2), stdtrit(df, 1 - alpha / 2)))

    top = 4.0
    while attained(top) < power and top < 1e9:
        top *= 2
    if attained(top) < power:
        return not_estimable(method, ("n_per_group", "n", "power"), "more than a thousand million participants")
    exact = 2.0 if attained(2.0) >= power else brentq(lambda n: attained(n) - power, 2.0, top, xtol=1e-9)
    return _groups(method, exact, attained)


def log_rank_events(hazard_ratio: float, alpha: float = 0.05, power: float = 0.8, event_share: float = 1.0) -> Result:
    """Events of two equal groups for the two-sided log-rank test (Schoenfeld 1981), and participants of whom a share has the event.
    Returns events (whole, rounded up), n and power of that many events.

    >>> print(int(log_rank_events(0.5)["events"]))
    66
    """
    for name, value in (("alpha", alpha), ("power", power)):
        probability(name, value)
    if not (hazard_ratio > 0 and hazard_ratio != 1 and 0 < event_share <= 1):
        raise ValueError(f"hazard_ratio, event_share: {hazard_ratio:g} and {event_share:g} give no size of a trial")
    method = f"two-sided log-rank test, hazard ratio {hazard_ratio:g}, alpha {alpha:g}, power {power:g}"
    method += f", event in {100 * event_share:g}%" if event_share < 1 else ""
    z, log = -ndtri(alpha / 2), abs(math.log(hazard_ratio))
    events = math.ceil(round(4 * ((z + ndtri(power)) / log) ** 2, 9))
    attained = float(ndtr(log * math.sqrt(events) / 2 - z))
    return Result(method, {"events": events, "n": math.ceil(round(events / event_share, 9)), "power": attained})


def _groups(method: str, exact: float, attained) -> Result:
    n = math.ceil(round(exact, 9))
    return Result(method, {"n_per_group": n, "n": 2 * n, "power": attained(n)})
