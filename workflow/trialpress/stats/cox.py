"""Proportional hazards: Cox regression, its test of proportionality, and Firth's correction for few events."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import chdtrc, ndtri

from trialpress.stats.exact_ties import MOST, ExactLikelihood
from trialpress.stats.likelihood import PartialLikelihood, maximise, profile_limits
from trialpress.stats.newton import maximum
from trialpress.stats.result import Result, not_estimable, offending, probability
from trialpress.stats.risksets import RiskSets, sample

DENSE = 1_000_000  # risk sets times patients up to which moments are summed patient by patient
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
        "hazard_ratio": np.exp(b / scale),
        "ci_low": np.exp(limits[0] / scale),
        "ci_high": np.exp(limits[1] / scale),
        "p_value": p_value,
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
    df = len(names)
    at = _penalised(model)
    # A likelihood that rises for ever may have several maxima once it is penalised: tried from some way up as well.
    rising = maximise(model.at, np.zeros(df))
    starts = [np.zeros(df)] + [rising[0] * length for length in ((0.1, 0.4, 1.0) if rising[2].any() else (1.0,))]

    def highest(starts, fixed=None):
        return maximum(at, starts, fixed, size=lambda step: abs(step).max(), exact=False)

    found = highest(starts)
    # What a profile finds above the maximum leads to a higher one.
    while found is not None:
        b, (likelihood, _, information) = found
        std_error, near = np.sqrt(np.diag(np.linalg.inv(information))), b

        def profile(j: int, value: float) -> float:
            nonlocal near
            # Along the ridge: from where the last one ended, and from the maximum.
            held = highest([near, b, *(starts if rising[2].any() else [])], {j: value})  # noqa: B023
            near = held[0] if held else b  # noqa: B023
            if held and held[1][0] > likelihood + 1e-9 * (1 + abs(likelihood)):  # noqa: B023
                raise _Higher(held[0])
            return held[1][0] if held else -np.inf

        try:
            limits = profile_limits(profile, b, likelihood, std_error, level)
            break
        except _Higher as higher:
            starts = [*starts, higher.b]
            found = highest([b, higher.b])
    if found is None:
        return not_estimable(method, COEFFICIENT, "the penalised likelihood has no maximum", **known)
    null = at(np.zeros(df))[0]
    known |= {"df": df, "log_likelihood": likelihood, "log_likelihood_null": null}
    known |= test("lr", 2 * (likelihood - null), df)
    nulls = [highest([b, *starts], {j: 0.0}) for j in range(df)]
    without = np.array([held[1][0] if held else np.nan for held in nulls])
    p_value = chdtrc(1, np.maximum(2 * (likelihood - without), 0))
    return fitted(method, known, names, model.scale, b, std_error, limits, p_value)


class _Higher(Exception):
    """A point of a profile above the maximum that was found."""

    def __init__(self, b: np.ndarray):
        super().__init__()
        self.b = b


def _penalised(model: PartialLikelihood) -> Callable:
    """The log-likelihood + log(det information) / 2, its gradient and the information of the unpenalised one."""
    # The penalty in the covariates' own units, so that likelihoods do not depend on the standardisation.
    unit = np.log(model.scale).sum()
    parts = _centred(model) if len(model.sets) * model.X.shape[1] <= DENSE else _swept(model)

    def at(b: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        likelihood, score, information, third = parts(b)
        sign, log_det = np.linalg.slogdet(information) if np.isfinite(information).all() else (0.0, 0.0)
        if sign <= 0 or not np.isfinite(log_det):
            return -np.inf, score, information
        # tr(I^-1 dI/db): the third central moments of each risk set, contracted with I^-1.
        return likelihood + log_det / 2 + unit, score + third(np.linalg.inv(information)) / 2, information

    return at


def _centred(model: PartialLikelihood) -> Callable:
    """Moments about the mean of each risk set, patient by patient: right to the last digit where they all but vanish, as
    far out on a likelihood that rises.
    """
    sets, X = model.sets, model.X
    k = np.arange(len(sets))[:, None]
    at_risk = (k < sets.last) & (k >= (0 if sets.first is None else sets.first))
    observed, d = model.of_events.sum(axis=1), sets.n_event

    def parts(b: np.ndarray):
        eta = np.where(at_risk, b @ X, -np.inf)
        top = eta.max(axis=1)
        share = np.exp(eta - top[:, None])
        total = share.sum(axis=1)
        share /= total[:, None]
        mean = share @ X.T
        apart = X.T[None] - mean[:, None]
        weight = d[:, None] * share
        information = np.einsum("kn,knj,knl->jl", weight, apart, apart, optimize=True)
        likelihood = float(b @ observed - d @ (top + np.log(total)))

        def third(inverse: np.ndarray) -> np.ndarray:
            length = ((apart @ inverse) * apart).sum(axis=2)
            return np.einsum("kn,knj->j", weight * length, apart)

        return likelihood, observed - d @ mean, information, third

    return parts


def _swept(model: PartialLikelihood) -> Callable:
    """The same as sums over sorted times, for large samples."""
    sets, X = model.sets, model.X

    def parts(b: np.ndarray):
        likelihood, score, information = model.at(b)
        risk = np.exp(b @ X)
        s0 = sets.sum(risk)

        def third(inverse: np.ndarray) -> np.ndarray:
            mean = np.array([sets.sum(risk * x) for x in X]) / s0
            length = np.einsum("jn,jk,kn->n", X, inverse, X) * risk
            moment = np.array([sets.sum(length * x) for x in X]) / s0 - mean * sets.sum(length) / s0
            pull = inverse @ mean
            for j in range(len(X)):
                for k in range(len(X)):
                    second = sets.sum(risk * X[j] * X[k]) / s0 - mean[j] * mean[k]
                    moment[j] -= 2 * second * pull[k]
            return moment @ sets.n_event

        return likelihood, score, information, third

    return parts
