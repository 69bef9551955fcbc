"""Mixed models for repeated measures (MMRM): means of groups at each visit where the visits of a participant are correlated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import fdtrc, stdtr, stdtrit

from .covariance import STRUCTURES, Structure, uncorrelated
from .result import Result, not_estimable, numbers, probability

SHOWN = ("estimate", "std_error", "df", "ci_low", "ci_high")
TEST = ("statistic", "df", "df_residual", "p_value")
FEW = "the data are too few for degrees of freedom"
DF = {"kenward-roger": "Kenward-Roger", "satterthwaite": "Satterthwaite"}


@dataclass(frozen=True)
class _Pattern:
    """Participants who were seen at the same visits. S[a, b]: sum over them of the products of their rows a and b."""

    visits: np.ndarray
    n: int
    S: np.ndarray

    @classmethod
    def all(cls, subject: np.ndarray, visit: np.ndarray, Z: np.ndarray) -> list[_Pattern]:
        order = np.lexsort((visit, subject))
        subject, visit, Z = subject[order], visit[order], Z[order]
        starts = np.flatnonzero(np.r_[True, subject[1:] != subject[:-1]])
        at: dict[tuple, list] = {}
        for first, last in zip(starts, [*starts[1:], len(subject)], strict=True):
            at.setdefault(tuple(visit[first:last]), []).append(Z[first:last])
        stacks = {pattern: np.array(rows) for pattern, rows in at.items()}
        return [cls(np.array(pattern), len(rows), np.einsum("nai,nbj->abij", rows, rows, optimize=True))
                for pattern, rows in stacks.items()]  # fmt: skip


@dataclass(frozen=True)
class _Likelihood:
    """-2 log restricted likelihood at the parameters of a structure, and what follows from it.

    M: Z'V^-1 Z of design and outcome; Phi: covariance of the coefficients b; Q[k]: Z'V^-1 (dV/dk) V^-1 Z.
    """

    patterns: list[_Pattern]
    structure: Structure
    theta: np.ndarray

    @cached_property
    def inverses(self) -> list[np.ndarray] | None:
        """V^-1 of each pattern; None where V is not positive definite."""
        V = self.structure(self.theta)
        try:
            roots = [np.linalg.cholesky(V[np.ix_(p.visits, p.visits)]) for p in self.patterns]
        except np.linalg.LinAlgError:
            return None
        return [np.linalg.inv(root).T @ np.linalg.inv(root) for root in roots]

    @cached_property
    def M(self) -> np.ndarray:
        return sum(np.einsum("ab,abij->ij", W, p.S) for W, p in zip(self.inverses, self.patterns, strict=True))

    @cached_property
    def Phi(self) -> np.ndarray:
        return np.linalg.inv(self.M[:-1, :-1])

    @cached_property
    def b(self) -> np.ndarray:
        return self.Phi @ self.M[:-1, -1]

    @cached_property
    def value(self) -> float:
        """Without the constant (N - p) log 2 pi."""
        if self.inverses is None:
            return np.inf
        sign, log_M = np.linalg.slogdet(self.M[:-1, :-1])
        if sign <= 0:
            return np.inf
        e = np.r_[-self.b, 1.0]
        log_V = -sum(p.n * np.linalg.slogdet(W)[1] for W, p in zip(self.inverses, self.patterns, strict=True))
        return float(log_V + log_M + e @ self.M @ e)

    @cached_property
    def derivatives(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(gradient, Hessian, Q of the coefficients)."""
        first, second = self.structure.derivatives(self.theta)
        K, q = len(first), self.M.shape[0]
        e, Phi = np.r_[-self.b, 1.0], self.Phi
        Q, gradient, hessian = np.zeros((K, q, q)), np.zeros(K), np.zeros((K, K))
        for W, p in zip(self.inverses, self.patterns, strict=True):
            inside = np.ix_(p.visits, p.visits)
            Vk, Vkl = first[:, *inside], second[:, :, *inside]
            WV = W @ Vk
            WVW = WV @ W
            Q += np.einsum("kab,abij->kij", WVW, p.S, optimize=True)
            # both quadratic forms of a participant's rows: of the residuals, and of the rows in Phi
            R = np.einsum("abij,i,j->ab", p.S, e, e) + np.einsum("abij,ij->ab", p.S[:, :, :-1, :-1], Phi)
            gradient += p.n * np.einsum("kaa->k", WV)
            twice = np.einsum("kab,lbc,ca->kl", WV, WVW, R, optimize=True)
            hessian += twice + twice.T - np.einsum("ab,klbc,cd,da->kl", W, Vkl, W, R, optimize=True)
            hessian += p.n * (np.einsum("ab,klba->kl", W, Vkl) - np.einsum("kab,lba->kl", WV, WV))
        Qx, slope = Q[:, :-1, :-1], Q[:, :-1] @ e
        gradient -= np.einsum("ij,kij->k", Phi, Qx) + np.einsum("i,kij,j->k", e, Q, e)
        hessian -= 2 * slope @ Phi @ slope.T + np.einsum("kij,lji->kl", Phi @ Qx, Phi @ Qx)
        return gradient, hessian, Qx

    def bias(self, A: np.ndarray) -> np.ndarray:
        """Half of what Kenward and Roger add to Phi, to first order; A: covariance of theta."""
        first, _ = self.structure.derivatives(self.theta)
        Qx, total = self.derivatives[2], 0.0
        for W, p in zip(self.inverses, self.patterns, strict=True):
            Vk = first[:, *np.ix_(p.visits, p.visits)]
            middle = np.einsum("kl,kab,bc,lcd->ad", A, Vk, W, Vk, optimize=True)
            total = total + np.einsum("ab,abij->ij", W @ middle @ W, p.S[:, :, :-1, :-1])
        total = total - np.einsum("kl,kij,jm,lmn->in", A, Qx, self.Phi, Qx, optimize=True)
        return self.Phi @ total @ self.Phi


STEPS, LEAST = 200, 1e-12  # of Newton's method; what a step may still gain for it to have converged


def _fitted(patterns: list[_Pattern], structure: Structure, start: np.ndarray) -> _Likelihood | None:
    """The likelihood at its maximum, by Newton's method with as large a ridge as it takes to descend; None where there is no
    maximum inside the parameter space."""
    now, ridge = _Likelihood(patterns, structure, start), 1.0
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            gradient, hessian, _ = now.derivatives
            if not np.isfinite(hessian).all():
                return None
            values, vectors = np.linalg.eigh(hessian)
            slope = vectors.T @ gradient
            definite = values[0] > 1e-7 * values[-1]
            if definite and (slope**2 / values).sum() < LEAST:
                last = _Likelihood(patterns, structure, now.theta - vectors @ (slope / values))
                last = now if last.inverses is None else last  # the step that is left squares the error
                return last if structure.apart(last.theta) else None
            while ridge < 1e12:
                step = vectors @ (slope / (np.abs(values) + ridge * (ridge > 1e-9)))
                after = _Likelihood(patterns, structure, now.theta - step)
                if after.value <= now.value + 1e-12 * abs(now.value):
                    break
                ridge = max(10 * ridge, 1e-6)
            else:
                return None
            now, ridge = after, ridge / 10
    return None


@dataclass(frozen=True)
class Repeated:
    """A fitted model. cells: (group, visit) of the first coefficients; n, mean: of the outcomes in every group and visit; why:
    what kept it from being fitted; used: the structure that was fitted; note: of structures that could not be.
    """

    n: np.ndarray
    mean: np.ndarray
    participants: int
    cells: list[tuple[int, int]]
    df: str
    level: float
    used: str = ""
    unit: float = 1.0
    fit: _Likelihood | None = None
    note: str = ""
    why: str = ""

    @property
    def method(self) -> str:
        what = f", covariance {STRUCTURES[self.used]}" if self.used else ""
        return (
            f"mixed model for repeated measures{what}, restricted maximum likelihood, {DF[self.df]} degrees of freedom"
        )

    @cached_property
    def _spread(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(covariance that errors are taken from, covariance of theta, Phi Q Phi of each parameter)."""
        _, hessian, Q = self.fit.derivatives
        A, Phi = 2 * np.linalg.inv(hessian), self.fit.Phi
        return Phi + 2 * self.fit.bias(A) * (self.df == "kenward-roger"), A, Phi @ Q @ Phi

    def _line(self, L: np.ndarray) -> dict[str, float]:
        """Estimate, error, interval and p-value of L b."""
        V, A, G = self._spread
        v = float(L @ self.fit.Phi @ L)
        slope = np.einsum("i,kij,j->k", L, G, L)
        df, variance = 2 * v**2 / float(slope @ A @ slope), float(L @ V @ L)
        if not (df > 0 and variance > 0):  # so few data that the curvature of the likelihood says nothing
            return {}
        error = np.sqrt(variance) * self.unit
        estimate = float(L @ self.fit.b) * self.unit
        reach = stdtrit(df, (1 + self.level) / 2) * error
        return {"estimate": estimate, "std_error": error, "df": df, "ci_low": estimate - reach, "ci_high": estimate + reach,
                "p_value": 2 * stdtr(df, -abs(estimate) / error)}  # fmt: skip

    def _rows(self, lines: list[np.ndarray | None], shown: tuple[str, ...]) -> dict[str, np.ndarray]:
        found = [self._line(L) if L is not None else {} for L in lines]
        return {name: np.array([one.get(name, np.nan) for one in found]) for name in shown}

    def _unit(self, group: int, visit: int) -> np.ndarray | None:
        if self.why or (group, visit) not in self.cells:
            return None
        return np.eye(len(self.fit.b))[self.cells.index((group, visit))]

    def _average(self, group: int) -> np.ndarray | None:
        units = [self._unit(group, visit) for visit in range(self.n.shape[1])]
        return None if any(unit is None for unit in units) or not units else np.mean(units, axis=0)

    def _difference(self, group: int, visit: int | None) -> np.ndarray | None:
        own, first = (self._average(g) if visit is None else self._unit(g, visit) for g in (group, 0))
        return None if own is None or first is None else own - first

    def means(self) -> Result:
        """Least-squares means. values: n (participants), observations; curve, one entry for each visit of the first group, then
        of the second, ...: n, mean (of the outcomes as they are), estimate, std_error, df, ci_low, ci_high."""
        places = [(g, v) for g in range(self.n.shape[0]) for v in range(self.n.shape[1])]
        curve = self._rows([self._unit(*place) for place in places], SHOWN)
        values = {"n": self.participants, "observations": int(self.n.sum())}
        method = f"least-squares means with {100 * self.level:g}% CI from a {self.method}"
        note = f"not estimable: {self.why}" if self.why else self.note
        return Result(method, values, note, {"n": self.n.ravel(), "mean": self.mean.ravel(), **curve})

    def differences(self) -> Result:
        """Of each group but the first from the first: curve, one entry for each visit and then for the average of all visits, of
        the second group, then of the third, ...: estimate, std_error, df, ci_low, ci_high, p_value."""
        visits = [*range(self.n.shape[1]), None]
        lines = [self._difference(g, v) for g in range(1, self.n.shape[0]) for v in visits]
        method = f"differences of least-squares means with {100 * self.level:g}% CI from a {self.method}"
        note = f"not estimable: {self.why}" if self.why else self.note
        return Result(method, {}, note, self._rows(lines, (*SHOWN, "p_value")))

    def test(self, *, interaction: bool = False) -> Result:
        """F test that the groups do not differ in the average of the visits; or that their differences are the same at all."""
        method = (
            f"F test of {'the interaction of groups and visits' if interaction else 'the groups'} from a {self.method}"
        )
        groups, visits = self.n.shape
        if self.why or groups < 2 or (interaction and visits < 2):
            why = self.why or ("one group only" if groups < 2 else "one visit only")
            return not_estimable(method, TEST, why)
        if interaction:
            first = {g: self._difference(g, 0) for g in range(1, groups)}
            pairs = [(self._difference(g, v), first[g]) for g in range(1, groups) for v in range(1, visits)]
            lines = [None if a is None or b is None else a - b for a, b in pairs]
        else:
            lines = [self._difference(g, None) for g in range(1, groups)]
        if any(L is None for L in lines):
            return not_estimable(method, TEST, "a group has no value at a visit")
        found = self._wald(np.array(lines))
        if not all(map(np.isfinite, found.values())):
            return not_estimable(method, TEST, FEW)
        return Result(method, found, self.note)

    def _wald(self, L: np.ndarray) -> dict[str, float]:
        V, A, G = self._spread
        q, d = len(L), L @ self.fit.b
        F, scale = max(float(d @ np.linalg.solve(L @ V @ L.T, d)), 0.0) / q, 1.0
        if self.df == "satterthwaite":
            df = self._fai_cornelius(L)
        else:
            T = L.T @ np.linalg.solve(L @ self.fit.Phi @ L.T, L)
            TG = np.einsum("ij,kjm->kim", T, G)
            traces = np.einsum("kii->k", TG)
            A1, A2 = traces @ A @ traces, np.einsum("kl,kij,lji->", A, TG, TG, optimize=True)
            df, scale = _kenward_roger(q, A1, A2)
        F *= scale if df > 0 and scale > 0 else np.nan
        return dict(zip(TEST, (F, q, df, fdtrc(q, df, F)), strict=True))

    def _fai_cornelius(self, L: np.ndarray) -> float:
        """Denominator degrees of freedom of an F test from those of its orthogonal contrasts (Fai & Cornelius 1996)."""
        _, vectors = np.linalg.eigh(L @ self.fit.Phi @ L.T)
        df = np.array([self._line(row).get("df", np.nan) for row in vectors.T @ L])
        if len(L) == 1 or np.ptp(df) < 1e-8 * df.max():
            return float(df.mean())
        if (df <= 2).any():
            return 2.0
        E = (df / (df - 2)).sum()
        return float(2 * E / (E - len(L)))


def _kenward_roger(q: int, A1: float, A2: float) -> tuple[float, float]:
    """(denominator degrees of freedom, factor of F): Kenward & Roger 1997, section 3."""
    if q == 1:
        return 2 / A2, 1.0
    B = (A1 + 6 * A2) / (2 * q)
    g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2)
    under = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / under, (q - g) / under, (q + 2 - g) / under
    mean = 1 / (1 - A2 / q)
    variance = 2 / q * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
    m = 4 + (q + 2) / (q * variance / (2 * mean**2) - 1)
    return m, m / (mean * (m - 2))


def repeated(y, subject, visit, group, X=None, *, visits: int, groups: int, at=None, by_visit=(), structures=("unstructured",),
             df: str = "kenward-roger", level: float = 0.95) -> Repeated:  # fmt: skip
    """Mixed model for repeated measures: a mean of each group at each visit, covariates with one slope or one for each visit, and
    a covariance of the visits of a participant, by restricted maximum likelihood (Mallinckrodt et al. 2008; R mmrm, SAS PROC
    MIXED with REPEATED). Observations that are missing at random need no imputation.

    y: outcomes (n); subject, visit, group: of each, visit and group as positions from 0 of `visits` and `groups`; X: covariates
    (n x k) or None; at: their k values at which means are taken (default: the mean of the n rows); by_visit: the columns of X that
    have a slope for each visit; structures: of the covariance, see covariance.STRUCTURES; the first that can be fitted is used.
    df: kenward-roger (Kenward & Roger 1997, first order, as SAS KR(FIRSTORDER) and mmrm Kenward-Roger-Linear: it does not depend
    on how the covariance is parametrised) or satterthwaite.

    >>> rng = np.random.default_rng(1)
    >>> who, visit = np.repeat(np.arange(20), 3), np.tile([0, 1, 2], 20)
    >>> y = rng.normal(size=20)[who] + rng.normal(size=60) + visit * (who % 2)
    >>> fit = repeated(y, who, visit, who % 2, visits=3, groups=2, structures=("compound-symmetry",))
    >>> print(fit.differences().curve["estimate"].round(2), round(fit.test()["df_residual"], 1))
    [0.1  1.07 1.58 0.92] 18.0
    """
    y, level = numbers("y", y), probability("level", level)
    subject, visit, group = (np.asarray(values) for values in (subject, visit, group))
    X = np.empty((len(y), 0)) if X is None else np.asarray(X, dtype=float)
    if not len(y) == len(subject) == len(visit) == len(group) == len(X):
        raise ValueError(f"y, subject, visit, group, X: must have the same number of rows, y has {len(y)}")
    subject = np.unique(subject, return_inverse=True)[1].reshape(-1)
    if len(set(zip(subject.tolist(), visit.tolist(), strict=True))) < len(y):
        raise ValueError("subject, visit: a subject has two outcomes at one visit")
    cell = group * visits + visit
    n = np.bincount(cell, minlength=groups * visits)
    mean = np.bincount(cell, y, groups * visits) / np.where(n > 0, n, np.nan)
    cells = [(int(c) // visits, int(c) % visits) for c in np.flatnonzero(n)]
    common = {"n": n.reshape(groups, visits), "mean": mean.reshape(groups, visits), "cells": cells, "df": df, "level": level,
              "participants": int(subject.max(initial=-1)) + 1}  # fmt: skip
    centred = X - (X.mean(axis=0) if at is None and len(X) else 0 if at is None else np.asarray(at, dtype=float))
    size = np.abs(centred).max(axis=0, initial=0)
    centred = centred / np.where(size > 0, size, 1.0)
    seen, place = np.unique(visit, return_inverse=True)
    columns = [np.eye(groups * visits)[:, n > 0][cell], np.delete(centred, list(by_visit), axis=1)]
    columns += [np.eye(len(seen))[place.reshape(-1)] * centred[:, [j]] for j in by_visit]
    M = np.column_stack(columns) if len(y) else np.empty((0, 1))
    why = _unfit(y, subject, M)
    if why:
        return Repeated(**common, why=why)
    beta, *_ = np.linalg.lstsq(M, y, rcond=None)
    residuals = y - M @ beta
    unit = float(np.sqrt(residuals @ residuals / (len(y) - M.shape[1])))
    if unit <= 1e-11 * np.abs(y).max():
        return Repeated(**common, why="no variation around the model")
    patterns = _Pattern.all(subject, place.reshape(-1), np.column_stack([M, y / unit]))
    spread = np.array([np.sqrt(np.mean(residuals[place.reshape(-1) == v] ** 2)) for v in range(len(seen))]) / unit
    failed = []
    for name in structures:
        structure = Structure(name, len(seen))
        fit = (
            _fitted(patterns, structure, uncorrelated(structure, spread))
            if len(seen) > 1 or name == structures[-1]
            else None
        )
        if fit is not None:
            note = f"no estimate with covariance {' or '.join(STRUCTURES[one] for one in failed)}" if failed else ""
            return Repeated(**common, used=name, unit=unit, fit=fit, note=note)
        failed.append(name)
    tried = " or ".join(STRUCTURES[one] for one in failed)
    return Repeated(**common, why=f"the data do not determine a covariance that is {tried}")


def _unfit(y: np.ndarray, subject: np.ndarray, M: np.ndarray) -> str:
    if len(y) == 0:
        return "no participants"
    if len(y) <= M.shape[1]:
        return f"{len(y)} observation{'s' * (len(y) != 1)} for {M.shape[1]} coefficients"
    if np.linalg.matrix_rank(M) < M.shape[1]:
        return "the covariates, the groups and the visits determine one another"
    return ""
