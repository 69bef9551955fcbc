"""Location of continuous and ordinal measurements: t tests and rank tests of one, two and more groups.

Where two groups are compared, differences are the first argument minus the second.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc, stdtr, stdtrit

from . import pairs
from .ranks import (
    exact_rank_test,
    inverted,
    midranks,
    normal_p,
    rank_sum_counts,
    side,
    sided,
    signed_rank_counts,
    tie_sum,
)
from .result import Result, not_estimable, numbers, probability, unit_of

PAIRS = 20_000_000  # of patients: the differences of more are not held
UNATTAINABLE = "too few values for an interval of this level: the widest one is given"


def t_test(a, b, *, equal_variance: bool = False, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """Welch's (or Student's) two-sample t test (R t.test). alternative: "greater" if a is, or "less"; the interval has two sides.

    Returns n1, n2, mean1, mean2, estimate (difference of means), ci_low, ci_high, statistic, df, p_value.

    >>> a = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    >>> b = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    >>> print(f"{t_test(a, b)['p_value']:.5f}")  # R t.test, sleep
    0.07939
    """
    a, b = numbers("a", a), numbers("b", b)
    title = "Student's" if equal_variance else "Welch's"
    method = sided(f"{title} t test, mean difference with {100 * probability('level', level):g}% CI", alternative)
    names = ("estimate", "ci_low", "ci_high", "statistic", "df", "p_value")
    known = {"n1": len(a), "n2": len(b)}
    if min(len(a), len(b)) < 2:
        return not_estimable(method, names, "a group has fewer than two values", **known)
    known |= {"mean1": float(a.mean()), "mean2": float(b.mean())}
    unit = unit_of(a, b)
    a, b = a / unit, b / unit
    va, vb, df = a.var(ddof=1), b.var(ddof=1), len(a) + len(b) - 2
    if equal_variance:
        va = vb = ((len(a) - 1) * va + (len(b) - 1) * vb) / df
    wa, wb = va / len(a), vb / len(b)
    if wa + wb == 0:
        return not_estimable(method, names, "no variation within the groups", **known)
    if not equal_variance:
        df = (wa + wb) ** 2 / (wa**2 / (len(a) - 1) + wb**2 / (len(b) - 1))
    if not np.isfinite(df):
        return not_estimable(method, names, "hardly any variation within the groups", **known)
    d, error = a.mean() - b.mean(), np.sqrt(wa + wb)
    half = stdtrit(df, (1 + level) / 2) * error
    t = d / error
    p = {"two-sided": 2 * stdtr(df, -abs(t)), "greater": stdtr(df, -t), "less": stdtr(df, t)}[alternative]
    figures = (d * unit, (d - half) * unit, (d + half) * unit, t, df, p)
    return Result(method, {**known, **dict(zip(names, map(float, figures), strict=True))})


def mann_whitney(a, b, *, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """Mann-Whitney (Wilcoxon rank sum) test (Mann & Whitney 1947) and Hodges-Lehmann shift with interval (R wilcox.test, conf.int = TRUE).

    Exact below 50 per group without ties; else the normal approximation with ties and continuity correction, whose
    interval inverts the test. alternative: "greater" if a is, or "less"; the interval has two sides. Returns n1, n2,
    statistic (W), p_value, estimate (median of all pairwise differences), ci_low, ci_high.

    >>> a = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
    >>> b = np.array([1.15, 0.88, 0.90, 0.74, 1.21])
    >>> print(f"{mann_whitney(a, b, alternative='greater')['p_value']:.4f}")  # R wilcox.test, permeability
    0.1272
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
            middle, low, high, attained = pairs.shift([pairs.differences(a, b)], z, level)
            return _ranked(method, known, (W, p, middle, low, high), attained)
        low, high, attained = inverted(z, differences, level)
    return _ranked(method, known, (W, p, np.median(differences), low, high), attained)


def signed_rank(differences, *, alternative: str = "two-sided", level: float = 0.95) -> Result:
    """Wilcoxon signed rank test and the pseudomedian with interval (R wilcox.test, paired, conf.int = TRUE).

    differences: one per pair. Exact below 50 pairs without ties and zeros; else, zeros left out, the normal
    approximation with continuity correction. alternative: "greater" than 0, or "less". Returns n, zeros, statistic (V),
    p_value, estimate (median of the Walsh averages), ci_low, ci_high.

    >>> before = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
    >>> after = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    >>> print(f"{signed_rank(before - after, alternative='greater')['p_value']:.5f}")  # R wilcox.test, depression
    0.01953
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
    walsh = np.sort((nonzero[:, None] + nonzero)[np.triu_indices(n)] / 2) if n * n <= PAIRS else None
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
        if walsh is None:
            middle, low, high, attained = pairs.shift([pairs.walsh(nonzero)], z, level)
            return _ranked(method, known, (V, p, middle, low, high), attained)
        low, high, attained = inverted(z, walsh, level)
    return _ranked(method, known, (V, p, np.median(walsh), low, high), attained)


def _ranked(method: str, known: dict, figures: tuple, attained: bool) -> Result:
    values = dict(zip(("statistic", "p_value", "estimate", "ci_low", "ci_high"), map(float, figures), strict=True))
    return Result(method, {**known, **values}, "" if attained else UNATTAINABLE)


def kruskal_wallis(x, group) -> Result:
    """Kruskal-Wallis test with ties correction (R kruskal.test). Returns n, groups, statistic, df, p_value.

    >>> x = np.array([2.9, 3.0, 2.5, 2.6, 3.2, 3.8, 2.7, 4.0, 2.4, 2.8, 3.4, 3.7, 2.2, 2.0])
    >>> print(f"{kruskal_wallis(x, np.repeat([1, 2, 3], [5, 4, 5]))['statistic']:.5f}")  # R kruskal.test, mucociliary
    0.77143
    """
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

    >>> result = jonckheere_terpstra(np.array([1, 2, 4, 3, 5, 6]), np.repeat([1, 2, 3], 2))
    >>> print(result["statistic"])
    12.0
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


def _grouped(x, group):
    x = numbers("x", x)
    return x, np.unique(numbers("group", group, length=len(x)), return_inverse=True)
