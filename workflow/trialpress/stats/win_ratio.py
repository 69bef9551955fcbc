"""The win ratio of a hierarchy of outcomes: every participant of one group against every one of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc, ndtri

from .result import Result, indicator, not_estimable, numbers, probability, times
from .risksets import groups

STATISTICS = ("win_ratio", "ci_low", "ci_high", "std_error", "p_value")
ODDS = ("win_odds", "win_odds_low", "win_odds_high", "net_benefit", "net_benefit_low", "net_benefit_high")
BLOCK = 4_000_000  # pairs that are looked at together


class Outcome(NamedTuple):
    """One outcome of the hierarchy. Without `event` a number of which more (`higher`) or less is better, NaN where unknown; with
    `event` (0/1) the time to an event that is better late, or early with `higher` false."""

    value: np.ndarray
    event: np.ndarray | None = None
    higher: bool = True


def win_ratio(outcomes: Sequence[Outcome], group, *, level: float = 0.95) -> Result:
    """Unmatched win ratio (Pocock et al. 2012, by the pairs of Finkelstein & Schoenfeld 1999) of the second of the sorted labels
    against the first.

    Each pair is decided by the first outcome that tells the two apart: of two times the later event wins, if it is known that
    the other's event was earlier; equal values, and what is not known, go on to the next outcome. Variances of the U-statistics at
    the estimate (Bebu & Lachin 2016; R WinRatio, WWR, BuyseTest), for intervals and test, on the log scale of the ratios, normal
    for the net benefit. R WINS takes the variance under the null hypothesis (Dong et al. 2016) for both: the same ratio,
    and limits that differ little unless it is extreme.

    outcomes: from the most important one on, values of length n; group: labels, length n. values: n, pairs, wins, losses,
    ties (of pairs), wins:k and losses:k decided by outcome k (from 1), win_ratio, std_error (of its log), ci_low, ci_high,
    p_value (of the log win ratio; Wald), win_odds (ties count half; Dong et al. 2020) and net_benefit (wins less losses as a share of pairs;
    Buyse 2010) with their intervals (_low, _high).

    >>> found = win_ratio([Outcome(np.array([3.0, 5, 4, 9]))], np.array([0, 0, 1, 1]))
    >>> print(found["wins"], found["losses"], found["win_ratio"])
    3 1 3.0
    """
    outcomes = list(outcomes)
    n = len(np.asarray(group))
    labels, code = groups("group", group, length=n)
    if len(labels) > 2:
        raise ValueError(f"group: {len(labels)} groups where two are compared")
    if not outcomes:
        raise ValueError("outcomes: none is given")
    outcomes = [_checked(outcome, n, k) for k, outcome in enumerate(outcomes, start=1)]
    method = f"unmatched win ratio, {100 * probability('level', level):g}% CI (U-statistics, variance at the estimate, log scale)"
    first, second = np.flatnonzero(code == 0), np.flatnonzero(code == 1)
    won, lost = np.zeros((len(outcomes), len(second))), np.zeros((len(outcomes), len(second)))
    won_of, lost_of = np.zeros(len(first)), np.zeros(len(first))
    step = max(1, BLOCK // len(first))
    for start in range(0, len(second), step):
        rows = second[start : start + step]
        open_ = np.ones((len(rows), len(first)), bool)
        for k, outcome in enumerate(outcomes):
            better, worse = (found & open_ for found in _decided(outcome, rows, first))
            open_ &= ~(better | worse)
            won[k, start : start + step], lost[k, start : start + step] = better.sum(axis=1), worse.sum(axis=1)
            won_of += better.sum(axis=0)
            lost_of += worse.sum(axis=0)
    pairs, wins, losses = len(first) * len(second), int(won.sum()), int(lost.sum())
    known = {"n": n, "pairs": pairs, "wins": wins, "losses": losses, "ties": pairs - wins - losses}
    for k in range(len(outcomes)):
        known |= {f"wins:{k + 1}": int(won[k].sum()), f"losses:{k + 1}": int(lost[k].sum())}
    if min(len(first), len(second)) < 2:
        return not_estimable(method, STATISTICS + ODDS, "fewer than two in a group", **known)
    z = -ndtri((1 - level) / 2)
    # The share of wins and of losses of each participant; their covariance is that of the two U-statistics.
    p = np.array([wins, losses]) / pairs
    parts = [(np.array([won.sum(axis=0), lost.sum(axis=0)]) / len(first)), np.array([won_of, lost_of]) / len(second)]
    covariance = sum((part - p[:, None]) @ (part - p[:, None]).T / part.shape[1] ** 2 for part in parts)

    def spread(slope: Sequence[float]) -> float:
        return float(np.sqrt(max(np.array(slope) @ covariance @ np.array(slope), 0.0)))

    values = dict.fromkeys(STATISTICS + ODDS, float("nan"))
    net = p[0] - p[1]
    values["net_benefit"] = float(net)
    reach = z * spread([1, -1])
    if reach > 1e-12:
        values |= {"net_benefit_low": max(-1.0, net - reach), "net_benefit_high": min(1.0, net + reach)}
    half = (1 - net) / 2
    if 0 < half < 1 and reach > 1e-12:
        error = spread([0.5 / (half * (1 - half)), -0.5 / (half * (1 - half))])
        odds = (1 - half) / half
        values |= {
            "win_odds": odds,
            "win_odds_low": odds * np.exp(-z * error),
            "win_odds_high": odds * np.exp(z * error),
        }
    note = ""
    if wins and losses:
        error = spread([1 / p[0], -1 / p[1]])
        ratio = wins / losses
        values["win_ratio"] = ratio
        if error > 1e-10:
            values |= {"std_error": error, "ci_low": ratio * np.exp(-z * error), "ci_high": ratio * np.exp(z * error)}
            values["p_value"] = chdtrc(1, (np.log(ratio) / error) ** 2)
    if np.isnan(list(values.values())).any():
        note = "not estimable: " + ("no pair is decided" if not wins and not losses else "all pairs that are decided are decided alike"
                                    if not wins or not losses else "the pairs leave no variance")  # fmt: skip
    return Result(method, {**known, **values}, note)


def _checked(outcome: Outcome, n: int, k: int) -> Outcome:
    if outcome.event is None:
        value = np.asarray(outcome.value, dtype=float)
        if value.shape != (n,):
            raise ValueError(f"outcome {k}: has shape {value.shape} where {n} values are needed")
        numbers(f"outcome {k}", value[~np.isnan(value)])
        return Outcome(value if outcome.higher else -value)
    event = indicator(f"outcome {k}", outcome.event, length=n)
    return Outcome(times(f"outcome {k}", outcome.value, length=n), event, outcome.higher)


def _decided(outcome: Outcome, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows win, rows lose) of all pairs of rows and columns."""
    a, b = outcome.value[rows][:, None], outcome.value[columns][None]
    if outcome.event is None:
        return a > b, a < b
    of_a, of_b = outcome.event[rows][:, None], outcome.event[columns][None]
    # whose event was first: it lies before the end of the other's follow-up; at one time it is before a censoring
    later, earlier = of_b & ((b < a) | ((b == a) & ~of_a)), of_a & ((a < b) | ((a == b) & ~of_b))
    return (later, earlier) if outcome.higher else (earlier, later)
