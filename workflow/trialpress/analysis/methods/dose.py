"""Dose and response."""

from __future__ import annotations

import numpy as np

from ...ids import EVERYONE, Name, word
from ...registry import Condition, Number
from ...stats.result import Result
from .. import Data, Rows
from .common import METHODS, RATIO, by_suffix, not_estimable, number, outcomes
from .logistic import NO_FIT


def _treated(data: Data, event: str, dose: str) -> tuple[np.ndarray, np.ndarray]:
    """(doses, outcomes) of those with a known outcome and a positive dose."""
    y, known = outcomes(data, event, [dose])
    doses = number(data.frame[dose])[known]
    return doses[doses > 0], y[doses > 0]


PER_DOSE = word("per tenfold dose")


@METHODS.add("dose_response", positive="dose")
def dose_response(data: Data, rows: Rows, *, event: Condition, dose: Number, firth: bool = False):
    """Logistic regression of a condition on log10 dose: odds ratio per tenfold dose, and the fitted curve with its
    pointwise band (x: dose). Separation is said in the note.

    Parameters
        event: the outcome
        dose: column of the dose, not its logarithm
        firth: Firth's penalty, finite under separation
    """
    from ...stats.dose import dose_response as fit

    doses, y = _treated(data, event, dose)
    rows.add({"n": y.size, "events": y.sum()}, method="participants in the model")
    try:
        result = fit(doses, y, penalised=firth, level=data.plan.level)
    except NO_FIT as error:
        not_estimable(rows, ("odds_ratio",), str(error), "logistic regression on log10 dose", level=PER_DOSE)
        return
    only = ("odds_ratio", "ci_low", "ci_high", "p_value")
    rows.add(result, level=PER_DOSE, kinds=RATIO, only=only)
    if result.curve:
        rows.curve({"x": result.curve["dose"], **result.curve})


@METHODS.add("isotonic", positive="dose")
def isotonic(data: Data, rows: Rows, *, event: Condition, dose: Number):
    """Event rate by dose under the assumption that it does not fall with the dose: pooled adjacent violators. Curve: rate
    by dose, with participants and events of each dose.

    Parameters
        event: what is counted
        dose: column of the dose
    """
    from ...stats.dose import isotonic as fit

    doses, y = _treated(data, event, dose)
    levels, at = np.unique(doses, return_inverse=True)
    events, totals = np.bincount(at, y, minlength=levels.size), np.bincount(at, minlength=levels.size)
    result = fit(levels, events, totals)
    for level, part in by_suffix(result).items():
        dose_of = Name(*[f"{float(level):.10g}"] * 2) if level else EVERYONE
        rows.add(part, level=dose_of, kinds={"estimate": "percent"})
    if result.curve:
        curve = result.curve
        rows.curve({"x": curve["dose"], "estimate": curve["estimate"], "n_at_risk": curve["N"], "n_event": curve["n"]})


@METHODS.add("emax")
def emax(data: Data, rows: Rows, *, response: Number, dose: Number):
    """Emax model of a continuous response: e0 + emax * dose / (ed50 + dose), least squares with t intervals. Refused, and
    the note says so, where the doses do not show where the response levels off. Curve: fitted response (x: dose).

    Parameters
        response: column of the response
        dose: column of the dose
    """
    from ...stats.dose import emax as fit

    known = data.frame[[response, dose]].notna().all(axis=1)
    result = fit(number(data.frame[dose])[known], number(data.frame[response])[known], level=data.plan.level)
    for level, part in by_suffix(_parameters(result)).items():
        rows.add(part, level=word(level), kind="significant")
    if result.curve:
        rows.curve({"x": result.curve["dose"], "estimate": result.curve["estimate"]})


def _parameters(result: Result) -> Result:
    """The three parameters as estimates of their own level."""
    values = {f"estimate:{n}" if n in ("e0", "emax", "ed50") else n: v for n, v in result.values.items()}
    return Result(result.method, values, result.note)
