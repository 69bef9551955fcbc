"""Our side of paired.R."""

import numpy as np
from stats.concordance import Key, data, keyed
from trialpress.stats.agreement import bland_altman, kappa
from trialpress.stats.correlation import pearson
from trialpress.stats.paired import paired_t, sign_test

PAIRS = ("sleep", "anorexia", "cars", "trees", "iris", "attitude", "large")
RATINGS = ("Fleiss 1969", "HairEye", "two", "occupations", "none")


def compute() -> dict[Key, float]:
    results = {}
    for name in PAIRS:
        a, b = data(f"paired-{name}").values()
        for side in ("two.sided", "greater", "less"):
            alternative = side.replace(".", "-")
            results[name, f"paired t {side}"] = paired_t(a - b, alternative=alternative)
            results[name, f"sign {side}"] = sign_test(a - b, alternative=alternative)
        results[name, "pearson"], results[name, "bland-altman"] = pearson(a, b), bland_altman(a, b)
    for name in RATINGS:
        table = np.column_stack(list(data(f"paired-{name.replace(' ', '-')}").values()))
        results |= {(name, f"kappa {kind}"): kappa(table, weights=kind) for kind in ("none", "linear", "quadratic")}
    return keyed(results)
