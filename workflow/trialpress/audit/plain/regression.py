"""Models of groups with covariates, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean, stdev

from .arithmetic import Row, numbers
from .job import CLOSED, COUNTED, FITTED, TAILS, Found, Job
from .models import (
    Fit,
    Matrix,
    dot,
    expit,
    form,
    heavy,
    inverse,
    logistic,
    poisson,
    quadratic,
    sandwich,
)
from .ranges import tukey, tukey_quantile
from .tails import f_above, garwood, t_above, t_quantile, z_above

NEWTON, LEAST = "Newton's method", "normal equations by elimination"
RUNAWAY = 8.0  # of a coefficient times the spread of its column


@dataclass(frozen=True)
class Wide:
    """Who is known in all: their rows, groups in order, covariates (a column per level but the first) with their ids."""

    rows: list[Row]
    groups: list[str]
    X: Matrix
    ids: list[str]
    sources: list[str]

    @property
    def codes(self) -> list[int]:
        return [self.groups.index(row["group"]) for row in self.rows]


def wide(job: Job, base: list[Row], needed: set[str], centred: bool = True) -> Wide:
    """base: the rows of the participants; the covariates are sets, in the same order of participants."""
    sets = job.named("set")
    columns = {name: [row for row in job.rows if "set" not in row["@"] and row["set"] == name] for name in sets}
    kind = {name: "level" if job.named("level", name) else "y" for name in sets}
    keep = [i for i, row in enumerate(base) if not row["@"] & needed and all(kind[s] not in columns[s][i]["@"] for s in sets)]  # fmt: skip
    rows = [base[i] for i in keep]
    found: list[tuple[str, str, list[float]]] = []
    for name in sets:
        mine = [columns[name][i] for i in keep]
        if kind[name] == "y":
            values = [float(row["y"]) for row in mine]
            centre = mean(values) if centred and values else 0.0
            found.append((name, name, [value - centre for value in values]))
            continue
        levels = [level for level in job.named("level", name) if any(row["level"] == level for row in mine)]
        centre = 1 / len(levels) if centred and levels else 0.0
        for level in levels[1:]:
            found.append((name, f"{name}={level}", [(row["level"] == level) - centre for row in mine]))
    X = [list(row) for row in zip(*(column for *_, column in found), strict=True)] if found else [[] for _ in rows]
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    return Wide(rows, groups, X, [name for _, name, _ in found], [source for source, *_ in found])


def people(job: Job) -> list[Row]:
    return [row for row in job.rows if "set" in row["@"]]


def at_visits(job: Job) -> Wide:
    """The rows of all visits: outcome (x), group, place of the visit (time), number of the participant (entry)."""
    return wide(job, people(job), {"x", "group", "time"})


def participants(job: Job, w: Wide) -> Iterator[Found]:
    """How many there are in each group, however many visits they have."""
    for group in job.named("group"):
        yield group, "", COUNTED, CLOSED, {"n": len({row["entry"] for row in w.rows if row["group"] == group})}


def ratio(name: str, b: float, error: float, z: float) -> dict[str, float]:
    found = {name: math.exp(b), "ci_low": math.exp(b - z * error), "ci_high": math.exp(b + z * error)}
    return found | {"p_value": 2 * z_above(abs(b / error))}


def spread(values: Sequence[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0


@dataclass(frozen=True)
class Line:
    """Least squares: coefficients, their covariance (HC3 if asked for), residual degrees of freedom."""

    b: list[float]
    V: Matrix
    df: int
    exact: bool

    @classmethod
    def of(cls, X: Matrix, y: Sequence[float], errors: str) -> Line | None:
        if not X or heavy(X):
            return None
        p = len(X[0])
        A = inverse([[dot([x[i] for x in X], [x[j] for x in X]) for j in range(p)] for i in range(p)])
        if A is None or len(X) <= p:
            return None
        right = [dot([x[j] for x in X], y) for j in range(p)]
        b = [dot(row, right) for row in A]
        left = [one - dot(x, b) for x, one in zip(X, y, strict=True)]
        if errors == "hc3":
            if max(form(x, A) for x in X) > 1 - 1e-9:
                return None
            V = sandwich(A, X, [(e / (1 - form(x, A))) ** 2 for e, x in zip(left, X, strict=True)])
        else:
            scale = dot(left, left) / (len(X) - p)
            V = [[scale * value for value in row] for row in A]
        return cls(b, V, len(X) - p, max(map(abs, left)) < 1e-10 * max(map(abs, y)))

    def test(self, L: Matrix) -> dict[str, float]:
        """The F test of L b = 0."""
        parts = [[sum(u * v * self.V[i][j] for i, u in enumerate(a) for j, v in enumerate(c)) for c in L] for a in L]
        f = quadratic([dot(row, self.b) for row in L], parts)
        if f is None:
            return {}
        k = len(L)
        return {"statistic": f / k, "df": k, "df_residual": self.df, "p_value": f_above(f / k, k, self.df)}


def ancova(job: Job) -> Iterator[Found]:
    w = wide(job, people(job), {"x", "group"})
    y, code, m = numbers(w.rows, "x"), w.codes, len(w.groups)
    for group in job.named("group"):
        mine = [float(row["x"]) for row in w.rows if row["group"] == group]
        yield group, "", COUNTED, CLOSED, {"n": len(mine), "mean": mean(mine) if mine else math.nan}
    if m < 2:
        return
    M = [[float(c == g) for g in range(m)] + x for c, x in zip(code, w.X, strict=True)]
    line = Line.of(M, y, job["errors"])
    if line is None or line.exact:
        return
    n, reach = len(M[0]), t_quantile(1 - job.tail, line.df)

    def shown(L: list[float], tested: bool) -> dict[str, float]:
        b, error = dot(L, line.b), math.sqrt(form(L, line.V))
        found = {"estimate": b, "std_error": error, "ci_low": b - reach * error, "ci_high": b + reach * error}
        return found | ({"p_value": 2 * t_above(abs(b / error), line.df)} if tested else {})

    unit = [[float(i == j) for j in range(n)] for i in range(n)]
    less = [[a - b for a, b in zip(unit[i], unit[0], strict=True)] for i in range(1, m)]
    for group, L in zip(w.groups, unit, strict=False):
        yield group, "", LEAST, FITTED, shown(L, False)
    for group, L in zip(w.groups[1:], less, strict=True) if job["contrasts"] == "first" else ():
        yield "", f"{job['by']}={group}", LEAST, FITTED, shown(L, True)
    for i, j in combinations(range(m), 2) if job["contrasts"] != "first" else ():
        L, pair = [a - b for a, b in zip(unit[j], unit[i], strict=True)], f"{w.groups[j]}_against_{w.groups[i]}"
        if job["contrasts"] == "all":
            yield "", pair, LEAST, FITTED, shown(L, True)
            continue
        b, error = dot(L, line.b), math.sqrt(form(L, line.V))
        wide_reach = tukey_quantile(1 - 2 * job.tail, m, line.df)
        of = {"estimate": b, "std_error": error, "p_value": 1 - tukey(abs(b / error), m, line.df)}
        if wide_reach is not None:
            of |= {"ci_low": b - wide_reach * error, "ci_high": b + wide_reach * error}
        yield "", pair, "Simpson's rule", 1e-5, {key: v for key, v in of.items() if key != "p_value" or v > 1e-6}
    for name, L in zip(w.ids, unit[m:], strict=True):
        yield "", name, LEAST, FITTED, shown(L, True)
    yield "", "", LEAST, FITTED, line.test(less)
    among = [j for j, source in enumerate(w.sources) if source in job.named("interaction")]
    if among:
        wider = [
            row + [(c == g) * x[j] for g in range(1, m) for j in among] for row, c, x in zip(M, code, w.X, strict=True)
        ]
        if more := Line.of(wider, y, job["errors"]):
            size = len(wider[0])
            yield "", "interaction", LEAST, FITTED, more.test([[float(i == j) for j in range(size)] for i in range(n, size)])  # fmt: skip


def incidence_rate(job: Job) -> Iterator[Found]:
    w = wide(job, [row for row in people(job)], {"x", "group"})
    inside = [i for i, row in enumerate(w.rows) if "time" not in row["@"] and float(row["time"]) > 0]
    if len(inside) < len(w.rows):  # centres are those of who is left: R's wide_of takes them after
        gone = {id(row) for i, row in enumerate(w.rows) if i not in set(inside)}
        base = [row if id(row) not in gone else row | {"@": row["@"] | {"x"}} for row in people(job)]
        w = wide(job, base, {"x", "group"})
    y, t, m = numbers(w.rows, "x"), numbers(w.rows, "time"), len(w.groups)
    whole = all(0 <= value < 2**53 and value == int(value) for value in y)
    per = float(job["per"])
    for group in job.named("group"):
        mine = [i for i, row in enumerate(w.rows) if row["group"] == group]
        yield group, "", COUNTED, CLOSED, {"n": len(mine)}
        x, time = int(sum(y[i] for i in mine)) if whole else 0, math.fsum(t[i] for i in mine)
        if whole:
            yield group, "", COUNTED, CLOSED, {"occurrences": x, "exposure": time}
        if whole and time:
            low, high = garwood(x, job.tail)
            of = {"estimate": per * x / time, "ci_low": per * low / time, "ci_high": per * high / time}
            yield group, "", TAILS, CLOSED, of
    if m < 2 or not whole or not sum(y):
        return
    X = [[1.0, *(float(c == g) for g in range(1, m)), *x] for c, x in zip(w.codes, w.X, strict=True)]
    fit = poisson(X, y, t)
    if fit is None or runs_away(fit, X):
        return
    mu = [time * math.exp(dot(x, fit.b)) for x, time in zip(X, t, strict=True)]
    V = sandwich(fit.V, X, [(a - b) ** 2 for a, b in zip(y, mu, strict=True)]) if job["errors"] == "robust" else fit.V
    for j, name in enumerate([*(f"{job['by']}={group}" for group in w.groups[1:]), *w.ids], start=1):
        yield "", name, NEWTON, FITTED, ratio("rate_ratio", fit.b[j], math.sqrt(V[j][j]), job.z)
    if len(X) > len(X[0]):
        dispersion = math.fsum((a - b) ** 2 / b for a, b in zip(y, mu, strict=True))
        yield "", "", NEWTON, FITTED, {"dispersion": dispersion / (len(X) - len(X[0]))}


def falls(fit: Fit, X: Matrix, y: Sequence[float]) -> bool:
    """Whether the likelihood of a logistic regression falls beyond its coefficients: else it has no maximum."""
    further = [1.5 * dot(x, fit.b) for x in X]
    height = math.fsum((min(eta, 0.0) if one else -max(eta, 0.0)) - math.log1p(math.exp(-abs(eta))) for eta, one in zip(further, y, strict=True))  # fmt: skip
    return height < fit.likelihood - 1e-5


def runs_away(fit: Fit, X: Matrix, least: float = 0.0, first: int = 1) -> bool:
    columns = list(zip(*X, strict=True))
    return any(abs(b) * max(spread(column), least) > RUNAWAY for b, column in list(zip(fit.b, columns, strict=True))[first:])  # fmt: skip


def standardised_risks(job: Job) -> Iterator[Found]:
    """Standardised over all participants, errors by the delta method."""
    w = wide(job, people(job), {"x", "group"})
    y = numbers(w.rows, "x")
    for group in job.named("group"):
        mine = [one for one, row in zip(y, w.rows, strict=True) if row["group"] == group]
        yield group, "", COUNTED, CLOSED, {"n": sum(mine), "N": len(mine), "percent": mean(mine) if mine else math.nan}
    if len(w.groups) != 2:
        return
    X = [[1.0, float(c), *x] for c, x in zip(w.codes, w.X, strict=True)]
    fit = logistic(X, y)
    if fit is None or runs_away(fit, X, 0.1, 0):
        return
    risk, slope = [], []
    for g in (0.0, 1.0):
        as_if = [[1.0, g, *x[2:]] for x in X]
        p = [expit(dot(x, fit.b)) for x in as_if]
        risk.append(mean(p))
        slope.append([mean(q * (1 - q) * x[j] for q, x in zip(p, as_if, strict=True)) for j in range(len(fit.b))])
    z = job.z
    for group, r, s in zip(w.groups, risk, slope, strict=True):
        error = math.sqrt(form(s, fit.V))
        of = {"estimate": r, "std_error": error, "ci_low": max(0.0, r - z * error), "ci_high": min(1.0, r + z * error)}
        yield group, "", NEWTON, FITTED, of
    b = math.log(risk[1] / risk[0])
    error = math.sqrt(form([u / risk[1] - v / risk[0] for u, v in zip(slope[1], slope[0], strict=True)], fit.V))
    yield "", "", NEWTON, FITTED, ratio("risk_ratio", b, error, z)
    d, error = risk[1] - risk[0], math.sqrt(form([u - v for u, v in zip(slope[1], slope[0], strict=True)], fit.V))
    of = {"estimate": d, "std_error": error, "ci_low": max(-1.0, d - z * error), "ci_high": min(1.0, d + z * error)}
    yield "", "risk_difference", NEWTON, FITTED, of | {"p_value": 2 * z_above(abs(d / error))}


def e_value(job: Job) -> Iterator[Found]:
    """VanderWeele and Ding 2017, of the standardised risk ratio."""
    for found in standardised_risks(job):
        yield found
        group, level, *_, said = found
        if (group, level) == ("", "") and "risk_ratio" in said:
            of = lambda r: (r := max(r, 1 / r)) + math.sqrt(r * (r - 1))  # noqa: E731
            low, high = said["ci_low"], said["ci_high"]
            limit = 1.0 if low <= 1 <= high else min(of(low), of(high))
            yield "", "E-value", NEWTON, FITTED, {"estimate": of(said["risk_ratio"]), "limit": limit}
