"""Cellular kinetics: exposure of one patient from its concentrations, geometric means across patients."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from .result import Result, not_estimable, numbers, offending, probability, times

BLQ = ("zero", "half", "missing")
START = ("measured", "zero", "first")


def exposure(time, concentration, *, until: float, limit: float, blq: str, start: str = "measured") -> Result:
    """Noncompartmental exposure of one patient.

    time: days since infusion (n), strictly increasing; concentration: not negative (n), any value below `limit` is below
    the limit of quantification (BLQ); until: the day to which the area is taken.
    blq: what BLQ values become: before the first quantifiable value always 0; after it "zero", "half" (limit / 2) or
    "missing" (left out).
    start: where the first value is of a later day than 0, the area from day 0 is not estimable ("measured"), or a
    concentration of 0 is put in at day 0 ("zero"), or the area is that from the first value ("first").
    Returns n, n_blq, cmax, tmax (first time of cmax), tlast (last quantifiable time), auc (linear up, log down;
    interpolated at `until`, never extrapolated) and half_life (terminal: regression of the logarithm on the last points
    after tmax, at least three, their number chosen by the adjusted R squared, more points within 1e-4 of the best).

    >>> result = exposure(np.arange(5), np.array([16, 8, 4, 2, 1]), until=4, limit=0.5, blq="half")
    >>> print(f"{result['auc']:.2f} {result['half_life']:.2f}")  # 15 / log(2), halved every day
    21.64 1.00
    """
    time = times("time", time)
    c = numbers("concentration", concentration, length=len(time))
    offending("concentration", c < 0, "negative concentration")
    offending("time", np.diff(time, prepend=-1.0) <= 0, "time that does not increase")
    if not (np.isfinite(limit) and limit > 0 and np.isfinite(until) and until > 0):
        raise ValueError(f"limit, until: must be positive, are {limit} and {until}")
    if blq not in BLQ:
        raise ValueError(f"blq: must be one of {', '.join(BLQ)}, is {blq!r}")
    if start not in START:
        raise ValueError(f"start: must be one of {', '.join(START)}, is {start!r}")
    after = {"zero": "0", "half": "half the limit", "missing": "left out"}[blq]
    method = (
        f"noncompartmental, AUC linear up log down to day {until:g}; below {limit:g}: 0 before the first quantifiable "
        f"value, {after} after it"
    ) + ("; C(0) = 0 where the first value is later" if start == "zero" else "")
    below = c < limit
    known = {"n": len(c), "n_blq": int(below.sum())}
    names = ("cmax", "tmax", "tlast", "auc", "half_life")
    if below.all():
        return not_estimable(method, names, "no quantifiable value", **known)
    quantifiable = np.flatnonzero(~below)
    late = below & (np.arange(len(c)) > quantifiable[0])
    used = np.where(below, np.where(late & (blq == "half"), limit / 2, 0.0), c)
    kept = ~late if blq == "missing" else np.ones(len(c), dtype=bool)
    t, v = time[kept], used[kept]
    peak = quantifiable[np.argmax(c[quantifiable])]
    values = {**known, "cmax": float(c[peak]), "tmax": float(time[peak]), "tlast": float(time[quantifiable[-1]])}
    notes = []
    if t[0] > 0 and start == "zero":
        t, v = np.append(0.0, t), np.append(0.0, v)
    if t[0] > 0 and start != "first":
        values["auc"] = float("nan")
        notes.append(f"AUC not estimable: first value is of day {t[0]:g}")
    elif t[-1] < until or len(t) < 2:
        values["auc"] = float("nan")
        notes.append(f"AUC not estimable: last value used is of day {t[-1]:g}")
    else:
        values["auc"] = _area(t, v, until)
    values["half_life"], why = _half_life(time[quantifiable], c[quantifiable], time[peak])
    if why:
        notes.append(f"half-life not estimable: {why}")
    return Result(method, values, "; ".join(notes))


def geometric_mean(x, *, level: float = 0.95) -> Result:
    """Geometric mean with the t interval of the logarithms; not estimable where a value is 0 or below.

    Returns n, geometric_mean, ci_low, ci_high, geometric_cv (percent).

    >>> print(f"{geometric_mean(np.array([1, 10, 100]))['geometric_mean']:.1f}")
    10.0
    """
    x = numbers("x", x)
    method = f"geometric mean with {100 * probability('level', level):g}% CI"
    names = ("geometric_mean", "ci_low", "ci_high", "geometric_cv")
    if len(x) == 0:
        return not_estimable(method, names, "no value", n=0)
    if why := _no_logarithm(x):
        return not_estimable(method, names, why, n=len(x))
    if len(x) == 1:
        return not_estimable(method, names[1:], "one value has no variation", n=1, geometric_mean=float(x[0]))
    log = np.log(x)
    sd = log.std(ddof=1)
    half = stdtrit(len(x) - 1, (1 + level) / 2) * sd / np.sqrt(len(x))
    figures = (*np.exp(log.mean() + np.array([0, -half, half])), 100 * np.sqrt(np.expm1(sd**2)))
    return Result(method, {"n": len(x), **dict(zip(names, map(float, figures), strict=True))})


def geometric_mean_ratio(a, b, *, level: float = 0.95) -> Result:
    """Ratio of the geometric means of two groups (a over b), Welch's t on the logarithms; not estimable where a value is 0
    or below.

    Returns n1, n2, ratio, ci_low, ci_high, p_value.

    >>> print(f"{geometric_mean_ratio(np.array([2, 8]), np.array([1, 4]))['ratio']:.1f}")
    2.0
    """
    from .continuous import t_test

    a, b = numbers("a", a), numbers("b", b)
    method = f"geometric mean ratio, Welch's t on logarithms, {100 * level:g}% CI"
    if why := _no_logarithm(np.append(a, b)):
        return not_estimable(method, ("ratio", "ci_low", "ci_high", "p_value"), why, n1=len(a), n2=len(b))
    test = t_test(np.log(a), np.log(b), level=level)
    values = {name: test[name] for name in ("n1", "n2")}
    values |= dict(zip(("ratio", "ci_low", "ci_high"), (float(np.exp(test[k])) for k in _INTERVAL), strict=True))
    return Result(method, {**values, "p_value": test["p_value"]}, test.note)


_INTERVAL = ("estimate", "ci_low", "ci_high")


def _no_logarithm(x) -> str:
    """Why values have no geometric mean; empty if they have one."""
    n = int((x <= 0).sum())
    return f"{n} value{'' if n == 1 else 's'} of {'0 or below' if (x < 0).any() else '0'}" if n else ""


def _area(t, v, until):
    """Linear where the concentration rises, stays or touches 0; logarithmic where it falls."""
    k = int(np.searchsorted(t, until))
    if t[k] > until:
        t0, t1, v0, v1 = t[k - 1], t[k], v[k - 1], v[k]
        share = (until - t0) / (t1 - t0)
        end = v0 * (v1 / v0) ** share if v0 > v1 > 0 else v0 + share * (v1 - v0)
        t, v = np.append(t[:k], until), np.append(v[:k], end)
    else:
        t, v = t[: k + 1], v[: k + 1]
    width, before, after = np.diff(t), v[:-1], v[1:]
    area = width * (before + after) / 2
    falls = (before > after) & (after > 0)
    area[falls] = (width * (before - after))[falls] / np.log(before[falls] / after[falls])
    return float(area.sum())


def _half_life(t, c, tmax):
    t, log = t[t > tmax], np.log(c[t > tmax])
    if len(t) < 3:
        return float("nan"), "fewer than three quantifiable values after the peak"
    best = None
    for k in range(3, len(t) + 1):
        slope, intercept = np.polyfit(t[-k:], log[-k:], 1)
        spread = ((log[-k:] - log[-k:].mean()) ** 2).sum()
        rest = ((log[-k:] - intercept - slope * t[-k:]) ** 2).sum()
        fit = 1 - rest / spread * (k - 1) / (k - 2) if spread > 0 else -np.inf
        if best is None or fit > best[0] - 1e-4:
            best = (max(fit, best[0]) if best else fit, slope)
    if best[1] >= 0:
        return float("nan"), "the concentration does not fall"
    return float(-np.log(2) / best[1]), ""
