"""States, hierarchies of outcomes and courses of an escalation: every patient, pair and course by itself."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from .arithmetic import Row
from .hazards import limits
from .job import CLOSED, COUNTED, FITTED, FRACTIONS, PAIRS, Found, Job
from .tails import z_above

U, TINY = "U-statistics", 1e-20


class Life(NamedTuple):
    """Stays (from, until, state) and moves (time, source, target) of one participant."""

    stays: list[tuple[float, float, int]]
    moves: list[tuple[float, int, int]]


def _life(row: Row) -> Life:
    time, cause = float(row["time"]), int(float(row["event"]))
    begin = math.inf if "x" in row["@"] or float(row["x"]) >= time else max(float(row["x"]), 0.0)
    stays = [(0.0, min(begin, time), 0)] * (begin > 0) + [(begin, time, 1)] * (begin < time)
    moves = [(begin, 0, 1)] * (0 < begin < time) + [(time, int(begin < time), 1 + cause)] * (cause > 0)
    return Life(stays, moves)


def state_probabilities(job: Job) -> Iterator[Found]:
    """Aalen and Johansen 1978, from one time to the next; the error is what each participant's weight does, by an imaginary step."""
    states = job.named("state")
    rows = [row for row in job.rows if not row["@"] & {"time", "event"}]
    lives = [_life(row) for row in rows if float(row["time"]) > 0]
    yield "", "", COUNTED, CLOSED, {"n": len(lives)}
    if not lives:
        return
    moves: dict[float, list[tuple[int, int, int]]] = defaultdict(list)
    for who, life in enumerate(lives):
        for time, source, target in life.moves:
            moves[time].append((who, source, target))
    for at, name in enumerate(states):
        yield (
            name,
            "",
            COUNTED,
            CLOSED,
            {"transitions": sum(to == at for all_of in moves.values() for *_, to in all_of)},
        )
    inside = lambda life, time, state: any(a < time <= b and k == state for a, b, k in life.stays)  # noqa: E731
    at_risk = {time: [sum(inside(life, time, k) for life in lives) for k in range(2)] for time in moves}
    first = [sum(life.stays[0][2] == k for life in lives) for k in range(2)]
    last = max(end for life in lives for _, end, _ in life.stays)
    wanted = [(at, float(at) * float(job["divisor"])) for at in job.times if float(at) * float(job["divisor"]) <= last]

    def way(varied: int | None = None) -> list[list]:
        """The probabilities at the times that are wanted."""
        life, weigh = lives[varied] if varied is not None else None, 1 + TINY * 1j
        starts = [n + (TINY * 1j if life and life.stays[0][2] == k else 0) for k, n in enumerate(first)]
        p = [n / sum(starts) for n in starts] + [0.0] * (len(states) - 2)
        path = [(0.0, list(p))]
        for time in sorted(moves):
            n = [size + (TINY * 1j if life and inside(life, time, k) else 0) for k, size in enumerate(at_risk[time])]
            before = list(p)
            for who, source, target in moves[time]:
                step = before[source] * (weigh if who == varied else 1) / n[source]
                p[source] -= step
                p[target] += step
            path.append((time, list(p)))
        return [[values for time, values in path if time <= when][-1] for _, when in wanted]

    found = way()
    spread = [[0.0] * len(states) for _ in wanted]
    few = len(lives) * sum(map(len, moves.values())) <= 2 * PAIRS
    for varied in range(len(lives)) if few else ():
        for sums, values in zip(spread, way(varied), strict=True):
            for k, value in enumerate(values):
                sums[k] += (complex(value).imag / TINY) ** 2
    for (at, _), values, squares in zip(wanted, found, spread, strict=True):
        for name, value, square in zip(states, values, squares, strict=True):
            inner = few and 1e-9 < value < 1 - 1e-9
            ends = limits("log-log", value, square / value**2, job.z) if inner else {}
            yield name, f"{at}_{job['unit']}", "products over the event times", FITTED, {"estimate": value, **ends}


def _won(a: Row, b: Row) -> int:
    """1 if the first of two wins by an outcome, -1 if it loses, 0 if nothing is known."""
    if "time" in a["@"]:
        x, y = float(a["y"]), float(b["y"])
        return (x > y) - (x < y)
    (s, e), (t, f) = ((float(row["time"]), float(row["event"]) == 1) for row in (a, b))
    return int(f and (t < s or (t == s and not e))) - int(e and (s < t or (s == t and not f)))


def win_ratio(job: Job) -> Iterator[Found]:
    """Every pair of a stratum; variances of U-statistics (Bebu & Lachin 2016), or under the null hypothesis (Dong et al. 2016)."""
    sets, groups = job.named("set"), job.named("group")
    rows = [[row for row in job.rows if row["set"] == name] for name in sets]
    of = [row["group"] for row in rows[0]]
    for group in groups:
        yield group, "", COUNTED, CLOSED, {"n": of.count(group)}
    groups = [group for group in groups if group in of]
    if len(groups) != 2 or len(of) ** 2 > PAIRS:
        return
    within = [row["x"] if job["stratum"] == "true" else "" for row in rows[0]]
    decided = [[0, 0] for _ in sets]
    strata = []
    for stratum in dict.fromkeys(within):
        first, second = (
            [at for at, one in enumerate(of) if one == group and within[at] == stratum] for group in groups
        )
        if first and second:
            strata.append(_contest(rows, first, second, decided, bool(stratum)))
    pairs = sum(one.pairs for one in strata)
    wins, losses = (sum(one[side] for one in decided) for side in (0, 1))
    yield "", "", COUNTED, CLOSED, {
        "strata": len(strata), "pairs": pairs, "wins": wins, "losses": losses, "ties": pairs - wins - losses,
    }  # fmt: skip
    for name, (won, lost) in zip(sets, decided, strict=True):
        yield "", name, COUNTED, CLOSED, {"wins": won, "losses": lost}
    if not strata or min(one.smaller for one in strata) < 2:
        return
    total = sum(one.weight * one.pairs for one in strata)
    p = [sum(one.weight * one.decided[side] for one in strata) / total for side in (0, 1)]
    V = [[float(sum(one.weight**2 * one.V[a][b] for one in strata) / total**2) for b in (0, 1)] for a in (0, 1)]
    null, z = job["variance"] == "null-hypothesis", job.z
    net = float(p[0] - p[1])
    error = max(0.0, V[0][0] + V[1][1] - 2 * V[0][1])
    if null:
        error = max(0.0, float(sum(one.weight**2 * one.null for one in strata) / total**2))
    error = math.sqrt(error)
    yield "", "net_benefit", FRACTIONS, CLOSED, {"estimate": net}
    if error > 1e-11:
        yield "", "net_benefit", U, CLOSED, {"ci_low": max(-1.0, net - z * error), "ci_high": min(1.0, net + z * error)}
        if abs(net) < 1 - 1e-12:
            odds, reach = (1 + net) / (1 - net), math.exp(z * error * 2 / (1 if null else 1 - net * net))
            yield "", "win_odds", U, CLOSED, {"estimate": odds, "ci_low": odds / reach, "ci_high": odds * reach}
    if wins and losses:
        a, b = map(float, p)
        yield "", "", FRACTIONS, CLOSED, {"win_ratio": a / b}
        own = math.sqrt(max(0.0, V[0][0] / a**2 + V[1][1] / b**2 - 2 * V[0][1] / (a * b)))
        own = 2 * error / (a + b) if null else own
        if own > 1e-9:
            of_log = {"std_error": own, "ci_low": a / b * math.exp(-z * own), "ci_high": a / b * math.exp(z * own)}
            yield "", "", U, CLOSED, of_log | {"p_value": 2 * z_above(abs(math.log(a / b) / own))}


class Contest(NamedTuple):
    """The pairs of a stratum: its weight, wins and losses, their covariance, and the variance of their difference where they are
    equally likely."""

    weight: Fraction
    pairs: int
    smaller: int
    decided: list[int]
    V: list[list[Fraction]]
    null: Fraction


def _contest(
    rows: list[list[Row]], first: list[int], second: list[int], decided: list[list[int]], weighted: bool
) -> Contest:
    own = {
        at: [0, 0] for at in (*first, *second)
    }  # how many pairs the second group wins and loses with each participant
    for i in second:
        for j in first:
            for at, column in enumerate(rows):
                won = _won(column[i], column[j])
                if won:
                    decided[at][won < 0] += 1
                    own[i][won < 0] += 1
                    own[j][won < 0] += 1
                    break
    counts = [sum(own[i][side] for i in first) for side in (0, 1)]
    V, null = [[Fraction(0)] * 2 for _ in range(2)], Fraction(0)
    for members, others in ((second, first), (first, second)):
        k = len(members)
        for a in (0, 1):
            for b in (0, 1):
                V[a][b] += sum(own[i][a] * own[i][b] for i in members) - Fraction(counts[a] * counts[b], k)
        if len(others) > 1:
            twice = sum((own[i][0] - own[i][1]) ** 2 for i in members) - sum(counts)
            null += Fraction(len(others) * twice, len(others) - 1)
    weight = Fraction(1, len(first) + len(second)) if weighted else Fraction(1)
    return Contest(weight, len(first) * len(second), min(len(first), len(second)), counts, V, null)


def every_course(job: Job) -> Iterator[Found]:
    """3+3 by every course of a trial."""
    rates = [Fraction(text) for text in job["rates"].split(";")]
    k = len(rates)
    chosen, size, none = [Fraction(0)] * k, [Fraction(0)] * k, Fraction(0)
    waiting = [((0,) * k, (0,) * k, 0, False, Fraction(1))]
    while waiting:
        n, x, at, down, p = waiting.pop()
        if at < 0 or n[at] == 6:
            if at >= 0 and x[at] > 1:
                waiting.append((n, x, at - 1, True, p))
                continue
            none += p if at < 0 else 0
            for dose in range(k):
                size[dose] += p * n[dose]
                chosen[dose] += p if dose == at else 0
            continue
        for y in range(4):
            q = p * math.comb(3, y) * rates[at] ** y * (1 - rates[at]) ** (3 - y)
            m, z = (tuple(v + more if dose == at else v for dose, v in enumerate(of)) for of, more in ((n, 3), (x, y)))
            if down or (m[at] == 3 and z[at] == 1):
                waiting.append((m, z, at, down, q))
            elif z[at] >= 2:
                waiting.append((m, z, at - 1, True, q))
            else:
                waiting.append((m, z, at + 1, False, q) if at + 1 < k else (m, z, at, True, q))
    total = {
        "expected_n": float(sum(size)),
        "expected_dlt": float(sum(n * r for n, r in zip(size, rates, strict=True))),
    }
    yield "", "", FRACTIONS, CLOSED, {"none": float(none), **total}
    for dose, (rate, share, n) in enumerate(zip(rates, chosen, size, strict=True), start=1):
        of = {"rate": float(rate), "selected": float(share), "expected_n": float(n), "expected_dlt": float(n * rate)}
        yield "", f"dose_{dose}", FRACTIONS, CLOSED, of
