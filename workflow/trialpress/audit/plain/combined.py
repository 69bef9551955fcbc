"""The largest of several weighted log-rank tests."""

from __future__ import annotations

import math
from collections.abc import Iterator

from .hazards import SUMS, followed, hazard, person
from .job import CLOSED, FITTED, Found, Job
from .matrices import eigen
from .models import risk_sets, too_large
from .regression import NEWTON

WEIGHTS = ((0, 0), (0, 1), (1, 0), (1, 1))
POINTS = 200  # of the midpoint rule, of each angle


def outside(C: list[list[float]], limit: float) -> float:
    """That any of several normal variables, of rank 3 or less, is beyond the limits: in each direction the tail of the distance from
    the middle, averaged over all directions by the midpoint rule."""
    found = [(value, vector) for value, vector in eigen(C) if value > 1e-12]
    A = [[math.sqrt(value) * vector[i] for value, vector in found] for i in range(len(C))]
    middle = [(at + 0.5) / POINTS for at in range(POINTS)]
    if len(found) == 1:
        directions = [[1.0]]
    elif len(found) == 2:
        directions = [[math.cos(math.pi * v), math.sin(math.pi * v)] for v in middle]
    else:
        directions = [
            [math.sqrt(1 - z * z) * math.cos(2 * math.pi * v), math.sqrt(1 - z * z) * math.sin(2 * math.pi * v), z]
            for z in middle for v in middle
        ]  # fmt: skip
    reach = [
        limit / max(abs(sum(a * u for a, u in zip(row, direction, strict=True))) for row in A)
        for direction in directions
    ]
    return math.fsum(_beyond(distance, len(found)) for distance in reach) / len(directions)


def _beyond(x: float, rank: int) -> float:
    """That so many independent normal variables are further than x from the middle."""
    near = math.exp(-x * x / 2)
    if rank == 2:
        return near
    return math.erfc(x / math.sqrt(2)) + (math.sqrt(2 / math.pi) * x * near if rank == 3 else 0.0)


def max_combo(job: Job) -> Iterator[Found]:
    strata, late = job["stratum"] == "true", job["delayed"] == "true"
    rows = followed(job, "group", *(["level"] if strata else []))
    groups = [group for group in job.named("group") if any(row["group"] == group for row in rows)]
    people = [person(row, [float(row["group"] == groups[-1])], late, row["level"] if strata else "") for row in rows]
    if len(groups) != 2 or not any(one.event for one in people) or too_large(people):
        return
    U, V = [0.0] * 4, [[0.0] * 4 for _ in range(4)]
    survival, stratum = 1.0, None
    for here, dying in risk_sets(people):
        if here[0].stratum != stratum:
            survival, stratum = 1.0, here[0].stratum
        n, d = len(here), len(dying)
        w = [survival**rho * (1 - survival) ** gamma for rho, gamma in WEIGHTS]
        survival *= 1 - d / n
        share = sum(one.x[0] for one in here) / n
        gap, spread = sum(one.x[0] for one in dying) - d * share, d * (n - d) / max(n - 1, 1) * share * (1 - share)
        for i in range(4):
            U[i] += w[i] * gap
            for j in range(4):
                V[i][j] += w[i] * w[j] * spread
    found = {key: value for key, value in hazard(people, job.z).items() if key != "p_value"}
    yield "", f"{job['by']}={groups[1]}", NEWTON, FITTED, found
    if V[0][0] < 1e-10:
        return
    some = [i for i in range(4) if V[i][i] > 1e-10]
    z = {i: U[i] / math.sqrt(V[i][i]) for i in some}
    for i in some:
        yield "", f"rho_{WEIGHTS[i][0]}_gamma_{WEIGHTS[i][1]}", SUMS, CLOSED, {"statistic": z[i]}
    top = max(map(abs, z.values()))
    yield "", "", SUMS, CLOSED, {"statistic": top}
    C = [[V[i][j] / math.sqrt(V[i][i] * V[j][j]) for j in some] for i in some]
    yield "", "", "midpoint rule over all directions", 1e-4, {"p_value": outside(C, top)}
