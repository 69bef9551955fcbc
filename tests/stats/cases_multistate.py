"""Our side of multistate.R."""

import numpy as np
from stats.concordance import SCRIPTS, Key, data, keyed, read
from trialpress.stats.multistate import illness_death, state_probabilities
from trialpress.stats.result import Result


def compute() -> dict[Key, float]:
    results = {}
    for name in sorted({dataset for dataset, _, _ in read(SCRIPTS / "multistate.csv")}):
        d = data(f"multistate-{name}")
        stays, k = illness_death(d["time"], d["cause"], d["begin"]), 2 + int(d["cause"].max())
        at = np.quantile(d["time"], [0.05, 0.2, 0.5, 0.8], method="inverted_cdf")
        for scale in ("log-log", "log", "plain"):
            curve = state_probabilities(stays, k, transform=scale).curve
            for j, t in enumerate(at, start=1):
                for i in range(k):
                    row = np.flatnonzero((curve["state"] == i) & (curve["time"] <= t))[-1]
                    values = {key: curve[key][row] for key in ("estimate", "std_error", "ci_low", "ci_high")}
                    results[name, f"{scale} state {i} time {j}"] = Result("", values)
                    if scale == "log-log":
                        results[name, f"state {i} time {j}"] = Result("", values)
    return keyed(results)
