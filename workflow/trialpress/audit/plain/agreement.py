"""Two measurements of the same participants, two raters, a score or a prediction against an outcome."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from statistics import NormalDist, mean, median, stdev, variance

from .arithmetic import exact_limits
from .job import CLOSED, COUNTED, DESCRIBED, EXACT, FITTED, FRACTIONS, PAIRS, TAILS, Found, Job
from .models import FAR, expit, logistic
from .tails import solved, t_above, t_quantile, z_above


def pairs(job: Job) -> list[tuple[float, float]]:
    return [(float(row["x"]), float(row["y"])) for row in job.rows if not row["@"] & {"x", "y"}]


def _sided(upper: float, lower: float, alternative: str) -> float:
    return {"greater": upper, "less": lower, "two-sided": min(1.0, 2 * min(upper, lower))}[alternative]


def paired_t(job: Job) -> Iterator[Found]:
    gaps = [x - y for x, y in pairs(job)]
    n = len(gaps)
    yield "", "", COUNTED, CLOSED, {"n": n}
    if n < 2 or stdev(gaps) == 0:
        return
    error = stdev(gaps) / math.sqrt(n)
    t, half = mean(gaps) / error, t_quantile(1 - job.tail, n - 1) * error
    yield "", "", TAILS, CLOSED, {
        "estimate": mean(gaps), "std_error": error, "ci_low": mean(gaps) - half, "ci_high": mean(gaps) + half,
        "statistic": t, "df": n - 1, "p_value": _sided(t_above(t, n - 1), t_above(-t, n - 1), job["alternative"]),
    }  # fmt: skip


def sign_test(job: Job) -> Iterator[Found]:
    gaps = sorted(x - y for x, y in pairs(job))
    n, up, m = len(gaps), sum(gap > 0 for gap in gaps), sum(gap != 0 for gap in gaps)
    yield "", "", COUNTED, CLOSED, {"n": n, "zeros": n - m}
    if not n:
        return
    tails = [float(Fraction(sum(math.comb(m, k) for k in range(x, m + 1)), 2**m)) for x in (up, m - up)]
    of = {"statistic": up, "estimate": median(gaps), "p_value": _sided(*tails, job["alternative"])}
    yield "", "", FRACTIONS, EXACT, of
    below, k = Fraction(0), 0  # how many values each end leaves outside
    while (below := below + Fraction(math.comb(n, k), 2**n)) <= (1 - Fraction(job["conf"])) / 2:
        k += 1
    if k:
        yield "", "", FRACTIONS, CLOSED, {"ci_low": gaps[k - 1], "ci_high": gaps[n - k]}


def pearson(job: Job) -> Iterator[Found]:
    found = [(Fraction(x), Fraction(y)) for x, y in pairs(job)]
    n = len(found)
    yield "", "", COUNTED, CLOSED, {"n": n}
    if n < 3:
        return
    (a, b) = ([value - sum(values) / n for value in values] for values in zip(*found, strict=True))
    sxx, syy, sxy = (sum(u * v for u, v in zip(*two, strict=True)) for two in ((a, a), (b, b), (a, b)))
    if not sxx or not syy:
        return
    square = sxy * sxy / (sxx * syy)
    r = math.copysign(math.sqrt(square), sxy)
    t = math.copysign(math.sqrt((n - 2) * square / (1 - square)) if square < 1 else math.inf, sxy)
    p = 2 * t_above(abs(t), n - 2) if square < 1 else 0.0
    yield "", "", FRACTIONS, FITTED, {"estimate": r, "statistic": t, "df": n - 2, "p_value": p}
    if n > 3:
        half, middle = job.z / math.sqrt(n - 3), math.atanh(r) if abs(r) < 1 else math.copysign(math.inf, r)
        yield "", "", FRACTIONS, FITTED, {"ci_low": math.tanh(middle - half), "ci_high": math.tanh(middle + half)}


def bland_altman(job: Job) -> Iterator[Found]:
    gaps = [x - y for x, y in pairs(job)]
    n = len(gaps)
    yield "", "", COUNTED, CLOSED, {"n": n}
    if n < 2:
        return
    m, s, t, u = mean(gaps), stdev(gaps), t_quantile(1 - job.tail, n - 1), NormalDist().inv_cdf(0.975)
    half, wide = t * s / math.sqrt(n), t * s * math.sqrt(1 / n + u * u / (2 * (n - 1)))
    of = {"estimate": m, "std_error": s / math.sqrt(n), "ci_low": m - half, "ci_high": m + half, "sd": s}
    for name, limit in (("lower", m - u * s), ("upper", m + u * s)):
        of |= {name: limit, f"{name}_low": limit - wide, f"{name}_high": limit + wide}
    yield "", "", TAILS, CLOSED, of


def kappa(job: Job) -> Iterator[Found]:
    """Cohen's kappa with the standard error of Fleiss, Cohen and Everitt 1969."""
    levels = job.named("level")
    k = range(len(levels))
    places = [{row["x"]: row["y"] for row in job.rows if row["set"] == name and "y" not in row["@"]} for name in ("x", "y")]  # fmt: skip
    both = [
        (int(float(place)) - 1, int(float(places[1][who])) - 1) for who, place in places[0].items() if who in places[1]
    ]
    counts = Counter(pair for pair in both if min(pair) >= 0)
    n = counts.total()
    for i in k:
        for j in k:
            yield levels[i], levels[j], COUNTED, CLOSED, {"n": counts[i, j]}
    yield "", "", COUNTED, CLOSED, {"n": n}
    if not n:
        return
    p = [[Fraction(counts[i, j], n) for j in k] for i in k]
    a, b = [sum(row) for row in p], [sum(column) for column in zip(*p, strict=True)]
    far = lambda i, j: Fraction(abs(i - j), max(len(levels) - 1, 1))  # noqa: E731
    w = {"none": lambda i, j: int(i == j), "linear": lambda i, j: 1 - far(i, j), "quadratic": lambda i, j: 1 - far(i, j) ** 2}[job["weights"]]  # fmt: skip
    yield "", "", FRACTIONS, CLOSED, {"agreement": sum(p[i][i] for i in k), "expected": sum(a[i] * b[i] for i in k)}
    seen, by_chance = (sum(w(i, j) * q(i, j) for i in k for j in k) for q in (lambda i, j: p[i][j], lambda i, j: a[i] * b[j]))  # fmt: skip
    if by_chance > 1 - 1e-12:
        return
    found = (seen - by_chance) / (1 - by_chance)
    yield "", "", FRACTIONS, CLOSED, {"estimate": found}
    over, across = [sum(w(i, j) * b[j] for j in k) for i in k], [sum(w(i, j) * a[i] for i in k) for j in k]
    each = lambda i, j: (w(i, j) - (over[i] + across[j]) * (1 - found)) ** 2  # noqa: E731
    error = _root((sum(p[i][j] * each(i, j) for i in k for j in k) - (found - by_chance * (1 - found)) ** 2) / n / (1 - by_chance) ** 2)  # fmt: skip
    null = _root((sum(a[i] * b[j] * (w(i, j) - over[i] - across[j]) ** 2 for i in k for j in k) - by_chance**2) / n / (1 - by_chance) ** 2)  # fmt: skip
    if error > 1e-6:
        low, high = float(found) - job.z * error, float(found) + job.z * error
        yield "", "", FRACTIONS, FITTED, {"std_error": error, "ci_low": max(-1.0, low), "ci_high": min(1.0, high)}
    if null > 1e-6:
        z = float(found) / null
        yield "", "", FRACTIONS, FITTED, {"statistic": z, "p_value": 2 * z_above(abs(z))}


def _root(value) -> float:
    return math.sqrt(max(value, 0))


def roc(job: Job) -> Iterator[Found]:
    """The area as the share of pairs, its error by DeLong, DeLong and Clarke-Pearson 1988."""
    found = pairs(job)
    ill, well = ([x for x, y in found if y == value] for value in (1, 0))
    yield "", "", COUNTED, CLOSED, {"n": len(found), "events": len(ill)}
    if not ill or not well or len(ill) * len(well) > PAIRS:
        return
    higher = [[Fraction((a > b) + (a >= b), 2) for b in well] for a in ill]
    rows = [sum(row) / len(well) for row in higher]
    columns = [sum(column) / len(ill) for column in zip(*higher, strict=True)]
    area = sum(rows) / len(ill)
    yield "", "", "all pairs", CLOSED, {"estimate": area}
    if min(len(ill), len(well)) < 2 or area in (0, 1):
        return
    error = math.sqrt(variance(rows) / len(ill) + variance(columns) / len(well))
    half = job.z * error
    of = {"std_error": error, "ci_low": max(0.0, float(area) - half), "ci_high": min(1.0, float(area) + half)}
    yield "", "", "all pairs", CLOSED, of


def calibration(job: Job) -> Iterator[Found]:
    known = [row for row in job.rows if not row["@"] & {"x", "y"}]
    y, p = ([float(row[name]) for row in known] for name in ("y", "x"))
    n, events = len(known), int(sum(y))
    inside = all(0 < one < 1 for one in p)
    yield "", "", COUNTED, CLOSED, {"n": n, "events": events, **({"expected": math.fsum(p)} if inside else {})}
    for group in sorted({row["group"] for row in known}):
        mine = [row for row in known if row["group"] == group]
        x = int(sum(float(row["y"]) for row in mine))
        low, high = exact_limits(x, len(mine), job.tail)
        yield "", group, TAILS, CLOSED, {"n": x, "N": len(mine), "estimate": x / len(mine), "ci_low": low, "ci_high": high,
                                         "predicted": mean(float(row["x"]) for row in mine)}  # fmt: skip
    if not known or not inside:
        return
    share = mean(p)
    limits = exact_limits(events, n, job.tail)
    of = {"estimate": events / n / share, "ci_low": limits[0] / share, "ci_high": limits[1] / share}
    yield "", "observed_to_expected", DESCRIBED, CLOSED, of
    if events in (0, n):
        return
    logit = [math.log(one / (1 - one)) for one in p]
    far = max(map(abs, logit)) + math.log(n) + 1
    large = solved(lambda a: math.fsum(expit(a + one) for one in logit), events, -far, far)
    found = [
        ("calibration_in_the_large", large, 1 / math.fsum(expit(large + one) * expit(-large - one) for one in logit))
    ]
    middle = mean(logit)
    slope = logistic([[1.0, one - middle] for one in logit], y) if len(set(logit)) > 1 else None
    if slope and max(map(abs, slope.b)) < FAR:
        found.append(("calibration_slope", slope.b[1], slope.V[1][1]))
    for level, b, square in found:
        half = job.z * math.sqrt(square)
        yield (
            "",
            level,
            "Newton's method or bisection",
            FITTED,
            {"estimate": b, "ci_low": b - half, "ci_high": b + half},
        )
