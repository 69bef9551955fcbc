"""Survival without competing events: Kaplan-Meier and what is read off its curve."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from trialpress.stats.result import Result, not_estimable, probability, times
from trialpress.stats.risksets import sample

# R compares survival with a quantile's probability to this tolerance (quantile.survfit).
TIE = np.sqrt(np.finfo(float).eps)


def kaplan_meier(time, event, *, entry=None, level: float = 0.95, transform: str = "log-log") -> Result:
    """Kaplan-Meier estimate (Kaplan & Meier 1958) with Greenwood's variance (R survival::survfit, conf.type = `transform`).

    time, event: follow-up and 0/1, length n. entry: delayed entry; at risk in (entry, time].
    transform: interval on the scale "plain", "log", "log-log" or "arcsin".

    values: n, events, median, median_ci_low, median_ci_high (see `quantile`).
    curve: one row per distinct time of an event, a censoring or an entry: time, estimate, std_error, ci_low, ci_high,
        n_at_risk (just before the time), n_event, n_censored. As in R, std_error is NaN where the estimate is 0, and
        the limits are NaN where their scale has no value (log-log at 0 and 1, log at 0).

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161])  # maintained; negative: censored
    >>> print(kaplan_meier(abs(aml), aml > 0)["median"])  # R survfit: 31
    31.0
    """
    time, event, entry = sample(time, event, entry)
    z = -ndtri((1 - probability("level", level)) / 2)
    method = f"Kaplan-Meier, {transform} {100 * level:g}% CI (Greenwood)"
    if entry is None:
        at, position = np.unique(time, return_inverse=True)
        not_yet = 0
    else:
        # Before the first exit an entry changes no row that anything can be read from.
        at = np.unique(np.concatenate((time, entry[entry >= time.min()])))
        position = np.searchsorted(at, time)
        not_yet = np.bincount(np.searchsorted(at, entry, side="right"), minlength=len(at) + 1)[:0:-1].cumsum()[::-1]
    n_event = np.bincount(position, event, minlength=len(at))
    n_exit = np.bincount(position, minlength=len(at))
    n_at_risk = n_exit[::-1].cumsum()[::-1] - not_yet
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.cumprod(1 - n_event / np.maximum(n_at_risk, 1))
        greenwood = np.where(n_event > 0, n_event / (n_at_risk * (n_at_risk - n_event)), 0.0)
        relative = np.sqrt(np.cumsum(greenwood))
        std_error = estimate * relative
        ci_low, ci_high = limits(estimate, relative, z, transform)
    curve = {
        "time": at,
        "estimate": estimate,
        "std_error": std_error,
        "ci_low": ci_low,
        "ci_high": ci_high,
        "n_at_risk": n_at_risk,
        "n_event": n_event.astype(int),
        "n_censored": n_exit - n_event.astype(int),
    }
    known = {"n": len(time), "events": int(event.sum())}
    middle = quantile(Result(method, known, curve=curve), 0.5)
    median = {f"median{suffix}": middle[name] for name, suffix in QUANTILE.items()}
    return Result(method, {**known, **median}, middle.note, curve)


QUANTILE = {"estimate": "", "ci_low": "_ci_low", "ci_high": "_ci_high"}


def limits(estimate, relative, z: float, transform: str) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise limits from the standard error of log(estimate), as R's survfit_confint.

    >>> low, high = limits(np.array([0.5]), np.array([0.2]), 1.96, "plain")
    >>> print(low.round(3), high.round(3))
    [0.304] [0.696]
    """
    if transform == "plain":
        half = z * relative * estimate
        return np.maximum(estimate - half, 0), np.minimum(estimate + half, 1)
    if transform == "log":
        low, high = estimate * np.exp(-z * relative), estimate * np.exp(z * relative)
        defined = estimate > 0
        return np.where(defined, low, np.nan), np.where(defined, np.minimum(high, 1), np.nan)
    if transform == "log-log":
        inside = (estimate > 0) & (estimate < 1)
        log = np.log(np.where(inside, estimate, np.nan))
        half = z * relative / log
        with np.errstate(over="ignore"):
            return np.exp(log * np.exp(-half)), np.exp(log * np.exp(half))
    if transform == "arcsin":
        inside = (estimate > 0) & (estimate < 1)
        angle = np.arcsin(np.sqrt(estimate))
        half = 0.5 * z * relative * np.sqrt(estimate / (1 - np.where(inside, estimate, np.nan)))
        return np.sin(np.maximum(angle - half, 0)) ** 2, np.sin(np.minimum(angle + half, np.pi / 2)) ** 2
    raise ValueError(f"transform: must be plain, log, log-log or arcsin, is {transform!r}")


def quantile(km: Result, probability_of_event: float) -> Result:
    """The time by which a share of patients has had the event, with its interval (R's rule for print(survfit)).

    km: of `kaplan_meier`. Where the curve is flat at exactly 1 - p, the midpoint of the flat part, or its start if it
    lasts to the end. The limits are the same quantile of the curve's limits (Brookmeyer & Crowley 1982), at the first
    crossing. values: estimate, ci_low, ci_high; NaN if not reached.

    >>> km = kaplan_meier(np.arange(1, 9), np.ones(8))
    >>> print(quantile(km, 0.25)["estimate"])
    2.5
    """
    p = probability("probability_of_event", probability_of_event)
    curve = km.curve
    values = {
        name: _crossing(curve["time"], curve[column], 1 - p)
        for name, column in (("estimate", "estimate"), ("ci_low", "ci_low"), ("ci_high", "ci_high"))
    }
    what = {
        "estimate": "median" if p == 0.5 else f"{100 * p:g}% quantile",
        "ci_low": "lower limit",
        "ci_high": "upper limit",
    }
    missing = [what[name] for name, value in values.items() if np.isnan(value)]
    return Result(f"quantile of {km.method}", values, f"{', '.join(missing)} not reached" if missing else "")


def _crossing(time: np.ndarray, curve: np.ndarray, share: float) -> float:
    reached = np.flatnonzero(curve <= share + TIE)
    if not reached.size:
        return float("nan")
    start = time[reached[0]]
    if curve[reached[0]] < share - TIE:
        return float(start)
    below = np.flatnonzero(curve < share - TIE)
    return float((start + time[below[0]]) / 2 if below.size else start)


def survival_at(km: Result, at: float) -> Result:
    """The estimate of `kaplan_meier` at a fixed time (R summary.survfit).

    values: time, estimate, std_error, ci_low, ci_high, n_at_risk (patients with time >= at).
    Not estimable after the last follow-up; as in R 1 (1 to 1) before the first end of follow-up.

    >>> km = kaplan_meier(np.array([1, 2, 3, 4]), np.array([1, 1, 0, 1]))
    >>> print(survival_at(km, 2.5)["estimate"])
    0.5
    """
    return read_off(km, at, before=1.0)


def read_off(result: Result, at: float, *, before: float) -> Result:
    """The step function of `result.curve` at a time; `before` is its value ahead of the first step.

    >>> km = kaplan_meier(np.array([1, 2, 3, 4]), np.array([1, 1, 0, 1]))
    >>> print(read_off(km, 0.5, before=1.0)["estimate"])
    1.0
    """
    (at,) = times("at", [at])
    curve = result.curve
    names = ("estimate", "std_error", "ci_low", "ci_high")
    if at > curve["time"][-1]:
        return not_estimable(result.method, names, f"follow-up ends at {curve['time'][-1]:g}", time=at, n_at_risk=0)
    known = {"time": at, "n_at_risk": int(curve["n_at_risk"][np.searchsorted(curve["time"], at)])}
    row = np.searchsorted(curve["time"], at, side="right") - 1
    if row < 0:
        values = {"estimate": before, "std_error": 0.0, "ci_low": before, "ci_high": before}
        return Result(
            result.method, {**known, **values}, f"nobody's follow-up ends by {at:g}: an interval of no width, as in R"
        )
    values = {name: float(curve[name][row]) for name in names}
    undefined = [name for name in names if np.isnan(values[name])]
    note = f"{', '.join(undefined)} not defined at an estimate of {values['estimate']:g}" if undefined else ""
    return Result(result.method, {**known, **values}, note)


def number_at_risk(time, at, entry=None) -> np.ndarray:
    """Patients under observation just before each of `at`: time >= at, and entry < at.

    >>> print(number_at_risk(np.array([1, 2, 3, 4]), np.array([0, 2, 5]), entry=np.array([0, 0, 2, 1])))
    [0 2 0]
    """
    time, _, entry = sample(time, np.zeros(np.shape(time)), entry)
    at = times("at", at)
    n = len(time) - np.searchsorted(np.sort(time), at, side="left")
    return n if entry is None else n - (len(time) - np.searchsorted(np.sort(entry), at, side="left"))


def reverse_kaplan_meier(time, event, *, entry=None, level: float = 0.95, transform: str = "log-log") -> Result:
    """Follow-up: the Kaplan-Meier estimate with events and censorings exchanged (Schemper & Smith 1996).

    values, curve: as `kaplan_meier`, where an event is the end of observation without the event.

    >>> follow_up = reverse_kaplan_meier(np.array([2, 4, 6, 8]), np.array([1, 0, 0, 0]))
    >>> print(follow_up["median"])
    6.0
    """
    time, event, entry = sample(time, event, entry)
    km = kaplan_meier(time, ~event, entry=entry, level=level, transform=transform)
    return Result(f"reverse {km.method}", km.values, km.note, km.curve)
