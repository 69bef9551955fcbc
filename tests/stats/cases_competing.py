"""Our side of competing.R."""

import numpy as np
from stats.cases_cox import rows
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.competing import cumulative_incidence, gray, incidence_at
from trialpress.stats.competing_regression import cause_specific_cox, fine_gray


def compute() -> dict[Key, float]:
    results, tables = {}, {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "competing.csv")}):
        d = data(f"competing-{name}")
        y = d["time"], d["cause"]
        seen = np.unique(d["time"][d["cause"] == 1])
        for day in np.unique(seen[np.ceil(len(seen) * np.array([0.25, 0.5, 0.75])).astype(int) - 1]):
            by_gray = cumulative_incidence(*y, variance="cmprsk")
            results[name, f"cmprsk day {day:g}"] = incidence_at(by_gray, day)
            for scale in ("plain", "log", "log-log"):
                results[name, f"{scale} day {day:g}"] = incidence_at(cumulative_incidence(*y, transform=scale), day)
        for cause in np.unique(d["cause"][d["cause"] > 0]):
            for rho in (0, 1):
                results[name, f"gray {rho} cause {cause:g}"] = gray(*y, d["group"], int(cause), rho=rho)
        upper = d["x1"] > np.median(d["x1"])
        results[name, "gray stratified"] = gray(*y, d["group"], stratum=upper)
        X = np.column_stack([d["x1"], d["x2"]])
        results[name, "fine-gray"] = fine_gray(*y, X)
        tables |= rows(results[name, "fine-gray"], name, "fine-gray")
        tables |= rows(cause_specific_cox(*y, X), name, "cause-specific cox")
    return keyed(results) | tables
