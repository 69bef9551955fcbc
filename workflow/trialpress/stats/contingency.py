"""Two and more proportions: contingency tables of counts, and measures of association in 2 x 2 tables.

A 2 x 2 table is [[a, b], [c, d]] with one row per group and the event in the first column. Functions of two
proportions take n1 events of N1 patients and n2 of N2; differences are group 1 minus group 2.
"""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr, chdtrc, gammaln, ndtri

from . import fisher
from .proportions import proportion
from .ranks import sided
from .result import Result, counts, events_of, not_estimable, probability
from .unconditional import difference_upper_limit

# Tables as probable as the observed one up to rounding belong to the p-value: R's relative tolerance for 2 x 2 tables
# (for larger ones see fisher.TIE).
TIE_2X2 = 1e-7


def fisher_2x2(table, level: float = 0.95, *, alternative: str = "two-sided") -> Result:
    """Fisher's exact test of a 2 x 2 table (R fisher.test). alternative: "greater" if the odds ratio is above 1, or "less";
    the interval has two sides.

    Returns odds_ratio (the conditional maximum likelihood estimate, not ad/bc), ci_low, ci_high, p_value (two-sided:
    all tables no more probable than the observed one), n. The odds ratio is not estimable if a margin is 0.

    >>> tea = fisher_2x2(np.array([[3, 1], [1, 3]]))
    >>> print(f"{tea['odds_ratio']:.3f} {tea['p_value']:.4f}")  # Lady tasting tea; R: 6.408, 0.4857
    6.408 0.4857
    """
    (a, b), (c, d) = cells = _table(table, (2, 2))
    method = f"Fisher's exact test, conditional odds ratio with exact {100 * probability('level', level):g}% CI"
    method = sided(method, alternative)
    rows, columns = cells.sum(axis=1), cells.sum(axis=0)
    if min(*rows, *columns) == 0:
        why = "a row or column of the table is empty"
        return not_estimable(method, ("odds_ratio", "ci_low", "ci_high"), why, p_value=1.0, n=int(cells.sum()))
    low, high = max(0, columns[0] - rows[1]), min(rows[0], columns[0])
    x = np.arange(low, high + 1)
    log_weight = -sum(gammaln(v + 1) for v in (x, rows[0] - x, columns[0] - x, rows[1] - columns[0] + x))

    def pmf(log_odds_ratio):
        w = log_weight + x * log_odds_ratio
        w = np.exp(w - w.max())
        return w / w.sum()

    def solve(excess):  # increasing in the log odds ratio
        from scipy.optimize import brentq

        reach = 1.0
        while excess(-reach) > 0 or excess(reach) < 0:
            reach *= 2
        return float(np.exp(brentq(excess, -reach, reach, xtol=1e-14)))

    tail = (1 - level) / 2
    null = pmf(0.0)
    as_extreme = {"two-sided": null <= null[a - low] * (1 + TIE_2X2), "greater": x >= a, "less": x <= a}[alternative]
    values = {
        "odds_ratio": 0.0 if a == low else np.inf if a == high else solve(lambda t: pmf(t) @ x - a),
        "ci_low": 0.0 if a == low else solve(lambda t: pmf(t)[x >= a].sum() - tail),
        "ci_high": np.inf if a == high else solve(lambda t: tail - pmf(t)[x <= a].sum()),
        "p_value": float(min(1.0, null[as_extreme].sum())),
        "n": int(cells.sum()),
    }
    return Result(method, values)


def fisher_rxc(table, *, seed: int | None = None, resamples: int = 100_000, limit: float = 5e9) -> Result:
    """Fisher's exact test of an r x c table (Mehta & Patel 1983; R fisher.test): the probability of all tables with the observed margins
    that are no more probable than the observed one.

    Exact (see fisher.exact) unless more than about `limit` partial tables have to be added up, which takes half a minute,
    or memory would go far above 1 GB. The work grows with the table and with its distance from independence: 6 x 5 tables
    with n = 100 take 0.1 to 2 s if p is above 0.01, and 10 s at p = 1e-8; with n = 200, or 5 x 5, 15 s. What would take more
    is refused, nearly always at once: the p-value is estimated then from `resamples` random tables drawn with `seed`, and
    standard_error says how well.
    Returns p_value and n; with an estimate standard_error too.

    >>> job = np.array([[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]])
    >>> print(f"{fisher_rxc(job)['p_value']:.4f}")  # R fisher.test, Job
    0.7827
    """
    cells = _table(table)
    n = int(cells.sum())
    cells = cells[cells.sum(axis=1) > 0][:, cells.sum(axis=0) > 0]
    method = "Fisher's exact test (r x c)"
    if min(cells.shape, default=0) < 2:
        return not_estimable(method, ("p_value",), "fewer than two rows or columns hold an observation", n=n)
    p = fisher.exact(cells, limit)
    if p is not None:
        return Result(method, {"p_value": p, "n": n})
    method += f", Monte Carlo with {resamples} tables"
    if seed is None:
        why = "too many tables to enumerate, and no seed for a Monte Carlo estimate was given"
        return not_estimable(method, ("p_value", "standard_error"), why, n=n)
    p, error = fisher.estimate(cells, resamples, seed)
    return Result(
        method,
        {"p_value": p, "standard_error": error, "n": n},
        f"estimated from random tables, seed {seed}: standard error {error:.2g}",
    )


def risk_difference(n1, N1, n2, N2, *, interval: str = "newcombe", level: float = 0.95) -> Result:
    """n1/N1 - n2/N2 with an interval.

    interval: "newcombe" (hybrid of two Wilson intervals, method 10 of Newcombe 1998), "miettinen-nurminen" (score;
    Miettinen & Nurminen 1985) or "exact" (unconditional: two one-sided tests ordered by the score statistic, each maximised over the
    nuisance rate; Chan & Zhang 1999). Returns n1, N1, n2, N2, estimate, ci_low, ci_high.

    >>> result = risk_difference(56, 70, 48, 80)
    >>> print(f"{result['ci_low']:.4f} {result['ci_high']:.4f}")  # Newcombe 1998, method 10
    0.0524 0.3339
    """
    intervals = {
        "newcombe": ("Newcombe", _newcombe),
        "miettinen-nurminen": ("Miettinen-Nurminen score", _miettinen_nurminen),
        "exact": ("Chan-Zhang exact unconditional", _chan_zhang),
    }
    if interval not in intervals:
        raise ValueError(f"interval: must be one of {', '.join(intervals)}, is {interval!r}")
    title, limits = intervals[interval]
    x, N, known = _two_proportions(n1, N1, n2, N2)
    method = f"risk difference, {title} {100 * probability('level', level):g}% CI"
    if N.min() == 0:
        return not_estimable(method, ("estimate", "ci_low", "ci_high"), "a group has no patients", **known)
    low, high = limits(x, N, level)
    estimate = float(x[0] / N[0] - x[1] / N[1])
    return Result(method, {**known, "estimate": estimate, "ci_low": float(low), "ci_high": float(high)})


def risk_ratio(n1, N1, n2, N2, *, level: float = 0.95) -> Result:
    """(n1/N1) / (n2/N2) with the log-normal interval of Katz et al. (1978).

    Returns n1, N1, n2, N2, risk_ratio, ci_low, ci_high; not estimable without events in a group.

    >>> result = risk_ratio(189, 11034, 104, 11037)
    >>> print(f"{result['risk_ratio']:.2f} {result['ci_low']:.2f}")  # Physicians' Health Study; Agresti: 1.82, 1.43
    1.82 1.43
    """
    x, N, known = _two_proportions(n1, N1, n2, N2)
    method = f"risk ratio, log-normal {100 * probability('level', level):g}% CI"
    names = ("risk_ratio", "ci_low", "ci_high")
    if N.min() == 0:
        return not_estimable(method, names, "a group has no patients", **known)
    if x.min() == 0:
        return not_estimable(method, names, f"no event in group {1 + int(np.argmin(x))}", **known)
    ratio = float((x[0] / N[0]) / (x[1] / N[1]))
    half = -ndtri((1 - level) / 2) * np.sqrt((1 / x - 1 / N).sum())
    low, high = ratio * np.exp([-half, half])
    return Result(method, {**known, "risk_ratio": ratio, "ci_low": float(low), "ci_high": float(high)})


def chi_square(table, *, correction: bool = False) -> Result:
    """Pearson's chi-square test of an r x c table (R chisq.test), with Yates' correction for 2 x 2 if wanted.

    Returns statistic, df, p_value, n, min_expected. Rows and columns without an observation are left out.

    >>> party = np.array([[762, 327, 468], [484, 239, 477]])
    >>> print(f"{chi_square(party)['statistic']:.2f}")  # R chisq.test
    30.07
    """
    cells = _table(table)
    n = int(cells.sum())
    cells = cells[cells.sum(axis=1) > 0][:, cells.sum(axis=0) > 0]
    method = "chi-square test" + (" with continuity correction" if correction and cells.shape == (2, 2) else "")
    if min(cells.shape, default=0) < 2:
        why = "fewer than two rows or columns hold an observation"
        return not_estimable(method, ("statistic", "df", "p_value", "min_expected"), why, n=n)
    expected = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / n
    apart = abs(cells - expected)
    if correction and cells.shape == (2, 2):
        apart -= min(0.5, apart.min())
    statistic, df = float((apart**2 / expected).sum()), (cells.shape[0] - 1) * (cells.shape[1] - 1)
    values = {"statistic": statistic, "df": df, "p_value": float(chdtrc(df, statistic)), "n": n}
    note = "an expected count is below 5" if expected.min() < 5 else ""
    return Result(method, {**values, "min_expected": float(expected.min())}, note)


def cramers_v(table, *, level: float = 0.95) -> Result:
    """Cramér's V of an r x c table, 0 (no association) to 1, with the interval that the noncentral chi-square distribution
    gives (Smithson 2003; R effectsize::cramers_v with adjust = FALSE, alternative = "two.sided"), widened to hold V.

    Returns estimate, ci_low, ci_high, n. Rows and columns without an observation are left out.

    >>> party = np.array([[762, 327, 468], [484, 239, 477]])
    >>> result = cramers_v(party)
    >>> print(f"{result['estimate']:.4f} {result['ci_low']:.4f} {result['ci_high']:.4f}")
    0.1044 0.0649 0.1403
    """
    from scipy.optimize import brentq
    from scipy.special import chndtr

    cells, names = _table(table), ("estimate", "ci_low", "ci_high")
    cells = cells[cells.sum(axis=1) > 0][:, cells.sum(axis=0) > 0]
    method = f"Cramér's V, {100 * probability('level', level):g}% CI from the noncentral chi-square distribution"
    n = int(cells.sum())
    if min(cells.shape, default=0) < 2:
        return not_estimable(method, names, "fewer than two rows or columns hold an observation", n=n)
    test = chi_square(cells)
    statistic, df, most = test["statistic"], test["df"], n * (min(cells.shape) - 1)

    def noncentrality(probability):
        """Of which the statistic, or less, has this probability."""
        if chndtr(statistic, df, 0.0) <= probability:
            return 0.0
        far = statistic + 10.0
        while chndtr(statistic, df, far) > probability:
            far *= 2
        return brentq(lambda at: chndtr(statistic, df, at) - probability, 0.0, far, xtol=1e-12 * far, rtol=1e-14)

    v = np.sqrt(statistic / most)
    low, high = (min(1.0, np.sqrt(noncentrality(p) / most)) for p in ((1 + level) / 2, (1 - level) / 2))
    return Result(method, {"n": n, **dict(zip(names, map(float, (v, min(low, v), max(high, v))), strict=True))})


def mcnemar(table, *, exact: bool = True) -> Result:
    """McNemar's test of paired proportions, table [[both, first only], [second only, neither]].

    exact: binomial test of the discordant pairs; otherwise chi-square with continuity correction (R mcnemar.test).
    Returns n (pairs), discordant, p_value and, if not exact, statistic and df; not estimable without discordant pairs.

    >>> result = mcnemar(np.array([[794, 86], [150, 570]]), exact=False)
    >>> print(f"{result['statistic']:.2f}")  # R mcnemar.test, Approval
    16.82
    """
    (a, b), (c, d) = cells = _table(table, (2, 2))
    method = "McNemar's test, " + ("exact" if exact else "with continuity correction")
    n, discordant = int(cells.sum()), int(b + c)
    known = {"n": n, "discordant": discordant}
    if discordant == 0:
        names = ("p_value",) if exact else ("statistic", "df", "p_value")
        return not_estimable(method, names, "no discordant pair", **known)
    if exact:
        return Result(method, {**known, "p_value": min(1.0, 2 * float(bdtr(min(b, c), discordant, 0.5)))})
    statistic = max(0, abs(b - c) - 1) ** 2 / discordant
    return Result(method, {**known, "statistic": statistic, "df": 1, "p_value": float(chdtrc(1, statistic))})


def mantel_haenszel(tables, level: float = 0.95, *, correction: bool = True) -> Result:
    """Common odds ratio of K 2 x 2 tables (array K x 2 x 2): Mantel-Haenszel with the Robins-Breslow-Greenland
    interval, the test of no association (R mantelhaen.test) and the Breslow-Day test of a common odds ratio with
    Tarone's adjustment.

    Returns odds_ratio, ci_low, ci_high, statistic, df, p_value, breslow_day, breslow_day_df, breslow_day_p_value, n,
    strata. Strata with an empty margin say nothing and are left out; the note counts them.

    >>> rabbits = [[[0, 6], [0, 5]], [[3, 3], [0, 6]], [[6, 0], [2, 4]], [[5, 1], [6, 0]], [[2, 0], [5, 0]]]
    >>> result = mantel_haenszel(np.array(rabbits))  # R mantelhaen.test: 7, 3.9286
    >>> print(f"{result['odds_ratio']:.2f} {result['statistic']:.4f}")
    7.00 3.9286
    """
    cells = counts("tables", tables)
    if cells.ndim != 3 or cells.shape[1:] != (2, 2):
        raise ValueError(f"tables: must have shape (K, 2, 2), has {cells.shape}")
    method = f"Mantel-Haenszel odds ratio with {100 * probability('level', level):g}% CI" + (
        ", test with continuity correction" if correction else ""
    )
    informative = cells[(cells.sum(axis=1).min(axis=1) > 0) & (cells.sum(axis=2).min(axis=1) > 0)]
    known = {"n": int(cells.sum()), "strata": len(informative)}
    test = ("statistic", "df", "p_value")
    names = ("odds_ratio", "ci_low", "ci_high", "breslow_day", "breslow_day_df", "breslow_day_p_value")
    if len(informative) == 0:
        return not_estimable(method, names + test, "no stratum has both groups and both outcomes", **known)
    from statsmodels.stats.contingency_tables import StratifiedTable

    strata = StratifiedTable(np.moveaxis(informative, 0, 2).astype(float))
    a, b, c, d = informative.reshape(-1, 4).T.astype(float)
    n, row, event = a + b + c + d, a + b, a + c
    apart = abs((a - row * event / n).sum())
    # As in R no correction where the difference is smaller; statsmodels squares the negative remainder.
    apart -= 0.5 if correction and apart >= 0.5 else 0.0
    statistic = apart**2 / (row * (c + d) * event * (b + d) / (n**2 * (n - 1))).sum()
    known |= {"statistic": float(statistic), "df": 1, "p_value": float(chdtrc(1, statistic))}
    if (a * d).sum() == 0 or (b * c).sum() == 0:
        return not_estimable(method, names, "the common odds ratio is 0 or infinite", **known)
    low, high = strata.oddsratio_pooled_confint(1 - level)
    values = {"odds_ratio": float(strata.oddsratio_pooled), "ci_low": float(low), "ci_high": float(high), **known}
    values |= dict.fromkeys(("breslow_day", "breslow_day_df", "breslow_day_p_value"), float("nan"))
    left_out = len(cells) - len(informative)
    notes = [f"{left_out} strata with an empty margin left out"] if left_out else []
    if len(informative) > 1:
        df = len(informative) - 1
        statistic = _breslow_day(informative, values["odds_ratio"])
        values |= {"breslow_day": statistic, "breslow_day_df": df, "breslow_day_p_value": float(chdtrc(df, statistic))}
    else:
        notes.append("Breslow-Day test not estimable: one stratum")
    return Result(method, values, "; ".join(notes))


def _breslow_day(tables, odds_ratio):
    """With Tarone's adjustment. (That of statsmodels 0.15 is NaN if the common odds ratio is exactly 1.)"""
    a = tables[:, 0, 0]
    m1, m2, s = tables[:, 0].sum(axis=1), tables[:, 1].sum(axis=1), tables[:, :, 0].sum(axis=1)
    # The expected count: the root of the quadratic in the form that holds at an odds ratio of 1 too.
    b = odds_ratio * (m1 + s) + m2 - s
    e = 2 * odds_ratio * m1 * s / (b + np.sqrt(b**2 - 4 * (odds_ratio - 1) * odds_ratio * m1 * s))
    variance = 1 / (1 / e + 1 / (m1 - e) + 1 / (s - e) + 1 / (m2 - s + e))
    return float(((a - e) ** 2 / variance).sum() - (a - e).sum() ** 2 / variance.sum())


def _table(table, shape=None) -> np.ndarray:
    cells = counts("table", table)
    if cells.ndim != 2 or (shape and cells.shape != shape):
        raise ValueError(f"table: must have shape {shape or '(rows, columns)'}, has {cells.shape}")
    return cells


def _two_proportions(n1, N1, n2, N2):
    x, N = events_of("n1, n2", [n1, n2], "N1, N2", [N1, N2])
    return x, N, dict(zip(("n1", "N1", "n2", "N2"), (int(v) for v in (x[0], N[0], x[1], N[1])), strict=True))


def _newcombe(x, N, level):
    first, second = (proportion(x[g], N[g], level=level, interval="wilson") for g in (0, 1))
    d = first["estimate"] - second["estimate"]
    low = np.hypot(first["estimate"] - first["ci_low"], second["ci_high"] - second["estimate"])
    high = np.hypot(first["ci_high"] - first["estimate"], second["estimate"] - second["ci_low"])
    return d - low, d + high


def _score(x1, N1, x2, N2, delta):
    """Miettinen-Nurminen score statistic of H0: p1 - p2 = delta; arrays of outcomes broadcast.

    The constrained maximum likelihood estimate is the root of their cubic, in closed form.
    """
    N = N1 + N2
    L2 = (N1 + 2 * N2) * delta - N - (x1 + x2)
    L1 = (N2 * delta - N - 2 * x2) * delta + x1 + x2
    L0 = x2 * delta * (1 - delta)
    q = (L2 / (3 * N)) ** 3 - L1 * L2 / (6 * N**2) + L0 / (2 * N)
    p = np.sign(q) * np.sqrt(np.maximum(0.0, (L2 / (3 * N)) ** 2 - L1 / (3 * N)))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(p == 0, 0.0, q / p**3)
    angle = (np.pi + np.arccos(np.clip(ratio, -1, 1))) / 3
    p2 = np.clip(2 * p * np.cos(angle) - L2 / (3 * N), np.maximum(0.0, -delta), np.minimum(1.0, 1 - delta))
    p1 = np.clip(p2 + delta, 0.0, 1.0)
    variance = (p1 * (1 - p1) / N1 + p2 * (1 - p2) / N2) * N / (N - 1)
    apart = x1 / N1 - x2 / N2 - delta
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(abs(apart) < 1e-12, 0.0, apart / np.sqrt(variance))


def _miettinen_nurminen(x, N, level):
    from scipy.optimize import brentq

    z, d = -ndtri((1 - level) / 2), x[0] / N[0] - x[1] / N[1]
    score = lambda delta: float(np.clip(_score(x[0], N[0], x[1], N[1], delta), -1e6, 1e6))  # noqa: E731
    low = brentq(lambda t: score(t) - z, -1, d, xtol=1e-14) if d > -1 else -1.0
    high = brentq(lambda t: score(t) + z, d, 1, xtol=1e-14) if d < 1 else 1.0
    return low, high


def _chan_zhang(x, N, level):
    tail = (1 - level) / 2
    return -difference_upper_limit(x[::-1], N[::-1], tail, _score), difference_upper_limit(x, N, tail, _score)
