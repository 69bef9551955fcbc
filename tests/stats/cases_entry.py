"""Our side of entry.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.interaction import cox_interaction
from trialpress.stats.log_rank import log_rank
from trialpress.stats.survival import kaplan_meier, reverse_kaplan_meier, survival_at


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "entry.csv")}):
        d = data(f"entry-{name}")
        time, event, entry = d["time"], d["event"], d["entry"]
        km = kaplan_meier(time, event, entry=entry)
        at = np.quantile(time[event == 1], [0.25, 0.5, 0.75], method="inverted_cdf")
        for i, t in enumerate(at, start=1):
            results[name, f"survival at {i}"] = survival_at(km, t)
        results[name, "reverse kaplan-meier"] = reverse_kaplan_meier(time, event, entry=entry)
        results[name, "log-rank"] = log_rank(time, event, d["group"], entry=entry)
        results[name, "interaction"] = cox_interaction(time, event, d["group"], d["subgroup"], entry=entry)
    return keyed(results)
