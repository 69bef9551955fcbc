"""How well a number, or a model, tells those with an outcome from those without."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...ids import Name, word
from ...registry import Column, Condition, Count, Endpoint, Number, Ordinal
from .. import Data, Rows
from .common import METHODS, PERCENT, Unit, follow_up, not_estimable, number, outcomes, scores, strata_of


@METHODS.add("roc")
def roc(data: Data, rows: Rows, *, event: Condition, score: Ordinal, lower: bool = False):
    """Area under the ROC curve of a score for a condition, with DeLong's interval, and the curve (x: 1 - specificity). Which
    direction is expected is said beforehand: an area below 0.5 stays one. Of a score that was fitted to the same participants
    the area is too high.

    Parameters
        event: the outcome
        score: a measurement, a risk score or the predicted probability of a published model
        lower: whether low scores are expected with the outcome
    """
    from ...stats.discrimination import roc as area

    y, known = outcomes(data, event, [score])
    values = scores(data, score)[known.to_numpy()]
    result = area(y, np.where(lower, -values, values), level=data.plan.level)
    rows.add(result, kinds=dict.fromkeys(("estimate", "ci_low", "ci_high", "std_error"), "decimal2"))
    if result.curve:
        rows.curve(result.curve)


@METHODS.add("concordance_index")
def concordance_index(data: Data, rows: Rows, *, endpoint: Endpoint, score: Ordinal, lower: bool = False,
                      weights: Literal["harrell", "uno"] = "harrell", until: float = 0, stratum: Column = "", unit: Unit = "months"):  # fmt: skip
    """Concordance index of a score with an endpoint: of two participants the probability that the one with the higher score
    has the event first, with its interval (infinitesimal jackknife); 0.5 tells nothing. Of a score that was fitted to the same
    participants it is too high.

    Parameters
        endpoint: the time-to-event endpoint
        score: a measurement, a risk score or the linear predictor of a published model
        lower: whether low scores are expected with early events
        weights: Harrell's index (Harrell et al. 1982), or Uno's (Uno et al. 2011), which does not depend on censoring
        until: time after which events do not count, in `unit`; 0: none is left out
        stratum: column of the strata, within which pairs are made
        unit: unit of `until`
    """
    from ...stats.concordance_index import STATISTICS
    from ...stats.concordance_index import concordance_index as index

    time, event, known = follow_up(data, endpoint, unit, [score, *([stratum] if stratum else [])])
    values = scores(data, score)[known.to_numpy()]
    if not time.size:
        rows.add({"n": 0}, method="concordance index")
        return not_estimable(rows, STATISTICS, "no participants", "concordance index")
    found = index(time, event, -values if lower else values, stratum=strata_of(data, stratum, known), weights=weights,
                  until=until or None, level=data.plan.level)  # fmt: skip
    rows.add(found, kinds=dict.fromkeys(STATISTICS, "decimal2") | {"pairs": "count"})


MEASURES = {
    "ratio": word("observed to expected"),
    "large": word("calibration in the large"),
    "slope": word("calibration slope"),
}


def risk_groups(p: np.ndarray, groups: int) -> dict[Name, np.ndarray]:
    """Who is in each of about equal groups by rising probability; equal probabilities stay together."""
    if not len(p):
        return {}
    edges = np.unique(np.quantile(p, np.linspace(0, 1, groups + 1)[1:-1], method="inverted_cdf"))
    place = np.searchsorted(edges, p, side="left")
    filled = [place == at for at in range(len(edges) + 1) if (place == at).any()]
    return {Name(f"group_{at}", f"group {at}"): members for at, members in enumerate(filled, start=1)}


@METHODS.add("calibration")
def calibration(data: Data, rows: Rows, *, event: Condition, predicted: Number, groups: Count = 5):
    """How well the probabilities that a model predicts agree with what happened (Van Calster et al. 2016): the ratio of observed to
    expected events, calibration in the large and the calibration slope, with intervals; and in groups by rising probability
    (levels `group_1`, ...) the mean prediction and the observed share with its exact interval. Of a model that was fitted to
    the same participants it shows nothing.

    Parameters
        event: the outcome
        predicted: its probability as the model predicts it, strictly between 0 and 1
        groups: how many groups, about equal in size
    """
    from ...stats.discrimination import calibration as agreement
    from ...stats.proportions import proportion

    y, known = outcomes(data, event, [predicted])
    y, p = np.asarray(y, dtype=bool), number(data.frame[predicted])[known.to_numpy()]
    probable = bool(((p > 0) & (p < 1)).all())
    expected = float(p.sum()) if probable else np.nan
    rows.add({"n": len(y), "events": int(y.sum())}, kind="count", method="participants with outcome and prediction")
    said = "" if probable else "not estimable: not all predictions are probabilities between 0 and 1"
    rows.add({"expected": expected}, kind="decimal1", method="sum of the predicted probabilities", note=said)
    for name, result in agreement(y, p, level=data.plan.level).items():
        rows.add(result, level=MEASURES[name], kinds=dict.fromkeys(("estimate", "ci_low", "ci_high"), "decimal2"))
    for level, members in risk_groups(p, groups).items() if probable else ():
        rows.add(
            proportion(int(y[members].sum()), int(members.sum()), level=data.plan.level), level=level, kinds=PERCENT
        )
        rows.add({"predicted": float(p[members].mean())}, level=level, kind="percent", method="mean prediction")
