"""Regression for one cause among several: on the subdistribution hazard and on the cause-specific one.

`cause` and `of` as in `trialpress.stats.competing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtri

from trialpress.stats.competing import counted, patients
from trialpress.stats.cox import COEFFICIENT, cox, design, fitted, test
from trialpress.stats.likelihood import PartialLikelihood, maximise
from trialpress.stats.result import Result, not_estimable, probability
from trialpress.stats.risksets import RiskSets


@dataclass(frozen=True)
class Subdistribution(RiskSets):
    """Fine & Gray's risk sets: after a competing event a patient stays, weighted by G(t-) / G(time-).

    G is the Kaplan-Meier estimate of remaining uncensored, in each stratum its own. g: G before each risk set's time; share: per
    patient 1 / G before the competing event, 0 without one; within: per patient the stratum, as `stratum` numbers it.
    """

    g: np.ndarray
    share: np.ndarray
    within: np.ndarray

    def stayers(self, weight: np.ndarray) -> np.ndarray:
        """The sum of weight / G over the patients with a competing event before each risk set's time."""
        return _before(self, self.within, weight * self.share)

    def sum(self, weight: np.ndarray | None = None) -> np.ndarray:
        weight = np.ones(len(self.last)) if weight is None else weight
        return super().sum(weight) + self.g * self.stayers(weight)

    def over(self, increment: np.ndarray) -> np.ndarray:
        return super().over(increment) + self.share * _from(self, increment * self.g, self.within, self.last)


def fine_gray(
    time, cause, X, of: int = 1, *, stratum=None, level: float = 0.95, names: Sequence[str] | None = None
) -> Result:
    """Regression on the subdistribution hazard (Fine & Gray 1999; R cmprsk::crr), Breslow ties, robust standard errors.

    X: covariates, (n,) or (n, p). stratum: labels, each with a baseline hazard and a distribution of censoring of its own, for a few
    large strata (Zhou et al. 2011; R crrSC::crrs). values: n, events, competing_events, df, log_likelihood,
    log_likelihood_null (both pseudo), wald_statistic, wald_p_value; with one covariate also its row. curve: as
    `trialpress.stats.cox.cox`.

    >>> time, cause = np.array([1, 2, 3, 4, 5, 6, 7, 8]), np.array([1, 1, 2, 1, 2, 0, 1, 2])
    >>> print(f"{fine_gray(time, cause, np.tile([0, 1], 4))['hazard_ratio']:.3f}")
    1.144
    """
    time, cause, _ = patients(time, cause, of)
    X, names = design(X, len(time), names)
    if stratum is not None and np.shape(stratum) != time.shape:
        raise ValueError(f"stratum: has shape {np.shape(stratum)} where {len(time)} values are needed")
    method = "stratified " * (stratum is not None)
    method += f"Fine-Gray regression, Breslow ties, {100 * probability('level', level):g}% Wald CI (robust)"
    known = counted(cause, of)
    if not known["events"]:
        return not_estimable(method, COEFFICIENT, f"no event of cause {of}", **known)
    sets, censoring = _subdistribution(time, cause, of, stratum)
    model = PartialLikelihood(sets, X, "breslow")
    if why := model.degenerate(names):
        return not_estimable(method, COEFFICIENT, why, **known)
    df = len(names)
    null = model.at(np.zeros(df))[0]
    b, (likelihood, _, information), diverging = maximise(model.at, np.zeros(df))
    known |= {"df": df, "log_likelihood": likelihood, "log_likelihood_null": null}
    if diverging.any():
        return not_estimable(method, COEFFICIENT, model.monotone(names, diverging), **known)
    residual = _score_residuals(model, b, censoring)
    bread = np.linalg.inv(information)
    variance = bread @ (residual @ residual.T) @ bread
    if np.linalg.matrix_rank(variance, hermitian=True) < df:
        return not_estimable(method, COEFFICIENT, "too few events for a robust variance", **known)
    std_error = np.sqrt(np.diag(variance))
    known |= test("wald", b @ np.linalg.solve(variance, b), df)
    half = -ndtri((1 - level) / 2) * std_error
    p_value = chdtrc(1, (b / std_error) ** 2)
    return fitted(method, known, names, model.scale, b, std_error, (b - half, b + half), p_value)


def _subdistribution(time, cause, of: int, stratum) -> tuple[Subdistribution, RiskSets]:
    """The risk sets of the cause and those of the censoring."""
    within = np.zeros(len(time), int) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    base = RiskSets.of(time, cause == of, stratum=within)
    censoring = RiskSets.of(time, cause == 0, stratum=within)
    left = censoring.survival_before() * (1 - censoring.n_event / censoring.n)

    def uncensored(within, time) -> np.ndarray:
        """G before each time in its stratum."""
        place = _place(censoring, within, time)
        none = place == np.searchsorted(censoring.stratum, within)
        return np.where(none, 1.0, np.append(left, 1.0)[place - 1])

    competing = (cause > 0) & (cause != of)
    share = np.where(competing, 1 / np.where(competing, uncensored(within, time), 1.0), 0.0)
    parts = (getattr(base, name) for name in RiskSets.__dataclass_fields__)
    return Subdistribution(*parts, uncensored(base.stratum, base.time), share, within), censoring


def _score_residuals(model: PartialLikelihood, b: np.ndarray, censoring: RiskSets) -> np.ndarray:
    """Per patient the contribution to the score (p, n), with that of estimating G (eta + psi of Fine & Gray 1999)."""
    sets, X = model.sets, model.X
    risk = np.exp(b @ X)
    s0 = sets.sum(risk)
    mean = np.array([sets.sum(risk * x) for x in X]) / s0
    hazard = sets.n_event / s0
    eta = -risk * (X * sets.over(hazard) - np.array([sets.over(hazard * m) for m in mean]))
    eta[:, sets.event] += model.of_events - mean[:, sets.dies_in]
    if not len(censoring):
        return eta
    # q(u) at each censoring time u: what those with a competing event before u owe to G from u on.
    first = _place(sets, censoring.stratum, censoring.time)
    ahead0 = _from(sets, sets.g * hazard, censoring.stratum, first)
    ahead1 = np.stack([_from(sets, sets.g * hazard * m, censoring.stratum, first) for m in mean])
    earlier0 = _before(censoring, sets.within, risk * sets.share)
    earlier1 = np.stack([_before(censoring, sets.within, risk * sets.share * x) for x in X])
    q = earlier1 * ahead0 - earlier0 * ahead1
    psi = -np.array([censoring.over(row * censoring.n_event / censoring.n**2) for row in q])
    psi[:, censoring.event] += (q / censoring.n)[:, censoring.dies_in]
    return eta + psi


def _place(sets: RiskSets, within: np.ndarray, time: np.ndarray) -> np.ndarray:
    """The first risk set at or after each time in its stratum; the one after the last of the stratum where there is none."""
    place = np.empty(len(time), int)
    for code in np.unique(within):
        here, (low, high) = within == code, np.searchsorted(sets.stratum, (code, code + 1))
        place[here] = low + np.searchsorted(sets.time[low:high], time[here])
    return place


def _before(sets: RiskSets, within: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The sum of `weight` over the patients of its stratum whose follow-up ends before each risk set's time."""
    upto = np.bincount(sets.last, weight, minlength=len(sets) + 1).cumsum()[:-1]
    of = np.bincount(within, weight)
    return upto - (of.cumsum() - of)[sets.stratum]


def _from(sets: RiskSets, increment: np.ndarray, within: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The sum of `increment` over the risk sets of its stratum from each place on."""
    ahead = np.append(increment[::-1].cumsum()[::-1], 0.0)
    return ahead[place] - ahead[np.searchsorted(sets.stratum, within, side="right")]


def cause_specific_cox(time, cause, X, of: int = 1, **options) -> Result:
    """Cox regression for one cause, competing events censored. options, values, curve: as `trialpress.stats.cox.cox`.

    >>> time, cause = np.array([1, 2, 3, 4, 5, 6, 7, 8]), np.array([1, 1, 2, 1, 2, 0, 1, 2])
    >>> print(f"{cause_specific_cox(time, cause, np.tile([0, 1], 4))['hazard_ratio']:.3f}")
    0.841
    """
    time, cause, _ = patients(time, cause, of)
    fit = cox(time, cause == of, X, **options)
    return Result(f"cause-specific {fit.method}", {**fit.values, **counted(cause, of)}, fit.note, fit.curve)
