"""Cox's partial likelihood where tied events are those of a discrete time: the exact conditional likelihood of each risk set."""

from __future__ import annotations

import numpy as np

from .likelihood import PartialLikelihood
from .risksets import RiskSets

MOST = 2_000_000  # patients times tied events that are gone through for one likelihood


class ExactLikelihood(PartialLikelihood):
    """The probability that of a risk set just those patients have the event of whom it is seen, given their number d (Cox 1972,
    section 6; R coxph, ties = "exact"): exp(eta) of the events over the sum of that product over all choices of d patients.
    """

    def __init__(self, sets: RiskSets, X: np.ndarray):
        super().__init__(sets, X, "breslow")
        self.tied = np.flatnonzero(sets.n_event > 1)[::-1]  # from the last time to the first
        most, n = int(sets.n_event.max(initial=0)), X.shape[1]
        self.work = len(self.tied) * n + most * (n if sets.first is None else int(sets.n[self.tied].sum()))

    def _members(self):
        """Of each tied risk set who joins those of the set before it, and whether those of that set are to be forgotten."""
        last, first = self.sets.last, 0 if self.sets.first is None else self.sets.first
        before = np.zeros(self.X.shape[1], bool)
        for k in self.tied:
            now = (first <= k) & (k < last)
            afresh = not before.any() or bool((before & ~now).any())
            yield np.flatnonzero(now if afresh else now & ~before), afresh
            before = now

    def at(self, b: np.ndarray, g: np.ndarray | None = None) -> tuple[float, np.ndarray, np.ndarray]:
        """Log-likelihood, score and information, as of `PartialLikelihood`, from which a set with one event is taken."""
        likelihood, score, information = super().at(b)
        if not (len(self.tied) and np.isfinite(likelihood)):
            return likelihood, score, information
        sets, X, p = self.sets, self.X, len(b)
        eta = b @ X
        risk, d = np.exp(eta), sets.n_event[self.tied]
        most = int(d.max())
        # What Breslow's approximation adds for the tied sets is taken back.
        s0 = sets.sum(risk)[self.tied]
        mean = np.array([sets.sum(risk * x) for x in X])[:, self.tied] / s0
        second = np.array([[sets.sum(risk * x * z) for z in X] for x in X]).reshape(p, p, -1)[:, :, self.tied] / s0
        likelihood += float(d @ np.log(s0))
        score = score + mean @ d
        information = information - (second - mean[:, None] * mean[None]) @ d
        # log of the sum over all choices of k patients, with the mean and the covariance of a choice's sum of x.
        for (joining, afresh), k in zip(self._members(), d, strict=True):
            if afresh:
                log_sum, mean, spread = np.full(most + 1, -np.inf), np.zeros((most + 1, p)), np.zeros((most + 1, p, p))
                log_sum[0] = 0.0
            for i in joining:
                join(log_sum, mean, spread, float(eta[i]), X[:, i])
            likelihood -= float(log_sum[k])
            score = score - mean[k]
            information = information + spread[k]
        return likelihood, score, information


def join(log_sum: np.ndarray, mean: np.ndarray, spread: np.ndarray, eta: float, x: np.ndarray) -> None:
    """Let a patient join a risk set, in place: log_sum[k] is the log of the sum over all choices of k patients of their product of
    exp(eta), mean[k] (p) and spread[k] (p, p) the mean and the covariance of the sum of x over a choice.

    >>> log_sum, mean, spread = np.array([0, -np.inf, -np.inf]), np.zeros((3, 1)), np.zeros((3, 1, 1))
    >>> for x in (1.0, 2.0, 6.0):
    ...     join(log_sum, mean, spread, 0.0, np.array([x]))
    >>> print(np.exp(log_sum).round(6), mean[2], spread[1, 0].round(4))  # 3 pairs, with 3, 7 and 8
    [1. 3. 3.] [6.] [4.6667]
    """
    log_with = log_sum[:-1] + eta
    log_all = np.logaddexp(log_sum[1:], log_with)
    with np.errstate(invalid="ignore"):
        share = np.where(np.isfinite(log_all), np.exp(log_with - log_all), 0.0)[:, None]
    gap = mean[:-1] + x - mean[1:]
    outer = (share * (1 - share))[..., None] * gap[:, :, None] * gap[:, None, :]
    spread[1:] += share[..., None] * (spread[:-1] - spread[1:]) + outer
    mean[1:] += share * gap
    log_sum[1:] = log_all
