"""How well a number tells those with an outcome from those without: ROC curve and the area under it."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from .result import Result, indicator, not_estimable, numbers, probability

STATISTICS = ("estimate", "std_error", "ci_low", "ci_high")


def roc(y, x, *, level: float = 0.95) -> Result:
    """Area under the ROC curve, the probability that x is higher in one with the outcome than in one without, ties counted
    half, with the interval of DeLong, DeLong & Clarke-Pearson (1988), cut at 0 and 1 (R pROC).

    y: 0/1 outcomes (n); x: numbers (n), higher where the outcome is expected. Returns n, events, estimate, std_error, ci_low,
    ci_high; curve: x (1 - specificity) and estimate (sensitivity), from the highest threshold on. Where x parts the outcomes
    wholly, or fewer than two have or lack the outcome, the variance says nothing: no interval, and a note.

    >>> result = roc([0, 0, 1, 1], [1, 3, 2, 4])
    >>> print(result["estimate"], result.curve["x"], result.curve["estimate"])
    0.75 [0.  0.  0.5 0.5 1. ] [0.  0.5 0.5 1.  1. ]
    """
    y = indicator("y", y)
    x = numbers("x", x, length=len(y))
    method = f"area under the ROC curve, DeLong {100 * probability('level', level):g}% CI"
    cases, controls = int(y.sum()), int((~y).sum())
    known = {"n": len(y), "events": cases}
    if not cases or not controls:
        return not_estimable(method, STATISTICS, "all have the outcome" if cases else "none has the outcome", **known)
    ranks = rankdata(x)
    above = (ranks[y] - rankdata(x[y])) / controls  # share of the others that lie below each one with the outcome
    below = 1 - (ranks[~y] - rankdata(x[~y])) / cases
    area = float(above.mean())
    thresholds = np.unique(x)[::-1]
    places = np.searchsorted(-thresholds, -x)
    curve = {
        name: np.r_[0.0, np.cumsum(np.bincount(places[chosen], minlength=thresholds.size)) / chosen.sum()]
        for name, chosen in (("x", ~y), ("estimate", y))
    }
    values, why = {**known, "estimate": area}, ""
    if min(cases, controls) < 2:
        why = f"fewer than two {'with' if cases < 2 else 'without'} the outcome"
    elif area in (0.0, 1.0):
        why = "the values part those with the outcome from those without wholly"
    if why:
        values |= dict.fromkeys(STATISTICS[1:], float("nan"))
        return Result(method, values, f"interval not estimable: {why}", curve)
    error = float(np.sqrt(above.var(ddof=1) / cases + below.var(ddof=1) / controls))
    reach = -ndtri((1 - level) / 2) * error
    values |= {"std_error": error, "ci_low": max(0.0, area - reach), "ci_high": min(1.0, area + reach)}
    return Result(method, values, "", curve)
