"""Effects of a number that need not be straight lines: restricted cubic splines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...ids import Name, word
from ...registry import Column, Condition, Count, Endpoint, Number
from ...stats.result import Result
from ...text import number_text
from .. import Data, Rows
from .common import METHODS, RATIO, entry_of, follow_up, not_estimable, number, outcomes, strata_of
from .linear import design_of

TEST = ("statistic", "df", "p_value")


def _effects(data: Data, rows: Rows, kind: str, x: str, known: pd.Series, covariates: list[str], knots: int, reference: str, at: list[float],
             counts: dict[str, np.ndarray], given) -> None:  # fmt: skip
    """Rows of the tests and of the effects at values; the curve. given: who is known -> outcome."""
    from ...stats.splines import POINTS, spline

    known = known & data.frame[x].notna()
    design = design_of(data, list(covariates), known)
    outcome = given(design.known)
    n = int(design.known.sum())
    rows.add(
        {"n": n, **{name: values[design.known.to_numpy()].sum() for name, values in counts.items()}},
        method="participants in the model",
    )
    values = number(data.frame.loc[design.known, x])
    centre = None if reference == "" else float(reference)
    result = spline(kind, values, design.X, knots=knots, reference=centre, values=at, level=data.plan.level, **outcome)
    ratio = {"linear": "estimate", "logistic": "odds_ratio", "cox": "hazard_ratio"}[kind]
    nonlinear = {f"nonlinear_{name}": name for name in TEST}
    rows.add(result, only=TEST, note=design.note)
    rows.add(result, level=word("nonlinearity"), names=nonlinear, only=tuple(nonlinear), kinds={"nonlinear_p_value": "p", "nonlinear_df": "df"},
             note=design.note)  # fmt: skip
    levels = [Name(number_text(value), f"{data.plan.label(x)} {number_text(value)}") for value in at]
    if not result.curve:
        for level in levels:
            not_estimable(rows, (ratio,), result.note.removeprefix("not estimable: "), result.method, level=level)
        return
    rows.add({"reference": float(result.curve["time"][POINTS])}, method=result.method)
    for place, level in enumerate(levels, start=POINTS + 1):
        own = {
            ratio: result.curve["estimate"][place],
            **{name: result.curve[name][place] for name in ("ci_low", "ci_high")},
        }
        outside = not values.min() <= at[place - POINTS - 1] <= values.max()
        note = "outside the values that were seen" if outside else ""
        note = (
            note if np.isfinite(list(own.values())).all() else "not estimable: too far from the values that were seen"
        )
        rows.add(Result(result.method, own, note), level=level, kinds={} if kind == "linear" else RATIO)
    rows.curve({name: column[:POINTS] for name, column in result.curve.items()})


@METHODS.add("linear_spline")
def linear_spline(data: Data, rows: Rows, *, variable: Number, x: Number, covariates: list[Column] = (), knots: Count = 4, reference: str = "",
                  at: list[float] = ()):  # fmt: skip
    """The effect of a number on a continuous variable, which need not be a straight line: restricted cubic spline in a linear model
    at Harrell's knots, with the tests of the effect and of its nonlinearity, and differences from a reference value.

    Parameters
        variable: what is explained
        x: whose effect is described
        covariates: other columns of the model
        knots: 3, 4 or 5
        reference: value that others are compared with, as text (default: the median)
        at: values whose effect is given
    """
    y = number(data.frame[variable])
    _effects(
        data,
        rows,
        "linear",
        x,
        data.frame[variable].notna(),
        covariates,
        knots,
        reference,
        at,
        {},
        lambda known: {"y": y[known.to_numpy()]},
    )


@METHODS.add("logistic_spline")
def logistic_spline(data: Data, rows: Rows, *, event: Condition, x: Number, covariates: list[Column] = (), knots: Count = 4, reference: str = "",
                    at: list[float] = ()):  # fmt: skip
    """The effect of a number on a condition, which need not be a straight line: restricted cubic spline in a logistic model at
    Harrell's knots, with the tests of the effect and of its nonlinearity, and odds ratios against a reference value.

    Parameters
        event: the outcome
        x: whose effect is described
        covariates: other columns of the model
        knots: 3, 4 or 5
        reference: value that others are compared with, as text (default: the median)
        at: values whose effect is given
    """
    holds, known = outcomes(data, event, [])
    y = np.zeros(len(known))
    y[known.to_numpy(dtype=bool)] = holds
    _effects(
        data,
        rows,
        "logistic",
        x,
        known,
        covariates,
        knots,
        reference,
        at,
        {"events": y},
        lambda known: {"y": y[known.to_numpy()]},
    )


@METHODS.add("cox_spline", entry=True)
def cox_spline(data: Data, rows: Rows, *, endpoint: Endpoint, x: Number, covariates: list[Column] = (), stratum: Column = "", knots: Count = 4,
               reference: str = "", at: list[float] = ()):  # fmt: skip
    """The effect of a number on a time to event, which need not be a straight line: restricted cubic spline in a Cox model at
    Harrell's knots, with the tests of the effect and of its nonlinearity, and hazard ratios against a reference value.

    Parameters
        endpoint: the time-to-event endpoint
        x: whose effect is described
        covariates: other columns of the model
        stratum: column of strata, each with a baseline hazard of its own
        knots: 3, 4 or 5
        reference: value that others are compared with, as text (default: the median)
        at: values whose effect is given
    """
    time, event, known = follow_up(data, endpoint, "days", [stratum] if stratum else [])
    entry, whole = entry_of(data, endpoint, "days", known), known.to_numpy(dtype=bool)
    every = np.zeros(len(known))
    every[whole] = event

    def given(inside: pd.Series) -> dict:
        here = inside.to_numpy(dtype=bool)[whole]
        return {"time": time[here], "event": event[here], "entry": None if entry is None else entry[here],
                "stratum": strata_of(data, stratum, inside)}  # fmt: skip

    _effects(data, rows, "cox", x, known, covariates, knots, reference, at, {"events": every}, given)
