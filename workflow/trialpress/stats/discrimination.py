"""How well a number tells those with an outcome from those without (ROC curve and the area under it), and how well predicted
probabilities agree with what happened (calibration)."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtri
from scipy.stats import rankdata

from .logistic import logistic
from .proportions import proportion
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


def calibration(y, p, *, level: float = 0.95) -> dict[str, Result]:
    """Agreement of predicted probabilities with outcomes (Van Calster et al. 2016), each measure with its interval: `ratio` of
    observed to expected events (exact, Clopper & Pearson over the mean prediction), `large`, the intercept at slope 1 of the
    logistic recalibration (0 is perfect; R glm with an offset), `slope` of the recalibration (1 is perfect; R glm).

    y: 0/1 outcomes (n); p: probabilities strictly between 0 and 1 (n), not estimable otherwise. Each result: estimate, ci_low,
    ci_high.

    >>> found = calibration([0, 0, 1, 0, 1, 1], [0.1, 0.3, 0.2, 0.4, 0.6, 0.7])
    >>> print(round(found["ratio"]["estimate"], 3), round(found["large"]["estimate"], 3))
    1.304 0.592
    """
    y = indicator("y", y).astype(float)
    p = numbers("p", p, length=len(y))
    percent, names = f"{100 * probability('level', level):g}% CI", ("estimate", "ci_low", "ci_high")
    methods = {"ratio": f"observed to expected events, exact {percent}", "large": f"calibration in the large, Wald {percent}",
               "slope": f"calibration slope, Wald {percent}"}  # fmt: skip
    outside = int(((p <= 0) | (p >= 1)).sum())
    if not len(y) or outside:
        reason = f"{outside} of the predictions are no probabilities between 0 and 1" if outside else "no participants"
        return {name: not_estimable(method, names, reason) for name, method in methods.items()}
    share, expected = proportion(int(y.sum()), len(y), level=level), float(p.mean())
    found = {"ratio": Result(methods["ratio"], {name: share[name] / expected for name in names})}
    if y.all() or not y.any():
        why = "all have the outcome" if y.all() else "none has the outcome"
        return found | {name: not_estimable(methods[name], names, why) for name in ("large", "slope")}
    score = logit(p)
    far = 60.0 + float(np.abs(score).max())
    middle = brentq(lambda a: float((y - expit(a + score)).sum()), -far, far, xtol=1e-13)
    weight = expit(middle + score)
    reach = -ndtri((1 - level) / 2) / np.sqrt((weight * (1 - weight)).sum())
    found["large"] = Result(methods["large"], dict(zip(names, (middle, middle - reach, middle + reach), strict=True)))
    if np.ptp(score) == 0:
        return found | {"slope": not_estimable(methods["slope"], names, "all predictions are the same")}
    fit = logistic(y, score, ["slope"], level=level)
    with np.errstate(divide="ignore"):
        values = [fit["estimate:slope"], *(float(np.log(fit[f"{name}:slope"])) for name in ("ci_low", "ci_high"))]
    found["slope"] = Result(methods["slope"], dict(zip(names, values, strict=True)), fit.note)
    return found
