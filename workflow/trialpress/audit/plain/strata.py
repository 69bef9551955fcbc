"""Risks of two groups within strata, with Mantel-Haenszel weights, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from .arithmetic import numbers, wilson
from .job import CLOSED, COUNTED, FRACTIONS, NEWCOMBE, Found, Job

Stratum = tuple[int, int, int, int]  # events and participants of the second group, and of the first


def within_strata(job: Job, ratio: bool, level: str = "") -> Iterator[Found]:
    """level: of the difference and its limits."""
    rows, sizes = [row for row in job.rows if "x" not in row["@"]], []
    for group in job.named("group"):
        y = numbers([row for row in rows if row["group"] == group], "y")
        x, n = int(sum(y)), len(y)
        yield group, "", COUNTED, CLOSED, {"n": x, "N": n, "percent": x / n if n else math.nan}
        sizes += [group] if n else []
    if len(sizes) != 2:
        return
    strata = []
    for stratum in sorted({row["x"] for row in rows}):
        cells = []
        for group in reversed(sizes):
            y = numbers([row for row in rows if row["x"] == stratum and row["group"] == group], "y")
            cells += [int(sum(y)), len(y)]
        strata += [tuple(cells)] if cells[1] and cells[3] else []
    yield "", "", COUNTED, CLOSED, {"strata": len(strata)}
    if strata:
        yield from _cochran(strata)
        yield from _ratio(strata, job) if ratio else _difference(strata, job, level)


def _cochran(strata: list[Stratum]) -> Iterator[Found]:
    variance = sum(Fraction(n * m * (a + b) * (n + m - a - b), (n + m) ** 3) for a, n, b, m in strata)
    if variance:
        statistic = float(sum(a - Fraction(n * (a + b), n + m) for a, n, b, m in strata) ** 2 / variance)
        yield (
            "",
            "",
            FRACTIONS,
            CLOSED,
            {"statistic": statistic, "df": 1, "p_value": math.erfc(math.sqrt(statistic / 2))},
        )


def _ratio(strata: list[Stratum], job: Job) -> Iterator[Found]:
    first, second = (
        sum(Fraction(part[i] * part[j], part[1] + part[3]) for part in strata) for i, j in ((0, 3), (2, 1))
    )
    if first and second:
        spread = sum(Fraction(n * m * (a + b), (n + m) ** 2) - Fraction(a * b, n + m) for a, n, b, m in strata)
        reach, found = math.exp(job.z * math.sqrt(spread / (first * second))), float(first / second)
        yield "", "", FRACTIONS, CLOSED, {"risk_ratio": found, "ci_low": found / reach, "ci_high": found * reach}


def _difference(strata: list[Stratum], job: Job, level: str) -> Iterator[Found]:
    weights = [Fraction(n * m, n + m) for _, n, _, m in strata]
    total = sum(weights)
    apart = sum(w * (Fraction(a, n) - Fraction(b, m)) for w, (a, n, b, m) in zip(weights, strata, strict=True)) / total
    yield "", level, FRACTIONS, CLOSED, {"estimate": float(apart)}
    if job["interval"] == "newcombe":
        shares = [float(w / total) for w in weights]
        (l1, u1), (l2, u2) = (_limits([(one[i], one[i + 1]) for one in strata], shares, job.z) for i in (0, 2))
        k1, k2 = (sum(s * s / one[i] for s, one in zip(shares, strata, strict=True)) for i in (1, 3))
        low, high = (job.z * math.sqrt(k1 * p * (1 - p) + k2 * q * (1 - q)) for p, q in ((l1, u2), (u1, l2)))
        by = NEWCOMBE
    else:
        error = math.sqrt(max(_variance(strata, weights, apart, job["interval"] == "sato"), 0)) / float(total)
        yield "", level, FRACTIONS, CLOSED, {"std_error": error}
        low = high = job.z * error
        by = FRACTIONS
    yield "", level, by, CLOSED, {"ci_low": max(-1.0, float(apart) - low), "ci_high": min(1.0, float(apart) + high)}


def _variance(strata: list[Stratum], weights: list[Fraction], apart: Fraction, sato: bool) -> Fraction:
    """Of the sum of weighted differences: Sato, Greenland and Robins 1989, or Greenland and Robins 1985."""
    if not sato:
        parts = (Fraction(a * (n - a), n**3) + Fraction(b * (m - b), m**3) for a, n, b, m in strata)
        return sum(w * w * part for w, part in zip(weights, parts, strict=True))
    tilt = sum(Fraction(2 * (n * n * b - m * m * a) + n * m * (m - n), 2 * (n + m) ** 2) for a, n, b, m in strata)
    return apart * tilt + sum(Fraction(a * (m - b) + b * (n - a), 2 * (n + m)) for a, n, b, m in strata)


def _limits(arms: list[tuple[int, int]], shares: list[float], z: float) -> tuple[float, float]:
    """Yan and Su 2010."""
    spread = [x * (n - x) / n**3 for x, n in arms]
    if not any(spread):
        spread = [1 / n for _, n in arms]
    errors = [s * math.sqrt(v) for s, v in zip(shares, spread, strict=True)]
    quantile = z * math.hypot(*errors) / sum(errors)
    ends = [wilson(x, n, quantile) for x, n in arms]
    return tuple(sum(s * end[side] for s, end in zip(shares, ends, strict=True)) for side in (0, 1))
