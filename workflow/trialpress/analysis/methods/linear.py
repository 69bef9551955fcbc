"""Models of groups with covariates: means, incidence rates and risks, adjusted."""

from __future__ import annotations

from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from ...ids import EVERYONE, Name, word
from ...registry import Column, Condition, Number, Positive
from ...stats.result import Result
from .. import Data, Rows
from ..display import precision, recorded_decimals
from ..participants import in_no_group
from .common import (
    METHODS,
    PERCENT,
    RATIO,
    Design,
    by_suffix,
    comparable,
    event_counts,
    group_codes,
    is_categorical,
    known_counts,
    not_estimable,
    number,
    outcomes,
)
from .pairwise import pair

MOST = 1e15  # events of one participant that are exact as a number
SHOWN = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
RATE_RATIO = RATIO | {"rate_ratio": "ratio"}


def design_of(data: Data, covariates: list[str], known: pd.Series) -> Design:
    """The covariates of a model that has groups as well: it may be without any."""
    return (
        Design.of(data, covariates, known) if covariates else Design(np.empty((int(known.sum()), 0)), [], known, "", "")
    )


def centre(data: Data, X: np.ndarray, names: list[Name], covariates: list[str]) -> np.ndarray:
    """Where least-squares means are taken: numbers at their mean, the levels of a category with equal weights."""
    at = X.mean(axis=0) if len(X) else np.zeros(len(names))
    for covariate in covariates:
        own = [place for place, name in enumerate(names) if name.id.startswith(f"{data.column(covariate).id}=")]
        if is_categorical(data, covariate) and own:
            at[own] = 1 / (len(own) + 1)
    return at


def from_curve(
    rows: Rows, result: Result, names: list[tuple[Name, Name]], only: tuple[str, ...] = SHOWN, note: str = ""
):
    """Rows of one (group, level) for each entry of a result's curve; without a curve rows that say why."""
    for at, (group, level) in enumerate(names):
        values = {key: result.curve[key][at] for key in only if key in result.curve} or dict.fromkeys(
            only, float("nan")
        )
        rows.add(Result(result.method, values, result.note), group=group, level=level, note=note)


@METHODS.add("ancova")
def ancova(data: Data, rows: Rows, *, variable: Number, by: Column, covariates: list[Column] = (), interaction: Column = "",
           contrasts: Literal["first", "all", "tukey"] = "first", errors: Literal["classical", "hc3"] = "classical"):  # fmt: skip
    """A continuous variable between groups, by a linear model: F test of the groups, least-squares means, and the difference of
    each group from the first (or of all pairs, levels `b_against_a`) with its t test, all adjusted for covariates (analysis of covariance); without covariates analysis
    of variance. A change from baseline is analysed with the baseline as a covariate. Least-squares means are of a participant
    with the mean of every number and equal shares of the levels of every category.

    Parameters
        variable: what is compared
        by: column of the groups
        covariates: columns of the model
        interaction: one of the covariates; tests whether its slope, or the effect of its levels, differs between the groups
        contrasts: each group against the first, all pairs, or all pairs with Tukey's adjustment of intervals and p-values
        errors: classical, or hc3, which does not assume equal variances
    """
    from ...stats.linear import group_contrasts, least_squares_means, slopes
    from ...stats.linear import interaction as test_interaction

    asked = list(dict.fromkeys([*covariates, *([interaction] if interaction else [])]))
    known = data.frame[[variable, by]].notna().all(axis=1)
    design = design_of(data, asked, known & ~in_no_group(data, by))
    code, sizes = group_codes(data, by, design.known)
    y, hc3, level = number(data.frame.loc[design.known, variable]), errors == "hc3", data.plan.level
    recorded, means = recorded_decimals(y), [float(y[code == at].mean()) for at in range(len(sizes))]
    for group in data.groups(by):
        n = sizes.get(group, 0)
        mean = {"mean": means[list(sizes).index(group)] if n else float("nan")}
        why = "" if n else "not estimable: no known value"
        rows.add(
            {"n": n, **mean}, group=group, method="participants in the model", kinds=precision(recorded, mean), note=why
        )
    if not comparable(rows, sizes, "analysis of variance", ("statistic", "p_value"), two=False):
        return
    X, at, note = design.X, centre(data, design.X, design.names, asked), design.note
    from_curve(rows, least_squares_means(y, code, X, at=at, hc3=hc3, level=level), [(group, EVERYONE) for group in sizes],
               SHOWN[:-1], note)  # fmt: skip
    found = group_contrasts(y, code, X, at=at, contrasts=contrasts, hc3=hc3, level=level)
    rows.add(found, only=("statistic", "df", "df_residual", "p_value"), kinds={"df_residual": "df"}, note=note)
    levels = dict(zip(data.groups(by), data.levels(by), strict=True))
    of_first = [levels[group] for group in list(sizes)[1:]]
    named = of_first if contrasts == "first" else [pair(second, first) for first, second in combinations(sizes, 2)]
    from_curve(rows, found, [(EVERYONE, name) for name in named], note=note)
    if design.names:
        from_curve(
            rows, slopes(y, code, X, hc3=hc3, level=level), [(EVERYONE, name) for name in design.names], note=note
        )
    if interaction:
        own = data.column(interaction).id
        of = [place for place, name in enumerate(design.names) if name.id == own or name.id.startswith(f"{own}=")]
        tested = test_interaction(y, code, X, of, hc3=hc3) if of else None
        if tested is None:
            why = f"{data.plan.label(interaction)} has one level only"
            not_estimable(rows, ("p_value",), why, "F test of interaction", level=word("interaction"))
        else:
            only = ("statistic", "df", "df_residual", "p_value")
            rows.add(tested, level=word("interaction"), only=only, kinds={"df_residual": "df"})


@METHODS.add("linear_regression")
def linear_regression(
    data: Data,
    rows: Rows,
    *,
    variable: Number,
    covariates: list[Column],
    errors: Literal["classical", "hc3"] = "classical",
):
    """A continuous variable by covariates: linear regression with the coefficient of each number, the difference of each level of
    a category from its first, their t tests, the share of the variance that is explained, and the F test of all together.

    Parameters
        variable: what is explained
        covariates: columns of the model
        errors: classical, or hc3, which does not assume equal variances
    """
    from ...stats.linear import regression

    design = Design.of(data, covariates, data.frame[variable].notna())
    y = number(data.frame.loc[design.known, variable])
    result = regression(y, design.X, hc3=errors == "hc3", level=data.plan.level)
    kinds = {"df_residual": "df", "r_squared": "decimal2", "r_squared_adjusted": "decimal2"}
    rows.add(result, kinds=kinds, note=design.note)
    for at, name in enumerate(design.names):
        values = {key: result.curve[key][at] if result.curve else float("nan") for key in SHOWN}
        rows.add(Result(result.method, values, result.note), level=name, note=design.note)


@METHODS.add("incidence_rate", positive="exposure")
def incidence_rate(data: Data, rows: Rows, *, count: Number, exposure: Number, by: Column, covariates: list[Column] = (),
                   per: Positive = 1, errors: Literal["model", "robust"] = "model"):  # fmt: skip
    """Exposure-adjusted incidence rates of groups: events by time at risk with exact Poisson intervals, and the rate ratio of each
    group against the first from Poisson regression with log exposure as offset, adjusted for covariates if there are any.

    Parameters
        count: events of each participant: a number, or true and false
        exposure: time at risk of each participant, above 0
        by: column of the groups
        covariates: columns of the model
        per: rates are per so many units of exposure
        errors: model, or robust, which allows for events that come more than one to a participant
    """
    from ...stats.rates import poisson_regression, rate

    frame, method = data.frame, "Poisson regression with log exposure as offset"
    known = frame[[count, by]].notna().all(axis=1) & (frame[exposure].astype("Float64") > 0).fillna(False).astype(bool)
    design = design_of(data, list(covariates), known & ~in_no_group(data, by))
    code, sizes = group_codes(data, by, design.known)
    y, time = number(frame.loc[design.known, count]), number(frame.loc[design.known, exposure])
    whole = bool(np.all((y >= 0) & (y == np.floor(y)) & (y < MOST)))
    for group in data.groups(by):
        here = code == list(sizes).index(group) if group in sizes else np.zeros(len(y), dtype=bool)
        rows.add({"n": here.sum()}, group=group, method="participants in the model")
        if whole:
            found = rate(int(y[here].sum()), float(time[here].sum()), per=per, level=data.plan.level)
            rows.add(found, group=group, names={"events": "occurrences"}, kinds={"occurrences": "count"})
        else:
            not_estimable(rows, SHOWN[:1], "counts are whole numbers, none negative", "incidence rate", group=group)
    if not whole:
        not_estimable(rows, ("p_value",), "counts are whole numbers, none negative", method)
    if not whole or not comparable(rows, sizes, method, ("rate_ratio", "p_value"), two=False):
        return
    levels = dict(zip(data.groups(by), data.levels(by), strict=True))
    names = [*(levels[group] for group in list(sizes)[1:]), *design.names]
    X = np.column_stack([np.eye(len(sizes))[code][:, 1:], design.X])
    result = poisson_regression(
        y, time, X, [name.id for name in names], robust=errors == "robust", level=data.plan.level
    )
    parts = by_suffix(result)
    for name in names:
        note = "" if np.isfinite(parts[name.id]["estimate"]) else result.note
        found = Result(result.method, parts[name.id].values, note)
        rows.add(
            found, level=name, kinds=RATE_RATIO, only=("rate_ratio", "ci_low", "ci_high", "p_value"), note=design.note
        )
    rows.add(result, only=("dispersion",))


@METHODS.add("standardised_risks", of_counts=True)
def standardised_risks(data: Data, rows: Rows, *, event: Condition, by: Column, covariates: list[Column] = ()):
    """A condition between two groups as if all participants had the same covariates: risks standardised by a logistic model
    (g-computation), their ratio and their difference, second group against the first, by the delta method. Without covariates
    these are the proportions.

    Parameters
        event: what is compared
        by: column with two levels
        covariates: columns of the model
    """
    from ...stats.margins import standardised_risks as estimate

    holds, known = outcomes(data, event, [by, *covariates])
    design = design_of(data, list(covariates), known & ~in_no_group(data, by))
    counts = event_counts(data, data.outcome(event).where(design.known), by)
    known_counts(rows, counts)
    if not comparable(
        rows, {group: N for group, (_, N) in counts.items()}, "standardised risks", ("risk_ratio", "p_value")
    ):
        return
    code, sizes = group_codes(data, by, design.known)
    result = estimate(holds[design.known[known].to_numpy(dtype=bool)], code, design.X, level=data.plan.level)
    for at, group in enumerate(sizes):
        names = {f"risk{at}": "estimate", f"std_error{at}": "std_error", f"low{at}": "ci_low", f"high{at}": "ci_high"}
        rows.add(result, group=group, names=names, only=tuple(names), kinds=PERCENT, note=design.note)
    rows.add(result, kinds=RATIO, only=("risk_ratio", "ci_low", "ci_high", "p_value"), note=design.note)
    names = {"risk_difference": "estimate", "difference_std_error": "std_error", "difference_low": "ci_low",
             "difference_high": "ci_high", "difference_p_value": "p_value"}  # fmt: skip
    rows.add(result, level=word("risk difference"), names=names, only=tuple(names), kinds=PERCENT, note=design.note)
