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

    G is the Kaplan-Meier estimate of remaining uncensored. g: G before each risk set's time; share: per patient 1 / G
    before the competing event, 0 without one.
    """

    g: np.ndarray
    share: np.ndarray

    def stayers(self, weight: np.ndarray) -> np.ndarray:
        """The sum of weight / G over the patients with a competing event before each risk set's time."""
        return _before(self, weight * self.share)

    def sum(self, weight: np.ndarray | None = None) -> np.ndarray:
        weight = np.ones(len(self.last)) if weight is None else weight
        return super().sum(weight) + self.g * self.stayers(weight)

    def over(self, increment: np.ndarray) -> np.ndarray:
        ahead = np.append((increment * self.g)[::-1].cumsum()[::-1], 0.0)
        return super().over(increment) + self.share * ahead[self.last]


def fine_gray(time, cause, X, of: int = 1, *, level: float = 0.95, names: Sequence[str] | None = None) -> Result:
    """Regression on the subdistribution hazard (Fine & Gray 1999; R cmprsk::crr), Breslow ties, robust standard errors.

    X: covariates, (n,) or (n, p). values: n, events, competing_events, df, log_likelihood, log_likelihood_null (both
    pseudo), wald_statistic, wald_p_value; with one covariate also its row. curve: as `trialpress.stats.cox.cox`.

    >>> time, cause = np.array([1, 2, 3, 4, 5, 6, 7, 8]), np.array([1, 1, 2, 1, 2, 0, 1, 2])
    >>> print(f"{fine_gray(time, cause, np.tile([0, 1], 4))['hazard_ratio']:.3f}")
    1.144
    """
    time, cause, _ = patients(time, cause, of)
    X, names = design(X, len(time), names)
    method = f"Fine-Gray regression, Breslow ties, {100 * probability('level', level):g}% Wald CI (robust)"
    known = counted(cause, of)
    if not known["events"]:
        return not_estimable(method, COEFFICIENT, f"no event of cause {of}", **known)
    sets, censoring = _subdistribution(time, cause, of)
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


def _subdistribution(time, cause, of: int) -> tuple[Subdistribution, RiskSets]:
    """The risk sets of the cause and those of the censoring."""
    base = RiskSets.of(time, cause == of)
    censoring = RiskSets.of(time, cause == 0)
    G = np.append(censoring.survival_before(), 0.0)
    if len(censoring):
        G[-1] = G[-2] * (1 - censoring.n_event[-1] / censoring.n[-1])
    else:
        G[-1] = 1.0
    before = G[np.searchsorted(censoring.time, time, side="left")]
    competing = (cause > 0) & (cause != of)
    share = np.where(competing, 1 / np.where(competing, before, 1.0), 0.0)
    g = G[np.searchsorted(censoring.time, base.time, side="left")]
    parts = (getattr(base, name) for name in RiskSets.__dataclass_fields__)
    return Subdistribution(*parts, g, share), censoring


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
    first = np.searchsorted(sets.time, censoring.time, side="left")
    ahead0 = np.append((sets.g * hazard)[::-1].cumsum()[::-1], 0.0)[first]
    ahead1 = np.stack([np.append((sets.g * hazard * m)[::-1].cumsum()[::-1], 0.0)[first] for m in mean])
    earlier0 = _before(censoring, risk * sets.share)
    earlier1 = np.stack([_before(censoring, risk * sets.share * x) for x in X])
    q = earlier1 * ahead0 - earlier0 * ahead1
    psi = -np.array([censoring.over(row * censoring.n_event / censoring.n**2) for row in q])
    psi[:, censoring.event] += (q / censoring.n)[:, censoring.dies_in]
    return eta + psi


def _before(sets: RiskSets, weight: np.ndarray) -> np.ndarray:
    """The sum of `weight` over the patients whose follow-up ends before each risk set's time."""
    return np.bincount(sets.last, weight, minlength=len(sets) + 1).cumsum()[:-1]


def cause_specific_cox(time, cause, X, of: int = 1, **options) -> Result:
    """Cox regression for one cause, competing events censored. options, values, curve: as `trialpress.stats.cox.cox`.

    >>> time, cause = np.array([1, 2, 3, 4, 5, 6, 7, 8]), np.array([1, 1, 2, 1, 2, 0, 1, 2])
    >>> print(f"{cause_specific_cox(time, cause, np.tile([0, 1], 4))['hazard_ratio']:.3f}")
    0.841
    """
    time, cause, _ = patients(time, cause, of)
    fit = cox(time, cause == of, X, **options)
    return Result(f"cause-specific {fit.method}", {**fit.values, **counted(cause, of)}, fit.note, fit.curve)
