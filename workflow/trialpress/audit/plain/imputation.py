"""Models of completed data fitted again and pooled by Rubin's rules, in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from statistics import mean, variance

from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import logistic
from .regression import Line
from .tails import t_above, t_quantile

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
    for level in dict.fromkeys(row["level"] for row in gaps):
        yield "", level, COUNTED, CLOSED, {"missing": sum(float(row["y"]) for row in gaps if row["level"] == level)}
    fits, logit = [], any(name.startswith("logistic") for name in parts)
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
    ids = [*(f"{job['by']}={group}" for group in fits[0][3][1:]), *job.named("covariate")] if fits else []
    m = len(fits)
    for j, name in enumerate(ids, start=1):
        q, within, full = [b[j] for b, *_ in fits], mean(v[j] for _, v, *_ in fits), fits[0][2]
        between = (1 + 1 / m) * variance(q)
        share = between / (within + between)
        known = (full + 1) / (full + 3) * full * (1 - share)
        df = 1 / (share**2 / (m - 1) + 1 / known)
        error = math.sqrt(within + between)
        reach, ratio, change = t_quantile(1 - job.tail, df) * error, between / within, math.exp if logit else float
        b = mean(q)
        of = {
            "odds_ratio" if logit else "estimate": change(b),
            "ci_low": change(b - reach),
            "ci_high": change(b + reach),
        }
        of |= {
            "std_error": error,
            "df": df,
            "p_value": 2 * t_above(abs(b / error), df),
            "fmi": (ratio + 2 / (df + 3)) / (ratio + 1),
        }
        yield "", name, "elimination or Newton's method, Rubin's rules", FITTED, of
