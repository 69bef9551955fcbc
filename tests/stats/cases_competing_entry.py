"""Our side of competing_entry.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.competing import conditional_probability, cumulative_incidence, incidence_at


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "competing_entry.csv")}):
        d = data(f"competing_entry-{name.replace(' ', '-')}")
        time, cause, entry = d["time"], d["cause"], d["entry"]
        at = np.unique(np.quantile(time, [0.15, 0.4, 0.6, 0.85, 1], method="inverted_cdf"))
        for scale in ("log-log", "log"):
            for of in (1, 2):
                incidence = cumulative_incidence(time, cause, of, entry=entry, transform=scale)
                for i, t in enumerate(at, start=1):
                    results[name, f"{scale} cause {of} time {i}"] = incidence_at(incidence, t)
        for i, t in enumerate(at, start=1):
            results[name, f"conditional time {i}"] = conditional_probability(time, cause, t, entry=entry)
    return keyed(results)
