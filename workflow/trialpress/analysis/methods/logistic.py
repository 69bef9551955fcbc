"""Logistic regression, also for few events and separated data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...registry import Column, Condition, Ordinal
from .. import Data, Rows
from .common import METHODS, RATIO, Design, by_suffix, is_categorical, not_estimable, number, outcomes

# Exact conditional inference visits every way to spread the events over the values of the covariate.
WAYS = 1e7
# What a fit raises that finds no maximum.
NO_FIT = (ArithmeticError, np.linalg.LinAlgError)


def _fit(data: Data, rows: Rows, fit: Callable, event: str, covariates: list[str], method: str):
    y, known = outcomes(data, event, list(covariates))
    design = Design.of(data, covariates, known)
    rows.add({"n": y.size, "events": y.sum()}, method="participants in the model", note=design.note)
    if design.refused(data, rows, covariates, "odds_ratio", method):
        return
    try:
        parts = by_suffix(fit(y, design.X, [name.id for name in design.names], level=data.plan.level))
    except NO_FIT as error:
        for name in design.names:
            not_estimable(rows, ("odds_ratio",), str(error), method, level=name)
        return
    for name in design.names:
        only = ("odds_ratio", "ci_low", "ci_high", "p_value")
        rows.add(parts[name.id], level=name, kinds=RATIO, only=only, note=design.note)


@METHODS.add("logistic")
def logistic(data: Data, rows: Rows, *, event: Condition, covariates: list[Column]):
    """Logistic regression of a condition, maximum likelihood with Wald intervals. If the covariates separate the outcomes
    there is no finite estimate: the note says so, and firth_logistic has one. Categorical covariates are compared with
    their first level.

    Parameters
        event: the outcome
        covariates: columns of the model
    """
    from ...stats.logistic import logistic as fit

    _fit(data, rows, fit, event, covariates, "logistic regression")


@METHODS.add("firth_logistic")
def firth_logistic(data: Data, rows: Rows, *, event: Condition, covariates: list[Column]):
    """Logistic regression of a condition with Firth's penalty, for few events: profile penalised likelihood intervals and
    tests. Separation is said in the note; the estimates stay finite. Covariates as in logistic.

    Parameters
        event: the outcome
        covariates: columns of the model
    """
    from ...stats.logistic import firth as fit

    _fit(data, rows, fit, event, covariates, "Firth logistic regression")


@METHODS.add("exact_logistic")
def exact_logistic(data: Data, rows: Rows, *, event: Condition, covariate: Ordinal, stratum: Column = ""):
    """Exact conditional logistic regression of a condition on one covariate with few distinct values.

    Parameters
        event: the outcome
        covariate: a number, or a categorical column that enters as 0, 1, ... in the order of its levels
        stratum: column of strata to condition on
    """
    from ...stats.logistic import exact_logistic as fit

    y, known = outcomes(data, event, [covariate, *([stratum] if stratum else [])])
    rows.add({"n": y.size, "events": y.sum()}, method="participants in the model")
    x, strata = _scores(data, covariate)[known], _scores(data, stratum)[known] if stratum else None
    level = data.column(covariate)
    only = ("odds_ratio", "ci_low", "ci_high", "p_value")
    sizes = np.unique(x, return_counts=True)[1]
    whole = np.all(x == np.round(x)) and abs(x).max(initial=0) < 1000  # the sums of whole numbers are few
    if not whole and np.prod(sizes + 1.0) > WAYS:
        why = f"{sizes.size} distinct values are too many to enumerate"
        not_estimable(rows, only, why, "exact conditional logistic regression", level=level)
        return
    rows.add(fit(y, x, strata, level=data.plan.level), level=level, kinds=RATIO, only=only)


def _scores(data: Data, column: str) -> np.ndarray:
    """Numbers as they are, levels by their position."""
    if not is_categorical(data, column):
        return number(data.frame[column])
    places = np.full(len(data.frame), np.nan)
    for at, members in enumerate(data.groups(column).values()):
        places[members.to_numpy()] = at
    return places
