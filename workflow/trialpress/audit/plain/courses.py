"""States, hierarchies of outcomes and courses of an escalation: every patient, pair and course by itself."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from .arithmetic import Row
from .job import CLOSED, COUNTED, FRACTIONS, PAIRS, Found, Job


def state_probabilities(job: Job) -> Iterator[Found]:
    """Aalen and Johansen 1978, from one time to the next. The variance needs R."""
    states = job.named("state")
    rows = [row for row in job.rows if not row["@"] & {"time", "event"}]
    yield "", "", COUNTED, CLOSED, {"n": len(rows)}
    moves: dict[float, list[tuple[int, int]]] = defaultdict(list)
    stays: list[tuple[float, float, int]] = []  # from, until, state
    for row in rows:
        time, cause = float(row["time"]), int(float(row["event"]))
        begin = math.inf if "x" in row["@"] or float(row["x"]) >= time else max(float(row["x"]), 0.0)
        if time == 0:
            continue
        stays += [(0.0, min(begin, time), 0)] * (begin > 0) + [(begin, time, 1)] * (begin < time)
        if 0 < begin < time:
            moves[begin].append((0, 1))
        if cause:
            moves[time].append((int(begin < time), 1 + cause))
    if not stays:
        return
    for at, name in enumerate(states):
        yield name, "", COUNTED, CLOSED, {"transitions": sum(to == at for all_of in moves.values() for _, to in all_of)}
    first = [sum(start == 0 and state == k for start, _, state in stays) for k in range(2)]
    p = [Fraction(n, sum(first)) for n in first] + [Fraction(0)] * (len(states) - 2)
    way = [(0.0, list(p))]
    for time in sorted(moves):
        at_risk = [sum(start < time <= end and state == k for start, end, state in stays) for k in range(2)]
        before = list(p)
        for source, target in moves[time]:
            step = before[source] / at_risk[source]
            p[source] -= step
            p[target] += step
        way.append((time, list(p)))
    last = max(end for _, end, _ in stays)
    for at in job.times:
        when = float(at) * float(job["divisor"])
        if when <= last:
            now = [values for time, values in way if time <= when][-1]
            for name, value in zip(states, now, strict=True):
                yield name, f"{at}_{job['unit']}", FRACTIONS, CLOSED, {"estimate": float(value)}


def _won(a: Row, b: Row) -> int:
    """1 if the first of two wins by an outcome, -1 if it loses, 0 if nothing is known."""
    if "time" in a["@"]:
        x, y = float(a["y"]), float(b["y"])
        return (x > y) - (x < y)
    (s, e), (t, f) = ((float(row["time"]), float(row["event"]) == 1) for row in (a, b))
    return int(f and (t < s or (t == s and not e))) - int(e and (s < t or (s == t and not f)))


def win_ratio(job: Job) -> Iterator[Found]:
    """Every pair; the variances need R."""
    sets, groups = job.named("set"), job.named("group")
    rows = [[row for row in job.rows if row["set"] == name] for name in sets]
    of = [row["group"] for row in rows[0]]
    for group in groups:
        yield group, "", COUNTED, CLOSED, {"n": of.count(group)}
    groups = [group for group in groups if group in of]
    if len(groups) != 2 or len(of) ** 2 > PAIRS:
        return
    decided = [[0, 0] for _ in sets]
    first, second = ([at for at, one in enumerate(of) if one == group] for group in groups)
    for i in second:
        for j in first:
            for at, column in enumerate(rows):
                won = _won(column[i], column[j])
                if won:
                    decided[at][won < 0] += 1
                    break
    pairs, wins, losses = len(first) * len(second), *(sum(one[side] for one in decided) for side in (0, 1))
    found = {"pairs": pairs, "wins": wins, "losses": losses, "ties": pairs - wins - losses}
    few = min(len(first), len(second)) < 2
    yield "", "", COUNTED, CLOSED, found | ({} if few or not (wins and losses) else {"win_ratio": wins / losses})
    for name, (won, lost) in zip(sets, decided, strict=True):
        yield "", name, COUNTED, CLOSED, {"wins": won, "losses": lost}
    if not few:
        net = Fraction(wins - losses, pairs)
        yield "", "net_benefit", FRACTIONS, CLOSED, {"estimate": float(net)}


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
