"""How strong confounding that was not measured would have to be."""

from __future__ import annotations

import math

from .result import Result, not_estimable


def e_value(ratio: float, low: float, high: float) -> Result:
    """The E-value of a risk ratio and of its confidence limit nearer to 1 (VanderWeele & Ding 2017; R EValue): the least risk ratio
    with which a confounder that was not measured would have to be associated, both with the group and with the outcome, beyond the
    covariates, to explain the ratio away, or to move the limit to 1; 1 where the interval holds 1.

    Returns estimate, limit.

    >>> result = e_value(3.9, 1.8, 8.7)  # VanderWeele & Ding: 7.26 and 3.0
    >>> print(round(result["estimate"], 2), round(result["limit"], 2))
    7.26 3.0
    """
    method = "E-value of the risk ratio, and of its confidence limit nearer to 1"
    if not (0 < low <= ratio <= high < math.inf):
        return not_estimable(method, ("estimate", "limit"), "the risk ratio has no finite interval above 0")

    def needed(one: float) -> float:
        larger = max(one, 1 / one)
        return larger + math.sqrt(larger * (larger - 1))

    limit = 1.0 if low <= 1 <= high else needed(low if ratio > 1 else high)
    return Result(method, {"estimate": needed(ratio), "limit": limit})
