"""Observational comparisons of two groups, weighted by the inverse probability of a participant's own group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ...ids import Name, word
from ...ids import at as at_time
from ...registry import Column, Condition, Endpoint, Share
from ...stats.result import Result
from .. import Data, Rows
from ..participants import in_no_group
from .common import (
    METHODS,
    PERCENT,
    RATIO,
    Unit,
    comparable,
    follow_up,
    group_codes,
    not_estimable,
    outcomes,
    strata_of,
)
from .linear import design_of
from .survival import Transform

if TYPE_CHECKING:
    from ...stats.weighting import Weights

Estimand = Literal["ate", "att"]
OBSERVATIONAL = "observational comparison"


@dataclass(frozen=True)
class Weighted:
    """The two groups with their weights, of who is known in all. X, names: covariates."""

    known: pd.Series
    second: np.ndarray
    groups: list[Name]
    X: np.ndarray
    names: list[Name]
    weights: Weights
    note: str

    @classmethod
    def of(
        cls,
        data: Data,
        known: pd.Series,
        by: str,
        covariates: list[str],
        estimand: str,
        stabilised: bool,
        truncate: float,
    ) -> Weighted:
        from ...stats.weighting import inverse_probability

        design = design_of(data, list(covariates), known & ~in_no_group(data, by))
        code, sizes = group_codes(data, by, design.known)
        second = code == 1
        weights = inverse_probability(second, design.X, estimand=estimand, stabilised=stabilised, truncate=truncate)
        return cls(design.known, second, list(sizes), design.X, design.names, weights, design.note)

    @property
    def method(self) -> str:
        return f"{OBSERVATIONAL}, {self.weights.method}"

    def said(self, result: Result) -> Result:
        """A result whose method says what the comparison is."""
        return replace(result, method=f"{OBSERVATIONAL}, {result.method}, {self.weights.method}")

    def members(self):
        """(group, which of those known are in it)."""
        return zip(self.groups, (~self.second, self.second), strict=False)


def _sizes(data: Data, by: str, known: pd.Series) -> dict[Name, int]:
    return {group: int((members & known).sum()) for group, members in data.groups(by).items()}


@METHODS.add("weighting")
def weighting(data: Data, rows: Rows, *, by: Column, covariates: list[Column], estimand: Estimand = "ate", stabilised: bool = True,
              truncate: Share = 1.0):  # fmt: skip
    """Inverse probability weights of an observational comparison of two groups, by a logistic model of the second group: effective
    sizes, the largest weights, and the balance of each covariate before and after (standardised mean differences, with the
    standard deviations before weighting in both).

    Parameters
        by: column with two levels; the second is compared with the first
        covariates: columns of the logistic model
        estimand: ate (average effect in all) or att (average effect in the second group)
        stabilised: weights times the share of the own group
        truncate: quantile of the weights above which they are lowered to it (1: none)
    """
    from ...stats.weighting import standardised_differences

    own = Weighted.of(
        data, pd.Series(True, index=data.frame.index), by, list(covariates), estimand, stabilised, truncate
    )
    for group, n in _sizes(data, by, own.known).items():
        rows.add({"n": n}, group=group, method="participants with all covariates known")
    if not comparable(rows, _sizes(data, by, own.known), "inverse probability weights", ("effective_n",)):
        return
    rows.add({"n": len(own.second)}, method="participants with all covariates known")
    w, why = own.weights, own.weights.why or ("" if own.names else "the covariates have one level only")
    if why:
        not_estimable(rows, ("truncated",), why, own.method)
        for group in own.groups:
            not_estimable(rows, ("effective_n", "weight_min", "weight_max"), why, own.method, group=group)
        for name in own.names:
            not_estimable(rows, ("smd_before", "smd_after"), why, own.method, level=name)
        return
    rows.add({"truncated": w.truncated}, kind="count", method=own.method, note=own.note)
    before, after = (standardised_differences(own.second, own.X, weights) for weights in (None, w.w))
    for group, here in own.members():
        values = {"effective_n": w.effective(here), "weight_min": w.w[here].min(), "weight_max": w.w[here].max()}
        rows.add(values, group=group, method=own.method, kinds={"effective_n": "decimal1"})
        for j, name in enumerate(own.names):
            x = own.X[here, j]
            binary = bool(np.isin(own.X[:, j], (0, 1)).all())
            means = {"mean_before": x.mean(), "mean_after": w.w[here] @ x / w.w[here].sum()}
            rows.add(means, group=group, level=name, method=own.method, kind="percent" if binary else "estimate")
    for j, name in enumerate(own.names):
        why = "" if np.isfinite(before[j]) else "not estimable: no variation within the groups"
        rows.add(
            {"smd_before": before[j], "smd_after": after[j]}, level=name, kind="decimal2", method=own.method, note=why
        )


@METHODS.add("weighted_kaplan_meier")
def weighted_kaplan_meier(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, covariates: list[Column], at: list[float] = (),
                          unit: Unit = "months", transform: Transform = "log-log", estimand: Estimand = "ate", stabilised: bool = True,
                          truncate: Share = 1.0):  # fmt: skip
    """Kaplan-Meier curves of two groups that inverse probability weights make alike in the covariates (an observational
    comparison): median and estimates at fixed times with robust intervals that take the weights as known. Numbers of
    participants, events and at risk are not weighted.

    Parameters
        endpoint: the time-to-event endpoint
        by: column with two levels
        covariates: columns of the logistic model of the groups
        at: fixed times, in `unit`
        unit: unit of all times
        transform: scale on which the interval is symmetric
        estimand: ate (average effect in all) or att (average effect in the second group)
        stabilised: weights times the share of the own group
        truncate: quantile of the weights above which they are lowered to it (1: none)
    """
    from ...stats.survival import kaplan_meier, survival_at
    from ...stats.weighted_survival import weighted_kaplan_meier as estimate

    own, time, event = _followed(data, endpoint, unit, by, covariates, estimand, stabilised, truncate)
    sizes = _sizes(data, by, own.known)
    why = _entry(data, endpoint) or own.weights.why
    for group in data.groups(by):
        if group not in own.groups or why:
            here = dict(own.members()).get(group, np.zeros(len(time), bool))
            rows.add(
                {"n": sizes[group], "events": event[here].sum()}, group=group, method="participants with follow-up"
            )
            not_estimable(rows, ("median",), why or "no participants", own.method, group=group)
    if why or not comparable(rows, sizes, own.method, ("median",)):
        return
    for group, here in own.members():
        km = own.said(
            estimate(time[here], event[here], own.weights.w[here], level=data.plan.level, transform=transform)
        )
        plain = kaplan_meier(time[here], event[here], level=data.plan.level).curve
        curve = {**km.curve, **{name: plain[name] for name in ("n_at_risk", "n_event", "n_censored")}}
        rows.add(
            km,
            group=group,
            kind="decimal1",
            names={"median_ci_low": "ci_low", "median_ci_high": "ci_high"},
            note=own.note,
        )
        rows.curve(curve, group=group)
        for t in at:
            there = survival_at(replace(km, curve=curve), t)
            rows.add(there, group=group, level=at_time(t, unit), kind="percent", kinds={"n_at_risk": "count"},
                     only=("estimate", "ci_low", "ci_high", "n_at_risk"))  # fmt: skip


@METHODS.add("weighted_cox")
def weighted_cox(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, covariates: list[Column], stratum: Column = "",
                 estimand: Estimand = "ate", stabilised: bool = True, truncate: Share = 1.0):  # fmt: skip
    """Hazard ratio of the second group against the first by Cox regression with inverse probability weights (an observational
    comparison), with a robust interval that takes the weights as known.

    Parameters
        endpoint: the time-to-event endpoint
        by: column with two levels
        covariates: columns of the logistic model of the groups
        stratum: column of strata, each with a baseline hazard of its own; the weights allow for it only if it is a covariate, too
        estimand: ate (average effect in all) or att (average effect in the second group)
        stabilised: weights times the share of the own group
        truncate: quantile of the weights above which they are lowered to it (1: none)
    """
    from ...stats.weighted_survival import weighted_cox as fit

    own, time, event = _followed(data, endpoint, "days", by, covariates, estimand, stabilised, truncate, stratum)
    sizes, members = _sizes(data, by, own.known), dict(own.members())
    for group in data.groups(by):
        here = members.get(group, np.zeros(len(time), bool))
        rows.add({"n": sizes[group], "events": event[here].sum()}, group=group, method="participants with follow-up")
    shown = ("hazard_ratio", "ci_low", "ci_high", "p_value")
    if not comparable(rows, sizes, own.method, ("hazard_ratio", "p_value")):
        return
    second = dict(zip(data.groups(by), data.levels(by), strict=True))[own.groups[1]]
    if why := _entry(data, endpoint) or own.weights.why:
        not_estimable(rows, ("hazard_ratio", "p_value"), why, own.method, level=second)
        return
    result = fit(
        time, event, own.second, own.weights.w, stratum=strata_of(data, stratum, own.known), level=data.plan.level
    )
    values = {name: result.curve[name][0] if result.curve else float("nan") for name in shown}
    rows.add(own.said(Result(result.method, values, result.note)), level=second, kinds=RATIO, note=own.note)


@METHODS.add("weighted_risks", of_counts=True)
def weighted_risks(data: Data, rows: Rows, *, event: Condition, by: Column, covariates: list[Column], estimand: Estimand = "ate",
                   stabilised: bool = True, truncate: Share = 1.0):  # fmt: skip
    """A condition in two groups that inverse probability weights make alike in the covariates (an observational comparison):
    weighted proportions, their difference and ratio, second group against the first, with sandwich intervals that take the
    weights as known. The counts are not weighted.

    Parameters
        event: what is compared
        by: column with two levels
        covariates: columns of the logistic model of the groups
        estimand: ate (average effect in all) or att (average effect in the second group)
        stabilised: weights times the share of the own group
        truncate: quantile of the weights above which they are lowered to it (1: none)
    """
    from ...stats.weighting import weighted_risks as risks

    holds, known = outcomes(data, event, [by, *covariates])
    own = Weighted.of(data, known, by, list(covariates), estimand, stabilised, truncate)
    holds = holds[own.known[known].to_numpy(dtype=bool)]
    sizes, members = _sizes(data, by, own.known), dict(own.members())
    for group in data.groups(by):
        n = int(holds[members[group]].sum()) if group in members else 0
        N = sizes[group]
        note = "" if N else "not estimable: no participants with a known outcome"
        rows.add(
            {"n": n, "N": N, "percent": n / N if N else float("nan")},
            group=group,
            method="counts of known outcomes",
            note=note,
        )
    if not comparable(rows, sizes, own.method, ("risk_ratio", "p_value")):
        return
    if own.weights.why:
        not_estimable(rows, ("risk_ratio", "p_value"), own.weights.why, own.method)
        return
    result = own.said(risks(holds, own.second, own.weights.w, level=data.plan.level))
    for at, group in enumerate(own.groups):
        names = {f"risk{at}": "estimate", f"std_error{at}": "std_error"}
        rows.add(replace(result, note=""), group=group, names=names, only=tuple(names), kinds=PERCENT, note=own.note)
    ratio = {"risk_ratio": "risk_ratio", "ratio_low": "ci_low", "ratio_high": "ci_high"}
    rows.add(result, names=ratio, only=tuple(ratio), kinds=RATIO, note=own.note)
    difference = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
    rows.add(result, level=word("risk difference"), only=difference, kinds=PERCENT, note=own.note)


def _entry(data: Data, endpoint: str) -> str:
    return "weighted estimates do not take delayed entry" if data.plan.endpoints[endpoint].entry else ""


def _followed(
    data: Data, endpoint: str, unit: str, by: str, covariates, estimand: str, stabilised: bool, truncate: float, stratum: str = "",
):  # fmt: skip
    """(groups and weights, time, event) of who is known in all."""
    time, event, known = follow_up(data, endpoint, unit, [name for name in (by, *covariates, stratum) if name])
    own = Weighted.of(data, known, by, list(covariates), estimand, stabilised, truncate)
    inside = own.known[known].to_numpy(dtype=bool)
    return own, time[inside], event[inside]
