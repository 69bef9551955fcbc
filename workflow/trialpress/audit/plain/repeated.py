"""Models of repeated measures by restricted likelihood, whose derivatives are those of complex steps.

A number's derivative is the imaginary part of the result when a small imaginary number is added to it (Squire & Trapp 1998): no
formula is derived, and none is shared with the first computation.
"""

from __future__ import annotations

import cmath
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .arithmetic import numbers
from .job import CLOSED, COUNTED, Found, Job
from .matrices import Matrix, eigen, inverse_and_size, product
from .models import dot, form, heavy, inverse, solve
from .regression import Line, at_visits, participants
from .tails import f_above, t_above, t_quantile

BY, TOLERANCE = "restricted likelihood, complex steps", 1e-5
STEP, APART = 1e-20, 1e-4


class Pattern(NamedTuple):
    """Participants seen at the same visits: these, how many, and of every two visits the products of their rows (X, y)."""

    visits: tuple[int, ...]
    n: int
    products: list[list[Matrix]]


class State(NamedTuple):
    deviance: complex
    b: list
    Phi: Matrix
    weights: list[Matrix]


class Restricted:
    """The restricted likelihood of one kind of covariance."""

    def __init__(self, rows: Matrix, y: Sequence[float], who: Sequence[str], visit: Sequence[int], kind: str):
        self.k, self.T, self.kind = len(rows[0]), max(visit) + 1, kind
        of: dict[str, list[tuple[int, list[float]]]] = defaultdict(list)
        for row, value, name, at in zip(rows, y, who, visit, strict=True):
            of[name].append((at, [*row, value]))
        seen: dict[tuple[int, ...], list] = defaultdict(list)
        for mine in of.values():
            mine.sort(key=lambda one: one[0])
            seen[tuple(at for at, _ in mine)].append([row for _, row in mine])
        p = range(self.k + 1)
        self.patterns = [
            Pattern(visits, len(all_of), [[[[math.fsum(one[a][i] * one[c][j] for one in all_of) for j in p] for i in p]
                                           for c in range(len(visits))] for a in range(len(visits))])
            for visits, all_of in seen.items()
        ]  # fmt: skip
        line = Line.of(rows, y, "classical")
        left = [value - dot(row, line.b) for row, value in zip(rows, y, strict=True)]
        own = [
            math.sqrt(sum(e * e for e, v in zip(left, visit, strict=True) if v == at) / visit.count(at))
            for at in range(self.T)
        ]
        shape = 0 if self.T == 1 else self.T - 1 if "toeplitz" in kind else 1
        if kind == "unstructured":
            self.start = [math.log(own[i]) if i == j else 0.0 for i in range(self.T) for j in range(i + 1)]
        elif kind.startswith("heterogeneous"):
            self.start = [*map(math.log, own), *[0.0] * shape]
        else:
            self.start = [math.log(math.sqrt(sum(e * e for e in left) / len(left))), *[0.0] * shape]

    def covariance(self, theta: Sequence) -> Matrix:
        """Of all visits: unstructured by its Cholesky root, else standard deviations and correlations."""
        T = range(self.T)
        if self.kind == "unstructured":
            values = iter(theta)
            L = [
                [(cmath.exp(value) if i == j else value) for j, value in zip(range(i + 1), values, strict=False)]
                for i in T
            ]
            return [[sum(L[i][m] * L[j][m] for m in range(min(i, j) + 1)) for j in T] for i in T]
        many = self.T if self.kind.startswith("heterogeneous") else 1
        sd = [cmath.exp(theta[i if many > 1 else 0]) for i in T]
        r = [cmath.tanh(value) for value in theta[many:]]
        at = lambda far: 1.0 if not far else r[0] ** far if "ar1" in self.kind else r[far - 1 if len(r) > 1 else 0]  # noqa: E731
        return [[sd[i] * sd[j] * at(abs(i - j)) for j in T] for i in T]

    def total(self, weights: Sequence[Matrix]) -> Matrix:
        p = range(self.k + 1)
        found = [[0j] * (self.k + 1) for _ in p]
        for pattern, W in zip(self.patterns, weights, strict=True):
            for a, line in enumerate(pattern.products):
                for c, block in enumerate(line):
                    w = W[a][c]
                    for i in p:
                        row, own = found[i], block[i]
                        for j in p:
                            row[j] += w * own[j]
        return found

    def at(self, theta: Sequence) -> State | None:
        V, weights, size = self.covariance(theta), [], 0j
        for pattern in self.patterns:
            found = inverse_and_size([[V[a][c] for c in pattern.visits] for a in pattern.visits])
            if found is None:
                return None
            weights.append(found[0])
            size += pattern.n * found[1]
        M, k = self.total(weights), self.k
        found = inverse_and_size([row[:k] for row in M[:k]])
        if found is None:
            return None
        Phi, last = found
        b = [sum(Phi[i][j] * M[j][k] for j in range(k)) for i in range(k)]
        left = M[k][k] - sum(b[i] * M[i][k] for i in range(k))
        return State(size + last + left, b, Phi, weights)

    def varied(self, theta: Sequence[float]) -> list[State] | None:
        """With an imaginary step of each parameter."""
        found = [self.at([*theta[:j], theta[j] + STEP * 1j, *theta[j + 1 :]]) for j in range(len(theta))]
        return None if None in found else found

    def slope(self, theta: Sequence[float]) -> list[float] | None:
        found = self.varied(theta)
        return found and [one.deviance.imag / STEP for one in found]

    def curvature(self, theta: Sequence[float], points: Sequence[tuple[int, float]]) -> Matrix | None:
        """By differences of slopes at these points (multiple of the distance, weight)."""
        lines = []
        for j in range(len(theta)):
            parts = [(w, self.slope([*theta[:j], theta[j] + m * APART, *theta[j + 1 :]])) for m, w in points]
            if any(part is None for _, part in parts):
                return None
            lines.append([sum(w * part[i] for w, part in parts) / APART for i in range(len(theta))])
        return [[(lines[i][j] + lines[j][i]) / 2 for j in range(len(theta))] for i in range(len(theta))]

    def maximum(self) -> tuple[list[float], Matrix] | None:
        """(parameters, curvature of the deviance) by Newton's method, damped as far as needed."""
        theta, damp = list(self.start), 0.0
        for _ in range(100):
            here, slope, H = self.at(theta), self.slope(theta), self.curvature(theta, ((-1, -0.5), (1, 0.5)))
            if here is None or slope is None or H is None:
                return None
            for _ in range(60):
                damped = [
                    [value * (1 + damp) if i == j else value for j, value in enumerate(row)] for i, row in enumerate(H)
                ]
                step = solve(damped, [[-u] for u in slope]) if inverse_and_size(damped) else None
                new = step and [value + one[0] for value, one in zip(theta, step, strict=True)]
                after = self.at(new) if new and max(abs(one[0]) for one in step) < 3 else None
                if after and after.deviance.real <= here.deviance.real + 1e-9:
                    break
                damp = max(4 * damp, 0.01) if damp < 1e6 else 1e7
                H = [[abs(value) + 1e-3 if i == j else value for j, value in enumerate(row)] for i, row in enumerate(H)]
            else:
                return None
            theta, damp = new, damp / 10 if damp > 1e-3 else 0.0
            if max(abs(one[0]) for one in step) < 1e-9:
                exact = self.curvature(theta, ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12)))
                return (theta, exact) if exact and inverse_and_size(exact) else None
        return None


class Mixed:
    """The fit: coefficients, their covariance (Kenward & Roger 1997 if asked for), degrees of freedom and tests."""

    def __init__(self, model: Restricted, theta: list[float], H: Matrix, adjusted: bool):
        real = lambda A: [[complex(value).real for value in row] for row in A]  # noqa: E731
        k, self.adjusted = model.k, adjusted
        here, varied = model.at(theta), model.varied(theta)
        self.b, self.Phi, self.V = [value.real for value in here.b], real(here.Phi), real(here.Phi)
        self.A = [[2 * value for value in row] for row in inverse(H)]
        self.G = [[[complex(value).imag / STEP for value in row] for row in one.Phi] for one in varied]
        if not adjusted:
            return
        every = range(len(theta))
        steps = [model.covariance([*theta[:j], theta[j] + STEP * 1j, *theta[j + 1 :]]) for j in every]
        D = [[[complex(value).imag / STEP for value in row] for row in V] for V in steps]
        own = [[product(real(W), [[d[a][c] for c in p.visits] for a in p.visits]) for W, p in zip(here.weights, model.patterns, strict=True)] for d in D]  # fmt: skip
        back = inverse(self.Phi)
        for i in every:
            for j in every:
                if not self.A[i][j]:
                    continue
                twice = model.total(
                    [product(product(u, v), real(W)) for u, v, W in zip(own[i], own[j], here.weights, strict=True)]
                )
                inner = product(product(self.Phi, [[value.real for value in row[:k]] for row in twice[:k]]), self.Phi)
                cross = product(product(self.G[i], back), self.G[j])
                for r in range(k):
                    for s in range(k):
                        self.V[r][s] += 2 * self.A[i][j] * (inner[r][s] - cross[r][s])

    def df(self, L: Sequence[float]) -> float:
        """Satterthwaite's."""
        g = [form(L, G) for G in self.G]
        return 2 * form(L, self.Phi) ** 2 / form(g, self.A)

    def line(self, L: Sequence[float], tail: float) -> tuple[float, ...]:
        """(estimate, error, degrees of freedom, limits, p-value)."""
        b, error, df = dot(L, self.b), math.sqrt(form(L, self.V)), self.df(L)
        reach = t_quantile(1 - tail, df) * error
        return b, error, df, b - reach, b + reach, 2 * t_above(abs(b / error), df)

    def test(self, Ls: list[list[float]]) -> dict[str, float] | None:
        """The F test of L b = 0: Kenward & Roger 1997, or Satterthwaite's degrees of freedom (Fai & Cornelius 1996)."""
        q = len(Ls)
        part = lambda V: product(product(Ls, V), [list(row) for row in zip(*Ls, strict=True)])  # noqa: E731
        b = [[dot(L, self.b)] for L in Ls]
        F = sum(u[0] * v[0] for u, v in zip(b, solve(part(self.V), b), strict=True)) / q
        if q == 1:
            d = self.df(Ls[0])
            return {"statistic": F, "df": 1, "df_residual": d, "p_value": f_above(F, 1, d)}
        if not self.adjusted:
            each = [
                self.df([dot(direction, column) for column in zip(*Ls, strict=True)])
                for _, direction in eigen(part(self.Phi))
            ]
            E = math.fsum(one / (one - 2) for one in each)
            d = (
                2.0
                if min(each) <= 2
                else sum(each) / q
                if max(each) - min(each) < 1e-8 * max(each)
                else 2 * E / (E - q)
            )
            return {"statistic": F, "df": q, "df_residual": d, "p_value": f_above(F, q, d)}
        within = product([list(row) for row in zip(*Ls, strict=True)], product(inverse(part(self.Phi)), Ls))
        h = [product(within, G) for G in self.G]
        trace = [sum(one[i][i] for i in range(len(one))) for one in h]
        n, A = range(len(h)), self.A
        a1 = sum(A[i][j] * trace[i] * trace[j] for i in n for j in n)
        a2 = sum(A[i][j] * sum(x * y for row, column in zip(h[i], zip(*h[j], strict=True), strict=True) for x, y in zip(row, column, strict=True))
                 for i in n for j in n)  # fmt: skip
        B, g = (a1 + 6 * a2) / (2 * q), ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
        u = 3 * q + 2 * (1 - g)
        E = 1 / (1 - a2 / q)
        W = 2 / q * (1 + g / u * B) / ((1 - (q - g) / u * B) ** 2 * (1 - (q + 2 - g) / u * B))
        d = 4 + (q + 2) / (q * W / (2 * E * E) - 1)
        F *= d / (E * (d - 2))
        return {"statistic": F, "df": q, "df_residual": d, "p_value": f_above(F, q, d)}


def mmrm(job: Job) -> Iterator[Found]:
    w = at_visits(job)
    yield from participants(job, w)
    if len(w.groups) < 2:
        return
    y, who, places = (
        numbers(w.rows, "x"),
        [row["entry"] for row in w.rows],
        sorted({float(row["time"]) for row in w.rows}),
    )
    visit, names = (
        [places.index(float(row["time"])) for row in w.rows],
        [job.named("level")[int(at) - 1] for at in places],
    )
    yield "", "", COUNTED, CLOSED, {"n": len(set(who)), "observations": len(y)}
    cells: dict[tuple[int, int], list[float]] = {(g, v): [] for g in range(len(w.groups)) for v in range(len(places))}
    for g, v, value in zip(w.codes, visit, y, strict=True):
        cells[g, v].append(value)
    for (g, v), mine in cells.items():
        yield (
            w.groups[g],
            names[v],
            COUNTED,
            CLOSED,
            {"n": len(mine), "mean": sum(mine) / len(mine) if mine else math.nan},
        )
    here = [cell for cell, mine in cells.items() if mine]
    own = [source in job.named("by_visit") for source in w.sources]
    M = [[*(float((g, v) == cell) for cell in here), *(x for x, by in zip(row, own, strict=True) if not by),
          *(x * (v == at) for x, by in zip(row, own, strict=True) if by for at in range(len(places)))]
         for g, v, row in zip(w.codes, visit, w.X, strict=True)]  # fmt: skip
    line = Line.of(M, y, "classical")
    if line is None or line.exact or heavy(M):
        return
    fit = None
    for kind in job["covariance"].split(";"):
        model = Restricted(M, y, who, visit, kind)
        found = model.maximum()
        if found:
            fit = Mixed(model, *found, job["df"] == "kenward-roger")
            break
    if fit is None:
        return

    def unit(cell: tuple[int, int]) -> list[float] | None:
        return [float(at == cell) for at in here] + [0.0] * (len(M[0]) - len(here)) if cell in here else None

    def apart(g: int, v: int | None) -> list[float] | None:
        """Of a group and the first, at a visit or on average over all."""
        units = [unit((group, at)) for group in (g, 0) for at in ([v] if v is not None else range(len(places)))]
        if None in units:
            return None
        half = len(units) // 2
        return [(math.fsum(column[:half]) - math.fsum(column[half:])) / half for column in zip(*units, strict=True)]

    for g, v in here:
        b, error, df, low, high, _ = fit.line(unit((g, v)), job.tail)
        yield (
            w.groups[g],
            names[v],
            BY,
            TOLERANCE,
            {"estimate": b, "std_error": error, "df": df, "ci_low": low, "ci_high": high},
        )
    for g in range(1, len(w.groups)):
        for v in [*range(len(places)), None]:
            if L := apart(g, v):
                of = fit.line(L, job.tail)
                keys = (
                    "difference",
                    "difference_std_error",
                    "difference_df",
                    "difference_low",
                    "difference_high",
                    "p_value",
                )
                yield w.groups[g], "" if v is None else names[v], BY, TOLERANCE, dict(zip(keys, of, strict=True))
    others = range(1, len(w.groups))
    less = [[x - z for x, z in zip(a, c, strict=True)] if a and c else None for g in others for v in range(1, len(places))
            for a, c in [(apart(g, v), apart(g, 0))]]  # fmt: skip
    for level, Ls in (("", [apart(g, None) for g in others]), ("interaction", less)):
        if Ls and None not in Ls and (found := fit.test(Ls)):
            yield "", level, BY, TOLERANCE, found
