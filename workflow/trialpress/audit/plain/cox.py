"""Cox regression of covariates that are given or change, of one cause, and its assumption, in plain Python."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from .arithmetic import Curve, Row
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import (
    FAR,
    Fit,
    Person,
    cox,
    cox_parts,
    crossing,
    dot,
    maximum,
    partial_likelihood,
    quadratic,
    score_residuals,
    solve,
    too_large,
)
from .regression import NEWTON, ratio, spread, wide
from .tails import chi2_above


def fitted(people: Sequence[Person], ties: str = "efron") -> tuple[Fit, float] | None:
    """As `cox`, with coefficients of any size, if the likelihood falls beyond them: else it has no maximum."""
    found = cox(people, ties, far=math.inf)
    if found is None:
        return None
    size = [spread(column) for column in zip(*(one.x for one in people), strict=True)]
    far = [abs(b) * s > FAR for b, s in zip(found[0].b, size, strict=True)]
    if not any(far):
        return found
    try:
        away = [1.5 * b if beyond else b for b, beyond in zip(found[0].b, far, strict=True)]
        further = partial_likelihood(people, ties)(away)[0]
    except (ArithmeticError, ValueError):  # out of range
        return None
    return found if further < found[0].likelihood - 1e-5 else None


def _ratio_test(people: Sequence[Person], ties: str = "efron") -> Found:
    """The likelihood-ratio test by where the likelihood ends, though the coefficients do not."""
    size = [spread(column) or 1.0 for column in zip(*(one.x for one in people), strict=True)]
    scaled = [one._replace(x=[x / s for x, s in zip(one.x, size, strict=True)]) for one in people]
    at, b = partial_likelihood(scaled, ties), [0.0] * len(size)
    null, score, information = at(b)
    value = null
    for _ in range(60):
        step = solve(information, [[u] for u in score])
        if step is None:
            break
        share = 1.0
        while (after := at([x + share * s[0] for x, s in zip(b, step, strict=True)]))[0] < value and share > 1e-6:
            share /= 2
        b, rises = [x + share * s[0] for x, s in zip(b, step, strict=True)], after[0] - value
        value, score, information = after
        if rises < 1e-12:
            break
    lr = 2 * (value - null)
    return "", "", NEWTON, FITTED, {"lr_statistic": lr, "lr_p_value": chi2_above(lr, len(b))}


def cox_regression(job: Job) -> Iterator[Found]:
    sets = job.named("set")
    base = [row for row in job.rows if row["set"] == sets[0]]
    late, strata, clusters = job["delayed"] == "true", job["stratum"] == "true", job["cluster"] == "true"
    needed = {"entry": late, "group": strata, "x": clusters}
    w = wide(job, base, {"time", "event", *(key for key, here in needed.items() if here)}, centred=False)
    entry = [float(row["entry"]) if late else -math.inf for row in w.rows]
    inside = [i for i, row in enumerate(w.rows) if entry[i] < float(row["time"])]
    people = [
        Person(
            entry[i],
            float(w.rows[i]["time"]),
            float(w.rows[i]["event"]) == 1,
            w.X[i],
            w.rows[i]["group"] if strata else "",
        )
        for i in inside
    ]
    yield "", "", COUNTED, CLOSED, {"n": len(people), "events": sum(one.event for one in people)}
    possible = people and w.ids and any(one.event for one in people) and not too_large(people)
    found = fitted(people, job["ties"]) if possible else None
    if found is None:
        if possible and not clusters and job["errors"] != "robust" and job["ties"] != "exact":
            yield _ratio_test(people, job["ties"])
        return
    fit, null = found
    V, of = fit.V, [w.rows[i]["x"] if clusters else str(i) for i in inside]
    if clusters or job["errors"] == "robust":
        if job["ties"] == "exact":
            return
        V = _robust(people, fit, job["ties"], of)
        statistic = quadratic(fit.b, V)
        if clusters:
            yield "", "", COUNTED, CLOSED, {"clusters": len(set(of))}
        if statistic is not None:
            wald = {"wald_statistic": statistic, "wald_p_value": chi2_above(statistic, len(fit.b))}
            yield "", "", NEWTON, FITTED, wald
    else:
        lr = 2 * (fit.likelihood - null)
        yield "", "", NEWTON, FITTED, {"lr_statistic": lr, "lr_p_value": chi2_above(lr, len(fit.b))}
    for j, name in enumerate(w.ids):
        yield "", name, NEWTON, FITTED, _said(job, people, fit, j, math.sqrt(V[j][j]), job["ties"])


def _said(job: Job, people: Sequence[Person], fit: Fit, j: int, error: float, ties: str) -> dict[str, float]:
    """The hazard ratio with limits by its error, or where the plan says so by the profile."""
    said = ratio("hazard_ratio", fit.b[j], error, job.z)
    if job["interval"] == "wald":
        return said
    return {key: said[key] for key in ("hazard_ratio", "p_value")} | _profile(people, fit, j, job.z, ties)


def _robust(people: Sequence[Person], fit: Fit, ties: str, clusters: Sequence[str]) -> list[list[float]]:
    """The sandwich of the sums of score residuals within clusters."""
    p, sums = range(len(fit.b)), defaultdict(lambda: [0.0] * len(fit.b))
    for own, cluster in zip(score_residuals(people, fit.b, ties), clusters, strict=True):
        sums[cluster] = [a + b for a, b in zip(sums[cluster], own, strict=True)]
    moved = [[dot(row, one) for row in fit.V] for one in sums.values()]
    return [[math.fsum(one[i] * one[j] for one in moved) for j in p] for i in p]


def _profile(people: Sequence[Person], fit: Fit, j: int, z: float, ties: str) -> dict[str, float]:
    """Where the likelihood, highest in the other coefficients, is half a chi-squared quantile lower."""
    at, drop, error = partial_likelihood(people, ties), z**2 / 2, math.sqrt(fit.V[j][j])
    free, ends = [i for i in range(len(fit.b)) if i != j], {}

    def below(value: float) -> float | None:
        def rest(b: list[float]) -> tuple:
            full = [*b[:j], value, *b[j:]]
            height, score, information = at(full)
            return height, [score[i] for i in free], [[information[i][k] for k in free] for i in free]

        if not free:
            return fit.likelihood - at([value])[0] - drop
        held = maximum(rest, len(free))
        return None if held is None else fit.likelihood - held.likelihood - drop

    for key, side in (("ci_low", -1), ("ci_high", 1)):
        end = crossing(below, fit.b[j], -drop, side * error)
        if end is not None:
            ends[key] = math.exp(end)
    return ends


def cause_specific_cox(job: Job) -> Iterator[Found]:
    """Other causes are censored."""
    cause = float(job["cause"])
    strata = job["stratum"] == "true"
    base = [row for row in job.rows if row["set"] == job.named("set")[0]]
    w = wide(job, base, {"time", "event", *({"x"} if strata else ())}, centred=False)
    events = [float(row["event"]) for row in w.rows]
    own = events.count(cause)
    yield "", "", COUNTED, CLOSED, {"n": len(events)}
    yield (
        "",
        job["cause_name"],
        COUNTED,
        CLOSED,
        {"events": own, "competing_events": sum(one > 0 for one in events) - own},
    )
    if not own:
        return
    people = [
        Person(-math.inf, float(row["time"]), one == cause, x, row["x"] if strata else "")
        for row, one, x in zip(w.rows, events, w.X, strict=True)
    ]
    found = fitted(people)
    for j, name in enumerate(w.ids if found else ()):
        yield "", name, NEWTON, FITTED, _said(job, people, found[0], j, math.sqrt(found[0].V[j][j]), "efron")


def proportional_hazards(job: Job) -> Iterator[Found]:
    """Grambsch & Therneau 1994: the score test of a covariate times a function of time."""
    late, strata = job["delayed"] == "true", job["stratum"] == "true"
    needed = {"time", "event", *(["entry"] if late else []), *(["x"] if strata else [])}
    w = wide(job, [row for row in job.rows if row["set"] == job.named("set")[0]], needed, centred=False)
    people = [Person(float(row["entry"]) if late else -math.inf, float(row["time"]), float(row["event"]) == 1, x, row["x"] if strata else "")
              for row, x in zip(w.rows, w.X, strict=True)]  # fmt: skip
    people = [one for one in people if one.entry < one.time]
    yield "", "", COUNTED, CLOSED, {"n": len(people), "events": sum(one.event for one in people)}
    found = cox(people) if people and w.ids else None
    if found is None:
        return
    clock, times = _clock(job["transform"], people), [one.time for one in people if one.event]
    middle = math.fsum(map(clock, times)) / len(times)
    p = range(len(w.ids))
    U, moments = [0.0] * len(w.ids), [[[0.0] * len(w.ids) for _ in p] for _ in range(3)]
    for time, score, information in cox_parts(people, found[0].b):
        g = clock(time) - middle
        for j in p:
            U[j] += g * score[j]
            for k in p:
                for power in range(3):
                    moments[power][j][k] += g**power * information[j][k]
    within = solve(moments[0], moments[1])
    spread = [[moments[2][j][k] - math.fsum(moments[1][j][m] * within[m][k] for m in p) for k in p] for j in p]
    statistic = quadratic(U, spread)
    if statistic is None:
        return
    df = len(w.ids)
    yield (
        "",
        "",
        "sums over the event times",
        FITTED,
        {"statistic": statistic, "df": df, "p_value": chi2_above(statistic, df)},
    )
    for j, name in enumerate(w.ids):
        one = U[j] ** 2 / spread[j][j]
        yield "", name, "sums over the event times", FITTED, {"statistic": one, "p_value": chi2_above(one, 1)}


def _clock(transform: str, people: Sequence[Person]) -> Callable[[float], float]:
    if transform == "identity":
        return float
    if transform == "log":
        return math.log
    if transform == "rank":
        ordered = sorted(one.time for one in people)
        return lambda t: (bisect_left(ordered, t) + bisect_right(ordered, t) + 1) / 2
    entry = {} if people[0].entry == -math.inf else {"entry": 0}
    rows: list[Row] = [
        {"time": repr(one.time), "event": str(int(one.event)), "@": frozenset()}
        | {key: repr(one.entry) for key in entry}
        for one in people
    ]
    steps = Curve(rows, lambda row: row["event"] == "1").steps
    return lambda t: 1 - next((float(value) for time, value, _ in reversed(steps) if time < t), 1.0)


def changing_cox(job: Job) -> Iterator[Found]:
    """Follow-up is cut where something begins and at every measurement, which holds until the next; before the first nobody is at risk."""
    strata = job["stratum"] == "true"
    base = [row for row in job.rows if row["set"] == "followed"]
    begins, value = job.named("begin"), job.named("measured")
    w = wide(job, base, {"time", "event", *(["level"] if strata else [])}, centred=False)
    starts = {
        name: {
            row["x"]: begun
            for row, begun in zip(base, [row for row in job.rows if row["set"] == f"begins {name}"], strict=True)
        }
        for name in begins
    }
    measured: dict[float, dict[float, float]] = defaultdict(dict)
    for row in sorted((row for row in job.rows if row["set"] == "measured"), key=lambda row: float(row["time"])):
        measured[float(row["x"])][max(float(row["time"]), 0.0)] = float(row["y"])
    people, who = [], set()
    for row, own in zip(w.rows, w.X, strict=True):
        end = float(row["time"])
        days = [
            math.inf if "x" in starts[name][row["x"]]["@"] else max(float(starts[name][row["x"]]["x"]), 0.0)
            for name in begins
        ]
        latest = measured[float(row["x"])]
        cuts = sorted({0.0, end, *(day for day in [*days, *latest] if 0 < day < end)})
        for start, stop in zip(cuts, cuts[1:], strict=False):
            before = [day for day in latest if day <= start]
            if value and not before:
                continue
            now = [latest[max(before)]] if value else []
            who.add(row["x"])
            people.append(
                Person(
                    start,
                    stop,
                    stop == end and float(row["event"]) == 1,
                    [*(float(day <= start) for day in days), *now, *own],
                    row["level"] if strata else "",
                )
            )
    yield "", "", COUNTED, CLOSED, {"n": len(who), "events": sum(one.event for one in people)}
    possible = any(one.event for one in people) and not too_large(people)
    found = fitted(people) if possible else None
    if found is None:
        if possible:
            yield _ratio_test(people)
        return
    fit, null = found
    lr = 2 * (fit.likelihood - null)
    yield "", "", NEWTON, FITTED, {"lr_statistic": lr, "lr_p_value": chi2_above(lr, len(fit.b))}
    for j, name in enumerate([*begins, *value, *w.ids]):
        yield "", name, NEWTON, FITTED, ratio("hazard_ratio", fit.b[j], math.sqrt(fit.V[j][j]), job.z)
