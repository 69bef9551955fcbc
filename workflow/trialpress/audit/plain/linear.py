"""Linear regression on covariates, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import mean

from .arithmetic import numbers
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import dot
from .regression import LEAST, Line, people, wide
from .tails import t_above, t_quantile


def linear_regression(job: Job) -> Iterator[Found]:
    w = wide(job, people(job), {"x"})
    y = numbers(w.rows, "x")
    yield "", "", COUNTED, CLOSED, {"n": len(y)}
    M = [[1.0, *x] for x in w.X]
    line = Line.of(M, y, job["errors"]) if w.ids else None
    if line is None or line.exact:
        return
    n, p, centre = len(y), len(M[0]), mean(y)
    left = math.fsum((one - dot(x, line.b)) ** 2 for x, one in zip(M, y, strict=True))
    share = left / math.fsum((one - centre) ** 2 for one in y)
    yield (
        "",
        "",
        LEAST,
        FITTED,
        {"r_squared": 1 - share, "r_squared_adjusted": 1 - share * (n - 1) / (n - p), "sd": math.sqrt(left / (n - p))},
    )
    yield "", "", LEAST, FITTED, line.test([[float(i == j) for j in range(p)] for i in range(1, p)])
    reach = t_quantile(1 - job.tail, line.df)
    for j, name in enumerate(w.ids, start=1):
        b, error = line.b[j], math.sqrt(line.V[j][j])
        yield "", name, LEAST, FITTED, {"estimate": b, "std_error": error, "ci_low": b - reach * error, "ci_high": b + reach * error,
                                        "p_value": 2 * t_above(abs(b / error), line.df)}  # fmt: skip
