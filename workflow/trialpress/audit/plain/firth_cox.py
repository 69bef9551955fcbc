"""Cox regression with Firth's penalty: the partial likelihood times the root of the determinant of its information."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .job import CLOSED, COUNTED, FITTED, PROFILE, Found, Job
from .models import Matrix, Person, Vector, dot, form, inverse, risk_sets
from .penalised import exp, log_determinant, penalised_maximum, profile_end
from .regression import wide
from .tails import chi2_above

LARGE = 60_000  # rows of risk sets


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
    best, null = penalised_maximum(model.at, [0.0] * len(w.ids)), model.at([0.0] * len(w.ids))
    V = inverse(best[2]) if best else None
    if best is None or null is None or V is None:
        return
    lr = 2 * (best[0] - null[0])
    yield "", "", PROFILE, FITTED, {"lr_statistic": lr, "lr_p_value": chi2_above(lr, len(w.ids))}
    for j, name in enumerate(w.ids):
        unit = 1 / model.scale[j]
        of = {"hazard_ratio": exp(best[1][j] * unit)}
        without = penalised_maximum(model.at, [*best[1][:j], 0.0, *best[1][j + 1 :]], j)
        if without:
            of["p_value"] = chi2_above(max(0.0, 2 * (best[0] - without[0])), 1)
        for side, key in ((-1, "ci_low"), (1, "ci_high")):
            end = profile_end(model.at, best, j, side * math.sqrt(V[j][j]), job.z**2 / 2)
            if end is not None:
                of[key] = exp(end * unit)
        yield "", name, PROFILE, FITTED, of
