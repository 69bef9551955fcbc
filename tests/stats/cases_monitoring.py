"""Our side of monitoring.R: the data set is the rule itself."""

from stats.concordance import SCRIPTS, Key, keyed, read
from trialpress.stats.monitoring import stopping_rule
from trialpress.stats.result import Result

RATES = (0.05, 0.2, 0.3, 0.5)


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "monitoring.csv")}):
        limit, threshold, n_max, every, a, b = map(float, name.split())
        rule, found = stopping_rule(limit, threshold, int(n_max), every=int(every), rates=RATES, a=a, b=b)
        for n, needed in zip(rule.curve["n"], rule.curve["needed"], strict=True):
            results[name, f"look {n}"] = Result("", {"needed": needed})
        results |= {(name, f"rate {p:g}"): one for p, one in zip(RATES, found, strict=True)}
    return keyed(results)
