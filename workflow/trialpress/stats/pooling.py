"""Across trials: random-effects pooling of proportions."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, expit, ndtri, stdtrit

from .result import Result, events_of, not_estimable, probability

TAU2 = {"dl": "DerSimonian-Laird", "pm": "Paule-Mandel", "reml": "REML"}
TRANSFORMS = {"logit": "logit", "freeman-tukey": "Freeman-Tukey double arcsine"}


def pooled_proportion(
    events, totals, *, transform: str = "logit", tau2: str = "reml", knapp_hartung: bool = True, level: float = 0.95
) -> Result:
    """Random-effects summary of the proportions of k trials.

    events, totals: counts (k). transform: "logit" (1/2 is added to the events and non-events of every trial if any trial
    has none of one) or "freeman-tukey" (back-transformed at the harmonic mean of the totals; Miller 1978).
    tau2: "dl" (DerSimonian & Laird 1986), "pm" (Paule & Mandel 1982) or "reml" (Viechtbauer 2005); never below 0.
    knapp_hartung: t interval with the Hartung-Knapp-Sidik-Jonkman variance instead of the normal one.
    Returns n, N, trials, estimate, ci_low, ci_high, prediction_low, prediction_high (of a new trial, t with k - 2 df;
    Higgins et al. 2009), tau2, i2 (percent, from Q; Higgins & Thompson 2002), q, df, p_value (of Q). With one trial tau2, and with two the
    prediction interval, is not estimable. Trials must not share patients: that is for the caller.
    curve: weight of each trial (k), which add up to 1.

    >>> result = pooled_proportion(np.array([8, 12, 20]), np.array([20, 40, 50]))
    >>> print(f"{result['estimate']:.3f}")
    0.365
    """
    x, N = events_of("events", events, "totals", totals)
    if transform not in TRANSFORMS or tau2 not in TAU2:
        choices = f"{', '.join(TRANSFORMS)}; {', '.join(TAU2)}"
        raise ValueError(f"transform, tau2: must be among {choices}, are {transform!r}, {tau2!r}")
    if (N == 0).any():
        raise ValueError(f"totals: no patients at position {int(np.argmin(N))}")
    variance = "Hartung-Knapp" if knapp_hartung else "normal"
    method = (
        f"random-effects pooling ({TRANSFORMS[transform]}, {TAU2[tau2]}), "
        f"{variance} {100 * probability('level', level):g}% CI"
    )
    k = len(x)
    known = {"n": int(x.sum()), "N": int(N.sum()), "trials": k}
    names = ("estimate", "ci_low", "ci_high", "prediction_low", "prediction_high", "tau2", "i2", "q", "df", "p_value")
    if k < 2:
        return not_estimable(method, names, "fewer than two trials", **known)
    y, v, back = _freeman_tukey(x, N) if transform == "freeman-tukey" else _logit(x, N)
    w = 1 / v
    Q = float((w * (y - w @ y / w.sum()) ** 2).sum())
    between = {"dl": _dersimonian_laird, "pm": _paule_mandel, "reml": _reml}[tau2](y, v)
    w = 1 / (v + between)
    mean, error = w @ y / w.sum(), np.sqrt(1 / w.sum())
    quantile = -ndtri((1 - level) / 2)
    if knapp_hartung:
        error = np.sqrt((w * (y - mean) ** 2).sum() / (k - 1) / w.sum())
        quantile = stdtrit(k - 1, (1 + level) / 2)
    low, high = back(mean + np.array([-1, 1]) * quantile * error)
    prediction = (np.nan, np.nan)
    if k > 2:
        reach = stdtrit(k - 2, (1 + level) / 2) * np.hypot(error, np.sqrt(between))
        prediction = back(mean + np.array([-1, 1]) * reach)
    i2 = max(0.0, 100 * (Q - (k - 1)) / Q) if Q > 0 else 0.0
    figures = (float(back(np.array([mean]))[0]), low, high, *prediction, between, i2, Q, k - 1, chdtrc(k - 1, Q))
    notes = ["1/2 added to every cell"] if transform == "logit" and ((x == 0) | (x == N)).any() else []
    notes += ["prediction interval not estimable: two trials"] if k == 2 else []
    values = {**known, **dict(zip(names, map(float, figures), strict=True))}
    return Result(method, values, "; ".join(notes), {"weight": w / w.sum()})


def _logit(x, N):
    add = 0.5 if ((x == 0) | (x == N)).any() else 0.0
    a, b = x + add, N - x + add
    return np.log(a / b), 1 / a + 1 / b, expit


def _freeman_tukey(x, N):
    harmonic = len(N) / (1 / N).sum()
    y = (np.arcsin(np.sqrt(x / (N + 1))) + np.arcsin(np.sqrt((x + 1) / (N + 1)))) / 2

    def ends(n, p):
        return (np.arcsin(np.sqrt(n * p / (n + 1))) + np.arcsin(np.sqrt((n * p + 1) / (n + 1)))) / 2

    def back(t):
        """Miller's inverse; what lies beyond the transform of 0 or 1 is 0 or 1."""
        s = np.sin(np.clip(2 * t, 1e-12, np.pi - 1e-12))
        p = (1 - np.sign(np.cos(2 * t)) * np.sqrt(np.maximum(0, 1 - (s + (s - 1 / s) / harmonic) ** 2))) / 2
        return np.where(t <= ends(harmonic, 0), 0.0, np.where(t >= ends(harmonic, 1), 1.0, p))

    return y, 1 / (4 * N + 2), back


def _dersimonian_laird(y, v):
    w = 1 / v
    Q = (w * (y - w @ y / w.sum()) ** 2).sum()
    return max(0.0, float((Q - (len(y) - 1)) / (w.sum() - (w**2).sum() / w.sum())))


def _paule_mandel(y, v):
    from scipy.optimize import brentq

    def excess(t):  # generalised Q less its expectation; falls with t
        w = 1 / (v + t)
        return (w * (y - w @ y / w.sum()) ** 2).sum() - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    high = max(float(y.var(ddof=1)), float(v.max()))
    while excess(high) > 0:
        high *= 2
    return brentq(excess, 0, high, xtol=1e-14)


def _reml(y, v):
    """The maximum of the restricted likelihood: the best of a scan, refined by the root of its derivative."""
    from scipy.optimize import brentq

    def score(t):
        w = 1 / (v + t)
        mean = w @ y / w.sum()
        return float((w**2 * (y - mean) ** 2).sum() - w.sum() + (w**2).sum() / w.sum()) / 2

    def likelihood(t):
        w = 1 / (v + t)
        mean = w @ y / w.sum()
        return (np.log(w).sum() - np.log(w.sum()) - (w * (y - mean) ** 2).sum()) / 2

    top = 10 * (float(np.ptp(y)) ** 2 + float(v.max()))
    grid = np.concatenate([[0.0], np.geomspace(1e-8 * top, top, 400)])
    best = int(np.argmax([likelihood(t) for t in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    return brentq(score, low, high, xtol=1e-16) if score(low) > 0 else float(low)
