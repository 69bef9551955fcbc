"""Risk difference and risk ratio of two groups within strata, weighted as Mantel and Haenszel."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, ndtri

from .result import Result, counts, not_estimable, probability

INTERVALS = {
    "newcombe": "stratified Newcombe (Yan-Su)",
    "sato": "Sato",
    "greenland-robins": "Greenland-Robins",
}
TEST = ("statistic", "df", "p_value")


def stratified_difference(tables, *, interval: str = "newcombe", level: float = 0.95) -> Result:
    """Common difference of the risks of K 2 x 2 tables (array K x 2 x 2; a row per group, events first), first row less second, with
    Mantel-Haenszel weights, and Cochran's test (Cochran 1954) that it is 0.

    interval: "newcombe" (Yan & Su 2010: stratified Wilson limits of either risk, combined as Newcombe 1998; R tern), "sato" (Sato,
    Greenland & Robins 1989: right for few large strata and for many small ones; R metafor rma.mh) or "greenland-robins" (Greenland &
    Robins 1985: for large strata). Returns estimate, ci_low, ci_high, statistic, df, p_value, n, strata; with the last two intervals std_error. Strata
    without one of the groups say nothing and are left out; the note counts them.

    >>> ugdp = np.array([[[8, 98], [5, 115]], [[22, 76], [16, 69]]])  # UGDP trial: deaths by treatment and age
    >>> found = stratified_difference(ugdp, interval="sato")
    >>> print(f"{found['estimate']:.3f} ({found['ci_low']:.3f} to {found['ci_high']:.3f})")
    0.035 (-0.028 to 0.097)
    """
    if interval not in INTERVALS:
        raise ValueError(f"interval: must be one of {', '.join(INTERVALS)}, is {interval!r}")
    z, title = -ndtri((1 - probability("level", level)) / 2), INTERVALS[interval]
    method = f"Mantel-Haenszel risk difference, {title} {100 * level:g}% CI, Cochran's test"
    x, n, known, note = _informative(tables)
    if not len(x):
        return not_estimable(method, ("estimate", "ci_low", "ci_high", *TEST), "no stratum has both groups", **known)
    total, p = n.sum(axis=1), x / n
    weight = n[:, 0] * n[:, 1] / total
    share = weight / weight.sum()
    estimate = float(share @ (p[:, 0] - p[:, 1]))
    values = {**known, "estimate": estimate, **_cochran(x, n)}
    if interval == "newcombe":
        wilson = np.array([_stratified_wilson(x[:, j], n[:, j], share, z) for j in (0, 1)])
        spread = (share**2 @ (1 / n))[:, None] * wilson * (1 - wilson)  # a row per group, its lower and upper limit
        low, high = (z * np.sqrt(spread[0, side] + spread[1, 1 - side]) for side in (0, 1))
    else:
        if interval == "sato":
            P = (
                n[:, 0] ** 2 * x[:, 1] - n[:, 1] ** 2 * x[:, 0] + n[:, 0] * n[:, 1] * (n[:, 1] - n[:, 0]) / 2
            ) / total**2
            Q = (x[:, 0] * (n[:, 1] - x[:, 1]) + x[:, 1] * (n[:, 0] - x[:, 0])) / (2 * total)
            variance = (estimate * P.sum() + Q.sum()) / weight.sum() ** 2
        else:
            variance = share**2 @ (p * (1 - p) / n).sum(axis=1)
        values["std_error"] = float(np.sqrt(max(variance, 0.0)))
        low = high = z * values["std_error"]
    values |= {"ci_low": max(-1.0, float(estimate - low)), "ci_high": min(1.0, float(estimate + high))}
    missing = "Cochran's test not estimable: all or none have the event" if np.isnan(values["p_value"]) else ""
    return Result(method, values, "; ".join(filter(None, [note, missing])))


def stratified_ratio(tables, *, level: float = 0.95) -> Result:
    """Common ratio of the risks of K 2 x 2 tables, first row over second, with Mantel-Haenszel weights, the log-normal interval of
    Greenland & Robins (1985; R metafor rma.mh), and Cochran's test (Cochran 1954) that it is 1.

    Returns risk_ratio, ci_low, ci_high, statistic, df, p_value, n, strata; strata as in `stratified_difference`.

    >>> found = stratified_ratio(np.array([[[8, 98], [5, 115]], [[22, 76], [16, 69]]]))
    >>> print(f"{found['risk_ratio']:.2f} ({found['ci_low']:.2f} to {found['ci_high']:.2f})")  # Rothman & Greenland 1998: 1.33
    1.33 (0.80 to 2.20)
    """
    z = -ndtri((1 - probability("level", level)) / 2)
    method = f"Mantel-Haenszel risk ratio, Greenland-Robins {100 * level:g}% CI, Cochran's test"
    names = ("risk_ratio", "ci_low", "ci_high")
    x, n, known, note = _informative(tables)
    if not len(x):
        return not_estimable(method, (*names, *TEST), "no stratum has both groups", **known)
    known |= _cochran(x, n)
    total = n.sum(axis=1)
    first, second = x[:, 0] @ (n[:, 1] / total), x[:, 1] @ (n[:, 0] / total)
    if not first or not second:
        tested = "" if np.isfinite(known["p_value"]) else ", nor is Cochran's test"
        group = 1 if not first else 2
        return not_estimable(method, names, f"no event in group {group}{tested}", **known)
    variance = (n.prod(axis=1) * x.sum(axis=1) / total**2 - x.prod(axis=1) / total).sum() / (first * second)
    ratio, half = float(first / second), z * np.sqrt(max(variance, 0.0))
    values = {
        "risk_ratio": ratio,
        "ci_low": float(ratio * np.exp(-half)),
        "ci_high": float(ratio * np.exp(half)),
        **known,
    }
    missing = "" if np.isfinite(known["p_value"]) else "Cochran's test not estimable: all have the event"
    return Result(method, values, "; ".join(filter(None, [note, missing])))


def _informative(tables) -> tuple[np.ndarray, np.ndarray, dict, str]:
    """(events, patients) of both groups in the strata that have both; what is known; how many strata are left out."""
    cells = counts("tables", tables)
    if cells.ndim != 3 or cells.shape[1:] != (2, 2):
        raise ValueError(f"tables: must have shape (K, 2, 2), has {cells.shape}")
    n = cells.sum(axis=2).astype(float)
    both = n.min(axis=1) > 0 if len(cells) else np.zeros(0, dtype=bool)
    lost = int((n[~both].sum(axis=1) > 0).sum())
    known = {"n": int(cells.sum()), "strata": int(both.sum())}
    note = f"{lost} {'strata' if lost > 1 else 'stratum'} without one of the groups left out" if lost else ""
    return cells[both, :, 0].astype(float), n[both], known, note


def _cochran(x: np.ndarray, n: np.ndarray) -> dict[str, float]:
    """Cochran 1954: as Mantel-Haenszel without correction, but with the binomial variance of a stratum."""
    total, events = n.sum(axis=1), x.sum(axis=1)
    variance = (n.prod(axis=1) * events * (total - events) / total**3).sum()
    if not variance:
        return {"statistic": np.nan, "df": np.nan, "p_value": np.nan}
    statistic = float((x[:, 0] - n[:, 0] * events / total).sum() ** 2 / variance)
    return {"statistic": statistic, "df": 1, "p_value": float(chdtrc(1, statistic))}


def _stratified_wilson(x: np.ndarray, n: np.ndarray, share: np.ndarray, z: float) -> tuple[float, float]:
    """Weighted Wilson limits of the strata, at a quantile that makes them one interval of the weighted risk. Where no stratum has
    variance, that of a common risk."""
    p = x / n
    variance = p * (1 - p) / n
    error = share * np.sqrt(variance if variance.any() else 1 / n)
    q = z * np.sqrt((error**2).sum()) / error.sum()
    centre, half = (x + q**2 / 2) / (n + q**2), q * np.sqrt(n * p * (1 - p) + q**2 / 4) / (n + q**2)
    low, high = share @ np.where(x > 0, centre - half, 0.0), share @ np.where(x < n, centre + half, 1.0)
    return float(np.clip(low, 0.0, 1.0)), float(np.clip(high, 0.0, 1.0))
