"""Cox regression with Firth's penalty: the partial likelihood times the root of the determinant of its information."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .job import CLOSED, COUNTED, FITTED, Found, Job
from .models import Matrix, Person, Vector, crossing, dot, form, inverse, log_determinant, risk_sets, solve
from .regression import wide
from .tails import chi2_above

LARGE = 60_000  # rows of risk sets
PROFILE = "Newton's method, profile by false position"


class FirthCox:
    """Heinze and Schemper 2001, Breslow's ties; covariates of spread one."""

    def __init__(self, people: Sequence[Person]):
        self.p = range(len(people[0].x))
        n = len(people)
        centre = [math.fsum(one.x[j] for one in people) / n for j in self.p]
        self.scale = [math.sqrt(math.fsum((one.x[j] - centre[j]) ** 2 for one in people) / n) or 1.0 for j in self.p]
        fit = lambda part: [[(one.x[j] - centre[j]) / self.scale[j] for j in self.p] for one in part]  # noqa: E731
        self.sets = [(fit(here), fit(dying)) for here, dying in risk_sets(people)]

    def at(self, b: Vector) -> tuple[float, Vector, Matrix] | None:
        """Penalised log likelihood, its slope, the information; None where that is singular."""
        value, score, moments, p = 0.0, [0.0] * len(b), [], self.p
        information = [[0.0] * len(b) for _ in b]
        for here, dying in self.sets:
            eta, d = [dot(x, b) for x in here], len(dying)
            top = max(eta)
            weights = [math.exp(one - top) for one in eta]
            total = math.fsum(weights)
            share = [w / total for w in weights]
            mean = [math.fsum(w * x[j] for w, x in zip(share, here, strict=True)) for j in p]
            apart = [[x[j] - mean[j] for j in p] for x in here]
            value += math.fsum(dot(x, b) for x in dying) - d * (top + math.log(total))
            for j in p:
                score[j] += math.fsum(x[j] for x in dying) - d * mean[j]
                for k in p:
                    information[j][k] += d * math.fsum(w * c[j] * c[k] for w, c in zip(share, apart, strict=True))
            moments.append((d, share, apart))
        V, size = inverse(information), log_determinant(information)
        if V is None or size is None:
            return None
        for d, share, apart in moments:  # the slope of the penalty: third moments
            pull = [w * form(c, V) for w, c in zip(share, apart, strict=True)]
            for j in p:
                score[j] += d / 2 * math.fsum(u * c[j] for u, c in zip(pull, apart, strict=True))
        return value + size / 2, score, information

    def fit(self, b: Vector, held: int | None = None) -> tuple[float, Vector, Matrix] | None:
        """(value, coefficients, information) of the maximum from a start on, where one coefficient may stay as it is."""
        free, found = [j for j in self.p if j != held], self.at(b)
        pace, last = 1.0, [0.0] * len(free)
        for _ in range(200):
            if found is None:
                return None
            value, score, information = found
            step = solve([[information[j][k] for k in free] for j in free], [[score[j]] for j in free]) if free else []
            if step is None:
                return None
            if max((abs(one[0]) for one in step), default=0.0) < 1e-10:
                return value, b, information
            # the information is not the penalised likelihood's own: steps to and fro grow shorter
            pace = pace / 2 if math.fsum(u * one[0] for u, one in zip(last, step, strict=True)) < 0 else pace
            share, last = pace, [one[0] for one in step]
            while True:
                new = list(b)
                for j, one in zip(free, step, strict=True):
                    new[j] += share * one[0]
                after = self.at(new)
                if (after and after[0] >= value - 1e-12 * abs(value)) or share < 1e-6:
                    break
                share /= 2
            b, found = new, after
        return None

    def end(self, best: tuple[float, Vector, Matrix], j: int, side: int, error: float, drop: float) -> float | None:
        """Where the profile of a coefficient is `drop` below the maximum."""
        top, b, _ = best
        start = b

        def below(value: float) -> float | None:
            nonlocal start
            held = self.fit([*start[:j], value, *start[j + 1 :]], j)
            if held is None:
                return None
            start = held[1]
            return top - held[0] - drop

        return crossing(below, b[j], -drop, side * error)


def firth_cox(job: Job) -> Iterator[Found]:
    sets = job.named("set")
    base = [row for row in job.rows if row["set"] == sets[0]]
    late, strata = job["delayed"] == "true", job["stratum"] == "true"
    needed = {"entry": late, "x": strata}
    w = wide(job, base, {"time", "event", *(key for key, here in needed.items() if here)}, centred=False)
    people = [
        Person(float(row["entry"]) if late else -math.inf, float(row["time"]), float(row["event"]) == 1, x, row["x"] if strata else "")
        for row, x in zip(w.rows, w.X, strict=True)
    ]  # fmt: skip
    people = [one for one in people if one.entry < one.time]
    yield "", "", COUNTED, CLOSED, {"n": len(people), "events": sum(one.event for one in people)}
    if not people or not w.ids or not any(one.event for one in people):
        return
    model = FirthCox(people)
    if sum(len(here) for here, _ in model.sets) > LARGE:
        return
    best, null = model.fit([0.0] * len(w.ids)), model.at([0.0] * len(w.ids))
    V = inverse(best[2]) if best else None
    if best is None or null is None or V is None:
        return
    lr = 2 * (best[0] - null[0])
    yield "", "", PROFILE, FITTED, {"lr_statistic": lr, "lr_p_value": chi2_above(lr, len(w.ids))}
    for j, name in enumerate(w.ids):
        unit = 1 / model.scale[j]
        of = {"hazard_ratio": math.exp(best[1][j] * unit)}
        without = model.fit([*best[1][:j], 0.0, *best[1][j + 1 :]], j)
        if without:
            of["p_value"] = chi2_above(max(0.0, 2 * (best[0] - without[0])), 1)
        for side, key in ((-1, "ci_low"), (1, "ci_high")):
            end = model.end(best, j, side, math.sqrt(V[j][j]), job.z**2 / 2)
            if end is not None:
                of[key] = math.exp(end * unit)
        yield "", name, PROFILE, FITTED, of
