"""Our side of one_sample.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.one_sample import one_sample_log_rank


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "one_sample.csv")}):
        d = data(f"one_sample-{name}")
        for median in (5, 200, 400):
            for group in ("all", *np.unique(d["group"])):
                here = np.ones(len(d["time"]), bool) if group == "all" else d["group"] == group
                said = f"median {median} group {group if group == 'all' else f'{group:g}'}"
                expected = np.log(2) / median * d["time"][here]
                results[name, said] = one_sample_log_rank(d["event"][here], expected)
                results[name, f"less, {said}"] = one_sample_log_rank(d["event"][here], expected, alternative="less")
    return keyed(results)
