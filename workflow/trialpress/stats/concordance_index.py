"""How well a score orders participants by the time to their event: the concordance index."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from .result import Result, not_estimable, numbers, probability
from .risksets import sample

STATISTICS = ("estimate", "std_error", "ci_low", "ci_high")


def concordance_index(
    time, event, score, *, stratum=None, weights: str = "harrell", until: float | None = None, level: float = 0.95
) -> Result:
    """The probability that of two participants the one with the higher score has the event first, equal scores counted half,
    among pairs of whom it is known who was first (R survival::concordance with `reverse`).

    time, event: end of follow-up and 0/1, length n; score: numbers, higher where the event is expected earlier; weights:
    "harrell" (Harrell et al. 1982: every pair once) or "uno" (Uno et al. 2011: by 1 / G(t-)^2, G the Kaplan-Meier estimate of
    remaining uncensored, so that the index does not depend on censoring); until: pairs whose event is later do not count; stratum:
    labels, length n: pairs are of one stratum, and G is of it.
    values: n, events, pairs (those that count), estimate, std_error (infinitesimal jackknife, weights held), ci_low, ci_high
    (normal, cut at 0 and 1). Two who have the event at the same time are no pair; of an event and a censoring at one time the
    event is first.

    >>> found = concordance_index(np.array([1, 2, 3, 4]), np.array([1, 1, 0, 1]), np.array([4, 1, 3, 2]))
    >>> print(found["estimate"], found["pairs"])
    0.6 5
    """
    if weights not in ("harrell", "uno"):
        raise ValueError(f"weights: must be harrell or uno, is {weights!r}")
    time, event, _ = sample(time, event)
    score = numbers("score", score, length=len(time))
    if stratum is not None and np.shape(stratum) != time.shape:
        raise ValueError(f"stratum: has shape {np.shape(stratum)} where {len(time)} values are needed")
    method = f"{weights.capitalize()}'s concordance index{f' until {until:g}' if until is not None else ''}"
    method += " within strata" * (stratum is not None) + f", {100 * probability('level', level):g}% CI"
    known = {"n": len(time), "events": int(event.sum()), "pairs": 0}
    concordant, comparable = np.zeros((2, len(time)))
    within = np.zeros(len(time), int) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    for here in (within == code for code in np.unique(within)):
        pairs, concordant[here], comparable[here] = _ordered(time[here], event[here], score[here], weights, until)
        known["pairs"] += pairs
    total = comparable.sum() / 2
    if not total > 0:
        why = "no event" if not event.any() else "of no two participants it is known whose event was first"
        return not_estimable(method, STATISTICS, why, **known)
    estimate = float(concordant.sum() / comparable.sum())
    error = float(np.sqrt((((concordant - estimate * comparable) / total) ** 2).sum()))
    if not error > 1e-10:
        gap = dict.fromkeys(STATISTICS[1:], float("nan"))
        return Result(method, known | {"estimate": estimate} | gap, "interval not estimable: all pairs agree")
    reach = -ndtri((1 - level) / 2) * error
    limits = {"ci_low": max(0.0, estimate - reach), "ci_high": min(1.0, estimate + reach)}
    return Result(method, known | {"estimate": estimate, "std_error": error, **limits})


def _ordered(time, event, score, weights: str, until: float | None) -> tuple[int, np.ndarray, np.ndarray]:
    """`_pairs` of one stratum."""
    counted = event if until is None else event & (time <= until)
    weight = counted.astype(float)
    if weights == "uno" and counted.any():
        at, of = np.unique(time, return_inverse=True)
        events = np.bincount(of, event, len(at))
        leaving = np.bincount(of, minlength=len(at))
        staying = leaving[::-1].cumsum()[::-1] - events  # at one time the events are first
        free = np.cumprod(1 - (leaving - events) / np.maximum(staying, 1))
        weight[counted] /= np.concatenate(([1.0], free))[of[counted]] ** 2
    place = np.unique(2 * np.unique(time, return_inverse=True)[1] + ~event, return_inverse=True)[1]
    return _pairs(place, np.unique(score, return_inverse=True)[1], counted, weight)


def _pairs(place, rank, counted, weight) -> tuple[int, np.ndarray, np.ndarray]:
    """(pairs, of each participant the weight of the concordant pairs, and of all) of which one is an event that counts and the
    other has a later place. Any two places differ first in one binary digit: for each digit those that have 0 meet those
    that have 1 of the same higher digits, in one sorted list.
    """
    n, levels = 0, int(rank.max(initial=0)) + 1
    concordant, comparable = np.zeros(len(place)), np.zeros(len(place))
    for digit in range(int(place.max(initial=0)).bit_length()):
        block = place >> (digit + 1)
        later = (place >> digit) & 1 == 1
        first, second = np.flatnonzero(~later & counted), np.flatnonzero(later)
        keys = [block[at] * levels + rank[at] for at in (first, second)]
        order = np.argsort(keys[0], kind="stable")
        keys = [keys[0][order], np.sort(keys[1], kind="stable")]
        total = np.concatenate(([0.0], np.cumsum(weight[first][order])))
        for own, other, sums in ((first, keys[1], None), (second, keys[0], total)):
            start = block[own] * levels
            ends = [
                np.searchsorted(other, key) for key in (start, start + rank[own], start + rank[own] + 1, start + levels)
            ]
            below, same, above = np.diff(np.array(ends) if sums is None else sums[np.array(ends)], axis=0)
            if sums is None:  # the events: how many come later
                n += int((below + same + above).sum())
                concordant[own] += weight[own] * (below + same / 2)
                comparable[own] += weight[own] * (below + same + above)
            else:  # the others: the weight of the events that came before
                concordant[own] += above + same / 2
                comparable[own] += below + same + above
    return n, concordant, comparable
