"""Rules by which a trial is stopped."""

from __future__ import annotations

from ...ids import Name, percent
from ...registry import Count, Positive, Share
from ...stats.result import Result
from .. import Data, Rows
from .common import METHODS, not_estimable

KINDS = {"needed": "count", "stopped": "percent", "expected_n": "decimal1", "expected_events": "decimal1"}


@METHODS.add("stopping_rule", of_a_design=True)
def stopping_rule(data: Data, rows: Rows, *, rate: Share, threshold: Share, n_max: Count, cohort: Count = 1, rates: list[Share] = (),
                  a: Positive = 1, b: Positive = 1):  # fmt: skip
    """Stopping rule of a trial whose toxicity (or deaths, or failures) is monitored all along: it stops when the posterior probability
    of a rate above the limit exceeds a threshold (Thall and Simon). The fewest events that stop it at each look (levels
    `6_participants`), and the exact probability of stopping and mean numbers of participants and events, were these the true rates
    (levels `25_percent`).

    Parameters
        rate: the limit, which the rate must not exceed
        threshold: posterior probability of a higher rate beyond which the trial stops
        n_max: participants at most
        cohort: participants before each look; the last look is at `n_max`
        rates: true rates
        a: of the beta prior
        b: of the beta prior
    """
    from ...stats.monitoring import stopping_rule as rule

    true = list(dict.fromkeys(rates))
    found, characteristics = rule(rate, threshold, n_max, every=cohort, rates=true, a=a, b=b)
    for n, needed in zip(found.curve["n"], found.curve["needed"], strict=True):
        level = Name(f"{n}_participants", f"{n} participants")
        if needed > n:
            not_estimable(
                rows, ("needed",), "no number of events stops the trial at this look", found.method, level=level
            )
        else:
            rows.add(Result(found.method, {"needed": int(needed)}), level=level, kinds=KINDS)
    for p, result in zip(true, characteristics, strict=True):
        rows.add(result, level=percent(p), kinds=KINDS)
