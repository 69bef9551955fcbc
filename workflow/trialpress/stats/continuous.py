"""Continuous and ordinal measurements: location tests, rank tests, correlation, balance, summary.

Where two groups are compared, differences are the first argument minus the second.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from .ranks import (
    exact_rank_test,
    inversion_counts,
    inverted,
    midranks,
    normal_p,
    rank_sum_counts,
    side,
    sided,
    signed_rank_counts,
    spearman_tail,
    tie_sum,
)
from .result import Result, counts, not_estimable, numbers, probability

# Hodges-Lehmann looks at every pair of patients: beyond this many only the test is computed.
PAIRS = 20_000_000
UNATTAINABLE = "too few values for an interval of this level: the widest one is given"


def summary(x) -> Result:
    """Description of one variable; NaN counts as missing, infinite values are refused.

    Returns n, missing, mean, sd, median, q1, q3 (R quantile type 7), min, max.
    """
    values = np.asarray(x, dtype=float)
    known = numbers("x", values[~np.isnan(values)])
    count = {"n": len(known), "missing": int(len(values) - len(known))}
    method = "mean, SD, median and quartiles (R type 7)"
    names = ("mean", "sd", "median", "q1", "q3", "min", "max")
    if len(known) == 0:
        return not_estimable(method, names, "no value", **count)
    sd = known.std(ddof=1) if len(known) > 1 else np.nan
    figures = (known.mean(), sd, *np.quantile(known, [0.5, 0.25, 0.75]), known.min(), known.max())
    note = "SD not estimable: one value" if len(known) == 1 else ""
    return Result(method, {**count, **dict(zip(names, map(float, figures), strict=True))}, note)


def t_test(a, b, *, equal_variance: bool = False, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """Welch's (or Student's) two-sample t test (R t.test). alternative: "greater" if a is, or "less"; the interval has two sides.

    Returns n1, n2, mean1, mean2, estimate (difference of means), ci_low, ci_high, statistic, df, p_value.
    """
    a, b = numbers("a", a), numbers("b", b)
    title = "Student's" if equal_variance else "Welch's"
    method = sided(f"{title} t test, mean difference with {100 * probability('level', level):g}% CI", alternative)
    names = ("estimate", "ci_low", "ci_high", "statistic", "df", "p_value")
    known = {"n1": len(a), "n2": len(b)}
    if min(len(a), len(b)) < 2:
        return not_estimable(method, names, "a group has fewer than two values", **known)
    known |= {"mean1": float(a.mean()), "mean2": float(b.mean())}
    va, vb, df = a.var(ddof=1), b.var(ddof=1), len(a) + len(b) - 2
    if equal_variance:
        va = vb = ((len(a) - 1) * va + (len(b) - 1) * vb) / df
    wa, wb = va / len(a), vb / len(b)
    if wa + wb == 0:
        return not_estimable(method, names, "no variation within the groups", **known)
    if not equal_variance:
        df = (wa + wb) ** 2 / (wa**2 / (len(a) - 1) + wb**2 / (len(b) - 1))
    d, error = a.mean() - b.mean(), np.sqrt(wa + wb)
    half = stdtrit(df, (1 + level) / 2) * error
    t = d / error
    p = {"two-sided": 2 * stdtr(df, -abs(t)), "greater": stdtr(df, -t), "less": stdtr(df, t)}[alternative]
    figures = (d, d - half, d + half, t, df, p)
    return Result(method, {**known, **dict(zip(names, map(float, figures), strict=True))})


def mann_whitney(a, b, *, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """Mann-Whitney (Wilcoxon rank sum) test and Hodges-Lehmann shift with interval (R wilcox.test, conf.int = TRUE).

    Exact below 50 per group without ties; else the normal approximation with ties and continuity correction, whose
    interval inverts the test. alternative: "greater" if a is, or "less"; the interval has two sides. Returns n1, n2,
    statistic (W), p_value, estimate (median of all pairwise differences), ci_low, ci_high.
    """
    a, b = numbers("a", a), numbers("b", b)
    m, n = len(a), len(b)
    known, names = {"n1": m, "n2": n}, ("statistic", "p_value", "estimate", "ci_low", "ci_high")
    level_text = f"{100 * probability('level', level):g}% CI"
    side(alternative)
    if min(m, n) == 0:
        method = f"Mann-Whitney test, Hodges-Lehmann shift with {level_text}"
        return not_estimable(method, names, "a group has no values", **known)
    pooled = np.concatenate([a, b])
    exact = max(m, n) < 50 and len(np.unique(pooled)) == m + n
    kind = "exact" if exact else "normal approximation with continuity correction"
    method = sided(f"Mann-Whitney test ({kind}), Hodges-Lehmann shift with {level_text}", alternative)
    W = midranks(pooled)[:m].sum() - m * (m + 1) / 2
    differences = np.sort(np.subtract.outer(a, b).ravel()) if m * n <= PAIRS else None
    if exact:
        p, k, attained = exact_rank_test(rank_sum_counts(m, n), int(W), (1 - level) / 2, alternative)
        low, high = differences[k - 1], differences[m * n - k]
    elif pooled.min() == pooled.max():
        return not_estimable(method, names[1:], "all values are equal", **known, statistic=float(W))
    else:

        def centred(shift):
            ranks = midranks(np.concatenate([a - shift, b]))
            variance = m * n / 12 * (m + n + 1 - tie_sum(ranks) / ((m + n) * (m + n - 1)))
            return ranks[:m].sum() - m * (m + 1) / 2 - m * n / 2, np.sqrt(variance)

        def z(shift):
            above, spread = centred(shift)
            return (above - np.sign(above) * 0.5) / spread

        p = normal_p(*centred(0.0), alternative)
        if differences is None:
            why = f"shift among more than {PAIRS} pairs"
            return not_estimable(method, names[2:], why, **known, statistic=float(W), p_value=float(p))
        low, high, attained = inverted(z, differences, level)
    figures = (W, p, np.median(differences), low, high)
    return Result(
        method, {**known, **dict(zip(names, map(float, figures), strict=True))}, "" if attained else UNATTAINABLE
    )


def signed_rank(differences, *, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """Wilcoxon signed rank test and the pseudomedian with interval (R wilcox.test, paired, conf.int = TRUE).

    differences: one per pair. Exact below 50 pairs without ties and zeros; else, zeros left out, the normal
    approximation with continuity correction. alternative: "greater" than 0, or "less". Returns n, zeros, statistic (V), p_value, estimate (median of the Walsh
    averages), ci_low, ci_high.
    """
    x = numbers("differences", differences)
    known, names = (
        {"n": len(x), "zeros": int((x == 0).sum())},
        ("statistic", "p_value", "estimate", "ci_low", "ci_high"),
    )
    nonzero = x[x != 0]
    exact = known["zeros"] == 0 and 0 < len(x) < 50 and len(np.unique(abs(x))) == len(x)
    kind = "exact" if exact else "normal approximation with continuity correction"
    method = f"Wilcoxon signed rank test ({kind}), pseudomedian with {100 * probability('level', level):g}% CI"
    method = sided(method, alternative)
    if len(nonzero) == 0:
        return not_estimable(method, names, "no difference other than 0", **known)
    n = len(nonzero)
    V = midranks(abs(nonzero))[nonzero > 0].sum()
    walsh = np.sort((nonzero[:, None] + nonzero)[np.triu_indices(n)] / 2)
    if exact:
        p, k, attained = exact_rank_test(signed_rank_counts(n), int(V), (1 - level) / 2, alternative)
        low, high = walsh[k - 1], walsh[len(walsh) - k]
    else:

        def centred(shift):
            d = nonzero - shift
            d = d[d != 0]
            n, ranks = len(d), midranks(abs(d))
            spread = np.sqrt(n * (n + 1) * (2 * n + 1) / 24 - tie_sum(ranks) / 48)
            return ranks[d > 0].sum() - n * (n + 1) / 4, spread

        def z(shift):
            above, spread = centred(shift)
            return (above - np.sign(above) * 0.5) / spread

        p = normal_p(*centred(0.0), alternative)
        low, high, attained = inverted(z, walsh, level)
    figures = (V, p, np.median(walsh), low, high)
    return Result(
        method, {**known, **dict(zip(names, map(float, figures), strict=True))}, "" if attained else UNATTAINABLE
    )


def kruskal_wallis(x, group) -> Result:
    """Kruskal-Wallis test with ties correction (R kruskal.test). Returns n, groups, statistic, df, p_value."""
    x, (labels, code) = _grouped(x, group)
    known, names = {"n": len(x), "groups": len(labels)}, ("statistic", "df", "p_value")
    if len(labels) < 2:
        return not_estimable("Kruskal-Wallis test", names, "fewer than two groups", **known)
    if x.min() == x.max():
        return not_estimable("Kruskal-Wallis test", names, "all values are equal", **known)
    ranks, n = midranks(x), len(x)
    sums = np.bincount(code, ranks) ** 2 / np.bincount(code)
    H = float((12 * sums.sum() / (n * (n + 1)) - 3 * (n + 1)) / (1 - tie_sum(ranks) / (n**3 - n)))
    df = len(labels) - 1
    return Result("Kruskal-Wallis test", {**known, "statistic": H, "df": df, "p_value": float(chdtrc(df, H))})


def jonckheere_terpstra(x, group) -> Result:
    """Jonckheere-Terpstra test for a trend over ordered groups, two-sided, normal approximation with ties
    (statsmodels; Hollander & Wolfe). Groups are ordered by their value.

    Returns n, groups, statistic (J), z, p_value.
    """
    x, (labels, code) = _grouped(x, group)
    method, names = "Jonckheere-Terpstra test", ("statistic", "z", "p_value")
    known = {"n": len(x), "groups": len(labels)}
    if len(labels) < 2:
        return not_estimable(method, names, "fewer than two groups", **known)
    if x.min() == x.max():
        return not_estimable(method, names, "all values are equal", **known)
    from statsmodels.stats.nonparametric import jonckheere_terpstra

    test = jonckheere_terpstra([x[code == k] for k in range(len(labels))], alternative="two-sided")
    figures = {"statistic": float(test.statistic), "z": float(test.zstat), "p_value": float(test.pvalue)}
    return Result(method, {**known, **figures})


def spearman(x, y, *, level: float = 0.95) -> Result:
    """Spearman's rank correlation (R cor.test): up to 9 pairs without ties the exact p-value, up to 1290 an Edgeworth
    series (Best & Roberts 1975, AS 89), else Student's t. The interval is Bonett & Wright's (2000) on Fisher's z.

    Returns n, estimate, ci_low, ci_high, p_value.
    """
    x, y = _paired(x, y)
    n = len(x)
    constant = n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0
    tied = len(np.unique(x)) < n or len(np.unique(y)) < n
    kind = "Student's t" if tied or n >= 1290 else "exact" if n <= 9 else "Edgeworth series"
    method = f"Spearman correlation with {100 * probability('level', level):g}% CI, p-value by {kind}"
    if constant:
        return not_estimable(method, ("estimate", "ci_low", "ci_high", "p_value"), _no_correlation(n), n=n)
    a, b = midranks(x) - (n + 1) / 2, midranks(y) - (n + 1) / 2
    rho = float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1))
    if tied or n >= 1290:
        with np.errstate(divide="ignore"):
            p = 2 * stdtr(n - 2, -abs(rho) / np.sqrt((1 - rho**2) / (n - 2)))
    else:
        S = round((n**3 - n) * (1 - rho) / 6)
        p = 2 * spearman_tail(min(S, (n**3 - n) // 3 - S), n)
    low, high, note = _fisher_z(rho, n - 3, 1 + rho**2 / 2, level)
    return Result(
        method, {"n": n, "estimate": rho, "ci_low": low, "ci_high": high, "p_value": min(1.0, float(p))}, note
    )


def kendall(x, y, *, level: float = 0.95) -> Result:
    """Kendall's tau-b (R cor.test): exact below 50 pairs without ties, else normal with ties. The interval is that of
    Fieller, Hartley & Pearson (1957) on Fisher's z.

    Returns n, estimate, ci_low, ci_high, p_value.
    """
    x, y = _paired(x, y)
    n = len(x)
    exact = n < 50 and len(np.unique(x)) == n and len(np.unique(y)) == n
    kind = "exact" if exact else "normal approximation"
    method = f"Kendall's tau-b with {100 * probability('level', level):g}% CI, p-value by {kind}"
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return not_estimable(method, ("estimate", "ci_low", "ci_high", "p_value"), _no_correlation(n), n=n)
    from scipy.stats import kendalltau

    tau, pairs = float(kendalltau(x, y).statistic), n * (n - 1)
    if exact:
        p, _, _ = exact_rank_test(inversion_counts(n), round((tau + 1) * pairs / 4), 0.5)
    else:
        t, u = (np.unique(v, return_counts=True)[1].astype(float) for v in (x, y))
        S = tau * np.sqrt((pairs - (t * (t - 1)).sum()) * (pairs - (u * (u - 1)).sum())) / 2
        variance = (pairs * (2 * n + 5) - sum((k * (k - 1) * (2 * k + 5)).sum() for k in (t, u))) / 18
        variance += (t * (t - 1)).sum() * (u * (u - 1)).sum() / (2 * pairs)
        variance += (t * (t - 1) * (t - 2)).sum() * (u * (u - 1) * (u - 2)).sum() / (9 * pairs * (n - 2))
        p = 2 * ndtr(-abs(S) / np.sqrt(variance))
    low, high, note = _fisher_z(tau, n - 4, 0.437, level)
    return Result(
        method, {"n": n, "estimate": tau, "ci_low": low, "ci_high": high, "p_value": min(1.0, float(p))}, note
    )


def standardised_difference(a, b, *, level: float = 0.95) -> Result:
    """Standardised mean difference of a continuous variable: difference of means over the root of the mean variance
    (Austin 2009), with the interval of Hedges & Olkin. Returns n1, n2, estimate, ci_low, ci_high.
    """
    a, b = numbers("a", a), numbers("b", b)
    method = f"standardised mean difference with {100 * probability('level', level):g}% CI"
    if min(len(a), len(b)) < 2:
        return _smd(method, np.nan, len(a), len(b), level, "a group has fewer than two values")
    pooled = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    if pooled == 0:
        return _smd(method, np.nan, len(a), len(b), level, "no variation within the groups")
    return _smd(method, (a.mean() - b.mean()) / pooled, len(a), len(b), level, "")


def standardised_difference_categorical(a, b, *, level: float = 0.95) -> Result:
    """Standardised difference of a binary or categorical variable from its counts per level in the two groups
    (Austin 2009; Yang & Dalton 2012: the Mahalanobis distance of the proportions).

    A level that one group lacks counts like any other; one that both lack is left out. Groups without a common level
    are infinitely far apart: not estimable. For two levels the sign is that of the second level's difference.
    Returns n1, n2, estimate, ci_low, ci_high.
    """
    a, b = counts("a", a), counts("b", b)
    if a.ndim != 1 or a.shape != b.shape:
        raise ValueError(f"a, b: need one count per level each, have shapes {a.shape} and {b.shape}")
    n1, n2 = int(a.sum()), int(b.sum())
    method = f"standardised difference of proportions with {100 * probability('level', level):g}% CI"
    if min(n1, n2) == 0:
        return _smd(method, np.nan, n1, n2, level, "a group has no patients")
    seen = a + b > 0
    p, q = (a / n1)[seen][1:], (b / n2)[seen][1:]
    if len(p) == 0:
        return _smd(method, 0.0, n1, n2, level, "")
    if not (a * b).any():
        return _smd(method, np.nan, n1, n2, level, "the groups have no level in common")
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    d = np.sqrt((p - q) @ np.linalg.solve(covariance, p - q))
    return _smd(method, np.copysign(d, p[0] - q[0]) if len(p) == 1 else d, n1, n2, level, "")


def _smd(method, d, n1, n2, level, why):
    known = {"n1": n1, "n2": n2}
    if why:
        return not_estimable(method, ("estimate", "ci_low", "ci_high"), why, **known)
    half = -ndtri((1 - level) / 2) * np.sqrt((n1 + n2) / (n1 * n2) + d**2 / (2 * (n1 + n2)))
    return Result(method, {**known, "estimate": float(d), "ci_low": float(d - half), "ci_high": float(d + half)})


def _paired(x, y):
    x = numbers("x", x)
    return x, numbers("y", y, length=len(x))


def _grouped(x, group):
    x = numbers("x", x)
    return x, np.unique(numbers("group", group, length=len(x)), return_inverse=True)


def _no_correlation(n):
    return "fewer than three pairs" if n < 3 else "one of the variables is constant"


def _fisher_z(r, freedom, numerator, level):
    if freedom < 1 or abs(r) == 1:
        return np.nan, np.nan, "interval not estimable: " + ("perfect correlation" if abs(r) == 1 else "too few pairs")
    half = -ndtri((1 - level) / 2) * np.sqrt(numerator / freedom)
    return float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)), ""
