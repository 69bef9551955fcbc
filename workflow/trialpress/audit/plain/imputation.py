"""Models of completed data fitted again and pooled by Rubin's rules, in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from statistics import mean, variance

from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import logistic, quadratic
from .regression import Line
from .tails import f_above, t_above, t_quantile

RUNAWAY = 25.0


def multiple_imputation(job: Job) -> Iterator[Found]:
    base = [row for row in job.rows if "set" in row["@"]]
    for group in job.named("group"):
        yield group, "", COUNTED, CLOSED, {"n": sum(row["group"] == group for row in base)}
    yield "", "", COUNTED, CLOSED, {"n": sum(bool(row["group"]) for row in base)}
    parts = defaultdict(list)
    for row in job.rows:
        if "set" not in row["@"]:
            parts[row["set"]].append(row)
    gaps = parts.pop("gaps", [])
    for level in job.named("gap"):
        yield "", level, COUNTED, CLOSED, {"missing": sum(float(row["y"]) for row in gaps if row["level"] == level)}
    fits, means, shifts, logit = [], [], [], any(name.startswith("logistic") for name in parts)
    for rows in parts.values():
        outcome = [row for row in rows if "level" in row["@"]]
        keep = [i for i, row in enumerate(outcome) if "x" not in row["@"]]
        groups = [g for g in job.named("group") if any(outcome[i]["group"] == g for i in keep)]
        columns = [
            [row for row in rows if row["level"] == name and "level" not in row["@"]] for name in job.named("covariate")
        ]
        X = [
            [1.0, *(float(outcome[i]["group"] == g) for g in groups[1:]), *(float(c[i]["y"]) for c in columns)]
            for i in keep
        ]
        y = [float(outcome[i]["x"]) for i in keep]
        fit = logistic(X, y) if logit else Line.of(X, y, "classical")
        if fit is None or getattr(fit, "exact", False) or (logit and max(map(abs, fit.b)) > RUNAWAY):
            return
        fits.append((fit.b, [row[j] for j, row in enumerate(fit.V)], len(y) - len(X[0]), groups))
        k = len(groups)
        shifts.append((fit.b[1:k], [row[1:k] for row in fit.V[1:k]]))
        means.append([] if logit else _means(fit, X, groups, job.named("covariate"), job.named("shares")))
    ids = [*(f"{job['by']}={group}" for group in fits[0][3][1:]), *job.named("covariate")] if fits else []
    for j, name in enumerate(ids, start=1):
        found = _rubin([b[j] for b, *_ in fits], [v[j] for _, v, *_ in fits], fits[0][2], job.tail)
        b, change = found.pop("estimate"), math.exp if logit else float
        p = {"p_value": 2 * t_above(abs(b / found["std_error"]), found["df"])}
        of = {
            "odds_ratio" if logit else "estimate": change(b),
            "ci_low": change(found["ci_low"]),
            "ci_high": change(found["ci_high"]),
        }
        yield "", name, "elimination or Newton's method, Rubin's rules", FITTED, found | of | p
    for at, group in enumerate(fits[0][3] if fits and not logit else ()):
        found = _rubin([one[at][0] for one in means], [one[at][1] for one in means], fits[0][2], job.tail)
        yield group, "", "elimination, Rubin's rules", FITTED, found
    if fits and not logit:
        yield "", "", "elimination, D1", FITTED, _together(shifts, fits[0][2])


def _together(parts: list[tuple[list[float], list[list[float]]]], full: int) -> dict[str, float]:
    """D1 of Li, Raghunathan and Rubin 1991, with the degrees of freedom of Reiter 2007."""
    m, k = len(parts), len(parts[0][0])
    q = [mean(b[j] for b, _ in parts) for j in range(k)]
    within = [[mean(V[i][j] for _, V in parts) for j in range(k)] for i in range(k)]
    apart = sum(quadratic([x - y for x, y in zip(b, q, strict=True)], within) for b, _ in parts) / (m - 1)
    r, free = (1 + 1 / m) * apart / k, k * (m - 1)
    if free <= 4:
        return {}
    a, v = r * free / (free - 2), full * (full + 1) / (full + 3)
    b, c = v - 2 * (1 + a), v - 4 * (1 + a)
    if c <= 0:
        return {}
    inner = a * a * b / ((1 + a) ** 2 * c) + 8 * a * a * b / ((1 + a) * c * c) + 4 * a * a / ((1 + a) * c)
    inner += 4 * a * a / (c * b) + 16 * a * a * b / c**3 + 8 * a * a / (c * c)
    residual, statistic = 4 + 1 / (1 / c + inner / (free - 4)), quadratic(q, within) / (k * (1 + r))
    return {"statistic": statistic, "df": k, "df_residual": residual, "p_value": f_above(statistic, k, residual)}


def _rubin(q: list[float], u: list[float], full: int, tail: float) -> dict[str, float]:
    """Rubin 1987, with the degrees of freedom of Barnard and Rubin 1999."""
    m, within, b = len(q), mean(u), mean(q)
    between = (1 + 1 / m) * variance(q)
    share = between / (within + between)
    df = 1 / (share**2 / (m - 1) + (full + 3) / ((full + 1) * full * (1 - share)))
    error = math.sqrt(within + between)
    reach, ratio = t_quantile(1 - tail, df) * error, between / within
    return {"estimate": b, "std_error": error, "df": df, "ci_low": b - reach, "ci_high": b + reach,
            "fmi": (ratio + 2 / (df + 3)) / (ratio + 1)}  # fmt: skip


def _means(
    fit: Line, X: list[list[float]], groups: list[str], covariates: list[str], shares: list[str]
) -> list[tuple[float, float]]:
    """(least-squares mean, its variance) of each group, where numbers have their mean and the levels of a category equal shares."""
    k = len(groups)
    at = [mean(row[k + j] for row in X) for j in range(len(covariates))]
    for own in (text.split(" ") for text in shares):
        for name in own:
            at[covariates.index(name)] = 1 / (len(own) + 1)
    found = []
    for place in range(k):
        L = [1.0, *(float(place == j) for j in range(1, k)), *at]
        value = sum(a * b for a, b in zip(L, fit.b, strict=True))
        spread = sum(a * v * b for a, row in zip(L, fit.V, strict=True) for v, b in zip(row, L, strict=True))
        found.append((value, spread))
    return found
