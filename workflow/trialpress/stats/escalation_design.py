"""Operating characteristics of designs of dose escalation: how often each dose is selected, and who is treated where."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np

from .escalation import boin, crm_estimate, mtpi2, tolerated
from .result import Result, numbers, offending, probability

DESIGNS = ("3+3", "boin", "mtpi-2", "crm")


def three_plus_three_exact(rates: Sequence[float]) -> Result:
    """3+3 with de-escalation (Lin & Shih 2001), exactly: cohorts of three from the lowest dose on; no toxicity of three, or one of
    six, goes up; more stops and goes down to the next lower dose, which has three more if it had three. Selected is the highest
    dose with at most one of six.

    rates: the true rate of each dose from the lowest. values: none (probability that no dose is selected), expected_n,
    expected_dlt. curve: one row per dose: rate, selected, expected_n, expected_dlt.

    >>> found = three_plus_three_exact([0.1])
    >>> print(round(found["none"], 6) == round(1 - (0.9**6 + 6 * 0.1 * 0.9**5 - 3 * 0.1**2 * 0.9 * 0), 6), found["expected_n"] < 6)
    True True
    """
    rates = _rates(rates)
    k = len(rates)
    none, one = (1 - rates) ** 3, 3 * rates * (1 - rates) ** 2
    selected, n = np.zeros(k), np.zeros(k)
    lost = 0.0
    # On the way up each dose was left with three (no toxicity) or with six (one of six).
    for top in range(k + 1):
        for sizes in product((3, 6), repeat=min(top, k)):
            chance = 1.0
            for dose, size in enumerate(sizes):
                chance *= none[dose] if size == 3 else one[dose] * none[dose]
            if not chance:
                continue
            treated = np.zeros(k)
            treated[: len(sizes)] = sizes
            if top == k:  # past the highest dose
                lost += _down(chance, k - 1, treated, none, one, selected, n)
                continue
            for size, stop in ((3, 1 - none[top] - one[top]), (6, one[top] * (1 - none[top]))):
                ended = treated.copy()
                ended[top] = size
                lost += _down(chance * stop, top - 1, ended, none, one, selected, n)
    curve = {"rate": rates, "selected": selected, "expected_n": n, "expected_dlt": n * rates}
    values = {"none": lost, "expected_n": float(n.sum()), "expected_dlt": float((n * rates).sum())}
    return Result("3+3 design, exact", values, curve=curve)


def _down(chance, dose, treated, none, one, selected, n) -> float:
    """From a dose downwards until one has at most one toxicity of six; the probability that none has."""
    treated = treated.copy()
    while dose >= 0:
        if treated[dose] == 6:
            selected[dose] += chance
            n += chance * treated
            return 0.0
        # No toxicity of three: with at most one of three more it is selected.
        treated[dose] = 6
        keep = none[dose] + one[dose]
        selected[dose] += chance * keep
        n += chance * keep * treated
        chance *= 1 - keep
        dose -= 1
    n += chance * treated
    return chance


def simulated(
    design: str, rates: Sequence[float], target: float, *, n_max: int = 30, cohort: int = 3, trials: int = 2000, seed: int,
    skeleton: Sequence[float] = (), closes: float = 0.95,
) -> Result:  # fmt: skip
    """BOIN, mTPI-2 or CRM by simulated trials from the lowest dose on.

    design: "boin", "mtpi-2" or "crm"; rates: the true rate of each dose from the lowest; n_max: participants at most; cohort:
    their number before each decision; skeleton: of `crm`, which goes no more than one dose above those that were tried. BOIN
    and mTPI-2 close doses and stop once the lowest is closed; see `tolerated` for what they select, `crm` for the other.
    values, curve: as `three_plus_three_exact`, of the trials' means; std_error: of the simulated `none`.

    >>> found = simulated("boin", [0.05, 0.3, 0.6], 0.3, trials=200, seed=1)
    >>> print(int(np.argmax(found.curve["selected"])), found["expected_n"])
    1 30.0
    """
    if design not in DESIGNS[1:]:
        raise ValueError(f"design: must be boin, mtpi-2 or crm, is {design!r}")
    rates, target = _rates(rates), probability("target", target)
    k, rng = len(rates), np.random.default_rng(seed)
    if design == "crm":
        skeleton = numbers("skeleton", skeleton, length=k)
        offending(
            "skeleton",
            (skeleton <= 0) | (skeleton >= 1) | (np.diff(skeleton, prepend=0.0) <= 0),
            "rate that does not rise",
        )
    else:
        said = np.zeros((n_max + 1, n_max + 1)), np.zeros((n_max + 1, n_max + 1), bool)
        for total in range(1, n_max + 1):
            for events in range(total + 1):
                one = (boin if design == "boin" else mtpi2)(events, total, target, closes=closes)
                said[0][total, events], said[1][total, events] = one["decision"], one["closed"] == 1
    x, n = np.zeros((2, trials, k), int)
    at, closed = np.zeros(trials, int), np.full(trials, k)
    for treated in range(0, n_max, cohort):
        size = min(cohort, n_max - treated)
        going = np.flatnonzero(closed > 0)
        here = at[going]
        x[going, here] += rng.binomial(size, rates[here])
        n[going, here] += size
        if design == "crm":
            b = crm_estimate(x[going], n[going], skeleton, nodes=401)
            best = np.abs(skeleton ** np.exp(b)[:, None] - target).argmin(axis=1)
            tried = (n[going] > 0).cumsum(axis=1).argmax(axis=1)  # the highest
            at[going] = np.minimum(best, tried + 1)
            continue
        decision, closing = (part[n[going, here], x[going, here]] for part in said)
        closed[going] = np.where(closing, np.minimum(closed[going], here), closed[going])
        planned = here + np.where(here >= closed[going], -1, decision).astype(int)
        planned = np.where((here < closed[going]) & (planned >= closed[going]), here, planned)
        at[going] = np.clip(planned, 0, k - 1)
    if design == "crm":
        b = crm_estimate(x, n, skeleton, nodes=401)
        chosen = np.abs(skeleton ** np.exp(b)[:, None] - target).argmin(axis=1)
        chosen = np.minimum(chosen, (n > 0).cumsum(axis=1).argmax(axis=1))  # of those that were tried
    else:
        chosen = np.array(
            [
                _selected(design, target, *map(tuple, (a.tolist(), m.tolist())), int(c))
                for a, m, c in zip(x, n, closed, strict=True)
            ]
        )
    selected = np.array([(chosen == dose).mean() for dose in range(k)])
    lost = float((chosen < 0).mean())
    curve = {"rate": rates, "selected": selected, "expected_n": n.mean(axis=0), "expected_dlt": x.mean(axis=0)}
    values = {"none": lost, "std_error": float(np.sqrt(lost * (1 - lost) / trials)), "expected_n": float(n.sum(axis=1).mean()),
              "expected_dlt": float(x.sum(axis=1).mean())}  # fmt: skip
    named = {"boin": "BOIN", "mtpi-2": "mTPI-2", "crm": "CRM"}[design]
    return Result(
        f"{named} design, target {target:g}, {trials} simulated trials of {n_max} in cohorts of {cohort}",
        values,
        curve=curve,
    )


@cache
def _selected(design: str, target: float, events: tuple[int, ...], totals: tuple[int, ...], closed: int) -> int:
    """The place, from 0, of the dose that is selected; -1 if none is."""
    if not closed:
        return -1
    found = tolerated(list(events), list(totals), design, target, closed)
    return -1 if np.isnan(found["mtd"]) else int(found["mtd"]) - 1


def _rates(rates: Sequence[float]) -> np.ndarray:
    rates = numbers("rates", rates)
    offending("rates", (rates < 0) | (rates > 1), "rate outside 0 to 1")
    if not len(rates):
        raise ValueError("rates: no dose")
    return rates
