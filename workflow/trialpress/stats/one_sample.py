"""Follow-up of one sample against what was expected of it."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from .ranks import sided
from .rates import rate
from .result import Result, indicator, not_estimable, numbers, offending, probability

STATISTICS = ("expected", "hazard_ratio", "ci_low", "ci_high", "statistic", "p_value")


def one_sample_log_rank(event, expected, *, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """One-sample log-rank test of the events against a known hazard (Finkelstein, Muzikansky & Schoenfeld 2003; R survival::survdiff
    with an offset): z = (O - E) / root of E. The ratio O / E is the hazard ratio where hazards are proportional; its interval is the
    exact one of a Poisson count.

    event: 0/1, length n; expected: cumulative hazard of each participant over the follow-up, by which it is expected to have had so
    many events. alternative: "less" if fewer events than expected, "greater" if more. values: n, events, expected, hazard_ratio,
    ci_low, ci_high, statistic (z), p_value.

    >>> found = one_sample_log_rank([1, 0, 1, 0], np.log(2) / 6 * np.array([5.0, 20, 9, 30]))  # a median of 6 months was expected
    >>> print(f"{found['expected']:.2f} {found['hazard_ratio']:.2f} {found['p_value']:.3f}")
    7.39 0.27 0.047
    """
    event = indicator("event", event)
    expected = numbers("expected", expected, length=len(event))
    offending("expected", expected < 0, "negative hazard")
    method = sided(f"one-sample log-rank test, exact Poisson {100 * probability('level', level):g}% CI", alternative)
    events, total = int(event.sum()), float(expected.sum())
    known = {"n": len(event), "events": events}
    if not total > 0:
        return not_estimable(method, STATISTICS, "no follow-up", **known)
    ratio, z = rate(events, total, level=level), (events - total) / np.sqrt(total)
    p = {"two-sided": 2 * ndtr(-abs(z)), "less": ndtr(z), "greater": ndtr(-z)}[alternative]
    values = {
        "expected": total,
        "hazard_ratio": ratio["estimate"],
        "ci_low": ratio["ci_low"],
        "ci_high": ratio["ci_high"],
    }
    return Result(method, {**known, **values, "statistic": float(z), "p_value": float(p)})
