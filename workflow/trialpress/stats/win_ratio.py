"""The win ratio of a hierarchy of outcomes: every participant of one group against every one of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


def win_ratio(
    outcomes: Sequence[Outcome], group, *, stratum=None, variance: str = "estimate", level: float = 0.95
) -> Result:
    """Unmatched win ratio (Pocock et al. 2012, by the pairs of Finkelstein & Schoenfeld 1999) of the second of the sorted labels
    against the first.

    Each pair is decided by the first outcome that tells the two apart: of two times the later event wins, if it is known that
    the other's event was earlier; equal values, and what is not known, go on to the next outcome. variance: "estimate", of the
    U-statistics at the estimate (Bebu & Lachin 2016; R WinRatio, WWR, BuyseTest), or "null-hypothesis", under the hypothesis that wins are as
    many as losses (Dong et al. 2016; R WINS), for intervals and test, on the log scale of the ratios, normal for the net benefit.
    stratum: labels, length n; pairs are of one stratum, and wins and losses of each are weighted by its size, as Mantel and Haenszel
    (Dong et al. 2018; R WINS, MH-type).

    outcomes: from the most important one on, values of length n; group: labels, length n. values: n, strata (with both groups),
    pairs, wins, losses, ties (of pairs), wins:k and losses:k decided by outcome k (from 1), all without weights; win_ratio, std_error
    (of its log), ci_low, ci_high, p_value (of the log win ratio; Wald), win_odds (ties count half; Dong et al. 2020) and
    net_benefit (wins less losses as a share of pairs; Buyse 2010) with their intervals (_low, _high).

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
    if variance not in VARIANCES:
        raise ValueError(f"variance: must be one of {', '.join(VARIANCES)}, is {variance!r}")
    if stratum is not None and np.shape(stratum) != (n,):
        raise ValueError(f"stratum: has shape {np.shape(stratum)} where {n} values are needed")
    outcomes = [_checked(outcome, n, k) for k, outcome in enumerate(outcomes, start=1)]
    kind = "unmatched win ratio" if stratum is None else "unmatched win ratio within strata, Mantel-Haenszel weights"
    method = f"{kind}, {100 * probability('level', level):g}% CI ({VARIANCES[variance]}, log scale)"
    within = np.zeros(n, int) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    parts = [
        (np.flatnonzero((within == s) & (code == 0)), np.flatnonzero((within == s) & (code == 1)))
        for s in np.unique(within)
    ]
    strata = [_Pairs.of(outcomes, *part) for part in parts if min(map(len, part))]
    decided = sum((one.decided for one in strata), np.zeros((2, len(outcomes)), int))
    pairs, (wins, losses) = sum(one.pairs for one in strata), decided.sum(axis=1).tolist()
    known = {
        "n": n,
        "strata": len(strata),
        "pairs": pairs,
        "wins": wins,
        "losses": losses,
        "ties": pairs - wins - losses,
    }
    for k in range(len(outcomes)):
        known |= {f"wins:{k + 1}": int(decided[0, k]), f"losses:{k + 1}": int(decided[1, k])}
    if not strata:
        return not_estimable(method, STATISTICS + ODDS, "no stratum has both groups", **known)
    if min(one.smaller for one in strata) < 2:
        where = "" if stratum is None else " of a stratum"
        return not_estimable(method, STATISTICS + ODDS, f"fewer than two in a group{where}", **known)
    z = -ndtri((1 - level) / 2)
    weight = np.array([1 / one.size for one in strata])
    total = weight @ [one.pairs for one in strata]
    p = weight @ [one.decided.sum(axis=1) for one in strata] / total
    covariance = np.tensordot(weight**2, [one.covariance for one in strata], 1) / total**2
    null = float(weight**2 @ [one.null for one in strata]) / total**2

    def spread(slope: Sequence[float], under_null: float) -> float:
        """Of a measure with this slope in wins and losses, or so many times the net benefit under the null hypothesis."""
        at = np.array(slope) @ covariance @ np.array(slope) if variance == "estimate" else under_null**2 * null
        return float(np.sqrt(max(at, 0.0)))

    values = dict.fromkeys(STATISTICS + ODDS, float("nan"))
    net = p[0] - p[1]
    values["net_benefit"] = float(net)
    reach = z * spread([1, -1], 1)
    if reach > 1e-12:
        values |= {"net_benefit_low": max(-1.0, net - reach), "net_benefit_high": min(1.0, net + reach)}
    half = (1 - net) / 2
    if 0 < half < 1 and reach > 1e-12:
        error = spread([0.5 / (half * (1 - half)), -0.5 / (half * (1 - half))], 2)
        odds = (1 - half) / half
        values |= {
            "win_odds": odds,
            "win_odds_low": odds * np.exp(-z * error),
            "win_odds_high": odds * np.exp(z * error),
        }
    note = ""
    if wins and losses:
        error, ratio = spread([1 / p[0], -1 / p[1]], 2 / p.sum()), float(p[0] / p[1])
        values["win_ratio"] = ratio
        if error > 1e-10:
            values |= {"std_error": error, "ci_low": ratio * np.exp(-z * error), "ci_high": ratio * np.exp(z * error)}
            values["p_value"] = chdtrc(1, (np.log(ratio) / error) ** 2)
    if np.isnan(list(values.values())).any():
        note = "not estimable: " + ("no pair is decided" if not wins and not losses else "all pairs that are decided are decided alike"
                                    if not wins or not losses else "the pairs leave no variance")  # fmt: skip
    lost = len(parts) - len(strata)
    left = f"{lost} {'strata' if lost > 1 else 'stratum'} without one of the groups left out" if lost else ""
    return Result(method, {**known, **values}, "; ".join(filter(None, [note, left])))


VARIANCES = {
    "estimate": "U-statistics, variance at the estimate",
    "null-hypothesis": "variance under the null hypothesis",
}


@dataclass(frozen=True)
class _Pairs:
    """The pairs of a stratum. size: participants; smaller: of the smaller group; decided: won and lost by each outcome (2 x k);
    covariance: of the numbers won and lost (2 x 2), at the estimate; null: variance of their difference where they are equal."""

    size: int
    smaller: int
    pairs: int
    decided: np.ndarray
    covariance: np.ndarray
    null: float

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], first: np.ndarray, second: np.ndarray) -> _Pairs:
        decided = np.zeros((2, len(outcomes)), int)
        own = [
            np.zeros((2, len(second))),
            np.zeros((2, len(first))),
        ]  # won and lost against each participant of the other group
        step = max(1, BLOCK // len(first))
        for start in range(0, len(second), step):
            rows = second[start : start + step]
            open_ = np.ones((len(rows), len(first)), bool)
            for k, outcome in enumerate(outcomes):
                for side, found in enumerate(_decided(outcome, rows, first)):
                    here = found & open_
                    decided[side, k] += int(here.sum())
                    own[0][side, start : start + step] += here.sum(axis=1)
                    own[1][side] += here.sum(axis=0)
                    open_ &= ~here
        covariance, null, total = np.zeros((2, 2)), 0.0, int(decided.sum())
        for one, other in (own, own[::-1]):
            gaps = one - one.mean(axis=1, keepdims=True)
            covariance += gaps @ gaps.T
            # pairs of one participant with two others, which Dong et al. scale up to all of them
            many = other.shape[1]
            null += many / max(many - 1, 1) * float(((one[0] - one[1]) ** 2).sum() - total)
        return cls(
            len(first) + len(second), min(len(first), len(second)), len(first) * len(second), decided, covariance, null
        )


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
