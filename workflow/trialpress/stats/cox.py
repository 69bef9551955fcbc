"""Proportional hazards: Cox regression, its test of proportionality, and Firth's correction for few events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc, ndtri

from trialpress.stats import penalised
from trialpress.stats.exact_ties import MOST, ExactLikelihood
from trialpress.stats.likelihood import PartialLikelihood, maximise, profile_limits
from trialpress.stats.penalised import Penalised, State
from trialpress.stats.result import Result, not_estimable, offending, probability
from trialpress.stats.risksets import RiskSets, sample

DENSE = 1_000_000  # risk sets times patients up to which moments are summed patient by patient
PAIRS = (
    300  # of an event and another patient at risk, between which a maximum of the penalised likelihood is looked for
)
TIES = {"efron": "Efron", "breslow": "Breslow", "exact": "exact"}
COEFFICIENT = ("coefficient", "std_error", "hazard_ratio", "ci_low", "ci_high", "p_value")


def cox(
    time,
    event,
    X,
    *,
    entry=None,
    stratum=None,
    ties: str = "efron",
    interval: str = "wald",
    robust: bool = False,
    cluster=None,
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> Result:
    """Cox regression (R survival::coxph).

    time, event: end of follow-up and 0/1, length n; entry: at risk in (entry, time], for delayed entry and for the
    intervals of start-stop data; X: covariates, shape (n,) or (n, p); stratum: labels; ties: "efron" (Efron 1977), "breslow" (Breslow 1974) or "exact"
    (conditional likelihood of discrete times, Cox 1972); interval: "wald" or "profile" (likelihood); robust: standard errors
    of Lin & Wei 1989, which hold if hazards are not proportional; cluster: labels, robust to dependence within them.

    values: n, events, df, log_likelihood, log_likelihood_null, and statistic and p-value of the likelihood-ratio (lr_),
        Wald (wald_) and score (score_) tests; with one covariate also those of its row in `curve`.
    curve: one row per covariate: name, coefficient, std_error, hazard_ratio, ci_low, ci_high, p_value (Wald).
    Not estimable without an event, where a covariate depends on the others, and where the likelihood is monotone.

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161, 5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45])
    >>> print(f"{cox(abs(aml), aml > 0, np.arange(23) > 10)['hazard_ratio']:.3f}")  # R coxph, exp(0.9155)
    2.498
    """
    if interval not in ("wald", "profile"):
        raise ValueError(f"interval: must be wald or profile, is {interval!r}")
    robust = robust or cluster is not None
    if cluster is not None and np.shape(cluster) != np.shape(time):
        raise ValueError(f"cluster: has shape {np.shape(cluster)} where {len(time)} values are needed")
    if robust and (interval == "profile" or ties == "exact"):
        raise ValueError("robust: neither a profile likelihood nor exact ties have robust standard errors")
    method = f"{'stratified ' * (stratum is not None)}Cox regression, {TIES.get(ties, ties)} ties, "
    errors = "" if not robust else ", robust standard errors" + " by cluster" * (cluster is not None)
    method += f"{100 * probability('level', level):g}% {interval.replace('wald', 'Wald')} CI{errors}"
    model, names, known = _model(time, event, X, entry, stratum, ties, names)
    if getattr(model, "work", 0) > MOST:
        return not_estimable(
            method, COEFFICIENT, "too many ties for the exact likelihood; Efron's has an estimate", **known
        )
    if why := model.degenerate(names):
        return not_estimable(method, COEFFICIENT, why, **known)
    null = model.at(np.zeros(len(names)))
    df = len(names)
    known |= {
        "df": df,
        "log_likelihood_null": null[0],
        **test("score", null[1] @ np.linalg.solve(null[2], null[1]), df),
    }
    b, (likelihood, score, information), diverging = maximise(model.at, np.zeros(df))
    known["log_likelihood"] = likelihood
    # of a likelihood that rises for ever the test is known where twice the coefficients, or a step on, hardly raise it
    if not diverging.any() or max(abs(score) @ abs(b), abs(score @ np.linalg.lstsq(information, score)[0])) < 1e-8:
        known |= test("lr", 2 * (likelihood - null[0]), df)
    if diverging.any():
        why = f"{model.monotone(names, diverging)}; Firth's correction has one"
        return not_estimable(method, COEFFICIENT, why, **known)
    variance = np.linalg.inv(information)
    if robust:
        residuals = model.score_residuals(b)
        if cluster is not None:
            of = np.unique(cluster, return_inverse=True)[1]
            residuals = np.array([np.bincount(of, r) for r in residuals])
            known["clusters"] = residuals.shape[1]
        model_based, variance = variance, variance @ residuals @ residuals.T @ variance
        if (np.diag(variance) < 1e-16 * np.diag(model_based)).any():
            why = "one cluster only" if residuals.shape[1] == 1 else "the residuals leave no robust variance"
            return not_estimable(method, COEFFICIENT, why, **known)
    std_error = np.sqrt(np.diag(variance))
    if not robust:
        known |= test("wald", b @ information @ b, df)
    elif np.linalg.matrix_rank(variance, hermitian=True) == df:
        known |= test("wald", b @ np.linalg.solve(variance, b), df)
    if interval == "wald":
        half = -ndtri((1 - level) / 2) * std_error
        limits = b - half, b + half
    else:
        start = lambda j, value: np.where(np.arange(df) == j, value, b)  # noqa: E731
        profile = lambda j, value: maximise(model.at, start(j, value), j)[1][0]  # noqa: E731
        limits = profile_limits(profile, b, likelihood, std_error, level)
    return fitted(method, known, names, model.scale, b, std_error, limits, chdtrc(1, (b / std_error) ** 2))


def fitted(method, known, names, scale, b, std_error, limits, p_value) -> Result:
    """The result of a regression: one row per covariate, on the scale of the covariates (see `PartialLikelihood`).

    >>> b, one = np.log([2.0]), np.ones(1)
    >>> print(f"{fitted('Cox', {}, ['x'], one, b, one, (b - 1, b + 1), one)['hazard_ratio']:.1f}")
    2.0
    """
    table = {
        "name": np.array(names),
        "coefficient": b / scale,
        "std_error": std_error / scale,
        "p_value": p_value,
    }
    with np.errstate(over="ignore"):  # of a covariate of tiny numbers: per unit the ratio has no end
        table |= {
            "hazard_ratio": np.exp(b / scale),
            "ci_low": np.exp(limits[0] / scale),
            "ci_high": np.exp(limits[1] / scale),
        }
    alone = {name: float(table[name][0]) for name in COEFFICIENT} if len(names) == 1 else {}
    return Result(method, {**known, **alone}, curve=table)


def test(name: str, statistic: float, df: int) -> dict[str, float]:
    """A chi-squared statistic and its p-value under the names of a test (lr, wald, score).

    >>> print(f"{test('wald', 3.8415, 1)['wald_p_value']:.3f}")
    0.050
    """
    return {f"{name}_statistic": statistic, f"{name}_p_value": chdtrc(df, max(statistic, 0.0))}


def design(X, n: int, names: Sequence[str] | None) -> tuple[np.ndarray, list[str]]:
    """Covariates as a float array of shape (p, n) and their names (default x1, x2, ...).

    >>> X, names = design(np.array([[1, 4], [2, 5], [3, 6]]), 3, None)
    >>> print(X.shape, names)
    (2, 3) ['x1', 'x2']
    """
    X = np.asarray(X, dtype=float)
    X = X[:, None] if X.ndim == 1 else X
    if X.ndim != 2 or len(X) != n or not X.shape[1]:
        raise ValueError(f"X: has shape {X.shape} where ({n}, p) is needed")
    offending("X", ~np.isfinite(X).all(axis=1), "missing or infinite value")
    names = [f"x{j + 1}" for j in range(X.shape[1])] if names is None else list(names)
    if len(names) != X.shape[1]:
        raise ValueError(f"names: has {len(names)} values where {X.shape[1]} are needed")
    return np.ascontiguousarray(X.T), names


def _model(time, event, X, entry, stratum, ties, names) -> tuple[PartialLikelihood, list[str], dict[str, float]]:
    if ties not in TIES:
        raise ValueError(f"ties: must be efron, breslow or exact, is {ties!r}")
    time, event, entry = sample(time, event, entry)
    X, names = design(X, len(time), names)
    if stratum is not None and np.shape(stratum) != time.shape:
        raise ValueError(f"stratum: has shape {np.shape(stratum)} where {len(time)} values are needed")
    sets = RiskSets.of(time, event, entry, stratum)
    model = ExactLikelihood(sets, X) if ties == "exact" else PartialLikelihood(sets, X, ties)
    return model, names, {"n": len(time), "events": int(event.sum())}


def proportional_hazards(
    time,
    event,
    X,
    *,
    entry=None,
    stratum=None,
    ties: str = "efron",
    transform: str = "km",
    names: Sequence[str] | None = None,
) -> Result:
    """Test of proportional hazards (Grambsch & Therneau 1994): the score test of a covariate times g(t), as R cox.zph
    does it from survival 3.0 on.

    transform: g is "km" (1 - Kaplan-Meier before t), "identity", "log" or "rank"; the other arguments: as `cox`.
    values: n, events, statistic, df, p_value (of all covariates together). curve: name, statistic, p_value of each.

    >>> aml = np.array([9, 13, -13, 18, 23, -28, 31, 34, -45, 48, -161, 5, 5, 8, 8, 12, -16, 23, 27, 30, 33, 43, 45])
    >>> print(f"{proportional_hazards(abs(aml), aml > 0, np.arange(23) > 10)['p_value']:.3f}")
    0.929
    """
    method = f"test of proportional hazards (Grambsch-Therneau score test, transform {transform})"
    overall = ("statistic", "df", "p_value")
    if ties == "exact":
        raise ValueError("ties: the test of proportional hazards takes efron or breslow")
    model, names, known = _model(time, event, X, entry, stratum, ties, names)
    if why := model.degenerate(names):
        return not_estimable(method, overall, why, **known)
    p = len(names)
    b, (_, _, information), diverging = maximise(model.at, np.zeros(p))
    if diverging.any():
        return not_estimable(method, overall, model.monotone(names, diverging), **known)
    sets = model.sets
    g = _clock(transform, sets, *sample(time, event, entry))
    g = g - sets.n_event @ g / sets.n_event.sum()
    _, score, crossed = model.at(b, g)
    squared = model.at(b, g * g)[2]
    # The score of the coefficients of x * g(t), given those of x at their maximum.
    spread = squared - crossed @ np.linalg.solve(information, crossed)
    unit = np.sqrt(np.diag(squared))
    if not (unit > 0).all() or np.linalg.eigvalsh(spread / np.outer(unit, unit))[0] < 1e-9:
        return not_estimable(method, overall, "too few event times", **known)
    statistic = score @ np.linalg.solve(spread, score)
    each = score**2 / np.diag(spread)
    table = {"name": np.array(names), "statistic": each, "p_value": chdtrc(1, each)}
    return Result(method, {**known, "statistic": statistic, "df": p, "p_value": chdtrc(p, statistic)}, curve=table)


def _clock(transform: str, sets: RiskSets, time, event, entry) -> np.ndarray:
    if transform == "identity":
        return sets.time
    if transform == "log":
        return np.log(sets.time)
    if transform == "rank":
        ordered = np.sort(time)
        return (np.searchsorted(ordered, sets.time) + np.searchsorted(ordered, sets.time, side="right") + 1) / 2
    if transform == "km":
        pooled = RiskSets.of(time, event, entry)
        return 1 - pooled.survival_before()[np.searchsorted(pooled.time, sets.time)]
    raise ValueError(f"transform: must be km, identity, log or rank, is {transform!r}")


def firth_cox(
    time, event, X, *, entry=None, stratum=None, level: float = 0.95, names: Sequence[str] | None = None
) -> Result:
    """Cox regression by Firth's penalised likelihood (Heinze & Schemper 2001; R coxphf), Breslow ties.

    Finite where the likelihood of `cox` is monotone. Intervals and p-values are of the profile penalised likelihood;
    arguments as `cox`. values: n, events, df, log_likelihood, log_likelihood_null (both penalised), lr_statistic,
    lr_p_value; with one covariate also its row. curve: as `cox`.

    >>> time, x = np.array([1, 2, 3, 4, 5, 6]), np.array([1, 1, 1, 0, 0, 0])
    >>> print(f"{firth_cox(time, np.ones(6), x)['coefficient']:.2f}")
    2.57
    """
    method = (
        f"Cox regression with Firth's penalty, {100 * probability('level', level):g}% profile penalised likelihood CI"
    )
    model, names, known = _model(time, event, X, entry, stratum, "breslow", names)
    if why := model.degenerate(names):
        return not_estimable(method, COEFFICIENT, why, **known)
    df, X = len(names), model.raw.T
    whole = Jeffreys(model.sets, X)
    # A likelihood that rises for ever may have several maxima once it is penalised.
    b, _, rising = maximise(model.at, np.zeros(df))
    starts = [length * b / model.scale for length in (0.0, 0.1, 0.4, 1.0)]
    try:
        fit = penalised.fit(
            lambda held: Jeffreys(model.sets, X, held), level, starts, wide=whole.dense and rising.any()
        )
    except ArithmeticError:
        return not_estimable(method, COEFFICIENT, "the penalised likelihood has no maximum", **known)
    null = whole.unit + float(whole.at(np.zeros((1, df))).value[0])
    known |= {"df": df, "log_likelihood": fit.value, "log_likelihood_null": null}
    known |= test("lr", 2 * (fit.value - null), df)
    return fitted(method, known, names, np.ones(df), fit.beta, fit.standard_error, (fit.low, fit.high), fit.p_value)


class Jeffreys(Penalised):
    """The penalised partial likelihood of risk sets and X (n x p), coefficient `held` held; Breslow's ties.

    Moments are about the mean of each risk set, patient by patient: right to the last digit where they all but vanish, as far out
    on a likelihood that rises. Of large samples they are sums over sorted times, and the curvature is that without the penalty.

    >>> sets = RiskSets.of(np.array([1.0, 2.0]), np.array([True, False]))
    >>> print(np.exp(Jeffreys(sets, np.array([[1.0], [0.0]])).highest().beta).round(6))
    [3.]
    """

    def __init__(self, sets: RiskSets, X: np.ndarray, held: int | None = None):
        super().__init__(X - X.mean(axis=0), held)
        self.sets, self.observed = sets, self.Q[sets.event].sum(axis=0)
        self.dense = len(sets) * len(X) <= DENSE
        if self.dense:
            k = np.arange(len(sets))[:, None]
            self.at_risk = 1.0 * ((k < sets.last) & (k >= (0 if sets.first is None else sets.first)))
            self.pairs = self._pairs()

    def _pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(risk set, patient with the event, another at risk), PAIRS of them at most, with the same random numbers always."""
        deaths = np.flatnonzero(self.sets.event)
        death, other = np.nonzero(self.at_risk[self.sets.dies_in])
        chosen = np.flatnonzero(deaths[death] != other)
        if len(chosen) > PAIRS:
            chosen = np.sort(np.random.default_rng(len(chosen)).choice(chosen, PAIRS, replace=False))
        return self.sets.dies_in[death[chosen]], deaths[death[chosen]], other[chosen]

    def rows(self) -> np.ndarray:
        _, death, other = self.pairs
        return self.Q[death] - self.Q[other]

    def weights(self, g) -> np.ndarray:
        share = self._shares(g[None])[0][0]
        at, death, other = self.pairs
        return share[at, death] * share[at, other]

    def _shares(self, g) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of each patient at risk, shape (points, risk sets, n), and logs of their sums."""
        eta = np.where(self.at_risk > 0, (g @ self.Q.T)[:, None, :], -np.inf)
        top = eta.max(axis=2)
        share = np.exp(eta - top[..., None])
        total = share.sum(axis=2)
        return share / total[..., None], top + np.log(total)

    def heights(self, g) -> np.ndarray:
        eta, (n, k) = g @ self.Q.T, self.Q.shape
        top = eta.max(axis=1)
        risk = np.exp(eta - top[:, None])
        s0 = risk @ self.at_risk.T
        known = (s0 > 1e-290).all(axis=1)
        s0 = np.where(known[:, None], s0, 1.0)
        d, squares = self.sets.n_event, (self.Q[:, :, None] * self.Q[:, None, :]).reshape(n, k * k)
        mean = (self.at_risk @ (risk[..., None] * self.Q)) / s0[..., None]
        information = (risk * ((d / s0) @ self.at_risk)) @ squares
        information = information.reshape(-1, k, k) - (mean * d[:, None]).transpose(0, 2, 1) @ mean
        size = penalised.log_size(information)
        value = g @ self.observed - np.log(s0) @ d - top * d.sum()
        return value + np.where(known, size, -np.inf)

    def at(self, g) -> State:
        part = self._centred if self.dense else self._swept
        if len(g) * len(self.sets) * len(self.Q) <= DENSE:
            return part(g)
        return State(*map(np.concatenate, zip(*(part(one[None]) for one in g), strict=True)))

    def _centred(self, g) -> State:
        d, f, (s, k), m = self.sets.n_event, self.free, g.shape, self.at_risk.size
        share, log_sum = self._shares(g)
        mean = share @ self.Q
        apart = self.Q - mean[:, :, None, :]
        weight = d[:, None] * share
        U, root = np.linalg.qr((np.sqrt(weight)[..., None] * apart).reshape(s, m, k))
        value = g @ self.observed - log_sum @ d + penalised.size(root)
        leverage = (U**2).sum(axis=2)[..., None]
        flat, free = apart.reshape(s, m, k), apart[..., :f].reshape(s, m, f).transpose(0, 2, 1)
        slope = self.observed - d @ mean + (leverage * flat).sum(axis=1) / 2
        # Of the penalty, by the third and fourth cumulants of each risk set; U holds the rows in units of the information.
        third = free @ (U[..., :, None] * U[..., None, :]).reshape(s, m, k * k)
        fourth = free @ (leverage * flat[..., :f])
        scaled = (np.sqrt(weight)[..., None] * apart[..., :f]).transpose(0, 1, 3, 2) @ U.reshape(*share.shape, k)
        fourth -= 2 * np.einsum("sdij,sdlj,d->sil", scaled, scaled, 1 / d)
        spread = (weight[..., None] * apart[..., :f]).transpose(0, 1, 3, 2) @ apart[..., :f]
        fourth -= np.einsum("sdil,sd->sil", spread, leverage.reshape(share.shape).sum(axis=2) / d)
        curvature = spread.sum(axis=1) - fourth / 2 + third @ third.transpose(0, 2, 1) / 2
        return State(value, slope, curvature, root)

    def _swept(self, g) -> State:
        sets, Q, f = self.sets, self.Q, self.free
        eta = Q @ g[0]
        risk = np.exp(eta - eta.max())
        s0, k = sets.sum(risk), len(g[0])
        nowhere = State(np.array([-np.inf]), np.zeros((1, k)), np.eye(f)[None], np.eye(k)[None])
        if not (s0 > 0).all():  # beyond what floating point can tell apart
            return nowhere
        mean = np.array([sets.sum(risk * x) for x in Q.T]) / s0
        second = np.array([[sets.sum(risk * x * z) for z in Q.T] for x in Q.T]) / s0 - mean[:, None] * mean
        information = second @ sets.n_event
        try:
            root = np.linalg.cholesky((information + information.T) / 2).T
        except np.linalg.LinAlgError:
            return nowhere
        inverse = np.linalg.inv(root)
        inverse = inverse @ inverse.T
        length = ((Q @ inverse) * Q).sum(axis=1) * risk
        moment = np.array([sets.sum(length * x) for x in Q.T]) / s0 - mean * sets.sum(length) / s0
        moment -= 2 * np.einsum("jlk,lk->jk", second, inverse @ mean)
        slope = self.observed + (moment / 2 - mean) @ sets.n_event
        value = sets.n_event @ (-np.log(s0) - eta.max()) + g[0] @ self.observed + penalised.size(root[None])
        return State(value, slope[None], information[None, :f, :f], root[None])
