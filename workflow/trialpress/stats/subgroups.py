"""Interaction of groups and subgroups for binary and continuous outcomes (for times to events: `interaction`)."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from .linear import group_contrasts, interaction
from .logistic import logistic
from .result import Result, indicator, not_estimable, numbers
from .risksets import groups

TEST = ("statistic", "df", "p_value")
SHOWN = ("estimate", "std_error", "ci_low", "ci_high")


def logistic_interaction(y, group, subgroup) -> Result:
    """Likelihood-ratio test of the interaction of group and subgroup in logistic regression (R anova of glm with `*` and `+`).

    y: 0/1 (n); group, subgroup: labels (n), two or more of each. values: n, events, statistic, df, p_value. Not estimable where a
    combination has no participant, or only one outcome.

    >>> y, arm, sex = [1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0], [0, 0, 0, 1, 1, 1] * 2, [0] * 6 + [1] * 6
    >>> print(f"{logistic_interaction(y, arm, sex)['statistic']:.3f}")
    0.000
    """
    y = indicator("y", y)
    (_, a), (_, b) = groups("group", group, length=len(y)), groups("subgroup", subgroup, length=len(y))
    method = "likelihood-ratio test of interaction in logistic regression"
    first, second = (np.eye(code.max() + 1)[code][:, 1:] for code in (a, b))
    main = np.column_stack((first, second))
    product = (first[:, :, None] * second[:, None, :]).reshape(len(y), -1)
    fits = [logistic(y, X, [str(j) for j in range(X.shape[1])]) for X in (main, np.column_stack((main, product)))]
    known = {"n": len(y), "events": int(y.sum())}
    for fit in fits:
        if fit.note:
            return not_estimable(method, TEST, fit.note.removeprefix("not estimable: "), **known)
    statistic = max(2 * (fits[1]["log_likelihood"] - fits[0]["log_likelihood"]), 0.0)
    df = product.shape[1]
    return Result(method, {**known, "statistic": statistic, "df": df, "p_value": float(chdtrc(df, statistic))})


def linear_interaction(y, group, subgroup) -> Result:
    """F test of the interaction of group and subgroup in a linear model (R anova of lm with `*` and `+`). Arguments as
    logistic_interaction, y numbers. values: n, statistic, df, df_residual, p_value.

    >>> y, arm, sex = [1.0, 2, 3, 5, 4, 4, 7, 8], [0, 0, 1, 1, 0, 0, 1, 1], [0, 1] * 4
    >>> print(f"{linear_interaction(y, arm, sex)['p_value']:.4f}")
    0.7619
    """
    y = numbers("y", y)
    (_, a), (_, b) = groups("group", group, length=len(y)), groups("subgroup", subgroup, length=len(y))
    X = np.eye(b.max() + 1)[b][:, 1:]
    return interaction(y, a, X, list(range(X.shape[1])))


def mean_differences(y, group, subgroup, *, level: float = 0.95) -> Result:
    """Difference of the means of the second of two groups and the first within each subgroup, with the residual variance of all (R
    lm with group nested in subgroup). curve, one entry per subgroup in sorted order: estimate, std_error, ci_low, ci_high; NaN
    where a subgroup has one group only.

    >>> y, arm, sex = [1.0, 2, 3, 5, 4, 4, 7, 8], [0, 0, 1, 1, 0, 0, 1, 1], [0, 1] * 4
    >>> print(mean_differences(y, arm, sex).curve["estimate"])
    [2.5 3.5]
    """
    y = numbers("y", y)
    (_, a), b = groups("group", group, length=len(y)), np.unique(np.asarray(subgroup), return_inverse=True)[1]
    curve = {name: np.full(b.max(initial=-1) + 1, np.nan) for name in SHOWN}
    method = f"differences of means within subgroups with {100 * level:g}% CI, variance of all"
    for at in range(b.max(initial=-1) + 1):
        if len(set(a[b == at])) < 2:
            continue
        # cells as groups, the pair of this subgroup first: its contrast is the difference
        found = group_contrasts(y, np.where(b == at, a - 2, 2 * b + a), level=level)
        if not found.curve:
            return not_estimable(method, (), found.note.removeprefix("not estimable: "))
        for name in SHOWN:
            curve[name][at] = found.curve[name][0]
    return Result(method, {}, "", curve)
