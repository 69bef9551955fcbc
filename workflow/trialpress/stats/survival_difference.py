"""Survival summed up in one number, and its difference between two groups: restricted mean, survival at a fixed time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import chdtrc, ndtri

from trialpress.stats.result import Result, not_estimable, probability, times
from trialpress.stats.risksets import groups, sample
from trialpress.stats.survival import kaplan_meier, survival_at


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
    found = difference_at(first, second, labels, transform=transform, level=level, flat=f"no event by {at:g}")
    return Result(method, {**known, **found.values}, found.note)


SCALES: dict[str, tuple[Callable, Callable]] = {
    "plain": (lambda s: s, lambda s: 1.0),
    "log": (np.log, lambda s: 1 / s),
    "log-log": (lambda s: np.log(-np.log(s)), lambda s: 1 / (s * np.log(s))),
    "arcsin": (lambda s: np.arcsin(np.sqrt(s)), lambda s: 0.5 / np.sqrt(s * (1 - s))),
}


def difference_at(
    first: Result, second: Result, labels, *, transform: str, level: float, flat: str = "an estimate without variance"
) -> Result:
    """Difference of two independent estimates of a probability at a fixed time, second less first, with the plain interval, and the
    test of them on a scale (Klein, Logan, Harhoff & Andersen 2007), which may have none for 0 and 1.

    first, second: with estimate and std_error; labels: of the groups; flat: why there is no variance. values: estimate, std_error,
    ci_low, ci_high, statistic (z), p_value.

    >>> one, other = (Result("", {"estimate": p, "std_error": 0.1}) for p in (0.5, 0.75))
    >>> print(f"{difference_at(one, other, 'AB', transform='plain', level=0.95)['statistic']:.3f}")
    1.768
    """
    if transform not in SCALES:
        raise ValueError(f"transform: must be plain, log, log-log or arcsin, is {transform!r}")
    method = f"difference at a fixed time, {transform} test"
    for label, part in zip(labels, (first, second), strict=True):
        if not part["std_error"] > 0:
            why = part.note.removeprefix("not estimable: ") or flat
            return not_estimable(method, DIFFERENCE, f"group {label}: {why}")
    result = _difference(method, first, second, {}, level)
    p, error = np.array([[part["estimate"], part["std_error"]] for part in (first, second)], dtype=float).T
    value, slope = SCALES[transform]
    if transform != "plain" and not ((p > 0) & (p < 1)).all():
        label = labels[0] if not 0 < p[0] < 1 else labels[1]
        none = dict.fromkeys(("statistic", "p_value"), float("nan"))
        why = f"test not estimable: group {label} has an estimate of {p[0] if label is labels[0] else p[1]:g}, which the scale has no value for"
        return Result(method, {**result.values, **none}, why)
    z = float((value(p[1]) - value(p[0])) / np.hypot(*(slope(p) * error)))
    return Result(method, {**result.values, "statistic": z, "p_value": chdtrc(1, z * z)})


def across_strata(
    compare: Callable[..., Result], time, event, group, stratum, *, level: float = 0.95
) -> tuple[dict[str, Result], Result]:
    """A difference of two groups within each stratum, and their mean with the weights n1 n2 / (n1 + n2) of Cochran (1954).

    compare: (time, event, group) to a Result with estimate and std_error, as `restricted_mean_difference` gives one; stratum:
    labels, length n. A stratum with one group only has no weight. Returns ({label: result of the stratum}, values: n, events,
    strata (those with both groups), estimate, std_error, ci_low, ci_high, statistic (z), p_value). Where a stratum with both groups has
    no estimate, neither has the mean.

    >>> time, group, stratum = np.array([1, 2, 3, 4, 2, 4, 6, 8]), np.repeat([0, 1], 4), np.tile([0, 1], 4)
    >>> within, mean = across_strata(lambda *of: restricted_mean_difference(*of, 3), time, np.ones(8), group, stratum)
    >>> print([float(part["estimate"]) for part in within.values()], mean["estimate"])
    [0.5, 0.5] 0.5
    """
    time, event, _ = sample(time, event)
    labels = _two_groups(group, len(time))[0]
    group, stratum = np.asarray(group), np.asarray(stratum)
    if stratum.shape != time.shape:
        raise ValueError(f"stratum: has shape {stratum.shape} where {len(time)} values are needed")
    within, parts = {}, []
    known = {"n": len(time), "events": int(event.sum())}
    for label in np.unique(stratum):
        here = stratum == label
        sizes = [int((group[here] == one).sum()) for one in labels]
        if min(sizes) == 0:
            within[label] = not_estimable("difference within a stratum", DIFFERENCE, "one group only", n=sum(sizes))
            continue
        within[label] = compare(time[here], event[here], group[here])
        parts.append((label, within[label], sizes[0] * sizes[1] / sum(sizes)))
    known["strata"] = len(parts)
    method = next((part.method for _, part, _ in parts), "difference") + ", mean of strata with Cochran's weights"
    method = method.replace(", log-log test", "").replace(", log test", "").replace(", plain test", "")
    lost = [
        f"stratum {label}: {part.note.removeprefix('not estimable: ')}"
        for label, part, _ in parts
        if np.isnan(part["estimate"])
    ]
    if not parts or lost:
        return within, not_estimable(method, DIFFERENCE, lost[0] if lost else "no stratum has both groups", **known)
    share = np.array([weight for *_, weight in parts])
    share /= share.sum()
    estimate = float(share @ [part["estimate"] for _, part, _ in parts])
    error = float(np.sqrt(share**2 @ [part["std_error"] ** 2 for _, part, _ in parts]))
    values = _normal(estimate, error, level)
    z = estimate / error
    return within, Result(method, {**known, **values, "statistic": z, "p_value": chdtrc(1, z * z)})


def difference_curve(time, event, group, *, level: float = 0.95) -> Result:
    """Difference of two Kaplan-Meier curves over time, second minus first of the sorted labels, with pointwise normal limits
    of the plain (Greenwood) variances (Klein, Logan, Harhoff & Andersen 2007), as far as both groups are followed.

    values: n, events. curve: one row per distinct time of either group: time, estimate, std_error, ci_low, ci_high,
    n_at_risk, n_event, n_censored (of both groups); std_error and limits are NaN where a curve has fallen to 0.

    >>> time, group = np.array([1, 2, 3, 4, 2, 4, 6, 8]), np.repeat([0, 1], 4)
    >>> print(difference_curve(time, np.ones(8), group).curve["estimate"])
    [0.25 0.25 0.5  0.5 ]
    """
    time, event, _ = sample(time, event)
    labels, parts = _two_groups(group, len(time))
    if len(labels) != 2:
        raise ValueError(f"group: {len(labels)} groups where two are compared")
    curves = [kaplan_meier(time[part], event[part], transform="plain").curve for part in parts]
    at = np.unique(time)
    at = at[at <= min(curve["time"][-1] for curve in curves)]

    def read(curve, name, before):
        return np.concatenate(([before], curve[name]))[np.searchsorted(curve["time"], at, side="right")]

    first, second = (read(curve, "estimate", 1.0) for curve in curves)
    error = np.hypot(*(read(curve, "std_error", 0.0) for curve in curves))
    half = -ndtri((1 - probability("level", level)) / 2) * error
    counts = {
        "n_at_risk": [int((time >= t).sum()) for t in at],
        "n_event": [int(event[time == t].sum()) for t in at],
        "n_censored": [int((~event[time == t]).sum()) for t in at],
    }
    curve = {"time": at, "estimate": second - first, "std_error": error, "ci_low": second - first - half,
             "ci_high": second - first + half} | {name: np.array(values) for name, values in counts.items()}  # fmt: skip
    method = f"difference of Kaplan-Meier estimates, {100 * level:g}% CI, {labels[1]} minus {labels[0]}"
    return Result(method, {"n": len(time), "events": int(event.sum())}, "", curve)


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
