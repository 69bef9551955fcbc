"""Whether an effect differs between subgroups."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtrc

from trialpress.stats.cox import cox
from trialpress.stats.result import Result, not_estimable
from trialpress.stats.risksets import groups

TEST = ("statistic", "df", "p_value")


def cox_interaction(time, event, group, subgroup, *, entry=None, stratum=None, ties: str = "efron") -> Result:
    """Likelihood-ratio test of the interaction of group and subgroup in a Cox model (R anova of coxph with `*` and `+`).

    group, subgroup: labels, length n, two or more of each; entry: at risk in (entry, time]; stratum: labels, length n. values: n, events, statistic,
    df, p_value. Not estimable where a combination has no participant or no event.

    >>> time, arm, sex = np.array([5, 3, 8, 1, 7, 2, 4, 6]), np.tile([0, 1], 4), np.repeat([0, 1], 4)
    >>> print(f"{cox_interaction(time, np.ones(8), arm, sex)['statistic']:.3f}")
    1.920
    """
    n = len(np.asarray(time))
    (_, a), (_, b) = groups("group", group, length=n), groups("subgroup", subgroup, length=n)
    method = "likelihood-ratio test of interaction in Cox regression"
    first, second = (np.eye(code.max() + 1)[code][:, 1:] for code in (a, b))
    main = np.column_stack((first, second))
    product = (first[:, :, None] * second[:, None, :]).reshape(n, -1)
    fits = [
        cox(time, event, X, entry=entry, stratum=stratum, ties=ties) for X in (main, np.column_stack((main, product)))
    ]
    known = {name: fits[0].values[name] for name in ("n", "events")}
    for fit in fits:
        if "log_likelihood" not in fit.values or fit.note.startswith("not estimable"):
            why = fit.note.removeprefix("not estimable: ")
            return not_estimable(method, TEST, why, **known)
    statistic = max(2 * (fits[1]["log_likelihood"] - fits[0]["log_likelihood"]), 0.0)
    df = product.shape[1]
    return Result(method, {**known, "statistic": statistic, "df": df, "p_value": chdtrc(df, statistic)})
