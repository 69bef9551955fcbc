"""Adjustment of the p-values of one family of hypotheses."""

from __future__ import annotations

import numpy as np

from .result import Result, not_estimable, numbers, offending

METHODS = {
    "holm": "Holm, familywise error",
    "hochberg": "Hochberg, familywise error",
    "benjamini-hochberg": "Benjamini-Hochberg, false discovery rate",
}


def adjust(p_values, method: str = "holm") -> Result:
    """Adjusted p-values (R p.adjust).

    p_values: the family (k); NaN marks a hypothesis that could not be tested and does not count as one.
    method: "holm" (Holm 1979), "hochberg" (Hochberg 1988; independent or positively dependent tests) or "benjamini-hochberg"
    (Benjamini & Hochberg 1995).
    Returns n (tested hypotheses) and p_adjusted:1 ... p_adjusted:k in the order given; curve: p_value, p_adjusted.

    >>> print(adjust(np.array([0.01, 0.04, 0.03]), "holm").curve["p_adjusted"].round(3))
    [0.03 0.06 0.06]
    """
    if method not in METHODS:
        raise ValueError(f"method: must be one of {', '.join(METHODS)}, is {method!r}")
    p = np.asarray(p_values, dtype=float)
    tested = ~np.isnan(p)
    known = numbers("p_values", p[tested])
    offending("p_values", (p < 0) | (p > 1), "value outside 0 to 1")
    k = len(known)
    adjusted = np.full(len(p), np.nan)
    order = np.argsort(known, kind="stable")
    rank = np.arange(1, k + 1)
    if method == "holm":
        ordered = np.maximum.accumulate((k - rank + 1) * known[order])
    else:
        factor = k - rank + 1 if method == "hochberg" else k / rank
        ordered = np.minimum.accumulate((factor * known[order])[::-1])[::-1]
    adjusted[np.flatnonzero(tested)[order]] = np.minimum(1.0, ordered)
    names = tuple(f"p_adjusted:{i}" for i in range(1, len(p) + 1))
    title = f"p-values adjusted by {METHODS[method]}"
    if k == 0:
        return not_estimable(title, names, "no hypothesis was tested", n=0)
    note = "" if tested.all() else f"{len(p) - k} hypotheses could not be tested and are not in the family"
    values = {"n": k, **dict(zip(names, adjusted.tolist(), strict=True))}
    return Result(title, values, note, {"p_value": p, "p_adjusted": adjusted})
