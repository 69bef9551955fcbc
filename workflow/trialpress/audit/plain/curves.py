"""Curves of dose and response by least squares."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import fmean

from .agreement import pairs
from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import dot, inverse, solve
from .tails import t_quantile

STEPS = 400


def emax(job: Job) -> Iterator[Found]:
    """e0 + emax dose / (ed50 + dose): ed50 on a grid, with the line of the rest, then Gauss and Newton's steps."""
    known = pairs(job)
    n, doses = len(known), sorted({dose for dose, _ in known})
    yield "", "", COUNTED, CLOSED, {"n": n}
    if n < 5 or len(doses) < 4 or doses[0] < 0:
        return
    low, high = (math.log(dose) for dose in (next(dose for dose in doses if dose > 0), doses[-1]))
    y = [value for _, value in known]

    def line(middle: float) -> tuple[float, float, float]:
        """(sum of squares, e0, emax) with this ed50."""
        x = [dose / (middle + dose) for dose, _ in known]
        a, b = fmean(x), fmean(y)
        spread = math.fsum((one - a) ** 2 for one in x)
        slope = math.fsum((one - a) * (value - b) for one, value in zip(x, y, strict=True)) / spread if spread else 0.0
        return (
            math.fsum((value - b - slope * (one - a)) ** 2 for one, value in zip(x, y, strict=True)),
            b - slope * a,
            slope,
        )

    grid = [low - 5 + (high - low + 10) * at / STEPS for at in range(STEPS + 1)]
    best = min(grid, key=lambda at: line(math.exp(at))[0])
    if not low <= best <= high:
        return
    b = [*line(math.exp(best))[1:], math.exp(best)]
    for _ in range(200):
        J = [[1.0, dose / (b[2] + dose), -b[1] * dose / (b[2] + dose) ** 2] for dose, _ in known]
        left = [value - b[0] - b[1] * row[1] for row, value in zip(J, y, strict=True)]
        A = [[dot([row[i] for row in J], [row[j] for row in J]) for j in range(3)] for i in range(3)]
        step = solve(A, [[dot([row[i] for row in J], left)] for i in range(3)])
        if step is None:
            return
        share = min(1.0, 0.5 * b[2] / abs(step[2][0])) if step[2][0] else 1.0  # ed50 stays positive
        b = [value + share * one[0] for value, one in zip(b, step, strict=True)]
        if all(abs(one[0]) <= 1e-12 * abs(value) for value, one in zip(b, step, strict=True)):
            break
    V = inverse(A)
    if V is None or not math.exp(low) <= b[2] <= math.exp(high):
        return
    sd, by = math.sqrt(dot(left, left) / (n - 3)), "Gauss and Newton's steps"
    yield "", "", by, FITTED, {"residual_sd": sd}
    reach = t_quantile(1 - job.tail, n - 3)
    for at, name in enumerate(("e0", "emax", "ed50")):
        error = sd * math.sqrt(V[at][at])
        of = {
            "estimate": b[at],
            "standard_error": error,
            "ci_low": b[at] - reach * error,
            "ci_high": b[at] + reach * error,
        }
        yield "", name, by, FITTED, of
