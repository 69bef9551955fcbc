"""Survival without competing events: Kaplan-Meier, what is read off its curve, and the log-rank family."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, ndtri

from trialpress.stats.result import Result, not_estimable, numbers, probability, times
from trialpress.stats.risksets import RiskSets, groups, sample

# R compares survival with a quantile's probability to this tolerance (quantile.survfit).
TIE = np.sqrt(np.finfo(float).eps)


def kaplan_meier(time, event, *, entry=None, level: float = 0.95, transform: str = "log-log") -> Result:
    """Kaplan-Meier estimate with Greenwood's variance (R survival::survfit, conf.type = `transform`).

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
    Not estimable after the last follow-up.

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
        return not_estimable(result.method, names[2:], f"no event by {at:g}", **known, estimate=before, std_error=0.0)
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


def log_rank(time, event, group, *, rho: float = 0, stratum=None, trend_scores=None, entry=None) -> Result:
    """Test of equal hazards in two or more groups (R survival::survdiff).

    group: labels, length n. rho: Fleming-Harrington weight S(t-)**rho of the pooled Kaplan-Meier estimate (1 is
        Peto-Peto); stratum: labels, length n; trend_scores: one number per sorted label, for the test for trend.
    values: n, events, statistic (chi-squared), df, p_value. curve: one row per group: group, n, observed, expected.

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161, 5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45])
    >>> print(f"{log_rank(abs(aml), aml > 0, np.arange(23) > 10)['statistic']:.4f}")  # R survdiff, 3.4
    3.3964
    """
    time, event, entry = sample(time, event, entry)
    labels, code = groups("group", group, length=len(time))
    k = len(labels)
    if stratum is not None and np.shape(stratum) != time.shape:
        raise ValueError(f"stratum: has shape {np.shape(stratum)} where {len(time)} values are needed")
    method = "log-rank test" if rho == 0 else f"Fleming-Harrington test (rho {rho:g})"
    method = "stratified " * (stratum is not None) + method + " for trend" * (trend_scores is not None)
    known = {"n": len(time), "events": int(event.sum())}
    names = ("statistic", "df", "p_value")
    if not event.any():
        return not_estimable(method, names, "no event", **known)
    sets = RiskSets.of(time, event, entry, stratum)
    weight = sets.survival_before() ** rho if rho else np.ones(len(sets))
    at_risk, n_event = sets.by_group(code, k)
    observed = weight @ n_event
    expected, variance = hypergeometric(at_risk, sets.n_event, weight)
    table = {"group": labels, "n": np.bincount(code), "observed": observed, "expected": expected}
    difference = observed - expected
    if trend_scores is not None:
        score = numbers("trend_scores", trend_scores, length=k)
        df, spread = 1, score @ variance @ score
        statistic = (score @ difference) ** 2 / spread if spread > 0 else np.nan
    else:
        known_groups = np.flatnonzero(expected > 0)[1:]
        df, statistic = (
            len(known_groups),
            quadratic(difference[known_groups], variance[np.ix_(known_groups, known_groups)]),
        )
    if np.isnan(statistic):
        why = "the groups are not at risk together at any event time"
        return Result(method, not_estimable(method, names, why, **known).values, f"not estimable: {why}", table)
    return Result(method, {**known, "statistic": statistic, "df": df, "p_value": chdtrc(df, statistic)}, curve=table)


def hypergeometric(at_risk: np.ndarray, n_event: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected events per group and their covariance, given the margins at each time; at_risk: (times, groups).

    >>> expected, variance = hypergeometric(np.array([[2.0, 2.0], [1.0, 2.0]]), np.array([1, 1]), np.ones(2))
    >>> print(expected.round(4), variance[0, 0].round(4))
    [0.8333 1.1667] 0.4722
    """
    n = at_risk.sum(axis=1)
    share = at_risk / n[:, None]
    expected = (weight * n_event) @ share
    spread = weight**2 * n_event * (n - n_event) / np.maximum(n - 1, 1)
    return expected, np.diag(spread @ share) - share.T @ (spread[:, None] * share)


def quadratic(difference: np.ndarray, variance: np.ndarray) -> float:
    """difference' variance^-1 difference; NaN if the variance is singular.

    >>> print(quadratic(np.array([2.0]), np.array([[4.0]])))
    1.0
    """
    # Variances are in units of events: what is far below one is a rounding error.
    rank = np.linalg.matrix_rank(variance, tol=1e-12 * max(1.0, np.abs(variance).max(initial=0)), hermitian=True)
    if not len(difference) or rank < len(difference):
        return float("nan")
    return max(float(difference @ np.linalg.solve(variance, difference)), 0.0)


def permutation_log_rank(time, event, group, *, replicates: int = 10_000, seed: int) -> Result:
    """Monte Carlo permutation test on log-rank scores (Peto & Peto 1972).

    The score of a patient is event - cumulative hazard at the end of follow-up, so the scores of a group add up to its
    observed - expected events; the statistic sums their squares, each over the size of its group. The p-value counts
    the observed allocation among the replicates (Davison & Hinkley 1997, 4.25).
    values: n, events, statistic, replicates, p_value, std_error (of the p-value, from the number of replicates).

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161, 5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45])
    >>> print(f"{permutation_log_rank(abs(aml), aml > 0, np.arange(23) > 10, seed=1)['p_value']:.1f}")
    0.1
    """
    time, event, _ = sample(time, event)
    labels, code = groups("group", group, length=len(time))
    method = f"permutation log-rank test, {replicates} replicates"
    known = {"n": len(time), "events": int(event.sum())}
    if not event.any():
        return not_estimable(method, ("statistic", "p_value", "std_error"), "no event", **known)
    sets = RiskSets.of(time, event)
    score = event - sets.over(sets.n_event / sets.n)
    size = np.bincount(code)

    def statistic(score: np.ndarray) -> np.ndarray:
        # Patients in the order of their groups: a group's total is a difference of running totals.
        return (np.add.reduceat(score, np.cumsum(size) - size, axis=-1) ** 2 / size).sum(axis=-1)

    seen = float(statistic(score[np.argsort(code, kind="stable")]))
    rng = np.random.default_rng(seed)
    rows = max(1, 2_000_000 // len(time))
    extreme = 0
    for start in range(0, replicates, rows):
        block = np.tile(score, (min(rows, replicates - start), 1))
        extreme += int((statistic(rng.permuted(block, axis=1)) >= seen * (1 - 1e-9)).sum())
    p = (extreme + 1) / (replicates + 1)
    return Result(
        method,
        {
            **known,
            "statistic": seen,
            "replicates": replicates,
            "p_value": p,
            "std_error": np.sqrt(p * (1 - p) / replicates),
        },
    )


def restricted_mean(time, event, tau: float, *, level: float = 0.95) -> Result:
    """Mean survival time up to tau, the area under the Kaplan-Meier curve (R survfit, rmean = tau).

    values: n, events, tau, estimate, std_error, ci_low, ci_high (normal). Not estimable if follow-up ends before tau
    with the curve above 0.

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161])  # maintained; negative: censored
    >>> print(f"{restricted_mean(abs(aml), aml > 0, 161)['estimate']:.2f}")  # R print.survfit, rmean
    52.65
    """
    time, event, _ = sample(time, event)
    (tau,) = times("tau", [tau])
    method = f"restricted mean survival time to {tau:g}, {100 * level:g}% CI"
    known = {"n": len(time), "events": int(event.sum()), "tau": tau}
    curve = kaplan_meier(time, event).curve
    if tau > curve["time"][-1] and curve["estimate"][-1] > 0:
        why = f"follow-up ends at {curve['time'][-1]:g}, before tau"
        return not_estimable(method, ("estimate", "std_error", "ci_low", "ci_high"), why, **known)
    used = curve["time"] <= tau
    d, n = curve["n_event"][used], curve["n_at_risk"][used]
    width = np.diff(np.concatenate(([0.0], curve["time"][used], [tau])))
    area = width * np.concatenate(([1.0], curve["estimate"][used]))
    beyond = area[:0:-1].cumsum()[::-1]
    greenwood = np.where(d < n, d / np.maximum(n * (n - d), 1), 0.0)
    return Result(method, {**known, **_normal(area.sum(), np.sqrt((beyond**2 * greenwood).sum()), level)})


def restricted_mean_difference(time, event, group, tau: float, *, level: float = 0.95) -> Result:
    """Restricted mean of the second group (of the sorted labels) minus that of the first (Royston & Parmar 2013).

    values: n, events, tau, estimate, std_error, ci_low, ci_high, statistic (z), p_value.

    >>> time, group = np.array([1, 2, 3, 4, 2, 4, 6, 8]), np.repeat([0, 1], 4)
    >>> print(restricted_mean_difference(time, np.ones(8), group, 4)["estimate"])
    1.0
    """
    time, event, _ = sample(time, event)
    labels, parts = _two_groups(group, len(time))
    first, second = (restricted_mean(time[part], event[part], tau, level=level) for part in parts)
    method = f"difference of {first.method}, {labels[1]} minus {labels[0]}"
    return _difference(method, first, second, {"n": len(time), "events": int(event.sum()), "tau": tau}, level)


def compare_at(time, event, group, at: float, *, transform: str = "log-log", level: float = 0.95) -> Result:
    """Survival of two groups at a fixed time (Klein, Logan, Harhoff & Andersen 2007).

    The difference, second minus first of the sorted labels, has the plain (Greenwood) interval; the test compares the
    estimates on the scale `transform` ("plain", "log" or "log-log"). values: n, events, time, estimate, std_error,
    ci_low, ci_high, statistic (z), p_value.

    >>> time, group = np.array([1, 2, 3, 4, 2, 4, 6, 8]), np.repeat([0, 1], 4)
    >>> print(compare_at(time, np.ones(8), group, 2)["estimate"])
    0.25
    """
    time, event, _ = sample(time, event)
    labels, parts = _two_groups(group, len(time))
    first, second = (survival_at(kaplan_meier(time[part], event[part], transform="plain"), at) for part in parts)
    method = (
        f"difference of Kaplan-Meier estimates at {at:g}, {100 * level:g}% CI, {labels[1]} minus {labels[0]}, "
        f"{transform} test"
    )
    known = {"n": len(time), "events": int(event.sum()), "time": at}
    scale = {
        "plain": (lambda s: s, lambda s: 1.0),
        "log": (np.log, lambda s: 1 / s),
        "log-log": (lambda s: np.log(-np.log(s)), lambda s: 1 / (s * np.log(s))),
    }
    if transform not in scale:
        raise ValueError(f"transform: must be plain, log or log-log, is {transform!r}")
    for label, part in zip(labels, (first, second), strict=True):
        if not part["std_error"] > 0:
            why = part.note.removeprefix("not estimable: ") or f"no event by {at:g}"
            return not_estimable(method, DIFFERENCE, f"group {label}: {why}", **known)
    value, slope = scale[transform]
    z = (value(second["estimate"]) - value(first["estimate"])) / np.hypot(
        slope(second["estimate"]) * second["std_error"], slope(first["estimate"]) * first["std_error"]
    )
    result = _difference(method, first, second, known, level)
    return Result(method, {**result.values, "statistic": z, "p_value": chdtrc(1, z * z)})


DIFFERENCE = ("estimate", "std_error", "ci_low", "ci_high", "statistic", "p_value")


def _difference(method: str, first: Result, second: Result, known: dict[str, float], level: float) -> Result:
    std_error = np.hypot(first["std_error"], second["std_error"])
    if not std_error > 0:
        why = first.note or second.note or "no event in either group"
        return not_estimable(method, DIFFERENCE, why.removeprefix("not estimable: "), **known)
    values = _normal(second["estimate"] - first["estimate"], std_error, level)
    z = values["estimate"] / std_error
    return Result(method, {**known, **values, "statistic": z, "p_value": chdtrc(1, z * z)})


def _two_groups(group, n: int) -> tuple[np.ndarray, list[np.ndarray]]:
    labels, code = groups("group", group, length=n)
    if len(labels) > 2:
        raise ValueError(f"group: {len(labels)} groups where two are compared")
    return labels, [code == 0, code == 1]


def _normal(estimate: float, std_error: float, level: float) -> dict[str, float]:
    half = -ndtri((1 - probability("level", level)) / 2) * std_error
    return {"estimate": estimate, "std_error": std_error, "ci_low": estimate - half, "ci_high": estimate + half}
