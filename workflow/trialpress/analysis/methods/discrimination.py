"""How well a number, or a model, tells those with an outcome from those without."""

from __future__ import annotations

import numpy as np

from ...registry import Condition, Ordinal
from .. import Data, Rows
from .common import METHODS, outcomes, scores


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
