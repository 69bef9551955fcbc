"""Monitoring of a rate, as of toxicity, all along a trial."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc

from .proportions import binomial_pmf
from .result import Result, probability

LARGEST = 5000  # participants of a trial


def stopping_rule(
    limit: float, threshold: float, n_max: int, *, every: int = 1, rates=(), a: float = 1.0, b: float = 1.0
) -> tuple[Result, list[Result]]:
    """A trial that stops when the posterior probability of a rate above the limit exceeds a threshold, with a Beta(a, b) prior (Thall &
    Simon 1994), looked at after each `every` participants and after the last.

    Returns the rule, with its looks as curve: n (participants) and needed (the fewest events that stop the trial, n + 1 where none
    do); and for each of the true rates the exact probability of having stopped (`stopped`, at the last look, too), and the mean numbers
    expected_n and expected_events of participants and events.

    >>> rule, found = stopping_rule(0.3, 0.9, 9, every=3, rates=[0.3])
    >>> print(rule.curve["needed"], f"{found[0]['stopped']:.3f} {found[0]['expected_n']:.2f}")
    [2 4 5] 0.255 7.67
    """
    if not 1 <= n_max <= LARGEST:
        raise ValueError(f"n_max: must be from 1 to {LARGEST:,}, is {n_max}")
    limit, threshold = probability("limit", limit), probability("threshold", threshold)
    method = f"stopping rule: P(rate > {limit:g}) > {threshold:g}, Beta({a:g}, {b:g}) prior"
    looks = np.unique([*range(every, n_max + 1, every), n_max])
    needed = []
    for n in looks:
        x = np.arange(n + 1)
        above = betainc(b + n - x, a + x, 1 - limit)
        needed.append(int(np.searchsorted(above > threshold, True)))
    rule = Result(method, {"n_max": n_max}, curve={"n": looks, "needed": np.array(needed)})
    return rule, [_characteristics(method, looks, needed, probability("rate", p)) for p in rates]


def _characteristics(method: str, looks, needed, p: float) -> Result:
    going, before, participants, events, stopped = np.ones(1), 0, 0.0, 0.0, 0.0
    for n, least in zip(looks, needed, strict=True):
        going = np.convolve(going, binomial_pmf(n - before, p))
        before, x = n, np.arange(n + 1)
        out = x >= least if n < looks[-1] else np.ones(n + 1, bool)
        stopped += going[x >= least].sum()
        participants += n * going[out].sum()
        events += x[out] @ going[out]
        going = np.where(out, 0.0, going)
    values = {"stopped": stopped, "expected_n": participants, "expected_events": events}
    return Result(f"{method}, exact", {name: float(value) for name, value in values.items()})
