"""Time to event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...ids import Name, percent
from ...ids import at as at_time
from ...registry import Column, Count, Endpoint, Positive, Share
from ...stats.result import Result
from .. import Data, Rows
from .common import (
    METHODS,
    RATIO,
    Alternative,
    Design,
    Unit,
    coefficients,
    comparable,
    entry_of,
    follow_up,
    followed,
    group_codes,
    not_estimable,
    strata_of,
)

Transform = Literal["log-log", "log", "plain", "arcsin"]


def each_group(
    data: Data, rows: Rows, endpoint: str, by: str, unit: str, method: str, *statistics: str, needed: Iterable[str] = ()
):
    """(group, time, event, entry) of every group with participants; a row that says so for the others."""
    time, event, known = follow_up(data, endpoint, unit, needed)
    entry = entry_of(data, endpoint, unit, known)
    for group, members in data.groups(by).items():
        here = members[known].to_numpy()
        if here.any():
            yield group, time[here], event[here], None if entry is None else entry[here]
        else:
            rows.add({"n": 0}, group=group, method=method)
            not_estimable(rows, statistics, "no participants", method, group=group)


def two_groups(
    data: Data, rows: Rows, endpoint: str, by: str, unit: str, method: str, *statistics: str, needed: Iterable[str] = ()
):
    """(time, event, code, words) of the two groups that are compared, words for their codes; None, and rows that say
    why, unless two have participants.
    """
    time, event, known = follow_up(data, endpoint, unit, [by, *needed])
    code, sizes = group_codes(data, by, known)
    if not comparable(rows, sizes, method, statistics):
        return None
    first, second = sizes
    words = {"1 minus 0": f"{second.label} minus {first.label}", "group 0": first.label, "group 1": second.label}
    return time, event, code, words


@METHODS.add("kaplan_meier", entry=True)
def kaplan_meier(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column = "", at: list[float] = (), unit: Unit = "months",
                 transform: Transform = "log-log"):  # fmt: skip
    """Kaplan-Meier estimate: median with interval, estimates at fixed times, numbers at risk (time >= t).

    Parameters
        endpoint: the time-to-event endpoint
        by: column whose levels are estimated apart
        at: fixed times, in `unit`
        unit: unit of all times
        transform: scale on which the interval is symmetric
    """
    from ...stats.survival import kaplan_meier as estimate
    from ...stats.survival import number_at_risk, survival_at

    for group, time, event, entry in each_group(data, rows, endpoint, by, unit, "Kaplan-Meier", "median"):
        km = estimate(time, event, entry=entry, level=data.plan.level, transform=transform)
        rows.add(km, group=group, kind="decimal1", names={"median_ci_low": "ci_low", "median_ci_high": "ci_high"})
        rows.curve(km.curve, group=group)
        for t in at:
            there = survival_at(km, t)
            # not from the curve: before its first step others may come under observation
            at_risk = {} if entry is None else {"n_at_risk": number_at_risk(time, [t], entry=entry)[0]}
            rows.add({**there.values, **at_risk}, group=group, level=at_time(t, unit), kind="percent", kinds={"n_at_risk": "count"},
                     method=there.method, note=there.note, only=("estimate", "ci_low", "ci_high", "n_at_risk"))  # fmt: skip


@METHODS.add("survival_quantiles", entry=True)
def survival_quantiles(data: Data, rows: Rows, *, endpoint: Endpoint, quantiles: list[Share], by: Column = "",
                       unit: Unit = "months", transform: Transform = "log-log"):  # fmt: skip
    """Times by which given shares of the participants have had the event (R's rule), with intervals.

    Parameters
        endpoint: the time-to-event endpoint
        quantiles: shares with the event, between 0 and 1
        by: column whose levels are estimated apart
        unit: unit of all times
        transform: scale on which the interval of the curve is symmetric
    """
    from ...stats.survival import kaplan_meier as estimate
    from ...stats.survival import quantile

    for group, time, event, entry in each_group(data, rows, endpoint, by, unit, "Kaplan-Meier", "estimate"):
        km = estimate(time, event, entry=entry, level=data.plan.level, transform=transform)
        rows.add(km, group=group, only=("n", "events"))
        for share in quantiles:
            rows.add(quantile(km, share), group=group, level=percent(share), kind="decimal1")


@METHODS.add("follow_up", entry=True)
def median_follow_up(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column = "", unit: Unit = "months",
                     transform: Transform = "log-log"):  # fmt: skip
    """Median follow-up by the reverse Kaplan-Meier method (Schemper & Smith 1996).

    Parameters
        endpoint: overall survival, as a rule
        by: column whose levels are estimated apart
        unit: unit of all times
        transform: scale on which the interval is symmetric
    """
    from ...stats.survival import reverse_kaplan_meier

    found = each_group(data, rows, endpoint, by, unit, "reverse Kaplan-Meier", "median")
    for group, time, event, entry in found:
        result = reverse_kaplan_meier(time, event, entry=entry, level=data.plan.level, transform=transform)
        rows.add(result, group=group, kind="decimal1", names={"median_ci_low": "ci_low", "median_ci_high": "ci_high"})


@METHODS.add("log_rank", entry=True)
def log_rank(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, rho: float = 0, gamma: float = 0,
             stratum: Column = "", trend: bool = False):  # fmt: skip
    """Log-rank test between groups (Fleming-Harrington with rho or gamma > 0), stratified if wanted, and the hazard ratio of each group
    against the first by Cox regression (with `trend` that from one group to the next).

    Parameters
        endpoint: the time-to-event endpoint
        by: column of the groups
        rho: weight S(t)^rho: early differences count more
        gamma: weight (1 - S(t))^gamma: late differences count more
        stratum: column of the strata
        trend: test for trend, scores 1, 2, ... in the order of the levels that have participants
    """
    from ...stats.cox import cox
    from ...stats.log_rank import log_rank as test

    time, event, known = follow_up(data, endpoint, "days", [by, *([stratum] if stratum else [])])
    code, sizes = group_codes(data, by, known)
    if comparable(rows, sizes, "log-rank test", ("p_value",), two=False):
        strata = strata_of(data, stratum, known)
        scores = np.arange(1, len(sizes) + 1) if trend else None
        entry = entry_of(data, endpoint, "days", known)
        result = test(time, event, code, rho=rho, gamma=gamma, stratum=strata, trend_scores=scores, entry=entry)
        rows.add(result, only=("statistic", "df", "p_value"))
        X = against_first(code, sizes) if scores is None else scores[code]
        fitted = cox(time, event, X, entry=entry, stratum=strata, level=data.plan.level)
        if trend:
            rows.add(fitted, kinds=RATIO, only=("hazard_ratio", "ci_low", "ci_high"))
        else:
            ratios(data, rows, fitted, by, sizes)


def against_first(code: np.ndarray, sizes: Mapping[Name, int]) -> np.ndarray:
    """A column for each group but the first: who is in it."""
    return np.column_stack([code == at for at in range(1, len(sizes))]).astype(float)


def ratios(data: Data, rows: Rows, result: Result, by: str, groups: Iterable[Name]) -> None:
    """The hazard ratio of each group against the first, from a model with a covariate for each of them."""
    members = dict(zip(data.groups(by), data.levels(by), strict=True))
    for at, group in enumerate(list(groups)[1:]):
        shown = ("hazard_ratio", "ci_low", "ci_high")
        values = {name: result.curve[name][at] if result.curve else float("nan") for name in shown}
        rows.add(Result(result.method, values, result.note), level=members[group], kinds=RATIO)


@METHODS.add("one_sample_log_rank", entry=True)
def one_sample_log_rank(data: Data, rows: Rows, *, endpoint: Endpoint, median: Positive, by: Column = "", unit: Unit = "months",
                        alternative: Alternative = "two-sided"):  # fmt: skip
    """Events of a single arm against a historical median, its times exponential: one-sample log-rank test, and the hazard ratio against
    the history (events by those expected) with its exact Poisson interval. The median is taken as known: that it was estimated
    itself, and in other participants, the p-value does not allow for.

    Parameters
        endpoint: the time-to-event endpoint
        median: the historical median, in `unit`
        by: column whose levels are compared with it apart
        unit: unit of the median
        alternative: side of the p-value; less: there are fewer events than expected
    """
    from ...stats.one_sample import STATISTICS
    from ...stats.one_sample import one_sample_log_rank as test

    for group, time, event, entry in each_group(
        data, rows, endpoint, by, unit, "one-sample log-rank test", *STATISTICS
    ):
        since = 0.0 if entry is None else np.maximum(entry, 0.0)
        result = test(event, np.log(2) / median * (time - since), alternative=alternative, level=data.plan.level)
        rows.add(result, group=group, kinds={"expected": "decimal1", "hazard_ratio": "ratio"} | RATIO)


@METHODS.add("permutation_log_rank")
def permutation_log_rank(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, stratum: Column = "", replicates: Count = 10_000):  # fmt: skip
    """Monte Carlo permutation test on log-rank scores between groups, within strata if there are any, with the plan's seed, and hazard
    ratios as in log_rank.

    Parameters
        endpoint: the time-to-event endpoint
        by: column of the groups
        stratum: column of the strata, within which scores are taken and participants allotted
        replicates: number of random allocations
    """
    from ...stats.cox import cox
    from ...stats.log_rank import permutation_log_rank as test

    time, event, known = follow_up(data, endpoint, "days", [by, *([stratum] if stratum else [])])
    code, sizes = group_codes(data, by, known)
    if comparable(rows, sizes, "permutation log-rank test", ("p_value",), two=False):
        strata = strata_of(data, stratum, known)
        result = test(time, event, code, stratum=strata, replicates=replicates, seed=data.plan.seed)
        rows.add(result, kinds={"std_error": "decimal4"}, only=("statistic", "p_value", "std_error"))
        fitted = cox(time, event, against_first(code, sizes), stratum=strata, level=data.plan.level)
        ratios(data, rows, fitted, by, sizes)


@dataclass(frozen=True)
class Model:
    """What a regression on follow-up is fitted to: times in days, outcomes, covariates, strata, clusters and delayed entry."""

    time: np.ndarray
    outcomes: np.ndarray
    design: Design
    strata: np.ndarray | None
    entry: np.ndarray | None
    clusters: np.ndarray | None = None


def model(
    data: Data, rows: Rows, endpoint: str, covariates: list[str], method: str, stratum: str = "", outcome: str = "event",
    cluster: str = "",
) -> Model | None:  # fmt: skip
    """The participants in whom all is known; None, and rows that say why, if there is nothing to fit."""
    known = followed(data, endpoint, outcome) & data.frame[[name for name in (stratum, cluster) if name]].notna().all(
        axis=1
    )
    design = Design.of(data, covariates, known)
    time, outcomes = (
        data.frame.loc[design.known, f"{endpoint}_{name}"].to_numpy(dtype=float) for name in ("time", outcome)
    )
    counts = {"n": time.size} | ({"events": outcomes.sum()} if outcome == "event" else {})
    rows.add(counts, method="participants in the model", note=design.note)
    if design.refused(data, rows, covariates, "hazard_ratio", method):
        return None
    strata, clusters = (strata_of(data, name, design.known) for name in (stratum, cluster))
    per = data.plan.per(endpoint, "days")
    return Model(time / per, outcomes, design, strata, entry_of(data, endpoint, "days", design.known), clusters)


@METHODS.add("cox", entry=True)
def cox(data: Data, rows: Rows, *, endpoint: Endpoint, covariates: list[Column], stratum: Column = "",
        interval: Literal["wald", "profile"] = "wald", ties: Literal["efron", "breslow", "exact"] = "efron",
        errors: Literal["model", "robust"] = "model", cluster: Column = ""):  # fmt: skip
    """Proportional hazards regression. A categorical covariate is compared with its first level.

    Parameters
        endpoint: the time-to-event endpoint
        covariates: columns of the model
        stratum: column of strata, each with a baseline hazard of its own
        interval: Wald, or profile likelihood
        ties: how tied events enter the likelihood; exact takes times as discrete (Cox 1972)
        errors: standard errors of the model, or robust to hazards that are not proportional (Lin and Wei 1989)
        cluster: column of clusters (a centre) within which participants may be alike; errors are robust then
    """
    from ...stats.cox import cox as fit

    found = model(data, rows, endpoint, covariates, "Cox regression", stratum, cluster=cluster)
    if found:
        design, robust = found.design, errors == "robust" or bool(cluster)
        result = fit(found.time, found.outcomes, design.X, entry=found.entry, stratum=found.strata, interval=interval,
                     ties=ties, robust=robust, cluster=found.clusters, level=data.plan.level,
                     names=design.labels)  # fmt: skip
        coefficients(rows, result, design.names, "hazard_ratio", design.note)
        shown = ("clusters", "wald_statistic", "wald_p_value") if robust else ("lr_statistic", "lr_p_value")
        kinds = {"clusters": "count", "wald_statistic": "statistic", "wald_p_value": "p", "lr_p_value": "p"}
        rows.add(result, only=shown, kinds=kinds)


@METHODS.add("firth_cox", entry=True)
def firth_cox(data: Data, rows: Rows, *, endpoint: Endpoint, covariates: list[Column], stratum: Column = ""):
    """Proportional hazards regression with Firth's penalty, for few events or a group without one: profile penalised
    likelihood intervals and tests. Covariates as in cox.

    Parameters
        endpoint: the time-to-event endpoint
        covariates: columns of the model
        stratum: column of strata, each with a baseline hazard of its own
    """
    from ...stats.cox import firth_cox as fit

    found = model(data, rows, endpoint, covariates, "Cox regression with Firth's penalty", stratum)
    if found:
        design = found.design
        result = fit(found.time, found.outcomes, design.X, entry=found.entry, stratum=found.strata,
                     level=data.plan.level, names=design.labels)  # fmt: skip
        coefficients(rows, result, design.names, "hazard_ratio", design.note)
        rows.add(result, only=("lr_statistic", "lr_p_value"), kinds={"lr_p_value": "p"})


@METHODS.add("proportional_hazards", entry=True)
def proportional_hazards(data: Data, rows: Rows, *, endpoint: Endpoint, covariates: list[Column], stratum: Column = "",
                         transform: Literal["km", "identity", "log", "rank"] = "km"):  # fmt: skip
    """Test of proportional hazards (Grambsch-Therneau, as R's cox.zph), of all covariates together and of each.

    Parameters
        endpoint: the time-to-event endpoint
        covariates: columns of the Cox model
        stratum: column of strata of the Cox model
        transform: scale of time on which a log hazard ratio might change
    """
    from ...stats.cox import proportional_hazards as test

    found = model(data, rows, endpoint, covariates, "test of proportional hazards", stratum)
    if found:
        design = found.design
        result = test(found.time, found.outcomes, design.X, entry=found.entry, stratum=found.strata,
                      transform=transform, names=design.labels)  # fmt: skip
        rows.add(result, only=("statistic", "df", "p_value"), note=design.note)
        each = (result.curve.get(key, ()) for key in ("statistic", "p_value"))
        for name, statistic, p_value in zip(design.names if result.curve else (), *each, strict=True):
            rows.add({"statistic": statistic, "p_value": p_value}, level=name, method=result.method)


@METHODS.add("cox_interaction", entry=True)
def cox_interaction(data: Data, rows: Rows, *, endpoint: Endpoint, by: Column, subgroup: Column, stratum: Column = ""):
    """Whether the effect of `by` differs between subgroups: hazard ratio of the second group against the first within each
    subgroup (Cox regression, Efron ties), and the likelihood-ratio test of their interaction.

    Parameters
        endpoint: the time-to-event endpoint
        by: column of the two groups that are compared
        subgroup: column whose levels are the subgroups
        stratum: column of strata, each with a baseline hazard of its own
    """
    from ...stats.cox import cox as fit
    from ...stats.interaction import cox_interaction as test

    time, event, known = follow_up(data, endpoint, "days", [by, subgroup, *([stratum] if stratum else [])])
    entry, strata = entry_of(data, endpoint, "days", known), strata_of(data, stratum, known)
    code, sizes = group_codes(data, by, known)
    method = "likelihood-ratio test of interaction in Cox regression"
    rows.add({"n": time.size, "events": event.sum()}, method="participants in the model")
    if not comparable(rows, sizes, method, ("p_value",)):
        return
    within, inside = group_codes(data, subgroup, known)
    for at, (level, n) in enumerate(inside.items()):
        here = within == at
        rows.add({"n": n, "events": event[here].sum()}, level=level, method="participants in the model")
        if len(set(code[here])) < 2:
            not_estimable(rows, ("hazard_ratio",), "one group only", "Cox regression", level=level)
            continue
        result = fit(time[here], event[here], code[here].astype(float), entry=None if entry is None else entry[here],
                     stratum=None if strata is None else strata[here], level=data.plan.level)  # fmt: skip
        rows.add(result, level=level, kinds=RATIO, only=("hazard_ratio", "ci_low", "ci_high"))
    if comparable(rows, inside, method, ("p_value",), two=False):
        rows.add(test(time, event, code, within, entry=entry, stratum=strata), only=("statistic", "df", "p_value"))
