"""Comparisons of times to events: log-rank tests, hazard ratios, restricted means, what begins later."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from .arithmetic import Curve, Row
from .job import CLOSED, COUNTED, FITTED, FRACTIONS, Found, Job
from .models import Person, cox, quadratic, risk_sets, too_large
from .regression import NEWTON, ratio, wide
from .tails import chi2_above, z_above

SUMS = "sums over the event times"
CERTAIN = {"ci_low": 1.0, "ci_high": 1.0}  # as long as nobody's follow-up has ended


def log_rank_sums(
    people: Sequence[Person], k: int, rho: float = 0, gamma: float = 0
) -> tuple[list[float], list[float], list[list[float]]]:
    """(observed, expected, covariance) of the k groups, x of a person being [number of the group]; with weights
    S(t-)^rho (1 - S(t-))^gamma of each stratum."""
    seen, expected, V = [0.0] * k, [0.0] * k, [[0.0] * k for _ in range(k)]
    survival, stratum = 1.0, None
    for here, dying in risk_sets(people):
        if here[0].stratum != stratum:
            survival, stratum = 1.0, here[0].stratum
        n, d = len(here), len(dying)
        weight = survival**rho * (1 - survival) ** gamma
        survival *= 1 - d / n
        share = [sum(one.x[0] == g for one in here) / n for g in range(k)]
        spread = weight**2 * d * (n - d) / max(n - 1, 1)
        for g in range(k):
            seen[g] += weight * sum(one.x[0] == g for one in dying)
            expected[g] += weight * d * share[g]
            for h in range(k):
                V[g][h] += spread * ((share[g] if g == h else 0.0) - share[g] * share[h])
    return seen, expected, V


def chi2(seen, expected, V, trend: bool = False) -> dict[str, float]:
    """The test of all groups, or of a trend over scores 1, 2, ...; nothing where it has no spread."""
    gap, k = [o - e for o, e in zip(seen, expected, strict=True)], range(len(seen))
    if trend:
        spread = sum((i + 1) * (j + 1) * V[i][j] for i in k for j in k)
        statistic, df = (sum((i + 1) * gap[i] for i in k) ** 2 / spread, 1) if spread > 1e-12 else (None, 1)
    else:
        at = [g for g in k if expected[g] > 0][1:]
        statistic, df = quadratic([gap[g] for g in at], [[V[g][h] for h in at] for g in at]), len(at)
    return {} if statistic is None else {"statistic": statistic, "df": df, "p_value": chi2_above(statistic, df)}


def followed(job: Job, *more: str) -> list[Row]:
    """Who has a time, an outcome, an entry before the end where there is one, and these columns."""
    late = job["delayed"] == "true"
    known = [row for row in job.rows if not row["@"] & {"time", "event", *more, *({"entry"} if late else ())}]
    return [row for row in known if not late or float(row["entry"]) < float(row["time"])]


def person(row: Row, x: list[float], late: bool, stratum: str = "") -> Person:
    entry = float(row["entry"]) if late else -math.inf
    return Person(entry, float(row["time"]), float(row["event"]) == 1, x, stratum)


def hazard(people: Sequence[Person], z: float, ties: str = "efron") -> dict[str, float]:
    """The hazard ratio of the one covariate with limits and p-value; nothing where there is none."""
    found = cox(people, ties)
    if found is None:
        return {}
    b, error = found[0].b[0], math.sqrt(found[0].V[0][0])
    of = {"hazard_ratio": math.exp(b), "ci_low": math.exp(b - z * error), "ci_high": math.exp(b + z * error)}
    return of | {"p_value": 2 * z_above(abs(b / error))}


def log_rank(job: Job) -> Iterator[Found]:
    strata, trend, late = job["stratum"] == "true", job["trend"] == "true", job["delayed"] == "true"
    rows = followed(job, "group", *(["x"] if strata else []))
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    people = [person(row, [float(groups.index(row["group"]))], late, row["x"] if strata else "") for row in rows]
    if len(groups) < 2 or not any(one.event for one in people) or too_large(people):
        return
    sums = log_rank_sums(people, len(groups), float(job["rho"]), float(job["gamma"]))
    yield "", "", SUMS, CLOSED, chi2(*sums, trend)
    if trend:
        yield "", "", NEWTON, FITTED, {key: v for key, v in hazard(people, job.z).items() if key != "p_value"}
    elif all(any(one.event and one.x[0] == g for one in people) for g in range(len(groups))):
        yield from ratios(job, groups, people)


def ratios(job: Job, groups: Sequence[str], people: Sequence[Person]) -> Iterator[Found]:
    """The hazard ratio of each group against the first, x of a person being [number of the group]."""
    apart = [one._replace(x=[float(one.x[0] == g) for g in range(1, len(groups))]) for one in people]
    if found := cox(apart):
        for j, group in enumerate(groups[1:]):
            b, error = found[0].b[j], math.sqrt(found[0].V[j][j])
            yield "", f"{job['by']}={group}", NEWTON, FITTED, {
                "hazard_ratio": math.exp(b), "ci_low": math.exp(b - job.z * error), "ci_high": math.exp(b + job.z * error),
            }  # fmt: skip


def _mean_until(rows: Sequence[Row], until: float) -> tuple[float, float] | None:
    """(area of the curve up to a time, Greenwood's error of it); None where follow-up ends before, unless nobody is left."""
    curve = Curve(rows, lambda row: float(row["event"]) == 1)
    if not curve.people or (curve.last < until and (not curve.steps or curve.steps[-1][1] > 0)):
        return None
    steps = [step for step in curve.steps if step[0] < until]
    times, heights = [0.0, *(step[0] for step in steps), until], [1.0, *(float(step[1]) for step in steps)]
    areas = [h * (b - a) for h, a, b in zip(heights, times, times[1:], strict=False)]
    spread, died = 0.0, Counter(end for _, end, happens in curve.people if happens)
    left = list(accumulate(reversed(areas)))[::-1]  # the area from each time on
    for at, (time, *_) in enumerate(steps, start=1):
        n, d = curve.at_risk(time), died[time]
        if n > d:
            spread += left[at] ** 2 * d / (n * (n - d))
    return math.fsum(areas), math.sqrt(spread)


def restricted_mean(job: Job) -> Iterator[Found]:
    until, seen, strata = float(job["until"]), [], job["stratum"] == "true"
    for group, rows in job.groups():
        mine = [row for row in rows if not (strata and "level" in row["@"])]
        curve, found = Curve(mine, lambda row: float(row["event"]) == 1), _mean_until(mine, until)
        size = len(curve.people)
        yield group, "", COUNTED, CLOSED, {"n": size, **({"events": curve.events, "tau": until} if size else {})}
        if found is None:
            continue
        value, error = found
        of = {"estimate": value, "std_error": error}
        yield group, "", FRACTIONS, CLOSED, of | {"ci_low": value - job.z * error, "ci_high": value + job.z * error}
        seen.append((value, error))
    if strata:
        yield from across(job, lambda rows: _mean_until(rows, until))
    elif len(job.named("group")) == len(seen) == 2 and seen[0][1] + seen[1][1] > 0:
        yield "", "", FRACTIONS, CLOSED, _gap(job, seen[1][0] - seen[0][0], math.hypot(seen[0][1], seen[1][1]))


def _gap(job: Job, b: float, error: float) -> dict[str, float]:
    of = {"estimate": b, "std_error": error, "ci_low": b - job.z * error, "ci_high": b + job.z * error}
    return of | {"statistic": b / error, "p_value": 2 * z_above(abs(b / error))}


SCALES: dict[str, Callable[[float], tuple[float, float]]] = {  # the value and the slope of a scale
    "plain": lambda s: (s, 1.0), "log": lambda s: (math.log(s), 1 / s),
    "log-log": lambda s: (math.log(-math.log(s)), 1 / (s * math.log(s))),
    "arcsin": lambda s: (math.asin(math.sqrt(s)), 0.5 / math.sqrt(s * (1 - s))),
}  # fmt: skip


def apart(first: tuple[float, float], second: tuple[float, float], job: Job) -> dict[str, float]:
    """The difference of two estimates (with their errors) and, where the scale has a value for both, its test (Klein et al. 2007)."""
    (a, e), (b, f) = first, second
    error = math.hypot(e, f)
    of = {"estimate": b - a, "std_error": error, "ci_low": b - a - job.z * error, "ci_high": b - a + job.z * error}
    if job["transform"] == "plain" or (0 < a < 1 and 0 < b < 1):
        (x, p), (y, q) = (SCALES[job["transform"]](s) for s in (a, b))
        z = (y - x) / math.hypot(p * e, q * f)
        of |= {"statistic": z, "p_value": 2 * z_above(abs(z))}
    return of


def across(job: Job, read: Callable[[Sequence[Row]], tuple[float, float] | None]) -> Iterator[Found]:
    """Differences of two groups within strata (level), and their mean with the weights n1 n2 / (n1 + n2); read: (estimate, error)."""
    rows = [row for row in followed(job, "group", "level")]
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    if len(groups) != 2:
        return
    strata, found, lost = 0, [], False
    for level in job.named("level"):
        two = [[row for row in rows if row["level"] == level and row["group"] == group] for group in groups]
        if not all(two):
            continue
        strata += 1
        ends = [read(part) for part in two]
        if None in ends or not ends[0][1] + ends[1][1]:
            lost = True
            continue
        b, error = ends[1][0] - ends[0][0], math.hypot(ends[0][1], ends[1][1])
        found.append((math.prod(map(len, two)) / sum(map(len, two)), b, error))
        of = _gap(job, b, error) if job["method"] == "restricted_mean" else apart(*ends, job)
        yield "", level, FRACTIONS, CLOSED, of
    yield "", "", COUNTED, CLOSED, {"strata": strata}
    if found and not lost:
        total = math.fsum(weight for weight, *_ in found)
        b = math.fsum(weight * b for weight, b, _ in found) / total
        error = math.sqrt(math.fsum((weight * error) ** 2 for weight, _, error in found)) / total
        yield "", "", FRACTIONS, CLOSED, _gap(job, b, error)


# --- what begins during follow-up: x is its day, missing where it never begins


def begins(row: Row) -> float:
    """The day on which it begins, infinite if not before the end of follow-up."""
    day = math.inf if "x" in row["@"] else max(float(row["x"]), 0.0)
    return day if day < float(row["time"]) else math.inf


def counted(rows: Sequence[Row]) -> Found:
    begun = sum(begins(row) < math.inf for row in rows)
    return (
        "",
        "",
        COUNTED,
        CLOSED,
        {"n": len(rows), "events": sum(float(row["event"]) for row in rows), "n_begun": begun},
    )


def _in_strata(job: Job) -> list[Row]:
    """Who is followed, and of a known stratum (level) where there are strata."""
    return followed(job, "level") if job["stratum"] == "true" else followed(job)


def _after_day_0(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if float(row["time"]) > 0]


def cut(rows: Sequence[Row]) -> list[Person]:
    """Follow-up before it begins ([0]) and after ([1]), in the stratum of the row."""
    found = []
    for row in rows:
        day, end, event = begins(row), float(row["time"]), float(row["event"]) == 1
        found.append(Person(0.0, min(day, end), event and day == math.inf, [0.0], row["level"]))
        if day < math.inf:
            found.append(Person(day, end, event, [1.0], row["level"]))
    return [one for one in found if one.entry < one.time]


def _both(people: Sequence[Person]) -> bool:
    return len({one.x[0] for one in people}) == 2 and any(one.event for one in people) and not too_large(people)


def landmark(job: Job) -> Iterator[Found]:
    rows = _in_strata(job)
    for at in job.times:
        day, level = float(at), f"{at}_days"
        here, gone = ([row for row in rows if (float(row["time"]) > day) is after] for after in (True, False))
        people = [person(row, [float(begins(row) <= day)], False, row["level"]) for row in here]
        lost = sum(float(row["event"]) for row in gone)
        yield "", level, COUNTED, CLOSED, {
            "n": len(here), "n_begun": sum(one.x[0] for one in people), "events": sum(one.event for one in people),
            "excluded_events": lost, "excluded_censored": len(gone) - lost,
            "begun_later": sum(day < begins(row) < math.inf for row in here),
        }  # fmt: skip
        if _both(people):
            yield "", level, SUMS, CLOSED, chi2(*log_rank_sums(people, 2))
            yield "", level, NEWTON, FITTED, {key: v for key, v in hazard(people, job.z).items() if key != "p_value"}


def mantel_byar(job: Job) -> Iterator[Found]:
    rows = _after_day_0(_in_strata(job))
    people = cut(rows)
    yield counted(rows)
    if not _both(people):
        return
    sums = log_rank_sums(people, 2)
    yield "", "", SUMS, CLOSED, chi2(*sums)
    for state, name in enumerate(("not_yet", "begun")):
        yield name, "", SUMS, CLOSED, {"observed": sums[0][state], "expected": sums[1][state]}


def naive_comparison(job: Job) -> Iterator[Found]:
    rows = followed(job)
    people = [person(row, [float(begins(row) < math.inf)], False) for row in rows]
    yield counted(rows)
    if not _both(people):
        return
    sums = log_rank_sums(people, 2)
    yield "", "", SUMS, CLOSED, chi2(*sums)
    if all(any(one.event and one.x[0] == state for one in people) for state in (0, 1)):
        yield "", "", NEWTON, FITTED, {key: v for key, v in hazard(people, job.z).items() if key != "p_value"}
    for state, name in enumerate(("never", "ever")):
        yield name, "", SUMS, CLOSED, {"observed": sums[0][state], "expected": sums[1][state]}


def time_dependent_cox(job: Job) -> Iterator[Found]:
    if job["covariates"] == "true":
        yield from _adjusted(job)
        return
    rows = _after_day_0(_in_strata(job))
    people = cut(rows)
    yield counted(rows)
    if _both(people):
        yield "", job.named("begin")[0], NEWTON, FITTED, hazard(people, job.z)


def _adjusted(job: Job) -> Iterator[Found]:
    strata = job["stratum"] == "true"  # in the place of the group
    needed = {"time", "event", *(["group"] if strata else [])}
    w = wide(job, [row for row in job.rows if row["set"] == job.named("set")[0]], needed, centred=False)
    yield counted(_after_day_0(w.rows))
    people = [one._replace(x=[*one.x, *own], stratum=row["group"] if strata else "") for row, own in zip(w.rows, w.X, strict=True) for one in cut([row])]  # fmt: skip
    found = cox(people) if _both(people) else None
    for j, name in enumerate([*job.named("begin"), *w.ids] if found else ()):
        yield "", name, NEWTON, FITTED, ratio("hazard_ratio", found[0].b[j], math.sqrt(found[0].V[j][j]), job.z)


def simon_makuch(job: Job) -> Iterator[Found]:
    rows, landmark, unit = followed(job), float(job["landmark"]), float(job["divisor"])
    kept = [row for row in rows if float(row["time"]) > landmark]
    yield counted(kept)
    yield "", "", COUNTED, CLOSED, {"excluded": len(rows) - len(kept)}
    parts = [one._replace(entry=max(one.entry, landmark)) for one in cut(rows) if one.time > landmark]
    for state, group in enumerate(("not_yet", "begun")) if len({one.x[0] for one in parts}) == 2 else ():
        of: list[Row] = [
            {"time": repr(one.time), "event": str(int(one.event)), "entry": repr(one.entry), "@": frozenset()}
            for one in parts
            if one.x[0] == state
        ]
        curve = Curve(of, lambda row: row["event"] == "1")
        for at in job.times:
            day, level = float(at) * unit, f"{at}_{job['unit']}"
            yield group, level, COUNTED, CLOSED, {"n_at_risk": curve.at_risk(day)}
            if day <= curve.last:
                survival, spread = curve.at(day)
                ends = limits("log-log", survival, spread, job.z) if day >= curve.ends[0] else CERTAIN
                yield group, level, FRACTIONS, CLOSED, {"estimate": survival, **ends}


def limits(transform: str, survival: float, spread: float | None, z: float) -> dict[str, float]:
    """The interval of an estimate with Greenwood's sum `spread`, symmetric on a scale; nothing where that has none."""
    if survival == 1 and transform in ("log", "plain"):
        return {"ci_low": 1.0, "ci_high": 1.0}
    if spread is None or not 0 < survival < 1:
        return {}
    reach = z * math.sqrt(spread)
    ends: Callable[[float], float] = {
        "log-log": lambda side: survival ** math.exp(side * reach / math.log(survival)),
        "log": lambda side: survival * math.exp(side * reach),
        "plain": lambda side: survival * (1 + side * reach),
        "arcsin": lambda side: math.sin(min(max(math.asin(math.sqrt(survival)) + side * reach / 2 * math.sqrt(survival / (1 - survival)), 0.0), math.pi / 2)) ** 2,
    }[transform]  # fmt: skip
    low, high = sorted((ends(-1), ends(1)))
    return {"ci_low": max(low, 0.0), "ci_high": min(high, 1.0)}
