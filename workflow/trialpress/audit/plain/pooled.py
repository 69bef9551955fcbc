"""Proportions of several trials, pooled on the scale of logits or of double arcsines, with random effects."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .arithmetic import exact_limits
from .job import CLOSED, FITTED, FRACTIONS, TAILS, Found, Job
from .models import expit
from .tails import chi2_above, solved, t_quantile


def arc(x: float, n: float) -> float:
    """Freeman & Tukey 1950."""
    return (math.asin(math.sqrt(x / (n + 1))) + math.asin(math.sqrt((x + 1) / (n + 1)))) / 2


def pool(job: Job) -> Iterator[Found]:
    trials = [(row["level"], int(float(row["x"])), int(float(row["y"]))) for row in job.rows]
    for name, x, n in trials:
        low, high = exact_limits(x, n, job.tail)
        yield "", name, TAILS, CLOSED, {"n": x, "N": n, "estimate": x / n, "ci_low": low, "ci_high": high}
    k = len(trials)
    yield "", "", FRACTIONS, CLOSED, {"n": sum(x for _, x, _ in trials), "N": sum(n for *_, n in trials), "trials": k}
    if k < 2:
        return
    more = 0.5 if any(x in (0, n) for _, x, n in trials) else 0.0
    both = [(x + more, n - x + more) for _, x, n in trials]
    y, v = [math.log(a / b) for a, b in both], [1 / a + 1 / b for a, b in both]
    back = expit
    if job["transform"] == "freeman-tukey":  # and back at the harmonic mean of the sizes (Miller 1978)
        size = k / math.fsum(1 / n for *_, n in trials)
        y, v = [arc(x, n) for _, x, n in trials], [1 / (4 * n + 2) for *_, n in trials]

        def back(t: float) -> float:
            inside = arc(0, size) < t < arc(size, size)
            return solved(lambda p: arc(size * p, size), t, 0.0, 1.0) if inside else float(t >= arc(size, size))

    def around(t2: float) -> tuple[list[float], float, float]:
        """Weights, mean and weighted squares at a variance between trials."""
        w = [1 / (t2 + one) for one in v]
        middle = math.fsum(a * b for a, b in zip(w, y, strict=True)) / math.fsum(w)
        return w, middle, math.fsum(a * (b - middle) ** 2 for a, b in zip(w, y, strict=True))

    def slope(t2: float) -> float:
        """Twice the slope of the restricted log likelihood, with its sign turned."""
        w, middle, _ = around(t2)
        squares = [a * a for a in w]
        pull = math.fsum(a * (b - middle) ** 2 for a, b in zip(squares, y, strict=True))
        return math.fsum(w) - math.fsum(squares) / math.fsum(w) - pull

    w, _, q = around(0.0)
    if job["tau2"] == "dl":
        t2 = max(0.0, (q - k + 1) / (math.fsum(w) - math.fsum(a * a for a in w) / math.fsum(w)))
    elif job["tau2"] == "pm":  # Paule & Mandel 1982
        t2 = 0.0 if q <= k - 1 else solved(lambda t: -around(t)[2], 1 - k, 0.0, 1e4)
    else:
        t2 = 0.0 if slope(0.0) >= 0 else solved(slope, 0.0, 0.0, 1e4)
    yield "", "heterogeneity", FRACTIONS, CLOSED, {
        "statistic": q, "df": k - 1, "p_value": chi2_above(q, k - 1), "i2": max(0.0, 100 * (q - k + 1) / q),
    }  # fmt: skip
    if t2 > 1e-8 or t2 == 0:
        yield "", "heterogeneity", "bisection", FITTED, {"tau2": t2}
    w, m, squares = around(t2)
    hartung = job["knapp_hartung"] == "true"
    error = math.sqrt((squares / (k - 1) if hartung else 1) / math.fsum(w))
    reach = error * (t_quantile(1 - job.tail, k - 1) if hartung else job.z)
    yield "", "", "bisection", FITTED, {"estimate": back(m), "ci_low": back(m - reach), "ci_high": back(m + reach)}
    if k > 2:
        wide = t_quantile(1 - job.tail, k - 2) * math.sqrt(error**2 + t2)
        yield "", "", "bisection", FITTED, {"prediction_low": back(m - wide), "prediction_high": back(m + wide)}
    for (name, *_), one in zip(trials, w, strict=True):
        yield "", name, "bisection", FITTED, {"weight": one / math.fsum(w)}
